"""The one reader of results: rows of any search, from the search or from a table.

It takes a fitted search of this package or of scikit-learn, by successive halving as
well, its ``cv_results_``, a DataFrame of these, also read back from a file,
``results_frame()``, and what `_other_forms` makes a table of. Nothing else looks into
such tables.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count, takewhile
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from sklearn_bayes_search.optimizer._objectives import shortfalls
from sklearn_bayes_search.results._folds import estimate_paused, mean_and_error
from sklearn_bayes_search.results._goals import as_compared
from sklearn_bayes_search.results._other_forms import as_table
from sklearn_bayes_search.results._parts import StepModel
from sklearn_bayes_search.space._dimensions import is_number

# An empty cell of a table: the parameter was inactive, or its value was None.
EMPTY = object()
MEAN, PARAM = "mean_test_", "param_"
RESOURCES = "n_resources"
INDEX = "candidate"  # of results_frame()
# What a name of a metric follows in columns of means.
MEANS = (MEAN, "mean_train_")


def choose_metric(known: Sequence[str], wanted: Iterable[Any]) -> str | None:
    """Return the first wanted name that is known, else the only one that is known."""
    first = (w for w in wanted if isinstance(w, str) and w in known)
    return next(first, known[0] if len(known) == 1 else None)


@dataclass(frozen=True, eq=False)
class SearchResults:
    """The candidates of a search, by one metric, in the rows of ``cv_results_``.

    ``means`` (n,) are as the table has them. ``scores`` (n,) are NaN where a candidate
    failed, and estimates with the variances ``noise`` (n,) where it was ``paused`` by
    racing. ``folds`` (n, n_splits) is NaN where a fold has no score; there is no column
    where the table has no scores on folds. ``failed`` and ``paused`` are (n,), bool.
    ``limits`` are those of the search, by the names of metrics.
    """

    search: Any  # None where only the table is known
    table: dict[str, Any]
    metric: str
    means: np.ndarray
    scores: np.ndarray
    noise: np.ndarray
    folds: np.ndarray
    failed: np.ndarray
    paused: np.ndarray
    limits: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics."""
        return metrics_of(self.table)

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """The parameters; `EMPTY` where a file has an empty cell."""
        return _settings(self.table)

    @cached_property
    def searched_settings(self) -> list[dict[str, Any]]:
        """The candidates without the resource of successive halving, and the length of
        a path: they are not searched.
        """
        spent = {getattr(self.search, "path_", None)} - {None}
        if self.resources is not None:
            spent |= {
                name
                for name in set().union(*self.settings)
                if [s.get(name) for s in self.settings] == self.resources.tolist()
            }
        if not spent:
            return self.settings
        return [{k: v for k, v in s.items() if k not in spent} for s in self.settings]

    @property
    def searched_names(self) -> list[str]:
        """Names of the parameters that have a column."""
        return [n.removeprefix(PARAM) for n in self.table if n.startswith(PARAM)]

    @cached_property
    def resources(self) -> np.ndarray | None:
        """How much each had of what successive halving gives more of in each round."""
        given = None if self.raced else self.table.get(RESOURCES)
        return None if given is None else np.array(given, dtype=float)

    @property
    def n_rows(self) -> Any:
        """Rows of the largest part that each had, where parts are raced on, or None."""
        return self.table.get(RESOURCES) if self.raced else None

    @property
    def n_splits(self) -> int:
        """How many folds there are; 0 where that is not known."""
        return int(self.folds.shape[1])

    @property
    def raced(self) -> bool:
        """Whether the table counts folds, since some may not have run."""
        return "n_splits_evaluated" in self.table

    @cached_property
    def n_fits(self) -> np.ndarray:
        """How many folds ran with all rows, (n,)."""
        given = self.table.get("n_splits_evaluated", [self.n_splits] * len(self))
        return np.array(given, dtype=int)

    @property
    def complete(self) -> np.ndarray:
        """Where all folds ran, whether or not they have a score."""
        if not self.n_splits:
            return np.asarray(~self.paused)
        return np.asarray(self.n_fits == self.n_splits)

    @cached_property
    def status(self) -> np.ndarray:
        """Return "failed", "paused", "early round" of successive halving, else "ok"."""
        given = self.resources
        early = np.zeros(1, bool) if given is None else given < given.max()
        names = ["failed", "paused", "early round"]
        return np.asarray(np.select([self.failed, self.paused, early], names, "ok"))

    @cached_property
    def errors(self) -> np.ndarray:
        """Standard errors of means and estimates; NaN if unknown."""
        error = mean_and_error(self.folds.T)[1] if self.n_splits else np.nan
        return np.where(self.paused, np.sqrt(self.noise), error)

    @cached_property
    def seconds(self) -> np.ndarray:
        """What all fits and scorings of each took together; NaN if unknown."""
        if "seconds" in self.table:  # results_frame()
            return np.array(self.table["seconds"], dtype=float)
        times = (self.table.get(f"mean_{part}_time") for part in ("fit", "score"))
        known = [np.array(time, dtype=float) for time in times if time is not None]
        each = np.sum(known, axis=0) if known else np.nan
        return np.asarray(np.maximum(self.n_fits, 1) * each)

    @property
    def ranks(self) -> Any:
        """Ranks by the metric, as the table has them, else as scikit-learn ranks."""
        given = self.table.get(f"rank_test_{self.metric}")
        if given is not None:
            return given
        means = np.where(np.isfinite(self.means), self.means, -np.inf)
        return rankdata(-means, method="min").astype(np.int32)

    @property
    def columns_of_means(self) -> dict[str, Any]:
        """What the table has means over the folds of, such as "mean_fit_time"."""
        return {name: self.table[name] for name in self.table if name[:5] == "mean_"}

    @property
    def aggregates(self) -> dict[str, Any]:
        """What the table has beside the parameters and the scores on folds."""
        apart = ("param", "split", "part")
        return {n: of for n, of in self.table.items() if not n.startswith(apart)}

    def of_metric(self, metric: str) -> "SearchResults":
        """Return the same rows with the scores of another metric."""
        read = _read(self.search, self.table, metric, "search")
        return replace(read, limits=self.limits)

    def failed_without(self, metrics: Sequence[str]) -> "SearchResults":
        """Return the same, where what lacks a finite mean of any metric has failed."""
        names = [name for name in metrics if name in self.metrics]
        if not names:
            return self
        means = [_means(self.table, name, "search") for name in names]
        known = np.isfinite(means).all(axis=0)
        failed = self.failed | ~(known | self.paused)
        scores = np.where(failed, np.nan, self.scores)
        return replace(self, failed=failed, scores=scores)

    def short_of(self, limits: Mapping[str, float]) -> np.ndarray:
        """Return how far each stays below limits, (n,), NaN where that is not known.

        It is 0 where all are reached. The largest shortfall counts, in standard
        deviations of the metric.
        """
        short = np.where(self.status == "ok", 0.0, np.nan)
        if not limits:
            return short
        for name in limits:
            check_metric(name, self.metrics, "limits")
        means = [as_compared(name, self.of_metric(name).means) for name in limits]
        values = np.array(means).T
        short[~np.isfinite(values).all(axis=1)] = np.nan
        known = np.isfinite(short)
        if known.any():
            bounds = [float(as_compared(*limit)) for limit in limits.items()]
            short[known] = shortfalls(values[known], np.array(bounds))
        return short

    @cached_property
    def within(self) -> np.ndarray:
        """Which are "ok", and reach the limits of the search, (n,)."""
        return np.asarray(self.short_of(self.limits) == 0)

    @cached_property
    def eligible(self) -> np.ndarray:
        """Of which the best is one, (n,): those within the limits, else the nearest."""
        short = np.nan_to_num(self.short_of(self.limits), nan=np.inf)
        return np.asarray(np.isfinite(short) & (short == short.min(initial=np.inf)))


