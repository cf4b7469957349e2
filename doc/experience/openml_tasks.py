"""Evaluations that others made: AdaBoost and forests on 90 tasks of OpenML.

Their data sets have 500 to 98,000 rows, many more than those that are evaluated here.
The depth that the trees should have grows with the rows: what 36 data sets of at most
300 rows told of AdaBoost misled searches on larger ones.

Forests are checked on these tasks, but not learnt.

The folder has three files. ``openml_adaboost.csv.gz`` and
``openml_random_forest.csv.gz`` are the tables of ``KDD2018/data/arff`` in the
repository janvanrijn/openml-pimp (BSD-3; J. N. van Rijn and F. Hutter, "Hyperparameter
importance across datasets", KDD 2018):
``predictive_accuracy`` of random settings, cross-validated. ``openml_tasks.csv`` has
OpenML's qualities of the tasks. Tasks whose data are kept for checking are in none.

A check searches among the measured settings. Of AdaBoost, it leaves out a fifth of the
tasks at a time.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from families import FAMILIES, LogInt
from learn import LEARNT, LEAST_SETTINGS, Learner, Task

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.optimizer._targets import standardise

N_PARTS = 5
# No task has fewer. On six data sets of 200 rows, searches with what the tasks tell
# were behind by 0.15 (0.08) of what was gained after 4 candidates, level after 8.
LEAST_ROWS = 500
SOURCES = (
    "Derived from evaluations of OpenML tasks in the repository janvanrijn/openml-pimp "
    "(BSD-3; van Rijn and Hutter, KDD 2018) by doc/experience."
)


BY_NAME = {family.name: family for family in FAMILIES}
ADABOOST = replace(
    BY_NAME["adaboost_classifier"],
    space=BY_NAME["adaboost_classifier"].space | {"n_estimators": LogInt(50, 500)},
    own={"estimator__max_depth": 1},  # that of None
)
FOREST = replace(
    BY_NAME["random_forest_classifier"],
    space={
        name: range_
        for name, range_ in BY_NAME["random_forest_classifier"].space.items()
        if name not in ("max_depth", "max_samples", "class_weight")
    },
)


@dataclass
class MeasuredTask(Task):
    """A task whose search is told the score of the nearest measured setting."""

    points: np.ndarray
    scores: np.ndarray

    def score(self, U):
        squared = ((U[:, np.newaxis] - self.points) ** 2).sum(axis=2)
        return self.scores[squared.argmin(axis=1)]


class LearnerOfTasks(Learner):
    """Learns AdaBoost from the files of a folder."""

    sources = SOURCES
    of_tasks, file = ADABOOST, "openml_adaboost.csv.gz"

    def __init__(self, folder):
        super().__init__(Path(folder), self.of_tasks)

    def _header(self):
        return super()._header() | {"least_rows": LEAST_ROWS}

    def _tasks(self, folder):
        rows = pd.read_csv(folder / self.file)
        if "algorithm" in rows:
            # the other one is no longer in scikit-learn
            rows = rows[rows["algorithm"] == "SAMME"]
        rows = rows.rename(columns=lambda name: name.removeprefix("base_"))
        qualities = pd.read_csv(folder / "openml_tasks.csv", index_col="task_id")
        for number, of_task in rows.groupby("task_id"):
            settings = of_task[list(self.family.space)].to_dict("records")
            scores = of_task["predictive_accuracy"].to_numpy()
            y, _ = standardise(scores)
            if len(y) < LEAST_SETTINGS or np.ptp(y) == 0:
                continue
            data = data_of(qualities.loc[number])
            U = np.array([self.knowledge.point(params, data) for params in settings])
            own = self.knowledge.point(self.family.own_setting(), data)
            known = str(number), "accuracy", self._fit(U, y), own, data
            yield MeasuredTask(*known, U, scores)

    def _left_out(self):
        groups = sorted(task.group for task in self.tasks)
        for part in range(N_PARTS):
            yield set(groups[part::N_PARTS]), "accuracy"


class ForestsOfTasks(LearnerOfTasks):
    """Checks on these tasks what was learnt of forests from other data."""

    of_tasks, file = FOREST, "openml_random_forest.csv.gz"

    def _fit(self, U, y):
        return None

    def learn(self, tasks):
        path = LEARNT / "RandomForestClassifier.json"
        return json.loads(path.read_text(encoding="utf-8"))


def data_of(qualities):
    """Return what is known of the data of a task; the target is one of its features."""
    rows, n_classes = (
        int(qualities[f"NumberOf{name}"]) for name in ("Instances", "Classes")
    )
    largest = round(rows * qualities["MajorityClassPercentage"])
    others = np.full(n_classes - 1, (rows - largest) // (n_classes - 1))
    return Data(
        rows=rows,
        columns=int(qualities["NumberOfFeatures"]) - 1,
        classes=(largest, *others.tolist()),
    )
