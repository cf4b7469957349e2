"""The frozen values that every layer passes on, and the history."""

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_bayes_search.optimizer._trial import History, Outcome, Trial
from sklearn_bayes_search.space import Categorical, Integer, Real, Space
from sklearn_bayes_search.space._dims import Dims, key, keys

# branch, C (shared), degree and gamma (one branch each), kernel (one branch)
DIMS = Space(
    [
        {"C": Real(0, 1), "degree": Integer(1, 4), "kernel": Categorical(["a", "b"])},
        {"C": Real(0, 1), "gamma": Real(0, 1)},
        {"C": Real(0, 1)},
    ]
).dims


def outcome(number, score, **params):
    return Outcome(Trial(number, params, np.zeros(1)), score)


def history(*outcomes):
    result = History()
    for each in outcomes:
        result.add(each)
    return result


def test_each_column_is_continuous_ordinal_or_categorical():
    kinds = np.array([DIMS.continuous, DIMS.ordinal, DIMS.categorical])
    assert_array_equal(kinds.sum(axis=0), 1)
    assert DIMS.n_dims == kinds.shape[1] == 5
    assert kinds.sum(axis=1).tolist() == [2, 1, 2]


def test_a_shared_column_is_active_in_several_branches():
    # the branch column and C
    assert_array_equal(np.flatnonzero(DIMS.shared), [0, 1])


def test_the_branch_column_is_not_counted_as_active():
    assert DIMS.n_active == 3
    assert Dims.all_continuous(4).n_active == 4
    assert Space({}).dims.n_active == 0


def test_an_inactive_category_rests_where_no_level_is():
    for levels, position, is_category in zip(
        DIMS.levels, DIMS.neutral, DIMS.categorical, strict=True
    ):
        if is_category:
            assert not np.isclose(levels, position).any()
        else:
            assert position == 0.5


@pytest.mark.parametrize("n_branches", [2, 3, 7, 49])
def test_the_branch_of_a_row_is_found_from_any_place_in_its_share(n_branches):
    dims = Space([{"x": Real(0, 1 + b)} for b in range(n_branches)]).dims
    U = np.zeros((n_branches, dims.n_dims))
    for place in (0.01, 0.5, 0.99):
        U[:, 0] = (np.arange(n_branches) + place) / n_branches
        assert_array_equal(dims.branch_of(U), np.arange(n_branches))


@pytest.mark.parametrize(("u", "branch"), [(0.0, 0), (1.0, 2)])
def test_the_ends_of_the_cube_belong_to_the_outer_branches(u, branch):
    assert DIMS.branch_of(np.full((1, 5), u)).tolist() == [branch]


def test_without_a_branch_column_there_is_one_branch():
    assert_array_equal(Dims.all_continuous(2).branch_of(np.ones((3, 2))), 0)


@pytest.mark.parametrize("value", [outcome(0, 1.0), outcome(0, 1.0).trial, DIMS])
def test_values_are_frozen_and_pickle(value):
    with pytest.raises(FrozenInstanceError):
        value.score = value.number = value.branch = 3
    assert vars(pickle.loads(pickle.dumps(value))).keys() >= vars(value).keys()


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_a_failure(score):
    assert outcome(0, score).failed
    assert not outcome(0, -1e308).failed


def test_history_is_in_the_order_of_the_trials():
    told = history(outcome(2, 0.2), outcome(0, 0.0), outcome(1, 0.1))
    assert [each.trial.number for each in told] == [0, 1, 2]
    assert_array_equal(told.scores, [0.0, 0.1, 0.2])
    assert len(told) == 3
    assert [told[index].trial.number for index in (0, 1, -1)] == [0, 1, 2]
    assert 1 in told
    assert 3 not in told


def test_failures_are_nan_among_the_scores_and_never_the_best():
    told = history(outcome(0, np.inf), outcome(1, -5.0), outcome(2, np.nan))
    assert_array_equal(told.scores, [np.nan, -5.0, np.nan])
    assert told.best.trial.number == 1


def test_the_earliest_of_equals_is_the_best_whatever_was_added_first():
    assert history(outcome(1, 1.0), outcome(0, 1.0)).best.trial.number == 0


@pytest.mark.parametrize("outcomes", [(), (outcome(0, np.nan),)])
def test_without_a_score_there_is_no_best(outcomes):
    assert history(*outcomes).best is None


def test_a_trial_has_one_outcome():
    told = history(outcome(0, 1.0))
    with pytest.raises(ValueError, match="trial 0 is already known"):
        told.add(outcome(0, 2.0))
    assert told.best.score == 1.0


@pytest.mark.parametrize("n_dims", [0, 1, 3])
def test_keys_of_many_points_are_those_of_each(n_dims):
    U = np.asfortranarray(np.random.default_rng(0).uniform(size=(7, n_dims)))
    assert keys(U) == [key(row) for row in U]
