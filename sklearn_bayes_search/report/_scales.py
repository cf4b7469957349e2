"""Axes for the parameters of any kind: where a value is, and which ticks there are."""

import math

import numpy as np

from sklearn_bayes_search.report._text import drawn, is_number

__all__ = ["MixedScale", "Scale", "round_numbers", "scales", "score_floor"]

# More names of choices than this cannot be read along an axis.
MAX_NAMES = 8
# Highest over lowest value from which on a range may be logarithmic.
LOG_FROM = 8.0
# Scores more than this times the way from the median to the best below the median are
# drawn at the edge: one very bad score would flatten all others.
FLOOR = 3.0


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

    def height(self, candidate, row):
        """Give how far along the axis a candidate is, 0 to 1."""
        return self._share(row[self.column])

    def _share(self, u):
        return float(np.clip((u - self.low) / (self.high - self.low), 0.0, 1.0))

    def ticks(self):
        """List positions of ticks, 0 to 1, and their texts, safe to be drawn."""
        if self.numeric and (self.dimension.n_levels or math.inf) > MAX_NAMES:
            pairs = [
                (self._place(value), drawn(value, 16)) for value in self.round_values()
            ]
            pairs = [(u, text) for u, text in pairs if u is not None]
        else:
            positions = self.dimension.positions()
            if positions is None:
                levels = self.dimension.snap(np.linspace(self.low, self.high, 33))
                positions = np.unique(levels)
            step = -(-len(positions) // MAX_NAMES)
            pairs = [
                (u, drawn(self.dimension.decode(u), 16)) for u in positions[::step]
            ]
        return [(self._share(u), text) for u, text in pairs]

    def round_values(self):
        """List a few round values within the range."""
        low, high = self.ends
        whole = isinstance(self.dimension.decode(self.low), int | np.integer)
        if self.log:
            first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
            step = max(-(-(last - first) // 4), 1)
            values = [10.0**power for power in range(first, last + 1, step)]
            values = values if len(values) > 1 else [low, math.sqrt(low * high), high]
        else:
            values = round_numbers(low, high)
        return sorted({round(v) for v in values}) if whole else values

    def _place(self, value):
        try:
            return self.dimension.encode(value)
        except ValueError:
            return None


class MixedScale:
    """A parameter that has other values in another part of the space, as an axis.

    Parameters
    ----------
    name : str
        Of the parameter.
    values : list
        All that were tried.
    """

    def __init__(self, name, values):
        self.name = name
        self._numeric = all(map(is_number, values))
        if self._numeric:
            low, high = min(values), max(values)
            self._log = low > 0 and high >= LOG_FROM * low
            self._texts = [drawn(value, 16) for value in (low, high)]
            self._ends = [self._measure(low), self._measure(high)]
        else:
            self._texts = list(dict.fromkeys(drawn(value, 16) for value in values))

    def height(self, candidate, row):
        """Give how far along the axis a candidate is, 0 to 1."""
        value = candidate.params[self.name]
        if self._numeric:
            low, high = self._ends
            return (self._measure(value) - low) / ((high - low) or 1.0)
        return (self._texts.index(drawn(value, 16)) + 0.5) / len(self._texts)

    def ticks(self):
        """List positions of ticks, 0 to 1, and their texts, safe to be drawn."""
        n = len(self._texts)
        places = (0.0, 1.0) if self._numeric else (np.arange(n) + 0.5) / n
        pairs = list(zip(places, self._texts, strict=True))
        return [(float(u), t) for u, t in pairs[:: -(-n // MAX_NAMES)]]

    def _measure(self, value):
        return math.log10(value) if self._log else float(value)


def scales(space):
    """List the axes of a space, one per column that is a parameter."""
    first = int(space.dims.branch is not None)
    return [
        Scale(name, dimension, column, space.reach[column])
        for column, (name, dimension) in enumerate(space.columns, start=first)
    ]


def round_numbers(low, high):
    """List three to six round numbers between two others."""
    step = 10 ** math.floor(math.log10((high - low) / 3))
    step *= next(f for f in (1, 2, 5, 10) if (high - low) / (step * f) <= 5)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.12g}") for i in range(first, last + 1)]


def score_floor(scores):
    """Give the lowest score that is drawn where it is, and the top of the axis."""
    scores = np.asarray(scores, dtype=float)
    scores = scores[np.isfinite(scores)]
    best, middle, worst = scores.max(), np.median(scores), scores.min()
    # where most are equally good, the median says nothing of the others
    way = max(best - middle, (best - np.quantile(scores, 0.1)) / 2)
    floor = middle - FLOOR * way
    if way == 0 or floor <= worst:
        floor = worst
    pad = 0.06 * (best - floor) or 0.01 * max(abs(best), 1e-3)
    return float(floor - pad), float(best + pad)
