"""The front of a fitted search."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklearn_bayes_search.results._pareto import (
    front_hypervolume,
    pareto_frame,
    pareto_front,
)
from sklearn_bayes_search.results._tables import ResultTables


class ParetoTables(ResultTables):
    """Methods of a fitted search for several metrics, beside those of any search."""

    objective_metrics_: list[str]

    def pareto_frame(self) -> pd.DataFrame:
        """Show the candidates that no other one surpasses in all objectives.

        Returns
        -------
        frame : DataFrame
            A row per candidate, by the first objective from the best on: its
            parameters, and of each objective the mean score, the standard error, and
            whether it differs from the row above by more than the noise of the folds;
            see :func:`sklearn_bayes_search.results.pareto_frame`. With ``limits``, of
            the candidates that reach them.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the search is not for several objectives, or nothing has a score.
        """
        return pareto_frame(self, self._several())

    @property
    def pareto_params_(self) -> list[dict[str, Any]]:
        """Candidates that no other one surpasses in all objectives, by the first."""
        try:
            front = pareto_front(self, self._several())
        except ValueError as error:  # so that it is not there
            raise AttributeError(str(error)) from error
        return [front.results.settings[row] for row in front.rows]

    def hypervolume(self, reference: Mapping[str, float] | Sequence[float]) -> float:
        """Compute the hypervolume of the front above a reference point.

        Parameters
        ----------
        reference : dict or Series of str -> float, or sequence of float
            The lowest values that count, of each objective by name, or in their order.
            Those of costs are negative.

        Returns
        -------
        volume : float
            In the product of the units of the objectives; larger is better. Of costs
            the logarithm counts: half of a size is worth the same everywhere.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the search is not for several objectives, nothing has a score, or the
            reference does not fit.
        """
        return front_hypervolume(self, reference, self._several())

    def _several(self) -> list[str]:
        check_is_fitted(self, "cv_results_")
        if len(self.objective_metrics_) < 2:
            raise ValueError(
                "The search has one objective, and so no front. Name two or three as "
                "'objective_metric', or pass the search with 'metrics' to "
                "sklearn_bayes_search.results.pareto_frame."
            )
        return self.objective_metrics_
