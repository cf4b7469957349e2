"""Where evaluations fail: probabilities and their gradients."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_bayes_search.optimizer._weights import Feasibility
from sklearn_bayes_search.optimizer.surrogate import Posterior
from sklearn_bayes_search.space import Categorical, Integer, Real, Space
from sklearn_bayes_search.space._dims import Dims

SPACES = {
    "continuous": Space({"x": Real(0, 1), "y": Real(0, 1), "z": Real(0, 1)}),
    "mixed": Space({"x": Real(0, 1), "n": Integer(1, 9), "c": ["a", "b", "c"]}),
    "categories": Space({"c": ["a", "b", "c"], "d": Categorical([1, 2])}),
    "branches": Space(
        [{"k": ["a"], "x": Real(0, 1), "y": Real(0, 1)}, {"k": ["b"], "z": Real(0, 1)}]
    ),
}


def points(space, n, seed=0):
    rng = np.random.default_rng(seed)
    return space.snap(rng.uniform(size=(n, space.n_dims)))


def probability(model, U):
    return np.exp(model.evaluate(np.atleast_2d(U))[0])


def by_hand(U, ok, others, scale, dims):
    """Compute the kernel average as it is written, a pair of points at a time."""
    result = []
    for u in others:
        success, total = 1.0, 2.0
        for v, succeeded in zip(U, ok, strict=True):
            r2 = np.sum((u - v) ** 2) / (scale**2 * dims.n_dims)
            r = np.sqrt(5 * r2)
            k = (1 + r + r * r / 3) * np.exp(-r)
            success, total = success + k * succeeded, total + k
        result.append(success / total)
    return np.array(result)


def flat(U):
    """Return a posterior with gradients, which say nothing."""
    n, zeros = len(U), np.zeros(U.shape)
    return Posterior(
        np.zeros(n), np.ones(n), 0.0, lambda: np.eye(n), zeros, std_gradient=zeros
    )


@pytest.mark.parametrize("name", SPACES)
def test_gradient_equals_finite_differences(name):
    space = SPACES[name]
    U = points(space, 30)
    ok = np.random.default_rng(1).uniform(size=30) < 0.6
    model = Feasibility(U, ok, space.dims)
    at = points(space, 8, seed=2)
    _, gradient = model.evaluate(at, flat(at))
    numeric = np.flatnonzero(~space.dims.categorical)
    assert_array_equal(np.delete(gradient, numeric, axis=1), 0.0)
    for column in numeric:
        step = np.zeros(space.n_dims)
        step[column] = 1e-6
        low, high = (model.evaluate(at + sign * step)[0] for sign in (-1, 1))
        # central differences: rounding 1e-16 / 1e-6, third derivative times 1e-12
        expected = (high - low) / 2e-6
        assert_allclose(gradient[:, column], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_probability_is_the_kernel_average_of_the_likeliest_scale(seed):
    space, rng = SPACES["continuous"], np.random.default_rng(seed)
    U, at = points(space, 12, seed), points(space, 5, seed + 100)
    ok = rng.uniform(size=12) < 0.5
    scales = (0.05, 0.1, 0.2, 0.4, 0.8)
    likelihoods = []
    for scale in scales:
        p = [
            by_hand(np.delete(U, i, 0), np.delete(ok, i), U[[i]], scale, space.dims)[0]
            for i in range(12)
        ]
        likelihoods.append(np.log(np.where(ok, p, 1 - np.array(p))).sum())
    expected = by_hand(U, ok, at, scales[int(np.argmax(likelihoods))], space.dims)
    model = Feasibility(U, ok, space.dims)
    assert_allclose(probability(model, at), expected, rtol=1e-10)


def test_probability_falls_among_failures_and_rises_among_successes():
    U = points(SPACES["continuous"], 60)
    model = Feasibility(U, U[:, 0] > 0.5, SPACES["continuous"].dims)
    failing, succeeding = probability(model, [[0.1, 0.5, 0.5], [0.9, 0.5, 0.5]])
    assert failing < 0.25
    assert succeeding > 0.75


def test_one_more_failure_lowers_the_probability_there():
    dims = Dims.all_continuous(1)
    at, p = np.array([[0.5]]), []
    for n_failures in (1, 2, 4, 8):
        U = np.vstack([np.full((n_failures, 1), 0.5), [[0.0]]])
        ok = np.arange(n_failures + 1) == n_failures
        p.append(probability(Feasibility(U, ok, dims), at)[0])
    assert (np.diff(p) < 0).all()


@pytest.mark.parametrize("ok", [True, False])
def test_far_from_all_points_it_is_one_half(ok):
    U = np.full((5, 3), 0.02)
    model = Feasibility(U, np.full(5, ok), Dims.all_continuous(3))
    near, far = probability(model, [[0.02] * 3, [0.98] * 3])
    assert far == pytest.approx(0.5, abs=0.01)
    assert (near > 0.8) if ok else (near < 0.2)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("n", [1, 2, 40])
def test_it_is_a_probability_everywhere(name, n):
    space = SPACES[name]
    ok = np.arange(n) % 3 == 1
    model = Feasibility(points(space, n), ok, space.dims)
    p = probability(model, points(space, 200, seed=3))
    assert ((p > 0) & (p < 1)).all()


def test_a_failing_category_says_nothing_of_the_others():
    space = SPACES["mixed"]
    U = points(space, 60)
    bad = np.array([space.decode(row)["c"] == "b" for row in U])
    model = Feasibility(U, ~bad, space.dims)
    for c, low, high in (("a", 0.6, 1.0), ("b", 0.0, 0.4), ("c", 0.6, 1.0)):
        row = space.encode({"x": 0.5, "n": 5, "c": c})
        assert low < probability(model, row)[0] < high


def test_a_failing_branch_says_nothing_of_the_others():
    space = SPACES["branches"]
    U = points(space, 40)
    ok = space.dims.branch_of(U) == 1
    model = Feasibility(U, ok, space.dims)
    p = probability(model, points(space, 50, seed=5))
    branch = space.dims.branch_of(points(space, 50, seed=5))
    assert p[branch == 0].max() < 0.4
    assert p[branch == 1].min() > 0.6
