"""What the optimiser counts on in a model of the score."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
from joblib.externals.loky.backend.reduction import dumps
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_bayes_search.optimizer.surrogate import Posterior, Surrogate
from sklearn_bayes_search.space import Dims, Integer, Real, Space

# Two branches; a category, numbers, an int, and a column that one branch lacks.
SPACE = Space(
    [
        {"k": ["a"], "x": Real(0, 1), "n": Integer(1, 4), "c": ["p", "q", None]},
        {"k": ["b"], "x": Real(0, 1), "n": Integer(1, 4), "z": Real(0, 1)},
    ]
)


def check_surrogate(surrogate: Surrogate) -> None:
    """Check that a surrogate keeps its promises.

    It learns from any data, and predicts finite means and positive standard deviations.
    Equal input leads to equal predictions, and the prediction for a point does not
    depend on the other points. Gradients are those of the predictions. Samples have the
    predicted mean and standard deviation. ``condition`` leaves the original unchanged,
    and copies and pickles are independent.

    Parameters
    ----------
    surrogate : Surrogate
        With the parameters to check. A copy of it is fitted.

    Examples
    --------
    >>> from sklearn_bayes_search import GaussianProcess
    >>> from sklearn_bayes_search.testing import check_surrogate
    >>> check_surrogate(GaussianProcess("rbf"))
    """
    _no_array_is_changed_or_kept(surrogate)
    _any_data_will_do(surrogate)
    _it_learns(surrogate)
    _equal_input_gives_equal_output(surrogate)
    _a_batch_equals_its_points(surrogate)
    _gradients_are_those_of_the_predictions(surrogate)
    _samples_have_the_moments(surrogate)
    _conditioning_moves_a_copy(surrogate)
    _copies_are_independent(surrogate)


def _any_data_will_do(surrogate: Surrogate) -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 8):
        for scores in (np.zeros(n), np.full(n, 1.5), rng.normal(size=n)):
            for U in (rng.random((n, 3)), np.full((n, 3), 0.5)):
                model = _fit(copy.deepcopy(surrogate), U, scores)
                _believe(model.posterior(rng.random((9, 3))))
    model, U = _fitted(surrogate)
    for points in (U, _points(200, seed=2)):
        _believe(model.posterior(points, gradient=True))


def _believe(posterior: Posterior) -> None:
    assert np.isfinite(posterior.mean).all(), "means are finite"
    assert np.isfinite(posterior.std).all(), "deviations are finite"
    assert (posterior.std > 0).all(), "deviations are positive"
    assert 0 <= posterior.noise_std < np.inf, "the noise is finite"


def _it_learns(surrogate: Surrogate) -> None:
    U = np.random.default_rng(0).random((60, 2))
    y = _standardised(np.sin(4 * U).sum(axis=1))
    mean = _fit(copy.deepcopy(surrogate), U, y).posterior(U).mean
    assert np.corrcoef(mean, y)[0, 1] > 0.5, "known points are predicted in their order"


def _equal_input_gives_equal_output(surrogate: Surrogate) -> None:
    new = _points(20, seed=2)
    a, b = (_fitted(surrogate)[0].posterior(new) for _ in range(2))
    assert_array_equal(a.mean, b.mean)
    assert_array_equal(a.std, b.std)
    samples = [a.sample(np.random.default_rng(3)) for _ in range(2)]
    assert_array_equal(samples[0], samples[1])


def _a_batch_equals_its_points(surrogate: Surrogate) -> None:
    model, U = _fitted(surrogate)[0], _points(6, seed=2)
    batch = model.posterior(U, gradient=True)
    singles = [model.posterior(u[None], gradient=True) for u in U]
    for name in ("mean", "std", "mean_gradient", "std_gradient"):
        if getattr(batch, name) is not None:
            alone = np.concatenate([getattr(single, name) for single in singles])
            assert_allclose(getattr(batch, name), alone, rtol=1e-9, atol=1e-9)


def _gradients_are_those_of_the_predictions(surrogate: Surrogate) -> None:
    model, U = _fitted(surrogate)[0], _points(8, seed=2)
    plain, posterior = model.posterior(U), model.posterior(U, gradient=True)
    assert plain.mean_gradient is None, "gradients come on request only"
    assert plain.std_gradient is None, "gradients come on request only"
    pairs: list[tuple[np.ndarray | None, Callable[[np.ndarray], np.ndarray]]] = [
        (posterior.mean_gradient, lambda U: model.posterior(U).mean),
        (posterior.std_gradient, lambda U: model.posterior(U).std),
    ]
    for gradient, function in pairs:
        if not surrogate.smooth:
            assert gradient is None, "smooth=False, and there are gradients"
            continue
        assert gradient is not None, "smooth=True, and there are no gradients"
        steps = 1e-5 * np.eye(U.shape[1])
        differences = [(function(U + h) - function(U - h)) / 2e-5 for h in steps]
        numeric = np.stack(differences, axis=-1)
        numeric[:, SPACE.dims.categorical] = 0  # categories have no slope
        assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-7)


def _samples_have_the_moments(surrogate: Surrogate) -> None:
    posterior = _fitted(surrogate)[0].posterior(_points(5, seed=2))
    covariance = posterior.covariance()
    assert_allclose(covariance.diagonal(), posterior.std**2, rtol=1e-9, atol=1e-12)
    samples = posterior.sample(np.random.default_rng(0), size=40_000)
    error = 5 * posterior.std.max() / 200  # five standard errors of 40 000 draws
    assert_allclose(samples.mean(axis=0), posterior.mean, atol=error)
    error *= 2 * posterior.std.max()
    assert_allclose(np.cov(samples.T), covariance, atol=error)


def _conditioning_moves_a_copy(surrogate: Surrogate) -> None:
    model, _ = _fitted(surrogate)
    point = _points(1, seed=2)
    before = model.posterior(point)
    high = model.condition(point, before.mean + 1).posterior(point)
    low = model.condition(point, before.mean - 1).posterior(point)
    after = model.posterior(point)
    assert low.mean < before.mean < high.mean, "the mean follows what is assumed"
    assert_array_equal(after.mean, before.mean, "condition changed the original")
    assert_array_equal(after.std, before.std, "condition changed the original")


def _copies_are_independent(surrogate: Surrogate) -> None:
    model, U = _fitted(surrogate)
    new, other = _points(4, seed=2), np.random.default_rng(1).normal(size=len(U))
    before = model.posterior(new)
    covariance = before.covariance()
    pickled, twin = pickle.loads(dumps(model)), copy.deepcopy(model)
    assert_array_equal(pickled.posterior(new).mean, before.mean)
    assert_array_equal(twin.posterior(new).mean, before.mean)
    _fit(twin, U, other, dims=SPACE.dims)
    assert_array_equal(model.posterior(new).mean, before.mean)
    _fit(model, U, other, dims=SPACE.dims)
    assert_array_equal(before.covariance(), covariance, "a posterior outlives a fit")


def _no_array_is_changed_or_kept(surrogate: Surrogate) -> None:
    rng = np.random.default_rng(0)
    U, y, noise = rng.random((10, 2)), rng.normal(size=10), np.full(10, 0.1)
    first = U[:1].copy(), y[:1].copy()
    arrays, originals = (U, y, noise), (U.copy(), y.copy(), noise.copy())
    model = _fit(copy.deepcopy(surrogate), *arrays)
    for array, original in zip(arrays, originals, strict=True):
        assert_array_equal(array, original, "fit changed an array that it was given")
    expected = _fit(copy.deepcopy(surrogate), *originals).condition(*first)
    U[:], y[:], noise[:] = 0.0, 9.0, 5.0
    assert_array_equal(
        model.condition(*first).posterior(first[0]).mean,
        expected.posterior(first[0]).mean,
        "fit kept hold of an array that it was given",
    )


def _points(n: int, seed: int) -> np.ndarray:
    return SPACE.spread(n, np.random.default_rng(seed))


def _fitted(surrogate: Surrogate) -> tuple[Surrogate, np.ndarray]:
    """Return a model of a score that depends on branch, number and category."""
    U = _points(30, seed=1)
    y = U[:, 0] + np.sin(4 * U[:, 1:]).sum(axis=1)
    noise = 0.1 * np.random.default_rng(1).normal(size=len(U))
    y = _standardised(y + noise)
    return _fit(copy.deepcopy(surrogate), U, y, dims=SPACE.dims), U


def _fit(
    surrogate: Surrogate,
    U: np.ndarray,
    y: np.ndarray,
    noise: np.ndarray | None = None,
    *,
    dims: Dims | None = None,
) -> Surrogate:
    fitted = surrogate.fit(
        U,
        y,
        noise=np.zeros(len(y)) if noise is None else noise,
        dims=Dims.all_continuous(U.shape[1]) if dims is None else dims,
        rng=np.random.default_rng(0),
    )
    assert fitted is surrogate, "fit returns the object itself"
    return fitted


def _standardised(y: np.ndarray) -> np.ndarray:
    return np.asarray((y - y.mean()) / y.std())
