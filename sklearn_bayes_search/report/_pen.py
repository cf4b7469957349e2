"""Draws charts as plotly's figures: plain data, without plotly.

A colour is the name of one of the page's own, as "@accent": the page puts in what the
reader's light or dark mode asks for. ``customdata`` is the number of a candidate, and a
line of text on the point itself; the page shows them, and the candidate's parameters.
Plotly reads texts as HTML of a kind, so that they are escaped.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts import _chart as charts
from sklearn_bayes_search.display._charts._parallel_coordinates import (
    ParallelCoordinates,
)

# The page's colours; others of a chart's have a shade that suits light and dark.
COLORS = {
    **{name: f"@{name}" for name in ("accent", "second", "ink", "soft", "bad")},
    **{"pale": "@faint", "grey": "@line", "faint": "@line"},
    **{"third": "#1a936f", "fourth": "#c06fa5", "fifth": "#c98b00", "sixth": "#3f9fd0"},
}
# Of bands; others have a fifth of the opacity of their colour.
BANDS = {"accent": "@band", "second": "@band-second"}
# Of symbols that plotly calls otherwise.
SYMBOLS = {
    "ring": "circle-open",
    "cross": "x",
    "down": "triangle-down",
    "gem": "diamond-open",
    "none": "circle",
}
# Opacity of spans that are pale; more spans than this have no edges.
PALE, MANY_SPANS = 0.55, 40
# Height of marks at the edge, as a share of the axis.
EDGE = 0.025
MARGIN = {"l": 8, "r": 8, "t": 14, "b": 8}
# Characters of all ticks of an axis from which on they are drawn aslant.
LEVEL = 36


def draw(chart: charts.Chart, *, height: int = 320) -> dict[str, Any]:
    """Return plotly's figure of a chart."""
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for mark in chart.marks:
        if isinstance(mark, charts.Rules):
            shapes += [_rule(x, mark.style) for x in mark.x]
        elif isinstance(mark, charts.Areas):
            shapes += [_area(*ends) for ends in zip(mark.start, mark.end, strict=True)]
        elif isinstance(mark, charts.Words) and mark.in_shares:
            notes += _notes(mark)
        else:
            data += PENS[type(mark)](mark, chart)
    layout: dict[str, Any] = {}
    if shapes:
        layout["shapes"] = shapes
    if notes:
        layout["annotations"] = notes
        right = [n["text"] for n in notes if n["x"] > 1]
        longest = max((len(t) for each in right for t in each.split("<br>")), default=0)
        layout["margin"] = {**MARGIN, "r": MARGIN["r"] + LETTER * longest, "t": 36}
    if any(isinstance(mark, charts.Bars | charts.Spans) for mark in chart.marks):
        layout["barmode"] = "overlay"
    x, y = _axis(chart.x, aslant=True), _axis(chart.y)
    return figure(data, x=x, y=y, height=height, **layout)


def figure(
    traces: list[dict[str, Any]],
    *,
    x: dict[str, Any],
    y: dict[str, Any],
    height: int,
    **layout: Any,
) -> dict[str, Any]:
    """Join traces and what all charts have in common."""
    axis = {
        "gridcolor": "@line",
        "linecolor": "@line",
        "zeroline": False,
        "automargin": True,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": "rgba(0,0,0,0)",
        "tickfont": {"color": "@soft"},
        "fixedrange": True,
    }
    common = {
        "height": height,
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 24,
        "dragmode": False,
        "xaxis": {**axis, **x},
        "yaxis": {**axis, **y},
    }
    return {
        "data": [{"hoverinfo": "none", **trace} for trace in traces],
        "layout": {**common, **layout},
    }


def text(plain: str) -> str:
    """Write a text so that plotly draws it as it is."""
    return escape(plain, quote=False).replace("\n", "<br>")


