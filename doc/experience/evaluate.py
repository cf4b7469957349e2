"""Evaluate a setting of a family on a table: all folds, several scores."""

import contextlib
import time
import warnings
from functools import partial

import numpy as np
from scores import METRICS, of_classes, of_numbers
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import MinMaxScaler, StandardScaler

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}


class Evaluator:
    """Evaluates settings of one family on one table.

    The columns are scaled once for each fold, as a Pipeline would do each time.
    """

    def __init__(self, family, table):
        self.family = family
        self.task = family.task
        self.folds = []
        for rows_to_fit, rows_to_score in table.folds:
            X_fit = table.X[rows_to_fit]
            # one call predicts both
            X_score = np.vstack([table.X[rows_to_score], table.X_fresh])
            if family.scaler is not None:
                scaler = SCALERS[family.scaler]().fit(X_fit)
                X_fit, X_score = scaler.transform(X_fit), scaler.transform(X_score)
                if family.scaler == "minmax":
                    # naive Bayes of counts takes no negative numbers
                    X_score = np.clip(X_score, 0, 1)
            y_score = np.concatenate([table.y[rows_to_score], table.y_fresh])
            n_in_fold = len(rows_to_score)
            fold = X_fit, table.y[rows_to_fit], X_score, y_score, n_in_fold
            self.folds.append(fold)

    def __call__(self, setting):
        """Return what the store keeps of an evaluation.

        Returns
        -------
        outcome : dict
            ``status`` "ok", or "failed" with the ``error``; ``cv``, the scores of each
            fold by metric; ``fresh``, the folds' mean of the scores on fresh rows;
            ``fit`` and ``score``, seconds of CPU of all folds; ``unconverged``, how
            many fits ran out of iterations.
        """
        outcome = {"status": "ok", "fit": 0.0, "score": 0.0, "unconverged": 0}
        in_folds, on_fresh = [], []
        try:
            for fold in self.folds:
                of_fold, of_fresh = self._fold(setting, fold, outcome)
                in_folds.append(of_fold)
                on_fresh.append(of_fresh)
            in_folds, on_fresh = self._by_metric(in_folds), self._by_metric(on_fresh)
        except Exception as error:  # whatever a model raises is an outcome
            outcome |= {"status": "failed", "error": f"{error!r:.200}"}
        else:
            outcome["cv"] = in_folds
            outcome["fresh"] = {
                name: _short(np.mean(values)) for name, values in on_fresh.items()
            }
        outcome["fit"] = round(outcome["fit"], 5)
        outcome["score"] = round(outcome["score"], 5)
        return outcome

    def _fold(self, setting, fold, outcome):
        """Return the scores of one fold, in it and on fresh rows."""
        X_fit, y_fit, X_score, y_score, n = fold
        estimator = self.family.build(setting)
        with warnings.catch_warnings(record=True) as caught:
            # each fit's own, and all of them: a warning is counted, not shown
            warnings.simplefilter("always")
            with _seconds(outcome, "fit"):
                estimator.fit(X_fit, y_fit)
        ran_out = any(
            issubclass(warning.category, ConvergenceWarning) for warning in caught
        )
        outcome["unconverged"] += ran_out
        with _seconds(outcome, "score"), warnings.catch_warnings():
            # LightGBM: its own names of columns are not ours
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            # overflow of a bad setting: the scores tell
            warnings.filterwarnings("ignore", category=RuntimeWarning)
            if self.task == "regression":
                arrays = (np.asarray(estimator.predict(X_score), dtype=float),)
                scores_of = of_numbers
            else:
                *arrays, are_chances = _predict(estimator, X_score)
                scores_of = partial(of_classes, are_probabilities=are_chances)
            if not all(np.isfinite(array).all() for array in arrays):
                raise ValueError("predictions are not finite")
            in_fold = scores_of(y_score[:n], *(array[:n] for array in arrays))
            if len(y_score) == n:
                return in_fold, {}
            return in_fold, scores_of(y_score[n:], *(array[n:] for array in arrays))

    def _by_metric(self, scores):
        """Return a list of scores by metric, without metrics that a fold lacks."""
        return {
            metric: [_short(of_fold[metric]) for of_fold in scores]
            for metric in METRICS[self.task]
            if all(metric in of_fold for of_fold in scores)
        }


def _predict(estimator, X):
    """Return classes, values of each class, and whether these are probabilities."""
    if hasattr(estimator, "predict_proba"):
        chances = np.asarray(estimator.predict_proba(X))
        return chances.argmax(axis=1), chances, True
    values = estimator.decision_function(X)
    if values.ndim == 1:
        return (values > 0).astype(int), np.column_stack([-values, values]), False
    return estimator.predict(X), values, False


def _short(score):
    if not np.isfinite(score):
        raise FloatingPointError("a score is not finite")
    return float(f"{score:.6g}")


@contextlib.contextmanager
def _seconds(outcome, name):
    start = time.process_time()
    try:
        yield
    finally:
        outcome[name] += time.process_time() - start
