"""Are importances, advice and bands true? Eight tuning problems, their truth measured.

Each problem is searched ten times with 40 candidates. What ``parameter_importance``
says of each search is compared with shares from 2,000 random settings, by
scikit-learn's Gaussian process and estimators of Jansen; the bands of
``SurrogateDisplay`` with the scores themselves, at these settings and along lines
through each search's best. All scores are kept as they come, so that the second run
takes minutes. Run ``python doc/benchmarks/importance.py``; with ``--collect`` it stops
once all scores are there.
"""

import argparse
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import joblib
import numpy as np
from scipy.stats import loguniform, qmc, randint, uniform
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
    make_friedman1,
    make_moons,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import ElasticNet, SGDClassifier
from sklearn.model_selection import (
    KFold,
    ParameterSampler,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.optimizer._targets import standardise
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import importance_table

N_SETTINGS, N_SEARCHES, N_ITER, CHUNK = 2000, 10, 40, 100
# Settings that the true shares' kernel is fitted to.
N_FITTED = 400
# Places along each line through the best of a search.
N_PLACES = 7
CACHE = Path(__file__).with_name("cache") / "importance"


@dataclass(frozen=True)
class Problem:
    """What is tuned, on which data."""

    estimator: BaseEstimator
    space: dict
    data: tuple
    scoring: str | None = None

    @property
    def cv(self):
        folds = StratifiedKFold if is_classifier(self.estimator) else KFold
        return folds(3, shuffle=True, random_state=0)

    def score(self, setting):
        """Score one setting as a search does."""
        estimator = clone(self.estimator).set_params(**setting)
        return cross_val_score(
            estimator, *self.data, cv=self.cv, scoring=self.scoring
        ).mean()


def problems():
    """Make the eight problems."""
    noisy = make_classification(
        400,
        12,
        n_informative=6,
        n_clusters_per_class=3,
        flip_y=0.05,
        class_sep=0.8,
        random_state=0,
    )
    digits = load_digits(return_X_y=True)
    some_digits = digits[0][:500], digits[1][:500]
    return {
        "boosting": Problem(
            HistGradientBoostingClassifier(random_state=0, early_stopping=False),
            {
                "learning_rate": loguniform(0.01, 0.3),
                "max_leaf_nodes": randint(4, 32),
                "min_samples_leaf": randint(5, 60),
                "l2_regularization": loguniform(1e-4, 10),
                "max_features": uniform(0.2, 0.8),
                "max_iter": [8, 16, 32],
            },
            noisy,
            "roc_auc",
        ),
        "support vectors": Problem(
            make_pipeline(StandardScaler(), SVC()),
            {
                "svc__C": loguniform(1e-2, 1e3),
                "svc__gamma": loguniform(1e-4, 1),
                "svc__kernel": ["rbf", "poly", "sigmoid"],
                "svc__shrinking": [True, False],
            },
            load_breast_cancer(return_X_y=True),
        ),
        "tree": Problem(
            DecisionTreeClassifier(random_state=0),
            {
                "max_depth": randint(2, 20),
                "min_samples_leaf": randint(1, 40),
                "max_features": uniform(0.1, 0.9),
                "criterion": ["gini", "entropy"],
                "ccp_alpha": loguniform(1e-5, 1e-1),
            },
            some_digits,
        ),
        "neighbours": Problem(
            make_pipeline(StandardScaler(), KNeighborsClassifier()),
            {
                "kneighborsclassifier__n_neighbors": randint(1, 60),
                "kneighborsclassifier__weights": ["uniform", "distance"],
                "kneighborsclassifier__p": [1, 2],
                "kneighborsclassifier__leaf_size": randint(10, 60),
            },
            some_digits,
        ),
        "perceptron": Problem(
            make_pipeline(StandardScaler(), MLPClassifier(max_iter=8, random_state=0)),
            {
                "mlpclassifier__hidden_layer_sizes": randint(4, 40),
                "mlpclassifier__alpha": loguniform(1e-5, 10),
                "mlpclassifier__learning_rate_init": loguniform(1e-4, 1e-1),
                "mlpclassifier__activation": ["relu", "tanh", "logistic"],
                "mlpclassifier__batch_size": [32, 64],
            },
            load_wine(return_X_y=True),
            "neg_log_loss",
        ),
        "elastic net": Problem(
            make_pipeline(
                StandardScaler(),
                PolynomialFeatures(include_bias=False),
                ElasticNet(max_iter=200, tol=1e-3),
            ),
            {
                "elasticnet__alpha": loguniform(1e-2, 1e2),
                "elasticnet__l1_ratio": uniform(0, 1),
                "polynomialfeatures__degree": [1, 2],
            },
            load_diabetes(return_X_y=True),
        ),
        "forest": Problem(
            RandomForestRegressor(n_estimators=10, random_state=0),
            {
                "max_depth": randint(2, 16),
                "max_features": uniform(0.1, 0.9),
                "min_samples_leaf": randint(1, 20),
                "max_samples": uniform(0.1, 0.9),
                "min_impurity_decrease": loguniform(1e-4, 1),
            },
            make_friedman1(300, 8, noise=1.0, random_state=0),
        ),
        "gradient descent": Problem(
            make_pipeline(
                PolynomialFeatures(4),
                StandardScaler(),
                SGDClassifier(max_iter=20, tol=None, random_state=0),
            ),
            {
                "sgdclassifier__alpha": loguniform(1e-6, 1e0),
                "sgdclassifier__eta0": loguniform(1e-4, 1e0),
                "sgdclassifier__loss": ["hinge", "log_loss", "modified_huber"],
                "sgdclassifier__learning_rate": [
                    "constant",
                    "invscaling",
                    "optimal",
                ],
                "sgdclassifier__power_t": uniform(0.1, 0.5),
                "sgdclassifier__average": [True, False],
            },
            make_moons(400, noise=0.3, random_state=0),
        ),
    }


def kept(path, make):
    """Read what is kept, or make it and keep it."""
    path = CACHE / path
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        joblib.dump(make(), unfinished, compress=3)
        unfinished.replace(path)
    return joblib.load(path)


def search_results(name, problem, seed):
    """Search with 40 candidates."""

    def make():
        search = BayesSearchCV(
            problem.estimator,
            problem.space,
            n_iter=N_ITER,
            cv=problem.cv,
            scoring=problem.scoring,
            refit=False,
            random_state=seed,
        )
        return search.fit(*problem.data).cv_results_

    return kept(f"{name}/search {seed}.joblib", make)


def random_settings(name, problem, n_settings=N_SETTINGS):
    """Score random settings, 2,000 in the end."""
    settings = list(ParameterSampler(problem.space, N_SETTINGS, random_state=0))
    scores = [
        kept(
            f"{name}/settings {first}.joblib",
            lambda first=first: [
                problem.score(setting) for setting in settings[first : first + CHUNK]
            ],
        )
        for first in range(0, n_settings, CHUNK)
    ]
    return settings[:n_settings], np.concatenate(scores)


def lines(name, problem, seed):
    """Score places along lines through the best of a search."""
    results = search_results(name, problem, seed)
    best = results["params"][int(np.nanargmax(results["mean_test_score"]))]
    places = []
    for parameter, values in problem.space.items():
        if not isinstance(values, list):
            values = values.ppf((np.arange(N_PLACES) + 0.5) / N_PLACES).tolist()
            if isinstance(best[parameter], int):
                values = [int(value) for value in values]
        places += [(parameter, {**best, parameter: value}) for value in values]

    def make():
        return [problem.score(setting) for _, setting in places]

    return places, np.array(kept(f"{name}/lines {seed}.joblib", make))


class Coding:
    """Settings as numbers: probabilities of ranges, a column for each choice."""

    def __init__(self, space):
        self.space = space

    def encode(self, settings):
        """Code settings, (n_settings, n_columns)."""
        columns = []
        for name, values in self.space.items():
            own = [setting[name] for setting in settings]
            if isinstance(values, list):
                columns += [[float(value == each) for value in own] for each in values]
            else:
                columns.append(values.cdf(own))
        return np.array(columns, dtype=float).T

    def points(self, V):
        """Code points of the unit cube, a column a parameter."""
        columns = []
        for v, values in zip(V.T, self.space.values(), strict=True):
            if isinstance(values, list):
                number = np.minimum((v * len(values)).astype(int), len(values) - 1)
                columns += [number == each for each in range(len(values))]
            else:
                columns.append(values.cdf(values.ppf(v)))
        return np.array(columns, dtype=float).T


def true_shares(name, problem):
    """Estimate shares of variance from the random settings.

    Returns the main and total shares, (n_parameters,), of a model of all settings, how
    much those of its halves differ, and the share of variance that it leaves open.
    """
    settings, scores = random_settings(name, problem)
    coding = Coding(problem.space)
    X, y = coding.encode(settings), standardise(scores)[0]

    def kernel():
        """Choose the more probable of two, by some of the settings."""
        scales = np.ones(X.shape[1])
        processes = [
            GaussianProcessRegressor(
                ConstantKernel(10.0) * Matern(scales, nu=nu) + WhiteKernel(1e-2),
                normalize_y=True,
            ).fit(X[:N_FITTED], y[:N_FITTED])
            for nu in (1.5, 2.5)
        ]
        return max(
            processes, key=lambda each: each.log_marginal_likelihood_value_
        ).kernel_

    def fitted(rows, kernel):
        process = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True)
        return process.fit(X[rows], y[rows])

    def shares(process):
        n = len(problem.space)
        both = qmc.Sobol(2 * n, rng=0).random(1024)
        A, B = both[:, :n], both[:, n:]
        f_A, f_B = (process.predict(coding.points(V)) for V in (A, B))
        variance = np.concatenate([f_A, f_B]).var()
        main, total = np.empty((2, n))
        for i in range(n):
            mixed = A.copy()
            mixed[:, i] = B[:, i]
            f_AB = process.predict(coding.points(mixed))
            # Jansen's estimators
            main[i] = 1 - 0.5 * np.mean((f_B - f_AB) ** 2) / variance
            total[i] = 0.5 * np.mean((f_A - f_AB) ** 2) / variance
        return np.array([main, total])

    def make():
        halves = np.arange(len(y)) % 2 == 0
        halves = [np.flatnonzero(halves), np.flatnonzero(~halves)]
        chosen = kernel()
        models = [fitted(rows, chosen) for rows in halves]
        left = [
            np.mean((model.predict(X[others]) - y[others]) ** 2)
            for model, others in zip(models, halves[::-1], strict=True)
        ]
        whole = shares(fitted(np.arange(len(y)), chosen))
        first, second = map(shares, models)
        return whole, np.abs(first - second) / 2, np.mean(left) / y.var()

    return kept(f"{name}/truth.joblib", make)


