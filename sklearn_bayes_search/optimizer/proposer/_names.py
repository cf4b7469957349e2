"""From what a user gives as surrogate and acquisition function to a proposer."""

import difflib
from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from sklearn_bayes_search.optimizer.acquisition import (
    Acquisition,
    LogExpectedImprovement,
    as_acquisition,
)
from sklearn_bayes_search.optimizer.proposer._base import Proposer
from sklearn_bayes_search.optimizer.proposer._model_based import ModelBased
from sklearn_bayes_search.optimizer.proposer._parzen import ParzenEstimator
from sklearn_bayes_search.optimizer.surrogate import (
    GaussianProcess,
    RandomForest,
    Surrogate,
)

__all__ = ["SURROGATES", "as_proposer"]

SURROGATES: Mapping[str, Callable[[], Surrogate | Proposer]] = MappingProxyType(
    {"forest": RandomForest, "gp": GaussianProcess, "tpe": ParzenEstimator}
)
# What a surrogate of the user's own must have.
_NEEDED = ("fit", "condition", "posterior", "smooth")


def as_proposer(
    surrogate: str | Surrogate | Proposer, acquisition: str | Acquisition = "log_ei"
) -> Proposer:
    """Make a proposer of what a user gives; a surrogate is copied, for it is fitted.

    Parameters
    ----------
    surrogate : str, Surrogate or Proposer
        A key of ``SURROGATES``, for the member with its defaults, or an object.
    acquisition : str or Acquisition, default="log_ei"
        What makes a point promising to a surrogate. A proposer such as ``"tpe"`` takes
        the default only, and does not use it.

    Returns
    -------
    proposer : Proposer
        It shares nothing with the arguments that will change.

    Raises
    ------
    TypeError
        If the surrogate is neither a name nor an object with ``fit``, ``condition``,
        ``posterior`` and ``smooth``, or with ``propose``; or the acquisition function
        is neither a name nor an object.
    ValueError
        If a name is unknown, or an acquisition function is given to a proposer.
    """
    member = _member(surrogate)
    chosen = as_acquisition(acquisition)
    if not hasattr(member, "propose"):
        return ModelBased(member, chosen)
    if chosen != LogExpectedImprovement():
        raise ValueError(
            f"The 'acquisition' parameter has no effect with surrogate={surrogate!r}, "
            f"which chooses points directly. Got {acquisition!r}; leave it out, or "
            "take surrogate='gp' or 'forest'."
        )
    proposer: Proposer = member
    return proposer


def _member(surrogate: Any) -> Any:
    """Make or copy the object that a user means."""
    rule = f"The 'surrogate' parameter must be one of {sorted(SURROGATES)} or an object"
    if isinstance(surrogate, str):
        if surrogate in SURROGATES:
            return SURROGATES[surrogate]()
        near = difflib.get_close_matches(surrogate.lower(), SURROGATES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{rule}. Got {surrogate!r} instead.{hint}")
    fits = all(hasattr(surrogate, name) for name in _NEEDED)
    if isinstance(surrogate, type) or not (fits or hasattr(surrogate, "propose")):
        *methods, attribute = _NEEDED
        raise TypeError(
            f"{rule} with the methods {', '.join(methods)} and the attribute "
            f"{attribute!r}, or with the method propose. Got {surrogate!r} instead."
        )
    return deepcopy(surrogate)
