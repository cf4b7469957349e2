"""What an acquisition function has to offer, and what several of them share.

Values are in standardised units: the scores told have mean 0 and deviation 1.
Symbols: ``mu``, ``s`` are the posterior's mean and deviation, shape (n_points,);
``z = (mu - best - margin - xi) / s``; ``phi``, ``Phi`` are the standard normal's
density and distribution function; ``h = phi(z) + z Phi(z)``; ``tau`` is the noise's
deviation.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.optimizer.surrogate import Posterior

Pair: TypeAlias = tuple[np.ndarray, np.ndarray]
Triple: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
Scale: TypeAlias = Literal["log", "amount", "score"]
LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, eq=False, kw_only=True)
class Context:
    """What an acquisition function may know besides the posterior.

    Parameters
    ----------
    best : float
        Highest posterior mean over the points told so far and the pending ones, in
        standardised units.
    gap : float
        How far the upper quartile of these means lies below the highest one. It says
        how much scores differ near the top.
    n_told, n_dims : int
        Number of points told so far, and number of columns of the unit cube.
    rng : numpy.random.Generator
        The only source of randomness.
    margin : float, default=0.0
        How far above ``best`` a gain begins, >= 0. It is larger, the more points told
        share the best score exactly; for three, it is still 0.
    """

    best: float
    gap: float
    n_told: int
    n_dims: int
    rng: np.random.Generator
    margin: float = 0.0


@runtime_checkable
class Acquisition(Protocol):
    """Scores points by their posterior. A class with these methods need not inherit.

    If it is `smooth`, the value of a point depends neither on other points nor on
    chance.
    """

    @property
    @abstractmethod
    def smooth(self) -> bool:
        """Whether it has a gradient; if not, it can only rank given points."""

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """What the values mean, which decides how they are weighted.

        ``"log"``: the logarithm of a gain. The logarithm of the probability of success
        is added, and that of the costs in seconds and folds is subtracted.
        ``"amount"``: a gain >= 0, multiplied by the probability of success.
        ``"score"``: a score of either sign, to which the logarithm of that probability
        is added.
        """

    @property
    def cost_power(self) -> float:
        """Power of the predicted seconds by which a gain on the scale "log" is divided.

        The default is 0: time does not count.
        """
        return 0.0

    @abstractmethod
    def __call__(self, posterior: Posterior, context: Context) -> np.ndarray:
        """Score points.

        Parameters
        ----------
        posterior : Posterior
            What the surrogate believes about the points.
        context : Context
            What else is known.

        Returns
        -------
        value : ndarray of shape (n_points,)
            Finite; higher is better.
        """

    @abstractmethod
    def value_and_gradient(self, posterior: Posterior, context: Context) -> Pair:
        """Score points, and differentiate the scores; called only if `smooth`.

        Parameters
        ----------
        posterior : Posterior
            What the surrogate believes about the points, with its gradients.
        context : Context
            What else is known.

        Returns
        -------
        value : ndarray of shape (n_points,)
            Finite; higher is better.
        gradient : ndarray of shape (n_points, n_dims)
            Derivative of each value with respect to its own point.
        """


class MeanStdAcquisition(Acquisition):
    """Smooth function of mean and deviation; members have its partial derivatives."""

    smooth: ClassVar[bool] = True

    def partials(self, posterior: Posterior, context: Context) -> Triple:
        """Return the value, d/dmu and d/ds, each of shape (n_points,)."""
        raise NotImplementedError

    def __call__(self, posterior: Posterior, context: Context) -> np.ndarray:
        return self.partials(posterior, context)[0]

    def value_and_gradient(self, posterior: Posterior, context: Context) -> Pair:
        d_mu, d_s = posterior.mean_gradient, posterior.std_gradient
        if d_mu is None or d_s is None:
            raise ValueError("The posterior has no gradients: use 'gradient=True'.")
        value, by_mu, by_s = self.partials(posterior, context)
        return value, by_mu[:, None] * d_mu + by_s[:, None] * d_s


def check_setting(owner: object, name: str, value: object, other: str = "") -> None:
    """Check that a parameter is a finite number >= 0; ``other`` ends the rule."""
    check_number(name, value, of=type(owner).__name__, least=0, other=other)


def standard_gain(posterior: Posterior, context: Context, xi: float) -> np.ndarray:
    """Compute ``z``."""
    least = context.best + context.margin + xi
    z: np.ndarray = (posterior.mean - least) / posterior.std
    return z


def normal_density(z: np.ndarray) -> np.ndarray:
    """Compute ``phi(z)``."""
    phi: np.ndarray = np.exp(-0.5 * z * z - LOG_SQRT_2PI)
    return phi
