"""The search space: parameters, their place in the unit cube, points drawn from it."""

from sklearn_bayes_search.space._choices import Categorical, Ordinal
from sklearn_bayes_search.space._dimensions import Integer, Real
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.space._space import Space

__all__ = ["Categorical", "Dims", "Integer", "Ordinal", "Real", "Space"]
