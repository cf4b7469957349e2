"""The search space: a user's parameters, and their place in the unit cube."""

from sklearn_bayes_search.space._choices import Categorical, Ordinal
from sklearn_bayes_search.space._dimensions import Dimension, Integer, Real
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.space._space import Space, as_space

__all__ = [
    "Categorical",
    "Dimension",
    "Dims",
    "Integer",
    "Ordinal",
    "Real",
    "Space",
    "as_space",
]
