"""Where values of a parameter are on an axis, whatever they are, and scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import numpy as np

from sklearn_bayes_search.display._charts._chart import Axis, Ticks
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
        if self.kind == "categorical":
            if self.numbers is not None and is_number(value):
                return self._above_names(self.numbers.share(value))
            index = self._categories.index(value)
            return math.nan if index is None else float(index)
        if not is_number(value):
            return math.nan
        if self.kind == "ordinal":
            value = np.interp(value, self.choices, range(len(self.choices)))
        return float(value)

    @cached_property
    def _categories(self) -> Categorical:
        return Categorical(self.choices)

    @cached_property
    def _n_names(self) -> int:
        return sum(not is_number(choice) for choice in self.choices)

    def _above_names(self, share: float) -> float:
        return self._n_names + share * (self.high - 0.5 - self._n_names)

    def places(self, settings: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the numbers (n,) of candidates; NaN without the parameter."""
        return np.array(
            [self.number(s[self.name]) if self.name in s else np.nan for s in settings]
        )

    def share(self, value: Any) -> float:
        """Place a value between the ends: 0 to 1."""
        return float(self._shares([self.number(value)])[0])

    def shares(self, settings: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Place candidates between the ends (n,); NaN without the parameter."""
        return self._shares(self.places(settings))

    def _shares(self, numbers: Sequence[float] | np.ndarray) -> np.ndarray:
        places, low, high = np.array(numbers), self.low, self.high
        if self.kind == "log":
            places, low, high = np.log(places), math.log(low), math.log(high)
        # halved, or the difference of the largest floats would be infinite
        width = high / 2 - low / 2
        return (places / 2 - low / 2) / width if width > 0 else 0.5 + 0 * places

    def ticks(self, most_names: int = MOST_NAMES) -> Ticks:
        """Return places between 0 and 1, with their texts."""
        places, texts = self._listed(most_names) or self._round()
        return Ticks(self._shares(places).tolist(), texts)

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
        low, high, ticks = self.low, self.high, self._listed(most_names)
        margin = 0.0 if self.kind == "categorical" else margin
        if self.kind == "log":
            factor = (high / low) ** margin
            low, high = low / factor, high * factor
        else:
            low, high = low - margin * (high - low), high + margin * (high - low)
        ends = (low, high) if high > low else None
        return Axis(label, ends, log=self.kind == "log", ticks=ticks, whole=self.whole)

    def _round(self) -> Ticks:
        """Return ticks at round numbers between the ends."""
        if self.kind == "log":
            numbers = _log_numbers(self.low, self.high)
        else:
            numbers = round_numbers(self.low, self.high) if self.high > self.low else []
        if self.whole:
            numbers = sorted({float(round(number)) for number in numbers})
        if len(numbers) < 2:
            numbers = sorted({self.low, self.high})
        texts = value_texts if self.kind == "log" else number_texts
        return Ticks(numbers, texts(numbers))

    def _listed(self, most_names: int) -> Ticks | None:
        """Return ticks of choices and of few or uneven numbers."""
        if self.kind == "categorical":
            return self._named(most_names)
        if not self.few and self.kind != "ordinal":
            return None
        some = self.choices[:: -(-len(self.choices) // MAX_LISTED)]
        return Ticks([self.number(value) for value in some], value_texts(some))

    def _named(self, most: int) -> Ticks:
        """Return ticks of choices: names, and above them some of many numbers."""
        texts, n = value_texts(self.choices, TICK_WIDTH), self._n_names
        names = range(0, n, -(-n // most) or 1)
        if self.numbers is not None:
            ticks = self.numbers.ticks()
            places = [*map(float, names), *map(self._above_names, ticks.places)]
            return Ticks(places, [texts[i] for i in names] + ticks.texts)
        step = -(-(len(texts) - n) // MOST_NUMBERS) or 1
        some = [*names, *range(n, len(texts), step)]
        return Ticks([float(i) for i in some], [texts[i] for i in some])

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
        ends = axis.choices if axis.kind == "categorical" else {axis.low, axis.high}
        if len(ends) > 1 or constant:
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
    reaches = [
        [float(d.decode(float(u))) for u in (d.reach[0], np.mean(d.reach), d.reach[1])]
        for d in dimensions
    ]
    every = [*numbers, *chain(*reaches)]
    low, high = float(min(every)), float(max(every))
    middles = [middle for _, middle, _ in reaches] or numbers
    kind: Literal["linear", "log", "ordinal"] = "linear"
    kind = "log" if _is_log(low, high, float(np.median(middles))) else kind
    choices = sorted(set(choices)) if len(lists) == len(dimensions) else []
    places = np.array(choices, dtype=float)
    if crowded(np.log(places) if kind == "log" else places):
        kind, low, high = "ordinal", 0.0, len(choices) - 1.0
    whole = bool(np.all(numbers == np.rint(numbers)))
    return ParameterAxis(name, kind, low, high, choices, whole)


def _categorical(name: str, values: Sequence[Any]) -> ParameterAxis:
    """Make an axis of different values: numbers ascending, above all others."""
    different = different_values(values)
    different.sort(key=lambda v: float(v) if is_number(v) else -math.inf)
    numbers = [value for value in different if is_number(value)]
    n_names, high, inner = len(different) - len(numbers), len(different) - 0.5, None
    # 1 beside 1.0 have a place each, and so no scale
    if n_names and len(numbers) > MOST_NUMBERS and not int_and_equal_float(numbers):
        inner = dimension_axis(name, numbers, [])
        high = n_names + max(NUMBERS_ROOM - n_names, ROOM_PER_NAME * n_names) + 0.5
    return ParameterAxis(name, "categorical", -0.5, high, different, False, inner)


def _is_log(low: float, high: float, middle: float) -> bool:
    if not 0 < low < middle < high or high < LOG_FACTOR * low:
        return False
    geometric = math.log(middle / low) / math.log(high / low)
    return bool(abs(geometric - 0.5) < abs((middle - low) / (high - low) - 0.5))


def log_ticks(low: float, high: float) -> Ticks:
    """Return a few ticks at round numbers of a logarithmic axis."""
    numbers = _log_numbers(low, high)
    if len(numbers) < 2:
        numbers = round_numbers(low, high)
    return Ticks(numbers, value_texts(numbers))


def _log_numbers(low: float, high: float) -> list[float]:
    first = math.ceil(math.log10(low) - 1e-9)
    last = math.floor(math.log10(high) + 1e-9)
    if last - first < 1:  # within a power of ten
        power = 10.0 ** math.floor(math.log10(low))
        every = [m * power * scale for scale in (1, 10) for m in (1, 2, 5)]
        return [n for n in every if low * (1 - 1e-9) <= n <= high * (1 + 1e-9)]
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


def robust_limits(scores: Any) -> tuple[float, float]:
    """Return the lowest score that is drawn where it is, and the best; 0 and 1 of none.

    A tenth of the scores may be as bad as they like, and one where that is less than
    one, unless there are few. Those that are not finite do not count.
    """
    scores = np.sort(np.asarray(scores, dtype=float), axis=None)
    scores = scores[np.isfinite(scores)]
    n = len(scores)
    if n == 0:
        return 0.0, 1.0
    best, middle = scores[-1], np.median(scores)
    tenth = scores[max(round(0.1 * n), int(n >= FEW))]
    # where most are equally good, the median says nothing of the others
    way = max(best - middle, (best - tenth) / 2)
    if way > ROUNDING * abs(best):
        scores = scores[scores >= middle - FLOOR * way]
    return float(scores[0]), float(best)


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
