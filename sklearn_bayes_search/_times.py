"""Times of fits: in words, and without the pauses between runs of one search."""

import math

import numpy as np

__all__ = ["duration", "pauses"]

# Less, in seconds, is no pause but waiting: a search that is resumed has to be started.
SHORTEST_PAUSE = 60.0
# And it is longer than this share of the time of all fits.
LONG_PAUSE = 0.5


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it.

    Parameters
    ----------
    seconds : float
        NaN is unknown.

    Returns
    -------
    text : str
        Three digits and a unit.
    """
    if not math.isfinite(seconds):
        return "–"
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{1000 * seconds:.3g} ms" if seconds >= 1e-3 else "under 1 ms"


def pauses(start: np.ndarray, seconds: np.ndarray) -> list[tuple[float, float]]:
    """Find long times in which nothing ran, as before a search was resumed.

    Parameters
    ----------
    start, seconds : ndarray of shape (n_fits,)
        When each fit began, and how long it took.

    Returns
    -------
    pauses : list of (float, float)
        Begin and end of each, in order.
    """
    order = np.argsort(start, kind="stable")
    begin = start[order]
    latest = np.maximum.accumulate((start + seconds)[order])
    long = max(SHORTEST_PAUSE, LONG_PAUSE * float(seconds.sum()))
    after = np.flatnonzero(begin[1:] - latest[:-1] > long)
    return [(float(latest[i]), float(begin[i + 1])) for i in after]
