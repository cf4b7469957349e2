"""Maximise a function over the mixed unit cube: candidates, then local search.

Points that exist are the *snapped* ones, and only those are scored: a relaxed value of
an int or a category never decides. A row that was asked for before is never given.
"""

from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from sklearn_bayes_search._trial import Dims
from sklearn_bayes_search.space import Space, key

__all__ = ["Asked", "Maximizer", "Target"]

# Finite spaces up to this size are scored point by point.
EXHAUSTIVE_SIZE = 2000
# Measured: four times as many gain nothing, half as many cost a little.
N_SOBOL, N_LOCAL, N_STARTS, N_ROUNDS = 512, 256, 4, 3
LOCAL_STEPS = (0.3, 0.1, 0.02)  # times the length scale, at most 1
# Ordinal columns with more levels are climbed along their gradient, then snapped.
MAX_ENUMERATED = 10
# Two continuous points nearer than this in every column would score the same.
TOO_NEAR = 3e-4


class Target(Protocol):
    """The function to maximise."""

    @property
    def smooth(self) -> bool:
        """Whether there is a gradient."""

    def __call__(self, U: np.ndarray) -> np.ndarray:
        """Score snapped points of shape (m, n_dims); returns shape (m,)."""

    def value_and_gradient(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Score one point of shape (n_dims,) and differentiate; smooth ones only."""


class Asked:
    """The points that were asked for, so that none is asked for again."""

    def __init__(self, dims: Dims) -> None:
        self._free = dims.continuous
        self._rows: dict[bytes, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: np.ndarray) -> bool:
        return key(row) in self._rows

    def add(self, row: np.ndarray) -> None:
        """Remember a snapped row."""
        self._rows[key(row)] = row

    def repeats(self, row: np.ndarray) -> bool:
        """Tell whether a row equals, or practically equals, one asked for before."""
        if row in self:
            return True
        if not self._rows or not self._free.any():
            return False
        difference = np.abs(np.array(list(self._rows.values())) - row)
        return bool(
            (difference <= np.where(self._free, TOO_NEAR, 0.0)).all(axis=1).any()
        )


class Maximizer:
    """Finds the most promising new point of a space.

    Parameters
    ----------
    space : Space
        Where to look.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.dims = space.dims
        small = space.size <= EXHAUSTIVE_SIZE
        self._grid = np.array(list(space.grid())) if small else None
        many = [p is None or len(p) > MAX_ENUMERATED for p in self.dims.levels]
        self._climbed = ~self.dims.categorical & (
            self.dims.continuous | np.array(many, dtype=bool)
        )
        self._swept = np.flatnonzero(self.dims.discrete).tolist()

    def unasked(self, asked: Asked) -> np.ndarray | None:
        """List what is left of a small finite space; None for any other."""
        if self._grid is None:
            return None
        left = [row not in asked for row in self._grid]
        return self._grid[left]

    def __call__(
        self,
        target: Target,
        *,
        asked: Asked,
        centres: np.ndarray,
        length_scales: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        """Find the point of the highest score among those not asked for.

        Parameters
        ----------
        target : Target
            What to maximise.
        asked : Asked
            Points to leave out.
        centres : ndarray of shape (n_centres, n_dims)
            Good points, to look around.
        length_scales : ndarray of shape (n_dims,)
            How far the target stays similar along each column.
        rng : numpy.random.Generator
            Source of candidates.

        Returns
        -------
        row : ndarray of shape (n_dims,) or None
            The point; None if every candidate was asked for before.
        """
        left = self.unasked(asked)
        if left is not None:
            return left[np.argmax(target(left))] if len(left) else None
        scales = np.clip(length_scales, 0.01, 1.0)
        U = self._candidates(centres, scales, rng)
        U = U[[row not in asked for row in U]]
        if len(U) == 0:
            return None
        values = target(U)
        if target.smooth:
            starts = U[_diverse(U, values, scales)]
            found = self._climb_and_sweep(target, starts, scales, rng)
            U = np.vstack([found, U])
            values = np.concatenate([target(found), values])
        for index in np.argsort(-values, kind="stable"):
            if not asked.repeats(U[index]):
                return np.asarray(U[index])
        return None

    def _candidates(
        self, centres: np.ndarray, scales: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw permitted points everywhere and around the centres."""
        n_dims = self.dims.n_dims
        U = self.space.spread(N_SOBOL, rng)
        if len(centres):
            around = centres[rng.integers(len(centres), size=N_LOCAL)]
            step = rng.choice(LOCAL_STEPS, size=(N_LOCAL, 1)) * scales
            # few columns at a time where there are many: moving all lands far away
            share = max(min(1.0, 3 / n_dims), 0.15)
            moved = rng.uniform(size=around.shape) < share
            moved[np.arange(N_LOCAL), rng.integers(n_dims, size=N_LOCAL)] = True
            near = self.space.snap(self._move(around, moved, step, rng))
            U = np.vstack([U, near])
        return np.unique(U[self.space.allowed(U)], axis=0)

    def _move(
        self,
        U: np.ndarray,
        moved: np.ndarray,
        step: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Step numeric columns, redraw categories and what becomes active with them."""
        # a step of an ordinal column must reach its neighbour
        spacing = [0.0 if p is None else 1 / max(len(p), 1) for p in self.dims.levels]
        step = np.maximum(step, np.where(self.dims.ordinal, spacing, 0.0))
        numeric = U + step * rng.standard_normal(U.shape)
        redrawn = rng.uniform(size=U.shape)
        inactive = ~self.dims.active[self.dims.branch_of(U)]
        new = np.where(self.dims.categorical, redrawn, np.clip(numeric, 0.0, 1.0))
        return np.where(inactive, redrawn, np.where(moved, new, U))

    def _climb_and_sweep(
        self,
        target: Target,
        U: np.ndarray,
        scales: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Alternate gradient ascent and coordinate search until nothing changes."""
        for _ in range(N_ROUNDS):
            before = U.copy()
            climbed = np.array([self._climb(target, row, scales) for row in U])
            U = self._better(target, U, self.space.snap(climbed))
            if len(self._swept) == 0:
                break
            for column in self._swept:
                U = self._sweep(target, U, column, rng)
            if np.array_equal(before, U):
                break
        return U

    def _better(self, target: Target, U: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Take each other row where it is permitted and scores higher."""
        better = self.space.allowed(other) & (target(other) > target(U))
        return np.where(better[:, None], other, U)

    def _climb(self, target: Target, row: np.ndarray, scales: np.ndarray) -> np.ndarray:
        active = self.dims.active[self.dims.branch_of(row[None])[0]]
        free = np.flatnonzero(self._climbed & active)
        if len(free) == 0:
            return row
        point = row.copy()

        def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
            point[free] = z * scales[free]
            value, gradient = target.value_and_gradient(point)
            return -value, -gradient[free] * scales[free]

        result = minimize(
            loss,
            row[free] / scales[free],  # length scales make the target round
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0 / scale) for scale in scales[free]],
            options={"maxiter": 30, "ftol": 1e-6},
        )
        point[free] = np.clip(result.x * scales[free], 0.0, 1.0)
        return point

    def _sweep(
        self, target: Target, U: np.ndarray, column: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Try other levels of one column in every row; keep the best of each."""
        variants, owner = [], []
        for index, row in enumerate(U):
            if not self.dims.active[self.dims.branch_of(row[None])[0], column]:
                continue
            for level in self._neighbours(row[column], column, rng):
                # newly active columns get fresh values: their neutral ones mean nothing
                for _ in range(4 if column == self.dims.branch else 1):
                    variant = row.copy()
                    variant[column] = level
                    variants.append(variant)
                    owner.append(index)
        if not variants:
            return U
        V = np.array(variants)
        if column == self.dims.branch:
            inactive = ~self.dims.active[self.dims.branch_of(U)][owner]
            V = np.where(inactive, rng.uniform(size=V.shape), V)
        V = self.space.snap(V)
        permitted = self.space.allowed(V)
        if not permitted.any():
            return U
        owners, V = np.array(owner)[permitted], V[permitted]
        values, best = target(V), target(U)
        U = U.copy()
        for index in range(len(U)):
            mine = np.flatnonzero(owners == index)
            if len(mine) and values[mine].max() > best[index]:
                U[index] = V[mine[np.argmax(values[mine])]]
        return U

    def _neighbours(
        self, position: float, column: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Other levels to try: all of a few, else the next ones and some at random."""
        levels = self.dims.levels[column]
        if levels is None:  # too many to list: the next ones on either side, and random
            return np.concatenate(
                [position + np.array([-1e-3, 1e-3]), rng.uniform(size=4)]
            )
        if self.dims.categorical[column] or len(levels) <= 16:
            chosen = (
                levels if len(levels) <= 64 else rng.choice(levels, 64, replace=False)
            )
        else:
            at = int(np.argmin(np.abs(levels - position)))
            near = np.clip(at + np.array([-2, -1, 1, 2]), 0, len(levels) - 1)
            chosen = levels[np.concatenate([near, rng.integers(len(levels), size=4)])]
        return np.asarray(chosen[chosen != position])


def _diverse(U: np.ndarray, values: np.ndarray, scales: np.ndarray) -> list[int]:
    """Choose the best rows that are not close to one another."""
    chosen: list[int] = []
    for index in np.argsort(-values, kind="stable")[:64]:
        difference = (U[chosen] - U[index]) / scales
        if not chosen or (difference**2).sum(axis=1).min() > 0.1:
            chosen.append(int(index))
        if len(chosen) == N_STARTS:
            break
    return chosen
