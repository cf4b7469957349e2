"""The checks for members of one's own: what breaks a promise is found."""

import copy
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import pytest

from sklearn_bayes_search import (
    GaussianProcess,
    ParzenEstimator,
    RandomForest,
    TargetScore,
    ThompsonSampling,
    UpperConfidenceBound,
)
from sklearn_bayes_search.testing import (
    check_acquisition,
    check_executor,
    check_proposer,
    check_stopping_rule,
    check_surrogate,
)


class Mean(UpperConfidenceBound):
    """Made wrong below: what each class changes is its fault."""

    def __call__(self, posterior, context):
        return posterior.mean

    def value_and_gradient(self, posterior, context):
        return self(posterior, context), posterior.mean_gradient


class Infinite(Mean):
    def __call__(self, posterior, context):
        return np.where(posterior.mean > 0, posterior.mean, -np.inf)


class Scalar(Mean):
    def __call__(self, posterior, context):
        return posterior.mean[:1]


class Meddling(Mean):
    def __call__(self, posterior, context):
        posterior.mean[:] += 1.0
        return posterior.mean.copy()


class Steep(Mean):
    def value_and_gradient(self, posterior, context):
        return posterior.mean, 2 * posterior.mean_gradient


class Comparing(Mean):
    def __call__(self, posterior, context):
        return posterior.mean - posterior.mean.mean()


class Negative(Mean):
    scale = "amount"


class Drawing(ThompsonSampling):
    def __call__(self, posterior, context):
        return posterior.mean + np.random.default_rng().normal(size=len(posterior.mean))


@pytest.mark.parametrize(
    "wrong", [Infinite, Scalar, Meddling, Steep, Comparing, Negative, Drawing]
)
def test_a_wrong_acquisition_is_found(wrong):
    check_acquisition(Mean())
    with pytest.raises(AssertionError):
        check_acquisition(wrong())


class Overconfident(GaussianProcess):
    def posterior(self, U, *, gradient=False):
        posterior = super().posterior(U, gradient=gradient)
        posterior.std[:] = 0.0
        return posterior


class Relative(GaussianProcess):
    def posterior(self, U, *, gradient=False):
        posterior = super().posterior(U, gradient=gradient)
        posterior.mean[:] -= posterior.mean.mean()
        return posterior


class Forgetful(GaussianProcess):
    def condition(self, U, y):
        return self


class Random(RandomForest):
    def fit(self, U, y, *, noise, dims, rng):
        return super().fit(U, y, noise=noise, dims=dims, rng=np.random.default_rng())


class Copying(GaussianProcess):
    def fit(self, U, y, *, noise, dims, rng):
        return copy.copy(self)


class Greedy(GaussianProcess):
    def fit(self, U, y, *, noise, dims, rng):
        super().fit(U, y, noise=noise, dims=dims, rng=rng)
        y[:] = 0.0
        return self


class Boastful(RandomForest):
    smooth = True


@pytest.mark.parametrize(
    ("surrogate", "message"),
    [
        (Overconfident(), "deviations are positive"),
        (Relative(), None),
        (Forgetful(), "the mean follows"),
        (Random(5), None),
        (Copying(), "fit returns the object itself"),
        (Greedy(), "changed an array"),
        (Boastful(5), "smooth=True"),
    ],
)
def test_a_wrong_surrogate_is_found(surrogate, message):
    with pytest.raises(AssertionError, match=message):
        check_surrogate(surrogate)


class Stubborn:
    def propose(self, known, **others):
        return known.U[0]


class Outside:
    def propose(self, known, *, rng, **others):
        return rng.uniform(size=known.U.shape[1])


class Unseeded(ParzenEstimator):
    def propose(self, known, *, rng, **others):
        return super().propose(known, rng=np.random.default_rng(), **others)


@pytest.mark.parametrize("proposer", [Stubborn(), Outside(), Unseeded()])
def test_a_wrong_proposer_is_found(proposer):
    with pytest.raises(AssertionError):
        check_proposer(proposer)


class Counting:
    """Keeps count itself, which a resumed search does not repeat."""

    n = 0

    def __call__(self, history, optimizer):
        self.n += 1
        return f"asked {self.n} times" if self.n > 3 else None


def says_yes(history, optimizer):
    return len(history) > 10


def asks(history, optimizer):
    optimizer.ask()


def never(history, optimizer):
    return None


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Counting(), "no state"),
        (says_yes, "a phrase or None"),
        (asks, "asks for nothing"),
        (never, "none of the example"),
    ],
)
def test_a_wrong_stopping_rule_is_found(rule, message):
    with pytest.raises(AssertionError, match=message):
        check_stopping_rule(rule)


def test_a_rule_need_not_end_every_search():
    check_stopping_rule(never, stops=False)
    check_stopping_rule(TargetScore(2.0), stops=False)


class Pool:
    """Runs tasks in threads of the standard library."""

    n_workers, broken = 2, None

    def __init__(self):
        self.pool, self.keys = ThreadPoolExecutor(self.n_workers), {}

    def submit(self, key, task):
        self.keys[self.pool.submit(task)] = key

    def wait(self):
        done = wait(self.keys, return_when=FIRST_COMPLETED).done
        return [(self.keys.pop(future), future.result()) for future in done]


class Silent(Pool):
    def wait(self):
        done = wait(self.keys, return_when=FIRST_COMPLETED).done
        return [(self.keys.pop(f), f.exception() or f.result()) for f in done]


class Repeating(Pool):
    last = ()

    def wait(self):
        self.last, before = super().wait(), self.last
        return [*self.last, *before]


class Nameless(Pool):
    def wait(self):
        return [(None, result) for _, result in super().wait()]


def test_an_executor_of_the_standard_library_is_one():
    check_executor(Pool())


@pytest.mark.parametrize("executor", [Silent(), Repeating(), Nameless()])
def test_a_wrong_executor_is_found(executor):
    with pytest.raises(AssertionError):
        check_executor(executor)
