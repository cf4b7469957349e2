"""What must be the same for the results of one search to be of use in another."""

import joblib

__all__ = ["fingerprint"]


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
        Equal where contents are equal. A scikit-learn estimator is its class and its
        parameters, a function that cannot be pickled its name and its code.
    """
    branches = [
        [
            (name, repr(d), _describe(getattr(d, "choices", None)))
            for name, d in branch.items()
        ]
        for branch in space.branches
    ]
    digests = {"space": joblib.hash((branches, _describe(space.constraint)))}
    digests |= {k: joblib.hash(_describe(value)) for k, value in components.items()}
    return {**digests, "seed": None if seed is None else str(seed)}


def _describe(value):
    """Reduce a value to what can be hashed, without the version of scikit-learn."""
    if isinstance(value, list | tuple):
        return [_describe(item) for item in value]
    if isinstance(value, dict):
        return [(str(name), _describe(item)) for name, item in value.items()]
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if hasattr(value, "get_params") and not isinstance(value, type):
        return kind, _describe(value.get_params(deep=False))
    try:
        return joblib.hash(value)
    except Exception:  # pickle raises whatever an object's own methods do
        code = getattr(value, "__code__", None)
        if code is None:
            return kind
        name = f"{value.__module__}.{value.__qualname__}"
        return name, code.co_code, repr(code.co_consts), code.co_names
