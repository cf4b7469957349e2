"""Which worker ran which fit, and when."""

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._chart import (
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
            label=label,
            shade=rows[mine] / max(rows.max(), 1) if shaded else None,
            pale=rows[mine] % 2 == 1 if shaded else None,
            rows=rows[mine],
            notes=notes[mine],
        )
        marks.append(spans)
    middle, at = times.start + times.seconds / 2, times.rows.astype(float)
    cross = Style("ink", "cross", width=0)
    places = middle[failed], at[failed], rows[failed], notes[failed]
    label = "failed fit" if failed.any() else ""
    crosses = Points("failed", cross, *places, label=label)
    left_out = ", breaks left out" if times.pauses else ""
    dotted, label = Style("ink", dash="dot", width=1.2), "break" if times.pauses else ""
    breaks = Rules("breaks", dotted, times.cuts, label=label)
    n = times.n_workers
    return Chart(
        Axis(f"seconds since the first fit began{left_out}", (0.0, times.end or 1.0)),
        Axis(
            limits=(n - 0.4, -0.6),
            ticks=Ticks([float(row) for row in range(n)], _row_names(times)),
        ),
        [*marks, crosses, breaks],
        title=_title(times),
    )


def utilisation(times: Timeline) -> float:
    """Return the share of the workers' time in which they fitted."""
    fits = pd.DataFrame({"start": times.start, "end": times.start + times.seconds})
    fits = fits.sort_values("start", kind="stable")
    worker = times.workers[fits.index]
    # of a worker's fits that overlap, time counts once
    latest = fits.groupby(worker)["end"].cummax().groupby(worker).shift()
    busy = (fits["end"] - np.fmax(fits["start"], latest)).clip(lower=0).sum()
    present = _idle(times).length.sum()
    return float(busy / present) if present > 0 else 1.0


def _idle(times: Timeline) -> Spans:
    """Return when there were workers, whether or not they had something to do."""
    fits = pd.DataFrame({"start": times.start, "end": times.start + times.seconds})
    ends = fits.groupby(times.runs).agg({"start": "min", "end": "max"})
    runs, rows = np.unique([times.runs, times.rows], axis=1)
    start, end = ends.loc[runs].to_numpy().T
    faint: list[Color] = ["faint"] * len(rows)
    style = Style("faint", width=0)
    return Spans("idle", style, start, end - start, rows, faint, label="idle")


def _title(times: Timeline) -> str:
    n, breaks = times.n_workers, times.pauses
    title = "1 worker" if n == 1 else f"{n} workers"
    title += f", {100 * utilisation(times):.0f} % busy, {duration(times.end)}"
    if breaks:
        several = "1 break" if len(breaks) == 1 else f"{len(breaks)} breaks"
        title += f" without {several} of {duration(sum(breaks))}"
    return title


def _notes(fits: pd.DataFrame, times: Timeline) -> np.ndarray:
    columns = fits["fold"], times.seconds, fits["status"], fits["worker"]
    notes = [
        # without a worker where it was lost
        f"fold {fold}: {duration(took)}, {status}" + (f", {worker}" if worker else "")
        for fold, took, status, worker in zip(*columns, strict=True)
    ]
    return np.array(notes, dtype=object)


def _row_names(times: Timeline) -> list[str]:
    """Name rows by their hosts where there are several."""
    hosts: list[set[str]] = [set() for _ in range(times.n_workers)]
    for worker, row in zip(times.workers, times.rows, strict=True):
        host, known, _ = str(worker).rpartition(":")
        hosts[row].update([host] if known else [])
    if len(set[str]().union(*hosts)) <= 1:
        return [f"worker {i + 1}" for i in range(len(hosts))]
    return [f"{', '.join(sorted(own))} {i + 1}" for i, own in enumerate(hosts)]
