"""Displays: what is drawn, for which searches, and which errors are clear."""

import builtins
import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    RepeatedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    AcquisitionDisplay,
    BayesianOptimizer,
    BayesSearchCV,
    ConvergenceDisplay,
    FoldsDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    PathDisplay,
    Real,
    SurrogateDisplay,
    TimelineDisplay,
)
from sklearn_bayes_search.display._acquisition import words_of
from sklearn_bayes_search.display._charts._axis import parameter_axes, robust_limits
from sklearn_bayes_search.display._charts._convergence import PARTIAL
from sklearn_bayes_search.display._charts._timeline import timeline_chart
from sklearn_bayes_search.display._display import score_name
from sklearn_bayes_search.display._pen import as_text, set_axis
from sklearn_bayes_search.optimizer.acquisition import ACQUISITIONS
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._selection import equivalent_settings, honest_score
from sklearn_bayes_search.results._short_text import name_ends, value_texts
from sklearn_bayes_search.results._times import Timeline, duration
from sklearn_bayes_search.space._space import as_space

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

X, y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def results(scores, params=None, **others):
    """Make cv_results_ of fold scores, a row per candidate."""
    folds = np.array(scores, dtype=float)
    n = len(folds)
    params = [{"a": i + 1.0} for i in range(n)] if params is None else params
    table = {"params": params, "mean_test_score": folds.mean(axis=1)}
    for i, column in enumerate(folds.T):
        table[f"split{i}_test_score"] = column
    table["mean_fit_time"] = np.full(n, 0.5)
    table["mean_score_time"] = np.full(n, 0.1)
    return {**table, **others}


def text_of(figure):
    """Return all text; to draw it also shows that nothing is taken for a formula."""
    figure.canvas.draw()
    found = figure.findobj(matplotlib.text.Text)
    return "\n".join(t.get_text() for t in found if t.get_visible())


PAUSED = results(
    [[0.9, 0.8], [0.7, np.nan], [0.6, 0.4], [np.nan, np.nan]],
    n_splits_evaluated=np.array([2, 1, 2, 2]),
)


@pytest.fixture(scope="module")
def bayes():
    return BayesSearchCV(
        TREE,
        {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 10]},
        n_iter=6,
        cv=3,
        random_state=0,
    ).fit(X, y)


@pytest.fixture(scope="module")
def grid():
    return GridSearchCV(TREE, {"max_depth": [1, 2, 3, 4]}, cv=3).fit(X, y)


FROM_ANY = [
    ConvergenceDisplay,
    ParallelCoordinatesDisplay,
    FoldsDisplay,
]
SHOW_PARAMETERS = [ParallelCoordinatesDisplay, FoldsDisplay]


@pytest.fixture(scope="module")
def searches(bayes, grid):
    halving = HalvingRandomSearchCV(
        TREE, {"max_depth": [1, 2, 3, 4]}, n_candidates=4, cv=3, random_state=0
    )
    several = GridSearchCV(
        TREE,
        {"max_depth": [1, 2, 3]},
        scoring=["accuracy", "neg_log_loss"],
        refit="accuracy",
        cv=3,
    )
    random = RandomizedSearchCV(
        TREE, {"ccp_alpha": loguniform(1e-4, 1e-1)}, n_iter=4, cv=3, random_state=0
    )
    frame = pd.DataFrame(grid.cv_results_)
    return {
        "bayes": bayes,
        "grid": grid,
        "random": random.fit(X, y),
        "halving": halving.fit(X, y),
        "several metrics": several.fit(X, y),
        "dict": grid.cv_results_,
        "frame": frame,
        "paused and failed": PAUSED,
        "one candidate": results([[0.5, 0.6]]),
    }


KINDS = (
    "bayes",
    "grid",
    "random",
    "halving",
    "several metrics",
    "dict",
    "frame",
    "paused and failed",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("display", FROM_ANY)
def test_it_draws_any_search(display, kind, searches):
    _, ax = plt.subplots()
    drawn = display.from_estimator(searches[kind], ax=ax)
    assert drawn.figure_ is ax.figure
    text_of(drawn.figure_)


@pytest.mark.parametrize("display", FROM_ANY)
def test_names_and_values_are_drawn_as_text_not_as_formulas(display):
    params = [{"step__a_$x^": f"$\\frac{{{i}"} for i in range(3)]
    table = results([[0.5, 0.6], [0.7, 0.7], [0.6, 0.9]], params)
    drawn = display.from_cv_results(table)
    assert not re.search(r"(?<!\\)\$", text_of(drawn.figure_))
    if display in SHOW_PARAMETERS:
        assert "\\$" in text_of(drawn.figure_)


def colors_of(figure):
    """Return the colours of lines and of dots, of the edges where these have some."""
    found = [line.get_color() for line in figure.findobj(matplotlib.lines.Line2D)]
    for dots in figure.findobj(matplotlib.collections.PathCollection):
        edges = dots.get_edgecolor()
        found += list(edges if len(edges) else dots.get_facecolor())
    return {matplotlib.colors.to_hex(color) for color in found}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ei", "Expected improvement"),
        ("log_ei", "Log expected improvement"),
        ("ei_per_second", "Log expected improvement per second"),
        ("thompson", "Thompson sampling"),
    ],
)
def test_the_axis_of_an_acquisition_has_the_words_of_its_class(name, words):
    assert words_of(ACQUISITIONS[name]()) == words


@pytest.mark.parametrize("display", [*FROM_ANY, SurrogateDisplay])
def test_nothing_is_black_on_black(display):
    with plt.style.context("dark_background"):
        figure = display.from_cv_results(PAUSED).figure_
        assert "#000000" not in colors_of(figure)
        texts = figure.findobj(matplotlib.text.Text)
        boxes = [t.get_bbox_patch() for t in texts if t.get_bbox_patch()]
        assert all(box.get_facecolor()[:3] == (0, 0, 0) for box in boxes)


@pytest.mark.parametrize("display", FROM_ANY)
def test_what_is_no_search_is_refused(display):
    with pytest.raises(ValueError, match="must be a fitted search"):
        display.from_estimator(GridSearchCV(TREE, {}))
    with pytest.raises(TypeError, match="must be a fitted search"):
        display.from_estimator(3)
    with pytest.raises(ValueError, match=r"must be one of \['score'\]"):
        display.from_cv_results(PAUSED, metric="recall")


@pytest.mark.parametrize("display", FROM_ANY)
def test_a_metric_is_chosen(display, searches):
    drawn = display.from_estimator(searches["several metrics"], metric="neg_log_loss")
    assert "neg_log_loss" in text_of(drawn.figure_)


@pytest.mark.parametrize("display", FROM_ANY)
def test_without_matplotlib_the_error_tells_how_to_get_it(display, monkeypatch):
    true_import = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return true_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    message = re.escape('pip install "sklearn-bayes-search[plot]"')
    with pytest.raises(ImportError, match=f"{display.__name__} .*{message}"):
        display.from_cv_results(PAUSED)


