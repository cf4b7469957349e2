"""Choose the point that a model of the score finds most promising."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_bayes_search.optimizer._cost import Cost, FoldCost
from sklearn_bayes_search.optimizer._feasibility import Feasibility
from sklearn_bayes_search.optimizer._maximize import Asked, Maximizer
from sklearn_bayes_search.optimizer.acquisition import (
    Acquisition,
    Context,
    LogExpectedImprovement,
)
from sklearn_bayes_search.optimizer.proposer._base import Known
from sklearn_bayes_search.optimizer.surrogate import Surrogate
from sklearn_bayes_search.space._dims import Dims

__all__ = ["ModelBased", "Prediction"]

N_CENTRES = 5


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model believes of some settings.

    Parameters
    ----------
    mean : ndarray of shape (n_settings,)
        Mean of the score.
    std : ndarray of shape (n_settings,)
        Its standard deviation, without the noise of an observation.
    acquisition : ndarray of shape (n_settings,)
        How promising each is: the acquisition function, of scores with the mean 0 and
        the deviation 1, with the chance that the evaluation succeeds and what it costs.
    samples : ndarray of shape (n_samples, n_settings)
        Functions that the model holds possible.
    """

    mean: np.ndarray
    std: np.ndarray
    acquisition: np.ndarray
    samples: np.ndarray

    def in_units(self, centre: float, unit: float) -> "Prediction":
        """Give the same in other units of the score.

        Parameters
        ----------
        centre, unit : float
            What 0 becomes, and how much 1 is.

        Returns
        -------
        prediction : Prediction
            The acquisition stays as it is.
        """
        return Prediction(
            centre + unit * self.mean,
            unit * self.std,
            self.acquisition,
            centre + unit * self.samples,
        )


