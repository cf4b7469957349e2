"""Draws charts with matplotlib: marks, axes and legends, in any style of the user's."""

import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts import _chart as charts
from sklearn_bayes_search.results._short_text import visible

# Okabe and Ito's colours, which differ for colour-blind readers, too.
COLORS = {
    "accent": "#0072B2",
    "second": "#D55E00",
    "third": "#009E73",
    "fourth": "#CC79A7",
    "fifth": "#E69F00",
    "sixth": "#56B4E9",
    "soft": "#8C8C8C",
    "pale": "#B9D3E8",
    "grey": "#E4E4E4",
}
BEST, MUTED = COLORS["second"], COLORS["soft"]
MARKERS = {
    "circle": "o",
    "ring": "o",
    "cross": "x",
    "down": "v",
    "star": "*",
    "diamond": "D",
    "gem": "D",
    "square": "s",
    "none": "",
}
# Where no candidate is near.
HATCH = {"hatch": "////", "edgecolor": "#B0B0B0", "facecolor": "none", "lw": 0}
HOLLOW = ("ring", "gem")
DASHES = {"solid": "-", "dash": "--", "dot": ":"}
# How much of the ink is in what is only just seen; height of marks at the edge.
FAINT, EDGE = 0.1, 0.025
# Points in a pixel of a screen, in which sizes are given; the largest in a legend.
POINTS, LARGEST = 0.75, 11 / 0.75
# With more spans edges would cover them.
MANY_SPANS = 150


def as_text(text: object) -> str:
    """Make text of which matplotlib draws every character: ``$`` starts no formula."""
    lines = visible(str(text)).split("\n")
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"(?<!\\)\$", r"\\$", text)


def ink() -> Any:
    """Return the colour of text, which is seen on the background of any style."""
    import matplotlib

    return matplotlib.rcParams["text.color"]


def shade(ax: Any, color: str) -> Any:
    """Return matplotlib's colour for one of a chart's."""
    if color == "faint":  # only just seen on the background
        from matplotlib.colors import to_rgb

        paper, text = np.array(to_rgb(ax.get_facecolor())), np.array(to_rgb(ink()))
        return tuple((1 - FAINT) * paper + FAINT * text)
    return ink() if color in ("ink", "bad") else COLORS[color]


def new_axes(display: object, ax: Any = None, figsize: Any = None) -> Any:
    """Return the axes to draw in: the user's, or those of a new figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__} needs matplotlib to draw. Install it with "
            'pip install "sklearn-bayes-search[plot]"'
        ) from error
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax


def wrap_axes(
    display: object, ax: Any, n_rows: int, n_columns: int, figsize: Any, **grid: Any
) -> np.ndarray:
    """Return a grid of axes, in place of the user's axes if there are some."""
    ax = new_axes(display, ax, figsize)
    figure, place = ax.figure, ax.get_subplotspec()
    if place is None:  # the user's axes are at a position, not in a grid
        box = ax.get_position()
        sides = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
        place = figure.add_gridspec(1, 1, **sides)[0, 0]
    ax.remove()
    return place.subgridspec(n_rows, n_columns, **grid).subplots(squeeze=False)


def draw(ax: Any, chart: charts.Chart) -> dict[str, dict[str, Any]]:
    """Draw a chart; return what was drawn, by the roles and groups of the marks."""
    drawn: dict[str, dict[str, Any]] = defaultdict(dict)
    for mark in chart.marks:
        drawn[mark.role][mark.group] = PENS[type(mark)](ax, mark)
    set_axis(ax, "x", chart.x)
    set_axis(ax, "y", chart.y)
    if chart.title:
        ax.set_title(as_text(chart.title), loc="left")
    return drawn


