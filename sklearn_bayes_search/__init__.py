"""Bayesian hyper-parameter search that takes the place of GridSearchCV."""

from sklearn_bayes_search._journal import read_journal
from sklearn_bayes_search._search import BayesSearchCV
from sklearn_bayes_search.acquisition import (
    ExpectedImprovement,
    LogExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from sklearn_bayes_search.exceptions import JournalError, SpaceExhausted
from sklearn_bayes_search.optimizer import BayesianOptimizer
from sklearn_bayes_search.proposer import ParzenEstimator
from sklearn_bayes_search.space import Categorical, Integer, Ordinal, Real, Space
from sklearn_bayes_search.surrogate import GaussianProcess, RandomForest

__all__ = [
    "BayesSearchCV",
    "BayesianOptimizer",
    "Categorical",
    "ExpectedImprovement",
    "GaussianProcess",
    "Integer",
    "JournalError",
    "LogExpectedImprovement",
    "Ordinal",
    "ParzenEstimator",
    "ProbabilityOfImprovement",
    "RandomForest",
    "Real",
    "Space",
    "SpaceExhausted",
    "ThompsonSampling",
    "UpperConfidenceBound",
    "read_journal",
]
