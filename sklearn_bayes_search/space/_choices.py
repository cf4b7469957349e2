"""Dimensions that list their values: categories and ordered choices."""

import numbers
import pickle
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.space._dimensions import (
    Dimension,
    as_generator,
    is_number,
    refuse_other_spellings,
)

__all__ = ["Categorical", "Listed", "Ordinal"]

# Gaps between neighbouring numbers may differ by this factor before their values say
# nothing about spacing (a 0 in front of a geometric series) and ranks are used.
MAX_GAP_RATIO = 20.0


class Listed(Dimension):
    """Choices with a position each; the base of all dimensions that list levels.

    Parameters
    ----------
    choices : sequence of length n
        The values.
    positions : ndarray of shape (n,)
        Their positions, all different.
    borders : ndarray of shape (n - 1,), default=None
        Where the shares of two neighbours meet, ascending; by default midway.
    """

    discrete = True

    def __init__(
        self,
        choices: Sequence[Any],
        positions: np.ndarray,
        borders: np.ndarray | None = None,
    ) -> None:
        self.choices = list(choices)
        self._positions = positions
        self._order = np.argsort(positions, kind="stable")
        ascending = positions[self._order]
        self._ascending = ascending
        middle = (ascending[1:] + ascending[:-1]) / 2
        self._borders = middle if borders is None else borders

    @property
    def n_levels(self) -> int:  # type: ignore[override]  # the base leaves it open
        """Number of choices."""
        return len(self.choices)

    def positions(self) -> np.ndarray:
        return self._positions

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(self._ascending[np.searchsorted(self._borders, u)])

    def decode(self, u: float) -> Any:
        return self.choices[self._order[np.searchsorted(self._borders, u)]]

    def index(self, value: Any) -> int | None:
        """Find a choice.

        Parameters
        ----------
        value : object
            Any value.

        Returns
        -------
        index : int or None
            Where it stands among the choices; None if it is none of them.
        """
        # the very object first: an equal one may stand before it
        for index, choice in enumerate(self.choices):
            if choice is value:
                return index
        for index, choice in enumerate(self.choices):
            if equal(choice, value):
                return index
        return None

    def encode(self, value: Any) -> float:
        index = self.index(value)
        if index is None:
            raise ValueError(
                f"{safe_repr(value)} is not one of the choices {shorten(self.choices)}"
            )
        return float(self._positions[index])

    def contains(self, value: Any) -> bool:
        return self.index(value) is not None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Listed)
            and self.categorical == other.categorical
            and np.array_equal(self._positions, other._positions)
            and all(map(equal, self.choices, other.choices))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shorten(self.choices)})"


class Categorical(Listed):
    """A choice among values without an order.

    Parameters
    ----------
    choices : sequence
        Any objects: strings, None, tuples, arrays, functions, estimators.
    *other, **others : object
        None: arguments of other libraries' dimensions get an error that tells ours.

    Raises
    ------
    TypeError
        If ``choices`` is no sequence, or for arguments of other libraries' dimensions.
    ValueError
        If it is empty.

    Examples
    --------
    >>> from sklearn_bayes_search import Categorical
    >>> Categorical([(50,), (50, 50), None]).decode(0.9) is None
    True
    """

    categorical = True

    def __init__(self, choices: Sequence[Any], *other: Any, **others: Any) -> None:
        refuse_other_spellings("Categorical", other, others)
        choices = _check_choices("Categorical", choices)
        super().__init__(choices, (np.arange(len(choices)) + 0.5) / len(choices))


class Ordinal(Listed):
    """A choice among values with an order.

    Parameters
    ----------
    choices : sequence
        The values. Numbers are ordered by size, with linear or geometric spacing,
        whichever is more even. Other objects keep the order given, evenly spaced.

    Raises
    ------
    TypeError
        If ``choices`` is no sequence.
    ValueError
        If it is empty.

    Examples
    --------
    >>> from sklearn_bayes_search import Ordinal
    >>> Ordinal(["small", "medium", "large"]).decode(0.5)
    'medium'
    """

    def __init__(self, choices: Sequence[Any]) -> None:
        choices = _check_choices("Ordinal", choices)
        if all(map(is_number, choices)):
            positions = spaced_positions(np.array([float(x) for x in choices]))
        else:
            positions = (np.arange(len(choices)) + 0.5) / len(choices)
        super().__init__(choices, positions)

    def rvs(self, random_state: Any = None) -> Any:
        """Draw one choice, all with the same probability whatever the spacing.

        Parameters
        ----------
        random_state : int, RandomState, Generator or None, default=None
            Source of randomness, as in scikit-learn's ``ParameterSampler``.

        Returns
        -------
        value : object
            One of the choices.
        """
        u = as_generator(random_state).uniform()
        return self.choices[int(u * len(self.choices))]


def spaced_positions(values: np.ndarray) -> np.ndarray:
    """Positions in [0, 1] of numbers, linear or geometric, whichever is more even.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite numbers in any order. Equal ones get positions 1e-9 apart: the model
        sees one level, and each is a point of its own as in ``ParameterGrid``.

    Returns
    -------
    positions : ndarray of shape (n,)
        In the order of ``values``.
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


def equal(a: Any, b: Any) -> bool:
    """Tell whether two choices are the same; never raises, whatever they are."""
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


def is_listing(value: Any) -> bool:
    """Tell whether a value holds choices in an order."""
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
    """Show the first choices only."""
    shown = ", ".join(map(safe_repr, choices[:most]))
    return f"[{shown}{', ...' if len(choices) > most else ''}]"


def range_among(choices: Sequence[Any]) -> Any:
    """Find a range of values in the place of a value; None if there is none.

    A list of distributions alone may be meant: of priors, as estimators take them.
    """
    if any(issubclass(kind, Dimension) for kind in set(map(type, choices))):
        return next(c for c in choices if isinstance(c, Dimension))
    if not any(hasattr(kind, "rvs") for kind in set(map(type, choices))):
        return None
    others = [c for c in choices if not hasattr(c, "rvs")]
    return next(c for c in choices if hasattr(c, "rvs")) if others else None


def _check_choices(cls: str, choices: Any) -> list[Any]:
    if not is_listing(choices):
        raise TypeError(
            f"The 'choices' of {cls} must be a list, tuple or array. Got "
            f"{safe_repr(choices)}; put the values into a list."
        )
    if len(choices) == 0:
        raise ValueError(
            f"The 'choices' of {cls} must not be empty. Got {choices!r}; give at least "
            "one, or leave the parameter out."
        )
    found = range_among(choices)
    if found is not None:
        raise TypeError(
            f"The 'choices' of {cls} must be values. Got {safe_repr(found)} among "
            "them; a range needs a dict of its own in a list of dicts."
        )
    return list(choices)
