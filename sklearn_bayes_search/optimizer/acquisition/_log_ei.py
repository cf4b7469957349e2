"""The logarithm of expected improvement."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from scipy.special import erfcx, ndtr

from sklearn_bayes_search.optimizer.acquisition._base import (
    LOG_SQRT_2PI,
    Context,
    MeanStdAcquisition,
    Triple,
    check_setting,
    normal_density,
    standard_gain,
)
from sklearn_bayes_search.optimizer.surrogate import Posterior

_SQRT_HALF_PI = math.sqrt(math.pi / 2)
_SQRT_HALF = math.sqrt(0.5)
# What the part of a gain above the cap counts. With 0 sure gains would be all alike;
# 0.1 and more sent the search into the corners again.
_WEIGHT_BEYOND = 0.01


@dataclass(frozen=True)
class LogExpectedImprovement(MeanStdAcquisition):
    """Logarithm of expected improvement, in which very large gains count for little.

    ``log(s h)`` [1]_ has the same maxima as expected improvement, and still has a slope
    where the latter underflows to 0.

    Far from all points, a Gaussian posterior promises gains that never come true:
    scores often have a ceiling, so that good ones are close together and poor ones far
    apart. Therefore the part of a gain above ``D`` counts for a hundredth only, ``w =
    0.01``. With ``z' = z - D / s`` the expectation is ``s (h(z) - (1 - w) h(z'))``,
    which takes the place of ``s h``. ``D = cap gap``, where ``gap`` is how far the
    upper quartile of the scores lies below the best, but at least the noise's deviation
    ``tau``.

    Where more than three points share the best score exactly, a gain begins higher than
    the best, so that the search leaves their plateau: with ``m`` of ``n`` points, by
    ``(m - 3) / n`` of the distance to the upper quartile of the different scores.

    The discount ``log(1 - tau / sqrt(s^2 + tau^2))`` [2]_ keeps the search from
    evaluating points whose score is already known as well as the noise permits.

    Parameters
    ----------
    xi : float, default=0.0
        Margin >= 0 above the best, in standard deviations of the scores. A larger one
        explores more.
    cap : float or None, default=0.2
        Gains up to this size count in full, >= 0, in units of ``gap``. A larger one
        explores more. With None, all gains count in full.
    augmented : bool, default=True
        Whether to apply the discount for what is already known.

    References
    ----------
    .. [1] Ament et al., NeurIPS 2023, arXiv:2310.20708.
    .. [2] Huang et al., Journal of Global Optimization 34, 2006, pages 441-466.

    Examples
    --------
    >>> LogExpectedImprovement(xi=0.1)
    LogExpectedImprovement(xi=0.1, cap=0.2, augmented=True)
    """

    scale: ClassVar[Literal["log"]] = "log"
    xi: float = 0.0
    cap: float | None = field(default=0.2, kw_only=True)
    augmented: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        check_setting(self, "xi", self.xi)
        if self.cap is not None:
            check_setting(self, "cap", self.cap, " or None")
        if not isinstance(self.augmented, bool):
            raise TypeError(
                f"The 'augmented' parameter of {type(self).__name__} must be True or "
                f"False. Got {self.augmented!r} instead."
            )

    def partials(self, posterior: Posterior, context: Context) -> Triple:
        s, tau = posterior.std, posterior.noise_std
        z = standard_gain(posterior, context, self.xi)
        if self.cap is None:
            value, by_mu, by_s = _log_h(z)
        else:
            D = max(self.cap * context.gap, tau)
            value, by_mu, by_s = _log_h(z)
            beyond, Phi_h, phi_h = _log_h(z - D / s)
            # (1 - w) h(z') / h(z): no more than 1 - w, so that nothing cancels.
            r = (1 - _WEIGHT_BEYOND) * np.exp(beyond - value)
            value = value + np.log1p(-r)
            by_mu = (by_mu - r * Phi_h) / (1 - r)
            by_s = (by_s - r * phi_h) / (1 - r)
        value = value + np.log(s)
        if self.augmented and tau > 0:
            # 1 - tau / r = s^2 / (r (r + tau)) does not cancel where s << tau.
            r = np.hypot(s, tau)
            value += np.log(s / r * (s / (r + tau)))
            by_s += tau * (r + tau) / (r * r)
        return value, by_mu / s, by_s / s


def _log_h(z: np.ndarray) -> Triple:
    """Return ``log h``, ``Phi / h`` and ``phi / h``, each of shape (n_points,)."""
    body = z > -1.0
    if body.all():  # Shortcuts that a single point can take: half the time.
        return _log_h_body(z)
    if not body.any():
        return _log_h_tail(z)
    above, below = _log_h_body(np.maximum(z, -1.0)), _log_h_tail(np.minimum(z, -1.0))
    log_h, Phi_h, phi_h = np.where(body, above, below)
    return log_h, Phi_h, phi_h


def _log_h_body(z: np.ndarray) -> Triple:
    """Evaluate for z >= -1, where there is no cancellation."""
    phi, Phi = normal_density(z), ndtr(z)
    h = phi + z * Phi
    return np.log(h), Phi / h, phi / h


def _log_h_tail(z: np.ndarray) -> Triple:
    """Evaluate for z <= -1 by ``h = phi g``: ``phi`` underflows, its log does not."""
    M = _SQRT_HALF_PI * erfcx(-_SQRT_HALF * z)  # Phi / phi
    z2 = z * z
    # g cancels to about z^-2. From -1e3 down its asymptotic series is nearer: relative
    # error 15 z^-4 = 1.5e-11, against 1e-16 z^2 = 1e-10.
    g = np.where(z > -1e3, 1.0 + z * M, (1.0 - 3.0 / z2) / z2)
    return np.log(g) - 0.5 * z2 - LOG_SQRT_2PI, M / g, 1.0 / g
