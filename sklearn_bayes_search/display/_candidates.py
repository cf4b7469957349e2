"""What a search has tried, as the displays need it: any search, or its results."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_bayes_search._folds import FoldModel
from sklearn_bayes_search.space import as_space

__all__ = ["Candidates", "is_results", "read_candidates"]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of a search in the order of evaluation.

    Parameters
    ----------
    params : list of dict
        The settings.
    scores : ndarray of shape (n,)
        Mean scores, NaN where it failed, an estimate where it was paused.
    folds : ndarray of shape (n, n_splits)
        Scores on the folds, NaN where there is none; ``n_splits`` may be 0.
    status : ndarray of shape (n,), str
        "ok", "failed" or "paused".
    n_fits : ndarray of shape (n,)
        How many folds were fitted.
    seconds : ndarray of shape (n,)
        What they took together; NaN if not known.
    metric : str
        Whose scores.
    score_name : str
        What it is called: the scorer's name, where it has one.
    space : Space or None
        The search space, where it is known.
    """

    params: list
    scores: np.ndarray
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

    @property
    def best(self):
        """The row of the highest score; None if nothing has one."""
        if not self.ok.any():
            return None
        return int(np.argmax(np.where(self.ok, self.scores, -np.inf)))

    @property
    def names(self):
        """Parameters in the order of their first appearance."""
        return list(dict.fromkeys(name for params in self.params for name in params))


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
    TypeError
        If it is neither.
    ValueError
        If it is not fitted, is empty, or the metric is unknown.
    """
    results = search
    if not is_results(search):
        if not hasattr(search, "cv_results_"):
            if hasattr(search, "fit"):
                raise ValueError(
                    f"The search must be fitted. Got {search!r}; call its 'fit' first."
                )
            raise TypeError(
                "A display needs a fitted search, its cv_results_, or a DataFrame of "
                f"these. Got {search!r}."
            )
        results = search.cv_results_
    columns = {str(key): results[key] for key in results}
    metric = _metric(columns, metric, search)
    scores = np.array(columns[f"mean_test_{metric}"], dtype=float)
    if len(scores) == 0:
        raise ValueError("The search has no candidates.")
    keys = [f"split{fold}_test_{metric}" for fold in range(len(columns))]
    splits = [columns[key] for key in keys if key in columns]
    folds = np.array(splits, dtype=float).reshape(len(splits), len(scores)).T
    n_splits = max(len(splits), 1)
    n_fits = np.array(columns.get("n_splits_evaluated", np.full(len(scores), n_splits)))
    failed, paused = ~np.isfinite(scores), n_fits < n_splits
    own = hasattr(search, "results_frame") and metric == getattr(search, "_metric", "")
    if own:
        frame = search.results_frame()
        failed = (frame["status"] == "failed").to_numpy()
        scores = frame["score"].to_numpy(dtype=float)
    else:
        failed &= ~(paused & np.isfinite(folds).any(axis=1))
        scores = _with_estimates(scores, folds, paused & ~failed)
    return Candidates(
        params=_settings(columns, len(scores)),
        scores=np.where(failed, np.nan, scores),
        folds=folds,
        status=np.select([failed, paused], ["failed", "paused"], "ok"),
        n_fits=n_fits.astype(int),
        seconds=_seconds(columns, n_fits),
        metric=metric,
        score_name=_score_name(search, metric),
        space=_space(search),
    )


def _metric(columns, metric, search):
    prefix = "mean_test_"
    known = [key.removeprefix(prefix) for key in columns if key.startswith(prefix)]
    if not known:
        raise ValueError(
            "The results must have the column 'mean_test_score', or 'mean_test_' and a "
            f"metric. Got the columns {list(columns)}."
        )
    if metric is None:
        refit = getattr(search, "refit", None)
        likely = (getattr(search, "_metric", None), refit, "score")
        return next((m for m in likely if isinstance(m, str) and m in known), known[0])
    if metric not in known:
        raise ValueError(
            f"The 'metric' must be one of {known}, the metrics of the search. "
            f"Got {metric!r}."
        )
    return metric


def _with_estimates(scores, folds, paused):
    """Estimate means of paused candidates from their folds and those of the others."""
    if not paused.any():
        return scores
    complete = np.isfinite(folds).all(axis=1)
    if complete.sum() < 2:
        return np.where(paused, np.nanmean(folds, axis=1), scores)
    estimated = scores.copy()
    estimated[paused] = FoldModel.fit(folds[complete]).estimate(folds[paused])[0]
    return estimated


def _settings(columns, n):
    params = list(columns.get("params", ()))
    if len(params) == n and all(isinstance(setting, Mapping) for setting in params):
        return [dict(setting) for setting in params]
    settings = [{} for _ in range(n)]  # a file has the text of the dicts
    for key, column in columns.items():
        if key.startswith("param_"):
            for setting, value in zip(settings, column, strict=True):
                if not _is_missing(value):
                    setting[key.removeprefix("param_")] = value
    return settings


def _is_missing(value):
    nan = isinstance(value, float) and value != value
    return nan or value is pd.NA or value is np.ma.masked


def _seconds(columns, n_fits):
    times = [columns.get(key) for key in ("mean_fit_time", "mean_score_time")]
    known = [np.array(time, dtype=float) for time in times if time is not None]
    return n_fits * np.sum(known, axis=0) if known else np.full(len(n_fits), np.nan)


def _score_name(search, metric):
    scoring = getattr(search, "scoring", None)
    return scoring if metric == "score" and isinstance(scoring, str) else metric


def _space(search):
    space = getattr(search, "search_space_", None)
    if space is not None:
        return space
    for name in ("param_distributions", "param_grid"):
        if getattr(search, name, None) is not None:
            try:
                return as_space(getattr(search, name))
            except (TypeError, ValueError):  # scikit-learn takes some that we do not
                return None
    return None
