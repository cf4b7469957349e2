"""Words and numbers of the page, and how a text of the user gets into it."""

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from sklearn_bayes_search.results._short_text import visible


def number(value: float, decimals: int | None = None) -> str:
    """Write a score, a dash where it is unknown.

    ``decimals`` are digits after the point, more than 8 of them in scientific notation
    where that is shorter; by default four digits in all, eight of a large number.
    """
    if not math.isfinite(value):
        return "–"
    digits = 4 if abs(value) < 1e4 else 8
    if decimals is not None and value != 0:
        digits = max(math.floor(math.log10(abs(value))) + 1 + decimals, digits)
    if decimals is None or decimals > 8 or abs(value) >= 1e7:
        return f"{value:.{min(digits, 15)}g}".replace("-", "−")
    text = f"{value:.{decimals}f}".replace("-", "−")
    return text.removeprefix("−") if not text.strip("−0.") else text


def percent(share: float) -> str:
    """Write a share as "95 %", which does not break at the end of a line."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def ordinal(count: int) -> str:
    """Write which one, as "21st"."""
    teens = count % 100 in (11, 12, 13)
    end = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count:,}{end}"


def plural(count: int, noun: str) -> str:
    """Write how many, with an s where it belongs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def describe(estimator: Any) -> str:
    """Name an estimator with its parts, as "a pipeline of StandardScaler and SVC"."""
    steps = getattr(estimator, "steps", None)
    name = type(estimator).__name__
    if not isinstance(steps, list):
        return visible(name)
    parts = [
        # "passthrough" and None are places for what the search puts there
        visible(name if step is None or isinstance(step, str) else type(step).__name__)
        for name, step in steps
    ]
    return f"a pipeline of {listing(parts)}"


def listing(words: Sequence[str]) -> str:
    """Join words as a sentence does, as "a, b and c"."""
    *most, last = words or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def safe(text: object) -> str:
    """Escape a text for an element of the page, or for an attribute."""
    return escape(visible(str(text)), quote=True)


def breakable(text: object) -> str:
    """Escape a text as `safe` does, so that long names break between their words.

    That is before capitals, and after brackets, "=" and "__".
    """
    places = r"(?<=[a-z])(?=[A-Z])|(?<=__)(?=[^_])|(?<=[(\[{=])(?=.)"
    words = [re.sub(places, "<wbr>", word) for word in safe(text).split(" ")]
    return " ".join(
        f'<span class="word">{word}</span>' if "<wbr>" in word else word
        for word in words
    )
