"""The journal: what of a search survives the end of its process."""

from sklearn_bayes_search._journal._fingerprint import fingerprint
from sklearn_bayes_search._journal._journal import Journal
from sklearn_bayes_search._journal._table import fits_frame, read_journal

__all__ = ["Journal", "fingerprint", "fits_frame", "read_journal"]
