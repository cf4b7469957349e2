"""Models of the score over the unit cube."""

from collections.abc import Mapping
from types import MappingProxyType

from sklearn_bayes_search.optimizer.surrogate._base import Posterior, Surrogate
from sklearn_bayes_search.optimizer.surrogate._expectation import Expectation
from sklearn_bayes_search.optimizer.surrogate._forest import RandomForest
from sklearn_bayes_search.optimizer.surrogate._gaussian_process import GaussianProcess

__all__ = ["Expectation", "GaussianProcess", "Posterior", "RandomForest", "Surrogate"]

# By short names, which stand among the `SURROGATES` that a user can choose.
MODELS: Mapping[str, type[Surrogate]] = MappingProxyType(
    {"gp": GaussianProcess, "forest": RandomForest}
)
