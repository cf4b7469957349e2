"""The page itself: all texts escaped, all in one file."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

import numpy as np

from sklearn_bayes_search.report import _charts, _space_charts
from sklearn_bayes_search.report._code import code_of, versions
from sklearn_bayes_search.report._text import (
    describe,
    duration,
    number,
    plural,
    shown,
    visible,
)
from sklearn_bayes_search.report._words import advice, facts, lead, metric_name

__all__ = ["page"]

# Tracebacks, and characters of each: all of them would not fit into one page.
MAX_TRACEBACKS, MAX_TRACEBACK = 40, 8000


def page(findings, plotly):
    """Write the page.

    Parameters
    ----------
    findings : Findings
        What there is to tell.
    plotly : str
        Plotly's script.

    Returns
    -------
    html : str
        A whole document.
    """
    here = files("sklearn_bayes_search.report")
    style = (here / "page.css").read_text(encoding="utf-8")
    script = (here / "page.js").read_text(encoding="utf-8")
    charts, figures = _figures(findings)
    packed = base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode()
    title = f"{type(findings.search).__name__} of {describe(findings.search.estimator)}"
    sections = [
        _summary(findings),
        _next(findings),
        charts,
        _table(findings),
        _failures(findings),
        _reproduce(findings),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script, plotly)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{_safe(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="kicker">Report of a search, {datetime.now(UTC).astimezone():%d %B %Y, %H:%M}</p>
<h1>{_safe(title)}</h1>
</header>
<nav aria-label="Sections">{_contents(findings)}</nav>
<main>
{"".join(sections)}
</main>
<footer><p>Written by sklearn-bayes-search. The charts are drawn by plotly.js,
© Plotly, Inc., MIT licence, which is inside this file.</p></footer>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="figures">{_json(figures)}</script>
<script type="application/json" id="candidates">{_json(_for_tips(findings))}</script>
<script type="text/plain" id="plotly">{packed}</script>
<script>{script}</script>
</body>
</html>
"""


