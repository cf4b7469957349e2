"""All parameters of all candidates in one picture, coloured by the score."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklearn_bayes_search.display._charts._axis import ParameterAxis, parameter_axes
from sklearn_bayes_search.display._charts._convergence import PARTIAL
from sklearn_bayes_search.display._charts._parallel_coordinates import (
    NOWHERE,
    ParallelCoordinates,
    parallel_coordinates,
)
from sklearn_bayes_search.display._display import Display, known_settings, score_name
from sklearn_bayes_search.display._pen import (
    BEST,
    MUTED,
    as_text,
    ink,
    lines_map,
    new_axes,
)
from sklearn_bayes_search.results._observed import searched_space
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.results._short_text import name_ends, number_texts

# Longer names are slanted, and so are many.
LONG_NAME, MANY_NAMES = 12, 8
FAILED, PARTLY = (0, (1, 2)), (0, (5, 2))  # dashes
SMALL = {"va": "center", "fontsize": "x-small"}


@dataclass(eq=False, repr=False, kw_only=True)
class ParallelCoordinatesDisplay(Display):
    """A line for each candidate through the values of its parameters to its score.

    Create it with `from_estimator` or `from_cv_results`. Parameters that have one value
    only are left out. Where a candidate does not have a parameter, its line passes
    below the axis; the line of a candidate that failed ends there.

    Parameters
    ----------
    settings : list of dict
        The candidates' parameters.
    scores : ndarray of shape (n_candidates,)
        Their scores, NaN where it failed.
    partial : ndarray of shape (n_candidates,), bool
        Which scores are estimates from some of the folds.
    eligible : ndarray of shape (n_candidates,), bool
        Which may be the best: those that are complete, within the limits of a search.
    axes : dict of str -> ParameterAxis
        How each parameter is placed.
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    lines_ : list of Line2D
        One for each candidate, in their order.
    best_index_ : int or None
        The candidate with the highest score of those that are eligible.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import ParallelCoordinatesDisplay
    >>> search = GridSearchCV(SVC(), {"C": [1, 9], "kernel": ["rbf", "linear"]})
    >>> _ = search.fit(*load_iris(return_X_y=True))
    >>> display = ParallelCoordinatesDisplay.from_estimator(search)
    >>> list(display.axes), len(display.lines_)
    (['C', 'kernel'], 4)
    """

    settings: list[dict[str, Any]]
    scores: np.ndarray
    partial: np.ndarray
    eligible: np.ndarray
    axes: dict[str, ParameterAxis]
    score_name: str

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        params: Any = None,
        metric: str | None = None,
        cmap: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted search.

        Parameters
        ----------
        search : fitted search, dict or DataFrame
            ``BayesSearchCV``, any of scikit-learn's, or ``cv_results_``.
        params : str or list of str, default=None
            Which parameters, in this order. None: all that vary.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        cmap : str or Colormap, default=None
            Colours of the scores; None is "viridis" without its palest end.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ParallelCoordinatesDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If a parameter is unknown, or none varies.
        """
        results = read_results(search, metric)
        settings = known_settings(results)
        space = searched_space(results.search, settings)
        axes = parameter_axes(settings, space, constant=params is not None)
        if params is not None:
            params = [params] if isinstance(params, str) else list(params)
            unknown = [name for name in params if name not in axes]
            if unknown:
                raise ValueError(
                    f"The 'params' must be among {list(axes)}. Got {unknown}."
                )
            axes = {name: axes[name] for name in params}
        if not axes:
            raise ValueError("No parameter varies: there is nothing to compare.")
        return cls(
            settings=settings,
            scores=results.scores,
            partial=~np.isin(results.status, ["ok", "failed"]),
            eligible=results.eligible,
            axes=axes,
            score_name=score_name(search, results.metric),
        ).plot(ax, cmap=cmap)

    from_cv_results = from_estimator

    def plot(self, ax: Any = None, *, cmap: Any = None) -> Self:
        usable = np.where(self.eligible, self.scores, np.nan)
        any_usable = np.isfinite(usable).any()
        self.best_index_ = int(np.nanargmax(usable)) if any_usable else None
        names = [*name_ends(self.axes).values(), self.score_name]
        chart = parallel_coordinates(
            self.settings,
            self.scores,
            list(self.axes.values()),
            list(map(as_text, names)),
            partial=self.partial,
            best=self.best_index_,
        )
        width = max(6.4, 1.25 * len(chart.names))
        self.ax_ = ax = new_axes(self, ax, figsize=(width, 4.8))
        self.figure_ = ax.figure
        cmap = lines_map(ax, cmap)
        ax.axis("off")
        self._draw_lines(chart, cmap)
        self._draw_axes(chart, cmap)
        self._mark_best(chart)
        # the last part is empty, for the score's own scale
        ax.set(xlim=(-0.35, len(self.axes) + 0.3), ylim=(chart.low - 0.07, 1.04))
        self._add_legend(chart)
        return self

    def _draw_lines(self, chart: ParallelCoordinates, cmap: Any) -> None:
        """Draw a line for each candidate, better ones above."""
        n, at = len(chart.heights), range(len(chart.names))
        rank = np.argsort(np.argsort(chart.heights[:, -1], kind="stable"))
        self.lines_ = []
        for row, height in enumerate(chart.heights):
            score = height[-1]
            look = {"color": MUTED, "lw": 0.9, "ls": FAILED, "alpha": 0.7}
            if chart.scored[row]:
                dash = PARTLY if chart.partial[row] else "-"
                fade = 0.45 + 0.45 * score
                look = {"color": cmap(score), "lw": 1.2, "ls": dash, "alpha": fade}
            if row == chart.best:
                look |= {"color": BEST, "lw": 3.2, "alpha": 1.0}
            zorder = 4 if row == chart.best else 2 + chart.scored[row] * rank[row] / n
            self.lines_ += self.ax_.plot(at, height, zorder=zorder, **look)

    def _draw_axes(self, chart: ParallelCoordinates, cmap: Any) -> None:
        ax, n = self.ax_, len(self.axes)
        slanted = max(map(len, chart.names[:-1])) > LONG_NAME or n > MANY_NAMES
        slant = {"rotation": 25, "ha": "left"} if slanted else {"ha": "center"}
        paper = {"fc": ax.get_facecolor(), "ec": "none", "alpha": 0.9}
        box = {"boxstyle": "round,pad=0.1", **paper}
        for column, name in enumerate(chart.names):
            ax.plot([column, column], [0, 1], color=ink(), lw=1, zorder=5)
            weight = "bold" if column == n else "normal"
            ax.text(column, 1.05, name, va="bottom", fontweight=weight, **slant)
        for column, ticks in enumerate(chart.ticks[:-1]):
            for height, text in zip(*ticks, strict=True):
                # the best candidate's value takes the place of the same tick
                if text != chart.best_texts[column]:
                    words, at = as_text(text), column - 0.045
                    ax.plot([column - 0.025, column], [height] * 2, color=ink(), lw=1)
                    ax.text(at, height, words, ha="right", bbox=box, zorder=6, **SMALL)
        scale, place = np.linspace(0, 1, 256)[:, None], (n, n + 0.12, 0, 1)
        look = {"origin": "lower", "aspect": "auto", "cmap": cmap, "zorder": 5}
        ax.imshow(scale, extent=place, **look)
        for height, text in zip(*chart.ticks[-1], strict=True):
            ax.text(n + 0.16, height, text, **SMALL)
        if chart.passes:
            ax.text(-0.08, NOWHERE, "not\nused", ha="right", **SMALL)
        if not chart.scored.all():
            ax.text(n + 0.16, NOWHERE, "failed", **SMALL)

    def _mark_best(self, chart: ParallelCoordinates) -> None:
        """Write the best candidate's values beside its line."""
        box = {"boxstyle": "round,pad=0.2", "ec": BEST, "lw": 0.8}
        look = {"color": ink(), "bbox": {**box, "fc": self.ax_.get_facecolor()}}
        for column, text in enumerate(chart.best_texts):
            if text:
                height, words = chart.heights[chart.best, column], as_text(text)
                on_tick = text in chart.ticks[column].texts
                at, side = (-0.06, "right") if on_tick else (0.05, "left")
                self.ax_.text(
                    column + at, height, words, ha=side, **look, zorder=7, **SMALL
                )

    def _add_legend(self, chart: ParallelCoordinates) -> None:
        from matplotlib.lines import Line2D

        handles = []
        if chart.best is not None:
            best, ends = self.scores[chart.best], chart.limits
            (text,) = number_texts([best], digits=4, beside=ends)
            label = f"best candidate: {as_text(self.score_name)} {text}"
            handles.append(Line2D([], [], color=BEST, lw=3.2, label=label))
        if chart.partial.any():
            handles.append(Line2D([], [], color=MUTED, ls=PARTLY, label=PARTIAL))
        if not chart.scored.all():
            handles.append(Line2D([], [], color=MUTED, ls=FAILED, label="failed"))
        if handles:
            place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0)}
            look = {"ncols": len(handles), "fontsize": "small", "frameon": False}
            self.ax_.legend(handles=handles, **place, **look)
