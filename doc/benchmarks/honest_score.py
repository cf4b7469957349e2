"""How honest is the corrected best score? Bias and coverage on drawn data.

Each run draws 100 samples of two classes, scores 40 random settings on 5 and 10 folds,
and asks what the best one is worth: the truth is the mean accuracy of its fold models
on 20,000 other samples. Run ``python doc/benchmarks/honest_score.py``, or with
``--runs 10`` for a look.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import loguniform, randint, uniform
from sklearn.model_selection import ParameterSampler, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search.selection import honest_score

N_TRAIN, N_TEST, N_SETTINGS = 100, 20_000, 40
MODELS = {
    "nearest neighbours": (
        KNeighborsClassifier(),
        {
            "n_neighbors": randint(1, 60),
            "p": [1, 2],
            "weights": ["uniform", "distance"],
        },
    ),
    "support vectors": (
        SVC(),
        {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1e1)},
    ),
    "tree": (
        DecisionTreeClassifier(random_state=0),
        {
            "max_depth": randint(1, 15),
            "min_samples_leaf": randint(1, 20),
            "max_features": uniform(0.1, 0.9),
        },
    ),
}


def draw(n_samples, rng):
    """Draw samples of the one population: a smooth border under much noise."""
    X = rng.normal(size=(n_samples, 10))
    weights = np.random.default_rng(0).normal(size=10)
    border = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X @ weights
    return X, (border + 1.5 * rng.normal(size=n_samples) > 0).astype(int)


def run(name, n_splits, seed):
    """Give errors of the plain and the corrected score, and whether it is covered."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = draw(N_TRAIN, rng), draw(N_TEST, rng)
    estimator, space = MODELS[name]
    settings = list(ParameterSampler(space, N_SETTINGS, random_state=seed))
    folds = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    splits = list(folds.split(X, y))

    def scores(setting, on_new_data=False):
        estimator.set_params(**setting)
        for train, test in splits:
            estimator.fit(X[train], y[train])
            data = (X_test, y_test) if on_new_data else (X[test], y[test])
            yield estimator.score(*data)

    table = np.array([list(scores(setting)) for setting in settings])
    results = {f"split{i}_test_score": column for i, column in enumerate(table.T)}
    honest = honest_score(results)
    best = table.mean(axis=1).argmax()
    truth = np.mean(list(scores(settings[best], on_new_data=True)))
    covered = honest.low <= truth <= honest.high
    return honest.score + honest.optimism - truth, honest.score - truth, covered


def main():
    """Print a line for each model and number of folds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    n_runs = parser.parse_args().runs
    print(f"{'model':20s} folds  bias of the best  corrected (error)  covered")
    for name in MODELS:
        for n_splits in (5, 10):
            found = Parallel(n_jobs=-1)(
                delayed(run)(name, n_splits, seed) for seed in range(n_runs)
            )
            plain, corrected, covered = np.array(found, dtype=float).T
            error = corrected.std(ddof=1) / n_runs**0.5
            print(
                f"{name:20s} {n_splits:5d}  {plain.mean():16.3f}  "
                f"{corrected.mean():9.3f} ({error:.3f})  {covered.mean():7.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
