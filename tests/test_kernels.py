import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.gaussian_process.kernels import RBF, Matern

from sklearn_bayes_search.optimizer._kernels import (
    CORRELATIONS,
    cholesky,
    expand,
    extend_cholesky,
    log_evidence,
    scaled_features,
    squared_distances,
)
from sklearn_bayes_search.space._dims import Dims

REFERENCES = {"matern52": Matern(nu=2.5), "matern32": Matern(nu=1.5), "rbf": RBF()}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def mixed_dims():
    """Continuous, three categories, ordinal, two categories of the second branch."""
    return Dims(
        categorical=np.array([False, True, False, True]),
        levels=(
            None,
            np.array([1, 3, 5]) / 6,
            np.array([0.125, 0.375, 0.625, 0.875]),
            np.array([0.25, 0.75]),
        ),
        active=np.array([[1, 1, 1, 0], [1, 1, 1, 1]], dtype=bool),
        branch=None,
        discrete=np.array([False, True, True, True]),
    )


def mixed_points(n, rng):
    dims = mixed_dims()
    U = rng.random((n, 4))
    for j in (1, 2, 3):
        U[:, j] = rng.choice(dims.levels[j], n)
    U[::3, 3] = dims.neutral[3]
    return U


def covariance(n, rng):
    Z = 3 * rng.random((n, 2))
    return CORRELATIONS["matern52"](squared_distances(Z))[0] + 0.01 * np.eye(n)


@pytest.mark.parametrize("name", CORRELATIONS)
def test_correlation_equals_that_of_scikit_learn(name, rng):
    A, B = rng.normal(size=(7, 3)), rng.normal(size=(5, 3))
    k, _ = CORRELATIONS[name](squared_distances(A, B))
    np.testing.assert_allclose(k, REFERENCES[name](A, B), rtol=1e-12)


@pytest.mark.parametrize("name", CORRELATIONS)
def test_slope_is_minus_twice_the_derivative_by_the_squared_distance(name):
    r2, h = np.array([0.01, 0.3, 1.0, 4.0, 30.0]), 1e-6
    above, below = (CORRELATIONS[name](r2 + step)[0] for step in (h, -h))
    slope = CORRELATIONS[name](r2)[1]
    # Central differences err by about 1e-16 / h, or 1e-10.
    np.testing.assert_allclose(slope, -(above - below) / h, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "slope_at_0"), [("matern52", 5 / 3), ("matern32", 3.0), ("rbf", 1.0)]
)
def test_slope_is_finite_at_distance_zero(name, slope_at_0):
    k, slope = CORRELATIONS[name](np.zeros(1))
    assert k == 1.0
    assert slope == pytest.approx(slope_at_0)


@pytest.mark.parametrize("name", CORRELATIONS)
def test_correlation_leaves_its_argument_alone(name):
    r2 = np.array([[0.0, 2.0]])
    CORRELATIONS[name](r2)
    np.testing.assert_array_equal(r2, [[0.0, 2.0]])


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6).map(
        np.array
    ),
    st.floats(0.01, 100),
)
def test_squared_distances_equal_brute_force_and_are_never_negative(U, length_scale):
    Z = U / length_scale
    expected = ((Z[:, None] - Z[None]) ** 2).sum(axis=2)
    # Rounding is relative to the squared norms of the rows.
    tolerance = 1e-14 * (1 + (Z**2).sum(axis=1).max())
    for r2 in (squared_distances(Z), squared_distances(Z, Z.copy())):
        assert (r2 >= 0).all()
        np.testing.assert_allclose(r2, expected, rtol=0, atol=tolerance)
    assert (squared_distances(Z).diagonal() == 0).all()


def test_expand_returns_numeric_columns_as_they_are(rng):
    U = rng.random((4, 3))
    F, owner = expand(U, Dims.all_continuous(3))
    np.testing.assert_array_equal(F, U)
    np.testing.assert_array_equal(owner, [0, 1, 2])


