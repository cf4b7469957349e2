"""Errors that a caller may want to catch."""

__all__ = ["SpaceExhausted"]


class SpaceExhausted(Exception):
    """Every point of a finite search space has been asked for.

    Raised by :meth:`sklearn_bayes_search.BayesianOptimizer.ask`. A search ends there
    without an error: its ``stop_reason_`` says so.
    """
