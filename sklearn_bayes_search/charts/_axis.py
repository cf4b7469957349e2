"""Where values of a parameter are on an axis, whatever they are, and scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from sklearn_bayes_search.charts._chart import Axis, Ticks
from sklearn_bayes_search.results._short_text import (
    ROUNDING,
    different_values,
    number_texts,
    value_texts,
)
from sklearn_bayes_search.space import Categorical, Space
from sklearn_bayes_search.space._choices import all_numbers, int_and_equal_float
from sklearn_bayes_search.space._dimensions import Dimension, is_number

# A range whose ends differ by this factor has a logarithmic axis if its middle, or if
# nothing is known of it the middle of the values, is nearer to the geometric one.
LOG_FACTOR = 8.0
# Steps between round numbers, and listed numbers that all get a tick.
MAX_STEPS, MAX_LISTED = 5, 8
# Characters of the text of a value beside a tick, and elsewhere.
TICK_WIDTH, TEXT_WIDTH = 16, 14
# More different numbers than this, among names, have a scale of their own, which takes
# the room of so many names, or of this many for each name.
MOST_NUMBERS, NUMBERS_ROOM, ROOM_PER_NAME = 12, 8, 2 / 3
# Of more choices than this an axis shows those that were tried, or the range of
# numbers; and no more names are written than can be read.
MOST_CHOICES, MOST_NAMES = 100, 40

# Scores more than this times the way from the median to the best below the median are
# drawn at the edge: one very bad score would flatten all others.
FLOOR = 3.0
# Of fewer scores all are drawn where they are.
FEW = 5
# Listed numbers that are closer to each other than this share of the axis cannot be
# told apart. Many of them are always close: there, those that are closer than this
# times the mean distance.
CLOSEST, CLOSEST_OF_MANY = 0.04, 0.28


@dataclass(frozen=True, eq=False)
class ParameterAxis:
    """How the values of a parameter are placed.

    An "ordinal" axis has listed numbers in even distances. ``low`` and ``high`` are the
    ends of a numeric axis, 0 and the last place of an ordinal one, half a step beyond
    the first and the last place of a categorical one. ``choices`` are its values; of
    another axis those that the space lists. ``whole`` tells that all numbers are whole.
    The many ``numbers`` of a categorical axis are above its names.
    """

    name: str
    kind: Literal["linear", "log", "ordinal", "categorical"]
    low: float
    high: float
    choices: list[Any]
    whole: bool
    numbers: "ParameterAxis | None" = None

    def number(self, value: Any) -> float:
        """Return a value's number on the axis; NaN if it is not there."""
        if self.kind == "ordinal":
            if not is_number(value):
                return math.nan
            return float(np.interp(value, self.choices, range(len(self.choices))))
        if self.kind != "categorical":
            return float(value) if is_number(value) else math.nan
        if self.numbers is not None and is_number(value):
            first = self._n_names
            return first + self.numbers.share(value) * (self.high - 0.5 - first)
        index = self._categories.index(value)
        return math.nan if index is None else float(index)

    @cached_property
    def _categories(self) -> Categorical:
        return Categorical(self.choices)

    @cached_property
    def _n_names(self) -> int:
        return sum(not is_number(choice) for choice in self.choices)

    def share(self, value: Any) -> float:
        """Place a value between the ends: 0 to 1."""
        number, low, high = self.number(value), self.low, self.high
        if self.kind == "log":
            number, low, high = map(math.log, (number, low, high))
        # halved, or the difference of the largest floats would be infinite
        width = high / 2 - low / 2
        return float((number / 2 - low / 2) / width) if width > 0 else 0.5

    def ticks(self, most_names: int = MOST_NAMES) -> Ticks:
        """Return places between 0 and 1, with their texts.

        Neither library draws ticks on the axes of parallel coordinates: plotly's own
        Parcoords has no hover, no gaps and one width for all lines.
        """
        if self.kind == "categorical":
            return self._shares(self._named(most_names))
        if self.few or self.kind == "ordinal":
            ticks = self._listed()
            return self._shares(ticks)
        if self.kind == "log":
            numbers = _log_numbers(self.low, self.high)
        else:
            numbers = round_numbers(self.low, self.high) if self.high > self.low else []
        inside = [n for n in numbers if -1e-9 <= self.share(n) <= 1 + 1e-9]
        if self.whole:
            inside = [float(n) for n in sorted({round(n) for n in inside})]
        if len(inside) < 2:
            inside = [self.low, self.high] if self.high > self.low else [self.low]
        texts = value_texts if self.kind == "log" else number_texts
        return Ticks([self.share(n) for n in inside], texts(inside))

    def text(self, value: Any) -> str:
        """Write a value as the ticks are written."""
        if self.kind == "categorical":
            index = self._categories.index(value)
            if index is not None:
                return value_texts(self.choices, TICK_WIDTH)[index]
        elif self.few and value in self.choices:
            return value_texts(self.choices)[self.choices.index(value)]
        return value_texts([value], TEXT_WIDTH)[0]

    def axis(
        self, label: str, *, margin: float = 0.0, most_names: int = MOST_NAMES
    ) -> Axis:
        """Return the axis of a chart, with a share of it free at each end."""
        low, high, ticks = self.low, self.high, None
        if self.kind == "categorical":
            ticks, margin = self._named(most_names), 0.0
        elif self.few or self.kind == "ordinal":
            ticks = self._listed()
        if self.kind == "log":
            factor = (high / low) ** margin
            low, high = low / factor, high * factor
        else:
            low, high = low - margin * (high - low), high + margin * (high - low)
        return Axis(
            label,
            (low, high) if high > low else None,
            log=self.kind == "log",
            ticks=ticks,
            whole=self.whole,
        )

    def _shares(self, ticks: Ticks) -> Ticks:
        width = self.high - self.low
        low = self.low
        if self.kind == "log":
            logs = np.log(ticks.places)
            low, width = math.log(low), math.log(self.high / low)
            return Ticks(((logs - low) / width).tolist(), ticks.texts)
        if not width > 0:
            return Ticks([0.5 for _ in ticks.places], ticks.texts)
        return Ticks([(each - low) / width for each in ticks.places], ticks.texts)

    def _named(self, most: int) -> Ticks:
        """Return ticks of choices: names, and some of many numbers, in numbers."""
        texts = value_texts(self.choices, TICK_WIDTH)
        at = range(len(self.choices))
        names = [i for i in at if not is_number(self.choices[i])]
        names = names[:: -(-len(names) // most) or 1]
        if self.numbers is None:
            own = [i for i in at if is_number(self.choices[i])]
            some = sorted(names + own[:: -(-len(own) // MOST_NUMBERS) or 1])
            return Ticks([float(i) for i in some], [texts[i] for i in some])
        first, ticks = self._n_names, self.numbers.ticks()
        places = [first + u * (self.high - 0.5 - first) for u in ticks.places]
        return Ticks(
            [*map(float, names), *places], [texts[i] for i in names] + ticks[1]
        )

    def _listed(self) -> Ticks:
        """Return ticks of listed numbers."""
        some = self.choices[:: -(-len(self.choices) // MAX_LISTED)]
        return Ticks([self.number(value) for value in some], value_texts(some))

    @property
    def few(self) -> bool:
        """Whether it has few numbers, that the space lists."""
        return self.kind != "categorical" and 2 <= len(self.choices) <= MAX_LISTED


def parameter_axes(
    settings: Sequence[Mapping[str, Any]],
    space: Space | None = None,
    *,
    constant: bool = False,
) -> dict[str, ParameterAxis]:
    """Make an axis for each parameter that varies, or for all if ``constant``.

    A space tells ranges, scales and all choices.
    """
    axes = {}
    for name in dict.fromkeys(name for params in settings for name in params):
        values = [params[name] for params in settings if name in params]
        dimensions = [b[name] for b in space.branches if name in b] if space else []
        axis = dimension_axis(name, values, dimensions)
        varies = axis.high > axis.low and not (
            axis.kind == "categorical" and len(axis.choices) == 1
        )
        if varies or constant:
            axes[name] = axis
    return axes


def dimension_axis(
    name: str, values: Sequence[Any], dimensions: Sequence[Dimension]
) -> ParameterAxis:
    """Make an axis for values of one parameter: numeric if these and all choices are.

    ``dimensions`` are those in which it was searched, if that is known.
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
    kind: Literal["linear", "log", "ordinal"] = "linear"
    kind = "log" if _is_log(low, high, middles) else kind
    choices = sorted(set(choices)) if len(lists) == len(dimensions) else []
    places = np.array(choices, dtype=float)
    if crowded(np.log(places) if kind == "log" else places):
        kind, low, high = "ordinal", 0.0, len(choices) - 1.0
    whole = bool(np.all(numbers == np.rint(numbers)))
    return ParameterAxis(name, kind, low, high, choices, whole)


def _categorical(name: str, values: Sequence[Any]) -> ParameterAxis:
    """Make an axis of different values: numbers ascending, above all others."""
    different = different_values(values)
    numbers = [value for value in different if is_number(value)]
    names = len(different) - len(numbers)
    inner, places = None, float(len(different))
    if numbers:
        different.sort(key=lambda v: float(v) if is_number(v) else -math.inf)
    if names and len(numbers) > MOST_NUMBERS:
        inner = dimension_axis(name, numbers, [])
        if inner.kind == "categorical":  # 1 beside 1.0: they have a place each
            inner = None
        else:
            places = names + max(NUMBERS_ROOM - names, ROOM_PER_NAME * names) + 1
    return ParameterAxis(
        name, "categorical", -0.5, places - 0.5, different, False, inner
    )


def _is_log(low: float, high: float, middles: Sequence[float]) -> bool:
    if low <= 0 or high < LOG_FACTOR * low:
        return False
    middle = float(np.median(middles))
    if not low < middle < high:
        return False
    geometric = math.log(middle / low) / math.log(high / low)
    return bool(abs(geometric - 0.5) < abs((middle - low) / (high - low) - 0.5))


def _log_numbers(low: float, high: float) -> list[float]:
    first = math.ceil(math.log10(low) - 1e-9)
    last = math.floor(math.log10(high) + 1e-9)
    if last - first < 1:  # within a power of ten
        power = 10.0 ** math.floor(math.log10(low))
        return [m * power * scale for scale in (1, 10) for m in (1, 2, 5)]
    step = max(1, -(-(last - first) // MAX_STEPS))
    return [10.0**power for power in range(first, last + 1, step)]


def round_numbers(low: float, high: float, most: int = MAX_STEPS) -> list[float]:
    """List three numbers at least between two others, at most so many round steps."""
    step = 10.0 ** math.floor(math.log10(high / 3 - low / 3))
    # the difference may be beyond the largest float
    n_steps = high / step - low / step
    step *= next(factor for factor in (1, 2, 5, 10) if n_steps / factor <= most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.15g}") for i in range(first, last + 1)]


def crowded(places: np.ndarray) -> bool:
    """Check whether some of a few ascending places cannot be told apart on an axis.

    Then they had better be spaced evenly.
    """
    if len(places) < 3:
        return False
    gaps = np.diff(places) / np.ptp(places)
    return bool(gaps.min() < min(CLOSEST, CLOSEST_OF_MANY / len(gaps)))


def score_limits(scores: np.ndarray) -> tuple[float, float]:
    """Return the lowest score that is drawn where it is, and the highest.

    A tenth of the scores may be as bad as they like, and one where that is less than
    one, unless there are few. Those that are not finite do not count; one must be.
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


def robust_limits(values: Any) -> tuple[float, float]:
    """Return the lowest score above the floor, and the best; 0 and 1 without any."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return 0.0, 1.0
    floor, best = score_limits(values)
    return float(values[values >= floor].min()), best


def score_axis(label: str, low: float, high: float) -> Axis:
    """Return an axis of scores with room at both ends, more at the lower one."""
    room = 0.08 * (high - low)
    if room <= ROUNDING * abs(high):  # all are equal, but for rounding errors
        room = 0.01 * abs(high) or 0.5
    return Axis(label, (low - 1.5 * room, high + room))


def score_ticks(low: float, high: float, *, lower: bool) -> Ticks:
    """Return round scores as shares of the way from the lowest to the highest drawn.

    Where ``lower`` ones are drawn at the lowest, that is said there.
    """
    numbers = round_numbers(low, high)
    texts = number_texts(numbers)
    places = [(number - low) / (high - low) for number in numbers]
    if lower:
        least = number_texts([low], beside=numbers)
        kept = [i for i, place in enumerate(places) if place > CLOSEST]
        places = [0.0, *(places[i] for i in kept)]
        texts = [f"≤ {least[0]}", *(texts[i] for i in kept)]
    return Ticks(places, texts)
