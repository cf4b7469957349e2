"""What scores on a part of the rows tell of scores on all of them.

More rows mostly lift the score, and not that of all candidates by the same: ``s_i = p_i
+ b + e_i``, where candidate ``i`` has the mean ``s_i`` over the folds on all rows and
scored ``p_i`` on a part. The rise ``b`` and the variance of ``e_i`` are learned from
candidates that have both.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from sklearn_bayes_search.results._folds import FoldModel

# The name of the training rows of a fit, where they are a part of a fold's.
PART = "n_train_samples"
# Beside what is seen of rises, they are taken to scatter by this share of their mean,
# and this is worth so many candidates: two or three alone would be sure of too much. By
# hand; on the candidates of four searches a smaller share saved and lost a little more.
EXPECTED_SCATTER, BELIEF = 0.25, 3.0


@dataclass(frozen=True, eq=False)
class RiseModel:
    """How much scores rise from each part of the rows to all of them.

    ``rises`` (n_parts,), ascending by rows, are to be added to scores on that part,
    ``variances`` (n_parts,) are those of the error, ``n_free`` (n_parts,) their degrees
    of freedom. NaN where no candidate has both. Parts are of the last fold, and rises
    from there to the mean over all folds.
    """

    rises: np.ndarray
    variances: np.ndarray
    n_free: np.ndarray

    @classmethod
    def fit(cls, folds: np.ndarray, parts: np.ndarray) -> "RiseModel":
        """Learn from the better half of the candidates that have all folds.

        ``folds`` (n_complete, n_splits) are finite, ``parts`` (n_complete, n_parts)
        are NaN where one has no score.
        """
        means = folds.mean(axis=1)
        n_rows = min(max(4, (len(means) + 1) // 2), len(means))
        best = np.argsort(-means, kind="stable")[:n_rows]
        several = folds.shape[1] > 1 and len(folds) > 1
        interaction = FoldModel.fit(folds).variance if several else 0.0
        last = folds[best, -1]
        found = [
            _rise(means[best] - part, last - part, interaction)
            for part in parts[best].T
        ]
        rises, variances, n_free = np.array(found).reshape(-1, 3).T
        return cls(rises, variances, n_free)

    def estimate(self, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate means on all rows from the largest part, and their variances.

        ``parts`` (n_candidates, n_parts) are NaN where one has no score.
        """
        last = _last(parts)
        score = np.take_along_axis(parts, last[:, None], axis=1)[:, 0]
        return score + self.rises[last], self.variances[last]

    def chance_above(self, score: float, parts: np.ndarray) -> np.ndarray:
        """Return the probability that each row's mean on all rows is above a score."""
        mean, variance = self.estimate(parts)
        error = np.sqrt(variance) + 1e-12 * abs(score) + np.finfo(float).tiny
        with np.errstate(over="ignore"):
            return np.asarray(stdtr(self.n_free[_last(parts)], (mean - score) / error))


@dataclass(frozen=True, eq=False)
class StepModel:
    """What scores on some of the folds and parts tell of the mean over all folds.

    Scores (n_candidates, n_steps) are those on all folds, then on parts of the rows,
    NaN where there is none. What a candidate has on folds counts, else its largest
    part.
    """

    n_splits: int
    rises: RiseModel
    folds: FoldModel | None  # None of one fold: whoever has it is complete

    @classmethod
    def fit(cls, complete: np.ndarray, n_splits: int) -> "StepModel":
        """Learn from candidates with finite scores on all folds, at least one.

        From all of them: those that parts have left are good ones, and the best may be
        so much alike that they would make others seem to scatter as little.
        """
        whole = np.unique(complete, axis=0)
        folds, parts = whole[:, :n_splits], whole[:, n_splits:]
        # one candidate tells the effects of the folds only
        several = folds if len(folds) > 1 else folds.repeat(2, axis=0)
        model = FoldModel.fit(several, share=1.0) if n_splits > 1 else None
        return cls(n_splits, RiseModel.fit(folds, parts), model)

    def estimate(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate means over all folds, and the variances of their errors."""
        mean, variance = self.rises.estimate(scores[:, self.n_splits :])
        on_folds, folds = self._on_folds(scores)
        if self.folds is not None and on_folds.any():
            mean[on_folds], variance[on_folds] = self.folds.estimate(folds)
        return mean, np.minimum(variance, np.finfo(float).max)

    def chance_above(self, score: float, scores: np.ndarray) -> np.ndarray:
        """Return the probability that each row's mean over all folds is above a score.

        NaN where nothing is known of a part.
        """
        chances = self.rises.chance_above(score, scores[:, self.n_splits :])
        on_folds, folds = self._on_folds(scores)
        if self.folds is not None and on_folds.any():
            chances[on_folds] = self.folds.chance_above(score, folds)
        return chances

    def _on_folds(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return who has a score on folds, and these scores."""
        folds = scores[:, : self.n_splits]
        on_folds = np.isfinite(folds).any(axis=1)
        return on_folds, folds[on_folds]


def _last(parts: np.ndarray) -> np.ndarray:
    """Return which is the largest part that each row has a score on."""
    n_parts = parts.shape[1]
    return np.asarray(n_parts - 1 - np.isfinite(parts)[:, ::-1].argmax(axis=1))


def _rise(
    rises: np.ndarray, own: np.ndarray, interaction: float
) -> tuple[float, float, float]:
    """Return the mean of rises, the variance of another one's error, and its freedom.

    By conjugate beliefs on the variance of normal errors. ``own`` are the rises to all
    rows of the same fold, ``interaction`` is the variance of candidate and fold.
    """
    known = np.isfinite(rises)
    rises, n = rises[known], int(known.sum())
    if n == 0:
        return np.nan, np.nan, np.nan
    with np.errstate(over="ignore"):  # of scores like 1e300: nothing is known
        mean = float(rises.mean())
        expected = (EXPECTED_SCATTER * own[known].mean()) ** 2 + interaction
        n_free = n - 1 + BELIEF
        variance = (((rises - mean) ** 2).sum() + BELIEF * expected) / n_free
        most = np.finfo(float).max
        return mean, float(min(variance * (1 + 1 / n), most)), n_free