def collect(every):
    """Make and keep all scores, of all problems side by side."""
    for seed in range(N_SEARCHES):
        for name, problem in every.items():
            search_results(name, problem, seed)
    for n_settings in range(CHUNK, N_SETTINGS + 1, CHUNK):
        for name, problem in every.items():
            random_settings(name, problem, n_settings)
    for seed in range(N_SEARCHES):
        for name, problem in every.items():
            lines(name, problem, seed)


class Search:
    """A search that ended: its results, its space and what was tuned."""

    def __init__(self, problem, results):
        self.estimator, self.param_distributions = problem.estimator, problem.space
        self.cv_results_ = results

    def fit(self):
        """Do nothing."""


def judge(name, problem, seed):
    """Compare what is said of a search with the truth.

    Returns a row a parameter: whether the error holds, whether it is said to hardly
    matter, whether it is said to matter, and its true share. And of places at random
    settings and along lines, how often the band holds the score, how often where a
    candidate is near, and how often that is.
    """
    search = Search(problem, search_results(name, problem, seed))
    model = ScoreModel.fit(observe(search))
    importance = importance_table(model)
    (_, true), _, _ = true_shares(name, problem)
    rows = []
    for parameter, share in zip(problem.space, true, strict=True):
        row = importance.loc[parameter]
        # the truth is an estimate, too
        within = abs(row["total"] - share) <= row["error"] + 0.005
        matters = row["matters"]
        rows.append((within, matters == "hardly", matters == "yes", share))
    settings, scores = random_settings(name, problem)
    places, along = lines(name, problem, seed)
    bands = []
    for some, truth in (
        (settings[:500], scores[:500]),
        ([setting for _, setting in places], along),
    ):
        U = np.array([model.observed.space.encode(setting) for setting in some])
        mean, std = model.predict(U, noise=True)
        held, near = np.abs(truth - mean) <= 1.96 * std, model.in_reach(U)
        bands += [held.mean(), held[near].mean(), near.mean()]
    return rows, bands


