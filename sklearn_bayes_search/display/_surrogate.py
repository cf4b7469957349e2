"""What a model of the score looks like along one or two parameters."""

from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.display._charts._axis import robust_limits
from sklearn_bayes_search.display._charts._chart import Chart, Style, legend_only
from sklearn_bayes_search.display._charts._convergence import PARTIAL
from sklearn_bayes_search.display._charts._slices import (
    RING,
    STAR,
    Beliefs,
    curve_chart,
    curve_limits,
)
from sklearn_bayes_search.display._display import Display, score_name
from sklearn_bayes_search.display._pen import (
    BEST,
    HATCH,
    add_legend,
    as_text,
    draw,
    sequential_map,
    set_axis,
    wrap_axes,
)
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.results._observed import Observed, observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._short_text import name_ends, number_texts

PANELS_IN_A_ROW = 3
# Bands of a map, and how near to the best the next one is: the last has 2 % of all.
N_BANDS, NEARER = 9, 0.62
# How many letters of ticks have room in an inch.
LETTERS = 14
# Height of the legend and width of a part of it, in inches.
LEGEND, LEGEND_COLUMN = 0.6, 2.8


@dataclass(eq=False, repr=False, kw_only=True)
class SurrogateDisplay(Display):
    """A model of the score along single parameters and pairs, with what was tried.

    Create it with `from_estimator` or `from_cv_results`. A curve is the model's mean
    with a band that holds 95 % of its belief, a map the mean over two parameters, in
    bands that are narrower near the best. Where no candidate is near, the place is
    hatched, and a curve is not drawn: what the score does there is unknown.

    Parameters
    ----------
    slices : list of ModelSlice
        What the model believes, one for each picture.
    settings : list of dict
        The candidates tried.
    scores : ndarray of shape (n_settings,)
        Their scores, NaN where it failed.
    partial : ndarray of shape (n_settings,), bool
        Which scores are estimates from some of the folds or of the data.
    best_index : int
        Which of them is the best.
    kind : {"slice", "at", "average"}
        Whether other parameters stay as in the best candidate, have the values that
        were given, or are averaged over.
    score_name : str
        What the score is called.
    n_left_out : int, default=0
        How many parameters are not shown because they matter less.

    Attributes
    ----------
    axes_, figure_ : list of Axes, Figure
        Axes for each picture, and their figure.
    lines_ : dict of str -> Line2D or ErrorbarContainer
        The mean along each single parameter; of choices with its belief.
    bands_ : dict of str -> PolyCollection
        The belief along each parameter that is a number.
    maps_ : dict of (str, str) -> QuadContourSet or QuadMesh
        The mean over each pair.
    points_ : list of PathCollection
        What was tried, in each picture.
    unknown_ : dict of str or (str, str) -> Artist
        What hatches the places that no candidate is near, where there are any.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import SurrogateDisplay
    >>> search = GridSearchCV(SVC(), {"C": [1, 9], "gamma": [0.001, 0.01, 0.1]})
    >>> _ = search.fit(*load_iris(return_X_y=True))
    >>> display = SurrogateDisplay.from_estimator(search)
    >>> list(display.lines_), list(display.maps_)
    (['C', 'gamma'], [('C', 'gamma')])
    """

    slices: list
    settings: list
    scores: np.ndarray
    partial: np.ndarray
    best_index: int
    kind: str
    score_name: str
    n_left_out: int = 0

    @classmethod
    def from_estimator(
        cls, search, params=None, *, kind="slice", at=None, metric=None, ax=None
    ):
        """Fit a model to what a search saw, and draw it.

        Parameters
        ----------
        search : fitted search, BayesianOptimizer, dict or DataFrame
            ``BayesSearchCV``, any of scikit-learn's, or ``cv_results_``; or an
            optimizer that was told scores.
        params : str, or list of str or (str, str), default=None
            Parameters and pairs, a picture each. None: each parameter, and their pair
            if there are two; of many those six along which the mean changes most.
        kind : {"slice", "average"}, default="slice"
            What is done with the other parameters: "slice" takes their values in the
            best candidate, "average" the mean over the space.
        at : dict, default=None
            What if? Values by parameter name that "slice" takes instead of those in the
            best candidate, of some parameters or all.
        metric : str, default=None
            Which score, where there are several; None is what the search maximised.
        ax : Axes, default=None
            Where to draw: its place is divided. None makes a figure.

        Returns
        -------
        display : SurrogateDisplay
            What was drawn.
        """
        if kind not in ("average", "slice"):
            raise ValueError(f"The 'kind' must be 'slice' or 'average'. Got {kind!r}.")
        observed = _observe(search, metric)
        model = ScoreModel.fit(observed)
        centre = None if at is None else _around(at, observed, kind)
        beliefs = Beliefs(model, kind, centre)
        slices = beliefs.slices(params)
        n_shown = len({axis.name for each in slices for axis in each.axes})
        return cls(
            slices=slices,
            settings=observed.params,
            scores=observed.scores,
            partial=~observed.complete,
            best_index=observed.best,
            kind="at" if at else kind,
            score_name=score_name(search, observed.metric),
            n_left_out=0 if params is not None else len(beliefs.names) - n_shown,
        ).plot(ax)

    from_cv_results = from_estimator

    def plot(self, ax=None):
        n = len(self.slices)
        n_columns = min(n, PANELS_IN_A_ROW)
        n_rows = -(-n // n_columns)
        size = (3.9 * n_columns + 0.6, 3.1 * n_rows + LEGEND)
        # the legend has a place of its own: it is wider than the first picture
        rows = wrap_axes(self, ax, 2, 1, size, height_ratios=[LEGEND, 3.1 * n_rows])
        legend, below = rows[:, 0]
        grid = wrap_axes(self, below, n_rows, n_columns, size)
        self.axes_ = list(grid.ravel()[:n])
        for unused in grid.ravel()[n:]:
            unused.remove()
        self.figure_ = self.axes_[0].figure
        self.lines_, self.bands_, self.maps_, self.unknown_ = {}, {}, {}, {}
        self.points_ = []
        self._names = name_ends([a.name for s in self.slices for a in s.axes])
        best = self.scores[self.best_index]
        limits = curve_limits(self.slices, self.scores, best)
        marks = []
        for each, drawn in zip(self.axes_, self.slices, strict=True):
            if len(drawn.axes) == 1:
                marks += self._draw_curve(each, drawn, limits)
            else:
                marks += self._draw_map(each, drawn)
        self._add_legend(legend, marks)
        return self

    def _draw_curve(self, ax, drawn, limits):
        (axis,) = drawn.axes
        first = ax.get_subplotspec().is_first_col()
        others = {
            "average": "averaged over",
            "at": "as given, or in the best candidate",
        }
        chart = curve_chart(
            drawn,
            axis.places(self.settings),
            self.scores,
            limits=limits,
            name=self._names[axis.name],
            label=self.score_name if first else "",
            others=others.get(self.kind, "as in the best candidate"),
            partial=self.partial,
            best=self.best_index,
        )
        drawn = draw(ax, chart)
        self.lines_[axis.name] = drawn["mean"][""]
        for role, kept in (("band", self.bands_), ("unknown", self.unknown_)):
            if drawn[role]:
                kept[axis.name] = drawn[role][""]
        self.points_.append(drawn["tried"][""])
        self._slant(ax, chart.x)
        return chart.marks

    def _draw_map(self, ax, drawn):
        from matplotlib.colors import BoundaryNorm

        first, second = drawn.axes
        cmap = sequential_map(darkest=0.05, lightest=1.0)
        low, high = robust_limits(drawn.mean)
        # lower than all that was tried is what the model makes up
        low = min(max(low, np.nanmin(self.scores)), high)
        levels = np.array([low, low + 1.0])
        if high > low:  # even ones would all be on the way up to a good region
            levels = high - (high - low) * np.append(NEARER ** np.arange(N_BANDS), 0.0)
        extend = "min" if drawn.mean.min() < levels[0] else "neither"
        # each band has a colour as far from its neighbours' as all others have
        norm = BoundaryNorm(levels, cmap.N, extend=extend)
        colors = {"cmap": cmap, "norm": norm}
        if "categorical" in (first.kind, second.kind):
            cells = {"shading": "nearest", **colors}
            image = ax.pcolormesh(*drawn.numbers, drawn.mean, **cells)
        else:
            bands = {"levels": levels, "extend": extend, **colors}
            image = ax.contourf(*drawn.numbers, drawn.mean, **bands)
        self.maps_[first.name, second.name] = image
        if not drawn.in_reach.all():
            cells = np.ma.masked_array(drawn.mean, drawn.in_reach)
            hatch = {"shading": "nearest", "cmap": cmap, **HATCH}
            unknown = ax.pcolor(*drawn.numbers, cells, **hatch)
            self.unknown_[first.name, second.name] = unknown
        bar = self.figure_.colorbar(image, ax=ax, pad=0.02, spacing="uniform")
        bar.set_ticks(levels, labels=number_texts(levels, step_digits=1))
        bar.ax.tick_params(labelsize="small")
        bar.set_label(f"{as_text(self.score_name)}, model's mean", fontsize="small")
        across, up = (axis.places(self.settings) for axis in drawn.axes)
        known = np.isfinite(across) & np.isfinite(up)
        faces = [(1, 1, 1, 0.25 if part else 1) for part in self.partial[known]]
        look = {"facecolor": faces, "edgecolor": "black", "lw": 0.8, "zorder": 3}
        # later ones larger
        size = np.linspace(8, 45, len(across))[known]
        dots = ax.scatter(across[known], up[known], s=size, **look, clip_on=False)
        self.points_.append(dots)
        at = across[self.best_index], up[self.best_index]
        look = {"color": BEST, "ms": 15, "mec": "white", "zorder": 4}
        ax.plot(*at, "*", **look, clip_on=False)
        across, up = (axis.axis(self._names[axis.name]) for axis in drawn.axes)
        set_axis(ax, "x", across)
        set_axis(ax, "y", up)
        self._slant(ax, across)
        later = Style("ink", "ring", 7, width=1)
        marks = [legend_only(later, "tried, later ones larger")]
        if (self.partial & np.isfinite(self.scores)).any():
            marks.append(legend_only(RING, PARTIAL))
        return [*marks, legend_only(STAR, "best tried")]

    @staticmethod
    def _slant(ax, axis):
        if axis.ticks is not None:
            inches = ax.get_window_extent().width / ax.figure.dpi
            texts = axis.ticks.texts
            if max(map(len, texts)) * len(texts) > LETTERS * inches:
                ax.tick_params(axis="x", labelrotation=20)

    def _add_legend(self, ax, marks):
        ax.axis("off")
        width = ax.get_window_extent().width / self.figure_.dpi
        once = {mark.label: mark for mark in reversed(marks)}
        chart = Chart(None, None, list(once.values())[::-1])
        columns = int(np.clip(width // LEGEND_COLUMN, 1, 3))
        place = {"loc": "center", "bbox_to_anchor": None, "borderaxespad": 0.0}
        add_legend(ax, chart, ncols=columns, **place)
        if self.n_left_out:
            n = len(self.axes_)
            text = f"{n} of {n + self.n_left_out} parameters, the most important"
            ax.set_title(text, fontsize="medium")


def _around(at, observed, kind):
    """Return the point of given values, the others as in the best candidate."""
    if kind != "slice":
        raise ValueError("'at' is of kind='slice': an average has no values of others.")
    best = observed.params[observed.best]
    return observed.space.encode(observed.space.complete(at, best))


def _observe(search, metric):
    """Read a search, or what an optimizer was told."""
    if not isinstance(search, BayesianOptimizer):
        return observe(search, metric)
    outcomes = list(search.history)
    if not any(not outcome.failed for outcome in outcomes):
        raise ValueError("The optimizer was not told a score yet.")
    best = search.best
    return Observed(
        params=[dict(outcome.trial.params) for outcome in outcomes],
        U=np.array([outcome.trial.row for outcome in outcomes]),
        scores=search.history.scores,
        folds=None,
        space=search.space,
        metric="score",
        noise=np.array([outcome.noise for outcome in outcomes]),
        complete=np.ones(len(outcomes), dtype=bool),
        eligible=np.array([outcome is best for outcome in outcomes]),
    )
