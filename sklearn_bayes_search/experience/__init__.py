"""What is known of estimators beforehand: default spaces, what scored well before."""

from sklearn_bayes_search.experience._default_space import default_space

__all__ = ["default_space"]
