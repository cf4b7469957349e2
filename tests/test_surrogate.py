import copy
import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Matern,
    WhiteKernel,
)

from sklearn_bayes_search.optimizer.surrogate import GaussianProcess
from sklearn_bayes_search.optimizer.surrogate import _gaussian_process as surrogate
from sklearn_bayes_search.optimizer.surrogate._expectation import prior_mean
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.testing import check_surrogate

KERNELS = ["matern52", "matern32", "rbf"]
STATIONARY = {
    "matern52": lambda ls: Matern(ls, nu=2.5),
    "matern32": lambda ls: Matern(ls, nu=1.5),
    "rbf": RBF,
}
every_kernel = pytest.mark.parametrize("kernel", KERNELS)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def smooth_scores(U, rng, noise=0.05):
    y = np.sin(4 * U).sum(axis=1) + noise * rng.normal(size=len(U))
    return (y - y.mean()) / y.std()


def fit(gp, U, y, noise=None, dims=None):
    return gp.fit(
        U,
        y,
        noise=np.zeros(len(y)) if noise is None else noise,
        dims=Dims.all_continuous(U.shape[1]) if dims is None else dims,
        rng=np.random.default_rng(0),
    )


def fit_smooth(n, d=3, kernel="matern52", seed=0):
    rng = np.random.default_rng(seed)
    U = rng.random((n, d))
    return fit(GaussianProcess(kernel), U, smooth_scores(U, rng)), U


def mixed_dims():
    """A category that chooses the branch, two numbers, a number of branch 2 only."""
    return Dims(
        categorical=np.array([True, False, False, True, False]),
        levels=(
            np.array([0.25, 0.75]),
            None,
            np.array([0.125, 0.375, 0.625, 0.875]),
            np.array([1, 3, 5]) / 6,
            None,
        ),
        active=np.array([[1, 1, 1, 1, 0], [1, 1, 1, 0, 1]], dtype=bool),
        branch=0,
        discrete=np.array([True, False, True, True, False]),
    )


def mixed_points(n, rng):
    dims = mixed_dims()
    U = rng.random((n, 5))
    for j in (0, 2, 3):
        U[:, j] = rng.choice(dims.levels[j], n)
    return np.where(dims.active[dims.branch_of(U)], U, dims.neutral)


def fit_mixed(kernel="matern52", n=20):
    rng = np.random.default_rng(1)
    U = mixed_points(n, rng)
    y = np.sin(4 * U[:, 1]) + U[:, 0] + U[:, 3] ** 2 + 0.1 * rng.normal(size=n)
    return fit(GaussianProcess(kernel), U, (y - y.mean()) / y.std(), dims=mixed_dims())


def reference(gp, U, y, noise):
    """Build scikit-learn's model of the same hyper-parameters, less the prior mean."""
    kernel = (
        ConstantKernel(gp.signal_variance_) * STATIONARY[gp.kernel](gp.length_scales_)
        + ConstantKernel(1.0)
        + WhiteKernel(gp.noise_variance_)
    )
    # Its default alpha, 1e-10, would be the largest difference.
    gpr = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None)
    return gpr.fit(U, y - prior_mean(U, gp._dims, 1.0).value)


def finite_differences(function, x, h=1e-5):
    """Differentiate along the last axis of ``x``, one entry at a time."""
    steps = h * np.eye(x.shape[-1])
    return np.stack(
        [(function(x + step) - function(x - step)) / (2 * h) for step in steps], axis=-1
    )


def log_posterior(gp, theta, gradient=False):
    mean, deviation = gp._prior(gp._dims)
    value, slope = gp.log_marginal_likelihood(theta, gradient=True)
    z = (theta - mean) / deviation
    result = value - 0.5 * float(z @ z), slope - z / deviation
    return result if gradient else result[0]


def test_the_prior_mean_falls_by_one_deviation_from_the_centre_to_each_corner():
    dims = Dims.all_continuous(3)
    corners = np.array(list(product([0.0, 1.0], repeat=3)))
    (centre,) = prior_mean(np.full((1, 3), 0.5), dims, 1.0).value
    np.testing.assert_allclose(prior_mean(corners, dims, 1.0).value, centre - 1)
    U = np.random.default_rng(0).random((100_000, 3))
    assert abs(prior_mean(U, dims, 1.0).value.mean()) < 0.003


