"""What proposers promise, and what the Parzen estimator's densities are."""

import re

import numpy as np
import pytest
from scipy.stats import kstest

from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer.acquisition import (
    LogExpectedImprovement,
    UpperConfidenceBound,
)
from sklearn_bayes_search.optimizer.proposer import (
    SURROGATES,
    Observations,
    ParzenEstimator,
)
from sklearn_bayes_search.optimizer.proposer import _parzen as module
from sklearn_bayes_search.optimizer.proposer._model_based import ModelBased
from sklearn_bayes_search.optimizer.proposer._names import as_proposer
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess, RandomForest
from sklearn_bayes_search.space import Integer, Real, Space
from sklearn_bayes_search.testing import check_proposer

SPACES = {
    "one": Space({"x": Real(0, 1)}),
    "mixed": Space({"x": Real(0, 1), "n": Integer(1, 7), "c": ["p", "q", None]}),
    "categories only": Space({name: list("abcdefg") for name in "stuvw"}),
    "unlisted ints": Space({"x": Real(0, 1), "n": Integer(0, 10**9)}),
    "branches": Space(
        [
            {"k": ["a"], "x": Real(0, 1), "c": ["p", "q", None]},
            {"k": ["b"], "x": Real(0, 1), "n": Integer(1, 5)},
            {"k": ["c"]},
        ]
    ),
}
every_space = pytest.mark.parametrize("name", SPACES)
every_kind = pytest.mark.parametrize("multivariate", [True, False])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def known(space, n=20, *, score=None, n_pending=0, n_failed=0, seed=0):
    """Return what is known after n random points."""
    U = space.spread(n + n_pending, np.random.default_rng(seed))
    y = (
        -((U - 0.3) ** 2).sum(axis=1)
        if score is None
        else np.full(n + n_pending, score)
    )
    failed = np.arange(n) >= n - n_failed
    return Observations(
        U=U[:n], y=y[:n], noise=np.zeros(n), failed=failed, pending=U[n:]
    )


def propose(proposer, space, facts, seed=1):
    maximizer, asked = Maximizer(space), AskedPoints(space.dims)
    for row in np.concatenate([facts.U, facts.pending]):
        asked.add(row)
    rng = np.random.default_rng(seed)
    return proposer.propose(facts, maximizer=maximizer, asked=asked, rng=rng)


@pytest.mark.parametrize("member", SURROGATES)
def test_every_promise_is_kept(member):
    check_proposer(as_proposer(member))


@pytest.mark.parametrize("member", ["forest", "tpe"])
@pytest.mark.parametrize("batch", [1, 4])
def test_it_finds_the_top_of_a_hill(member, batch):
    space = {"x": Real(0, 1), "n": Integer(1, 9), "c": list("abc")}
    optimizer = BayesianOptimizer(space, surrogate=member, random_state=0)
    for _ in range(40 // batch):
        trials = [optimizer.ask() for _ in range(batch)]
        assert len({trial.row.tobytes() for trial in trials}) == batch
        for trial in trials:
            x, n, c = (trial.params[name] for name in "xnc")
            score = -((x - 0.3) ** 2) - 0.1 * abs(n - 7) - (c != "b")
            optimizer.tell(trial, score)
    assert optimizer.best.score > -0.02


def mixture(name, n=6, *, multivariate=True, seed=0):
    K = SPACES[name].spread(n, np.random.default_rng(seed))
    return module._Mixture(K, SPACES[name], multivariate=multivariate)


@every_kind
@pytest.mark.parametrize("name", ["mixed", "branches"])
def test_the_density_integrates_to_one(name, multivariate, rng):
    # by importance: points of the space's own distribution, in which it is a ratio
    space = SPACES[name]
    better = mixture(name, multivariate=multivariate)
    prior = module._Mixture(np.empty((0, space.n_dims)), space, multivariate=True)
    U = space.spread(2**14, rng)
    ratio = np.exp(better.log_density(U) - prior.log_density(U))
    assert ratio.mean() == pytest.approx(1.0, abs=0.03)


@every_kind
def test_draws_have_the_density(multivariate, rng):
    better = mixture("one", multivariate=multivariate)
    draws = better.sample(4000, rng)[:, 0]
    grid = np.linspace(0, 1, 2001)
    density = np.exp(better.log_density(grid[:, None]))
    steps = np.diff(grid) * (density[1:] + density[:-1]) / 2
    cdf = np.concatenate([[0.0], np.cumsum(steps)])
    assert cdf[-1] == pytest.approx(1.0, abs=1e-4)
    assert kstest(draws, lambda x: np.interp(x, grid, cdf)).pvalue > 1e-3


@every_kind
def test_draws_of_levels_have_the_density(multivariate, rng):
    space = SPACES["mixed"]
    better = mixture("mixed", multivariate=multivariate)
    U = space.snap(better.sample(40_000, rng))
    for column in (0, 1):  # of c and of n, in sorted order
        levels, counts = np.unique(U[:, column], return_counts=True)
        if multivariate:
            parts = better._log_kernels(levels, column)
            parts = np.column_stack([parts[0], parts[1]])
            expected = np.exp(parts) @ better._weights(None)
        else:
            parts = better._log_kernels(levels, column)
            expected = np.exp(np.column_stack(parts)) @ better._weights(column)
        assert expected.sum() == pytest.approx(1.0)
        # five standard errors
        np.testing.assert_allclose(counts / len(U), expected, atol=0.0125)


@every_space
@every_kind
def test_densities_are_finite_everywhere(name, multivariate, rng):
    space = SPACES[name]
    far = np.repeat(space.spread(1, rng), 50, axis=0)
    better = module._Mixture(far, space, multivariate=multivariate)
    assert np.isfinite(better.log_density(space.spread(512, rng))).all()


@every_kind
def test_parameters_of_a_branch_are_learned_from_its_points(multivariate, rng):
    space = SPACES["branches"]
    U = space.spread(40, rng)
    others = U[space.dims.branch_of(U) != 1]
    better = module._Mixture(others, space, multivariate=multivariate)
    n = [name for name, _ in space.columns].index("n") + 1
    rows = [space.encode({"k": "b", "x": 0.5, "n": value}) for value in range(1, 6)]
    density = better.log_density(np.array(rows))
    assert n in np.flatnonzero(space.dims.active[1])
    # no point of the branch is known: all levels of its own parameter are alike
    np.testing.assert_allclose(density, density[0])


def test_good_points_are_the_best_that_succeeded(rng):
    space = SPACES["one"]
    facts = known(space, 30, n_failed=5)
    good = ParzenEstimator(gamma=0.2)._good(facts, rng)
    assert good.sum() == 6
    assert not (good & facts.failed).any()
    rest = ~good & ~facts.failed
    assert facts.y[good].min() >= facts.y[rest].max()
    assert ParzenEstimator(gamma=0.9)._good(known(space, 2), rng).sum() == 1


def test_pending_points_count_as_others(rng):
    space = SPACES["one"]
    U = np.linspace(0, 1, 21)[:, None]
    facts = Observations(
        U=U,
        y=-np.abs(U[:, 0] - 0.5),
        noise=np.zeros(21),
        failed=np.zeros(21, dtype=bool),
        pending=np.full((12, 1), 0.5) + 0.001 * np.arange(12)[:, None],
    )
    none = Observations(**{**vars(facts), "pending": np.empty((0, 1))})
    distance = [
        np.mean(
            [
                abs(propose(ParzenEstimator(), space, f, seed=seed)[0] - 0.5)
                for seed in range(20)
            ]
        )
        for f in (none, facts)
    ]
    assert distance[1] > 1.5 * distance[0]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"gamma": 0.0}, ValueError, "'gamma' parameter of ParzenEstimator must be"),
        ({"gamma": 1}, ValueError, "between 0 and 1"),
        ({"gamma": "0.1"}, TypeError, "Got '0.1' instead"),
        ({"gamma": True}, TypeError, "'gamma'"),
        ({"multivariate": 1}, TypeError, "a bool. Got 1"),
        ({"n_candidates": 0}, ValueError, "an int >= 1. Got 0"),
        ({"n_candidates": 24.0}, TypeError, "an int >= 1. Got 24.0"),
    ],
)
def test_wrong_settings_are_named(settings, error, message):
    with pytest.raises(error, match=re.escape(message)):
        ParzenEstimator(**settings)


