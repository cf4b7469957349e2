"""The sentences of the page: plain text, which the page escapes."""

import math
from typing import Any

import numpy as np

from sklearn_bayes_search.report._findings import Findings
from sklearn_bayes_search.report._text import (
    describe,
    listing,
    ordinal,
    percent,
    plural,
)
from sklearn_bayes_search.results._short_text import visible
from sklearn_bayes_search.results._times import Timeline, duration

# From this share of failures on, they are worth a word at the top.
MANY_FAILED = 0.1
# Above it, the order of importances is not to be relied on.
UNSURE = 0.2
# How much of a search's end must bring a rise for it to be called improving, and how
# large a rise, in standard errors of the best score, is.
LAST_PART, RISE = 0.25, 0.25


def metric_name(findings: Findings) -> str:
    """Name the score as a reader knows it."""
    scoring = getattr(findings.search, "scoring", None)
    if findings.metric != "score":
        return visible(findings.metric)
    if isinstance(scoring, str):
        return visible(scoring)
    if scoring is None:
        kind = getattr(findings.search.estimator, "_estimator_type", None)
        tags = getattr(findings.search.estimator, "__sklearn_tags__", None)
        kind = tags().estimator_type if tags is not None else kind
        return {"classifier": "accuracy", "regressor": "R²"}.get(str(kind), "score")
    name = visible(getattr(scoring, "__name__", "score"))
    return name if name.isidentifier() else "score"


def lead(findings: Findings) -> str:
    """Return a sentence or two on what was searched."""
    search = findings.search
    # of successive halving, the resource is a parameter that is not searched over
    space = [] if findings.observed is None else findings.observed.space.branches
    searched = {n for branch in space for n in branch}
    names = sorted(searched or {n for c in findings.candidates for n in c.params})
    n_folds = len(findings.candidates[0].folds)
    n_fits = sum(c.n_fits for c in findings.candidates)
    over = listing([visible(n) for n in names[:6]])
    if len(names) > 6:
        over = f"{len(names)} parameters, {over} among them"
    # successive halving has a row for each round of a setting
    n_settings = getattr(search, "n_candidates_", [len(findings.candidates)])[0]
    name, score = metric_name(findings), "A higher score is better."
    if name != "score":
        score = f"The score is {name}; higher is better."
    n_paused = sum(c.status == "paused" for c in findings.candidates)
    up_to, paused = "", ""
    if n_paused:
        up_to = "up to "
        they = "it" if n_paused == 1 else "they"
        paused = (
            f" Of these settings, {n_paused} stayed paused without all folds: {they} "
            "would hardly have been the best."
        )
    if isinstance(getattr(search, "param_distributions", None), str):
        over += ", its default space"
    return (
        f"{type(search).__name__} tried {plural(n_settings, 'setting')} of "
        f"{describe(search.estimator)}, each on {up_to}{plural(n_folds, 'fold')}: "
        f"{plural(n_fits, 'fit')} in all.{paused} It searched over {over}. {score}"
    )


def facts(findings: Findings) -> list[tuple[str, str]]:
    """Return headings and sentences on how good the best is and how the search went."""
    rows = []
    if findings.chosen is None:
        rows.append(
            ("Best score", "No setting could be scored. See the failures below.")
        )
    else:
        rows.append((findings.score_of.capitalize(), _best(findings)))
        if findings.honest is not None:
            rows.append(("On new data", _new_data(findings)))
        rows.append(("As good", _equals(findings)))
    rows.append(("Why it stopped", _why_it_stopped(findings)))
    rows.append(("How long it took", _time(findings)))
    improving = _improving(findings)
    if improving is not None:
        rows.append(("Still improving?", improving[1]))
    return rows


def advice(findings: Findings) -> list[str]:
    """Return what to do next, the most pressing first."""
    items = []
    n_failed, n = len(findings.failed), len(findings.candidates)
    if n_failed >= MANY_FAILED * n:
        items.append(
            f"{n_failed} of {n} settings failed. See Failures for what they raised. "
            "Leave out what cannot work, and more settings will be of use."
        )
    if len(findings.ranges):
        flat = findings.ranges["finding"] == "flat"
        items += [visible(text) for text in findings.ranges["text"][~flat]]
        names = [visible(name) for name in findings.ranges["parameter"][flat]]
        if names:
            items.append(
                f"{listing(names)}: the score hardly depends on "
                f"{'it' if len(names) == 1 else 'them'}, over the space that was "
                "searched."
            )
    improving = _improving(findings)
    more = _more_of(findings.search)
    if improving is not None and improving[0] and more:
        items.append(
            f"The score was still rising at the end. Raise {more}: more settings will "
            "probably find a better one."
        )
    if len(findings.importance) and findings.importance["error"].max() > UNSURE:
        items.append(
            "Too few settings were tried to tell which parameters matter most over the "
            "space. Do not rely on the order below."
        )
    if len(findings.equals) > 1 and not findings.by_rule:  # that has chosen
        items.append(
            f"{len(findings.equals)} settings are as good as each other, as far as the "
            "folds can tell. Choose the fastest or the simplest of them."
        )
    return items


