"""The charts of the page, with captions and legends, and plotly's data of each."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_bayes_search.charts._axis import parameter_axes
from sklearn_bayes_search.charts._convergence import convergence_chart, run_table
from sklearn_bayes_search.charts._folds import compare, folds_chart
from sklearn_bayes_search.charts._importance import importance_chart
from sklearn_bayes_search.charts._parallel_coordinates import parallel_coordinates
from sklearn_bayes_search.charts._slices import Beliefs, curve_chart, curve_limits
from sklearn_bayes_search.charts._timeline import timeline_chart
from sklearn_bayes_search.report import _pen
from sklearn_bayes_search.report._findings import Candidate, Findings
from sklearn_bayes_search.report._labels import name_labels
from sklearn_bayes_search.results._selection import known_test_share
from sklearn_bayes_search.results._short_text import shown
from sklearn_bayes_search.results._times import Timeline, duration
from sklearn_bayes_search.space._dims import key

# More candidates, bars, axes and slices do not fit.
MAX_ROWS, MAX_BARS, MAX_AXES, MAX_SLICES = 10, 12, 8, 3
# Characters of names of bars, of axes and of slices; names of choices along an axis.
BAR_NAME, AXIS_NAME, SLICE_NAME, MAX_NAMES = 18, 15, 36, 8
# Pixels around the rows of a chart, of an inch, and of a bar.
AROUND, INCH, BAR = 130, 96, 38
SLICES = (
    "The line is what a model expects if only this parameter changes and the others "
    "stay at the {called} setting; it is 95\N{NO-BREAK SPACE}% sure of the band. "
    "Points are all settings tried: the others differ in them, so they need not lie on "
    "the line. Where there is none, no candidate is near, and the score is unknown."
)
EARLY = (
    " Of a setting that was dropped in an early round, the score is an estimate: its "
    "own, and the mean rise of those that went on."
)


@dataclass(frozen=True)
class Figure:
    """A chart with its caption; ``keys`` are its legend, classes and what they mean."""

    anchor: str
    heading: str
    text: str
    data: dict[str, Any]
    keys: tuple[tuple[str, str], ...] = ()
    width: str = "wide"
    least: int = 0  # pixels


def figures(findings: Findings) -> list[Figure]:
    """List what there is to draw; the text of slices is that of the first one."""
    if findings.chosen is None:
        return []
    parts = _progress, _parallel, _importance, _folds, _slices, _timeline
    return [figure for part in parts for figure in part(findings)]


def _is_halving(findings: Findings) -> bool:
    return any(c.status == "early round" for c in findings.candidates)


def _progress(findings: Findings) -> list[Figure]:
    every, chosen = findings.candidates, findings.chosen
    assert chosen is not None
    run = run_table(
        np.array([c.score for c in every]),
        np.array([c.error for c in every]),
        np.array([c.status for c in every]),
        np.ones(len(every)),
        np.array([c.seconds for c in every]),
    )
    ring = chosen.number, f"the {findings.called} setting"
    chart = convergence_chart({"search": [run]}, "score", chosen=ring)
    text = "Each point is a setting, in the order they were tried."
    if _is_halving(findings):
        text = (
            "Each point is a setting in a round, in the order they were tried. Scores "
            "of different rounds do not compare."
        )
    data, keys = _pen.draw(chart), tuple(_pen.keys(chart))
    return [Figure("chart-progress", "Score of each candidate", text, data, keys)]


def _parallel(findings: Findings) -> list[Figure]:
    observed, chosen, placed = findings.observed, findings.chosen, _placed(findings)
    assert observed is not None
    assert chosen is not None
    settings = [c.params for c, _ in placed]
    by_name = parameter_axes(settings, observed.space)
    names = {n for branch in observed.space.branches for n in branch}
    order = {name: i for i, name in enumerate(findings.importance.index)}
    axes = [axis for name, axis in by_name.items() if name in names]
    axes.sort(key=lambda axis: order.get(axis.name, len(order)))
    # the most important next to the score
    axes, n_left_out = axes[:MAX_AXES][::-1], len(axes[MAX_AXES:])
    if not axes:
        return []
    numbers = [c.number for c, _ in placed]
    best = chosen.number
    chart = parallel_coordinates(
        settings,
        np.array([c.score for c, _ in placed]),
        axes,
        [*name_labels([axis.name for axis in axes], AXIS_NAME).values(), "score"],
        partial=np.zeros(len(placed), dtype=bool),
        best=numbers.index(best) if best in numbers else None,
        most_names=MAX_NAMES,
    )
    data, least = _pen.draw_parallel(chart, numbers, _notes(findings, placed))
    text = (
        "Each line is a setting. Follow the best lines: where do they cross each axis? "
        "The parameter next to the score matters most."
    )
    if n_left_out == 1:
        text += " 1 parameter that matters less is left out."
    elif n_left_out:
        text += f" {n_left_out} parameters that matter less are left out."
    if _is_halving(findings):
        text += EARLY
    keys = [("ramp", "lower to higher score")]
    keys += [("step solid second", f"the {findings.called} setting")]
    keys += [("step dot bad", "failed")] * bool(findings.failed)
    heading = "What goes together"
    return [Figure("chart-parallel", heading, text, data, tuple(keys), "wide", least)]


def _importance(findings: Findings) -> list[Figure]:
    table = findings.importance.iloc[:MAX_BARS]
    if not len(table):
        return []
    chart = importance_chart(table, name_labels(table.index, BAR_NAME), narrow=True)
    text = (
        "How much of the differences of the score comes from each parameter, if all "
        "settings were equally likely."
    )
    if table["direction"].str.startswith("score").any():
        text += (
            " Whether it rises is said of larger values, on average over all values of "
            "the others: with the best of these, a small value may be the best."
        )
    keys = _pen.keys(chart)
    unknown = findings.importance["matters"] == "unknown"
    if unknown.any():
        keys.append(("bar soft", "cannot tell"))
        rests_on = findings.importance["rests_on"][unknown].iloc[0]
        text += (
            " Grey: too few candidates to tell whether it matters. "
            f"{shown(findings.importance.index[unknown][0])} rests on {rests_on}."
        )
    data = _pen.draw(chart, height=max(56 + BAR * len(table), 150))
    heading = "Which parameters matter"
    return [Figure("chart-importance", heading, text, data, tuple(keys), "half")]


def _folds(findings: Findings) -> list[Figure]:
    chosen = findings.chosen
    if chosen is None or findings.honest is None:  # one fold is no comparison
        return []
    every = findings.candidates
    folds = np.array([c.folds if c.status == "ok" else c.folds * np.nan for c in every])
    comparison = compare(
        folds,
        findings.equals,
        n_best=MAX_ROWS,
        level=findings.honest.level,
        test_share=known_test_share(findings.search),
        chosen=chosen.number,
    )
    shown_ = [every[row] for row in comparison.candidates]
    marked = "" if findings.called == "best" else " chosen"
    more = [
        f"; {n} more with the same score on each fold" if n else ""
        for n in comparison.n_same
    ]
    chart = folds_chart(
        comparison,
        [f"#{c.number}{marked * (c is findings.chosen)}" for c in shown_],
        "score",
        narrow=True,
        notes=[
            [f"fold {k}: {findings.score_text(s, 1)}" for k, s in enumerate(c.folds)]
            for c in shown_
        ],
        means=[
            f"mean {findings.score_text(c.score, 1)}{others}"
            for c, others in zip(shown_, more, strict=True)
        ],
    )
    text = (
        "Each score less that of the best on the same fold, since a fold that is easy "
        "is easy for all. Where the interval of the mean reaches 0, a candidate cannot "
        "be told from the best. On the right is its mean score. Candidates with the "
        "same scores are drawn once."
    )
    assert chart.y.limits is not None
    data = _pen.draw(chart, height=round(AROUND - INCH * chart.y.limits[0]))
    heading, keys = "Folds of the best candidates", tuple(_pen.keys(chart))
    return [Figure("chart-folds", heading, text, data, keys, "half")]


def _slices(findings: Findings) -> list[Figure]:
    """Draw the model along the most important parameters, through the chosen one."""
    observed, placed = findings.observed, _placed(findings)
    numbers = np.array([c.number for c, _ in placed])
    assert observed is not None
    assert findings.model is not None
    assert findings.chosen is not None
    found = np.flatnonzero(numbers == findings.chosen.number)
    chosen = int(found[0]) if len(found) else None
    centre = None if chosen is None else placed[chosen][1]
    beliefs = Beliefs(findings.model, "slice", centre)
    names = [name for name in findings.importance.index if name in beliefs.names]
    if not names:
        return []
    slices = beliefs.slices(names[:MAX_SLICES])
    titles = name_labels(names, SLICE_NAME)
    scores = np.array([c.score for c, _ in placed])
    best = scores[chosen] if chosen is not None else observed.scores[observed.best]
    limits = curve_limits(slices, scores, best)
    early = np.array([c.status in ("early round", "paused") for c, _ in placed])
    drawn = []
    for i, each in enumerate(slices):
        (axis,) = each.axes
        values = [c.params.get(axis.name, np.nan) for c, _ in placed]
        chart = curve_chart(
            each,
            np.array([axis.number(value) for value in values]),
            scores,
            limits=limits,
            name=titles[axis.name],
            partial=early,
            best=chosen,
            best_label=f"the {findings.called} setting",
            rows=numbers,
            notes=_notes(findings, placed),
            most_names=MAX_NAMES,
        )
        text = SLICES.format(called=findings.called)
        text += EARLY if _is_halving(findings) else ""
        heading = f"Score along {shown(axis.name)}"
        data = _pen.draw(chart, height=250)
        figure = Figure(f"chart-slice-{i}", heading, text, data, width="third")
        drawn.append(figure)
    return drawn


def _timeline(findings: Findings) -> list[Figure]:
    fits = findings.fits
    if fits is None or not len(fits):
        return []
    times = Timeline.of(fits)
    chart = timeline_chart(fits, times)
    text = "Each bar is a fit on one fold. Gaps are time in which a worker waited."
    if fits["candidate"].nunique() > 1:
        text = text.replace(". Gaps", ", every other candidate paler. Gaps")
    if times.pauses:
        text += (
            f" Breaks between runs are left out: {duration(sum(times.pauses))}, at the "
            "dotted line."
        )
    data = _pen.draw(chart, height=max(70 + 24 * times.n_workers, 130))
    keys = tuple(_pen.keys(chart))
    return [Figure("chart-timeline", "When each fit ran", text, data, keys)]


def _placed(findings: Findings) -> list[tuple[Candidate, np.ndarray]]:
    """List candidates with their points, each setting once, those outside left out.

    Scores of early rounds are replaced by what they would be in the last one.
    """
    observed = findings.observed
    assert observed is not None
    space = observed.space
    names = {name for branch in space.branches for name in branch}
    placed = {}
    for candidate in findings.candidates:
        params = {n: v for n, v in candidate.params.items() if n in names}
        try:
            row = space.encode(params)
        except ValueError:
            continue
        # of successive halving the last round counts
        placed[key(row)] = (candidate, row)
    comparable = dict(zip(map(key, observed.U), observed.scores, strict=True))
    return [
        (replace(c, score=float(comparable[each])), row)
        if c.status == "early round"
        else (c, row)
        for each, (c, row) in placed.items()
    ]


def _notes(findings: Findings, placed: list[tuple[Candidate, np.ndarray]]) -> list[str]:
    """Return a note on each candidate that is drawn at another score than its own."""
    return [
        f"in the last round about {findings.score_text(c.score, 1)}"
        if c.status == "early round"
        else ""
        for c, _ in placed
    ]
