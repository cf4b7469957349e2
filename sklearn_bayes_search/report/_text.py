"""Words and numbers of the page, and how a text of the user gets into it."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from sklearn_bayes_search.results._folds import mean_and_bound
from sklearn_bayes_search.results._short_text import (
    head,
    name_ends,
    numbered,
    repeated,
    tail,
    visible,
)


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
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def sentence(text: object) -> str:
    """Begin a text with a capital, and end it with a point."""
    text = str(text).strip()
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


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


def in_words(
    differences: np.ndarray, test_share: float | None, score: Callable[[float], str]
) -> str:
    """Describe how far ahead somebody is on the same folds, and how sure that is."""
    lead, half = map(float, mean_and_bound(differences, 0.975, test_share))
    text = f"{'higher' if lead >= 0 else 'lower'} by {score(abs(lead))}"
    if not math.isfinite(half):
        return text
    low, high = lead - half, lead + half
    interval = f"{score(low)} to {score(high)}"
    if low > 0 or high < 0:
        return f"{text} (95 % interval of the difference: {interval})"
    return f"{text}, which may be chance (95 % interval of the difference: {interval})"


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


def name_labels(names: Iterable[str], longest: int) -> dict[str, str]:
    """Write each name as its end that no other one has, in one line or two.

    Such as "C" for "svc__C"; what does not fit is cut at the front.
    """
    ends = name_ends(names)
    lines = {name: _two_lines(end, longest) for name, end in ends.items()}
    alike = repeated("\n".join(pair) for pair in lines.values())
    for name, pair in lines.items():
        if "\n".join(pair) in alike:  # they differ further in front
            lines[name] = [head(ends[name], longest), pair[-1]]
    texts = numbered(["\n".join(pair) for pair in lines.values()])
    return dict(zip(lines, texts, strict=True))


def _two_lines(text: str, longest: int) -> list[str]:
    """Break a name between steps, or else between words, so that its end is whole."""
    if len(text) <= longest:
        return [text]
    first, last = _split(re.findall(r".+?(?:__|$)", text), longest)
    if len(last) > longest:
        rest, last = _split(_words(last), longest)
        first += rest
    if len(first) > longest:
        first = f"…{_split(_words(first), longest - 1)[1]}"
    return [tail(line.strip(), longest) for line in (first, last) if line]


def _words(text: str) -> list[str]:
    return re.findall(r"[^_ ]*[_ ]+|[^_ ]+", text)


def _split(pieces: list[str], longest: int) -> tuple[str, str]:
    """Join the last pieces, as many as fit and one at least; give the rest first."""
    pieces, last = pieces[:-1], pieces[-1]
    while pieces and len(pieces[-1] + last) <= longest:
        last = pieces.pop() + last
    return "".join(pieces), last
