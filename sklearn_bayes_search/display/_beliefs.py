"""Curves and surfaces of what a model believes about the score."""

from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.display._parameter_axis import dimension_axis, parameter_axes
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.results._observed import Observed, observe

__all__ = ["Beliefs", "ModelSlice", "observe_any"]

# Values along a curve, and along each side of a surface.
N_CURVE, N_SURFACE = 60, 30
# Settings of the other parameters that an average is over. Its band needs draws at all
# points together, whose time grows with the cube of their number.
N_OTHERS, N_OTHERS_OF_BAND, N_DRAWS = 256, 16, 200
MOST_PANELS = 6


@dataclass(frozen=True, eq=False)
class ModelSlice:
    """What the model believes along one parameter or two.

    Parameters
    ----------
    axes : tuple of ParameterAxis
        How the one parameter, or the two, are placed.
    numbers : tuple of ndarray
        Numbers on each axis, ascending.
    mean : ndarray of shape (n,) or (n_second, n_first)
        The model's mean.
    std : ndarray of shape (n,) or None
        Deviation of the score, or of its average over the other parameters; None for
        two parameters.
    in_reach : ndarray of bool, of the shape of ``mean``
        Where a candidate is near. Elsewhere the model makes up what it says.
    """

    axes: tuple
    numbers: tuple
    mean: np.ndarray
    std: np.ndarray | None
    in_reach: np.ndarray


