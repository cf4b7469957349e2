"""What charts show, whatever draws it: axes, marks and legends."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from sklearn_bayes_search.display._charts._axis import (
    crowded,
    parameter_axes,
    robust_limits,
    round_numbers,
    score_axis,
    score_ticks,
)
from sklearn_bayes_search.results._short_text import value_texts
from sklearn_bayes_search.space._space import as_space


def test_ties_do_not_make_a_good_score_hopeless():
    # a tree of depth 1 to 12 on the iris data
    scores = [0.667, 0.933] + [0.96] * 8 + [0.967] * 2
    low, best = robust_limits(np.array(scores))
    assert (low, best) == (0.933, 0.967)


@pytest.mark.parametrize("n", [5, 6, 12, 15, 20])
def test_a_tenth_of_the_scores_does_not_stretch_the_axis(n):
    scores = np.linspace(0.8, 0.9, n)
    scores[: max(round(0.1 * n), 1)] = -1e6
    low, best = robust_limits(scores)
    assert low > 0.4
    assert best == 0.9


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5], [0.7, 0.85, 0.86]])
def test_few_scores_are_all_drawn_in_their_place(scores):
    assert robust_limits(np.array(scores)) == (min(scores), max(scores))


def test_scores_that_are_not_finite_do_not_count():
    assert robust_limits(np.array([np.nan, 0.1, -np.inf, 0.3])) == (0.1, 0.3)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([0, 1, 2, 3], False),
        (list(range(40)), False),
        ([0, 1e-4, 1e-3, 1e-2, 0.1], True),
        ([0, *np.geomspace(1e-4, 1, 30)], True),
        ([0, 1], False),
        ([1.0], False),
    ],
)
def test_places_are_crowded_where_some_cannot_be_told_apart(places, expected):
    assert crowded(places) is expected


@pytest.mark.parametrize(
    "space",
    [
        {"a": loguniform(1e-5, 1e5)},
        {"a": loguniform(2, 9)},
        {"a": uniform(-3, 10)},
        {"a": randint(1, 400)},
        {"a": range(2, 5)},
        {"a": [1, 10, 100, 1000]},
        {"a": [0, *np.geomspace(1e-6, 0.1, 11)]},
        {"a": ["x", None, ("y", 1)]},
        {"a": list("abcdefghijklmnopqrstuvwxyz")},
    ],
    ids=lambda space: str(space["a"])[:20],
)
def test_ticks_are_few_and_on_their_axis(space):
    space = as_space(space)
    tried = space.decode_many(space.spread(1, np.random.default_rng(0)))
    ticks = parameter_axes(tried, space)["a"].ticks(most_names=8)
    assert 3 <= len(ticks.places) <= 10
    assert min(ticks.places) >= 0
    assert max(ticks.places) <= 1
    assert len(set(ticks.places)) == len(ticks.places) == len(set(ticks.texts))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-5, 0.3), (1e5, 3e5), (0.98, 0.99)])
def test_round_numbers_are_between(low, high):
    numbers = round_numbers(low, high)
    assert 3 <= len(numbers) <= 6
    assert min(numbers) >= low
    assert max(numbers) <= high
    assert max(len(f"{each:g}") for each in numbers) <= 6


def test_round_numbers_of_a_range_wider_than_the_largest_float():
    numbers = round_numbers(-1e308, 1e308)
    assert numbers == [-1e308, -5e307, 0, 5e307, 1e308]
    settings = [{"a": value} for value in numbers]
    axis = parameter_axes(settings)["a"]
    assert [axis.share(value) for value in numbers] == [0, 0.25, 0.5, 0.75, 1]
    assert axis.ticks().places == [0, 0.25, 0.5, 0.75, 1]


def test_one_very_bad_score_does_not_flatten_the_others():
    low, high = robust_limits(np.append(np.linspace(0.8, 0.9, 20), -1e6))
    bottom, top = score_axis("score", low, high).limits
    assert bottom > 0.5
    assert 0.9 < top < 1.0
    bottom, top = score_axis("score", 0.5, 0.5).limits
    assert bottom < 0.5 < top


def test_rounding_errors_are_no_range_of_scores():
    low, high = robust_limits([0.9, 0.9 + 2e-16, 0.9 - 1e-16])
    bottom, top = score_axis("score", low, high).limits
    assert top - bottom > 1e-3


NAMES = ["scale", "auto"]


def test_an_axis_of_numbers_and_names_has_the_numbers_in_order():
    values = ["scale", 0.3, 0.001, "auto", 1e-4, 10.0, *np.geomspace(2e-3, 1, 9)]
    axis = parameter_axes([{"gamma": value} for value in values])["gamma"]
    ticks = dict(zip(*reversed(axis.ticks()), strict=True))
    assert {"scale", "auto", "0.01", "1"} < set(ticks)
    places = [axis.share(v) for v in sorted(v for v in values if v not in NAMES)]
    assert places == sorted(places)
    assert 0 < ticks["scale"] < ticks["auto"] < places[0] - 0.1


@pytest.mark.parametrize(
    "values",
    [
        NAMES,
        [1.0],
        [1, None],
        [True, 1, 0],
        [0, 1e-4, 1e-3, 1e-2, 0.1],
        [float("nan"), float("inf"), 3],
        [10**400, 1],
        [PCA(n, whiten=True) for n in (2, 5, 10, 12)],
    ],
    ids=str,
)
def test_different_values_have_different_places(values):
    axis = parameter_axes([{"a": v} for v in values], constant=True)["a"]
    places = [axis.share(clone(v, safe=False)) for v in values]
    assert len(set(places)) == len(values)
    assert min(places) >= 0
    assert max(places) <= 1
    assert len(set(axis.ticks().texts)) == len(axis.ticks().texts) >= 1


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([PCA(n) for n in (2, 10)], ["n_components=2", "n_components=10"]),
        ([PCA(), SVC(C=2)], ["PCA()", "SVC(C=2)"]),
        ([SVC(C=1), SVC(C=2)], ["SVC(C=1)", "SVC(C=2)"]),
        ([PCA(2, whiten=True), "passthrough"], ["PCA(…)", "passthrough"]),
        ([PCA(), PCA()], ["PCA() (1)", "PCA() (2)"]),
        ([1, "1", True, "True"], ["1", "'1'", "True", "'True'"]),
        ([0.12341, 0.12342, 1 / 3], ["0.12341", "0.12342", "0.3333"]),
        (
            ["a_long_choice_one", "a_long_choice_two"],
            ["…g_choice_one", "…g_choice_two"],
        ),
        (["one_long_choice", "two_long_choice"], ["one_long_cho…", "two_long_cho…"]),
        (
            ["z" * 30 + m + "z" * 30 for m in "ab"],
            [f"…{'z' * 12} ({n})" for n in (1, 2)],
        ),
    ],
)
def test_labels_of_values_are_short_and_all_different(values, labels):
    longest = 15 if "n_comp" in labels[0] else 13
    assert value_texts(values, longest) == labels


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.97, 1.0, ["0.97", "0.98", "0.99", "1.00"]),
        (-300, 100, ["-300", "-200", "-100", "0", "100"]),
        (-2.1e-10, 1e-11, ["-2.0e-10", "-1.5e-10", "-1.0e-10", "-5.0e-11", "0"]),
    ],
)
def test_ticks_of_scores_have_the_decimals_of_their_step(low, high, expected):
    ticks = score_ticks(low, high, lower=False)
    assert ticks.texts == expected
    numbers = low + np.array(ticks.places) * (high - low)
    scale = max(abs(low), abs(high))
    np.testing.assert_allclose(numbers, list(map(float, expected)), atol=1e-12 * scale)


def test_scores_below_an_axis_are_said_to_be_lower():
    ticks = score_ticks(0.871, 0.98, lower=True)
    assert ticks.texts == ["≤ 0.871", "0.90", "0.95"]
    assert ticks.places[0] == 0
