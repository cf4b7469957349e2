"""From fold results to scores, lines and tables."""

import numpy as np
import pandas as pd

__all__ = [
    "Objective",
    "announce",
    "candidate_line",
    "folds_frame",
    "reporter",
    "results_frame",
    "without_place",
]


class Objective:
    """The score that the search maximises, out of what a scorer returns.

    Parameters
    ----------
    wanted : str or None
        The metric that the user asked for.
    refit : bool, str or callable
        Its metric comes next, if it names one; then "score"; then the first.
    """

    def __init__(self, wanted, refit):
        self._wanted, self._refit = wanted, refit

    def metric(self, names):
        """Choose one of several metrics.

        Parameters
        ----------
        names : list of str or None
            The metrics, None where the score is one number.

        Raises
        ------
        ValueError
            If the metric asked for is not among them.
        """
        known = ["score"] if names is None else list(names)
        if not known:
            raise ValueError(
                "The 'scoring' callable of BayesSearchCV must return a number or a "
                "dict with at least one metric. Got an empty dict."
            )
        if self._wanted is not None:
            if self._wanted not in known:
                raise ValueError(
                    "The 'objective_metric' parameter of BayesSearchCV must be one of "
                    f"the metrics {known}. Got {self._wanted!r} instead."
                )
            return self._wanted
        refit = self._refit if isinstance(self._refit, str) else None
        return next((name for name in (refit, "score") if name in known), known[0])

    def likely_names(self, names, scoring):
        """List the names that an earlier search may have had for the metric.

        Parameters
        ----------
        names : list of str or None
            The metrics, None where they are not known or the score is one number.
        scoring : object
            What the user gave; a name there may be one of several metrics elsewhere.

        Returns
        -------
        likely : list of str
            The most wanted first.
        """
        if names is not None:
            return [self.metric(names)]
        likely = [self._wanted, self._refit, "score", scoring]
        return [name for name in likely if isinstance(name, str)]

    def fold_scores(self, folds):
        """Give the metric on each fold, NaN where the fit failed."""
        return np.array([self._fold_score(fold) for fold in folds], dtype=float)

    def _fold_score(self, fold):
        scores = fold["test_scores"]
        if fold["fit_error"] is not None:
            return np.nan
        return scores[self.metric(scores)] if isinstance(scores, dict) else scores

    def __call__(self, folds):
        """Give the mean over the folds; NaN, a failure, unless all are finite."""
        with np.errstate(invalid="ignore"):  # inf - inf
            mean = float(np.mean(self.fold_scores(folds)))
        return mean if np.isfinite(mean) else np.nan


def announce(n_splits, n_candidates):
    """Print how much there is to do, as GridSearchCV does, where that is known."""
    if n_candidates is not None:
        print(
            f"Fitting {n_splits} folds for each of {n_candidates} candidates, "
            f"totalling {n_candidates * n_splits} fits"
        )


def reporter(objective, total, *, verbose):
    """Make the function that is called with each complete candidate.

    Parameters
    ----------
    objective : Objective
        Which score is shown.
    total : int or None
        How many candidates there will be.
    verbose : int
        Whether to print a line.

    Returns
    -------
    report : callable
        Takes the candidate.
    """
    best = np.nan

    def report(candidate):
        nonlocal best
        best = np.fmax(best, objective(candidate.folds))
        if verbose > 0:
            print(candidate_line(candidate, total, objective, best))

    return report


def candidate_line(candidate, total, objective, best):
    """Describe a complete candidate in one line.

    Parameters
    ----------
    candidate : Candidate
        With all folds in.
    total : int or None
        How many candidates there will be.
    objective : Objective
        Which score is shown.
    best : float
        The best score so far, this one included; NaN before there is one.

    Returns
    -------
    line : str
        Number, score with standard error, best so far, seconds, parameters.
    """
    scores = objective.fold_scores(candidate.folds)
    number = f"{candidate.trial.number + 1}/{total or '?'}"
    mean, error = mean_and_error(scores)
    failed = sum(fold["fit_error"] is not None for fold in candidate.folds)
    if failed:
        score = f"{failed} of {len(scores)} fits failed"
    else:
        score = f"score {mean:.4g} +/- {error:.2g}"
    params = ", ".join(
        f"{name}={_short(v)}" for name, v in candidate.trial.params.items()
    )
    # control characters in a value must not forge terminal output
    params = "".join(c if c.isprintable() else " " for c in params)
    return f"[{number}] {score}, best {best:.4g}, {candidate.seconds:.1f} s; {params}"


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def results_frame(cv_results, metric, failed, n_splits):
    """Make a tidy table, a row per candidate.

    Parameters
    ----------
    cv_results : dict
        As in ``cv_results_``.
    metric : str
        Which score is shown.
    failed : sequence of bool
        Which candidates have a failed fold.
    n_splits : int
        Number of folds.

    Returns
    -------
    frame : DataFrame
        A column per parameter, then score, standard_error, rank, status, seconds.
    """
    folds = [cv_results[f"split{fold}_test_{metric}"] for fold in range(n_splits)]
    _, error = mean_and_error(np.array(folds))
    own = {
        "score": cv_results[f"mean_test_{metric}"],
        "standard_error": error,
        "rank": cv_results[f"rank_test_{metric}"],
        "status": np.where(failed, "failed", "ok"),
        "seconds": n_splits
        * (cv_results["mean_fit_time"] + cv_results["mean_score_time"]),
    }
    columns = {}
    for key in cv_results:
        if key.startswith("param_"):
            name = key.removeprefix("param_")
            columns[key if name in own else name] = _column(cv_results["params"], name)
    index = pd.RangeIndex(len(failed), name="candidate")
    return pd.DataFrame({**columns, **own}, index=index)


def folds_frame(folds, objective, error_score):
    """Make a tidy table, a row per candidate and fold.

    Parameters
    ----------
    folds : list of list of dict
        Of each candidate, the results of its folds.
    objective : Objective
        Which score is shown.
    error_score : float
        The score of a fit that failed.

    Returns
    -------
    frame : DataFrame
        Columns candidate, fold, score, status, error, start, seconds, worker.
    """
    rows = []
    for candidate, results in enumerate(folds):
        scores = objective.fold_scores(results)
        for fold, (result, score) in enumerate(zip(results, scores, strict=True)):
            error = result["fit_error"]
            rows.append(
                {
                    "candidate": candidate,
                    "fold": fold,
                    "score": score if error is None else error_score,
                    "status": "ok" if np.isfinite(score) else "failed",
                    "error": error,
                    "start": pd.to_datetime(result["started"], unit="s", utc=True),
                    "seconds": result["fit_time"] + result["score_time"],
                    "worker": result["worker"],
                }
            )
    return pd.DataFrame(rows)


def without_place(results):
    """Leave the results of folds as scikit-learn's function gave them."""
    own = ("started", "worker")
    return [{k: v for k, v in fold.items() if k not in own} for fold in results]


def mean_and_error(scores):
    """Give the mean over the folds, the first axis, and its standard error."""
    n_splits = len(scores)
    with np.errstate(invalid="ignore"):  # inf - inf
        mean = np.mean(scores, axis=0)
        if n_splits == 1:
            return mean, np.full_like(mean, np.nan)
        return mean, np.std(scores, axis=0, ddof=1) / np.sqrt(n_splits)


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
    inferred = pd.Series(present).dtype
    if len(present) == len(values) or inferred.kind == "O":
        return column.astype(inferred)
    if inferred.kind == "f":
        return column.where(column.notna(), np.nan).astype(inferred)
    return column.convert_dtypes()
