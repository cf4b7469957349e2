"""Acquisition functions: how promising a point is, given the posterior."""

from collections.abc import Mapping
from types import MappingProxyType

from sklearn_bayes_search.optimizer.acquisition._base import Acquisition, Context
from sklearn_bayes_search.optimizer.acquisition._ei import ExpectedImprovement
from sklearn_bayes_search.optimizer.acquisition._ei_per_second import (
    ExpectedImprovementPerSecond,
)
from sklearn_bayes_search.optimizer.acquisition._log_ei import LogExpectedImprovement
from sklearn_bayes_search.optimizer.acquisition._pi import ProbabilityOfImprovement
from sklearn_bayes_search.optimizer.acquisition._thompson import ThompsonSampling
from sklearn_bayes_search.optimizer.acquisition._ucb import UpperConfidenceBound

__all__ = [
    "ACQUISITIONS",
    "Acquisition",
    "Context",
    "ExpectedImprovement",
    "ExpectedImprovementPerSecond",
    "LogExpectedImprovement",
    "ProbabilityOfImprovement",
    "ThompsonSampling",
    "UpperConfidenceBound",
]

ACQUISITIONS: Mapping[str, type[Acquisition]] = MappingProxyType(
    {
        "log_ei": LogExpectedImprovement,
        "ei": ExpectedImprovement,
        "ei_per_second": ExpectedImprovementPerSecond,
        "pi": ProbabilityOfImprovement,
        "ucb": UpperConfidenceBound,
        "thompson": ThompsonSampling,
    }
)
