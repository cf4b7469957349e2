"""A front of two metrics, or of three in pairs: points, error bars and limits."""

from collections.abc import Mapping, Sequence

import numpy as np

from sklearn_bayes_search.display._charts._axis import log_ticks
from sklearn_bayes_search.display._charts._chart import (
    Axis,
    Chart,
    Line,
    Mark,
    Points,
    Rules,
    Style,
)
from sklearn_bayes_search.display._charts._convergence import OUTSIDE
from sklearn_bayes_search.results._goals import COST_NAMES
from sklearn_bayes_search.results._pareto import Front

# Room around the points, in shares of what they span.
MARGIN = 0.06


def pareto_chart(
    front: Front,
    pair: tuple[int, int],
    labels: Sequence[str],
    *,
    limits: Mapping[str, float] | None = None,
    chosen: int | None = None,
    notes: Sequence[str] | None = None,
) -> Chart:
    """Return the chart of two of the metrics, the first of the ``pair`` along x.

    Costs are drawn as positive numbers, on a logarithm, where less is better. The front
    has error bars of one standard error, and with two metrics steps around what it
    dominates. ``labels`` name the metrics; ``chosen`` is a row, and ``notes`` are of
    the rows of the table.
    """
    rows, usable = front.rows, front.usable
    is_cost = [front.metrics[j] in COST_NAMES for j in pair]
    signs = [-1 if cost else 1 for cost in is_cost]
    x, y = (sign * front.values[:, j] for sign, j in zip(signs, pair, strict=True))
    at = [
        None
        if (limit := dict(limits or {}).get(front.metrics[j])) is None
        else s * limit
        for j, s in zip(pair, signs, strict=True)
    ]
    ends = [
        _ends(own[usable], front.errors[usable, j], limit, log=log)
        for own, j, limit, log in zip((x, y), pair, at, is_cost, strict=True)
    ]
    marks = _limits(at[0], at[1], np.array(ends[0]))

    def points(role: str, style: Style, of: np.ndarray, label: str) -> None:
        told = None if notes is None else np.array(notes, dtype=object)[of]
        if len(of):
            marks.append(Points(role, style, x[of], y[of], of, told, label=label))

    others = np.setdiff1d(np.flatnonzero(usable), rows)
    reaching = front.reaching[others]
    grey = Style("pale", size=6)
    points("other", grey, others[reaching], "other candidates")
    cross = Style("soft", "cross", size=5, width=1.0)
    points("outside", cross, others[~reaching], OUTSIDE)
    if len(front.metrics) == 2:
        order = rows[np.argsort(x[rows], kind="stable")]
        thin = Style("accent", "none", width=1.2, opacity=0.6)
        marks.append(Line("edge", thin, *_steps(x[order], y[order], is_cost[0])))
    for axis, own, j in ((0, x, pair[0]), (1, y, pair[1])):
        error = front.errors[rows, j]
        if np.isfinite(error).all():
            # on a logarithm a bar must not reach 0
            bars = np.array([np.minimum(error, 0.9 * np.abs(own[rows])), error])
            bare = Style("accent", "none", size=5, width=1.0, opacity=0.6)
            marks.append(
                Points(
                    "error",
                    bare,
                    x[rows],
                    y[rows],
                    errors=bars,
                    horizontal=axis == 0,
                    group="xy"[axis],
                )
            )
    points("front", Style("accent", size=8), rows, "front")
    if chosen is not None and usable[chosen]:
        star = Style("second", "star", size=15)
        points("chosen", star, np.array([chosen]), "chosen")
    along_x, along_y = (
        Axis(labels[j], end, log=log, ticks=log_ticks(*end) if log else None)
        for j, end, log in zip(pair, ends, is_cost, strict=True)
    )
    return Chart(along_x, along_y, marks)


def _limits(
    along_x: float | None, along_y: float | None, ends: np.ndarray
) -> list[Mark]:
    """Return lines at the limits of what is along x and y."""
    dash = Style("second", "none", width=1.5, dash="dash")
    marks: list[Mark] = []
    if along_x is not None:
        marks.append(Rules("limit", dash, [along_x], label="limit", group="x"))
    if along_y is not None:
        level = np.full(2, along_y)
        marks.append(Line("limit", dash, ends, level, label="limit", group="y"))
    return marks


def _ends(
    values: np.ndarray, errors: np.ndarray, limit: float | None, *, log: bool
) -> tuple[float, float]:
    """Return the ends of an axis around values, with their errors, and a limit."""
    errors = np.nan_to_num(errors)
    errors = np.minimum(errors, 0.2 * np.abs(values)) if log else errors
    reached = np.append(np.append(values - errors, values + errors), limit or values[0])
    low, high = float(reached.min()), float(reached.max())
    if log:
        factor = max(high / low, 1.2) ** MARGIN
        return low / factor, high * factor
    room = MARGIN * (high - low) or 0.01 * abs(high) or 1.0
    return low - room, high + room


def _steps(
    x: np.ndarray, y: np.ndarray, less_is_better: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Join points from left to right around what they dominate."""
    joined = np.empty((2 * len(x) - 1, 2))
    joined[::2] = np.array([x, y]).T
    # what lies between two points is dominated by the right one, but where less is
    # better by the left one
    corner = (x[1:], y[:-1]) if less_is_better else (x[:-1], y[1:])
    joined[1::2] = np.array(corner).T
    return joined[:, 0], joined[:, 1]