def test_names_and_objects_become_proposers():
    assert isinstance(as_proposer("gp").surrogate, GaussianProcess)
    assert as_proposer("forest").surrogate.n_estimators == RandomForest().n_estimators
    assert as_proposer("tpe") == ParzenEstimator()
    forest = RandomForest(7)
    made = as_proposer(forest, UpperConfidenceBound())
    assert isinstance(made, ModelBased)
    assert made.surrogate is not forest
    assert made.surrogate.n_estimators == 7
    assert made.acquisition == UpperConfidenceBound()
    settings = ParzenEstimator(gamma=0.15, multivariate=False)
    assert as_proposer(settings) == settings


@pytest.mark.parametrize(
    ("surrogate", "error", "message"),
    [
        ("fores", ValueError, "Did you mean 'forest'?"),
        ("TPE", ValueError, "Did you mean 'tpe'?"),
        ("x", ValueError, f"must be one of {sorted(SURROGATES)} or an object. Got"),
        (RandomForest, TypeError, "with the methods fit, condition, posterior and"),
        (ParzenEstimator, TypeError, "or with the method propose"),
        (3, TypeError, "Got 3 instead"),
    ],
)
def test_a_wrong_surrogate_is_named(surrogate, error, message):
    with pytest.raises(error, match=re.escape(message)):
        as_proposer(surrogate)


@pytest.mark.parametrize("acquisition", ["log_ei", LogExpectedImprovement()])
def test_a_proposer_takes_the_default_acquisition(acquisition):
    assert as_proposer("tpe", acquisition) == ParzenEstimator()


@pytest.mark.parametrize("acquisition", ["ucb", UpperConfidenceBound(kappa=3.0)])
@pytest.mark.parametrize("surrogate", ["tpe", ParzenEstimator()])
def test_a_proposer_refuses_another_acquisition(surrogate, acquisition):
    with pytest.raises(ValueError, match="'acquisition' parameter has no effect with"):
        as_proposer(surrogate, acquisition)


@pytest.mark.parametrize("member", ["gp", "forest", "tpe"])
def test_points_of_earlier_searches_attract(member):
    space = Space({"x": Real(0, 1)})
    present = {
        "U": np.array([[0.1], [0.5], [0.9]]),
        "y": np.zeros(3),
        "noise": np.zeros(3),
        "failed": np.zeros(3, dtype=bool),
        "pending": np.empty((0, 1)),
    }
    U = np.linspace(0, 1, 21)[:, None]
    earlier = U, -10 * np.abs(U[:, 0] - 0.75), np.full(21, 0.05)
    distances = [
        np.mean(
            [
                abs(propose(as_proposer(member), space, known, seed=seed)[0] - 0.75)
                for seed in range(10)
            ]
        )
        for known in (Observations(**present), Observations(**present, earlier=earlier))
    ]
    assert distances[1] < 0.1 < distances[0]
