"""Dimensions that list their values: categories and ordered choices."""

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search.space._dimensions import (
    Dimension,
    is_number,
    refuse_other_spellings,
)

__all__ = ["Categorical", "Listed", "Ordinal"]

# Gaps between neighbouring numbers may differ by this factor before their values say
# nothing about spacing (a 0 in front of a geometric series) and ranks are used.
MAX_GAP_RATIO = 20.0


class Listed(Dimension):
    """Choices with a position each; the base of all dimensions that list levels."""

    discrete = True

    def __init__(self, choices: Sequence[Any], positions: np.ndarray) -> None:
        self.choices = list(choices)
        self._positions = positions
        self._order = np.argsort(positions, kind="stable")
        ascending = positions[self._order]
        self._ascending = ascending
        self._borders = (ascending[1:] + ascending[:-1]) / 2

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

    def encode(self, value: Any) -> float:
        # the very object first: an equal one may stand before it
        same = [choice is value for choice in self.choices]
        if not any(same):
            same = [equal(choice, value) for choice in self.choices]
        if not any(same):
            shown = shorten(self.choices)
            raise ValueError(f"{value!r} is not one of the choices {shown}")
        return float(self._positions[same.index(True)])

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
        gaps = [np.diff(scale) for scale in scales]
        uneven = [np.std(gap) / np.mean(gap) for gap in gaps]
        best = int(np.argmin(uneven))
        if gaps[best].max() <= MAX_GAP_RATIO * gaps[best].min():
            scale = scales[best]
            places = (scale - scale[0]) / (scale[-1] - scale[0])
    positions = ((0.5 + places * (n - 1)) / n)[index]
    if n < len(values):
        repeat = [np.sum(index[:i] == index[i]) for i in range(len(values))]
        positions = positions + 1e-9 * np.array(repeat)
    return np.asarray(positions)


def equal(a: Any, b: Any) -> bool:
    """Tell whether two choices are the same; never raises, whatever they are."""
    if a is b:
        return True
    if isinstance(a, bool | np.bool_) != isinstance(b, bool | np.bool_):
        return False
    try:
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
            return type(a) is type(b) and np.array_equal(a, b)
        if bool(a == b):
            return True
        if type(a) is not type(b) or getattr(type(a), "__eq__", None) != object.__eq__:
            return False
        # objects without an equality of their own, such as two equal estimators
        return pickle.dumps(a) == pickle.dumps(b)
    except Exception:  # a foreign __eq__ or __reduce__ may raise anything
        return False


def shorten(choices: Sequence[Any], most: int = 6) -> str:
    """Show the first choices only."""
    shown = ", ".join(map(repr, choices[:most]))
    return f"[{shown}{', ...' if len(choices) > most else ''}]"


def _check_choices(cls: str, choices: Any) -> list[Any]:
    if isinstance(choices, str | bytes | dict | set) or not hasattr(choices, "__len__"):
        raise TypeError(
            f"The 'choices' of {cls} must be a list, tuple or array. Got {choices!r}; "
            "put the values into a list."
        )
    if len(choices) == 0:
        raise ValueError(f"The 'choices' of {cls} must not be empty.")
    return list(choices)
