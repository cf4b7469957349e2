"""An axis for the values of one parameter, whatever they are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_bayes_search.display._text import (
    value_text,
    value_texts,
)
from sklearn_bayes_search.results._axes import crowded
from sklearn_bayes_search.results._short_text import different_values, number_texts
from sklearn_bayes_search.space import Categorical
from sklearn_bayes_search.space._choices import all_numbers, int_and_equal_float
from sklearn_bayes_search.space._dimensions import is_number

__all__ = ["ParameterAxis", "dimension_axis", "parameter_axes"]

# A range whose ends differ by this factor has a logarithmic axis if its middle, or if
# nothing is known of it the middle of the values, is nearer to the geometric one.
LOG_FACTOR = 8.0
MAX_TICKS = 6
# Among names no more numbers are written, as where one dict has a range.
MOST_NUMBERS = 12
# Of more choices than this an axis shows those that were tried, or the range of
# numbers; and no more names are written than can be read.
MOST_CHOICES, MOST_NAMES = 100, 40


@dataclass(frozen=True, eq=False)
class ParameterAxis:
    """How the values of a parameter are placed.

    Parameters
    ----------
    name : str
        The parameter's full name.
    kind : {"linear", "log", "ordinal", "categorical"}
        What the axis is like; "ordinal" has listed numbers in even distances.
    low, high : float
        Ends of a numeric axis; 0 and the last place of an ordinal one; -0.5 and the
        number of choices less 0.5 of a categorical one.
    choices : list
        Values of a categorical axis; of another one those that the space lists.
    whole : bool
        Whether all numbers are whole.
    """

    name: str
    kind: str
    low: float
    high: float
    choices: list
    whole: bool

    def number(self, value):
        """Give a value's number on the axis; NaN if it is not there."""
        if self.kind == "ordinal":
            if not is_number(value):
                return np.nan
            return float(np.interp(value, self.choices, range(len(self.choices))))
        if self.kind != "categorical":
            return float(value) if is_number(value) else np.nan
        index = self._categories.index(value)
        return np.nan if index is None else float(index)

    @cached_property
    def _categories(self):
        return Categorical(self.choices)

    def share(self, value):
        """Place a value between the ends: 0 to 1."""
        number, low, high = self.number(value), self.low, self.high
        if self.kind == "log":
            number, low, high = np.log([number, low, high])
        return float((number - low) / (high - low)) if high > low else 0.5

    def ticks(self):
        """Give places between 0 and 1, with their texts."""
        if self.kind == "categorical":
            texts = value_texts(self.choices, width=16)
            shown = self._named()
            return [self.share(self.choices[i]) for i in shown], [
                texts[i] for i in shown
            ]
        if self.few or self.kind == "ordinal":
            numbers = self._listed()
        elif self.kind == "log":
            numbers = _log_ticks(self.low, self.high)
        else:
            from matplotlib.ticker import MaxNLocator

            locator = MaxNLocator(MAX_TICKS - 1, integer=self.whole)
            numbers = locator.tick_values(self.low, self.high)
        inside = [n for n in numbers if -1e-9 <= self.share(n) <= 1 + 1e-9]
        if len(inside) < 2:
            inside = [self.low, self.high] if self.high > self.low else [self.low]
        places = [self.share(n) for n in inside]
        if self.few or self.kind != "linear":
            return places, value_texts(inside)
        return places, number_texts(inside)

    def text(self, value):
        """Write a value as the ticks are written."""
        if self.kind == "categorical":
            index = self._categories.index(value)
            if index is not None:
                return value_texts(self.choices, 16)[index]
        elif self.few:
            index = np.flatnonzero(np.equal(self.choices, value))
            if len(index):
                return value_texts(self.choices)[index[0]]
        return value_text(value, 14)

    def _named(self):
        """Give places of choices that get a tick: names, and some of many numbers."""
        places = range(len(self.choices))
        numbers = [i for i in places if is_number(self.choices[i])]
        names = [i for i in places if not is_number(self.choices[i])]
        return sorted(
            numbers[:: -(-len(numbers) // MOST_NUMBERS) or 1]
            + names[:: -(-len(names) // MOST_NAMES) or 1]
        )

    def _listed(self):
        """Give the listed numbers that get a tick."""
        n = len(self.choices)
        return self.choices[:: -(-n // (MAX_TICKS + 2))]

    @property
    def few(self):
        """Whether it has few numbers, that the space lists."""
        return self.kind != "categorical" and 2 <= len(self.choices) <= MAX_TICKS + 2

    def set_scale(self, ax, which="x", *, margin=0.0):
        """Make an axis of matplotlib's like this one.

        Parameters
        ----------
        ax : Axes
            Whose axis.
        which : {"x", "y"}, default="x"
            Which one.
        margin : float, default=0.0
            Share of the axis that is left free at each end.
        """
        axis = getattr(ax, f"{which}axis")
        if self.kind == "log":
            getattr(ax, f"set_{which}scale")("log")
        if self.kind == "categorical":
            shown = self._named()
            texts = value_texts(self.choices, 16)
            axis.set_ticks(shown, [texts[i] for i in shown])
        elif self.few or self.kind == "ordinal":
            listed = self._listed()
            axis.set_ticks(list(map(self.number, listed)), value_texts(listed))
            axis.set_ticks([], minor=True)
        low, high = self.low, self.high
        if self.kind == "log":
            factor = (high / low) ** margin
            low, high = low / factor, high * factor
        elif self.kind != "categorical":
            low, high = low - margin * (high - low), high + margin * (high - low)
        if high > low:
            getattr(ax, f"set_{which}lim")(low, high)


def parameter_axes(settings, space=None, *, constant=False):
    """Make an axis for each parameter that varies.

    Parameters
    ----------
    settings : list of dict
        What was tried.
    space : Space, default=None
        Where it was searched: it tells ranges, scales and all choices.
    constant : bool, default=False
        Whether parameters with one value get an axis, too.

    Returns
    -------
    axes : dict of str -> ParameterAxis
        In the order of the names' first appearance.
    """
    names = list(dict.fromkeys(name for params in settings for name in params))
    axes = {}
    for name in names:
        values = [params[name] for params in settings if name in params]
        dimensions = [b[name] for b in space.branches if name in b] if space else []
        axis = dimension_axis(name, values, dimensions)
        varies = axis.high > axis.low and not (
            axis.kind == "categorical" and len(axis.choices) == 1
        )
        if varies or constant:
            axes[name] = axis
    return axes


def dimension_axis(name, values, dimensions):
    """Make an axis for some values of one parameter.

    Parameters
    ----------
    name : str
        The parameter's.
    values : list
        What was tried.
    dimensions : list of Dimension
        Where it was searched; may be empty.

    Returns
    -------
    axis : ParameterAxis
        A numeric one where all values and choices are numbers.
    """
    lists = [d.choices for d in dimensions if hasattr(d, "choices")]
    many = sum(map(len, lists)) > MOST_CHOICES
    choices = [] if many else [choice for own in lists for choice in own]
    if not all(map(all_numbers, [values, *lists])) or any(
        map(int_and_equal_float, lists if dimensions else [values])
    ):
        return _categorical(name, [*choices, *values])
    numbers = np.array([*values, *choices], dtype=float)
    ends, middles = [], []
    for dimension in dimensions:
        low, middle, high = (
            float(dimension.decode(float(u)))
            for u in (dimension.reach[0], np.mean(dimension.reach), dimension.reach[1])
        )
        ends += [low, high]
        middles.append(middle)
    low, high = float(min([*numbers, *ends])), float(max([*numbers, *ends]))
    if not middles:
        middles = [float(np.median(numbers))]
    kind = "log" if _is_log(low, high, middles) else "linear"
    choices = sorted(set(choices)) if len(lists) == len(dimensions) else []
    places = np.array(choices, dtype=float)
    if crowded(np.log(places) if kind == "log" else places):
        kind, low, high = "ordinal", 0.0, len(choices) - 1.0
    whole = bool(np.all(numbers == np.rint(numbers)))
    return ParameterAxis(name, kind, low, high, choices, whole)


def _categorical(name, values):
    """List different values: numbers ascending, after all others."""
    different = different_values(values)
    if any(map(is_number, different)):
        different.sort(key=lambda v: float(v) if is_number(v) else -np.inf)
    return ParameterAxis(
        name, "categorical", -0.5, len(different) - 0.5, different, False
    )


def _is_log(low, high, middles):
    if low <= 0 or high < LOG_FACTOR * low:
        return False
    middle = float(np.median(middles))
    if not low < middle < high:
        return False
    geometric = np.log(middle / low) / np.log(high / low)
    return bool(abs(geometric - 0.5) < abs((middle - low) / (high - low) - 0.5))


def _log_ticks(low, high):
    first, last = np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9)
    if last - first < 1:  # within a power of ten
        power = 10 ** np.floor(np.log10(low))
        return [m * power * scale for scale in (1, 10) for m in (1, 2, 5)]
    step = max(1, int(np.ceil((last - first) / (MAX_TICKS - 1))))
    return [10.0**power for power in np.arange(first, last + 1, step)]
