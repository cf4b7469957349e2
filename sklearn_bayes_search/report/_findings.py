"""What the page tells, gathered from a fitted search of any class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.report._text import number
from sklearn_bayes_search.results._importance import table_of
from sklearn_bayes_search.results._observed import Observed, observe
from sklearn_bayes_search.results._ranges import findings_of
from sklearn_bayes_search.results._reader import SearchResults, read_results
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._selection import (
    HonestScore,
    equivalent_settings,
    honest_score,
)
from sklearn_bayes_search.results._shares import score_shares
from sklearn_bayes_search.results._short_text import ROUNDING


@dataclass(frozen=True, eq=False)
class Candidate:
    """One row of ``cv_results_``, by its number.

    ``score`` and its standard ``error`` are estimates where it was paused, NaN where
    unknown. ``status`` is "ok", "failed", "paused", or "early round" of successive
    halving. ``seconds`` are those of all fits. ``folds`` (n_splits,) may be NaN.
    """

    number: int
    params: dict[str, Any]
    score: float
    error: float
    status: str
    seconds: float
    n_fits: int
    folds: np.ndarray


@dataclass(frozen=True, eq=False)
class Findings:
    """All that the page tells of a search.

    ``chosen`` is the setting of the refit, None where no setting has a score; ``top``
    has the best mean: not always the chosen one where ``refit`` is a rule. ``equals``
    cannot be told from the top one, which is the first. ``honest`` is None with one
    fold, and ``fits`` where the search has no ``folds_frame()``.
    """

    search: Any
    metric: str
    candidates: list[Candidate]
    chosen: Candidate | None
    top: Candidate | None
    equals: list[int]
    honest: HonestScore | None
    observed: Observed | None
    model: ScoreModel | None
    importance: pd.DataFrame
    ranges: pd.DataFrame
    fits: pd.DataFrame | None

    @property
    def decimals(self) -> int | None:
        """Digits of a score after the point: the second that its error leaves open.

        None where there is no error.
        """
        if self.top is None:
            return None
        error = self.top.error
        # less is a rounding error, of folds that are all alike
        if not np.isfinite(error) or error <= ROUNDING * abs(self.top.score):
            return None
        return max(int(1 - np.floor(np.log10(error))), 0)

    def score_text(self, value: float, extra: int = 0) -> str:
        """Write a score with the digits that mean something, and some more."""
        decimals = self.decimals
        return number(value, None if decimals is None else decimals + extra)

    @property
    def by_rule(self) -> bool:
        """Whether a function, ``refit``, chose the setting."""
        search = self.search
        return callable(getattr(search, "refit", None)) and hasattr(
            search, "best_index_"
        )

    @property
    def called(self) -> str:
        """What the chosen setting is called: there is one best only."""
        return "best" if self.chosen is self.top else "chosen"

    @property
    def score_of(self) -> str:
        """What the score of the chosen setting is called."""
        return "best score" if self.called == "best" else "score of the chosen"

    @property
    def failed(self) -> list[Candidate]:
        """Candidates that failed."""
        return [c for c in self.candidates if c.status == "failed"]


def find(search: Any, metric: str | None = None) -> Findings:
    """Read a fitted search; a ``metric`` is chosen as `observe` does."""
    if not hasattr(search, "fit") or isinstance(search, type):
        raise TypeError(
            "The search must be a fitted search, as BayesSearchCV or GridSearchCV. "
            f"Got {search!r}."
        )
    results = read_results(search, metric)
    metric = results.metric
    observed = _observe(search, metric)
    candidates = _candidates(results)
    complete = [c for c in candidates if c.status == "ok"]
    top = max(complete, key=lambda c: c.score, default=None)
    chosen = _chosen(search, metric, candidates, top)
    honest, equals = _how_good(search, metric, complete, chosen, top)
    model, importance, ranges = None, pd.DataFrame(), pd.DataFrame()
    if observed is not None:
        model = ScoreModel.fit(observed)
        shares = score_shares(model)
        importance = table_of(model, shares)
        ranges = findings_of(model, shares)
    return Findings(
        search=search,
        metric=metric,
        candidates=candidates,
        chosen=chosen,
        top=top,
        equals=equals,
        honest=honest,
        observed=observed,
        model=model,
        importance=importance,
        ranges=ranges,
        fits=search.folds_frame() if hasattr(search, "folds_frame") else None,
    )


def _observe(search: Any, metric: str) -> Observed | None:
    """Return what the search saw; None where nothing has a score."""
    try:
        return observe(search, metric)
    except ValueError:
        # a page about nothing but failures is of use, too
        if (read_results(search, metric).status == "ok").any():
            raise
        return None


def _candidates(results: SearchResults) -> list[Candidate]:
    return [
        Candidate(
            number=row,
            params=dict(params),
            score=float(results.scores[row]),
            error=float(results.errors[row]),
            status=str(results.status[row]),
            seconds=float(results.seconds[row]),
            n_fits=int(results.n_fits[row]),
            folds=results.folds[row],
        )
        for row, params in enumerate(results.settings)
    ]


def _how_good(
    search: Any,
    metric: str,
    complete: list[Candidate],
    chosen: Candidate | None,
    top: Candidate | None,
) -> tuple[HonestScore | None, list[int]]:
    """Return the honest score of the chosen, and those as good as the best mean."""
    if top is None:
        return None, []
    equals = equivalent_settings(search, metric=metric)
    honest = None
    if len(complete[0].folds) > 1:
        # one that was chosen without all folds cannot be judged by them
        judged = top if chosen is None or chosen not in complete else chosen
        honest = honest_score(search, metric=metric, index=judged.number)
    return honest, equals.tolist()


def _chosen(
    search: Any, metric: str, candidates: list[Candidate], top: Candidate | None
) -> Candidate | None:
    """Return the setting of the refit, if that is by this metric, else the best."""
    index = getattr(search, "best_index_", None)
    refit = getattr(search, "refit", None)
    several = getattr(search, "multimetric_", False)
    if index is None or (several and isinstance(refit, str) and refit != metric):
        return top
    chosen = candidates[index]
    return top if chosen.status == "failed" else chosen
