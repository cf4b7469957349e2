"""What is known of a class of estimators from evaluations on other data.

Each file of the folder ``learnt`` is about one class: its hyperparameters in natural
units, and for each kind of score some first settings and the functions that scores
followed on other data. A function is the mean of a Gaussian process through its values
at some settings [1]_. ``doc/experience/learn.py`` writes the files and tells how they
are learnt.

References
----------
.. [1] C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
   Learning", MIT Press, 2006, eq. (2.25).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from sklearn_bayes_search.optimizer._kernels import (
    expand,
    matern52,
    squared_distances,
)
from sklearn_bayes_search.space import Categorical, Real, Space
from sklearn_bayes_search.space._dimensions import Dimension, is_number

# Kinds of scores that were learnt, and whose order of settings is much the same.
KINDS = {
    "average_precision": "roc_auc",
    "roc_auc_ovo": "roc_auc",
    "roc_auc_ovr": "roc_auc",
    "f1_macro": "balanced_accuracy",
    "matthews_corrcoef": "balanced_accuracy",
    "recall_macro": "balanced_accuracy",
    "neg_brier_score": "neg_log_loss",
    "neg_median_absolute_error": "neg_mean_absolute_error",
}


class Knowledge:
    """What was learnt of one class of estimators, from the content of its file.

    ``space`` has the hyperparameters in natural units over wide ranges, ints as floats;
    ``own`` their values in a new estimator, where that has them by another name or not
    at all; ``requires`` other parameters that must be as they were.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.estimator: str = content["estimator"]
        self.own: dict[str, Any] = content["own"]
        self.requires: dict[str, Any] = content["requires"]
        self.standardised: bool = content["standardised"]
        self.n_data_sets: int = content["n_data_sets"]
        self._scores: dict[str, Any] = content["scores"]
        self.space = Space(
            {
                name: Categorical(range_)
                if isinstance(range_, list)
                else Real(range_["low"], range_["high"], log=range_["log"])
                for name, range_ in content["space"].items()
            }
        )
        self._points = np.array(content["points"], dtype=float)

    def point(self, setting: Mapping[str, Any], n_columns: int) -> np.ndarray:
        """Return the place of a setting; what it lacks holds its neutral position."""
        row = self.space.dims.neutral.copy()
        for j, (name, dimension) in enumerate(self.space.columns):
            if name in setting:
                row[j] = position(dimension, setting[name], n_columns)
        return row

    def kind_of(self, metrics: Iterable[str]) -> str:
        """Return the kind of score that the first known metric is, else any."""
        kinds = (KINDS.get(metric, metric) for metric in metrics)
        known = (kind for kind in kinds if kind in self._scores)
        return next(known, next(iter(self._scores)))

    def first_settings(self, kind: str) -> list[dict[str, Any]]:
        """Return settings that did well on other data, the best first."""
        return [dict(setting) for setting in self._scores[kind]["first"]]

    def functions(self, kind: str) -> "Functions":
        """Return the functions that scores of a kind followed on other data."""
        return Functions(self.space, self._points, self._scores[kind])


class Functions:
    """Functions of a cube, each the mean of a process through its values at points.

    They share the kernel, so that many points are evaluated fast.
    """

    def __init__(
        self, space: Space, points: np.ndarray, content: Mapping[str, Any]
    ) -> None:
        self.dims = space.dims
        self._scales = np.array(content["length_scales"], dtype=float)
        self._Z, _ = self.scaled(points)
        K = content["signal"] * matern52(squared_distances(self._Z))[0] + 1.0
        K += content["noise"] * np.eye(len(K))
        functions = content["functions"]
        values = np.array([f["values"] for f in functions], dtype=float)
        weights = np.linalg.solve(K, values.T) * [f["scale"] for f in functions]
        self._weights = content["signal"] * weights
        self._constants = weights.sum(axis=0) + [f["offset"] for f in functions]
        self.n_functions = len(functions)

    def scaled(self, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return features of points over length scales, and their columns."""
        F, owner = expand(V, self.dims)
        return F / self._scales[owner], owner

    def __call__(
        self, Z: np.ndarray, *, gradient: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Evaluate them at scaled features, with derivatives by these.

        Shapes (n_points, n_functions) and (n_points, n_functions, n_features), empty
        unless asked for.
        """
        k, slope = matern52(squared_distances(Z, self._Z))
        values = self._constants + k @ self._weights
        if not gradient:
            return values, np.empty((*values.shape, 0))
        A = slope[:, np.newaxis] * self._weights.T  # dk/dz = -slope (z - z_i)
        by_Z: np.ndarray = A @ self._Z
        by_Z -= A.sum(axis=2)[:, :, np.newaxis] * Z[:, np.newaxis]
        return values, by_Z


def position(known: Dimension, value: Any, n_columns: int | None) -> float:
    """Return a value's position in a known dimension, the neutral one if unknown.

    ``n_columns`` of the data decide what some words and numbers of columns mean.
    """
    if not isinstance(known, Real):
        return known.encode(value) if known.contains(value) else 0.0
    number = None
    if value is None:
        number = np.inf  # no limit
    elif isinstance(value, str):
        if n_columns is not None:
            number = _meanings(n_columns).get(value)
    elif is_number(value):
        whole = isinstance(value, int | np.integer) and known.high <= 1.0
        number = value / n_columns if whole and n_columns is not None else value
    return (
        0.5 if number is None else known.encode(np.clip(number, known.low, known.high))
    )


def _meanings(n_columns: int) -> dict[str, float]:
    """Return what words for a number mean, of data with variance 1."""
    scale = 1 / n_columns
    log2 = float(np.log2(max(n_columns, 2))) / n_columns
    return {"sqrt": n_columns**-0.5, "log2": log2, "scale": scale, "auto": scale}


@cache
def knowledge_of(name: str) -> Knowledge | None:
    """Read what is known of a class of estimators; None where that is nothing."""
    file = files(__package__).joinpath("learnt", f"{name}.json")
    if not file.is_file():
        return None
    return Knowledge(json.loads(file.read_text(encoding="utf-8")))