def test_the_prior_mean_depends_on_active_numbers_only(rng):
    dims, U = mixed_dims(), mixed_points(50, rng)
    numeric = dims.active[dims.branch_of(U)] & ~dims.categorical
    prior = prior_mean(U, dims, 1.0)
    mean, gradient = prior.value, prior.gradient
    assert (gradient[~numeric] == 0).all()
    assert (gradient[numeric] * (U[numeric] - 0.5) <= 0).all()
    elsewhere = np.where(numeric | dims.categorical, U, 0.9)
    np.testing.assert_array_equal(prior_mean(elsewhere, dims, 1.0).value, mean)


@pytest.mark.parametrize("known", [0.0, 0.3])
@every_kernel
def test_posterior_equals_that_of_scikit_learn(kernel, known, rng):
    U = rng.random((25, 3))
    y, noise = smooth_scores(U, rng), known * rng.random(25)
    gp = fit(GaussianProcess(kernel), U, y, noise)
    new = rng.random((10, 3))
    posterior = gp.posterior(new)
    mean, std = reference(gp, U, y, noise).predict(new, return_std=True)
    mean += prior_mean(new, gp._dims, 1.0).value
    np.testing.assert_allclose(posterior.mean, mean, atol=1e-8)
    # scikit-learn predicts a new observation, its white noise included.
    std_of_score = np.sqrt(posterior.std**2 + posterior.noise_std**2)
    np.testing.assert_allclose(std_of_score, std, atol=1e-8)


@every_kernel
def test_joint_covariance_equals_that_of_scikit_learn(kernel, rng):
    U = rng.random((12, 2))
    y, new = smooth_scores(U, rng), rng.random((6, 2))
    gp = fit(GaussianProcess(kernel), U, y)
    _, covariance = reference(gp, U, y, 0.0 * y).predict(new, return_cov=True)
    expected = covariance - gp.noise_variance_ * np.eye(6)
    np.testing.assert_allclose(gp.posterior(new).covariance(), expected, atol=1e-8)


@pytest.mark.parametrize("known", [0.0, 0.3])
@every_kernel
def test_marginal_likelihood_and_gradient_equal_those_of_scikit_learn(
    kernel, known, rng
):
    U = rng.random((25, 3))
    y, noise = smooth_scores(U, rng), known * rng.random(25)
    gp = fit(GaussianProcess(kernel), U, y, noise)
    theta = np.array([-0.5, 0.3, -1.0, 0.4, -3.0])
    gp._factorise(theta)
    gpr = reference(gp, U, y, noise)
    # scikit-learn's order: signal, length scales, the constant, the noise.
    order = [1, 2, 3, 0, 5]
    expected, expected_gradient = gpr.log_marginal_likelihood(
        gpr.kernel_.theta, eval_gradient=True
    )
    value, gradient = gp.log_marginal_likelihood(theta, gradient=True)
    assert value == pytest.approx(expected, abs=1e-8)
    assert gp.log_marginal_likelihood(theta) == value
    np.testing.assert_allclose(gradient, expected_gradient[order], rtol=1e-7, atol=1e-8)


@every_kernel
@pytest.mark.parametrize("theta_of", ["mode", "elsewhere"])
def test_gradients_by_theta_equal_finite_differences(kernel, theta_of):
    gp = fit_mixed(kernel)
    theta = gp.theta_ if theta_of == "mode" else np.linspace(-1.0, 0.5, 7)
    for function in (
        gp.log_marginal_likelihood,
        lambda theta, gradient=False: log_posterior(gp, theta, gradient),
    ):
        _, gradient = function(theta, gradient=True)
        numeric = finite_differences(function, theta)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-5)


@every_kernel
def test_every_promise_is_kept(kernel):
    check_surrogate(GaussianProcess(kernel))


@every_kernel
def test_conditioning_equals_factorising_everything(kernel, rng):
    gp, _ = fit_smooth(20, kernel=kernel)
    new, far = rng.random((3, 3)), rng.random((30, 3))
    appended = gp.condition(new, np.array([0.5, -1.0, 2.0]))
    whole = copy.deepcopy(appended)
    whole._factorise(gp.theta_)
    for a, b in zip(
        (appended.posterior(far).mean, appended.posterior(far).std),
        (whole.posterior(far).mean, whole.posterior(far).std),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-8)


