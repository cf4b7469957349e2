"""A Gaussian process over the mixed unit cube.

``U`` are points of the cube, shape (n_points, n_dims), and ``y`` their standardised
scores, higher is better. The Gaussian process is ``y = m + c + A w + f + error`` with a
fixed mean ``m`` that falls from the middle to the border, a constant ``c ~ N(0, 1)``
and weights ``w ~ N(0, 1)`` of known functions ``A``, if there are any, that are
integrated out, ``f`` of covariance ``s k``, and errors of variance ``D = nugget +
noise``, so that ``y`` has covariance ``K = s k + 1 + A A' + diag(D) = L L'``.
``alpha = K^-1 (y - m)``, ``Z`` are features over length scales, and
``theta = [ln length scales, ln s, ln nugget]``.

References
----------
.. [1] C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
   Learning", MIT Press, 2006. Posterior: algorithm 2.1; constant: section 2.7;
   marginal likelihood and its gradient: eqs. (5.8) and (5.9).
.. [2] C. Hvarfner, E. O. Hellsten and L. Nardi, "Vanilla Bayesian Optimization
   Performs Great in High Dimensions", ICML 2024. Length scales that grow with the
   square root of the dimension: section 4.
.. [3] J. Snoek et al., "Scalable Bayesian Optimization Using Deep Neural Networks",
   ICML 2015. A quadratic mean, for ranges are chosen around good values.
"""

import copy
from functools import partial
from typing import ClassVar, Final, Self, TypeAlias

import numpy as np
from scipy.linalg.lapack import dpotrs, dtrtrs

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.optimizer._ascent import climb
from sklearn_bayes_search.optimizer._kernels import (
    CORRELATIONS,
    Correlation,
    cholesky,
    expand,
    extend_cholesky,
    log_evidence,
    scaled_features,
    squared_distances,
)
from sklearn_bayes_search.optimizer.surrogate._base import (
    Posterior,
    Surrogate,
    check_data,
)
from sklearn_bayes_search.optimizer.surrogate._expectation import (
    Expectation,
    PriorMean,
    expected_unit,
    prior_mean,
)
from sklearn_bayes_search.space._dims import Dims, same_columns

# Correlation, features, their columns, scores, known noise, basis: see `log_evidence`.
_Data: TypeAlias = tuple[
    Correlation, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray
]

# Bounds of length scales, signal and noise variance for standardised scores on the
# unit cube. The smallest noise keeps K well conditioned and duplicates harmless.
_BOUNDS: Final = np.log([[0.01, 100.0], [0.05, 20.0], [1e-6, 1.0]])
# Mean and deviation of the Gaussian prior on each logarithm. Medians of the length
# scales between 0.25 and 0.5 sqrt(d) did equally well on test functions, 1.0 worse.
# Scores are standardised: a deviation of 0.5 for the signal's logarithm did better than
# 1. On fixed folds a model's score is nearly a function of its parameters, so a median
# of exp(-8) for the noise found good candidates sooner than exp(-6) and exp(-5); a wide
# prior lets the rough scores of trees say otherwise.
_PRIOR: Final = np.array([[np.log(0.5), 1.0], [0.0, 0.5], [-8.0, 2.5]])
# Where functions are expected, candidates crowd where these are high: a signal that is
# fitted to such a crowd says that scores vary little elsewhere.
_SIGNAL_BESIDE_EXPECTED: Final = 0.2
# By how many standard deviations the mean falls from the centre to a corner. A process
# without it tries the border too often, since nothing is known on its other side. With
# drops of 1 and 2 a fifth to three quarters of the regret were left at 30 points on
# functions whose best lies inside; with the best at a corner, 5 points more were taken.
BORDER_DROP: Final = 1.0
# Hyperparameters are good enough where no step promises more log probability.
_TOLERANCE: Final = 1e-3
# Variances below this are rounding error.
_SMALLEST_VARIANCE: Final = 1e-12


