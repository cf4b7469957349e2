"""Bayesian hyper-parameter search that takes the place of GridSearchCV."""

from sklearn_bayes_search._journal import read_journal
from sklearn_bayes_search._racing import FoldRacing
from sklearn_bayes_search._search import BayesSearchCV
from sklearn_bayes_search.acquisition import (
    ExpectedImprovement,
    ExpectedImprovementPerSecond,
    LogExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from sklearn_bayes_search.display import (
    AcquisitionDisplay,
    ConvergenceDisplay,
    FoldsDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    SurrogateDisplay,
    TimelineDisplay,
)
from sklearn_bayes_search.exceptions import JournalError, SpaceExhausted
from sklearn_bayes_search.importance import pair_importance, parameter_importance
from sklearn_bayes_search.optimizer import BayesianOptimizer
from sklearn_bayes_search.proposer import ParzenEstimator
from sklearn_bayes_search.ranges import check_ranges
from sklearn_bayes_search.selection import OneStandardError
from sklearn_bayes_search.space import Categorical, Integer, Ordinal, Real, Space
from sklearn_bayes_search.stopping import (
    ExpectedGain,
    Patience,
    TargetScore,
    TimeBudget,
)
from sklearn_bayes_search.surrogate import GaussianProcess, RandomForest

__version__ = "0.1.0"

__all__ = [
    "AcquisitionDisplay",
    "BayesSearchCV",
    "BayesianOptimizer",
    "Categorical",
    "ConvergenceDisplay",
    "ExpectedGain",
    "ExpectedImprovement",
    "ExpectedImprovementPerSecond",
    "FoldRacing",
    "FoldsDisplay",
    "GaussianProcess",
    "Integer",
    "JournalError",
    "LogExpectedImprovement",
    "OneStandardError",
    "Ordinal",
    "ParallelCoordinatesDisplay",
    "ParameterImportanceDisplay",
    "ParzenEstimator",
    "Patience",
    "ProbabilityOfImprovement",
    "RandomForest",
    "Real",
    "Space",
    "SpaceExhausted",
    "SurrogateDisplay",
    "TargetScore",
    "ThompsonSampling",
    "TimeBudget",
    "TimelineDisplay",
    "UpperConfidenceBound",
    "check_ranges",
    "pair_importance",
    "parameter_importance",
    "read_journal",
]
