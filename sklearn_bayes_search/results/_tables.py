"""The tables of a fitted search."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklearn_bayes_search.results._reader import (
    INDEX,
    RESOURCES,
    SearchResults,
    read_results,
)
from sklearn_bayes_search.results._selection import (
    HonestScore,
    equivalent_settings,
    honest_score,
    score_of_choice,
)
from sklearn_bayes_search.space._choices import int_and_equal_float


class ResultTables:
    """Methods of a fitted search that show its results."""

    multimetric_: bool
    objective_metric_: str
    path_: str | None
    _fits: list[dict[str, Any]]
    _curves: list[dict[str, Any]]

    def honest_score(
        self, level: float = 0.95, *, metric: str | None = None
    ) -> HonestScore:
        """Estimate the score of the best candidate without its optimism.

        Parameters
        ----------
        level : float, default=0.95
            Probability of the interval, in (0, 1).
        metric : str, default=None
            Which of several metrics. None means the one of ``refit``, or else the one
            that was maximised. The score is that of the candidate with the best mean of
            this metric, which need not be the candidate of ``best_estimator_``. With
            limits, or with a function as ``refit``, it is the chosen candidate,
            whatever the metric. With `GreedyEnsemble` it is the ensemble, for what was
            maximised.

        Returns
        -------
        honest : HonestScore
            ``score``, ``low``, ``high`` and ``optimism``; see
            :func:`sklearn_bayes_search.results.honest_score`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the metric is unknown, or if the function named above raises it.
        """
        check_is_fitted(self, "cv_results_")
        ensemble = getattr(self, "_ensemble", None)
        if ensemble is not None and metric in (None, self.objective_metric_):
            return score_of_choice(self, ensemble.fold_scores, ensemble.score, level)
        return honest_score(self, level=level, metric=metric)

    @property
    def equivalent_params_(self) -> list[dict[str, Any]]:
        """Candidates that the folds cannot tell from the best one, the best first."""
        check_is_fitted(self, "cv_results_")
        settings = read_results(self).settings
        return [settings[row] for row in equivalent_settings(self)]

    def results_frame(self, *, all_metrics: bool = False) -> pd.DataFrame:
        """Show the evaluated candidates as a table.

        Parameters
        ----------
        all_metrics : bool, default=False
            Whether to show ``score_<metric>``, ``standard_error_<metric>`` and
            ``rank_<metric>`` of each metric after the rank, if there are several
            metrics.

        Returns
        -------
        frame : DataFrame
            One row per candidate, in the order of evaluation. There is a column per
            parameter with its own dtype, missing where the parameter is inactive. Then
            follow ``score`` (the mean over the folds of the metric that was maximised),
            ``standard_error`` of that mean, ``rank``, ``status`` ("ok", "failed" or
            "paused") and ``seconds`` (of all folds together). With ``limits``, there is
            also ``within_limits``; the rank is among all candidates. With racing, there
            is ``n_splits_evaluated``, and with parts of the rows ``n_resources``.
            Score and standard error of a paused candidate are estimates from the folds
            that it has, corrected for how easy these folds are. A parameter with the
            name of one of these columns, or "candidate", keeps its prefix ``param_``.

        Raises
        ------
        NotFittedError
            If the search is not fitted.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from sklearn_bayes_search import BayesSearchCV
        >>> search = BayesSearchCV(
        ...     DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}
        ... ).fit(*load_iris(return_X_y=True))
        >>> search.results_frame()[["max_depth", "score", "rank", "status"]].round(3)
                   max_depth  score  rank status
        candidate
        0                  1  0.667     2     ok
        1                  2  0.933     1     ok
        """
        check_is_fitted(self, "cv_results_")
        results = read_results(self, self.objective_metric_)
        return results_frame(results, all_metrics=all_metrics and self.multimetric_)

    def folds_frame(self, *, all_metrics: bool = False) -> pd.DataFrame:
        """Show every fit of the search as a table.

        Parameters
        ----------
        all_metrics : bool, default=False
            Whether to show ``score_<metric>`` of each metric after the score, if there
            are several metrics.

        Returns
        -------
        frame : DataFrame
            One row per fit: ``candidate``, ``fold``, ``score`` (the metric that was
            maximised), ``status`` ("ok" or "failed"), ``error``, ``start``, ``seconds``
            and ``worker`` (host, number of the process or thread). With
            :class:`RowRacing`, ``n_train_samples`` is the number of training rows of a
            fit on a part of them, and missing for other fits; fits on parts are
            numbered after the folds.

        Raises
        ------
        NotFittedError
            Before `fit`.

        See Also
        --------
        sklearn_bayes_search.read_journal : The same for a journal, with the parameters.
        """
        check_is_fitted(self, "cv_results_")
        frame = fits_frame(self._fits)
        if all_metrics:
            return frame
        return frame.loc[:, ~frame.columns.str.startswith("score_")]

    def path_frame(self) -> pd.DataFrame:
        """Show the scores at each length of a path as a table.

        Returns
        -------
        frame : DataFrame
            One row per candidate and length, up to the longest that all its folds have
            reached: ``candidate``, ``length``, ``mean_test_score`` and
            ``std_test_score`` over the folds that ran, and ``chosen``, whether the
            candidate has this length. For several metrics the columns are
            ``mean_test_<metric>`` and so on; with ``return_train_score`` there is also
            ``mean_train_...``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            Without a ``path``.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.ensemble import GradientBoostingClassifier
        >>> from sklearn_bayes_search import BayesSearchCV
        >>> search = BayesSearchCV(
        ...     GradientBoostingClassifier(n_estimators=4, random_state=0),
        ...     {"max_depth": [1, 2]},
        ...     path="n_estimators",
        ...     random_state=0,
        ... ).fit(*load_iris(return_X_y=True))
        >>> frame = search.path_frame()
        >>> frame["length"].head(3).tolist()
        [1, 2, 3]
        >>> bool(frame.loc[frame["chosen"], "mean_test_score"].max() > 0.9)
        True
        """
        check_is_fitted(self, "cv_results_")
        if self.path_ is None:
            raise ValueError(
                "The search has no 'path', so that there are no curves to show. Name "
                "the parameter that all lengths are wanted of, as path='n_estimators'."
            )
        return pd.DataFrame(self._curves)


def results_frame(results: SearchResults, *, all_metrics: bool = False) -> pd.DataFrame:
    """Make a tidy table, a row per candidate, of `SearchResults`."""
    own = _scores(results)
    for name in results.metrics if all_metrics else ():
        of_one = _scores(results.of_metric(name))
        own |= {f"{column}_{name}": values for column, values in of_one.items()}
    own["status"] = results.status
    if results.limits:
        own["within_limits"] = results.within
    if results.raced:
        own["n_splits_evaluated"] = results.n_fits
        if results.n_rows is not None:
            own[RESOURCES] = results.n_rows
    own["seconds"] = results.seconds
    taken = (*own, INDEX)
    columns = {
        f"param_{name}" if name in taken else name: _column(results.settings, name)
        for name in results.searched_names
    }
    index = pd.RangeIndex(len(results), name=INDEX)
    return pd.DataFrame({**columns, **own}, index=index)


def _scores(results: SearchResults) -> dict[str, Any]:
    """Return the columns of a metric: the mean over the folds, its error, the rank."""
    score = np.where(results.paused, results.scores, results.means)
    return {"score": score, "standard_error": results.errors, "rank": results.ranks}


def _column(params: Sequence[Mapping[str, Any]], name: str) -> "pd.Series[Any]":
    """Return a parameter's values; where inactive, the dtype's missing value."""
    values = [setting.get(name, pd.NA) for setting in params]
    present = [setting[name] for setting in params if name in setting]
    column = pd.Series(values, dtype=object)
    plain = bool | int | float | str | np.generic
    # 1 and 1.0 are two choices
    if not all(isinstance(v, plain) for v in present) or int_and_equal_float(present):
        return column
    try:
        inferred = pd.Series(present).dtype
    except UnicodeEncodeError:  # by pyarrow, of names of files in another encoding
        return column
    if len(present) == len(values) or inferred.kind == "O":
        return column.astype(inferred)
    if inferred.kind == "f":
        return column.where(column.notna(), np.nan).astype(inferred)
    return column.convert_dtypes()


COLUMNS = ["candidate", "fold", "score", "status", "error"]
COLUMNS += ["start", "seconds", "worker"]
# Seconds from 1970 to the end of pandas' dates in nanoseconds, in 2262.
MAX_START = 9.2e9


def fits_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table of fits that can be shown and saved, whatever is in it.

    ``rows`` have at least `COLUMNS`, ``start`` in seconds since 1970: in the table a
    date, missing where there is no such date. Texts can be encoded.
    """
    rows = [{name: _readable(value) for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(rows, columns=None if rows else COLUMNS)
    start = pd.to_numeric(frame["start"])
    start = start.where(start.abs() < MAX_START)  # pandas < 3 raises beyond
    frame["start"] = pd.to_datetime(start, unit="s", utc=True, errors="coerce")
    return frame


def _readable(value: Any) -> Any:
    """Replace what no encoding has, as in names of files in another encoding."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
