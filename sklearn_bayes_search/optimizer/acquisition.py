"""Acquisition functions: how promising is a point, given the surrogate's posterior?

Values are in standardised units: the scores told have mean 0 and deviation 1.
Symbols: ``mu``, ``s`` are the posterior's mean and deviation, shape (n_points,);
``z = (mu - best - xi) / s``; ``phi``, ``Phi`` are the standard normal's density and
distribution function; ``h = phi(z) + z Phi(z)``; ``tau`` is the noise's deviation.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from scipy.special import erfcx, ndtr

from sklearn_bayes_search.optimizer.surrogate import Posterior

__all__ = [
    "ACQUISITIONS",
    "Acquisition",
    "Context",
    "ExpectedImprovement",
    "ExpectedImprovementPerSecond",
    "LogExpectedImprovement",
    "ProbabilityOfImprovement",
    "ThompsonSampling",
    "UpperConfidenceBound",
    "as_acquisition",
]

_Pair: TypeAlias = tuple[np.ndarray, np.ndarray]
_Triple: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_SQRT_HALF_PI = math.sqrt(math.pi / 2)
_SQRT_HALF = math.sqrt(0.5)
# What the part of a gain above the cap counts. With 0 sure gains would be all alike;
# 0.1 and more sent the search into the corners again.
_WEIGHT_BEYOND = 0.01


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


@dataclass(frozen=True)
class LogExpectedImprovement(_OfMeanAndStd):
    """Logarithm of expected improvement that large gains raise little.

    ``log(s h)`` [1]_ has the maxima of expected improvement, and still has a slope
    where the latter underflows to 0.

    A Gaussian posterior far from all points promises gains that scores, which often
    have a ceiling, never hold: poor settings spread widely, good ones crowd together.
    So the part of a gain above ``D`` counts for a hundredth only, ``w = 0.01``: with
    ``z' = z - D / s`` the expectation is ``s (h(z) - (1 - w) h(z'))``, which takes the
    place of ``s h``. ``D = cap gap``, where ``gap`` is how far the upper quartile of
    the scores lies below the best, but no less than the noise's deviation ``tau``.

    The discount ``log(1 - tau / sqrt(s^2 + tau^2))`` [2]_ keeps the search from
    repeating what it knows as well as noise permits.

    Parameters
    ----------
    xi : float, default=0.0
        Margin >= 0 above the best, in deviations of the scores; larger explores more.
    cap : float or None, default=0.2
        Up to where gains count in full, >= 0, in units of the gap; larger explores
        more. None: everywhere.
    augmented : bool, default=True
        Whether to discount.

    References
    ----------
    .. [1] Ament et al., NeurIPS 2023, arXiv:2310.20708.
    .. [2] Huang et al., Journal of Global Optimization 34, 2006, pages 441-466.

    Examples
    --------
    >>> LogExpectedImprovement(xi=0.1)
    LogExpectedImprovement(xi=0.1, cap=0.2, augmented=True)
    """

    xi: float = 0.0
    cap: float | None = field(default=0.2, kw_only=True)
    augmented: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        _check_setting(self, "xi", self.xi)
        if self.cap is not None:
            _check_setting(self, "cap", self.cap, " or None")
        if not isinstance(self.augmented, bool):
            raise TypeError(
                f"The 'augmented' parameter of {type(self).__name__} must be True or "
                f"False. Got {self.augmented!r} instead."
            )

    def _partials(self, posterior: Posterior, context: Context) -> _Triple:
        s, tau = posterior.std, posterior.noise_std
        z = _z(posterior, context, self.xi)
        if self.cap is None:
            value, by_mu, by_s = _log_h(z)
        else:
            D = max(self.cap * context.gap, tau)
            # Both in one call: for a single point the calls take longer than the sums.
            log_h, Phi_h, phi_h = np.reshape(
                _log_h(np.concatenate([z, z - D / s])), (3, 2, -1)
            )
            # (1 - w) h(z') / h(z): no more than 1 - w, so that nothing cancels.
            r = (1 - _WEIGHT_BEYOND) * np.exp(log_h[1] - log_h[0])
            value = log_h[0] + np.log1p(-r)
            by_mu = (Phi_h[0] - r * Phi_h[1]) / (1 - r)
            by_s = (phi_h[0] - r * phi_h[1]) / (1 - r)
        value = value + np.log(s)
        if self.augmented and tau > 0:
            # 1 - tau / r = s^2 / (r (r + tau)) does not cancel where s << tau.
            r = np.hypot(s, tau)
            value += np.log(s / r * (s / (r + tau)))
            by_s += tau * (r + tau) / (r * r)
        return value, by_mu / s, by_s / s


@dataclass(frozen=True)
class ExpectedImprovementPerSecond(LogExpectedImprovement):
    """Logarithm of expected improvement less that of the predicted time [1]_.

    It prefers settings that are evaluated fast, where times differ: more settings in
    the same time, while those that take long wait until they promise more. For a
    search with a time limit. Choices then depend on the clock, so that a search need
    not give the same rows again.

    Parameters
    ----------
    xi : float, default=0.0
        As for :class:`LogExpectedImprovement`, as are ``cap`` and ``augmented``.
    cap : float or None, default=0.2
        Up to where gains count in full.
    augmented : bool, default=True
        Whether to discount what is known.
    cost_power : float, default=1.0
        Power of the time that the improvement is divided by, >= 0. At 1 twice the gain
        is worth twice the time; less spares time less.

    References
    ----------
    .. [1] Snoek et al., NIPS 2012, arXiv:1206.2944, section 3.2.

    Examples
    --------
    >>> ExpectedImprovementPerSecond(cost_power=0.5)
    ExpectedImprovementPerSecond(xi=0.0, cap=0.2, augmented=True, cost_power=0.5)
    """

    cost_power: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_setting(self, "cost_power", self.cost_power)


@dataclass(frozen=True)
class ExpectedImprovement(_OfMeanAndStd):
    """Expected improvement, ``s h``; it underflows to 0 far below the best.

    Equation 15 of [1]_.

    Parameters
    ----------
    xi : float, default=0.0
        Margin >= 0 above the best, in deviations of the scores; larger explores more.

    References
    ----------
    .. [1] Jones et al., Journal of Global Optimization 13, 1998.

    Examples
    --------
    >>> ExpectedImprovement()
    ExpectedImprovement(xi=0.0)
    """

    nonnegative: ClassVar[bool] = True
    xi: float = 0.0

    def __post_init__(self) -> None:
        _check_setting(self, "xi", self.xi)

    def _partials(self, posterior: Posterior, context: Context) -> _Triple:
        z = _z(posterior, context, self.xi)
        phi, Phi = _phi(z), ndtr(z)
        # Near underflow the rounded difference may fall below 0.
        return posterior.std * np.maximum(phi + z * Phi, 0.0), Phi, phi


@dataclass(frozen=True)
class ProbabilityOfImprovement(_OfMeanAndStd):
    """Probability to exceed the best by a margin, ``Phi(z)``.

    Proposed in [1]_.

    Parameters
    ----------
    xi : float, default=0.01
        Margin >= 0, in deviations of the scores: 0.01 asks for a hundredth of their
        spread. Also called epsilon. Larger explores more; at 0 the search stays close
        to the best, where a tiny gain is most probable.

    References
    ----------
    .. [1] Kushner, Journal of Basic Engineering 86, 1964, pages 97-106.

    Examples
    --------
    >>> ProbabilityOfImprovement(xi=0.3)
    ProbabilityOfImprovement(xi=0.3)
    """

    nonnegative: ClassVar[bool] = True
    xi: float = 0.01

    def __post_init__(self) -> None:
        _check_setting(self, "xi", self.xi)

    def _partials(self, posterior: Posterior, context: Context) -> _Triple:
        z = _z(posterior, context, self.xi)
        by_mu = _phi(z) / posterior.std
        return ndtr(z), by_mu, -z * by_mu


@dataclass(frozen=True)
class UpperConfidenceBound(_OfMeanAndStd):
    """Optimistic guess of the score, ``mu + kappa s``.

    Proposed, with a bound on its regret, in [1]_.

    Parameters
    ----------
    kappa : float or "gp-ucb", default=2.0
        Weight >= 0 of the deviation; larger explores more. ``"gp-ucb"`` grows with the
        points told: ``sqrt(2 log(t^(d/2 + 2) pi^2 / (3 delta)))``, ``t = n_told + 1``,
        ``d = n_dims``, ``delta = 0.1`` [2]_.

    References
    ----------
    .. [1] Srinivas et al., ICML 2010, arXiv:0912.3995.
    .. [2] Brochu et al., 2010, arXiv:1012.2599, section 2.3.

    Examples
    --------
    >>> UpperConfidenceBound(kappa="gp-ucb")
    UpperConfidenceBound(kappa='gp-ucb')
    """

    kappa: float | Literal["gp-ucb"] = 2.0

    def __post_init__(self) -> None:
        if self.kappa != "gp-ucb":
            _check_setting(self, "kappa", self.kappa, " or 'gp-ucb'")

    def _partials(self, posterior: Posterior, context: Context) -> _Triple:
        if self.kappa == "gp-ucb":
            power = (context.n_dims / 2 + 2) * math.log(context.n_told + 1)
            kappa = math.sqrt(2 * (power + math.log(math.pi**2 / (3 * 0.1))))
        else:
            kappa = self.kappa
        mu, s = posterior.mean, posterior.std
        return mu + kappa * s, np.ones_like(mu), np.full_like(s, kappa)


@dataclass(frozen=True)
class ThompsonSampling(Acquisition):
    """One joint posterior draw at the given points, a new one at each call.

    Proposed in [1]_.

    References
    ----------
    .. [1] Thompson, Biometrika 25, 1933, pages 285-294.

    Examples
    --------
    >>> ThompsonSampling().smooth
    False
    """

    smooth: ClassVar[bool] = False
    nonnegative: ClassVar[bool] = False

    def __call__(self, posterior: Posterior, context: Context) -> np.ndarray:
        draw: np.ndarray = posterior.sample(context.rng, size=1)[0]
        return draw

    def value_and_gradient(self, posterior: Posterior, context: Context) -> _Pair:
        raise TypeError(
            "ThompsonSampling has no gradient, as 'smooth' tells: a random draw can "
            "only rank given points. Call it without asking for a gradient."
        )


ACQUISITIONS: Mapping[str, type[Acquisition]] = MappingProxyType(
    {
        "log_ei": LogExpectedImprovement,
        "ei": ExpectedImprovement,
        "ei_per_second": ExpectedImprovementPerSecond,
        "pi": ProbabilityOfImprovement,
        "ucb": UpperConfidenceBound,
        "thompson": ThompsonSampling,
    }
)


def as_acquisition(value: str | Acquisition) -> Acquisition:
    """Return the acquisition that a name stands for; an object passes through.

    Parameters
    ----------
    value : str or Acquisition
        A key of ``ACQUISITIONS``, for the member with its defaults, or an object.

    Returns
    -------
    Acquisition
        The object.

    Raises
    ------
    ValueError, TypeError
        If the name is unknown; if it is neither a name nor an acquisition.
    """
    names = ", ".join(map(repr, ACQUISITIONS))
    rule = f"The 'acquisition' parameter must be one of {names} or an object."
    if isinstance(value, str):
        if value in ACQUISITIONS:
            return ACQUISITIONS[value]()
        near = difflib.get_close_matches(value.lower(), ACQUISITIONS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{rule} Got {value!r} instead.{hint}")
    if isinstance(value, type):  # A class has the methods too, but no settings.
        raise TypeError(f"{rule} Got a class instead; use {value.__name__}().")
    if not isinstance(value, Acquisition):
        raise TypeError(f"{rule} Got {value!r} instead.")
    return value


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


def _log_h(z: np.ndarray) -> _Triple:
    """Return ``log h``, ``Phi / h`` and ``phi / h``, each of shape (n_points,)."""
    body = z > -1.0
    if body.all():  # Shortcuts that a single point can take: half the time.
        return _log_h_body(z)
    if not body.any():
        return _log_h_tail(z)
    above, below = _log_h_body(np.maximum(z, -1.0)), _log_h_tail(np.minimum(z, -1.0))
    log_h, Phi_h, phi_h = np.where(body, above, below)
    return log_h, Phi_h, phi_h


def _log_h_body(z: np.ndarray) -> _Triple:
    """Evaluate for z >= -1, where nothing cancels."""
    phi, Phi = _phi(z), ndtr(z)
    h = phi + z * Phi
    return np.log(h), Phi / h, phi / h


def _log_h_tail(z: np.ndarray) -> _Triple:
    """Evaluate for z <= -1 by ``h = phi g``: ``phi`` underflows, its log does not."""
    M = _SQRT_HALF_PI * erfcx(-_SQRT_HALF * z)  # Phi / phi
    z2 = z * z
    # g cancels to about z^-2. From -1e3 down its asymptotic series is nearer: relative
    # error 15 z^-4 = 1.5e-11, against 1e-16 z^2 = 1e-10.
    g = np.where(z > -1e3, 1.0 + z * M, (1.0 - 3.0 / z2) / z2)
    return np.log(g) - 0.5 * z2 - _LOG_SQRT_2PI, M / g, 1.0 / g