@dataclass(frozen=True, eq=False)
class ModelBased:
    """Proposes where an acquisition function of a surrogate's posterior is highest.

    Parameters
    ----------
    surrogate : Surrogate
        Model of the score; it is fitted anew each time.
    acquisition : Acquisition
        What makes a point promising.
    cost : Cost
        Model of the time, for an acquisition function that asks for it.
    """

    surrogate: Surrogate
    acquisition: Acquisition
    cost: Cost = field(default_factory=Cost)

    def propose(
        self,
        known: Known,
        *,
        maximizer: Maximizer,
        asked: Asked,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        """Fit the model to what was told, and maximise the acquisition function.

        Parameters
        ----------
        known : Known
            What was told, and what is pending.
        maximizer : Maximizer
            Finds the best of a function over its ``space``.
        asked : Asked
            Points to leave out.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        row : ndarray of shape (n_dims,) or None
            A snapped point that the constraint permits; None if none was found.
        """
        promise, mean = self._learn(known, maximizer.dims, rng)
        return self._maximize(promise, mean, known, maximizer, asked, rng)

    def predict(
        self,
        known: Known,
        U: np.ndarray,
        n_samples: int = 0,
        *,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Prediction:
        """Fit the model, and tell what it believes of some points.

        Parameters
        ----------
        known : Known
            What was told, and what is pending.
        U : ndarray of shape (n_points, n_dims)
            Snapped points.
        n_samples : int, default=0
            How many functions to draw.
        dims : Dims
            What the columns stand for.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        prediction : Prediction
            In standard deviations of the scores.
        """
        promise, _ = self._learn(known, dims, rng)
        acquisition = promise(U)
        posterior = promise.model.posterior(U)
        samples = np.empty((0, len(U)))
        if n_samples:
            samples = posterior.sample(rng, n_samples)
        return Prediction(posterior.mean, posterior.std, acquisition, samples)

    def expected_gain(
        self,
        known: Known,
        *,
        maximizer: Maximizer,
        asked: Asked,
        rng: np.random.Generator,
    ) -> float:
        """Maximise the expected improvement, whatever the acquisition function.

        Parameters
        ----------
        known : Known
            What was told, and what is pending.
        maximizer : Maximizer
            Finds the best of a function over its ``space``.
        asked : Asked
            Points to leave out.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        gain : float
            In standard deviations of the scores; 0 where no point is left.
        """
        promise, mean = self._learn(known, maximizer.dims, rng)
        # the logarithm has a gradient everywhere, and the same maximum
        promise.cost_power, promise.folds = 0.0, None
        promise.acquisition = LogExpectedImprovement(augmented=False, cap=None)
        row = self._maximize(promise, mean, known, maximizer, asked, rng)
        return 0.0 if row is None else float(np.exp(promise(row[None])[0]))

    def _learn(
        self, known: Known, dims: Dims, rng: np.random.Generator
    ) -> tuple["_Promise", np.ndarray]:
        """Fit the model; give what it promises, and its mean at the points told."""
        U, failed = known.U, known.failed
        seen, y, noise = known.with_earlier()
        model = self.surrogate.fit(seen, y, noise=noise, dims=dims, rng=rng)
        mean = np.where(failed, -np.inf, model.posterior(U).mean)
        best = float(mean.max())
        gap = best - float(np.quantile(mean[~failed], 0.75))
        if len(known.pending):
            # believe the model: only the uncertainty around pending points shrinks,
            # and what they promise is no improvement any more
            believed = model.posterior(known.pending).mean
            model = model.condition(known.pending, believed)
            best = max(best, float(believed.max()))
        context = Context(
            best=best, gap=gap, n_told=len(U), n_dims=dims.n_dims, rng=rng
        )
        feasibility = Feasibility().fit(U, ~failed, dims=dims) if failed.any() else None
        power = getattr(self.acquisition, "cost_power", 0.0)
        if power and known.seconds is not None:
            self.cost.fit(U, known.seconds, dims=dims, rng=rng)
        # the logarithm of a cost comes off that of a gain
        counts = isinstance(self.acquisition, LogExpectedImprovement)
        promise = _Promise(
            model,
            self.acquisition,
            context,
            feasibility,
            self.cost,
            power,
            known.folds if counts else None,
        )
        return promise, mean

    @staticmethod
    def _maximize(
        promise: "_Promise",
        mean: np.ndarray,
        known: Known,
        maximizer: Maximizer,
        asked: Asked,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        unknown = np.full(maximizer.dims.n_dims, 0.5)
        return maximizer(
            promise,
            asked=asked,
            centres=known.U[np.argsort(-mean, kind="stable")[:N_CENTRES]],
            length_scales=getattr(promise.model, "length_scales_", unknown),
            rng=rng,
        )


@dataclass
class _Promise:
    """How promising a point is: acquisition, chance that it succeeds, and cost."""

    model: Surrogate
    acquisition: Acquisition
    context: Context
    feasibility: Feasibility | None
    cost: Cost
    cost_power: float
    folds: FoldCost | None

    @property
    def pointwise(self) -> bool:
        return bool(self.acquisition.smooth)

    @property
    def smooth(self) -> bool:
        return bool(self.acquisition.smooth and self.model.smooth)

    def __call__(self, U: np.ndarray) -> np.ndarray:
        posterior = self.model.posterior(U)
        values = self.acquisition(posterior, self.context)
        if self.folds is not None:
            values = values - self.folds.log_share(posterior, self.context.best)[0]
        if self.cost_power:
            values = values - self.cost_power * self.cost.log_seconds(U)
        if self.feasibility is None:
            return values
        log_p = self.feasibility.log_probability(U)
        weighted = self.acquisition.nonnegative
        return np.asarray(values * np.exp(log_p) if weighted else values + log_p)

    def value_and_gradient(self, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        posterior = self.model.posterior(U, gradient=True)
        values, gradients = self.acquisition.value_and_gradient(posterior, self.context)
        if self.folds is not None:
            log_share, by_U = self.folds.log_share(posterior, self.context.best)
            values, gradients = values - log_share, gradients - by_U
        if self.cost_power:
            values = values - self.cost_power * self.cost.log_seconds(U)
            gradients = gradients - self.cost_power * self.cost.gradient(U)
        if self.feasibility is None:
            return values, gradients
        log_p = self.feasibility.log_probability(U)
        by_U = self.feasibility.gradient(U)
        if self.acquisition.nonnegative:
            p = np.exp(log_p)
            return values * p, p[:, None] * (gradients + values[:, None] * by_U)
        return values + log_p, gradients + by_U
