"""Pages for a browser: on a finished search, a file; on one that runs, a live page."""

from sklearn_bayes_search.report._live._callback import LivePage
from sklearn_bayes_search.report._report import ReportPage, report

__all__ = ["LivePage", "ReportPage", "report"]
