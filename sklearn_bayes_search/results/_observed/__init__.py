"""What any finished search saw, and a model of it."""

from sklearn_bayes_search.results._observed._observed import (
    Observed,
    ScoreModel,
    observe,
    searched_space,
)
from sklearn_bayes_search.results._observed._shares import HARDLY, Shares, score_shares

__all__ = [
    "HARDLY",
    "Observed",
    "ScoreModel",
    "Shares",
    "observe",
    "score_shares",
    "searched_space",
]
