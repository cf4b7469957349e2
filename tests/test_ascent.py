"""Climbing from several points at once: where it ends, and what it costs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import Bounds, minimize

from sklearn_bayes_search.optimizer._ascent import climb


def quadratic(n_dims, seed):
    """A concave parabola whose top may lie outside the unit cube."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n_dims, n_dims))
    A = A @ A.T + 0.3 * np.eye(n_dims)
    top = rng.uniform(-0.2, 1.2, size=n_dims)

    def value_and_gradient(X):
        D = X - top
        return -0.5 * np.einsum("ki,ij,kj->k", D, A, D), -D @ A

    return value_and_gradient


def waves(X):
    """Several tops in the unit cube, and slopes that are steep and flat."""
    return np.sin(9 * X).sum(axis=1) - X.sum(axis=1) ** 2, (
        9 * np.cos(9 * X) - 2 * X.sum(axis=1)[:, None]
    )


def climb_cube(function, X, *, max_evaluations=60, tolerance=1e-9):
    box = np.zeros_like(X), np.ones_like(X)
    return climb(
        function, X, *box, max_evaluations=max_evaluations, tolerance=tolerance
    )[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_dims", [1, 2, 6])
def test_the_top_of_a_parabola_in_a_box_is_found(n_dims, seed):
    function = quadratic(n_dims, seed)
    X = np.random.default_rng(seed).uniform(size=(4, n_dims))
    expected = minimize(
        lambda x: (-function(x[None])[0][0], -function(x[None])[1][0]),
        X[0],
        jac=True,
        bounds=Bounds(np.zeros(n_dims), np.ones(n_dims)),
        options={"ftol": 1e-15, "gtol": 1e-9},
    )
    found = climb_cube(function, X)
    assert_allclose(found, np.tile(expected.x, (4, 1)), atol=2e-4)


@pytest.mark.parametrize("max_evaluations", [1, 2, 5, 40])
def test_no_point_ends_lower_than_it_began_nor_outside(max_evaluations):
    X = np.random.default_rng(0).uniform(size=(50, 3))
    found = climb_cube(waves, X, max_evaluations=max_evaluations)
    assert (waves(found)[0] >= waves(X)[0]).all()
    assert ((found >= 0) & (found <= 1)).all()
    if max_evaluations == 1:
        assert_array_equal(found, X)


def test_tops_are_reached_in_few_evaluations():
    X = np.random.default_rng(1).uniform(size=(50, 3))
    found = climb_cube(waves, X, max_evaluations=25, tolerance=1e-6)
    slope = waves(found)[1]
    at_border = ((found == 0) & (slope < 0)) | ((found == 1) & (slope > 0))
    assert np.abs(np.where(at_border, 0, slope)).max() < 0.1


def test_points_do_not_disturb_one_another():
    X = np.random.default_rng(2).uniform(size=(8, 3))
    alone = [climb_cube(waves, x[None])[0] for x in X]
    assert_allclose(climb_cube(waves, X), alone, atol=1e-6)


def test_columns_without_room_stay():
    X = np.random.default_rng(3).uniform(size=(6, 3))
    low, high = np.zeros_like(X), np.ones_like(X)
    low[:, 1] = high[:, 1] = X[:, 1]
    found, _, _ = climb(waves, X, low, high, max_evaluations=40, tolerance=1e-9)
    assert_array_equal(found[:, 1], X[:, 1])
    assert (waves(found)[0] > waves(X)[0]).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [0.0, 1e-280, 1e280])
def test_slopes_of_any_size_are_borne(size):
    X = np.random.default_rng(4).uniform(size=(6, 2))

    def scaled(X):
        values, gradients = waves(X)
        return size * values, size * gradients

    found = climb_cube(scaled, X)
    assert (waves(found)[0] >= waves(X)[0]).all()


def test_a_point_at_rest_is_evaluated_no_more():
    seen = []

    def function(X):
        seen.append(len(X))
        return quadratic(2, 1)(X)

    top = climb_cube(quadratic(2, 1), np.full((1, 2), 0.5), tolerance=1e-14)
    climb_cube(function, np.vstack([top, [[0.9, 0.9]]]), tolerance=1e-9)
    assert seen[0] == 2
    assert set(seen[1:]) == {1}
