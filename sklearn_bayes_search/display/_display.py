"""What all displays have in common."""

from typing import Any, Self

from sklearn.base import ClassifierMixin, RegressorMixin

from sklearn_bayes_search.results._reader import EMPTY, SearchResults


class Display:
    """The base of all displays.

    Where `from_estimator` takes results as well, it is `from_cv_results`, too.
    """

    def plot(self, ax: Any = None) -> Self:
        """Draw; all arguments are as for `from_estimator`.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw, or whose place is divided among several pictures. None makes
            a figure.

        Returns
        -------
        self : object
            The display.
        """
        raise NotImplementedError


def known_settings(results: SearchResults) -> list[dict[str, Any]]:
    """Return the candidates without empty cells of a table."""
    return [
        {name: value for name, value in own.items() if value is not EMPTY}
        for own in results.searched_settings
    ]


def score_name(search: Any, metric: str) -> str:
    """Return the name of a score: the scorer's, or what the estimator computes."""
    scoring = getattr(search, "scoring", None)
    if metric != "score" or callable(scoring):
        return metric
    if isinstance(scoring, str):
        return scoring
    estimator: Any = getattr(search, "estimator", None)
    while hasattr(estimator, "steps"):  # a pipeline has the score of its last step
        estimator = estimator.steps[-1][1]
    own = getattr(type(estimator), "score", None)
    names = {ClassifierMixin.score: "accuracy", RegressorMixin.score: "R²"}
    return names.get(own, metric)
