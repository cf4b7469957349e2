"""
Quick start: the same search three ways
=======================================

A support vector machine has two parameters that matter, ``C`` and ``gamma``, and good
values of them differ from one data set to the next. Here they are looked for by
scikit-learn's grid search, by its random search, and by ``BayesSearchCV``, which
chooses each setting by what the earlier ones scored. All three try 25 settings on the
same 5 folds.

The second problem is a logistic regression with one parameter only, where there is
little to gain.
"""

# %%
# Two problems
# ------------
# The search sees 400 of the 1797 digits, and three quarters of the breast cancer data.
# The other rows test what it has chosen.

import time

import numpy as np
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV

digits = train_test_split(*load_digits(return_X_y=True), train_size=400, random_state=0)
cancer = train_test_split(
    *load_breast_cancer(return_X_y=True), train_size=0.75, random_state=0
)
svm = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
logistic = Pipeline(
    [("scale", StandardScaler()), ("logreg", LogisticRegression(solver="liblinear"))]
)

# %%
# Where to search
# ---------------
# A grid needs a list of values for each parameter. The other two take distributions;
# ``loguniform`` makes 0.001 to 0.01 as likely as 100 to 1000. ``BayesSearchCV`` reads
# what the other two read.

svm_grid = {"svc__C": np.logspace(-3, 3, 5), "svc__gamma": np.logspace(-5, 1, 5)}
svm_space = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)}
logistic_grid = {"logreg__C": np.logspace(-3, 3, 25)}
logistic_space = {"logreg__C": loguniform(1e-3, 1e3)}

# %%
# Three searches
# --------------
# One seed proves little, so the searches that depend on chance run with three.

SEEDS = range(3)
N_ITER = 25
cv = StratifiedKFold(5, shuffle=True, random_state=0)


def searches(estimator, grid, space):
    """Make the searches of each method, a list of one per seed."""
    return {
        "GridSearchCV": [GridSearchCV(estimator, grid, cv=cv)],
        "RandomizedSearchCV": [
            RandomizedSearchCV(
                estimator, space, n_iter=N_ITER, cv=cv, random_state=seed
            )
            for seed in SEEDS
        ],
        "BayesSearchCV": [
            BayesSearchCV(estimator, space, n_iter=N_ITER, cv=cv, random_state=seed)
            for seed in SEEDS
        ],
    }


def show(params):
    """Write a setting in short."""
    return ", ".join(f"{k.partition('__')[2]}={v:.3g}" for k, v in params.items())


def row(runs, data):
    """Fit the searches of one method; give the means over its seeds."""
    X_train, X_test, y_train, y_test = data
    start = time.perf_counter()
    for search in runs:
        search.fit(X_train, y_train)
    seconds = (time.perf_counter() - start) / len(runs)
    scores = [search.best_score_ for search in runs]
    return {
        "candidates": len(runs[0].cv_results_["params"]),
        "CV score": f"{np.mean(scores):.4f}",
        "worst seed": f"{min(scores):.4f}",
        "test score": f"{np.mean([s.score(X_test, y_test) for s in runs]):.4f}",
        "seconds": f"{seconds:.1f}",
        "best setting": show(runs[0].best_params_),
    }


problems = {
    "SVM, digits": (digits, svm, svm_grid, svm_space),
    "logistic, cancer": (cancer, logistic, logistic_grid, logistic_space),
}
rows = {
    (problem, method): row(runs, data)
    for problem, (data, *search_args) in problems.items()
    for method, runs in searches(*search_args).items()
}
print(pd.DataFrame.from_dict(rows, orient="index").to_string())

# %%
# What came out
# -------------

print(
    """
CV score is the share of right answers, cross-validated, of the best setting found:
the mean over three seeds, and that of the worst seed. Test score is the share on rows
that no search has seen, where a difference below 0.01 may be chance. Seconds are
for one search with its final fit; the best setting is that of the first seed.
"""
)

# %%
# A grid is as good as its nearest point, and random settings are as good as their luck.
# The learning search looks more closely where scores were high, so its CV score, which
# is what it maximises, depends less on either. On unseen rows the difference is
# smaller, for some of the best CV score is always luck. With one parameter 25 settings
# are plenty for any method, and there is nothing left to gain. It pays to choose
# settings well where fits are slow or parameters are many, so that only a few settings
# can be tried.
