"""What the folds that a candidate will get mean for which one is chosen."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    FoldRacing,
    LogExpectedImprovement,
)
from sklearn_bayes_search.execution._racing import FoldShare
from sklearn_bayes_search.optimizer.proposer._names import as_proposer
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess
from sklearn_bayes_search.results._folds import FoldModel
from sklearn_bayes_search.space import Categorical, Integer, Real, Space

SPACE = Space({"x": Real(0, 1), "y": Real(0, 1), "z": Categorical(["a", "b"])})
RACING = FoldRacing()


def points(n, seed=0):
    return SPACE.snap(np.random.default_rng(seed).uniform(size=(n, SPACE.n_dims)))


def a_posterior(U, gradient=False):
    seen = points(20)
    y = np.sin(5 * seen[:, 0]) + seen[:, 1]
    model = GaussianProcess().fit(
        seen, y, noise=np.zeros(20), dims=SPACE.dims, rng=np.random.default_rng(0)
    )
    return model.posterior(U, gradient=gradient)


def test_the_share_of_the_folds_goes_from_one_of_them_to_all():
    U = points(100, seed=1)
    cost, posterior = FoldShare(5, 0.1), a_posterior(U)
    share = np.exp(-cost.evaluate(U, posterior, best=1.5)[0])
    assert 0.2 - 1e-12 <= share.min() < 0.3
    assert 0.9 < share.max() <= 1.0
    assert_allclose(np.exp(-cost.evaluate(U, posterior, best=99.0)[0]), 0.2)
    assert_allclose(np.exp(-cost.evaluate(U, posterior, best=-99.0)[0]), 1.0)
    # it rises with the mean, where the model is sure
    sure = posterior.std < 0.05
    below, above = posterior.mean < 0.8, posterior.mean > 1.5
    assert share[sure & below].max() < share[sure & above].min()


def test_the_gradient_of_the_share_equals_finite_differences():
    at, cost = points(8, seed=2), FoldShare(10, 0.5)
    _, gradient = cost.evaluate(at, a_posterior(at, gradient=True), best=1.0)
    for column in (0, 1):
        step = 1e-5 * np.eye(3)[column]
        low, high = (
            cost.evaluate(at, a_posterior(at + sign * step), best=1.0)[0]
            for sign in (-1, 1)
        )
        expected = (high - low) / 2e-5
        assert_allclose(gradient[:, column], expected, rtol=1e-4, atol=1e-6)


def paused_search(n_paused, n_splits=5, n=20):
    """Return an optimizer that knows settings of which the worst got one fold only."""
    rng = np.random.default_rng(0)
    optimizer = BayesianOptimizer(SPACE, weights=[RACING._weight], random_state=0)
    x = np.linspace(0, 1, n)
    for number in range(n):
        trial = {"x": x[number], "y": 0.5, "z": "a"}
        folds = x[number] + 0.05 * rng.normal(size=n_splits)
        if number < n_paused:
            folds[1:] = np.nan
        optimizer.tell(trial, np.nanmean(folds), folds=folds)
    return optimizer


def test_folds_cost_alike_unless_candidates_are_paused():
    assert RACING._weight(paused_search(0).history) is None
    assert RACING._weight(paused_search(19).history) is None  # one with all folds
    history = paused_search(8).history
    cost = RACING._weight(history)
    scores = history.scores
    deviation = FoldModel.fit(history.fold_scores).variance ** 0.5
    assert cost.n_splits == 5
    assert cost.deviation == pytest.approx(deviation * 0.8**0.5 / scores.std())


def test_failed_candidates_are_not_paused_ones():
    optimizer = paused_search(0)
    folds = np.array([0.5, np.nan, np.nan, np.nan, np.nan])
    optimizer.tell({"x": 0.5, "y": 0.1, "z": "b"}, np.nan, folds=folds)
    assert RACING._weight(optimizer.history) is None


class LogOfOwn:
    """A logarithm of a gain by a user, who knows no member."""

    smooth, scale, cost_power = True, "log", 0.0

    def __call__(self, posterior, context):
        return np.log(posterior.std)

    def value_and_gradient(self, posterior, context):
        return self(posterior, context), posterior.std_gradient / posterior.std[:, None]


def gain_of_folds(acquisition):
    """Return how much pausing adds to the value of a poor and of a good setting."""
    optimizer, dims = paused_search(8), SPACE.dims
    settings = [{"x": x, "y": 0.52, "z": "a"} for x in (0.02, 0.98)]
    U = np.array([SPACE.encode(params) for params in settings])
    seen = optimizer._observations()
    proposer = as_proposer("gp", acquisition)
    with_folds, without = (
        proposer.predict(given, U, dims=dims, rng=np.random.default_rng(0)).acquisition
        for given in (seen, dataclasses.replace(seen, weights=()))
    )
    return with_folds - without


@pytest.mark.parametrize("acquisition", ["log_ei", "ei_per_second"])
def test_what_will_be_paused_is_cheap_to_try(acquisition):
    poor, good = gain_of_folds(acquisition)
    assert 0.8 * np.log(5) < poor <= np.log(5) + 1e-12
    assert 0 <= good < 0.5 * poor


@pytest.mark.parametrize("acquisition", ["ei", "ucb"])
def test_folds_cost_nothing_where_values_are_no_logarithms(acquisition):
    assert_allclose(gain_of_folds(acquisition), 0.0, atol=0)


def test_a_user_s_own_logarithm_gets_the_same_discount():
    expected = gain_of_folds(LogExpectedImprovement())
    assert_allclose(gain_of_folds(LogOfOwn()), expected, rtol=1e-9)
    amount = LogOfOwn()
    amount.scale = "amount"
    assert_allclose(gain_of_folds(amount), 0.0, atol=0)


class Wrapped:
    """The built-in logarithm, but of no class that the package knows."""

    smooth, scale, cost_power = True, "log", 0.0

    def __init__(self):
        self.inner = LogExpectedImprovement()

    def __call__(self, posterior, context):
        return self.inner(posterior, context)

    def value_and_gradient(self, posterior, context):
        return self.inner.value_and_gradient(posterior, context)


def test_a_search_with_racing_treats_a_user_s_own_logarithm_like_the_built_in():
    def rows(acquisition, racing):
        search = BayesSearchCV(
            DecisionTreeClassifier(random_state=0),
            {"max_depth": Integer(1, 12), "ccp_alpha": Real(1e-5, 0.3, log=True)},
            acquisition=acquisition,
            racing=racing,
            experience=False,
            n_iter=18,
            cv=6,
            random_state=0,
        ).fit(*load_iris(return_X_y=True))
        return search.cv_results_["params"]

    own = rows(Wrapped(), True)
    assert own == rows("log_ei", True)
    assert own != rows("log_ei", False)


def test_the_margin_follows_the_chance_below_which_racing_pauses():
    history = paused_search(8).history
    margins = [FoldRacing(pause_below=p)._weight(history).margin for p in (0.05, 0.2)]
    assert margins[0] == 1.7
    assert margins[1] / margins[0] == pytest.approx(norm.ppf(0.2) / norm.ppf(0.05))


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
    assert RACING._weight(paused.history) is not None
    assert RACING._weight(plain.history) is None
    assert paused.expected_gain() == plain.expected_gain()


@pytest.mark.parametrize("size", [1e-320, 1e-150, 1e150, 1e300])
def test_folds_of_any_size_have_a_finite_cost(size):
    optimizer = BayesianOptimizer(SPACE, weights=[RACING._weight], random_state=0)
    for outcome in paused_search(8).history:
        folds = size * outcome.folds
        optimizer.tell(outcome.trial.params, size * outcome.score, folds=folds)
    cost = RACING._weight(optimizer.history)
    assert 0 <= cost.deviation <= 1e3
    given = points(9), a_posterior(points(9), gradient=True), 1.0
    for values in cost.evaluate(*given):
        assert np.isfinite(values).all()
