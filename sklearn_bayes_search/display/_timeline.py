"""Which worker ran which fit, and when."""

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._canvas import COLORS, new_axes, sequential_map
from sklearn_bayes_search.display._text import as_text

__all__ = ["TimelineDisplay"]

# A pause of all workers longer than this share of the time at work, as between two
# sessions of one search, is drawn short.
LONG_PAUSE, DRAWN_PAUSE = 0.5, 0.04
# With more of them edges would cover the bars.
MANY_FITS = 150


class TimelineDisplay:
    """A row for each worker, a bar for each fit; idle time stays grey.

    Create it with `from_estimator`.

    Parameters
    ----------
    fits : DataFrame
        As of :meth:`BayesSearchCV.folds_frame`: ``candidate``, ``fold``, ``status``,
        ``start``, ``seconds`` and ``worker``.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
    bars_ : dict of str -> PolyCollection
        The fits of each worker.
    workers_ : list of str
        Workers, from top to bottom.
    utilisation_ : float
        Share of the workers' time in which they fitted, pauses of all left out.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, TimelineDisplay
    >>> search = BayesSearchCV(
    ...     DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]}
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = TimelineDisplay.from_estimator(search)
    >>> len(display.fits), len(display.workers_)
    (20, 1)
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, fits):
        self.fits = fits

    @classmethod
    def from_estimator(cls, search, *, color="candidate", ax=None):
        """Draw a fitted search.

        Parameters
        ----------
        search : BayesSearchCV
            A fitted search; others do not keep times.
        color : {"candidate", "status"}, default="candidate"
            What colours tell: the order of the candidates, or which fits failed.
        ax : Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : TimelineDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the search does not keep the times of fits.
        """
        if not hasattr(search, "folds_frame"):
            raise TypeError(
                "TimelineDisplay needs a fitted BayesSearchCV: other searches do not "
                f"keep when a fit ran. Got {search!r}."
            )
        return cls(fits=search.folds_frame()).plot(ax, color=color)

    def plot(self, ax=None, *, color="candidate"):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        color : {"candidate", "status"}, default="candidate"
            As for `from_estimator`.

        Returns
        -------
        self : TimelineDisplay
            The display.

        Raises
        ------
        ValueError
            If the colour is unknown.
        """
        if color not in ("candidate", "status"):
            raise ValueError(
                f"The 'color' must be 'candidate' or 'status'. Got {color!r}."
            )
        fits = self.fits
        start = pd.to_datetime(fits["start"], utc=True)
        start = (start - start.min()).dt.total_seconds().to_numpy()
        seconds = fits["seconds"].to_numpy(dtype=float)
        start, end, pauses = _without_pauses(start, start + seconds)
        first = pd.Series(start).groupby(fits["worker"].to_numpy()).min()
        self.workers_ = list(first.sort_values(kind="stable").index)
        n, total = len(self.workers_), end.max()
        self.ax_ = ax = new_axes(self, ax, figsize=(8.5, 1.4 + 0.4 * n))
        self.figure_ = ax.figure
        colors = self._colors(color)
        self.bars_, busy = {}, 0.0
        for row, worker in enumerate(self.workers_):
            mine = (fits["worker"] == worker).to_numpy()
            spans = np.column_stack([start[mine], (end - start)[mine]])
            ax.broken_barh([(0, total)], (row - 0.4, 0.8), color="#E8E8E8", zorder=1)
            # a thin light edge parts a candidate's folds
            self.bars_[worker] = ax.broken_barh(
                spans,
                (row - 0.4, 0.8),
                facecolors=colors[mine],
                edgecolors="white",
                linewidths=0.4 if len(fits) < MANY_FITS else 0.0,
                zorder=2,
            )
            failed = mine & (fits["status"] == "failed").to_numpy()
            ax.plot(
                (start + end)[failed] / 2,
                np.full(failed.sum(), row),
                "x",
                color="black",
                ms=6,
                zorder=3,
            )
            busy += _covered(start[mine], end[mine])
        self.utilisation_ = busy / (n * total) if total > 0 else 1.0
        for at, length in pauses:
            ax.axvline(at, color="black", ls=":", lw=1.2, zorder=4)
            ax.text(
                at,
                -0.55,
                f"{_duration(length)} left out",
                ha="center",
                fontsize="small",
            )
        self._label(total, color)
        return self

    def _colors(self, color):
        number = self.fits["candidate"].to_numpy()
        if color == "status":
            failed = (self.fits["status"] == "failed").to_numpy()
            from matplotlib.colors import to_rgba

            shades = np.array([to_rgba(c) for c in (COLORS[0], COLORS[1])])
            return shades[failed.astype(int)]
        # light and dark by turns: neighbours differ, and the order shows
        share = number / max(number.max(), 1)
        colors = sequential_map()(share)
        colors[number % 2 == 1, :3] = 0.62 * colors[number % 2 == 1, :3] + 0.38
        return colors

    def _label(self, total, color):
        from matplotlib.cm import ScalarMappable
        from matplotlib.patches import Patch

        ax, n = self.ax_, len(self.workers_)
        workers = "1 worker" if n == 1 else f"{n} workers"
        share = f"{100 * self.utilisation_:.0f} %"
        ax.set_title(f"{workers}, {share} busy, {_duration(total)}", loc="left")
        hosts = {str(worker).rpartition(":")[0] for worker in self.workers_}
        names = [f"worker {i + 1}" for i in range(n)]
        if len(hosts) > 1:
            hosts = [str(worker).rpartition(":")[0] for worker in self.workers_]
            names = [f"{as_text(h)} {i + 1}" for i, h in enumerate(hosts)]
        ax.set_yticks(range(n), names)
        ax.set(xlabel="seconds since the first fit began", xlim=(0, total or 1))
        ax.set_ylim(n - 0.4, -0.6)
        handles = [Patch(color="#E8E8E8", label="idle")]
        failed = (self.fits["status"] == "failed").any()
        if color == "status":
            handles.insert(0, Patch(color=COLORS[0], label="fit"))
            if failed:
                handles.insert(1, Patch(color=COLORS[1], label="failed fit"))
        elif failed:
            (mark,) = ax.plot([], [], "x", color="black", ms=6, label="failed fit")
            handles.append(mark)
        ax.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.1,
            ncols=len(handles),
            frameon=False,
            fontsize="small",
        )
        if color == "candidate":
            last = max(int(self.fits["candidate"].max()), 1)
            scale = ScalarMappable(cmap=sequential_map())
            scale.set_clim(1, last + 1)
            bar = self.figure_.colorbar(scale, ax=ax, pad=0.01, aspect=12)
            bar.set_label("candidate", fontsize="small")
            bar.ax.yaxis.get_major_locator().set_params(integer=True)


def _without_pauses(start, end):
    """Cut out long times in which nobody worked.

    Parameters
    ----------
    start, end : ndarray of shape (n_fits,)
        Of each fit.

    Returns
    -------
    start, end : ndarray of shape (n_fits,)
        With pauses drawn short.
    pauses : list of (float, float)
        The middle of each and how long it was.
    """
    order = np.argsort(start, kind="stable")
    latest = np.maximum.accumulate(end[order])
    gaps = start[order][1:] - latest[:-1]
    at_work = _covered(start, end)
    pauses = []
    start, end = start.copy(), end.copy()
    for i in np.flatnonzero(gaps > LONG_PAUSE * at_work):
        drawn = DRAWN_PAUSE * at_work
        later = order[i + 1 :]
        before = end[order[: i + 1]].max()
        start[later] -= gaps[i] - drawn
        end[later] -= gaps[i] - drawn
        pauses.append((before + drawn / 2, float(gaps[i])))
    return start, end, pauses


def _covered(start, end):
    """Give the time in which at least one interval is open."""
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    latest = np.concatenate([[-np.inf], np.maximum.accumulate(end)[:-1]])
    return float(np.maximum(end - np.maximum(start, latest), 0).sum())


def _duration(seconds):
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.3g} s"
