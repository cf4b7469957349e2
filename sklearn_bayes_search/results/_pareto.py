"""Fronts of several metrics, and which candidate of one to take.

All of it works on ``cv_results_`` of any search with several metrics, also those of
``GridSearchCV``.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from sklearn_bayes_search.exceptions import check_number, stack_level
from sklearn_bayes_search.optimizer._hypervolume import hypervolume, on_front
from sklearn_bayes_search.optimizer._objectives import reached, without_rounding
from sklearn_bayes_search.results._folds import deviation, error_factor
from sklearn_bayes_search.results._goals import (
    COST_NAMES,
    N_OBJECTIVES,
    as_compared,
    check_limits,
)
from sklearn_bayes_search.results._reader import (
    SearchResults,
    check_metric,
    read_results,
)
from sklearn_bayes_search.results._selection import (
    OneStandardError,
    known_test_share,
)
from sklearn_bayes_search.results._tables import results_frame

# Neighbours on a front differ where chance would hardly show such a difference.
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Front:
    """The candidates that no other one surpasses, by the first metric from the best on.

    ``rows`` are those of ``cv_results_``; ``values`` (n_candidates, n_metrics) are the
    means of all candidates, and ``compared`` the same with logarithms of costs, and
    without what is rounding.
    ``usable`` (n_candidates,) have a finite mean over all folds of each metric, and
    ``reaching`` are those of them that reach all limits.
    """

    results: SearchResults
    metrics: list[str]
    values: np.ndarray
    compared: np.ndarray
    usable: np.ndarray
    reaching: np.ndarray
    rows: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the means, shape (n_candidates, n_metrics)."""
        each = [self.results.of_metric(name).errors for name in self.metrics]
        return np.array(each).T


def pareto_front(
    search: Any,
    metrics: Sequence[str] | None = None,
    limits: Mapping[str, float] | None = None,
) -> Front:
    """Find the front of a search; without ``metrics``, of those it was for."""
    results = read_results(search, any_metric=True)
    objectives = getattr(search, "objective_metrics_", None) or []
    several = objectives if len(objectives) > 1 else results.metrics
    names = check_front(metrics or several, results.metrics)
    if limits is None:
        limits = getattr(search, "limits", None)
    bounds = check_limits(limits or None, "pareto_frame")
    results = results.of_metric(names[0])
    values = np.array([results.of_metric(name).means for name in names]).T
    compared = np.array([as_compared(n, values[:, i]) for i, n in enumerate(names)]).T
    short = results.short_of(bounds)
    usable = np.isfinite(compared).all(axis=1) & np.isfinite(short)
    if not usable.any():
        text = "No candidate has a finite score on all folds of each metric."
        for name in COST_NAMES:
            if name in (*names, *bounds) and (results.of_metric(name).means >= 0).any():
                text += f" {name!r} must be negative, as costs are."
        raise ValueError(text)
    compared[usable] = without_rounding(compared[usable])
    reaching = usable & (short == 0)
    among = reaching if reaching.any() else usable & (short == short[usable].min())
    rows = np.flatnonzero(among)
    rows = rows[on_front(compared[rows])]
    rows = rows[np.argsort(-compared[rows, 0], kind="stable")]
    return Front(results, names, values, compared, usable, reaching, rows)


def check_front(metrics: Any, known: Sequence[str]) -> list[str]:
    """Return the metrics of a front; refuse others than two or three that are known."""
    is_list = np.iterable(metrics) and not isinstance(metrics, str)
    names: list[str] = list(metrics) if is_list else [metrics]
    if len(names) not in N_OBJECTIVES or len(set(names)) < len(names):
        raise ValueError(
            "A front is of two or three metrics: name them as 'metrics'. "
            f"Got {names}, of the metrics {list(known)}."
        )
    for name in names:
        check_metric(name, known, "metrics")
    return names


