"""The leading candidates compared with the best on the same folds."""

import textwrap
from numbers import Integral

import numpy as np
from scipy.stats import t as student

from sklearn_bayes_search.display._candidates import read_candidates
from sklearn_bayes_search.display._canvas import BEST, COLORS, MUTED, new_axes
from sklearn_bayes_search.display._text import MAX_WIDTH, as_text
from sklearn_bayes_search.results._axes import score_limits
from sklearn_bayes_search.results._folds import (
    deviation,
    error_factor,
    first_of_equals,
)
from sklearn_bayes_search.results._selection import (
    equivalent_settings,
    known_test_share,
)
from sklearn_bayes_search.results._short_text import (
    different_values,
    name_ends,
    number_texts,
    setting_texts,
)

__all__ = ["FoldsDisplay"]

# Characters and lines of a candidate's label.
LABEL_WIDTH, LABEL_LINES = 52, 4


class FoldsDisplay:
    """Scores of the leading candidates less those of the best, fold by fold.

    Create it with `from_estimator` or `from_cv_results`. All candidates are scored on
    the same folds, so that differences on a fold tell more than means: a fold that is
    easy is easy for all. A row is a candidate, a dot the difference on one fold; the
    bar is the interval of the mean difference. Where the interval reaches 0, the
    candidate cannot be told from the best. Candidates with the same scores on all folds
    share a row. Where a function as ``refit`` chose a candidate, it is shown, too.

    Parameters
    ----------
    differences : ndarray of shape (n_shown, n_splits)
        Scores less the best's on the same fold; the first row is the best, all 0.
    intervals : ndarray of shape (n_shown, 2)
        Of the mean difference. Both of their sides hold ``1 - level``: that of a
        level of 0.95 is a 90 % interval.
    scores : ndarray of shape (n_shown,)
        Mean scores.
    equivalent : ndarray of shape (n_shown,), bool
        Which of them cannot be told from the best.
    candidates : ndarray of shape (n_shown,), int
        Their rows in ``cv_results_``.
    labels : list of str
        The parameters in which they differ.
    n_same : ndarray of shape (n_shown,), int
        How many others have the same scores on all folds.
    chosen : int or None
        Row in ``cv_results_`` of the one that a function as ``refit`` chose.
    n_others, n_equivalent : int
        How many other candidates have scores on all folds, and how many of these cannot
        be told from the best.
    level : float
        With this confidence the best is better than one that is not equivalent.
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
    dots_ : list of PathCollection
        The folds of each candidate.
    bars_ : list of ErrorbarContainer
        Mean and interval of each candidate but the best.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import FoldsDisplay
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]}
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = FoldsDisplay.from_estimator(search)
    >>> sorted(display.labels)
    ['max_depth=1', 'max_depth=2', 'max_depth=3', 'max_depth=4']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        differences,
        intervals,
        scores,
        equivalent,
        candidates,
        labels,
        n_same,
        chosen,
        n_others,
        n_equivalent,
        level,
        score_name,
    ):
        self.differences = differences
        self.intervals = intervals
        self.scores = scores
        self.equivalent = equivalent
        self.candidates = candidates
        self.labels = labels
        self.n_same = n_same
        self.chosen = chosen
        self.n_others = n_others
        self.n_equivalent = n_equivalent
        self.level = level
        self.score_name = score_name

    @classmethod
    def from_estimator(cls, search, *, n_best=8, metric=None, level=0.95, ax=None):
        """Draw the leading candidates of a fitted search.

        Parameters
        ----------
        search : fitted search, dict or DataFrame
            ``BayesSearchCV``, any of scikit-learn's, or ``cv_results_``.
        n_best : int, default=8
            How many candidates with different scores are shown, >= 1; and the one that
            a function as ``refit`` chose.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        level : float, default=0.95
            A candidate is equivalent unless the best is better with this confidence,
            in (0.5, 1), as in `equivalent_settings`. The test is one-sided: the bars
            are intervals with ``1 - level`` on each of their sides, 90 % ones.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : FoldsDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If there are fewer than two folds, no candidate has all of them, or an
            argument is out of range.
        """
        if not 0.5 < level < 1:
            raise ValueError(f"The 'level' must be between 0.5 and 1. Got {level!r}.")
        if isinstance(n_best, bool) or not isinstance(n_best, Integral) or n_best < 1:
            raise ValueError(f"The 'n_best' must be an int >= 1. Got {n_best!r}.")
        candidates = read_candidates(search, metric)
        n_splits = candidates.folds.shape[1]
        if n_splits < 2:
            raise ValueError(
                f"FoldsDisplay compares scores on folds, at least 2. Got {n_splits}."
            )
        ok = (candidates.status == "ok")[:, None]
        folds = np.where(ok, candidates.folds, np.nan)
        share = known_test_share(search)
        equal = equivalent_settings(search, metric=candidates.metric, level=level)
        complete = np.isfinite(folds).all(axis=1)
        means = np.where(complete, folds.mean(axis=1), -np.inf)
        chosen = search.best_index_ if _chose_by_rule(search) else None
        shown, n_same = _leaders(folds, means, complete, n_best, chosen)
        differences = folds[shown] - folds[shown[0]]
        # that of equivalent_settings
        error = deviation(differences, axis=1) * error_factor(n_splits, share)
        half = student.ppf(level, n_splits - 1) * error
        middle = differences.mean(axis=1)
        display = cls(
            differences=differences,
            intervals=np.column_stack([middle - half, middle + half]),
            scores=means[shown],
            equivalent=np.isin(shown, equal),
            candidates=shown,
            labels=_labels([candidates.params[row] for row in shown]),
            n_same=n_same,
            chosen=chosen,
            n_others=int(complete.sum()) - 1,
            n_equivalent=len(equal) - 1,
            level=level,
            score_name=candidates.score_name,
        )
        return display.plot(ax)

    @classmethod
    def from_cv_results(cls, cv_results, *, n_best=8, metric=None, level=0.95, ax=None):
        """Draw the leading candidates of the results of a search.

        Parameters
        ----------
        cv_results : dict or DataFrame
            ``cv_results_``, or a table of it.
        n_best : int, default=8
            As for `from_estimator`.
        metric : str, default=None
            Likewise.
        level : float, default=0.95
            Likewise.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : FoldsDisplay
            What was drawn.
        """
        return cls.from_estimator(
            cv_results, n_best=n_best, metric=metric, level=level, ax=ax
        )

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        self : FoldsDisplay
            The display.
        """
        labels = [
            _wrap(label)
            + ("\nchosen by refit" if row == self.chosen else "")
            + (f"\nand {n} more with the same scores" if n else "")
            for label, row, n in zip(
                self.labels, self.candidates, self.n_same, strict=True
            )
        ]
        lines = np.array([label.count("\n") + 1 for label in labels])
        heights = np.maximum(0.32, 0.16 * lines + 0.12)
        # rows are as high as their labels, from top to bottom
        at = -(np.cumsum(heights) - heights / 2)
        total = heights.sum()
        self.ax_ = ax = new_axes(self, ax, figsize=(9.0, 1.6 + total))
        self.figure_ = ax.figure
        self.dots_, self.bars_ = [], []
        ax.axvline(0, color=BEST, lw=1.5, zorder=1)
        rows = zip(at, self.differences, self.intervals, self.equivalent, strict=True)
        for row, (y, differences, (low, high), equal) in enumerate(rows):
            color = COLORS[0] if equal else MUTED
            # above the bar, and in three lines: equal differences are common
            above = 0.06 + (np.arange(len(differences)) % 3) * 0.025
            dots = ax.scatter(
                differences, y + above, s=20, color=color, alpha=0.6, lw=0, zorder=2
            )
            self.dots_.append(dots)
            middle = differences.mean()
            if row == 0:
                dots.set_visible(False)
                ax.plot(0, y, marker="*", ms=14, color=BEST, mec="white", zorder=4)
                continue
            bar = ax.errorbar(
                middle,
                y,
                xerr=[[middle - low], [high - middle]],
                fmt="D",
                ms=6,
                color=color,
                mfc=color if equal else ax.get_facecolor(),
                capsize=3,
                lw=1.6,
                zorder=3,
            )
            self.bars_.append(bar)
        self._leave_out_hopeless(at)
        self._label(labels, at, total)
        return self

    def _leave_out_hopeless(self, at):
        """End the axis at the last row that is not hopeless; tell how far the rest is.

        Else the leading ones could not be told apart.
        """
        far = self.scores < score_limits(self.scores)[0]
        if not far.any():
            return
        shown = np.column_stack([self.differences, self.intervals])[~far]
        low, high = min(shown.min(), 0.0), max(shown.max(), 0.0)
        margin = 0.05 * (high - low)
        self.ax_.set_xlim(low - 3 * margin, high + margin)
        texts = number_texts(self.differences.mean(axis=1)[far], digits=2)
        for y, text in zip(at[far], texts, strict=True):
            self.ax_.text(
                0.01,
                y,
                f"\N{LEFTWARDS ARROW} {text}",
                transform=self.ax_.get_yaxis_transform(),
                va="center",
                fontsize="small",
                color=MUTED,
            )

    def _label(self, labels, at, total):
        ax, name = self.ax_, as_text(self.score_name)
        ax.set_yticks(at, labels, fontsize="small")
        ax.set_ylim(-total, 0)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(f"{name} less the best candidate's on the same fold")
        scores = number_texts(self.scores, digits=4, step_digits=1)
        for y, text in zip(at, scores, strict=True):
            ax.text(
                1.01,
                y,
                text,
                transform=ax.get_yaxis_transform(),
                va="center",
                fontsize="small",
            )
        ax.text(1.01, 1.01, f"mean\n{name}", transform=ax.transAxes, fontsize="small")
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        ax.set_title(
            f"{self.n_equivalent} of {self.n_others} other candidates cannot be told "
            "from the best",
            loc="left",
        )
        self._add_legend()

    def _add_legend(self):
        from matplotlib.lines import Line2D

        def mark(marker, color, label, **others):
            others = {"ls": "", "color": color, **others}
            return Line2D([], [], marker=marker, label=label, **others)

        percent = f"{100 * (2 * self.level - 1):.3g} % interval"
        sure = f"{100 * self.level:.3g} %"
        handles = [
            mark("*", BEST, "the best", ms=11),
            mark(".", COLORS[0], "one fold", alpha=0.6),
        ]
        others = self.equivalent[1:]
        if others.any():
            label = f"mean difference, {percent} reaches 0: as good"
            handles.append(mark("D", COLORS[0], label, ls="-"))
        if not others.all():
            label = f"mean difference, {percent} below 0: worse"
            handles.append(
                mark("D", MUTED, label, ls="-", mfc=self.ax_.get_facecolor())
            )
        sides = f"{100 * (1 - self.level):.3g} % on each side"
        title = f"interval below 0, with {sides}: the best is better, {sure} sure"
        self.ax_.legend(
            handles=handles,
            title=title if len(self.equivalent) > 1 else None,
            title_fontsize="small",
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            borderaxespad=4.5,  # below the label of the axis
            ncols=2,
            fontsize="small",
            frameon=False,
        )


