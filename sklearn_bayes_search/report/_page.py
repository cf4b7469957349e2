"""The page itself: all texts escaped, all in one file."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np

from sklearn_bayes_search.report._figures import figures
from sklearn_bayes_search.report._sections import (
    failures,
    next_steps,
    reproduce,
    summary,
    table,
)
from sklearn_bayes_search.report._text import breakable, describe, safe
from sklearn_bayes_search.results._short_text import shown, visible

__all__ = ["page"]


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
    charts, drawn = figures(findings)
    packed = base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode()
    written = f"{datetime.now(UTC).astimezone():%d %B %Y, %H:%M}"
    name = type(findings.search).__name__
    what = describe(findings.search.estimator).removeprefix("a ")
    title = f"{name}: {what[:1].upper()}{what[1:]}"
    sections = [
        summary(findings),
        next_steps(findings),
        charts,
        table(findings),
        failures(findings),
        reproduce(findings),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script, plotly)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{safe(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="kicker">Report of a search, {written}</p>
<h1>{breakable(title)}</h1>
</header>
<nav aria-label="Sections">{_contents(findings)}</nav>
<main>
{"".join(sections)}
</main>
<footer><p>Written by sklearn-bayes-search. The charts are drawn by plotly.js,
© Plotly, Inc., MIT licence, which is inside this file.</p></footer>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="figures">{_json(drawn)}</script>
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


def _json(value):
    """Write JSON that cannot end its element."""
    text = json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value):
    """Give plain numbers, rounded ones, None for those that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_finite(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.12g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _contents(findings):
    links = [("summary", "Summary"), ("next", "What to try next")]
    if findings.chosen is not None:
        links.append(("charts", "Charts"))
    links += [("candidates-table", "Candidates"), ("failures", "Failures")]
    links.append(("reproduce", "Reproduce"))
    return "".join(f'<a href="#{target}">{text}</a>' for target, text in links)


def _for_tips(findings):
    """Give what is shown of each candidate under the pointer."""
    texts = []
    for c in findings.candidates:
        score = (
            "failed"
            if c.status == "failed"
            else f"score {findings.score_text(c.score, 1)}"
        )
        if c.status in ("ok", "paused") and np.isfinite(c.error):
            score += f" ± {findings.score_text(c.error, 1)}"
        if c.status not in ("ok", "failed"):
            score += f", {c.status}"
        params = [[visible(str(n)), shown(v, 60)] for n, v in c.params.items()]
        texts.append([f"#{c.number}, {score}", params])
    return texts
