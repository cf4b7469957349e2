"""The front of a search for two or three metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sklearn_bayes_search.display._charts._pareto import pareto_chart
from sklearn_bayes_search.display._display import Display
from sklearn_bayes_search.display._pen import add_legend, draw, wrap_axes
from sklearn_bayes_search.results._goals import metric_label
from sklearn_bayes_search.results._pareto import Front, pareto_front


@dataclass(eq=False, repr=False, kw_only=True)
class ParetoDisplay(Display):
    """Scores of two or three metrics, and the candidates none surpasses in all of them.

    Create it with `from_estimator` or `from_cv_results`. Bars are one standard error of
    the mean over the folds. Costs are drawn as positive numbers on a logarithm, so that
    less is better there.

    Parameters
    ----------
    front : object
        What was read of the search.
    limits : dict of str -> float
        Least values of metrics, which are drawn as lines.
    chosen : int or None
        Row of the candidate of the refit.

    Attributes
    ----------
    axes_ : list of Axes
        One with two metrics; with three, one for each pair.
    figure_ : Figure
        Where it is drawn.
    points_ : list of dict of str -> artist
        Of each of the axes, what was drawn: "front", "other", "outside" of the limits
        and "chosen".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, Knee, ParetoDisplay
    >>> search = BayesSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_leaf_nodes": range(2, 30)},
    ...     n_iter=12,
    ...     objective_metric=["accuracy", "neg_model_size"],
    ...     refit=Knee(),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> ParetoDisplay.from_estimator(search).axes_[0].get_xlabel()
    'model size (bytes)'
    """

    front: Front
    limits: Mapping[str, float]
    chosen: int | None

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        metrics: Sequence[str] | None = None,
        limits: Mapping[str, float] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the front of a search.

        Parameters
        ----------
        search : fitted search, dict or DataFrame
            Of several metrics: `BayesSearchCV` or any of scikit-learn's, its
            ``cv_results_``, or a table of it.
        metrics : list of str, default=None
            Two or three metrics. None: those that a `BayesSearchCV` was for, else all.
        limits : dict of str -> float, default=None
            The least values of metrics. None: those of a `BayesSearchCV`.
        ax : Axes, default=None
            Where to draw, or whose place is divided among three pictures; None makes a
            figure.

        Returns
        -------
        display : ParetoDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If there are not two or three metrics, one is unknown, or nothing has a
            score.
        """
        front = pareto_front(search, metrics, limits)
        known = limits if limits is not None else getattr(search, "limits", None)
        chosen = getattr(search, "best_index_", None)
        return cls(front=front, limits=dict(known or {}), chosen=chosen).plot(ax)

    from_cv_results = from_estimator

    def plot(self, ax: Any = None) -> Self:
        n = len(self.front.metrics)
        # the first metric is what a reader looks for: up
        pairs = [(1, 0)] if n == 2 else [(1, 0), (2, 0), (2, 1)]
        size = (7.0, 4.8) if n == 2 else (13.0, 4.2)
        self.axes_ = list(wrap_axes(self, ax, 1, len(pairs), size).ravel())
        self.figure_ = self.axes_[0].figure
        labels = [metric_label(name) for name in self.front.metrics]
        self.points_ = []
        for place, pair in zip(self.axes_, pairs, strict=True):
            chart = pareto_chart(
                self.front, pair, labels, limits=self.limits, chosen=self.chosen
            )
            drawn = draw(place, chart)
            roles = ("front", "other", "outside", "chosen")
            self.points_.append(
                {role: drawn[role][""] for role in roles if drawn[role]}
            )
            if place is self.axes_[0]:
                add_legend(place, chart, inside=True)
        return self
