"""The charts, as plotly's figures: plain data, without plotly.

A colour is the name of one of the page's own, as "@accent": the page puts in what the
reader's light or dark mode asks for. ``customdata`` is the number of a candidate, and a
line of text on the point itself; the page shows them, and the candidate's parameters.
Plotly reads texts as HTML of a kind, so that those of the user are escaped.
"""

import numpy as np

from sklearn_bayes_search.report._labels import name_labels
from sklearn_bayes_search.report._scales import score_floor, score_ticks
from sklearn_bayes_search.report._text import percent
from sklearn_bayes_search.results._folds import first_of_equals
from sklearn_bayes_search.results._short_text import visible
from sklearn_bayes_search.results._times import duration

__all__ = ["figure", "folds", "importance", "leaders", "progress", "timeline"]

N_LEADERS = 10
# More fits have no edges; opacity of every other candidate's.
MANY_FITS, PALE = 40, 0.55
# Characters from which on every other score is written along an axis.
LONG = 7
MARGIN = {"l": 8, "r": 8, "t": 14, "b": 8}


def figure(traces, *, x=None, y=None, height=320, **layout):
    """Join traces and what all charts have in common.

    Parameters
    ----------
    traces : list of dict
        Plotly's.
    x, y : dict, default=None
        Axes.
    height : int, default=320
        Pixels.
    **layout : dict
        More of the layout.

    Returns
    -------
    figure : dict
        ``data`` and ``layout``.
    """
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
    title = {"font": {"size": 12, "color": "@soft"}, "standoff": 8}

    def complete(own):
        own = dict(own or {})
        if "title" in own:
            own["title"] = {**title, "text": own["title"]}
        return {**axis, **own}

    common = {
        "height": height,
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 24,
        "dragmode": False,
        "xaxis": complete(x),
        "yaxis": complete(y),
    }
    return {
        "data": [{"hoverinfo": "none", **trace} for trace in traces],
        "layout": {**common, **layout},
    }


def progress(findings):
    """Draw the score of each candidate in the order of evaluation, and the best."""
    scored = [c for c in findings.candidates if np.isfinite(c.score)]
    floor, top = score_floor([c.score for c in scored])
    best, steps = -np.inf, []
    for candidate in findings.candidates:
        if candidate.status == "ok":
            best = max(best, candidate.score)
        if np.isfinite(best):
            steps.append((candidate.number, max(best, floor)))
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in steps],
        "y": [y for _, y in steps],
        "line": {"shape": "hv", "width": 2, "color": "@second"},
        "hoverinfo": "skip",
    }
    kinds = {
        "ok": ("circle", "@accent", 8),
        "paused": ("circle-open", "@accent", 7),
        "early round": ("circle-open", "@accent", 7),
    }
    traces = [line]
    for status, (symbol, colour, size) in kinds.items():
        group = [c for c in scored if c.status == status]
        if group:
            traces.append(
                _points(
                    [c.number for c in group],
                    [max(c.score, floor) for c in group],
                    [[c.number, _edge(c, floor)] for c in group],
                    symbol=[
                        "triangle-down" if c.score < floor else symbol for c in group
                    ],
                    color=colour,
                    size=size,
                    opacity=0.75,
                )
            )
    failed = findings.failed
    if failed:
        traces.append(
            _points(
                [c.number for c in failed],
                [floor] * len(failed),
                [[c.number, "failed"] for c in failed],
                symbol="x",
                color="@bad",
                size=8,
            )
        )
    if findings.chosen is not None:
        traces.append(_star(findings))
    room, n = 0.03 * (top - floor), len(findings.candidates)
    limits = [floor - room, top + room]
    values, texts = score_ticks(*limits)
    return figure(
        traces,
        x={
            "title": "candidate, in the order of evaluation",
            "range": [-0.02 * n - 0.5, 1.02 * n - 0.5],
        },
        y={"title": "score", "range": limits, "tickvals": values, "ticktext": texts},
    )


