"""Dimensions that list their values: categories and ordered choices."""

import numbers
import operator
import pickle
from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.space._dimensions import (
    Dimension,
    as_generator,
    describe,
    explains_other_spellings,
    is_number,
)
from sklearn_bayes_search.space._dims import nearest_level

# Gaps between neighbouring numbers may differ by this factor before their values say
# nothing about spacing (a 0 in front of a geometric series) and ranks are used.
MAX_GAP_RATIO = 20.0

# To these an int is a count and a float a share: one feature, or all of them. They are
# scikit-learn's that take both, and are called the same elsewhere.
COUNTS_OR_SHARES = frozenset(
    {"max_df", "max_features", "max_patches", "max_samples", "min_cluster_size"}
    | {"min_df", "min_frequency", "min_samples", "min_samples_leaf"}
    | {"min_samples_split", "n_components", "n_features_to_select", "step"}
    | {"test_size", "train_size", "validation_fraction"}
)

# Of more choices than this, those that may be equal to a value are found by hashes.
FEW = 100
# No object has this hash: so it stands for none.
NO_HASH = -1
# Values of these are equal only if their hashes are. NumPy's other numbers are not:
# np.float32(0.1) == 0.1.
PLAIN = frozenset(
    {type(None), bool, int, float, str, bytes, np.bool_, np.float64, np.str_}
    | {np.dtype(code).type for code in np.typecodes["AllInteger"]}
)


class Listed(Dimension):
    """Choices with a position each; the base of all dimensions that list levels.

    The positions (n,) all differ. The shares of two neighbours meet at ``borders``
    (n - 1,), ascending; by default midway.
    """

    discrete = True

    def __init__(
        self,
        choices: Sequence[Any],
        positions: np.ndarray,
        borders: np.ndarray | None = None,
    ) -> None:
        self.choices = list(choices)
        self._positions, self._borders = positions, borders
        # None where it changes nothing: there may be millions
        self._order, self._ascending = None, positions
        if not (positions[1:] > positions[:-1]).all():
            self._order = np.argsort(positions, kind="stable")
            self._ascending = positions[self._order]

    @property
    def n_levels(self) -> int:  # type: ignore[override]  # the base leaves it open
        """Number of choices."""
        return len(self.choices)

    def positions(self) -> np.ndarray:
        return self._positions

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(self._ascending[self._rank(u)])

    def decode(self, u: float) -> Any:
        return self.decode_many(np.array([u]))[0]

    def decode_many(self, u: np.ndarray) -> list[Any]:
        rank = self._rank(u)
        indices = rank if self._order is None else self._order[rank]
        return [self.choices[index] for index in indices.tolist()]

    def _rank(self, u: np.ndarray) -> np.ndarray:
        """Return how many levels have shares that lie below each position."""
        if self._borders is not None:
            return np.asarray(np.searchsorted(self._borders, u))
        return nearest_level(self._ascending, u)

    def index(self, value: Any) -> int | None:
        """Return where a value stands among the choices; None if it is none of them.

        That is the very object, else one that is equal and an int or a float as the
        value is, else one that is equal.
        """
        likely = self._likely(value)
        for matches in (operator.is_, same_value, equal):
            for index in likely:
                if matches(self.choices[index], value):
                    return index
        return None

    def _likely(self, value: Any) -> Sequence[int]:
        """List the choices that may be equal to a value, in their order."""
        n = len(self.choices)
        wanted = NO_HASH if n <= FEW else _hash(value)
        if wanted == NO_HASH:
            return range(n)
        likely: list[int] = np.flatnonzero(
            (self._hashes == wanted) | (self._hashes == NO_HASH)
        ).tolist()
        return likely

    @cached_property
    def _hashes(self) -> np.ndarray:
        return np.fromiter(map(_hash, self.choices), np.int64, len(self.choices))

    def __getstate__(self) -> dict[str, Any]:
        # hashes of strings are others in another process
        return {name: v for name, v in vars(self).items() if name != "_hashes"}

    def encode(self, value: Any) -> float:
        index = self.index(value)
        if index is None:
            raise ValueError(
                f"{safe_repr(value)} is not one of the choices {shorten(self.choices)}"
            )
        return float(self._positions[index])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Listed)
            and self.categorical == other.categorical
            and np.array_equal(self._positions, other._positions)
            and all(map(equal, self.choices, other.choices))
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shorten(self.choices)})"