def keys(chart: charts.Chart) -> list[tuple[str, str]]:
    """List the legend: classes of the style sheet, and what they stand for."""
    return [(_key(mark), mark.label) for mark in chart.legend]


def _key(mark: charts.Mark) -> str:
    color, symbol = mark.key_color or mark.style.color, mark.style.symbol
    if isinstance(mark, charts.Bars | charts.Spans | charts.Band):
        return f"bar {color}"
    if (
        isinstance(mark, charts.Line | charts.Rules)
        or getattr(mark, "errors", None) is not None
    ):
        return f"step {mark.style.dash} {color}"
    large = " large" if mark.style.size > 10 else ""
    return f"{symbol} {color}{large}"


def _axis(axis: charts.Axis, *, aslant: bool = False) -> dict[str, Any]:
    """Write an axis; without ticks of its own, plotly chooses them."""
    # -123456.01 in full, and 1e-10 not as 100p
    own: dict[str, Any] = {"exponentformat": "e", "minexponent": 6}
    if axis.label:
        font = {"size": 12, "color": "@soft"}
        own["title"] = {"font": font, "standoff": 8, "text": text(axis.label)}
    if axis.log:
        own["type"] = "log"
    if axis.limits is not None:
        low, high = np.log10(axis.limits) if axis.log else axis.limits
        own["range"] = [low, high]
    if axis.whole:
        own["tickformat"] = "d"
    if axis.ticks is not None:
        texts = axis.ticks.texts
        own |= {"tickvals": axis.ticks.places, "ticktext": list(map(text, texts))}
        # plotly would leave out the last one of long texts
        own["ticklabeloverflow"] = "allow"
        if aslant and sum(map(len, texts)) > LEVEL:
            own["tickangle"] = -35
    return own


def _points(mark: charts.Points, chart: charts.Chart) -> list[dict[str, Any]]:
    if not len(mark.x):  # for the legend only
        return []
    style, y = mark.style, mark.y
    color = COLORS[style.color]
    if mark.at_edge:
        assert chart.y.limits is not None
        low, high = chart.y.limits
        y = np.full(len(y), low + EDGE * (high - low))
    symbol: Any = SYMBOLS.get(style.symbol, style.symbol)
    if mark.hollow is not None:
        symbol = [SYMBOLS["ring"] if each else symbol for each in mark.hollow]
    opacity = 0.0 if style.symbol == "none" else style.opacity
    marker = {"symbol": symbol, "color": color, "size": style.size, "opacity": opacity}
    marker["line"] = {"width": style.width, "color": color}
    trace = _trace(mark.x, y, "markers", marker=marker, cliponaxis=False)
    if mark.errors is not None:
        trace["error_x" if mark.horizontal else "error_y"] = _errors(mark, color)
    return [{**trace, **_hover(mark)}]


def _trace(x: np.ndarray, y: Any, mode: str, **more: Any) -> dict[str, Any]:
    """Return what all traces of points and lines have; NaN is a gap."""
    y = [float(each) if np.isfinite(each) else None for each in y]
    return {"type": "scatter", "mode": mode, "x": x.tolist(), "y": y, **more}


def _errors(mark: charts.Points | charts.Bars, color: str) -> dict[str, Any]:
    low, high = np.asarray(mark.errors).tolist()
    error = {"type": "data", "array": high, "arrayminus": low, "symmetric": False}
    return {**error, "color": color, "thickness": 1.2, "width": 4}


def _hover(mark: charts.Points | charts.Spans) -> dict[str, Any]:
    if mark.rows is None:
        return {"hoverinfo": "skip"}
    notes = [""] * len(mark.rows) if mark.notes is None else mark.notes
    pairs = zip(mark.rows, notes, strict=True)
    return {"customdata": [[int(row), note] for row, note in pairs]}


