"""What any finished search saw, and a model of it."""

from sklearn_bayes_search._observed._observed import Observed, ScoreModel, observe
from sklearn_bayes_search._observed._results import (
    Results,
    read_results,
    searched_space,
    without_resource,
)

__all__ = [
    "Observed",
    "Results",
    "ScoreModel",
    "observe",
    "read_results",
    "searched_space",
    "without_resource",
]