class Categorical(Listed):
    """A choice among values without an order.

    Parameters
    ----------
    choices : sequence
        Any objects: strings, None, tuples, arrays, functions, estimators.

    Raises
    ------
    TypeError, ValueError
        If ``choices`` is no sequence or empty.

    Examples
    --------
    >>> from sklearn_bayes_search import Categorical
    >>> Categorical([(50,), (50, 50), None]).decode(0.9) is None
    True
    """

    categorical = True

    @explains_other_spellings
    def __init__(self, choices: Sequence[Any]) -> None:
        choices = _listed("Categorical", choices)
        super().__init__(choices, (np.arange(len(choices)) + 0.5) / len(choices))


class Ordinal(Listed):
    """A choice among values with an order.

    Parameters
    ----------
    choices : sequence
        The values. Numbers are ordered by size, with linear or geometric spacing,
        whichever is more even. Other objects keep the order given, evenly spaced, and
        so do numbers where an int is equal to a float, as in ``[1, 0.5, 1.0]``.

    Raises
    ------
    TypeError, ValueError
        If ``choices`` is no sequence or empty.

    Examples
    --------
    >>> from sklearn_bayes_search import Ordinal
    >>> Ordinal(["small", "medium", "large"]).decode(0.5)
    'medium'
    """

    def __init__(self, choices: Sequence[Any]) -> None:
        choices = _listed("Ordinal", choices)
        if all_numbers(choices) and not int_and_equal_float(choices):
            positions = spaced_positions(np.array(choices, dtype=float))
        else:
            positions = (np.arange(len(choices)) + 0.5) / len(choices)
        super().__init__(choices, positions)

    def rvs(self, random_state: Any = None) -> Any:
        # all with the same probability, whatever the spacing
        u = as_generator(random_state).uniform()
        return self.choices[int(u * len(self.choices))]


def spaced_positions(values: np.ndarray) -> np.ndarray:
    """Return positions (n,) in [0, 1] of numbers, linear or geometric, the more even.

    ``values`` (n,) come in any order. Equal ones get positions 1e-9 apart: the model
    sees one level, and each is a point of its own as in ``ParameterGrid``.
    """
    unique, index = np.unique(values, return_inverse=True)
    n = len(unique)
    places = np.linspace(0.0, 1.0, n)
    if n > 2:
        scales = [unique / np.abs(unique).max()]
        if unique[0] > 0:
            scales.append(np.log(unique))
        # numbers so close or so far apart that a scale merges them are left to the
        # other one, or to their ranks
        scales = [scale for scale in scales if np.diff(scale).min() > 0]
        gaps = [np.diff(scale) for scale in scales]
        uneven = [np.std(gap) / np.mean(gap) for gap in gaps]
        best = int(np.argmin(uneven)) if uneven else None
        if best is not None and gaps[best].max() <= MAX_GAP_RATIO * gaps[best].min():
            scale = scales[best]
            places = (scale - scale[0]) / (scale[-1] - scale[0])
    positions = ((0.5 + places * (n - 1)) / n)[index]
    if n < len(values):
        order = np.argsort(index, kind="stable")
        first = np.searchsorted(index[order], index[order])
        positions[order] += 1e-9 * (np.arange(len(values)) - first)
    return np.asarray(positions)


def is_int(value: Any) -> bool:
    """Check whether a value is of an int's type; 1.0 is not."""
    return isinstance(value, numbers.Integral)


def same_value(a: Any, b: Any) -> bool:
    """Check whether two choices are equal, and both ints or neither."""
    return is_int(a) == is_int(b) and equal(a, b)


def int_and_equal_float(values: Sequence[Any]) -> bool:
    """Check whether an int equals another number that is none, as 1.0."""
    kinds = {k for k in map(type, values) if issubclass(k, numbers.Real)} - {bool}
    if len({issubclass(kind, numbers.Integral) for kind in kinds}) < 2:
        return False
    ints = {v for v in values if is_int(v) and type(v) is not bool}
    others = (v for v in values if isinstance(v, numbers.Real) and not is_int(v))
    return any(value in ints for value in others)


