"""A page about a finished search: one file, for a browser, that can be sent around."""

from sklearn_bayes_search.report._live._callback import LivePage
from sklearn_bayes_search.report._report import ReportPage, report

__all__ = ["LivePage", "ReportPage", "report"]
