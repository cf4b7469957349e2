"""What an evaluation costs: its seconds, and how many of its folds will run."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr

from sklearn_bayes_search.optimizer._folds import FoldModel
from sklearn_bayes_search.optimizer._targets import standardise
from sklearn_bayes_search.optimizer._trial import History
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess, Posterior
from sklearn_bayes_search.space._dims import Dims

__all__ = ["Cost", "FoldCost"]

# Seconds that any evaluation costs beside its fits: a fit of 1 ms is no better than one
# of 2 ms.
OVERHEAD = 0.02
# Below that many known times all evaluations are taken to cost the same.
FEWEST = 4
# A candidate goes on while it is no more errors than this below the best, as with the
# default of `FoldRacing`: a chance of 5 %.
NOT_HOPELESS = 1.7
# More noise than this, in deviations of the scores, is as good as this much.
MOST_NOISE = 1e3


class Cost:
    """Logarithm of the seconds of an evaluation over the unit cube.

    A Gaussian process of its own, since times range over orders of magnitude and
    depend on other parameters than scores do [1]_. Its mean is flat: nothing says that
    evaluations at the border are fast.

    References
    ----------
    .. [1] J. Snoek, H. Larochelle and R. P. Adams, "Practical Bayesian Optimization of
       Machine Learning Algorithms", NIPS 2012, section 3.2.
    """

    def __init__(self) -> None:
        self._model = GaussianProcess(fall=0.0)
        self._unit = 0.0

    def fit(
        self,
        U: np.ndarray,
        seconds: np.ndarray,
        *,
        dims: Dims,
        rng: np.random.Generator,
    ) -> "Cost":
        """Learn from evaluations.

        Parameters
        ----------
        U : ndarray of shape (n, n_dims)
            Snapped points.
        seconds : ndarray of shape (n,)
            What they took, NaN where that is unknown.
        dims : Dims
            What the columns stand for.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        self : Cost
            The object itself.
        """
        known = np.isfinite(seconds)
        logs = np.log(seconds[known] + OVERHEAD)
        self._unit = float(logs.std()) if known.sum() >= FEWEST else 0.0
        if self._unit > 1e-6:
            y = (logs - logs.mean()) / self._unit
            self._model.fit(U[known], y, noise=np.zeros(len(y)), dims=dims, rng=rng)
        else:
            self._unit = 0.0
        return self

    def log_seconds(self, U: np.ndarray) -> np.ndarray:
        """Predict at ``U`` of shape (m, n_dims), up to a constant; shape (m,)."""
        if not self._unit:
            return np.zeros(len(U))
        return self._unit * self._model.posterior(U).mean

    def gradient(self, U: np.ndarray) -> np.ndarray:
        """Differentiate that by ``U``, shape (m, n_dims); 0 for categories."""
        gradient = None
        if self._unit:
            gradient = self._model.posterior(U, gradient=True).mean_gradient
        return np.zeros_like(U) if gradient is None else self._unit * gradient


@dataclass(frozen=True)
class FoldCost:
    """How many of its folds a candidate will probably get where others are paused.

    One that will hardly be the best is paused after its first fold, one that may be
    gets all of them: of five folds, it costs five times as much for its gain [1]_.

    Parameters
    ----------
    n_splits : int
        Number of folds, at least 2.
    deviation : float
        Of the error of a mean over all folds that is estimated from one, in deviations
        of the scores.

    References
    ----------
    .. [1] Snoek et al., as for `Cost`: expected improvement per unit of cost.
    """

    n_splits: int
    deviation: float

    @classmethod
    def learn(cls, history: History) -> Self | None:
        """Learn from scores of folds.

        Parameters
        ----------
        history : History
            What was told.

        Returns
        -------
        cost : FoldCost or None
            None where no candidate was paused, or fewer than two got all folds.
        """
        whole = history.fold_scores
        scored = [o.score for o in history if o.folds is not None and not o.failed]
        if len(whole) == len(scored) or len(whole) < 2:
            return None
        n_splits = whole.shape[1]
        variance = FoldModel.fit(whole).variance * (1 - 1 / n_splits)
        unit = max(standardise(np.array(scored))[1], float(np.finfo(float).tiny))
        return cls(n_splits, min(variance**0.5 / unit, MOST_NOISE))

    def log_share(
        self, posterior: Posterior, best: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Predict the share of the folds that will run.

        After its first fold a candidate goes on if it may still be the best. Over the
        rounds, the error of an estimate is about half of that after the first.

        Parameters
        ----------
        posterior : Posterior
            What the surrogate believes of some points.
        best : float
            The highest mean so far.

        Returns
        -------
        value : ndarray of shape (n_points,)
            Logarithm of the expected share.
        gradient : ndarray of shape (n_points, n_dims) or None
            Its derivatives by the points, if the posterior has any.
        """
        error = 0.5 * self.deviation
        total = np.hypot(posterior.std, error)
        z = (posterior.mean - best + NOT_HOPELESS * error) / total
        rest = 1 - 1 / self.n_splits
        share = 1 - rest * ndtr(-z)
        by_mean, by_std = posterior.mean_gradient, posterior.std_gradient
        if by_mean is None or by_std is None:
            return np.log(share), None
        by_z = rest * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) / share
        dz = by_mean - (z * posterior.std / total)[:, None] * by_std
        return np.log(share), (by_z / total)[:, None] * dz
