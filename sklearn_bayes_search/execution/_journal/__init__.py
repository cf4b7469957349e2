"""The journal: what is kept of a search when its process ends."""

from sklearn_bayes_search.execution._journal._digest import fingerprint
from sklearn_bayes_search.execution._journal._journal import Journal
from sklearn_bayes_search.execution._journal._table import read_journal

__all__ = ["Journal", "fingerprint", "read_journal"]
