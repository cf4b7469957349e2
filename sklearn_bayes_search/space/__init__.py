"""The search space: a user's parameters, and their place in the unit cube."""

from sklearn_bayes_search.space._choices import Categorical, Ordinal
from sklearn_bayes_search.space._dimensions import Integer, Real
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.space._space import Space

__all__ = [
    "Categorical",
    "Dims",
    "Integer",
    "Ordinal",
    "Real",
    "Space",
]