def _chose_by_rule(search):
    return callable(getattr(search, "refit", None)) and hasattr(search, "best_index_")


def _leaders(folds, means, complete, n_best, chosen):
    """Give the rows shown, the best first, and how many others each stands for."""
    rank = np.argsort(-means, kind="stable")[: complete.sum()]
    rows, n_same = first_of_equals(folds[rank])
    shown = rank[rows]
    wanted = np.arange(len(shown)) < n_best
    if chosen is not None:  # it stands for those with its scores
        like = (folds[shown] == folds[chosen]).all(axis=1)
        shown[like], wanted[like] = chosen, True
    return shown[wanted], n_same[wanted]


def _labels(settings):
    """Write of each setting the parameters in which they differ."""
    names = list(dict.fromkeys(name for params in settings for name in params))
    if len(settings) > 1:
        names = [name for name in names if _differs(name, settings)] or names
    texts = setting_texts(settings, name_ends(names), MAX_WIDTH)
    return [as_text(text) for text in texts]


def _differs(name, settings):
    if not all(name in params for params in settings):
        return True
    return len(different_values(params[name] for params in settings)) > 1


def _wrap(label):
    lines = textwrap.wrap(label, LABEL_WIDTH, break_on_hyphens=False) or [""]
    if len(lines) > LABEL_LINES:
        lines = [*lines[:LABEL_LINES]]
        lines[-1] += " …"
    return "\n".join(lines)
