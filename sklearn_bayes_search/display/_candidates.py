"""What a search has tried, as the displays need it: any search, or its results."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from sklearn_bayes_search.results._observed import searched_space
from sklearn_bayes_search.results._reader import EMPTY, read_results

__all__ = ["Candidates", "read_candidates", "score_name"]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of a search in the order of evaluation.

    Parameters
    ----------
    params : list of dict
        The settings.
    scores : ndarray of shape (n,)
        Mean scores, NaN where it failed, an estimate where folds are missing.
    errors : ndarray of shape (n,)
        Standard errors of the scores; NaN if not known.
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
    errors: np.ndarray
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
