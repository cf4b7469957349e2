"""What earlier results save, and what misleading ones cost.

Functions on the unit cube: Branin, Hartmann in 3 and 6 dimensions. The source is 50
random points with 10 % noise: of the same function, of one whose optimum is shifted by
0.1 in each direction, of the negated function, or of noise alone. "best first" tries
the source's best setting first and ignores its other rows.

An SVC, C and gamma: the source is a random search of 40 settings, "halves" of breast
cancer data, or of breast cancer data for the digits 3, 5, 8 and 9 ("other data").

The columns are the median best score after 3, 6, 12 and 25 evaluations; after how many
the median final score without a source is reached (median and quartiles; 26 is never);
and in which share of seeds the end is better than without, ties as half.

Run ``python doc/benchmarks/prior_results.py``; about 12 minutes on 1 core.
"""

import argparse
import time
import warnings

import numpy as np
from efficiency import synthetic as synthetic_functions
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesianOptimizer, BayesSearchCV, Real

N_ITER = 25
A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
P3 = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)


def params(u):
    return {f"x{i}": float(x) for i, x in enumerate(u)}


def branin(u):
    return -synthetic_functions.branin({"x": 15 * u[0] - 5, "y": 15 * u[1]})


def hartmann3(u):
    inner = (A3 * (u - P3) ** 2).sum(axis=1)
    return float(synthetic_functions.HARTMANN_ALPHA @ np.exp(-inner))


def hartmann6(u):
    return -synthetic_functions.hartmann6(params(u))


FUNCTIONS = {"branin": (branin, 2), "hartmann3": (hartmann3, 3)}
FUNCTIONS["hartmann6"] = (hartmann6, 6)
SOURCES = ("same", "shifted", "negated", "noise")


def source(function, n_dims, kind, seed, n_points):
    rng = np.random.default_rng(77 + seed)
    U = rng.uniform(size=(n_points, n_dims))
    scores = {
        "same": lambda u: function(u),
        "shifted": lambda u: function(u + 0.1),
        "negated": lambda u: -function(u),
        "noise": lambda u: rng.standard_normal(),
    }
    scores = np.array([scores[kind](u) for u in U])
    scores += 0.1 * scores.std() * rng.standard_normal(n_points)
    return [(params(u), float(score)) for u, score in zip(U, scores, strict=True)]


def best_so_far(function, n_dims, seed, earlier, only_best, n_initial):
    options, points = (
        {"n_initial_points": n_initial or "auto"},
        [params([0.5] * n_dims)],
    )
    if only_best:
        points.insert(0, max(earlier, key=lambda pair: pair[1])[0])
        options["n_initial_points"] = 3
    elif earlier is not None:
        options["prior_results"] = [earlier]
        points.insert(0, max(earlier, key=lambda pair: pair[1])[0])
    optimizer = BayesianOptimizer(
        {f"x{i}": Real(0, 1) for i in range(n_dims)},
        initial_points=points,
        n_iter=N_ITER,
        random_state=seed,
        **options,
    )
    for _ in range(N_ITER):
        trial = optimizer.ask()
        optimizer.tell(trial, function(trial.row))
    return np.maximum.accumulate(optimizer.history.scores)


def report(name, curves, base=None):
    base = curves if base is None else base
    reached = (curves < np.median(base[:, -1])).sum(axis=1) + 1
    low, median, high = np.quantile(reached, [0.25, 0.5, 0.75])
    better = np.sign(curves[:, -1] - base[:, -1])
    medians = " ".join(f"{np.median(curves[:, n - 1]):9.4f}" for n in (3, 6, 12, 25))
    print(
        f"{name:38} {medians}   {median:4.1f} ({low:.1f}-{high:.1f})"
        f"   {(better.mean() + 1) / 2:.2f}",
        flush=True,
    )


def synthetic(n_seeds, names, n_points, n_initial):
    for name in names:
        function, n_dims = FUNCTIONS[name]

        def curves(kind, only_best=False, function=function, n_dims=n_dims):
            rows = []
            for seed in range(n_seeds):
                earlier = kind and source(function, n_dims, kind, seed, n_points)
                rows.append(
                    best_so_far(function, n_dims, seed, earlier, only_best, n_initial)
                )
            return np.array(rows)

        base = curves(None)
        report(name, base)
        for kind in SOURCES:
            if not n_initial:
                report(f"{name}, {kind}, best first", curves(kind, True), base)
            report(f"{name}, {kind}", curves(kind), base)


def real(n_seeds, n_initial):
    space = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
    Xb, yb = load_breast_cancer(return_X_y=True)
    Xb = StandardScaler().fit_transform(Xb)
    Xd, yd = load_digits(return_X_y=True)
    kept = np.flatnonzero(np.isin(yd, [3, 5, 8, 9]))[:400]
    Xd, yd = StandardScaler().fit_transform(Xd[kept]), yd[kept]
    for name in ("halves", "other data"):
        rows = {"": [], ", with the source": [], ", negated source": []}
        for seed in range(n_seeds):
            order = np.random.default_rng(seed).permutation(len(Xb))
            first, second = order[:284], order[284:]
            earlier = RandomizedSearchCV(SVC(), space, n_iter=40, random_state=seed)
            earlier.fit(Xb[first], yb[first])
            other = name == "other data"
            X, y = (Xd, yd) if other else (Xb[second], yb[second])
            contrary = dict(earlier.cv_results_)
            contrary["mean_test_score"] = -contrary["mean_test_score"]
            for key, prior in zip(rows, (None, earlier, contrary), strict=True):
                search = BayesSearchCV(
                    SVC(),
                    space,
                    n_iter=N_ITER,
                    cv=StratifiedKFold(5, shuffle=True, random_state=seed),
                    prior_results=prior,
                    n_initial_points=n_initial or "auto",
                    refit=False,
                    random_state=seed,
                ).fit(X, y)
                scores = search.cv_results_["mean_test_score"]
                rows[key].append(np.maximum.accumulate(scores))
        base = np.array(rows[""])
        for key, curves in rows.items():
            report(f"SVC, {name}{key}", np.array(curves), base)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--functions", nargs="*", default=list(FUNCTIONS))
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--start", type=int, default=None, help="n_initial_points")
    parser.add_argument("--no-real", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    warnings.simplefilter("error", RuntimeWarning)
    synthetic(options.seeds, options.functions, options.points, options.start)
    if not options.no_real:
        real(options.seeds, options.start)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
