"""Choose the next point: by a model of the score, or directly."""

from sklearn_bayes_search.optimizer.proposer._base import Known, Proposer
from sklearn_bayes_search.optimizer.proposer._model_based import ModelBased, Prediction
from sklearn_bayes_search.optimizer.proposer._names import SURROGATES, as_proposer
from sklearn_bayes_search.optimizer.proposer._parzen import ParzenEstimator

__all__ = [
    "SURROGATES",
    "Known",
    "ModelBased",
    "ParzenEstimator",
    "Prediction",
    "Proposer",
    "as_proposer",
]
