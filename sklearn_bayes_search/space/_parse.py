"""From what a user wrote for a parameter to a dimension, or an error that helps."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice, pairwise
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr, stack_level
from sklearn_bayes_search.space._choices import (
    Categorical,
    Ordinal,
    are_ordered,
    check_not_empty,
    is_listing,
    ranges_among,
    same_value,
)
from sklearn_bayes_search.space._dimensions import (
    MAX_LISTED,
    Dimension,
    Integer,
    describe,
    is_number,
)
from sklearn_bayes_search.space._distributions import from_distribution, from_draws

_PRIORS = {"uniform", "log-uniform"}
# Each list with a range at least doubles the branches. Of more of them the first ones
# of a search would try each once, and nothing else.
MOST_BRANCHES = 16
# What is learned of one switch counts in all branches that have it.
MOST_SWITCHED = 256
# Whoever puts a range inside of a choice does it in the first ones of many.
MOST_LOOKED_AT = 1000


def as_dimension(name: str, value: Any) -> Dimension:
    """Return the dimension of what a user gave, or explain what is wrong with it."""
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
    if not is_listing(value):
        raise TypeError(
            f"Parameter {name!r} needs a sequence of choices, a distribution or a "
            f"dimension. Got {safe_repr(value)} ({type(value).__name__}). "
            f"{_way_out(value)}"
        )
    if isinstance(value, range) and len(value) > MAX_LISTED and value.step == 1:
        return Integer(value[0], value[-1])
    check_not_empty(f"The choices of parameter {name!r}", value)
    _refuse_ranges_inside(name, value)
    return Ordinal(value) if are_ordered(name, value) else Categorical(value)


def warn_of_bounds(value: Any) -> None:
    """Warn, once, of parameters whose two choices look like bounds.

    Two numbers in a list are choices in scikit-learn and bounds elsewhere. Of a tuple,
    neighbouring ints apart, and of numbers far from each other it is said.
    """
    found = {
        name: choices
        for branch in as_branches(value)
        for name, choices in branch.items()
        if _look_like_bounds(choices)
    }
    if found:
        texts = ", ".join(f"{name!r}: {choices!r}" for name, choices in found.items())
        name, (low, high) = next(iter(found.items()))
        low, high = (v.item() if isinstance(v, np.generic) else v for v in (low, high))
        kind = "Integer" if isinstance(low, int) and isinstance(high, int) else "Real"
        log = ", log=True" if low > 0 and high >= 100 * low else ""
        warnings.warn(
            f"Two numbers are two choices, and no bounds: {{{texts}}}. If bounds are "
            f"meant, write {{{name!r}: {kind}({low!r}, {high!r}{log})}}; if choices "
            f"are, Ordinal([{low!r}, {high!r}]) says so.",
            UserWarning,
            stacklevel=stack_level(),
        )


def _look_like_bounds(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    if not all(map(is_number, value)) or not value[0] < value[1]:
        return False
    low, high = value
    if isinstance(value, tuple):
        whole = isinstance(low, Integral) and isinstance(high, Integral)
        return not (whole and high - low == 1)
    return bool(low > 0 and high > 10 * low)


def as_branches(value: Any) -> list[Mapping[str, Any]]:
    """Return the list of dicts of what a user gave as a space."""
    branches = [value] if isinstance(value, Mapping) else value
    if not isinstance(branches, Sequence) or isinstance(branches, str):
        raise TypeError(
            "The search space must be a dict or a list of dicts of parameter names and "
            f"their values. Got {value!r}; write {{'name': [first, second]}}."
        )
    if not branches:
        raise ValueError(
            f"The search space must have at least one dict. Got {value!r}; write "
            "{'name': [first, second]}."
        )
    for branch in branches:
        if not isinstance(branch, Mapping):
            advice = "write {'name': [first, second]}"
            if isinstance(branch, tuple) and branch and isinstance(branch[0], Mapping):
                advice = "all branches share one budget, so write the dict alone"
            raise TypeError(
                f"A branch of the search space must be a dict. Got {branch!r}, a "
                f"{type(branch).__name__}; {advice}."
            )
        for name in branch:
            if not isinstance(name, str):
                raise TypeError(
                    f"Parameter names must be str. Got {name!r}; write what "
                    "set_params of the estimator takes."
                )
    return list(branches)


@dataclass(frozen=True, eq=False)
class Branch:
    """One of the dicts that a user's dict stands for.

    ``written`` has what was given for each parameter. ``parts`` are the parts of lists
    with ranges that it has, and ``switches`` the choices on which other parameters
    depend, each with all choices of that parameter; both by name.
    """

    written: Mapping[str, Any]
    parts: Mapping[str, Any]
    switches: Mapping[str, tuple[Any, list[Any]]]

    @property
    def case(self) -> tuple[tuple[str, int], ...]:
        """What is equal for branches that have the same parts of lists with ranges."""
        return tuple(
            (name, 0 if is_listing(part) else id(part))
            for name, part in sorted(self.parts.items())
        )


def split_branch(branch: Mapping[str, Any]) -> list[Branch]:
    """Return a branch for each combination of alternatives in a dict.

    A list with ranges stands for each of them, and for the values that none of them
    has, together. A dict stands for each of its keys, with the parameters below it.
    """
    lists = {
        name: _parts_of_list(name, value)
        for name, value in branch.items()
        if _has_ranges(value)
    }
    n_branches = math.prod(map(len, lists.values()))
    if n_branches > MOST_BRANCHES:
        raise ValueError(
            f"The lists of {', '.join(map(repr, lists))} hold ranges beside values, "
            f"and have {n_branches} combinations, each a branch of the search space; "
            f"at most {MOST_BRANCHES} are searched. Give some of these parameters a "
            "range alone, or write a list of dicts with the combinations that you want."
        )
    found = list(islice(_split(branch), MOST_SWITCHED + 1))
    if len(found) > MOST_SWITCHED:
        names = dict.fromkeys(name for one in found for name in one.switches)
        raise ValueError(
            f"The choices of {', '.join(map(repr, names))} have more than "
            f"{MOST_SWITCHED} combinations, each a branch of the search space. Give "
            "some of their choices no parameters of their own, in a list."
        )
    return found


def _has_ranges(value: Any) -> bool:
    listed = is_listing(value) and not isinstance(value, range)
    return listed and bool(ranges_among(value))


def _parts_of_list(name: str, value: Sequence[Any]) -> list[Any]:
    """Return the values of a list with ranges that none of them has, and the ranges."""
    ranges = ranges_among(value)
    beside: list[Any] = [_beside(name, value, ranges)]
    return [part for part in beside if part] + ranges


def _split(branch: Mapping[str, Any]) -> Iterator[Branch]:
    for name, value in branch.items():
        others = {other: v for other, v in branch.items() if other != name}
        if isinstance(value, Mapping):
            choices = _choices_with_parameters(name, value)
            for choice, below in value.items():
                if twice := set(below) & set(branch):
                    raise ValueError(
                        f"Parameter {min(twice)!r} stands below {name!r}, and again "
                        "beside it or below another. Give it once."
                    )
                for one in _split({**below, **others}):
                    switches = {name: (choice, choices), **one.switches}
                    yield Branch({**one.written, name: [choice]}, one.parts, switches)
            return
        if _has_ranges(value):
            for part in _parts_of_list(name, value):
                for one in _split(others):
                    parts = {name: part, **one.parts}
                    yield Branch({**one.written, name: part}, parts, one.switches)
            return
    yield Branch(branch, {}, {})


def _choices_with_parameters(name: str, value: Mapping[Any, Any]) -> list[Any]:
    """Check a dict from choices to the parameters that depend on them."""
    example = f"{{{name!r}: {{True: {{'other': Real(0, 1)}}, False: {{}}}}}}"
    wrong = None if value else "It is empty."
    for choice, below in value.items():
        if not isinstance(below, Mapping) or not all(
            isinstance(other, str) for other in below
        ):
            wrong = f"{safe_repr(choice)} has {safe_repr(below)}."
    if wrong:
        raise TypeError(
            f"Parameter {name!r} needs a sequence of choices, or a dict that has for "
            f"each choice a dict of the parameters that depend on it, {{}} if none "
            f"does. Got {safe_repr(value)}. {wrong} Write a list of choices, or as in "
            f"{example}."
        )
    return list(value)


def _beside(name: str, choices: Sequence[Any], ranges: list[Any]) -> list[Any]:
    """Return the values of a list that no range in it has; refuse ints in two ranges.

    No point is evaluated twice where points can be counted.
    """
    counted = [d for d in (as_dimension(name, r) for r in ranges) if d.discrete]
    ints = sorted(
        (d for d in counted if isinstance(d, Integer)), key=lambda d: (d.low, d.high)
    )
    for one, other in pairwise(ints):
        if other.low <= one.high:
            raise ValueError(
                f"The list of parameter {name!r} has ints twice: in {one!r} and in "
                f"{other!r}. Write one range, or two without a common value."
            )
    return [
        value
        for value in choices
        if not any(value is r for r in ranges)
        and not any(_has(dimension, value) for dimension in counted)
    ]


def _has(dimension: Dimension, value: Any) -> bool:
    try:
        return same_value(dimension.decode(dimension.encode(value)), value)
    except ValueError:
        return False


def _way_out(value: Any) -> str:
    if isinstance(value, Set):
        return "A set has no order: write a list of its members."
    if getattr(value, "ndim", 0) > 1:
        return "Write a list of choices."
    if hasattr(value, "__next__"):
        return "It can be read only once: write a list of what it gives."
    return (
        f"For one fixed value write the list [{safe_repr(value)}], for bounds "
        "Real(low, high) or Integer(low, high)."
    )


def _refuse_ranges_inside(name: str, choices: Sequence[Any]) -> None:
    """Refuse a range in a list, tuple or dict that is a choice, as of layer sizes."""
    for choice in islice(choices, MOST_LOOKED_AT):
        for part in islice(_parts_of(choice), MOST_LOOKED_AT):
            if isinstance(part, Dimension):
                raise TypeError(
                    f"Parameter {name!r} has {describe(part)} inside of the choice "
                    f"{safe_repr(choice)}, where it would be taken for a value. A "
                    "range stands alone or directly in the list; list such choices "
                    "one by one."
                )


def _parts_of(choice: Any, depth: int = 5) -> Iterator[Any]:
    """Iterate over what a list, tuple, set or dict has, and what these have in turn."""
    values = choice.values() if isinstance(choice, Mapping) else choice
    if depth and isinstance(choice, list | tuple | Set | Mapping):
        for part in values:
            yield part
            yield from _parts_of(part, depth - 1)


def _refuse_foreign(name: str, value: Any) -> None:
    """Explain to users of other libraries how it is written here."""
    library = type(value).__module__.partition(".")[0]
    if library in ("skopt", "optuna", "ConfigSpace", "hyperopt", "ray"):
        raise TypeError(
            f"Parameter {name!r} is given as {value!r} of {library}. Write "
            "Real(low, high, log=...), Integer(low, high, log=...) or "
            "Categorical(choices) from sklearn_bayes_search, or a frozen scipy.stats "
            "distribution."
        )
    if hasattr(value, "icdf") and not hasattr(value, "rvs"):
        # scikit-learn cannot draw from them, and scipy's Normal(mu=1, sigma=2) comes
        # back from copy.deepcopy, hence from clone, as a standard one (seen in 1.17)
        raise TypeError(
            f"The distribution of parameter {name!r} must have rvs, as scikit-learn "
            f"needs it, too. Got {value!r}; write a frozen distribution such as "
            "scipy.stats.norm(loc=0, scale=1) or scipy.stats.loguniform(1e-3, 1e3)."
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
