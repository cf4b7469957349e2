"""Which parameters matter, as bars."""

from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from sklearn_bayes_search.display._charts._importance import importance_chart
from sklearn_bayes_search.display._display import Display
from sklearn_bayes_search.display._pen import add_legend, draw, new_axes
from sklearn_bayes_search.results._importance import parameter_importance
from sklearn_bayes_search.results._short_text import name_ends


@dataclass(eq=False, repr=False, kw_only=True)
class ParameterImportanceDisplay(Display):
    """How much of the score's variance comes from each parameter.

    Bars are grey where the candidates are too few to tell whether the parameter
    matters, with the part of its values that the fewest of them have. Create it with
    `from_estimator` or `from_cv_results`.

    Parameters
    ----------
    importance : DataFrame
        Of :func:`~sklearn_bayes_search.results.parameter_importance`, a row per
        parameter.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    total_bars_, main_bars_ : BarContainer
        A bar per parameter, from top to bottom.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import ParameterImportanceDisplay
    >>> search = GridSearchCV(SVC(), {"C": [1, 9], "gamma": [1e-5, 1e-3, 0.1]})
    >>> _ = search.fit(*load_iris(return_X_y=True))
    >>> display = ParameterImportanceDisplay.from_estimator(search)
    >>> len(display.total_bars_)
    2
    """

    importance: pd.DataFrame

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        metric: str | None = None,
        n_most: int = 15,
        random_state: Any = 0,
        ax: Any = None,
    ) -> Self:
        """Estimate and draw the importance of a search's parameters.

        Parameters
        ----------
        search : fitted search, dict or DataFrame
            ``BayesSearchCV``, any of scikit-learn's, or ``cv_results_``.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        n_most : int, default=15
            How many parameters are shown at most, >= 1.
        random_state : int, default=0
            Seed of the estimate, >= 0.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ParameterImportanceDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            As for :func:`~sklearn_bayes_search.results.parameter_importance`, and if
            no parameter varies.
        """
        importance = parameter_importance(
            search, metric=metric, random_state=random_state
        )
        if len(importance) == 0:
            raise ValueError("No parameter varies: there is nothing to compare.")
        return cls(importance=importance).plot(ax, n_most=n_most)

    from_cv_results = from_estimator

    def plot(self, ax: Any = None, *, n_most: int = 15) -> Self:
        shown = self.importance.iloc[:n_most]
        n = len(shown)
        self.ax_ = ax = new_axes(self, ax, figsize=(7.5, 1.6 + 0.36 * n))
        self.figure_ = ax.figure
        chart = importance_chart(shown, name_ends(shown.index))
        drawn = draw(ax, chart)
        self.total_bars_, self.main_bars_ = drawn["total"][""], drawn["main"][""]
        ax.spines[["top", "right"]].set_visible(False)
        above: Any = {
            "loc": "lower right",
            "bbox_to_anchor": (1, 1),
            "borderaxespad": 0.5,
        }
        add_legend(ax, chart, **above)
        if n < len(self.importance):
            of = f"{n} of {len(self.importance)} parameters"
            ax.set_title(of, loc="left", fontsize="medium")
        return self
