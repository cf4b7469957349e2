"""What must be the same for the results of one search to be of use in another."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from sklearn_bayes_search.execution._journal._digest import digest
from sklearn_bayes_search.space import Space


def fingerprint(
    space: Space, seed: int | None, racing: Any = None, **components: Any
) -> dict[str, str | None]:
    """Identify a search: what must be the same for its results to be of use.

    Digests by component are equal where contents are equal: data by their values, an
    estimator by its class and its parameters, a function by what it does, a
    distribution as a whole. ``seed`` is None where any will do.
    """
    digests: dict[str, str | None]
    digests = {"space": digest(code=(_distributions(space), space.constraint))}
    digests |= {name: digest(value) for name, value in components.items()}
    digests["seed"] = None if seed is None else str(seed)
    return {**digests, "racing": _racing(racing)}


def _racing(racing: Any) -> str:
    """Write racing down, the same for numbers of Python and of NumPy."""
    if racing is None:
        return repr(racing)
    values = {field.name: getattr(racing, field.name) for field in fields(racing)}
    numpy = {name: v.item() for name, v in values.items() if isinstance(v, np.generic)}
    return repr(replace(racing, **numpy))


def _distributions(space: Space) -> list[dict[str, Any]]:
    """Return what tells the dimensions of one space from those of another."""
    given = space.param_distributions
    branches = [given] if isinstance(given, Mapping) else given
    return [
        {name: _distribution(branch[name], d) for name, d in dimensions.items()}
        for branch, dimensions in zip(branches, space.branches, strict=True)
    ]


def _distribution(given: Any, dimension: Any) -> list[Any]:
    # choices are written down by their numbers
    parts = [dimension.choices] if hasattr(dimension, "choices") else []
    if not parts or (given is not dimension and hasattr(given, "rvs")):
        parts.append(given)
    if hasattr(given, "rvs") and given is not dimension and not hasattr(given, "cdf"):
        parts.append(vars(dimension))  # made of its draws
    return parts
