"""How honest is the corrected best score? Bias and coverage on drawn data.

Each run draws 100 samples of two classes, scores 40 random settings on folds of seven
kinds, without racing and as racing would, and asks what the best one is worth: the
truth is the accuracy of its refit on 4,000 other samples. Run
``python doc/benchmarks/honest_score.py``, or with ``--runs 10`` for a look. It takes
half an hour on one core. Scores are kept in ``--cache`` as they come, so that it goes
on where it ended.
"""

import argparse
import os
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed
from scipy.spatial.distance import cdist
from scipy.stats import randint, uniform
from sklearn import config_context
from sklearn.model_selection import (
    LeaveOneOut,
    ParameterSampler,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import FoldRacing
from sklearn_bayes_search.results._selection import honest_score

N_TRAIN, N_TEST, N_SETTINGS = 100, 4_000, 40
# The constants of `honest_score` were chosen with smaller seeds.
FIRST_SEED = 1000
CACHE = Path(__file__).parents[1] / "_build" / "honest_score"


def tree(settings, X, y, X_test):
    """Fit a tree for each setting, and predict, (n_settings, n_test)."""
    X, X_test = np.float32(X), np.float32(X_test)
    estimator, predicted = DecisionTreeClassifier(random_state=0), []
    for each in settings:
        estimator.set_params(**each).fit(X, y, check_input=False)
        predicted.append(estimator.predict(X_test, check_input=False))
    return predicted


def nearest_neighbours(settings, X, y, X_test):
    """Predict as ``KNeighborsClassifier`` does, with the neighbours sought once."""
    votes = {}
    for p in (1, 2):
        distances = cdist(X_test, X, "minkowski", p=p)
        nearest = distances.argsort(axis=1)
        signs = 2 * y[nearest] - 1
        weighted = signs / np.take_along_axis(distances, nearest, axis=1)
        votes[p, "uniform"] = signs.cumsum(axis=1)
        votes[p, "distance"] = weighted.cumsum(axis=1)
    return [
        votes[each["p"], each["weights"]][:, each["n_neighbors"] - 1] > 0
        for each in settings
    ]


MODELS = {
    "nearest neighbours": (
        nearest_neighbours,
        {
            "n_neighbors": randint(1, 46),
            "p": [1, 2],
            "weights": ["uniform", "distance"],
        },
    ),
    "tree": (
        tree,
        {
            "max_depth": randint(1, 15),
            "min_samples_leaf": randint(1, 20),
            "max_features": uniform(0.1, 0.9),
        },
    ),
}
# The splitter of a seed, and its test samples for each training sample.
SPLITTERS = {
    "2 folds": (lambda seed: StratifiedKFold(2, shuffle=True, random_state=seed), 1),
    "3 folds": (
        lambda seed: StratifiedKFold(3, shuffle=True, random_state=seed),
        1 / 2,
    ),
    "5 folds": (
        lambda seed: StratifiedKFold(5, shuffle=True, random_state=seed),
        1 / 4,
    ),
    "10 folds": (
        lambda seed: StratifiedKFold(10, shuffle=True, random_state=seed),
        1 / 9,
    ),
    "5 folds, 10 times": (
        lambda seed: RepeatedStratifiedKFold(
            n_splits=5, n_repeats=10, random_state=seed
        ),
        1 / 4,
    ),
    "30 shuffles of 0.3": (
        lambda seed: StratifiedShuffleSplit(30, test_size=0.3, random_state=seed),
        3 / 7,
    ),
    "leave one out": (lambda seed: LeaveOneOut(), 1 / (N_TRAIN - 1)),
}


def draw(n_samples, rng):
    """Draw samples of the one population: a smooth border under much noise."""
    X = rng.normal(size=(n_samples, 10))
    weights = np.random.default_rng(0).normal(size=10)
    border = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X @ weights
    return X, (border + 1.5 * rng.normal(size=n_samples) > 0).astype(int)


def evaluate(model, seed):
    """Score all settings on all kinds of folds, and on new samples after a refit.

    Returns ``"truth"``, (n_settings,), and scores on the folds of each kind without
    racing and with it, (n_settings, n_splits).
    """
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = draw(N_TRAIN, rng), draw(N_TEST, rng)
    predict, space = MODELS[model]
    settings = list(ParameterSampler(space, N_SETTINGS, random_state=seed))
    found = {"truth": np.mean(predict(settings, X, y, X_test) == y_test, axis=1)}
    for name, (splitter, _) in SPLITTERS.items():
        scores = [
            np.mean(predict(settings, X[train], y[train], X[test]) == y[test], axis=1)
            for train, test in splitter(seed).split(X, y)
        ]
        found[f"{name}, no"] = np.array(scores).T
        found[f"{name}, yes"] = race(found[f"{name}, no"])
    return found


def race(table):
    """Blank the scores that racing would not have asked for, one job at a time."""
    racing, (n_settings, n_splits) = FoldRacing(), table.shape
    known = np.full(table.shape, np.nan)

    def run(row):
        order = racing._order(row, n_splits)
        fold = next(fold for fold in order if np.isnan(known[row, fold]))
        known[row, fold] = table[row, fold]

    def complete():
        return np.isfinite(known).all(axis=1)

    for row in range(n_settings):
        others = known[complete()]
        while not complete()[row]:
            run(row)
            seen = np.isfinite(known[row])
            if racing._judge(others, known[row], seen) is not None:
                break
    while True:
        waiting = np.flatnonzero(~complete())
        chosen = racing._resume(known[complete()], known[waiting], 1)
        if not chosen:
            return known
        run(waiting[chosen[0]])


def stored(cache, model, seed):
    """Load the scores of a run; compute them the first time."""
    path = cache / f"{model}, {seed}.npz".replace(" ", "_")
    if not path.exists():
        with config_context(skip_parameter_validation=True, assume_finite=True):
            found = evaluate(model, seed)
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **found)
        part.rename(path)
    with np.load(path) as found:
        return dict(found)


def errors(found, splitter, racing):
    """Compute the errors of both scores, and the coverage and width of the interval."""
    table = found[f"{splitter}, {racing}"]
    results = {f"split{i}_test_accuracy": scores for i, scores in enumerate(table.T)}
    results["n_splits_evaluated"] = np.isfinite(table).sum(axis=1)
    honest = honest_score(results, test_share=SPLITTERS[splitter][1])
    means = table.mean(axis=1)
    truth = found["truth"][np.nanargmax(means)]
    plain = np.nanmax(means) - truth
    covered = honest.low <= truth <= honest.high
    return plain, honest.score - truth, covered, honest.high - honest.low


def main():
    """Print a line for each model, kind of folds, and without and with racing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    print(
        f"{'model':18} {'folds':18} racing  best  corrected (error)  covered  width",
        flush=True,
    )
    for model in MODELS:
        runs = Parallel(n_jobs=options.jobs)(
            delayed(stored)(options.cache, model, FIRST_SEED + run)
            for run in range(options.runs)
        )
        for splitter, racing in product(SPLITTERS, ("no", "yes")):
            found = [errors(run, splitter, racing) for run in runs]
            plain, corrected, covered, width = np.array(found, dtype=float).T
            error = corrected.std(ddof=1) / options.runs**0.5
            print(
                f"{model:18} {splitter:18} {racing:6} {plain.mean():+.3f}  "
                f"{corrected.mean():+.3f} ({error:.3f})    {covered.mean():9.0%}  "
                f"{width.mean():.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
