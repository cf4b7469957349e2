"""Maximise a function over the mixed unit cube: candidates, then local search.

Only *snapped* points are scored, that is, points that exist in the space: a value
between two levels never decides. A row that was asked for before is never returned.
"""

from collections import Counter
from typing import Protocol

import numpy as np

from sklearn_bayes_search.optimizer._ascent import climb
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dims import Dims, key, keys, nearest_level

# Finite spaces up to this size are scored point by point.
EXHAUSTIVE_SIZE = 2000
# Measured on 36 model-tuning tasks with 10 seeds each: without the points around the
# centres 0.6 +- 0.3 of 100 were lost at 25 evaluations, with climbs from four points
# instead of the best one 0.4 +- 0.2. Four times as many points gain nothing.
# Random points do as well here as Sobol's, which take longer to draw.
N_EVERYWHERE, N_LOCAL, N_ROUNDS = 512, 256, 3
# Points that are looked at around known ones, where a constraint permits few others.
N_NEARBY, N_AT_ONCE = 8192, 256
# Evaluations of a climb, and the gain at which it ends in units of the target's spread.
MAX_CLIMB, CLIMB_TOLERANCE = 16, 1e-7
LOCAL_STEPS = (0.3, 0.1, 0.02)  # times the length scale, at most 1
# Ordinal columns with more levels are climbed along their gradient, then snapped.
MAX_ENUMERATED = 10
# Two continuous points nearer than this in every column would score the same.
TOO_NEAR = 3e-4


