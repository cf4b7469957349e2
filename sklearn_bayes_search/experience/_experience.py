"""What experience from other data says about one search: first settings, expectation.

The search has a space of its own: other ranges, other scales, some of the known
hyperparameters and some unknown ones, of an estimator inside of others. `Translation`
finds the place in the knowledge's space of each of its points.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._default_space import _all_inside, _behind, _inside
from sklearn_bayes_search.experience._knowledge import (
    Functions,
    Knowledge,
    knowledge_of,
    position,
)
from sklearn_bayes_search.optimizer.surrogate import Expectation, GaussianProcess
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dimensions import Dimension

# Changes whenever the files of the folder do.
VERSION = "1"
N_FIRST = 1
# A first setting counts as in a space if it is moved by no more than this share of the
# knowledge's range.
MOST_MOVED = 0.1
# At so many positions a range is translated; between them it is a straight line, and a
# choice of more levels has no place.
N_KNOTS = 257


@dataclass(frozen=True, eq=False)
class Experience:
    """What is known before a search: ``first_settings`` of its space, best first, and
    an ``expectation`` of the score over its cube by the parameters ``names``, and in
    words what is ``known``.
    """

    first_settings: list[dict[str, Any]]
    expectation: Expectation
    names: list[str]
    known: str

    def words(self, surrogate: Any) -> str:
        """Return in words what a surrogate is told."""
        words = f"{self.known}: {'a' if self.first_settings else 'no'} first setting"
        if self.inform(surrogate) is surrogate:
            return words
        return f"{words}, and what to expect by {', '.join(self.names)}"

    def inform(self, surrogate: Any) -> Any:
        """Return a Gaussian process that expects this; another surrogate as it is."""
        if isinstance(surrogate, str) and surrogate == "gp":
            return GaussianProcess(expectation=self.expectation)
        if type(surrogate) is GaussianProcess and surrogate.expectation is None:
            surrogate = copy(surrogate)
            surrogate.expectation = self.expectation
        return surrogate


def experience_of(
    estimator: Any, space: Space, X: Any, y: Any, metrics: Sequence[str]
) -> Experience | None:
    """Return what is known of the estimator in a space, or None if nothing is.

    ``metrics`` are names of the score, the most telling first.
    """
    if all(_knowledge_of(m) is None for m in [estimator, *_all_inside(estimator)]):
        return None
    data = Data.of(X, y, classifies=is_classifier(estimator))
    best = None
    searched = {name for branch in space.branches for name in branch}
    for prefix, model, given in _models(estimator, "", data, searched):
        knowledge = _knowledge_of(model)
        if knowledge is None or not _applies(knowledge, model, prefix, space, given):
            continue
        translation = Translation(knowledge, space, prefix, model, given.columns)
        if best is None or len(translation.names) > len(best[1].names):
            best = knowledge, translation
    if best is None or not best[1].names:
        return None
    knowledge, translation = best
    kind = knowledge.kind_of(metrics)
    own = estimator.get_params()
    first: list[dict[str, Any]] = []
    for setting in knowledge.first_settings(kind):
        params = translation.back(setting, own)
        if params is not None and not any(space.same(params, f) for f in first):
            first.append(params)
    first = first[:N_FIRST]
    known = f"{knowledge.estimator} on {knowledge.n_data_sets} other data sets"
    expectation = LearntExpectation(knowledge.functions(kind), translation)
    return Experience(first, expectation, translation.names, known)


class LearntExpectation:
    """Functions that scores followed on other data, over a search's cube."""

    def __init__(self, functions: Functions, translation: "Translation") -> None:
        self._functions, self._translation = functions, translation
        self._tables = []
        for columns, jumps, places in translation.tables:
            features, owner = functions.scaled(places)
            self._tables.append((columns[owner], jumps[owner], features))

    def __call__(
        self, U: np.ndarray, *, gradient: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        if len(self._tables) == 1:
            return self._evaluate(U, *self._tables[0], gradient=gradient)
        values = np.empty((len(U), self._functions.n_functions))
        gradients = np.zeros((*values.shape, U.shape[1] if gradient else 0))
        branch_of = self._translation.space.dims.branch_of(U)
        for b in np.unique(branch_of):
            here = branch_of == b
            found = self._evaluate(U[here], *self._tables[b], gradient=gradient)
            values[here], gradients[here] = found
        return values, gradients

    def _evaluate(
        self,
        U: np.ndarray,
        columns: np.ndarray,
        jumps: np.ndarray,
        table: np.ndarray,
        *,
        gradient: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Look the features of points up, which lie between two rows of a table."""
        x = U[:, columns] * (N_KNOTS - 1)
        x[:, jumps] = np.rint(x[:, jumps])
        left = np.minimum(x.astype(int), N_KNOTS - 2)
        every = np.arange(table.shape[1])
        low = table[left, every]
        rise = table[left + 1, every] - low
        Z = low + (x - left) * rise
        values, by_Z = self._functions(Z, gradient=gradient)
        gradients = np.zeros((*values.shape, U.shape[1] if gradient else 0))
        if gradient:
            smooth = (columns >= 0) & ~jumps
            by_U = by_Z * (rise * (N_KNOTS - 1))[:, np.newaxis]
            gradients[:, :, columns[smooth]] = by_U[:, :, smooth]
        return values, gradients

    def __repr__(self) -> str:
        return f"LearntExpectation({self._translation.estimator})"


class Translation:
    """Finds the points of a knowledge's cube that those of a search's cube stand for.

    ``names`` are the search's names of the hyperparameters that both have. ``tables``
    have for each branch the columns of the search, -1 where a place is constant; in
    which a place jumps, from level to level; and the places at equal distances from 0
    to 1 in these columns, shape (N_KNOTS, n_known).
    """

    def __init__(
        self,
        knowledge: Knowledge,
        space: Space,
        prefix: str,
        model: Any,
        n_columns: int | None,
    ) -> None:
        self.estimator = knowledge.estimator
        self.space, self._prefix = space, prefix
        self._position = partial(position, n_columns=n_columns or None)
        self._known = knowledge.space.columns
        fixed = knowledge.own | model.get_params()
        self._maps = [
            [
                self._map(b, f"{prefix}{name}", dimension, fixed.get(name))
                for name, dimension in self._known
            ]
            for b in range(len(space.branches))
        ]
        self.tables = [self._table(maps) for maps in self._maps]
        self.names = list(
            dict.fromkeys(
                prefix + name
                for maps in self._maps
                for (name, _), (column, _, _) in zip(self._known, maps, strict=True)
                if column >= 0
            )
        )

    def back(
        self, setting: Mapping[str, Any], own: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Return the setting of the search's space that a known one is, or None."""
        named = {
            f"{self._prefix}{name}": self._nearest(
                j, f"{self._prefix}{name}", dimension, setting[name]
            )
            for j, (name, dimension) in enumerate(self._known)
            if name in setting
        }
        params = self.space.nearest({**own, **named})
        if params is None:
            return None
        for name, dimension in self._known:
            if name in setting and f"{self._prefix}{name}" in params:
                meant = self._position(dimension, setting[name])
                place = self._position(dimension, params[f"{self._prefix}{name}"])
                if abs(place - meant) > MOST_MOVED:
                    return None
        return params

    def _nearest(self, j: int, name: str, known: Dimension, value: Any) -> Any:
        """Return a value, or where no branch has it, the nearest one that there is."""
        meant, found = self._position(known, value), [(np.inf, value)]
        for branch, maps in zip(self.space.branches, self._maps, strict=True):
            if name not in branch:
                continue
            if branch[name].contains(value):
                return value
            _, knots, places = maps[j]
            if len(knots):
                distances = np.abs(places - meant)
                closest = int(distances.argmin())
                found.append((distances[closest], branch[name].decode(knots[closest])))
        return min(found, key=lambda pair: pair[0])[1]

    def _table(
        self, maps: list[tuple[int, np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the table of a branch."""
        grid = np.linspace(0, 1, N_KNOTS)
        columns = np.array([column for column, _, _ in maps])
        jumps = self.space.dims.categorical[columns] & (columns >= 0)
        table = np.empty((N_KNOTS, len(maps)))
        for j, (column, knots, places) in enumerate(maps):
            if column < 0:
                table[:, j] = places[0]
            elif jumps[j]:
                table[:, j] = places[np.abs(grid[:, None] - knots).argmin(axis=1)]
            else:
                table[:, j] = np.interp(grid, knots, places)
        return columns, jumps, table

    def _map(
        self, branch: int, name: str, known: Dimension, fixed: Any
    ) -> tuple[int, np.ndarray, np.ndarray]:
        """Return the column of a hyperparameter, knots in it, and their places."""
        dimension = self.space.branches[branch].get(name)
        if dimension is None or (name, dimension) not in self.space.columns:
            value = fixed if dimension is None else dimension.middle()
            return -1, np.empty(0), np.array([self._position(known, value)])
        column = self.space.columns.index((name, dimension))
        column += self.space.dims.branch is not None  # which comes first
        levels = self.space.dims.levels[column]
        if levels is not None and (dimension.categorical or len(levels) <= N_KNOTS):
            knots = levels
        else:
            knots = np.unique(dimension.snap(np.linspace(0, 1, N_KNOTS)))
        values = dimension.decode_many(knots)
        return column, knots, np.array([self._position(known, v) for v in values])


def _knowledge_of(model: Any) -> Knowledge | None:
    cls = type(model)
    ours = cls.__module__.startswith("sklearn.")  # and not a namesake of the user's
    return knowledge_of(cls.__name__) if ours else None


def _models(
    estimator: Any, prefix: str, data: Data, searched: set[str]
) -> Iterator[tuple[str, Any, Data]]:
    """Yield an estimator and all inside, with prefixes of names and their data."""
    yield prefix, estimator, data
    # by name: a search of another estimator need not import the classes
    classes = {cls.__name__ for cls in type(estimator).__mro__}
    if "BaseEnsemble" in classes:
        return  # members do best with other values than alone
    if "Pipeline" in classes:
        if f"{prefix}steps" in searched:
            return
        for name, step in estimator.steps:
            if hasattr(step, "get_params"):
                yield from _models(step, f"{prefix}{name}__", data, searched)
                data = _behind(step, data)
            if f"{prefix}{name}" in searched:
                data = data.then(None)  # behind any of the choices
        return
    for name, inner, _ in _inside(estimator):
        given = data.then(None) if name == "final_estimator" else data
        yield from _models(inner, f"{prefix}{name}__", given, searched)


def _applies(
    knowledge: Knowledge, model: Any, prefix: str, space: Space, data: Data
) -> bool:
    """Check that a model is used as it was where the knowledge was learnt."""
    own = model.get_params()
    for branch in space.branches:
        if any(prefix.startswith(f"{name}__") for name in branch):
            return False  # the search replaces it
        for name, value in knowledge.requires.items():
            dimension = branch.get(prefix + name)
            if dimension is None:
                if own.get(name) != value:
                    return False
            elif dimension.n_levels != 1 or dimension.middle() != value:
                return False
    return not knowledge.standardised or 0.1 < (data.variance or 0.0) < 10.0
