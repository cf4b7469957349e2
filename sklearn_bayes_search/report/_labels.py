"""Labels of charts: parameters and values in a few characters, all different."""

import re
from html import escape

import numpy as np

from sklearn_bayes_search.report._text import is_number, safe_repr, shown

__all__ = ["name_labels", "value_labels"]

# Enough to tell two values apart, and not all of an array.
WHOLE = 400


def name_labels(names, longest):
    """Write each name as its end that no other one has, in one line or two.

    Parameters
    ----------
    names : iterable of str
        All names that are to be told apart.
    longest : int
        Characters of a line.

    Returns
    -------
    labels : dict of str to str
        As "C" for "svc__C"; safe to be drawn. What does not fit is cut at the front.
    """
    ends = _ends({name: shown(str(name), WHOLE) for name in names})
    lines = {name: _two_lines(end, longest) for name, end in ends.items()}
    drawn = list(lines.values())
    for name, pair in lines.items():
        if drawn.count(pair) > 1:  # they differ further in front
            lines[name] = [_head(ends[name], longest), pair[-1]]
    texts = _numbered(["\n".join(pair) for pair in lines.values()])
    return {
        name: escape(text, quote=False).replace("\n", "<br>")
        for name, text in zip(lines, texts, strict=True)
    }


def value_labels(values, longest):
    """Write values so that no two labels are alike.

    Parameters
    ----------
    values : list
        Different values, the user's own.
    longest : int
        Characters, of which more are cut off.

    Returns
    -------
    labels : list of str
        Safe to be drawn. Estimators of the same class have the parameters in which
        they differ.
    """
    texts = [shown(value, WHOLE) for value in values]
    estimators = _estimators(values, longest)
    texts = [estimators.get(i, text) for i, text in enumerate(texts)]
    alike = _repeated(texts)
    texts = [
        _precisely(value, text) if text in alike else text
        for value, text in zip(values, texts, strict=True)
    ]
    labels = [_head(text, longest) for text in texts]
    alike = _repeated(labels)
    labels = [
        _tail(text, longest) if label in alike else label
        for text, label in zip(texts, labels, strict=True)
    ]
    return [escape(label, quote=False) for label in _numbered(labels)]


def _ends(names):
    """Give the shortest ends of names, in whole steps, that are different."""
    parts = {name: text.split("__") for name, text in names.items()}
    ends = {name: own[-1] for name, own in parts.items()}
    for depth in range(2, max(map(len, parts.values()), default=0) + 1):
        alike = _repeated(ends.values())
        ends = {
            name: "__".join(parts[name][-depth:]) if end in alike else end
            for name, end in ends.items()
        }
    alike = _repeated(ends.values())
    return {n: names[n] if not end or end in alike else end for n, end in ends.items()}


def _two_lines(text, longest):
    """Break a name between steps, or else between words, so that its end is whole."""
    if len(text) <= longest:
        return [text]
    first, last = _split(re.findall(r".+?(?:__|$)", text), longest)
    if len(last) > longest:
        words = re.findall(r"[^_]*_+|[^_]+", last)
        rest, last = _split(words, longest)
        first += rest
    if len(first) > longest:
        words = re.findall(r"[^_]*_+|[^_]+", first)
        first = f"…{_split(words, longest - 1)[1]}"
    return [_tail(line, longest) for line in (first, last) if line]


def _split(pieces, longest):
    """Join the last pieces, as many as fit and one at least; give the rest first."""
    pieces, last = pieces[:-1], pieces[-1]
    while pieces and len(pieces[-1] + last) <= longest:
        last = pieces.pop() + last
    return "".join(pieces), last


def _estimators(values, longest):
    """Write estimators, by index: those of one class by what they differ in."""
    classes = {}
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


def _differences(estimators):
    """Write the parameters in which estimators of one class differ, "" for none."""
    params = [_leaves(estimator) for estimator in estimators]
    if any(set(each) != set(params[0]) for each in params):
        return [""] * len(params)
    names = [n for n in params[0] if len({safe_repr(each[n]) for each in params}) > 1]
    return [", ".join(f"{n}={shown(each[n], WHOLE)}" for n in names) for each in params]


def _leaves(estimator):
    """Give the parameters that hold no other estimators with parameters of their own.

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


def _precisely(value, text):
    """Write a value with all that tells it from others."""
    if is_number(value) and isinstance(value, float | np.floating):
        return f"{float(value):.12g}"
    return safe_repr(value) if isinstance(value, str) else text


def _head(text, longest):
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _tail(text, longest):
    return text if len(text) <= longest else f"…{text[1 - longest :]}"


def _repeated(texts):
    """Give those that are there more than once."""
    seen, repeated = set(), set()
    for text in texts:
        (repeated if text in seen else seen).add(text)
    return repeated


def _numbered(texts):
    """Add a number to those that are alike."""
    alike, count, numbered = _repeated(texts), {}, []
    for text in texts:
        count[text] = count.get(text, 0) + 1
        numbered.append(f"{text} ({count[text]})" if text in alike else text)
    return numbered
