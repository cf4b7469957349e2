"""What a search has tried, as the displays need it: any search, or its results."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin

from sklearn_bayes_search.results._observed import (
    read_results,
    searched_space,
    without_resource,
)
from sklearn_bayes_search.results._prior_results import EMPTY

__all__ = ["Candidates", "is_results", "read_candidates", "score_name"]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of a search in the order of evaluation.

    Parameters
    ----------
    params : list of dict
        The settings.
    scores : ndarray of shape (n,)
        Mean scores, NaN where it failed, an estimate where folds are missing.
    noise : ndarray of shape (n,)
        Variances of the errors of these estimates, 0 elsewhere.
    folds : ndarray of shape (n, n_splits)
        Scores on the folds, NaN where there is none; ``n_splits`` may be 0.
    status : ndarray of shape (n,), str
        "ok", "failed", or "partial" where some of the folds or of the data are missing:
        paused by racing, or in an early round of successive halving.
    n_fits : ndarray of shape (n,)
        How many folds were fitted.
    seconds : ndarray of shape (n,)
        What they took together; NaN if not known.
    metric : str
        Whose scores.
    score_name : str
        What it is called, as `score_name` tells.
    space : Space
        The search space, or one of the values seen.
    """

    params: list
    scores: np.ndarray
    noise: np.ndarray
    folds: np.ndarray
    status: np.ndarray
    n_fits: np.ndarray
    seconds: np.ndarray
    metric: str
    score_name: str
    space: object

    def __len__(self):
        return len(self.params)

    @property
    def ok(self):
        """Candidates with all folds scored, shape (n,), bool."""
        return self.status == "ok"


def is_results(results):
    """Tell whether something is a ``cv_results_`` or a table of it."""
    if isinstance(results, pd.DataFrame):
        return True
    return isinstance(results, Mapping) and any(
        str(key).startswith("mean_test_") for key in results
    )


def read_candidates(search, metric=None):
    """Read a fitted search, or its results.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        A search with ``cv_results_``, or these.
    metric : str, default=None
        Which scores, where there are several; None is what the search maximised.

    Returns
    -------
    candidates : Candidates
        What was tried.

    Raises
    ------
    TypeError, ValueError
        If it holds no results, or the metric is unknown or not clear.
    """
    results = read_results(search, metric)
    columns, scores = results.columns, results.scores
    folds = np.empty((len(scores), 0)) if results.folds is None else results.folds
    n_fits = columns.get("n_splits_evaluated", np.full(len(scores), folds.shape[1]))
    n_fits = np.maximum(np.array(n_fits, dtype=int), 1)
    params, complete = results.params, results.complete
    if "n_resources" in columns:
        resources = np.array(columns["n_resources"], dtype=float)
        complete = complete & (resources == resources.max())
        params = without_resource(params, columns)
    params = [{k: v for k, v in p.items() if v is not EMPTY} for p in params]
    failed = np.isnan(scores)
    is_search = hasattr(search, "fit")
    return Candidates(
        params=params,
        scores=scores,
        noise=results.noise,
        folds=folds,
        status=np.select([failed, ~complete], ["failed", "partial"], "ok"),
        n_fits=n_fits,
        seconds=_seconds(columns, n_fits),
        metric=results.metric,
        score_name=score_name(search, results.metric),
        space=searched_space(search if is_search else None, params),
    )


def _seconds(columns, n_fits):
    if "seconds" in columns:  # results_frame()
        return np.array(columns["seconds"], dtype=float)
    times = [columns.get(key) for key in ("mean_fit_time", "mean_score_time")]
    known = [np.array(time, dtype=float) for time in times if time is not None]
    return n_fits * np.sum(known, axis=0) if known else np.full(len(n_fits), np.nan)


def score_name(search, metric):
    """Tell what a score is called: by the scorer, or by what the estimator gives."""
    scoring = getattr(search, "scoring", None)
    if metric != "score" or callable(scoring):
        return metric
    if isinstance(scoring, str):
        return scoring
    estimator = getattr(search, "estimator", None)
    while hasattr(estimator, "steps"):  # a pipeline has the score of its last step
        estimator = estimator.steps[-1][1]
    own = getattr(type(estimator), "score", None)
    names = {ClassifierMixin.score: "accuracy", RegressorMixin.score: "R²"}
    return names.get(own, metric)
