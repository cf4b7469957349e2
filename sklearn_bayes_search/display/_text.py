"""Short plain text for names and values of any kind, safe to be drawn."""

import numbers
import re
from functools import partial

import numpy as np

from sklearn_bayes_search.space import Categorical

__all__ = [
    "as_text",
    "different_values",
    "name_texts",
    "number_texts",
    "setting_texts",
    "value_text",
    "value_texts",
]

# A label longer than this would push the picture aside.
MAX_WIDTH = 24
# A number is written with so many digits; with more where they are needed to tell two
# apart, at most as many as a float has.
DIGITS, MOST_DIGITS = 3, 17
# Differences below this share are errors of rounding.
ROUNDING = 1e-12


def as_text(text):
    """Make text of which matplotlib draws every character: ``$`` starts no formula."""
    printable = "".join(c if c.isprintable() else " " for c in str(text))
    return printable.replace("$", r"\$")


def value_text(value, width=MAX_WIDTH):
    """Describe a parameter's value in a few characters.

    Parameters
    ----------
    value : object
        Any value.
    width : int, default=24
        The most characters, an ellipsis included.

    Returns
    -------
    text : str
        Safe to be drawn.
    """
    return as_text(_shorten(_describe(value), width))


def value_texts(values, width=MAX_WIDTH):
    """Describe several values, alike ones by what tells them apart.

    Parameters
    ----------
    values : list
        Different values.
    width : int, default=24
        The most characters, where that is enough to tell them apart.

    Returns
    -------
    texts : list of str
        All different.
    """
    texts = [_shorten(_describe(value), width) for value in values]
    for describe in (_quoted, _digits_that_differ, _parameters_that_differ):
        for alike in _alike(texts):
            new = describe([values[i] for i in alike])
            for i, text in zip(alike, new or (), strict=False):
                texts[i] = _shorten(text, max(width, MAX_WIDTH))
    for alike in _alike(texts):
        for count, i in enumerate(alike, start=1):
            texts[i] = f"{texts[i]} ({count})"
    return [as_text(text) for text in texts]


def number_texts(numbers, digits=DIGITS, *, step_digits=2, beside=()):
    """Write numbers with the same decimals, as many as their differences need.

    Parameters
    ----------
    numbers : array-like
        Scores, or ticks of an axis; all finite.
    digits : int, default=3
        How many digits the largest has at least.
    step_digits : int, default=2
        How many digits of the smallest difference are seen: 1 tells the numbers apart,
        with 2 even distances look even.
    beside : array-like, default=()
        Others that they are compared with.

    Returns
    -------
    texts : list of str
        Different where the numbers are.
    """
    largest = np.abs(numbers).max(initial=0.0)
    exponent = int(np.floor(np.log10(largest))) if largest > 0 else 0
    decimals = digits - 1 - exponent
    every = np.unique([*numbers, *beside])
    steps = np.diff(every)
    steps = steps[steps > ROUNDING * np.abs(every).max(initial=0.0)]
    if len(steps):
        first = int(np.floor(np.log10(steps.min())))
        decimals = max(decimals, step_digits - 1 - first)
    if not -4 <= exponent < 7:
        return [f"{number:.{max(decimals + exponent, 0)}e}" for number in numbers]
    decimals = max(decimals, 0)
    # 0.0 is added, or there would be a -0
    texts = [f"{round(number, decimals) + 0.0:.{decimals}f}" for number in numbers]
    while texts and "." in texts[0] and all(text[-1] in "0." for text in texts):
        texts = [text[:-1] for text in texts]
    return texts


