"""What axes show: scores in their place or at the edge, values in theirs or evenly."""

import numpy as np
import pytest

from sklearn_bayes_search.results._axes import crowded, score_limits


def test_ties_do_not_make_a_good_score_hopeless():
    # a tree of depth 1 to 12 on the iris data
    scores = [0.667, 0.933] + [0.96] * 8 + [0.967] * 2
    floor, best = score_limits(np.array(scores))
    assert 0.667 < floor < 0.933
    assert best == 0.967


@pytest.mark.parametrize("n", [5, 6, 12, 15, 20])
def test_a_tenth_of_the_scores_does_not_stretch_the_axis(n):
    scores = np.linspace(0.8, 0.9, n)
    scores[: max(round(0.1 * n), 1)] = -1e6
    floor, best = score_limits(scores)
    assert floor > 0.4
    assert best == 0.9


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5], [0.7, 0.85, 0.86]])
def test_few_scores_are_all_drawn_in_their_place(scores):
    assert score_limits(np.array(scores)) == (min(scores), max(scores))


def test_scores_that_are_not_finite_do_not_count():
    assert score_limits(np.array([np.nan, 0.1, -np.inf, 0.3])) == (0.1, 0.3)


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
