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
"""

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from sklearn_bayes_search._kernels import CORRELATIONS, cholesky, expand
from sklearn_bayes_search.surrogate import Posterior

__all__ = ["AnovaProcess"]

# Of the logarithms of length scales, weights, signal and noise variance, for
# standardised scores on the unit cube: bounds, and mean and deviation of a prior. The
# prior of a weight is wide, for it has to be able to say that nothing interacts.
BOUNDS = np.log([[0.02, 20.0], [1e-3, 1e2], [1e-3, 1e2], [1e-6, 1.0]])
PRIOR = np.array([[np.log(0.5), 1.0], [0.0, 2.5], [0.0, 2.0], [-6.0, 2.5]])
# The hyper-parameters of more points are those of so many, evenly by score.
MAX_FITTED = 300


class AnovaProcess:
    """A Gaussian process with an ANOVA kernel and its most probable hyper-parameters.

    Parameters
    ----------
    kernel : {"matern52", "matern32", "rbf"}, default="matern52"
        How smooth the score is along each column.

    Attributes
    ----------
    log_probability_ : float
        Of the fitted scores and hyper-parameters, up to a constant.
    """

    smooth = False

    def __init__(self, kernel="matern52"):
        self.kernel = kernel

    def __repr__(self):
        return f"AnovaProcess(kernel={self.kernel!r})"

    def fit(self, U, y, *, noise, dims, rng):
        """Learn from points and scores.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Snapped points of the unit cube.
        y : ndarray of shape (n_points,)
            Standardised scores.
        noise : ndarray of shape (n_points,)
            Known variances of their errors.
        dims : Dims
            What the columns stand for.
        rng : numpy.random.Generator
            Not used.

        Returns
        -------
        self : AnovaProcess
            The fitted model.
        """
        self._dims, self._F = dims, expand(U, dims)[0]
        order = np.argsort(y, kind="stable")
        n_fitted = min(len(y), MAX_FITTED)
        some = order[np.linspace(0, len(y) - 1, n_fitted).round().astype(int)]
        repeats = [dims.n_dims, dims.n_dims, 1, 1]
        prior = np.repeat(PRIOR, repeats, axis=0)
        squares = list(self._squares(self._F[some], self._F[some]))
        found = minimize(
            self._loss,
            prior[:, 0],
            args=(squares, y[some], noise[some], prior),
            jac=True,
            method="L-BFGS-B",
            bounds=np.repeat(BOUNDS, repeats, axis=0),
        )
        self.log_probability_ = -float(found.fun)
        self._theta = found.x
        K = self._covariance(self._F, self._F)
        K[np.diag_indices(len(y))] += noise + np.exp(found.x[-1])
        self._L, _ = cholesky(K)
        self._alpha = cho_solve((self._L, True), y)
        return self

    def posterior(self, U):
        """Predict the latent score.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Snapped points.

        Returns
        -------
        posterior : Posterior
            Without gradients.
        """
        F, _ = expand(U, self._dims)
        C = self._covariance(F, self._F)
        V = solve_triangular(self._L, C.T, lower=True)
        variance = np.exp(self._theta[-2]) + 1.0 - np.einsum("ij,ij->j", V, V)
        return Posterior(
            mean=C @ self._alpha,
            std=np.sqrt(np.maximum(variance, 1e-12)),
            noise_std=float(np.exp(0.5 * self._theta[-1])),
            covariance=lambda: self._covariance(F, F) - V.T @ V,
        )

    def _covariance(self, F, other):
        """Give the prior covariance of the latent score, (n, n_others)."""
        K = np.full((len(F), len(other)), np.exp(self._theta[-2]))
        log_scales, weights, _ = self._split(self._theta)
        squares = self._squares(F, other)
        for square, scale, w in zip(squares, log_scales, weights, strict=True):
            k, _ = CORRELATIONS[self.kernel](square * np.exp(-2 * scale))
            K *= (1.0 + w * k) / (1.0 + w)
        return K + 1.0

    def _squares(self, F, other):
        """Give the squared distances along one column after the other."""
        _, owner = expand(np.empty((0, self._dims.n_dims)), self._dims)
        for j in range(self._dims.n_dims):
            own = np.flatnonzero(owner == j)
            yield sum(np.subtract.outer(F[:, i], other[:, i]) ** 2 for i in own)

    @staticmethod
    def _split(theta):
        d = len(theta) // 2 - 1
        return theta[:d], np.exp(theta[d : 2 * d]), np.exp(theta[2 * d :])

    def _loss(self, theta, squares, y, noise, prior):
        """Give the negative log posterior of hyper-parameters, and its gradient."""
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
