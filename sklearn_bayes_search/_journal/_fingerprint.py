"""What must be the same for the results of one search to be of use in another."""

import dis
from functools import partial
from types import CodeType, FunctionType

import joblib
from scipy.sparse import issparse

__all__ = ["fingerprint"]

# Functions of these are told by their names: a new version is no other search.
LIBRARIES = {"numpy", "pandas", "scipy", "sklearn"}
# Values of globals that tell functions apart: what cannot change in place.
PLAIN = int | float | complex | str | bytes | frozenset | tuple
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
        function its name, code, defaults, what it encloses, and the functions and
        plain values that it finds in its module.
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


def _describe(value, depth=0, seen=None):
    """Reduce a value to what can be hashed: the same in each process and version.

    ``seen`` are the functions that were described before: a name will do for them.
    """
    if depth > MAX_DEPTH:
        return None
    seen = set() if seen is None else seen
    again = partial(_describe, depth=depth + 1, seen=seen)
    if isinstance(value, list | tuple) and len(value) < MANY:
        return [again(item) for item in value]
    if isinstance(value, dict):
        return [(str(name), again(item)) for name, item in value.items()]
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, FunctionType):
        return _describe_function(value, again, seen)
    if isinstance(value, partial):
        return kind, again(value.func), again(value.args), again(value.keywords)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return kind, again(value.get_params(deep=False))
    if issparse(value) and value.ndim == 2:
        # whether indices are sorted changes when somebody looks
        value = value.tocsr(copy=True)
        value.sum_duplicates()
        return kind, value.shape, *map(again, (value.data, value.indices, value.indptr))
    parts = getattr(value, "__dict__", {})
    if any(isinstance(part, FunctionType) for part in parts.values()):
        return kind, again(dict(parts))  # as what make_scorer makes
    try:
        return joblib.hash(value)
    except Exception:  # pickle raises whatever an object's own methods do
        return kind


def _describe_function(function, again, seen, only_plain=False):
    """Tell a function by its name, and one of the user's own by what it does, too.

    Of functions that it calls, ``only_plain`` values count: others are more likely to
    look different in another process than to be what somebody changed.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    if str(function.__module__).partition(".")[0] in LIBRARIES or function in seen:
        return name
    seen.add(function)
    values = [cell.cell_contents for cell in function.__closure__ or ()]
    values += function.__defaults__ or ()
    values += (function.__kwdefaults__ or {}).values()
    if only_plain:
        values = [value for value in values if isinstance(value, PLAIN)]
    found = []
    for other in sorted(_read_names(function.__code__)):
        value = function.__globals__.get(other)
        if isinstance(value, FunctionType):
            found.append(_describe_function(value, again, seen, only_plain=True))
        elif isinstance(value, PLAIN):
            found.append((other, again(value)))
    return name, _describe_constant(function.__code__), again(values), found


def _describe_constant(constant):
    if isinstance(constant, CodeType):
        constants = [_describe_constant(c) for c in constant.co_consts]
        return constant.co_code, constants, constant.co_names
    if isinstance(constant, tuple):
        return [_describe_constant(c) for c in constant]
    if isinstance(constant, frozenset):  # its order differs between processes
        return sorted(repr(_describe_constant(c)) for c in constant)
    return repr(constant)


def _read_names(code):
    """Name the globals that code reads and does not assign, as it does a counter."""
    names, assigned = set(code.co_names), set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            assigned.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _read_names(constant)
    return names - assigned
