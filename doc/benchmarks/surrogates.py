"""How much do the surrogates leave of the regret of random search, after 50 settings?

Prints the table of doc/how_it_works.rst: the mean regret over seeds, divided by that of
random search. It takes about half an hour:

    python doc/benchmarks/surrogates.py [n_seeds]
"""

import sys
from functools import cache

import numpy as np
from efficiency.synthetic import branin, hartmann6
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeRegressor

from sklearn_bayes_search import BayesianOptimizer, Categorical, Integer, Real
from sklearn_bayes_search.space import as_space

N = 50


def cube(params):
    return np.array([params[f"x{i}"] for i in range(len(params))])


def box(n):
    return {f"x{i}": Real(0, 1) for i in range(n)}


def negative(function):
    return lambda params: -function(params)


@cache
def boxes():
    rng = np.random.default_rng(7)
    return [
        (
            rng.uniform(0, 0.7, 5),
            rng.uniform(0.15, 0.6, 5),
            rng.choice(5, size=rng.integers(1, 4), replace=False),
            rng.uniform(-0.3, 1),
        )
        for _ in range(60)
    ]


def rough(params):
    x, score = cube(params), 0.0
    for low, width, columns, height in boxes():
        inside = (x >= low) & (x <= low + width)
        score += height * inside[columns].all()
    return score


def mixed(params):
    rng = np.random.default_rng(3)
    tops, heights = rng.uniform(0.1, 0.9, (5, 4, 3, 3)), rng.uniform(0, 1, (5, 4, 3))
    a, b, c = (
        letters.index(params[name])
        for name, letters in (("a", "abcde"), ("b", "wxyz"), ("c", "pqr"))
    )
    x = np.array([params["x"], np.log10(params["y"]) / 4 + 0.5, (params["n"] - 1) / 29])
    top = 0.5 * tops[a, 0, 0] + 0.5 * tops[0, b, c]
    height = 0.5 * heights[a, b, c] + heights[a, 0, 0] + 0.5 * heights[0, b, 0]
    return height - 3 * ((x - top) ** 2).sum()


def steps(params):
    distance = ((cube(params) - [0.3, 0.7, 0.55, 0.2]) ** 2).sum()
    return np.floor(12 * np.exp(-3 * distance))


def branches(params):
    weight, tops, height = {
        "a": (4, (0.2, 0.7), 0.6),
        "b": (8, (0.6, 0.3), 1.0),
        "c": (1, (0.5, 0.5), 0.3),
    }[params["k"]]
    own = [params[params["k"] + number] for number in "12"]
    loss = sum((x - top) ** 2 for x, top in zip(own, tops, strict=True))
    return height - 2 * (params["s"] - 0.4) ** 2 - weight * loss


def branch(k):
    return {"k": [k], "s": Real(0, 1), f"{k}1": Real(0, 1), f"{k}2": Real(0, 1)}


def decision_tree(params):
    X, y = load_diabetes(return_X_y=True)
    cv = KFold(3, shuffle=True, random_state=0)
    tree = DecisionTreeRegressor(random_state=0, **params)
    scores = [tree.fit(X[a], y[a]).score(X[b], y[b]) for a, b in cv.split(X)]
    return np.mean(scores)


def boosting(params):
    X, y = load_breast_cancer(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(X))[:300]
    X, y = X[chosen], y[chosen]
    model = HistGradientBoostingClassifier(
        random_state=0, early_stopping=False, **params
    )
    cv = StratifiedKFold(2, shuffle=True, random_state=0)
    return -np.mean(
        [
            log_loss(y[b], model.fit(X[a], y[a]).predict_proba(X[b]))
            for a, b in cv.split(X, y)
        ]
    )


PROBLEMS = {
    "Branin": ({"x": Real(-5, 10), "y": Real(0, 15)}, negative(branin)),
    "Hartmann": (box(6), negative(hartmann6)),
    "60 boxes": (box(5), rough),
    "3 categories and 3 numbers": (
        {
            "a": list("abcde"),
            "b": list("wxyz"),
            "c": list("pqr"),
            "x": Real(0, 1),
            "y": Real(1e-2, 1e2, log=True),
            "n": Integer(1, 30),
        },
        mixed,
    ),
    "a hill in whole steps": (box(4), steps),
    "three branches": ([branch(k) for k in "abc"], branches),
    "decision tree": (
        {
            "max_depth": Integer(1, 20),
            "min_samples_leaf": Integer(1, 60, log=True),
            "min_samples_split": Integer(2, 100, log=True),
            "max_features": Real(0.1, 1.0),
            "criterion": Categorical(
                ["squared_error", "friedman_mse", "poisson", "absolute_error"]
            ),
            "ccp_alpha": Real(1e-2, 1e3, log=True),
        },
        decision_tree,
    ),
    "gradient boosting": (
        {
            "learning_rate": Real(0.01, 1, log=True),
            "max_iter": Integer(5, 60, log=True),
            "max_leaf_nodes": Integer(2, 64, log=True),
            "min_samples_leaf": Integer(2, 80, log=True),
            "l2_regularization": Real(1e-6, 1e3, log=True),
            "max_features": Real(0.1, 1.0),
        },
        boosting,
    ),
}
# Where the highest score is not known, the highest one seen takes its place.
TOPS = {
    "Branin": -0.39788735772973816,
    "Hartmann": 3.32236801141551,
    "a hill in whole steps": 12.0,
    "three branches": 1.0,
}


def best_of(member, space, function, seed):
    if member == "random":
        rng, space = np.random.default_rng(seed), as_space(space)
        rows = rng.random((N, space.n_dims))
        return max(function(space.decode(row)) for row in rows)
    optimizer = BayesianOptimizer(space, surrogate=member, n_iter=N, random_state=seed)
    for _ in range(N):
        trial = optimizer.ask()
        optimizer.tell(trial, float(function(trial.params)))
    return optimizer.best.score


def main():
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    members = ["random", "gp", "forest", "tpe"]
    print(f"{'':30}" + "".join(f"{member:>8}" for member in members[1:]))
    for name, (space, function) in PROBLEMS.items():
        best = np.array(
            [
                [best_of(member, space, function, seed) for seed in range(n_seeds)]
                for member in members
            ]
        )
        regret = (TOPS.get(name, best.max()) - best).mean(axis=1)
        shares = "".join(f"{share:8.2f}" for share in regret[1:] / regret[0])
        print(f"{name:30}{shares}", flush=True)


if __name__ == "__main__":
    main()
