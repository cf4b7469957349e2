"""Make a space of the values that a search tried, where nothing else is known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sklearn_bayes_search.space._choices import (
    Categorical,
    Ordinal,
    are_ordered,
    same_value,
)
from sklearn_bayes_search.space._dimensions import Dimension, Integer, Real, is_whole
from sklearn_bayes_search.space._space import Space

# A range that spans so many times its lowest value was meant to be logarithmic.
LOG_FROM = 100.0


def seen_space(settings: Sequence[Mapping[str, Any]]) -> Space:
    """Return a space of the values seen, which holds all candidates, at least one.

    Numbers that can be ordered are ordered choices where each was tried twice or more
    on average, as in a grid. Otherwise they are a range from the lowest to the highest
    seen: of ints where all are whole, logarithmic where all are positive and the
    highest is at least 100 times the lowest. Everything else is a choice without an
    order. Candidates with other names are other branches: a parameter is inactive where
    a candidate lacks it.
    """
    tried: dict[str, list[Any]] = defaultdict(list)
    # by the names of the active parameters
    branches: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for setting in settings:
        branches[tuple(sorted(setting))].append(setting)
        for name, value in setting.items():
            tried[name].append(value)
    shared = {
        name: _numeric(values)
        for name, values in tried.items()
        if are_ordered(name, values)
    }
    return Space(
        [
            # a category that a branch never had does not belong to it
            {
                name: shared.get(name) or Categorical(_unique(m[name] for m in members))
                for name in names
            }
            for names, members in branches.items()
        ]
    )


def _numeric(values: list[Any]) -> Dimension:
    """Return ordered choices or a range of numbers."""
    unique = sorted(set(values))
    low, high = unique[0], unique[-1]
    if len(unique) == 1 or 2 * len(unique) <= len(values):
        return Ordinal(unique)
    log = low > 0 and high >= LOG_FROM * low
    if all(map(is_whole, unique)):
        return Integer(int(low), int(high), log=log)
    return Real(float(low), float(high), log=log)


def _unique(values: Iterable[Any]) -> list[Any]:
    unique: list[Any] = []
    for value in values:
        if not any(same_value(value, other) for other in unique):
            unique.append(value)
    return unique
