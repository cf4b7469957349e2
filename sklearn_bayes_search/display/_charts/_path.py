"""Scores of the leading candidates at each length of a path."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._axis import robust_limits, score_axis
from sklearn_bayes_search.display._charts._chart import (
    CYCLE,
    Axis,
    Band,
    Chart,
    Dash,
    Line,
    Mark,
    Points,
    Style,
)

# Lengths that differ by more are drawn on a logarithm.
LOG_FACTOR = 10
# The axis shows all scores from this share of the chosen length on.
SHOWN_FROM = 0.25
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot")


def path_chart(
    curves: Sequence[pd.DataFrame], names: Sequence[str], x_label: str, y_label: str
) -> Chart:
    """Return the chart of some curves, the best first, with the chosen lengths.

    Tables have the columns ``length``, ``mean``, ``std`` and ``chosen``. Around the
    first is a band of one deviation.
    """
    marks: list[Mark] = []
    near = []
    for number, (curve, name) in enumerate(zip(curves, names, strict=True)):
        color = CYCLE[number % len(CYCLE)]
        dash = DASHES[number // len(CYCLE) % len(DASHES)]
        length, mean, std = (curve[key].to_numpy(float) for key in curve.columns[:3])
        if number == 0:
            shade = Style(color, opacity=0.15)
            ends = mean - std, mean + std
            label = "± deviation over the folds"
            marks.insert(0, Band("band", shade, length, *ends, group=name, label=label))
        line = Style(color, "none", dash=dash, width=2.5 if number == 0 else 1.5)
        marks.append(Line("curve", line, length, mean, group=name, label=name))
        at = curve["chosen"].to_numpy(bool)
        dot = Style(color, size=9)
        marks.append(Points("chosen", dot, length[at], mean[at], group=name))
        near.append(mean[length >= SHOWN_FROM * length[at].min()])
    longest = max(curve["length"].max() for curve in curves)
    shortest = min(curve["length"].min() for curve in curves)
    axis = Axis(x_label, log=bool(longest > LOG_FACTOR * shortest), whole=True)
    return Chart(axis, score_axis(y_label, *robust_limits(np.concatenate(near))), marks)
