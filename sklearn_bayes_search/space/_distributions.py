"""Dimensions made from distributions: ``u`` is the cumulative probability.

Frozen ``scipy.stats`` distributions give it exactly; an object that only has ``rvs``
gives an empirical one from seeded draws.
"""

import math
import numbers
from typing import Any

import numpy as np
from scipy import stats

from sklearn_bayes_search.space._choices import Listed
from sklearn_bayes_search.space._dimensions import (
    MAX_LISTED,
    Dimension,
    describe,
    inside,
    is_number,
    is_whole,
    on_lattice,
)

# A distribution is never asked for what its own draws would practically never give:
# an infinite tail, or the end point 0 of uniform(0, 4) that many estimators refuse.
EDGE = 1e-6
# The model sees a tail as flat as its probability: four deviations out, the score falls
# off a cliff that misleads it. Measured on functions of normal and exponential ranges:
# with 1e-2 the regret is a hundredth of that with 1e-6.
TAIL = 1e-2

# A value that the user lists is kept unless its share of [0, 1] is lost in rounding.
TOO_RARE = 1e-12

# Draws or quantiles that stand for a distribution that is not asked itself: a search
# evaluates fewer settings than that.
N_KNOWN = 512


def from_distribution(dist: Any) -> Dimension:
    """Return the dimension of an object with ``rvs``, ``cdf`` and ``ppf``.

    A search goes into a tail without end as far as about a hundred draws would.
    """
    try:
        low, high = dist.support()
    except TypeError as error:
        raise ValueError(
            "it needs its shape parameters: freeze the distribution, as in "
            "loguniform(1e-3, 1e3)"
        ) from error
    if np.ndim(low) > 0:
        raise ValueError(
            "its parameters are arrays, and only distributions of single numbers can "
            "be modelled: give numbers"
        )
    dimension = _of_support(dist, low, high)
    low_end, high_end = np.where(np.isinf([low, high]), TAIL, 0.0).tolist()
    dimension.reach = (low_end, 1.0 - high_end)
    return dimension


def _of_support(dist: Any, low: Any, high: Any) -> Dimension:
    generic: Any = getattr(dist, "dist", dist)
    if _adds_up(generic) and not dist.cdf(low + MAX_LISTED) > 1 - EDGE:
        draws = np.asarray(dist.rvs(N_KNOWN, np.random.RandomState(0)), dtype=float)
        values, counts = np.unique(draws, return_counts=True)
        return Ints(values, np.cumsum(counts) / N_KNOWN, low, high)
    quantiles = np.array([dist.ppf(u) for u in (EDGE, 0.5, 1 - EDGE)], dtype=float)
    if not np.isfinite(quantiles).all():
        raise ValueError(
            "its parameters leave it without values: uniform needs scale > 0, "
            "loguniform two positive bounds in ascending order, and none may be NaN"
        )
    if not isinstance(generic, stats.rv_discrete):
        return Quantile(dist, float(low), float(high))
    table = vars(generic)
    if "xk" in table:  # rv_discrete(values=...), whose values need not be ints
        values = np.asarray(table["xk"]) + low - generic.support()[0]
        weights = np.asarray(table["pk"])
        keep = weights > TOO_RARE
        return Weighted(values[keep].tolist(), weights[keep])
    if quantiles[1] != round(quantiles[1]):
        raise ValueError("its loc is not an int: shift it by a whole number")
    if quantiles[2] - quantiles[0] < MAX_LISTED:
        return Counts(dist, int(quantiles[0]), int(quantiles[2]))
    return _known_at_quantiles(dist, float(low), float(high))


def _adds_up(generic: Any) -> bool:
    # A cdf that is the sum of all probabilities below takes memory without bounds far
    # out in a heavy tail, as of zipf. No public name tells; a class that does not have
    # the private one is taken to be better off.
    default = getattr(stats.rv_discrete, "_cdf", None)
    return (
        isinstance(generic, stats.rv_discrete)
        and "xk" not in vars(generic)
        and getattr(type(generic), "_cdf", None) is default
    )