@every_kernel
def test_conditioning_moves_the_copy_and_leaves_the_original_alone(kernel):
    gp, _ = fit_smooth(15, kernel=kernel)
    before, state = pickle.dumps(gp), gp.posterior(np.full((1, 3), 0.5))
    high = gp.condition(np.full((1, 3), 0.5), state.mean + 1.0)
    low = gp.condition(np.full((1, 3), 0.5), state.mean - 1.0)
    after = {gp: gp.posterior(np.full((1, 3), 0.5)) for gp in (gp, high, low)}
    assert pickle.dumps(gp) == before
    assert after[low].mean < after[gp].mean < after[high].mean
    assert after[high].std < after[gp].std
    np.testing.assert_array_equal(high.theta_, gp.theta_)


def test_conditioning_on_nothing_changes_nothing(rng):
    gp, _ = fit_smooth(10)
    new = rng.random((4, 3))
    same = gp.condition(np.empty((0, 3)), np.empty(0))
    np.testing.assert_array_equal(same.posterior(new).mean, gp.posterior(new).mean)


def test_conditioning_on_a_point_that_is_there_already_works():
    gp, U = fit_smooth(10)
    again = gp.condition(np.repeat(U, 3, axis=0), np.zeros(30))
    assert np.isfinite(again.posterior(U).std).all()


def test_a_point_can_be_sampled_twice_at_once(rng):
    gp, _ = fit_smooth(10)
    twice = gp.posterior(np.repeat(rng.random((1, 3)), 2, axis=0)).sample(rng)
    # Equal but for the jitter that the singular covariance takes.
    np.testing.assert_allclose(twice[0, 0], twice[0, 1], atol=1e-4)


@every_kernel
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_warm_start_ends_as_high_as_a_cold_one(kernel, seed):
    rng = np.random.default_rng(seed)
    U = rng.random((40, 3))
    y = smooth_scores(U, rng)
    warm = fit(fit(GaussianProcess(kernel), U[:39], y[:39]), U, y)
    cold = fit(GaussianProcess(kernel), U, y)
    assert log_posterior(warm, warm.theta_) >= log_posterior(cold, cold.theta_) - 1e-2


@every_kernel
def test_no_theta_nearby_is_more_probable(kernel, rng):
    gp, _ = fit_smooth(40, kernel=kernel)
    best = log_posterior(gp, gp.theta_)
    for step in 0.2 * rng.normal(size=(20, len(gp.theta_))):
        # The tolerance of the search.
        assert log_posterior(gp, gp.theta_ + step) < best + 1e-2


def test_an_irrelevant_column_gets_a_long_length_scale(rng):
    U = rng.random((60, 2))
    y = np.sin(6 * U[:, 0])
    gp = fit(GaussianProcess(), U, (y - y.mean()) / y.std())
    assert gp.length_scales_[1] > 3 * gp.length_scales_[0]


def test_a_point_with_known_noise_counts_for_less(rng):
    U = rng.random((20, 1))
    y = smooth_scores(U, rng)
    y[0] += 3.0
    trusting = fit(GaussianProcess(), U, y)
    noise = np.zeros(20)
    noise[0] = 10.0
    doubting = GaussianProcess()
    fit(doubting, U, y, noise)
    doubting._factorise(trusting.theta_)
    assert doubting.posterior(U[:1]).mean < trusting.posterior(U[:1]).mean


def test_length_scales_of_the_prior_grow_with_the_active_columns_only():
    four, branches = Dims.all_continuous(4), mixed_dims()
    prior = GaussianProcess()._prior
    assert prior(four)[0, 0] == pytest.approx(np.log(0.5 * 2))
    # Three columns are active at once beside the branch.
    assert prior(branches)[0, 0] == pytest.approx(np.log(0.5 * 3**0.5))


def searches(sizes, monkeypatch):
    """Record whether a fit at each size searches hyper-parameters."""
    calls = []

    def search(starts, H, data, prior):
        calls.append(len(data[3]))
        return prior[0], H

    monkeypatch.setattr(surrogate, "_most_probable", search)
    rng = np.random.default_rng(0)
    U, y = rng.random((max(sizes), 2)), rng.normal(size=max(sizes))
    gp, searched = GaussianProcess(), []
    for n in sizes:
        before = len(calls)
        fit(gp, U[:n], y[:n])
        searched.append(len(calls) > before)
    return searched, calls


