"""Short plain text for names and values of any kind, safe to be drawn."""

import numbers
import re
from functools import partial

import numpy as np

__all__ = ["as_text", "name_texts", "setting_text", "value_text", "value_texts"]

# A label longer than this would push the picture aside.
MAX_WIDTH = 24


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
    """Describe several values; those that look alike get a number.

    Parameters
    ----------
    values : list
        Different values.
    width : int, default=24
        The most characters, but for the number.

    Returns
    -------
    texts : list of str
        All different.
    """
    texts = [_shorten(_describe(value), width) for value in values]
    if len(set(texts)) < len(texts):  # 1 and True are told from "1" and "True"
        quoted = [
            repr(v) if isinstance(v, str) else t
            for v, t in zip(values, texts, strict=True)
        ]
        texts = [_shorten(text, width) for text in quoted]
    count = {}
    unique = []
    for text in texts:
        count[text] = count.get(text, 0) + 1
        unique.append(text if texts.count(text) == 1 else f"{text} ({count[text]})")
    return [as_text(text) for text in unique]


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


def setting_text(params, names):
    """Write a setting as ``C=1, gamma=0.1``, of the parameters that it has.

    Parameters
    ----------
    params : dict
        The setting.
    names : dict of str -> str
        The parameters to show, with what they are called.

    Returns
    -------
    text : str
        Safe to be drawn.
    """
    shown = [
        f"{text}={value_text(params[n])}" for n, text in names.items() if n in params
    ]
    return ", ".join(shown)


def _describe(value):
    if value is None or isinstance(value, bool | np.bool_ | str):
        return str(value)
    if isinstance(value, numbers.Integral):
        return str(value) if abs(int(value)) < 10**6 else f"{float(value):.3g}"
    if isinstance(value, numbers.Real):
        return f"{float(value):.3g}"
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


def _shorten(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"