def _best(findings: Findings) -> str:
    chosen, top = findings.chosen, findings.top
    assert chosen is not None
    over = "the mean over the folds" if len(chosen.folds) > 1 else "on one fold"
    score, error = map(findings.score_text, (chosen.score, chosen.error))
    text = f"{score}, {over}, for candidate #{chosen.number}"
    if findings.by_rule:
        text += ", which the function in refit chose"
    text += "."
    if np.isfinite(chosen.error):
        text += f" Its standard error over the folds is {error}."
    if top is not None and top is not chosen:
        text += (
            f" The best mean is {findings.score_text(top.score)}, of candidate "
            f"#{top.number}."
        )
    return text


def interval(findings: Findings) -> tuple[str, str]:
    """Return the ends of the interval of the honest score."""
    honest = findings.honest
    assert honest is not None
    return findings.score_text(honest.low), findings.score_text(honest.high)


def _new_data(findings: Findings) -> str:
    honest = findings.honest
    assert honest is not None
    low, high = interval(findings)
    what = "best of" if findings.called == "best" else "setting chosen among"
    luck = (
        f"The {what} many settings is partly lucky. Without the luck, expect"
        if honest.optimism > 0
        else f"No luck could be found in the {findings.score_of}: expect"
    )
    return (
        f"{luck} about {findings.score_text(honest.score)}. With "
        f"{percent(honest.level)} confidence it is between {low} and {high}. "
        f"{honest.caveat}"
    ).rstrip()


def _equals(findings: Findings) -> str:
    others = len(findings.equals) - 1
    if findings.honest is None:
        return "With one fold, it cannot be told which settings are as good."
    best, chosen, top = "the best one", findings.chosen, findings.top
    assert chosen is not None
    assert top is not None
    if findings.called != "best":
        best = f"#{top.number} with the best mean"
    if others < 1:
        return f"No other setting is as good as {best}."
    are = "setting is" if others == 1 else "settings are"
    text = (
        f"{others} other {are} as good as {best}, as far as the folds can tell. "
        f"The table marks {'it' if others == 1 else 'them'}."
    )
    if findings.called != "best":
        among = chosen.number in findings.equals
        text += f" The chosen one is {'' if among else 'not '}among them."
    return text


def _why_it_stopped(findings: Findings) -> str:
    search = findings.search
    if hasattr(search, "stop_reason_"):
        return _sentence(search.stop_reason_)
    if hasattr(search, "n_resources_"):
        resource = "samples" if search.resource == "n_samples" else search.resource
        first, last = search.n_resources_[0], search.n_resources_[-1]
        return (
            "Successive halving went through "
            f"{plural(len(search.n_resources_), 'round')}: from "
            f"{plural(search.n_candidates_[0], 'setting')} on {first} "
            f"{visible(str(resource))} to {search.n_candidates_[-1]} on {last}."
        )
    if hasattr(search, "param_grid"):
        return "Every point of the grid was run."
    return f"It ran all {len(findings.candidates)} settings."


def _time(findings: Findings) -> str:
    total = float(np.nansum([c.seconds for c in findings.candidates]))
    fits = findings.fits
    parts = []
    if fits is not None and len(fits):
        times = Timeline.of(fits)
        workers = plural(times.n_workers, "worker")
        parts.append(f"{duration(times.end)} from first to last fit")
        parts.append(f"{duration(total)} of fitting on {workers}")
        if times.pauses:
            breaks = plural(len(times.pauses), "break")
            parts.append(f"without {breaks} of {duration(sum(times.pauses))}")
    else:
        parts.append(f"{duration(total)} for all fits, one after another")
    suggest = getattr(findings.search, "mean_suggest_time_", math.nan)
    if np.isfinite(suggest):
        parts.append(f"{duration(suggest)} to choose each setting")
    refit = getattr(findings.search, "refit_time_", None)
    if refit is not None:
        parts.append(f"{duration(refit)} for the last fit on all data")
    return _sentence(", ".join(parts))


def _more_of(search: Any) -> str | None:
    """Name the argument that ended the search; "" where a rule saw no more to gain."""
    reason = getattr(search, "stop_reason_", "evaluated n_iter")
    limits = {"evaluated n_iter": "n_iter", "timeout=": "timeout"}
    return next((name for said, name in limits.items() if reason.startswith(said)), "")


def _improving(findings: Findings) -> tuple[bool, str] | None:
    """Check whether the end brought better scores; None where order is nothing."""
    if not hasattr(findings.search, "optimizer_") or findings.top is None:
        return None
    scores = np.array(
        [c.score if c.status == "ok" else -np.inf for c in findings.candidates]
    )
    n = len(scores)
    last = max(int(LAST_PART * n), 1)
    whole = findings.observed.space.size if findings.observed is not None else math.inf
    if n >= whole:
        return False, "There is nothing left: every setting of the space was tried."
    if n < 8:
        return False, "Too few settings to tell."
    before, after = scores[:-last].max(), scores.max()
    number = findings.top.number
    best = "best" if findings.called == "best" else "best mean"
    place = (
        f"The {best} is that of candidate #{number}, the {ordinal(number + 1)} of {n}."
    )
    if after <= before:
        return False, f"No. {place} The last {last} brought nothing better."
    gain = after - before
    error, rise = findings.top.error, findings.score_text(gain, 1)
    if np.isfinite(before) and np.isfinite(error) and gain < RISE * error:
        return False, (
            f"Hardly. {place} The last {last} brought {rise} more, far less "
            "than the score's own uncertainty."
        )
    return True, f"Yes. {place} The last {last} brought {rise} more."


def _sentence(text: str) -> str:
    text = visible(str(text)).strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
