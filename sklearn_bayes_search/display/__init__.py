"""Pictures of a search, for ``GridSearchCV`` and ``RandomizedSearchCV`` as well."""

from sklearn_bayes_search.display._convergence import ConvergenceDisplay

__all__ = ["ConvergenceDisplay"]
