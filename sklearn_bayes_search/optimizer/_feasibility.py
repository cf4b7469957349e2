"""Where evaluations fail: a smoothed probability of success over the unit cube."""

import numpy as np

from sklearn_bayes_search.optimizer._kernels import (
    matern52,
    scaled_features,
    squared_distances,
)
from sklearn_bayes_search.space._dims import Dims

__all__ = ["Feasibility"]

# Candidates for the length scale, in units of the diagonal of the active cube.
SCALES = (0.05, 0.1, 0.2, 0.4, 0.8)


class Feasibility:
    """Probability that an evaluation succeeds, learned from successes and failures.

    A kernel average with one success and one failure as prior: ``p(u) = (1 + sum_i
    k(u, u_i) ok_i) / (2 + sum_i k(u, u_i))``. Far from all points it is 1/2, which
    holds nobody back; among failures it falls towards 0. The length scale is the one
    whose leave-one-out predictions are most likely.
    """

    def fit(self, U: np.ndarray, ok: np.ndarray, *, dims: Dims) -> "Feasibility":
        """Learn from points.

        Parameters
        ----------
        U : ndarray of shape (n, n_dims)
            Snapped points.
        ok : ndarray of shape (n,), bool
            Which evaluations succeeded.
        dims : Dims
            What the columns stand for.

        Returns
        -------
        self : Feasibility
            The object itself.
        """
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
        return self

    def log_probability(self, U: np.ndarray) -> np.ndarray:
        """Evaluate log p at ``U`` of shape (m, n_dims); returns shape (m,)."""
        Z = scaled_features(U, self._dims, self._length_scales, self._U)
        K, _ = matern52(squared_distances(Z, self._Z))
        return np.asarray(np.log((1 + K @ self._ok) / (2 + K.sum(axis=1))))

    def gradient(self, U: np.ndarray) -> np.ndarray:
        """Differentiate log p by ``U``, shape (m, n_dims); 0 for categories."""
        Z = scaled_features(U, self._dims, self._length_scales, self._U)
        K, slope = matern52(squared_distances(Z, self._Z))
        success = 1 + K @ self._ok
        total = 2 + K.sum(axis=1)
        # d log p / d k_i, then dk_i / du = -slope_i (u - u_i) / length_scale^2
        weights = (self._ok / success[:, None] - 1 / total[:, None]) * slope
        difference = weights.sum(axis=1)[:, None] * U - weights @ self._U
        gradient = -difference / self._length_scales**2
        return np.where(self._dims.categorical, 0.0, gradient)
