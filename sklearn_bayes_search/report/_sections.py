"""The parts of the page that are text and tables: HTML, with all texts escaped."""

import numpy as np

from sklearn_bayes_search.report._code import code_of, versions
from sklearn_bayes_search.report._expressions import is_generator
from sklearn_bayes_search.report._text import breakable, percent, plural, safe
from sklearn_bayes_search.report._words import (
    advice,
    facts,
    interval,
    lead,
    metric_name,
)
from sklearn_bayes_search.results._short_text import last_line, name_ends, shown
from sklearn_bayes_search.space._dimensions import is_number

__all__ = ["failures", "next_steps", "reproduce", "section", "summary", "table"]

# Tracebacks, and characters of each: all of them would not fit into one page.
MAX_TRACEBACKS, MAX_TRACEBACK = 40, 8000
# The attribute of cells of numbers.
RIGHT = ' class="n"'


def section(anchor, heading, inner):
    return f'<section id="{anchor}"><h2>{heading}</h2>\n{inner}\n</section>\n'


def summary(findings):
    chosen, honest = findings.chosen, findings.honest
    tiles, of_all = [], f"of {plural(len(findings.candidates), 'candidate')}"
    if chosen is not None:
        name = safe(metric_name(findings))
        called = findings.called.capitalize()
        score = findings.score_text(chosen.score)
        tiles.append((findings.score_of.capitalize(), score, name))
        if honest is not None:
            note = f"{' to '.join(interval(findings))}, {percent(honest.level)} sure"
            expected = findings.score_text(honest.score)
            tiles.append(("Expect on new data", expected, note))
            best = "best" if called == "Best" else "best mean"
            tiles.append((f"As good as the {best}", len(findings.equals), of_all))
    tiles.append(("Failed", len(findings.failed), of_all))
    cards = "".join(
        f"<div><dt>{label}</dt><dd><b>{value}</b><span>{note}</span></dd></div>"
        for label, value, note in tiles
    )
    rows = "".join(
        f"<div><dt>{safe(label)}</dt><dd>{safe(text)}</dd></div>"
        for label, text in facts(findings)
    )
    best = ""
    if chosen is not None:
        values = "".join(
            f"<div><dt>{breakable(shown(name))}</dt>"
            f'<dd title="{safe(shown(value, 300))}">{breakable(shown(value))}</dd>'
            "</div>"
            for name, value in chosen.params.items()
        )
        best = f'<h3>{called} settings</h3>\n<dl class="params">{values}</dl>'
    return section(
        "summary",
        "Summary",
        f'<dl class="tiles">{cards}</dl>\n<p class="lead">{safe(lead(findings))}</p>\n'
        f'{best}\n<h3>What to make of it</h3>\n<dl class="facts">{rows}</dl>',
    )


def next_steps(findings):
    items = advice(findings)
    if not items:
        text = (
            "<p>Nothing stands out: no range looks too narrow, no parameter was seen "
            "to be without effect, and nothing else calls for a change.</p>"
        )
    else:
        text = "<ul>" + "".join(f"<li>{safe(item)}</li>" for item in items) + "</ul>"
    return section("next", "What to try next", text)


def table(findings):
    names = list(dict.fromkeys(n for c in findings.candidates for n in c.params))
    # scores on fewer data do not compare: those of the last round come first
    rounds = any(c.status == "early round" for c in findings.candidates)
    n, sorted_by = RIGHT, "" if rounds else ' aria-sort="descending"'
    first = " Those of the last round come first." if rounds else ""
    heads = [("#", ""), ("Score", n + sorted_by), ("Std. error", n)]
    heads += [("Status", ""), ("Seconds", n)]
    numeric, ends = {}, name_ends(names)
    for name in names:
        values = [c.params[name] for c in findings.candidates if name in c.params]
        numbers = [value for value in values if value is not None]
        numeric[name] = n if numbers and all(map(is_number, numbers)) else ""
        whole = f' title="{safe(shown(name, 300))}"'
        heads.append((safe(shown(ends[name], 40)), f"{numeric[name]}{whole}"))
    head = "".join(
        f'<th scope="col"{sort}><button type="button">{label}</button></th>'
        for label, sort in heads
    )
    order = sorted(
        findings.candidates,
        key=lambda c: (
            rounds and c.status != "ok",
            -c.score if np.isfinite(c.score) else np.inf,
            c is not findings.chosen,
            c is not findings.top,
        ),
    )
    rows = [_row(c, findings, numeric) for c in order]
    return section(
        "candidates-table",
        "Candidates",
        f'<p class="hint">{plural(len(order), "candidate")}.{first} Click on a '
        "heading to sort, and again to turn the order.</p>\n"
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Candidates">'
        f'<table id="table"><thead><tr>{head}</tr></thead>\n<tbody>\n'
        f"{chr(10).join(rows)}\n</tbody></table></div>",
    )


