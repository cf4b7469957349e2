"""How often 30 candidates reach the best of a grid of 200.

An SVC on standardised breast cancer data, C from 1e-3 to 1e3 and gamma from 1e-5 to
1e1, both log-uniform, kernel rbf or sigmoid. The grid has 10 x 10 x 2 points over the
same ranges. A search counts when its best mean score over the 3 folds is the grid's or
better.

How hard that is depends on the folds: one more of 569 rows right is 0.0018, and with
some folds the grid hits a point that few others equal. So there are several ways to
split, and random search stands beside: where it often succeeds, the target is easy.

Run ``python doc/benchmarks/svc_against_grid.py``; about 6 minutes on 2 cores.
"""

import argparse

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV

GRID = {
    "C": np.logspace(-3, 3, 10),
    "gamma": np.logspace(-5, 1, 10),
    "kernel": ["rbf", "sigmoid"],
}
SPACE = {
    "C": loguniform(1e-3, 1e3),
    "gamma": loguniform(1e-5, 1e1),
    "kernel": ["rbf", "sigmoid"],
}
SEEDS_OF_FOLDS = (0, 1, 2, 3, 4, 5, 42)
SPLITTERS = {"cv=3": StratifiedKFold(3), "KFold(3)": KFold(3)} | {
    f"{splitter.__name__}, shuffled {seed}": splitter(
        3, shuffle=True, random_state=seed
    )
    for splitter in (KFold, StratifiedKFold)
    for seed in SEEDS_OF_FOLDS
}


def best_scores(splitter, n_seeds):
    """Return the grid's best score and those of the searches, by class."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    splits = list(splitter.split(X, y))
    grid = GridSearchCV(SVC(), GRID, cv=splits, refit=False).fit(X, y).best_score_
    scores = {
        search.__name__: [
            search(SVC(), SPACE, n_iter=30, cv=splits, refit=False, random_state=seed)
            .fit(X, y)
            .best_score_
            for seed in range(n_seeds)
        ]
        for search in (RandomizedSearchCV, BayesSearchCV)
    }
    return grid, scores


def main():
    """Print a table, a row per way to split."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    results = Parallel(options.jobs)(
        delayed(best_scores)(splitter, options.seeds) for splitter in SPLITTERS.values()
    )
    rows = {}
    for name, (grid, scores) in zip(SPLITTERS, results, strict=True):
        rows[name] = {"grid's best": round(grid, 4)}
        for search, best in scores.items():
            # equal scores may differ in the last bit
            rows[name][search] = int(np.sum(np.array(best) >= grid - 1e-12))
            rows[name][f"{search}, mean"] = round(float(np.mean(best)), 4)
    print(f"Searches of {options.seeds} that reach the grid's best, and their mean:")
    print(pd.DataFrame(rows).T.to_string())


if __name__ == "__main__":
    main()
