"""The time limit of a search: the one thing in it that depends on the clock."""

import time

__all__ = ["Deadline"]


class Deadline:
    """A time limit for the whole search, the refit included.

    Parameters
    ----------
    seconds : float
        Time from now on, > 0.
    refit : bool
        Whether to keep time for one more fit.
    """

    def __init__(self, seconds, *, refit):
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._refit = refit

    def has_room(self, candidates, executor):
        """Tell whether to ask before anything is known of how long a candidate takes.

        Then no more than one for each group of workers that its folds occupy.
        """
        if not candidates or any(candidate.ended for candidate in candidates):
            return True
        return len(candidates) * len(candidates[0].folds) < executor.n_workers

    def is_near(self, candidates, n_workers):
        """Tell whether one more candidate would probably end too late.

        What is queued before it runs first.
        """
        done = [candidate for candidate in candidates if candidate.ended]
        if not done:
            return self.left() <= 0
        folds = _folds(done)
        work = sum(map(_seconds, folds)) / len(done)
        # one candidate does not gain by more workers than it has folds
        side_by_side = max(n_workers / len(done[0].folds), 1)
        ahead = (len(candidates) - len(done)) / side_by_side
        needed = work / min(n_workers, len(done[0].folds)) * (1 + ahead)
        return self.left() < needed + self._for_refit(folds)

    def permits(self, candidate, n_workers):
        """Tell whether there is time for the other folds of a paused candidate."""
        folds = _folds([candidate])
        n_left = len(candidate.folds) - len(folds)
        longest = max(map(_seconds, folds))
        needed = longest * -(-n_left // n_workers)
        return self.left() >= needed + self._for_refit(folds)

    def left(self):
        """Give the seconds that are left, negative if it is over."""
        return self._end - time.monotonic()

    def _for_refit(self, folds):
        mean = sum(fold["fit_time"] for fold in folds) / len(folds)
        return mean if self._refit else 0.0


def _folds(candidates):
    return [fold for c in candidates for fold in c.folds if fold is not None]


def _seconds(fold):
    return fold["fit_time"] + fold["score_time"]
