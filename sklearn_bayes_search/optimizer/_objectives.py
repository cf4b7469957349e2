"""Which outcomes are the best with several objectives, or with limits."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search.optimizer._hypervolume import on_front
from sklearn_bayes_search.optimizer._trial import Outcome, is_score

# Of folds with 0.9, 0.5 and 1.0 the mean is 0.7999999999999999, and reaches 0.8.
ROUNDING = 1e-9


def reached(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return which values reach their limits, but for rounding of a mean."""
    return np.asarray(values >= limits - ROUNDING * np.abs(limits))


def shortfalls(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return how far each row of values stays below the limits, 0 where it reaches all.

    ``values`` have the shape (n_rows, n_limits). The largest shortfall counts, in
    standard deviations of what the rows have.
    """
    unit = np.std(values, axis=0)
    unit = np.where(unit > 0, unit, np.where(limits != 0, np.abs(limits), 1.0))
    short = np.where(reached(values, limits), 0.0, limits - values)
    return np.asarray(np.max(short / unit, axis=1))


def within_limits(outcomes: Sequence[Outcome], limits: np.ndarray) -> list[Outcome]:
    """Return the outcomes that reach all limits, else those that come nearest."""
    scored = [outcome for outcome in outcomes if not outcome.failed]
    if not len(limits) or not scored:
        return scored
    short = shortfalls(np.array([outcome.limited for outcome in scored]), limits)
    return [o for o, by in zip(scored, short, strict=True) if by == short.min()]


def without_rounding(Y: np.ndarray) -> np.ndarray:
    """Round finite values (n_points, n_objectives), so that equal means are equal.

    Else one that is a bit higher would be on a front beside one that is much cheaper.
    """
    unit = np.abs(Y).max(axis=0, initial=0.0)
    unit = np.where(unit > 0, unit, 1.0)
    return np.asarray(np.round(Y / unit, 12) * unit)


def pareto(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes that no other one dominates, by their first score."""
    if not outcomes:
        return []
    Y = np.array([o.scores if o.scores is not None else [o.score] for o in outcomes])
    Y = without_rounding(Y)
    rows = np.flatnonzero(on_front(Y))
    return [outcomes[row] for row in rows[np.argsort(-Y[rows, 0], kind="stable")]]


def check_values(name: str, values: Any, n: int) -> np.ndarray:
    """Return the ``n`` numbers of an outcome, all NaN if one is not finite."""
    given = [values] if np.ndim(values) == 0 else list(values)
    if len(given) != n or not all(map(is_score, given)):
        raise TypeError(
            f"The {name} must be {n} number{'s' * (n > 1)}, NaN where the evaluation "
            f"failed. Got {values!r}."
        )
    found = np.array(given, dtype=float)
    return found if np.isfinite(found).all() else np.full(n, np.nan)
