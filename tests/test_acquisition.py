"""What every acquisition promises, then what each one means."""

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.stats import norm

import sklearn_bayes_search.optimizer.acquisition as module
from sklearn_bayes_search.optimizer.acquisition import (
    ACQUISITIONS,
    Acquisition,
    Context,
    ExpectedImprovement,
    ExpectedImprovementPerSecond,
    LogExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from sklearn_bayes_search.optimizer.proposer._names import as_acquisition
from sklearn_bayes_search.testing import check_acquisition
from sklearn_bayes_search.testing._acquisition import points, waves

MEMBERS = [
    LogExpectedImprovement(),
    LogExpectedImprovement(cap=None),
    LogExpectedImprovement(cap=0.0),
    LogExpectedImprovement(xi=0.1, cap=None, augmented=False),
    ExpectedImprovementPerSecond(),
    ExpectedImprovementPerSecond(cost_power=0.5, cap=None),
    ExpectedImprovement(),
    ExpectedImprovement(xi=0.2),
    ProbabilityOfImprovement(),
    ProbabilityOfImprovement(xi=0.0),
    UpperConfidenceBound(),
    UpperConfidenceBound(kappa="gp-ucb"),
    ThompsonSampling(),
]
SMOOTH = [member for member in MEMBERS if member.smooth]
PLAIN_LOG_EI = LogExpectedImprovement(cap=None, augmented=False)
AUGMENTED_LOG_EI = LogExpectedImprovement(cap=None)

# Height of the mean above the incumbent, and scale of the deviation: z runs from about
# 10 to -10^7, over both seams of LogEI (-1 and -1000).
REGIMES = {
    "above": (3.0, 0.3),
    "beside": (0.0, 0.5),
    "below": (-1.0, 1.0),
    "where EI nearly underflows": (-35.0, 1.0),
    "where EI underflows": (-10.0, 1e-2),
    "deep tail": (-10.0, 1e-6),
}


@dataclass
class FakePosterior:
    """Posterior with a given mean and deviation; draws are independent."""

    mean: np.ndarray
    std: np.ndarray
    noise_std: float = 0.0
    mean_gradient: np.ndarray | None = None
    std_gradient: np.ndarray | None = None

    def sample(self, rng: np.random.Generator, size: int = 1) -> np.ndarray:
        return self.mean + self.std * rng.standard_normal((size, len(self.mean)))


@pytest.mark.parametrize("acquisition", MEMBERS, ids=repr)
def test_every_promise_is_kept(acquisition):
    check_acquisition(acquisition)


def posterior_of(mean, std, noise_std=0.0):
    """Build a posterior from numbers or sequences that broadcast, with no gradients."""
    mean, std = np.broadcast_arrays(np.atleast_1d(mean), np.atleast_1d(std))
    return FakePosterior(mean.astype(float), std.astype(float), noise_std)


def context_with(best=0.0, gap=1.0, n_told=10, n_dims=3, seed=0):
    rng = np.random.default_rng(seed)
    return Context(best=best, gap=gap, n_told=n_told, n_dims=n_dims, rng=rng)


# What every member promises


@pytest.mark.parametrize("acquisition", SMOOTH, ids=repr)
def test_never_decreases_with_the_mean(acquisition):
    value = acquisition(posterior_of(np.linspace(-60, 5, 500), 0.7), context_with())
    # 1e-15: beyond the incumbent a value of 1 may wobble in its last digit.
    assert np.all(np.diff(value) >= -1e-15)


@pytest.mark.parametrize("acquisition", SMOOTH, ids=repr)
@pytest.mark.parametrize("noise_std", [0.0, 0.3])
def test_uncertainty_is_worth_something_below_the_incumbent(acquisition, noise_std):
    posterior = posterior_of(-0.5, np.logspace(-1, 1, 100), noise_std)
    assert np.all(np.diff(acquisition(posterior, context_with())) > 0)


@pytest.mark.parametrize("acquisition", MEMBERS, ids=repr)
@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))]
)
def test_copies_and_pickles_are_equal(acquisition, duplicate):
    twin = duplicate(acquisition)
    assert twin == acquisition
    assert hash(twin) == hash(acquisition)
    assert repr(twin) == repr(acquisition)