def _line(mark: charts.Line, chart: charts.Chart) -> list[dict[str, Any]]:
    style, color = mark.style, COLORS[mark.style.color]
    mode = "lines" if style.symbol == "none" else "lines+markers"
    line = {"width": style.width, "color": color, "dash": style.dash}
    line["shape"] = "hv" if mark.steps else "linear"
    looks = {"marker": {"size": style.size, "color": color}, "opacity": style.opacity}
    return [_trace(mark.x, mark.y, mode, line=line, hoverinfo="skip", **looks)]


def _band(mark: charts.Band, chart: charts.Chart) -> list[dict[str, Any]]:
    """Fill each part that is known."""
    x, low, high = mark.x, mark.low, mark.high
    if mark.steps:
        x, low, high = x.repeat(2)[1:], low.repeat(2)[:-1], high.repeat(2)[:-1]
    color = BANDS.get(mark.style.color) or f"{COLORS[mark.style.color]}33"
    looks = {"fill": "toself", "fillcolor": color, "line": {"width": 0}}
    traces, known = [], np.isfinite(low)
    for part in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known)) + 1):
        if known[part].all():
            around = np.append(x[part], x[part][::-1])
            edge = np.append(high[part], low[part][::-1])
            traces.append(_trace(around, edge, "lines", hoverinfo="skip", **looks))
    return traces


def _bars(mark: charts.Bars, chart: charts.Chart) -> list[dict[str, Any]]:
    bars = _bar(mark.at, mark.lengths, mark.height)
    bars["marker"] = {"color": [COLORS[color] for color in mark.colors]}
    if mark.errors is not None:
        bars["error_x"] = _errors(mark, "@soft")
    if mark.notes is not None:
        bars["customdata"] = [[None, note, name] for name, note in mark.notes]
    return [bars]


def _bar(at: Any, lengths: Any, height: float) -> dict[str, Any]:
    own = {"x": lengths.tolist(), "y": at.tolist(), "width": height}
    return {"type": "bar", "orientation": "h", **own}


def _spans(mark: charts.Spans, chart: charts.Chart) -> list[dict[str, Any]]:
    colors = [COLORS[color] for color in mark.colors]
    pale = np.ones(len(mark.at)) if mark.pale is None else 1 - (1 - PALE) * mark.pale
    # on a phone there would be edges only, were they around each of many; what failed
    # is often short, and is to be seen
    thin = 0 if len(mark.at) > MANY_SPANS or mark.style.width == 0 else 1
    edge = {
        "width": [1 if color == "bad" else thin for color in mark.colors],
        "color": [own if own == "@bad" else "@sheet" for own in colors],
    }
    bars = _bar(mark.at, np.round(mark.length, 4), mark.height)
    bars["base"] = np.round(mark.start, 4).tolist()
    bars["marker"] = {"color": colors, "opacity": pale.tolist(), "line": edge}
    return [{**bars, **_hover(mark)}]


def _words(mark: charts.Words, chart: charts.Chart) -> list[dict[str, Any]]:
    font = {"size": 11, "color": COLORS[mark.style.color]}
    looks = {"textposition": "middle right", "textfont": font, "cliponaxis": False}
    words = _trace(mark.x, mark.y, "text", hoverinfo="skip", **looks)
    return [{**words, "text": list(map(text, mark.texts))}]


def _notes(mark: charts.Words) -> list[dict[str, Any]]:
    font = {"size": 11, "color": COLORS[mark.style.color]}
    looks = {"xref": "paper", "xanchor": "left", "font": font, "showarrow": False}
    return [
        {"x": float(x), "y": float(y), "text": text(each), **looks}
        for x, y, each in zip(mark.x, mark.y, mark.texts, strict=True)
    ]


def _rule(x: float, style: charts.Style) -> dict[str, Any]:
    line = {"dash": style.dash, "width": style.width, "color": COLORS[style.color]}
    return {"type": "line", **_upright(x, x), "line": line}


def _area(start: float, end: float) -> dict[str, Any]:
    looks = {"fillcolor": "@line", "opacity": 0.45, "line": {"width": 0}}
    return {"type": "rect", **_upright(start, end), "layer": "below", **looks}


