"""Results in other forms, as the columns of ``cv_results_``.

Known by what they have, so that no library need be there: a study of Optuna and its
``trials_dataframe()``, an ``OptimizeResult`` of scikit-optimize, and a table of fits
that `read_journal` read.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.results._parts import PART

# Prefixes and states in Optuna's table of trials.
PARAMS, COMPLETE, FAIL = "params_", "COMPLETE", "FAIL"


def as_table(results: Any, called: str) -> Any:
    """Return results as the reader knows them; what is in no other form, as it is.

    Scores are such that higher is better. Error messages name it as it is ``called``.
    """
    if hasattr(results, "trials") and hasattr(results, "directions"):
        return _of_study(results, called)
    if hasattr(results, "x_iters") and hasattr(results, "func_vals"):
        return _of_optimize_result(results, called)
    if isinstance(results, pd.DataFrame):
        names = set(map(str, results.columns))
        if {"number", "state"} <= names and any(n.startswith(PARAMS) for n in names):
            return _of_trials_dataframe(results, called)
        if {"candidate", "fold", "worker", "fit_time"} <= names:
            return _of_fits(results)
    return results


def _of_study(study: Any, called: str) -> dict[str, Any]:
    if len(study.directions) != 1:
        raise ValueError(
            f"The {called} is a study of {len(study.directions)} objectives, and a "
            "search maximises one. Make a DataFrame with 'param_' columns and the one "
            "as 'mean_test_score', higher is better."
        )
    sign = -1.0 if study.directions[0].name == "MINIMIZE" else 1.0
    ended = [trial for trial in study.trials if trial.state.name in (COMPLETE, FAIL)]
    values = [t.value if t.state.name == COMPLETE else np.nan for t in ended]
    return _table([t.params for t in ended], [sign * value for value in values])


def _of_trials_dataframe(frame: pd.DataFrame, called: str) -> dict[str, Any]:
    if "value" not in frame:
        raise ValueError(
            f"The {called} is a table of trials without a column 'value', as of a "
            "study of several objectives. Rename the one to maximise to 'value'."
        )
    ended = frame[frame["state"].isin([COMPLETE, FAIL])]
    values = ended["value"].where(ended["state"] == COMPLETE).to_numpy(dtype=float)
    columns = {
        f"param_{name.removeprefix(PARAMS)}": ended[name].to_numpy(dtype=object)
        for name in map(str, frame.columns)
        if name.startswith(PARAMS)
    }
    return {**columns, "mean_test_score": values}


def _of_optimize_result(result: Any, called: str) -> dict[str, Any]:
    names = getattr(getattr(result, "space", None), "dimension_names", None)
    values = np.asarray(result.func_vals, dtype=float)
    if names is None or values.ndim != 1:
        raise ValueError(
            f"The {called} is an OptimizeResult without names of its dimensions, or "
            "with more than one value for each point. Name the dimensions, as in "
            "Real(0, 1, name='C')."
        )
    settings = [dict(zip(names, x, strict=True)) for x in result.x_iters]
    return _table(settings, -values)  # of a function that was minimised


def _of_fits(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a row for each candidate; racing has left folds out where some lack."""
    scores = [n for n in frame if n == "score" or str(n).startswith("score_")]
    scores.remove("score_time")
    table: dict[str, Any] = {
        name: [meant(text) for text in column]
        for name, column in frame.groupby("candidate").first().items()
        if isinstance(name, str) and name.startswith("param_")
    }
    by_fold = frame.pivot(index="candidate", columns="fold")
    # parts of the rows have the last numbers
    n_parts = frame["fold"][frame[PART].notna()].nunique() if PART in frame else 0
    ran = by_fold["seconds"].notna().to_numpy()
    n_splits = len(by_fold["seconds"].columns) - n_parts
    n_ran = ran[:, :n_splits].sum(axis=1)
    for part in ("fit_time", "score_time"):
        times = np.nansum(by_fold[part].to_numpy(dtype=float), axis=1)
        table[f"mean_{part}"] = times / np.maximum(n_ran, 1)
    if n_parts or (n_ran < n_splits).any():
        table["n_splits_evaluated"] = n_ran
    for name in scores:
        metric = str(name).removeprefix("score_")
        found = by_fold[name].to_numpy(dtype=float, copy=True)
        found[(by_fold["status"] == "failed").to_numpy()] = np.nan
        table |= _scores_by_step(found, n_splits, metric)
    return table


def _scores_by_step(scores: np.ndarray, n_splits: int, metric: str) -> dict[str, Any]:
    """Name the columns of scores (n, n_steps) on folds, then on parts of the rows."""
    names = [
        f"split{i}" if i < n_splits else f"part{i - n_splits}"
        for i in range(scores.shape[1])
    ]
    return {f"{n}_test_{metric}": own for n, own in zip(names, scores.T, strict=True)}


def table_of_folds(
    settings: Sequence[Mapping[str, Any]],
    folds: Sequence[Mapping[int, Mapping[str, Any]]],
    n_splits: int,
) -> dict[str, Any]:
    """Return a row for each candidate, from rows of `read_journal` by number of fold.

    Numbers from ``n_splits`` on are those of parts of the rows.
    """
    n_steps = max([n_splits, *(step + 1 for of_one in folds for step in of_one)])
    n_ran = np.array([sum(fold < n_splits for fold in of_one) for of_one in folds])
    seconds = [sum(row["seconds"] for row in of_one.values()) for of_one in folds]
    table: dict[str, Any] = {
        "params": list(settings),
        "mean_fit_time": np.array(seconds) / np.maximum(n_ran, 1),
    }
    if n_ran.min() < n_splits:
        table["n_splits_evaluated"] = n_ran
    first = next(iter(folds[0].values()))
    for name in first:
        if name == "score" or (name.startswith("score_") and name != "score_time"):
            metric = name.removeprefix("score_")
            found = [[_score(of.get(i), name) for i in range(n_steps)] for of in folds]
            table |= _scores_by_step(np.array(found), n_splits, metric)
    return table


def _score(row: Mapping[str, Any] | None, name: str) -> float:
    if row is None or row["status"] == "failed":
        return np.nan
    return float(row.get(name, np.nan))


def meant(text: Any) -> Any:
    """Return the number, None, tuple or the like that a text is, else the text."""
    if isinstance(text, str) and text.replace(".", "", 1).isdecimal():
        return float(text) if "." in text else int(text)  # the most frequent, fast
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _table(settings: Sequence[Mapping[str, Any]], scores: Any) -> dict[str, Any]:
    return {
        "params": [dict(setting) for setting in settings],
        "mean_test_score": np.asarray(scores, dtype=float),
    }
