"""The score of each candidate, and how the best rose."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sklearn_bayes_search.charts._axis import robust_limits, score_axis
from sklearn_bayes_search.charts._chart import (
    CYCLE,
    Axis,
    Band,
    Chart,
    Color,
    Line,
    Mark,
    Points,
    Style,
)
from sklearn_bayes_search.results._short_text import number_texts

X_LABELS = {
    "candidates": "candidate, its row in the results",
    "fits": "fits (candidates × folds)",
    "seconds": "seconds of fitting and scoring, all fits added up",
}
# What all legends call scores of candidates that are not complete.
PARTIAL = "scored on part of the folds or data"


def run_table(
    scores: np.ndarray,
    errors: np.ndarray,
    status: np.ndarray,
    n_fits: np.ndarray,
    seconds: np.ndarray,
) -> pd.DataFrame:
    """Return a row per candidate; the best so far is among those that are "ok"."""
    return pd.DataFrame(
        {
            "score": scores,
            "standard_error": errors,
            "status": status,
            "best": np.fmax.accumulate(np.where(status == "ok", scores, np.nan)),
            "candidates": np.arange(len(scores)),
            "fits": np.cumsum(n_fits),
            "seconds": np.cumsum(seconds),
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
    for i, (name, own) in enumerate(runs.items()):
        color = CYCLE[i % len(CYCLE)]
        dash = ("solid", "dash", "dot")[(i // len(CYCLE)) % 3]
        called = "best so far" if len(runs) == 1 else name
        grid, table = _on_common_grid(own, x)
        if len(own) > 1:
            called += f", median of {len(own)} runs"
        if len(own) > 1 and table.size:
            first, third = np.quantile(table, [0.25, 0.75], axis=0)
            half = Style(color, opacity=0.2)
            marks.append(Band("band", half, grid, first, third, True, group=name))
        if show_points:
            for run in own:
                marks += _points(name, run, x, color, low, show_errors)
        if table.size:
            middle = np.median(table, axis=0)
            own_color: Color = "second" if len(every) == 1 else color
            style = Style(own_color, "none", dash=dash)  # type: ignore[arg-type]
            best = Line("best", style, grid, middle, True, group=name, label=called)
            lines.append(best)
    if chosen is not None:
        marks.append(_ring(every[0], x, *chosen))
    marks = _labelled(sorted(marks, key=lambda m: list(KINDS).index(m.role)), len(runs))
    whole = Axis(X_LABELS[x], whole=x != "seconds")
    return Chart(whole, axis, [*_with_ends(lines, axis), *marks])


def _limits(runs: Sequence[pd.DataFrame], show_points: bool) -> tuple[float, float]:
    low, high = 0.0, 0.0
    # where the best does not change, its candidates tell what is a difference
    for key in ["score"] if show_points else ["best", "score"]:
        if not high > low:
            low, high = robust_limits(np.concatenate([run[key] for run in runs]))
    return low, high


def _points(
    name: str, run: pd.DataFrame, x: str, color: Color, low: float, show_errors: bool
) -> list[Mark]:
    at, score = run[x].to_numpy(dtype=float), run["score"].to_numpy(dtype=float)
    status, rows = run["status"].to_numpy(), run["candidates"].to_numpy()
    failed, inside = status == "failed", score >= low
    ok = (status == "ok") & inside
    partial = inside & ~ok & ~failed
    marks: list[Mark] = []
    if show_errors:
        error = run["standard_error"].to_numpy(dtype=float)
        known = (ok | partial) & np.isfinite(error)
        thin = Style(color, "none", opacity=0.35, width=1)
        both = np.array([error[known]] * 2)
        own = at[known], score[known]
        marks.append(Points("errors", thin, *own, errors=both, group=name))
    for role, which, style, note in (
        ("ok", ok, Style(color, size=7, opacity=0.65, width=0), ""),
        ("partial", partial, Style(color, "ring", 6.5, width=1), ""),
        (
            "below",
            ~failed & ~inside,
            Style(color, "down"),
            "lower than the chart shows",
        ),
        ("failed", failed, Style("bad", "cross", 7, width=0), "failed"),
    ):
        if which.any():
            points = Points(
                *(role, style, at[which], score[which]),
                rows=rows[which].tolist(),
                notes=[note] * int(which.sum()),
                at_edge=role in ("below", "failed"),
                group=name,
            )
            marks.append(points)
    return marks


def _ring(run: pd.DataFrame, x: str, row: int, name: str) -> Points:
    style = Style("second", "ring", 15, width=2.5)
    at, score = (run[key].to_numpy(dtype=float)[[row]] for key in (x, "score"))
    return Points("chosen", style, at, score, [row], [name], label=name)


# Marks in the order of the legend.
KINDS = {
    "band": "middle half of the runs",
    "ok": "a candidate",
    "partial": PARTIAL,
    "errors": "± standard error",
    "below": "below the axis",
    "failed": "failed",
    "chosen": "",
}


def _labelled(marks: Sequence[Mark], n_runs: int) -> list[Mark]:
    """Name each kind of marks once, in grey where several searches share it."""
    named: list[Mark] = []
    for mark in marks:
        if KINDS[mark.role] and mark.role not in {other.role for other in named}:
            grey = n_runs > 1 and mark.role != "failed"
            color: Color | None = "soft" if grey else None
            mark = replace(mark, label=KINDS[mark.role], key_color=color)
        named.append(mark)
    return named


def _with_ends(lines: Sequence[Line], axis: Axis) -> list[Line]:
    """Write the last score of each line into its name."""
    ends = [line.y[-1] for line in lines]
    texts = number_texts(ends, digits=4, beside=axis.limits)
    return [
        replace(line, label=f"{line.label}: {text} at the end")
        for line, text in zip(lines, texts, strict=True)
    ]


def _on_common_grid(
    runs: Sequence[pd.DataFrame], x: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best so far of each run at common places, from where all have one."""
    runs = [run[np.isfinite(run["best"]) & np.isfinite(run[x])] for run in runs]
    if not all(len(run) for run in runs):
        return np.array([]), np.empty((0, 0))
    start = max(run[x].iloc[0] for run in runs)
    grid = np.unique(np.concatenate([run[x].to_numpy(dtype=float) for run in runs]))
    grid = grid[grid >= start]
    rows = []
    for run in runs:
        at = np.searchsorted(run[x].to_numpy(dtype=float), grid, side="right") - 1
        rows.append(run["best"].to_numpy(dtype=float)[at])
    return grid, np.array(rows)
