"""Limits of an axis of scores that a few hopeless ones do not stretch."""

import numpy as np

__all__ = ["ROUNDING", "score_limits"]

# Scores more than this times the way from the median to the best below the median are
# drawn at the edge: one very bad score would flatten all others.
FLOOR = 3.0
# Of fewer scores all are drawn where they are.
FEW = 5
# Differences of scores below this share of them are rounding errors.
ROUNDING = 1e-12


def score_limits(scores: np.ndarray) -> tuple[float, float]:
    """Give the lowest score that is drawn where it is, and the highest.

    A tenth of the scores may be as bad as they like, and one where that is less than
    one, unless there are few.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Those that are not finite do not count; one must be.

    Returns
    -------
    floor, best : float
        Lower scores than the floor belong at the edge.
    """
    scores = np.sort(np.asarray(scores, dtype=float), axis=None)
    scores = scores[np.isfinite(scores)]
    n = len(scores)
    best, middle, worst = scores[-1], np.median(scores), scores[0]
    tenth = scores[max(round(0.1 * n), int(n >= FEW))]
    # where most are equally good, the median says nothing of the others
    way = max(best - middle, (best - tenth) / 2)
    floor = middle - FLOOR * way
    if way <= ROUNDING * abs(best) or floor <= worst:
        floor = worst
    return float(floor), float(best)
