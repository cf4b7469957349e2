"""Fronts of several objectives, and limits: what a search finds in 25 and 50 tries.

``python pareto.py fronts`` runs this package, random search, and Optuna's NSGA-II and
TPE on five synthetic and five real problems, these with the accuracy of three folds
against minus the logarithm of the model's bytes. Of each run ``pareto.csv`` has the
hypervolume above the reference point of its problem after 25 and 50 evaluations, and
the CPU seconds for choosing one and taking up its result, in the second half.
``python pareto.py limits`` has a limit that 5 % of the space reaches:
``pareto_limits.csv`` says after how many evaluations the best score within it is that
of 100 random ones, and whether the best that is reported is within it whenever one was
evaluated. Both go on where they were ended, and print a table.

``--methods`` names others. "Optuna GP" and "BoTorch" need torch; ``pareto_torch.csv``
has them beside this package in the same process, with ``--store pareto_torch.csv``.
"""

import argparse
import functools
import itertools
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
FIRST_SEED = 100  # constants of this package were chosen on smaller ones
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


class Clock:
    """Adds up the CPU seconds of a search, and says those since it was last read."""

    def __init__(self):
        self._total = 0.0

    def __enter__(self):
        self._start = time.process_time()

    def __exit__(self, *error):
        self._total += time.process_time() - self._start

    def read(self):
        total, self._total = self._total, 0.0
        return total


def ours(objective, space, n_objectives, seed, n, limit=None):
    """Yield the values of this package's search, and the seconds for each of them."""
    several = {} if limit is not None else {"n_objectives": n_objectives}
    limits = () if limit is None else (limit,)
    optimizer = BayesianOptimizer(
        space, random_state=seed, n_iter=n, limits=limits, **several
    )
    any_reached, clock = False, Clock()
    for _ in range(n):
        with clock:
            trial = optimizer.ask()
        values = objective(trial.params)
        with clock:
            if limit is None:
                optimizer.tell(trial, scores=values)
            else:
                optimizer.tell(trial, values[0], limited=[values[1]])
        if limit is not None:
            any_reached |= values[1] >= limit
            assert optimizer.reaches_limits(optimizer.best) == any_reached
        yield values, clock.read()


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
    clock = Clock()
    for _ in range(n):
        with clock:
            trial = study.ask()
            number = trial.suggest_categorical("branch", range(len(branches)))
            branch = branches[number]
            params = {k: _suggest(trial, f"{number}:{k}", v) for k, v in branch.items()}
        values = objective(params)
        if limit is not None:
            trial.set_user_attr("short", [limit - values[1]])
        with clock:
            study.tell(trial, list(values)[:n_scores])
        yield values, clock.read()


def _suggest(trial, name, dimension):
    if isinstance(dimension, list):
        return trial.suggest_categorical(name, dimension)
    kind = trial.suggest_int if isinstance(dimension, Integer) else trial.suggest_float
    return kind(name, dimension.low, dimension.high, log=dimension.log)


class Coded:
    """A space as columns from 0 to 1: numbers, and a column for each choice.

    Branches are choices, too, and parameters of other branches are in the middle.
    """

    def __init__(self, space):
        self.branches = space if isinstance(space, list) else [space]
        self.columns = {}
        if len(self.branches) > 1:
            self.columns |= {("branch", i): None for i in range(len(self.branches))}
        for i, branch in enumerate(self.branches):
            for name, dimension in branch.items():
                if not isinstance(dimension, list):
                    self.columns[i, name] = dimension
                elif len(dimension) > 1:
                    self.columns |= {(i, name, choice): None for choice in dimension}

    def encode(self, params):
        known = (b.keys() == params.keys() for b in self.branches)
        fits = [
            same and all(params[k] in v for k, v in b.items() if isinstance(v, list))
            for b, same in zip(self.branches, known, strict=True)
        ]
        branch = fits.index(True)
        return [self._value(column, branch, params) for column in self.columns]

    def _value(self, column, branch, params):
        dimension = self.columns[column]
        if column[0] == "branch":
            return float(column[1] == branch)
        if column[0] != branch:
            return 0.0 if dimension is None else 0.5
        value = params[column[1]]
        if dimension is None:
            return float(value == column[2])
        low, high = _ends(dimension)
        return float((_scaled(dimension, value) - low) / (high - low))

    def decode(self, x):
        x = dict(zip(self.columns, x, strict=True))
        branch = max(range(len(self.branches)), key=lambda i: x.get(("branch", i), 0))
        params = {}
        for name, dimension in self.branches[branch].items():
            if isinstance(dimension, list):
                share = {c: x.get((branch, name, c), 0) for c in dimension}
                params[name] = max(share, key=share.get)
                continue
            low, high = _ends(dimension)
            value = low + x[branch, name] * (high - low)
            value = np.exp(value) if dimension.log else value
            if isinstance(dimension, Integer):
                value = round(value)
            params[name] = type(dimension.low)(
                np.clip(value, dimension.low, dimension.high)
            )
        return params

    @property
    def combinations(self):
        """What is fixed for each combination of choices, by the column's number."""
        found = []
        for i, branch in enumerate(self.branches):
            chosen = [
                [(name, choice) for choice in dimension]
                for name, dimension in branch.items()
                if isinstance(dimension, list)
            ]
            for choices in itertools.product(*chosen):
                params = dict(choices)
                found.append(
                    {
                        j: self._value(column, i, params)
                        for j, (column, dimension) in enumerate(self.columns.items())
                        if dimension is None or column[0] != i
                    }
                )
        return found


