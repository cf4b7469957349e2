"""Which worker ran which fit, and when."""

from dataclasses import replace

import numpy as np
import pandas as pd

from sklearn_bayes_search.charts._chart import (
    Axis,
    Chart,
    Color,
    Mark,
    Points,
    Rules,
    Spans,
    Style,
    Ticks,
)
from sklearn_bayes_search.results._times import Timeline, duration


def timeline_chart(
    fits: pd.DataFrame, times: Timeline, *, color: str = "candidate"
) -> Chart:
    """Return the chart of a table of ``folds_frame()``: a row for each worker.

    By ``color``, shades tell candidates or colours tell failures.
    """
    failed = (fits["status"] == "failed").to_numpy()
    notes = _notes(fits, times)
    rows = fits["candidate"].to_numpy()
    shaded = color == "candidate"
    label = "a candidate, and the next" if shaded and rows.max() > 0 else "fit"
    marks: list[Mark] = [_idle(times)]
    for worker in dict.fromkeys(times.workers[np.argsort(times.start, kind="stable")]):
        mine = np.flatnonzero(times.workers == worker)
        colors: list[Color] = ["bad" if failed[i] else "accent" for i in mine]
        spans = Spans(
            "fits",
            Style("accent", width=1),
            *(times.start[mine], times.seconds[mine], times.rows[mine], colors),
            group=str(worker),
            label=label if len(marks) == 1 else "",
            shade=rows[mine] / max(rows.max(), 1) if shaded else None,
            pale=rows[mine] % 2 == 1 if shaded else None,
            rows=rows[mine].tolist(),
            notes=[notes[i] for i in mine],
        )
        marks.append(spans)
    ends = np.flatnonzero(failed)
    middle, at = times.start + times.seconds / 2, times.rows.astype(float)
    crosses = Points(
        *("failed", Style("ink", "cross", width=0), middle[ends], at[ends]),
        rows=rows[ends].tolist(),
        notes=[notes[i] for i in ends],
        label="failed fit" if failed.any() else "",
    )
    breaks = Rules("breaks", Style("ink", dash="dot", width=1.2), times.cuts)
    since = "seconds since the first fit began"
    if times.pauses:
        breaks = replace(breaks, label="break")
        since += ", breaks left out"
    n = times.n_workers
    return Chart(
        Axis(since, (0.0, times.end or 1.0)),
        Axis(
            limits=(n - 0.4, -0.6),
            ticks=Ticks([float(row) for row in range(n)], _row_names(times)),
        ),
        [*marks, crosses, breaks],
        title=_title(times),
    )


def utilisation(times: Timeline) -> float:
    """Return the share of the workers' time in which they fitted."""
    end, busy = times.start + times.seconds, 0.0
    for worker in np.unique(times.workers):
        mine = times.workers == worker
        busy += _covered(times.start[mine], end[mine])
    present = float(_idle(times).length.sum())
    return busy / present if present > 0 else 1.0


def _idle(times: Timeline) -> Spans:
    """Return when there were workers, whether or not they had something to do."""
    start, length, rows = [], [], []
    for run in range(times.runs.max() + 1):
        mine = times.runs == run
        begin = times.start[mine].min()
        for row in np.unique(times.rows[mine]):
            start.append(begin)
            length.append((times.start + times.seconds)[mine].max() - begin)
            rows.append(row)
    faint: list[Color] = ["faint"] * len(rows)
    places = np.array(start), np.array(length), np.array(rows)
    return Spans("idle", Style("faint", width=0), *places, faint, label="idle")


def _title(times: Timeline) -> str:
    n, breaks = times.n_workers, times.pauses
    title = "1 worker" if n == 1 else f"{n} workers"
    title += f", {100 * utilisation(times):.0f} % busy, {duration(times.end)}"
    if breaks:
        several = "1 break" if len(breaks) == 1 else f"{len(breaks)} breaks"
        title += f" without {several} of {duration(sum(breaks))}"
    return title


def _notes(fits: pd.DataFrame, times: Timeline) -> list[str]:
    columns = zip(
        fits["fold"], times.seconds, fits["status"], fits["worker"], strict=True
    )
    return [
        # without a worker where it was lost
        f"fold {fold}: {duration(took)}, {status}" + (f", {worker}" if worker else "")
        for fold, took, status, worker in columns
    ]


def _row_names(times: Timeline) -> list[str]:
    """Name rows by their hosts where there are several."""
    hosts: list[set[str]] = [set() for _ in range(times.n_workers)]
    for worker, row in zip(times.workers, times.rows, strict=True):
        host, known, _ = str(worker).rpartition(":")
        hosts[row].update([host] if known else [])
    if len(set[str]().union(*hosts)) <= 1:
        return [f"worker {i + 1}" for i in range(len(hosts))]
    return [f"{', '.join(sorted(own))} {i + 1}" for i, own in enumerate(hosts)]


def _covered(start: np.ndarray, end: np.ndarray) -> float:
    """Return the time in which at least one interval is open."""
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    latest = np.concatenate([[-np.inf], np.maximum.accumulate(end)[:-1]])
    return float(np.maximum(end - np.maximum(start, latest), 0).sum())
