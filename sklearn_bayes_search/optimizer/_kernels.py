"""Kernels on mixed columns: distances, Cholesky factors, marginal likelihood.

``U`` are points of the unit cube, shape (n_points, n_dims); ``F`` their features,
shape (n_points, n_features); ``Z`` features over length scales. All distances are
Euclidean between rows of ``Z``, so that a matrix of them is one matrix product.

References
----------
.. [1] C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
   Learning", MIT Press, 2006. Kernels: eqs. (4.9) and (4.17); a constant that is
   integrated out: section 2.7; marginal likelihood: eqs. (5.8) and (5.9).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs, dtrtrs

from sklearn_bayes_search.space._dims import Dims

Correlation: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

# Positions of levels are multiples of about 1 / n_levels: this tells them apart and
# forgives a rounding.
_SAME_POSITION: Final = 1e-9
# A category of more levels has features for those that points have, not for all.
MAX_ONE_HOT: Final = 100
# What a level's feature is where the point has it.
_ONE_HOT: Final = np.sqrt(0.5)


def matern52(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the Matern correlation with nu = 5/2 at squared scaled distances.

    Returns it, and ``-2 dk / d(r2)``: finite at 0, unlike the derivative by distance.
    """
    t = np.sqrt(5.0 * r2)
    decay = np.exp(-t)
    t += 1.0
    t *= decay
    decay *= r2
    decay *= 5 / 3
    decay += t
    t *= 5 / 3
    return decay, t


