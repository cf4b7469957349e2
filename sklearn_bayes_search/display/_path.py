"""How the scores of the leading candidates depend on the length of a path."""

from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from sklearn_bayes_search.display._charts._path import path_chart
from sklearn_bayes_search.display._display import Display, score_name
from sklearn_bayes_search.display._pen import add_legend, draw, new_axes
from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.results._reader import read_results


@dataclass(eq=False, repr=False, kw_only=True)
class PathDisplay(Display):
    """Scores of the leading candidates at each length of a path.

    Create it with `from_estimator`. A dot is the length that a candidate has: the best
    mean over its folds.

    Parameters
    ----------
    curves : dict of str -> DataFrame
        By name, the curves of candidates, the best first: ``length``, ``mean``, ``std``
        and ``chosen``.
    path_name : str
        The parameter that is the length.
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    lines_ : dict of str -> Line2D
        The curves, by name.
    band_ : PolyCollection
        One deviation over the folds around the first curve.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, PathDisplay
    >>> search = BayesSearchCV(
    ...     GradientBoostingClassifier(n_estimators=5, random_state=0),
    ...     {"max_depth": [1, 2]},
    ...     path="n_estimators",
    ... ).fit(*load_iris(return_X_y=True))
    >>> PathDisplay.from_estimator(search).ax_.get_xlabel()
    'n_estimators'
    """

    curves: dict[str, pd.DataFrame]
    path_name: str
    score_name: str

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        metric: str | None = None,
        n_candidates: int = 5,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted search.

        Parameters
        ----------
        search : BayesSearchCV
            Fitted with a ``path``.
        metric : str, default=None
            Which score, where there are several; None is that of ``refit``, else what
            was maximised.
        n_candidates : int, default=5
            How many candidates are drawn at the most, >= 1; those with the best scores.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : PathDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            If the search has no path, or the metric is unknown.
        """
        check_number("n_candidates", n_candidates, whole=True, least=1)
        if not hasattr(search, "path_frame"):
            raise TypeError(
                "PathDisplay needs a fitted BayesSearchCV: other searches have no "
                f"path. Got {search!r}."
            )
        results, frame = read_results(search, metric), search.path_frame()
        columns = {f"{part}_test_{results.metric}": part for part in ("mean", "std")}
        frame = frame.rename(columns=columns)
        order = results.means.argsort(kind="stable")[::-1]
        known = set(frame["candidate"])
        leading = [row for row in order if row in known and results.complete[row]]
        # where a score is missing, it sorts as the highest
        leading = [row for row in leading if results.means[row] == results.means[row]]
        curves = {
            f"candidate {row}": frame.loc[
                frame["candidate"] == row, ["length", "mean", "std", "chosen"]
            ]
            for row in leading[:n_candidates]
        }
        called = score_name(search, results.metric)
        return cls(curves=curves, path_name=search.path_, score_name=called).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        self.ax_ = ax = new_axes(self, ax, figsize=(7.0, 4.8))
        self.figure_ = ax.figure
        chart = path_chart(
            list(self.curves.values()),
            list(self.curves),
            self.path_name,
            f"{self.score_name}, mean over the folds",
        )
        drawn = draw(ax, chart)
        self.lines_ = drawn["curve"]
        self.band_ = next(iter(drawn["band"].values()))
        add_legend(ax, chart, inside=True)
        return self
