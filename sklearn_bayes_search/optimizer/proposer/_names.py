"""Make a proposer of the surrogate and the acquisition function that a user gives."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, get_args

from sklearn_bayes_search.exceptions import nearest_name
from sklearn_bayes_search.optimizer.acquisition import (
    ACQUISITIONS,
    Acquisition,
    LogExpectedImprovement,
)
from sklearn_bayes_search.optimizer.acquisition._base import Scale
from sklearn_bayes_search.optimizer.proposer._base import Proposer
from sklearn_bayes_search.optimizer.proposer._model_based import ModelBased
from sklearn_bayes_search.optimizer.proposer._parzen import ParzenEstimator
from sklearn_bayes_search.optimizer.proposer._several import SeveralObjectives
from sklearn_bayes_search.optimizer.surrogate import MODELS, Surrogate

SURROGATES: Mapping[str, Callable[[], Surrogate | Proposer]] = MappingProxyType(
    {**MODELS, "tpe": ParzenEstimator}
)
# What a surrogate and an acquisition function of the user's own must have.
_SURROGATE_NEEDS = ("fit", "condition", "posterior", "smooth")
_ACQUISITION_NEEDS = ("smooth", "scale", "cost_power", "value_and_gradient", "__call__")


def as_proposer(
    surrogate: str | Surrogate | Proposer, acquisition: str | Acquisition = "log_ei"
) -> Proposer:
    """Return the proposer that a user means; a surrogate is copied, since it is fitted.

    A proposer such as "tpe" uses no acquisition function, and takes only the default.
    """
    rule = f"The 'surrogate' parameter must be one of {sorted(SURROGATES)} or an object"
    member = _of_name(surrogate, SURROGATES, f"{rule}.")
    fits = all(hasattr(member, name) for name in _SURROGATE_NEEDS)
    if isinstance(member, type) or not (fits or hasattr(member, "propose")):
        *methods, attribute = _SURROGATE_NEEDS
        raise TypeError(
            f"{rule} with the methods {', '.join(methods)} and the attribute "
            f"{attribute!r}, or with the method propose. Got {member!r} instead."
        )
    chosen = as_acquisition(acquisition)
    if not hasattr(member, "propose"):
        return ModelBased(deepcopy(member), chosen)
    if chosen != LogExpectedImprovement():
        raise ValueError(
            f"The 'acquisition' parameter has no effect with surrogate={surrogate!r}, "
            f"which chooses points directly. Got {acquisition!r}; leave it out, or "
            "take surrogate='gp' or 'forest'."
        )
    proposer: Proposer = deepcopy(member)
    return proposer


def for_several(proposer: Proposer, n_objectives: int) -> SeveralObjectives:
    """Return the proposer for several objectives, made of that for a single one."""
    if not isinstance(proposer, ModelBased):
        raise ValueError(
            "Several objectives need a 'surrogate' that predicts scores, as 'gp' or "
            f"'forest'. Got {proposer!r}."
        )
    if proposer.acquisition != LogExpectedImprovement():
        raise ValueError(
            "The 'acquisition' parameter has no effect with several objectives: the "
            "expected improvement of the hypervolume takes its place. Got "
            f"{proposer.acquisition!r}; leave it out."
        )
    return SeveralObjectives(proposer.surrogate, n_objectives)


def refuse_limits(proposer: Proposer) -> None:
    """Raise if a proposer cannot weight gains by the probability of reaching limits."""
    if not isinstance(proposer, ModelBased):
        raise ValueError(
            "The 'limits' parameter needs a 'surrogate' that predicts scores, as 'gp' "
            f"or 'forest'. Got {proposer!r}."
        )


def as_acquisition(value: Any) -> Acquisition:
    """Return the acquisition that a name stands for; an object passes through."""
    names = ", ".join(map(repr, ACQUISITIONS))
    rule = f"The 'acquisition' parameter must be one of {names} or an object."
    value = _of_name(value, ACQUISITIONS, rule)
    if isinstance(value, type):  # A class has the methods too, but no settings.
        raise TypeError(f"{rule} Got a class instead; use {value.__name__}().")
    lacking = [name for name in _ACQUISITION_NEEDS if not hasattr(value, name)]
    if lacking:
        lacks = ", ".join(lacking)
        raise TypeError(f"{rule} Got {value!r} instead, which lacks {lacks}.")
    if value.scale not in get_args(Scale):
        raise ValueError(
            f"The 'scale' of {value!r} must be one of {get_args(Scale)}. "
            f"Got {value.scale!r} instead."
        )
    acquisition: Acquisition = value
    return acquisition


def _of_name(value: Any, known: Mapping[str, Callable[[], Any]], rule: str) -> Any:
    """Make the member that a name stands for; an object passes through."""
    if not isinstance(value, str):
        return value
    if value not in known:
        near = nearest_name(value, known)
        raise ValueError(f"{rule} Got {value!r} instead.{near}")
    return known[value]()
