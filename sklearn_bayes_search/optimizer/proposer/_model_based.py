"""Choose the point that a model of the score finds most promising."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._weights import (
    ChanceOfReaching,
    Feasibility,
    Speed,
    Weight,
)
from sklearn_bayes_search.optimizer.acquisition import (
    Acquisition,
    Context,
    LogExpectedImprovement,
)
from sklearn_bayes_search.optimizer.proposer._base import Observations, Proposer
from sklearn_bayes_search.optimizer.surrogate import Surrogate
from sklearn_bayes_search.space._dims import Dims

N_CENTRES = 5
# Of so many equal best scores, the top of a smooth score may lie between them: if the
# second counted, a search for an SVM missed the accuracy that it finds otherwise.
N_AT_TOP = 3


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model predicts for some candidates.

    Parameters
    ----------
    mean : ndarray of shape (n_settings,)
        Mean of the score.
    std : ndarray of shape (n_settings,)
        Standard deviation of the score, without the noise of an observation.
    acquisition : ndarray of shape (n_settings,)
        How promising each candidate is: the acquisition function, for scores scaled to
        mean 0 and deviation 1, weighted by the probability of success and by the cost.
    samples : ndarray of shape (n_samples, n_settings)
        Functions drawn from the posterior, at the candidates.
    """

    mean: np.ndarray
    std: np.ndarray
    acquisition: np.ndarray
    samples: np.ndarray


