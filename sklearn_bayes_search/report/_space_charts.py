"""The two charts of the space: what goes together, and cuts through the model."""

from dataclasses import replace

import numpy as np

from sklearn_bayes_search.report._charts import figure
from sklearn_bayes_search.report._labels import name_labels, value_labels
from sklearn_bayes_search.report._scales import (
    MAX_NAMES,
    MixedScale,
    scales,
    score_floor,
    score_ticks,
)
from sklearn_bayes_search.results._axes import crowded
from sklearn_bayes_search.space import Ordinal
from sklearn_bayes_search.space._choices import same_value
from sklearn_bayes_search.space._dims import key

__all__ = ["parallel", "slices"]

# More axes cannot be read.
MAX_AXES = 8
# Characters of the name of an axis, pixels of each, and pixels of an axis at least: all
# axes fit into a page that is 1200 wide.
LABEL, LETTER, LEAST_WIDTH = 15, 7, 96
# Characters of names and values below a slice; more of all values are drawn aslant.
NAME_WIDTH, VALUE_WIDTH, LEVEL = 36, 16, 36
N_BANDS, N_STEPS, N_SLICES = 9, 61, 3
# Where a line is for a parameter that the setting does not have.
UNUSED = -0.12
# 95 % of a normal distribution.
WIDE = 1.96


def parallel(findings):
    """Draw each setting as a line through an axis per parameter and the score.

    Returns
    -------
    figure : dict or None
        None where no parameter varies.
    n_left_out : int
        How many parameters have no axis.
    """
    placed = _placed(findings)
    axes = _axes(findings.observed.space, placed)
    order = {name: i for i, name in enumerate(findings.importance.index)}
    axes.sort(key=lambda axis: order.get(axis.name, len(order)))
    # the most important next to the score
    axes, n_left_out = axes[:MAX_AXES][::-1], len(axes[MAX_AXES:])
    if not axes:
        return None, 0
    scored = [(c, row) for c, row in placed if np.isfinite(c.score)]
    floor, top = score_floor([c.score for c, _ in scored])
    scored.sort(key=lambda pair: pair[0].score)

    def line(pair):
        return _line(axes, *pair, _note(findings, pair[0]), floor, top)

    traces = []
    # bands of equal rank, the best last, so that it is on top
    for band, members in enumerate(np.array_split(np.arange(len(scored)), N_BANDS)):
        if len(members):
            lines = [line(scored[i]) for i in members]
            traces.append(_lines(lines, f"@ramp{band}", 1.2, 0.8))
    failed = [(c, row) for c, row in placed if c.status == "failed"]
    if failed:
        dotted = _lines([line(pair) for pair in failed], "@bad", 1.0, 0.5)
        dotted["line"]["dash"] = "dot"
        traces.append(dotted)
    best = [pair for pair in placed if pair[0].number == findings.chosen.number]
    traces.append(_lines([line(pair) for pair in best], "@second", 3.0, 1.0))
    # the page draws the line under the pointer with this one
    traces.append({**_lines([], "@ink", 2.5, 1.0), "hoverinfo": "skip"})
    labels = [*name_labels([axis.name for axis in axes], LABEL).values(), "score"]
    ticks = [axis.ticks() for axis in axes]
    values, texts = score_ticks(floor, top)
    steps = [(value - floor) / (top - floor) for value in values]
    ticks.append(list(zip(steps, texts, strict=True)))
    notes = [
        {
            "x": x,
            "y": y,
            "text": text,
            "xanchor": "left" if x < len(axes) else "right",
            "xshift": 7 if x < len(axes) else -7,
            "font": {"size": 10, "color": "@ink"},
            "bgcolor": "@veil",
            "borderpad": 1,
            "showarrow": False,
        }
        for x, pairs in enumerate(ticks)
        for y, text in pairs
    ]
    rules = [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": 1,
            "line": {"width": 1.2, "color": "@soft"},
        }
        for x in range(len(labels))
    ]
    inactive = any(axis.name not in c.params for c, _ in placed for axis in axes)
    low = UNUSED - 0.04 if inactive else -0.05
    chart = figure(
        traces,
        x={
            "tickvals": list(range(len(labels))),
            "ticktext": labels,
            "tickfont": {"color": "@ink", "size": 12},
            "showgrid": False,
            "showline": False,
            "side": "top",
            "range": [-0.3, len(labels) - 0.7],
            "ticklabeloverflow": "allow",
            "tickangle": 0,
        },
        y={
            "range": [low, 1.06],
            "showgrid": False,
            "showline": False,
            "tickvals": [UNUSED] if inactive else [],
            "ticktext": ["not used"] if inactive else [],
        },
        height=380,
        annotations=notes,
        shapes=rules,
    )
    longest = max(len(line) for label in labels for line in label.split("<br>"))
    chart["min_width"] = max(LEAST_WIDTH, LETTER * (longest + 1)) * len(labels)
    return chart, n_left_out


