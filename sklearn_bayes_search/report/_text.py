"""How values and names of the user are shown: short, harmless, on one line."""

import inspect
import math
import re
from html import escape
from numbers import Real

import numpy as np

__all__ = [
    "describe",
    "is_number",
    "listing",
    "number",
    "percent",
    "plural",
    "safe",
    "safe_repr",
    "shown",
    "visible",
]

# A longer value is cut: a table with whole arrays in it cannot be read.
LONGEST = 80


def visible(text):
    """Replace characters that cannot be seen, line ends and tabs apart.

    Control characters are forbidden in a page, and marks that reverse the direction of
    writing could make it say something else.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    text : str
        Of characters that can be printed.
    """
    return "".join(
        c if c.isprintable() or c in "\n\t\xa0" else f"\\x{ord(c):02x}" for c in text
    )


def is_number(value):
    """Tell whether a value is a number that has a place on an axis.

    Parameters
    ----------
    value : object
        The user's own.

    Returns
    -------
    is_number : bool
        Not for True and False, and ints that are too large for a float.
    """
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, float | np.floating) or abs(value) < 1e300


def safe_repr(value):
    """Give the repr, or say why there is none.

    Parameters
    ----------
    value : object
        The user's own.

    Returns
    -------
    text : str
        Of any length, with any characters.
    """
    try:
        return repr(value)
    except Exception as error:  # of the user's class, whatever it is
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"


def shown(value, longest=LONGEST):
    """Write a value of a parameter.

    Parameters
    ----------
    value : object
        The user's own.
    longest : int, default=80
        Characters, of which more are cut off.

    Returns
    -------
    text : str
        One line.
    """
    if is_number(value):
        is_int = isinstance(value, int | np.integer)
        return str(value) if is_int and abs(value) < 1e15 else f"{float(value):.4g}"
    named = inspect.isroutine(value) or isinstance(value, type)
    text = getattr(value, "__name__", None) if named else value
    text = text if isinstance(text, str) else safe_repr(value)
    # where an object was in memory is of no use to anyone
    text = re.sub(r" at 0x[0-9A-Fa-f]+", "", " ".join(visible(text).split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


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
