"""What the page tells, gathered from a fitted search of any class."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor

from sklearn_bayes_search.experience._own import own_parameters
from sklearn_bayes_search.report._text import in_words, listing, number, ordinal, plural
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._ranges import findings_of
from sklearn_bayes_search.results._reader import SearchResults, read_results
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._selection import (
    HonestScore,
    equivalent_settings,
    honest_score,
    known_test_share,
)
from sklearn_bayes_search.results._shares import importance_table
from sklearn_bayes_search.results._short_text import ROUNDING, shown, visible
from sklearn_bayes_search.results._times import Timeline
from sklearn_bayes_search.space._choices import same_value
from sklearn_bayes_search.space._dimensions import is_number

# How much of a search's end must bring a rise for it to be called improving, and how
# large a rise, in standard errors of the best score, is.
LAST_PART, RISE = 0.25, 0.25
# So many candidates have to fail with a value before it is said to be why.
FAILS = 3


@dataclass(frozen=True, eq=False)
class Scored:
    """What is found of the scores, where any candidate has one on all folds.

    ``chosen`` is the row of the candidate of the refit; ``top`` has the best mean of
    those within the limits: not always the chosen one where ``refit`` is a rule.
    ``equals`` cannot be told from the top one, which is the first. ``honest`` is None
    with one fold.
    """

    chosen: int
    top: int
    equals: list[int]
    honest: HonestScore | None
    model: ScoreModel
    importance: pd.DataFrame
    ranges: pd.DataFrame

    @property
    def called(self) -> str:
        """What the chosen candidate is called: there is one best only."""
        return "best" if self.chosen == self.top else "chosen"


@dataclass(frozen=True, eq=False)
class Findings:
    """All that the page tells of a search.

    ``scored`` is None where no candidate has a score on all folds. ``fits`` is empty,
    and ``times`` None, where the search has no ``folds_frame()``.
    """

    search: Any
    results: SearchResults
    scored: Scored | None
    fits: pd.DataFrame
    times: Timeline | None

    def score_text(self, value: float, extra: int = 0) -> str:
        """Write a score with the digits that mean something, and some more.

        The last is the second that the error of the best score leaves open.
        """
        if self.scored is None:
            return number(value)
        top = self.scored.top
        digits = decimals(self.results.scores[top], self.results.errors[top])
        return number(value, None if digits is None else digits + extra)

    @property
    def metric_name(self) -> str:
        """The score as a reader knows it."""
        scoring = getattr(self.search, "scoring", None)
        if self.results.metric != "score" or self.is_journal:
            return self.results.metric
        if isinstance(scoring, str):
            return scoring
        if scoring is None:
            if is_classifier(self.search.estimator):
                return "accuracy"
            return "R²" if is_regressor(self.search.estimator) else "score"
        name = visible(getattr(scoring, "__name__", "score"))
        return name if name.isidentifier() else "score"

    @property
    def is_journal(self) -> bool:
        """Whether only the journal of the search is known."""
        return hasattr(self.search, "journal")

    @property
    def names(self) -> list[str]:
        """Names of the parameters that were searched over."""
        if self.scored is None:
            return sorted(set().union(*self.results.settings))
        # of successive halving, the resource is a parameter that is not searched over
        return sorted(set().union(*self.scored.model.observed.space.branches))

    @property
    def limits(self) -> str:
        """What the limits left, a sentence; empty where there are none."""
        results = self.results
        if not results.limits or self.scored is None:
            return ""
        each = [f"{name} ≥ {number(limit)}" for name, limit in results.limits.items()]
        n = int(results.within.sum())
        text = f"{n or 'None'} of {plural(len(results), 'candidate')} "
        text += f"{'reaches' if n < 2 else 'reach'} {listing(each)}."
        if n:
            return f"{text} The best is one of these."
        row = self.scored.top
        values = [
            f"{name} {number(results.of_metric(name).means[row])}"
            for name in results.limits
        ]
        return f"{text} Candidate #{row} comes nearest, with {listing(values)}."

    @property
    def always_fail(self) -> list[tuple[str, int]]:
        """Choices with which all candidates failed, at least `FAILS`, and their number.

        Only where others did not fail.
        """
        failed = self.results.failed
        tried: dict[tuple[str, str], list[bool]] = {}
        for setting, has_failed in zip(self.results.settings, failed, strict=True):
            for name, value in setting.items():
                if not is_number(value):
                    tried.setdefault((name, shown(value)), []).append(bool(has_failed))
        return [
            (f"{name}={value}", len(fails))
            for (name, value), fails in tried.items()
            if FAILS <= len(fails) < len(failed) and all(fails)
        ]

    @property
    def over_own(self) -> str:
        """What was gained over the estimator's own hyperparameters, in sentences."""
        results, scored = self.results, self.scored
        if scored is None or self.is_journal or self.rounds:
            return ""
        space = scored.model.observed.space
        own = own_parameters(self.search.estimator, space)
        rows = [
            row
            for row, setting in enumerate(results.settings)
            if all(n in own and same_value(v, own[n]) for n, v in setting.items())
        ]
        if not rows:
            outside = [
                f"{name}={shown(own[name])}"
                for name in self.names
                if name in own
                and not any(
                    b[name].contains(own[name]) for b in space.branches if name in b
                )
            ]
            text = "They were not tried, so what was gained over them is not known."
            if outside:
                text += f" {listing(outside)} {'is' if len(outside) == 1 else 'are'} "
                text += "not in the space."
            return text
        row, chosen = rows[0], scored.chosen
        if row == chosen:
            return f"Candidate #{row} has them, and is the {scored.called} one."
        if results.status[row] != "ok":
            return f"Candidate #{row} has them, and no score on all folds."
        if not results.within[row]:
            return f"Candidate #{row} has them, and is outside of the limits."
        optimism = scored.honest.optimism if scored.honest else 0.0
        lead = in_words(
            results.folds[chosen] - optimism - results.folds[row],
            known_test_share(self.search),
            self.score_text,
        )
        text = (
            f"Candidate #{row} has them, and {self.score_text(results.scores[row])}. "
        )
        without = ", without its optimism," if optimism else ""
        return f"{text}The {scored.called}{without} is {lead}."

    @property
    def ensemble(self) -> str:
        """What `GreedyEnsemble` made, and how good it is, in some sentences."""
        weights = self.search.ensemble_weights_
        text = f"best_estimator_ is the mean of {plural(len(weights), 'candidate')}: "
        text += listing([f"#{row} ({weight:.0%})" for row, weight in weights.items()])
        if self.results.n_splits < 2:
            return f"{text}."
        honest = self.search.honest_score()
        score, low, high = map(self.score_text, (honest.score, honest.low, honest.high))
        return (
            f"{text}. On new data expect about {score} of it. With "
            f"{honest.level:.0%} confidence it is between {low} and {high}. All else "
            "on this page is about single candidates."
        )

    @property
    def rounds(self) -> bool:
        """Whether candidates had different amounts of a resource."""
        return "early round" in self.results.status

    @property
    def improving(self) -> tuple[bool, str] | None:
        """Whether the end brought better scores; None where order is nothing."""
        results, scored = self.results, self.scored
        if not hasattr(self.search, "optimizer_") or scored is None:
            return None
        scores = np.where(results.within, results.scores, -np.inf)
        n, top = len(scores), scored.top
        if n >= scored.model.observed.space.size:
            return (
                False,
                "There is nothing left: every candidate of the space was tried.",
            )
        if not results.within.any():
            return False, "No candidate is within the limits yet."
        if n < 8:
            return False, "Too few candidates to tell."
        last = max(int(LAST_PART * n), 1)
        before, after = scores[:-last].max(), scores.max()
        best = "best" if scored.called == "best" else "best mean"
        place = (
            f"The {best} is that of candidate #{top}, the {ordinal(top + 1)} of {n}. "
            f"The last {last} brought"
        )
        gain, error = after - before, results.errors[top]
        if gain <= 0:
            return False, f"No. {place} nothing better."
        place += f" {self.score_text(gain, 1)} more"
        if math.isfinite(before) and gain < RISE * error:
            return False, f"Hardly. {place}, far less than the score's own uncertainty."
        return True, f"Yes. {place}."


