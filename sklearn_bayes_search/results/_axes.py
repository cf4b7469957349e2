"""What the axes of pictures and pages show: scores without hopeless ones; values."""

import numpy as np

__all__ = ["ROUNDING", "crowded", "score_limits"]

# Scores more than this times the way from the median to the best below the median are
# drawn at the edge: one very bad score would flatten all others.
FLOOR = 3.0
# Of fewer scores all are drawn where they are.
FEW = 5
# Differences of scores below this share of them are rounding errors.
ROUNDING = 1e-12
# Listed numbers that are closer to each other than this share of the axis cannot be
# told apart. Many of them are always close: there, those that are closer than this
# times the mean distance.
CLOSEST, CLOSEST_OF_MANY = 0.04, 0.28


def score_limits(scores: np.ndarray) -> tuple[float, float]:
    """Return the lowest score that is drawn where it is, and the highest.

    A tenth of the scores (n,) may be as bad as they like, and one where that is less
    than one, unless there are few. Lower ones than the first limit belong at the edge.
    Scores that are not finite do not count; one must be.
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


def crowded(places: np.ndarray) -> bool:
    """Check whether some of a few different places, in order, look alike on an axis."""
    if len(places) < 3:
        return False
    gaps = np.diff(places) / np.ptp(places)
    return bool(gaps.min() < min(CLOSEST, CLOSEST_OF_MANY / len(gaps)))