def show(label, rows, bands):
    """Print a line about some searches."""
    rows = np.array(rows, dtype=float)
    hardly, yes, little = rows[:, 1] > 0, rows[:, 2] > 0, rows[:, 3] <= 0.05
    everywhere, near, share, along, along_near, share_near = np.mean(bands, axis=0)
    print(
        f"{label:18s}{hardly.sum():7d}{(hardly & ~little).sum():6d}{little.sum():6d}"
        f"{yes.sum():9d}{(yes & little).sum():6d}{(~little).sum():6d}"
        f"{rows[:, 0].mean():9.0%}{everywhere:10.0%}{near:6.0%} ({share:3.0%})"
        f"{along:10.0%}{along_near:6.0%} ({share_near:3.0%})",
        flush=True,
    )


def main():
    """Print a line for each problem, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--collect", action="store_true")
    only_collect = parser.parse_args().collect
    warnings.simplefilter("ignore", ConvergenceWarning)
    every = problems()
    collect(every)
    if only_collect:
        return
    print(
        "                  hardly matters   |  matters         | error | band holds\n"
        "                    said false   are     said false   are    holds"
        "  anywhere, near    on lines, near (share)",
        flush=True,
    )
    all_rows, all_bands = [], []
    for name, problem in every.items():
        found = [judge(name, problem, seed) for seed in range(N_SEARCHES)]
        rows = [row for each, _ in found for row in each]
        bands = [each for _, each in found]
        show(name, rows, bands)
        all_rows += rows
        all_bands += bands
    show("all", all_rows, all_bands)


if __name__ == "__main__":
    main()
