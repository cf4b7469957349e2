"""What the sections of the page show beside charts; the page writes it as HTML."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sklearn_bayes_search.report._code import code_of, versions
from sklearn_bayes_search.report._expressions import is_generator
from sklearn_bayes_search.report._findings import Candidate, Findings
from sklearn_bayes_search.report._text import percent, plural
from sklearn_bayes_search.report._words import (
    advice,
    facts,
    interval,
    lead,
    metric_name,
)
from sklearn_bayes_search.results._short_text import last_line, name_ends, shown
from sklearn_bayes_search.space._dimensions import is_number

# Tracebacks, and characters of each: all of them would not fit into one page.
MAX_TRACEBACKS, MAX_TRACEBACK = 40, 8000
# Attributes of a cell: of numbers, which stand on the right, and none.
RIGHT: Mapping[str, str] = MappingProxyType({"class": "n"})
NONE: Mapping[str, str] = MappingProxyType({})


def summary(findings: Findings) -> dict[str, Any]:
    """Return the first two sections: what was found, and what to try next."""
    chosen, honest = findings.chosen, findings.honest
    tiles, of_all = [], f"of {plural(len(findings.candidates), 'candidate')}"
    if chosen is not None:
        score = findings.score_text(chosen.score)
        tiles.append((findings.score_of.capitalize(), score, metric_name(findings)))
        if honest is not None:
            note = f"{' to '.join(interval(findings))}, {percent(honest.level)} sure"
            expected = findings.score_text(honest.score)
            tiles.append(("Expect on new data", expected, note))
            best = "best" if findings.called == "best" else "best mean"
            tiles.append((f"As good as the {best}", str(len(findings.equals)), of_all))
    tiles.append(("Failed", str(len(findings.failed)), of_all))
    return {
        "tiles": tiles,
        "lead": lead(findings),
        "called": findings.called,
        "params": {} if chosen is None else chosen.params,
        "facts_found": facts(findings),
        "advice": advice(findings),
    }


def table(findings: Findings) -> dict[str, Any]:
    """Return the heads and rows of the table of candidates."""
    names = list(dict.fromkeys(n for c in findings.candidates for n in c.params))
    # scores on fewer data do not compare: those of the last round come first
    rounds = any(c.status == "early round" for c in findings.candidates)
    order = sorted(
        findings.candidates,
        key=lambda c: (
            rounds and c.status != "ok",
            -c.score if np.isfinite(c.score) else np.inf,
            c is not findings.chosen,
            c is not findings.top,
        ),
    )
    sorted_by = {} if rounds else {"aria-sort": "descending"}
    heads: list[tuple[str, Mapping[str, str]]]
    heads = [("#", NONE), ("Score", {**RIGHT, **sorted_by}), ("Std. error", RIGHT)]
    heads += [("Status", NONE), ("Seconds", RIGHT)]
    sides: dict[str, Mapping[str, str]] = {}
    ends = name_ends(names)
    for name in names:
        values = [c.params[name] for c in findings.candidates if name in c.params]
        numbers = [value for value in values if value is not None]
        sides[name] = RIGHT if numbers and all(map(is_number, numbers)) else NONE
        heads.append(
            (shown(ends[name], 40), {**sides[name], "title": shown(name, 300)})
        )
    return {
        "rounds": rounds,
        "heads": [{"text": text, "attributes": given} for text, given in heads],
        "rows": [
            {
                "number": c.number,
                "chosen": c is findings.chosen,
                "cells": _cells(c, findings, sides),
            }
            for c in order
        ],
    }


def _cells(
    c: Candidate, findings: Findings, sides: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return the cells of a candidate; ``sides`` are attributes of parameters'."""
    score, error = (findings.score_text(each, 1) for each in (c.score, c.error))
    cells = [
        _number(c.score, score),
        _number(c.error, error),
        _cell(c.status, c.status, mark=_mark(c, findings)),
        _number(c.seconds, f"{c.seconds:.3g}"),
    ]
    for name, side in sides.items():
        if name not in c.params:
            cells.append(_cell("–", "", side))
            continue
        value, text = c.params[name], shown(c.params[name], 48)
        if is_number(value):
            cells.append(_number(float(value), text, side))
            continue
        whole = {"title": shown(value, 300)} if text.endswith("…") else {}
        cells.append(_cell(text, text, {**side, **whole}))
    return cells


def _mark(c: Candidate, findings: Findings) -> str:
    if c is findings.chosen:
        return findings.called
    if c is findings.top:
        return "best mean"
    as_good = c.number in findings.equals and findings.honest is not None
    return "as good" if as_good else ""


def _cell(
    text: str, value: str, attributes: Mapping[str, str] = NONE, mark: str = ""
) -> dict[str, Any]:
    return {"text": text, "attributes": {**attributes, "data-v": value}, "mark": mark}


def _number(value: float, text: str, side: Mapping[str, str] = RIGHT) -> dict[str, Any]:
    return _cell(text, repr(float(value)) if np.isfinite(value) else "", side)


def failures(findings: Findings) -> dict[str, Any]:
    """Return kinds of failures with their tracebacks, where there are some."""
    fits = findings.fits
    texts: dict[str, list[tuple[Any, Any]]] = {}
    if fits is not None and len(fits):
        for row in fits[fits["status"] == "failed"].itertuples():
            texts.setdefault(str(row.error), []).append((row.candidate, row.fold))
    groups = sorted(texts.items(), key=lambda item: -len(item[1]))
    return {
        "numbers": [c.number for c in findings.failed],
        "n_fits": sum(len(places) for places in texts.values()),
        "n_more": max(len(groups) - MAX_TRACEBACKS, 0),
        "kinds": [_kind(findings, *group) for group in groups[:MAX_TRACEBACKS]],
    }


def _kind(
    findings: Findings, error: str, places: list[tuple[Any, Any]]
) -> dict[str, Any]:
    numbers = list(dict.fromkeys(candidate for candidate, _ in places))
    where = ", ".join(f"#{n}" for n in numbers[:12])
    where += f" and {len(numbers) - 12} more" if len(numbers) > 12 else ""
    params = findings.candidates[numbers[0]].params
    setting = ", ".join(f"{shown(n)}={shown(v, 40)}" for n, v in params.items())
    cut = error[-MAX_TRACEBACK:]
    return {
        "last": shown(last_line(error), 160),
        "n_fits": len(places),
        "where": where,
        "first": f"#{numbers[0]}, fold {places[0][1]}, {setting}",
        "traceback": cut if cut == error else f"… {cut}",
    }


def reproduce(findings: Findings) -> dict[str, Any]:
    """Return the code of the search, and what it depends on."""
    search, chosen = findings.search, findings.chosen
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
    return {
        "seed": note,
        "code": code_of(search, None if chosen is None else chosen.params),
        "versions": versions(search),
    }