def function():
    """Be a value."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (0.123456, "0.1235"),
        (0.99995, "0.99995"),
        (1500.0, "1500"),
        (partial(np.log, 2), "partial(log, 2)"),
        (12345678, "12345678"),
        ("a$b", "a\\$b"),
        ("two\nlines", "two lines"),
        (function, "function"),
        (SVC, "SVC"),
        (SVC(C=3), "SVC(C=3)"),
        (LogisticRegression(C=0.01, max_iter=9000), "LogisticRegression(…)"),
        (object(), "<object object>"),
        ("x" * 50, "x" * 23 + "…"),
    ],
)
def test_a_value_is_a_short_text(value, text):
    assert as_text(value_texts([value], 24)[0]) == text


def test_names_lose_the_step_where_that_is_clear():
    assert name_ends(["svc__C", "pca__n"]) == {"svc__C": "C", "pca__n": "n"}
    texts = name_ends(["a__clf__C", "b__clf__C", "D"])
    assert texts == {"a__clf__C": "a__clf__C", "b__clf__C": "b__clf__C", "D": "D"}


def test_hopeless_scores_do_not_stretch_an_axis():
    low, high = robust_limits([0.9, 0.91, 0.92, 0.89, 0.9, -1e6, np.nan])
    assert (low, high) == (0.89, 0.92)
    assert robust_limits([0.96] * 9 + [0.967, 0.933, 0.667]) == (0.933, 0.967)
    assert robust_limits([np.nan]) == (0.0, 1.0)
    assert robust_limits([0.5, 0.5]) == (0.5, 0.5)


def test_convergence_shows_the_best_so_far_and_each_kind_of_candidate():
    drawn = ConvergenceDisplay.from_cv_results(PAUSED, show_errors=True)
    (run,) = drawn.runs["search"]
    assert run["status"].tolist() == ["ok", "partial", "ok", "failed"]
    line = drawn.lines_["search"]
    np.testing.assert_allclose(line.get_ydata(), [0.85] * 4)
    points = drawn.points_["search"]
    np.testing.assert_allclose(points["ok"].get_offsets()[:, 0], [0, 2])
    # on the first fold the others lost 0.05 to 0.1: 0.7 is too high by that
    assert 0.6 < points["partial"].get_offsets()[0, 1] < 0.7
    assert points["failed"].get_xdata().tolist() == [3]
    # that of the estimate, too
    assert len(drawn.errors_["search"].get_segments()) == 3
    legend = [t.get_text() for t in drawn.ax_.get_legend().get_texts()]
    assert legend[0] == "best so far: 0.85 at the end"
    assert "failed" in legend


def test_convergence_counts_fits_and_seconds():
    for x, expected in (("fits", [2, 3, 5, 7]), ("seconds", [1.2, 1.8, 3.0, 4.2])):
        drawn = ConvergenceDisplay.from_cv_results(PAUSED, x=x)
        np.testing.assert_allclose(drawn.lines_["search"].get_xdata(), expected)
        assert drawn.ax_.get_xlabel().startswith(x)
    with pytest.raises(ValueError, match="'x' must be one of"):
        ConvergenceDisplay.from_cv_results(PAUSED, x="hours")
    timeless = {k: v for k, v in PAUSED.items() if "time" not in k}
    with pytest.raises(ValueError, match="do not tell times"):
        ConvergenceDisplay.from_cv_results(timeless, x="seconds")


def test_convergence_of_several_runs_is_their_median_and_quartiles():
    runs = [results([[a], [b]]) for a, b in ((1, 2), (2, 3), (3, 7))]
    drawn = ConvergenceDisplay.from_cv_results({"one": runs, "other": runs[:1]})
    assert drawn.lines_["one"].get_ydata().tolist() == [2, 3]
    assert drawn.lines_["other"].get_ydata().tolist() == [1, 2]
    (path,) = drawn.bands_["one"].get_paths()
    assert path.vertices[:, 1].min() == 1.5
    assert path.vertices[:, 1].max() == 5.0
    assert list(drawn.bands_) == ["one"]
    assert drawn.points_ == {}


def test_convergence_begins_where_every_run_has_a_score():
    late = results([[np.nan], [2.0], [3.0]])
    drawn = ConvergenceDisplay.from_cv_results([late, results([[1.0]])])
    assert drawn.lines_["search"].get_xdata().tolist() == [1, 2]
    assert drawn.lines_["search"].get_ydata().tolist() == [1.5, 2]


def test_convergence_marks_hopeless_scores_at_the_border():
    scores = [[s] for s in (0.9, 0.91, 0.92, 0.89, 0.9, -1e6)]
    drawn = ConvergenceDisplay.from_cv_results(results(scores))
    assert drawn.ax_.get_ylim()[0] > 0.8
    assert drawn.points_["search"]["below"].get_xdata().tolist() == [5]


def test_convergence_limits_follow_the_scores_where_the_best_does_not_change():
    scores = [[0.994], *[[0.989 + 0.0001 * i] for i in range(30)]]
    drawn = ConvergenceDisplay.from_cv_results(results(scores), show_points=False)
    low, high = drawn.ax_.get_ylim()
    assert 0.988 < low < 0.9895
    assert 0.994 < high < 0.995
    drawn = ConvergenceDisplay.from_cv_results(results([[0.9]] * 3))
    assert np.ptp(drawn.ax_.get_ylim()) < 0.03


def test_convergence_draws_in_axes_with_a_logarithmic_scale():
    _, ax = plt.subplots()
    ax.set_xscale("log")
    drawn = ConvergenceDisplay.from_cv_results(PAUSED, ax=ax)
    assert drawn.ax_.get_xscale() == "log"
    text_of(drawn.figure_)


def test_convergence_has_its_legend_below_where_there_is_room():
    drawn = ConvergenceDisplay.from_cv_results(PAUSED)
    text_of(drawn.figure_)
    legend = drawn.ax_.get_legend().get_window_extent()
    assert legend.y1 < drawn.ax_.get_window_extent().y0
    assert legend.y0 >= 0
    _, ax = plt.subplots()  # nothing makes room here
    drawn = ConvergenceDisplay.from_cv_results(PAUSED, ax=ax)
    legend = drawn.ax_.get_legend().get_window_extent()
    assert legend.y0 > drawn.ax_.get_window_extent().y0


@pytest.mark.parametrize("display", [ConvergenceDisplay, SurrogateDisplay])
def test_ticks_of_scores_are_written_in_full(display):
    table = results([[-123456.0 + 0.1 * i] for i in range(5)])
    text = text_of(display.from_cv_results(table).figure_)
    assert "−123456" in text  # as matplotlib writes the sign
    assert "e5" not in text


def test_convergence_tells_ends_apart():
    runs = {name: results([[score]]) for name, score in (("a", 0.9991), ("b", 0.99912))}
    text = text_of(ConvergenceDisplay.from_cv_results(runs).figure_)
    assert "a: 0.99910 at the end" in text
    assert "b: 0.99912 at the end" in text


@pytest.mark.parametrize(
    ("search", "name"),
    [
        (GridSearchCV(SVC(), {}), "accuracy"),
        (GridSearchCV(make_pipeline(QuantileTransformer(), SVR()), {}), "R²"),
        (GridSearchCV(SVC(), {}, scoring="roc_auc"), "roc_auc"),
        (GridSearchCV(SVC(), {}, scoring=lambda *args: 1.0), "score"),
        (PAUSED, "score"),
    ],
)
def test_a_score_is_called_by_its_name(search, name):
    assert score_name(search, "score") == name
    assert score_name(search, "recall") == "recall"


def test_convergence_draws_a_search_in_which_all_failed():
    drawn = ConvergenceDisplay.from_cv_results(results([[np.nan], [np.nan]]))
    assert drawn.lines_ == {}
    text_of(drawn.figure_)


def test_convergence_refuses_no_search():
    with pytest.raises(ValueError, match="at least one search"):
        ConvergenceDisplay.from_estimator({"none": []})


def test_parallel_coordinates_place_values_and_scores():
    params = [
        {"p__C": C, "p__kernel": k}
        for C, k in ((0.01, "rbf"), (1.0, "poly"), (100.0, "rbf"))
    ]
    drawn = ParallelCoordinatesDisplay.from_cv_results(
        results([[0.0], [1.0], [0.5]], params)
    )
    axis = drawn.axes["p__C"]
    assert (axis.kind, axis.low, axis.high) == ("log", 0.01, 100.0)
    assert drawn.axes["p__kernel"].choices == ["rbf", "poly"]
    assert [line.get_ydata()[-1] for line in drawn.lines_] == [0, 1, 0.5]
    assert [line.get_ydata()[1] for line in drawn.lines_] == [0.25, 0.75, 0.25]
    assert drawn.best_index_ == 1
    widths = [line.get_linewidth() for line in drawn.lines_]
    assert widths[1] == max(widths)
    text = text_of(drawn.figure_)
    assert "kernel" in text
    assert "p__kernel" not in text


def test_a_logarithmic_range_has_a_logarithmic_axis():
    search = RandomizedSearchCV(
        SVC(), {"C": loguniform(1e-3, 1e3)}, n_iter=3, cv=2, random_state=0
    ).fit(X, y)
    axis = ParallelCoordinatesDisplay.from_estimator(search).axes["C"]
    assert axis.kind == "log"
    np.testing.assert_allclose([axis.low, axis.high], [1e-3, 1e3])
    assert axis.share(1.0) == pytest.approx(0.5)
    assert axis.ticks()[1] == ["0.001", "0.1", "10", "1000"]


NINES = [0.9, 0.99, 0.999, 0.9999, 0.99995]


@pytest.mark.parametrize(
    ("choices", "texts"),
    [
        (NINES, ["0.9", "0.99", "0.999", "0.9999", "0.99995"]),
        ([0, 1e-4, 1e-3, 1e-2, 1e-1], ["0", "0.0001", "0.001", "0.01", "0.1"]),
    ],
)
def test_listed_numbers_that_are_close_are_spaced_evenly(choices, texts):
    axis = parameter_axes([{"a": 0.99}], as_space({"a": choices}))["a"]
    assert axis.kind == "ordinal"
    places, shown = axis.ticks()
    np.testing.assert_allclose(places, [0, 0.25, 0.5, 0.75, 1])
    assert shown == texts
    assert axis.text(choices[-1]) == texts[-1]
    _, ax = plt.subplots()
    set_axis(ax, "x", axis.axis("", margin=0.1))
    assert [t.get_text() for t in ax.get_xticklabels()] == texts
    assert ax.get_xlim() == (-0.4, 4.4)


@pytest.mark.parametrize(
    "choices", [[1, 2, 3, 10], [1, 10, 100, 1000], list(range(1, 100)), [0, 1]]
)
def test_other_listed_numbers_keep_their_distances(choices):
    axis = parameter_axes([{"a": 1}], as_space({"a": choices}))["a"]
    assert axis.kind in ("linear", "log")
    assert axis.number(choices[-1]) == choices[-1]


def test_many_numbers_among_names_have_a_scale_of_their_own():
    values = ["scale", "auto", *np.linspace(0, 1, 60)]
    axis = parameter_axes([{"a": value} for value in values])["a"]
    places, texts = axis.ticks()
    assert texts == ["scale", "auto", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert places == sorted(places)
    np.testing.assert_allclose(np.diff(places[2:]), np.diff(places[2:]).mean())
    shares = [axis.share(value) for value in values]
    assert 0 < min(shares) < max(shares) < 1
    assert len(set(shares)) == len(values)


def test_parallel_coordinates_tell_near_scores_apart():
    for middle in (0.9991, -123456.0):
        scores = [[middle + 1e-5 * i] for i in range(6)]
        drawn = ParallelCoordinatesDisplay.from_cv_results(results(scores))
        shown = [
            t.get_text() for t in drawn.ax_.texts if t.get_text().startswith(("0", "-"))
        ]
        ticks = [text for text in shown if len(text) > 6]
        assert len(set(ticks)) == 5


def test_parallel_coordinates_write_the_best_value_once():
    params = [{"kernel": kernel} for kernel in ("rbf", "poly", "sigmoid")]
    drawn = ParallelCoordinatesDisplay.from_cv_results(
        results([[0.9], [0.5], [0.6]], params)
    )
    texts = [text.get_text() for text in drawn.ax_.texts]
    assert sorted(t for t in texts if t in ("rbf", "poly", "sigmoid")) == [
        "poly",
        "rbf",
        "sigmoid",
    ]


def test_parallel_coordinates_take_one_name():
    table = results([[0.1], [0.2]], [{"svc__C": 1, "b": 1}, {"svc__C": 2, "b": 3}])
    drawn = ParallelCoordinatesDisplay.from_cv_results(table, params="svc__C")
    assert list(drawn.axes) == ["svc__C"]


def test_parallel_coordinates_of_a_conditional_space_pass_below_what_is_not_used():
    params = [{"clf": SVC(), "C": 1.0}, {"clf": TREE, "depth": 3}, {"clf": None}]
    drawn = ParallelCoordinatesDisplay.from_cv_results(
        results([[0.1], [0.2], [np.nan]], params), params=["depth", "clf", "C"]
    )
    heights = np.array([line.get_ydata() for line in drawn.lines_])
    assert (heights < 0).tolist() == [
        [True, False, False, False],
        [False, False, True, False],
        [True, False, True, True],
    ]
    text = text_of(drawn.figure_)
    for expected in ("not\nused", "failed", "SVC()", "None"):
        assert expected in text


def test_parallel_coordinates_leave_out_what_does_not_vary():
    table = results([[0.1], [0.2]], [{"a": 1, "b": 1}, {"a": 2, "b": 1}])
    assert list(ParallelCoordinatesDisplay.from_cv_results(table).axes) == ["a"]
    both = ParallelCoordinatesDisplay.from_cv_results(table, params=["b", "a"])
    assert list(both.axes) == ["b", "a"]
    with pytest.raises(ValueError, match=r"must be among \['a', 'b'\]"):
        ParallelCoordinatesDisplay.from_cv_results(table, params=["c"])
    with pytest.raises(ValueError, match="No parameter varies"):
        ParallelCoordinatesDisplay.from_cv_results(results([[0.1]]))


def test_choices_with_none_among_numbers_are_in_order():
    params = [{"depth": depth} for depth in (8, None, 2)]
    drawn = ParallelCoordinatesDisplay.from_cv_results(
        results([[0.1], [0.2], [0.3]], params)
    )
    assert drawn.axes["depth"].choices == [None, 2, 8]


def test_folds_are_compared_with_the_best_on_the_same_fold():
    scores = [[0.5, 0.7, 0.6], [0.6, 0.8, 0.7], [0.65, 0.75, 0.66], [0.9, np.nan, 0.9]]
    params = [{"p__a": i, "p__b": 1} for i in range(4)]
    drawn = FoldsDisplay.from_cv_results(results(scores, params))
    assert drawn.candidates.tolist() == [1, 2, 0]
    np.testing.assert_allclose(
        drawn.differences, [[0, 0, 0], [0.05, -0.05, -0.04], [-0.1] * 3], atol=1e-12
    )
    # the constant difference has an interval without width, the other reaches 0
    assert drawn.equivalent.tolist() == [True, True, False]
    assert (drawn.intervals[:, 1] >= 0).tolist() == [True, True, False]
    assert drawn.labels == ["a=1", "a=2", "a=0"]
    assert len(drawn.bars_) == 2
    assert "1 of 2 other candidates cannot be told" in text_of(drawn.figure_)


def test_folds_intervals_agree_with_the_set_of_equals():
    rng = np.random.default_rng(0)
    table = results(rng.normal(size=(30, 5)) * 0.1 + np.linspace(0, 0.3, 30)[:, None])
    drawn = FoldsDisplay.from_cv_results(table, n_best=30)
    equal = equivalent_settings(table)
    reached = drawn.candidates[drawn.intervals[:, 1] >= 0]
    assert set(reached) == set(drawn.candidates[drawn.equivalent]) == set(equal)


@pytest.mark.parametrize("search", [BayesSearchCV, RandomizedSearchCV])
def test_folds_that_are_repeated_have_the_equals_of_the_search(search):
    cv = RepeatedKFold(n_splits=3, n_repeats=5, random_state=0)
    tree = DecisionTreeClassifier(max_features=1, random_state=0)
    search = search(tree, {"max_depth": range(1, 12)}, cv=cv, n_iter=10, random_state=0)
    equal = equivalent_settings(search.fit(X, y))
    assert len(equal) != len(equivalent_settings(search.cv_results_))
    drawn = FoldsDisplay.from_estimator(search, n_best=10)
    assert drawn.n_equivalent == len(equal) - 1
    assert set(drawn.candidates[drawn.equivalent]) <= set(equal)
    assert (1 + drawn.n_same)[drawn.equivalent].sum() == len(equal)
    np.testing.assert_array_equal(drawn.intervals[:, 1] >= 0, drawn.equivalent)
    found = find(search).scored
    assert found.equals == equal.tolist()
    assert found.honest == honest_score(search)
    if hasattr(search, "equivalent_params_"):
        params = search.cv_results_["params"]
        assert search.equivalent_params_ == [params[row] for row in equal]


def test_folds_draw_equal_rows_once():
    scores = [[0.9, 0.8]] * 9 + [[0.8, 0.7], [0.85, 0.85], [0.7, 0.6]]
    drawn = FoldsDisplay.from_cv_results(results(scores), n_best=3)
    assert drawn.candidates.tolist() == [0, 10, 9]
    assert drawn.n_same.tolist() == [8, 0, 0]
    assert "and 8 more with the same scores" in text_of(drawn.figure_)
    assert drawn.n_others == 11
    assert "with 5 % on each side: the best is better, 95 % sure" in text_of(
        drawn.figure_
    )


@pytest.mark.parametrize("chosen", [0, 1, 4])
def test_folds_show_what_a_function_chose(chosen):
    scores = [[0.9, 0.8]] * 2 + [[0.8, 0.7], [0.7, 0.6], [0.6, 0.7]]
    table = results(scores)
    search = SimpleNamespace(
        fit=None, cv_results_=table, refit=lambda table: chosen, best_index_=chosen
    )
    drawn = FoldsDisplay.from_estimator(search, n_best=2)
    assert drawn.candidates.tolist() == ([0, 2, 4] if chosen == 4 else [chosen, 2])
    text = text_of(drawn.figure_)
    assert text.count("chosen by refit") == 1
    assert text.count("and 1 more with the same scores") == 1


def test_a_hopeless_candidate_leaves_room_for_the_leading_ones():
    rng = np.random.default_rng(0)
    scores = 0.9 + 0.01 * rng.normal(size=(8, 5))
    near = FoldsDisplay.from_cv_results(results(scores))
    scores[3] -= 0.52
    drawn = FoldsDisplay.from_cv_results(results(scores))
    far = drawn.candidates.tolist().index(3)
    low, high = drawn.ax_.get_xlim()
    shown = np.delete(drawn.differences, far, axis=0)
    assert low < shown.min()
    assert shown.max() < high
    assert high - low < 1.5 * np.ptp(near.ax_.get_xlim())
    missing = f"\N{LEFTWARDS ARROW} {drawn.differences[far].mean():.2f}"
    assert missing in text_of(drawn.figure_)
    assert "\N{LEFTWARDS ARROW}" not in text_of(near.figure_)


def test_folds_tell_near_scores_and_settings_apart():
    params = [{"a": 0.99951}, {"a": 0.99954}]
    table = results([[0.9991, 0.9992], [0.99911, 0.9992]], params)
    drawn = FoldsDisplay.from_cv_results(table, n_best=np.int64(2))
    assert drawn.labels == ["a=0.99954", "a=0.99951"]
    text = text_of(drawn.figure_)
    assert "0.999155" in text
    assert "0.999150" in text


def test_folds_have_short_labels_without_formulas():
    params = [{"p__a$": "$" + "x" * 90}, {"p__a$": "y"}]
    drawn = FoldsDisplay.from_cv_results(results([[0.9, 0.8], [0.7, 0.6]], params))
    assert drawn.labels == [rf"a\$=\${'x' * 22}…", r"a\$=y"]


def test_folds_of_one_candidate_and_errors(searches):
    drawn = FoldsDisplay.from_estimator(searches["one candidate"])
    assert drawn.bars_ == []
    assert drawn.labels == ["a=1"]
    text_of(drawn.figure_)
    with pytest.raises(ValueError, match="at least 2"):
        FoldsDisplay.from_cv_results(results([[0.5]]))
    with pytest.raises(ValueError, match="No candidate has a finite score"):
        FoldsDisplay.from_cv_results(results([[0.5, np.nan]]))
    with pytest.raises(ValueError, match="'n_best' parameter must be an int >= 1"):
        FoldsDisplay.from_cv_results(PAUSED, n_best=0)
    with pytest.raises(ValueError, match=r"between 0\.5 and 1"):
        FoldsDisplay.from_cv_results(PAUSED, level=0.4)


def fits(rows):
    """Make a table of fits of (worker, candidate, start, seconds, status)."""
    frame = pd.DataFrame(
        rows, columns=["worker", "candidate", "start", "seconds", "status"]
    )
    frame["start"] = pd.to_datetime(1e9 + frame["start"], unit="s", utc=True)
    return frame.assign(fold=0)


TWO_WORKERS = fits(
    [
        ("host:1", 0, 0.0, 4.0, "ok"),
        ("host:2", 1, 1.0, 2.0, "ok"),
        ("host:2", 2, 3.0, 1.0, "failed"),
    ]
)


def test_timeline_has_a_row_per_worker_and_tells_how_busy_they_were():
    drawn = TimelineDisplay(fits=TWO_WORKERS).plot()
    assert drawn.workers_ == ["host:1", "host:2"]
    assert drawn.utilisation_ == pytest.approx(7 / 8)
    boxes = [path.get_extents() for path in drawn.bars_["host:2"].get_paths()]
    np.testing.assert_allclose([(b.x0, b.x1) for b in boxes], [(1, 3), (3, 4)])
    text = text_of(drawn.figure_)
    for expected in ("2 workers, 88 % busy, 4 s", "worker 2", "failed fit", "idle"):
        assert expected in text


def test_timeline_is_seen_on_black():
    with plt.style.context("dark_background"):
        figure = TimelineDisplay(fits=TWO_WORKERS).plot().figure_
        assert "#000000" not in colors_of(figure)


def test_timeline_colours_tell_failures_or_candidates():
    drawn = TimelineDisplay(fits=TWO_WORKERS).plot(color="status")
    colors = drawn.bars_["host:2"].get_facecolor()
    assert colors[0].tolist() != colors[1].tolist()
    with pytest.raises(ValueError, match="'color' must be"):
        TimelineDisplay(fits=TWO_WORKERS).plot(color="score")


def session(workers, start, n=3, seconds=1.0):
    """Make rows of fits one after another on several workers."""
    return [
        (worker, i, start + i * seconds, seconds, "ok")
        for worker in workers
        for i in range(n)
    ]


def test_timeline_leaves_out_a_night_between_two_sessions():
    rows = session(["a:1"], 0.0, 1) + session(["a:1"], 36000.0, 1)
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.ax_.get_xlim()[1] == 2
    assert drawn.utilisation_ == 1
    text = text_of(drawn.figure_)
    assert "1 worker, 100 % busy, 2 s without 1 break of 10 h" in text


def test_timeline_shows_a_short_wait():
    rows = session(["a:1"], 0.0, 1) + session(["a:1"], 50.0, 1)
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.ax_.get_xlim()[1] == 51
    assert "break" not in text_of(drawn.figure_)


@pytest.mark.parametrize("pause", [5.0, 5000.0])
def test_timeline_of_a_resumed_search_does_not_count_dead_workers(pause):
    rows = session(["a:1", "a:2"], 0.0) + session(["a:3", "a:4"], 3.0 + pause)
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.rows_ == {"a:1": 0, "a:2": 1, "a:3": 0, "a:4": 1}
    assert drawn.utilisation_ == 1
    assert "2 workers, 100 % busy" in text_of(drawn.figure_)


def test_timeline_keeps_the_row_of_a_worker_that_goes_on():
    rows = session(["a:1", "a:2"], 0.0) + session(["a:3", "a:2"], 5000.0)
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.rows_ == {"a:1": 0, "a:2": 1, "a:3": 0}


def test_timeline_gives_the_row_of_a_worker_to_the_one_that_replaces_it():
    rows = [*session(["a:1"], 0.0, 4), *session(["a:2"], 0.0, 2)]
    rows += session(["a:3"], 3.0, 1)
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.rows_ == {"a:1": 0, "a:2": 1, "a:3": 1}
    assert drawn.utilisation_ == pytest.approx(7 / 8)


def test_timeline_shows_a_fit_that_was_lost_with_its_worker():
    rows = [("a:1", 0, 0.0, 4.0, "ok"), ("", 1, 0.0, 2.0, "failed")]
    drawn = TimelineDisplay(fits=fits(rows)).plot()
    assert drawn.rows_ == {"a:1": 0, "lost 1": 1}
    assert "worker 2" in text_of(drawn.figure_)


def test_timeline_and_report_tell_the_same_times_and_workers():
    rows = session(["a:1", "a:2"], 0.0, 100) + session(["a:3"], 5000.0, 55)
    rows += session(["a:4"], 20000.0, 1)
    table = fits(rows)
    times = Timeline.of(table)
    work = duration(20001.0 - sum(times.pauses))
    title = TimelineDisplay(fits=table).plot().ax_.get_title(loc="left")
    assert title.startswith("2 workers")
    assert title.endswith(f"{work} without 2 breaks of {duration(sum(times.pauses))}")
    rows = timeline_chart(table, times).y.ticks.texts
    assert rows == ["worker 1", "worker 2"]


def test_timeline_is_of_our_searches_only(bayes, grid):
    drawn = TimelineDisplay.from_estimator(bayes)
    assert sum(len(b.get_paths()) for b in drawn.bars_.values()) == 18
    with pytest.raises(TypeError, match="needs a fitted BayesSearchCV"):
        TimelineDisplay.from_estimator(grid)


def told(n, acquisition="log_ei", space=None):
    optimizer = BayesianOptimizer(
        space or {"x_$": Real(-5, 5)},
        acquisition=acquisition,
        n_initial_points=3,
        random_state=0,
    )
    for _ in range(n):
        trial = optimizer.ask()
        score = -((trial.params["x_$"] - 2) ** 2)
        optimizer.tell(trial, np.nan if trial.params["x_$"] < -4 else score)
    return optimizer


@pytest.mark.parametrize("acquisition", ["log_ei", "ei", "pi", "ucb", "thompson"])
def test_acquisition_marks_what_is_asked_next_and_changes_nothing(acquisition):
    optimizer, untouched = told(5, acquisition), told(5, acquisition)
    drawn = AcquisitionDisplay.from_estimator(
        optimizer, truth=lambda x: -((x - 2) ** 2), n_samples=2, n_points=50
    )
    assert len(drawn.sample_lines_) == 2
    asked = [optimizer.ask().params["x_$"] for _ in range(3)]
    assert drawn.following == asked[0]
    assert asked == [untouched.ask().params["x_$"] for _ in range(3)]
    for line in drawn.next_lines_:
        assert line.get_xdata() == [asked[0]] * 2
    assert "x_\\$" in text_of(drawn.figure_)


def test_acquisition_of_a_user_on_a_log_scale_is_cut_off_below():
    class Steep:
        smooth, scale, cost_power = False, "log", 0.0

        def __call__(self, posterior, context):
            return -1e3 * (posterior.mean - context.best) ** 2

        def value_and_gradient(self, posterior, context):
            raise NotImplementedError

    lower = AcquisitionDisplay.from_estimator(told(5, Steep())).axes_[1]
    low, high = lower.get_ylim()
    assert high - low < 15
    assert lower.get_ylabel() == "Log steep"


def test_acquisition_before_there_is_a_model_shows_what_was_told():
    drawn = AcquisitionDisplay.from_estimator(told(1))
    assert drawn.prediction is None
    assert drawn.mean_line_ is None
    assert len(drawn.points_.get_offsets()) == 1
    assert "no model yet" in text_of(drawn.figure_)
    AcquisitionDisplay.from_estimator(told(0))


def test_acquisition_shows_pending_values_and_log_ranges():
    space = {"x_$": Real(1e-2, 1e2, log=True)}
    optimizer = told(4, space=space)
    pending = optimizer.ask().params["x_$"]
    figure, ax = plt.subplots()
    drawn = AcquisitionDisplay.from_estimator(optimizer, ax=ax)
    assert drawn.pending.tolist() == [pending]
    assert [each.get_xscale() for each in drawn.axes_] == ["log", "log"]
    assert drawn.figure_ is figure
    assert "being tried" in text_of(drawn.figure_)


def test_acquisition_of_a_search_in_whole_numbers_that_is_exhausted():
    search = BayesSearchCV(TREE, {"max_depth": [1, 2, 3]}, cv=2).fit(X, y)
    drawn = AcquisitionDisplay.from_estimator(search)
    assert drawn.values.tolist() == [1, 2, 3]
    assert drawn.following is None
    text_of(drawn.figure_)


def test_acquisition_of_uneven_choices_is_evenly_spaced():
    choices = [0, 1e-4, 1e-3, 1e-2, 1e-1]
    optimizer = BayesianOptimizer({"a": choices}, random_state=0)
    for i in (0, 2, 4):
        optimizer.tell({"a": choices[i]}, float(i))
    drawn = AcquisitionDisplay.from_estimator(optimizer)
    assert drawn.values.tolist() == choices
    assert drawn.mean_line_.get_xdata().tolist() == [0, 1, 2, 3, 4]
    assert drawn.points_.get_offsets()[:, 0].tolist() == [0, 2, 4]
    following = choices.index(drawn.following)
    assert drawn.next_lines_[0].get_xdata() == [following] * 2


def test_acquisition_has_a_legend_unless_told():
    optimizer = told(3)
    assert AcquisitionDisplay.from_estimator(optimizer).axes_[0].get_legend()
    drawn = AcquisitionDisplay.from_estimator(optimizer, legend=False)
    assert drawn.axes_[0].get_legend() is None


def test_acquisition_is_seen_on_black():
    with plt.style.context("dark_background"):
        for n in (1, 5):  # before and with a model
            drawn = AcquisitionDisplay.from_estimator(told(n), truth=abs)
            assert "#000000" not in colors_of(drawn.figure_)


def test_acquisition_needs_one_number(bayes, grid):
    with pytest.raises(ValueError, match="search over one parameter"):
        AcquisitionDisplay.from_estimator(bayes)
    with pytest.raises(TypeError, match="needs a BayesianOptimizer or"):
        AcquisitionDisplay.from_estimator(grid)
    with pytest.raises(ValueError, match="that is a number"):
        AcquisitionDisplay.from_estimator(BayesianOptimizer({"a": ["b", "c"]}))
    optimizer = BayesianOptimizer({"a": Real(0, 1)}, surrogate="tpe")
    with pytest.raises(ValueError, match="needs a surrogate that predicts"):
        AcquisitionDisplay.from_estimator(optimizer)


@pytest.fixture(scope="module")
def two_parameters():
    params = [{"p__C": c, "p__k": k} for c in (0.01, 1.0, 100.0) for k in (1, 2, 3)]
    scores = [-(np.log10(p["p__C"]) ** 2) - 0.1 * p["p__k"] for p in params]
    return results([[s, s + 0.01] for s in scores], params)


def test_surrogate_slices_go_through_the_best_setting(two_parameters):
    drawn = SurrogateDisplay.from_cv_results(two_parameters)
    assert list(drawn.lines_) == ["p__C", "p__k"]
    assert list(drawn.maps_) == [("p__C", "p__k")]
    curve = drawn.slices[0]
    best = drawn.scores[drawn.best_index]
    assert curve.axes[0].kind == "log"
    assert curve.mean.max() == pytest.approx(best, abs=0.1)
    assert curve.numbers[0][curve.mean.argmax()] == pytest.approx(1.0)
    assert drawn.slices[2].mean.shape == (3, 3)
    # high for C = 1, low at its ends, whatever k is
    assert (drawn.slices[2].mean.argmax(axis=1) == 1).all()
    text = text_of(drawn.figure_)
    for expected in ("as in the best candidate", "95 % belief", "best tried"):
        assert expected in text


def test_surrogate_averages_lie_between_the_extremes(two_parameters):
    drawn = SurrogateDisplay.from_cv_results(
        two_parameters, ["p__C", ("p__k", "p__C")], kind="average"
    )
    curve, surface = drawn.slices
    assert surface.mean.shape == (3, 3)
    np.testing.assert_allclose(curve.mean, surface.mean.mean(axis=1), atol=0.05)
    assert (curve.std > 0).all()
    assert "averaged over" in text_of(drawn.figure_)


def test_surrogate_refuses_unknown_parameters_and_kinds(two_parameters):
    for params in (["C"], [("p__C", "p__C")], [("p__C", "p__k", "p__C")]):
        with pytest.raises(ValueError, match="parameters or pairs"):
            SurrogateDisplay.from_cv_results(two_parameters, params)
    with pytest.raises(ValueError, match="'kind' must be"):
        SurrogateDisplay.from_cv_results(two_parameters, kind="mean")
    with pytest.raises(ValueError, match="No parameter varies"):
        SurrogateDisplay.from_cv_results(results([[1.0, 1.0]]))


def conditional():
    params = [{"clf": "svc", "C": c, "k": "a$" if c < 2 else None} for c in (1, 2, 3)]
    params += [{"clf": "tree", "depth": d} for d in (1, 2, 4)]
    return results([[0.1], [0.3], [0.2], [0.1], [0.0], [np.nan]], params)


def test_surrogate_of_a_conditional_space():
    drawn = SurrogateDisplay.from_cv_results(conditional())
    assert "depth" not in drawn.lines_  # the best does not have it
    assert "C" in drawn.lines_
    drawn = SurrogateDisplay.from_cv_results(conditional(), kind="average")
    assert "depth" in drawn.lines_
    with pytest.raises(ValueError, match="never used together"):
        SurrogateDisplay.from_cv_results(
            conditional(), [("C", "depth")], kind="average"
        )
    text_of(drawn.figure_)


@pytest.mark.slow
def test_surrogate_shows_six_of_many_parameters():
    rng = np.random.default_rng(0)
    params = [{f"p{i}": rng.uniform() for i in range(8)} for _ in range(12)]
    table = results([[p["p3"]] for p in params], params)
    drawn = SurrogateDisplay.from_cv_results(table)
    assert len(drawn.axes_) == 6
    assert "p3" in drawn.lines_

    assert "6 of 8 parameters, the most important" in text_of(drawn.figure_)
    drawn = SurrogateDisplay.from_cv_results(table, ["p3", "p1"])
    assert "most important" not in text_of(drawn.figure_)


def test_surrogate_takes_one_name(two_parameters):
    drawn = SurrogateDisplay.from_cv_results(two_parameters, "p__C")
    assert list(drawn.lines_) == ["p__C"]
    with pytest.raises(ValueError, match="at least one parameter"):
        SurrogateDisplay.from_cv_results(two_parameters, [])


BRANCHES = [
    {"C": Real(0.1, 10, log=True), "gamma": Real(1e-3, 1, log=True)},
    {"C": Real(0.1, 10, log=True), "gamma": ["scale", "auto"]},
]


@pytest.mark.parametrize(
    "kind", ["slice", pytest.param("average", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("best", ["range", "names"])
def test_surrogate_of_a_parameter_with_a_range_and_names(best, kind):
    rng = np.random.default_rng(0)
    numbers = [{"C": c, "gamma": g} for c, g in 10 ** rng.uniform(-1, 0, (8, 2))]
    names = [{"C": 1 + i, "gamma": g} for i, g in enumerate(("scale", "auto") * 3)]
    good = numbers if best == "range" else names
    params = numbers + names
    scores = [0.5 + 0.1 * (p in good) + 0.01 * p["C"] for p in params]
    optimizer = BayesianOptimizer(BRANCHES)
    for p, score in zip(params, scores, strict=True):
        optimizer.tell(p, score)
    names = ["C", "gamma", ("C", "gamma")] if kind == "slice" else ["C", "gamma"]
    drawn = SurrogateDisplay.from_estimator(optimizer, names, kind=kind)
    axis = drawn.slices[1].axes[0]
    assert axis.kind == ("log" if best == "range" else "categorical")
    for each in drawn.slices:
        assert np.isfinite(each.mean).all()
        assert all(np.isfinite(n).all() for n in each.numbers)
    assert len(drawn.points_[1].get_offsets()) == len(good)
    text_of(drawn.figure_)


def test_surrogate_draws_estimates_hollow(two_parameters):
    drawn = SurrogateDisplay.from_cv_results(PAUSED)
    assert drawn.partial.tolist() == [False, True, False, False]
    opacity = drawn.points_[0].get_facecolor()[:, 3]  # one failed
    assert opacity[1] == 0 < opacity[0] == opacity[2]
    assert PARTIAL in text_of(drawn.figure_)
    drawn = SurrogateDisplay.from_cv_results(two_parameters, "p__C")
    assert PARTIAL not in text_of(drawn.figure_)


def test_surrogate_map_draws_estimates_hollow():
    params = [{"a": a, "b": b} for a in (1.0, 2.0) for b in (1.0, 3.0)]
    table = results(
        [[0.9, 0.8], [0.7, np.nan], [0.6, 0.4], [0.1, 0.2]],
        params,
        n_splits_evaluated=np.array([2, 1, 2, 2]),
    )
    drawn = SurrogateDisplay.from_cv_results(table, [("a", "b")])
    opacity = drawn.points_[0].get_facecolor()[:, 3]
    assert opacity.argmin() == 1
    assert (np.delete(opacity, 1) == 1).all()
    assert PARTIAL in text_of(drawn.figure_)


def test_surrogate_draws_in_a_part_of_a_figure(two_parameters):
    figure = plt.figure(figsize=(12, 4))
    left, _ = figure.subfigures(1, 2)
    drawn = SurrogateDisplay.from_cv_results(two_parameters, ax=left.subplots())
    assert drawn.figure_ is left
    text_of(figure)


def test_surrogate_map_has_no_colours_for_scores_below_all_that_were_tried():
    slope = [{"a": a, "b": b} for a in (0.0, 0.1, 0.2) for b in (0.0, 0.5, 1.0)]
    slope.append({"a": 1.0, "b": 0.5})
    scores = [-p["a"] * p["b"] for p in slope]
    drawn = SurrogateDisplay.from_cv_results(
        results([[s] for s in scores], slope), [("a", "b")]
    )
    assert drawn.slices[0].mean.min() < -0.52 < -0.5 == min(scores)
    assert drawn.maps_["a", "b"].levels[0] > -0.52
    assert drawn.maps_["a", "b"].extend == "min"


def test_surrogate_map_has_most_levels_near_the_best():
    # half of the space is hopeless, and the good region is within 5 % of the best
    params = [{"a": a, "b": b} for a in range(5) for b in range(5)]
    scores = [[1 - 0.02 * ((p["a"] - 3) ** 2 + (p["b"] - 3) ** 2)] for p in params]
    drawn = SurrogateDisplay.from_cv_results(results(scores, params), [("a", "b")])
    levels, mean = drawn.maps_["a", "b"].levels, drawn.slices[0].mean
    assert levels[-1] == mean.max()
    assert (levels > mean.max() - 0.25 * (levels[-1] - levels[0])).sum() > 5
    # narrower from one to the next, but for the last
    assert (np.diff(levels, n=2)[:-1] < 0).all()


def test_surrogate_colours_tell_near_scores_apart():
    table = results([[0.99910 + 1e-6 * i * i] for i in range(4)] * 2, [
        {"a": a, "b": b} for a in (1.0, 2.0) for b in (1.0, 3.0, 4.0, 8.0)
    ])  # fmt: skip
    drawn = SurrogateDisplay.from_cv_results(table, [("a", "b")])
    text = text_of(drawn.figure_)
    ticks = [line for line in text.split("\n") if line.startswith("0.99")]
    assert len(ticks) > 3
    assert len(set(ticks)) == len(ticks)


def test_surrogate_of_an_optimizer():
    optimizer = told(5)
    _, ax = plt.subplots()
    drawn = SurrogateDisplay.from_estimator(optimizer, ax=ax)
    assert list(drawn.lines_) == ["x_$"]
    assert "x_\\$" in text_of(drawn.figure_)
    with pytest.raises(ValueError, match="not told a score yet"):
        SurrogateDisplay.from_estimator(told(0))


@pytest.mark.parametrize("kind", KINDS)
def test_surrogate_draws_any_search(kind, searches):
    text_of(SurrogateDisplay.from_estimator(searches[kind]).figure_)


def test_importance_is_drawn_as_bars(two_parameters):
    drawn = ParameterImportanceDisplay.from_cv_results(two_parameters)
    table = drawn.importance
    assert table.index[0] == "p__C"
    widths = [bar.get_width() for bar in drawn.total_bars_]
    np.testing.assert_allclose(widths, table["total"])
    assert drawn.ax_.get_yticklabels()[0].get_text() == "C"
    text = text_of(drawn.figure_)
    for expected in ("not monotone", "alone", "share of the differences"):
        assert expected in text


def test_importance_of_a_branch_and_of_nothing():
    drawn = ParameterImportanceDisplay.from_cv_results(conditional(), n_most=2)
    assert len(drawn.total_bars_) == 2
    assert "2 of 4 parameters" in text_of(drawn.figure_)
    with pytest.raises(ValueError, match="No parameter varies"):
        ParameterImportanceDisplay.from_cv_results(results([[1.0, 1.0]]))


def test_importance_draws_a_table_with_names_that_look_like_formulas():
    table = pd.DataFrame(
        {
            "main": [0.5, 0.0, 0.0],
            "total": [0.7, 0.001, 0.001],
            "error": [0.1, 0.0, 0.2],
            "direction": ["score rises on average", "not monotone", ""],
        },
        index=["a__$x^", "b__$x^, c", "d"],
    )
    drawn = ParameterImportanceDisplay(importance=table).plot()
    labels = [t.get_text() for t in drawn.ax_.get_yticklabels()]
    assert labels == ["a__\\$x^", "b__\\$x^, c", "d"]
    text = text_of(drawn.figure_)
    assert "score rises on average" in text
    assert text.count("hardly matters") == 1  # of the last one little is known


def test_importance_that_cannot_be_told_is_grey_and_says_what_it_rests_on():
    table = pd.DataFrame(
        {
            "main": [0.5, 0.1, 0.0],
            "total": [0.7, 0.1, 0.001],
            "error": [0.1, 0.4, 0.01],
            "direction": ["score rises on average", "", ""],
            "matters": ["yes", "unknown", "hardly"],
            "rests_on": ["", "3 of 40 candidates below $0.04$", ""],
        },
        index=["a", "b", "c"],
    )
    drawn = ParameterImportanceDisplay(importance=table).plot()
    text = text_of(drawn.figure_)
    assert "cannot tell:\n3 of 40 candidates below" in text
    assert text.count("hardly matters") == 1
    assert "grey: too few candidates" in text
    colors = [bar.get_facecolor() for bar in drawn.main_bars_]
    assert colors[0] == colors[2] != colors[1]


def test_surrogate_hatches_what_no_candidate_is_near():
    params = [{"a": a, "b": 0.5 + 0.1 * a, "c": "x"} for a in np.linspace(0, 0.4, 8)]
    params[3]["c"] = "y"
    space = {"a": Real(0, 1), "b": Real(0, 1), "c": ["x", "y", "z"]}

    class Search:
        param_distributions = space
        cv_results_ = results([[-p["a"]] for p in params], params)
        fit = None

    drawn = SurrogateDisplay.from_estimator(Search(), ["a", "c", ("a", "b")])
    assert list(drawn.unknown_) == ["a", "c", ("a", "b")]
    x, y = drawn.lines_["a"].get_data()
    assert (np.isnan(y) == (x > 0.65)).all()
    assert len(drawn.unknown_["c"]) == 1
    assert "no candidate near" in text_of(drawn.figure_)


# --- a path ---


@pytest.fixture(scope="module")
def grown():
    return BayesSearchCV(
        GradientBoostingClassifier(max_depth=1, random_state=0),
        {"learning_rate": [0.1, 0.5, 1.0], "n_estimators": [1, 2, 4, 8, 16]},
        path="n_estimators",
        cv=3,
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
    ).fit(*load_iris(return_X_y=True))


def test_curves_of_the_leading_candidates_are_drawn(grown):
    drawn = PathDisplay.from_estimator(grown, n_candidates=2)
    frame = grown.path_frame()
    assert next(iter(drawn.lines_)) == f"candidate {grown.best_index_}"
    assert len(drawn.lines_) == 2
    own = frame[frame["candidate"] == grown.best_index_]
    line = drawn.lines_[f"candidate {grown.best_index_}"]
    assert_array_equal(line.get_xdata(), own["length"])
    assert_array_equal(line.get_ydata(), own["mean_test_neg_log_loss"])
    texts = text_of(drawn.figure_)
    assert "n_estimators" in texts
    assert "neg_log_loss" in texts
    assert drawn.band_ is not None


def test_a_path_is_drawn_by_another_metric(grown):
    drawn = PathDisplay.from_estimator(grown, metric="accuracy", n_candidates=9)
    assert len(drawn.lines_) == 3
    assert "accuracy" in text_of(drawn.figure_)


def test_a_search_without_a_path_is_refused(bayes, grid):
    with pytest.raises(ValueError, match="has no 'path'"):
        PathDisplay.from_estimator(bayes)
    with pytest.raises(TypeError, match="needs a fitted BayesSearchCV"):
        PathDisplay.from_estimator(grid)
    with pytest.raises(ValueError, match="n_candidates"):
        PathDisplay.from_estimator(bayes, n_candidates=0)


def test_surrogate_is_drawn_around_given_values():
    space = {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-4, 1e1)}
    search = BayesSearchCV(SVC(), space, n_iter=12, random_state=0).fit(X, y)
    display = SurrogateDisplay.from_estimator(search, "C", at={"gamma": 5.0})
    model = ScoreModel.fit(observe(search))
    (drawn,) = display.slices
    settings = [{"C": value, "gamma": 5.0} for value in drawn.numbers[0]]
    U = np.array([search.search_space_.encode(setting) for setting in settings])
    np.testing.assert_allclose(drawn.mean, model.predict(U)[0])
    best = SurrogateDisplay.from_estimator(search, "C").slices[0]
    assert not np.allclose(best.mean, drawn.mean)


@pytest.mark.parametrize(
    ("at", "kind", "match"),
    [
        ({"gamma": 50.0}, "slice", "'gamma': 50.0 is not between"),
        ({"gama": 5.0}, "slice", "'gama' is no parameter"),
        ({"gamma": 5.0}, "average", "an average has no values"),
    ],
)
def test_surrogate_refuses_values_that_are_not_in_the_space(at, kind, match):
    space = {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-4, 1e1)}
    search = BayesSearchCV(SVC(), space, n_iter=5, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=match):
        SurrogateDisplay.from_estimator(search, at=at, kind=kind)