def name_texts(names):
    """Shorten parameters' names to what comes after the step's, where that is clear.

    Parameters
    ----------
    names : list of str
        As in a pipeline, ``"svc__C"``.

    Returns
    -------
    texts : dict of str -> str
        ``"C"``; the full name where two would be alike. Safe to be drawn.
    """
    names = list(dict.fromkeys(map(str, names)))
    parts = {name: name.split("__") for name in names}
    texts = {name: parts[name][-1] for name in names}
    depth = 1
    while len(set(texts.values())) < len(names):
        depth += 1
        alike = list(texts.values())
        texts = {
            name: "__".join(parts[name][-depth:]) if alike.count(text) > 1 else text
            for name, text in texts.items()
        }
        if depth > max(map(len, parts.values())):
            texts = {name: name for name in names}
            break
    return {name: as_text(text) for name, text in texts.items()}


def setting_texts(settings, names):
    """Write settings as ``C=1, gamma=0.1``, of the parameters that each has.

    Parameters
    ----------
    settings : list of dict
        The settings, which are shown together.
    names : dict of str -> str
        The parameters to show, with what they are called.

    Returns
    -------
    texts : list of str
        Different values have different texts. Safe to be drawn.
    """
    parts = [[] for _ in settings]
    for name, text in names.items():
        different = different_values(p[name] for p in settings if name in p)
        texts = value_texts(different)
        find = Categorical(different).index if different else None
        for params, own in zip(settings, parts, strict=True):
            if name in params:
                own.append(f"{text}={texts[find(params[name])]}")
    return [", ".join(own) for own in parts]


def different_values(values):
    """List values of any kind without those that are equal to an earlier one."""
    different = []
    for value in values:
        if not different or Categorical(different).index(value) is None:
            different.append(value)
    return different


def _alike(texts):
    """Group the places of equal texts."""
    places = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    return [group for group in places.values() if len(group) > 1]


def _quoted(values):
    """Tell 1 and True from "1" and "True"."""
    return [repr(v) if isinstance(v, str) else _describe(v) for v in values]


def _digits_that_differ(values):
    """Write numbers with the fewest digits that tell them apart."""
    if not all(_is_real(value) for value in values):
        return None
    for digits in range(DIGITS + 1, MOST_DIGITS + 1):
        texts = [_describe(value, digits) for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return None


def _parameters_that_differ(values):
    """Write of objects of one class the parameters in which they differ."""
    kind = type(values[0])
    if not all(type(v) is kind and hasattr(v, "get_params") for v in values):
        return None
    if issubclass(kind, type):
        return None
    settings = [v.get_params(deep=False) for v in values]
    shared = [name for name in settings[0] if all(name in p for p in settings)]
    names = [n for n in shared if len(different_values(p[n] for p in settings)) > 1]
    texts = setting_texts(settings, {name: name for name in names})
    if not names:
        return None
    room = MAX_WIDTH - max(map(len, texts)) - 2
    name = kind.__name__ if len(kind.__name__) <= room else "…"
    return [f"{name}({text})" for text in texts]


def _is_real(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _describe(value, digits=DIGITS):
    if value is None or isinstance(value, bool | np.bool_ | str):
        return str(value)
    if isinstance(value, numbers.Integral):
        small = abs(int(value)) < 10 ** max(6, digits)
        return str(value) if small else f"{float(value):.{digits}g}"
    if isinstance(value, numbers.Real):
        return _describe_float(float(value), digits)
    if isinstance(value, partial):
        return f"partial({_describe(value.func)})"
    name = getattr(value, "__name__", None)
    if callable(value) and isinstance(name, str):
        return name
    try:
        text = repr(value)
    except Exception:  # a foreign __repr__ may raise anything
        text = type(value).__name__
    # where an object lies in memory says nothing
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    text = re.sub(r"\s+", " ", text)
    if hasattr(value, "get_params") and len(text) > MAX_WIDTH:
        return f"{type(value).__name__}(...)"
    return text


def _describe_float(value, digits):
    # 0.99995 is no 1
    if abs(value) < 1e5 and value % 1:
        while digits < MOST_DIGITS and float(f"{value:.{digits}g}") % 1 == 0:
            digits += 1
    return f"{value:.{digits}g}"


def _shorten(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"
