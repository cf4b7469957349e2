"""How the best score rose in the course of a search."""

import copy
from collections.abc import Mapping

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._candidates import read_candidates
from sklearn_bayes_search.display._canvas import (
    COLORS,
    MUTED,
    PARTIAL,
    ink,
    new_axes,
    plain_numbers,
    robust_limits,
)
from sklearn_bayes_search.display._text import as_text
from sklearn_bayes_search.results._reader import is_table
from sklearn_bayes_search.results._short_text import number_texts

__all__ = ["ConvergenceDisplay"]

X_LABELS = {
    "candidates": "candidate, its row in the results",
    "fits": "fits (candidates × folds)",
    "seconds": "seconds of fitting and scoring, all fits added up",
}
# Marks in the order of the legend.
KINDS = {
    "band": "middle half of the runs",
    "ok": "a candidate",
    "partial": PARTIAL,
    "errors": "± standard error",
    "below": "below the axis",
    "failed": "failed",
}


class ConvergenceDisplay:
    """The score of each candidate, and the best so far.

    Create it with `from_estimator` or `from_cv_results`. One search shows all its
    candidates; of several searches with one name, the median of the best so far and
    the quartiles are shown.

    Parameters
    ----------
    runs : dict of str -> list of DataFrame
        By name, the runs of a search: tables with a row per candidate and the columns
        ``score`` (NaN where it failed), ``standard_error``, ``status`` ("ok", "failed"
        or "partial"), ``best`` (so far, NaN before there is one), ``candidates`` (its
        row in ``cv_results_``), ``fits`` and ``seconds`` (so far).
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
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
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import ConvergenceDisplay
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]}
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = ConvergenceDisplay.from_estimator(search)
    >>> display.ax_.get_xlabel()
    'candidate, its row in the results'
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, runs, score_name):
        self.runs = runs
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        search,
        *,
        metric=None,
        x="candidates",
        show_points=None,
        show_errors=False,
        ax=None,
    ):
        """Draw one or several fitted searches.

        Parameters
        ----------
        search : fitted search, list of these, or dict of str -> search or list
            ``BayesSearchCV``, or any of scikit-learn's. A list holds runs of the same
            kind, as with several seeds; a dict names what is compared.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        x : {"candidates", "fits", "seconds"}, default="candidates"
            What the horizontal axis tells: the row in ``cv_results_``, from 0, or what
            was spent until then. Seconds are those of fitting and scoring, those of all
            workers added up; choosing settings is not among them.
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
        """
        runs, score_name = _runs(search, metric)
        display = cls(runs=runs, score_name=score_name)
        return display.plot(ax, x=x, show_points=show_points, show_errors=show_errors)

    @classmethod
    def from_cv_results(
        cls,
        cv_results,
        *,
        metric=None,
        x="candidates",
        show_points=None,
        show_errors=False,
        ax=None,
    ):
        """Draw the results of one or several searches.

        Parameters
        ----------
        cv_results : dict, DataFrame, list of these, or dict of str -> these
            ``cv_results_``, or a table of it.
        metric : str, default=None
            As for `from_estimator`.
        x : {"candidates", "fits", "seconds"}, default="candidates"
            Likewise.
        show_points : bool, default=None
            Likewise.
        show_errors : bool, default=False
            Likewise.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ConvergenceDisplay
            What was drawn.
        """
        return cls.from_estimator(
            cv_results,
            metric=metric,
            x=x,
            show_points=show_points,
            show_errors=show_errors,
            ax=ax,
        )

    def plot(self, ax=None, *, x="candidates", show_points=None, show_errors=False):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        x : {"candidates", "fits", "seconds"}, default="candidates"
            As for `from_estimator`.
        show_points : bool, default=None
            Likewise.
        show_errors : bool, default=False
            Likewise.

        Returns
        -------
        self : ConvergenceDisplay
            The display.

        Raises
        ------
        ValueError
            If ``x`` is unknown, or the results do not tell times.
        """
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
        self.lines_, self.points_, self.bands_, self.errors_ = {}, {}, {}, {}
        if show_points is None:
            show_points = len(every) == 1
        self._limit(every, show_points)
        for i, (name, runs) in enumerate(self.runs.items()):
            color = COLORS[i % len(COLORS)]
            style = ("-", "--", ":")[(i // len(COLORS)) % 3]
            if show_points:
                for run in runs:
                    self._draw_points(name, run, x, color, show_errors)
            self._draw_best(name, runs, x, color, style)
        name = as_text(self.score_name)
        ax.set(xlabel=X_LABELS[x], ylabel=f"{name}, mean over the folds")
        plain_numbers(ax.yaxis)
        if x != "seconds":
            _make_whole(ax.xaxis.get_major_locator())
        self._add_legend()
        return self

    def _add_legend(self):
        """Name the lines, then each kind of mark once, grey where names share it."""
        several = len(self.lines_) > 1
        handles = list(self.lines_.values())
        ends = [line.get_ydata()[-1] for line in handles]
        texts = number_texts(ends, digits=4, beside=self.ax_.get_ylim())
        for line, text in zip(handles, texts, strict=True):
            line.set_label(f"{line.get_label()}: {text} at the end")
        kinds = {}
        for points in self.points_.values():
            kinds.update(points)
        for kind, drawn in (("errors", self.errors_), ("band", self.bands_)):
            for mark in drawn.values():
                kinds[kind] = mark
        for kind in KINDS:
            if kind in kinds:
                mark = copy.copy(kinds[kind])
                mark.set_label(KINDS[kind])
                if several and kind != "failed":
                    shade = {"edgecolor" if kind == "partial" else "color": MUTED}
                    mark.set(**shade)
                handles.append(mark)
        place = {"loc": "best"}
        if self.figure_.get_layout_engine() is not None:  # it makes room below
            place = {
                "loc": "upper center",
                "bbox_to_anchor": (0.5, 0.0),
                "borderaxespad": 4.5,  # below the label of the axis
                "ncols": 2,
                "frameon": False,
            }
        self.ax_.legend(handles=handles, fontsize="small", **place)

    def _limit(self, every, show_points):
        """Set the limits of the scores; what is lower is marked at the border."""
        low, high = np.inf, -np.inf
        # where the best does not change, its candidates tell what is a difference
        for key in ["score"] if show_points else ["best", "score"]:
            if not high > low:
                scores = [run[key].to_numpy(dtype=float) for run in every]
                low, high = robust_limits(np.concatenate(scores))
        margin = 0.08 * (high - low) or 0.01 * abs(high) or 0.5
        self._low = low
        self.ax_.set_ylim(low - 1.5 * margin, high + margin)

    def _draw_points(self, name, run, x, color, show_errors):
        ax, points = self.ax_, self.points_.setdefault(name, {})
        at, score = run[x].to_numpy(dtype=float), run["score"].to_numpy(dtype=float)
        status = run["status"].to_numpy()
        inside = score >= self._low
        ok, partial = (status == "ok") & inside, (status == "partial") & inside
        if ok.any():
            points["ok"] = ax.scatter(
                at[ok], score[ok], s=22, color=color, lw=0, alpha=0.6, zorder=2
            )
        if partial.any():
            points["partial"] = ax.scatter(
                at[partial],
                score[partial],
                s=24,
                facecolor=ax.get_facecolor(),
                edgecolor=color,
            )
        # at the border whatever the limits are: in shares of the axes' height
        border = ax.get_xaxis_transform()
        failed = status == "failed"
        for kind, which, marker, shade in (
            ("below", ~failed & ~inside, "v", color),
            ("failed", failed, "x", ink()),
        ):
            if which.any():
                mark = {"marker": marker, "ls": "", "ms": 5, "color": shade}
                height = np.full(which.sum(), 0.025)
                (points[kind],) = ax.plot(
                    at[which], height, transform=border, clip_on=False, zorder=3, **mark
                )
        if show_errors:
            error = run["standard_error"].to_numpy(dtype=float)
            known = (ok | partial) & np.isfinite(error)
            low, high = score[known] - error[known], score[known] + error[known]
            self.errors_[name] = ax.vlines(
                at[known], low, high, color=color, alpha=0.35, lw=1, zorder=1
            )

    def _draw_best(self, name, runs, x, color, style):
        ax = self.ax_
        grid, table = _on_common_grid(runs, x)
        if table.size == 0:
            return
        middle = np.median(table, axis=0)
        label = "best so far" if len(self.runs) == 1 else as_text(name)
        if len(runs) > 1:
            label += f", median of {len(runs)} runs"
            low, high = np.quantile(table, [0.25, 0.75], axis=0)
            self.bands_[name] = ax.fill_between(
                grid, low, high, step="post", color=color, alpha=0.2, lw=0
            )
        (self.lines_[name],) = ax.plot(
            grid, middle, color=color, ls=style, lw=2, drawstyle="steps-post", zorder=4
        )
        self.lines_[name].set_label(label)


def _make_whole(locator):
    """Keep ticks between whole numbers away, where a locator can do that."""
    from matplotlib.ticker import MaxNLocator

    if isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)


def _runs(search, metric):
    """Sort what was given into named lists of runs; give them and the score's name."""
    if isinstance(search, Mapping) and not is_table(search):
        named = dict(search)
    else:
        named = {"search": search}
    runs, score_name = {}, None
    for name, given in named.items():
        given = list(given) if isinstance(given, list | tuple) else [given]
        candidates = [read_candidates(each, metric) for each in given]
        runs[str(name)] = [_table(each) for each in candidates]
        score_name = score_name or (candidates[0].score_name if candidates else None)
    if not runs or not all(runs.values()):
        raise ValueError(f"There must be at least one search. Got {search!r}.")
    return runs, score_name


def _table(candidates):
    best = np.where(candidates.ok, candidates.scores, np.nan)
    n_splits = candidates.folds.shape[1]
    error = np.full(len(candidates), np.nan)
    if n_splits > 1:
        error = candidates.folds.std(axis=1, ddof=1) / np.sqrt(n_splits)
    # of scores on some of the folds, that of the estimate
    error = np.where(candidates.noise > 0, np.sqrt(candidates.noise), error)
    return pd.DataFrame(
        {
            "score": candidates.scores,
            "standard_error": error,
            "status": candidates.status,
            "best": np.fmax.accumulate(best),
            "candidates": np.arange(len(candidates)),
            "fits": np.cumsum(candidates.n_fits),
            "seconds": np.cumsum(candidates.seconds),
        }
    )


def _on_common_grid(runs, x):
    """Give the best so far of each run at common places, from where all have one."""
    runs = [run[np.isfinite(run["best"]) & np.isfinite(run[x])] for run in runs]
    if not all(len(run) for run in runs):
        return np.array([]), np.empty((0, 0))
    start = max(run[x].iloc[0] for run in runs)
    grid = np.unique(np.concatenate([run[x].to_numpy(dtype=float) for run in runs]))
    grid = grid[grid >= start]
    rows = []
    for run in runs:
        at = np.searchsorted(run[x].to_numpy(dtype=float), grid, side="right") - 1
        rows.append(run["best"].to_numpy(dtype=float)[at])
    return grid, np.array(rows)
