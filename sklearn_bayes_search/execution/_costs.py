"""Costs of a model as scores: the time of its fit and of predictions, its size.

Higher is better, as with any score, so that costs are negative.
"""

import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils import resample

from sklearn_bayes_search._sklearn_compat import scorers_of
from sklearn_bayes_search.results._goals import (
    FIT_TIME,
    MODEL_SIZE,
    SCORE_TIME,
    Goals,
)

# Predictions are repeated for so many seconds, at least twice and at most so often: the
# first one pays for what is loaded, and others may be disturbed.
SECONDS, FEWEST, MOST = 0.05, 2, 7
N_PREDICTED = 1000
# What makes predictions, the first that a model has.
METHODS = ("predict", "transform", "score_samples")


def neg_fit_time(estimator: Any, X: Any, y: Any = None) -> float:
    """Stand for the negative seconds of the fit, which only its caller knows."""
    return np.nan


def neg_score_time(estimator: Any, X: Any, y: Any = None) -> float:
    """Return the negative seconds for 1,000 predictions, the least of several runs."""
    predict = next(
        (getattr(estimator, name) for name in METHODS if hasattr(estimator, name)), None
    )
    if predict is None:
        raise ValueError(
            f"'{SCORE_TIME}' needs an estimator with one of the methods "
            f"{', '.join(METHODS)}. Got {estimator!r}."
        )
    # of as many, since a call has its price, whatever the number of rows
    rows = resample(X, n_samples=N_PREDICTED, random_state=0)
    taken: list[float] = []
    while len(taken) < FEWEST or (sum(taken) < SECONDS and len(taken) < MOST):
        start = time.perf_counter()
        predict(rows)
        taken.append(time.perf_counter() - start)
    # of a coarse clock it may be 0
    return -max(min(taken), 1e-9)


def neg_model_size(estimator: Any, X: Any, y: Any = None) -> float:
    """Return the negative bytes of the pickled estimator."""
    return -float(len(pickle.dumps(estimator, protocol=pickle.HIGHEST_PROTOCOL)))


COSTS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        FIT_TIME: neg_fit_time,
        SCORE_TIME: neg_score_time,
        MODEL_SIZE: neg_model_size,
    }
)


@dataclass(frozen=True)
class WithCosts:
    """A callable for ``scoring`` that returns the user's scores and the named costs."""

    scoring: Callable[..., Any]
    names: tuple[str, ...]

    def __call__(self, estimator: Any, X: Any, y: Any = None, **params: Any) -> Any:
        own = () if y is None else (y,)
        scores = self.scoring(estimator, X, *own, **params)
        if not isinstance(scores, Mapping):
            scores = {"score": scores}
        costs = {name: COSTS[name](estimator, X, y) for name in self.names}
        return {**scores, **{n: c for n, c in costs.items() if n not in scores}}


def with_costs(scoring: Any, goals: Goals) -> Any:
    """Return ``scoring`` with what the goals need beside it, if there are any.

    These are costs, and where a user has not said otherwise, scorers of scikit-learn.
    """
    if not goals:
        return scoring
    names = goals.wanted
    if callable(scoring):
        costs = tuple(name for name in names if name in COSTS)
        return WithCosts(scoring, costs) if costs else scoring
    if isinstance(scoring, list | tuple | set):
        scoring = {name: COSTS.get(name, name) for name in scoring}
    known = get_scorer_names()
    scorers: dict[str, Any] = {}
    if isinstance(scoring, str):
        scorers = {scoring: scoring}
    elif isinstance(scoring, Mapping):
        scorers = dict(scoring)
    elif not goals.objectives or "score" in names:
        scorers = {"score": None}
    lacking = [name for name in names if name not in scorers]
    more = {n: COSTS.get(n, n) for n in lacking if n in COSTS or n in known}
    named = isinstance(scoring, str) and scoring in names  # else it is "score"
    return {**scorers, **more} if more or named else scoring


def fill_in_fit_time(result: dict[str, Any], scorer: Any) -> None:
    """Put the seconds of a fit into its scores, if they are wanted."""
    is_ours = scorers_of(scorer).get(FIT_TIME) is neg_fit_time
    if not is_ours and FIT_TIME not in getattr(scorer, "names", ()):
        return
    for part in ("test_scores", "train_scores"):
        scores = result.get(part)
        if isinstance(scores, dict) and result["fit_error"] is None:
            scores[FIT_TIME] = -max(result["fit_time"], 1e-9)
