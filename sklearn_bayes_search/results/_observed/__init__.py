"""What any finished search saw, and a model of it."""

from sklearn_bayes_search.results._observed._observed import (
    Observed,
    ScoreModel,
    observe,
)
from sklearn_bayes_search.results._observed._results import (
    Results,
    read_results,
    searched_space,
    without_resource,
)
from sklearn_bayes_search.results._observed._shares import HARDLY, Shares, score_shares

__all__ = [
    "HARDLY",
    "Observed",
    "Results",
    "ScoreModel",
    "Shares",
    "observe",
    "read_results",
    "score_shares",
    "searched_space",
    "without_resource",
]
