"""Acquisition functions: how promising is a point, given the surrogate's posterior?

Values are in standardised units: the scores told have mean 0 and deviation 1.
Symbols: ``mu``, ``s`` are the posterior's mean and deviation, shape (n_points,);
``z = (mu - best - xi) / s``; ``phi``, ``Phi`` are the standard normal's density and
distribution function; ``h = phi(z) + z Phi(z)``; ``tau`` is the noise's deviation.
"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np

from sklearn_bayes_search.optimizer.surrogate import Posterior

__all__ = ["Acquisition", "Context"]

_Pair: TypeAlias = tuple[np.ndarray, np.ndarray]
_Triple: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, eq=False, kw_only=True)
class Context:
    """What an acquisition may know besides the posterior.

    Parameters
    ----------
    best : float
        Highest posterior mean over the points told so far, or believed while they are
        pending, in standardised units.
    gap : float
        How far the upper quartile of these means lies below their highest: how much
        scores differ near the top.
    n_told, n_dims : int
        Number of points told so far, and of columns of the unit cube.
    rng : numpy.random.Generator
        The only source of randomness.
    """

    best: float
    gap: float
    n_told: int
    n_dims: int
    rng: np.random.Generator


@runtime_checkable
class Acquisition(Protocol):
    """Scores points by their posterior; need not be subclassed.

    If `smooth`, a point's value depends neither on the other points nor on chance.
    """

    @property
    def smooth(self) -> bool:
        """False if it can only rank given points and has no gradient."""

    @property
    def nonnegative(self) -> bool:
        """Whether values are amounts >= 0, which a chance of success multiplies.

        To the values of other members its logarithm is added.
        """

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

    def value_and_gradient(self, posterior: Posterior, context: Context) -> _Pair:
        """Score points, and tell how the score changes with them.

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
            Derivative of each value by its own point.
        """


class _OfMeanAndStd(Acquisition):
    """Smooth function of mean and deviation; members give its partial derivatives."""

    smooth: ClassVar[bool] = True
    nonnegative: ClassVar[bool] = False

    def _partials(self, posterior: Posterior, context: Context) -> _Triple:
        """Return the value, d/dmu and d/ds, each of shape (n_points,)."""
        raise NotImplementedError

    def __call__(self, posterior: Posterior, context: Context) -> np.ndarray:
        return self._partials(posterior, context)[0]

    def value_and_gradient(self, posterior: Posterior, context: Context) -> _Pair:
        d_mu, d_s = posterior.mean_gradient, posterior.std_gradient
        if d_mu is None or d_s is None:
            raise ValueError("The posterior has no gradients: use 'gradient=True'.")
        value, by_mu, by_s = self._partials(posterior, context)
        return value, by_mu[:, None] * d_mu + by_s[:, None] * d_s


def _check_setting(owner: object, name: str, value: object, other: str = "") -> None:
    """Raise unless a setting is a finite number >= 0; ``other`` ends the rule."""
    error: type[Exception] = TypeError
    if isinstance(value, Real) and not isinstance(value, bool):
        if 0 <= float(value) < math.inf:
            return
        error = ValueError
    elif other and isinstance(value, str):  # Where a word may stand, it is misspelt.
        error = ValueError
    rule = f"parameter of {type(owner).__name__} must be a finite number >= 0{other}."
    raise error(f"The {name!r} {rule} Got {value!r} instead.")


def _z(posterior: Posterior, context: Context, xi: float) -> np.ndarray:
    z: np.ndarray = (posterior.mean - (context.best + xi)) / posterior.std
    return z


def _phi(z: np.ndarray) -> np.ndarray:
    phi: np.ndarray = np.exp(-0.5 * z * z - _LOG_SQRT_2PI)
    return phi
