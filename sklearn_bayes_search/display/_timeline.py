"""Which worker ran which fit, and when."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._charts._timeline import timeline_chart, utilisation
from sklearn_bayes_search.display._display import Display
from sklearn_bayes_search.display._pen import add_legend, draw, new_axes, sequential_map
from sklearn_bayes_search.results._times import Timeline


@dataclass(eq=False, repr=False, kw_only=True)
class TimelineDisplay(Display):
    """A row for each worker, a bar for each fit; idle time stays grey.

    Create it with `from_estimator`. Pauses between runs of one search are left out. A
    worker that begins when another one has ended, as it replaced that or the search was
    resumed, takes its row: there are as many rows as there were workers at a time.

    Parameters
    ----------
    fits : DataFrame
        As of :meth:`BayesSearchCV.folds_frame`: ``candidate``, ``fold``, ``status``,
        ``start``, ``seconds`` and ``worker``.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    bars_ : dict of str -> PolyCollection
        The fits of each worker.
    workers_ : list of str
        Workers, in the order of their first fits; "lost 7" where that of fit 7 is not
        known.
    rows_ : dict of str -> int
        The row of each worker, from top to bottom.
    utilisation_ : float
        Share of the workers' time in which they fitted, while there were any.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import BayesSearchCV, TimelineDisplay
    >>> search = BayesSearchCV(SVC(), {"C": [1, 9]}).fit(*load_iris(return_X_y=True))
    >>> display = TimelineDisplay.from_estimator(search)
    >>> len(display.fits), len(display.workers_)
    (10, 1)
    """

    fits: pd.DataFrame

    @classmethod
    def from_estimator(
        cls, search: Any, *, color: str = "candidate", ax: Any = None
    ) -> Self:
        """Draw a fitted search.

        Parameters
        ----------
        search : BayesSearchCV
            A fitted search; others do not keep times.
        color : {"candidate", "status"}, default="candidate"
            What colours tell: the candidate's row in ``cv_results_``, where every other
            one is paler so that neighbours differ, or which fits failed.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : TimelineDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            If the search does not keep the times of fits, or the colour is unknown.
        """
        if not hasattr(search, "folds_frame"):
            raise TypeError(
                "TimelineDisplay needs a fitted BayesSearchCV: other searches do not "
                f"keep when a fit ran. Got {search!r}."
            )
        return cls(fits=search.folds_frame()).plot(ax, color=color)

    def plot(self, ax: Any = None, *, color: str = "candidate") -> Self:
        if color not in ("candidate", "status"):
            raise ValueError(
                f"The 'color' must be 'candidate' or 'status'. Got {color!r}."
            )
        start = pd.to_datetime(self.fits["start"], utc=True)
        times = Timeline.of(self.fits.assign(start=start))
        order = np.argsort(times.start, kind="stable")
        self.rows_ = {str(times.workers[fit]): int(times.rows[fit]) for fit in order}
        self.workers_ = list(self.rows_)
        self.utilisation_ = utilisation(times)
        size = (8.5, 1.7 + 0.4 * times.n_workers)
        self.ax_ = ax = new_axes(self, ax, figsize=size)
        self.figure_ = ax.figure
        chart = timeline_chart(self.fits, times, color=color)
        self.bars_ = draw(ax, chart)["fits"]
        add_legend(ax, chart, ncols=4)
        if color == "candidate":
            from matplotlib.cm import ScalarMappable

            scale = ScalarMappable(cmap=sequential_map())
            scale.set_clim(0, max(int(self.fits["candidate"].max()), 1))
            bar = self.figure_.colorbar(scale, ax=ax, pad=0.01, aspect=12)
            bar.set_label("candidate, its row", fontsize="small")
            bar.locator.set_params(integer=True)
        return self