def _known_at_quantiles(dist: Any, low: float, high: float) -> Dimension:
    """Return a dimension of very many ints, exact for some, closely in the tails."""
    logit = np.log(EDGE / (1 - EDGE))
    grid = 1 / (1 + np.exp(np.linspace(-logit, logit, N_KNOWN)))
    values = dist.ppf(grid)
    if np.isfinite(high - low):  # of a tail that never ends, the quantiles are enough
        ends = [x for x in (low, high) if dist.pmf(x) > EDGE / (high - low + 1)]
        values = np.concatenate([values, ends])
    values = np.unique(values)
    return Ints(values, dist.cdf(values), low, high, below=dist.cdf(values[0] - 1))


def from_draws(source: Any) -> Dimension:
    """Return the dimension of an object that has ``rvs`` only, from seeded draws."""
    rng = np.random.RandomState(0)  # what ParameterSampler passes to rvs
    try:
        draws = [source.rvs(random_state=rng) for _ in range(N_KNOWN)]
    except Exception as error:  # foreign code may raise anything
        raise ValueError(
            f"its rvs(random_state=...) raises {type(error).__name__}: {error}; it "
            "must take a RandomState, as in scikit-learn"
        ) from error
    bad = [d for d in draws if not (isinstance(d, bool | np.bool_) or is_number(d))]
    if bad:
        raise ValueError(
            f"it draws {bad[0]!r}, and only distributions of single numbers can be "
            "modelled: list the values to choose from instead"
        )
    own: dict[float, Any] = {float(draw): draw for draw in reversed(draws)}
    values, counts = np.unique(np.array(draws, dtype=float), return_counts=True)
    if len(values) < N_KNOWN / 2:
        return Weighted([own[value] for value in values.tolist()], counts)
    if all(isinstance(draw, numbers.Integral) for draw in draws):
        return Ints(values, np.cumsum(counts) / N_KNOWN, values[0], values[-1])
    return Empirical(np.sort(np.array(draws, dtype=float)))


class Distribution(Dimension):
    """A distribution of too many values to list them."""

    @property
    def low(self) -> Any:
        """Lowest value that a search chooses."""
        return self.decode(self.reach[0])

    @property
    def high(self) -> Any:
        """Highest value that a search chooses."""
        return self.decode(self.reach[1])

    @property
    def log(self) -> bool:
        """Whether its middle is that of the logarithms rather than of the values."""
        low, high = float(self.low), float(self.high)
        middle = float(self.decode(sum(self.reach) / 2))
        if not 0 < low < middle < high:
            return False
        of_logs = math.log(middle / low) / math.log(high / low)
        return abs(of_logs - 0.5) < abs((middle - low) / (high - low) - 0.5)


