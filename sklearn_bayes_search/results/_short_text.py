"""Names, values and numbers in a few characters, told apart where they differ.

All is plain text on one line: whoever draws it escapes what would be more than that.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._choices import is_int, same_value
from sklearn_bayes_search.space._dimensions import is_number

Name = TypeVar("Name", bound=Hashable)

# A longer value is cut: a table with whole arrays in it cannot be read.
LONGEST = 80
# Enough to tell two values apart, and not all of an array.
WHOLE = 400
# Characters of all values of a setting in one line, and of each value at least.
ALL_VALUES, SHORTEST = 240, 16
# Choices that are told apart: each is compared with all others.
MOST_CHOICES = 50
# A number is written with so many digits; with more where they are needed to tell two
# apart, at most as many as a float has.
DIGITS, MOST_DIGITS = 4, 17
# Differences of scores below this share of them are rounding errors.
ROUNDING = 1e-12


def visible(text: str) -> str:
    """Replace characters that cannot be seen, line ends and tabs apart.

    Control characters are forbidden in a page, and marks that reverse the direction of
    writing could make it say something else.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t\xa0" else f"\\x{ord(c):02x}" for c in text
    )


def shown(value: Any, longest: int = LONGEST, digits: int = DIGITS) -> str:
    """Write a value of a parameter on one line of at most ``longest`` characters."""
    if isinstance(value, np.generic):
        value = value.item()
    if is_number(value):
        return _number(value, digits)
    if isinstance(value, partial):
        parts = [shown(part, WHOLE) for part in (value.func, *value.args)]
        parts += [f"{key}={shown(part, WHOLE)}" for key, part in value.keywords.items()]
        return head(f"partial({', '.join(parts)})", longest)
    if inspect.isroutine(value) or isinstance(value, type | np.ufunc):
        value = _called(value)
    if type(value) in (list, tuple):
        value = value[:longest]  # each takes a character at least
    text = value if isinstance(value, str) else safe_repr(value)
    # where an object was in memory is of no use to anyone
    text = re.sub(r" at 0x[0-9A-Fa-f]+", "", " ".join(visible(text).split()))
    return head(text, longest)


def name_ends(names: Iterable[Name]) -> dict[Name, str]:
    """Shorten names of parameters to the ends, in whole steps, that are different.

    "C" for ``"svc__C"`` in a pipeline, the full name where no end is another one;
    ``"svc__C, svc__gamma"`` are two of them.
    """
    texts = {name: shown(str(name), WHOLE) for name in names}
    single = dict.fromkeys(one for text in texts.values() for one in text.split(", "))
    parts = {one: one.split("__") for one in single}
    ends = {one: own[-1] for one, own in parts.items()}
    for depth in range(2, max(map(len, parts.values()), default=0) + 1):
        alike = repeated(ends.values())
        ends = {
            one: "__".join(parts[one][-depth:]) if end in alike else end
            for one, end in ends.items()
        }
    alike = repeated(ends.values())
    ends = {one: one if not end or end in alike else end for one, end in ends.items()}
    return {
        name: ", ".join(ends[one] for one in text.split(", "))
        for name, text in texts.items()
    }


def value_texts(values: Sequence[Any], longest: int = WHOLE) -> list[str]:
    """Write different values so that no two texts are alike.

    Numbers have the digits, and estimators of the same class the parameters, in which
    they differ. What is longer than ``longest`` is cut off.
    """
    texts = [shown(value, WHOLE) for value in values]
    for index, text in _estimators(values, longest).items():
        texts[index] = text
    for alike in _alike(texts):
        precise = _precisely([values[i] for i in alike])
        for i, text in zip(alike, precise, strict=True):
            texts[i] = text
    cut = [head(text, longest) for text in texts]
    for alike in _alike(cut):
        for i in alike:
            cut[i] = tail(texts[i], longest)
    return numbered(cut)


def setting_texts(
    settings: Sequence[dict[str, Any]], names: dict[str, str], longest: int = WHOLE
) -> list[str]:
    """Write candidates that are shown together as ``C=1, gamma=0.1``.

    ``names`` are the parameters to show, with what they are called; different values
    have different texts.
    """
    parts: list[list[str]] = [[] for _ in settings]
    for name, called in names.items():
        different = different_values(s[name] for s in settings if name in s)
        texts = value_texts(different, longest)
        for own, params in zip(parts, settings, strict=True):
            if name in params:
                own.append(f"{called}={_text_of(params[name], different, texts)}")
    return [", ".join(own) for own in parts]


