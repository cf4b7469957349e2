"""Times of fits: in words, without pauses between runs, and by the workers there."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

# Less, in seconds, is no pause but waiting: a search that is resumed has to be started.
SHORTEST_PAUSE = 60.0
# And it is longer than this share of the time of all fits.
LONG_PAUSE = 0.5


def duration(seconds: float, digits: int = 3) -> str:
    """Write a time in the unit that suits it; NaN is unknown."""
    if not math.isfinite(seconds):
        return "–"
    number, unit = seconds, "s"
    for longer, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            number, unit = seconds / length, longer
            break
    if seconds < 1e-3:
        return "under 1 ms"
    if seconds < 1:
        number, unit = 1000 * seconds, "ms"
    return f"{float(f'{number:.{digits}g}'):g} {unit}"


@dataclass(frozen=True, eq=False)
class Timeline:
    """When each fit ran and where, in seconds, without pauses between runs.

    Of each fit, (n_fits,): ``start`` after the first one, less the pauses before;
    ``seconds``; ``workers``, a name of its own if it was lost with its worker;
    ``rows``, as many as there were workers at a time, since a worker that began after
    another one had ended has the row of that; ``runs``, another one after each pause,
    and where all workers had ended for good. ``cuts`` are where something was left out,
    ``pauses`` how much.
    """

    start: np.ndarray
    seconds: np.ndarray
    workers: np.ndarray
    rows: np.ndarray
    runs: np.ndarray
    cuts: list[float]
    pauses: list[float]

    @classmethod
    def of(cls, fits: Any) -> "Timeline":
        """Read ``folds_frame()``, of one fit at least."""
        start = (fits["start"] - fits["start"].min()).dt.total_seconds().to_numpy()
        seconds = np.nan_to_num(fits["seconds"].to_numpy(dtype=float))
        workers = np.array(
            [str(w) or f"lost {i}" for i, w in enumerate(fits["worker"])]
        )
        rows, last = _rows(start, start + seconds, workers)
        order = np.argsort(start, kind="stable")
        begin, end = start[order], (start + seconds)[order]
        wait = np.append(0.0, begin[1:] - np.maximum.accumulate(end)[:-1])
        wait[wait <= max(SHORTEST_PAUSE, LONG_PAUSE * float(seconds.sum()))] = 0.0
        gone = np.cumsum(wait)
        after = np.flatnonzero(wait)
        ended = np.append(False, begin[1:] >= np.maximum.accumulate(last[order])[:-1])
        back = np.argsort(order)
        return cls(
            start=start - gone[back],
            seconds=seconds,
            workers=workers,
            rows=rows,
            runs=np.cumsum(ended | (wait > 0))[back],
            cuts=(begin - gone)[after].tolist(),
            pauses=wait[after].tolist(),
        )

    @property
    def end(self) -> float:
        """When the last fit ended."""
        return float((self.start + self.seconds).max())

    @property
    def n_workers(self) -> int:
        """How many there were at a time."""
        return int(self.rows.max()) + 1


def _rows(
    start: np.ndarray, end: np.ndarray, workers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of each fit's worker, and the end of the worker's last fit."""
    names, worker = np.unique(workers, return_inverse=True)
    first, last = np.full(len(names), np.inf), np.zeros(len(names))
    np.minimum.at(first, worker, start)
    np.maximum.at(last, worker, end)
    row_of = np.zeros(len(names), dtype=int)
    free_from: list[float] = []
    for i in np.argsort(first, kind="stable"):
        free = (row for row, until in enumerate(free_from) if until <= first[i])
        row_of[i] = row = next(free, len(free_from))
        free_from[row : row + 1] = [last[i]]
    return row_of[worker], last[worker]
