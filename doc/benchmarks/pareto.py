"""Fronts of several objectives, and limits: what a search finds in 25 and 50 tries.

``python pareto.py fronts`` runs this package, random search, and Optuna's NSGA-II and
TPE on five synthetic and five real problems, these with the accuracy of three folds
against minus the logarithm of the model's bytes. Of each run ``pareto.csv`` has the
hypervolume above the reference point of its problem after 25 and 50 evaluations, and
the seconds for choosing one. ``python pareto.py limits`` has a limit that 5 % of the
space reaches: ``pareto_limits.csv`` says after how many evaluations the best score
within it is that of 100 random ones. Both go on where they were ended, and print a
table. Optuna's GPSampler needs torch, and is left out.
"""

import argparse
import functools
import os
import pickle
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesianOptimizer, Integer, Real
from sklearn_bayes_search.optimizer import hypervolume
from sklearn_bayes_search.space._space import as_space

HERE = Path(__file__).parent
N, N_LIMITS, N_RANDOM = 50, 60, 100
SHARE = 0.05  # of the space that reaches a limit


def _vector(params):
    return np.array([params[f"x{i}"] for i in range(len(params))])


def zdt1(params):
    x = _vector(params)
    g = 1 + 9 * x[1:].mean()
    return -x[0], -g * (1 - (x[0] / g) ** 0.5)


def zdt2(params):
    x = _vector(params)
    g = 1 + 9 * x[1:].mean()
    return -x[0], -g * (1 - (x[0] / g) ** 2)


def dtlz2(params):
    x = _vector(params)
    a, b = x[:2] * np.pi / 2
    r = 1 + ((x[2:] - 0.5) ** 2).sum()
    sides = np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)
    return tuple(-r * side for side in sides)


def mixed(params):
    kind, n = {"a": 0.0, "b": 0.3, "c": 0.6}[params["kind"]], params["n"] / 10
    x, y = params["x"], params["y"]
    first = (x - 0.2 - kind / 3) ** 2 + (n - 0.5) ** 2 + 0.3 * kind
    second = (x - 0.8) ** 2 + (y - 0.5) ** 2 + 0.5 * (1 - kind) * n**2 + 0.1
    return -first, -second


def conditional(params):
    if params["kind"] == "a":
        x, y = params["x"], params["y"]
        return -((x - 0.3) ** 2) - 0.2 * y, -((x - 0.9) ** 2) - 0.3 * (1 - y) ** 2
    x, y = params["u"], params["v"]
    first = 0.15 + 2 * (x - 0.5) ** 2 + 0.1 * (1 - y)
    return -first, -0.05 - (x - 0.6) ** 2 - 0.5 * (y - 0.2) ** 2


def _box(n):
    return {f"x{i}": Real(0, 1) for i in range(n)}


@functools.cache
def _data(name):
    if name == "digits":
        X, y = load_digits(return_X_y=True)
    elif name == "cancer":
        X, y = load_breast_cancer(return_X_y=True)
    else:
        X, y = make_classification(
            700, 12, n_informative=6, n_clusters_per_class=3, flip_y=0.1, random_state=0
        )
    chosen = np.random.default_rng(0).permutation(len(X))[:700]
    X, y = X[chosen], y[chosen]
    return X, y, list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))


def accuracy_and_size(estimator, name, params):
    """Return the mean accuracy and minus the logarithm of the mean size."""
    X, y, splits = _data(name)
    accuracy, size = [], []
    for train, test in splits:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = estimator().set_params(**params).fit(X[train], y[train])
        accuracy.append(model.score(X[test], y[test]))
        size.append(len(pickle.dumps(model, protocol=5)))
    return float(np.mean(accuracy)), -float(np.log(np.mean(size)))


def _mlp():
    return make_pipeline(
        StandardScaler(), MLPClassifier(max_iter=40, random_state=0, solver="adam")
    )


