"""The first points, chosen before there is anything to learn from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.space import Space

# Most points before the model takes over, unless a user wants more.
MOST_FIRST = 8
# Part of the range of each number that these come from, in its middle. Nearly all of a
# cube of several dimensions is close to its border, where few optima are: from the
# middle half 86 of 100 searches found the right one of Hartmann's two peaks, from
# everywhere 60. Candidates that were given are good guesses already, and the others may
# then spread further.
MIDDLE, MIDDLE_BESIDE_GIVEN = 0.5, 0.75


def default_n_initial_points(space: Space, n_iter: int | None, max_pending: int) -> int:
    """Choose how many points are evaluated before the model takes over.

    Two more than half the columns, but at least 3 and at most 8: on model-tuning tasks
    of 2 to 9 parameters the model chose better from few scores than chance did. Two
    more for each branch after the first, or the best branch may be passed over; if
    branches are combinations of choices, two for each choice after the first. At most a
    quarter of the budget, but at least 3, so that short searches learn too. Never fewer
    than are asked for before the first score is seen.
    """
    others = 2 * (space.n_alternatives - 1)
    n = min(max(space.dims.n_active // 2 + 2, 3) + others, max(MOST_FIRST, others))
    if n_iter is not None:
        n = min(n, max(n_iter // 4, 3))
    return max(n, max_pending)


class SpaceFilling:
    """An endless sequence of points that fill a space, or the middle of it, evenly.

    ``side`` is the part of the range of each number that is filled. An object rather
    than a generator, so that it can be copied and pickled midway.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, *, side: float = 1.0
    ) -> None:
        self._space, self._rng, self._side = space, rng, side
        self._block, self._at = np.empty((0, space.n_dims)), 0

    def find(
        self, wanted: Callable[[np.ndarray], bool], n_draws: int
    ) -> np.ndarray | None:
        """Return the next snapped row that is wanted and permitted, if there is any.

        It looks at ``n_draws`` points.
        """
        for _ in range(n_draws):
            if self._at == len(self._block):
                size = min(max(2 * len(self._block), 64), 4096)
                self._block, self._at = self._draw(size), 0
            row = self._block[self._at]
            self._at += 1
            if wanted(row) and self._space.allows(row):
                return np.array(row)
        return None

    def _draw(self, size: int) -> np.ndarray:
        U = self._space.spread(size, self._rng)
        if self._side == 1:
            return U
        middle = 0.5 + self._side * (U - 0.5)
        return self._space.snap(np.where(self._space.dims.categorical, U, middle))


def encode_given(
    space: Space, params: Mapping[str, Any], what: str, advice: str = ""
) -> np.ndarray:
    """Encode a candidate of the user's; an error says which it is, as ``what``."""
    try:
        return space.encode(params)
    except ValueError as error:
        raise ValueError(
            f"{what}, {safe_repr(dict(params))}, is not in the search space: "
            f"{str(error).rstrip('.')}.{advice}"
        ) from error


def given_points(
    space: Space, points: Any, more: Sequence[tuple[np.ndarray, dict[str, Any]]]
) -> list[tuple[np.ndarray, dict[str, Any]]]:
    """Encode the points that a user gives, and what follows them, each once."""
    points = () if points is None else points
    if isinstance(points, Mapping | str) or not isinstance(points, Sequence):
        raise TypeError(
            "The 'initial_points' parameter must be a list of dicts. "
            f"Got {safe_repr(points)} instead."
        )
    rows: list[tuple[np.ndarray, Mapping[str, Any]]] = []
    for index, params in enumerate(points):
        if not isinstance(params, Mapping):
            raise TypeError(
                f"Initial point {index} must be a dict. Got {safe_repr(params)} "
                "instead."
            )
        rows.append((encode_given(space, params, f"Initial point {index}"), params))
    given: list[tuple[np.ndarray, dict[str, Any]]] = []
    for row, params in [*rows, *more]:
        if not any(space.same(params, other) for _, other in given):
            given.append((row, {name: params[name] for name in sorted(params)}))
    return given
