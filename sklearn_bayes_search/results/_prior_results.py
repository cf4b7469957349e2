"""Read what earlier searches tried: their settings, as this search's space has them.

An earlier search may have had other ranges, other parameters and other metrics, and may
come from a file. Whatever can be placed is used, the rest is counted in one warning.
"""

import ast
import warnings
from contextlib import suppress
from itertools import chain

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr, stack_level
from sklearn_bayes_search.results._reader import EMPTY, read_results

__all__ = ["place", "read_prior_results"]

# Of more choices, their texts are not compared with one in a file: that is read as
# Python would read it.
MOST_TEXTS = 1000


def read_prior_results(prior_results, space, *, own, metrics):
    """Read the earlier searches that a user gives, one or a list.

    Returns for each the settings that the present ``space`` has, and their scores, NaN
    where the evaluation failed. ``own`` are the estimator's own parameters: the value
    of whatever only one of the two searches varies. ``metrics`` are names that the
    score may have there, the most wanted first.
    """
    if prior_results is None:
        return []
    several = isinstance(prior_results, list | tuple)
    given = prior_results if several else [prior_results]
    sources, left_out, n_settings = [], [], 0
    for index, results in enumerate(given):
        where = "'prior_results' parameter of BayesSearchCV"
        if several:
            where = f"entry {index} of the {where}"
        settings, scores = _read(results, where, metrics)
        n_settings += len(settings)
        source = []
        for setting, score in zip(settings, scores, strict=True):
            params, problem = place(setting, space, own)
            if params is None:
                left_out.append((setting, problem))
            else:
                source.append((params, float(score)))
        if np.isfinite([score for _, score in source]).any():
            sources.append(source)
        else:
            left_out += [(params, "no score is finite") for params, _ in source]
    if left_out:
        _report(left_out, n_settings, usable=bool(sources))
    return sources


def _read(given, where, metrics):
    """Return settings and scores of one earlier search, NaN where it failed."""
    results = read_results(given, called=where, wanted=metrics)
    if len(results) == 0:
        raise ValueError(
            f"The {where} must have at least one setting. Got a "
            f"{type(given).__name__} without any; leave it out."
        )
    return results.settings, np.where(results.failed, np.nan, results.means)


def place(setting, space, own):
    """Return the setting of the space that an earlier one is, or None and a reason."""
    best, reason = -1, ""
    for branch in space.branches:
        own_here = _without_parts(own, branch)
        params, problems = {}, []
        for name, dimension in branch.items():
            try:
                params[name] = _value(name, dimension, setting, own_here)
            except ValueError as error:
                problems.append(str(error))
        try:
            for name in setting:
                if name not in branch:
                    _check_unvaried(name, setting[name], space, own_here)
        except ValueError as error:
            problems.append(str(error))
        if not problems and space.allows(params):
            return params, None
        problems.append("the constraint of the space forbids it")
        # of the branch where most has its place, for that is the one that was meant
        if len(params) > best:
            best, reason = len(params), problems[0]
    return None, reason


def _without_parts(own, branch):
    """Leave out parameters of parts that the search replaces: they are no one's own."""
    return {
        name: value
        for name, value in own.items()
        if not any(name.startswith(f"{part}__") for part in branch)
    }


def _value(name, dimension, setting, own):
    """Return a parameter's value as the space has it."""
    value = setting.get(name, EMPTY)
    if name not in setting:
        candidates = []
    elif value is EMPTY:
        candidates = [np.nan, None]
    else:
        candidates = chain([value], _readings(value, dimension))
    if value is EMPTY and name in own:
        candidates.append(own[name])
    problem = f"it lacks a value for {name!r}"
    for reading, candidate in enumerate(candidates):
        try:
            position = dimension.encode(candidate)
        except ValueError as error:
            if reading == 0:  # of several, the one of what stands there
                problem = f"{name!r}: {error}"
            continue
        # an int that a table made a float, a choice that is equal: as the space has it
        return dimension.decode(position) if dimension.discrete else float(candidate)
    if value is EMPTY:
        problem = (
            f"it lacks a value for {name!r}, and the estimator's own is not in range"
        )
    raise ValueError(problem)


def _readings(value, dimension):
    """Yield what a file may have meant by a text or a number."""
    if not isinstance(value, str | int | float | np.number):
        return
    choices = getattr(dimension, "choices", ())
    if len(choices) <= MOST_TEXTS:
        texts = _texts(value)
        if isinstance(value, float) and value.is_integer():
            texts.add(str(int(value)))
        meant = [choice for choice in choices if _texts(choice) & texts]
        if len(meant) == 1:
            yield meant[0]
    elif isinstance(value, str):
        with suppress(Exception):  # of any text
            yield ast.literal_eval(value)
    if isinstance(value, str):
        with suppress(ValueError):
            yield float(value)


def _texts(value):
    try:
        return {str(value), repr(value)}
    except Exception:  # of the user's class, whatever it is
        return set()


def _check_unvaried(name, value, space, own):
    """Refuse another value than the estimator's own for what the space lacks."""
    if value is EMPTY:
        return
    if name not in own:
        raise ValueError(f"{name!r} is no parameter of the space")
    # as a file may have it
    meant = isinstance(value, str) and value in _texts(own[name])
    if not meant and not space.same({name: own[name]}, {name: value}):
        raise ValueError(
            f"{name!r} is no parameter of the space, and {safe_repr(value)} is not the "
            "estimator's own value"
        )


def _report(left_out, n_settings, *, usable):
    """Warn once how many settings are left out, and why."""
    setting, problem = left_out[0]
    shown = {name: value for name, value in setting.items() if value is not EMPTY}
    first = f"The first, {safe_repr(shown)}: {problem}."
    if not usable:
        raise ValueError(
            f"None of the {n_settings} settings in the 'prior_results' parameter of "
            f"BayesSearchCV can be used. {first} Search over the same parameters as "
            "the earlier search, or leave it out."
        )
    warnings.warn(
        f"{len(left_out)} of {n_settings} settings in the 'prior_results' parameter of "
        f"BayesSearchCV cannot be used, and are left out. {first}",
        UserWarning,
        stacklevel=stack_level(),
    )
