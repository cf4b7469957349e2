"""All parameters of all candidates in one picture, coloured by the score."""

import numpy as np

from sklearn_bayes_search.display._candidates import read_candidates
from sklearn_bayes_search.display._canvas import (
    BEST,
    MUTED,
    PARTIAL,
    ink,
    lines_map,
    new_axes,
    robust_limits,
)
from sklearn_bayes_search.display._parameter_axis import parameter_axes
from sklearn_bayes_search.display._text import as_text, name_texts
from sklearn_bayes_search.results._short_text import number_texts

__all__ = ["ParallelCoordinatesDisplay"]

# Where the line passes what it has no value for.
NOWHERE = -0.13
# Longer names are slanted, and so are many.
LONG_NAME, MANY_NAMES = 12, 8


class ParallelCoordinatesDisplay:
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
    axes : dict of str -> ParameterAxis
        How each parameter is placed.
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
    lines_ : list of Line2D
        One for each candidate, in their order.
    best_index_ : int or None
        The candidate with the highest score.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import ParallelCoordinatesDisplay
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 2, 3], "criterion": ["gini", "entropy"]},
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = ParallelCoordinatesDisplay.from_estimator(search)
    >>> list(display.axes), len(display.lines_)
    (['criterion', 'max_depth'], 6)
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, settings, scores, partial, axes, score_name):
        self.settings = settings
        self.scores = scores
        self.partial = partial
        self.axes = axes
        self.score_name = score_name

    @classmethod
    def from_estimator(cls, search, *, params=None, metric=None, cmap=None, ax=None):
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
        candidates = read_candidates(search, metric)
        axes = parameter_axes(
            candidates.params, candidates.space, constant=params is not None
        )
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
        display = cls(
            settings=candidates.params,
            scores=candidates.scores,
            partial=candidates.status == "partial",
            axes=axes,
            score_name=candidates.score_name,
        )
        return display.plot(ax, cmap=cmap)

    @classmethod
    def from_cv_results(
        cls, cv_results, *, params=None, metric=None, cmap=None, ax=None
    ):
        """Draw the results of a search.

        Parameters
        ----------
        cv_results : dict or DataFrame
            ``cv_results_``, or a table of it.
        params : str or list of str, default=None
            As for `from_estimator`.
        metric : str, default=None
            Likewise.
        cmap : str or Colormap, default=None
            Likewise.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ParallelCoordinatesDisplay
            What was drawn.
        """
        return cls.from_estimator(
            cv_results, params=params, metric=metric, cmap=cmap, ax=ax
        )

    def plot(self, ax=None, *, cmap=None):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str or Colormap, default=None
            Colours of the scores; None is "viridis" without its palest end.

        Returns
        -------
        self : ParallelCoordinatesDisplay
            The display.
        """
        n = len(self.axes)
        self.ax_ = ax = new_axes(self, ax, figsize=(max(6.4, 1.25 * (n + 1)), 4.8))
        self.figure_ = ax.figure
        import matplotlib

        cmap = lines_map(ax) if cmap is None else matplotlib.colormaps.get_cmap(cmap)
        usable = np.isfinite(self.scores) & ~self.partial
        self.best_index_ = None
        if usable.any():
            self.best_index_ = int(np.argmax(np.where(usable, self.scores, -np.inf)))
        low, high = robust_limits(self.scores)
        if high == low:
            low, high = low - 0.5, high + 0.5
        self._low, self._high = low, high
        # the last part is empty, for the score's own scale
        ax.set_xlim(-0.35, n + 0.3)
        ax.axis("off")
        passes = self._draw_lines(cmap)
        self._draw_axes(cmap)
        if passes:
            ax.text(
                -0.08, NOWHERE, "not\nused", ha="right", va="center", fontsize="x-small"
            )
        self._mark_best()
        bottom = NOWHERE if passes or not np.isfinite(self.scores).all() else 0.0
        ax.set_ylim(bottom - 0.07, 1.04)
        self._add_legend()
        return self

    def _draw_lines(self, cmap):
        """Draw a line for each candidate, better ones above; tell if some pass by."""
        at = np.arange(len(self.axes) + 1)
        heights = np.full((len(self.settings), len(at)), NOWHERE)
        for column, (name, axis) in enumerate(self.axes.items()):
            for row, params in enumerate(self.settings):
                if name in params:
                    heights[row, column] = axis.share(params[name])
        share = (self.scores - self._low) / (self._high - self._low)
        scored = np.isfinite(share)
        heights[scored, -1] = np.clip(share[scored], 0, 1)
        order = np.argsort(np.argsort(np.where(scored, share, -np.inf), kind="stable"))
        self.lines_ = []
        for row, height in enumerate(heights):
            color = cmap(height[-1]) if scored[row] else MUTED
            style = (0, (1, 2)) if not scored[row] else "-"
            if self.partial[row] and scored[row]:
                style = (0, (5, 2))
            width = 1.2 if scored[row] else 0.9
            zorder = 2 + order[row] / len(heights)
            fade = 0.45 + 0.45 * height[-1] if scored[row] else 0.7
            if row == self.best_index_:
                color, width, zorder, fade = BEST, 3.2, 4, 1.0
            (line,) = self.ax_.plot(
                at, height, color=color, lw=width, ls=style, alpha=fade, zorder=zorder
            )
            self.lines_.append(line)
        return bool((heights[:, :-1] == NOWHERE).any())

    def _draw_axes(self, cmap):
        ax, n = self.ax_, len(self.axes)
        names = name_texts(self.axes)
        longest = max(map(len, names.values()))
        slanted = longest > LONG_NAME or n > MANY_NAMES
        slant = {"rotation": 25, "ha": "left"} if slanted else {"ha": "center"}
        white = {
            "boxstyle": "round,pad=0.1",
            "fc": ax.get_facecolor(),
            "ec": "none",
            "alpha": 0.9,
        }
        for column, (name, axis) in enumerate(self.axes.items()):
            ax.plot([column, column], [0, 1], color=ink(), lw=1, zorder=5)
            # the best candidate's value takes the place of the same tick
            noted = self._best_text(name, axis)
            for height, text in zip(*axis.ticks(), strict=True):
                if text == noted:
                    continue
                ax.plot([column - 0.025, column], [height] * 2, color=ink(), lw=1)
                ax.text(
                    column - 0.045,
                    height,
                    text,
                    ha="right",
                    va="center",
                    fontsize="x-small",
                    bbox=white,
                    zorder=6,
                )
            ax.text(column, 1.05, names[name], va="bottom", fontsize="medium", **slant)
        ax.plot([n, n], [0, 1], color=ink(), lw=1, zorder=5)
        ax.imshow(
            np.linspace(0, 1, 256)[:, None],
            extent=(n, n + 0.12, 0, 1),
            origin="lower",
            aspect="auto",
            cmap=cmap,
            zorder=5,
        )
        ax.set_xlim(-0.35, n + 0.3)
        heights = np.linspace(0, 1, 5)
        texts = number_texts(self._low + heights * (self._high - self._low))
        if np.nanmin(self.scores, initial=np.inf) < self._low:
            texts[0] = f"≤ {texts[0]}"
        for height, text in zip(heights, texts, strict=True):
            ax.text(n + 0.16, height, text, va="center", fontsize="x-small")
        ax.text(
            n, 1.05, as_text(self.score_name), va="bottom", fontweight="bold", **slant
        )
        if not np.isfinite(self.scores).all():
            ax.text(n + 0.16, NOWHERE, "failed", va="center", fontsize="x-small")

    def _best_text(self, name, axis):
        """Write the best candidate's value; None where it has none."""
        if self.best_index_ is None or name not in self.settings[self.best_index_]:
            return None
        return axis.text(self.settings[self.best_index_][name])

    def _mark_best(self):
        """Write the best candidate's values beside its line."""
        if self.best_index_ is None:
            return
        params = self.settings[self.best_index_]
        heights = self.lines_[self.best_index_].get_ydata()
        note = {"boxstyle": "round,pad=0.2", "ec": BEST, "lw": 0.8}
        note["fc"] = self.ax_.get_facecolor()
        for column, (name, axis) in enumerate(self.axes.items()):
            if name in params:
                text = self._best_text(name, axis)
                on_tick = text in axis.ticks()[1]
                self.ax_.text(
                    column + (-0.06 if on_tick else 0.05),
                    heights[column],
                    text,
                    ha="right" if on_tick else "left",
                    va="center",
                    fontsize="x-small",
                    color=ink(),
                    bbox=note,
                    zorder=7,
                )

    def _add_legend(self):
        from matplotlib.lines import Line2D

        handles = []
        if self.best_index_ is not None:
            score = self.scores[self.best_index_]
            (text,) = number_texts([score], digits=4, beside=[self._low, self._high])
            label = f"best candidate: {as_text(self.score_name)} {text}"
            handles.append(Line2D([], [], color=BEST, lw=3.2, label=label))
        if (self.partial & np.isfinite(self.scores)).any():
            handles.append(Line2D([], [], color=MUTED, ls=(0, (5, 2)), label=PARTIAL))
        if not np.isfinite(self.scores).all():
            handles.append(Line2D([], [], color=MUTED, ls=(0, (1, 2)), label="failed"))
        if handles:
            self.ax_.legend(
                handles=handles,
                loc="upper center",
                bbox_to_anchor=(0.5, 0.0),
                ncols=len(handles),
                fontsize="small",
                frameon=False,
            )