def are_ordered(name: str, choices: Sequence[Any]) -> bool:
    """Check whether the choices of a parameter are numbers that can be ordered by size.

    Ints and floats are where they mean the same. An int that is equal to a float says
    that they do not, and so does the name of a parameter that takes counts and shares.
    """
    if not all_numbers(choices) or int_and_equal_float(choices):
        return False
    counts_or_shares = name.rpartition("__")[-1] in COUNTS_OR_SHARES
    return not counts_or_shares or len(set(map(is_int, choices))) == 1


def _hash(value: Any) -> int:
    """Return equal hashes for equal values; `NO_HASH` where that fails."""
    if type(value) in PLAIN and value == value:  # NaN is not equal to itself
        return hash(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if type(value) not in (list, tuple):
        return NO_HASH
    hashes = tuple(map(_hash, value))
    return NO_HASH if NO_HASH in hashes else hash(hashes)


def equal(a: Any, b: Any) -> bool:
    """Check whether two choices are the same; never raises, whatever they are."""
    if a is b:
        return True
    if isinstance(a, bool | np.bool_) != isinstance(b, bool | np.bool_):
        return False
    try:
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
            same = type(a) is type(b) and np.array_equal(a, b)
        else:
            same = bool(a == b)
        if same:
            return True
        if isinstance(a, numbers.Real) and isinstance(b, numbers.Real):
            return bool(a != a and b != b)  # two NaN
        if isinstance(a, tuple | list) and type(a) is type(b):
            return len(a) == len(b) and all(map(equal, a, b))
        members = isinstance(a, np.ndarray | tuple | list | dict)
        if not members and getattr(type(a), "__eq__", None) != object.__eq__:
            return False
    except Exception:  # a foreign __eq__ may raise anything, and arrays inside do
        pass
    try:
        # what has no equality of its own, or members without: estimators, steps
        return type(a) is type(b) and pickle.dumps(a) == pickle.dumps(b)
    except Exception:  # a foreign __reduce__ may raise anything
        return False


def all_numbers(choices: Sequence[Any]) -> bool:
    """Check whether all choices are finite numbers; bools are none."""
    if set(map(type, choices)) <= {int, float, np.int64, np.float64}:  # much faster
        try:
            return bool(np.isfinite(np.array(choices, dtype=float)).all())
        except OverflowError:
            return False
    return all(map(is_number, choices))


def is_listing(value: Any) -> bool:
    """Check whether a value holds choices in an order."""
    if isinstance(value, str | bytes | Mapping | Set | type):
        return False
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    # an ensemble has a length and members, too; a DataFrame's would be its columns
    return (
        hasattr(value, "__len__")
        and hasattr(value, "__iter__")
        and not hasattr(value, "get_params")
        and getattr(value, "ndim", 1) == 1
    )


def shorten(choices: Sequence[Any], most: int = 6) -> str:
    """Return the repr of the first choices only."""
    shown = ", ".join(map(safe_repr, choices[:most]))
    return f"[{shown}{', ...' if len(choices) > most else ''}]"


def check_not_empty(what: str, choices: Sequence[Any]) -> None:
    """Refuse no choices at all."""
    if len(choices) == 0:
        raise ValueError(
            f"{what} must not be empty. Got the empty {type(choices).__name__} "
            f"{choices!r}; give at least one, or leave the parameter out."
        )


def ranges_among(choices: Sequence[Any]) -> list[Any]:
    """Return the ranges of values in a list of choices.

    Distributions alone are values: of priors, as estimators take them.
    """
    ranges = [choice for choice in choices if hasattr(type(choice), "rvs")]
    alone = len(ranges) == len(choices)
    if alone and not any(isinstance(choice, Dimension) for choice in ranges):
        return []
    return ranges


def _listed(cls: str, choices: Any) -> Sequence[Any]:
    """Return the choices of a dimension, if that is what they are."""
    what = f"The 'choices' of {cls}"
    if not is_listing(choices):
        raise TypeError(
            f"{what} must be a list, tuple or array. Got {safe_repr(choices)}; put the "
            "values into a list."
        )
    check_not_empty(what, choices)
    ranges = ranges_among(choices)
    if ranges:
        raise TypeError(
            f"{what} must be values. Got {describe(ranges[0])} among them, which is a "
            "range of values; write a plain list, as {'max_depth': [None, Integer(2, "
            "20)]}."
        )
    checked: Sequence[Any] = choices
    return checked