def importance(table):
    """Draw the share of the differences of the score that each parameter explains."""
    table = table.iloc[:12][::-1]
    names = list(name_labels(table.index, 18).values())
    rows = list(range(len(names)))
    notes = [
        f"alone {percent(main)}, with others {percent(total)} ± {percent(error)}"
        for main, total, error in zip(
            table["main"], table["total"], table["error"], strict=True
        )
    ]
    notes = [
        f"{note}; {visible(rests_on)}"
        for note, rests_on in zip(notes, table["rests_on"], strict=True)
    ]
    data = [
        [None, note, visible(str(name))]
        for note, name in zip(notes, table.index, strict=True)
    ]
    unknown = (table["matters"] == "unknown").tolist()
    bar = {"type": "bar", "orientation": "h", "y": rows, "customdata": data}
    total = {
        **bar,
        "x": table["total"].tolist(),
        "marker": {"color": ["@line" if each else "@faint" for each in unknown]},
        "width": 0.62,
        "error_x": {
            "type": "data",
            "array": table["error"].tolist(),
            "color": "@soft",
            "thickness": 1.2,
            "width": 4,
        },
    }
    main = {
        **bar,
        "x": np.clip(table["main"], 0, 1).tolist(),
        "marker": {"color": ["@soft" if each else "@accent" for each in unknown]},
        "width": 0.62,
    }
    ends = np.minimum(table["total"] + table["error"], 1.1)
    # in two lines there is room for them on a phone
    directions = table["direction"].replace("not monotone", "")
    directions[table["matters"] == "unknown"] = "cannot tell"
    directions[table["matters"] == "hardly"] = "hardly matters"
    words = {
        "type": "scatter",
        "mode": "text",
        "x": (ends + 0.02).tolist(),
        "y": rows,
        "text": directions.str.replace(" on", "<br>on").tolist(),
        "textposition": "middle right",
        "textfont": {"size": 11, "color": "@soft"},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    return figure(
        [total, main, words],
        x={
            "title": "share of the differences",
            "range": [0, max(1.12, float(ends.max()) + 0.42)],
            "tickvals": [0, 0.5, 1],
            "ticktext": ["0", "50 %", "100 %"],
        },
        y={"tickvals": rows, "ticktext": names, "tickfont": {"color": "@ink"}},
        height=max(56 + 38 * len(names), 150),
        barmode="overlay",
    )


def folds(findings):
    """Draw the scores on the folds of the leading candidates, and of the chosen one."""
    rows, more = leaders(findings)
    marked = "" if findings.called == "best" else " chosen"
    equals = set(findings.equals)
    # the same place within each row, so that a fold can be followed
    offsets = np.linspace(0.26, -0.26, len(rows[0].folds)).tolist()
    traces = []
    for colour, group in (
        ("@accent", [r for r, c in enumerate(rows) if c.number in equals]),
        ("@soft", [r for r, c in enumerate(rows) if c.number not in equals]),
    ):
        points = [
            (
                score,
                row + offsets[fold],
                rows[row].number,
                f"fold {fold}: {findings.score_text(score, 1)}",
            )
            for row in group
            for fold, score in enumerate(rows[row].folds)
        ]
        if points:
            traces.append(
                _points(
                    [p[0] for p in points],
                    [p[1] for p in points],
                    [[p[2], p[3]] for p in points],
                    symbol="circle-open",
                    color=colour,
                    size=7,
                )
            )
            traces.append(
                _points(
                    [rows[row].score for row in group],
                    group,
                    [
                        [
                            rows[r].number,
                            f"mean {findings.score_text(rows[r].score, 1)}{more[r]}",
                        ]
                        for r in group
                    ],
                    symbol="line-ns-open",
                    color=colour,
                    size=20,
                    width=3,
                )
            )
    scores = np.concatenate([c.folds for c in rows])
    values, texts = score_ticks(scores.min(), scores.max())
    # long ones side by side would be drawn aslant
    step = 2 if max(map(len, texts)) > LONG else 1
    return figure(
        traces,
        x={
            "title": "score on a fold",
            "tickvals": values[::step],
            "ticktext": texts[::step],
        },
        y={
            "tickvals": list(range(len(rows))),
            "ticktext": [
                f"#{c.number}{marked if c is findings.chosen else ''}" for c in rows
            ],
            "tickfont": {"color": "@ink"},
            "range": [-0.6, len(rows) - 0.4],
        },
        height=max(56 + 26 * len(rows), 150),
    )


def leaders(findings):
    """Give the candidates whose folds are drawn, those with equal ones once.

    Returns
    -------
    rows : list of Candidate
        From below to the top.
    more : list of str
        What is told of others like them.
    """
    chosen = findings.chosen
    ok = [c for c in findings.candidates if c.status == "ok"]
    # equal scores are shown once: by the chosen one, if it is among them
    ok.sort(key=lambda c: (-c.score, c is not chosen, c is not findings.top))
    rows, n_more = first_of_equals(np.array([c.folds for c in ok]))
    pairs = list(zip([ok[row] for row in rows], n_more, strict=True))
    ahead, behind = pairs[:N_LEADERS], pairs[N_LEADERS:]
    late = [pair for pair in behind if pair[0] is chosen]
    pairs = [*ahead[: N_LEADERS - len(late)], *late][::-1]
    more = [
        f"; {n} more with the same score on each fold" if n else "" for _, n in pairs
    ]
    return [c for c, _ in pairs], more


def timeline(fits, times):
    """Draw when each fit ran, and where; pauses between two runs are left out."""
    data = [
        [
            int(candidate),
            # without a worker where it was lost
            f"fold {fold}: {duration(took)}, {status}"
            + (f", {visible(str(worker))}" if worker else ""),
        ]
        for candidate, fold, took, status, worker in zip(
            fits["candidate"],
            fits["fold"],
            times.seconds,
            fits["status"],
            fits["worker"],
            strict=True,
        )
    ]
    traces = []
    # on a phone there would be edges only, were they around each of many
    thin = 0 if len(fits) > MANY_FITS else 1
    pale = np.where(fits["candidate"] % 2 == 1, PALE, 1.0)
    for status, colour, edge, width in (
        ("ok", "@accent", "@sheet", thin),
        # what failed is often short, and is to be seen
        ("failed", "@bad", "@bad", 1),
    ):
        chosen = np.flatnonzero((fits["status"] == status).to_numpy())
        if len(chosen):
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "base": np.round(times.start[chosen], 4).tolist(),
                    "x": np.round(times.seconds[chosen], 4).tolist(),
                    "y": times.rows[chosen].tolist(),
                    "width": 0.7,
                    "customdata": [data[i] for i in chosen],
                    "marker": {
                        "color": colour,
                        "opacity": pale[chosen].tolist(),
                        "line": {"width": width, "color": edge},
                    },
                }
            )
    lines = [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": 1,
            "line": {"dash": "dot", "width": 1, "color": "@soft"},
        }
        for x in times.cuts
    ]
    return figure(
        traces,
        x={
            "title": "seconds since the first fit began",
            "range": [-0.01 * times.end, 1.01 * times.end],
        },
        y={
            "tickvals": list(range(times.n_workers)),
            "ticktext": [f"worker {i + 1}" for i in range(times.n_workers)],
            "autorange": "reversed",
        },
        height=max(70 + 24 * times.n_workers, 130),
        barmode="overlay",
        shapes=lines,
    )


def _points(x, y, customdata, *, width=None, opacity=1.0, **marker):
    if width is not None:
        marker["line"] = {"width": width, "color": marker["color"]}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "customdata": customdata,
        "marker": {"opacity": opacity, **marker},
        "cliponaxis": False,
    }


def _star(findings):
    """Ring the setting of the refit."""
    chosen = findings.chosen
    return _points(
        [chosen.number],
        [chosen.score],
        [[chosen.number, f"the {findings.called} setting"]],
        symbol="circle-open",
        color="@second",
        size=15,
        width=2.5,
    )


def _edge(candidate, floor):
    """Say of a point that it is drawn at the edge."""
    return "lower than the chart shows" if candidate.score < floor else ""
