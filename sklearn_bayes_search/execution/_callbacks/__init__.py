"""Callbacks that follow a running search; each logger is a file beside the base."""

from sklearn_bayes_search.execution._callbacks._base import (
    BeginsWithSearch,
    CandidateRecord,
    FoldRecord,
    Listeners,
    RunningSearch,
    SearchCallback,
)
from sklearn_bayes_search.execution._callbacks._mlflow import (
    MLflowLogger,
    autologging,
)
from sklearn_bayes_search.execution._callbacks._progress_line import ProgressLine
from sklearn_bayes_search.execution._callbacks._wandb import WandbLogger

__all__ = [
    "BeginsWithSearch",
    "CandidateRecord",
    "FoldRecord",
    "Listeners",
    "MLflowLogger",
    "ProgressLine",
    "RunningSearch",
    "SearchCallback",
    "WandbLogger",
    "autologging",
]
