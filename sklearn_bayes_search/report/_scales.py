"""Axes for the parameters of any kind: where a value is, and which ticks there are."""

import math

import numpy as np

from sklearn_bayes_search.report._labels import value_labels
from sklearn_bayes_search.results._axes import ROUNDING, crowded, score_limits
from sklearn_bayes_search.results._short_text import different_values, number_texts
from sklearn_bayes_search.space import Ordinal
from sklearn_bayes_search.space._choices import same_value
from sklearn_bayes_search.space._dimensions import is_number
from sklearn_bayes_search.space._dims import nearest_level

__all__ = [
    "MAX_NAMES",
    "MixedScale",
    "Scale",
    "round_numbers",
    "scales",
    "score_floor",
    "score_ticks",
]

# More names of choices than this cannot be read along an axis, nor longer ones.
MAX_NAMES, LONGEST = 8, 16
# Share of an axis that a name takes beside numbers, and that is left to these.
NAME, NUMBERS = 0.12, 0.4
# Highest over lowest value from which on a range may be logarithmic.
LOG_FROM = 8.0


class Scale:
    """One parameter of a space, as an axis.

    Parameters
    ----------
    name : str
        Of the parameter.
    dimension : Dimension
        Its values.
    column : int
        Where it stands in a row of the unit cube.
    reach : tuple of (float, float)
        The positions between which values lie.
    """

    def __init__(self, name, dimension, column, reach):
        self.name, self.dimension, self.column = name, dimension, column
        self.low, self.high = (float(u) for u in reach)
        low, high = (dimension.decode(u) for u in (self.low, self.high))
        self.numeric = not dimension.categorical and all(map(is_number, (low, high)))
        self.log = False
        if self.numeric:
            middle = dimension.decode((self.low + self.high) / 2)
            # the geometric mean is in the middle of a logarithmic range
            far = low > 0 and high >= LOG_FROM * low
            self.log = far and middle < (low + 3 * high) / 8
            self.ends = float(low), float(high)
        self._listed = isinstance(dimension, Ordinal)
        levels = np.sort(dimension.positions()) if self._listed else []
        self._levels = levels if crowded(levels) else None

    def height(self, candidate, row):
        """Give how far along the axis a candidate is, 0 to 1."""
        return self._share(row[self.column])

    def _share(self, u):
        if self._levels is not None:
            rank = int(nearest_level(self._levels, np.array(u)))
            return rank / (len(self._levels) - 1)
        return float(np.clip((u - self.low) / (self.high - self.low), 0.0, 1.0))

    def ticks(self):
        """List positions of ticks, 0 to 1, and their texts, safe to be drawn."""
        pairs = []
        few = self.dimension.n_levels or math.inf
        if self.numeric and self._levels is None and few > MAX_NAMES:
            pairs = [(self._place(value), value) for value in self.round_values()]
            pairs = [(u, value) for u, value in pairs if u is not None]
        if len(pairs) < (3 if self._listed else 1):
            positions = self.dimension.positions()
            if positions is None:
                levels = self.dimension.snap(np.linspace(self.low, self.high, 33))
                positions = np.unique(levels)
            if self.numeric:
                positions = np.sort(positions)
            step = -(-len(positions) // MAX_NAMES)
            pairs = [(u, self.dimension.decode(u)) for u in positions[::step]]
        labels = value_labels([value for _, value in pairs], LONGEST)
        places = [self._share(u) for u, _ in pairs]
        return list(zip(places, labels, strict=True))

    def round_values(self):
        """List a few round values within the range."""
        whole = isinstance(self.dimension.decode(self.low), int | np.integer)
        return _round_values(*self.ends, log=self.log, whole=whole)

    def _place(self, value):
        try:
            return self.dimension.encode(value)
        except ValueError:
            return None


class MixedScale:
    """A parameter that has other values in another part of the space, as an axis.

    Numbers are in order, and what is none has a place of its own above them.

    Parameters
    ----------
    name : str
        Of the parameter.
    values : list
        All that were tried.
    """

    def __init__(self, name, values):
        self.name = name
        numbers = sorted({float(value) for value in values if is_number(value)})
        self._names = different_values(v for v in values if not is_number(v))
        # of the axis, what the numbers have
        self._share = max(NUMBERS, 1 - NAME * len(self._names)) if numbers else 0.0
        self._numbers, self._few = numbers, len(numbers) <= MAX_NAMES
        if numbers:
            self._ends = low, high = numbers[0], numbers[-1]
            self._whole = all(value % 1 == 0 for value in numbers)
            self._log = low > 0 and high >= LOG_FROM * low
            self._even = self._few and crowded([self._measure(v) for v in numbers])

    def height(self, candidate, row):
        """Give how far along the axis a candidate is, 0 to 1."""
        return self._height(candidate.params[self.name])

    def _height(self, value):
        if is_number(value):
            return self._share * self._place(float(value))
        index = next(i for i, name in enumerate(self._names) if same_value(name, value))
        # alone, names are off the ends
        place = index + (1.0 if self._numbers else 0.5)
        return self._share + (1 - self._share) * place / len(self._names)

    def ticks(self):
        """List positions of ticks, 0 to 1, and their texts, safe to be drawn."""
        values = self._numbers
        if values and not self._few:
            values = _round_values(*self._ends, log=self._log, whole=self._whole)
        if self._numbers and self._whole:
            values = [int(value) for value in values]
        step = max(-(-len(self._names) // MAX_NAMES), 1)
        values = [*values, *self._names[::step]]
        places = [self._height(value) for value in values]
        return list(zip(places, value_labels(values, LONGEST), strict=True))

    def _place(self, value):
        """Give the place of a number among the others, 0 to 1."""
        if self._even:
            return self._numbers.index(value) / (len(self._numbers) - 1)
        low, high = map(self._measure, self._ends)
        return (self._measure(value) - low) / (high - low) if high > low else 0.5

    def _measure(self, value):
        return math.log10(value) if self._log else value


def scales(space):
    """List the axes of a space, one per column that is a parameter."""
    first = int(space.dims.branch is not None)
    return [
        Scale(name, dimension, column, space.reach[column])
        for column, (name, dimension) in enumerate(space.columns, start=first)
    ]


def _round_values(low, high, *, log, whole):
    """List a few round values within a range."""
    if log:
        first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
        step = max(-(-(last - first) // 4), 1)
        values = [10.0**power for power in range(first, last + 1, step)]
        values = values if len(values) > 1 else [low, math.sqrt(low * high), high]
    else:
        values = round_numbers(low, high)
    return sorted({round(v) for v in values}) if whole else values


def round_numbers(low, high, most=5):
    """List three numbers at least between two others, at most so many round steps."""
    step = 10.0 ** math.floor(math.log10(high / 3 - low / 3))
    # the difference may be beyond the largest float
    n_steps = high / step - low / step
    step *= next(factor for factor in (1, 2, 5, 10) if n_steps / factor <= most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.15g}") for i in range(first, last + 1)]


def score_ticks(low, high):
    """List round scores of an axis, with as many digits as tell them apart.

    Parameters
    ----------
    low, high : float
        Ends of the axis.

    Returns
    -------
    values : list of float
        Scores.
    texts : list of str
        What is written there.
    """
    if high - low <= ROUNDING * abs(high):
        low, high = low - _pad(high), high + _pad(high)
    values = round_numbers(low, high, most=6)
    return values, [text.replace("-", "−") for text in number_texts(values)]


def score_floor(scores):
    """Give the lowest score that is drawn where it is, and the top of the axis."""
    floor, best = score_limits(scores)
    pad = 0.06 * (best - floor)
    if pad <= ROUNDING * abs(best):
        pad = _pad(best)
    return floor - pad, best + pad


def _pad(score):
    """Give the room around scores that are all equal."""
    return 0.01 * max(abs(score), 1e-3)
