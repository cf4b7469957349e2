"""Stand-ins with the names and signatures of scikit-learn's GridSearchCV and
RandomizedSearchCV that are subclasses of the class under test.

A module of its own, configured by the environment variable CONFORMANCE (JSON written
by run.py), so that worker processes can unpickle the stand-ins too.
"""

import importlib
import json
import os

import numpy as np
from sklearn.model_selection import ParameterGrid

CONFIG = json.loads(os.environ["CONFORMANCE"])
EXTRA = CONFIG["set"]

module, _, name = CONFIG["class"].partition(":")
Search = getattr(importlib.import_module(module), name)


class GridSearchCV(Search):
    """The search with a budget of as many candidates as the grid has points."""

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            param_grid,
            n_iter=1,  # until fit counts the points
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=0,
            error_score=error_score,
            return_train_score=return_train_score,
            **EXTRA,
        )
        self.param_grid = param_grid

    def fit(self, X, y=None, **params):
        before = self.param_distributions, self.n_iter
        self.param_distributions = self.param_grid  # set_params may have changed it
        self.n_iter = len(ParameterGrid(self.param_grid))
        try:
            return super().fit(X, y, **params)
        finally:  # fit must not change an attribute that was there
            self.param_distributions, self.n_iter = before


class RandomizedSearchCV(Search):
    """The search with the defaults of scikit-learn's, and no further parameters."""

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
            **EXTRA,
        )