def _upright(start: float, end: float) -> dict[str, Any]:
    ends = {"x0": float(start), "x1": float(end), "y0": 0, "y1": 1}
    return {"xref": "x", "yref": "paper", **ends}


PENS: dict[type[charts.Mark], Callable[..., list[dict[str, Any]]]] = {
    charts.Points: _points,
    charts.Line: _line,
    charts.Band: _band,
    charts.Bars: _bars,
    charts.Spans: _spans,
    charts.Words: _words,
}


# Bands of lines of equal rank, each with a colour of its own.
N_BANDS = 9
# Pixels of a letter of the name of an axis, and of an axis at least: eight axes with
# names of 15 letters fit into a page that is 1200 wide.
LETTER, LEAST_WIDTH = 7, 96


def draw_parallel(
    chart: ParallelCoordinates, rows: Sequence[int], notes: Sequence[str]
) -> tuple[dict[str, Any], int]:
    """Return the figure, and its least width.

    A line is the candidate in one of the ``rows`` of ``cv_results_``, with a note.
    """

    def lines(
        indices: Any, color: str, width: float, opacity: float, dash: str = "solid"
    ) -> dict[str, Any]:
        """Join lines into one trace, with gaps between them: many traces are slow."""
        x, y, told = [], [], []
        for i in indices:
            x += [*range(n), None]
            y += [*chart.heights[i].round(4).tolist(), None]
            told += [[int(rows[i]), notes[i]]] * n + [None]
        return {
            "type": "scatter",
            "mode": "lines+markers",
            "x": x,
            "y": y,
            "customdata": told,
            "connectgaps": False,
            "cliponaxis": False,
            "opacity": opacity,
            "line": {"width": width, "color": color, "dash": dash},
            "marker": {"size": 4, "color": color},
        }

    names = list(map(text, chart.names))
    n, low = len(names), chart.low
    ranks = np.array_split(chart.from_worst_to_best, N_BANDS)
    traces = [lines(own, f"@ramp{i}", 1.2, 0.8) for i, own in enumerate(ranks)]
    traces.append(lines(np.flatnonzero(~chart.scored), "@bad", 1.0, 0.5, "dot"))
    best = [] if chart.best is None else [chart.best]
    traces.append(lines(best, "@second", 3.0, 1.0))
    traces = [trace for trace in traces if trace["x"]]
    # the page draws the line under the pointer with this one
    traces.append({**lines([], "@ink", 2.5, 1.0), "hoverinfo": "skip"})
    axis = {"width": 1.2, "color": "@soft"}
    bare = {"showgrid": False, "showline": False}
    figure_ = figure(
        traces,
        x={
            "tickvals": list(range(n)),
            "ticktext": names,
            "tickfont": {"color": "@ink", "size": 12},
            **bare,
            "side": "top",
            "range": [-0.3, n - 0.7],
            "ticklabeloverflow": "allow",
            "tickangle": 0,
        },
        y={
            "range": [low - 0.05, 1.06],
            **bare,
            "tickvals": [low] if chart.passes else [],
            "ticktext": ["not used"] if chart.passes else [],
        },
        height=380,
        annotations=[
            {
                "x": x,
                "y": y,
                "text": text(words),
                "xanchor": "right" if x == n - 1 else "left",
                "xshift": -7 if x == n - 1 else 7,
                "font": {"size": 10, "color": "@ink"},
                "bgcolor": "@veil",
                "borderpad": 1,
                "showarrow": False,
            }
            for x, ticks in enumerate(chart.ticks)
            for y, words in zip(*ticks, strict=True)
        ],
        shapes=[
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": axis}
            for x in range(n)
        ],
    )
    longest = max(len(line) for name in names for line in name.split("<br>"))
    return figure_, max(LEAST_WIDTH, LETTER * (longest + 1)) * n
