"""How the best score rose in the course of a search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from sklearn_bayes_search.display._charts._convergence import (
    X_LABELS,
    convergence_chart,
    run_table,
)
from sklearn_bayes_search.display._display import Display, score_name
from sklearn_bayes_search.display._pen import add_legend, draw, new_axes
from sklearn_bayes_search.results._reader import is_table, read_results


@dataclass(eq=False, repr=False, kw_only=True)
class ConvergenceDisplay(Display):
    """The score of each candidate, and the best so far.

    Create it with `from_estimator` or `from_cv_results`. One search shows all its
    candidates; of several searches with one name, the median of the best so far and
    the quartiles are shown.

    Parameters
    ----------
    runs : dict of str -> list of DataFrame
        By name, the runs of a search: tables with a row per candidate and the columns
        ``score`` (NaN where it failed), ``standard_error``, ``status`` ("ok",
        "failed", "partial" or "outside" of the limits), ``best`` (so far, NaN before
        there is one), ``candidates`` (its row in ``cv_results_``), ``fits`` and
        ``seconds`` (so far).
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    lines_ : dict of str -> Line2D
        The best so far, by name.
    points_ : dict of str -> dict of str -> PathCollection or Line2D
        Candidates, by name and status; "below" are those under the axis. Empty where
        only the best so far is shown.
    bands_ : dict of str -> PolyCollection
        Quartiles, of names with several runs.
    errors_ : dict of str -> LineCollection
        Whiskers, if drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import ConvergenceDisplay
    >>> search = GridSearchCV(SVC(), {"C": [1, 9]}).fit(*load_iris(return_X_y=True))
    >>> display = ConvergenceDisplay.from_estimator(search)
    >>> display.ax_.get_xlabel()
    'candidate, its row in the results'
    """

    runs: dict[str, list[pd.DataFrame]]
    score_name: str

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        metric: str | None = None,
        x: str = "candidates",
        show_points: bool | None = None,
        show_errors: bool = False,
        ax: Any = None,
    ) -> Self:
        """Draw one or several fitted searches.

        Parameters
        ----------
        search : fitted search, list of these, or dict of str -> search or list
            ``BayesSearchCV``, any of scikit-learn's, or ``cv_results_``. A list holds
            runs of the same kind, as with several seeds; a dict names what is compared.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        x : {"candidates", "fits", "seconds"}, default="candidates"
            The horizontal axis: the row in ``cv_results_``, or what was spent until
            then. Seconds are those of fitting and scoring, all workers added up.
        show_points : bool, default=None
            Whether to draw every candidate. None: if there is one search.
        show_errors : bool, default=False
            Whether to draw the standard error over the folds at each point; that of
            the estimate where some folds are missing.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ConvergenceDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If ``x`` is unknown, or the results do not tell times.
        """
        is_dict = isinstance(search, Mapping) and not is_table(search)
        runs, called = {}, ""
        for name, given in (search if is_dict else {"search": search}).items():
            given = list(given) if isinstance(given, list | tuple) else [given]
            results = [read_results(each, metric) for each in given]
            runs[str(name)] = [run_table(each) for each in results]
            if not called and results:
                called = score_name(given[0], results[0].metric)
        if not runs or not all(runs.values()):
            raise ValueError(f"There must be at least one search. Got {search!r}.")
        display = cls(runs=runs, score_name=called)
        return display.plot(ax, x=x, show_points=show_points, show_errors=show_errors)

    from_cv_results = from_estimator

    def plot(
        self,
        ax: Any = None,
        *,
        x: str = "candidates",
        show_points: bool | None = None,
        show_errors: bool = False,
    ) -> Self:
        if x not in X_LABELS:
            raise ValueError(f"The 'x' must be one of {list(X_LABELS)}. Got {x!r}.")
        every = [run for runs in self.runs.values() for run in runs]
        if x == "seconds" and any(run["seconds"].isna().all() for run in every):
            raise ValueError(
                "The results do not tell times: they lack 'mean_fit_time'. Use "
                "x='candidates' or x='fits'."
            )
        self.ax_ = ax = new_axes(self, ax, figsize=(7.0, 4.8))
        self.figure_ = ax.figure
        chart = convergence_chart(
            self.runs,
            f"{self.score_name}, mean over the folds",
            x=x,
            show_points=show_points,
            show_errors=show_errors,
        )
        drawn = draw(ax, chart)
        self.lines_, self.bands_ = drawn["best"], drawn["band"]
        self.errors_ = {name: bars[2][0] for name, bars in drawn["errors"].items()}
        self.points_: dict[str, dict[str, Any]] = {}
        for role in ("ok", "partial", "outside", "below", "failed"):
            for name, points in drawn[role].items():
                self.points_.setdefault(name, {})[role] = points
        add_legend(ax, chart, inside=True)
        return self
