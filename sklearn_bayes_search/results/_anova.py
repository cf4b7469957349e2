"""A Gaussian process that tells apart what parameters do alone and together.

Its covariance is a product over columns, ``s prod_j (1 + w_j k_j) / (1 + w_j)``. The
product is a sum over all sets of columns: a constant, what each column does alone, each
pair, and so on [1]_. The weight ``w_j`` says how much of it column ``j`` takes part in:
where all are small, hardly any interact. A product of plain correlations, as a process
with one length scale a column has it, can only tell of all columns at once, and takes
many more points to see that a score is a sum.

References
----------
.. [1] D. Duvenaud, H. Nickisch and C. E. Rasmussen, "Additive Gaussian Processes",
   NIPS 2011, section 2; the product is the "ANOVA kernel" of M. Stitson et al.,
   "Support Vector Regression with ANOVA Decomposition Kernels", 1999.
.. [2] C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
   Learning", MIT Press, 2006, algorithm 2.1 and eq. (5.9).
.. [3] I. Murray, R. P. Adams and D. J. C. MacKay, "Elliptical Slice Sampling", AISTATS
   2010, figure 2.
.. [4] F. Bachoc, "Cross Validation and Maximum Likelihood Estimations of
   Hyperparameters of Gaussian Processes with Model Misspecification", Computational
   Statistics and Data Analysis 66, 2013, eqs. (8) and (9).
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from sklearn_bayes_search.optimizer._kernels import (
    CORRELATIONS,
    cholesky,
    squared_differences,
)
from sklearn_bayes_search.optimizer.surrogate import Posterior
from sklearn_bayes_search.space import Dims

# Of the logarithms of length scales, weights, signal and noise variance, for
# standardised scores on the unit cube: bounds, and mean and deviation of a prior. The
# prior of a weight is wide, for it has to be able to say that nothing interacts.
BOUNDS = np.log([[0.02, 20.0], [1e-3, 1e2], [1e-3, 1e2], [1e-6, 1.0]])
PRIOR = np.array([[np.log(0.5), 1.0], [0.0, 2.5], [0.0, 2.0], [-6.0, 2.5]])
# The hyper-parameters of more points are those of so many, evenly by score.
MAX_FITTED = 300
# They are drawn with fewer, since that takes thousands of factorisations. Steps before
# the first draw, and from one to the next.
MAX_DRAWN, BURN_IN, THIN = 100, 60, 15


class AnovaProcess:
    """A Gaussian process with an ANOVA kernel and its most probable hyperparameters.

    ``kernel`` is how smooth the score is along each column. ``log_probability_`` is
    that of the fitted scores and hyperparameters, up to a constant.
    """

    smooth = False
    _scale = 1.0

    def __init__(self, kernel: str = "matern52") -> None:
        self.kernel = kernel

    def __repr__(self) -> str:
        return f"AnovaProcess(kernel={self.kernel!r})"

    def fit(
        self,
        U: np.ndarray,
        y: np.ndarray,
        *,
        noise: np.ndarray,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Self:
        """Learn from snapped points and standardised scores."""
        self._dims, self._U = dims, np.array(U)
        self._y, self._noise = y, noise
        some = self._some(MAX_FITTED)
        prior, bounds = self._per_column(PRIOR), self._per_column(BOUNDS)
        squares = list(self._squares(self._U[some], self._U[some]))
        found = minimize(
            self._loss,
            prior[:, 0],
            args=(squares, y[some], noise[some], prior),
            jac=True,
            method="L-BFGS-B",
            bounds=[(low, high) for low, high in bounds],
        )
        self.log_probability_ = -float(found.fun)
        self._condition(found.x)
        return self

    def draw(
        self, n_draws: int, weights: np.ndarray, rng: np.random.Generator
    ) -> list[Self]:
        """Draw processes that may be the true one, fitted to the same scores.

        Points that crowd tell little of the rest of the space, where a score may behave
        otherwise. So the likelihood of hyperparameters is raised to a power, as if
        there were only as many points as there are places that they stand for, and the
        variance is at least that which errors of leaving out a point ask for, each with
        its share of the space [4]_: ``weights`` (n_points,).
        """
        some = self._some(MAX_DRAWN)
        y, noise = self._y[some], self._noise[some]
        squares = list(self._squares(self._U[some], self._U[some]))
        mean, deviation = self._per_column(PRIOR).T
        low, high = self._per_column(BOUNDS).T
        power = min(1.0, 1.0 / (weights @ weights) / len(y))

        def log_likelihood(theta: np.ndarray) -> float:
            if (theta < low).any() or (theta > high).any():
                return -np.inf
            K = self._signal(theta, squares, len(y), len(y)) + 1.0
            K[np.diag_indices(len(y))] += noise + np.exp(theta[-1])
            L, _ = cholesky(K)
            z = solve_triangular(L, y, lower=True, check_finite=False)
            return float(power * (-0.5 * z @ z - np.log(L.diagonal()).sum()))

        drawn, theta, value = [], self._theta, log_likelihood(self._theta)
        for step in range(1, BURN_IN + THIN * n_draws + 1):
            around = deviation * rng.standard_normal(len(theta))
            least = value + np.log(rng.random())
            angle = rng.uniform(0.0, 2 * np.pi)
            start, end = angle - 2 * np.pi, angle
            while True:
                new = mean + (theta - mean) * np.cos(angle) + around * np.sin(angle)
                value = log_likelihood(new)
                if value > least:
                    break
                start, end = (angle, end) if angle < 0 else (start, angle)
                angle = rng.uniform(start, end)
            theta = new
            if step > BURN_IN and (step - BURN_IN) % THIN == 0:
                drawn.append(copy.copy(self)._condition(theta))
                drawn[-1]._widen(weights)
        return drawn

    def _widen(self, weights: np.ndarray) -> None:
        """Raise the variance to what errors of leaving out a point ask for."""
        precision = cho_solve((self._L, True), np.eye(len(self._y))).diagonal()
        self._scale = max(1.0, float(weights @ (self._alpha**2 / precision)))

    def _some(self, n_most: int) -> np.ndarray:
        """Choose points evenly by score."""
        order, n = np.argsort(self._y, kind="stable"), len(self._y)
        every = np.linspace(0, n - 1, min(n, n_most)).round().astype(int)
        return np.asarray(order[every])

    def _per_column(self, table: np.ndarray) -> np.ndarray:
        """Repeat what is the same for each column, (n_parameters, 2)."""
        n_dims = self._dims.n_dims
        return np.repeat(table, [n_dims, n_dims, 1, 1], axis=0)

    def _condition(self, theta: np.ndarray) -> Self:
        """Learn the scores with these hyperparameters."""
        self._theta = theta
        K = self._covariance(self._U, self._U)
        K[np.diag_indices(len(K))] += self._noise + np.exp(theta[-1])
        self._L, _ = cholesky(K)
        self._alpha = cho_solve((self._L, True), self._y)
        return self

    def posterior(self, U: np.ndarray) -> Posterior:
        """Predict the latent score at snapped points, without gradients."""
        C = self._covariance(U, self._U)
        V = solve_triangular(self._L, C.T, lower=True)
        variance = np.exp(self._theta[-2]) + 1.0 - np.einsum("ij,ij->j", V, V)
        return Posterior(
            mean=C @ self._alpha,
            std=np.sqrt(self._scale * np.maximum(variance, 1e-12)),
            noise_std=float(np.exp(0.5 * self._theta[-1])),
            covariance=lambda: self._scale * (self._covariance(U, U) - V.T @ V),
        )

    def _covariance(self, U: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return the prior covariance of the latent score, (n, n_others)."""
        squares = self._squares(U, other)
        return self._signal(self._theta, squares, len(U), len(other)) + 1.0

    def _signal(
        self, theta: np.ndarray, squares: Iterable[np.ndarray], *shape: int
    ) -> np.ndarray:
        """Return the covariance but for the constant's, from distances by column."""
        log_scales, weights, (s, _) = self._split(theta)
        K = np.full(shape, s)
        for square, scale, w in zip(squares, log_scales, weights, strict=True):
            k, _ = CORRELATIONS[self.kernel](square * np.exp(-2 * scale))
            K *= (1.0 + w * k) / (1.0 + w)
        return K

    def _squares(self, U: np.ndarray, other: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the squared distances along one column after the other."""
        for u, v, categorical in zip(U.T, other.T, self._dims.categorical, strict=True):
            yield squared_differences(u, v, categorical=categorical)

    @staticmethod
    def _split(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        d = len(theta) // 2 - 1
        return theta[:d], np.exp(theta[d : 2 * d]), np.exp(theta[2 * d :])

    def _loss(
        self,
        theta: np.ndarray,
        squares: Sequence[np.ndarray],
        y: np.ndarray,
        noise: np.ndarray,
        prior: np.ndarray,
    ) -> tuple[float, np.ndarray]:
        """Return the negative log posterior of hyperparameters, and its gradient."""
        log_scales, weights, (s, nugget) = self._split(theta)
        signal = np.full((len(y), len(y)), s)
        by_scale, by_weight = [], []  # derivatives of its logarithm
        for square, scale, w in zip(squares, log_scales, weights, strict=True):
            r2 = square * np.exp(-2 * scale)
            k, slope = CORRELATIONS[self.kernel](r2)
            term = 1.0 + w * k
            signal *= term / (1.0 + w)
            by_scale.append(w * slope * r2 / term)
            by_weight.append(w * k / term - w / (1.0 + w))
        K = signal + 1.0
        K[np.diag_indices(len(y))] += noise + nugget
        L, _ = cholesky(K)
        alpha = cho_solve((L, True), y)
        W = 0.5 * (np.outer(alpha, alpha) - cho_solve((L, True), np.eye(len(y))))
        value = -0.5 * y @ alpha - np.log(L.diagonal()).sum()
        W_signal = W * signal
        gradient = [np.vdot(W_signal, change) for change in by_scale + by_weight]
        gradient += [W_signal.sum(), nugget * np.trace(W)]
        z = (theta - prior[:, 0]) / prior[:, 1]
        return 0.5 * z @ z - value, z / prior[:, 1] - np.array(gradient)
