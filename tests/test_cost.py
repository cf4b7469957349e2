"""What evaluations cost, and choosing by it."""

import dataclasses

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
from sklearn_bayes_search.optimizer._cost import OVERHEAD, Cost, FoldCost
from sklearn_bayes_search.optimizer._folds import FoldModel
from sklearn_bayes_search.optimizer.acquisition import as_acquisition
from sklearn_bayes_search.optimizer.proposer import ModelBased
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess

SPACE = Space({"x": Real(0, 1), "y": Real(0, 1), "z": Categorical(["a", "b"])})


def points(n, seed=0):
    return SPACE.snap(np.random.default_rng(seed).uniform(size=(n, SPACE.n_dims)))


def seconds(U):
    """Range from 0.1 to 100."""
    return 0.1 * 10 ** (2 * U[:, 0] + (U[:, 2] > 0.5))


def fit(U, times):
    return Cost().fit(U, times, dims=SPACE.dims, rng=np.random.default_rng(0))


def test_times_are_predicted_over_orders_of_magnitude():
    cost, new = fit(points(20), seconds(points(20))), points(50, seed=1)
    error = cost.log_seconds(new) - np.log(seconds(new))
    assert np.std(error) < 0.15  # deviation of the logarithms: 1.9
    assert np.std(np.log(seconds(new))) > 1.5


def test_the_mean_is_flat_where_nothing_was_seen():
    U = points(5)
    U[:, :2] = 0.5 + 0.01 * U[:, :2]
    cost = fit(U, np.array([1.0, 2.0, 1.0, 2.0, 1.5]))
    corners = points(8, seed=2)
    corners[:, :2] = corners[:, :2] > 0.5
    far = cost.log_seconds(corners)
    assert np.abs(far).max() < 0.5 * np.log(2)


def test_gradient_equals_finite_differences():
    cost, at = fit(points(20), seconds(points(20))), points(8, seed=2)
    gradient = cost.gradient(at)
    assert_array_equal(gradient[:, 2], 0.0)
    for column in (0, 1):
        step = 1e-5 * np.eye(3)[column]
        difference = cost.log_seconds(at + step) - cost.log_seconds(at - step)
        assert_allclose(gradient[:, column], difference / 2e-5, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "times", [[1.0, 5.0, 9.0, np.nan, np.nan], [2.0] * 5, [np.nan] * 5, [0.0] * 5]
)
def test_few_or_equal_times_say_nothing(times):
    cost = fit(points(5), np.array(times))
    assert_array_equal(cost.log_seconds(points(9)), 0.0)
    assert_array_equal(cost.gradient(points(9)), 0.0)


def test_unknown_times_are_left_out():
    U, times = points(20), seconds(points(20))
    times[::4] = np.nan
    known = np.isfinite(times)
    assert_array_equal(
        fit(U, times).log_seconds(points(9, 1)),
        fit(U[known], times[known]).log_seconds(points(9, 1)),
    )


def test_fits_far_faster_than_a_suggestion_cost_the_same():
    U = points(20)
    fast = fit(U, 1e-4 * seconds(U) * OVERHEAD)
    assert np.ptp(fast.log_seconds(U)) < 0.02


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


# --- folds ---


def a_posterior(U, gradient=False):
    seen = points(20)
    y = np.sin(5 * seen[:, 0]) + seen[:, 1]
    model = GaussianProcess().fit(
        seen, y, noise=np.zeros(20), dims=SPACE.dims, rng=np.random.default_rng(0)
    )
    return model.posterior(U, gradient=gradient)


def test_the_share_of_the_folds_goes_from_one_of_them_to_all():
    U = points(100, seed=1)
    cost, posterior = FoldCost(5, 0.1), a_posterior(U)
    share = np.exp(cost.log_share(posterior, best=1.5)[0])
    assert 0.2 - 1e-12 <= share.min() < 0.3
    assert 0.9 < share.max() <= 1.0
    assert_allclose(np.exp(cost.log_share(posterior, best=99.0)[0]), 0.2)
    assert_allclose(np.exp(cost.log_share(posterior, best=-99.0)[0]), 1.0)
    # it rises with the mean, where the model is sure
    sure = posterior.std < 0.05
    below, above = posterior.mean < 0.8, posterior.mean > 1.5
    assert share[sure & below].max() < share[sure & above].min()


