"""The leading candidates compared with the best on the same folds."""

import textwrap
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any, Self

import numpy as np

from sklearn_bayes_search.charts._folds import Comparison, compare, folds_chart
from sklearn_bayes_search.display._candidates import read_candidates
from sklearn_bayes_search.display._pen import (
    add_legend,
    as_text,
    draw,
    new_axes,
    of_role,
)
from sklearn_bayes_search.results._selection import (
    equivalent_settings,
    known_test_share,
)
from sklearn_bayes_search.results._short_text import (
    different_values,
    name_ends,
    setting_texts,
)

# Characters of a value in a candidate's label, of a line of it, and its lines.
VALUE_WIDTH, LABEL_WIDTH, LABEL_LINES = 24, 52, 4


@dataclass(eq=False, repr=False, kw_only=True)
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

    differences: np.ndarray
    intervals: np.ndarray
    scores: np.ndarray
    equivalent: np.ndarray
    candidates: np.ndarray
    labels: list[str]
    n_same: np.ndarray
    chosen: int | None
    n_others: int
    n_equivalent: int
    level: float
    score_name: str

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        n_best: int = 8,
        metric: str | None = None,
        level: float = 0.95,
        ax: Any = None,
    ) -> Self:
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
        comparison = compare(
            folds,
            equal,
            n_best=n_best,
            level=level,
            test_share=share,
            chosen=search.best_index_ if _chose_by_rule(search) else None,
        )
        display = cls(
            **vars(comparison),
            labels=_labels([candidates.params[row] for row in comparison.candidates]),
            score_name=candidates.score_name,
        )
        return display.plot(ax)

    # it takes results as well
    from_cv_results = from_estimator

    def plot(self, ax: Any = None) -> Self:
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
        own = {field.name: getattr(self, field.name) for field in fields(Comparison)}
        chart = folds_chart(Comparison(**own), labels, self.score_name)
        assert chart.y.limits is not None
        height = 1.6 - chart.y.limits[0]
        self.ax_ = ax = new_axes(self, ax, figsize=(9.0, height))
        self.figure_ = ax.figure
        drawn = draw(ax, chart)
        self.dots_ = list(of_role(chart, drawn, "folds").values())
        self.bars_ = list(of_role(chart, drawn, "mean").values())
        ax.tick_params(axis="y", length=0, labelsize="small")
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        add_legend(ax, chart)
        return self


def _chose_by_rule(search: Any) -> bool:
    return callable(getattr(search, "refit", None)) and hasattr(search, "best_index_")


def _labels(settings: list[dict[str, Any]]) -> list[str]:
    """Write of each setting the parameters in which they differ."""
    names = list(dict.fromkeys(name for params in settings for name in params))
    if len(settings) > 1:
        names = [name for name in names if _differs(name, settings)] or names
    texts = setting_texts(settings, name_ends(names), VALUE_WIDTH)
    return [as_text(text) for text in texts]


def _differs(name: str, settings: list[dict[str, Any]]) -> bool:
    if not all(name in params for params in settings):
        return True
    return len(different_values(params[name] for params in settings)) > 1


def _wrap(label: str) -> str:
    lines = textwrap.wrap(label, LABEL_WIDTH, break_on_hyphens=False) or [""]
    if len(lines) > LABEL_LINES:
        lines = [*lines[:LABEL_LINES]]
        lines[-1] += " …"
    return "\n".join(lines)