@pytest.mark.parametrize("acquisition", MEMBERS, ids=repr)
def test_settings_are_frozen(acquisition):
    for f in fields(acquisition):
        with pytest.raises(FrozenInstanceError):
            setattr(acquisition, f.name, 1.0)


@pytest.mark.parametrize("acquisition", SMOOTH, ids=repr)
def test_missing_gradients_are_an_error_that_tells_the_way_out(acquisition):
    with pytest.raises(ValueError, match="gradient=True"):
        acquisition.value_and_gradient(posterior_of(0.0, 1.0), context_with())


@pytest.mark.parametrize(
    ("greedy", "curious"),
    [
        (LogExpectedImprovement(), LogExpectedImprovement(xi=1.0)),
        (ExpectedImprovement(), ExpectedImprovement(xi=1.0)),
        (ProbabilityOfImprovement(xi=0.0), ProbabilityOfImprovement(xi=1.0)),
        (UpperConfidenceBound(kappa=0.0), UpperConfidenceBound(kappa=3.0)),
    ],
    ids=repr,
)
def test_larger_setting_explores_more(greedy, curious):
    sure_or_unsure = posterior_of([0.1, -0.5], [0.01, 0.5])
    assert np.argmax(greedy(sure_or_unsure, context_with())) == 0
    assert np.argmax(curious(sure_or_unsure, context_with())) == 1


# Expected improvement and its logarithm


@pytest.mark.parametrize("xi", [0.0, 0.3])
@pytest.mark.parametrize("mean", [-3.0, -0.4, 0.5, 0.9, 2.0])
@pytest.mark.parametrize("std", [0.2, 1.0, 3.0])
def test_ei_is_the_integral_of_the_improvement(xi, mean, std):
    bar = 0.5 + xi
    upper = max(bar, mean) + 12 * std
    expected, _ = quad(
        lambda f: (f - bar) * norm.pdf(f, mean, std),
        *(bar, upper),
        epsabs=0,
        epsrel=1e-10,
        points=[max(bar, mean)] if mean > bar else None,
        limit=200,
    )
    value = ExpectedImprovement(xi=xi)(posterior_of(mean, std), context_with(best=0.5))
    assert_allclose(value, expected, rtol=1e-8)


def test_log_ei_is_the_logarithm_of_ei():
    z = np.linspace(-36.5, 10, 2000)
    posterior = posterior_of(0.7 * z, 0.7)
    ei = ExpectedImprovement()(posterior, context_with())
    usable = ei > 1e-300
    assert usable.sum() > 1900
    log_ei = PLAIN_LOG_EI(posterior, context_with())
    # EI itself loses digits: phi is off by z^2 / 2, and cancellation adds z^2, so that
    # up to z^4 / 2 = 1e6 times 1e-16 is its error, not that of the logarithm.
    assert_allclose(np.exp(log_ei[usable]), ei[usable], rtol=1e-9)


@pytest.mark.parametrize(
    "z", [-0.5, -0.999, -1.001, -5, -50, -999, -1001, -1e4, -1e8, -1e20, -1e150]
)
def test_log_ei_equals_its_integral_at_any_depth(z):
    # EI = int_0^oo t phi(t - z) dt; with x = -z t, what underflows comes out in front:
    # EI = phi(z) / z^2 int x exp(-x - x^2 / (2 z^2)) dx, and so does Phi / phi.
    def moment(k):
        def integrand(x):
            return x**k * math.exp(-x - (x / z) ** 2 / 2)

        return quad(integrand, 0, 80, epsabs=0, epsrel=1e-12, limit=500)[0]

    M, g = moment(0) / -z, moment(1) / z**2
    posterior = posterior_of(z, 1.0)
    posterior.mean_gradient, posterior.std_gradient = np.eye(2)[:1], np.eye(2)[1:]
    value, slopes = PLAIN_LOG_EI.value_and_gradient(posterior, context_with())
    assert_allclose(value, norm.logpdf(z) + math.log(g), rtol=1e-13)
    # At worst, at the seam of -1000, cancellation leaves g 10 digits of 16.
    assert_allclose(slopes[0], [M / g, 1 / g], rtol=2e-10)


