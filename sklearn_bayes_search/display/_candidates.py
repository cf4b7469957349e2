"""What a search has tried, as the displays need it: any search, or its results."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from sklearn_bayes_search.results._observed import searched_space
from sklearn_bayes_search.results._reader import EMPTY, read_results
from sklearn_bayes_search.space import Space


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of a search in the order of evaluation.

    ``scores`` (n,) are NaN where it failed, and estimates where folds are missing, with
    the standard ``errors`` (n,). ``status`` (n,) is "ok", "failed", or "partial" where
    some of the folds or of the data are missing: paused by racing, or in an early round
    of successive halving. ``folds`` (n, n_splits) is NaN where there is no score,
    ``n_fits`` (n,) counts what was fitted, and ``seconds`` (n,) is what that took.
    """

    params: list[dict[str, Any]]
    scores: np.ndarray
    errors: np.ndarray
    folds: np.ndarray
    status: np.ndarray
    n_fits: np.ndarray
    seconds: np.ndarray
    metric: str
    score_name: str
    space: Space | None

    def __len__(self) -> int:
        return len(self.params)


def read_candidates(search: Any, metric: str | None = None) -> Candidates:
    """Read a fitted search, or its results, by one metric."""
    results = read_results(search, metric)
    params = [
        {name: value for name, value in own.items() if value is not EMPTY}
        for own in results.searched_settings
    ]
    status = results.status
    return Candidates(
        params=params,
        scores=results.scores,
        errors=results.errors,
        folds=results.folds,
        status=np.where(np.isin(status, ["ok", "failed"]), status, "partial"),
        n_fits=results.n_fits,
        seconds=results.seconds,
        metric=results.metric,
        score_name=score_name(search, results.metric),
        space=searched_space(results.search, params),
    )


def score_name(search: Any, metric: str) -> str:
    """Return the name of a score: the scorer's, or what the estimator computes."""
    scoring = getattr(search, "scoring", None)
    if metric != "score" or callable(scoring):
        return metric
    if isinstance(scoring, str):
        return scoring
    estimator: Any = getattr(search, "estimator", None)
    while hasattr(estimator, "steps"):  # a pipeline has the score of its last step
        estimator = estimator.steps[-1][1]
    own = getattr(type(estimator), "score", None)
    names = {ClassifierMixin.score: "accuracy", RegressorMixin.score: "R²"}
    return names.get(own, metric)
