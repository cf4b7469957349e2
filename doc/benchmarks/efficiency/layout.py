"""A space of this package in neutral terms, from which other libraries' are made.

A parameter is a float, an int or a category. Choices with an order are given to every
library as ints, which keeps the order; a category is the index of its choice. A list of
dicts is a first category, the branch, and parameters that are active in some branches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_bayes_search import Integer, Real
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._space import as_space

__all__ = ["BRANCH", "Layout", "Parameter", "Params"]

# The parameter that tells the branch where a library has it as one more category.
BRANCH = "branch"
Params = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One parameter that varies.

    Parameters
    ----------
    key : str
        Its name, different from all others.
    name : str
        The estimator's name of it; parameters of two branches may share it.
    kind : {"float", "int", "category"}
        What its values are.
    low, high : float or int
        Bounds, both included; of choices the first and the last index.
    log : bool
        Whether it ranges over orders of magnitude.
    choices : list or None
        What indices stand for.
    """

    key: str
    name: str
    kind: str
    low: Any
    high: Any
    log: bool = False
    choices: Sequence[Any] | None = None

    @property
    def n_levels(self) -> int:
        """Number of values of an int or a category."""
        return int(self.high - self.low) + 1

    @property
    def middle(self) -> Any:
        """A value in the middle; the first of categories."""
        if self.kind == "category":
            return 0
        middle = (self.low + self.high) / 2
        if self.log:
            middle = float(np.sqrt(self.low * self.high))
        return middle if self.kind == "float" else round(middle)

    def decode(self, value: Any) -> Any:
        """Return the estimator's value for a library's."""
        value = min(max(value, self.low), self.high)
        if self.kind == "float":
            return float(value)
        return round(value) if self.choices is None else self.choices[round(value)]


class Layout:
    """The parameters of a space, by branch.

    Parameters
    ----------
    space : dict, list of dicts or Space
        The space.

    Attributes
    ----------
    space : Space
        The same as an object.
    parameters : list of Parameter
        All that vary, in a fixed order.
    active : list of list of Parameter
        For each branch those that mean something there.
    fixed : list of dict
        For each branch the values of parameters that do not vary.
    """

    def __init__(self, space: Any) -> None:
        self.space: Space = as_space(space)
        columns = self.space.columns
        names = [name for name, _ in columns]
        self.parameters = [
            _parameter(
                name if names.count(name) == 1 else f"{name}_{index}", name, dimension
            )
            for index, (name, dimension) in enumerate(columns)
        ]
        self.active, self.fixed = [], []
        for branch in self.space.branches:
            self.active.append(
                [
                    self.parameters[columns.index((name, dimension))]
                    for name, dimension in branch.items()
                    if dimension.n_levels != 1
                ]
            )
            self.fixed.append(
                {
                    name: dimension.middle()
                    for name, dimension in branch.items()
                    if dimension.n_levels == 1
                }
            )

    @property
    def n_branches(self) -> int:
        """Number of branches, 1 for a plain dict."""
        return len(self.active)

    def branches_of(self, parameter: Parameter) -> list[int]:
        """Return in which branches a parameter is active."""
        return [b for b, active in enumerate(self.active) if parameter in active]

    def params(self, branch: int, values: dict[str, Any]) -> dict[str, Any]:
        """Return the setting of a branch for a library's values by key."""
        active = {p.name: p.decode(values[p.key]) for p in self.active[branch]}
        return {**self.fixed[branch], **active}

    def values(self, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the branch of a setting, and a library's values by key."""
        row = self.space.encode(params)
        branch = int(self.space.dims.branch_of(row[np.newaxis])[0])
        values = {}
        for parameter in self.active[branch]:
            value = params[parameter.name]
            if parameter.choices is not None:
                same = [
                    self.space.same({"": value}, {"": c}) for c in parameter.choices
                ]
                value = same.index(True)
            values[parameter.key] = value
        return branch, values


def _parameter(key: str, name: str, dimension: Any) -> Parameter:
    if isinstance(dimension, Real):
        low, high = dimension.low, dimension.high
        return Parameter(key, name, "float", low, high, dimension.log)
    if isinstance(dimension, Integer):
        low, high = dimension.low, dimension.high
        return Parameter(key, name, "int", low, high, dimension.log)
    positions = dimension.positions()
    if positions is not None:
        choices = [dimension.decode(u) for u in sorted(positions.tolist())]
        kind = "category" if dimension.categorical else "int"
        return Parameter(key, name, kind, 0, len(choices) - 1, choices=choices)
    # the continuous distributions that the tasks use
    u = np.array([0.25, 0.5, 0.75])
    quartiles = np.array(dimension.decode_many(u))
    low, high = dimension.decode(0.0), dimension.decode(1.0)
    if np.allclose(quartiles, low + u * (high - low)):
        return Parameter(key, name, "float", low, high)
    if low > 0 and np.allclose(quartiles, low * (high / low) ** u):
        return Parameter(key, name, "float", low, high, log=True)
    raise NotImplementedError(
        f"Only uniform and loguniform have a translation. Got {dimension!r}."
    )