def set_axis(ax: Any, which: str, axis: charts.Axis) -> None:
    """Make an axis of matplotlib's like a chart's."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    own = getattr(ax, f"{which}axis")
    if axis.log:
        getattr(ax, f"set_{which}scale")("log")
    if axis.ticks is not None:
        own.set_ticks(axis.ticks.places, list(map(as_text, axis.ticks.texts)))
        own.set_ticks([], minor=True)
    if axis.limits is not None:
        getattr(ax, f"set_{which}lim")(axis.limits)
    if axis.label:
        getattr(ax, f"set_{which}label")(as_text(axis.label))
    locator = own.get_major_locator()
    if axis.whole and isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)
    formatter = own.get_major_formatter()
    if isinstance(formatter, ScalarFormatter):
        formatter.set_useOffset(False)  # each tick in full


def add_legend(
    ax: Any, chart: charts.Chart, *, inside: bool = False, **options: Any
) -> None:
    """Name marks below the axes, or ``inside`` if the figure makes no room there."""
    from matplotlib.legend_handler import HandlerTuple

    marks = chart.legend
    if not marks:
        return
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 2}
    place |= {"borderaxespad": 4.5, "frameon": False}  # below the label of the axis
    if inside and ax.figure.get_layout_engine() is None:
        place = {"loc": "best"}
    ax.legend(
        [key(ax, mark) for mark in marks],
        [as_text(mark.label) for mark in marks],
        title=chart.legend_title or None,
        title_fontsize="small",
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.0)},
        fontsize="small",
        **{**place, **options},
    )


def key(ax: Any, mark: charts.Mark) -> Any:
    """Return what stands for a mark in a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    style = replace(mark.style, color=mark.key_color or mark.style.color)
    color = shade(ax, style.color)
    if isinstance(mark, charts.Spans) and mark.shade is not None:
        return tuple(Patch(color=each) for each in ramp([1.0, 1.0], [False, True]))
    if isinstance(mark, charts.Areas):
        return Patch(**HATCH)
    if isinstance(mark, charts.Bars | charts.Spans | charts.Band):
        return Patch(color=color, alpha=style.opacity, lw=0)
    line = Line2D([], [], **_stroke(ax, style))
    if isinstance(mark, charts.Points):
        alone = mark.errors is None and style.symbol != "none"
        marker = _marker(ax, replace(style, size=min(style.size, LARGEST)))
        line.set(ls="" if alone else "-", lw=1.2, alpha=style.opacity, **marker)
    return line


def sequential_map(darkest: float = 0.0, lightest: float = 0.92) -> Any:
    """Make a colour map without its palest end, which would be lost on white."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    colors = matplotlib.colormaps["viridis"](np.linspace(darkest, lightest, 256))
    return ListedColormap(colors)


def lines_map(ax: Any, cmap: Any = None) -> Any:
    """Return a colour map; by default both ends are seen on the axes' background."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    if cmap is not None:
        return colormaps.get_cmap(cmap)
    dark = np.mean(to_rgb(ax.get_facecolor())) < 0.5
    return sequential_map(darkest=0.25, lightest=1.0) if dark else sequential_map()


def ramp(shares: Any, pale: Any) -> np.ndarray:
    """Return colours, light and dark by turns: neighbours differ, the order shows."""
    colors = sequential_map()(np.asarray(shares, dtype=float))
    pale = np.asarray(pale, dtype=bool)
    colors[pale, :3] = 0.62 * colors[pale, :3] + 0.38
    return colors


def _marker(ax: Any, style: charts.Style) -> dict[str, Any]:
    color = shade(ax, style.color)
    return {
        "marker": MARKERS[style.symbol],
        "markersize": POINTS * style.size,
        "markerfacecolor": ax.get_facecolor() if style.symbol in HOLLOW else color,
        "markeredgecolor": "white" if style.symbol == "star" else color,
    }


