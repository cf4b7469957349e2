"""What a gain at a point is worth: the chance that it counts, the time it takes."""

from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import log_ndtr

from sklearn_bayes_search.optimizer._kernels import (
    matern52,
    scaled_features,
    squared_distances,
)
from sklearn_bayes_search.optimizer.acquisition._base import LOG_SQRT_2PI
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess, Posterior
from sklearn_bayes_search.space._dims import Dims

# Candidates for the length scale, in units of the diagonal of the active cube.
SCALES = (0.05, 0.1, 0.2, 0.4, 0.8)
# Seconds that any evaluation costs beside its fits: a fit of 1 ms is no better than one
# of 2 ms.
OVERHEAD = 0.02
# Below that many known times all evaluations are taken to cost the same.
FEWEST = 4


LogWeight: TypeAlias = tuple[np.ndarray, np.ndarray | None]


class Weight(Protocol):
    """A factor that the expected gain is multiplied by, computed as its logarithm."""

    def evaluate(self, U: np.ndarray, posterior: Posterior, best: float) -> LogWeight:
        """Compute the logarithm, and its gradient where the posterior has gradients.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Points of the unit cube, snapped in the categorical columns.
        posterior : Posterior
            What the surrogate believes about them.
        best : float
            Highest posterior mean so far.

        Returns
        -------
        value : ndarray of shape (n_points,)
            Finite.
        gradient : ndarray of shape (n_points, n_dims) or None
            Derivative of each value with respect to its own point, 0 for categorical
            columns.
        """
        ...


class Feasibility(Weight):
    """Probability that an evaluation succeeds, learned from successes and failures.

    It is a kernel average with one success and one failure as prior: ``p(u) = (1 +
    sum_i k(u, u_i) ok_i) / (2 + sum_i k(u, u_i))``. Far from all points it is 1/2,
    which does not discourage exploration; among failures it falls towards 0. The length
    scale is the one with the most likely leave-one-out predictions.
    """

    def __init__(self, U: np.ndarray, ok: np.ndarray, dims: Dims) -> None:
        """Learn from snapped points, shape (n, n_dims); ``ok`` says which succeeded."""
        self._U, self._ok, self._dims = U, ok.astype(float), dims
        unit = scaled_features(U, dims, np.ones(dims.n_dims))
        r2 = squared_distances(unit) / max(dims.n_active, 1)
        best, chosen = -np.inf, SCALES[0]
        for scale in SCALES:
            K, _ = matern52(r2 / scale**2)
            np.fill_diagonal(K, 0.0)  # leave one out
            p = (1 + K @ self._ok) / (2 + K.sum(axis=1))
            likelihood = np.sum(np.log(np.where(ok, p, 1 - p)))
            if likelihood > best:
                best, chosen = likelihood, scale
        length_scale = chosen * np.sqrt(max(dims.n_active, 1))
        self._length_scales = np.full(dims.n_dims, length_scale)
        self._Z = unit / length_scale

    def evaluate(
        self, U: np.ndarray, posterior: Posterior | None = None, best: float = 0.0
    ) -> LogWeight:
        Z = scaled_features(U, self._dims, self._length_scales, self._U)
        K, slope = matern52(squared_distances(Z, self._Z))
        success, total = 1 + K @ self._ok, 2 + K.sum(axis=1)
        value = np.log(success / total)
        if posterior is None or posterior.mean_gradient is None:
            return value, None
        # d log p / d k_i, then dk_i / du = -slope_i (u - u_i) / length_scale^2
        weights = (self._ok / success[:, None] - 1 / total[:, None]) * slope
        difference = weights.sum(axis=1)[:, None] * U - weights @ self._U
        gradient = -difference / self._length_scales**2
        return value, np.where(self._dims.categorical, 0.0, gradient)


class Speed(Weight):
    """A power of the number of evaluations per second, up to a constant factor.

    A Gaussian process of its own predicts the logarithm of the seconds, since times
    range over orders of magnitude and depend on other parameters than scores do: Snoek
    et al., NIPS 2012, section 3.2. Its mean is flat: nothing says that evaluations at
    the border are fast.
    """

    def __init__(self, power: float = 1.0) -> None:
        self.power = power
        self._model = GaussianProcess(border_drop=0.0)
        self._unit = 0.0

    def fit(
        self, U: np.ndarray, seconds: np.ndarray, dims: Dims, rng: np.random.Generator
    ) -> "Speed":
        """Learn from snapped points, (n, n_dims), and times, NaN where unknown."""
        known = np.isfinite(seconds)
        logs = np.log(seconds[known] + OVERHEAD)
        unit = float(logs.std()) if known.sum() >= FEWEST else 0.0
        self._unit = unit if unit > 1e-6 else 0.0
        if self._unit:
            y = (logs - logs.mean()) / unit
            self._model.fit(U[known], y, noise=np.zeros(len(y)), dims=dims, rng=rng)
        return self

    def evaluate(self, U: np.ndarray, posterior: Posterior, best: float) -> LogWeight:
        with_gradient = posterior.mean_gradient is not None
        if not self._unit:
            return np.zeros(len(U)), np.zeros_like(U) if with_gradient else None
        log_seconds = self._model.posterior(U, gradient=with_gradient)
        value = -self.power * (self._unit * log_seconds.mean)
        if log_seconds.mean_gradient is None:
            return value, None
        return value, -self.power * (self._unit * log_seconds.mean_gradient)


class ChanceOfReaching(Weight):
    """Probability that an outcome reaches its limit, ``Phi((mu - bound) / s)``.

    The outcome has a Gaussian process of its own: J. R. Gardner et al., "Bayesian
    Optimization with Inequality Constraints", ICML 2014, section 3.1. Its mean is flat,
    as that of the times.
    """

    def __init__(self) -> None:
        self._model = GaussianProcess(border_drop=0.0)
        self._bound = 0.0

    def fit(
        self,
        U: np.ndarray,
        y: np.ndarray,
        bound: float,
        dims: Dims,
        rng: np.random.Generator,
    ) -> "ChanceOfReaching":
        """Learn from snapped points, (n, n_dims), and standardised outcomes, (n,)."""
        self._model.fit(U, y, noise=np.zeros(len(y)), dims=dims, rng=rng)
        self._bound = bound
        return self

    def condition(self, U: np.ndarray) -> "ChanceOfReaching":
        """Return a copy that takes its own predictions at pending points for true."""
        believing = ChanceOfReaching()
        believing._bound = self._bound
        believing._model = self._model.condition(U, self._model.posterior(U).mean)
        return believing

    def is_expected(self, U: np.ndarray) -> np.ndarray:
        """Return where the mean reaches the bound, shape (n_points,)."""
        return np.asarray(self._model.posterior(U).mean >= self._bound)

    def evaluate(
        self, U: np.ndarray, posterior: Posterior | None = None, best: float = 0.0
    ) -> LogWeight:
        gradient = posterior is not None and posterior.mean_gradient is not None
        own = self._model.posterior(U, gradient=gradient)
        z = (own.mean - self._bound) / own.std
        value = log_ndtr(z)
        if own.mean_gradient is None or own.std_gradient is None:
            return value, None
        slope = np.exp(-0.5 * z * z - LOG_SQRT_2PI - value) / own.std
        by_U = own.mean_gradient - z[:, None] * own.std_gradient
        return value, slope[:, None] * by_U
