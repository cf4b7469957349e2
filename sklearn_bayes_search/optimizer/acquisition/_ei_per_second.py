"""Expected improvement for the time that it takes."""

from dataclasses import dataclass, field

from sklearn_bayes_search.optimizer.acquisition._base import check_setting
from sklearn_bayes_search.optimizer.acquisition._log_ei import LogExpectedImprovement


@dataclass(frozen=True)
class ExpectedImprovementPerSecond(LogExpectedImprovement):
    """Logarithm of expected improvement less that of the predicted time [1]_.

    It prefers candidates that are evaluated fast, where times differ: more candidates
    in the same time, while those that take long wait until they promise more. For a
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
        check_setting(self, "cost_power", self.cost_power)
