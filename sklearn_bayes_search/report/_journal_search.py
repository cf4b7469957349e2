"""A journal in the place of a search, for the page."""

from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator

from sklearn_bayes_search.exceptions import JournalError
from sklearn_bayes_search.execution._journal._table import JournalReader
from sklearn_bayes_search.results._other_forms import as_table
from sklearn_bayes_search.results._tables import fits_frame


class JournalSearch(BaseEstimator):  # type: ignore[misc]
    """What a journal knows of a search: candidates, scores and fits."""

    def __init__(self, path: Any) -> None:
        self.path = path

    @property
    def journal(self) -> str:
        """The name of the file."""
        return Path(self.path).name

    def fit(self) -> "JournalSearch":
        """Read the journal."""
        reader = JournalReader(self.path)
        reader.read()
        self._fits = fits_frame(reader.rows())
        self.limits = reader.plan.get("limits")
        self.objective_metric_ = reader.plan.get("metric")
        self.objective_metrics_ = reader.plan.get("objectives") or []
        if not len(self._fits):
            raise JournalError(
                f"{str(self.path)!r} has no fold yet: there is nothing to show."
            )
        self.cv_results_: dict[str, Any] = as_table(self._fits, "journal")
        return self

    def folds_frame(self) -> pd.DataFrame:
        """Return the fits."""
        return self._fits
