"""Expected improvement itself."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from sklearn_bayes_search.optimizer.acquisition._base import (
    Context,
    _check_setting,
    _OfMeanAndStd,
    _phi,
    _Triple,
    _z,
)
from sklearn_bayes_search.optimizer.surrogate import Posterior

__all__ = ["ExpectedImprovement"]


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
