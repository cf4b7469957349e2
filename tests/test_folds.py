"""The additive model of fold scores, against simulations and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import binomtest

from sklearn_bayes_search.results._folds import (
    FoldModel,
    estimate_paused,
    first_of_equals,
)


def simulate(rng, n, k, *, fold=1.0, interaction=0.3, mean=0.5):
    """Draw scores; the first candidates are not better than the last."""
    means = mean * rng.normal(size=(n, 1))
    return means + fold * rng.normal(size=k) + interaction * rng.normal(size=(n, k))


@pytest.mark.parametrize("k", [3, 5, 10])
def test_the_variance_of_the_interaction_is_found_beside_large_fold_effects(k):
    rng = np.random.default_rng(k)
    found = [FoldModel.fit(simulate(rng, 20, k)).variance for _ in range(400)]
    # unbiased; the mean of 400 has a standard error of 0.012 of it at most
    assert_allclose(np.mean(found), 0.09, rtol=0.05)


@given(st.integers(2, 12), st.integers(2, 8), st.integers(0, 2**16))
def test_a_purely_additive_table_is_recovered(n, k, seed):
    rng = np.random.default_rng(seed)
    table = simulate(rng, n, k, interaction=0.0)
    model = FoldModel.fit(table)
    assert_allclose(model.effects.sum(), 0, atol=1e-12)
    assert model.variance < 1e-25
    partial = table.copy()
    partial[rng.random((n, k)) < 0.5] = np.nan
    partial[:, 0] = table[:, 0]
    mean, _ = model.estimate(partial)
    assert_allclose(mean, table.mean(axis=1), atol=1e-12)


def test_hopeless_candidates_do_not_count():
    rng = np.random.default_rng(0)
    good = simulate(rng, 6, 5)
    bad = -1e6 * rng.random((6, 5))
    both, alone = FoldModel.fit(np.vstack([bad, good])), FoldModel.fit(good[:0:-1])
    assert both.variance < 1
    assert both.n_rows == 6
    assert alone.n_rows == 4


def test_the_estimate_of_all_folds_is_their_mean_without_error():
    table = simulate(np.random.default_rng(0), 8, 5)
    mean, variance = FoldModel.fit(table).estimate(table)
    assert_allclose(mean, table.mean(axis=1))
    assert_allclose(variance, 0)


@pytest.mark.parametrize("n_known", [1, 2, 4])
def test_the_error_of_the_estimate_is_as_large_as_stated(n_known):
    rng = np.random.default_rng(n_known)
    squares, stated = [], []
    for _ in range(3000):
        table = simulate(rng, 13, 5)
        partial = table[:1].copy()
        partial[:, n_known:] = np.nan
        mean, variance = FoldModel.fit(table[1:]).estimate(partial)
        squares.append((mean[0] - table[0].mean()) ** 2)
        stated.append(variance[0])
    # a mean of 3000 squares has a relative standard error of 0.026, and the larger of
    # two estimates of the variance is up to a tenth too large on average
    assert 0.92 < np.mean(stated) / np.mean(squares) < 1.18


def test_the_estimate_of_a_candidate_that_scatters_is_less_certain():
    model = FoldModel.fit(simulate(np.random.default_rng(0), 12, 5))
    calm, wild = model.effects.copy(), model.effects + np.array([0, 9, -9, 0, 0])
    calm[3:] = wild[3:] = np.nan
    mean, variance = model.estimate(np.array([calm, wild]))
    assert_allclose(mean, 0, atol=1e-12)
    share = (1 / 3 - 1 / 5) * (1 + 1 / model.n_rows)
    # two free folds of its own, of squares 162, beside eight of the others
    pooled = (162 + 8 * model.variance) / 10
    assert_allclose(variance, [model.variance * share, pooled * share])


@pytest.mark.parametrize("n_known", [1, 3])
def test_the_chance_of_beating_a_score_comes_true_as_often_as_stated(n_known):
    rng = np.random.default_rng(n_known)
    chances, wins = [], []
    for _ in range(3000):
        # equal means: a prior of its own would make it another chance
        table = simulate(rng, 7, 5, mean=30.0)
        partial = table[:1].copy()
        partial[:, n_known:] = np.nan
        model = FoldModel.fit(table[1:])
        score = model.estimate(partial)[0][0] + 0.15 * rng.normal()
        chances.append(model.chance_above(score, partial)[0])
        wins.append(table[0].mean() > score)
    unlikely = np.array(chances) < 0.3
    n_wins = int(np.array(wins)[unlikely].sum())
    expected = np.array(chances)[unlikely].mean()
    test = binomtest(n_wins, int(unlikely.sum()), expected)
    assert test.pvalue > 1e-3, (n_wins / unlikely.sum(), expected)


def test_equal_scores_are_an_even_chance_and_others_a_sure_one():
    table = np.tile([[0.5, 0.7, 0.6]], (5, 1))
    model = FoldModel.fit(table)
    partial = np.array([[0.5, np.nan, np.nan]]) + np.array([[0.0], [-0.1], [0.1]])
    chances = model.chance_above(0.6, partial)
    assert_allclose(chances, [0.5, 0.0, 1.0], atol=1e-6)


@given(
    arrays(
        float,
        st.tuples(st.integers(2, 6), st.integers(2, 5)),
        elements=st.floats(-1e300, 1e300),
    )
)
def test_scores_of_any_size_give_chances(table):
    model = FoldModel.fit(table)
    partial = table[:1].copy()
    partial[:, 1:] = np.nan
    chance = model.chance_above(float(table.mean(axis=1).max()), partial)
    assert 0 <= chance[0] <= 1


@pytest.mark.filterwarnings("error")
def test_a_paused_candidate_is_estimated_by_as_few_as_one_complete_one():
    scores = np.array([[0.5, 0.7], [0.5, 0.7], [0.4, np.nan], [np.nan, np.nan]])
    paused = np.array([False, False, True, False])
    mean, variance = estimate_paused(scores, paused)
    assert_allclose(mean, [0.5])  # the first fold costs 0.1
    assert variance >= 0
    mean, variance = estimate_paused(scores[2:], paused[2:])
    assert np.isnan([*mean, *variance]).all()


def test_rows_of_equal_scores_are_counted_with_the_first():
    scores = np.array([[0.9, 0.8], [0.1, 0.2], [0.9, 0.8], [0.5, 0.5], [0.9, 0.8]])
    rows, n_more = first_of_equals(scores)
    assert rows.tolist() == [0, 1, 3]
    assert n_more.tolist() == [2, 0, 0]