class Beliefs:
    """Reads curves and surfaces off a model."""

    def __init__(self, model, kind):
        self._model, self._kind = model, kind
        observed = model.observed
        self._space, self._dims = observed.space, observed.space.dims
        self._best = observed.U[observed.best]
        branch = self._dims.branch_of(self._best[None])[0]
        first = self._dims.branch is not None
        self._column = {}
        for column, (name, _) in enumerate(self._space.columns, start=int(first)):
            here = self._dims.active[branch, column]
            if here or (kind == "average" and name not in self._column):
                self._column[name] = column
        self._first = int(first)
        axes = parameter_axes(observed.params, self._space, constant=True)
        self._axes = {name: self._fitting(axes[name]) for name in self._column}
        self._others = self._space.spread(N_OTHERS, np.random.default_rng(0))

    def _fitting(self, axis):
        """Make another axis where one has more values than the column that is drawn.

        As where a parameter has a range in one branch, and names in another.
        """
        dimension = self._dimension(axis.name)
        if axis.kind != "categorical":
            return axis
        values = [p[axis.name] for p in self._model.observed.params if axis.name in p]
        own = [value for value in values if _has(dimension, value)]
        return dimension_axis(axis.name, own, [dimension])

    def _dimension(self, name):
        return self._space.columns[self._column[name] - self._first][1]

    def slices(self, params):
        """Read off what is asked for, or the most important parameters."""
        if not self._column:
            raise ValueError("No parameter varies: there is nothing to draw.")
        if isinstance(params, str):
            params = [params]
        if params is not None and len(params) == 0:
            raise ValueError(
                "The 'params' must name at least one parameter or pair. None shows the "
                f"most important ones. Got {params!r}."
            )
        if params is not None:
            return [self._slice(*self._check(each)) for each in params]
        curves = [self._slice(name) for name in self._column]
        if len(curves) == 2:
            return [*curves, self._slice(*self._column)]
        if len(curves) > MOST_PANELS:
            change = [np.ptp(curve.mean) for curve in curves]
            most = np.sort(np.argsort(change)[::-1][:MOST_PANELS])
            return [curves[i] for i in most]
        return curves

    def n_left_out(self, slices):
        """Tell how many parameters are in none of these."""
        return len(self._column) - len({a.name for s in slices for a in s.axes})

    def _check(self, names):
        names = (names,) if isinstance(names, str) else tuple(names)
        unknown = [name for name in names if name not in self._column]
        if unknown or not 1 <= len(names) <= 2 or len(set(names)) < len(names):
            where = "" if self._kind == "average" else " of the best setting"
            raise ValueError(
                "The 'params' must be a list of parameters or pairs of these"
                f"{where}: {list(self._column)}. Got {names!r}."
            )
        return names

    def _slice(self, *names):
        n_steps = N_CURVE if len(names) == 1 else N_SURFACE
        axes, numbers, places = [], [], []
        for name in names:
            number, place = self._along(name, n_steps)
            axes.append(self._axes[name])
            numbers.append(number)
            places.append(place)
        columns = [self._column[name] for name in names]
        # the last axis runs fastest; a map has the second parameter upwards
        grid = np.stack(np.meshgrid(*places, indexing="ij"), -1).reshape(-1, len(names))
        mean, std = self._predict(columns, grid, with_std=len(names) == 1)
        U = np.repeat(self._best[None], len(grid), axis=0)
        U[:, columns] = grid
        # an average is over all values of the others
        own = None if self._kind == "slice" else columns
        in_reach = self._model.in_reach(U, own)
        shape = [len(place) for place in places]
        mean, in_reach = mean.reshape(shape).T, in_reach.reshape(shape).T
        return ModelSlice(tuple(axes), tuple(numbers), mean, std, in_reach)

    def _along(self, name, n_steps):
        """Give numbers on a parameter's axis, and their places in the cube."""
        column = self._column[name]
        dimension = self._dimension(name)
        axis, places = self._axes[name], dimension.positions()
        if axis.kind == "categorical":
            places = [dimension.encode(c) for c in axis.choices if _has(dimension, c)]
        elif places is None or len(places) > n_steps:
            low, high = self._space.reach[column]
            places = np.unique(dimension.snap(np.linspace(low, high, n_steps)))
        values = dimension.decode_many(np.asarray(places))
        numbers = np.array([axis.number(value) for value in values])
        order = np.argsort(numbers, kind="stable")
        return numbers[order], np.asarray(places)[order]

    def _predict(self, columns, grid, *, with_std):
        if self._kind == "slice":
            U = np.repeat(self._best[None], len(grid), axis=0)
            U[:, columns] = grid
            return self._model.predict(U, noise=True)
        active = self._dims.active[:, columns].all(axis=1)
        if not active.any():
            raise ValueError(
                "These two parameters are never used together. Draw them one by one."
            )
        others = self._others[active[self._dims.branch_of(self._others)]]
        if len(others) < N_OTHERS_OF_BAND:  # a branch of many
            row = np.repeat(self._best[None], N_OTHERS_OF_BAND, axis=0)
            row[:, self._first :] = np.random.default_rng(0).uniform(
                size=(N_OTHERS_OF_BAND, len(self._space.columns))
            )
            if self._first:
                row[:, 0] = (np.flatnonzero(active)[0] + 0.5) / len(active)
            others = self._space.snap(row)
        means = [self._model.predict(_with(others, columns, p))[0] for p in grid]
        mean = np.mean(means, axis=1)
        if not with_std:
            return mean, None
        few = others[:N_OTHERS_OF_BAND]
        U = np.concatenate([_with(few, columns, place) for place in grid])
        drawn = self._model.sample(U, np.random.default_rng(0), N_DRAWS)
        averages = drawn.reshape(N_DRAWS, len(grid), len(few)).mean(axis=2)
        return mean, averages.std(axis=0)


def _has(dimension, value):
    try:
        dimension.encode(value)
    except (TypeError, ValueError):
        return False
    return True


def _with(U, columns, place):
    U = U.copy()
    U[:, columns] = place
    return U


def observe_any(search, metric):
    """Read a search, or what an optimizer was told."""
    if not isinstance(search, BayesianOptimizer):
        return observe(search, metric)
    outcomes = list(search.history)
    if not any(not outcome.failed for outcome in outcomes):
        raise ValueError("The optimizer was not told a score yet.")
    return Observed(
        params=[dict(outcome.trial.params) for outcome in outcomes],
        U=np.array([outcome.trial.row for outcome in outcomes]),
        scores=search.history.scores,
        folds=None,
        space=search.space,
        metric="score",
        noise=np.array([outcome.noise for outcome in outcomes]),
        complete=np.ones(len(outcomes), dtype=bool),
    )