def is_table(results: Any) -> bool:
    """Check whether something is a ``cv_results_`` or a DataFrame."""
    names = results if isinstance(results, Mapping) else ()
    is_results = any(str(name).startswith(MEAN) for name in names)
    return is_results or isinstance(results, pd.DataFrame)


def read_results(
    search: Any,
    metric: str | None = None,
    *,
    called: str = "search",
    wanted: Sequence[str] | None = None,
    any_metric: bool = False,
) -> SearchResults:
    """Read a fitted search, its results or a table of them.

    Without a ``metric`` it is that of ``refit``, else what a `BayesSearchCV` maximised,
    else "score", else the only one; or the first of ``wanted``, names that another
    search likes best; or the first where ``any_metric`` will do. Error messages name
    what is read as it is ``called``.
    """
    is_search = hasattr(search, "fit") and not isinstance(search, type)
    if is_search and not hasattr(search, "cv_results_"):
        raise ValueError(
            f"The {called} must be a fitted search. Got {search!r}; call its fit(X, y) "
            "first."
        )
    given = search.cv_results_ if is_search else as_table(search, called)
    if not isinstance(given, Mapping | pd.DataFrame):
        raise TypeError(
            f"The {called} must be a fitted search, its cv_results_, or a DataFrame of "
            "these, a study of Optuna, an OptimizeResult of scikit-optimize, or what "
            f"read_journal returns. Got {search!r}; pass the search itself."
        )
    table = {str(name): given[name] for name in given}
    search = search if is_search else None
    known = metrics_of(table)
    if not known:
        raise ValueError(
            f"The {called} must have a score: 'mean_test_score' or 'mean_test_' and a "
            "metric, as in cv_results_, or 'score', as in results_frame(). Got the "
            f"columns {list(table)}."
        )
    if metric is None:
        own = [getattr(search, name, None) for name in ("refit", "objective_metric_")]
        metric = choose_metric(known, wanted or [*own, "score"])
        metric = metric or (known[0] if any_metric else None)
    if metric is None and wanted:
        raise ValueError(
            f"The {called} has the scores {known}, and none is called like what this "
            f"search maximises: {wanted[0]!r}. Maximise one of them, by its name as "
            "'scoring', or leave out the columns of the others."
        )
    if metric is None:
        raise ValueError(
            f"The {called} has the metrics {known}. Choose one as 'metric'."
        )
    check_metric(metric, known)
    return _read(search, table, metric, called)


