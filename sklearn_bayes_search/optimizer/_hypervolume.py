"""Comparing outcomes by several objectives: fronts, boxes and the hypervolume.

``Y`` are values of two or three objectives, shape (n_points, n_objectives), and higher
is better in each. A point *dominates* another if it is worse in no objective and better
in at least one. The *front* consists of the points that no other dominates. The
hypervolume of points is the volume that they dominate above a reference point [1]_.

References
----------
.. [1] E. Zitzler and L. Thiele, "Multiobjective Optimization Using Evolutionary
   Algorithms - A Comparative Case Study", PPSN 1998.
.. [2] R. Lacour, K. Klamroth and C. M. Fonseca, "A Box Decomposition Algorithm to
   Compute the Hypervolume Indicator", Computers & Operations Research 79, 2017: three
   objectives need no more than 2 n + 1 boxes.
.. [3] S. Daulton, M. Balandat and E. Bakshy, "Differentiable Expected Hypervolume
   Improvement for Parallel Multi-Objective Bayesian Optimization", NeurIPS 2020. The
   reference point below the worst values of a front: appendix.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

# How far the reference point lies below the worst values, in shares of what they span.
# With one that is little below the worst of the front, as [3]_ proposes, the ends of
# fronts stay unknown: small trees were not tried, and half of ZDT1's was not found.
BELOW_WORST = 0.1
N_OBJECTIVES = (2, 3)

# Left and right end, floor, and the height at which a sweep met it.
_Strip: TypeAlias = tuple[float, float, float, float]


def hypervolume(points: ArrayLike, reference: ArrayLike) -> float:
    """Compute the hypervolume that points dominate above a reference point.

    Parameters
    ----------
    points : array-like of shape (n_points, n_objectives)
        Values of two or three objectives; higher is better. Points that do not exceed
        the reference in all of them add nothing.
    reference : array-like of shape (n_objectives,)
        The lowest values that count.

    Returns
    -------
    volume : float
        Exact up to rounding, >= 0, in the product of the objectives' units.

    Raises
    ------
    ValueError
        If the number of objectives is not 2 or 3, or if a value is not finite.

    Examples
    --------
    >>> from sklearn_bayes_search.optimizer import hypervolume
    >>> hypervolume([[1, 3], [2, 1]], reference=[0, 0])
    4.0
    """
    low = np.array(reference, dtype=float)
    if low.ndim != 1 or len(low) not in N_OBJECTIVES:
        raise ValueError(
            "The 'reference' must have a number for each of two or three objectives. "
            f"Got {reference!r}."
        )
    Y = np.array(points, dtype=float).reshape(-1, len(low))
    if not (np.isfinite(Y).all() and np.isfinite(low).all()):
        raise ValueError("The points and the reference must be finite.")
    Y = Y[(low < Y).all(axis=1)]
    if len(Y) == 0:
        return 0.0
    high = Y.max(axis=0)
    lower, upper = free_boxes(Y, low)
    free = np.prod(np.maximum(np.minimum(upper, high) - lower, 0.0), axis=1).sum()
    return float(max(np.prod(high - low) - free, 0.0))


def on_front(Y: np.ndarray) -> np.ndarray:
    """Return which points no other dominates, shape (n_points,); of equals, all."""
    no_worse = (Y[:, None] >= Y[None]).all(axis=2)
    better = (Y[:, None] > Y[None]).any(axis=2)
    return np.asarray(~(no_worse & better).any(axis=0))


def reference_point(Y: np.ndarray, below: float = BELOW_WORST) -> np.ndarray:
    """Return a point below the worst values, so that the ends of a front count."""
    extent = np.ptp(Y, axis=0)
    extent = np.where(extent > 0, extent, 1.0)
    return np.asarray(Y.min(axis=0) - below * extent)


def free_boxes(Y: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split what lies above a reference and is not dominated into disjoint boxes.

    Returns their lower and upper corners, (n_boxes, n_objectives); upper ones may be
    infinite. For each box the volume that a new point adds is that below it.
    """
    Y = np.unique(Y[(reference < Y).all(axis=1)], axis=0)
    Y = Y[on_front(Y)]
    steps = _Steps(*reference[:2])
    boxes: list[tuple[tuple[float, ...], tuple[float, ...]]] = []
    if len(reference) == 2:
        for x, y in Y:
            steps.add(x, y)
        boxes = [((a, f), (b, np.inf)) for a, b, f, _ in steps.strips]
    else:
        for x, y, z in Y[np.argsort(-Y[:, 2], kind="stable")]:
            for a, b, f, top in steps.add(x, y, z):
                boxes.append(((a, f, z), (b, np.inf, top)))
        for a, b, f, top in steps.strips:
            boxes.append(((a, f, reference[2]), (b, np.inf, top)))
    corners = np.array(boxes)
    wide = (corners[:, 1] > corners[:, 0]).all(axis=1)
    lower, upper = corners[wide].transpose(1, 0, 2)
    return lower, upper


class _Steps:
    """What is above the stairs of a front of two objectives, in strips."""

    def __init__(self, x: float, y: float) -> None:
        self.strips: list[_Strip] = [(x, np.inf, y, np.inf)]

    def add(self, x: float, y: float, z: float = np.inf) -> list[_Strip]:
        """Raise the stairs to a point; return the strips that are no more."""
        old = [s for s in self.strips if s[0] < x and s[2] < y]
        if not old:
            return []
        left, (_, right, floor, top) = old[0][0], old[-1]
        new = [(left, x, y, z)]
        if right > x:  # what lies on the right of the point stays as it was
            old[-1] = (old[-1][0], x, floor, top)
            new.append((x, right, floor, top))
        first = self.strips.index(next(s for s in self.strips if s[0] == left))
        self.strips[first : first + len(old)] = new
        return old