def _scaled(dimension, value):
    return np.log(value) if dimension.log else value


def _ends(dimension):
    half = 0.5 if isinstance(dimension, Integer) else 0.0
    ends = dimension.low - half, dimension.high + half
    return [float(_scaled(dimension, end)) for end in ends]


def botorch(objective, space, n_objectives, seed, n, limit=None):
    """Run qLogNEHVI one by one as its tutorial does, with the reference point known.

    Each combination of choices is optimised by itself.
    """
    import torch
    from botorch.acquisition.multi_objective.logei import (
        qLogNoisyExpectedHypervolumeImprovement,
    )
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.models.transforms import Standardize
    from botorch.optim import optimize_acqf, optimize_acqf_mixed
    from botorch.sampling import SobolQMCNormalSampler
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from scipy.stats.qmc import Sobol

    warnings.simplefilter("ignore")  # of fits that are tried once more
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    coded, of_rows = Coded(space), as_space(space)
    reference = next(r for f, _, r in FRONTS.values() if f is objective)
    n_first = 2 * (max(map(len, coded.branches)) + 1)
    rows = of_rows.snap(Sobol(of_rows.n_dims, rng=seed).random(n_first))
    bounds = torch.tensor([[0.0] * len(coded.columns), [1.0] * len(coded.columns)])
    bounds = bounds.double()
    # as many starts as in the tutorial
    starts = {"num_restarts": 10, "raw_samples": 512}
    options = {"batch_limit": 5, "maxiter": 200}
    X, Y, clock = [], [], Clock()
    for i in range(n):
        with clock:
            if i < n_first:
                params = of_rows.decode(rows[i])
            else:
                known = torch.tensor(X).double()
                scores = torch.tensor(Y).double()
                transform = Standardize(m=n_objectives)
                model = SingleTaskGP(known, scores, outcome_transform=transform)
                fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
                acquisition = qLogNoisyExpectedHypervolumeImprovement(
                    model,
                    ref_point=list(reference),
                    X_baseline=known,
                    prune_baseline=True,
                    sampler=SobolQMCNormalSampler(torch.Size([128]), seed=seed),
                )
                fixed = coded.combinations
                shared = {"q": 1, "bounds": bounds, "options": options, **starts}
                if fixed == [{}]:
                    best, _ = optimize_acqf(acquisition, **shared)
                else:
                    best, _ = optimize_acqf_mixed(
                        acquisition, fixed_features_list=fixed, **shared
                    )
                params = coded.decode(best[0].tolist())
        values = objective(params)
        X.append(coded.encode(params))
        Y.append(list(values))
        yield values, clock.read()


METHODS = {
    "this package": ours,
    "random": at_random,
    "Optuna NSGA-II": functools.partial(optuna_by, "NSGAIISampler"),
    "Optuna TPE": functools.partial(optuna_by, "TPESampler"),
    "Optuna GP": functools.partial(optuna_by, "GPSampler"),
    "BoTorch": botorch,
}


def run_fronts(problem, method, seed):
    objective, space, reference = FRONTS[problem]
    search = METHODS[method](objective, space, len(reference), seed, N)
    values, seconds = zip(*search, strict=True)
    return {
        "volume_25": hypervolume(values[: N // 2], reference),
        "volume_50": hypervolume(values, reference),
        "seconds": float(np.mean(seconds[N // 2 :])),
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
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
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
    parser.add_argument("--methods", nargs="*", choices=METHODS)
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    pd.set_option("display.width", 160)
    if options.what == "fronts":
        methods = ["this package", "random", "Optuna NSGA-II", "Optuna TPE"]
        path, problems, run = HERE / "pareto.csv", FRONTS, run_fronts
        show = table_of_fronts
    else:
        methods = ["this package", "Optuna TPE"]
        path, problems, run = HERE / "pareto_limits.csv", LIMITS, run_limits
        show = table_of_limits
    runs = run_all(
        options.store or path,
        options.problems or list(problems),
        run,
        options.seeds,
        options.methods or methods,
    )
    print(show(runs).to_string())