def pareto_frame(
    search: Any,
    metrics: Sequence[str] | None = None,
    *,
    limits: Mapping[str, float] | None = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Show the candidates that no other one surpasses in all metrics.

    Parameters
    ----------
    search : fitted search, dict or DataFrame
        A search with several metrics, as `BayesSearchCV` or ``GridSearchCV``, its
        ``cv_results_``, or a table of it.
    metrics : list of str, default=None
        Two or three metrics. None: the objectives of a `BayesSearchCV` for several,
        else all.
    limits : dict of str -> float, default=None
        The least values of metrics: only candidates that reach them are compared, or if
        none does, those that come nearest. None: those of the search; {}: no limits.
    level : float, default=0.95
        Confidence with which neighbours differ, in (0, 1).

    Returns
    -------
    frame : DataFrame
        A row per candidate, by the first metric from the best on, with the number of
        the candidate as index. A column per parameter, then of each metric
        ``score_<metric>``, its mean over the folds; ``standard_error_<metric>``; and
        ``differs_<metric>``, whether it differs from that of the row above by more than
        the noise of the folds, missing in the first row.

    Raises
    ------
    ValueError
        If there are not two or three metrics, one is unknown, or nothing has a score.

    Notes
    -----
    Two rows differ in a metric by a two-sided t test of the differences on the folds,
    with the variance corrected for overlapping training sets [1]_. Logarithms of costs
    are compared.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, section 3.
    """
    check_number("level", level, above=0, below=1)
    front = pareto_front(search, metrics, limits)
    table = results_frame(front.results, all_metrics=True).iloc[front.rows]
    shown = list(table.columns[: list(table.columns).index("score")])
    share = known_test_share(search)
    for name in front.metrics:
        kinds = ("score", "standard_error")
        shown += [f"{kind}_{name}" for kind in kinds] + [f"differs_{name}"]
        folds = as_compared(name, front.results.of_metric(name).folds[front.rows])
        differs = pd.array([pd.NA, *_neighbours_differ(folds, share, level)], "boolean")
        table = table.assign(**{f"differs_{name}": differs})
    return table[shown]


def _neighbours_differ(
    folds: np.ndarray, test_share: float | None, level: float
) -> list[Any]:
    """Test whether each row, (n, n_splits), differs from the one before."""
    n_splits = folds.shape[1]
    if n_splits < 2:
        return [pd.NA] * (len(folds) - 1)
    differences = np.diff(folds, axis=0)
    error = deviation(differences, axis=1) * error_factor(n_splits, test_share)
    bound = student.ppf(0.5 + level / 2, n_splits - 1) * error
    rounding = 1e-12 * np.abs(folds[1:]).max(axis=1)
    return list(np.abs(differences.mean(axis=1)) > bound + rounding)


def front_hypervolume(
    search: Any,
    reference: Mapping[str, float] | Sequence[float],
    metrics: Sequence[str] | None = None,
) -> float:
    """Compute the hypervolume of a front, with the logarithms of costs."""
    front = pareto_front(search, metrics)
    left: dict[str, Any] = {}
    try:
        if isinstance(reference, Mapping | pd.Series):
            left = dict(reference)
        else:
            left = dict(zip(front.metrics, reference, strict=True))
        low = [float(as_compared(name, left.pop(name))) for name in front.metrics]
    except (KeyError, TypeError, ValueError):
        low = [np.nan]
    if left or not np.isfinite(low).all():
        raise ValueError(
            f"The 'reference' must have a value for each of {front.metrics}, finite, "
            f"and negative of a cost. Got {reference!r}."
        )
    # those that only come near to the limits are none of the front
    return hypervolume(front.compared[front.rows[front.reaching[front.rows]]], low)


@dataclass(frozen=True)
class Knee:
    """Refit the candidate at the knee of the front: further, one pays more for less.

    For ``refit`` of any scikit-learn search with several metrics.

    Parameters
    ----------
    metrics : tuple of str, default=None
        Two or three metrics. None: those that a `BayesSearchCV` is for, else all.
    limits : dict of str -> float, default=None
        The least values of metrics that candidates have to reach, beside those of a
        `BayesSearchCV`.

    Notes
    -----
    The values of each metric on the front are scaled from 0 to 1, the logarithm of a
    cost. The knee is the point farthest from the straight line, or the plane, through
    the ends, on the better side [1]_: that with the highest sum. Of equals, as the ends
    of a front that has no such point, it is the best in the first metric. Of three
    metrics, two may say the same, as the size and the time of a forest. Each is divided
    by the sum of its correlations with all, as far as they are positive, so that such a
    pair counts as one.

    References
    ----------
    .. [1] I. Das, "On Characterizing the 'Knee' of the Pareto Curve Based on
       Normal-Boundary Intersection", Structural Optimization 18, 1999.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, Knee
    >>> search = BayesSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_leaf_nodes": range(2, 30)},
    ...     n_iter=12,
    ...     objective_metric=["accuracy", "neg_model_size"],
    ...     refit=Knee(),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.best_params_
    {'max_leaf_nodes': 3}
    """

    metrics: Sequence[str] | None = None
    limits: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        check_limits(self.limits, "Knee")

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Choose a row.

        Parameters
        ----------
        cv_results : dict
            Of a search with several metrics.

        Returns
        -------
        best_index : int
            The knee.

        Raises
        ------
        ValueError
            If there are not two or three metrics, or nothing has a score on all folds.
        """
        front = pareto_front(cv_results, self.metrics, self.limits)
        Y = front.compared[front.rows]
        Y = Y[:, np.ptp(Y, axis=0) > 0]  # what is the same for all decides nothing
        shares = (Y - Y.min(axis=0)) / np.ptp(Y, axis=0)
        alike = np.maximum(np.corrcoef(shares.T), 0.0) if Y.shape[1] else np.ones(1)
        # rounded, since the ends of a front without a bulge are equal
        sums = np.round((shares / alike.sum(axis=0)).sum(axis=1), 9)
        best = int(front.rows[sums.argmax()])
        if not front.reaching[best]:
            _warn_of_limits(front.results, self.limits or {}, best)
        return best


@dataclass(frozen=True)
class WithinLimits:
    """Refit the best candidate of those whose metrics reach their limits.

    For ``refit`` of any scikit-learn search with several metrics.

    Parameters
    ----------
    limits : dict of str -> float
        The least value of each metric that is wanted: ``{"recall": 0.9}``. Those of a
        `BayesSearchCV` hold, too.
    metric : str, default=None
        What is to be highest. None: what a `BayesSearchCV` maximises.

    Notes
    -----
    Means over the folds count. If no candidate reaches all limits, it is the one that
    comes nearest, with a warning that says by how much: the least of the largest
    shortfalls, in standard deviations of the metric over all candidates.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import WithinLimits
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": range(1, 9)},
    ...     scoring=["accuracy", "recall_macro"],
    ...     refit=WithinLimits({"recall_macro": 0.9}, metric="accuracy"),
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.best_params_
    {'max_depth': 4}
    """

    limits: Mapping[str, float]
    metric: str | None = None

    def __post_init__(self) -> None:
        check_limits(self.limits or {}, "WithinLimits")

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Choose a row.

        Parameters
        ----------
        cv_results : dict
            Of a search with several metrics.

        Returns
        -------
        best_index : int
            The best of those that reach all limits, else the nearest.

        Raises
        ------
        ValueError
            If a metric is unknown, or nothing has a score in all of them.
        """
        return _best_within(cv_results, self.limits, self.metric)


def _best_within(
    cv_results: Mapping[str, Any],
    limits: Mapping[str, float],
    metric: str | None,
    rule: Callable[[Mapping[str, Any]], int] | None = None,
) -> int:
    """Return the row of the best candidate within limits, or that a rule takes.

    The rule sees these candidates only; where there are none, the nearest.
    """
    results = read_results(cv_results, metric)
    short = results.short_of(limits)
    if np.isnan(short).all():
        names = [results.metric, *limits]
        raise ValueError(f"No candidate has finite values of {', '.join(names)}.")
    rows = np.flatnonzero(short == np.nanmin(short))
    if rule is None:
        best = int(rows[results.means[rows].argmax()])
    else:
        part = {name: [of[row] for row in rows] for name, of in cv_results.items()}
        best = int(rows[rule(part)])
    if short[best] > 0:
        _warn_of_limits(results, limits, best)
    return best


def _end_of_front(
    cv_results: Mapping[str, Any],
    metrics: Sequence[str],
    limits: Mapping[str, float] | None,
    metric: str,
) -> int:
    """Return the row of the front with the best value of one of its metrics."""
    front = pareto_front(cv_results, metrics, limits or {})
    values = front.compared[front.rows, front.metrics.index(metric)]
    best = int(front.rows[values.argmax()])
    if not front.reaching[best]:
        _warn_of_limits(front.results, limits or {}, best)
    return best


def _warn_of_limits(
    results: SearchResults, limits: Mapping[str, float], row: int
) -> None:
    """Warn that no candidate reaches the limits, and what the chosen one lacks."""
    values = {name: results.of_metric(name).means[row] for name in limits}
    lacks = [
        f"{name} is {values[name]:.4g} and should be {limit:.4g}"
        for name, limit in limits.items()
        if not reached(values[name], np.array(limit))
    ]
    warnings.warn(
        "No candidate reaches all limits. The nearest was taken, candidate "
        f"{row}: {'; '.join(lacks)}.",
        UserWarning,
        stacklevel=stack_level(),
    )


def without_failed(results: SearchResults) -> dict[str, Any]:
    """Return ``cv_results_`` with scores NaN of all that failed.

    Where ``error_score`` is a number, that would else be the size of a model.
    """

    def hidden(values: Any) -> Any:
        return np.where(results.failed, np.nan, values)

    return {
        name: hidden(values) if "_test_" in name and name[:4] != "rank" else values
        for name, values in results.table.items()
    }


def check_rule(refit: Any, metrics: Sequence[str], objectives: Sequence[str]) -> None:
    """Refuse before a search what our rules would refuse at its end."""
    if isinstance(refit, type):
        raise TypeError(
            "The 'refit' parameter of BayesSearchCV must be an object, such as Knee(), "
            f"not a class. Got {refit.__name__}."
        )
    rule = rule_of(refit, None, None, objectives)
    if isinstance(rule, Knee):
        check_front(rule.metrics or metrics, metrics)
        named = list(rule.limits or ())
    elif isinstance(rule, WithinLimits):
        named = list(rule.limits)
        check_metric(rule.metric or objectives[0], metrics)
    else:
        return
    for name in named:
        check_metric(name, metrics, "limits")


def rule_of(refit: Any, limits: Any, metric: Any, objectives: Sequence[str]) -> Any:
    """Return the ``refit`` of a search with what it lacks, or the rule of its limits.

    ``metric`` is that of ``refit`` where it is no callable.
    """
    if isinstance(refit, Knee | WithinLimits) and limits:
        both = {**limits, **(refit.limits or {})}
        # of two for one metric, both hold
        least = {name: max(of, limits.get(name, of)) for name, of in both.items()}
        refit = replace(refit, limits=least)
    if isinstance(refit, Knee):
        metrics = refit.metrics or (objectives if len(objectives) > 1 else None)
        return replace(refit, metrics=metrics)
    if isinstance(refit, WithinLimits | OneStandardError) and refit.metric is None:
        refit = replace(refit, metric=objectives[0])
    if limits and isinstance(refit, OneStandardError):
        return partial(_best_within, limits=limits, metric=refit.metric, rule=refit)
    several = len(objectives) > 1
    if several and isinstance(refit, str) and metric in objectives:
        return partial(_end_of_front, metrics=objectives, limits=limits, metric=metric)
    if (limits or several) and not callable(refit):
        return partial(_best_within, limits=limits or {}, metric=metric)
    return refit
