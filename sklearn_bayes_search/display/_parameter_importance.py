"""Which parameters matter, as bars."""

import numpy as np

from sklearn_bayes_search.display._canvas import COLORS, new_axes
from sklearn_bayes_search.display._text import as_text, name_texts
from sklearn_bayes_search.results._importance import parameter_importance
from sklearn_bayes_search.results._shares import HARDLY

__all__ = ["ParameterImportanceDisplay"]

# Colours of a bar with others and alone: of what matters or hardly does, and of what
# cannot be told.
KNOWN, UNKNOWN = ("#B9D3E8", COLORS[0]), ("#E4E4E4", "#B0B0B0")


class ParameterImportanceDisplay:
    """How much of the score's variance comes from each parameter.

    Bars are grey where the candidates are too few to tell whether the parameter
    matters, with the part of its values that the fewest of them have.

    Create it with `from_estimator` or `from_cv_results`.

    Parameters
    ----------
    importance : DataFrame
        Of :func:`~sklearn_bayes_search.results.parameter_importance`, a row per
        parameter.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
    total_bars_, main_bars_ : BarContainer
        A bar per parameter, from top to bottom.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import ParameterImportanceDisplay
    >>> search = GridSearchCV(
    ...     SVC(), {"C": [0.1, 1, 10, 100], "gamma": [1e-5, 1e-3, 0.1]}
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = ParameterImportanceDisplay.from_estimator(search)
    >>> len(display.total_bars_)
    2
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, importance):
        self.importance = importance

    @classmethod
    def from_estimator(cls, search, *, metric=None, n_most=15, random_state=0, ax=None):
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

    @classmethod
    def from_cv_results(
        cls, cv_results, *, metric=None, n_most=15, random_state=0, ax=None
    ):
        """Estimate and draw the importance from the results of a search.

        Parameters
        ----------
        cv_results : dict or DataFrame
            ``cv_results_``, or a table of it.
        metric : str, default=None
            As for `from_estimator`.
        n_most : int, default=15
            Likewise.
        random_state : int, default=0
            Likewise.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ParameterImportanceDisplay
            What was drawn.
        """
        return cls.from_estimator(
            cv_results, metric=metric, n_most=n_most, random_state=random_state, ax=ax
        )

    def plot(self, ax=None, *, n_most=15):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        n_most : int, default=15
            How many parameters are shown at most, >= 1.

        Returns
        -------
        self : ParameterImportanceDisplay
            The display.
        """
        shown = self.importance.iloc[:n_most]
        n, at = len(shown), np.arange(len(shown))
        self.ax_ = ax = new_axes(self, ax, figsize=(7.5, 1.6 + 0.36 * n))
        self.figure_ = ax.figure
        total, main = shown["total"].to_numpy(), shown["main"].to_numpy()
        error = np.zeros(n)
        if "error" in shown:
            error = np.nan_to_num(shown["error"].to_numpy(dtype=float))
        # a share is 0 to 1, and so is what is likely
        whiskers = np.array([np.minimum(error, total), np.minimum(error, 1 - total)])
        matters = shown["matters"] if "matters" in shown else ["yes"] * n
        colors = [UNKNOWN if each == "unknown" else KNOWN for each in matters]
        self.total_bars_ = ax.barh(
            at,
            total,
            height=0.66,
            color=[with_others for with_others, _ in colors],
            label="together with other parameters",
            xerr=np.maximum(whiskers, 0.0),
            error_kw={"ecolor": "#666666", "capsize": 2, "lw": 1},
        )
        self.main_bars_ = ax.barh(
            at,
            np.minimum(main, total),
            height=0.36,
            color=[alone for _, alone in colors],
            label="alone",
        )
        ax.set_yticks(at, list(name_texts(shown.index).values()))
        if error.any():
            ax.plot([], [], "|-", color="#666666", lw=1, label="likely error")
        ends = total + np.maximum(whiskers[1], 0.0)
        texts = [_text(row) for _, row in shown.iterrows()]
        for y, end, text in zip(at, ends, texts, strict=True):
            ax.text(end + 0.015, y, text, va="center", fontsize="small")
        label = "share of the differences in score over the space"
        if "unknown" in set(matters):
            label += "\ngrey: too few candidates to tell whether it matters"
        ax.set_xlabel(label)
        longest = max(len(line) for text in texts for line in text.split("\n"))
        right = max(1.0, ends.max(initial=0) + 0.04 + 0.0145 * longest)
        ax.set(ylim=(n - 0.4, -0.6), xlim=(0, right))
        ax.set_xticks(np.linspace(0, 1, 6), [f"{p} %" for p in range(0, 101, 20)])
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        ax.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=3,
            frameon=False,
            fontsize="small",
        )
        if n < len(self.importance):
            of = f"{n} of {len(self.importance)} parameters"
            ax.set_title(of, loc="left", fontsize="medium")
        return self


def _text(row):
    """Say what is known of a parameter."""
    if row.get("matters") == "unknown":
        return "cannot tell:\n" + as_text(row["rests_on"])
    hardly = row["total"] + row.get("error", 0.0) <= HARDLY
    if row.get("matters", "hardly" if hardly else "yes") == "hardly":
        return "hardly matters"
    direction = row["direction"]
    return direction if isinstance(direction, str) else ""
