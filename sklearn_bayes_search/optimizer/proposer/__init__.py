"""Choosing the next point, by a model of the score or directly."""

from sklearn_bayes_search.optimizer._weights import Weight
from sklearn_bayes_search.optimizer.proposer._base import Observations, Proposer
from sklearn_bayes_search.optimizer.proposer._model_based import Prediction
from sklearn_bayes_search.optimizer.proposer._names import SURROGATES
from sklearn_bayes_search.optimizer.proposer._parzen import ParzenEstimator

__all__ = [
    "SURROGATES",
    "Observations",
    "ParzenEstimator",
    "Prediction",
    "Proposer",
    "Weight",
]
