"""Is an ensemble of the candidates tried better than the best one?

A search of 25 candidates on some rows of a data set is refitted with its best one, and
with ``GreedyEnsemble``, as it is and with one bag. Each is scored on fresh rows. Run
``python doc/benchmarks/ensemble.py``: 8 data sets, 5 seeds, stored in ``ensemble.csv``
as they come, so that it goes on where it ended. It takes half an hour.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
    make_friedman1,
    make_hastie_10_2,
    make_regression,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklearn_bayes_search import BayesSearchCV, GreedyEnsemble, Integer, Real

PATH = Path(__file__).with_suffix(".csv")
N_ITER = 25
FIRST_SEED = 100  # that it is in bags was chosen on smaller ones
KINDS = {
    "best": True,
    "one bag": GreedyEnsemble(n_bags=1),
    "ensemble": GreedyEnsemble(),
}


def friedman(seed):
    return make_friedman1(1500, noise=1.0, random_state=seed)


def made(seed):
    return make_classification(
        2000, 15, n_informative=7, n_clusters_per_class=3, flip_y=0.1, random_state=seed
    )


def bent(seed):
    X, y = make_regression(1500, 8, n_informative=6, noise=20.0, random_state=seed)
    return X, np.sign(y) * np.abs(y) ** 1.5


def _of_sklearn(load):
    return lambda seed: load(return_X_y=True)


def _models(*steps):
    """Return a pipeline with a choice of models, and its space."""
    pipeline = Pipeline([("scale", StandardScaler()), ("model", steps[0][0])])
    return pipeline, [
        {"model": [model]} | {f"model__{name}": of for name, of in space.items()}
        for model, space in steps
    ]


KNN = {"n_neighbors": Integer(1, 30, log=True), "weights": ["uniform", "distance"]}
FOREST = {"max_features": Real(0.1, 1.0), "min_samples_leaf": Integer(1, 20, log=True)}
BOOSTING = {
    "learning_rate": Real(0.01, 0.5, log=True),
    "max_leaf_nodes": Integer(3, 31, log=True),
    "l2_regularization": Real(1e-3, 1e2, log=True),
}
PENALTY = {"C": Real(1e-4, 1e3, log=True)}


def _logistic():
    return LogisticRegression(max_iter=500), PENALTY


# Of each: what draws the data, rows for the search, the estimator with its space, and
# the score.
PROBLEMS = {
    "digits, network": (
        _of_sklearn(load_digits),
        500,
        (
            make_pipeline(StandardScaler(), MLPClassifier(max_iter=60, random_state=0)),
            {
                "mlpclassifier__hidden_layer_sizes": Integer(4, 64, log=True),
                "mlpclassifier__learning_rate_init": Real(1e-4, 1e-1, log=True),
                "mlpclassifier__alpha": Real(1e-6, 1e1, log=True),
            },
        ),
        "accuracy",
    ),
    "breast cancer, three models": (
        _of_sklearn(load_breast_cancer),
        285,
        _models(
            _logistic(),
            (KNeighborsClassifier(), KNN),
            (RandomForestClassifier(60, random_state=0), FOREST),
        ),
        "neg_log_loss",
    ),
    "wine, three models": (
        _of_sklearn(load_wine),
        90,
        _models(
            _logistic(),
            (KNeighborsClassifier(), KNN),
            (RandomForestClassifier(60, random_state=0), FOREST),
        ),
        "neg_log_loss",
    ),
    "made classes, three models": (
        made,
        400,
        _models(
            _logistic(),
            (KNeighborsClassifier(), KNN),
            (HistGradientBoostingClassifier(max_iter=60, random_state=0), BOOSTING),
        ),
        "accuracy",
    ),
    "Hastie's classes, boosting": (
        lambda seed: make_hastie_10_2(2000, random_state=seed),
        400,
        (HistGradientBoostingClassifier(max_iter=60, random_state=0), BOOSTING),
        "roc_auc",
    ),
    "diabetes, three models": (
        _of_sklearn(load_diabetes),
        221,
        _models(
            (Ridge(), {"alpha": Real(1e-3, 1e3, log=True)}),
            (KNeighborsRegressor(), KNN),
            (RandomForestRegressor(60, random_state=0), FOREST),
        ),
        "r2",
    ),
    "Friedman's function, SVR": (
        friedman,
        300,
        (
            make_pipeline(StandardScaler(), SVR()),
            {
                "svr__C": Real(1e-1, 1e3, log=True),
                "svr__gamma": Real(1e-3, 1e1, log=True),
                "svr__epsilon": Real(1e-2, 1.0, log=True),
            },
        ),
        "r2",
    ),
    "bent plane, boosting": (
        bent,
        300,
        (HistGradientBoostingRegressor(max_iter=60, random_state=0), BOOSTING),
        "r2",
    ),
}


def run(name, seed):
    """Search, refit, and score all on fresh rows."""
    draw, n_rows, (estimator, space), metric = PROBLEMS[name]
    X, y = draw(seed)
    classes = None if metric == "r2" else y
    X, X_new, y, y_new = train_test_split(
        X, y, train_size=n_rows, stratify=classes, random_state=seed
    )
    folds = KFold if metric == "r2" else StratifiedKFold
    search = BayesSearchCV(
        estimator,
        space,
        n_iter=N_ITER,
        scoring=metric,
        cv=folds(5, shuffle=True, random_state=seed),
        random_state=seed,
        warm_start=True,  # the candidates are known for the next refit
    )
    found = {}
    for kind, refit in KINDS.items():
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            search.set_params(refit=refit).fit(X, y)
        found[kind] = search.score(X_new, y_new)
        found[f"seconds {kind}"] = time.process_time() - start
        if refit is not True:
            found[f"members {kind}"] = len(search.ensemble_weights_)
        honest = search.honest_score()
        found[f"honest {kind}"] = honest.score
        found[f"within {kind}"] = honest.low <= found[kind] <= honest.high
    return found


def table(runs):
    """Compare errors: how much smaller than that of the best one, in percent.

    Errors are 1 less the score, or the logarithmic loss.
    """
    loss = runs["problem"].map(lambda name: PROBLEMS[name][3] == "neg_log_loss")
    groups = runs.groupby("problem", sort=False)
    shown = {"best": groups["best"].mean().round(4)}
    for kind in KINDS:
        honest = (runs[f"honest {kind}"] - runs[kind]).groupby(runs["problem"]).mean()
        shown[f"honest {kind}"] = honest.round(4)
        print(f"{kind}: {runs[f'within {kind}'].mean():.2f} are in the interval")
        if kind == "best":
            continue
        errors = [np.where(loss, 0, 1) - runs[name] for name in ("best", kind)]
        gain = 100 * np.log(errors[0] / errors[1])
        each = gain.groupby(runs["problem"], sort=False)
        means = each.mean()
        shown[kind], shown[f"{kind}, error"] = means.round(1), each.sem().round(1)
        shown[f"members {kind}"] = groups[f"members {kind}"].mean().round(1)
        wins = (gain > 0).sum() + (gain == 0).sum() / 2
        print(
            f"{kind}: {means.mean():.2f} ± {means.sem():.2f} % over the means of "
            f"{len(means)} data sets, ± {gain.sem():.2f} over {len(gain)} runs; better "
            f"in {wins:g}"
        )
    for kind in KINDS:
        shown[f"seconds {kind}"] = groups[f"seconds {kind}"].mean().round(1)
    return pd.DataFrame(shown)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--store", type=Path, default=PATH)
    options = parser.parse_args()
    done = pd.read_csv(options.store) if options.store.exists() else pd.DataFrame()
    known = set(zip(done["problem"], done["seed"], strict=True)) if len(done) else set()
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        for problem in PROBLEMS:
            if (problem, seed) not in known:
                row = pd.DataFrame(
                    [{"problem": problem, "seed": seed} | run(problem, seed)]
                )
                is_new = not options.store.exists()
                row.to_csv(options.store, mode="a", header=is_new, index=False)
    pd.set_option("display.width", 160)
    print(table(pd.read_csv(options.store)).to_string())