def setting_writer(
    space: Space, others: Iterable[str] = ()
) -> Callable[[dict[str, Any]], str]:
    """Make the function that writes a candidate of a space as ``C=1, kernel=rbf``.

    It may have ``others``, names beside those of the space. All names, and the choices
    of a parameter where they are few, have different texts.
    """
    searched = (n for branch in space.branches for n in branch)
    names = name_ends(dict.fromkeys([*searched, *others]))
    longest = min(max(ALL_VALUES // max(len(names), 1), SHORTEST), LONGEST)
    known: dict[str, tuple[list[Any], list[str]]] = {}
    for name in names:
        own = [branch[name] for branch in space.branches if name in branch]
        listed = [getattr(dimension, "choices", []) for dimension in own]
        if sum(map(len, listed)) <= MOST_CHOICES:
            values = different_values(value for each in listed for value in each)
            known[name] = values, value_texts(values, longest)

    def write(params: dict[str, Any]) -> str:
        parts = []
        for name, value in params.items():
            text = _text_of(value, *known.get(name, ([], [])))
            parts.append(f"{names[name]}={text or shown(value, longest)}")
        return ", ".join(parts)

    return write


def _text_of(value: Any, others: list[Any], texts: list[str]) -> str | None:
    """Return the text of the one that is the same value; None if there is none."""
    for other, text in zip(others, texts, strict=True):
        if other is value or same_value(other, value):
            return text
    return None


def different_values(values: Iterable[Any]) -> list[Any]:
    """List values without those that are equal to an earlier one, 1 and 1.0 apart."""
    different: list[Any] = []
    for value in values:
        if not any(same_value(other, value) for other in different):
            different.append(value)
    return different


def number_texts(
    numbers: Any, digits: int = 3, *, step_digits: int = 2, beside: Any = ()
) -> list[str]:
    """Write finite numbers with the same decimals, as many as their differences need.

    The largest has ``digits`` at least, noughts at the end of all apart.
    ``step_digits`` of the smallest difference are seen: 1 tells the numbers apart, with
    2 even distances look even. ``beside`` are others that they are compared with.
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
        places = max(decimals + exponent, 0)
        while places and all("0e" in f"{number:.{places}e}" for number in numbers):
            places -= 1
        return [f"{number:.{places}e}" if number else "0" for number in numbers]
    decimals = max(decimals, 0)
    # 0.0 is added, or there would be a -0
    texts = [f"{round(number, decimals) + 0.0:.{decimals}f}" for number in numbers]
    while texts and "." in texts[0] and all(text[-1] in "0." for text in texts):
        texts = [text[:-1] for text in texts]
    return texts


def last_line(text: str) -> str:
    """Return the last line with a word in it, of a traceback that which tells why."""
    lines = [line for line in text.splitlines() if any(c.isalnum() for c in line)]
    return lines[-1] if lines else "no message"


def head(text: str, longest: int) -> str:
    """Cut a text at its end."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def tail(text: str, longest: int) -> str:
    """Cut a text at its front."""
    return text if len(text) <= longest else f"…{text[1 - longest :]}"


def repeated(texts: Iterable[str]) -> set[str]:
    """Return those that are there more than once."""
    return {text for text, count in Counter(texts).items() if count > 1}


def numbered(texts: Sequence[str]) -> list[str]:
    """Add a number to those that are alike."""
    texts = list(texts)
    for alike in _alike(texts):
        for count, i in enumerate(alike, start=1):
            texts[i] = f"{texts[i]} ({count})"
    return texts


def _alike(texts: Iterable[str]) -> list[list[int]]:
    """Group the places of equal texts."""
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    return [group for group in places.values() if len(group) > 1]


def _called(thing: Any) -> Any:
    """Return the name of a function or class, ``str.lower`` for a method of a class."""
    names = [getattr(thing, name, None) for name in ("__qualname__", "__name__")]
    known = [name for name in names if isinstance(name, str)]
    plain = [name for name in known if ".<" not in name]
    return next(iter(plain or known), thing)


def _number(value: Any, digits: int) -> str:
    whole = isinstance(value, int | np.integer)
    if value % 1 == 0 and abs(value) < (1e15 if whole else 1e6):
        return str(int(value))
    value = float(value)
    # 0.99995 is no 1, but what rounding leaves of a 1 is one
    while abs(value) < 2 and abs(value - round(value)) > ROUNDING:
        if float(f"{value:.{digits}g}") % 1:
            break
        digits += 1
    return f"{value:.{digits}g}"


def _precisely(values: Sequence[Any]) -> list[str]:
    """Write values with all that tells them apart."""
    digits, numbers = DIGITS, [value for value in values if is_number(value)]
    while digits < MOST_DIGITS and repeated(_number(n, digits) for n in numbers):
        digits += 1
    texts = [
        safe_repr(value) if isinstance(value, str) else shown(value, WHOLE, digits)
        for value in values
    ]
    ints = {text for text, v in zip(texts, values, strict=True) if is_int(v)}
    return [
        f"{text}.0" if text in ints and is_number(value) and not is_int(value) else text
        for text, value in zip(texts, values, strict=True)
    ]


def _estimators(values: Sequence[Any], longest: int) -> dict[int, str]:
    """Write estimators, by index: those of one class by what they differ in."""
    classes: dict[type, list[int]] = {}
    for index, value in enumerate(values):
        if hasattr(value, "get_params") and not isinstance(value, type):
            classes.setdefault(type(value), []).append(index)
    texts = {}
    for cls, members in classes.items():
        name = shown(cls, WHOLE)
        if len(members) == 1:
            text = shown(values[members[0]], WHOLE)
            texts[members[0]] = text if len(text) <= longest else f"{name}(…)"
            continue
        inner = _differences([values[index] for index in members])
        if all(inner):
            whole = [f"{name}({text})" for text in inner]
            fits = max(map(len, whole)) <= longest
            # the class is the same anyway
            texts.update(zip(members, whole if fits else inner, strict=True))
    return texts


def _differences(estimators: Sequence[Any]) -> list[str]:
    """Write the parameters in which estimators of one class differ, "" for none."""
    params = [_leaves(estimator) for estimator in estimators]
    if any(set(each) != set(params[0]) for each in params):
        return [""] * len(params)
    differ = [n for n in params[0] if len(different_values(p[n] for p in params)) > 1]
    return setting_texts(params, dict(zip(differ, differ, strict=True)))


def _leaves(estimator: Any) -> dict[str, Any]:
    """Return the parameters that hold no other estimators with parameters of their own.

    A pipeline's ``steps`` are such, too: their parameters have names as "svc__C".
    """
    try:
        params = estimator.get_params()
    except Exception:  # of the user's class, whatever it is
        return {}
    outer = {name.rpartition("__")[0] for name in params}
    return {
        name: value
        for name, value in params.items()
        if name not in outer
        and not (isinstance(value, list) and any(isinstance(v, tuple) for v in value))
    }
