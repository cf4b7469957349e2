"""What makes and reads results: cv_results_, choice of the best, importance, fronts."""

from sklearn_bayes_search.results._importance import (
    pair_importance,
    parameter_importance,
)
from sklearn_bayes_search.results._optuna import to_optuna
from sklearn_bayes_search.results._pareto import Knee, WithinLimits, pareto_frame
from sklearn_bayes_search.results._ranges import check_ranges
from sklearn_bayes_search.results._selection import (
    HonestScore,
    OneStandardError,
    equivalent_settings,
    honest_score,
    known_test_share,
)

__all__ = [
    "HonestScore",
    "Knee",
    "OneStandardError",
    "WithinLimits",
    "check_ranges",
    "equivalent_settings",
    "honest_score",
    "known_test_share",
    "pair_importance",
    "parameter_importance",
    "pareto_frame",
    "to_optuna",
]
