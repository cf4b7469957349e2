"""The probability of improvement."""

from dataclasses import dataclass
from typing import ClassVar

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

__all__ = ["ProbabilityOfImprovement"]


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
