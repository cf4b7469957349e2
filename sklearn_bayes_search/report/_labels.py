"""Names in one line or two of a few characters, for labels of charts."""

import re
from collections.abc import Iterable

from sklearn_bayes_search.results._short_text import (
    head,
    name_ends,
    numbered,
    repeated,
    tail,
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
