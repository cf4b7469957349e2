"""A page about a finished search: one file, for a browser, that can be sent around."""

from sklearn_bayes_search.report._report import report

__all__ = ["report"]
