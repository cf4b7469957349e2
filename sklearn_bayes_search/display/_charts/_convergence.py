"""The score of each candidate, and how the best rose."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._axis import robust_limits, score_axis
from sklearn_bayes_search.display._charts._chart import (
    CYCLE,
    Axis,
    Band,
    Chart,
    Color,
    Dash,
    Line,
    Mark,
    Points,
    Style,
)
from sklearn_bayes_search.results._reader import SearchResults
from sklearn_bayes_search.results._short_text import number_texts

X_LABELS = {
    "candidates": "candidate, its row in the results",
    "fits": "fits (candidates × folds)",
    "seconds": "seconds of fitting and scoring, all fits added up",
}
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot")
# Of so many candidates, the first one need not be on the axis.
FIRST = 6
# What all legends call scores of candidates that are not complete.
PARTIAL = "scored on part of the folds or data"
OUTSIDE = "outside of the limits"

# What kinds of marks are called, in the order of the legend.
KINDS = {
    "band": "middle half of the runs",
    "ok": "a candidate",
    "partial": PARTIAL,
    "outside": OUTSIDE,
    "errors": "± standard error",
    "below": "below the axis",
    "failed": "failed",
    "chosen": "",
}


def run_table(results: SearchResults) -> pd.DataFrame:
    """Return a row per candidate; the best so far is among those that are "ok"."""
    complete = results.status == "ok"
    kinds = [results.failed, ~complete, ~results.within]
    return pd.DataFrame(
        {
            "score": results.scores,
            "standard_error": results.errors,
            "status": np.select(kinds, ["failed", "partial", "outside"], "ok"),
            "best": np.fmax.accumulate(
                np.where(results.within, results.scores, np.nan)
            ),
            "candidates": np.arange(len(results)),
            "fits": np.cumsum(results.n_fits),
            "seconds": np.cumsum(results.seconds),
        }
    )


def convergence_chart(
    runs: Mapping[str, Sequence[pd.DataFrame]],
    label: str,
    *,
    x: str = "candidates",
    show_points: bool | None = None,
    show_errors: bool = False,
    chosen: tuple[int, str] | None = None,
) -> Chart:
    """Return the chart of some runs, tables of `run_table` by the name of the search.

    ``label`` is that of the scores. ``chosen`` is a row that is ringed, and its name.
    """
    every = [run for own in runs.values() for run in own]
    show_points = len(every) == 1 if show_points is None else show_points
    low, high = _limits(every, show_points)
    axis = score_axis(label, low, high)
    lines: list[Line] = []
    marks: list[Mark] = []
    # several searches share the names of kinds, in grey
    grey: Color | None = "soft" if len(runs) > 1 else None
    for i, (name, own) in enumerate(runs.items()):
        color = CYCLE[i % len(CYCLE)]
        called = "best so far" if len(runs) == 1 else name
        best = _best_of_all(own, x)
        grid = best.index.to_numpy(dtype=float)
        if len(own) > 1:
            called += f", median of {len(own)} runs"
        if len(own) > 1 and len(best):
            first, third = np.quantile(best, [0.25, 0.75], axis=1)
            half = Style(color, opacity=0.2)
            marks.append(Band("band", half, grid, first, third, True, group=name))
        if show_points:
            for run in own:
                marks += _points(name, run, x, color, low, show_errors)
        if len(best):
            dash = DASHES[i // len(CYCLE) % len(DASHES)]
            style = Style("second" if len(every) == 1 else color, "none", dash=dash)
            middle = np.median(best, axis=1)
            line = Line("best", style, grid, middle, True, group=name, label=called)
            lines.append(line)
    if chosen is not None:
        row, called = chosen
        ring, of_row = Style("second", "ring", 15, width=2.5), every[0].iloc[[row]]
        at = of_row[x].to_numpy(dtype=float), of_row["score"].to_numpy(dtype=float)
        told = of_row["candidates"].to_numpy(), np.array([called])
        marks.append(Points("chosen", ring, *at, *told, label=called))
    marks.sort(key=lambda mark: list(KINDS).index(mark.role))
    named = []
    for mark in marks:
        label = mark.label or KINDS[mark.role]
        key = None if mark.role == "failed" else grey
        named.append(replace(mark, label=label, key_color=key))
    whole = Axis(X_LABELS[x], whole=x != "seconds")
    return Chart(whole, axis, [*_with_ends(lines, axis), *named])


def _limits(runs: Sequence[pd.DataFrame], show_points: bool) -> tuple[float, float]:
    scores = np.concatenate([run["score"] for run in runs])
    # lines alone begin below: what the first candidates gain would hide all the rest
    best = np.concatenate([run["best"][len(run) // FIRST :] for run in runs])
    low, high = robust_limits(scores if show_points else best)
    # where the best does not change, its candidates tell what is a difference
    return (low, high) if high > low else robust_limits(scores)


def _points(
    name: str, run: pd.DataFrame, x: str, color: Color, low: float, show_errors: bool
) -> list[Mark]:
    at, score = run[x].to_numpy(dtype=float), run["score"].to_numpy(dtype=float)
    status, rows = run["status"].to_numpy(), run["candidates"].to_numpy()
    of_kind = [status == "failed", ~(score >= low)]
    roles = np.select(of_kind, ["failed", "below"], status)
    marks: list[Mark] = []
    if show_errors:
        error = run["standard_error"].to_numpy(dtype=float)
        known = ~np.isin(roles, ["failed", "below"]) & np.isfinite(error)
        thin = Style(color, "none", opacity=0.35, width=1)
        both = np.array([error[known]] * 2)
        own = at[known], score[known]
        marks.append(Points("errors", thin, *own, errors=both, group=name))
    looks = {
        "ok": Style(color, size=7, opacity=0.65, width=0),
        "partial": Style(color, "ring", 6.5, width=1),
        "outside": Style("soft", "cross", 5, width=1),
        "below": Style(color, "down"),
        "failed": Style("bad", "cross", 7, width=0),
    }
    at_edge = {"below": "lower than the chart shows", "failed": "failed"}
    for role, style in looks.items():
        which = np.flatnonzero(roles == role)
        if len(which):
            notes = np.full(len(which), at_edge.get(role, ""), dtype=object)
            places, edge = (at[which], score[which], rows[which]), role in at_edge
            points = Points(role, style, *places, notes, at_edge=edge, group=name)
            marks.append(points)
    return marks


def _with_ends(lines: Sequence[Line], axis: Axis) -> list[Line]:
    """Write the last score of each line into its name."""
    ends = [line.y[-1] for line in lines]
    texts = number_texts(ends, digits=4, beside=axis.limits)
    return [
        replace(line, label=f"{line.label}: {text} at the end")
        for line, text in zip(lines, texts, strict=True)
    ]


def _best_of_all(runs: Sequence[pd.DataFrame], x: str) -> pd.DataFrame:
    """Return the best so far of each run, a column, from where all have one."""
    columns = [run.groupby(x)["best"].last() for run in runs]
    return pd.concat(columns, axis=1).sort_index().ffill().dropna()