def check_metric(metric: str, known: Sequence[str], of: str = "metric") -> None:
    """Refuse a metric that a search does not have; ``of`` is what names it."""
    if metric not in known:
        the = f"The '{of}'" if of == "metric" else f"Each of the '{of}'"
        raise ValueError(
            f"{the} must be one of {list(known)}, the metrics of the search. "
            f"Got {metric!r}."
        )


def known_limits(limits: Any, known: Sequence[str]) -> Mapping[str, float]:
    """Return limits of metrics that are known, {} if it is anything else."""
    is_ours = isinstance(limits, Mapping) and set(limits) <= set(known)
    return limits if is_ours and all(map(is_number, limits.values())) else {}


def metrics_of(table: Mapping[str, Any]) -> list[str]:
    """Return the names of the metrics that a table has."""
    prefixes = ("split0_test_", MEAN)
    names = [n.removeprefix(p) for p in prefixes for n in table if n.startswith(p)]
    if not names and "score" in table:  # results_frame()
        return ["score"]
    return list(dict.fromkeys(names))


def _read(
    search: Any, table: dict[str, Any], metric: str, called: str
) -> SearchResults:
    """Read the scores of a metric."""
    columns = _columns(table, "split", metric, called)
    parts = _columns(table, "part", metric, called)
    means = _means(table, metric, called)
    folds = np.array(columns).T if columns else np.empty((len(means), 0))
    folds[~np.isfinite(folds)] = np.nan
    # of a numeric error_score the table does not tell that it stands for a failure
    failed = np.zeros(len(means), dtype=bool)
    history = getattr(getattr(search, "optimizer_", None), "history", None)
    if history is not None:
        failed[:] = [outcome.failed for outcome in list(history)[: len(means)]]
    paused, noise = np.zeros(len(means), dtype=bool), np.zeros(len(means))
    scores = means.copy()
    if not columns and "status" in table:  # results_frame()
        status = np.asarray(table["status"])
        failed, paused = status == "failed", status == "paused"
        if "standard_error" in table:
            error = np.nan_to_num(_numbers(table, "standard_error", called))
            noise = np.where(paused, error**2, 0.0)
    elif columns and "n_splits_evaluated" in table:
        ran = np.array(table["n_splits_evaluated"], dtype=int)
        n_scored = np.isfinite(folds).sum(axis=1)
        # one of the folds that ran has failed where fewer are scored than ran
        paused = (ran < len(columns)) & (n_scored == ran) & ~failed
        if paused.any():
            known = np.where(failed[:, None], np.nan, folds)
            scores[paused], noise[paused] = _estimates(known, parts, paused)
    failed = failed | ~(np.isfinite(scores) | paused)
    scores[failed] = np.nan
    limits = known_limits(getattr(search, "limits", None), metrics_of(table))
    results = SearchResults(
        search, table, metric, means, scores, noise, folds, failed, paused, limits
    )
    return results.failed_without(getattr(search, "objective_metrics_", None) or ())


