"""The tables of a fitted search."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklearn_bayes_search.results._cv_results import mean_and_error
from sklearn_bayes_search.results._folds import estimate_paused
from sklearn_bayes_search.results._selection import (
    equivalent_settings,
    honest_score,
)
from sklearn_bayes_search.space._choices import int_and_equal_float

__all__ = ["ResultTables", "fits_frame", "results_frame"]


class ResultTables:
    """Methods of a fitted search that show its results."""

    def honest_score(self, level=0.95):
        """Estimate the score of the best setting without the luck of being chosen.

        Parameters
        ----------
        level : float, default=0.95
            Probability of the interval, in (0, 1).

        Returns
        -------
        honest : HonestScore
            ``score``, ``low``, ``high`` and ``optimism``; see
            :func:`sklearn_bayes_search.results.honest_score`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "cv_results_")
        return honest_score(self, metric=self._best_metric, level=level)

    @property
    def equivalent_params_(self):
        """Settings that cannot be told from the best one, the best score first."""
        check_is_fitted(self, "cv_results_")
        rows = equivalent_settings(self, metric=self._best_metric)
        return [self.cv_results_["params"][row] for row in rows]

    @property
    def _best_metric(self):
        several = self.multimetric_ and isinstance(self.refit, str)
        return self.refit if several else self.objective_metric_

    def results_frame(self, *, all_metrics=False):
        """Show the settings tried as a table.

        Parameters
        ----------
        all_metrics : bool, default=False
            Whether to show, where there are several metrics, ``score_<metric>``,
            ``standard_error_<metric>`` and ``rank_<metric>`` of each after the rank.

        Returns
        -------
        frame : DataFrame
            A row per candidate, in the order of evaluation: a column per parameter
            with its own dtype (missing where the parameter is inactive), then
            ``score`` (mean over the folds of what was maximised), ``standard_error``
            of that mean over the folds, ``rank``, ``status`` ("ok", "failed" or,
            with racing, "paused": score and error are an estimate from the folds it
            has, by what all complete candidates tell of folds), with racing
            ``n_splits_evaluated``, and ``seconds`` (all folds together). A parameter
            called like one of these keeps its prefix ``param_``.

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
        outcomes = list(self.optimizer_.history)[: self.n_iter_]
        others = all_metrics and self.multimetric_
        return results_frame(
            self.cv_results_, self.objective_metric_, outcomes, all_metrics=others
        )

    def folds_frame(self, *, all_metrics=False):
        """Show every fit of the search as a table.

        Parameters
        ----------
        all_metrics : bool, default=False
            Whether to show, where there are several metrics, ``score_<metric>`` of each
            after the score.

        Returns
        -------
        frame : DataFrame
            ``candidate``, ``fold``, ``score`` (what was maximised), ``status`` ("ok" or
            "failed"), ``error``, ``start``, ``seconds`` and ``worker`` (host, number of
            process or thread).

        Raises
        ------
        NotFittedError
            Before `fit`.

        See Also
        --------
        sklearn_bayes_search.read_journal : The same, with settings, of a journal.
        """
        check_is_fitted(self, "cv_results_")
        frame = fits_frame(self._fits)
        if all_metrics:
            return frame
        return frame.loc[:, ~frame.columns.str.startswith("score_")]


def results_frame(cv_results, metric, outcomes, *, all_metrics=False):
    """Make a tidy table, a row per candidate.

    Parameters
    ----------
    cv_results : dict
        As in ``cv_results_``.
    metric : str
        Which score is shown.
    outcomes : list of Outcome
        What the optimizer was told of each candidate.
    all_metrics : bool, default=False
        Whether to show each metric by its name, too.

    Returns
    -------
    frame : DataFrame
        A column per parameter, then score, standard_error, rank, status, with racing
        n_splits_evaluated, and seconds.
    """
    n_splits = len(outcomes[0].folds)
    n_evaluated = cv_results.get("n_splits_evaluated", n_splits)
    failed = np.array([outcome.failed for outcome in outcomes])
    paused = np.full(len(outcomes), n_evaluated) < n_splits
    own = _scores(cv_results, metric, n_splits, failed, paused)
    for name in _metrics(cv_results) if all_metrics else ():
        of_one = _scores(cv_results, name, n_splits, failed, paused)
        own |= {f"{column}_{name}": values for column, values in of_one.items()}
    own["status"] = np.select([failed, paused], ["failed", "paused"], "ok")
    if "n_splits_evaluated" in cv_results:
        own["n_splits_evaluated"] = n_evaluated
    seconds = cv_results["mean_fit_time"] + cv_results["mean_score_time"]
    own["seconds"] = n_evaluated * seconds
    columns = {}
    for key in cv_results:
        if key.startswith("param_"):
            name = key.removeprefix("param_")
            columns[key if name in own else name] = _column(cv_results["params"], name)
    index = pd.RangeIndex(len(failed), name="candidate")
    return pd.DataFrame({**columns, **own}, index=index)


def _metrics(cv_results):
    """List the names of the metrics."""
    prefix = "mean_test_"
    return [key.removeprefix(prefix) for key in cv_results if key.startswith(prefix)]


def _scores(cv_results, metric, n_splits, failed, paused):
    """Give the columns of a metric: the mean over the folds, its error, the rank."""
    folds = [cv_results[f"split{fold}_test_{metric}"] for fold in range(n_splits)]
    folds = np.array(folds, dtype=float)
    _, error = mean_and_error(folds)
    score = np.array(cv_results[f"mean_test_{metric}"], dtype=float)
    estimated = paused & ~failed
    if estimated.any():
        known = np.where(failed, np.nan, folds).T  # a number may stand for a failure
        score[estimated], variance = estimate_paused(known, estimated)
        error[estimated] = np.sqrt(variance)
    rank = cv_results[f"rank_test_{metric}"]
    return {"score": score, "standard_error": error, "rank": rank}


def _column(params, name):
    """Give one parameter's values; where it is inactive, the dtype's missing value."""
    values = [setting.get(name, pd.NA) for setting in params]
    present = [setting[name] for setting in params if name in setting]
    # one value at a time: tuples and arrays are values here, not rows
    objects = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        objects[row] = value
    column = pd.Series(objects, dtype=object)
    if not all(isinstance(v, bool | int | float | str | np.generic) for v in present):
        return column
    if int_and_equal_float(present):  # 1 and 1.0 are two choices
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


def fits_frame(rows):
    """Make a table of fits that can be shown and saved, whatever is in it.

    Parameters
    ----------
    rows : list of dict
        With at least `COLUMNS`; ``start`` in seconds since 1970.

    Returns
    -------
    frame : DataFrame
        With ``start`` as a date, missing where there is no such date, and texts that
        can be encoded.
    """
    rows = [{name: _readable(value) for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(rows, columns=None if rows else COLUMNS)
    start = pd.to_numeric(frame["start"])
    start = start.where(start.abs() < MAX_START)  # pandas < 3 raises beyond
    frame["start"] = pd.to_datetime(start, unit="s", utc=True, errors="coerce")
    return frame


def _readable(value):
    """Replace what no encoding has, as in names of files in another encoding."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
