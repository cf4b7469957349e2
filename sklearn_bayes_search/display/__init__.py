"""Pictures of a search, also of scikit-learn's: what they show, axes, ticks, pens."""

from sklearn_bayes_search.display._acquisition import AcquisitionDisplay
from sklearn_bayes_search.display._convergence import ConvergenceDisplay
from sklearn_bayes_search.display._folds import FoldsDisplay
from sklearn_bayes_search.display._parallel_coordinates import (
    ParallelCoordinatesDisplay,
)
from sklearn_bayes_search.display._parameter_importance import (
    ParameterImportanceDisplay,
)
from sklearn_bayes_search.display._pareto import ParetoDisplay
from sklearn_bayes_search.display._path import PathDisplay
from sklearn_bayes_search.display._surrogate import SurrogateDisplay
from sklearn_bayes_search.display._timeline import TimelineDisplay

__all__ = [
    "AcquisitionDisplay",
    "ConvergenceDisplay",
    "FoldsDisplay",
    "ParallelCoordinatesDisplay",
    "ParameterImportanceDisplay",
    "ParetoDisplay",
    "PathDisplay",
    "SurrogateDisplay",
    "TimelineDisplay",
]