class GaussianProcess(Surrogate):
    """A Gaussian process whose hyperparameters are the most probable ones.

    It has one length scale per column, a mean, and a fitted noise variance in addition
    to the known ones. The mean is a constant, which is integrated out, and falls
    towards the border by a fixed amount. Length scales and variances have log-normal
    priors. With many points, not every `fit` renews the hyperparameters. Above 100
    points, every second one does; above 200 points, one where the number of points has
    changed by 5 %. Above 1000 points they are fitted to a subset of 500.

    Parameters
    ----------
    kernel : {"matern52", "matern32", "rbf"}, default="matern52"
        How smooth the score is assumed to be: twice, once or infinitely often
        differentiable.
    border_drop : float, default=1.0
        By how many standard deviations of the scores the mean falls from the middle of
        the space to a corner, >= 0. Use 0 if the best values may as well be at the
        border.
    expectation : Expectation, default=None
        Functions that scores are expected to follow. The scores decide how much they
        count: see :class:`~sklearn_bayes_search.optimizer.surrogate.Expectation`.
    expect_until : int, default=None
        With more scores than this, the expectation does not count at all, >= 0. None:
        it always counts.

    Attributes
    ----------
    length_scales_ : ndarray of shape (n_dims,)
        Distance over which the score changes, in units of the cube's side.
    signal_variance_ : float
        Prior variance of the score around its mean.
    noise_variance_ : float
        Fitted variance of the error, in addition to the known ones.
    theta_ : ndarray of shape (n_dims + 2,)
        Logarithms of the three above, in this order.

    Raises
    ------
    ValueError
        If the kernel is unknown, if ``border_drop`` is negative or infinite, or if
        ``expect_until`` is no int >= 0.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import BayesSearchCV, GaussianProcess
    >>> search = BayesSearchCV(SVC(), surrogate=GaussianProcess("rbf"))
    """

    smooth: ClassVar[bool] = True

    _expectation: Expectation | None = None  # as far as it counts
    _H: np.ndarray
    _jitter: float
    _n_fits_kept: int
    _n_searches: int

    def __init__(
        self,
        kernel: str = "matern52",
        *,
        border_drop: float = BORDER_DROP,
        expectation: Expectation | None = None,
        expect_until: int | None = None,
    ) -> None:
        if kernel not in CORRELATIONS:
            raise ValueError(
                "The 'kernel' parameter of GaussianProcess must be one of "
                f"{sorted(CORRELATIONS)}. Got {kernel!r} instead."
            )
        check_number("border_drop", border_drop, of="GaussianProcess", least=0)
        if expect_until is not None:
            n, of = expect_until, "GaussianProcess"
            check_number(
                "expect_until", n, of=of, whole=True, least=0, other=" or None"
            )
        self.kernel = kernel
        self.border_drop = border_drop
        self.expectation = expectation
        self.expect_until = expect_until

    def __repr__(self) -> str:
        others = ""
        if self.border_drop != BORDER_DROP:
            others += f", border_drop={self.border_drop!r}"
        if self.expectation is not None:
            others += f", expectation={self.expectation!r}"
        if self.expect_until is not None:
            others += f", expect_until={self.expect_until!r}"
        return f"GaussianProcess(kernel={self.kernel!r}{others})"

    def fit(
        self,
        U: np.ndarray,
        y: np.ndarray,
        *,
        noise: np.ndarray,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Self:
        correlation = CORRELATIONS[self.kernel]
        # Copies: the caller's arrays may change before the next fit compares them.
        U, y, noise = (np.array(values, dtype=float) for values in (U, y, noise))
        check_data(U, y, noise, of="GaussianProcess")
        n, d = U.shape
        F, owner = expand(U, dims)
        until = np.inf if self.expect_until is None else self.expect_until
        self._expectation = self.expectation if n <= until else None
        self._unit = expected_unit(self._expectation, U)
        prior = self._prior_mean(U, dims)
        residual, A = y - prior.value, prior.basis
        warm = hasattr(self, "theta_") and len(self.theta_) == d + 2
        if warm and self._holds(correlation, F, residual, noise):
            return self  # several points are asked for before something is told
        if warm and not self._is_due(n):
            n_kept = self._n_same_rows(U, noise, A, dims, correlation)
            self._n_fits_kept += 1
            theta = self.theta_
        else:
            n_kept = 0
            self._n_searches = self._n_searches + 1 if warm else 0
            self._n_fits_kept = 0
            self._n_at_search = n
            starts = [self.theta_] if warm else []
            # The prior's median is a way out of a poor local optimum.
            if n <= 10 or self._n_searches % 5 == 0:
                starts.append(self._prior(dims)[0])
            chosen = _subset(y, rng) if n > 1000 else slice(None)
            columns = F[chosen], owner, residual[chosen], noise[chosen], A[chosen]
            data = correlation, *columns
            H = self._H if warm else None
            theta, self._H = _most_probable(starts, H, data, self._prior(dims))
        self._correlation = correlation
        self._dims = dims
        self._hold(U, residual, noise, A)
        self._factorise(theta, n_kept)
        return self

    def condition(self, U: np.ndarray, y: np.ndarray) -> "GaussianProcess":
        # A shallow copy is enough: arrays are replaced, never written to.
        conditioned = copy.copy(self)
        prior = self._prior_mean(U, self._dims)
        conditioned._hold(
            np.concatenate([self._U, U]),
            np.concatenate([self._residual, y - prior.value]),
            np.concatenate([self._noise, np.zeros(len(y))]),
            np.concatenate([self._A, prior.basis]),
        )
        conditioned._factorise(self.theta_, len(self._U))
        return conditioned

    def posterior(self, U: np.ndarray, *, gradient: bool = False) -> Posterior:
        s = self.signal_variance_
        F, owner = expand(U, self._dims, self._U)
        ls = self.length_scales_[owner]
        Z = F / ls
        k, slope = self._correlation(squared_distances(Z, self._Z))
        C = s * k
        C += 1.0
        prior = self._prior_mean(U, self._dims, gradient=gradient)
        A = prior.basis
        expects = self._expectation is not None
        if expects:
            C += A @ self._A.T
        mean = prior.value + C @ self._alpha
        V, _ = dtrtrs(self._L, C.T, lower=1, overwrite_b=1)
        variance = s + 1.0 - np.einsum("ij,ij->j", V, V)
        if expects:
            variance += np.einsum("ij,ij->i", A, A)
        clamped = variance < _SMALLEST_VARIANCE
        std = np.sqrt(np.where(clamped, _SMALLEST_VARIANCE, variance))
        mean_gradient = std_gradient = None
        if gradient:
            W, _ = dtrtrs(self._L, V, lower=1, trans=1)
            numeric, by_feature = ~self._dims.categorical[owner], s / ls
            all_numeric = numeric.all()

            def pull_back(weights: np.ndarray) -> np.ndarray:
                # sum_i weights_i dC_i / dU, by dk/dz = -slope (z - z_i).
                A = weights * slope
                dF: np.ndarray = (A @ self._Z - A.sum(axis=1)[:, None] * Z) * by_feature
                if all_numeric:
                    return dF
                dU = np.zeros(U.shape)
                dU[:, owner[numeric]] = dF[:, numeric]
                return dU

            mean_gradient = prior.gradient + pull_back(self._alpha)
            std_gradient = -pull_back(W.T)
            if expects:
                dA = prior.basis_gradient
                mean_gradient += np.einsum("ikj,k->ij", dA, self._alpha @ self._A)
                std_gradient += np.einsum("ikj,ik->ij", dA, A - W.T @ self._A)
            std_gradient /= np.where(clamped, np.inf, std)[:, None]
        return Posterior(
            mean=mean,
            std=std,
            noise_std=self.noise_variance_**0.5,
            # without ``self``: a posterior outlives the next fit
            covariance=partial(
                _covariance,
                U,
                V,
                A,
                self._dims,
                self._correlation,
                s,
                self.length_scales_,
            ),
            mean_gradient=mean_gradient,
            std_gradient=std_gradient,
            length_scales=self.length_scales_,
        )

    def _prior_mean(
        self, U: np.ndarray, dims: Dims, *, gradient: bool = False
    ) -> PriorMean:
        known = self.border_drop, self._expectation, self._unit
        return prior_mean(U, dims, *known, gradient=gradient)

    def _prior(self, dims: Dims) -> np.ndarray:
        """Mean and deviation of each entry of ``theta``, shape (2, n_dims + 2)."""
        prior = np.repeat(_PRIOR, [dims.n_dims, 1, 1], axis=0)
        prior[:-2, 0] += 0.5 * np.log(max(dims.n_active, 1))
        if self._expectation is not None:
            prior[-2, 1] = _SIGNAL_BESIDE_EXPECTED
        return prior.T

    def log_marginal_likelihood(
        self, theta: np.ndarray, *, gradient: bool = False
    ) -> float | tuple[float, np.ndarray]:
        """Compute the log density of the fitted scores, without the priors.

        Parameters
        ----------
        theta : ndarray of shape (n_dims + 2,)
            Logarithms of length scales, signal variance and noise variance.
        gradient : bool, default=False
            Whether to also return the gradient.

        Returns
        -------
        value : float
            Log marginal likelihood.
        gradient : ndarray of shape (n_dims + 2,)
            Its gradient with respect to ``theta``; only returned if asked for.
        """
        data = self._F, self._owner, self._residual, self._noise, self._A
        result = log_evidence(theta, self._correlation, *data)
        return result if gradient else result[0]

    def _is_due(self, n: int) -> bool:
        """Return whether hyperparameters are to be fitted again at ``n`` points.

        Skipping below 100 points costs quality and saves only milliseconds.
        """
        if n <= 100:
            return True
        if n <= 200:
            return self._n_fits_kept >= 1
        return bool(abs(n - self._n_at_search) >= 0.05 * self._n_at_search)

    def _holds(self, correlation: Correlation, *data: np.ndarray) -> bool:
        """Return whether it was fitted to just these features, residuals and noise."""
        known = self._F, self._residual, self._noise
        return correlation is self._correlation and all(
            map(np.array_equal, data, known)
        )

    def _n_same_rows(
        self,
        U: np.ndarray,
        noise: np.ndarray,
        A: np.ndarray,
        dims: Dims,
        correlation: Correlation,
    ) -> int:
        """Count the leading rows whose part of the Cholesky factor is still right."""
        same_functions = A.shape[1] == self._A.shape[1]
        if not same_functions or not same_columns(dims, self._dims):
            return 0
        if correlation is not self._correlation:
            return 0
        n = min(len(U), len(self._U))
        same = (U[:n] == self._U[:n]).all(axis=1) & (noise[:n] == self._noise[:n])
        same &= (A[:n] == self._A[:n]).all(axis=1)
        return n if same.all() else int(same.argmin())

    def _hold(
        self, U: np.ndarray, residual: np.ndarray, noise: np.ndarray, A: np.ndarray
    ) -> None:
        """Keep the data, scores without their prior mean, and the features."""
        self._U, self._residual, self._noise, self._A = U, residual, noise, A
        self._F, self._owner = expand(U, self._dims)

    def _factorise(self, theta: np.ndarray, n_kept: int = 0) -> None:
        """Compute ``L`` and ``alpha``; the first rows of ``L`` may be right already.

        ``n_kept`` rows of the present factor belong to the same points and ``theta``.
        """
        self.theta_ = theta
        self.length_scales_ = np.exp(theta[:-2])
        self.signal_variance_ = s = float(np.exp(theta[-2]))
        self.noise_variance_ = float(np.exp(theta[-1]))
        self._Z = Z = self._F / self.length_scales_[self._owner]
        D = self._noise + self.noise_variance_
        L = None
        if n_kept:
            new = Z[n_kept:]
            A, A_kept = self._A[n_kept:], self._A[:n_kept]
            K21 = s * self._correlation(squared_distances(new, Z[:n_kept]))[0] + 1.0
            K21 += A @ A_kept.T
            K22 = s * self._correlation(squared_distances(new))[0] + 1.0
            K22 += A @ A.T
            K22 += np.diag(D[n_kept:] + self._jitter)
            L = extend_cholesky(self._L[:n_kept, :n_kept], K21, K22)
        if L is None:
            K = s * self._correlation(squared_distances(Z))[0]
            K += 1.0
            K += self._A @ self._A.T
            K.ravel()[:: len(K) + 1] += D
            L, self._jitter = cholesky(K)
        self._L: np.ndarray = L
        self._alpha: np.ndarray = dpotrs(L, self._residual, lower=1)[0]


def _covariance(
    U: np.ndarray,
    V: np.ndarray,
    A: np.ndarray,
    dims: Dims,
    correlation: Correlation,
    s: float,
    length_scales: np.ndarray,
) -> np.ndarray:
    """Joint posterior covariance, (m, m), of U by V = L^-1 C, shape (n, m)."""
    Z = scaled_features(U, dims, length_scales)
    C: np.ndarray = s * correlation(squared_distances(Z))[0]
    C += 1.0
    C += A @ A.T
    C -= V.T @ V
    return C


def _subset(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose 500 of many points: the best 150, the last 100, the rest at random."""
    chosen = np.zeros(len(y), dtype=bool)
    chosen[np.argsort(-y, kind="stable")[:150]] = True
    chosen[-100:] = True
    others = np.flatnonzero(~chosen)
    chosen[rng.choice(others, 500 - int(chosen.sum()), replace=False)] = True
    return np.flatnonzero(chosen)


def _most_probable(
    starts: list[np.ndarray], H: np.ndarray | None, data: _Data, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the posterior of ``theta`` from each start.

    Returns the best ``theta`` and, for the next fit, the inverse of the posterior's
    negative Hessian there in units of the prior's deviations. ``H`` is that of the last
    fit: with one point more, half of the evaluations suffice.
    """
    mean, deviation = prior
    d = len(mean)

    def log_posterior(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = [log_evidence(mean + deviation * z, *data) for z in Z]
        values = np.array([value for value, _ in pairs])
        gradients = deviation * np.array([gradient for _, gradient in pairs])
        return values - 0.5 * np.einsum("ij,ij->i", Z, Z), gradients - Z

    box = (np.repeat(_BOUNDS, [d - 2, 1, 1], axis=0).T - mean) / deviation
    low, high = (np.tile(bound, (len(starts), 1)) for bound in box)
    Z, values, found = climb(
        log_posterior,
        (np.array(starts) - mean) / deviation,
        low,
        high,
        max_evaluations=60,
        tolerance=_TOLERANCE,
        H=np.tile(np.eye(d) if H is None else H, (len(starts), 1, 1)),
    )
    best = int(np.argmax(values))
    return mean + deviation * Z[best], found[best]
