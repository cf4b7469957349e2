"""How honest is the corrected best score? Bias and coverage on drawn data.

Each run draws 100 samples of two classes, scores 40 random settings on folds of seven
kinds, without racing and as racing would, and asks what the best one is worth: the
truth is the accuracy of its refit on 4,000 other samples. Run
``python doc/benchmarks/honest_score.py``, or with ``--runs 10`` for a look. It takes
hours on one core; scores are kept in ``--cache``, so that it goes on where it ended.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import randint, uniform
from sklearn import config_context
from sklearn.model_selection import (
    LeaveOneOut,
    ParameterSampler,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import FoldRacing
from sklearn_bayes_search.selection import honest_score

N_TRAIN, N_TEST, N_SETTINGS = 100, 4_000, 40
CACHE = Path(__file__).parents[1] / "_build" / "honest_score"
MODELS = {
    "nearest neighbours": (
        KNeighborsClassifier(),
        {
            "n_neighbors": randint(1, 46),
            "p": [1, 2],
            "weights": ["uniform", "distance"],
        },
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


def evaluate(model, splitter, seed):
    """Score all settings on all folds, and on new samples after a refit."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = draw(N_TRAIN, rng), draw(N_TEST, rng)
    estimator, space = MODELS[model]
    splits = list(SPLITTERS[splitter][0](seed).split(X, y))
    table, truth = [], []
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for setting in ParameterSampler(space, N_SETTINGS, random_state=seed):
            estimator.set_params(**setting)
            scores = []
            for train, test in splits:
                predicted = estimator.fit(X[train], y[train]).predict(X[test])
                scores.append(np.mean(predicted == y[test]))
            table.append(scores)
            truth.append(np.mean(estimator.fit(X, y).predict(X_test) == y_test))
    return {"table": np.array(table), "truth": np.array(truth)}


def race(table):
    """Blank the scores that racing would not have asked for, one job at a time."""
    racing, (n_settings, n_splits) = FoldRacing(), table.shape
    known = np.full(table.shape, np.nan)

    def run(row):
        order = racing.order(row, n_splits)
        fold = next(fold for fold in order if np.isnan(known[row, fold]))
        known[row, fold] = table[row, fold]

    def complete():
        return np.isfinite(known).all(axis=1)

    for row in range(n_settings):
        others = known[complete()]
        while not complete()[row]:
            run(row)
            seen = np.isfinite(known[row])
            if racing.judge(others, known[row], seen) is not None:
                break
    while True:
        waiting = np.flatnonzero(~complete())
        chosen = racing.resume(known[complete()], known[waiting], 1)
        if not chosen:
            return known
        run(waiting[chosen[0]])


def stored(cache, model, splitter, seed):
    """Give what a run found, computed once."""
    path = cache / f"{model}, {splitter}, {seed}.npz".replace(" ", "_")
    if not path.exists():
        found = evaluate(model, splitter, seed)
        found["raced"] = race(found["table"])
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **found)
        part.rename(path)
    with np.load(path) as found:
        return dict(found)


def errors(cache, model, splitter, seed):
    """Give errors of the plain and the corrected score, and whether it is covered."""
    found = stored(cache, model, splitter, seed)
    for table in (found["table"], found["raced"]):
        results = {f"split{i}_test_accuracy": s for i, s in enumerate(table.T)}
        results["n_splits_evaluated"] = np.isfinite(table).sum(axis=1)
        honest = honest_score(results, test_share=SPLITTERS[splitter][1])
        means = table.mean(axis=1)
        truth = found["truth"][np.nanargmax(means)]
        plain = np.nanmax(means) - truth
        covered = honest.low <= truth <= honest.high
        yield plain, honest.score - truth, covered, honest.high - honest.low


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
        for splitter in SPLITTERS:
            runs = Parallel(n_jobs=options.jobs)(
                delayed(lambda *given: list(errors(*given)))(
                    options.cache, model, splitter, seed
                )
                for seed in range(options.runs)
            )
            for racing, name in enumerate(("no", "yes")):
                found = np.array([run[racing] for run in runs], dtype=float)
                plain, corrected, covered, width = found.T
                error = corrected.std(ddof=1) / options.runs**0.5
                print(
                    f"{model:18} {splitter:18} {name:6} {plain.mean():+.3f}  "
                    f"{corrected.mean():+.3f} ({error:.3f})    {covered.mean():9.0%}  "
                    f"{width.mean():.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