@pytest.mark.parametrize(
    ("sizes", "searched"),
    [
        ([98, 99, 100], [True, True, True]),
        ([100, 101, 102, 103], [True, False, True, False]),
        ([201, 202, 210, 211, 212], [True, False, False, False, True]),
        ([240, 228], [True, True]),
    ],
)
def test_hyper_parameters_are_renewed_on_schedule(sizes, searched, monkeypatch):
    assert searches(sizes, monkeypatch)[0] == searched


def test_many_points_are_searched_on_a_subset_of_five_hundred(monkeypatch):
    assert searches([1001], monkeypatch)[1] == [500]


def test_the_subset_holds_the_best_and_the_last_points(rng):
    y = rng.normal(size=1200)
    chosen = surrogate._subset(y, rng)
    assert len(np.unique(chosen)) == 500
    assert np.isin(np.arange(1100, 1200), chosen).all()
    assert np.isin(np.argsort(y)[-150:], chosen).all()


@pytest.mark.parametrize("changed", ["nothing", "score", "point", "noise", "fewer"])
def test_a_fit_that_keeps_hyper_parameters_equals_a_new_factorisation(changed, rng):
    U = rng.random((112, 2))
    y, noise = smooth_scores(U, rng), np.zeros(112)
    gp = fit(GaussianProcess(), U[:110], y[:110], noise[:110])
    n = 109 if changed == "fewer" else 112
    if changed == "score":
        y = 2 * y + 1
    if changed == "point":
        U[50] = 0.1
    if changed == "noise":
        noise[70] = 0.5
    theta = gp.theta_
    fit(gp, U[:n], y[:n], noise[:n])
    assert gp.theta_ is theta
    appended = gp.posterior(U, gradient=True)
    gp._factorise(theta)
    refactored = gp.posterior(U, gradient=True)
    for name in ("mean", "std", "mean_gradient", "std_gradient"):
        a, b = getattr(appended, name), getattr(refactored, name)
        np.testing.assert_allclose(a, b, atol=1e-8)


def test_a_fit_that_keeps_hyper_parameters_appends_to_the_factor(rng, monkeypatch):
    U = rng.random((112, 2))
    y = smooth_scores(U, rng)
    gp = fit(GaussianProcess(), U[:110], y[:110])
    monkeypatch.setattr(surrogate, "cholesky", None)
    fit(gp, U, y)
    assert gp._L.shape == (112, 112)


def test_a_fit_on_other_columns_starts_afresh(rng):
    gp, _ = fit_smooth(10, d=3)
    U = rng.random((10, 2))
    y = smooth_scores(U, rng)
    expected = fit(GaussianProcess(), U, y).theta_
    np.testing.assert_array_equal(fit(gp, U, y).theta_, expected)


def test_changing_the_kernel_between_fits_takes_effect(rng):
    gp, U = fit_smooth(110, d=1)
    gp.kernel = "rbf"
    y = gp._residual
    fit(gp, U, y, dims=gp._dims)
    mean = reference(gp, U, y, 0.0 * y).predict(U) + prior_mean(U, gp._dims, 1.0).value
    np.testing.assert_allclose(gp.posterior(U).mean, mean, atol=1e-6)


def all_is_finite(gp, U):
    posterior = gp.posterior(U, gradient=True)
    parts = (
        posterior.mean,
        posterior.std,
        posterior.mean_gradient,
        posterior.std_gradient,
        posterior.sample(np.random.default_rng(0), size=2),
        gp.theta_,
    )
    assert (posterior.std > 0).all()
    return all(np.isfinite(part).all() for part in parts)


