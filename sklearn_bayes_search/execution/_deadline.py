"""The time limit of a search, which depends on the clock."""

import math
import time
from collections.abc import Sequence

from sklearn_bayes_search.execution._progress import Candidate, FoldResult


class Deadline:
    """A time limit for the whole search, including the refit, counted from now on.

    What is still to come is predicted from what has ended. ``n_again`` is how many
    candidates at most the refit fits again, on all folds and on all data.
    """

    def __init__(self, seconds: float, *, refit: bool, n_again: int = 0) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._refit, self._n_again = refit, n_again
        self._n_ended = self._n_folds = 0
        self._work = self._of_folds = self._for_refit = 0.0
        self._best = math.nan

    def note(self, candidate: Candidate, score: float) -> None:
        """Learn from a candidate that has ended."""
        self._n_ended += 1
        self._work += sum(map(_seconds, candidate.all_done))
        if not candidate.only_parts or not self._n_folds:
            self._n_folds += len(candidate.done)
            self._of_folds += sum(map(_seconds, candidate.done))
        best = self._best  # NaN at first, and of failures
        if candidate.complete and (best != best or score > best):
            self._best = score
            if self._refit:
                fits = [fold["fit_time"] for fold in candidate.done]
                self._for_refit = sum(fits) / len(fits)

    def left(self) -> float:
        """Return the seconds that are left, negative if the time is over."""
        return self._end - time.monotonic()

    def has_room(self, candidates: Sequence[Candidate], n_workers: int) -> bool:
        """Check whether one more may be asked for.

        Until a candidate's duration is known, no more than one is asked for per group
        of workers that its folds occupy.
        """
        if not candidates or self._n_ended or math.isinf(self.seconds):
            return True
        return len(candidates) * len(candidates[0].folds) < n_workers

    def is_near(self, candidates: Sequence[Candidate], n_workers: int) -> bool:
        """Check whether one more candidate would probably end too late.

        What is queued before it runs first.
        """
        if not self._n_ended:
            return self.left() <= 0
        n_splits = len(candidates[0].folds)
        # one candidate does not gain by more workers than it has folds
        side_by_side = max(n_workers / n_splits, 1)
        ahead = (len(candidates) - self._n_ended) / side_by_side
        one = self._work / self._n_ended / min(n_workers, n_splits)
        again = self._for_fits_again(len(candidates) + 1, n_splits, n_workers)
        return self.left() < one * (1 + ahead) + self._for_refit + again

    def _for_fits_again(self, n: int, n_splits: int, n_workers: int) -> float:
        """Return the seconds of the refit for fits of so many candidates, at most."""
        n = min(n, self._n_again)
        return n * self._work / self._n_ended * (1 + 1 / n_splits) / n_workers

    def latest_begin(self, candidate: Candidate, n_workers: int) -> float | None:
        """Return when a candidate's folds must begin to end in time.

        On the clock ``time.monotonic``, which nobody sets. None before one candidate
        has ended: that one is evaluated in any case.
        """
        if not self._n_ended or math.isinf(self.seconds):
            return None
        fold, refit = self._of_folds / self._n_folds, self._for_refit
        own = candidate.done
        if own:  # it may be slower than the others, and become the best
            fold = max(fold, *map(_seconds, own))
            if self._refit:
                refit = max(refit, *(done["fit_time"] for done in own))
        n, n_splits = self._n_ended + 1, len(candidate.folds)
        return self._end - fold - refit - self._for_fits_again(n, n_splits, n_workers)

    def permits(self, candidate: Candidate, n_workers: int) -> bool:
        """Check whether there is time for the other folds of a paused candidate."""
        n_left = candidate.folds.count(None)
        longest = max(map(_seconds, candidate.done))
        if candidate.only_parts:
            longest = max(longest, self._of_folds / self._n_folds)
        needed = longest * -(-n_left // n_workers)
        n_splits = len(candidate.folds)
        again = self._for_fits_again(self._n_ended, n_splits, n_workers)
        return self.left() >= needed + self._for_refit + again


def _seconds(fold: FoldResult) -> float:
    return float(fold["fit_time"] + fold["score_time"])
