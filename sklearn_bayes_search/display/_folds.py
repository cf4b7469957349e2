"""The leading candidates compared with the best on the same folds."""

import textwrap
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklearn_bayes_search.display._charts._folds import Comparison, compare, folds_chart
from sklearn_bayes_search.display._display import Display, known_settings, score_name
from sklearn_bayes_search.display._pen import add_legend, as_text, draw, new_axes
from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.results._selection import (
    equivalent_settings,
    known_test_share,
)
from sklearn_bayes_search.results._short_text import (
    different_values,
    name_ends,
    setting_texts,
)

# Characters of a value in a candidate's label; lines of a label, and how long they are.
VALUE_WIDTH = 24
LABEL = textwrap.TextWrapper(52, max_lines=4, placeholder=" …", break_on_hyphens=False)


@dataclass(eq=False, repr=False, kw_only=True)
class FoldsDisplay(Display, Comparison):
    """Scores of the leading candidates less those of the best, fold by fold.

    Create it with `from_estimator` or `from_cv_results`. A row is a candidate, a dot
    the difference from the best on one fold, the bar the interval of the mean
    difference: where it reaches 0, the candidate cannot be told from the best. Those
    with the same scores on all folds share a row. Where a function as ``refit`` chose a
    candidate, it is shown, too.

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
    n_same : ndarray of shape (n_shown,), int
        How many others have the same scores on all folds.
    chosen : int or None
        Row in ``cv_results_`` of the one that a function as ``refit`` chose.
    n_others, n_equivalent : int
        How many other candidates have scores on all folds, and how many of these cannot
        be told from the best.
    level : float
        With this confidence the best is better than one that is not equivalent.
    labels : list of str
        The parameters in which they differ.
    score_name : str
        What the score is called.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    dots_ : list of PathCollection
        The folds of each candidate.
    bars_ : list of ErrorbarContainer
        Mean and interval of each candidate but the best.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import FoldsDisplay
    >>> search = GridSearchCV(SVC(), {"C": [1, 9]}).fit(*load_iris(return_X_y=True))
    >>> display = FoldsDisplay.from_estimator(search)
    >>> sorted(display.labels)
    ['C=1', 'C=9']
    """

    labels: list[str]
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
            in (0.5, 1), as in `equivalent_settings`.
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
        check_number("level", level, above=0.5, below=1)
        check_number("n_best", n_best, whole=True, least=1)
        results = read_results(search, metric)
        if results.n_splits < 2:
            raise ValueError(
                "FoldsDisplay compares scores on folds, at least 2. Got "
                f"{results.n_splits}."
            )
        by_rule = callable(getattr(search, "refit", None))
        comparison = compare(
            np.where(results.eligible[:, None], results.folds, np.nan),
            equivalent_settings(search, metric=results.metric, level=level),
            n_best=n_best,
            level=level,
            test_share=known_test_share(search),
            chosen=getattr(search, "best_index_", None) if by_rule else None,
        )
        settings = known_settings(results)
        return cls(
            **vars(comparison),
            labels=_labels([settings[row] for row in comparison.candidates]),
            score_name=score_name(search, results.metric),
        ).plot(ax)

    from_cv_results = from_estimator

    def plot(self, ax: Any = None) -> Self:
        labels = [
            LABEL.fill(label)
            + ("\nchosen by refit" if row == self.chosen else "")
            + (f"\nand {n} more with the same scores" if n else "")
            for label, row, n in zip(
                self.labels, self.candidates, self.n_same, strict=True
            )
        ]
        chart = folds_chart(self, labels, self.score_name)
        assert chart.y.limits is not None
        height = 1.6 - chart.y.limits[0]
        self.ax_ = ax = new_axes(self, ax, figsize=(9.0, height))
        self.figure_ = ax.figure
        drawn = draw(ax, chart)
        self.dots_ = list(drawn["folds"].values())
        self.bars_ = list(drawn["mean"].values())
        ax.tick_params(axis="y", length=0, labelsize="small")
        ax.spines[["top", "right", "left"]].set_visible(False)
        add_legend(ax, chart)
        return self


def _labels(settings: list[dict[str, Any]]) -> list[str]:
    """Write of each candidate the parameters in which they differ."""
    n, names = len(settings), dict.fromkeys(name for own in settings for name in own)
    tried = {name: [own[name] for own in settings if name in own] for name in names}
    differ = [
        name
        for name, values in tried.items()
        if len(values) < n or len(different_values(values)) > 1
    ]
    texts = setting_texts(settings, name_ends(differ or names), VALUE_WIDTH)
    return [as_text(text) for text in texts]
