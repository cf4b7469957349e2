"""Pictures of fronts: what is drawn, and where."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, Knee, ParetoDisplay
from sklearn_bayes_search.display._charts._axis import log_ticks
from sklearn_bayes_search.display._charts._chart import Line, Points, Rules
from sklearn_bayes_search.display._charts._pareto import pareto_chart
from sklearn_bayes_search.report import _pen
from sklearn_bayes_search.results._pareto import pareto_front

TREE = DecisionTreeClassifier(random_state=0)
DATA = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def search():
    return BayesSearchCV(
        TREE,
        {"max_leaf_nodes": range(2, 30), "min_samples_leaf": range(1, 30)},
        n_iter=14,
        cv=3,
        objective_metric=["accuracy", "neg_model_size"],
        limits={"neg_model_size": -2000.0, "accuracy": 0.5},
        refit=Knee(),
        random_state=0,
    ).fit(*DATA)


@pytest.fixture(scope="module")
def grid():
    scoring = ["accuracy", "neg_log_loss", "recall_macro"]
    return GridSearchCV(
        TREE, {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 9]},
        scoring=scoring, refit=False, cv=3,
    ).fit(*DATA)  # fmt: skip


def marks(chart, role):
    return [mark for mark in chart.marks if mark.role == role]


def chart_of(search, pair=(1, 0), metrics=None, **options):
    front = pareto_front(search, metrics)
    return front, pareto_chart(front, pair, front.metrics, **options)


def test_points_are_the_means_and_costs_are_positive(search):
    front, chart = chart_of(search)
    (points,) = marks(chart, "front")
    size = -search.cv_results_["mean_test_neg_model_size"]
    assert_allclose(points.x, size[front.rows])
    assert_allclose(points.y, search.cv_results_["mean_test_accuracy"][front.rows])
    assert points.rows.tolist() == search.pareto_frame().index.tolist()
    assert chart.x.log
    assert not chart.y.log
    kinds = ("front", "other", "outside")
    drawn = np.concatenate([m.rows for m in chart.marks if m.role in kinds])
    assert sorted(drawn) == list(range(14))


def test_bars_are_standard_errors(search):
    _, chart = chart_of(search)
    along = {mark.group: mark for mark in marks(chart, "error")}
    frame = search.pareto_frame()
    for group, name in (("y", "accuracy"), ("x", "neg_model_size")):
        error = frame[f"standard_error_{name}"]
        assert_allclose(along[group].errors, [error, error])
        assert along[group].horizontal == (group == "x")


def test_where_nothing_is_within_the_limits_all_is_drawn(search):
    drawn = ParetoDisplay.from_estimator(search, limits={"accuracy": 2.0})
    assert sorted(drawn.points_[0]) == ["chosen", "front", "outside"]


def test_limits_are_lines_and_what_misses_them_is_crossed(search):
    _, chart = chart_of(search, limits=search.limits)
    rule, line = marks(chart, "limit")
    assert isinstance(rule, Rules)
    assert rule.x == [2000.0]
    assert isinstance(line, Line)
    assert set(line.y) == {0.5}
    (outside,) = marks(chart, "outside")
    means = [search.cv_results_[f"mean_test_{n}"] for n in search.limits]
    misses = np.flatnonzero((means[0] < -2000) | (means[1] < 0.5))
    assert outside.rows.tolist() == misses.tolist()


def test_a_limit_far_off_is_in_the_picture(search):
    limits = {"neg_model_size": -1e6, "accuracy": 1.5}
    _, chart = chart_of(search, limits=limits)
    assert chart.x.limits[1] > 1e6
    assert chart.y.limits[1] > 1.5


@pytest.mark.parametrize("pair", [(1, 0), (0, 1)])
def test_the_edge_goes_around_what_the_front_dominates(search, pair):
    front, chart = chart_of(search, pair)
    (edge,) = marks(chart, "edge")
    signs = [-1 if j == 1 else 1 for j in pair]
    values = np.array([signs[0] * edge.x, signs[1] * edge.y]).T
    points = front.values[front.rows][:, list(pair)]
    for value in values:  # each is dominated by a point of the front, or is one
        assert (points >= value - 1e-9).all(axis=1).any()
    # and a step towards better is not
    for value in values + 1e-6 * np.abs(values):
        assert not (points > value).all(axis=1).any()


def test_the_chosen_one_is_marked(search):
    _, chart = chart_of(search, chosen=search.best_index_)
    (chosen,) = marks(chart, "chosen")
    assert chosen.rows.tolist() == [search.best_index_]


def test_two_metrics_are_one_picture_and_three_are_three(search, grid):
    two = ParetoDisplay.from_estimator(search)
    assert len(two.axes_) == 1
    assert two.axes_[0].get_ylabel() == "accuracy"
    assert len(two.points_[0]["front"].get_offsets()) == len(search.pareto_params_)
    three = ParetoDisplay.from_cv_results(grid.cv_results_)
    assert [ax.get_xlabel() for ax in three.axes_] == [
        "neg_log_loss",
        "recall_macro",
        "recall_macro",
    ]
    pair = ParetoDisplay.from_estimator(grid, metrics=["accuracy", "recall_macro"])
    assert len(pair.axes_) == 1


def test_it_draws_in_given_axes(search):
    figure, (left, right) = plt.subplots(1, 2)
    display = ParetoDisplay.from_estimator(search, ax=left)
    assert display.figure_ is figure
    assert right in figure.axes


@pytest.mark.parametrize("limits", [None, {"accuracy": 0.9}])
def test_both_pens_draw_it(search, limits):
    _, chart = chart_of(search, limits=limits, chosen=search.best_index_)
    figure = _pen.draw(chart)
    known = [mark for mark in chart.marks if isinstance(mark, Points | Line)]
    assert len(figure["data"]) == len(known)
    bars = [trace for trace in figure["data"] if "error_y" in trace]
    assert len(bars) == 1
    labels = [label for _, label in _pen.keys(chart)]
    assert labels[-2:] == ["front", "chosen"]


def test_one_fold_has_no_bars():
    search = BayesSearchCV(
        TREE,
        {"max_leaf_nodes": range(2, 9)},
        n_iter=3,
        cv=[(np.arange(0, 150, 2), np.arange(1, 150, 2))],
        objective_metric=["accuracy", "recall_macro"],
        refit=False,
    ).fit(*DATA)
    _, chart = chart_of(search)
    assert not marks(chart, "error")
    ParetoDisplay.from_estimator(search)


def test_one_metric_is_refused():
    single = GridSearchCV(TREE, {"max_depth": [1, 2]}).fit(*DATA)
    with pytest.raises(ValueError, match="two or three metrics"):
        ParetoDisplay.from_estimator(single)


def test_ticks_of_costs_within_a_power_of_ten_are_round():
    assert log_ticks(1440.0, 4254.0).places == [2000, 3000, 4000]
    assert log_ticks(900.0, 90_000.0).places == [1000, 10_000]
