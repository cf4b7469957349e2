"""Climb a smooth function from several points of a box at once.

A model's posterior takes hardly longer for several points than for one, and each of
SciPy's local searches takes its own calls one by one: together they need half the time.
None of those that know bounds can begin with the curvature that an earlier one found.

``x`` are points, shape (k, n_dims), ``f`` their values, ``g`` the gradients; ``H`` are
approximations of the inverse of the negative Hessian, shape (k, n_dims, n_dims).

References
----------
.. [1] J. Nocedal and S. J. Wright, "Numerical Optimization", 2nd edition, Springer,
   2006. Sufficient increase and interpolation: section 3.5; update of the inverse
   Hessian: eq. (6.17); its first scale: eq. (6.20).
"""

from collections.abc import Callable
from typing import Final

import numpy as np

# The first step, and no later one is longer than the longest.
_FIRST_STEP, _LONGEST_STEP = 0.1, 1.0
# A climb ends when even so small a part of a step leads down.
_SHORTEST: Final = 1e-4
# Share of the increase that the slope promises which is enough.
_SUFFICIENT: Final = 1e-4


def climb(
    value_and_gradient: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    X: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    max_evaluations: int,
    tolerance: float,
    H: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follow the gradient from each point by a projected BFGS method.

    ``value_and_gradient`` takes points of shape (m, n_dims). ``X`` are the starts, in
    units in which the function is about equally curved along all columns, and ``low``
    and ``high`` their boxes, all of shape (n_points, n_dims); a column whose bounds
    are equal stays. A point rests when a step gains no more than ``tolerance``. ``H``
    may be what an earlier climb has learned of the curvature. Returns points of the
    boxes whose values are at least those of the starts, these values, and ``H`` there.
    """
    x = X = np.clip(X, low, high)
    f, g = value_and_gradient(x)
    first = _FIRST_STEP if H is None else _LONGEST_STEP
    H = np.tile(np.eye(X.shape[1]), (len(X), 1, 1)) if H is None else H.copy()
    found = X, f.copy(), H.copy()
    length, longest = np.ones(len(X)), np.full(len(X), first)
    going = np.arange(len(X))
    for _ in range(max_evaluations - 1):
        free = np.where(g > 0, x < high, x > low)
        step = (H @ (g * free)[:, :, None])[:, :, 0] * free
        # half of it is the gain that a step promises where the slope falls to 0
        rests = np.einsum("ki,ki->k", g, step) <= 2 * tolerance
        rests |= length < _SHORTEST
        n_rest = np.count_nonzero(rests)
        if n_rest == len(rests):
            break
        if n_rest:
            for values, latest in zip(found, (x, f, H), strict=True):
                values[going] = latest
            stay = ~rests
            kept = (x, f, g, H, low, high, length, longest, going, step)
            x, f, g, H, low, high, length, longest, going, step = (
                values[stay] for values in kept
            )
        size = np.sqrt(np.einsum("ki,ki->k", step, step))
        step *= (length * np.minimum(1.0, longest / size))[:, None]
        x_new = np.minimum(np.maximum(x + step, low), high)
        s = x_new - x
        slope = np.einsum("ki,ki->k", g, s)
        f_new, g_new = value_and_gradient(x_new)
        good = (f_new - f >= _SUFFICIENT * slope) & (slope > 0)
        # the top of the parabola through value, slope and the value that fell short
        short = np.maximum(slope - (f_new - f), np.maximum(0.5 * slope, 1e-300))
        parabola = 0.5 * slope / short
        shrunk = length * np.minimum(np.maximum(parabola, 0.1), 0.5)
        length = np.where(good, 1.0, shrunk)
        H = _updated(H, s, g - g_new, good, longest == _FIRST_STEP)
        longest = np.where(good, _LONGEST_STEP, longest)
        x, g = np.where(good[:, None], x_new, x), np.where(good[:, None], g_new, g)
        f = np.where(good, f_new, f)
    for values, latest in zip(found, (x, f, H), strict=True):
        values[going] = latest
    return found


def _updated(
    H: np.ndarray, s: np.ndarray, y: np.ndarray, good: np.ndarray, fresh: np.ndarray
) -> np.ndarray:
    """Learn the curvature along good steps ``s`` on which gradients fell by ``y``."""
    sy = np.einsum("ki,ki->k", s, y)
    yy = np.einsum("ki,ki->k", y, y)
    learn = good & (sy > 1e-10 * yy)
    rho = 1.0 / np.where(learn, sy, np.inf)  # where nothing is learned, 0
    if fresh.any():
        H = H * np.where(fresh & learn, sy / np.maximum(yy, 1e-300), 1.0)[:, None, None]
    Hy = (H @ y[:, :, None])[:, :, 0]
    weight = rho * (1.0 + rho * np.einsum("ki,ki->k", y, Hy))
    half = (0.5 * weight[:, None] * s - rho[:, None] * Hy)[:, :, None] * s[:, None, :]
    return np.asarray(H + half + half.transpose(0, 2, 1))
