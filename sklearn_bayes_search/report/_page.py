"""The page itself: all texts escaped, all in one file."""

import base64
import functools
import gzip
import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.report import _text
from sklearn_bayes_search.report._code import code_of, versions
from sklearn_bayes_search.report._expressions import is_generator
from sklearn_bayes_search.report._figures import Figure, figures, what_if
from sklearn_bayes_search.report._findings import Findings
from sklearn_bayes_search.results._short_text import (
    last_line,
    name_ends,
    shown,
    visible,
)
from sklearn_bayes_search.results._times import duration
from sklearn_bayes_search.space._dimensions import is_number

# Functions that the template calls.
FUNCTIONS = {
    **{"duration": duration, "is_generator": is_generator, "is_number": is_number},
    **{"last_line": last_line, "shown": shown, "visible": visible},
    **{"listing": _text.listing, "percent": _text.percent, "plural": _text.plural},
}
# Tracebacks, and characters of each: all of them would not fit into one page.
MAX_TRACEBACKS, MAX_TRACEBACK = 40, 8000


def page(found: Findings, plotly: str) -> str:
    """Write the page, a whole HTML document, with plotly's script inside."""
    search, drawn, scored = found.search, figures(found), found.scored
    params = {} if scored is None else found.results.settings[scored.chosen]
    name, described, title = _names(found)
    return render(
        "page.html",
        plotly,
        drawn,
        tips=_for_tips(found),
        title=title,
        kind="Report of a search",
        found=found,
        search=search,
        results=found.results,
        scored=scored,
        score=found.score_text,
        params=params,
        total=float(np.nansum(found.results.seconds)),
        table=_table(found),
        failures=_failures(found.fits),
        most_failures=MAX_TRACEBACKS,
        most_of_failure=MAX_TRACEBACK,
        code="" if found.is_journal else code_of(search, params if scored else None),
        versions=[] if found.is_journal else versions(search),
        figures=drawn,
        what_if=finite(what_if(found)),
        name=name,
        estimator=described,
    )


def render(
    template: str,
    plotly: str,
    drawn: Sequence[Figure],
    tips: Sequence[Any] = (),
    **context: Any,
) -> str:
    """Fill a template, with what all pages have: style, scripts, charts and tips."""
    style, *scripts = map(_read, ("page.css", "charts.js", "page.js"))
    script = "".join(scripts)
    text: str = (
        environment_of_pages()
        .get_template(template)
        .render(
            **context,
            written=f"{datetime.now(UTC).astimezone():%d %B %Y, %H:%M}",
            policy=_policy(script, plotly),
            style=style,
            script=script,
            plotly=_packed(plotly),
            drawn=finite({figure.anchor: figure.data for figure in drawn}),
            tips=tips,
        )
    )
    return text


@functools.cache
def _packed(script: str) -> str:
    return base64.b64encode(gzip.compress(script.encode(), 9, mtime=0)).decode()


def _read(name: str) -> str:
    path = files("sklearn_bayes_search.report") / name
    return path.read_text(encoding="utf-8")


def _names(found: Findings) -> tuple[str, str, str]:
    """Return what the search, the estimator and the page are called."""
    search = found.search
    if found.is_journal:
        return "The search", "an estimator", f"Journal: {search.journal}"
    name, described = type(search).__name__, _text.describe(search.estimator)
    what = described.removeprefix("a ")
    return name, described, f"{name}: {what[:1].upper()}{what[1:]}"


@functools.cache
def environment_of_pages() -> Any:
    """Make what templates are rendered in: all that they write is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        # whatever is written can be seen
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.globals.update(FUNCTIONS)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters.update(breakable=_text.breakable, sentence=_text.sentence)
    environment.tests["finite"] = math.isfinite
    return environment


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


def finite(value: Any) -> Any:
    """Return plain numbers, rounded ones, None for those that JSON does not have."""
    # tuples of types: of a long search this is called very often, and unions are slow
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [finite(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


def _table(found: Findings) -> dict[str, Any]:
    """Return the order of the candidates, and the columns of the parameters."""
    results, scored = found.results, found.scored
    rows = np.arange(len(results))
    # scores on fewer data do not compare: those of the last round come first
    keys = [-results.scores, found.rounds & (results.status != "ok")]
    if scored is not None:
        keys = [rows != scored.top, rows != scored.chosen, *keys]
    names = list(dict.fromkeys(n for params in results.settings for n in params))
    columns = []
    for name, end in name_ends(names).items():
        values = [params.get(name) for params in results.settings]
        values = [value for value in values if value is not None]
        # numbers stand on the right
        side = "n" if values and all(map(is_number, values)) else None
        texts = {"text": shown(end, 40), "title": shown(name, 300)}
        columns.append({"name": name, "side": side, **texts})
    return {"rows": np.lexsort(keys).tolist(), "columns": columns}


def _failures(fits: pd.DataFrame) -> list[pd.DataFrame]:
    """Group failed fits by what was raised, the most frequent first."""
    if not len(fits):
        return []
    failed = fits[fits["status"] == "failed"].groupby("error", sort=False)
    return sorted((kind for _, kind in failed), key=len, reverse=True)


def _for_tips(found: Findings) -> list[list[Any]]:
    """Return what is shown of each candidate under the pointer."""
    results, texts = found.results, []
    for row, setting in enumerate(results.settings):
        score, error = (
            found.score_text(values[row], 1)
            for values in (results.scores, results.errors)
        )
        status = results.status[row]
        told = "failed" if status == "failed" else f"score {score}"
        if status in ("ok", "paused") and np.isfinite(results.errors[row]):
            told += f" ± {error}"
        if status not in ("ok", "failed"):
            told += f", {status}"
        params = [[visible(str(n)), shown(v, 60)] for n, v in setting.items()]
        texts.append([f"#{row}, {told}", params])
    return texts
