"""What runs a search: folds, workers, the journal, when it ends."""

from sklearn_bayes_search.execution._executors import Executor, Lost
from sklearn_bayes_search.execution._journal import read_journal
from sklearn_bayes_search.execution._racing import FoldRacing
from sklearn_bayes_search.execution._stopping import (
    ExpectedGain,
    Patience,
    StoppingRule,
    TargetScore,
    TimeBudget,
)

__all__ = [
    "Executor",
    "ExpectedGain",
    "FoldRacing",
    "Lost",
    "Patience",
    "StoppingRule",
    "TargetScore",
    "TimeBudget",
    "read_journal",
]