def test_log_ei_still_ranks_points_where_ei_is_zero():
    posterior = posterior_of(np.linspace(-1e3, -45, 500), 1.0)
    context = context_with()
    assert np.all(ExpectedImprovement()(posterior, context) == 0)
    value = PLAIN_LOG_EI(posterior, context)
    assert np.all(np.isfinite(value))
    assert np.all(np.diff(value) > 0)


@pytest.mark.parametrize("mean", [-3.0, -0.4, 0.5, 0.9, 3.0])
@pytest.mark.parametrize("std", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("cap", [0.0, 0.01, 0.2, 1.0])
def test_capped_log_ei_is_the_integral_of_what_gains_count(mean, std, cap):
    best, gap = 0.5, 1.5
    D = cap * gap

    def counted(f):
        gain = max(f - best, 0)
        return min(gain, D) + 0.01 * max(gain - D, 0)

    upper = max(best + D, mean) + 12 * std
    expected, _ = quad(
        lambda f: counted(f) * norm.pdf(f, mean, std),
        *(best, upper),
        epsabs=0,
        epsrel=1e-10,
        points=sorted({best + D, max(best, mean)} - {best}) or None,
        limit=200,
    )
    acquisition = LogExpectedImprovement(cap=cap, augmented=False)
    value = acquisition(posterior_of(mean, std), context_with(best=best, gap=gap))
    assert_allclose(np.exp(value), expected, rtol=1e-8)


def test_a_sure_small_gain_beats_an_unlikely_large_one_only_under_a_cap():
    sure_or_unlikely = posterior_of([0.1, -1.0], [0.05, 1.0])
    context = context_with(gap=0.5)
    assert np.argmax(LogExpectedImprovement()(sure_or_unlikely, context)) == 0
    unlimited = LogExpectedImprovement(cap=None, xi=0.1)
    assert np.argmax(unlimited(sure_or_unlikely, context)) == 1


@pytest.mark.parametrize("name", ["ei", "log_ei", "pi"])
def test_a_margin_above_the_best_counts_like_xi(name):
    posterior, context = posterior_of([0.5, -1.0], [0.5, 1.0]), context_with()
    member = ACQUISITIONS[name]
    by_margin = member(xi=0.1)(posterior, replace(context, margin=0.3))
    assert_allclose(by_margin, member(xi=0.4)(posterior, context))


def test_discount_is_that_of_huang():
    std, tau = np.logspace(-2, 2, 50), 0.5
    augmented = AUGMENTED_LOG_EI(posterior_of(-0.3, std, tau), context_with())
    plain = PLAIN_LOG_EI(posterior_of(-0.3, std, tau), context_with())
    # The textbook form cancels to (std / tau)^2 / 2 = 2e-4, so 12 digits are left.
    expected = np.log(1 - tau / np.sqrt(std**2 + tau**2))
    assert_allclose(augmented - plain, expected, rtol=1e-11, atol=1e-12)


def test_discount_is_exact_where_noise_dwarfs_the_deviation():
    posterior = posterior_of(0.0, [1e-6, 1e-5], noise_std=100.0)
    augmented = AUGMENTED_LOG_EI(posterior, context_with())
    discount = augmented - PLAIN_LOG_EI(posterior, context_with())
    # 1 - 1 / sqrt(1 + q) = q / 2 up to a relative q, here 1e-14.
    assert_allclose(discount, np.log((posterior.std / 100.0) ** 2 / 2), rtol=1e-13)


def test_no_noise_means_no_discount():
    posterior = waves(points(), -1.0, 0.5, noise_std=0.0)
    for with_discount, without in zip(
        AUGMENTED_LOG_EI.value_and_gradient(posterior, context_with()),
        PLAIN_LOG_EI.value_and_gradient(posterior, context_with()),
        strict=True,
    ):
        assert_array_equal(with_discount, without)


def test_noise_makes_a_known_point_less_attractive_than_an_unknown_one():
    known_or_unknown = posterior_of([0.0, -0.4], [0.1, 0.3], noise_std=0.5)
    assert np.argmax(PLAIN_LOG_EI(known_or_unknown, context_with())) == 0
    assert np.argmax(AUGMENTED_LOG_EI(known_or_unknown, context_with())) == 1


# The others


@pytest.mark.parametrize("xi", [0.0, 0.01, 0.5])
def test_pi_is_the_probability_beyond_the_margin(xi):
    posterior = waves(points(), 0.3, 0.5)
    value = ProbabilityOfImprovement(xi=xi)(posterior, context_with(best=0.2))
    expected = norm.sf(0.2 + xi, loc=posterior.mean, scale=posterior.std)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("kappa", [0, 1.5, np.float32(2)])
def test_ucb_is_mean_plus_kappa_deviations(kappa):
    value = UpperConfidenceBound(kappa=kappa)(
        posterior_of([1.0, -2.0], [0.5, 3.0]), context_with()
    )
    assert_allclose(value, [1.0 + 0.5 * kappa, -2.0 + 3.0 * kappa], rtol=1e-15)


def gp_ucb_weight(n_told, n_dims):
    """Read the weight of the schedule off a point with mean 0 and deviation 1."""
    context = context_with(n_told=n_told, n_dims=n_dims)
    return UpperConfidenceBound(kappa="gp-ucb")(posterior_of(0.0, 1.0), context)[0]


@pytest.mark.parametrize(("n_told", "n_dims"), [(0, 1), (4, 2), (99, 6)])
def test_gp_ucb_weight_is_the_published_one(n_told, n_dims):
    t, d, delta = n_told + 1, n_dims, 0.1
    beta = 2 * math.log(t ** (d / 2 + 2) * math.pi**2 / (3 * delta))
    assert_allclose(gp_ucb_weight(n_told, n_dims), math.sqrt(beta), rtol=1e-14)


def test_gp_ucb_weight_grows_with_points_and_dimensions():
    assert np.all(np.diff([gp_ucb_weight(t, 3) for t in range(200)]) > 0)
    # In 1000 dimensions the power inside the logarithm overflows if it is taken first.
    assert np.all(np.diff([gp_ucb_weight(20, d) for d in (1, 2, 10, 1000)]) > 0)


def test_thompson_is_one_draw_of_the_posterior():
    posterior = waves(points(), 0.0, 0.5)
    value = ThompsonSampling()(posterior, context_with(seed=5))
    assert_array_equal(value, posterior.sample(np.random.default_rng(5))[0])


def test_thompson_draws_anew_at_each_call():
    context, posterior = context_with(), posterior_of(np.zeros(5), 1.0)
    first, second = (ThompsonSampling()(posterior, context) for _ in range(2))
    assert np.all(first != second)


def test_thompson_draws_have_the_posterior_s_moments():
    n = 20_000
    draw = ThompsonSampling()(posterior_of(np.full(n, 1.5), 0.5), context_with())
    # Five standard errors each: about 1 seed in 10^6 would fail.
    assert abs(draw.mean() - 1.5) < 5 * 0.5 / math.sqrt(n)
    assert abs(draw.std() - 0.5) < 5 * 0.5 / math.sqrt(2 * n)


def test_thompson_has_no_gradient():
    with pytest.raises(TypeError, match="ThompsonSampling has no gradient"):
        ThompsonSampling().value_and_gradient(waves(points(), 0.0, 1.0), context_with())


# Settings and names


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda value: LogExpectedImprovement(xi=value), "xi"),
        (lambda value: ExpectedImprovement(xi=value), "xi"),
        (lambda value: ProbabilityOfImprovement(xi=value), "xi"),
        (lambda value: UpperConfidenceBound(kappa=value), "kappa"),
    ],
)
class TestBadSettings:
    @pytest.mark.parametrize("value", [-0.1, -1, math.nan, math.inf])
    def test_bad_number_names_argument_rule_and_value(
        self, make: Callable[[object], Acquisition], name: str, value: float
    ):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of") as caught:
            make(value)
        owner = type(make(0.0)).__name__
        assert owner in str(caught.value)
        assert ">= 0" in str(caught.value)
        assert f"Got {value!r} instead." in str(caught.value)

    @pytest.mark.parametrize("value", [None, True, [1.0], 1j])
    def test_bad_type_is_a_type_error(
        self, make: Callable[[object], Acquisition], name: str, value: object
    ):
        with pytest.raises(TypeError, match=f"The '{name}' parameter of"):
            make(value)


