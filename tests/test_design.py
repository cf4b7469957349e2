"""The first points: how many, and that they fill the space."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_bayes_search.optimizer._design import (
    SpaceFilling,
    default_n_initial_points,
)
from sklearn_bayes_search.space import Categorical, Integer, Real, Space


def anything(row):
    return True


def below_the_diagonal(params):
    return params["x0"] > params["x1"]


def box(n_dims, **others):
    return Space({**{f"x{i}": Real(0, 1) for i in range(n_dims)}, **others})


def filling(space, seed=0):
    return SpaceFilling(space, np.random.default_rng(seed))


def draw(sequence, n):
    return np.array([sequence.find(anything, 1000) for _ in range(n)])


@pytest.mark.parametrize(
    ("n_dims", "expected"), [(1, 3), (4, 4), (6, 5), (8, 6), (12, 8), (40, 8)]
)
def test_the_number_of_first_points_grows_with_the_columns(n_dims, expected):
    n = default_n_initial_points(box(n_dims), n_iter=None, max_pending=1)
    assert n == expected


@pytest.mark.parametrize("n_iter", range(1, 60, 3))
def test_the_first_points_take_a_quarter_of_the_budget_but_3(n_iter):
    n = default_n_initial_points(box(8), n_iter, max_pending=1)
    assert min(3, n_iter) <= n <= max(n_iter / 4, 3)


@pytest.mark.parametrize("n_iter", [None, 5, 100])
def test_there_are_as_many_first_points_as_are_asked_blindly(n_iter):
    assert default_n_initial_points(box(2), n_iter, max_pending=32) == 32


@pytest.mark.parametrize(("n_branches", "expected"), [(2, 5), (3, 7), (6, 10)])
def test_branches_add_first_points_and_their_columns_do_not(n_branches, expected):
    space = Space(
        [{f"x{b}{i}": Real(0, 1) for i in range(3)} for b in range(n_branches)]
    )
    assert default_n_initial_points(space, None, 1) == expected


def test_the_middle_is_that_of_numbers_and_every_category_and_branch():
    space = Space(
        [
            {"x": Real(0, 1), "n": Integer(1, 8), "kind": ["a", "b", "c", "d"]},
            {"x": Real(0, 1), "z": Real(1e-4, 1, log=True)},
        ]
    )
    drawn = draw(SpaceFilling(space, np.random.default_rng(0), side=0.5), 200)
    settings = [space.decode(row) for row in drawn]
    assert {p["kind"] for p in settings if "kind" in p} == {"a", "b", "c", "d"}
    assert {p["n"] for p in settings if "n" in p} == {3, 4, 5, 6}
    x = np.array([p["x"] for p in settings])
    assert 0.25 <= x.min() < 0.3
    assert 0.7 < x.max() <= 0.75
    z = np.log10([p["z"] for p in settings if "z" in p])
    assert -3 <= z.min() < -2.8
    assert -1.2 < z.max() <= -1
    assert 80 < len(z) < 120


def test_rows_fill_the_space_more_evenly_than_random_ones():
    rows = draw(filling(box(2)), 64)
    cells = {tuple(cell) for cell in (rows * 8).astype(int)}
    # a scrambled (0, 6, 2)-net has one point in each cell
    assert len(cells) == 64


@pytest.mark.parametrize("n", [6, 10, 16])
def test_the_first_rows_alone_cover_every_column(n):
    rows = draw(filling(box(5)), n)
    gaps = np.diff(np.sort(rows, axis=0), axis=0, prepend=0.0, append=1.0)
    assert gaps.max() < 4 / n


def test_branches_and_categories_get_their_share():
    space = Space(
        [
            {"k": Categorical(["a"]), "c": Categorical(list("pqr")), "x": Real(0, 1)},
            {"k": Categorical(["b"]), "n": Integer(1, 4)},
        ]
    )
    settings = [space.decode(row) for row in draw(filling(space), 64)]
    assert sum(params["k"] == "a" for params in settings) == 32
    for name, values in (("c", "pqr"), ("n", [1, 2, 3, 4])):
        seen = [params[name] for params in settings if name in params]
        counts = [seen.count(value) for value in values]
        assert min(counts) > len(seen) / len(values) / 2


def test_rows_are_snapped():
    space = Space([{"n": Integer(1, 3), "x": Real(0, 1)}, {"c": ["a", "b"]}])
    rows = draw(filling(space), 40)
    assert_array_equal(space.snap(rows), rows)


def test_rows_respect_the_constraint():
    space = Space(box(2).param_distributions, constraint=below_the_diagonal)
    rows = draw(filling(space), 100)
    assert (rows[:, 0] > rows[:, 1]).all()


def test_only_wanted_rows_are_given_and_the_sequence_goes_on():
    sequence = filling(box(1))
    rows = [sequence.find(lambda row: row[0] > 0.9, 1000)[0] for _ in range(50)]
    assert min(rows) > 0.9
    assert len(set(rows)) == 50


def test_the_search_for_a_row_ends():
    looked_at = []
    assert filling(box(1)).find(looked_at.append, 300) is None
    assert len(looked_at) == 300


def test_unwanted_rows_do_not_ask_the_constraint():
    asked = []
    space = Space({"x": Real(0, 1)}, constraint=asked.append)
    assert filling(space).find(lambda row: row[0] < 0.1, 64) is None
    assert 0 < len(asked) < 10


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
@pytest.mark.parametrize("n", [0, 5, 64, 70])
def test_a_copy_made_midway_goes_on_alike(duplicate, n):
    sequence = filling(box(3))
    draw(sequence, n)
    other = duplicate(sequence)
    assert_array_equal(draw(sequence, 80), draw(other, 80))


def test_same_seed_same_rows_and_other_seeds_other_rows():
    rows = [draw(filling(box(2), seed), 10) for seed in (0, 0, 1, 2)]
    assert_array_equal(rows[0], rows[1])
    assert all((a != b).all() for a, b in pairwise(rows[1:]))


def test_a_row_that_was_given_may_be_changed():
    sequence = filling(box(2))
    row = sequence.find(anything, 1)
    row[:] = np.nan
    assert np.isfinite(draw(sequence, 80)).all()


def test_a_space_of_one_point_is_filled_with_it():
    rows = draw(filling(Space({})), 3)
    assert rows.shape == (3, 0)
