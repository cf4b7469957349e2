"""How much of the score's variance comes from each parameter."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._chart import (
    Axis,
    Bars,
    Chart,
    Color,
    Mark,
    Style,
    Ticks,
    Words,
)
from sklearn_bayes_search.results._shares import HARDLY

# Share of the axis of a letter beside a bar, of a wide picture and of a narrow one.
LETTER, LETTER_OF_NARROW = 0.0145, 0.034


def importance_chart(
    table: pd.DataFrame, names: Mapping[str, str], *, narrow: bool = False
) -> Chart:
    """Return bars for the rows of `parameter_importance`, with what is known of each.

    ``names`` are what parameters are called. A ``narrow`` picture has fewer words.
    """
    n, at = len(table), np.arange(len(table), dtype=float)
    total, main = table["total"].to_numpy(), table["main"].to_numpy()
    error = np.nan_to_num(np.asarray(table.get("error", np.zeros(n)), dtype=float))
    # a share is 0 to 1, and so is what is likely
    errors = np.maximum([np.minimum(error, total), np.minimum(error, 1 - total)], 0.0)
    unknown = [row.get("matters") == "unknown" for _, row in table.iterrows()]
    texts = [_words(row, narrow) for _, row in table.iterrows()]
    notes = [_note(str(name), row) for name, row in table.iterrows()]
    together: list[Color] = ["grey" if each else "pale" for each in unknown]
    alone: list[Color] = ["soft" if each else "accent" for each in unknown]
    ends = total + errors[1]
    longest = max(len(line) for text in texts for line in text.split("\n"))
    letter = LETTER_OF_NARROW if narrow else LETTER
    others = "with others" + ", and its likely error" * bool(error.any())
    part, wide, thin = np.clip(main, 0.0, total), Style("pale"), Style("accent")
    marks: list[Mark] = [
        Bars("total", wide, total, at, together, 0.66, notes, errors, label=others),
        Bars("main", thin, part, at, alone, 0.36, notes, label="alone"),
        Words("words", Style("ink"), ends + 0.015, at, texts),
    ]
    label = "share of the differences in score over the space"
    if any(unknown):
        label += "\ngrey: too few candidates to tell whether it matters"
    shares = [0, 50, 100] if narrow else range(0, 101, 20)
    return Chart(
        Axis(
            "share of the differences" if narrow else label,
            (0.0, float(max(1.0, ends.max(initial=0) + 0.04 + letter * longest))),
            ticks=Ticks([p / 100 for p in shares], [f"{p} %" for p in shares]),
        ),
        Axis(
            limits=(n - 0.4, -0.6),
            ticks=Ticks(at.tolist(), [names[name] for name in table.index]),
        ),
        marks,
    )


def _words(row: pd.Series, narrow: bool) -> str:
    """Write what is known of a parameter."""
    if row.get("matters") == "unknown":
        return "cannot tell" if narrow else f"cannot tell:\n{row['rests_on']}"
    hardly = row["total"] + row.get("error", 0.0) <= HARDLY
    if row.get("matters", "hardly" if hardly else "yes") == "hardly":
        return "hardly matters"
    text = row["direction"] if isinstance(row["direction"], str) else ""
    if narrow:  # in two lines there is room for them on a phone
        return text.replace("not monotone", "").replace(" on", "\non")
    return text


def _note(name: str, row: pd.Series) -> tuple[str, str]:
    note = f"alone {100 * row['main']:.0f} %, with others {100 * row['total']:.0f} %"
    if "error" in row:
        note += f" ± {100 * row['error']:.0f} %"
    return name, f"{note}; {row['rests_on']}" if row.get("rests_on") else note