def _row(c, findings, numeric):
    """Write one line of the table; ``numeric`` has the attribute of each column."""
    mark = ""
    if c is findings.chosen:
        mark = f'<span class="mark first">{findings.called}</span>'
    elif c is findings.top:
        mark = '<span class="mark">best mean</span>'
    elif c.number in findings.equals and findings.honest is not None:
        mark = '<span class="mark">as good</span>'
    cells = [
        f'<th scope="row" data-v="{c.number}">{c.number}</th>',
        _number_cell(c.score, findings.score_text(c.score, 1), RIGHT),
        _number_cell(c.error, findings.score_text(c.error, 1), RIGHT),
        f'<td data-v="{c.status}">{c.status}{mark}</td>',
        _number_cell(c.seconds, f"{c.seconds:.3g}", RIGHT),
    ]
    for name, side in numeric.items():
        if name not in c.params:
            cells.append(f'<td{side} data-v="">–</td>')
            continue
        value = c.params[name]
        text = shown(value, 48)
        if is_number(value):
            cells.append(_number_cell(float(value), safe(text), side))
        else:
            long = f' title="{safe(shown(value, 300))}"' if text.endswith("…") else ""
            cells.append(f'<td{side} data-v="{safe(text)}"{long}>{safe(text)}</td>')
    kind = ' class="chosen"' if c is findings.chosen else ""
    return f'<tr id="candidate-{c.number}"{kind}>{"".join(cells)}</tr>'


def _number_cell(value, text, side):
    shown_value = repr(float(value)) if np.isfinite(value) else ""
    return f'<td{side} data-v="{shown_value}">{text}</td>'


def failures(findings):
    failed = findings.failed
    fits = findings.fits
    texts = {}
    if fits is not None and len(fits):
        for row in fits[fits["status"] == "failed"].itertuples():
            texts.setdefault(str(row.error), []).append((row.candidate, row.fold))
    if not failed and not texts:
        return section("failures", "Failures", "<p>No fit failed.</p>")
    if not texts:
        numbers = ", ".join(f"#{c.number}" for c in failed[:100])
        return section(
            "failures",
            "Failures",
            f"<p>{plural(len(failed), 'candidate')} without a score: {numbers}. This "
            'search keeps no tracebacks; with error_score="raise" it stops at the '
            "first.</p>",
        )
    groups = sorted(texts.items(), key=lambda item: -len(item[1]))
    parts = [
        f"<p>{plural(sum(map(len, texts.values())), 'fit')} failed. Equal ones are "
        "shown once, the most frequent first.</p>"
    ]
    for error, places in groups[:MAX_TRACEBACKS]:
        last = last_line(error)
        numbers = list(dict.fromkeys(candidate for candidate, _ in places))
        where = ", ".join(f"#{n}" for n in numbers[:12])
        where += f" and {len(numbers) - 12} more" if len(numbers) > 12 else ""
        params = findings.candidates[numbers[0]].params
        setting = ", ".join(f"{shown(n)}={shown(v, 40)}" for n, v in params.items())
        cut = error[-MAX_TRACEBACK:]
        cut = cut if cut == error else f"… {cut}"
        parts.append(
            f"<details><summary><b>{safe(shown(last, 160))}</b><span>"
            f"{plural(len(places), 'fit')}, of {where}</span></summary>"
            f"<p>First: #{numbers[0]}, fold {places[0][1]}, {safe(setting)}</p>"
            f'<pre tabindex="0">{safe(cut)}</pre></details>'
        )
    if len(groups) > MAX_TRACEBACKS:
        parts.append(
            f"<p>{len(groups) - MAX_TRACEBACKS} more kinds are left out; folds_frame() "
            "has them all.</p>"
        )
    return section("failures", "Failures", "\n".join(parts))


def reproduce(findings):
    search, chosen = findings.search, findings.chosen
    code = code_of(search, None if chosen is None else chosen.params)
    rows = "".join(
        f"<div><dt>{safe(name)}</dt><dd>{safe(version)}</dd></div>"
        for name, version in versions(search)
    )
    seed = getattr(search, "random_state", 0)
    if seed is None:
        note = (
            "No seed was set: another run tries other settings. Set random_state to an "
            "int to get the same ones again."
        )
    elif is_generator(seed):
        note = (
            "random_state was a generator of random numbers, which cannot be written "
            "down, and is left out: another run tries other settings. Set it to an int "
            "to get the same ones again."
        )
    elif hasattr(search, "random_state"):
        note = f"The seed is random_state={shown(seed)}."
    else:
        note = "This search draws nothing at random."
    return section(
        "reproduce",
        "How to reproduce",
        f"<p>{safe(note)} Arguments that are not shown have their defaults. X and y "
        f'are the data.</p>\n<pre tabindex="0" id="code">{safe(code)}</pre>\n'
        f'<h3>Versions when this page was written</h3>\n<dl class="params">{rows}</dl>',
    )
