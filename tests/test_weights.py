"""What evaluations cost, and choosing by it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    Categorical,
    ExpectedImprovementPerSecond,
    LogExpectedImprovement,
    Real,
    Space,
)
from sklearn_bayes_search.optimizer._weights import OVERHEAD, Speed
from sklearn_bayes_search.optimizer.surrogate import Posterior

SPACE = Space({"x": Real(0, 1), "y": Real(0, 1), "z": Categorical(["a", "b"])})


def points(n, seed=0):
    return SPACE.snap(np.random.default_rng(seed).uniform(size=(n, SPACE.n_dims)))


def seconds(U):
    """Range from 0.1 to 100."""
    return 0.1 * 10 ** (2 * U[:, 0] + (U[:, 2] > 0.5))


def fit(U, times):
    """Return a weight that is the predicted time itself."""
    return Speed(power=-1.0).fit(
        U, times, dims=SPACE.dims, rng=np.random.default_rng(0)
    )


def flat(U, gradient=True):
    """Return a posterior that says nothing."""
    n, zeros = len(U), np.zeros(U.shape) if gradient else None
    return Posterior(
        np.zeros(n), np.ones(n), 0.0, lambda: np.eye(n), zeros, std_gradient=zeros
    )


def log_seconds(cost, U):
    value, gradient = cost.evaluate(U, flat(U, gradient=False), 0.0)
    assert gradient is None
    assert_array_equal(cost.evaluate(U, flat(U), 0.0)[0], value)
    return value


def test_times_are_predicted_over_orders_of_magnitude():
    cost, new = fit(points(20), seconds(points(20))), points(50, seed=1)
    error = log_seconds(cost, new) - np.log(seconds(new))
    assert np.std(error) < 0.15  # deviation of the logarithms: 1.9
    assert np.std(np.log(seconds(new))) > 1.5


def test_the_mean_is_flat_where_nothing_was_seen():
    U = points(5)
    U[:, :2] = 0.5 + 0.01 * U[:, :2]
    cost = fit(U, np.array([1.0, 2.0, 1.0, 2.0, 1.5]))
    corners = points(8, seed=2)
    corners[:, :2] = corners[:, :2] > 0.5
    far = log_seconds(cost, corners)
    assert np.abs(far).max() < 0.5 * np.log(2)


def test_gradient_equals_finite_differences():
    cost, at = fit(points(20), seconds(points(20))), points(8, seed=2)
    gradient = cost.evaluate(at, flat(at), 0.0)[1]
    assert_array_equal(gradient[:, 2], 0.0)
    for column in (0, 1):
        step = 1e-5 * np.eye(3)[column]
        difference = log_seconds(cost, at + step) - log_seconds(cost, at - step)
        assert_allclose(gradient[:, column], difference / 2e-5, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "times", [[1.0, 5.0, 9.0, np.nan, np.nan], [2.0] * 5, [np.nan] * 5, [0.0] * 5]
)
def test_few_or_equal_times_say_nothing(times):
    cost = fit(points(5), np.array(times))
    assert_array_equal(log_seconds(cost, points(9)), 0.0)
    assert_array_equal(cost.evaluate(points(9), flat(points(9)), 0.0)[1], 0.0)


def test_unknown_times_are_left_out():
    U, times = points(20), seconds(points(20))
    times[::4] = np.nan
    known = np.isfinite(times)
    assert_array_equal(
        log_seconds(fit(U, times), points(9, 1)),
        log_seconds(fit(U[known], times[known]), points(9, 1)),
    )


def test_fits_far_faster_than_a_suggestion_cost_the_same():
    U = points(20)
    fast = fit(U, 1e-4 * seconds(U) * OVERHEAD)
    assert np.ptp(log_seconds(fast, U)) < 0.02


def minutes(params):
    return 1.0 if params["x"] < 0.5 else 60.0


def told(acquisition, seconds, n=25):
    """Search where two equal hills differ by how long it takes to climb them."""
    optimizer = BayesianOptimizer(
        {"x": Real(0, 1), "y": Real(0, 1)}, acquisition=acquisition, random_state=0
    )
    for _ in range(n):
        trial = optimizer.ask()
        x, y = trial.params.values()
        hills = np.exp(-30 * ((abs(x - 0.5) - 0.3) ** 2 + (y - 0.4) ** 2))
        optimizer.tell(trial, hills, seconds=seconds(trial.params))
    return optimizer


def share_of_slow(optimizer):
    later = [o.trial.params for o in optimizer.history if o.trial.number >= 10]
    return np.mean([minutes(params) > 1 for params in later])


def test_settings_that_take_long_wait():
    plain = told("log_ei", minutes)
    per_second = told("ei_per_second", minutes)
    assert share_of_slow(plain) > 0.25
    assert share_of_slow(per_second) < 0.5 * share_of_slow(plain)
    assert per_second.best.score > 0.95


@pytest.mark.parametrize(
    ("acquisition", "times"),
    [
        ("ei_per_second", lambda params: np.nan),
        (ExpectedImprovementPerSecond(cost_power=0.0), minutes),
    ],
)
def test_without_times_or_power_it_is_log_ei(acquisition, times):
    one, other = told(acquisition, times, 14), told("log_ei", times, 14)
    assert [o.trial.params for o in one.history] == [
        o.trial.params for o in other.history
    ]


def test_the_expected_gain_does_not_depend_on_time():
    per_second, plain = told("ei_per_second", minutes), told("log_ei", lambda _: np.nan)
    same = told(LogExpectedImprovement(), minutes)
    assert plain.expected_gain() == same.expected_gain()
    assert 0 < per_second.expected_gain() < 0.1


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(-1e-9, ValueError), (np.inf, ValueError), ("1", TypeError), (True, TypeError)],
)
def test_seconds_that_are_none_are_refused(seconds, error):
    optimizer = BayesianOptimizer({"x": Real(0, 1)})
    trial = optimizer.ask()
    with pytest.raises(error, match="seconds must be"):
        optimizer.tell(trial, 1.0, seconds=seconds)
    assert optimizer.pending == [trial]


def test_a_search_tells_what_all_folds_took():
    search = BayesSearchCV(
        SVC(),
        {"C": loguniform(1e-2, 1e2)},
        n_iter=12,
        acquisition="ei_per_second",
        random_state=0,
    ).fit(*load_iris(return_X_y=True))
    results = search.cv_results_
    spent = 5 * (results["mean_fit_time"] + results["mean_score_time"])
    told = [outcome.seconds for outcome in search.optimizer_.history]
    assert_allclose(told, spent)


def test_a_paused_candidate_counts_as_if_all_its_folds_had_run():
    search = BayesSearchCV(
        KNeighborsClassifier(),
        {"n_neighbors": range(1, 100)},
        n_iter=20,
        cv=10,
        racing=True,
        refit=False,
        random_state=0,
    ).fit(*load_iris(return_X_y=True))
    results = search.cv_results_
    assert (results["n_splits_evaluated"] < 10).any()
    spent = 10 * (results["mean_fit_time"] + results["mean_score_time"])
    told = [outcome.seconds for outcome in search.optimizer_.history]
    assert_allclose(told, spent)
