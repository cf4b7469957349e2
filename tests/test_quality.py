"""Whole searches: do they find more than a random search does?"""

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV


@pytest.mark.slow
def test_thirty_candidates_reach_the_best_of_a_grid_of_two_hundred():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    kernels = ["rbf", "sigmoid"]
    grid = {"C": np.logspace(-3, 3, 10), "gamma": np.logspace(-5, 1, 10)}
    space = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
    options = {"cv": 3, "refit": False}
    target = GridSearchCV(SVC(), {**grid, "kernel": kernels}, **options)
    # equal scores may differ in the last bit
    target = target.fit(X, y).best_score_ - 1e-12

    def successes(search):
        space_ = {**space, "kernel": kernels}
        best = [
            search(SVC(), space_, n_iter=30, random_state=seed, **options)
            .fit(X, y)
            .best_score_
            for seed in range(10)
        ]
        return int(np.sum(np.array(best) >= target))

    # A random search reaches it in 3 of 10. doc/benchmarks/svc_against_grid.py counts
    # with other folds.
    assert successes(BayesSearchCV) >= 9
    assert successes(RandomizedSearchCV) <= 5
