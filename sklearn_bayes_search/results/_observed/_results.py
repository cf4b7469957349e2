"""The rows of any search's results, from a search or a table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_bayes_search.results._folds import estimate_paused
from sklearn_bayes_search.results._prior_results import EMPTY, settings_of
from sklearn_bayes_search.space._seen import seen_space
from sklearn_bayes_search.space._space import as_space

__all__ = ["Results", "read_results", "searched_space", "without_resource"]

PREFIX = "mean_test_"


@dataclass(frozen=True, eq=False)
class Results:
    """The rows of a search's results as they are, in the order of evaluation.

    Parameters
    ----------
    columns : dict of str -> array-like
        All that the table has.
    metric : str
        Name of the score.
    params : list of dict, length n
        The settings; `EMPTY` where a cell of a file is.
    scores, folds, noise, complete : ndarray
        As in `Observed`.
    """

    columns: dict
    metric: str
    params: list
    scores: np.ndarray
    folds: np.ndarray | None
    noise: np.ndarray
    complete: np.ndarray


def read_results(search, metric=None):
    """Read the rows of a search's results.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        As for `observe`.
    metric : str, default=None
        As for `observe`.

    Returns
    -------
    results : Results
        Of a search by successive halving, every round.

    Raises
    ------
    TypeError, ValueError
        If it holds no results, or the metric is unknown or not clear.
    """
    is_search = hasattr(search, "fit") and not isinstance(search, type)
    if is_search and not hasattr(search, "cv_results_"):
        raise ValueError(
            f"The search must be fitted. Got {search!r}; call its fit(X, y) first."
        )
    table = search.cv_results_ if is_search else search
    if not isinstance(table, Mapping | pd.DataFrame):
        raise TypeError(
            "The search must be a fitted search, its cv_results_, or a DataFrame of "
            f"these. Got {search!r}."
        )
    columns = {str(name): table[name] for name in table}
    metric = _metric(columns, search if is_search else None, metric)
    settings = _settings(columns)
    failed = np.zeros(len(settings), dtype=bool)
    if is_search and hasattr(search, "results_frame"):
        # of a numeric error_score the table does not tell that it stands for a failure
        failed = search.results_frame()["status"].to_numpy() == "failed"
    scores, folds, noise, complete = _scores(columns, metric, failed)
    return Results(columns, metric, settings, scores, folds, noise, complete)


def _metric(columns, search, metric):
    """Choose the score."""
    known = [name.removeprefix(PREFIX) for name in columns if name.startswith(PREFIX)]
    if not known and "score" in columns:  # results_frame()
        known = ["score"]
    if not known:
        raise ValueError(
            "The search must have a score: 'mean_test_score' or 'mean_test_' and a "
            "metric, as in cv_results_, or 'score', as in results_frame(). Got the "
            f"columns {list(columns)}."
        )
    wanted = [getattr(search, "refit", None), getattr(search, "_metric", None), "score"]
    if metric is None:
        metric = next((w for w in wanted if isinstance(w, str) and w in known), None)
        if metric is None and len(known) > 1:
            raise ValueError(
                f"The search has the metrics {known}. Choose one as 'metric'."
            )
        metric = known[0] if metric is None else metric
    if metric not in known:
        raise ValueError(
            f"The 'metric' must be one of {known}, the metrics of the search. "
            f"Got {metric!r}."
        )
    return metric


def _settings(columns):
    """Give the settings; a file has the text of the dicts, and cells instead."""
    settings = list(columns.get("params", ()))
    if not settings or not all(isinstance(setting, Mapping) for setting in settings):
        settings = settings_of(columns, "search")
    return settings


def _scores(columns, metric, failed):
    """Give scores, scores of folds or None, variances, and which are complete."""
    name = PREFIX + metric if PREFIX + metric in columns else "score"
    try:
        scores = np.array(columns[name], dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The column {name!r} must hold numbers. Got {columns[name]!r}."
        ) from error
    noise, complete = np.zeros(len(scores)), np.ones(len(scores), dtype=bool)
    if "status" in columns and "standard_error" in columns:  # results_frame()
        status = np.asarray(columns["status"])
        scores[status == "failed"] = np.nan
        complete = status != "paused"
        error = np.nan_to_num(np.array(columns["standard_error"], dtype=float))
        noise = np.where(complete, 0.0, error**2)
    scores[failed | ~np.isfinite(scores)] = np.nan
    keys = [f"split{fold}_test_{metric}" for fold in range(len(columns))]
    keys = [key for key in keys if key in columns]
    if not keys:
        return scores, None, noise, complete
    folds = np.array([columns[key] for key in keys], dtype=float).T
    folds[~np.isfinite(folds)] = np.nan
    if "n_splits_evaluated" in columns:
        n_evaluated = np.array(columns["n_splits_evaluated"], dtype=int)
        complete = n_evaluated == len(keys)
        # one of the folds that ran has failed where fewer are scored than ran
        paused = ~complete & (np.isfinite(folds).sum(axis=1) == n_evaluated) & ~failed
        if paused.any():
            known = np.where(failed[:, None], np.nan, folds)
            scores[paused], noise[paused] = estimate_paused(known, paused)
    return scores, folds, noise, complete


def without_resource(settings, columns):
    """Leave out the parameter that was the resource: it was not searched."""
    resources = np.array(columns["n_resources"], dtype=float).tolist()
    names = set().union(*settings)
    spent = {
        name
        for name in names
        if [setting.get(name) for setting in settings] == resources
    }
    return [
        {name: value for name, value in setting.items() if name not in spent}
        for setting in settings
    ]


def searched_space(search, settings, space=None):
    """Give the space of a search, or one made of the settings seen."""
    if space is not None:
        return as_space(space)
    for name in ("search_space_", "param_distributions", "param_grid"):
        own = getattr(search, name, None)
        if own is not None:
            try:
                return as_space(own)
            except (TypeError, ValueError):  # written in another library's way
                break
    return seen_space(
        [
            {name: value for name, value in setting.items() if value is not EMPTY}
            for setting in settings
        ]
    )
