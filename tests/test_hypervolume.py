"""Fronts, boxes, the hypervolume, and what a point is expected to add to it."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import qmc

from sklearn_bayes_search.optimizer import hypervolume
from sklearn_bayes_search.optimizer._hypervolume import (
    free_boxes,
    on_front,
    reference_point,
)
from sklearn_bayes_search.optimizer.acquisition._log_ehvi import (
    LogExpectedHypervolumeImprovement,
)

BOTH = pytest.mark.parametrize("m", [2, 3])


def inclusion_exclusion(Y, reference):
    """Add and subtract what groups of points have in common: another exact way."""
    total = 0.0
    for size in range(1, len(Y) + 1):
        for group in itertools.combinations(Y, size):
            common = np.min(group, axis=0) - reference
            total += (-1) ** (size + 1) * np.prod(np.maximum(common, 0.0))
    return total


def points(rng, m, n=7, *, levels=None):
    """Draw points; on a few levels many coordinates are equal."""
    return rng.integers(levels, size=(n, m)) / levels if levels else rng.random((n, m))


def beliefs(mu, s, *, gradient=False):
    """Make a posterior for each objective, of which mean and deviation are columns."""
    mu, s = np.atleast_2d(mu, s)
    n, m = mu.shape
    unit = np.eye(2 * m)[:, None].repeat(n, 1)
    return [
        SimpleNamespace(
            mean=mu[:, j],
            std=s[:, j],
            mean_gradient=unit[j] if gradient else None,
            std_gradient=unit[m + j] if gradient else None,
        )
        for j in range(m)
    ]


@BOTH
@pytest.mark.parametrize("levels", [None, 4])
@pytest.mark.parametrize("seed", range(10))
def test_the_hypervolume_is_that_of_inclusion_and_exclusion(m, levels, seed):
    Y = points(np.random.default_rng(seed), m, levels=levels)
    low = np.full(m, 0.2)
    exact = inclusion_exclusion(Y, low)
    assert hypervolume(Y, low) == pytest.approx(exact, abs=1e-10)


@BOTH
def test_the_hypervolume_is_the_share_of_points_that_are_dominated(m):
    rng = np.random.default_rng(0)
    Y = points(rng, m, 10)
    drawn = rng.random((40_000, m))
    dominated = (drawn[:, None] < Y).all(axis=2).any(axis=1).mean()
    assert hypervolume(Y, np.zeros(m)) == pytest.approx(dominated, abs=8e-3)


def test_points_below_the_reference_add_nothing():
    assert hypervolume([[1.0, -1.0]], [0, 0]) == 0
    assert hypervolume([[1, 1], [3, -1]], [0, 0]) == 1
    assert hypervolume([], [0, 0, 0]) == 0


@pytest.mark.parametrize(
    ("Y", "reference"), [([[1]], [0]), ([[1] * 4], [0] * 4), ([[1, np.nan]], [0, 0])]
)
def test_other_numbers_of_objectives_and_values_are_refused(Y, reference):
    with pytest.raises(ValueError, match=r"objectives|finite"):
        hypervolume(Y, reference)


@BOTH
@pytest.mark.parametrize("levels", [None, 4])
def test_boxes_are_disjoint_and_cover_what_is_not_dominated(m, levels):
    rng = np.random.default_rng(1)
    Y, low = points(rng, m, 12, levels=levels), np.full(m, 0.1)
    lower, upper = free_boxes(Y, low)
    drawn = rng.uniform(0.1, 1.3, size=(2000, m))
    inside = (lower <= drawn[:, None]) & (drawn[:, None] < upper)
    dominated = (drawn[:, None] <= Y).all(axis=2).any(axis=1)
    np.testing.assert_array_equal(inside.all(axis=2).sum(axis=1), ~dominated)
    assert len(lower) <= 2 * len(Y) + 1


def test_what_is_equal_is_on_the_front_together():
    Y = np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 1.0], [1.0, 1.0], [0.0, 3.0]])
    assert on_front(Y).tolist() == [True, True, True, False, True]


def test_the_reference_point_is_below_all_values():
    Y = np.array([[0.0, 10.0], [1.0, 2.0], [0.0, 0.0]])
    assert reference_point(Y).tolist() == [-0.1, -1.0]
    assert reference_point(Y, 0.5).tolist() == [-0.5, -5.0]
    assert (reference_point(np.ones((3, 2))) < 1).all()


@BOTH
@pytest.mark.parametrize("n_points", [0, 1, 6])
def test_the_expected_improvement_is_the_mean_of_improvements(m, n_points):
    rng = np.random.default_rng(n_points)
    Y, low = points(rng, m, n_points), np.zeros(m)
    mu, s = np.full(m, 0.6), np.linspace(0.1, 0.3, m)
    acquisition = LogExpectedHypervolumeImprovement.of_front(Y, low)
    (value,) = np.exp(acquisition(beliefs(mu, s)))
    lower, upper = free_boxes(Y, low)
    # evenly spread probabilities: an error of 1e-4, where chance has one of 1e-2
    even = qmc.Sobol(m, seed=0).random_base2(14)
    sampled = mu + s * ndtri(even)
    sides = np.maximum(np.minimum(sampled[:, None], upper) - lower, 0.0)
    gains = np.prod(sides, axis=2).sum(axis=1)
    assert value == pytest.approx(gains.mean(), rel=1e-3)
    # the sum over boxes is the improvement: another exact routine
    for y, gain in zip(sampled[:3], gains[:3], strict=True):
        exact = inclusion_exclusion([*Y, y], low) - inclusion_exclusion(Y, low)
        assert gain == pytest.approx(exact, abs=1e-10)


@BOTH
def test_the_expected_improvement_is_exact_for_one_box(m):
    """With nothing on the front it is the product of expected improvements."""
    acquisition = LogExpectedHypervolumeImprovement.of_front(
        np.empty((0, m)), np.zeros(m)
    )
    mu, s = np.linspace(-0.5, 1, m), np.linspace(0.5, 1.5, m)
    grid = np.linspace(-10, 10, 400_001)
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    gain = np.maximum(mu + s * grid[:, None], 0.0) * density[:, None]
    exact = np.prod(np.trapezoid(gain, grid, axis=0))
    assert np.exp(acquisition(beliefs(mu, s)))[0] == pytest.approx(exact, rel=1e-8)


@BOTH
@pytest.mark.parametrize("down", [0.0, 3.0, 30.0, 300.0])
def test_gradients_equal_finite_differences_also_far_down(m, down):
    rng = np.random.default_rng(3)
    acquisition = LogExpectedHypervolumeImprovement.of_front(
        points(rng, m, 9), np.zeros(m)
    )
    x = np.hstack([rng.random((6, m)) - down / 10, rng.uniform(0.05, 0.3, (6, m))])
    value, gradient = acquisition.value_and_gradient(
        beliefs(x[:, :m], x[:, m:], gradient=True)
    )
    np.testing.assert_allclose(value, acquisition(beliefs(x[:, :m], x[:, m:])))
    assert np.isfinite(value).all()
    for j, step in enumerate(1e-6 * np.eye(2 * m)):
        ends = [
            acquisition(beliefs((x + e)[:, :m], (x + e)[:, m:])) for e in (step, -step)
        ]
        slope = (ends[0] - ends[1]) / 2e-6
        # rounding of values of up to 1e6 over a step of 1e-6
        scale = 1e-7 * np.abs(gradient).max() + 1e-5
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-5, atol=scale)


@BOTH
def test_narrow_boxes_do_not_cancel(m):
    """Two points that are nearly one have a box between them."""
    y = np.full(m, 0.5)
    near = y + 1e-9 * np.where(np.arange(m) == 0, 1, -1)
    for down in (0.0, 5.0):
        found = []
        for Y in ([y], [y, near]):
            acquisition = LogExpectedHypervolumeImprovement.of_front(
                np.array(Y), np.zeros(m)
            )
            of = beliefs(y - down, np.full(m, 0.2), gradient=True)
            found.append(acquisition.value_and_gradient(of))
        (one, by_one), (two, by_two) = found
        np.testing.assert_allclose(one, two, rtol=1e-6)
        np.testing.assert_allclose(by_one, by_two, rtol=1e-5)