class Target(Protocol):
    """The function to maximise."""

    @property
    def pointwise(self) -> bool:
        """Whether a value depends on its point only, so that nearby ones can follow."""

    @property
    def smooth(self) -> bool:
        """Whether it is pointwise, and there is a gradient."""

    def __call__(self, U: np.ndarray) -> np.ndarray:
        """Score snapped points of shape (m, n_dims); returns shape (m,)."""

    def value_and_gradient(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score points and differentiate by each, shape (m, n_dims); only if smooth."""


class AskedPoints:
    """The points ``rows`` (n, n_dims) that were asked for, each of them once."""

    def __init__(self, dims: Dims) -> None:
        # columns whose levels are not listed have values as near as one likes
        unlisted = [positions is None for positions in dims.levels]
        self._tolerance = np.where(np.array(unlisted, dtype=bool), TOO_NEAR, 0.0)
        self._exact = not any(unlisted)
        self._times: Counter[str] = Counter()
        self.rows = np.empty((0, dims.n_dims))

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row: np.ndarray) -> bool:
        return key(row) in self._times

    def add(self, row: np.ndarray) -> None:
        """Remember a snapped row."""
        if row not in self:
            self.rows = np.vstack([self.rows, row])
        self._times[key(row)] += 1

    def remove(self, row: np.ndarray) -> None:
        """Take an `add` of a row back; added more often, it is still remembered."""
        self._times[key(row)] -= 1
        if not self._times[key(row)]:
            del self._times[key(row)]
            self.rows = self.rows[(self.rows != row).any(axis=1)]

    def repeats(self, row: np.ndarray) -> bool:
        """Return whether a row equals, or practically equals, one asked for before."""
        if row in self:
            return True
        if self._exact:
            return False
        near = np.abs(self.rows - row) <= self._tolerance
        return bool(near.all(axis=1).any())

    def leave_out(self, U: np.ndarray) -> np.ndarray:
        """Return the rows of ``U`` that were not asked for, each of them once."""
        places = dict(zip(keys(U), range(len(U)), strict=True))
        return U[[index for k, index in places.items() if k not in self._times]]


class Maximizer:
    """Finds the most promising new point of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.dims = space.dims
        self._grid: np.ndarray | None = None
        if space.size <= EXHAUSTIVE_SIZE:
            rows = list(space.grid())
            self._grid = np.array(rows).reshape(len(rows), space.n_dims)

    def unasked(self, asked: AskedPoints) -> np.ndarray | None:
        """Return what is left of a small finite space; None for any other."""
        return None if self._grid is None else asked.leave_out(self._grid)

    def __call__(
        self,
        target: Target,
        *,
        asked: AskedPoints,
        centres: np.ndarray,
        length_scales: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        """Return the new point with the highest value, if there is one.

        ``centres`` are good points to look around, shape (n_centres, n_dims), and
        ``length_scales``, shape (n_dims,), how far the target stays similar.
        """
        left = self.unasked(asked)
        if left is not None:
            return left[np.argmax(target(left))] if len(left) else None
        scales = np.clip(length_scales, 0.01, 1.0)
        U = asked.leave_out(self._candidates(centres, scales, rng))
        if len(U) == 0:
            return None
        values = target(U)
        if target.pointwise:
            search = _LocalSearch(self.space, target, scales, rng)
            search.run(U, values)
            U = np.vstack([*search.tried, U])
            values = np.concatenate([*search.values_tried, values])
        return self.best_of(U, values, asked)

    def best_of(
        self, U: np.ndarray, values: np.ndarray, asked: AskedPoints
    ) -> np.ndarray | None:
        """Return the row of the highest value that is new and permitted, if any is.

        ``U`` has snapped rows, shape (m, n_dims), and ``values`` the shape (m,).
        """
        # The constraint may be slow: it is asked about the best only, here and below.
        for index in np.argsort(-values, kind="stable"):
            if not asked.repeats(U[index]) and self.space.allows(U[index]):
                return np.asarray(U[index])
        return None

    def nearby(self, asked: AskedPoints, rng: np.random.Generator) -> np.ndarray | None:
        """Find a new point that the constraint permits, around those asked for.

        Steps of all sizes go from a known point in a few columns, by the same amount in
        these, and along the lines through two points: the rest may be a thin band.
        """
        known, n_dims = asked.rows, self.dims.n_dims
        low, high = self.space.reach.T
        for _ in range(N_NEARBY // N_AT_ONCE if len(known) else 0):
            U, V = known[rng.integers(len(known), size=(2, N_AT_ONCE))]
            size = 10.0 ** rng.uniform(-8, 0, size=(N_AT_ONCE, 1))
            moved = rng.uniform(size=U.shape) < rng.uniform(size=(N_AT_ONCE, 1))
            moved[np.arange(N_AT_ONCE), rng.integers(n_dims, size=N_AT_ONCE)] = True
            stepped = self._move(U, moved, size, rng)
            redrawn = np.where(moved, low + (high - low) * rng.uniform(size=U.shape), U)
            signed = rng.choice([-1, 1], size=size.shape) * size
            alike = np.where(moved, U + signed, U)
            along = U + 1e4 * signed * (V - U)
            kind = rng.integers(4, size=size.shape)
            chosen = np.choose(kind, [stepped, redrawn, alike, along])
            level = np.where(kind == 3, V, chosen)
            numeric = np.clip(chosen, low, high)
            chosen = np.where(self.dims.categorical, level, numeric)
            new = asked.leave_out(self.space.snap(chosen))
            for row in new[self.space.allowed(new)]:
                if not asked.repeats(row):
                    return np.asarray(row)
        return None

    def _candidates(
        self, centres: np.ndarray, scales: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw points everywhere and around the centres, permitted or not."""
        n_dims = self.dims.n_dims
        low, high = self.space.reach.T
        everywhere = low + (high - low) * rng.random((N_EVERYWHERE, n_dims))
        U = self.space.snap(everywhere)
        if len(centres):
            around = centres[rng.integers(len(centres), size=N_LOCAL)]
            step = rng.choice(LOCAL_STEPS, size=(N_LOCAL, 1)) * scales
            # few columns at a time where there are many: moving all lands far away
            share = max(min(1.0, 3 / n_dims), 0.15)
            moved = rng.uniform(size=around.shape) < share
            moved[np.arange(N_LOCAL), rng.integers(n_dims, size=N_LOCAL)] = True
            near = self.space.snap(self._move(around, moved, step, rng))
            U = np.vstack([U, near])
        return U

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
        low, high = self.space.reach.T
        numeric = U + step * rng.standard_normal(U.shape)
        redrawn = low + (high - low) * rng.uniform(size=U.shape)
        inactive = ~self.dims.active[self.dims.branch_of(U)]
        new = np.where(self.dims.categorical, redrawn, np.clip(numeric, low, high))
        return np.where(inactive, redrawn, np.where(moved, new, U))


class _LocalSearch:
    """Alternates gradient ascent and coordinate search from the best of some points.

    The way may lead over points that were asked for: what lies beside is tried. Each
    of ``tried`` has shape (n, n_dims), and its values (n,).
    """

    def __init__(
        self, space: Space, target: Target, scales: np.ndarray, rng: np.random.Generator
    ) -> None:
        self.space, self.dims, self.target = space, space.dims, target
        self.scales, self.rng = scales, rng
        self.tried: list[np.ndarray] = []
        self.values_tried: list[np.ndarray] = []

    def run(self, U: np.ndarray, values: np.ndarray) -> None:
        """Search from the best permitted row, if one of the first 64 is."""
        best_first = np.argsort(-values, kind="stable")[:64]
        best = next((i for i in best_first if self.space.allows(U[i])), None)
        if best is None:
            return
        self.row, self.value = U[best], float(values[best])
        unit = float(np.max(values) - np.median(values))
        # dividing by less could overflow; nothing is left to climb there
        self.unit = unit if 1e-200 < unit < np.inf else 1.0
        # first the numbers with many levels move like continuous ones, then those rest
        many = [p is None or len(p) > MAX_ENUMERATED for p in self.dims.levels]
        relaxed = self.dims.ordinal & np.array(many, dtype=bool)
        columns = self.dims.continuous | relaxed
        swept = np.flatnonzero(self.dims.discrete).tolist()
        if not self.target.smooth:  # without slopes, all columns go step by step
            columns, swept = np.zeros_like(columns), list(range(self.dims.n_dims))
        for _ in range(N_ROUNDS):
            if columns.any():
                self._improve(self.space.snap(self._climb(columns)))
            before = self.row
            for column in swept:
                self._improve(self._variants(column))
            if not ((before != self.row).any() or (columns & relaxed).any()):
                break
            columns = columns & self.dims.continuous

    def _improve(self, V: np.ndarray) -> None:
        """Replace the row by the best permitted one of ``V``, if it is better."""
        if len(V) == 0:
            return
        values = self.target(V)
        self.tried.append(V)
        self.values_tried.append(values)
        for i in np.argsort(-values, kind="stable"):
            if values[i] <= self.value:
                break
            if self.space.allows(V[i]):
                self.row, self.value = V[i], float(values[i])
                break

    def _climb(self, columns: np.ndarray) -> np.ndarray:
        """Follow the gradient in the active ones of some columns; shape (1, n_dims)."""
        U, scales = self.row[None], self.scales
        free = columns & self.dims.active[self.dims.branch_of(U)]
        low, high = self.space.reach.T  # a setting that was given may lie beyond
        low = np.where(free, np.minimum(low, U), U)
        high = np.where(free, np.maximum(high, U), U)

        def in_own_units(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            values, gradients = self.target.value_and_gradient(Z * scales)
            # or ascents of tiny values would end where they begin
            return values / self.unit, gradients * (scales / self.unit)

        # length scales make the target round
        Z, _, _ = climb(
            in_own_units,
            U / scales,
            low / scales,
            high / scales,
            max_evaluations=MAX_CLIMB,
            tolerance=CLIMB_TOLERANCE,
        )
        return np.asarray(np.where(free, np.clip(Z * scales, low, high), U))

    def _variants(self, column: int) -> np.ndarray:
        """Return the row with other levels of one column; none where it is inactive."""
        row = self.row
        inactive = ~self.dims.active[self.dims.branch_of(row[None])]
        if inactive[:, column].any():
            return np.empty((0, len(row)))
        others = self._neighbours(row[column], column)
        # newly active columns get fresh values: their neutral ones mean nothing
        copies = 4 if column == self.dims.branch else 1
        V = np.tile(row, (len(others) * copies, 1))
        V[:, column] = np.tile(others, copies)
        if column == self.dims.branch:
            V = np.where(inactive, self.rng.uniform(size=V.shape), V)
        return self.space.snap(V)

    def _neighbours(self, position: float, column: int) -> np.ndarray:
        """Return other levels: all of a few, else the next ones and some at random."""
        (low, high), rng = self.space.reach[column], self.rng
        levels = self.dims.levels[column]
        if levels is None:  # how far the next ones are is not known
            steps = np.array([-0.1, -0.01, -0.001, 0.001, 0.01, 0.1])
            near = np.clip(position + steps, low, high)
            return np.concatenate([near, rng.uniform(low, high, size=4)])
        first, last = levels.searchsorted(low), levels.searchsorted(high, "right")
        levels = levels[first:last]
        chosen = levels
        if self.dims.categorical[column] or len(levels) <= 16:
            if len(levels) > 64:
                chosen = rng.choice(levels, 64, replace=False)
        else:
            at = nearest_level(levels, np.array(position))
            steps = np.array([-8, -4, -2, -1, 1, 2, 4, 8])
            near = np.clip(at + steps, 0, len(levels) - 1)
            chosen = levels[np.concatenate([near, rng.integers(len(levels), size=4)])]
        return np.asarray(chosen[chosen != position])
