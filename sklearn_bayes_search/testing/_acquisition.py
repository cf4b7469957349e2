"""What the optimiser counts on in an acquisition function."""

import copy
import pickle

import numpy as np
from joblib.externals.loky.backend.reduction import dumps
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_bayes_search.optimizer.acquisition import Acquisition, Context
from sklearn_bayes_search.optimizer.surrogate import Posterior

# Height of the mean above the incumbent, and scale of the deviation, from sure gains to
# depths where a probability underflows.
REGIMES = [(3, 0.3), (0, 0.5), (-1, 1), (-35, 1), (-10, 1e-2), (-10, 1e-6)]


def check_acquisition(acquisition: Acquisition) -> None:
    """Check that an acquisition function keeps its promises.

    Its values are finite, and the same for equal input. It does not change what is
    passed to it. Copies and pickles return the same values. If it is smooth, the value
    of a point does not depend on the other points, and gradients are those of the
    values.

    Parameters
    ----------
    acquisition : Acquisition
        With the parameters to check.

    Examples
    --------
    >>> from sklearn_bayes_search import UpperConfidenceBound
    >>> from sklearn_bayes_search.testing import check_acquisition
    >>> check_acquisition(UpperConfidenceBound(kappa=3.0))
    """
    _values_are_finite(acquisition)
    _equal_input_gives_equal_values(acquisition)
    if acquisition.smooth:
        for height, scale in REGIMES:
            _gradients_are_those_of_the_values(acquisition, height, scale)
        _a_batch_equals_its_points(acquisition)


def _values_are_finite(acquisition: Acquisition) -> None:
    heights = np.concatenate([-np.logspace(-12, 12, 25), [0.0], np.logspace(-12, 3, 9)])
    mean, std = map(np.ravel, np.meshgrid(heights, [1e-6, 1e-3, 1.0, 1e3]))
    ones = np.ones((len(mean), 3))
    for noise_std in (0.0, 1e-8, 0.1, 10.0):
        posterior = _posterior(mean, std, noise_std, ones, ones)
        with np.errstate(all="raise", under="ignore"):
            arrays = [acquisition(posterior, _context())]
            if acquisition.smooth:
                arrays += acquisition.value_and_gradient(posterior, _context())
        assert arrays[0].shape == mean.shape, "one value a point"
        assert all(np.isfinite(array).all() for array in arrays), "values are finite"
        if acquisition.scale == "amount":
            assert (arrays[0] >= 0).all(), 'scale="amount", and values below 0'


def _equal_input_gives_equal_values(acquisition: Acquisition) -> None:
    posterior = waves(points(), -1.0, 0.5)
    before = copy.deepcopy(vars(posterior) | {"covariance": None})
    expected = acquisition(posterior, _context())
    copies = [copy.copy(acquisition), copy.deepcopy(acquisition)]
    for twin in (acquisition, *copies, pickle.loads(dumps(acquisition))):
        assert_array_equal(twin(posterior, _context()), expected)
    if acquisition.smooth:
        value, _ = acquisition.value_and_gradient(posterior, _context())
        assert_array_equal(value, expected, "the value comes with its gradient, too")
    for name, array in before.items():
        if name != "covariance":
            message = f"posterior.{name} was changed"
            assert_array_equal(getattr(posterior, name), array, message)


def _gradients_are_those_of_the_values(
    acquisition: Acquisition, height: float, scale: float
) -> None:
    U, step = points(), 1e-6
    _, gradient = acquisition.value_and_gradient(waves(U, height, scale), _context())
    assert gradient.shape == U.shape, "one derivative for each column of each point"
    expected, rounding = np.empty_like(U), np.empty_like(U)
    for j, shift in enumerate(step * np.eye(U.shape[1])):
        up = acquisition(waves(U + shift, height, scale), _context())
        down = acquisition(waves(U - shift, height, scale), _context())
        expected[:, j] = (up - down) / (2 * step)
        # four last digits: where a value is nearly 1, the differences are all rounding
        rounding[:, j] = 4 * np.spacing(np.abs(up)) / step
    # a component may vanish where others do not: compare with the point's own slope
    slope = np.abs(expected).max(axis=1, keepdims=True)
    wrong = np.abs(gradient - expected) > 1e-5 * slope + rounding
    assert not wrong.any(), f"gradient {gradient[wrong]}, differences {expected[wrong]}"


def _a_batch_equals_its_points(acquisition: Acquisition) -> None:
    # one batch across all regimes takes all branches of a function in one call
    U = points(len(REGIMES))
    rows = [waves(u[None], *regime) for u, regime in zip(U, REGIMES, strict=True)]
    names = ("mean", "std", "mean_gradient", "std_gradient")
    mean, std, *slopes = (np.concatenate([getattr(r, n) for r in rows]) for n in names)
    batch = _posterior(mean, std, 0.2, *slopes)
    value, gradient = acquisition.value_and_gradient(batch, _context())
    for i, row in enumerate(rows):
        one_value, one_gradient = acquisition.value_and_gradient(row, _context())
        # the last digit may differ between vectorised and scalar loops of numpy
        assert_allclose(value[i : i + 1], one_value, rtol=1e-14)
        assert_allclose(gradient[i : i + 1], one_gradient, rtol=1e-13)


def points(n_points: int = 40) -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(n_points, 3))


def _context() -> Context:
    rng = np.random.default_rng(0)
    return Context(best=0.0, gap=1.0, n_told=10, n_dims=3, rng=rng)


def waves(
    U: np.ndarray, height: float, scale: float, noise_std: float = 0.2
) -> Posterior:
    """Return a mean and a deviation at ``U`` (n_points, 3) with known gradients."""
    a, b = np.array([2.0, -1.0, 0.5]), np.array([-0.5, 1.5, 1.0])
    std = scale * np.exp(0.5 * np.cos(U @ b))
    return _posterior(
        height + 0.5 * np.sin(U @ a),
        std,
        noise_std,
        0.5 * np.cos(U @ a)[:, None] * a,
        (-0.5 * std * np.sin(U @ b))[:, None] * b,
    )


def _posterior(
    mean: np.ndarray,
    std: np.ndarray,
    noise_std: float,
    mean_gradient: np.ndarray,
    std_gradient: np.ndarray,
) -> Posterior:
    """Return a posterior whose points are independent of each other."""

    def covariance() -> np.ndarray:
        return np.diag(std**2)

    return Posterior(mean, std, noise_std, covariance, mean_gradient, std_gradient)
