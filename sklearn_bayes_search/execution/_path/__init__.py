"""All lengths of an estimator in one fit: which parameter, how it grows, its scores."""

from sklearn_bayes_search.execution._path._fit_path import FitPath, Lengths, as_lengths
from sklearn_bayes_search.execution._path._growers import Grower

__all__ = ["FitPath", "Grower", "Lengths", "as_lengths"]
