"""The page itself: all texts escaped, all in one file."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import numpy as np

from sklearn_bayes_search.report import _sections
from sklearn_bayes_search.report._figures import figures
from sklearn_bayes_search.report._findings import Findings
from sklearn_bayes_search.report._text import breakable, describe, plural
from sklearn_bayes_search.results._short_text import shown, visible


def page(findings: Findings, plotly: str) -> str:
    """Write the page, a whole HTML document, with plotly's script inside."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    here = files("sklearn_bayes_search.report")
    names = ("page.html", "page.css", "page.js")
    template, style, script = ((here / n).read_text(encoding="utf-8") for n in names)
    environment = Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        # whatever is written can be seen
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["breakable"] = lambda text: Markup(breakable(text))
    packed = base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode()
    name = type(findings.search).__name__
    what = describe(findings.search.estimator).removeprefix("a ")
    drawn = figures(findings)
    return environment.from_string(template).render(
        **_sections.summary(findings),
        **_sections.table(findings),
        **_sections.reproduce(findings),
        failures=_sections.failures(findings),
        figures=drawn,
        title=f"{name}: {what[:1].upper()}{what[1:]}",
        written=f"{datetime.now(UTC).astimezone():%d %B %Y, %H:%M}",
        contents=_contents(findings),
        shown=shown,
        plural=plural,
        # our own, or escaped here
        policy=Markup(_policy(script, plotly)),
        style=Markup(style),
        script=Markup(script),
        plotly=Markup(packed),
        drawn=Markup(_json({figure.anchor: figure.data for figure in drawn})),
        tips=Markup(_json(_for_tips(findings))),
    )


def _policy(*scripts: str) -> str:
    """Allow these scripts, by what is in them, and no network at all."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    """Write JSON that cannot end its element."""
    text = json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value: Any) -> Any:
    """Return plain numbers, rounded ones, None for those that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_finite(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.12g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _contents(findings: Findings) -> list[tuple[str, str]]:
    links = [("summary", "Summary"), ("next", "What to try next")]
    if findings.chosen is not None:
        links.append(("charts", "Charts"))
    links += [("candidates-table", "Candidates"), ("failures", "Failures")]
    links.append(("reproduce", "Reproduce"))
    return links


def _for_tips(findings: Findings) -> list[list[Any]]:
    """Return what is shown of each candidate under the pointer."""
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
