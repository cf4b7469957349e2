"""Dimensions that say outright what a parameter's values are.

A dimension maps a value to a position ``u`` in [0, 1] and back. A discrete dimension
has levels, each with a position inside its own share of [0, 1]; *snapping* moves any
position to its level's. What identifies a choice is its index, so that the user's own
object comes back whatever it is.
"""

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec

import numpy as np

from sklearn_bayes_search.exceptions import safe_repr

# Discrete dimensions up to this size list their levels; larger ones are handled as
# numbers that are rounded. No search evaluates that many values of one parameter.
MAX_LISTED = 10_000

# Positions of ints are multiples of this. It is far above the rounding errors of a
# logarithm or a distribution function, so that snapping twice changes nothing however
# many ints there are, and ints have positions of their own up to some 10**13 of them.
LATTICE = 2.0**-46

P = ParamSpec("P")


def explains_other_spellings(init: Callable[P, None]) -> Callable[P, None]:
    """Explain to users of scikit-optimize how it is written here."""
    known = inspect.signature(init).parameters
    n_positional = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in known.values())

    @functools.wraps(init)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        surplus = args[n_positional:]
        given = list(map(repr, surplus))
        given += [f"{k}={v!r}" for k, v in kwargs.items() if k not in known]
        if given:
            cls = type(args[0]).__name__
            advice = f"It takes two bounds and log: {cls}(low, high, log=True)."
            if cls == "Categorical":
                advice = "It takes one list of choices: Categorical([first, second])."
            elif "log-uniform" in [*surplus, *kwargs.values()]:
                advice += " Write log=True for the prior 'log-uniform'."
            elif "step" in kwargs:
                advice += " For steps, list the values: range(low, high, step)."
            raise TypeError(f"{cls} does not take {', '.join(given)}. {advice}")
        init(*args, **kwargs)

    return checked


class Dimension:
    """One parameter's values and their positions in [0, 1].

    ``n_levels`` counts the values, None where that is not possible. Of a ``discrete``
    dimension positions are snapped to levels, which have no order if ``categorical``. A
    search chooses between the positions ``reach``; values beyond may be given.
    """

    n_levels: int | None = None
    reach: tuple[float, float] = (0.0, 1.0)
    discrete: bool = False
    categorical: bool = False

    def positions(self) -> np.ndarray | None:
        """Return the positions of all levels, in the user's order; None if unlisted."""
        return None

    def each(self) -> Iterator[float]:
        """Iterate over the positions of all levels, however many there are."""
        n_levels = self.n_levels
        if n_levels is None:
            raise ValueError(f"The values of {self!r} cannot be listed.")
        for start in range(0, n_levels, MAX_LISTED):
            yield from self._part(start, min(start + MAX_LISTED, n_levels)).tolist()

    def _part(self, start: int, stop: int) -> np.ndarray:
        """Return the positions of some levels."""
        positions = self.positions()
        assert positions is not None, "a dimension with countable levels lists them"
        return positions[start:stop]

    def snap(self, u: np.ndarray) -> np.ndarray:
        """Move positions (n,) to the nearest ones that values have."""
        raise NotImplementedError

    def decode(self, u: float) -> Any:
        """Return the value at a position; of a list, the user's own object."""
        raise NotImplementedError

    def decode_many(self, u: np.ndarray) -> list[Any]:
        """Return the values at positions (n,), which some dimensions do much faster."""
        return [self.decode(position) for position in u.tolist()]

    def encode(self, value: Any) -> float:
        """Return the position of a value; a ValueError says why there is none."""
        raise NotImplementedError

    def contains(self, value: Any) -> bool:
        """Check whether `encode` would place a value."""
        try:
            self.encode(value)
        except ValueError:
            return False
        return True

    def middle(self) -> Any:
        """Return the value in the middle; of an even number of choices the lower."""
        return self.decode(float(self.snap(np.array([0.5]))[0]))

    def rvs(self, random_state: Any = None) -> Any:
        """Draw one value, uniformly over [0, 1] or over the listed choices."""
        u = np.array([as_generator(random_state).uniform()])
        return self.decode(float(self.snap(u)[0]))


class _Range(Dimension):
    low: Any
    high: Any
    log: bool

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        log = ", log=True" if self.log else ""
        return f"{type(self).__name__}({self.low!r}, {self.high!r}{log})"


class Real(_Range):
    """A float between two bounds, both included.

    Parameters
    ----------
    low, high : float
        Finite bounds with ``low < high``.
    log : bool, default=False
        Whether the model measures distances on the logarithm, which suits parameters
        that range over orders of magnitude. Needs ``low > 0``.

    Raises
    ------
    TypeError, ValueError
        If the bounds are not finite numbers in ascending order, or not positive with
        ``log=True``.

    Examples
    --------
    >>> from sklearn_bayes_search import Real
    >>> C = Real(1e-3, 1e3, log=True)
    >>> C.decode(0.5)
    1.0
    """

    @explains_other_spellings
    def __init__(self, low: float, high: float, *, log: bool = False) -> None:
        _check_bounds("Real", low, high, log)
        self.low: float = float(low)
        self.high: float = float(high)
        self.log = bool(log)

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(u, 0.0, 1.0))

    def decode(self, u: float) -> float:
        if self.log:
            low, high = np.log(self.low), np.log(self.high)
            value = float(np.exp((1 - u) * low + u * high))
        else:
            value = (1 - u) * self.low + u * self.high
        return float(min(max(value, self.low), self.high))

    def encode(self, value: Any) -> float:
        x = inside(value, self.low, self.high)
        if self.log:
            low, high = np.log(self.low), np.log(self.high)
            return float((np.log(x) - low) / (high - low))
        # halves: the difference of two large bounds may overflow
        return (x / 2 - self.low / 2) / (self.high / 2 - self.low / 2)


