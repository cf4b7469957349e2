"""From what a user wrote for a parameter to a dimension, or an error that helps."""

from typing import Any

import numpy as np

from sklearn_bayes_search.space._choices import Categorical, Ordinal
from sklearn_bayes_search.space._dimensions import Dimension, is_number
from sklearn_bayes_search.space._distributions import (
    describe,
    from_distribution,
    from_draws,
)

__all__ = ["as_dimension"]

_PRIORS = {"uniform", "log-uniform"}


def as_dimension(name: str, value: Any) -> Dimension:
    """Make a dimension of a parameter's choices or distribution.

    Parameters
    ----------
    name : str
        The parameter, for error messages.
    value : list, tuple, range, array, distribution, object with rvs, or Dimension
        What the user gave for it.

    Raises
    ------
    TypeError
        If it is neither choices nor a distribution.
    ValueError
        If the choices are empty or the distribution has no single numbers.
    """
    if isinstance(value, Dimension):
        return value
    _refuse_foreign(name, value)
    if hasattr(value, "rvs"):
        try:
            if all(hasattr(value, needed) for needed in ("cdf", "ppf", "support")):
                return from_distribution(value)
            return from_draws(value)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The distribution of parameter {name!r} cannot be used: {error}. "
                f"Got {describe(value)}."
            ) from error
    is_text = isinstance(value, str | bytes)
    if is_text or isinstance(value, dict | set) or np.ndim(_shape_only(value)) == 0:
        kind = "a set has no order" if isinstance(value, set) else "not choices"
        wrong = f"Got {value!r} ({type(value).__name__}), {kind}."
        way_out = (
            f"Write a list, [{value!r}]"
            if is_text or is_number(value) or value is None
            else "Write a list of choices"
        )
        raise TypeError(
            f"Parameter {name!r} needs a sequence of choices, a distribution or a "
            f"dimension. {wrong} {way_out}, or Real(low, high)."
        )
    choices = list(value)
    if not choices:
        raise ValueError(
            f"Parameter {name!r} has no choices. Got an empty {type(value).__name__}; "
            "give at least one, or leave the parameter out."
        )
    ordered = all(map(is_number, choices))
    return Ordinal(choices) if ordered else Categorical(choices)


def _shape_only(value: Any) -> Any:
    """Give something whose ndim tells whether ``value`` is a sequence of choices."""
    if isinstance(value, np.ndarray):
        return value
    sequence = hasattr(value, "__len__") and hasattr(value, "__iter__")
    return [0] if sequence else 0


def _refuse_foreign(name: str, value: Any) -> None:
    """Tell users of other libraries how it is written here."""
    library = type(value).__module__.partition(".")[0]
    if library in ("skopt", "optuna", "ConfigSpace", "hyperopt", "ray"):
        raise TypeError(
            f"Parameter {name!r} is given as {value!r} of {library}. Write "
            "Real(low, high, log=...), Integer(low, high, log=...) or "
            "Categorical(choices) from sklearn_bayes_search, or a frozen scipy.stats "
            "distribution."
        )
    if isinstance(value, list | tuple) and len(value) == 3:
        low, high, prior = value
        bounds = is_number(low) and is_number(high)
        if bounds and isinstance(prior, str) and prior in _PRIORS:
            log = ", log=True" if prior == "log-uniform" else ""
            raise TypeError(
                f"Parameter {name!r}: a list or tuple is a set of choices here, not "
                f"bounds with a prior. Got {value!r}; write "
                f"Real({low!r}, {high!r}{log})."
            )
