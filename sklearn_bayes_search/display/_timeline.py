"""Which worker ran which fit, and when."""

import numpy as np
import pandas as pd

from sklearn_bayes_search.display._canvas import (
    COLORS,
    faint,
    ink,
    new_axes,
    sequential_map,
)
from sklearn_bayes_search.display._text import as_text
from sklearn_bayes_search.results._times import Timeline, duration

__all__ = ["TimelineDisplay"]

# With more of them edges would cover the bars.
MANY_FITS = 150


class TimelineDisplay:
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
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure of these axes.
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
            What colours tell: which candidate it is, by its row in ``cv_results_``,
            where every other one is paler so that neighbours differ, or which fits
            failed.
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
        times = Timeline.of(fits.assign(start=start))
        order = np.argsort(times.start, kind="stable")
        self.rows_ = {str(times.workers[fit]): int(times.rows[fit]) for fit in order}
        self.workers_ = list(self.rows_)
        size = (8.5, 1.7 + 0.4 * times.n_workers)
        self.ax_ = ax = new_axes(self, ax, figsize=size)
        self.figure_ = ax.figure
        present = self._draw_idle(times)
        busy = self._draw_fits(times, self._colors(color))
        for cut in times.cuts:
            ax.axvline(cut, color=ink(), ls=":", lw=1.2, zorder=4)
        self.utilisation_ = busy / present if present > 0 else 1.0
        self._label(times, color)
        return self

    def _draw_idle(self, times):
        """Draw when there were workers; give that time, added up."""
        present = 0.0
        for run in range(times.runs.max() + 1):
            mine = times.runs == run
            begin = times.start[mine].min()
            length = (times.start + times.seconds)[mine].max() - begin
            for row in np.unique(times.rows[mine]):
                place = row - 0.4, 0.8
                self.ax_.broken_barh(
                    [(begin, length)], place, color=faint(self.ax_), zorder=1
                )
                present += length
        return present

    def _draw_fits(self, times, colors):
        """Draw a bar for each fit; give the time in which workers fitted, added up."""
        ax, start, seconds = self.ax_, times.start, times.seconds
        failed = (self.fits["status"] == "failed").to_numpy()
        self.bars_, busy = {}, 0.0
        for worker, row in self.rows_.items():
            mine = times.workers == worker
            # a thin line parts a candidate's folds
            self.bars_[worker] = ax.broken_barh(
                np.column_stack([start, seconds])[mine],
                (row - 0.4, 0.8),
                facecolors=colors[mine],
                edgecolors=ax.get_facecolor(),
                linewidths=0.4 if len(failed) < MANY_FITS else 0.0,
                zorder=2,
            )
            busy += _covered(start[mine], (start + seconds)[mine])
        middle = (start + seconds / 2)[failed]
        ax.plot(middle, times.rows[failed], "x", color=ink(), ms=6, zorder=3)
        return busy

    def _colors(self, color):
        number = self.fits["candidate"].to_numpy()
        if color == "status":
            failed = (self.fits["status"] == "failed").to_numpy()
            from matplotlib.colors import to_rgba

            shades = np.array([to_rgba(c) for c in (COLORS[0], COLORS[1])])
            return shades[failed.astype(int)]
        return self._shades(number, number / max(number.max(), 1))

    @staticmethod
    def _shades(number, share):
        """Give light and dark by turns: neighbours differ, and the order shows."""
        pale = np.mod(number, 2) == 1
        colors = sequential_map()(np.broadcast_to(share, pale.shape))
        colors[pale, :3] = 0.62 * colors[pale, :3] + 0.38
        return colors

    def _label(self, times, color):
        from matplotlib.cm import ScalarMappable
        from matplotlib.legend_handler import HandlerTuple
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        ax, n, breaks = self.ax_, times.n_workers, times.pauses
        title = [
            "1 worker" if n == 1 else f"{n} workers",
            f"{100 * self.utilisation_:.0f} % busy",
            duration(times.end),
        ]
        since = "seconds since the first fit began"
        handles = [Patch(color=faint(ax), label="idle")]
        if breaks:
            several = "1 break" if len(breaks) == 1 else f"{len(breaks)} breaks"
            title[-1] += f" without {several} of {duration(sum(breaks))}"
            since += ", breaks left out"
            line = Line2D([], [], color=ink(), ls=":", lw=1.2, label="break")
            handles.append(line)
        ax.set_title(", ".join(title), loc="left")
        ax.set_yticks(range(n), self._row_names(n))
        ax.set(xlabel=since, xlim=(0, times.end or 1), ylim=(n - 0.4, -0.6))
        failed = (self.fits["status"] == "failed").any()
        if color == "status":
            handles.insert(0, Patch(color=COLORS[0], label="fit"))
            if failed:
                handles.insert(1, Patch(color=COLORS[1], label="failed fit"))
        elif failed:
            mark = Line2D([], [], marker="x", ls="", color=ink(), ms=6)
            mark.set_label("failed fit")
            handles.append(mark)
        if color == "candidate" and self.fits["candidate"].max() > 0:
            pair = tuple(Patch(color=shade) for shade in self._shades([0, 1], 1.0))
            handles.insert(0, pair)
        names = [
            "a candidate, and the next" if isinstance(h, tuple) else h.get_label()
            for h in handles
        ]
        ax.legend(
            handles,
            names,
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0.0)},
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            borderaxespad=4.5,  # below the label of the axis
            ncols=len(handles),
            frameon=False,
            fontsize="small",
        )
        if color == "candidate":
            last = max(int(self.fits["candidate"].max()), 1)
            scale = ScalarMappable(cmap=sequential_map())
            scale.set_clim(0, last)
            bar = self.figure_.colorbar(scale, ax=ax, pad=0.01, aspect=12)
            bar.set_label("candidate, its row", fontsize="small")
            bar.ax.yaxis.get_major_locator().set_params(integer=True)

    def _row_names(self, n):
        """Name rows by their hosts where there are several."""
        hosts = [set() for _ in range(n)]
        for worker, row in self.rows_.items():
            host, known, _ = worker.rpartition(":")
            hosts[row].update([host] if known else [])
        if len(set.union(*hosts)) <= 1:
            return [f"worker {i + 1}" for i in range(n)]
        return [f"{as_text(', '.join(sorted(h)))} {i + 1}" for i, h in enumerate(hosts)]


def _covered(start, end):
    """Give the time in which at least one interval is open."""
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    latest = np.concatenate([[-np.inf], np.maximum.accumulate(end)[:-1]])
    return float(np.maximum(end - np.maximum(start, latest), 0).sum())