# Of each: the function, its space, and the reference point.
REAL = {
    "tree": (
        functools.partial(
            accuracy_and_size, lambda: DecisionTreeClassifier(random_state=0), "made"
        ),
        {
            "max_leaf_nodes": Integer(2, 200, log=True),
            "min_samples_leaf": Integer(1, 50, log=True),
            "max_features": Real(0.1, 1.0),
            "criterion": ["gini", "entropy"],
        },
        (0.5, -np.log(20_000)),
    ),
    "forest": (
        functools.partial(
            accuracy_and_size, lambda: RandomForestClassifier(random_state=0), "digits"
        ),
        {
            "n_estimators": Integer(1, 60, log=True),
            "max_leaf_nodes": Integer(2, 200, log=True),
            "max_features": Real(0.05, 1.0),
        },
        (0.1, -np.log(2e6)),
    ),
    "boosting": (
        functools.partial(
            accuracy_and_size,
            lambda: HistGradientBoostingClassifier(random_state=0),
            "cancer",
        ),
        {
            "max_iter": Integer(2, 60, log=True),
            "max_leaf_nodes": Integer(2, 32, log=True),
            "learning_rate": Real(0.02, 1.0, log=True),
        },
        (0.6, -np.log(5e5)),
    ),
    "SVC": (
        functools.partial(
            accuracy_and_size, lambda: make_pipeline(StandardScaler(), SVC()), "made"
        ),
        {
            "svc__C": Real(1e-3, 1e3, log=True),
            "svc__gamma": Real(1e-4, 1e1, log=True),
            "svc__kernel": ["rbf", "poly"],
        },
        (0.5, -np.log(1e5)),
    ),
    "network": (
        functools.partial(accuracy_and_size, _mlp, "digits"),
        {
            "mlpclassifier__hidden_layer_sizes": Integer(2, 64, log=True),
            "mlpclassifier__learning_rate_init": Real(1e-4, 1e-1, log=True),
            "mlpclassifier__alpha": Real(1e-6, 1e1, log=True),
        },
        (0.1, -np.log(2e5)),
    ),
}
KINDS = {"kind": ["a", "b", "c"], "n": Integer(0, 10), "x": Real(0, 1), "y": Real(0, 1)}
BRANCHES = [
    {"kind": ["a"], "x": Real(0, 1), "y": Real(0, 1)},
    {"kind": ["b"], "u": Real(0, 1), "v": Real(0, 1)},
]
FRONTS = {
    "ZDT1, 6 dimensions": (zdt1, _box(6), (-1.1, -10)),
    "ZDT2, 6 dimensions": (zdt2, _box(6), (-1.1, -10)),
    "DTLZ2, 6 dimensions, 3 objectives": (dtlz2, _box(6), (-1.1, -1.1, -1.1)),
    "mixed": (mixed, KINDS, (-0.6, -0.8)),
    "conditional": (conditional, BRANCHES, (-0.5, -0.5)),
    **REAL,
}


def ours(objective, space, n_objectives, seed, n, limit=None):
    """Yield the values of this package's search, and the seconds for each choice."""
    several = {} if limit is not None else {"n_objectives": n_objectives}
    limits = () if limit is None else (limit,)
    optimizer = BayesianOptimizer(
        space, random_state=seed, n_iter=n, limits=limits, **several
    )
    for _ in range(n):
        start = time.perf_counter()
        trial = optimizer.ask()
        seconds = time.perf_counter() - start
        values = objective(trial.params)
        if limit is None:
            optimizer.tell(trial, scores=values)
        else:
            optimizer.tell(trial, values[0], limited=[values[1]])
        yield values, seconds


def at_random(objective, space, n_objectives, seed, n, limit=None):
    for params in _draws(space, n, seed):
        yield objective(params), 0.0


def _draws(space, n, seed):
    space, rng = as_space(space), np.random.default_rng(seed)
    rows = space.snap(rng.random((n, space.n_dims)))
    return [space.decode(row) for row in rows]


def optuna_by(sampler, objective, space, n_objectives, seed, n, limit=None):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    constraint = {}
    if limit is not None:
        constraint["constraints_func"] = lambda trial: trial.user_attrs["short"]
    n_scores = n_objectives if limit is None else 1
    made = getattr(optuna.samplers, sampler)(seed=seed, **constraint)
    study = optuna.create_study(directions=["maximize"] * n_scores, sampler=made)
    branches = space if isinstance(space, list) else [space]
    for _ in range(n):
        start = time.perf_counter()
        trial = study.ask()
        number = trial.suggest_categorical("branch", range(len(branches)))
        branch = branches[number]
        params = {k: _suggest(trial, f"{number}:{k}", v) for k, v in branch.items()}
        seconds = time.perf_counter() - start
        values = objective(params)
        if limit is not None:
            trial.set_user_attr("short", [limit - values[1]])
        study.tell(trial, list(values)[:n_scores])
        yield values, seconds


def _suggest(trial, name, dimension):
    if isinstance(dimension, list):
        return trial.suggest_categorical(name, dimension)
    kind = trial.suggest_int if isinstance(dimension, Integer) else trial.suggest_float
    return kind(name, dimension.low, dimension.high, log=dimension.log)


METHODS = {
    "this package": ours,
    "random": at_random,
    "Optuna NSGA-II": functools.partial(optuna_by, "NSGAIISampler"),
    "Optuna TPE": functools.partial(optuna_by, "TPESampler"),
}