def test_unknown_schedule_names_the_known_one():
    with pytest.raises(ValueError, match=r"'kappa'.* or 'gp-ucb'\. Got 'gpucb' inst"):
        UpperConfidenceBound(kappa="gpucb")


def test_a_word_is_no_switch():
    with pytest.raises(TypeError, match=r"'augmented'.*True or False\. Got 'no' inst"):
        LogExpectedImprovement(augmented="no")


def test_bad_setting_cannot_slip_in_by_replace():
    with pytest.raises(ValueError, match="'xi'"):
        replace(ExpectedImprovement(), xi=-1.0)


def test_every_public_member_has_a_name_and_is_tested_here():
    public = [getattr(module, name) for name in module.__all__]
    members = {
        value
        for value in public
        if isinstance(value, type)
        and hasattr(value, "value_and_gradient")
        and value is not Acquisition
    }
    assert set(ACQUISITIONS.values()) == members
    assert {type(acquisition) for acquisition in MEMBERS} == members


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_name_stands_for_the_member_with_its_defaults(name):
    assert as_acquisition(name) == ACQUISITIONS[name]()
    assert isinstance(as_acquisition(name), Acquisition)


def test_names_cannot_be_changed():
    with pytest.raises(TypeError):
        ACQUISITIONS["mine"] = ExpectedImprovement


