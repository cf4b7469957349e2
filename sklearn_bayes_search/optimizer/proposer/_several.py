"""Choose the point that models of several objectives find most promising."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.optimizer._hypervolume import on_front, reference_point
from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._weights import Weight
from sklearn_bayes_search.optimizer.acquisition._log_ehvi import (
    LogExpectedHypervolumeImprovement,
)
from sklearn_bayes_search.optimizer.proposer._base import Observations, Proposer
from sklearn_bayes_search.optimizer.proposer._model_based import LimitModels, chances_of
from sklearn_bayes_search.optimizer.surrogate import (
    GaussianProcess,
    Posterior,
    Surrogate,
)
from sklearn_bayes_search.space._dims import Dims

# How far the reference point lies below the worst means, in shares of what these span,
# by turns. With 0.1 alone the ends of fronts grow slowly, with 0.5 alone many points
# are spent on them. On ZDT1, a mixed space and trees the turns did best, or as well.
BELOW = (0.1, 0.5)


class SeveralObjectives(Proposer):
    """Proposes where the expected hypervolume improvement is highest.

    Each objective has its own surrogate. The front to be improved is that of the
    posterior means, so that an observation that is too high by chance does not hide
    better points.
    """

    def __init__(self, surrogate: Surrogate, n_objectives: int) -> None:
        self.surrogates = [deepcopy(surrogate) for _ in range(n_objectives)]
        for other in self.surrogates[1:]:
            if isinstance(other, GaussianProcess):
                other.expectation = None  # it is of the first objective
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
        return maximizer(
            target,
            asked=asked,
            centres=target.centres,
            length_scales=target.length_scales,
            rng=rng,
        )

    def _fit(
        self, observations: Observations, dims: Dims, rng: np.random.Generator
    ) -> "_Target":
        U, pending, models = observations.U, observations.pending, []
        of_each = [observations, *observations.others]
        for surrogate, data in zip(self.surrogates, of_each, strict=True):
            seen, y, noise = data.with_earlier()
            models.append(surrogate.fit(seen, y, noise=noise, dims=dims, rng=rng))
        posteriors = [model.posterior(U) for model in models]
        means = np.array([posterior.mean for posterior in posteriors]).T
        reaching = self._limits.fit(observations, dims, rng)
        ok = ~observations.failed
        below = BELOW[len(U) % len(BELOW)]
        reference = reference_point(means[reaching if reaching.any() else ok], below)
        known = reaching.nonzero()[0]
        # without anything that reaches the limits, all of the hypervolume is a gain
        front, centres = means[known], U[ok]
        if len(known):
            centres = U[known[on_front(front)]]
        if len(pending):
            # believe the models: only the uncertainty around pending points shrinks,
            # and what they promise is no improvement any more
            believed = [model.posterior(pending).mean for model in models]
            models = [
                model.condition(pending, mean)
                for model, mean in zip(models, believed, strict=True)
            ]
            expected = self._limits.expected(pending)
            front = np.vstack([front, np.array(believed).T[expected]])
        scales = [p.length_scales for p in posteriors if p.length_scales is not None]
        return _Target(
            models,
            LogExpectedHypervolumeImprovement.of_front(front, reference),
            chances_of(observations, self._limits, dims),
            centres=centres,
            length_scales=(
                np.exp(np.mean(np.log(scales), axis=0))
                if scales
                else np.full(dims.n_dims, 0.5)
            ),
        )


@dataclass(frozen=True, eq=False)
class _Target:
    """The expected improvement at points, with its weights, and where to look first."""

    models: Sequence[Surrogate]
    acquisition: LogExpectedHypervolumeImprovement
    chances: Sequence[Weight]
    centres: np.ndarray
    length_scales: np.ndarray

    pointwise = True

    @property
    def smooth(self) -> bool:
        return all(model.smooth for model in self.models)

    def __call__(self, U: np.ndarray) -> np.ndarray:
        posteriors: list[Posterior] = [model.posterior(U) for model in self.models]
        values = self.acquisition(posteriors)
        for weight in self.chances:
            values = values + weight.evaluate(U, posteriors[0], 0.0)[0]
        return values

    def value_and_gradient(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        posteriors = [model.posterior(U, gradient=True) for model in self.models]
        values, gradients = self.acquisition.value_and_gradient(posteriors)
        for weight in self.chances:
            log, by_U = weight.evaluate(U, posteriors[0], 0.0)
            assert by_U is not None
            values, gradients = values + log, gradients + by_U
        return values, gradients
