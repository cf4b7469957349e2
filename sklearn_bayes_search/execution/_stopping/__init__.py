"""When a search has gone on for long enough: each rule is a file beside its base."""

from sklearn_bayes_search.execution._stopping._base import StoppingRule, as_rules
from sklearn_bayes_search.execution._stopping._expected_gain import ExpectedGain
from sklearn_bayes_search.execution._stopping._hypervolume_gain import (
    HypervolumeGain,
)
from sklearn_bayes_search.execution._stopping._patience import Patience
from sklearn_bayes_search.execution._stopping._target_score import TargetScore

__all__ = [
    "ExpectedGain",
    "HypervolumeGain",
    "Patience",
    "StoppingRule",
    "TargetScore",
    "as_rules",
]
