"""From what a user gives to an acquisition function."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from sklearn_bayes_search.optimizer.acquisition._base import Acquisition
from sklearn_bayes_search.optimizer.acquisition._expected_improvement import (
    ExpectedImprovement,
)
from sklearn_bayes_search.optimizer.acquisition._log_expected_improvement import (
    LogExpectedImprovement,
)
from sklearn_bayes_search.optimizer.acquisition._per_second import (
    ExpectedImprovementPerSecond,
)
from sklearn_bayes_search.optimizer.acquisition._probability_of_improvement import (
    ProbabilityOfImprovement,
)
from sklearn_bayes_search.optimizer.acquisition._thompson_sampling import (
    ThompsonSampling,
)
from sklearn_bayes_search.optimizer.acquisition._upper_confidence_bound import (
    UpperConfidenceBound,
)

__all__ = ["ACQUISITIONS", "as_acquisition"]

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
