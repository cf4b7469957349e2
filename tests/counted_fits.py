"""Estimators that score a known function of their parameters, and count their fits."""

import numpy as np
from sklearn.base import BaseEstimator


class Counted(BaseEstimator):
    """Best at x = 0.3, whatever the other parameters; the data only shift the score.

    Parameters
    ----------
    x : float, default=0.5
        Cannot be fitted if None.
    kind : str, default="a"
        Has no effect.
    depth : int, default=1
        Has no effect.
    fail : bool, default=False
        Cannot be fitted if True.

    Attributes
    ----------
    n_fits : int
        How often any of them was fitted in this process: of the class.
    """

    n_fits = 0

    def __init__(self, x=0.5, kind="a", depth=1, fail=False):
        self.x = x
        self.kind = kind
        self.depth = depth
        self.fail = fail

    def fit(self, X, y=None):
        Counted.n_fits += 1
        if self.fail or self.x is None:
            raise RuntimeError(f"this is the failure of x={self.x!r}")
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def score(self, X, y=None):
        return -((self.x - 0.3) ** 2) + 1e-3 * float(np.mean(X))
