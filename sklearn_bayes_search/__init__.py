"""Bayesian hyperparameter search that takes the place of GridSearchCV."""

from sklearn_bayes_search._search import BayesSearchCV
from sklearn_bayes_search.display import (
    AcquisitionDisplay,
    ConvergenceDisplay,
    FoldsDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    ParetoDisplay,
    PathDisplay,
    SurrogateDisplay,
    TimelineDisplay,
)
from sklearn_bayes_search.exceptions import JournalError, SpaceExhausted
from sklearn_bayes_search.execution import (
    ExpectedGain,
    FitPath,
    FoldRacing,
    HypervolumeGain,
    MLflowLogger,
    Patience,
    ProgressLine,
    RowRacing,
    TargetScore,
    WandbLogger,
    read_journal,
)
from sklearn_bayes_search.experience import default_space
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer.acquisition import (
    ExpectedImprovement,
    ExpectedImprovementPerSecond,
    LogExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from sklearn_bayes_search.optimizer.proposer import ParzenEstimator
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess, RandomForest
from sklearn_bayes_search.report._live._callback import LivePage
from sklearn_bayes_search.results._ensemble import GreedyEnsemble
from sklearn_bayes_search.results._importance import (
    pair_importance,
    parameter_importance,
)
from sklearn_bayes_search.results._optuna import to_optuna
from sklearn_bayes_search.results._pareto import Knee, WithinLimits
from sklearn_bayes_search.results._ranges import check_ranges
from sklearn_bayes_search.results._selection import OneStandardError
from sklearn_bayes_search.space import Categorical, Integer, Ordinal, Real, Space

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
    "FitPath",
    "FoldRacing",
    "FoldsDisplay",
    "GaussianProcess",
    "GreedyEnsemble",
    "HypervolumeGain",
    "Integer",
    "JournalError",
    "Knee",
    "LivePage",
    "LogExpectedImprovement",
    "MLflowLogger",
    "OneStandardError",
    "Ordinal",
    "ParallelCoordinatesDisplay",
    "ParameterImportanceDisplay",
    "ParetoDisplay",
    "ParzenEstimator",
    "PathDisplay",
    "Patience",
    "ProbabilityOfImprovement",
    "ProgressLine",
    "RandomForest",
    "Real",
    "RowRacing",
    "Space",
    "SpaceExhausted",
    "SurrogateDisplay",
    "TargetScore",
    "ThompsonSampling",
    "TimelineDisplay",
    "UpperConfidenceBound",
    "WandbLogger",
    "WithinLimits",
    "check_ranges",
    "default_space",
    "pair_importance",
    "parameter_importance",
    "read_journal",
    "to_optuna",
]
