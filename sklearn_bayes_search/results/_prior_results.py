"""Read what earlier searches tried: their candidates, as this search's space has them.

An earlier search may have had other ranges, other parameters and other metrics, and may
come from a file. Whatever can be placed is used, the rest is counted in one warning.
"""

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from os import PathLike
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr, stack_level
from sklearn_bayes_search.results._goals import COST_NAMES, as_compared
from sklearn_bayes_search.results._reader import EMPTY, SearchResults, read_results
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dimensions import Dimension

# Of more choices, their texts are not compared with one in a file: that is read as
# Python would read it.
MOST_TEXTS = 1000


def read_prior_results(
    prior_results: Any,
    space: Space,
    *,
    own: Mapping[str, Any],
    metrics: Sequence[str],
    read_file: Callable[[Any], Any],
    unsearched: str | None = None,
    others: Sequence[str] = (),
    limited: Sequence[str] = (),
) -> list[list[tuple[Any, ...]]]:
    """Read the earlier searches that a user gives, one or a list.

    Returns for each the candidates that the present ``space`` has, and their scores,
    NaN where the evaluation failed. ``own`` are the estimator's own parameters: the
    value of whatever only one of the two searches varies. ``metrics`` are names that
    the score may have there, the most wanted first. ``read_file`` reads the journal at
    a path. ``unsearched`` is a parameter that any candidate of the present search has
    the best value of. With ``others``, further objectives, each candidate has as many
    scores more, and with ``limited`` the means of these metrics as a third. What a
    source does not have is NaN.
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
        if isinstance(results, str | PathLike):
            results = _of_file(results, read_file, where)
        found = read_results(results, called=where, wanted=[*metrics, *others])
        if len(found) == 0:
            raise ValueError(
                f"The {where} must have at least one candidate. Got a "
                f"{type(results).__name__} without any; leave it out."
            )
        n_settings += len(found)
        source = []
        scores = _of_objectives(found, metrics, others, where)
        further = zip(*(_means(found, name) for name in limited), strict=True)
        known = list(further) if limited else [()] * len(found)
        for setting, score, values in zip(found.settings, scores, known, strict=True):
            setting = {k: v for k, v in setting.items() if k != unsearched}
            params, problem = place(setting, space, own)
            if params is None:
                left_out.append((setting, problem))
            else:
                source.append((params, score, values) if limited else (params, score))
        if np.isfinite([score for _, score, *_ in source]).any():
            sources.append(source)
        else:
            left_out += [(params, "no score is finite") for params, *_ in source]
    if left_out:
        _report(left_out, n_settings, usable=bool(sources))
    return sources


def _of_objectives(
    found: SearchResults, metrics: Sequence[str], others: Sequence[str], where: str
) -> list[Any]:
    """Return the score of each candidate, or with other objectives those of all."""
    objectives = [metrics, *([name] for name in others)]
    columns = np.full((len(found), len(objectives)), np.nan)
    for column, names in zip(columns.T, objectives, strict=True):
        for name in [name for name in names if name in found.metrics][:1]:
            column[:] = as_compared(name, found.of_metric(name).scores)
    if found.metric not in [*metrics, *others]:  # the only one, and that is no cost
        scored = [names[0] not in COST_NAMES for names in objectives]
        if not any(scored):
            raise ValueError(
                f"The {where} has the score {found.metric!r}, and this search is for "
                f"{metrics[0]!r}. Leave it out."
            )
        columns[:, scored.index(True)] = found.scores
    if not others:
        return list(map(float, columns[:, 0]))
    return [tuple(map(float, row)) for row in columns]


def _means(found: SearchResults, name: str) -> np.ndarray:
    """Return the means of a metric as they are compared, NaN where it is not known."""
    if name not in found.metrics:
        return np.full(len(found), np.nan)
    return as_compared(name, found.of_metric(name).scores)


def _of_file(path: Any, read_file: Callable[[Any], Any], where: str) -> Any:
    try:
        return read_file(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The {where} is the path {str(path)!r}, which must be that of a journal, "
            f"as 'checkpoint' writes it: {str(error).rstrip('.')}. Read another file "
            "into a DataFrame, and pass that."
        ) from error


def place(
    setting: Mapping[str, Any], space: Space, own: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, str]:
    """Return the candidate of the space that an earlier one is, or None, and why."""
    best, reason = -1, ""
    for branch in space.branches:
        # parameters of parts that the search replaces are no one's own
        replaced = tuple(f"{part}__" for part in branch)
        own_here = {n: v for n, v in own.items() if not n.startswith(replaced)}
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
            return params, ""
        problems.append("the constraint of the space forbids it")
        # of the branch where most has its place, for that is the one that was meant
        if len(params) > best:
            best, reason = len(params), problems[0]
    return None, reason


def _value(
    name: str, dimension: Dimension, setting: Mapping[str, Any], own: Mapping[str, Any]
) -> Any:
    """Return a parameter's value as the space has it."""
    value = setting.get(name, EMPTY)
    candidates: Iterable[Any]
    if value is EMPTY:
        candidates = [np.nan, None] if name in setting else []
        candidates += [own[name]] if name in own else []
    else:
        candidates = chain([value], _readings(value, dimension))
    problem = f"it lacks a value for {name!r}, and the estimator's own is not in range"
    for reading, candidate in enumerate(candidates):
        try:
            position = dimension.encode(candidate)
        except ValueError as error:
            if reading == 0 and value is not EMPTY:  # the one of what stands there
                problem = f"{name!r}: {error}"
            continue
        # an int that a table made a float, a choice that is equal: as the space has it
        return dimension.decode(position) if dimension.discrete else float(candidate)
    raise ValueError(problem)


def _readings(value: Any, dimension: Dimension) -> Iterator[Any]:
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


def _texts(value: Any) -> set[str]:
    try:
        return {str(value), repr(value)}
    except Exception:  # of the user's class, whatever it is
        return set()


def _check_unvaried(
    name: str, value: Any, space: Space, own: Mapping[str, Any]
) -> None:
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


def _report(
    left_out: list[tuple[dict[str, Any], str]], n_settings: int, *, usable: bool
) -> None:
    """Warn once how many candidates are left out, and why."""
    setting, problem = left_out[0]
    shown = {name: value for name, value in setting.items() if value is not EMPTY}
    first = f"The first, {safe_repr(shown)}: {problem}."
    if not usable:
        raise ValueError(
            f"None of the {n_settings} candidates in the 'prior_results' parameter of "
            f"BayesSearchCV can be used. {first} Search over the same parameters as "
            "the earlier search, or leave it out."
        )
    warnings.warn(
        f"{len(left_out)} of {n_settings} candidates in the 'prior_results' parameter "
        f"of BayesSearchCV cannot be used, and are left out. {first}",
        UserWarning,
        stacklevel=stack_level(),
    )