def slices(findings):
    """Draw the model along the most important parameters, through the chosen setting.

    Returns
    -------
    slices : list of (str, dict)
        Names of parameters, and charts.
    """
    observed, model = findings.observed, findings.model
    space, placed = observed.space, _placed(findings)
    centre = [row for c, row in placed if c.number == findings.chosen.number]
    centre = centre[0] if centre else observed.U[observed.best]
    active = space.dims.active[space.dims.branch_of(centre[None])[0]]
    axes = {axis.name: axis for axis in scales(space) if active[axis.column]}
    wanted = [axes[n] for n in findings.importance.index if n in axes][:N_SLICES]
    scored = [(c, row) for c, row in placed if np.isfinite(c.score)]
    floor, top = score_floor([c.score for c, _ in scored])
    drawn = []
    for axis in wanted:
        positions = axis.dimension.positions()
        if positions is None or len(positions) > N_STEPS:
            positions = np.linspace(axis.low, axis.high, N_STEPS)
            if not axis.numeric:  # of too many names those that were tried
                tried = np.unique([row[axis.column] for _, row in scored])
                tried = tried[tried != space.dims.neutral[axis.column]]
                positions = tried[:: -(-len(tried) // N_STEPS)]
        U = np.tile(centre, (len(positions), 1))
        U[:, axis.column] = positions
        U = np.unique(space.snap(U), axis=0)
        U = U[np.argsort(U[:, axis.column])]
        mean, std = model.predict(U, noise=True)
        # what no candidate is near is not drawn
        mean[~model.in_reach(U)] = np.nan
        drawn.append((axis, U, mean, std))
    low = min([floor, *(np.nanquantile(m - s, 0.05) for _, _, m, s in drawn)])
    low = max(low, floor - (top - floor))
    high = max([top, *(np.nanmax(m + s) for _, _, m, s in drawn)])
    low -= 0.04 * (high - low)
    titles = name_labels(list(axes), NAME_WIDTH)
    return [
        (
            axis.name,
            _slice(findings, axis, titles[axis.name], *cut, scored, (low, high)),
        )
        for axis, *cut in drawn
    ]


def _slice(findings, axis, title, U, mean, std, scored, limits):
    """Draw one cut, with all settings that have a value of the parameter."""
    space = findings.observed.space
    branch = space.dims.branch_of(np.array([row for _, row in scored]))
    here = space.dims.active[branch, axis.column]
    there = [pair for pair, yes in zip(scored, here, strict=True) if yes]
    x, points, horizontal = _along(axis, U[:, axis.column], there)
    traces = _model_line(axis, x, mean, std)
    values, texts = score_ticks(*limits)
    low, _ = limits
    shapes = [
        "triangle-down"
        if c.score < low
        else "circle-open"
        if c.status == "early round"
        else "circle"
        for c, _ in there
    ]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": points,
        "y": [max(c.score, low) for c, _ in there],
        "customdata": [[c.number, _note(findings, c)] for c, _ in there],
        "marker": {"size": 6, "color": "@soft", "opacity": 0.6, "symbol": shapes},
        "cliponaxis": False,
    }
    chosen = findings.chosen.number
    best = [i for i, (c, _) in enumerate(there) if c.number == chosen]
    ring = {
        **dots,
        "x": [points[i] for i in best],
        "y": [there[i][0].score for i in best],
        "customdata": [[chosen, f"the {findings.called} setting"] for _ in best],
        "marker": {
            "symbol": "circle-open",
            "size": 14,
            "color": "@second",
            "line": {"width": 2.5, "color": "@second"},
        },
    }
    return figure(
        [*traces, dots, ring],
        x={"title": title, **horizontal},
        y={"range": list(limits), "tickvals": values, "ticktext": texts},
        height=250,
    )


def _along(axis, positions, there):
    """Give the places of the cut's points and of the settings, and the axis."""
    values = axis.dimension.decode_many(positions)
    if axis.numeric and not _uneven(axis, values):
        x = [float(value) for value in values]
        points = [float(c.params[axis.name]) for c, _ in there]
        marked = values if _few(axis, x) else axis.round_values()
        low, high = np.log10(axis.ends) if axis.log else axis.ends
        pad = 0.05 * (high - low)
        return (
            x,
            points,
            {
                "type": "log" if axis.log else "linear",
                "tickvals": [float(value) for value in marked],
                "ticktext": value_labels(list(marked), VALUE_WIDTH),
                "range": [low - pad, high + pad],
            },
        )
    x = list(range(len(values)))
    visited = np.array([row[axis.column] for _, row in there])
    points = np.abs(visited[:, None] - positions).argmin(axis=1).tolist()
    step = -(-len(values) // MAX_NAMES)
    texts = value_labels(list(values[::step]), VALUE_WIDTH)
    # plotly would leave out the last one of long texts
    turn = {"tickangle": -35} if sum(map(len, texts)) > LEVEL else {}
    return (
        x,
        points,
        {
            "tickvals": x[::step],
            "ticktext": texts,
            "range": [-0.5, len(x) - 0.5],
            "ticklabeloverflow": "allow",
            **turn,
        },
    )


def _uneven(axis, values):
    """Tell whether listed numbers are drawn in order only, as they would overlap."""
    if not isinstance(axis.dimension, Ordinal):
        return False
    values = np.array(values, dtype=float)
    return crowded(np.log10(values) if axis.log else values)


def _few(axis, x):
    """Tell whether the points of a cut are drawn one by one."""
    return not axis.numeric or len(x) <= MAX_NAMES


def _model_line(axis, x, mean, std):
    """Draw what the model expects, as a line with a band or as points with bars."""
    few, known = _few(axis, x), np.isfinite(mean)
    y = [float(each) if ok else None for each, ok in zip(mean, known, strict=True)]
    line = {
        "type": "scatter",
        "mode": "lines" if not few else "lines+markers" if axis.numeric else "markers",
        "x": x,
        "y": y,
        "marker": {"size": 9, "color": "@accent"},
        "line": {"width": 2, "color": "@accent"},
        "hoverinfo": "skip",
    }
    if few:
        error = {"type": "data", "color": "@accent", "thickness": 1.2}
        return [{**line, "error_y": {**error, "array": (WIDE * std).tolist()}}]
    # a band for each part that is known
    cuts = np.flatnonzero(np.diff(known)) + 1
    parts = [part for part in np.split(np.arange(len(x)), cuts) if known[part[0]]]
    bands = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [*np.take(x, part).tolist(), *np.take(x, part[::-1]).tolist()],
            "y": [
                *(mean + WIDE * std)[part].tolist(),
                *(mean - WIDE * std)[part[::-1]].tolist(),
            ],
            "fill": "toself",
            "fillcolor": "@band",
            "line": {"width": 0},
            "hoverinfo": "skip",
        }
        for part in parts
    ]
    return [*bands, line]


