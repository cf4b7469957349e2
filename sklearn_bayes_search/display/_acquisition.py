"""What the model believes along one parameter, and what it would try next."""

import re
from copy import deepcopy
from dataclasses import dataclass
from textwrap import fill

import numpy as np

from sklearn_bayes_search.display._charts._axis import parameter_axes
from sklearn_bayes_search.display._charts._chart import Axis
from sklearn_bayes_search.display._charts._slices import WIDE
from sklearn_bayes_search.display._display import Display
from sklearn_bayes_search.display._pen import (
    BEST,
    COLORS,
    MUTED,
    ink,
    set_axis,
    wrap_axes,
)
from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.results._short_text import name_ends

# A logarithm falls without end: what is so far below the highest is not shown.
LOG_REACH = 10.0


@dataclass(eq=False, repr=False, kw_only=True)
class AcquisitionDisplay(Display):
    """Belief about the score along one parameter, and how promising each value is.

    Create it with `from_estimator`. The upper picture is the model, the lower one the
    acquisition function; where that is highest the next value is tried.

    Parameters
    ----------
    values : ndarray of shape (n_points,)
        Values of the parameter.
    prediction : Prediction or None
        What the model believes there; None before there is a model.
    told : ndarray of shape (n_told, 2)
        Values tried and their scores, NaN where it failed.
    pending : ndarray of shape (n_pending,)
        Values that are being tried.
    following : float or None
        The value that is tried next; None if there is none left.
    truth : ndarray of shape (n_points,) or None
        The scores that would be found without noise, where they are known.
    axis : ParameterAxis
        How the parameter is placed.
    acquisition : Acquisition
        What scores the values.

    Attributes
    ----------
    axes_, figure_ : ndarray of Axes of shape (2,), Figure
        The upper and the lower axes, and their figure.
    mean_line_, acquisition_line_ : Line2D or None
        The model's mean, and the acquisition function.
    band_ : PolyCollection or None
        Where 95 % of the belief is.
    sample_lines_ : list of Line2D
        Functions that the model holds possible.
    points_ : PathCollection
        What was tried.
    next_lines_ : list of Line2D
        Where the next value is, in both axes.

    Examples
    --------
    >>> from sklearn_bayes_search import AcquisitionDisplay, BayesianOptimizer, Real
    >>> optimizer = BayesianOptimizer({"x": Real(-5, 5)}, random_state=0)
    >>> for _ in range(5):
    ...     trial = optimizer.ask()
    ...     optimizer.tell(trial, -((trial.params["x"] - 2) ** 2))
    >>> display = AcquisitionDisplay.from_estimator(optimizer)
    >>> display.following == optimizer.ask().params["x"]
    True
    """

    values: np.ndarray
    prediction: object
    told: np.ndarray
    pending: np.ndarray
    following: float | None
    truth: np.ndarray | None
    axis: object
    acquisition: object

    @classmethod
    def from_estimator(
        cls, search, *, truth=None, n_samples=0, n_points=300, legend=True, ax=None
    ):
        """Draw what a search over one parameter believes.

        Parameters
        ----------
        search : BayesianOptimizer or BayesSearchCV
            With one parameter that is a number. It is not changed: draw, then ask, and
            the value asked for is the one that was marked.
        truth : callable, default=None
            Gives the true score of a value of the parameter, to be compared.
        n_samples : int, default=0
            How many functions are drawn that the model holds possible.
        n_points : int, default=300
            At how many values the model is asked, >= 2.
        legend : bool, default=True
            Whether to tell what is what.
        ax : Axes, default=None
            Where to draw: its place is divided. None makes a figure.

        Returns
        -------
        display : AcquisitionDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            If it is neither, there are several parameters, the one is no number, or the
            surrogate does not predict scores.
        """
        optimizer = getattr(search, "optimizer_", search)
        if not isinstance(optimizer, BayesianOptimizer):
            raise TypeError(
                "AcquisitionDisplay needs a BayesianOptimizer or a fitted "
                f"BayesSearchCV. Got {search!r}."
            )
        names = [name for name, _ in optimizer.space.columns]
        if len(names) != 1 or len(optimizer.space.branches) != 1:
            raise ValueError(
                "AcquisitionDisplay draws a search over one parameter. Got "
                f"{len(names)} that vary: {names}. SurrogateDisplay draws several."
            )
        (name,) = names
        low, high = optimizer.space.reach[0]
        U = np.unique(optimizer.space.snap(np.linspace(low, high, n_points)[:, None]))
        settings = optimizer.space.decode_many(U[:, None])
        axis = parameter_axes(settings, optimizer.space)[name]
        if axis.kind == "categorical":
            raise ValueError(
                "AcquisitionDisplay draws along a parameter that is a number. "
                f"{name!r} has the choices {axis.choices!r}."
            )
        scores = optimizer.history.scores
        prediction = None
        several = len(np.unique(scores[np.isfinite(scores)])) > 1
        if several or optimizer.acquisition is None:
            prediction = optimizer.predict(settings, n_samples=n_samples)
        try:
            # a copy is asked: asking changes what comes next
            following = float(deepcopy(optimizer).ask().params[name])
        except SpaceExhausted:
            following = None
        tried = [float(outcome.trial.params[name]) for outcome in optimizer.history]
        values = np.array([float(params[name]) for params in settings])
        if truth is not None:
            truth = np.array([truth(value) for value in values], float)
        return cls(
            values=values,
            prediction=prediction,
            told=np.column_stack([tried, scores]).reshape(-1, 2),
            pending=np.array([float(t.params[name]) for t in optimizer.pending]),
            following=following,
            truth=truth,
            axis=axis,
            acquisition=optimizer.acquisition,
        ).plot(ax, legend=legend)

    def plot(self, ax=None, *, legend=True):
        size, heights = (7.0, 5.2), [2.4, 1]
        axes = wrap_axes(self, ax, 2, 1, size, height_ratios=heights, hspace=0.08)
        self.axes_ = upper, lower = axes[:, 0]
        self.figure_ = upper.figure
        self._draw_belief(upper)
        self._draw_acquisition(lower)
        self._mark_next()
        called = name_ends([self.axis.name])[self.axis.name]
        set_axis(upper, "x", self.axis.axis(""))
        set_axis(lower, "x", self.axis.axis(called))
        upper.tick_params(labelbottom=False)
        set_axis(upper, "y", Axis("score"))
        lower.set_ylabel(fill(words_of(self.acquisition), 16))
        if legend:
            place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 6}
            narrow = {"columnspacing": 1.2, "handlelength": 1.6, "fontsize": "small"}
            upper.legend(**place, **narrow, frameon=False)
        return self

    def _places(self, values):
        return np.array([self.axis.number(value) for value in values])

    def _draw_belief(self, ax):
        self.mean_line_ = self.band_ = None
        self.sample_lines_ = []
        belief, values = self.prediction, self._places(self.values)
        if self.truth is not None:
            ax.plot(values, self.truth, "--", color=ink(), lw=1.2, label="truth")
        if belief is not None:
            low, high = (belief.mean + side * WIDE * belief.std for side in (-1, 1))
            mean = {"color": COLORS["accent"], "label": "model's mean"}
            band = {"color": COLORS["accent"], "label": "95 % belief", "alpha": 0.18}
            sample = {"color": COLORS["third"], "lw": 0.9, "alpha": 0.8}
            self.band_ = ax.fill_between(values, low, high, **band, lw=0)
            (self.mean_line_,) = ax.plot(values, belief.mean, **mean, lw=2)
            self.sample_lines_ = ax.plot(values, belief.samples.T, **sample)
            for line in self.sample_lines_[:1]:
                line.set_label("possible function")
        tried, scores = self._places(self.told[:, 0]), self.told[:, 1]
        ok = np.isfinite(scores)
        dots = {"s": 36, "color": ink(), "zorder": 4, "label": "tried"}
        self.points_ = ax.scatter(tried[ok], scores[ok], **dots)
        if not ok.all():
            at_edge = {"color": ink(), "transform": ax.get_xaxis_transform()}
            height = np.full((~ok).sum(), 0.03)
            ax.plot(tried[~ok], height, "x", **at_edge, label="failed")
        for i, value in enumerate(self._places(self.pending)):
            label = "being tried" if i == 0 else None
            ax.axvline(value, color=MUTED, ls=":", lw=1.5, label=label)

    def _draw_acquisition(self, ax):
        self.acquisition_line_ = None
        if self.prediction is None:
            ax.set_yticks([])
            text = "no model yet: the first values are spread evenly"
            box = {"fc": ax.get_facecolor(), "ec": "none"}
            middle = {"ha": "center", "va": "center", "transform": ax.transAxes}
            ax.text(0.5, 0.5, text, color=MUTED, bbox=box, zorder=5, **middle)
            return
        value = self.prediction.acquisition
        low, high = float(value.min()), float(value.max())
        if self.acquisition.scale == "log":
            low = max(low, high - LOG_REACH)
        margin = 0.08 * (high - low) or 0.5
        values, color = self._places(self.values), COLORS["third"]
        (self.acquisition_line_,) = ax.plot(values, value, color=color, lw=1.8)
        bottom = low - margin
        top = np.maximum(value, bottom)
        ax.fill_between(values, top, bottom, color=color, alpha=0.2, lw=0)
        ax.set_ylim(bottom, high + 2 * margin)

    def _mark_next(self):
        self.next_lines_ = []
        if self.following is None:
            return
        following = self.axis.number(self.following)
        look = {"color": BEST, "lw": 1.8, "zorder": 3}
        self.next_lines_ = [ax.axvline(following, **look) for ax in self.axes_]
        self.next_lines_[0].set_label("tried next")
        if self.prediction is not None:
            height = np.interp(self.following, self.values, self.prediction.acquisition)
            self.axes_[1].plot(
                following, height, "v", color=BEST, ms=9, mec="white", zorder=5
            )


def words_of(acquisition):
    """Return the words that the name of its class is made of, as a label."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(acquisition).__name__)
    is_log = acquisition.scale == "log" and not words.startswith("Log")
    return ("Log " * is_log + words).capitalize()
