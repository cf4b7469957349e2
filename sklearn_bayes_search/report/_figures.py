"""The charts of the page, with legends and plotly's data of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts._axis import parameter_axes
from sklearn_bayes_search.display._charts._convergence import (
    convergence_chart,
    run_table,
)
from sklearn_bayes_search.display._charts._folds import compare, folds_chart
from sklearn_bayes_search.display._charts._importance import importance_chart
from sklearn_bayes_search.display._charts._parallel_coordinates import (
    parallel_coordinates,
)
from sklearn_bayes_search.display._charts._pareto import pareto_chart
from sklearn_bayes_search.display._charts._slices import (
    WIDE,
    Beliefs,
    curve_chart,
    curve_limits,
)
from sklearn_bayes_search.display._charts._timeline import timeline_chart
from sklearn_bayes_search.report import _pen
from sklearn_bayes_search.report._findings import Findings, Scored
from sklearn_bayes_search.report._text import name_labels, number
from sklearn_bayes_search.results._goals import COST_NAMES, metric_label
from sklearn_bayes_search.results._pareto import pareto_front
from sklearn_bayes_search.results._selection import known_test_share
from sklearn_bayes_search.results._short_text import shown

# More candidates, bars, axes and slices do not fit.
MAX_ROWS, MAX_BARS, MAX_AXES, MAX_SLICES = 10, 12, 8, 3
# Characters of names of bars, of axes and of slices; names of choices along an axis.
BAR_NAME, AXIS_NAME, SLICE_NAME, MAX_NAMES = 18, 15, 36, 8
# Pixels around the rows of a chart, of an inch, and of a bar.
AROUND, INCH, BAR = 130, 96, 38
SAME = "; {} more with the same score on each fold"


@dataclass(frozen=True)
class Figure:
    """A chart; ``keys`` are its legend, classes and what they mean.

    A ``caption`` that depends on the search is in page.html, by the second word of the
    ``anchor``.
    """

    anchor: str
    heading: str
    data: dict[str, Any]
    keys: Sequence[tuple[str, str]] = ()
    width: str = "wide"
    least: int = 0  # pixels
    n_left_out: int = 0  # parameters
    caption: str = ""


def figures(found: Findings) -> list[Figure]:
    """List what there is to draw."""
    if found.scored is None:
        return []
    parts = _progress, _fronts, _parallel, _importance, _folds, _slices, _timeline
    return [figure for part in parts for figure in part(found, found.scored)]


def _progress(found: Findings, scored: Scored) -> list[Figure]:
    run = run_table(found.results)
    ring = scored.chosen, f"the {scored.called} candidate"
    chart = convergence_chart({"search": [run]}, "score", chosen=ring)
    data, keys = _pen.draw(chart), _pen.keys(chart)
    return [Figure("chart-progress", "Score of each candidate", data, keys)]


def _fronts(found: Findings, scored: Scored) -> list[Figure]:
    """Draw the front of several objectives, of each pair of them."""
    names = getattr(found.search, "objective_metrics_", [])
    if len(names) < 2:
        return []
    front = pareto_front(found.search, names)
    labels = [metric_label(name) for name in names]
    notes = [
        ", ".join(
            f"{label} {number(abs(value) if name in COST_NAMES else value)}"
            for name, label, value in zip(names, labels, values, strict=True)
        )
        for values in front.values
    ]
    drawn = []
    pairs = [(1, 0)] if len(names) == 2 else [(1, 0), (2, 0), (2, 1)]
    for k, pair in enumerate(pairs):
        chart = pareto_chart(
            front,
            pair,
            labels,
            limits=found.search.limits,
            chosen=getattr(found.search, "best_index_", None),
            notes=notes,
        )
        heading = f"{labels[pair[1]]} against {labels[pair[0]]}"
        heading = heading[:1].upper() + heading[1:]
        width = "wide" if len(pairs) == 1 else "half"
        data, keys = _pen.draw(chart), _pen.keys(chart)
        drawn.append(Figure(f"chart-front-{k}", heading, data, keys, width))
    return drawn


def _parallel(found: Findings, scored: Scored) -> list[Figure]:
    seen = scored.model.observed
    order = {name: i for i, name in enumerate(scored.importance.index)}
    axes = list(parameter_axes(seen.params, seen.space).values())
    axes.sort(key=lambda axis: order.get(axis.name, len(order)))
    # the most important next to the score
    axes, n_left_out = axes[:MAX_AXES][::-1], len(axes[MAX_AXES:])
    if not axes:
        return []
    chart = parallel_coordinates(
        seen.params,
        seen.scores,
        axes,
        [*name_labels([axis.name for axis in axes], AXIS_NAME).values(), "score"],
        partial=np.zeros(len(seen.params), dtype=bool),
        best=_place(scored),
        most_names=MAX_NAMES,
    )
    data, least = _pen.draw_parallel(chart, seen.rows, _notes(found, scored))
    keys = [("ramp", "lower to higher score")]
    keys += [("step solid second", f"the {scored.called} candidate")]
    keys += [("step dot bad", "failed")] * bool(found.results.failed.any())
    names = "chart-parallel", "What goes together"
    return [Figure(*names, data, keys, least=least, n_left_out=n_left_out)]


def _importance(found: Findings, scored: Scored) -> list[Figure]:
    table = scored.importance.iloc[:MAX_BARS]
    if not len(table):
        return []
    chart = importance_chart(table, name_labels(table.index, BAR_NAME), narrow=True)
    keys = _pen.keys(chart)
    if "unknown" in scored.importance["matters"].to_numpy():
        keys.append(("bar soft", "cannot tell"))
    data = _pen.draw(chart, height=max(56 + BAR * len(table), 150))
    return [
        Figure("chart-importance", "Which hyperparameters matter", data, keys, "half")
    ]


def _folds(found: Findings, scored: Scored) -> list[Figure]:
    if scored.honest is None:  # one fold is no comparison
        return []
    results, score = found.results, found.score_text
    comparison = compare(
        np.where(results.eligible[:, None], results.folds, np.nan),
        scored.equals,
        n_best=MAX_ROWS,
        level=scored.honest.level,
        test_share=known_test_share(found.search),
        chosen=scored.chosen,
    )
    rows = comparison.candidates
    marked = "" if scored.called == "best" else " chosen"
    more = [SAME.format(n) if n else "" for n in comparison.n_same]
    chart = folds_chart(
        comparison,
        [f"#{row}{marked * bool(row == scored.chosen)}" for row in rows],
        "score",
        narrow=True,
        notes=[
            [f"fold {k}: {score(own, 1)}" for k, own in enumerate(results.folds[row])]
            for row in rows
        ],
        means=[
            f"mean {score(results.scores[row], 1)}{others}"
            for row, others in zip(rows, more, strict=True)
        ],
    )
    assert chart.y.limits is not None
    data = _pen.draw(chart, height=round(AROUND - INCH * chart.y.limits[0]))
    heading, keys = "Folds of the best candidates", _pen.keys(chart)
    return [Figure("chart-folds", heading, data, keys, "half")]


def what_if(found: Findings) -> dict[str, Any] | None:
    """Return what the model expects where the most important parameters are moved."""
    scored = found.scored
    if scored is None:
        return None
    beliefs = _beliefs(scored)
    names = [n for n in scored.importance.index if n in beliefs.names_of_table]
    if not names:
        return None
    table = beliefs.table(names)
    score = found.score_text
    low, high = (table.mean + side * WIDE * table.std for side in (-1.0, 1.0))
    return {
        "names": [shown(axis.name) for axis in table.axes],
        "texts": [[shown(value) for value in values] for values in table.values],
        "at": table.place,
        "scores": [
            [score(value) for value in three] if known else None
            for *three, known in zip(
                *(each.ravel() for each in (table.mean, low, high, table.in_reach)),
                strict=True,
            )
        ],
        "n_others": len(beliefs.names_of_table) - len(table.axes),
        "has_switches": beliefs.names_of_table != beliefs.names,
    }


def _beliefs(scored: Scored) -> Beliefs:
    """Return what is believed around the chosen candidate."""
    best = _place(scored)
    centre = None if best is None else scored.model.observed.U[best]
    return Beliefs(scored.model, "slice", centre)


def _slices(found: Findings, scored: Scored) -> list[Figure]:
    """Draw the model along the most important parameters, through the chosen one."""
    seen, best = scored.model.observed, _place(scored)
    beliefs = _beliefs(scored)
    names = [name for name in scored.importance.index if name in beliefs.names]
    if not names:
        return []
    slices = beliefs.slices(names[:MAX_SLICES])
    titles = name_labels(names, SLICE_NAME)
    top = seen.scores[seen.best if best is None else best]
    limits = curve_limits(slices, seen.scores, top)
    status = found.results.status[seen.rows]
    drawn = []
    for i, each in enumerate(slices):
        (axis,) = each.axes
        values = [params.get(axis.name, np.nan) for params in seen.params]
        chart = curve_chart(
            each,
            np.array([axis.number(value) for value in values]),
            seen.scores,
            limits=limits,
            name=titles[axis.name],
            partial=np.isin(status, ["early round", "paused"]),
            best=best,
            best_label=f"the {scored.called} candidate",
            rows=seen.rows,
            notes=_notes(found, scored),
            most_names=MAX_NAMES,
        )
        heading, data = f"Score along {shown(axis.name)}", _pen.draw(chart, height=250)
        drawn.append(Figure(f"chart-slice-{i}", heading, data, width="third"))
    return drawn


def _timeline(found: Findings, scored: Scored) -> list[Figure]:
    if found.times is None:
        return []
    chart = timeline_chart(found.fits, found.times)
    data = _pen.draw(chart, height=max(70 + 24 * found.times.n_workers, 130))
    return [Figure("chart-timeline", "When each fit ran", data, _pen.keys(chart))]


def _place(scored: Scored) -> int | None:
    """Return which of the candidates in the space is the chosen one."""
    places = np.flatnonzero(scored.model.observed.rows == scored.chosen)
    return int(places[0]) if len(places) else None


def _notes(found: Findings, scored: Scored) -> list[str]:
    """Return a note on each candidate that is drawn at another score than its own."""
    seen = scored.model.observed
    return [
        f"in the last round about {found.score_text(score, 1)}"
        if status == "early round"
        else ""
        for score, status in zip(
            seen.scores, found.results.status[seen.rows], strict=True
        )
    ]