def _placed(findings):
    """Give candidates with their points, each setting once, those outside left out.

    Scores of early rounds are replaced by what they would be in the last one.
    """
    space = findings.observed.space
    names = {name for branch in space.branches for name in branch}
    placed = {}
    for candidate in findings.candidates:
        params = {n: v for n, v in candidate.params.items() if n in names}
        try:
            row = space.encode(params)
        except ValueError:
            continue
        # of successive halving the last round counts
        placed[key(row)] = (candidate, row)
    observed = findings.observed
    comparable = dict(zip(map(key, observed.U), observed.scores, strict=True))
    return [
        (replace(c, score=float(comparable[each])), row)
        if c.status == "early round"
        else (c, row)
        for each, (c, row) in placed.items()
    ]


def _note(findings, candidate):
    """Say of a point that it is drawn at another score than the candidate's."""
    if candidate.status != "early round":
        return ""
    return f"in the last round about {findings.score_text(candidate.score, 1)}"


def _axes(space, placed):
    """Give an axis for each parameter that varies."""
    columns = {}
    for axis in scales(space):
        columns.setdefault(axis.name, []).append(axis)
    branch = space.dims.branch_of(np.array([row for _, row in placed]))
    axes = []
    for name in dict.fromkeys(n for each in space.branches for n in each):
        values = [c.params[name] for c, _ in placed if name in c.params]
        if name not in columns and all(same_value(values[0], v) for v in values):
            continue
        own = columns.get(name, [])
        active = space.dims.active[branch][:, [axis.column for axis in own]]
        # elsewhere it is fixed, or has another range
        if len(own) == 1 and active.sum() == len(values):
            axes += own
        else:
            axes.append(MixedScale(name, values))
    return axes


def _line(axes, candidate, row, note, floor, top):
    """Give a candidate's number with a note, and how high its line is at each axis."""
    heights = [
        axis.height(candidate, row) if axis.name in candidate.params else UNUSED
        for axis in axes
    ]
    if np.isfinite(candidate.score):
        height = (max(candidate.score, floor) - floor) / (top - floor)
        heights.append(float(height))
    return [candidate.number, note], [round(height, 4) for height in heights]


def _lines(lines, colour, width, opacity):
    """Join lines into one trace, with gaps between them: many traces are slow."""
    x, y, data = [], [], []
    for candidate, heights in lines:
        x += [*range(len(heights)), None]
        y += [*heights, None]
        data += [candidate] * len(heights) + [None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "customdata": data,
        "line": {"width": width, "color": colour},
        "marker": {"size": 4, "color": colour},
        "opacity": opacity,
        "connectgaps": False,
        "cliponaxis": False,
    }
