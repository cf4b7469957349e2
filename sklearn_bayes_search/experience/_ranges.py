"""The words in which the table of default spaces is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.space import Integer, Ordinal, Real

# The least share of rows and columns that a member of a bagging ensemble is given.
LEAST_OF_BAGS = 0.2


@dataclass(frozen=True)
class When:
    """What is searched of a parameter, by the value of another one, ``on``.

    A range None leaves the parameter out, also ``otherwise``, of all other values.
    """

    on: str
    ranges: dict[Any, Any]
    otherwise: Any = None


@dataclass(frozen=True)
class Only:
    """What is searched of a parameter, by what the estimator itself has of others.

    ``own`` has by their names the values that go with the range. They count even where
    the others are searched, which is the difference to `When`.
    """

    own: dict[str, tuple[Any, ...]]
    range: Any
    otherwise: Any = None


@dataclass(frozen=True)
class Entry:
    """What is worth searching of a class of estimators.

    A value is a range, a list of choices, a `When`, an `Only`, or a function that makes
    a range or choices from a `Data`, or None to leave the parameter out. A list of one
    choice is set along with the others. A choice that the user has made, other than the
    class's own, is kept; numbers are searched but for those of an `Only`.

    ``default`` has the parameters beside ``small``, and ``wide`` those beside
    ``default``, or with other ranges. ``inner`` is the size of the space of the
    estimators inside, None the size asked for, and ``module`` the package of the class.
    ``aliases`` are other names of its parameters: where the user gives a value by one
    of these, it is searched by this name.
    """

    small: dict[str, Any]
    default: dict[str, Any]
    wide: dict[str, Any]
    inner: str | None = None
    module: str = "sklearn"
    aliases: Mapping[str, str] = field(default_factory=dict)

    def of_size(self, size: str) -> dict[str, Any]:
        """Return the parameters of a size."""
        if size == "small":
            return self.small
        if size == "default":
            return self.small | self.default
        return self.small | self.default | self.wide


def log(low: float, high: float) -> Real:
    """Return floats, uniform in the logarithm."""
    return Real(low, high, log=True)


def log_ints(low: int, high: int) -> Any:
    """Return ints, uniform in the logarithm; there may be a single one."""
    return Integer(low, high, log=True) if low < high else [low]


def count(
    of: str, share: float, low: int, high: int, unknown: int
) -> Callable[[Data], Any]:
    """Return ints up to a share of the rows or columns, at most `high`.

    `unknown` is the highest where their number is not known.
    """

    def make(data: Data) -> Any:
        number = getattr(data, of)
        most = unknown if number is None else min(high, int(share * number))
        return log_ints(low, max(most, low))

    return make


def in_units(low: float, high: float) -> Callable[[Data], Real]:
    """Return a range in units of y."""

    def make(data: Data) -> Real:
        return log(_short(low * data.unit), _short(high * data.unit))

    return make


def kernel_width(low: float, high: float) -> Callable[[Data], Real]:
    """Return a range around the scale of the distances between rows."""

    def make(data: Data) -> Real:
        return log(_short(low * data.gamma), _short(high * data.gamma))

    return make


def balanced(data: Data) -> Any:
    """Return the weights of classes, unless sizes or the score make them useless."""
    return [None, "balanced"] if data.weights_matter and not data.balanced else None


def share_of_columns(data: Data) -> Real:
    """Return shares of which the middle is that of the root of their number."""
    return log(0.05 if not data.columns else _short(min(1 / data.columns, 0.5)), 1.0)


def share_or_all(data: Data) -> Ordinal:
    """Return some of these shares; None is all columns, gradient boosting's own."""
    low = share_of_columns(data).low
    return Ordinal([*(_short(low ** (1 - part / 4)) for part in range(4)), None])


def _short(value: float) -> float:
    return float(f"{value:.2g}")
