"""What is known of estimators before a search: what to tune, and over which ranges."""

from sklearn_bayes_search.experience._default_space import default_space

__all__ = ["default_space"]
