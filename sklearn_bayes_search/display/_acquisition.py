"""What the model believes along one parameter, and what it would try next."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.charts._axis import parameter_axes
from sklearn_bayes_search.charts._slices import WIDE
from sklearn_bayes_search.display._pen import (
    BEST,
    COLORS,
    MUTED,
    ink,
    name_texts,
    plain_numbers,
    set_axis,
    wrap_axes,
)
from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer

# A logarithm falls without end: what is so far below the highest is not shown.
LOG_REACH = 10.0
NAMES = {
    "ExpectedImprovement": "expected\nimprovement",
    "ExpectedImprovementPerSecond": "log expected\nimprovement\nper second",
    "LogExpectedImprovement": "log expected\nimprovement",
    "ProbabilityOfImprovement": "probability of\nimprovement",
    "ThompsonSampling": "one draw\nof the score",
    "UpperConfidenceBound": "upper\nconfidence bound",
}


@dataclass(eq=False, repr=False, kw_only=True)
class AcquisitionDisplay:
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
    axes_ : ndarray of Axes, shape (2,)
        The upper and the lower one.
    figure_ : Figure
        The figure of these axes.
    mean_line_ : Line2D or None
        The model's mean.
    band_ : PolyCollection or None
        Where 95 % of the belief is.
    sample_lines_ : list of Line2D
        Functions that the model holds possible.
    points_ : PathCollection
        What was tried.
    acquisition_line_ : Line2D or None
        The acquisition function.
    next_lines_ : list of Line2D
        Where the next value is, in both axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_bayes_search import AcquisitionDisplay, BayesianOptimizer, Real
    >>> optimizer = BayesianOptimizer({"x": Real(-5, 5)}, random_state=0)
    >>> for _ in range(5):
    ...     trial = optimizer.ask()
    ...     optimizer.tell(trial, -((trial.params["x"] - 2) ** 2))
    >>> display = AcquisitionDisplay.from_estimator(optimizer)
    >>> display.following == optimizer.ask().params["x"]
    True
    >>> plt.close(display.figure_)
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
        TypeError
            If it is neither.
        ValueError
            If there are several parameters, the one is no number, or the surrogate does
            not predict scores.
        """
        optimizer = search
        if not isinstance(search, BayesianOptimizer):
            optimizer = getattr(search, "optimizer_", None)
            if not isinstance(optimizer, BayesianOptimizer):
                raise TypeError(
                    "AcquisitionDisplay needs a BayesianOptimizer or a fitted "
                    f"BayesSearchCV. Got {search!r}."
                )
        name = _only_parameter(optimizer.space)
        low, high = optimizer.space.reach[0]
        U = np.unique(optimizer.space.snap(np.linspace(low, high, n_points)[:, None]))
        settings = optimizer.space.decode_many(U[:, None])
        axis = parameter_axes(settings, optimizer.space)[name]
        if axis.kind == "categorical":
            raise ValueError(
                "AcquisitionDisplay draws along a parameter that is a number. "
                f"{name!r} has the choices {axis.choices!r}."
            )
        history = list(optimizer.history)
        scores = optimizer.history.scores
        prediction = None
        if (
            len(np.unique(scores[np.isfinite(scores)])) > 1
            or optimizer.acquisition is None
        ):
            prediction = optimizer.predict(settings, n_samples=n_samples)
        try:
            # a copy is asked: asking changes what comes next
            following = float(deepcopy(optimizer).ask().params[name])
        except SpaceExhausted:
            following = None
        tried = [float(outcome.trial.params[name]) for outcome in history]
        values = np.array([float(params[name]) for params in settings])
        display = cls(
            values=values,
            prediction=prediction,
            told=np.column_stack([tried, scores]).reshape(-1, 2),
            pending=np.array([float(t.params[name]) for t in optimizer.pending]),
            following=following,
            truth=None
            if truth is None
            else np.array([truth(v) for v in values], float),
            axis=axis,
            acquisition=optimizer.acquisition,
        )
        return display.plot(ax, legend=legend)

    def plot(self, ax=None, *, legend=True):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw: its place is divided. None makes a figure.
        legend : bool, default=True
            Whether to tell what is what.

        Returns
        -------
        self : AcquisitionDisplay
            The display.
        """
        axes = wrap_axes(
            self, ax, 2, 1, figsize=(7.0, 5.2), height_ratios=[2.4, 1], hspace=0.08
        )
        self.axes_ = axes[:, 0]
        self.figure_ = self.axes_[0].figure
        self._draw_belief(self.axes_[0])
        self._draw_acquisition(self.axes_[1])
        self._mark_next()
        for each in self.axes_:
            set_axis(each, "x", self.axis.axis(""))
        upper, lower = self.axes_
        upper.tick_params(labelbottom=False)
        upper.set_ylabel("score")
        plain_numbers(upper.yaxis)
        name = name_texts([self.axis.name])[self.axis.name]
        acquisition = type(self.acquisition).__name__
        lower.set(xlabel=name, ylabel=NAMES.get(acquisition, acquisition))
        if legend:
            upper.legend(
                loc="lower center",
                bbox_to_anchor=(0.5, 1.0),
                ncols=6,
                columnspacing=1.2,
                handlelength=1.6,
                fontsize="small",
                frameon=False,
            )
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
            self.band_ = ax.fill_between(
                values,
                low,
                high,
                color=COLORS["accent"],
                alpha=0.18,
                lw=0,
                label="95 % belief",
            )
            (self.mean_line_,) = ax.plot(
                values, belief.mean, color=COLORS["accent"], lw=2, label="model's mean"
            )
            for i, sample in enumerate(belief.samples):
                label = "possible function" if i == 0 else None
                self.sample_lines_ += ax.plot(
                    values,
                    sample,
                    color=COLORS["third"],
                    lw=0.9,
                    alpha=0.8,
                    label=label,
                )
        tried, scores = self._places(self.told[:, 0]), self.told[:, 1]
        ok = np.isfinite(scores)
        self.points_ = ax.scatter(
            tried[ok], scores[ok], s=36, color=ink(), zorder=4, label="tried"
        )
        if not ok.all():
            ax.plot(
                tried[~ok],
                np.full((~ok).sum(), 0.03),
                "x",
                color=ink(),
                transform=ax.get_xaxis_transform(),
                label="failed",
            )
        for i, value in enumerate(self._places(self.pending)):
            label = "being tried" if i == 0 else None
            ax.axvline(value, color=MUTED, ls=":", lw=1.5, label=label)

    def _draw_acquisition(self, ax):
        self.acquisition_line_ = None
        if self.prediction is None:
            ax.set_yticks([])
            ax.text(
                0.5,
                0.5,
                "no model yet: the first values are spread evenly",
                transform=ax.transAxes,
                ha="center",
                va="center",
                color=MUTED,
                bbox={"fc": ax.get_facecolor(), "ec": "none"},
                zorder=5,
            )
            return
        value = self.prediction.acquisition
        low, high = float(value.min()), float(value.max())
        if self.acquisition.scale == "log":
            low = max(low, high - LOG_REACH)
        margin = 0.08 * (high - low) or 0.5
        values = self._places(self.values)
        (self.acquisition_line_,) = ax.plot(
            values, value, color=COLORS["third"], lw=1.8
        )
        ax.fill_between(
            values,
            np.maximum(value, low - margin),
            low - margin,
            color=COLORS["third"],
            alpha=0.2,
            lw=0,
        )
        ax.set_ylim(low - margin, high + 2 * margin)

    def _mark_next(self):
        self.next_lines_ = []
        if self.following is None:
            return
        following = self.axis.number(self.following)
        for i, ax in enumerate(self.axes_):
            label = "tried next" if i == 0 else None
            line = ax.axvline(following, color=BEST, lw=1.8, label=label, zorder=3)
            self.next_lines_.append(line)
        if self.prediction is not None:
            height = np.interp(self.following, self.values, self.prediction.acquisition)
            self.axes_[1].plot(
                following, height, "v", color=BEST, ms=9, mec="white", zorder=5
            )


def _only_parameter(space):
    """Return the name of the one parameter that varies."""
    names = [name for name, _ in space.columns]
    if len(names) != 1 or len(space.branches) != 1:
        raise ValueError(
            "AcquisitionDisplay draws a search over one parameter. Got "
            f"{len(names)} that vary: {names}. SurrogateDisplay draws several."
        )
    return names[0]
