"""What decides which candidate comes next: surrogates, acquisitions, maximiser."""

from sklearn_bayes_search.optimizer._hypervolume import hypervolume
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History, Outcome, Trial
from sklearn_bayes_search.optimizer.proposer import Prediction

__all__ = [
    "BayesianOptimizer",
    "History",
    "Outcome",
    "Prediction",
    "Trial",
    "hypervolume",
]