def test_expand_says_which_column_each_feature_comes_from(rng):
    F, owner = expand(mixed_points(5, rng), mixed_dims())
    assert F.shape == (5, 7)
    np.testing.assert_array_equal(owner, [0, 1, 1, 1, 2, 3, 3])


def test_expand_takes_a_category_without_listed_levels_as_a_number():
    dims = Dims(
        categorical=np.array([True]),
        levels=(None,),
        active=np.ones((1, 1), dtype=bool),
        branch=None,
        discrete=np.array([True]),
    )
    F, owner = expand(np.array([[0.3]]), dims)
    np.testing.assert_array_equal(F, [[0.3]])
    np.testing.assert_array_equal(owner, [0])


def test_mixed_distances_equal_brute_force(rng):
    dims, U = mixed_dims(), mixed_points(12, rng)
    length_scales = np.array([0.3, 0.7, 2.0, 1.5])

    def column_distance(j, a, b):
        if not dims.categorical[j]:
            return (a - b) ** 2
        if a == b:
            return 0.0
        return 0.5 if dims.neutral[j] in (a, b) else 1.0

    expected = [
        [
            sum(
                column_distance(j, a[j], b[j]) / length_scales[j] ** 2 for j in range(4)
            )
            for b in U
        ]
        for a in U
    ]
    r2 = squared_distances(scaled_features(U, dims, length_scales))
    np.testing.assert_allclose(r2, expected, rtol=1e-12, atol=1e-12)


def test_a_level_is_recognised_despite_rounding():
    U = np.array([[0.5, 1 / 6 + 1e-15, 0.125, 0.25]])
    assert expand(U, mixed_dims())[0][0, 1] == np.sqrt(0.5)


def test_cholesky_needs_no_jitter_for_a_proper_covariance(rng):
    K = covariance(8, rng)
    before = K.copy()
    L, jitter = cholesky(K)
    assert jitter == 0
    np.testing.assert_array_equal(K, before)
    np.testing.assert_allclose(L, np.linalg.cholesky(K), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("K", [np.ones((4, 4)), np.array([[1.0, 1 + 1e-7]] * 2)])
def test_cholesky_of_a_singular_matrix_reports_its_jitter(K):
    K = (K + K.T) / 2 - 1e-9 * np.eye(len(K))
    L, jitter = cholesky(K)
    assert 0 < jitter < 1e-5
    np.testing.assert_allclose(L @ L.T, K + jitter * np.eye(len(K)), atol=1e-14)


def test_cholesky_of_no_covariance_says_what_to_check():
    with pytest.raises(ValueError, match="negative"):
        cholesky(np.diag([1.0, -5.0]))


@pytest.mark.parametrize("n_new", [0, 1, 4])
def test_appending_to_a_factor_equals_factorising_again(n_new, rng):
    K = covariance(10 + n_new, rng)
    L = extend_cholesky(cholesky(K[:10, :10].copy())[0], K[10:, :10], K[10:, 10:])
    np.testing.assert_allclose(L, cholesky(K)[0], atol=1e-12)


def test_appending_an_impossible_row_returns_none():
    assert extend_cholesky(np.eye(1), np.array([[1.0]]), np.array([[0.5]])) is None


@pytest.mark.parametrize("n_basis", [0, 2])
@pytest.mark.parametrize("name", CORRELATIONS)
def test_gradient_of_the_evidence_equals_finite_differences(name, n_basis, rng):
    U, y = mixed_points(15, rng), rng.normal(size=15)
    noise = rng.choice([0.0, 0.2], 15)
    data = CORRELATIONS[name], *expand(U, mixed_dims()), y, noise
    data = *data, rng.normal(size=(15, n_basis))
    theta = np.array([-0.5, 0.2, 0.4, -0.1, 0.3, -3.0])
    _, gradient = log_evidence(theta, *data)
    h = 1e-5
    numeric = [
        (log_evidence(theta + e, *data)[0] - log_evidence(theta - e, *data)[0]) / 2 / h
        for e in h * np.eye(6)
    ]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-6)
