"""Models of the score over the unit cube."""

from sklearn_bayes_search.optimizer.surrogate._base import Posterior, Surrogate
from sklearn_bayes_search.optimizer.surrogate._expectation import Expectation
from sklearn_bayes_search.optimizer.surrogate._forest import RandomForest
from sklearn_bayes_search.optimizer.surrogate._gaussian_process import GaussianProcess

__all__ = ["Expectation", "GaussianProcess", "Posterior", "RandomForest", "Surrogate"]