@every_kernel
@pytest.mark.parametrize(
    ("U", "y"),
    [
        (np.full((1, 2), 0.5), np.zeros(1)),
        (np.array([[0.2, 0.2], [0.2, 0.2]]), np.array([1.0, -1.0])),
        (np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([1.0, -1.0])),
        (np.full((30, 2), 0.5), np.linspace(-1, 1, 30)),
        (np.full((30, 2), 0.5), np.zeros(30)),
        (np.random.default_rng(0).random((20, 2)), np.zeros(20)),
        (np.random.default_rng(0).random((20, 2)), np.r_[1e6, np.zeros(19)]),
        (np.random.default_rng(0).random((5, 0)), np.linspace(-1, 1, 5)),
        (np.linspace(0, 1e-9, 40)[:, None], np.linspace(-1, 1, 40)),
    ],
    ids=[
        "one point",
        "two equal points",
        "two points",
        "all points equal",
        "all equal",
        "constant scores",
        "an outlier",
        "no columns",
        "nearly equal points",
    ],
)
def test_fit_is_finite_for_degenerate_data(kernel, U, y):
    gp = fit(GaussianProcess(kernel), U, y)
    assert all_is_finite(gp, U)
    assert all_is_finite(fit(gp, U, y), np.full((1, U.shape[1]), 0.3))
    assert all_is_finite(gp.condition(U, y), U)


@every_kernel
def test_any_theta_is_factorised_with_jitter_when_needed(kernel):
    gp, U = fit_smooth(40, d=1, kernel=kernel)
    y = gp._residual
    theta = np.array([np.log(100.0), np.log(20.0), -60.0])
    assert np.isfinite(gp.log_marginal_likelihood(theta))
    gp._factorise(theta)
    assert all_is_finite(gp, U)
    assert all_is_finite(gp.condition(U, y), U)


@settings(max_examples=20, deadline=None)
@given(
    n=st.integers(1, 12),
    d=st.integers(0, 4),
    n_levels=st.integers(1, 5),
    scale=st.sampled_from([0.0, 1e-8, 1.0, 1e4]),
    noise=st.sampled_from([0.0, 1e-3, 1e6]),
)
def test_fit_is_finite_whatever_the_size(n, d, n_levels, scale, noise):
    rng = np.random.default_rng(n + 20 * d)
    U = rng.integers(n_levels, size=(n, d)) / n_levels
    gp = fit(GaussianProcess(), U, scale * rng.normal(size=n), np.full(n, noise))
    assert all_is_finite(gp, U)


def test_far_from_the_data_the_prior_returns():
    gp = fit(GaussianProcess(), np.linspace(0, 1, 5)[:, None], np.zeros(5))
    gp._factorise(np.array([np.log(0.01), 0.0, -6.0]))
    posterior = gp.posterior(np.array([[30.0]]))
    # The signal's variance, and what five points leave open of the constant.
    assert posterior.std**2 == pytest.approx(1 + 1 / (1 + 5 / (1 + np.exp(-6))), 1e-3)


def test_no_points_are_predicted_without_error():
    posterior = fit_smooth(5)[0].posterior(np.empty((0, 3)), gradient=True)
    assert posterior.mean.shape == posterior.std.shape == (0,)
    assert posterior.mean_gradient.shape == (0, 3)


def test_an_unknown_kernel_is_refused_at_once():
    with pytest.raises(ValueError, match=r"'kernel'.*matern52.*'matern12'"):
        GaussianProcess("matern12")


@pytest.mark.parametrize("drop", [-0.1, np.inf, np.nan])
def test_a_drop_that_is_none_is_refused(drop):
    with pytest.raises(ValueError, match=r"'border_drop' parameter.*number >= 0"):
        GaussianProcess(border_drop=drop)


def test_without_a_fall_the_mean_is_the_same_at_the_border(rng):
    U = rng.uniform(0.45, 0.55, size=(8, 3))
    y = smooth_scores(U, rng)
    edges = np.vstack([np.zeros(3), np.ones(3)])
    flat, falling = (
        fit(GaussianProcess(border_drop=drop), U, y).posterior(edges).mean
        for drop in (0.0, 1.0)
    )
    assert (falling < flat - 0.5).all()


def test_the_repr_shows_the_kernel():
    assert repr(GaussianProcess("rbf")) == "GaussianProcess(kernel='rbf')"
    flat = GaussianProcess(border_drop=0.0)
    assert repr(flat) == "GaussianProcess(kernel='matern52', border_drop=0.0)"


@pytest.mark.parametrize(
    ("U", "y"), [(np.empty((0, 2)), np.empty(0)), (np.zeros((1, 2)), [np.nan])]
)
def test_empty_and_missing_data_are_refused(U, y):
    with pytest.raises(ValueError, match="at least one point and finite"):
        fit(GaussianProcess(), U, y)