class Integer(_Range):
    """An int between two bounds, both included.

    Parameters
    ----------
    low, high : int
        Bounds with ``low < high``. Unlike ``scipy.stats.randint``, ``high`` itself is
        a value.
    log : bool, default=False
        Whether the model measures distances on the logarithm. Needs ``low >= 1``.

    Raises
    ------
    TypeError, ValueError
        If the bounds are not ints in ascending order, or below 1 with ``log=True``.

    Examples
    --------
    >>> from sklearn_bayes_search import Integer
    >>> Integer(1, 10).decode(1.0)
    10
    """

    discrete = True

    @explains_other_spellings
    def __init__(self, low: int, high: int, *, log: bool = False) -> None:
        _check_bounds("Integer", low, high, log, whole=True)
        self.low: int = int(low)
        self.high: int = int(high)
        self.log = bool(log)

    @property
    def n_levels(self) -> int:  # type: ignore[override]  # the base leaves it open
        """Number of ints."""
        return self.high - self.low + 1

    # The methods below count from ``low``, since floats cannot tell huge ints apart.

    def _place(self, steps: np.ndarray) -> np.ndarray:
        # Each int owns half a step to either side, so that all have an equal share
        # and the model sees a margin at the ends.
        if self.log:
            start = self.low - 0.5
            u = np.log1p((steps + 0.5) / start) / np.log1p(self.n_levels / start)
        else:
            u = (steps + 0.5) / self.n_levels
        return on_lattice(u)

    def _steps(self, u: np.ndarray) -> np.ndarray:
        if self.log:
            start = self.low - 0.5
            steps = start * np.expm1(u * np.log1p(self.n_levels / start)) - 0.5
        else:
            steps = u * self.n_levels - 0.5
        return np.asarray(np.clip(np.rint(steps), 0.0, float(self.n_levels - 1)))

    def positions(self) -> np.ndarray | None:
        if self.n_levels > MAX_LISTED:
            return None
        return self._part(0, self.n_levels)

    def _part(self, start: int, stop: int) -> np.ndarray:
        return self._place(np.arange(start, stop, dtype=float))

    def snap(self, u: np.ndarray) -> np.ndarray:
        return self._place(self._steps(u))

    def decode(self, u: float) -> int:
        return min(self.low + int(self._steps(np.array(u))), self.high)

    def encode(self, value: Any) -> float:
        if not is_whole(value) or not self.low <= int(value) <= self.high:
            raise ValueError(
                f"{value!r} is not an int between {self.low} and {self.high}"
            )
        return float(self._place(np.array(float(int(value) - self.low))))


def describe(dist: Any) -> str:
    """Return a dimension or a frozen distribution as it is written."""
    name = getattr(getattr(dist, "dist", dist), "name", None)
    if name is None:
        return safe_repr(dist)
    args = [repr(arg) for arg in getattr(dist, "args", ())]
    args += [f"{key}={arg!r}" for key, arg in getattr(dist, "kwds", {}).items()]
    return f"{name}({', '.join(args)})"


def as_generator(random_state: Any) -> Any:
    """Return the source of randomness that ``random_state`` stands for."""
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.default_rng(random_state)


def is_number(value: Any) -> bool:
    """Check whether a choice is a finite number; a bool is none."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except (OverflowError, TypeError):  # huge ints; numpy's timedelta64 is no number
        return False


def is_whole(value: Any) -> bool:
    """Check whether a value is an int, whatever its type."""
    return is_number(value) and int(value) == value


def on_lattice(u: np.ndarray) -> np.ndarray:
    """Round positions to multiples of `LATTICE`."""
    return np.asarray(np.rint(u / LATTICE) * LATTICE)


def inside(value: Any, low: float, high: float) -> float:
    """Return a value as a float; a ValueError says that it is none in a range."""
    if not is_number(value):
        raise ValueError(f"{value!r} is not a number")
    if not low <= float(value) <= high:
        raise ValueError(f"{value!r} is not between {float(low)} and {float(high)}")
    return float(value)


def _check_bounds(
    cls: str, low: Any, high: Any, log: bool, *, whole: bool = False
) -> None:
    kind = numbers.Integral if whole else numbers.Real
    for name, bound in (("low", low), ("high", high)):
        if isinstance(bound, bool | np.bool_) or not isinstance(bound, kind):
            what = "an int" if whole else "a number"
            advice = f"write {cls}(low, high), or list the values to choose from"
            if whole and is_whole(bound):
                advice = f"write {int(bound)}"
            raise TypeError(
                f"The {name!r} bound of {cls} must be {what}. Got {bound!r}; {advice}."
            )
        if not is_number(bound):
            raise ValueError(
                f"The {name!r} bound of {cls} must be finite. Got {bound!r}; choose a "
                "finite one, or a scipy.stats distribution, which may be unbounded."
            )
    if not low < high:
        advice = f"for one fixed value write the list [{low!r}]"
        if low > high:
            advice = f"were they swapped? Write {cls}({high!r}, {low!r})"
        raise ValueError(
            f"The 'low' bound of {cls} must be below 'high'. Got low={low!r}, "
            f"high={high!r}; {advice}."
        )
    if log and low <= 0:
        rule, advice = "> 0", "choose a small positive bound"
        if whole:
            rule, advice = ">= 1", "raise it to 1"
        raise ValueError(
            f"The 'low' bound of {cls} must be {rule} with log=True. "
            f"Got {low!r}; {advice}, or use log=False."
        )
