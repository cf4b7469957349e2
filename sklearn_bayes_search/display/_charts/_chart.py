"""The parts of a chart: axes, and marks of a few forms with their styles.

All texts are plain: a pen escapes what its library would take for more than that.
Colours have names, of which each pen has its own shades. Sizes are pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

Color = Literal[
    "accent", "second", "third", "fourth", "fifth", "sixth",
    "ink", "soft", "faint", "pale", "grey", "bad",
]  # fmt: skip
Symbol = Literal[
    "circle", "ring", "cross", "down", "star", "diamond", "gem", "square", "none"
]
Dash = Literal["solid", "dash", "dot"]
# Of what is compared, in this order.
CYCLE: tuple[Color, ...] = ("accent", "second", "third", "fourth", "fifth", "sixth")


class Ticks(NamedTuple):
    """Places of ticks on an axis, and what is written there."""

    places: list[float]
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Axis:
    """An axis; without ``ticks``, the library that draws it chooses them."""

    label: str = ""
    limits: tuple[float, float] | None = None
    log: bool = False
    ticks: Ticks | None = None
    whole: bool = False


@dataclass(frozen=True)
class Style:
    """How marks look; ``width`` is that of lines and edges."""

    color: Color
    symbol: Symbol = "circle"
    size: float = 8.0
    opacity: float = 1.0
    width: float = 2.0
    dash: Dash = "solid"


@dataclass(frozen=True, eq=False)
class Mark:
    """Marks of one kind: the base of all.

    ``role`` says what they stand for and ``group`` of which series they are. A
    ``label`` is once in the legend, where marks may have another colour.
    """

    role: str
    style: Style
    group: str = field(default="", kw_only=True)
    label: str = field(default="", kw_only=True)
    key_color: Color | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Points(Mark):
    """Points, with error bars where ``errors`` holds their lower and upper lengths.

    ``rows`` are those of candidates in ``cv_results_``, and ``notes`` what else is told
    of each on hovering. Points ``at_edge`` are at the lower end of the y axis, whatever
    its limits are; their ``y`` is the true one. Some may be ``hollow``.
    """

    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray | None = None
    notes: np.ndarray | None = None
    errors: np.ndarray | None = None  # of shape (2, n)
    horizontal: bool = False
    at_edge: bool = False
    hollow: np.ndarray | None = None


def legend_only(style: Style, label: str) -> Points:
    """Return what the legend names and is nowhere else."""
    none = np.array([])
    return Points("legend", style, none, none, label=label)


@dataclass(frozen=True, eq=False)
class Line(Mark):
    """A line, with gaps where ``y`` is NaN, in steps or straight."""

    x: np.ndarray
    y: np.ndarray
    steps: bool = False


@dataclass(frozen=True, eq=False)
class Band(Mark):
    """The area between two lines."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray
    steps: bool = False


@dataclass(frozen=True, eq=False)
class Bars(Mark):
    """Horizontal bars from 0, one in each row, with a colour each."""

    lengths: np.ndarray
    at: np.ndarray
    colors: Sequence[Color]
    height: float
    notes: Sequence[tuple[str, str]] | None = None  # heading and text of each
    errors: np.ndarray | None = None  # of shape (2, n)


@dataclass(frozen=True, eq=False)
class Spans(Mark):
    """Horizontal bars from ``start`` on, in rows; ``shade`` is in [0, 1] of a ramp.

    Those that are ``pale`` are told apart from their neighbours.
    """

    start: np.ndarray
    length: np.ndarray
    at: np.ndarray
    colors: Sequence[Color]
    height: float = 0.8
    shade: np.ndarray | None = None
    pale: np.ndarray | None = None
    rows: np.ndarray | None = None
    notes: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Words(Mark):
    """Texts to the right of points; ``x`` is in shares of the axis if ``in_shares``."""

    x: np.ndarray
    y: np.ndarray
    texts: Sequence[str]
    in_shares: bool = False


@dataclass(frozen=True, eq=False)
class Rules(Mark):
    """Vertical lines from end to end."""

    x: Sequence[float]


@dataclass(frozen=True, eq=False)
class Areas(Mark):
    """Parts of the x axis, hatched from the lower to the upper end."""

    start: np.ndarray
    end: np.ndarray


@dataclass(frozen=True, eq=False)
class Chart:
    """A picture: two axes, and marks from the back to the front."""

    x: Axis
    y: Axis
    marks: list[Mark] = field(default_factory=list)
    title: str = ""
    legend_title: str = ""

    @property
    def legend(self) -> list[Mark]:
        """The first mark of each label."""
        first: dict[str, Mark] = {}
        for mark in self.marks:
            first.setdefault(mark.label, mark)
        return [mark for label, mark in first.items() if label]
