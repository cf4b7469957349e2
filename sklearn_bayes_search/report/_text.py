"""Words and numbers of the page, and how a text of the user gets into it."""

import math
import re
from html import escape

from sklearn_bayes_search.results._short_text import visible

__all__ = [
    "breakable",
    "describe",
    "listing",
    "number",
    "ordinal",
    "percent",
    "plural",
    "safe",
]


def number(value, decimals=None):
    """Write a score.

    Parameters
    ----------
    value : float
        Any.
    decimals : int, default=None
        Digits after the point, more than 8 of them in scientific notation where that
        is shorter; None: four digits in all, eight of a large number.

    Returns
    -------
    text : str
        A dash where it is unknown.
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


def percent(share):
    """Write a share.

    Parameters
    ----------
    share : float
        1 is all.

    Returns
    -------
    text : str
        As "95 %", which does not break at the end of a line.
    """
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def ordinal(count):
    """Write which one.

    Parameters
    ----------
    count : int
        1 is the first.

    Returns
    -------
    text : str
        As "21st".
    """
    teens = count % 100 in (11, 12, 13)
    end = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count:,}{end}"


def plural(count, noun):
    """Write how many.

    Parameters
    ----------
    count : int
        Any.
    noun : str
        What, in the singular.

    Returns
    -------
    text : str
        With an s where it belongs.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def describe(estimator):
    """Name an estimator, with its parts.

    Parameters
    ----------
    estimator : estimator
        It may be a pipeline.

    Returns
    -------
    text : str
        As "a pipeline of StandardScaler and SVC"; the name of a step that is
        "passthrough".
    """
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


def listing(words):
    """Join words as a sentence does.

    Parameters
    ----------
    words : list of str
        Any number.

    Returns
    -------
    text : str
        As "a, b and c".
    """
    *most, last = words or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def safe(text):
    """Write a text for an element of the page, or for an attribute.

    Parameters
    ----------
    text : object
        Anything; its str is taken.

    Returns
    -------
    html : str
        Escaped, without characters that cannot be seen.
    """
    return escape(visible(str(text)), quote=True)


def breakable(text):
    """Write a text as `safe` does, so that long names break between their words.

    Parameters
    ----------
    text : object
        As "HistGradientBoostingClassifier(max_iter=5)" or "pca__n_components".

    Returns
    -------
    html : str
        Names that are longer than a line may break before capitals, and after
        brackets, "=" and "__".
    """
    places = r"(?<=[a-z])(?=[A-Z])|(?<=__)(?=[^_])|(?<=[(\[{=])(?=.)"
    words = [re.sub(places, "<wbr>", word) for word in safe(text).split(" ")]
    return " ".join(
        f'<span class="word">{word}</span>' if "<wbr>" in word else word
        for word in words
    )
