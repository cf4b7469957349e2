"""What must be the same for the results of one search to be of use in another."""

from functools import partial
from types import CodeType, FunctionType

import joblib

__all__ = ["fingerprint"]

# Functions of these are told by their names: a new version is no other search.
LIBRARIES = {"numpy", "pandas", "scipy", "sklearn"}
# Deeper, closures may well refer to themselves.
MAX_DEPTH = 12
# So many items are data, which are hashed as a whole: one by one takes seconds.
MANY = 200


def fingerprint(space, seed, **components):
    """Identify a search: what must be the same for its results to be of use.

    Parameters
    ----------
    space : Space
        What is searched.
    seed : int or None
        Of the search; None where any will do.
    **components : object
        Whatever else matters, by the name that an error gives it.

    Returns
    -------
    digests : dict of str -> str or None
        Equal where contents are equal. An estimator is its class and its parameters, a
        function its name, code, defaults and what it encloses.
    """
    branches = [
        [
            (name, _describe(d.choices) if hasattr(d, "choices") else repr(d))
            for name, d in branch.items()
        ]
        for branch in space.branches
    ]
    digests = {"space": joblib.hash((branches, _describe(space.constraint)))}
    digests |= {k: joblib.hash(_describe(value)) for k, value in components.items()}
    return {**digests, "seed": None if seed is None else str(seed)}


def _describe(value, depth=0):
    """Reduce a value to what can be hashed: the same in each process and version."""
    if depth > MAX_DEPTH:
        return None
    again = partial(_describe, depth=depth + 1)
    if isinstance(value, list | tuple) and len(value) < MANY:
        return [again(item) for item in value]
    if isinstance(value, dict):
        return [(str(name), again(item)) for name, item in value.items()]
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, FunctionType):
        return _describe_function(value, again)
    if isinstance(value, partial):
        return kind, again(value.func), again(value.args), again(value.keywords)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return kind, again(value.get_params(deep=False))
    parts = getattr(value, "__dict__", {})
    if any(isinstance(part, FunctionType) for part in parts.values()):
        return kind, again(dict(parts))  # as what make_scorer makes
    try:
        return joblib.hash(value)
    except Exception:  # pickle raises whatever an object's own methods do
        return kind


def _describe_function(function, again):
    """Tell a function by its name, and one of the user's own by what it does, too."""
    name = f"{function.__module__}.{function.__qualname__}"
    if str(function.__module__).partition(".")[0] in LIBRARIES:
        return name
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    values = cells, function.__defaults__, function.__kwdefaults__
    return name, _describe_code(function.__code__), again(values)


def _describe_code(code):
    constants = [
        _describe_code(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return code.co_code, constants, code.co_names