class ModelBased(Proposer):
    """Proposes where an acquisition function of a surrogate's posterior is highest."""

    def __init__(self, surrogate: Surrogate, acquisition: Acquisition) -> None:
        self.surrogate, self.acquisition = surrogate, acquisition
        self._speed = Speed(acquisition.cost_power)
        self._limits = LimitModels()

    def propose(
        self,
        observations: Observations,
        *,
        maximizer: Maximizer,
        asked: AskedPoints,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        target = self._fit(observations, maximizer.dims, rng)
        return target.maximize(maximizer, asked)

    def predict(
        self,
        observations: Observations,
        U: np.ndarray,
        n_samples: int = 0,
        *,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Prediction:
        """Fit the model, and predict at ``U`` in standard deviations of the scores."""
        target = self._fit(observations, dims, rng)
        acquisition = target(U)
        posterior = target.model.posterior(U)
        samples = np.empty((0, len(U)))
        if n_samples:
            samples = posterior.sample(rng, n_samples)
        return Prediction(posterior.mean, posterior.std, acquisition, samples)

    def expected_gain(
        self,
        observations: Observations,
        *,
        maximizer: Maximizer,
        asked: AskedPoints,
        rng: np.random.Generator,
    ) -> float:
        """Maximise the expected improvement, whatever the acquisition function.

        In standard deviations of the scores; 0 if no point is left.
        """
        # the logarithm has a gradient everywhere, and the same maximum
        log_gain = LogExpectedImprovement(augmented=False, cap=None)
        target = self._fit(observations, maximizer.dims, rng)
        target = replace(target, acquisition=log_gain, costs=())
        row = target.maximize(maximizer, asked)
        return 0.0 if row is None else float(np.exp(target(row[None])[0]))

    def _fit(
        self, observations: Observations, dims: Dims, rng: np.random.Generator
    ) -> "_Target":
        U, failed = observations.U, observations.failed
        seen, y, noise = observations.with_earlier()
        model = self.surrogate.fit(seen, y, noise=noise, dims=dims, rng=rng)
        posterior = model.posterior(U)
        mean = np.where(failed, -np.inf, posterior.mean)
        reaching = self._limits.fit(observations, dims, rng)
        best = float(mean.max())
        gap = best - float(np.quantile(mean[~failed], 0.75))
        if not reaching[~failed].all():
            # with nothing that reaches the limits, any score is a gain
            best = float(np.max(mean[reaching], initial=mean[~failed].min()))
        if len(observations.pending):
            # believe the model: only the uncertainty around pending points shrinks,
            # and what they promise is no improvement any more
            believed = model.posterior(observations.pending).mean
            model = model.condition(observations.pending, believed)
            expected = self._limits.expected(observations.pending)
            best = max(best, float(np.max(believed[expected], initial=-np.inf)))
        context = Context(
            best=best,
            gap=gap,
            margin=_margin(observations.y[reaching]),
            n_told=len(U),
            n_dims=dims.n_dims,
            rng=rng,
        )
        costs, seconds = list(observations.weights), observations.seconds
        if self._speed.power and seconds is not None:
            costs.append(self._speed.fit(U, seconds, dims, rng))
        length_scales = posterior.length_scales
        return _Target(
            model,
            self.acquisition,
            context,
            # only of a logarithm of a gain can that of a cost be subtracted
            costs=costs if self.acquisition.scale == "log" else (),
            chances=chances_of(observations, self._limits, dims),
            centres=U[_best_first(mean, reaching)[:N_CENTRES]],
            length_scales=(
                np.full(dims.n_dims, 0.5) if length_scales is None else length_scales
            ),
        )


class LimitModels:
    """The Gaussian processes of the outcomes that have to reach limits."""

    def __init__(self) -> None:
        self._chances: list[ChanceOfReaching] = []

    def fit(
        self, observations: Observations, dims: Dims, rng: np.random.Generator
    ) -> np.ndarray:
        """Fit them; return which points told are expected to reach all limits."""
        limits = observations.limits
        while len(self._chances) < len(limits):
            self._chances.append(ChanceOfReaching())
        for chance, limit in zip(self._chances, limits, strict=True):
            chance.fit(limit.U, limit.y, limit.bound, dims, rng)
        return np.asarray(self.expected(observations.U) & ~observations.failed)

    def expected(self, U: np.ndarray) -> np.ndarray:
        """Return which points are expected to reach all limits."""
        each = [chance.is_expected(U) for chance in self._chances]
        return np.asarray(np.all([np.ones(len(U), dtype=bool), *each], axis=0))

    def chances(self, pending: np.ndarray) -> list[Weight]:
        """Return the probabilities of reaching each limit."""
        if not len(pending):
            return list(self._chances)
        return [chance.condition(pending) for chance in self._chances]


def chances_of(
    observations: Observations, limits: LimitModels, dims: Dims
) -> list[Weight]:
    """Return the probabilities that an evaluation succeeds, and reaches its limits."""
    chances, failed = limits.chances(observations.pending), observations.failed
    if failed.any():
        chances.append(Feasibility(observations.U, ~failed, dims))
    return chances


def _margin(y: np.ndarray) -> float:
    """Return how far above the best mean a gain begins.

    Points with exactly the same score mean the same to the estimator, or differ by less
    than the score can tell. Where many share the best one, expected improvement would
    go on to evaluate their like, for small gains there are the most probable: 46 of 50
    candidates of a linear model on `load_wine`. So a part of the distance to the upper
    quartile of the different scores is no gain: the share of these points, less three,
    for a few are needed to see whether there is a top between them.
    """
    if not len(y):
        return 0.0
    levels, counts = np.unique(np.round(y, 9), return_counts=True)
    step = levels[-1] - np.quantile(levels, 0.75)
    return float(step * max(counts[-1] - N_AT_TOP, 0) / len(y))


def _best_first(mean: np.ndarray, reaching: np.ndarray) -> np.ndarray:
    """Order points by their mean, those that reach all limits first."""
    return np.lexsort((-mean, ~reaching))


@dataclass(frozen=True, eq=False)
class _Target:
    """An acquisition function of points, with its weights, and where to look first."""

    model: Surrogate
    acquisition: Acquisition
    context: Context
    costs: Sequence[Weight]
    chances: Sequence[Weight]
    centres: np.ndarray
    length_scales: np.ndarray

    def maximize(self, maximizer: Maximizer, asked: AskedPoints) -> np.ndarray | None:
        return maximizer(
            self,
            asked=asked,
            centres=self.centres,
            length_scales=self.length_scales,
            rng=self.context.rng,
        )

    @property
    def pointwise(self) -> bool:
        return bool(self.acquisition.smooth)

    @property
    def smooth(self) -> bool:
        return bool(self.acquisition.smooth and self.model.smooth)

    def __call__(self, U: np.ndarray) -> np.ndarray:
        posterior = self.model.posterior(U)
        values = self.acquisition(posterior, self.context)
        for weight in (*self.costs, *self.chances):
            log, _ = weight.evaluate(U, posterior, self.context.best)
            is_amount = self.acquisition.scale == "amount"
            values = values * np.exp(log) if is_amount else values + log
        return values

    def value_and_gradient(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        posterior = self.model.posterior(U, gradient=True)
        values, gradients = self.acquisition.value_and_gradient(posterior, self.context)
        for weight in (*self.costs, *self.chances):
            log, by_U = weight.evaluate(U, posterior, self.context.best)
            assert by_U is not None
            if self.acquisition.scale == "amount":
                factor = np.exp(log)
                gradients = factor[:, None] * (gradients + values[:, None] * by_U)
                values = values * factor
            else:
                values, gradients = values + log, gradients + by_U
        return values, gradients
