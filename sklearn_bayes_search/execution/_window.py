"""The window: which results a candidate depends on, so that rows are reproducible.

Candidate k is asked for with the results of exactly candidates 0 to k - L, whatever
else has finished, and it is raced against these only. The rows then depend on the seed
and on L, never on timing, on the back end or on the number of workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn_bayes_search.execution._progress import Candidate


@dataclass(frozen=True)
class Window:
    """At most ``size`` candidates in flight.

    Unless ``in_order``, every result is seen as soon as it is in, and rows depend on
    timing.
    """

    size: int
    in_order: bool = True

    def has_room(self, candidates: Sequence[Candidate]) -> bool:
        """Check whether one more may be asked for."""
        n = len(candidates)
        if self.in_order:
            # the ones before it had ended when its successor was asked for
            return n < self.size or candidates[n - self.size].ended
        return sum(not candidate.ended for candidate in candidates) < self.size

    def shows(self, candidate: Candidate, number: int) -> bool:
        """Check whether candidate ``number`` is asked for with this one's result."""
        in_sight = not self.in_order or candidate.trial.number <= number - self.size
        return candidate.ended and in_sight

    def rivals(
        self, candidate: Candidate, candidates: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """Return those that it is raced against."""
        if not self.in_order:
            return candidates
        return candidates[: max(candidate.trial.number - self.size + 1, 0)]


def window_size(max_pending: int | str, n_workers: int, n_splits: int) -> int:
    """Return the most candidates in flight for ``max_pending``.

    One for one worker. Otherwise, while the last fold of the oldest candidate keeps one
    worker, the others have 2.5 folds each. With fits that sleep for 0.05 to 0.5 s on 5
    folds, 8 workers were then busy for 98 % of the time, with 2 folds for 95 %.
    With racing, ``n_splits`` is 1: a candidate's folds run one after another.
    """
    if isinstance(max_pending, str):
        return 1 - (-5 * (n_workers - 1) // (2 * n_splits))
    return int(max_pending)
