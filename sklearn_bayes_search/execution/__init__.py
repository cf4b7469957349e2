"""What runs a search: fits, folds, racing, workers, journal, and rules that end it."""

from sklearn_bayes_search.execution._callbacks import (
    BeginsWithSearch,
    CandidateRecord,
    FoldRecord,
    MLflowLogger,
    ProgressLine,
    RunningSearch,
    SearchCallback,
    WandbLogger,
)
from sklearn_bayes_search.execution._executors import Executor
from sklearn_bayes_search.execution._journal import read_journal
from sklearn_bayes_search.execution._path import FitPath, Grower
from sklearn_bayes_search.execution._racing import FoldRacing
from sklearn_bayes_search.execution._row_racing import RowRacing
from sklearn_bayes_search.execution._stopping._base import StoppingRule
from sklearn_bayes_search.execution._stopping._expected_gain import ExpectedGain
from sklearn_bayes_search.execution._stopping._hypervolume_gain import (
    HypervolumeGain,
)
from sklearn_bayes_search.execution._stopping._patience import Patience
from sklearn_bayes_search.execution._stopping._target_score import TargetScore

__all__ = [
    "BeginsWithSearch",
    "CandidateRecord",
    "Executor",
    "ExpectedGain",
    "FitPath",
    "FoldRacing",
    "FoldRecord",
    "Grower",
    "HypervolumeGain",
    "MLflowLogger",
    "Patience",
    "ProgressLine",
    "RowRacing",
    "RunningSearch",
    "SearchCallback",
    "StoppingRule",
    "TargetScore",
    "WandbLogger",
    "read_journal",
]
