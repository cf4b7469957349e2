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
# and this is worth so many candidates: two or three alone would be sure of too much.
EXPECTED_SCATTER, BELIEF = 0.5, 3.0


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


def estimate_from_parts(
    complete: np.ndarray, paused: np.ndarray, n_splits: int
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate means of paused candidates on all rows, and their variances.

    Rows of both are scores on ``n_splits`` folds, then on parts, NaN where there is
    none. What a candidate has on folds counts, else its largest part.
    """
    whole = np.unique(complete, axis=0)
    model = RiseModel.fit(whole[:, :n_splits], whole[:, n_splits:])
    mean, variance = model.estimate(paused[:, n_splits:])
    on_folds = np.isfinite(paused[:, :n_splits]).any(axis=1)
    if on_folds.any():
        # one candidate tells the effects of the folds only
        several = whole if len(whole) > 1 else whole.repeat(2, axis=0)
        folds = FoldModel.fit(several[:, :n_splits])
        of_folds = folds.estimate(paused[on_folds, :n_splits])
        mean[on_folds], variance[on_folds] = of_folds
    return mean, np.minimum(variance, np.finfo(float).max)


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
