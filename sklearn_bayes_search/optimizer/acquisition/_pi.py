"""The probability of improvement."""

from dataclasses import dataclass
from typing import ClassVar, Literal

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
class ProbabilityOfImprovement(MeanStdAcquisition):
    """Probability of exceeding the best by a margin, ``Phi(z)``.

    Proposed in [1]_.

    Parameters
    ----------
    xi : float, default=0.01
        Margin >= 0, in standard deviations of the scores, also called epsilon. A larger
        one explores more. At 0 the search stays close to the best candidate, where a
        tiny gain is most probable.

    References
    ----------
    .. [1] Kushner, Journal of Basic Engineering 86, 1964, pages 97-106.

    Examples
    --------
    >>> ProbabilityOfImprovement(xi=0.3)
    ProbabilityOfImprovement(xi=0.3)
    """

    scale: ClassVar[Literal["amount"]] = "amount"
    xi: float = 0.01

    def __post_init__(self) -> None:
        check_setting(self, "xi", self.xi)

    def partials(self, posterior: Posterior, context: Context) -> Triple:
        z = standard_gain(posterior, context, self.xi)
        by_mu = normal_density(z) / posterior.std
        return ndtr(z), by_mu, -z * by_mu