@pytest.mark.parametrize("acquisition", MEMBERS, ids=repr)
def test_object_passes_through(acquisition):
    assert as_acquisition(acquisition) is acquisition


@pytest.mark.parametrize("acquisition", MEMBERS, ids=repr)
def test_only_settings_are_instance_attributes(acquisition):
    assert set(vars(acquisition)) == {f.name for f in fields(acquisition)}


def test_user_s_own_acquisition_needs_no_base_class():
    class Mean:
        smooth = True
        scale = "score"
        cost_power = 0.0

        def __call__(self, posterior, context):
            return posterior.mean

        def value_and_gradient(self, posterior, context):
            return posterior.mean, posterior.mean_gradient

    mine = Mean()
    assert as_acquisition(mine) is mine


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("eii", "ei"), ("log-ei", "log_ei"), ("UCB", "ucb"), ("thomson", "thompson")],
)
def test_typo_gets_the_nearest_name(typo, meant):
    with pytest.raises(ValueError, match="'acquisition' parameter must be one of") as e:
        as_acquisition(typo)
    assert f"Got {typo!r} instead. Did you mean {meant!r}?" in str(e.value)


def test_name_unlike_any_gets_no_guess():
    with pytest.raises(ValueError, match=r"'ei'.*Got 'knowledge' instead\.$"):
        as_acquisition("knowledge")


@pytest.mark.parametrize("value", [None, 3, len, np.mean, {"ei": 1}])
def test_anything_else_is_a_type_error(value):
    with pytest.raises(TypeError, match="'acquisition' parameter must be one of"):
        as_acquisition(value)


def test_what_an_object_lacks_is_named():
    class Mean:
        smooth = True

        def value_and_gradient(self, posterior, context):
            return posterior.mean, posterior.mean_gradient

    with pytest.raises(TypeError, match=r"lacks scale, cost_power, __call__\.$"):
        as_acquisition(Mean())


def test_a_subclass_has_to_say_its_scale():
    class Mean(Acquisition):
        smooth = True

        def __call__(self, posterior, context):
            return posterior.mean

        def value_and_gradient(self, posterior, context):
            return posterior.mean, posterior.mean_gradient

    with pytest.raises(TypeError, match="scale"):
        Mean()
    Mean.scale = "logarithm"
    Mean.__abstractmethods__ = frozenset()
    with pytest.raises(ValueError, match=r"must be one of.*'log'.*Got 'logarithm'"):
        as_acquisition(Mean())


def test_class_instead_of_object_tells_to_call_it():
    with pytest.raises(TypeError, match=r"use UpperConfidenceBound\(\)"):
        as_acquisition(UpperConfidenceBound)


def test_context_is_frozen():
    with pytest.raises(FrozenInstanceError):
        context_with().best = 1.0
