"""The section with the charts: their places and captions, and plotly's data."""

from sklearn_bayes_search.report import _charts, _space_charts
from sklearn_bayes_search.report._charts import N_LEADERS
from sklearn_bayes_search.report._sections import section
from sklearn_bayes_search.report._text import (
    duration,
    plural,
    safe,
    shown,
)

__all__ = ["figures"]


def figures(findings):
    """Give the section with the charts, and plotly's data for them."""
    if findings.chosen is None:
        return "", {}
    parts, drawn = [], {}

    def add(anchor, heading, text, chart, *, keys=(), wide=True):
        drawn[anchor] = {"data": chart["data"], "layout": chart["layout"]}
        width = chart.get("min_width", 0)
        legend = "".join(
            f'<span><i class="{kind}"></i>{label}</span>' for kind, label in keys
        )
        legend = f'<p class="keys">{legend}</p>' if keys else ""
        parts.append(
            f'<figure class="{"wide" if wide else "half"}"><figcaption><h3>{heading}</h3>'
            f"<p>{text}</p>{legend}</figcaption>"
            f'<div class="scroll"{" tabindex=0" if width else ""}><div class="chart" '
            f'id="{anchor}" role="img" aria-label="{heading}. {text}" '
            f'style="height:{chart["layout"]["height"]}px;min-width:{width}px"></div></div>'
            "</figure>"
        )

    best = ("ring", "the best setting")
    status = {c.status for c in findings.candidates}
    keys = [("dot", "a setting"), ("step", "best so far"), best]
    keys += [("hollow", "paused: an estimate")] * ("paused" in status)
    keys += [("hollow", "scored on less data")] * ("early round" in status)
    keys += [("cross", "failed")] * ("failed" in status)
    add(
        "chart-progress",
        "Score of each candidate",
        "Each point is a setting, in the order they were tried.",
        _charts.progress(findings),
        keys=keys,
    )
    chart, n_left_out = _space_charts.parallel(findings)
    if chart is not None:
        more = (
            f" {plural(n_left_out, 'parameter')} that matter less: left out."
            if n_left_out
            else ""
        )
        keys = [("ramp", "lower to higher score"), ("step", "the best setting")]
        keys += [("dash", "failed")] * ("failed" in status)
        add(
            "chart-parallel",
            "What goes together",
            "Each line is a setting. Follow the best lines: where do they cross each "
            f"axis? The parameter next to the score matters most.{more}",
            chart,
            keys=keys,
        )
    if len(findings.importance):
        add(
            "chart-importance",
            "Which parameters matter",
            "How much of the differences of the score comes from each parameter, if all "
            "settings were equally likely.",
            _charts.importance(findings.importance),
            keys=[("bar", "alone"), ("bar faint", "with others, and its error")],
            wide=False,
        )
    if findings.top is not None:
        keys = [("hollow", "a fold"), ("tick", "mean")]
        keys += [("dot grey", "not as good")] * (len(findings.equals) < N_LEADERS)
        add(
            "chart-folds",
            "Folds of the best candidates",
            "Rows that overlap cannot be told apart: their order is partly luck. Each fold has its own height within a row.",
            _charts.folds(findings),
            keys=keys,
            wide=False,
        )
    cuts = _space_charts.slices(findings)
    if cuts:
        parts.append(
            '<div class="wide intro"><h3>The score along each parameter</h3><p>The line is '
            "what a model expects if only this parameter changes and the others stay at "
            "the best setting; it is 95\N{NO-BREAK SPACE}% sure of the band. Points are all settings "
            "tried: the others differ in them, so they need not lie on the line.</p></div>"
        )
        for index, (name, chart) in enumerate(cuts):
            anchor = f"chart-slice-{index}"
            drawn[anchor] = chart
            parts.append(
                f'<figure class="third"><div class="chart" id="{anchor}" role="img" '
                f'aria-label="Score along {safe(shown(name))}" '
                f'style="height:{chart["layout"]["height"]}px"></div></figure>'
            )
    if findings.fits is not None and len(findings.fits):
        chart, breaks = _charts.timeline(findings.fits)
        text = "Each bar is a fit on one fold. Gaps are time in which a worker waited."
        if breaks:
            text += (
                f" Breaks between runs are left out: {duration(sum(breaks))}, at the "
                "dotted line."
            )
        failed = (findings.fits["status"] == "failed").any()
        keys = [("bar", "a fit"), ("bar bad", "failed")] if failed else []
        add("chart-timeline", "When each fit ran", text, chart, keys=keys)
    inner = (
        '<p class="hint">Point at anything, or tap it, to see its parameters. A click '
        "shows the candidate in the table.</p>"
        '<p id="no-charts" class="note">The charts need a browser of 2023 or later, with '
        "scripts. All else can be read without.</p>"
        f'<div class="grid">{"".join(parts)}</div>'
    )
    return section("charts", "Charts", inner), drawn