def test_the_gradient_of_the_share_equals_finite_differences():
    at, cost = points(8, seed=2), FoldCost(10, 0.5)
    _, gradient = cost.log_share(a_posterior(at, gradient=True), best=1.0)
    for column in (0, 1):
        step = 1e-5 * np.eye(3)[column]
        low, high = (
            cost.log_share(a_posterior(at + sign * step), best=1.0)[0]
            for sign in (-1, 1)
        )
        expected = (high - low) / 2e-5
        assert_allclose(gradient[:, column], expected, rtol=1e-4, atol=1e-6)


def paused_search(n_paused, n_splits=5, n=20):
    """Tell settings of which the worst got one fold only."""
    rng = np.random.default_rng(0)
    optimizer = BayesianOptimizer(SPACE, random_state=0)
    x = np.linspace(0, 1, n)
    for number in range(n):
        trial = {"x": x[number], "y": 0.5, "z": "a"}
        folds = x[number] + 0.05 * rng.normal(size=n_splits)
        if number < n_paused:
            folds[1:] = np.nan
        optimizer.tell(trial, np.nanmean(folds), folds=folds)
    return optimizer


def test_folds_cost_alike_unless_candidates_are_paused():
    assert FoldCost.learn(paused_search(0).history) is None
    assert FoldCost.learn(paused_search(19).history) is None  # one with all folds
    history = paused_search(8).history
    cost = FoldCost.learn(history)
    scores = history.scores
    deviation = FoldModel.fit(history.fold_scores).variance ** 0.5
    assert cost.n_splits == 5
    assert cost.deviation == pytest.approx(deviation * 0.8**0.5 / scores.std())


def test_failed_candidates_are_not_paused_ones():
    optimizer = paused_search(0)
    folds = np.array([0.5, np.nan, np.nan, np.nan, np.nan])
    optimizer.tell({"x": 0.5, "y": 0.1, "z": "b"}, np.nan, folds=folds)
    assert FoldCost.learn(optimizer.history) is None


@pytest.mark.parametrize("acquisition", ["log_ei", "ei_per_second", "ei", "ucb"])
def test_what_will_be_paused_is_cheap_to_try(acquisition):
    proposer = ModelBased(GaussianProcess(), as_acquisition(acquisition))
    optimizer, dims = paused_search(8), SPACE.dims
    settings = [{"x": x, "y": 0.52, "z": "a"} for x in (0.02, 0.98)]
    U = np.array([SPACE.encode(params) for params in settings])
    known = optimizer._known()
    with_folds, without = (
        proposer.predict(given, U, dims=dims, rng=np.random.default_rng(0)).acquisition
        for given in (known, dataclasses.replace(known, folds=None))
    )
    poor, good = with_folds - without
    if acquisition in ("log_ei", "ei_per_second"):
        assert 0.8 * np.log(5) < poor <= np.log(5) + 1e-12
        assert 0 <= good < 0.5 * poor
    else:  # no logarithm of a gain
        assert poor == good == 0


def test_the_expected_gain_is_no_gain_per_fold():
    paused, plain = paused_search(8), paused_search(0)
    for outcome in paused.history:
        plain.revise(
            outcome.trial,
            outcome.score,
            noise=outcome.noise,
            seconds=np.nan,
            folds=None,
        )
    assert FoldCost.learn(paused.history) is not None
    assert FoldCost.learn(plain.history) is None
    assert paused.expected_gain() == plain.expected_gain()


@pytest.mark.parametrize("size", [1e-320, 1e-150, 1e150, 1e300])
def test_folds_of_any_size_have_a_finite_cost(size):
    optimizer = BayesianOptimizer(SPACE, random_state=0)
    for outcome in paused_search(8).history:
        folds = size * outcome.folds
        optimizer.tell(outcome.trial.params, size * outcome.score, folds=folds)
    cost = FoldCost.learn(optimizer.history)
    assert 0 <= cost.deviation <= 1e3
    value, gradient = cost.log_share(a_posterior(points(9), gradient=True), best=1.0)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