def run_fronts(problem, method, seed):
    objective, space, reference = FRONTS[problem]
    search = METHODS[method](objective, space, len(reference), seed, N)
    values, seconds = zip(*search, strict=True)
    return {
        "volume_25": hypervolume(values[: N // 2], reference),
        "volume_50": hypervolume(values, reference),
        "seconds": float(np.mean(seconds)),
    }


def branin(params):
    x, y = 15 * params["x0"] - 5, 15 * params["x1"]
    value = (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2
    value += 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10
    return -value, -((x - 2.5) ** 2) - (y - 7.5) ** 2


def waves(params):
    """J. R. Gardner et al., ICML 2014, the second simulated problem."""
    x, y = 6 * params["x0"], 6 * params["x1"]
    return -np.sin(x) - y, -np.sin(x) * np.sin(y)


LIMITS = {
    "Branin and a disc": (branin, _box(2)),
    "waves": (waves, _box(2)),
    "DTLZ2, the first within the second": (lambda p: dtlz2(p)[:2], _box(4)),
    **{f"{name} within a size": REAL[name][:2] for name in ("tree", "SVC", "forest")},
}


@functools.cache
def limit_of(problem):
    """Return what 5 % of the space reaches."""
    objective, space = LIMITS[problem]
    n = 400 if problem.endswith("size") else 20_000
    second = [objective(params)[1] for params in _draws(space, n, 999)]
    return float(np.quantile(second, 1 - SHARE))


def run_limits(problem, method, seed):
    """Count evaluations up to the best within the limit of 100 random ones."""
    objective, space = LIMITS[problem]
    limit = limit_of(problem)

    def best_so_far(values):
        scores = [score if second >= limit else -np.inf for score, second in values]
        return np.maximum.accumulate(scores)

    drawn = at_random(objective, space, 1, seed, N_RANDOM)
    target = best_so_far([values for values, _ in drawn])[-1]
    search = METHODS[method](objective, space, 1, seed, N_LIMITS, limit)
    best = best_so_far([values for values, _ in search])
    reached = np.flatnonzero(best >= target) if np.isfinite(target) else []
    return {
        "limit": limit,
        "target": target,
        "n_evaluations": reached[0] + 1 if len(reached) else np.inf,
        "best_25": best[24],
        "best_60": best[-1],
    }


def run_all(path, problems, run, seeds, methods):
    """Run what is missing, and store each run as it ends."""
    done = pd.read_csv(path) if path.exists() else pd.DataFrame()
    known = set()
    if len(done):
        known = set(zip(done["problem"], done["method"], done["seed"], strict=True))
    for seed in range(seeds):
        for problem in problems:
            for method in methods:
                if (problem, method, seed) in known:
                    continue
                key = {"problem": problem, "method": method, "seed": seed}
                row = pd.DataFrame([key | run(problem, method, seed)])
                row.to_csv(path, mode="a", header=not path.exists(), index=False)
    return pd.read_csv(path)


def table_of_fronts(runs):
    """Show the volumes in percent of the largest of each problem, with their errors."""
    largest = runs.groupby("problem")["volume_50"].transform("max")
    for column in ("volume_25", "volume_50"):
        runs[column] *= 100 / largest
    groups = runs.groupby(["problem", "method"], sort=False)
    table = {
        f"{n}, {what}": groups[f"volume_{n}"].agg(what).round(1)
        for n in (25, 50)
        for what in ("mean", "sem")
    }
    seconds = {"seconds": groups["seconds"].mean().round(3)}
    return pd.DataFrame(table | seconds | {"seeds": groups.size()})


def table_of_limits(runs):
    groups = runs.groupby(["problem", "method"], sort=False)["n_evaluations"]
    return pd.DataFrame(
        {
            "median": groups.median(),
            "mean, 60 at the most": groups.agg(lambda n: n.clip(upper=N_LIMITS).mean()),
            "within 25": groups.agg(lambda n: (n <= 25).mean()),
            "seeds": groups.size(),
        }
    ).round(2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["fronts", "limits"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problems", nargs="*")
    options = parser.parse_args()
    pd.set_option("display.width", 160)
    if options.what == "fronts":
        methods = list(METHODS)
        path, problems, run = HERE / "pareto.csv", FRONTS, run_fronts
        show = table_of_fronts
    else:
        methods = ["this package", "Optuna TPE"]
        path, problems, run = HERE / "pareto_limits.csv", LIMITS, run_limits
        show = table_of_limits
    chosen = options.problems or list(problems)
    print(show(run_all(path, chosen, run, options.seeds, methods)).to_string())