def decimals(score: float, error: float) -> int | None:
    """Return the decimals up to the second digit of the error; None if that is none."""
    # less is a rounding error, of folds that are all alike
    if not ROUNDING * abs(score) < error < np.inf:
        return None
    return max(int(1 - np.floor(np.log10(error))), 0)


def find(search: Any, metric: str | None = None) -> Findings:
    """Read a fitted search; a ``metric`` is chosen as `observe` does."""
    if not hasattr(search, "fit") or isinstance(search, type):
        raise TypeError(
            "The search must be a fitted search, as BayesSearchCV or GridSearchCV. "
            f"Got {search!r}."
        )
    results = read_results(search, metric)
    fits = search.folds_frame() if hasattr(search, "folds_frame") else pd.DataFrame()
    times = Timeline.of(fits) if len(fits) else None
    return Findings(search, results, _scored(search, results), fits, times)


def _scored(search: Any, results: SearchResults) -> Scored | None:
    eligible = results.eligible
    if not eligible.any():  # a page about nothing but failures is of use, too
        return None
    metric, top = (
        results.metric,
        int(np.where(eligible, results.scores, -np.inf).argmax()),
    )
    chosen = _chosen(search, results, top)
    honest = None
    if results.n_splits > 1:
        # one that was chosen without all folds cannot be judged by them
        judged = chosen if results.status[chosen] == "ok" else top
        honest = honest_score(search, metric=metric, index=judged)
    model = ScoreModel.fit(observe(search, metric))
    importance = importance_table(model)
    return Scored(
        chosen=chosen,
        top=top,
        equals=equivalent_settings(search, metric=metric).tolist(),
        honest=honest,
        model=model,
        importance=importance,
        ranges=findings_of(model, importance),
    )


def _chosen(search: Any, results: SearchResults, top: int) -> int:
    """Return the candidate of the refit, if that is by this metric, else the best."""
    index = getattr(search, "best_index_", None)
    refit = getattr(search, "refit", None)
    several = getattr(search, "multimetric_", False)
    by_other = several and isinstance(refit, str) and refit != results.metric
    return top if index is None or by_other or results.failed[index] else int(index)
