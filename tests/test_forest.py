"""What the forest promises as a model of the score."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import spearmanr
from test_surrogate import fit, mixed_dims, mixed_points, smooth_scores

from sklearn_bayes_search.optimizer.surrogate import RandomForest
from sklearn_bayes_search.space._dims import Dims
from sklearn_bayes_search.testing import check_surrogate

FORESTS = {
    "default": RandomForest(),
    "small": RandomForest(n_estimators=5),
    "leaves of three": RandomForest(min_samples_leaf=3),
}
every_forest = pytest.mark.parametrize("name", FORESTS)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def fit_mixed(name="default", n=30):
    """Fit to a score that depends on the branch, a number and a category."""
    rng = np.random.default_rng(1)
    U = mixed_points(n, rng)
    y = np.sin(4 * U[:, 1]) + U[:, 0] + U[:, 3] ** 2
    forest = copy.deepcopy(FORESTS[name])
    return fit(forest, U, (y - y.mean()) / y.std(), dims=mixed_dims()), U


@every_forest
def test_every_promise_is_kept(name):
    check_surrogate(FORESTS[name])


def test_the_order_of_known_points_is_predicted(rng):
    U = rng.random((60, 2))
    y = smooth_scores(U, rng, noise=0)
    mean = fit(RandomForest(), U, y).posterior(U).mean
    assert spearmanr(mean, y).statistic > 0.97


def test_differences_among_the_best_survive_a_few_very_low_scores(rng):
    U = rng.random((40, 1))
    y = np.where(U[:, 0] < 0.2, -5.0, -np.abs(U[:, 0] - 0.6))
    y = (y - y.mean()) / y.std()
    forest = fit(RandomForest(), U, y)
    mean = forest.posterior(np.array([[0.6], [0.95]])).mean
    at = [np.interp(x, np.sort(U[:, 0]), y[np.argsort(U[:, 0])]) for x in (0.6, 0.95)]
    assert mean[0] - mean[1] > 2 * (at[0] - at[1])


def test_the_deviation_grows_away_from_the_points():
    U = np.concatenate([np.linspace(0.0, 0.3, 12), np.linspace(0.7, 1.0, 12)])[:, None]
    forest = fit(RandomForest(), U, np.sin(9 * U[:, 0]))
    at_points = forest.posterior(U).std.mean()
    between = forest.posterior(np.array([[0.45], [0.5], [0.55]])).std.mean()
    assert between > 2 * at_points


def test_the_variance_is_that_of_a_mixture_over_the_trees(rng):
    # law of total variance, from the trees themselves
    U, y = rng.random((40, 2)), rng.normal(size=40)
    forest = fit(RandomForest(20, min_samples_leaf=3), U, y)
    new = rng.random((7, 2))
    leaves = [tree.apply(new.astype(np.float32)) for tree in forest._trees]
    pairs = list(zip(forest._trees, leaves, strict=True))
    means = np.array([tree.value[leaf, 0, 0] for tree, leaf in pairs])
    within = np.array([tree.impurity[leaf] for tree, leaf in pairs])
    posterior = forest.posterior(new)
    np.testing.assert_allclose(posterior.mean, means.mean(axis=0))
    total = within.mean(axis=0) + means.var(axis=0)
    np.testing.assert_allclose(posterior.std**2, total, rtol=1e-4)


def test_many_points_can_be_sampled_jointly(rng):
    forest, _ = fit_mixed()
    sample = forest.posterior(mixed_points(300, rng)).sample(rng)
    assert np.isfinite(sample).all()


def test_conditioning_shrinks_the_deviation_and_leaves_the_original_alone(rng):
    U = rng.random((15, 2))
    forest = fit(RandomForest(), U, smooth_scores(U, rng))
    before, point = pickle.dumps(forest), np.full((1, 2), 0.5)
    state = forest.posterior(point)
    high = forest.condition(point, state.mean + 1).posterior(point)
    low = forest.condition(point, state.mean - 1).posterior(point)
    assert low.mean < state.mean < high.mean
    assert high.std < state.std
    assert pickle.dumps(forest) == before


def test_categories_have_no_order(rng):
    # only the middle one of five is good: as a number it would take two cuts
    levels = (np.arange(5) + 0.5) / 5
    dims = Dims(
        categorical=np.array([True, False]),
        levels=(levels, None),
        active=np.ones((1, 2), dtype=bool),
        branch=None,
        discrete=np.array([True, False]),
    )
    U = np.column_stack([np.repeat(levels, 6), rng.random(30)])
    forest = fit(RandomForest(), U, (U[:, 0] == 0.5).astype(float), dims=dims)
    new = np.column_stack([levels, np.full(5, 0.5)])
    mean = forest.posterior(new).mean
    assert mean[2] > np.delete(mean, 2).max() + 0.7


def test_a_category_and_a_branch_are_learned():
    forest, _ = fit_mixed(n=60)
    new = mixed_points(100, np.random.default_rng(5))
    truth = np.sin(4 * new[:, 1]) + new[:, 0] + new[:, 3] ** 2
    assert spearmanr(forest.posterior(new).mean, truth).statistic > 0.8


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"n_estimators": 0}, ValueError),
        ({"n_estimators": 2.5}, TypeError),
        ({"n_estimators": True}, TypeError),
        ({"min_samples_leaf": 0}, ValueError),
        ({"min_samples_leaf": "1"}, TypeError),
    ],
)
def test_wrong_settings_are_named_at_once(settings, error):
    (name,) = settings
    with pytest.raises(error, match=f"{name!r} parameter of RandomForest must be an"):
        RandomForest(**settings)


def test_the_repr_shows_the_settings():
    shown = "RandomForest(n_estimators=7, min_samples_leaf=2)"
    assert repr(RandomForest(7, min_samples_leaf=2)) == shown


def test_data_that_cannot_be_used_are_an_error():
    with pytest.raises(ValueError, match="finite values"):
        fit(RandomForest(), np.zeros((2, 1)), np.array([0.0, np.nan]))
