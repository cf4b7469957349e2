"""The logarithm of expected hypervolume improvement, exact for independent processes.

The region that is not dominated splits into boxes from ``l`` to ``u``. A new point
``y`` adds the part of each box that lies below it: the product over the objectives of
``min(y, u) - l`` where that is positive. A posteriori, objectives are independent. So
the expectation of the product is the product of ``s (h(z_l) - h(z_u))`` with ``z_l =
(mu - l) / s``, ``z_u = (mu - u) / s`` and ``h(z) = phi(z) + z Phi(z)``: the expected
improvement on ``l`` minus that on ``u`` [1]_, [2]_. All is computed in logarithms, and
so has a slope even where the expectation underflows [3]_.

References
----------
.. [1] M. T. M. Emmerich, K. C. Giannakoglou and B. Naujoks, "Single- and Multiobjective
   Evolutionary Optimization Assisted by Gaussian Random Field Metamodels", IEEE
   Transactions on Evolutionary Computation 10, 2006.
.. [2] S. Daulton, M. Balandat and E. Bakshy, "Differentiable Expected Hypervolume
   Improvement for Parallel Multi-Objective Bayesian Optimization", NeurIPS 2020.
.. [3] S. Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian
   Optimization", NeurIPS 2023.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from sklearn_bayes_search.optimizer._hypervolume import free_boxes
from sklearn_bayes_search.optimizer.acquisition._base import LOG_SQRT_2PI, Pair, Triple
from sklearn_bayes_search.optimizer.acquisition._log_ei import _log_h
from sklearn_bayes_search.optimizer.surrogate import Posterior

# Of a box that is narrower, in deviations, ``h(z_l) - h(z_u)`` cancels, and the middle
# of ``h' = Phi`` between its sides is nearer: relative errors of 1e-8 both.
_NARROW = 1e-4


@dataclass(frozen=True, eq=False)
class LogExpectedHypervolumeImprovement:
    """Logarithm of the hypervolume that a point is expected to add to a front.

    ``lower`` and ``upper`` are the corners of `free_boxes`, (n_boxes, n_objectives).
    """

    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def of_front(
        cls, Y: np.ndarray, reference: np.ndarray
    ) -> "LogExpectedHypervolumeImprovement":
        """Make it for points, (n_points, n_objectives), and a reference point."""
        return cls(*free_boxes(Y, reference))

    def __call__(self, posteriors: Sequence[Posterior]) -> np.ndarray:
        """Compute the values, (n_points,), from a posterior for each objective."""
        logs, *_ = self._sides(posteriors)
        return _log_sum_exp(logs.sum(axis=0))[0]

    def value_and_gradient(self, posteriors: Sequence[Posterior]) -> Pair:
        """Compute the values and their gradients, (n_points, n_dims)."""
        logs, by_mu, by_s = self._sides(posteriors)
        value, weights = _log_sum_exp(logs.sum(axis=0))
        gradient = np.zeros(())
        for posterior, of_mu, of_s in zip(posteriors, by_mu, by_s, strict=True):
            assert posterior.mean_gradient is not None
            assert posterior.std_gradient is not None
            d_mu = np.einsum("pb,pb->p", weights, of_mu)[:, None]
            d_s = np.einsum("pb,pb->p", weights, of_s)[:, None]
            gradient = gradient + d_mu * posterior.mean_gradient
            gradient = gradient + d_s * posterior.std_gradient
        return value, gradient

    def _sides(self, posteriors: Sequence[Posterior]) -> Triple:
        """Return the logarithm of each side's expectation, and its d/dmu and d/ds.

        All have the shape (n_objectives, n_points, n_boxes).
        """
        sides = [
            _log_side(posterior, self.lower[:, j], self.upper[:, j])
            for j, posterior in enumerate(posteriors)
        ]
        logs, by_mu, by_s = (np.array(parts) for parts in zip(*sides, strict=True))
        return logs, by_mu, by_s


def _log_side(posterior: Posterior, lower: np.ndarray, upper: np.ndarray) -> Triple:
    """Return the logarithm of ``s (h(z_l) - h(z_u))``, and its d/dmu and d/ds.

    All have the shape (n_points, n_boxes).
    """
    mu, s = posterior.mean[:, None], posterior.std[:, None]
    # boxes share their sides: each is calculated once
    ends, place = np.unique(np.concatenate([lower, upper]), return_inverse=True)
    low, high = place[: len(lower)], place[len(lower) :]
    known = np.isfinite(ends)
    # nothing is above an infinite side, as little as above one that is far away
    z = (mu - np.where(known, ends, 0.0)) / s
    log_h, Phi_h, phi_h = (a.reshape(z.shape) for a in _log_h(z.ravel()))
    log_h = np.where(known, log_h, -np.inf)
    r = np.exp(np.minimum(log_h[:, high] - log_h[:, low], 0.0))
    width = np.where(np.isfinite(upper), upper - lower, np.inf) / s
    narrow = width < _NARROW
    left = np.where(narrow, 1.0, 1.0 - r)
    log = log_h[:, low] + np.log(left)
    by_mu = (Phi_h[:, low] - r * Phi_h[:, high]) / left
    by_s = (phi_h[:, low] - r * phi_h[:, high]) / left
    if narrow.any():
        rows, columns = np.nonzero(narrow)
        middle = z[rows, low[columns]] - 0.5 * width[rows, columns]
        log_Phi = log_ndtr(middle)
        slope = np.exp(-0.5 * middle**2 - LOG_SQRT_2PI - log_Phi)
        log[rows, columns] = np.log(width[rows, columns]) + log_Phi
        by_mu[rows, columns] = slope
        # width and z are in units of s
        by_s[rows, columns] = -slope * middle
    return log + np.log(s), by_mu / s, by_s / s


def _log_sum_exp(logs: np.ndarray) -> Pair:
    """Sum over the boxes; return the logarithm, and each one's share of the sum."""
    highest = logs.max(axis=1, keepdims=True)
    parts = np.exp(logs - highest)
    total = parts.sum(axis=1, keepdims=True)
    return (highest + np.log(total))[:, 0], parts / total