class Quantile(Distribution):
    """A continuous distribution: ``u = cdf(x)``, ``x = ppf(u)``."""

    def __init__(self, dist: Any, low: float, high: float) -> None:
        self._dist, self._low, self._high = dist, low, high

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(u, EDGE, 1 - EDGE))

    def decode(self, u: float) -> Any:
        return float(self._dist.ppf(u))

    def decode_many(self, u: np.ndarray) -> list[Any]:
        values: list[Any] = np.asarray(self._dist.ppf(u), dtype=float).tolist()
        return values

    def encode(self, value: Any) -> float:
        x = inside(value, self._low, self._high)
        return float(self.snap(np.asarray(self._dist.cdf(x))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantile) and _same(self._dist, other._dist)

    def __repr__(self) -> str:
        return describe(self._dist)


class Weighted(Listed):
    """Ascending numbers with probabilities; each sits amid its share of [0, 1]."""

    def __init__(self, values: list[Any], weights: np.ndarray) -> None:
        shares = weights / np.sum(weights)
        upper = np.cumsum(shares)
        super().__init__(values, upper - shares / 2, borders=upper[:-1])


class Counts(Weighted):
    """The ints of a distribution that are drawn in practice, listed."""

    def __init__(self, dist: Any, first: int, last: int) -> None:
        values = np.arange(first, last + 1)
        weights = np.asarray(dist.pmf(values))
        keep = weights > EDGE / len(values)
        super().__init__(values[keep].tolist(), weights[keep])
        self._dist = dist
        self._low, self._high = map(float, dist.support())
        self.low, self.high, self.log = self.choices[0], self.choices[-1], False

    def encode(self, value: Any) -> float:
        if is_whole(value) and self._low <= value <= self._high:
            # far in a tail: at the end, since the setting itself is carried as given
            value = min(max(int(value), self.choices[0]), self.choices[-1])
        return super().encode(value)

    def __repr__(self) -> str:
        return describe(self._dist)


class Empirical(Distribution):
    """A continuous distribution known by draws: quantiles between them."""

    def __init__(self, draws: np.ndarray) -> None:
        self._draws = draws
        self._grid = np.linspace(0.0, 1.0, len(draws))

    def snap(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(u, 0.0, 1.0))

    def decode(self, u: float) -> float:
        return float(np.interp(u, self._grid, self._draws))

    def encode(self, value: Any) -> float:
        x = inside(value, self._draws[0], self._draws[-1])
        return float(np.interp(x, self._draws, self._grid))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Empirical) and np.array_equal(
            self._draws, other._draws
        )

    def __repr__(self) -> str:
        return f"<{len(self._draws)} draws, {self._draws[0]:g} to {self._draws[-1]:g}>"


class Ints(Distribution):
    """Very many ints, with a distribution that is known at some of them.

    ``values`` (n,) are known ints, ascending, with cumulative probabilities ``upper``
    (n,), and ``below`` the first one; the probability between two is spread evenly over
    the ints between. What lies beyond them, up to ``low`` and ``high``, sits with the
    last one.
    """

    discrete = True

    def __init__(
        self,
        values: np.ndarray,
        upper: np.ndarray,
        low: float,
        high: float,
        below: float = 0.0,
    ) -> None:
        # an int's share lies half a step to either side of it
        steps, cdf = np.append(values[0] - 0.5, values + 0.5), np.append(below, upper)
        rising = np.diff(cdf, prepend=-1.0) > 0
        self._steps, self._cdf = steps[rising], cdf[rising]
        self._first, self._last = values[0], values[-1]
        self._low, self._high = low, high
        if np.isfinite(high - low):
            self.n_levels = int(high - low) + 1

    def _place(self, x: np.ndarray) -> np.ndarray:
        x = np.clip(x, self._first, self._last)
        shares = [np.interp(x + half, self._steps, self._cdf) for half in (-0.5, 0.5)]
        return on_lattice((shares[0] + shares[1]) / 2)

    def _ints(self, u: Any) -> np.ndarray:
        steps = np.rint(np.interp(u, self._cdf, self._steps))
        return np.asarray(np.clip(steps, self._first, self._last))

    def _part(self, start: int, stop: int) -> np.ndarray:
        return self._place(self._low + np.arange(start, stop))

    def snap(self, u: np.ndarray) -> np.ndarray:
        return self._place(self._ints(u))

    def decode(self, u: float) -> int:
        return int(min(max(int(self._ints(u)), self._low), self._high))

    def encode(self, value: Any) -> float:
        x = inside(value, self._low, self._high)
        if not is_whole(value):
            raise ValueError(f"{value!r} is not an int")
        return float(self._place(np.array(x)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ints)
            and np.array_equal(self._steps, other._steps)
            and np.array_equal(self._cdf, other._cdf)
        )

    def __repr__(self) -> str:
        return f"<very many ints, {self._low:g} to {self._high:g}>"


def _same(a: Any, b: Any) -> bool:
    # by what they do: histograms have no parameters, and one distribution has several
    # spellings
    if a is b:
        return True
    grid = np.linspace(EDGE, 1 - EDGE, 33)
    return bool(
        np.array_equal(a.support(), b.support())
        and np.array_equal(a.ppf(grid), b.ppf(grid))
    )
