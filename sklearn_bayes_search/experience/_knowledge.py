"""What is known of a class of estimators from evaluations on other data.

Each file of the folder ``learnt`` is about one class: its hyperparameters in natural
units, and for each kind of score the functions that scores followed on other data. The
first is what is expected, the others are ways in which data differ from that; how far
each way is to be expected may depend on the size and kind of the data. A function is
the mean of a Gaussian process through its values at some candidates [1]_.
``doc/experience/learn.py`` writes the files and tells how they are learnt.

References
----------
.. [1] C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine
   Learning", MIT Press, 2006, eq. (2.25).
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._own import XGBOOST
from sklearn_bayes_search.optimizer._kernels import (
    expand,
    matern52,
    squared_distances,
)
from sklearn_bayes_search.space import Categorical, Real, Space
from sklearn_bayes_search.space._dimensions import Dimension, is_number

# Kinds of scores that were learnt, and whose order of settings is much the same. With
# what is known of balanced accuracy, F1 of the rarer class was higher by 0.012 after 4
# candidates than without experience, and recall by 0.028; with what is known of
# accuracy, F1 by 0.002, and recall lower by 0.071. These are means over SVC and trees,
# for F1 also nearest neighbours, in two kinds of spaces, on 11 data sets left out. For
# precision, neither was clearly better.
KINDS = {
    "f1": "balanced_accuracy",
    "recall": "balanced_accuracy",
    "average_precision": "roc_auc",
    "roc_auc_ovo": "roc_auc",
    "roc_auc_ovr": "roc_auc",
    "f1_macro": "balanced_accuracy",
    "matthews_corrcoef": "balanced_accuracy",
    "recall_macro": "balanced_accuracy",
    "neg_brier_score": "neg_log_loss",
    "neg_median_absolute_error": "neg_mean_absolute_error",
}


# Choices that are the same as one that was learnt, or nearly.
SAME_CHOICES = {"log_loss": "entropy", "balanced_subsample": "balanced"}


class Knowledge:
    """What was learnt of one class of estimators, from the content of its file.

    ``space`` has the hyperparameters in natural units over wide ranges, ints as floats;
    ``own`` their values in a new estimator, where that has them by another name or not
    at all; ``requires`` what others must be, or a list of that; and those
    ``in_units`` of the target count in its standard deviations. Of data with fewer than
    ``least_rows`` nothing is known. ``version`` is another one for another content.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.version = f"{zlib.crc32(json.dumps(content).encode()):08x}"
        self.estimator: str = content["estimator"]
        self.own: dict[str, Any] = content["own"]
        self.requires: dict[str, Any] = content["requires"]
        self.in_units: list[str] = content["in_units"]
        self.standardised: bool = content["standardised"]
        self.least_rows: int = content.get("least_rows", 0)
        self.n_data_sets: int = content["n_data_sets"]
        self._facts: dict[str, list[float]] = content["facts"]
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
        learnt = [k for k, d in self.space.columns if isinstance(d, Categorical)]
        self.choices = [*self.requires, *learnt]

    def point(self, setting: Mapping[str, Any], data: Data) -> np.ndarray:
        """Return the place of a candidate; what it lacks holds its neutral position."""
        row = self.space.dims.neutral.copy()
        for j, (name, dimension) in enumerate(self.space.columns):
            if name in setting:
                row[j] = position(dimension, setting[name], data)
        return row

    def suits(self, name: str, value: Any) -> bool:
        """Check that a value of one of the ``choices`` is required, or was learnt."""
        if name in self.requires:
            required = self.requires[name]
            if isinstance(required, list):
                return value in required
            # of XGBoost, None stands for the value that holds
            usual = XGBOOST.get(name) if required is None else required
            return value is required or bool(value == usual)
        known = dict(self.space.columns)[name]
        return known.contains(_as_learnt(known, value))

    def kind_of(self, metrics: Iterable[str]) -> str:
        """Return the kind of score that the first known metric is, else any."""
        kinds = (KINDS.get(metric, metric) for metric in metrics)
        known = (kind for kind in kinds if kind in self._scores)
        return next(known, next(iter(self._scores)))

    def functions(self, kind: str, facts: Mapping[str, float]) -> "Functions":
        """Return the functions that scores of a kind followed on other data.

        ``facts`` about the data, as far as they are known, say what to expect of them.
        """
        content = self._scores[kind]
        away = np.zeros(len(self._facts))
        for j, (name, (low, mean, high)) in enumerate(self._facts.items()):
            if name in facts:
                away[j] = np.clip(facts[name], low, high) - mean
        mixed = np.eye(len(content["functions"]))
        for way, known in enumerate(content["by_facts"], start=1):
            if known is not None:
                mixed[way] = 0.0
                mixed[way, 0] = away @ known["slopes"]
                mixed[way, way] = known["left"]
        return Functions(self.space, self._points, content, mixed)


class Functions:
    """Functions of a cube, each the mean of a process through its values at points.

    They share the kernel, so that many points are evaluated fast. ``mixed`` has a
    column for each of them, and says what of each function of the content is in it.
    """

    def __init__(
        self,
        space: Space,
        points: np.ndarray,
        content: Mapping[str, Any],
        mixed: np.ndarray,
    ) -> None:
        self.dims = space.dims
        self._scales = np.array(content["length_scales"], dtype=float)
        self._Z, _ = self.scaled(points)
        K = content["signal"] * matern52(squared_distances(self._Z))[0] + 1.0
        K += content["noise"] * np.eye(len(K))
        functions = content["functions"]
        values = np.array([f["values"] for f in functions], dtype=float)
        weights = np.linalg.solve(K, values.T) * [f["scale"] for f in functions]
        self._weights = content["signal"] * weights @ mixed
        constants = weights.sum(axis=0) + [f["offset"] for f in functions]
        self._constants = constants @ mixed
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
        # dk/dz = -slope (z - z_i)
        by_Z: np.ndarray = (slope[:, np.newaxis] * self._weights.T) @ self._Z
        by_Z -= (slope @ self._weights)[:, :, np.newaxis] * Z[:, np.newaxis]
        return values, by_Z


def position(known: Dimension, value: Any, data: Data, unit: float = 1.0) -> float:
    """Return a value's position in a known dimension, the neutral one if unknown.

    The data decide what words, numbers of columns and shares of rows mean; all other
    numbers count in the ``unit``.
    """
    if not isinstance(known, Real):
        value = _as_learnt(known, value)
        return known.encode(value) if known.contains(value) else 0.0
    number = None
    if value is None:
        number = np.inf  # no limit
    elif isinstance(value, str):
        if data.columns:
            number = _meanings(data.columns).get(value)
    elif is_number(value):
        number = value / unit
        whole = isinstance(value, int | np.integer)
        if whole and known.high <= 1.0 and data.columns:
            number = value / data.columns
        elif not whole and value < 1.0 <= known.low and data.rows:
            number = value * data.rows
    return (
        0.5 if number is None else known.encode(np.clip(number, known.low, known.high))
    )


def _as_learnt(known: Dimension, value: Any) -> Any:
    """Return a choice by the name that it was learnt by."""
    other = SAME_CHOICES.get(value) if isinstance(value, str) else None
    return value if other is None or known.contains(value) else other


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
