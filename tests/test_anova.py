"""The process with an ANOVA kernel: gradients, predictions, and what it can tell."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from sklearn_bayes_search.optimizer._kernels import matern52
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess
from sklearn_bayes_search.results import _anova
from sklearn_bayes_search.results._anova import AnovaProcess
from sklearn_bayes_search.space import Real, Space

SPACE = Space({"x": Real(0, 1), "y": Real(0, 1), "kind": ["a", "b", "c"]})


def points(n, seed=0):
    return SPACE.snap(np.random.default_rng(seed).random((n, SPACE.n_dims)))


def fitted(U, y, model=None, space=SPACE):
    model = model or AnovaProcess()
    rng = np.random.default_rng(0)
    return model.fit(U, y, noise=np.zeros(len(y)), dims=space.dims, rng=rng)


def covariance(U, theta):
    """Spell the kernel out: a product of what each column shares."""
    scales, weights = np.exp(theta[:3]), np.exp(theta[3:6])
    product = np.ones((len(U), len(U)))
    for j, (scale, weight) in enumerate(zip(scales, weights, strict=True)):
        column = U[:, j]
        # two of the kinds are at distance 1
        apart = np.subtract.outer(column, column)
        r2 = (apart != 0) if SPACE.dims.categorical[j] else apart**2
        product *= (1 + weight * matern52(r2 / scale**2)[0]) / (1 + weight)
    return np.exp(theta[6]) * product + 1.0


def test_predictions_are_those_of_the_joint_normal():
    U, new = points(12), points(5, seed=1)
    y = np.random.default_rng(2).normal(size=12)
    model = fitted(U, y)
    K = covariance(np.concatenate([U, new]), model._theta)
    seen = K[:12, :12] + np.exp(model._theta[7]) * np.eye(12)
    gain = np.linalg.solve(seen, K[:12, 12:]).T
    posterior = model.posterior(new)
    assert_allclose(posterior.mean, gain @ y, rtol=1e-6)
    left = K[12:, 12:] - gain @ K[:12, 12:]
    assert_allclose(posterior.covariance(), left, atol=1e-8)
    assert_allclose(posterior.std, np.sqrt(left.diagonal()), rtol=1e-6)


@pytest.mark.parametrize("kernel", ["matern52", "matern32", "rbf"])
def test_the_probability_of_hyper_parameters_and_its_gradient(kernel):
    U, rng = points(15), np.random.default_rng(3)
    y, noise = rng.normal(size=15), rng.random(15)
    model = fitted(U, y, AnovaProcess(kernel))
    prior = np.repeat(_anova.PRIOR, [3, 3, 1, 1], axis=0)
    theta = prior[:, 0] + rng.normal(size=8)
    squares = list(model._squares(model._U, model._U))

    def loss(theta):
        return model._loss(theta, squares, y, noise, prior)[0]

    if kernel == "matern52":
        K = covariance(U, theta) + np.diag(noise + np.exp(theta[7]))
        density = multivariate_normal.logpdf(y, cov=K)
        z = (theta - prior[:, 0]) / prior[:, 1]
        constant = 7.5 * np.log(2 * np.pi)  # left out of the loss
        assert_allclose(loss(theta), 0.5 * z @ z - density - constant)
    _, gradient = model._loss(theta, squares, y, noise, prior)
    assert_allclose(gradient, approx_fprime(theta, loss), rtol=1e-4, atol=1e-5)


def test_a_sum_is_learned_from_fewer_points_than_by_one_distance():
    space = Space(dict.fromkeys("abcdef", Real(0, 1)))

    def total(U):
        return np.sin(5 * U).sum(axis=1) / 2

    rng = np.random.default_rng(0)
    U, new = rng.random((40, 6)), rng.random((200, 6))
    y = total(U)
    errors = {}
    for model in (AnovaProcess("rbf"), GaussianProcess("rbf", border_drop=0.0)):
        predicted = fitted(U, y, model, space).posterior(new).mean
        errors[type(model)] = np.std(predicted - total(new))
    assert errors[AnovaProcess] < 0.3 * errors[GaussianProcess]


def test_many_points_are_all_used_for_predictions(monkeypatch):
    monkeypatch.setattr(_anova, "MAX_FITTED", 20)
    U = points(60)
    y = U[:, 0] - U[:, 1] ** 2
    model = fitted(U, y)
    assert_allclose(model.posterior(U).mean, y, atol=0.02)
    assert_array_equal(fitted(U, y).posterior(U).mean, model.posterior(U).mean)


# --- what is drawn of hyper-parameters ---


def drawn(weights, n=24):
    U = points(20)
    y = np.sin(5 * U[:, 0]) + 0.1 * U[:, 1]
    return fitted(U, y).draw(n, weights, np.random.default_rng(0))


def test_draws_are_repeatable_and_within_the_bounds():
    weights = np.full(20, 1 / 20)
    first, second = drawn(weights), drawn(weights)
    bounds = np.repeat(_anova.BOUNDS, [3, 3, 1, 1], axis=0)
    for one, other in zip(first, second, strict=True):
        assert_array_equal(one._theta, other._theta)
        assert (bounds[:, 0] <= one._theta).all()
        assert (one._theta <= bounds[:, 1]).all()
    assert len({tuple(one._theta) for one in first}) == len(first)


def test_points_that_crowd_leave_more_open():
    even = np.full(20, 1 / 20)
    crowd = np.append(np.full(18, 1e-3), np.full(2, 0.5 - 9e-3))
    spread = [
        np.std([one._theta for one in drawn(weights)], axis=0)
        for weights in (even, crowd)
    ]
    # of the length scale and the signal, which 20 points tell
    assert (spread[0][[0, 6]] < spread[1][[0, 6]]).all()


def test_the_variance_is_raised_to_that_of_points_left_out():
    U = points(12)
    y = np.where(np.arange(12) == 3, 5.0, U[:, 0])  # one that nothing explains
    weights = np.where(np.arange(12) == 3, 0.45, 0.05)
    (model,) = fitted(U, y).draw(1, weights, np.random.default_rng(0))
    K = covariance(U, model._theta) + np.exp(model._theta[7]) * np.eye(12)
    errors = []
    for i in range(12):
        others = np.arange(12) != i
        gain = np.linalg.solve(K[np.ix_(others, others)], K[others, i])
        errors.append((y[i] - gain @ y[others]) ** 2 / (K[i, i] - gain @ K[others, i]))
    assert_allclose(model._scale, max(1.0, weights @ errors), rtol=1e-6)