def _means(table: Mapping[str, Any], metric: str, called: str) -> np.ndarray:
    """Return the means of a metric, (n,), as the table has them, or of its folds."""
    if MEAN + metric in table:
        return _numbers(table, MEAN + metric, called)
    columns = _columns(table, "split", metric, called)
    if not columns:
        return _numbers(table, "score", called)
    return np.asarray(np.mean(columns, axis=0))


def _columns(
    table: Mapping[str, Any], kind: str, metric: str, called: str
) -> list[np.ndarray]:
    """Return the scores on each fold, or part of the rows, (n,) each."""
    keys = takewhile(table.__contains__, (f"{kind}{i}_test_{metric}" for i in count()))
    return [_numbers(table, key, called) for key in keys]


def _estimates(
    folds: np.ndarray, parts: list[np.ndarray], paused: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate means of paused candidates, with the variances, by what all have."""
    whole = np.isfinite(folds).all(axis=1)
    if not parts or not whole.any():
        return estimate_paused(folds, paused)
    table = np.column_stack([folds, *parts])
    return StepModel.fit(table[whole], folds.shape[1]).estimate(table[paused])


def _numbers(table: Mapping[str, Any], name: str, called: str) -> np.ndarray:
    try:
        return np.array(table[name], dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The column {name!r} of the {called} must hold numbers. Got "
            f"{table[name]!r}."
        ) from error


def _settings(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``params``, or what the columns of the parameters say."""
    settings = list(table.get("params", ()))
    if settings and all(isinstance(setting, Mapping) for setting in settings):
        return settings
    # a file has the text of the dicts, and cells instead
    if "score" in table:  # results_frame(): parameters, then score and others
        names = list(table)
        start = names.index("score")
        # one that is called like a column of results_frame() keeps its prefix
        taken = {*names[start:], INDEX}
        columns = {}
        for name in names[:start]:
            bare = name.removeprefix(PARAM)
            if name != INDEX and not name.startswith("Unnamed:"):  # index of a file
                columns[bare if bare in taken else name] = name
    else:
        columns = {n.removeprefix(PARAM): n for n in table if n.startswith(PARAM)}
    if not columns:
        raise ValueError(
            "The search must have candidates: 'params', or a column 'param_' and name "
            f"for each parameter, as in cv_results_. Got the columns {list(table)}."
        )
    cells = [[_cell(value) for value in table[name]] for name in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]


def _cell(value: Any) -> Any:
    not_a_number = isinstance(value, float) and value != value
    empty = not_a_number or value is pd.NA or value is np.ma.masked
    return EMPTY if empty else value
