"""Dimensions made from distributions: ``u`` is the cumulative probability.

Frozen ``scipy.stats`` distributions give it exactly; an object that only has ``rvs``
gives an empirical one from seeded draws.
"""

import numbers
from typing import Any

import numpy as np
from scipy import stats

from sklearn_bayes_search.space._choices import Listed
from sklearn_bayes_search.space._dimensions import MAX_LISTED, Dimension, is_number

__all__ = ["from_distribution", "from_draws"]

# A distribution is never asked for what its own draws would practically never give:
# an infinite tail, or the end point 0 of uniform(0, 4) that many estimators refuse.
EDGE = 1e-6
N_DRAWS = 512


def from_distribution(dist: Any) -> Dimension:
    """Make a dimension of an object with ``rvs``, ``cdf`` and ``ppf``.

    Parameters
    ----------
    dist : scipy.stats distribution
        Frozen, or with no shape parameters.

    Raises
    ------
    ValueError
        If it has no finite quantiles, as ``loguniform(0, 1)``.
    """
    generic: Any = getattr(dist, "dist", dist)
    try:
        quantiles = np.asarray(dist.ppf([EDGE, 0.5, 1 - EDGE]), dtype=float)
        low, high = dist.support()
    except TypeError as error:
        raise ValueError(
            "it needs its shape parameters: freeze the distribution, as in "
            "loguniform(1e-3, 1e3)"
        ) from error
    if not np.isfinite(quantiles).all():
        raise ValueError(
            "its parameters leave it without values: uniform needs scale > 0, "
            "loguniform two positive bounds in ascending order, and none may be NaN"
        )
    if not isinstance(generic, stats.rv_discrete):
        return Quantile(dist, float(low), float(high))
    table = vars(generic)
    if "xk" in table:  # rv_discrete(values=...), whose values need not be ints
        weights = np.asarray(table["pk"])
        values = np.asarray(table["xk"]) + low - generic.support()[0]
        return Weighted(values[weights > 0].tolist(), weights[weights > 0])
    if high - low < MAX_LISTED:
        values = np.arange(int(low), int(high) + 1)
        weights = dist.pmf(values)
        keep = weights > EDGE / len(values)
        return Weighted(values[keep].tolist(), weights[keep])
    return Count(dist, float(low), float(high))


def from_draws(source: Any) -> Dimension:
    """Make a dimension of an object that has ``rvs`` only, from seeded draws.

    Raises
    ------
    ValueError
        If the draws are no numbers.
    """
    rng = np.random.RandomState(0)  # what ParameterSampler passes to rvs
    draws = [source.rvs(random_state=rng) for _ in range(N_DRAWS)]
    bad = [draw for draw in draws if np.ndim(draw) > 0 or not _is_real(draw)]
    if bad:
        raise ValueError(
            f"it draws {bad[0]!r}, and only distributions of single numbers can be "
            "modelled: list the values to choose from instead"
        )
    counts: dict[float, list[Any]] = {}
    for draw in draws:
        counts.setdefault(float(draw), []).append(draw)
    values = sorted(counts)
    integral = all(isinstance(draw, numbers.Integral) for draw in draws)
    if integral or len(values) < N_DRAWS / 2:
        weights = [len(counts[value]) for value in values]
        return Weighted([counts[value][0] for value in values], np.array(weights))
    return Empirical(np.array(values))


class Quantile(Dimension):
    """A continuous distribution: ``u = cdf(x)``, ``x = ppf(u)``."""

    def __init__(self, dist: Any, low: float, high: float) -> None:
        self._dist, self._low, self._high = dist, low, high

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(u, EDGE, 1 - EDGE))

    def decode(self, u: float) -> Any:
        return float(self._dist.ppf(u))

    def encode(self, value: Any) -> float:
        x = _inside(value, self._low, self._high)
        return float(self.snap(np.asarray(self._dist.cdf(x))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantile) and _same(self._dist, other._dist)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return describe(self._dist)


class Count(Dimension):
    """A distribution over very many ints; each sits amid its share of [0, 1]."""

    discrete = True

    def __init__(self, dist: Any, low: float, high: float) -> None:
        self._dist, self._low, self._high = dist, low, high
        if np.isfinite(high - low):
            self.n_levels = int(high - low) + 1

    def _place(self, x: np.ndarray) -> np.ndarray:
        return np.asarray((self._dist.cdf(x - 1) + self._dist.cdf(x)) / 2)

    def snap(self, u: np.ndarray) -> np.ndarray:
        return self._place(self._dist.ppf(np.clip(u, EDGE, 1 - EDGE)))

    def decode(self, u: float) -> int:
        return int(self._dist.ppf(np.clip(u, EDGE, 1 - EDGE)))

    def encode(self, value: Any) -> float:
        x = _inside(value, self._low, self._high)
        if x != round(x):
            raise ValueError(f"{value!r} is not an int")
        return float(self._place(np.array(x)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Count) and _same(self._dist, other._dist)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return describe(self._dist)


class Weighted(Listed):
    """Ascending numbers with probabilities; each sits amid its share of [0, 1]."""

    def __init__(self, values: list[Any], weights: np.ndarray) -> None:
        upper = np.cumsum(weights) / np.sum(weights)
        super().__init__(values, upper - weights / np.sum(weights) / 2)


class Empirical(Dimension):
    """A continuous distribution known by draws: quantiles between them."""

    def __init__(self, draws: np.ndarray) -> None:
        self._draws = draws
        self._grid = np.linspace(0.0, 1.0, len(draws))

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(u, 0.0, 1.0))

    def decode(self, u: float) -> float:
        return float(np.interp(u, self._grid, self._draws))

    def encode(self, value: Any) -> float:
        x = _inside(value, self._draws[0], self._draws[-1])
        return float(np.interp(x, self._draws, self._grid))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Empirical) and np.array_equal(
            self._draws, other._draws
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self._draws)} draws, {self._draws[0]:g} to {self._draws[-1]:g}>"


def describe(dist: Any) -> str:
    """Show a frozen distribution as it is written."""
    name = getattr(getattr(dist, "dist", dist), "name", None)
    if name is None:
        return repr(dist)
    args = [repr(arg) for arg in getattr(dist, "args", ())]
    args += [f"{key}={arg!r}" for key, arg in getattr(dist, "kwds", {}).items()]
    return f"{name}({', '.join(args)})"


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    return type(getattr(a, "dist", None)) is type(getattr(b, "dist", None)) and (
        describe(a) == describe(b)
    )


def _is_real(draw: Any) -> bool:
    return isinstance(draw, bool | np.bool_) or is_number(draw)


def _inside(value: Any, low: float, high: float) -> float:
    if not is_number(value):
        raise ValueError(f"{value!r} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{value!r} is not between {low:g} and {high:g}")
    return float(value)