def _points(ax: Any, mark: charts.Points) -> Any:
    from matplotlib.colors import to_rgba

    style, color = mark.style, shade(ax, mark.style.color)
    marker = _marker(ax, style)
    if mark.errors is not None:
        bars = {"capsize": 0.4 * style.size, "lw": style.width, "color": color}
        bars["xerr" if mark.horizontal else "yerr"] = mark.errors
        look = {"ls": "", "alpha": style.opacity, "zorder": 3, **marker}
        return ax.errorbar(mark.x, mark.y, **bars, **look)
    if mark.at_edge:  # whatever the limits are: in shares of the axes' height
        edge = {"transform": ax.get_xaxis_transform(), "clip_on": False, "zorder": 3}
        return ax.plot(mark.x, np.full(len(mark.x), EDGE), ls="", **marker, **edge)[0]
    if style.symbol in ("star", "cross"):
        return ax.plot(mark.x, mark.y, ls="", **marker, zorder=4)[0]
    hollow = mark.hollow
    if hollow is None:
        hollow = np.full(len(mark.x), style.symbol in HOLLOW)
    # seen through where some of one kind are filled; else what is behind is hidden
    empty = to_rgba(ax.get_facecolor(), 1.0 if mark.hollow is None else 0.0)
    return ax.scatter(
        mark.x,
        mark.y,
        s=(POINTS * style.size * (style.symbol != "none")) ** 2,
        marker=MARKERS[style.symbol] or "o",
        facecolor=np.where(hollow[:, None], empty, to_rgba(color, style.opacity)),
        edgecolor=color,
        lw=np.where(hollow, 1.0, 0.0),
        zorder=2,
    )


def _stroke(ax: Any, style: charts.Style) -> dict[str, Any]:
    color = shade(ax, style.color)
    return {"color": color, "lw": style.width, "ls": DASHES[style.dash]}


def _line(ax: Any, mark: charts.Line) -> Any:
    look = {"marker": MARKERS[mark.style.symbol], "alpha": mark.style.opacity}
    steps = "steps-post" if mark.steps else "default"
    stroke = _stroke(ax, mark.style)
    return ax.plot(mark.x, mark.y, drawstyle=steps, **stroke, **look, zorder=3)[0]


def _band(ax: Any, mark: charts.Band) -> Any:
    look = {"color": shade(ax, mark.style.color), "alpha": mark.style.opacity, "lw": 0}
    steps = "post" if mark.steps else None
    return ax.fill_between(mark.x, mark.low, mark.high, step=steps, **look)


def _bars(ax: Any, mark: charts.Bars) -> Any:
    return ax.barh(
        mark.at,
        mark.lengths,
        height=mark.height,
        color=[shade(ax, color) for color in mark.colors],
        xerr=mark.errors,
        error_kw={"ecolor": "#666666", "capsize": 2, "lw": 1},
    )


def _spans(ax: Any, mark: charts.Spans) -> Any:
    from matplotlib.collections import PolyCollection

    # a failed fit in a colour of its own, since it has an area
    colors = [COLORS["second"] if c == "bad" else shade(ax, c) for c in mark.colors]
    if mark.shade is not None:
        colors = ramp(mark.shade, mark.pale)
    many = len(mark.at) >= MANY_SPANS or mark.style.width == 0
    low, high = mark.at - mark.height / 2, mark.at + mark.height / 2
    left, right = mark.start, mark.start + mark.length
    corners = np.array([[left, left, right, right], [low, high, high, low]])
    spans = PolyCollection(
        corners.T,
        facecolors=colors,
        edgecolors=ax.get_facecolor(),
        linewidths=0.0 if many else 0.4,
        zorder=1 if mark.style.color == "faint" else 2,
    )
    return ax.add_collection(spans)


def _words(ax: Any, mark: charts.Words) -> Any:
    transform = ax.get_yaxis_transform() if mark.in_shares else ax.transData
    look = {"va": "center", "fontsize": "small", "color": shade(ax, mark.style.color)}
    return [
        ax.text(x, y, as_text(text), transform=transform, **look)
        for x, y, text in zip(mark.x, mark.y, mark.texts, strict=True)
    ]


def _rules(ax: Any, mark: charts.Rules) -> Any:
    zorder = 1 if mark.style.dash == "solid" else 4
    stroke = _stroke(ax, mark.style)
    return [ax.axvline(x, **stroke, zorder=zorder) for x in mark.x]


def _areas(ax: Any, mark: charts.Areas) -> Any:
    edges = {"align": "edge", "transform": ax.get_xaxis_transform()}
    return ax.bar(mark.start, 1.0, mark.end - mark.start, zorder=0, **edges, **HATCH)


PENS = {
    charts.Areas: _areas,
    charts.Points: _points,
    charts.Line: _line,
    charts.Band: _band,
    charts.Bars: _bars,
    charts.Spans: _spans,
    charts.Words: _words,
    charts.Rules: _rules,
}
