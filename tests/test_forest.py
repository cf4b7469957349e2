"""What the forest promises as a model of the score."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import spearmanr
from test_surrogate import fit, mixed_dims, mixed_points, smooth_scores

from sklearn_bayes_search.optimizer.surrogate import RandomForest
from sklearn_bayes_search.space._dims import Dims

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
def test_a_batch_equals_its_points_one_by_one(name, rng):
    forest, _ = fit_mixed(name)
    U = mixed_points(6, rng)
    batch = forest.posterior(U)
    singles = [forest.posterior(u[None]) for u in U]
    # sums over the trees may be rounded in another order
    np.testing.assert_allclose(batch.mean, [p.mean[0] for p in singles], rtol=1e-12)
    np.testing.assert_allclose(batch.std, [p.std[0] for p in singles], rtol=1e-12)


@every_forest
def test_same_input_same_output(name, rng):
    U = mixed_points(20, rng)
    a, b = (fit_mixed(name)[0].posterior(U) for _ in range(2))
    np.testing.assert_array_equal(a.mean, b.mean)
    np.testing.assert_array_equal(a.std, b.std)


@every_forest
def test_everything_is_finite_and_deviations_are_positive(name, rng):
    forest, U = fit_mixed(name)
    for points in (U, mixed_points(200, rng), np.zeros((1, 5)), np.ones((1, 5))):
        posterior = forest.posterior(points, gradient=True)
        assert np.isfinite(posterior.mean).all()
        assert (posterior.std > 0).all()
        assert posterior.noise_std >= 0
        assert posterior.mean_gradient is None


@every_forest
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("score", [0.0, 1.5])
def test_one_or_two_points_and_constant_scores_are_enough(name, n, score, rng):
    U = rng.random((n, 3))
    posterior = fit(FORESTS[name], U, np.full(n, score)).posterior(rng.random((9, 3)))
    assert np.isfinite(posterior.mean).all()
    assert (posterior.std > 0).all()


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


@every_forest
def test_samples_have_the_posterior_s_moments(name, rng):
    forest, _ = fit_mixed(name)
    posterior = forest.posterior(mixed_points(5, rng))
    covariance = posterior.covariance()
    np.testing.assert_allclose(covariance.diagonal(), posterior.std**2, rtol=1e-9)
    samples = posterior.sample(np.random.default_rng(0), size=40_000)
    # five standard errors of 40 000 draws
    error = 5 * posterior.std.max() / 200
    np.testing.assert_allclose(samples.mean(axis=0), posterior.mean, atol=error)
    np.testing.assert_allclose(
        np.cov(samples.T), covariance, atol=2 * error * posterior.std.max()
    )


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


def test_pickles_and_copies_are_equal_and_independent(rng):
    forest, U = fit_mixed()
    new = mixed_points(4, rng)
    before = forest.posterior(new).mean
    pickled, twin = pickle.loads(pickle.dumps(forest)), copy.deepcopy(forest)
    np.testing.assert_array_equal(pickled.posterior(new).mean, before)
    np.testing.assert_array_equal(twin.posterior(new).mean, before)
    fit(twin, U, rng.normal(size=len(U)), dims=mixed_dims())
    np.testing.assert_array_equal(forest.posterior(new).mean, before)


def test_fit_keeps_no_hold_on_the_arrays_passed_in(rng):
    U = rng.random((10, 2))
    y = smooth_scores(U, rng)
    expected = fit(RandomForest(), U.copy(), y.copy()).condition(U[:1], y[:1])
    forest = fit(RandomForest(), U, y)
    first = U[:1].copy(), y[:1].copy()
    U[:], y[:] = 0.0, 9.0
    np.testing.assert_array_equal(
        forest.condition(*first).posterior(first[0]).mean,
        expected.posterior(first[0]).mean,
    )


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
