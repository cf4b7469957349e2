"""Expected improvement itself."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import ndtr

from sklearn_bayes_search.optimizer.acquisition._base import (
    Context,
    MeanStdAcquisition,
    Triple,
    check_setting,
    normal_density,
    standard_gain,
)
from sklearn_bayes_search.optimizer.surrogate import Posterior


@dataclass(frozen=True)
class ExpectedImprovement(MeanStdAcquisition):
    """Expected improvement, ``s h``; it underflows to 0 far below the best.

    Equation 15 of [1]_.

    Parameters
    ----------
    xi : float, default=0.0
        Margin >= 0 above the best, in standard deviations of the scores. A larger one
        explores more.

    References
    ----------
    .. [1] Jones et al., Journal of Global Optimization 13, 1998.

    Examples
    --------
    >>> ExpectedImprovement()
    ExpectedImprovement(xi=0.0)
    """

    scale: ClassVar[Literal["amount"]] = "amount"
    xi: float = 0.0

    def __post_init__(self) -> None:
        check_setting(self, "xi", self.xi)

    def partials(self, posterior: Posterior, context: Context) -> Triple:
        z = standard_gain(posterior, context, self.xi)
        phi, Phi = normal_density(z), ndtr(z)
        # Near underflow the rounded difference may fall below 0.
        return posterior.std * np.maximum(phi + z * Phi, 0.0), Phi, phi
