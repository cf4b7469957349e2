"""What experience from other data says about one search: an expectation of scores.

The search has a space of its own: other ranges, other scales, some of the known
hyperparameters and some unknown ones, of an estimator inside of others. `Translation`
finds the place in the knowledge's space of each of its points.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._default_space import (
    _aliases,
    _all_inside,
    _behind,
    _entry,
    _given,
    _inside,
)
from sklearn_bayes_search.experience._knowledge import (
    Functions,
    Knowledge,
    knowledge_of,
    position,
)
from sklearn_bayes_search.experience._own import single_choices, with_single_choices
from sklearn_bayes_search.optimizer.surrogate import Expectation, GaussianProcess
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dimensions import Dimension

# Of so many settings of the space, the first is the one of which most is expected. With
# a second one, for where it fails, the score after four candidates was higher by 0.023
# (0.012) on 108 pairs of six small models and data sets, and lower by 0.022 on 41 pairs
# of ensembles of trees; so it was, by 0.022 (0.013) and -0.017 (0.008), if gains had no
# cap until the eighth score. After eight candidates, neither was better.
N_COMPARED = 512
# Where what is expected has a smaller standard deviation over the space, of normal
# scores over wide ranges, all candidates are about equally good, and which is best
# depends on the data. In the default space of XGBoost, with 0.24, searches with
# experience were behind by 0.09 (0.05) at 8 candidates, on 8 data sets left out.
LEAST_DEVIATION = 0.35
# With more scores, what was expected hinders. On 35 pairs of a model and a data set
# left out, with four seeds, experience needs 12.5 candidates for the score of 16
# without (median over six models); 11.5 if it counts until 5 scores, and 18 if until 12
# or to the end. With 5, two models lost at 25. If only what is expected to be below the
# median counts later, fewer candidates are poor, but the best is no better: at 16 by
# -0.004 (0.003), on 14 pairs of SVC and nearest neighbours with one seed.
N_TRUSTED = 8
# At so many positions a range is translated; between them it is a straight line, and a
# choice of more levels has no place.
N_KNOTS = 257


@dataclass(frozen=True, eq=False)
class Experience:
    """What is known before a search: an ``expectation`` of the score over its cube by
    the parameters ``names``, and in words what is ``known``, in which ``version``.
    """

    expectation: Expectation
    names: list[str]
    known: str
    version: str

    def first_settings(self, space: Space) -> list[dict[str, Any]]:
        """Return the candidate to begin with, if there is a permitted one."""
        U = space.spread(N_COMPARED, np.random.default_rng(0))
        expected = self.expectation(U)[0][:, 0]
        best_first = space.decode_many(U[np.argsort(-expected, kind="stable")])
        return next(([params] for params in best_first if space.allows(params)), [])

    def words(self, surrogate: Any) -> str:
        """Return in words what a surrogate is told."""
        words = f"{self.known}: a first candidate"
        if self.inform(surrogate) is surrogate:
            return words
        return f"{words}, and what to expect by {', '.join(self.names)}"

    def inform(self, surrogate: Any) -> Any:
        """Return a Gaussian process that expects this; another surrogate as it is."""
        if isinstance(surrogate, str) and surrogate == "gp":
            surrogate = GaussianProcess()
        if type(surrogate) is GaussianProcess and surrogate.expectation is None:
            surrogate = copy(surrogate)
            surrogate.expectation = self.expectation
            surrogate.expect_until = N_TRUSTED
        return surrogate


def experience_of(
    estimator: Any,
    space: Space,
    X: Any,
    y: Any,
    metrics: Sequence[str],
    chosen: Mapping[str, Sequence[Any]] | None = None,
) -> Experience | None:
    """Return what is known of the estimator in a space, or None if nothing is.

    ``metrics`` are names of the score, the most telling first. Of a parameter that is
    ``chosen`` for each candidate, the best of these values is what it will have.
    """
    estimator = with_single_choices(estimator, space)
    if all(_knowledge_of(m) is None for m in [estimator, *_all_inside(estimator)]):
        return None
    data = Data.of(X, y, classifies=is_classifier(estimator))
    U, best = space.spread(N_COMPARED, np.random.default_rng(0)), None
    searched = set().union(*space.branches) - single_choices(space).keys()
    for prefix, model, given in _models(estimator, "", data, searched):
        knowledge = _knowledge_of(model)
        if any(prefix.startswith(f"{name}__") for name in searched):
            continue  # the search replaces it
        if knowledge is None or not _applies(knowledge, model, prefix, space, given):
            continue
        translation = Translation(knowledge, space, prefix, model, given)
        if len(translation.names) <= (0 if best is None else len(best.names)):
            continue
        functions = knowledge.functions(knowledge.kind_of(metrics), given.facts)
        expectation = LearntExpectation(functions, translation, chosen)
        if expectation(U)[0][:, 0].std() >= LEAST_DEVIATION:
            known = f"{knowledge.estimator} on {knowledge.n_data_sets} other data sets"
            best = Experience(expectation, translation.names, known, knowledge.version)
    return best


class LearntExpectation:
    """Functions that scores followed on other data, over a search's cube."""

    def __init__(
        self,
        functions: Functions,
        translation: "Translation",
        chosen: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self._functions, self._translation = functions, translation
        self._tables = []
        for columns, jumps, places in translation.tables:
            features, owner = functions.scaled(places)
            self._tables.append(_Table(columns[owner], jumps[owner], features))
        # which feature each parameter that is chosen has, and its values
        self._chosen = [
            (np.flatnonzero(owner == j), functions.scaled(places)[0][:, owner == j])
            for j, places in translation.places_of(chosen or {})
        ]

    def __call__(
        self, U: np.ndarray, *, gradient: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        if len(self._tables) == 1:
            return self._evaluate(U, self._tables[0], gradient)
        values = np.empty((len(U), self._functions.n_functions))
        gradients = np.zeros((*values.shape, U.shape[1] if gradient else 0))
        branch_of = self._translation.space.dims.branch_of(U)
        for b in np.unique(branch_of):
            here = branch_of == b
            found = self._evaluate(U[here], self._tables[b], gradient)
            values[here], gradients[here] = found
        return values, gradients

    def _evaluate(
        self, U: np.ndarray, table: "_Table", gradient: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        Z, slopes = table.look_up(U)
        for features, places in self._chosen:
            Z = self._at_best(Z, features, places)
        values, by_Z = self._functions(Z, gradient=gradient)
        gradients = np.zeros((*values.shape, U.shape[1] if gradient else 0))
        if gradient:
            smooth = table.smooth
            by_U = by_Z[:, :, smooth] * slopes[:, np.newaxis, smooth]
            gradients[:, :, table.columns[smooth]] = by_U
        return values, gradients

    def _at_best(
        self, Z: np.ndarray, features: np.ndarray, places: np.ndarray
    ) -> np.ndarray:
        """Return points with that of some places of which most is expected."""
        several = np.repeat(Z[np.newaxis], len(places), axis=0)
        several[:, :, features] = places[:, np.newaxis]
        expected = [self._functions(at)[0][:, 0] for at in several]
        best: np.ndarray = several[np.argmax(expected, axis=0), np.arange(len(Z))]
        return best

    def __repr__(self) -> str:
        return f"LearntExpectation({self._translation.estimator})"


class _Table:
    """Has features at equal distances in the columns that they are of."""

    def __init__(
        self, columns: np.ndarray, jumps: np.ndarray, features: np.ndarray
    ) -> None:
        self.columns, self._features = columns, features
        self._rises = np.diff(features, axis=0)
        self._jumps = np.flatnonzero(jumps)
        self._every = np.arange(len(columns))
        self.smooth = np.flatnonzero((columns >= 0) & ~jumps)

    def look_up(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of points, between two rows, and their slopes."""
        x = U[:, self.columns] * (N_KNOTS - 1)
        if len(self._jumps):
            x[:, self._jumps] = np.rint(x[:, self._jumps])
        left = np.minimum(x.astype(int), N_KNOTS - 2)
        rises = self._rises[left, self._every]
        features = self._features[left, self._every] + (x - left) * rises
        return features, rises * (N_KNOTS - 1)


class Translation:
    """Finds the points of a knowledge's cube that those of a search's cube stand for.

    ``names`` are the search's names of the hyperparameters that both have. ``tables``
    have for each branch the columns of the search, -1 where a place is constant; in
    which a place jumps, from level to level; and the places at equal distances from 0
    to 1 in these columns, shape (N_KNOTS, n_known).
    """

    def __init__(
        self, knowledge: Knowledge, space: Space, prefix: str, model: Any, data: Data
    ) -> None:
        self.estimator, self.space = knowledge.estimator, space
        self._data, self._in_units = data, knowledge.in_units
        self._own, self._prefix = knowledge.own, prefix
        self._known = knowledge.space.columns
        self._neutral = knowledge.space.dims.neutral
        alias = _names_in(space, prefix, model)
        # of some libraries, None stands for the value that holds
        fixed = knowledge.own | {
            name: value
            for name, value in _params(model).items()
            if value is not None or name not in knowledge.own or "__" in name
        }
        self._maps = [
            [
                self._map(b, prefix + alias(name), name, dimension, fixed.get(name))
                for name, dimension in self._known
            ]
            for b in range(len(space.branches))
        ]
        self.tables = [self._table(maps) for maps in self._maps]
        first = self.space.dims.branch is not None
        self.names = list(
            dict.fromkeys(
                space.columns[column - first][0]
                for maps in self._maps
                for column, _, _ in maps
                if column >= 0
            )
        )

    def places_of(
        self, chosen: Mapping[str, Sequence[Any]]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield which known parameters are chosen, and points with their values."""
        for j, (name, dimension) in enumerate(self._known):
            values = chosen.get(self._prefix + name)
            if values is not None:
                points = np.repeat(self._neutral[np.newaxis], len(values), axis=0)
                points[:, j] = [position(dimension, v, self._data) for v in values]
                yield j, points

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
        self, branch: int, searched: str, name: str, known: Dimension, fixed: Any
    ) -> tuple[int, np.ndarray, np.ndarray]:
        """Return the column of a hyperparameter, knots in it, and their places.

        It is ``searched`` by that name.
        """
        unit = self._data.deviation if name in self._in_units else 1.0
        place = partial(position, known, data=self._data, unit=unit)
        ranges = self.space.branches[branch]
        outer, _, inner = name.rpartition("__")
        of_choice = outer and searched not in ranges and self._prefix + outer in ranges
        if of_choice:  # each estimator has a value
            searched = self._prefix + outer
        dimension = ranges.get(searched)
        if dimension is None:
            return -1, np.empty(0), np.array([place(fixed)])
        if dimension.n_levels == 1:
            column, knots, values = -1, np.empty(0), [dimension.middle()]
        else:
            column = self.space.columns.index((searched, dimension))
            column += self.space.dims.branch is not None  # which comes first
            levels = self.space.dims.levels[column]
            if levels is not None and (dimension.categorical or len(levels) <= N_KNOTS):
                knots = levels
            else:
                knots = np.unique(dimension.snap(np.linspace(0, 1, N_KNOTS)))
            values = dimension.decode_many(knots)
        if of_choice:
            own = self._own.get(name)  # of None; without a value, a place unknown
            values = [own if v is None else getattr(v, inner, "") for v in values]
        return column, knots, np.array([place(value) for value in values])


def _knowledge_of(model: Any) -> Knowledge | None:
    """Return what is known of the nearest class that has a default space."""
    name, _ = _entry(model, is_step=False)
    return None if name is None else knowledge_of(name)


def _params(model: Any) -> dict[str, Any]:
    """Return an estimator's parameters, what is given by an alias under both names."""
    params: dict[str, Any] = model.get_params()
    _, entry = _entry(model, is_step=False)
    aliases = {} if entry is None else _aliases(entry, params)
    return params | {name: params[alias] for name, alias in aliases.items()}


def _names_in(space: Space, prefix: str, model: Any) -> Callable[[str], str]:
    """Return a function from an estimator's parameter to its name in the search.

    That is the name itself, or an alias that is searched in its place.
    """
    _, entry = _entry(model, is_step=False)
    aliases = {} if entry is None else entry.aliases
    searched = {
        name.removeprefix(prefix) for branch in space.branches for name in branch
    }
    found = {name: alias for alias, name in aliases.items() if alias in searched}
    return lambda name: name if name in searched else found.get(name, name)


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
            if f"{prefix}{name}" in searched or _is_open(
                step, f"{prefix}{name}__", searched
            ):
                data = data.then(None)  # behind any of the choices
        return
    for name, inner, columns in _inside(estimator):
        given = _given(estimator, name, columns, data)
        yield from _models(inner, f"{prefix}{name}__", given, searched)


def _is_open(step: Any, prefix: str, searched: set[str]) -> bool:
    """Check whether the search chooses how a step scales, or steps inside of it."""
    inside = {n.removeprefix(prefix) for n in searched if n.startswith(prefix)}
    own = step.get_params() if inside else {}
    return any(
        name.rpartition("__")[2] in ("with_std", "standardize", "steps", "transformers")
        or (isinstance(own.get(name), str) and own[name] in ("drop", "passthrough"))
        or hasattr(own.get(name), "get_params")
        for name in inside
    )


def _applies(
    knowledge: Knowledge, model: Any, prefix: str, space: Space, data: Data
) -> bool:
    """Check that a model is used as it was where the knowledge was learnt."""
    own = _params(model)
    for outer, inner in ((n.rpartition("__")[0], n) for n in knowledge.own):
        if own.get(outer) is not None and inner not in own:
            return False  # as it was with no other estimator inside
    alias = _names_in(space, prefix, model)
    for branch in space.branches:
        for name in knowledge.choices:
            dimension = branch.get(prefix + alias(name))
            if dimension is not None:
                positions = dimension.positions()
                if positions is None:
                    return False
                values = dimension.decode_many(positions)
            else:
                known = name in own or name in knowledge.requires
                # a subclass may have fewer arguments than its base
                other = getattr(model, name, "deprecated")
                values = [own.get(name, other)] if known else []
                # weights of each class are not known, and count as none
                values = [v for v in values if not isinstance(v, Mapping)]
            if not all(knowledge.suits(name, value) for value in values):
                return False
    if data.rows is not None and data.rows < knowledge.least_rows:
        return False
    return not knowledge.standardised or 0.1 < (data.variance or 0.0) < 10.0
