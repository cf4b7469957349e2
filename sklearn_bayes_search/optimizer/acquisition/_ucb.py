"""An upper confidence bound of the score."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from sklearn_bayes_search.optimizer.acquisition._base import (
    Context,
    MeanStdAcquisition,
    Triple,
    check_setting,
)
from sklearn_bayes_search.optimizer.surrogate import Posterior


@dataclass(frozen=True)
class UpperConfidenceBound(MeanStdAcquisition):
    """Optimistic estimate of the score, ``mu + kappa s``.

    Proposed, with a bound on its regret, in [1]_.

    Parameters
    ----------
    kappa : float or "gp-ucb", default=2.0
        Weight >= 0 of the deviation. A larger one explores more. ``"gp-ucb"`` grows
        with the number of points told: ``sqrt(2 log(t^(d/2 + 2) pi^2 / (3 delta)))``,
        where ``t = n_told + 1``, ``d = n_dims``, ``delta = 0.1`` [2]_.

    References
    ----------
    .. [1] Srinivas et al., ICML 2010, arXiv:0912.3995.
    .. [2] Brochu et al., 2010, arXiv:1012.2599, section 2.3.

    Examples
    --------
    >>> UpperConfidenceBound(kappa="gp-ucb")
    UpperConfidenceBound(kappa='gp-ucb')
    """

    scale: ClassVar[Literal["score"]] = "score"
    kappa: float | Literal["gp-ucb"] = 2.0

    def __post_init__(self) -> None:
        if self.kappa != "gp-ucb":
            check_setting(self, "kappa", self.kappa, " or 'gp-ucb'")

    def partials(self, posterior: Posterior, context: Context) -> Triple:
        if self.kappa == "gp-ucb":
            power = (context.n_dims / 2 + 2) * math.log(context.n_told + 1)
            kappa = math.sqrt(2 * (power + math.log(math.pi**2 / (3 * 0.1))))
        else:
            kappa = self.kappa
        mu, s = posterior.mean, posterior.std
        return mu + kappa * s, np.ones_like(mu), np.full_like(s, kappa)
