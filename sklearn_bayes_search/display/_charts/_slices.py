"""Curves and surfaces of what a model believes about the score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts._axis import (
    ParameterAxis,
    dimension_axis,
    robust_limits,
)
from sklearn_bayes_search.display._charts._chart import (
    Areas,
    Axis,
    Band,
    Chart,
    Line,
    Mark,
    Points,
    Style,
    legend_only,
)
from sklearn_bayes_search.display._charts._convergence import PARTIAL
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.space._dimensions import Dimension

# Values along a curve, and along each side of a surface.
N_CURVE, N_SURFACE = 60, 30
# Settings whose scores `Beliefs.table` gives, at most, of so many parameters.
N_TABLE, MOST_IN_TABLE = 2500, 4
# Settings of the other parameters that an average is over. Its band needs draws at all
# points together, whose time grows with the cube of their number.
N_OTHERS, N_OTHERS_OF_BAND, N_DRAWS = 256, 16, 200
MOST_PANELS = 6
# The best, and in the legend what is scored on a part.
STAR, RING = Style("second", "star", 15, width=1), Style("ink", "ring", 5.5, width=0.7)
# Deviations on both sides of the mean that hold 95 %.
WIDE = 1.96


@dataclass(frozen=True, eq=False)
class ModelSlice:
    """What the model believes along one parameter or two.

    ``numbers`` are those on each of the ``axes``, ascending. ``mean`` has the shape
    (n,) or (n_second, n_first); ``std`` (n,) is that of the score along one parameter,
    or of its average over the others. ``in_reach`` tells where a
    candidate is near: elsewhere the model makes up what it says.
    """

    axes: tuple[ParameterAxis, ...]
    numbers: tuple[np.ndarray, ...]
    mean: np.ndarray
    std: np.ndarray | None
    in_reach: np.ndarray

    @property
    def half(self) -> np.ndarray:
        """Half of the width of the band along one parameter."""
        assert self.std is not None
        return np.asarray(WIDE * self.std)


@dataclass(frozen=True, eq=False)
class Table:
    """What the model expects where some parameters have any of a few values.

    For each of the ``axes`` there are ``values``, ascending, and the ``place`` of the
    one that is nearest to the centre. ``mean``, ``std`` and ``in_reach`` have a
    dimension for each axis.
    """

    axes: tuple[ParameterAxis, ...]
    values: tuple[list[Any], ...]
    place: tuple[int, ...]
    mean: np.ndarray
    std: np.ndarray
    in_reach: np.ndarray


class Beliefs:
    """Reads curves and surfaces off a model.

    By ``kind``, other parameters stay as in the best candidate, or in the ``centre``, a
    row of the cube, or are averaged over.
    """

    def __init__(
        self, model: ScoreModel, kind: str, centre: np.ndarray | None = None
    ) -> None:
        self._model: Any = model  # whose methods have no types yet
        self._kind = kind
        observed = model.observed
        self._space, self._dims = observed.space, observed.space.dims
        self._best = observed.U[observed.best] if centre is None else centre
        branch = self._dims.branch_of(self._best[None])[0]
        self._column: dict[str, int] = {}
        self._dimension: dict[str, Dimension] = {}
        self._axes: dict[str, ParameterAxis] = {}
        self._first = int(self._dims.branch is not None)
        for column, (name, dimension) in enumerate(self._space.columns, self._first):
            here = self._dims.active[branch, column]
            if here or (kind == "average" and name not in self._column):
                self._add(name, dimension, column)
        self.names = list(self._column)  # that a slice can be along
        if kind == "slice" and self._space.told_by_switches:
            self._add_switched()
        self.names_of_table = list(self._column)
        self._others = self._space.spread(N_OTHERS, np.random.default_rng(0))

    def _add(self, name: str, dimension: Dimension, column: int) -> None:
        self._column[name], self._dimension[name] = column, dimension
        # in another branch it may have other values
        tried = [p[name] for p in self._model.observed.params if name in p]
        own = [value for value in tried if dimension.contains(value)]
        self._axes[name] = dimension_axis(name, own, [dimension])

    def _add_switched(self) -> None:
        """Add the switches, and what the centre has only with other choices of these.

        There it gets the values of the best candidate that has them.
        """
        every = [*self._space.columns, *self._space.tied]
        names = [name for name, _ in every]
        if len(set(names)) < len(names):  # other values with another choice
            return
        observed = self._model.observed
        scores = np.nan_to_num(observed.scores, nan=-np.inf)
        best_first = observed.U[np.argsort(-scores, kind="stable")]
        exists = self._dims.exists[self._dims.branch_of(best_first)]
        here = self._dims.exists[self._dims.branch_of(self._best[None])[0]]
        self._best = self._best.copy()
        for column, (name, dimension) in enumerate(every, self._first):
            having = np.flatnonzero(exists[:, column])
            if name not in self._column and len(having):
                self._add(name, dimension, column)
                if not here[column]:
                    self._best[column] = best_first[having[0], column]

    def slices(self, params: Any = None) -> list[ModelSlice]:
        """Read off what is asked for, or the most important parameters."""
        if not self.names:
            raise ValueError("No parameter varies: there is nothing to draw.")
        if params is not None:
            wanted = [params] if isinstance(params, str) else list(params)
            if not wanted:
                raise ValueError(
                    "The 'params' must name at least one parameter or pair. None shows "
                    f"the most important ones. Got {params!r}."
                )
            return [self._slice(*self._check(each)) for each in wanted]
        curves = [self._slice(name) for name in self.names]
        if len(curves) == 2:
            return [*curves, self._slice(*self.names)]
        if len(curves) > MOST_PANELS:
            change = [np.ptp(curve.mean) for curve in curves]
            most = np.sort(np.argsort(change)[::-1][:MOST_PANELS])
            return [curves[i] for i in most]
        return curves

    def _check(self, names: Any) -> tuple[str, ...]:
        own: tuple[str, ...] = (names,) if isinstance(names, str) else tuple(names)
        unknown = [name for name in own if name not in self.names]
        if unknown or not 1 <= len(own) <= 2 or len(set(own)) < len(own):
            where = "" if self._kind == "average" else " of the best candidate"
            raise ValueError(
                "The 'params' must be a list of parameters or pairs of these"
                f"{where}: {self.names}. Got {own!r}."
            )
        return own

    def _slice(self, *names: str) -> ModelSlice:
        n_steps = N_CURVE if len(names) == 1 else N_SURFACE
        columns = [self._column[name] for name in names]
        along = [self._along(name, n_steps) for name in names]
        numbers, places = zip(*along, strict=True)
        # the last axis runs fastest; a map has the second parameter upwards
        grid = np.stack(np.meshgrid(*places, indexing="ij"), -1).reshape(-1, len(names))
        U = _with(np.repeat(self._best[None], len(grid), axis=0), columns, grid)
        if self._kind == "slice":
            mean, std = self._model.predict(U, noise=True)
            in_reach = self._model.in_reach(U, None)
        else:  # over all values of the others
            mean, std = self._average(columns, grid)
            in_reach = self._model.in_reach(U, columns)
        shape = [len(place) for place in places]
        mean, in_reach = mean.reshape(shape).T, in_reach.reshape(shape).T
        axes = tuple(self._axes[name] for name in names)
        return ModelSlice(axes, numbers, mean, std, in_reach)

    def table(self, names: Sequence[str]) -> Table:
        """Evaluate the model at all combinations of values of a few parameters.

        Of the names that do not exist with the choices of the centre, only those are
        taken that a switch among the others brings about.
        """
        names = self._brought_about(names[:MOST_IN_TABLE])
        n_steps = min(int(N_TABLE ** (1 / len(names))) - 1, N_CURVE)
        columns = [self._column[name] for name in names]
        places = [
            # the centre itself is one of them
            np.unique(np.append(self._along(name, n_steps)[1], self._best[column]))
            for name, column in zip(names, columns, strict=True)
        ]
        grid = np.stack(np.meshgrid(*places, indexing="ij"), -1).reshape(-1, len(names))
        U = _with(np.repeat(self._best[None], len(grid), axis=0), columns, grid)
        if self._space.told_by_switches:
            U = self._space.switched(U)
        mean, std = self._model.predict(U, noise=True)
        shape = [len(place) for place in places]
        in_reach = self._model.in_reach(U, None)
        return Table(
            axes=tuple(self._axes[name] for name in names),
            values=tuple(
                self._dimension[name].decode_many(np.asarray(place))
                for name, place in zip(names, places, strict=True)
            ),
            place=tuple(
                int(np.abs(place - self._best[column]).argmin())
                for column, place in zip(columns, places, strict=True)
            ),
            mean=mean.reshape(shape),
            std=std.reshape(shape),
            in_reach=in_reach.reshape(shape),
        )

    def _brought_about(self, names: Sequence[str]) -> list[str]:
        branch, tied = self._dims.branch_of(self._best[None]), self._dims.tied
        if tied is not None and self.names_of_table != self.names:
            own = {self._column[name] for name in names}
            kept = [column for column in range(tied.shape[1]) if column not in own]
            at = tied[:, kept]
            fits = np.isnan(at) | (at == self._best[kept])
            branch = np.flatnonzero(fits.all(axis=1))
        exists = self._dims.exists[branch].any(axis=0)
        return [name for name in names if exists[self._column[name]]]

    def _along(self, name: str, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers on a parameter's axis, and their places in the cube."""
        axis, dimension = self._axes[name], self._dimension[name]
        places = dimension.positions()
        if axis.kind == "categorical":
            places = np.array([dimension.encode(choice) for choice in axis.choices])
        elif places is None or len(places) > n_steps:
            low, high = self._space.reach[self._column[name]]
            places = np.unique(dimension.snap(np.linspace(low, high, n_steps)))
        values = dimension.decode_many(np.asarray(places))
        numbers = np.array([axis.number(value) for value in values])
        order = np.argsort(numbers, kind="stable")
        return numbers[order], np.asarray(places)[order]

    def _average(
        self, columns: list[int], grid: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        active = np.asarray(self._dims.active[:, columns].all(axis=1))
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
        if len(columns) > 1:
            return mean, None
        few = others[:N_OTHERS_OF_BAND]
        U = np.concatenate([_with(few, columns, place) for place in grid])
        drawn = self._model.sample(U, np.random.default_rng(0), N_DRAWS)
        averages = drawn.reshape(N_DRAWS, len(grid), len(few)).mean(axis=2)
        return mean, averages.std(axis=0)


def _with(U: np.ndarray, columns: list[int], place: np.ndarray) -> np.ndarray:
    U = U.copy()
    U[:, columns] = place
    return U


def curve_limits(
    slices: Sequence[ModelSlice], scores: np.ndarray, best: float
) -> tuple[float, float]:
    """Return the same limits of the score for all curves, so that they compare."""
    curves = [s for s in slices if len(s.axes) == 1]
    ends = [
        (s.mean + side * s.half)[s.in_reach] for s in curves for side in (-1.0, 1.0)
    ]
    every = np.concatenate([*ends, [best]])
    low, high = robust_limits(scores)
    low = min(every.min(), max(low, every.min() - np.ptp(every)))
    high = max(every.max(), high)
    margin = 0.05 * (high - low) or 0.5
    return float(low - margin), float(high + margin)


def curve_chart(
    belief: ModelSlice,
    x: np.ndarray,
    scores: np.ndarray,
    *,
    limits: tuple[float, float],
    name: str,
    label: str = "",
    others: str = "as in the best candidate",
    partial: np.ndarray,
    best: int | None,
    best_label: str = "best tried",
    rows: np.ndarray | None = None,
    notes: Sequence[str] | None = None,
    most_names: int = 40,
) -> Chart:
    """Return a curve with what was tried: ``scores`` at numbers ``x`` of its axis.

    ``name`` and ``label`` are those of the parameter and of the score, and ``others``
    says what is done with the other parameters. ``rows`` and ``notes`` are told on
    hovering of what was tried, of which ``best`` is an index.
    """
    (axis,), (numbers,) = belief.axes, belief.numbers
    mean = np.where(belief.in_reach, belief.mean, np.nan)
    called = f"model's mean, other parameters {others}"
    marks = _belief(axis, numbers, mean, belief.half, called)

    def points(role: str, style: Style, which: Any, told: Any, **more: Any) -> Points:
        own = None if rows is None else rows[which]
        return Points(role, style, x[which], scores[which], own, told, **more)

    known = np.isfinite(x) & np.isfinite(scores)
    tried, below = known & (scores >= limits[0]), known & (scores < limits[0])
    told = np.array([""] * len(x) if notes is None else notes)
    dot = Style("ink", "circle", 5, 0.45, width=0.7)
    of_any = {"hollow": partial[tried], "label": "tried, with any other parameters"}
    marks.append(points("tried", dot, tried, told[tried], **of_any))
    if below.any():
        edge = {"at_edge": True, "label": "below the axis"}
        down = replace(dot, symbol="down")
        marks.append(points("below", down, below, told[below], **edge))
    if (partial & known).any():
        marks.append(legend_only(RING, PARTIAL))
    if not belief.in_reach.all():
        marks.append(_unknown(axis, numbers, ~belief.in_reach))
    if best is not None:
        note = np.array([best_label])
        marks.append(points("best", STAR, [best], note, label=best_label))
    return Chart(
        axis.axis(name, margin=0.03, most_names=most_names), Axis(label, limits), marks
    )


def _belief(
    axis: ParameterAxis, x: np.ndarray, mean: np.ndarray, half: np.ndarray, label: str
) -> list[Mark]:
    if axis.kind == "categorical":
        square = Style("accent", "square", 8, width=2)
        ends = np.array([half, half])
        return [Points("mean", square, x, mean, errors=ends, label=label)]
    believed = Style("accent", opacity=0.18)
    band = Band("band", believed, x, mean - half, mean + half, label="95 % belief")
    style = Style("accent", "circle" if axis.few else "none", 8)
    return [Line("mean", style, x, mean, label=label), band]


def _unknown(axis: ParameterAxis, x: np.ndarray, unknown: np.ndarray) -> Areas:
    """Mark places on an axis, each as far as halfway to its neighbours."""
    beyond = 0.4 if axis.kind == "categorical" else 0.0
    ends = np.array([x[0] - beyond, *(x[1:] + x[:-1]) / 2, x[-1] + beyond])
    places = ends[:-1][unknown], ends[1:][unknown]
    return Areas("unknown", Style("soft"), *places, label="no candidate near: unknown")