def _policy(*scripts):
    """Allow these scripts, by what is in them, and no network at all."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _safe(text):
    """Escape a text for an element or an attribute."""
    return escape(visible(str(text)), quote=True)


def _json(value):
    """Write JSON that cannot end its element."""
    text = json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value):
    """Give plain numbers, short ones, None for those that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_finite(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.7g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _contents(findings):
    links = [("summary", "Summary"), ("next", "What to try next")]
    if findings.chosen is not None:
        links.append(("charts", "Charts"))
    links += [("candidates-table", "Candidates"), ("failures", "Failures")]
    links.append(("reproduce", "Reproduce"))
    return "".join(f'<a href="#{target}">{text}</a>' for target, text in links)


def _section(anchor, heading, inner):
    return f'<section id="{anchor}"><h2>{heading}</h2>\n{inner}\n</section>\n'


def _summary(findings):
    chosen, honest = findings.chosen, findings.honest
    tiles = []
    if chosen is not None:
        name = _safe(metric_name(findings))
        tiles.append(("Best score", number(chosen.score), name))
        if honest is not None:
            interval = f"{number(honest.low)} to {number(honest.high)}, {honest.level:.0%} sure"
            tiles.append(("Expect on new data", number(honest.score), interval))
        good = len(findings.equals)
        tiles.append(
            (
                "As good as the best",
                f"{good}",
                f"of {plural(len(findings.candidates), 'setting')}",
            )
        )
    n_failed = len(findings.failed)
    tiles.append(
        ("Failed", f"{n_failed}", f"of {plural(len(findings.candidates), 'setting')}")
    )
    cards = "".join(
        f"<div><dt>{label}</dt><dd><b>{value}</b><span>{note}</span></dd></div>"
        for label, value, note in tiles
    )
    rows = "".join(
        f"<div><dt>{_safe(label)}</dt><dd>{_safe(text)}</dd></div>"
        for label, text in facts(findings)
    )
    best = ""
    if chosen is not None:
        values = "".join(
            f'<div><dt>{_safe(shown(name))}</dt><dd title="{_safe(shown(value, 300))}">'
            f"{_safe(shown(value))}</dd></div>"
            for name, value in chosen.params.items()
        )
        best = f'<h3>Best settings</h3>\n<dl class="params">{values}</dl>'
    return _section(
        "summary",
        "Summary",
        f'<dl class="tiles">{cards}</dl>\n<p class="lead">{_safe(lead(findings))}</p>\n'
        f'{best}\n<h3>What to make of it</h3>\n<dl class="facts">{rows}</dl>',
    )


def _next(findings):
    items = advice(findings)
    if not items:
        text = (
            "<p>Nothing stands out: no range looks too narrow, no parameter is without "
            "effect, and nothing else calls for a change.</p>"
        )
    else:
        text = "<ul>" + "".join(f"<li>{_safe(item)}</li>" for item in items) + "</ul>"
    return _section("next", "What to try next", text)


def _figures(findings):
    """Give the section with the charts, and plotly's data for them."""
    if findings.chosen is None:
        return "", {}
    parts, figures = [], {}

    def add(anchor, heading, text, chart, *, keys=(), wide=True):
        figures[anchor] = {"data": chart["data"], "layout": chart["layout"]}
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
    if any(c.status == "ok" for c in findings.candidates):
        add(
            "chart-folds",
            "Folds of the best candidates",
            "Where rows overlap this much, the order of the candidates is partly luck.",
            _charts.folds(findings),
            keys=[
                ("hollow", "a fold"),
                ("tick", "mean"),
                ("dot", "as good as the best"),
            ],
            wide=False,
        )
    cuts = _space_charts.slices(findings)
    if cuts:
        parts.append(
            '<div class="wide intro"><h3>The score along each parameter</h3><p>The line is '
            "what a model expects if only this parameter changes and the others stay at "
            "the best setting; it is 95 % sure of the band. Points are all settings "
            "tried: the others differ in them, so they need not lie on the line.</p></div>"
        )
        for index, (name, chart) in enumerate(cuts):
            anchor = f"chart-slice-{index}"
            figures[anchor] = chart
            parts.append(
                f'<figure class="third"><div class="chart" id="{anchor}" role="img" '
                f'aria-label="Score along {_safe(shown(name))}" '
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
    return _section("charts", "Charts", inner), figures


def _for_tips(findings):
    """Give what is shown of each candidate under the pointer."""
    texts = []
    for c in findings.candidates:
        score = "failed" if c.status == "failed" else f"score {number(c.score)}"
        if c.status == "ok" and np.isfinite(c.error):
            score += f" ± {number(c.error)}"
        elif c.status != "failed":
            score += "" if c.status == "ok" else f", {c.status}"
        params = [[visible(str(n)), shown(v, 60)] for n, v in c.params.items()]
        texts.append([f"#{c.number}, {score}", params])
    return texts


def _table(findings):
    names = list(dict.fromkeys(n for c in findings.candidates for n in c.params))
    equals = set(findings.equals)
    heads = [("#", ""), ("Score", ' aria-sort="descending"'), ("Std. error", "")]
    heads += [("Status", ""), ("Seconds", "")]
    heads += [(_safe(shown(name, 40)), "") for name in names]
    head = "".join(
        f'<th scope="col"{sort}><button type="button">{label}</button></th>'
        for label, sort in heads
    )
    order = sorted(
        findings.candidates,
        key=lambda c: (c.status != "ok", -c.score if np.isfinite(c.score) else np.inf),
    )
    rows = []
    for c in order:
        marks = "".join(
            f'<span class="mark {kind}">{text}</span>'
            for kind, text, yes in (
                ("first", "best", c is findings.chosen),
                ("equal", "as good", c.number in equals and c is not findings.chosen),
            )
            if yes
        )
        cells = [
            f'<th scope="row" data-v="{c.number}">{c.number}</th>',
            _number_cell(c.score, number(c.score)),
            _number_cell(c.error, number(c.error)),
            f'<td data-v="{c.status}">{c.status}{marks}</td>',
            _number_cell(c.seconds, f"{c.seconds:.3g}"),
        ]
        for name in names:
            if name not in c.params:
                cells.append('<td data-v="">–</td>')
                continue
            value = c.params[name]
            text = shown(value, 48)
            numeric = isinstance(value, int | float | np.number) and value is not True
            numeric = numeric and not isinstance(value, bool)
            if numeric:
                cells.append(_number_cell(float(value), _safe(text)))
            else:
                long = (
                    f' title="{_safe(shown(value, 300))}"' if text.endswith("…") else ""
                )
                cells.append(f'<td data-v="{_safe(text)}"{long}>{_safe(text)}</td>')
        kind = ' class="chosen"' if c is findings.chosen else ""
        rows.append(f'<tr id="candidate-{c.number}"{kind}>{"".join(cells)}</tr>')
    return _section(
        "candidates-table",
        "Candidates",
        f'<p class="hint">{plural(len(order), "setting")}. Click on a heading to sort, '
        "and again to turn the order.</p>\n"
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Candidates">'
        f'<table id="table"><thead><tr>{head}</tr></thead>\n<tbody>\n'
        f"{chr(10).join(rows)}\n</tbody></table></div>",
    )


def _number_cell(value, text):
    shown_value = repr(float(value)) if np.isfinite(value) else ""
    return f'<td class="n" data-v="{shown_value}">{text}</td>'


def _failures(findings):
    failed = findings.failed
    fits = findings.fits
    texts = {}
    if fits is not None and len(fits):
        for row in fits[fits["status"] == "failed"].itertuples():
            texts.setdefault(str(row.error), []).append((row.candidate, row.fold))
    if not failed and not texts:
        return _section("failures", "Failures", "<p>No fit failed.</p>")
    if not texts:
        numbers = ", ".join(f"#{c.number}" for c in failed[:100])
        return _section(
            "failures",
            "Failures",
            f"<p>{plural(len(failed), 'setting')} without a score: {numbers}. This search "
            'keeps no tracebacks; with error_score="raise" it stops at the first.</p>',
        )
    groups = sorted(texts.items(), key=lambda item: -len(item[1]))
    parts = [
        f"<p>{plural(sum(map(len, texts.values())), 'fit')} failed. Equal ones are shown "
        "once, the most frequent first.</p>"
    ]
    for error, places in groups[:MAX_TRACEBACKS]:
        last = next(
            (x for x in reversed(error.splitlines()) if x.strip()), "no message"
        )
        numbers = list(dict.fromkeys(candidate for candidate, _ in places))
        where = ", ".join(f"#{n}" for n in numbers[:12])
        where += f" and {len(numbers) - 12} more" if len(numbers) > 12 else ""
        params = findings.candidates[numbers[0]].params
        setting = ", ".join(f"{shown(n)}={shown(v, 40)}" for n, v in params.items())
        cut = error[-MAX_TRACEBACK:]
        cut = cut if cut == error else f"… {cut}"
        parts.append(
            f"<details><summary><b>{_safe(shown(last, 160))}</b><span>"
            f"{plural(len(places), 'fit')}, of {where}</span></summary>"
            f"<p>First: #{numbers[0]}, fold {places[0][1]}, {_safe(setting)}</p>"
            f'<pre tabindex="0">{_safe(cut)}</pre></details>'
        )
    if len(groups) > MAX_TRACEBACKS:
        parts.append(
            f"<p>{len(groups) - MAX_TRACEBACKS} more kinds are left out; folds_frame() "
            "has them all.</p>"
        )
    return _section("failures", "Failures", "\n".join(parts))


def _reproduce(findings):
    search, chosen = findings.search, findings.chosen
    code = code_of(search, None if chosen is None else chosen.params)
    rows = "".join(
        f"<div><dt>{_safe(name)}</dt><dd>{_safe(version)}</dd></div>"
        for name, version in versions(search)
    )
    seed = getattr(search, "random_state", 0)
    if seed is None:
        note = (
            "No seed was set: another run tries other settings. Set random_state to an "
            "int to get the same ones again."
        )
    elif hasattr(search, "random_state"):
        note = f"The seed is random_state={shown(seed)}."
    else:
        note = "This search draws nothing at random."
    return _section(
        "reproduce",
        "How to reproduce",
        f"<p>{_safe(note)} Arguments that are not shown have their defaults. X and y are "
        f'the data.</p>\n<pre tabindex="0" id="code">{_safe(code)}</pre>\n'
        f'<h3>Versions when this page was written</h3>\n<dl class="params">{rows}</dl>',
    )
