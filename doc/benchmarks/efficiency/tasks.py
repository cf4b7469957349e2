"""Model-tuning tasks: a model, a bundled data set, a metric, and fixed folds.

``TASKS`` maps names to tasks. A task has a ``space`` in this package's dialect, an
``objective`` to be maximised, the ``defaults`` that ``BayesSearchCV`` would try first,
and belongs to one of two groups: on ``tune`` tasks the package's constants may be
chosen, ``report`` tasks are only reported.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from models import MODELS
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

from sklearn_bayes_search.space._space import as_space

__all__ = ["TASKS", "Task"]

# family, model, data, metric, folds. Each family has three tasks; the first one is for
# tuning the package's constants, the two others are for reporting.
TABLE = """
knn         knn                 cancer    log_loss   3
knn         knn                 wine      log_loss   5
knn         knn_regressor       alcohol   r2         5
svm         svr                 alcohol   r2         5
svm         svc_kernel          cancer    accuracy   5
svm         svr                 diabetes  error      3
tree        tree                cancer    log_loss   5
tree        tree                digits    accuracy   3
tree        tree_regressor      diabetes  r2         5
forest      forest_regressor    diabetes  error      3
forest      forest              digits    accuracy   3
forest      forest              wine      log_loss   3
adaboost    adaboost            cancer    log_loss   3
adaboost    adaboost            digits    accuracy   3
adaboost    adaboost_regressor  diabetes  r2         3
adam        adam                iris      log_loss   3
adam        adam                cancer    log_loss   3
adam        adam_regressor      alcohol   r2         3
sgd         sgd_regressor       alcohol   error      3
sgd         sgd                 digits    accuracy   3
sgd         sgd                 cancer    log_loss   3
linear      lasso               alcohol   r2         3
linear      ridge               diabetes  r2         3
linear      elastic_net         alcohol   error      3
logistic    logistic_sgd        wine      log_loss   3
logistic    logistic            cancer    accuracy   5
logistic    logistic_sgd        digits    accuracy   3
boosting    boosting_regressor  alcohol   r2         3
boosting    boosting            cancer    log_loss   3
boosting    boosting_regressor  diabetes  error      3
pipeline    pca_logistic        wine      log_loss   3
pipeline    pca_svc             digits    accuracy   3
pipeline    select_svr          diabetes  r2         3
branches    kernels             digits    accuracy   3
branches    classifiers         cancer    accuracy   5
branches    regressors          alcohol   error      3
"""
TASKS_PER_FAMILY = 3
N_EVALUATIONS = 50
# Rows of the larger data sets, drawn once: an evaluation should take milliseconds.
N_ROWS = 300


def log_loss(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """Return the mean logarithm of the probability of the true class."""
    p = model.predict_proba(X)
    p = np.clip(p / p.sum(axis=1, keepdims=True), np.finfo(float).eps, None)
    of_true = p[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    return float(np.log(of_true).mean())


def accuracy(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of labels that are right."""
    return float(np.mean(model.predict(X) == y))


def error(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """Return the negative mean squared error."""
    return -float(np.mean((model.predict(X) - y) ** 2))


def r2(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance that is explained."""
    return 1.0 + error(model, X, y) / float(np.var(y))


# scikit-learn's scorers give the same and take longer than some of the fits.
METRICS = {"log_loss": log_loss, "accuracy": accuracy, "error": error, "r2": r2}


@cache
def load_data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Load a bundled data set; "alcohol" is wine's first column, from the others."""
    if name == "alcohol":
        X, _ = load_wine(return_X_y=True)
        return X[:, 1:], (X[:, 0] - X[:, 0].mean()) / X[:, 0].std()
    loaders = {
        "iris": load_iris,
        "wine": load_wine,
        "cancer": load_breast_cancer,
        "digits": load_digits,
        "diabetes": load_diabetes,
    }
    X, y = loaders[name](return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:N_ROWS]
    return X[rows], y[rows]


@cache
def draw_folds(
    name: str, n_folds: int, *, stratified: bool, scaled: bool
) -> list[tuple[np.ndarray, ...]]:
    """Return X and y to train and to test with, the same for every task and run."""
    X, y = load_data(name)
    splitter = StratifiedKFold if stratified else KFold
    folds = []
    for train, test in splitter(n_folds, shuffle=True, random_state=0).split(X, y):
        parts = X[train], X[test]
        if scaled:
            scaler = StandardScaler().fit(X[train])
            parts = tuple(map(scaler.transform, parts))
        folds.append((parts[0], y[train], parts[1], y[test]))
    return folds


@cache
def thread_pools() -> ThreadpoolController:
    """Find the thread pools once: looking for them takes longer than many a fit."""
    return ThreadpoolController()


@dataclass(frozen=True)
class Task:
    """The cross-validated score of a model as a function of its parameters.

    Parameters
    ----------
    name : str
        Model and data.
    group : {"tune", "report"}
        Whether the package's constants may be chosen by it.
    family : str
        Kind of model.
    model : str
        Key of ``MODELS``.
    data : str
        Name of the data set.
    metric : str
        Key of ``METRICS``; higher is better.
    n_folds : int
        Number of folds.
    """

    name: str
    group: str
    family: str
    model: str
    data: str
    metric: str
    n_folds: int

    n_evaluations = N_EVALUATIONS
    batch = 1

    @property
    def space(self) -> Any:
        """The search space: a dict or a list of dicts."""
        return MODELS[self.model][1]

    @cached_property
    def defaults(self) -> dict[str, Any] | None:
        """The setting that ``BayesSearchCV`` tries first, as it makes it."""
        return as_space(self.space).nearest(MODELS[self.model][0].get_params())

    def start(self, seed: int) -> Callable[[dict[str, Any]], float]:
        """Return the objective of one run: always the same, nothing in it is random."""
        return self.objective

    def objective(self, params: dict[str, Any]) -> float:
        """Return the mean score over the folds; NaN where a fit or a score fails."""
        scores = self.fold_scores(params)
        mean = float(np.mean(scores))
        return mean if np.isfinite(mean) else float("nan")

    def fold_scores(self, params: dict[str, Any]) -> np.ndarray:
        """Return the score on each fold; NaN from the first on that fails."""
        estimator = MODELS[self.model][0]
        folds = draw_folds(
            self.data,
            self.n_folds,
            stratified=is_classifier(estimator),
            scaled=not isinstance(estimator, Pipeline),
        )
        metric = METRICS[self.metric]
        scores = np.full(self.n_folds, np.nan)
        with (
            thread_pools().limit(limits=1),
            config_context(skip_parameter_validation=True, assume_finite=True),
            warnings.catch_warnings(),
        ):
            # Few iterations are the point, bad settings overflow, and batches may be
            # larger than small folds.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.filterwarnings("ignore", "Got `batch_size` less than 1 or larger")
            for fold, (X_train, y_train, X_test, y_test) in enumerate(folds):
                model = clone(estimator).set_params(**clone(params, safe=False))
                try:
                    model.fit(X_train, y_train)
                    scores[fold] = metric(model, X_test, y_test)
                except ValueError:  # diverged, or parameters that exclude each other
                    break
        return scores


def _read(table: str) -> dict[str, Task]:
    tasks = {}
    for index, line in enumerate(table.strip().split("\n")):
        family, model, data, metric, n_folds = line.split()
        group = "tune" if index % TASKS_PER_FAMILY == 0 else "report"
        name = f"{model}_{data}"
        tasks[name] = Task(name, group, family, model, data, metric, int(n_folds))
    return tasks


TASKS = _read(TABLE)
