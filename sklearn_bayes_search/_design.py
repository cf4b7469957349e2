"""First points: before there is anything to learn from."""

from collections.abc import Iterator

import numpy as np

from sklearn_bayes_search.space import Space

__all__ = ["default_n_initial_points", "space_filling"]


def default_n_initial_points(space: Space, n_iter: int | None, max_pending: int) -> int:
    """Choose how many points are evaluated before the model takes over.

    One more than the columns, but 6 to 10, and one more where there are categories: the
    bounds measured best on model-tuning tasks of 2 to 9 parameters. At most a quarter
    of the budget, so that short searches learn too, but 3, and never fewer than are
    asked before the first score is seen.
    """
    n = min(max(space.dims.n_active + 1, 6), 10) + bool(space.dims.categorical.any())
    if n_iter is not None:
        n = min(n, max(n_iter // 4, 3))
    return max(n, max_pending)


def space_filling(
    space: Space, rng: np.random.Generator, n_points: int
) -> Iterator[np.ndarray]:
    """Give permitted points that fill the space.

    Parameters
    ----------
    space : Space
        What to fill.
    rng : numpy.random.Generator
        Source of the points.
    n_points : int
        How many to draw, before the constraint.

    Yields
    ------
    row : ndarray of shape (n_dims,)
        A snapped point; small spaces repeat points.
    """
    drawn, block = 0, 64
    while drawn < n_points:
        yield from (row for row in space.spread(block, rng) if space.allows_row(row))
        drawn += block
        block = min(2 * block, 4096)
