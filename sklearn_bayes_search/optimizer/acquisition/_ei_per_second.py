"""Expected improvement per second."""

from dataclasses import dataclass, field

from sklearn_bayes_search.optimizer.acquisition._base import check_setting
from sklearn_bayes_search.optimizer.acquisition._log_ei import LogExpectedImprovement


@dataclass(frozen=True)
class ExpectedImprovementPerSecond(LogExpectedImprovement):
    """Logarithm of expected improvement minus that of the predicted time [1]_.

    It prefers candidates that are fast to evaluate, so that more of them fit into the
    same time. Slow ones are evaluated once they promise more. Use it for a search with
    a time limit. The choices then depend on measured times, so that the same search may
    give other rows when it is run again.

    Parameters
    ----------
    xi : float, default=0.0
        As for :class:`LogExpectedImprovement`.
    cap : float or None, default=0.2
        Gains up to this size count in full, as for :class:`LogExpectedImprovement`.
    augmented : bool, default=True
        Whether to discount points that are well known, as there.
    cost_power : float, default=1.0
        Power of the time by which the improvement is divided, >= 0. At 1, twice the
        gain is worth twice the time. With a smaller power, time counts less.

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
