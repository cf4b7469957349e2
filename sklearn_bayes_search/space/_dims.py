"""What the columns of the unit cube stand for, and when two rows are the same.

``U`` are points of the unit cube, one row a point, one column a varying parameter.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np


class OneHot(NamedTuple):
    """Features of columns: one a level of each category, the others as they are.

    The column that each comes from, whether it is a level's, and the level's position
    (0 for others), all of shape (n_features,); the most levels of a category, 0 without
    one.
    """

    owner: np.ndarray
    is_level: np.ndarray
    positions: np.ndarray
    most_levels: int


@dataclass(frozen=True, eq=False)
class Dims:
    """What the columns of the unit cube stand for.

    Parameters
    ----------
    categorical : ndarray of shape (n_dims,), bool
        Columns whose levels have no order.
    levels : tuple of length n_dims of ndarray or None
        Ascending positions in [0, 1] of a discrete column's levels; None for a
        column that is continuous or has too many levels to list.
    active : ndarray of shape (n_branches, n_dims), bool
        Columns that mean something in each branch. An inactive column holds its
        neutral position, so that it adds no distance between two such points.
    branch : int or None
        The column that tells the branch; None if there is one branch only.
    discrete : ndarray of shape (n_dims,), bool
        Columns that are snapped to levels, listed or not.
    tied : ndarray of shape (n_branches, n_dims), default=None
        Positions of columns that are not active but tell branches apart, NaN for
        others; None where there is no such column.
    """

    categorical: np.ndarray
    levels: tuple[np.ndarray | None, ...]
    active: np.ndarray
    branch: int | None
    discrete: np.ndarray
    tied: np.ndarray | None = None

    @cached_property
    def n_dims(self) -> int:
        """Number of columns."""
        return len(self.levels)

    @cached_property
    def ordinal(self) -> np.ndarray:
        """Discrete columns with an order, shape (n_dims,), bool."""
        return np.asarray(self.discrete & ~self.categorical)

    @cached_property
    def continuous(self) -> np.ndarray:
        """Columns that take any value in [0, 1], shape (n_dims,), bool."""
        return np.asarray(~self.discrete)

    @cached_property
    def shared(self) -> np.ndarray:
        """Columns active in more than one branch, shape (n_dims,), bool."""
        return np.asarray(self.active.sum(axis=0) > 1)

    @cached_property
    def numeric(self) -> np.ndarray:
        """Active columns with an order, shape (n_branches, n_dims), bool."""
        return np.asarray(self.active & ~self.categorical)

    @cached_property
    def n_active(self) -> int:
        """The most columns that are active at once, the branch apart."""
        return int(self.active.sum(axis=1).max(initial=0)) - (self.branch is not None)

    @cached_property
    def neutral(self) -> np.ndarray:
        """Position that an inactive column holds if it is not tied, shape (n_dims,).

        The centre, or 0 for a categorical column: none of its levels lies there.
        """
        return np.where(self.categorical, 0.0, 0.5)

    @cached_property
    def one_hot(self) -> OneHot:
        """Features, if each level that is listed has one."""
        listed = [
            levels if categorical else None
            for categorical, levels in zip(self.categorical, self.levels, strict=True)
        ]
        positions = [np.zeros(1) if levels is None else levels for levels in listed]
        owner = [j for j, each in enumerate(positions) for _ in each]
        return OneHot(
            np.array(owner, dtype=int),
            np.array([listed[j] is not None for j in owner], dtype=bool),
            np.concatenate([np.empty(0), *positions]),
            max((len(levels) for levels in listed if levels is not None), default=0),
        )

    @cached_property
    def rest(self) -> np.ndarray:
        """Positions that inactive columns hold, shape (n_branches, n_dims)."""
        neutral = np.tile(self.neutral, (len(self.active), 1))
        if self.tied is None:
            return neutral
        return np.where(np.isnan(self.tied), neutral, self.tied)

    @cached_property
    def exists(self) -> np.ndarray:
        """Columns that are active or tied, shape (n_branches, n_dims), bool."""
        if self.tied is None:
            return self.active
        return np.asarray(self.active | ~np.isnan(self.tied))

    def branch_of(self, U: np.ndarray) -> np.ndarray:
        """Return the branch of each row.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Points of the unit cube.

        Returns
        -------
        branch : ndarray of shape (n_points,), int
            Numbers from 0; all 0 where there is one branch only.
        """
        if self.branch is None:
            return np.zeros(len(U), dtype=int)
        last = len(self.active) - 1
        branch = (U[:, self.branch] * (last + 1)).astype(int)
        return np.asarray(np.clip(branch, 0, last))

    @classmethod
    def all_continuous(cls, n_dims: int) -> "Dims":
        """Return the columns of a plain box.

        Parameters
        ----------
        n_dims : int
            How many.

        Returns
        -------
        dims : Dims
            Continuous columns of one branch.
        """
        return cls(
            categorical=np.zeros(n_dims, dtype=bool),
            levels=(None,) * n_dims,
            active=np.ones((1, n_dims), dtype=bool),
            branch=None,
            discrete=np.zeros(n_dims, dtype=bool),
        )


def same_columns(dims: Dims, other: Dims) -> bool:
    """Check whether distances between points are the same in two cubes."""
    if dims is other:
        return True
    same = np.array_equal(dims.categorical, other.categorical)
    return same and all(
        a is b or (a is not None and b is not None and np.array_equal(a, b))
        for a, b in zip(dims.levels, other.levels, strict=True)
    )


def nearest_level(levels: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return the index of the level nearest to each position, of two the lower.

    ``levels`` (n_levels,) ascend; there may be millions. ``u`` has any shape.
    """
    upper = np.minimum(np.maximum(np.searchsorted(levels, u), 1), len(levels) - 1)
    border = (levels[upper - 1] + levels[upper]) / 2
    return np.asarray(np.maximum(upper - (u <= border), 0))


def key(row: np.ndarray) -> str:
    """Return a str that is equal for equal snapped points ``row`` (n_dims,)."""
    return str(np.ascontiguousarray(row).tobytes(), "latin-1")


def keys(U: np.ndarray) -> list[str]:
    """Return the `key` of each of ``U`` (n_points, n_dims), without a call for each."""
    buffer = str(np.ascontiguousarray(U).tobytes(), "latin-1")
    width = U.itemsize * U.shape[1]
    return [buffer[i * width : (i + 1) * width] for i in range(len(U))]
