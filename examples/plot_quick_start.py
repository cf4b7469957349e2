"""
Quick start: the same search four ways
======================================

A decision tree has six parameters that matter, and a support vector machine has two.
Good values of them differ from one data set to the next. Here they are looked for by
scikit-learn's random and grid searches, and by ``BayesSearchCV``, which chooses each
candidate by what the earlier ones scored: once without any space, and once with the
space of the random search. Each tries 15 candidates, on the same 5 folds.
"""

# %%
# Two problems
# ------------
# The tree sees 1,078 of the 1,797 digits, the support vector machine 400. The other
# rows test what was chosen.

# sphinx_gallery_thumbnail_path = 'benchmarks/efficiency/page/front.png'
import time

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_digits
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV

digits = load_digits(return_X_y=True)
many = train_test_split(*digits, train_size=0.6, stratify=digits[1], random_state=0)
few = train_test_split(*digits, train_size=400, random_state=0)
tree = DecisionTreeClassifier(random_state=0)
svm = Pipeline([("scale", StandardScaler()), ("svc", SVC())])

# %%
# Where to search
# ---------------
# A random search takes distributions; ``loguniform`` makes 0.001 to 0.01 as likely as
# 100 to 1000. ``BayesSearchCV`` reads the same, or has a space of its own. A grid needs
# lists of values: 15 candidates are 5 values of two parameters each, or fewer of more.

tree_space = {
    "criterion": ["gini", "entropy"],
    "max_depth": randint(2, 31),
    "min_samples_leaf": randint(1, 21),
    "min_samples_split": randint(2, 41),
    "max_features": uniform(0.1, 0.9),
    "ccp_alpha": loguniform(1e-5, 1e-1),
}
tree_grid = {"max_depth": [4, 8, 12, 16, 30], "min_samples_leaf": [1, 5, 20]}
svm_space = {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-5, 1e1)}
svm_grid = {"svc__C": np.logspace(-3, 3, 5), "svc__gamma": [1e-4, 1e-2, 1]}

# %%
# Four searches
# -------------
# One seed proves little, so the searches that depend on chance run with three.

SEEDS = range(3)
options = {"cv": StratifiedKFold(5, shuffle=True, random_state=0)}
learning = {"n_iter": 15, **options}


def searches(estimator, space, grid):
    """Make the searches of each method, a list of one per seed."""
    return {
        "RandomizedSearchCV": [
            RandomizedSearchCV(estimator, space, random_state=seed, **learning)
            for seed in SEEDS
        ],
        "BayesSearchCV, no space": [
            BayesSearchCV(estimator, random_state=seed, **learning) for seed in SEEDS
        ],
        "BayesSearchCV": [
            BayesSearchCV(estimator, space, random_state=seed, **learning)
            for seed in SEEDS
        ],
        "GridSearchCV": [GridSearchCV(estimator, grid, **options)],
    }


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
    }


problems = {
    "tree": (many, tree, tree_space, tree_grid),
    "SVM": (few, svm, svm_space, svm_grid),
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
CV score is the share of right answers, cross-validated, of the best candidate found:
the mean over three seeds, and that of the worst seed. Test score is the share on rows
that no search has seen, where a difference below 0.01 may be chance. Seconds are
for one search with its final fit.
"""
)

# %%
# A grid is as good as its nearest point, and a random search as good as its draws. The
# Bayesian search begins with the estimator's own hyperparameters and with what did well
# on other data. Then it looks where the scores are high, so its CV score depends less
# on chance. On unseen rows the difference is smaller, because the best CV score is
# always optimistic. Choosing candidates well pays most where fits are slow or
# hyperparameters are many, so that only a few candidates can be tried.