def matern32(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the Matern correlation with nu = 3/2; see `matern52`."""
    t = np.sqrt(3.0 * r2)
    decay = np.exp(-t)
    t += 1.0
    t *= decay
    decay *= 3.0
    return t, decay


def rbf(r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the squared exponential correlation; see `matern52`."""
    k = np.exp(-0.5 * r2)
    return k, k


CORRELATIONS: Final[Mapping[str, Correlation]] = MappingProxyType(
    {"matern52": matern52, "matern32": matern32, "rbf": rbf}
)


def expand(
    U: np.ndarray, dims: Dims, seen: np.ndarray | None = None, *, others: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Turn columns into features whose squared differences add up to the distance.

    A numeric column is its own feature. A categorical column becomes one feature a
    level, 1 / sqrt(2) where the point has that level and 0 elsewhere: two levels are
    at squared distance 1. An inactive category has no level and is at 1/2 from all.
    A category whose levels are not listed is taken as a number.

    Where there are more than `MAX_ONE_HOT` levels, only those of the points ``seen``
    have features, and the others share one, unless ``others`` is False. Distances
    between two sets of points are right if one of them is ``seen`` for both; by
    default it is ``U``.

    Returns ``F``, which is ``U`` itself without categories, and the column that each
    feature comes from, shape (n_features,).
    """
    listed = dims.one_hot
    if not listed.most_levels:
        return U, listed.owner
    if listed.most_levels <= MAX_ONE_HOT:
        F = np.take(U, listed.owner, axis=1)
        has = np.abs(F - listed.positions) < _SAME_POSITION
        return np.where(listed.is_level, _ONE_HOT * has, F), listed.owner
    features: list[np.ndarray] = []
    owner: list[int] = []
    for j, levels in enumerate(dims.levels):
        column = U[:, j : j + 1]
        if dims.categorical[j] and levels is not None:
            if len(levels) > MAX_ONE_HOT:
                known = np.unique((U if seen is None else seen)[:, j])
                known = known[known != dims.neutral[j]]
                has = np.abs(column - known) < _SAME_POSITION
                unseen = (column != dims.neutral[j]) & ~has.any(axis=1, keepdims=True)
                column = _ONE_HOT * np.hstack([has, unseen & others])
            else:
                column = _ONE_HOT * (np.abs(column - levels) < _SAME_POSITION)
        features.append(column)
        owner += [j] * column.shape[1]
    return np.concatenate(features, axis=1), np.array(owner)


def scaled_features(
    U: np.ndarray, dims: Dims, length_scales: np.ndarray, seen: np.ndarray | None = None
) -> np.ndarray:
    """Expand ``U`` and divide by length scales of shape (n_dims,): ``Z``."""
    F, owner = expand(U, dims, seen)
    Z: np.ndarray = F / length_scales[owner]
    return Z


def squared_differences(
    u: np.ndarray, other: np.ndarray, *, categorical: bool
) -> np.ndarray:
    """Compute what one column adds to squared distances, shape (n_points, n_others).

    ``u`` and ``other`` are its positions. Of categories it is what `expand` says.
    """
    difference: np.ndarray = np.subtract.outer(u, other)
    if not categorical:
        return difference**2
    one_inactive = np.not_equal.outer(u == 0, other == 0)
    return np.where(one_inactive, 0.5, np.abs(difference) >= _SAME_POSITION)


def squared_distances(Z: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
    """Compute squared distances, >= 0, between rows of ``Z`` and of ``other``.

    The shape is (n_points, n_others). Without ``other``, those among the rows of
    ``Z``, with an exact 0 on the diagonal.
    """
    others = Z if other is None else other
    r2: np.ndarray = (-2.0 * Z) @ others.T
    r2 += np.einsum("ij,ij->i", Z, Z)[:, None]
    r2 += np.einsum("ij,ij->i", others, others)
    # The sum cancels for neighbours and can come out as -1e-16.
    np.maximum(r2, 0.0, out=r2)
    if other is None:
        np.fill_diagonal(r2, 0.0)
    return r2


def cholesky(K: np.ndarray) -> tuple[np.ndarray, float]:
    """Factorise a covariance matrix, with as little jitter as that takes.

    Returns the Fortran-contiguous lower ``L`` with ``L L' = K + jitter I``, and the
    jitter: 0 if rounding allows. ``K``, shape (n, n), is best C-contiguous.
    """
    # K.T is K in the order that LAPACK takes without a copy of our own.
    L, info = dpotrf(K.T, lower=1, clean=1)
    if info == 0:
        return L, 0.0
    # Absolute, since scores are standardised: a posterior covariance can vanish
    # while its rounding errors are still those of prior variances about 1.
    for jitter in 10.0 ** np.arange(-12, 2, 2):
        L, info = dpotrf(K + jitter * np.eye(len(K)), lower=1, clean=1)
        if info == 0:
            return L, float(jitter)
    raise ValueError(
        "A covariance matrix cannot be factorised even with 1 added to its diagonal; "
        "check that no noise variance is negative."
    )


def extend_cholesky(
    L: np.ndarray, K21: np.ndarray, K22: np.ndarray
) -> np.ndarray | None:
    """Append k rows to a lower factor of shape (n, n), in O(n^2 k) steps.

    ``K21`` of shape (k, n) and ``K22`` of shape (k, k) are the new rows of the
    covariance. Returns None if rounding makes it impossible.
    """
    k, n = K21.shape
    if k == 0:
        return L
    L21T, _ = dtrtrs(L, K21.T, lower=1)
    L22, info = dpotrf(K22 - L21T.T @ L21T, lower=1, clean=1)
    if info != 0:
        return None
    extended = np.zeros((n + k, n + k), order="F")
    extended[:n, :n] = L
    extended[n:, :n] = L21T.T
    extended[n:, n:] = L22
    return extended


def log_evidence(
    theta: np.ndarray,
    correlation: Correlation,
    F: np.ndarray,
    owner: np.ndarray,
    y: np.ndarray,
    noise: np.ndarray,
    A: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Log density of ``y ~ N(0, K)`` and its gradient by ``theta``.

    ``K = s k + 1 + A A' + diag(D)`` has the signal's variance ``s``, 1 for a constant
    and ``A``, shape (n, n_basis), for functions whose weights are integrated out, and
    ``D = nugget + noise``; ``y`` and ``noise`` have shape (n,). ``theta = [ln length
    scales, ln s, ln nugget]`` has shape (n_dims + 2,).
    With ``W = alpha alpha' - K^-1`` the gradient is ``tr(W dK) / 2``.
    """
    n = len(y)
    s, nugget = np.exp(theta[-2:])
    Z = F * np.exp(-theta[owner])
    k, slope = correlation(squared_distances(Z))
    K = s * k
    K += 1.0
    if A.size:  # most processes have no basis, and its parts take a tenth of the time
        K += A @ A.T
    D = noise + nugget
    K.ravel()[:: n + 1] += D
    L, jitter = cholesky(K)
    D += jitter
    alpha, _ = dpotrs(L, y, lower=1)
    value = -0.5 * (y @ alpha + n * np.log(2 * np.pi)) - np.log(L.diagonal()).sum()

    inverse, _ = dpotri(L, lower=1, overwrite_c=1)  # Its lower triangle only.
    diagonal = inverse.diagonal()
    gradient = np.empty(len(theta))
    # s k = K - 1 - A A' - D turns tr(W s k) into sums: no product of n x n matrices.
    trace = y @ alpha - n - alpha.sum() ** 2 + 2.0 * inverse.sum() - diagonal.sum()
    if A.size:
        trace -= np.sum((alpha @ A) ** 2)
        trace += np.sum(A * (inverse @ A + inverse.T @ A - diagonal[:, None] * A))
    gradient[-2] = 0.5 * (trace - D @ (alpha * alpha - diagonal))
    gradient[-1] = 0.5 * nugget * (alpha @ alpha - diagonal.sum())
    # M + M' = W * slope off the diagonal, where distances are 0. The sum over pairs
    # of M_ij (z_i - z_j)^2, a feature at a time, without an array of n * n * d.
    M = np.multiply.outer(0.5 * alpha, alpha)
    M -= inverse.T
    M *= slope
    of_features = (M.sum(axis=0) + M.sum(axis=1)) @ (Z * Z)
    of_features -= 2.0 * np.einsum("ij,ij->j", Z, M @ Z)
    gradient[:-2] = s * np.bincount(owner, of_features, len(theta) - 2)
    return float(value), gradient
