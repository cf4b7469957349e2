"""What is known of estimators before a search: which parameters matter, and where."""

from sklearn_bayes_search.experience._default_space import default_space

__all__ = ["default_space"]
