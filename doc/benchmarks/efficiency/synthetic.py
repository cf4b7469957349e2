"""Functions whose best point is known, clean and with what real scores suffer from.

``TASKS`` maps names to tasks: ``branin`` for the clean version, ``branin_noisy`` and so
on for the others. Scores are negative function values, so higher is better.
``true_value(params)`` is the score without noise and rounding; regret is ``best_value``
minus the true value of the best point observed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from sklearn_bayes_search import Integer, Real
from sklearn_bayes_search.space._space import as_space

__all__ = ["TASKS", "SyntheticTask"]

N_EVALUATIONS = 50
BLOWN_UP_SCORE = -1e6
# Shares of the space, in the corner of a function's first two coordinates.
BLOWN_UP_SHARE, FAILING_SHARE = 0.06, 0.2
VERSIONS = ("clean", "noisy", "blown_up", "failing", "plateau")

HARTMANN_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
HARTMANN_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])


def vector(params: dict[str, Any]) -> np.ndarray:
    """Return the values of x00, x01, ... in this order."""
    return np.array([params[name] for name in sorted(params)], dtype=float)


def branin(params: dict[str, Any]) -> float:
    """Branin's function, three best points."""
    x, y = vector(params)
    along = y - 5.1 * x**2 / (4 * np.pi**2) + 5 * x / np.pi - 6
    return along**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


def hartmann6(params: dict[str, Any]) -> float:
    """Hartmann's function of six variables, four local minima."""
    inner = (HARTMANN_A * (vector(params) - HARTMANN_P) ** 2).sum(axis=1)
    return -float(HARTMANN_ALPHA @ np.exp(-inner))


def ackley(params: dict[str, Any]) -> float:
    """Ackley's function: flat and rippled, one steep hole."""
    x = vector(params)
    ripples = np.exp(np.cos(2 * np.pi * x).mean())
    return 20 + np.e - 20 * np.exp(-0.2 * np.sqrt((x**2).mean())) - ripples


def levy(params: dict[str, Any]) -> float:
    """Levy's function: a bowl with waves."""
    return levy_of(vector(params))


def levy_of(x: np.ndarray) -> float:
    """Levy's function of an array."""
    w = 1 + (x - 1) / 4
    waves = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return float(np.sin(np.pi * w[0]) ** 2 + waves.sum() + last)


def levy5_in_50(params: dict[str, Any]) -> float:
    """Levy's function of every tenth of 50 variables."""
    return levy_of(vector(params)[4::10])


def rosenbrock(params: dict[str, Any]) -> float:
    """Rosenbrock's function: a long curved valley."""
    x = vector(params)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


# kind: offset, best rate (log10), best share, best depth
MIXED = {
    "a": (0.3, -1.0, 0.2, 3),
    "b": (0.0, -3.2, 0.7, 8),
    "c": (0.6, -2.0, 0.9, 5),
    "d": (0.15, -4.0, 0.4, 10),
}


def mixed(params: dict[str, Any]) -> float:
    """A rate, a share, an int and a kind; every kind has another best point."""
    offset, rate, share, depth = MIXED[params["kind"]]
    away = np.log10(params["rate"]) - rate
    return (
        offset
        + 0.15 * away**2
        + 2 * (params["share"] - share + 0.05 * away) ** 2
        + 0.01 * (params["depth"] - depth) ** 2
    )


def conditional(params: dict[str, Any]) -> float:
    """Three branches with two parameters each, and one that they share."""
    shared = params["shared"]
    if params["branch"] == "bowl":
        x, y = params["bowl_x"], params["bowl_y"]
        return 0.4 + (x - 0.6) ** 2 + (y - 0.3) ** 2 + (shared - 0.5) ** 2
    if params["branch"] == "valley":
        x, y = params["valley_x"], params["valley_y"]
        return 5 * (y - x**2) ** 2 + 0.5 * (x - 0.7) ** 2 + 2 * (shared - 0.3) ** 2
    x, y = params["waves_x"], params["waves_y"]
    ripples = 0.1 * (2 - np.cos(9 * (x - 0.2)) - np.cos(9 * (y - 0.8)))
    return 0.2 + ripples + (x - 0.2) ** 2 + (y - 0.8) ** 2 + (shared - 0.1) ** 2


def grid(params: dict[str, Any]) -> float:
    """A table of 108 points."""
    target = {"gini": (1.0, 5), "entropy": (-0.4, 9), "log": (0.3, 7)}[params["kind"]]
    offset = {"gini": 0.1, "entropy": 0.25, "log": 0.0}[params["kind"]]
    away = np.log10(params["C"]) - target[0]
    return offset + 0.1 * away**2 + 0.02 * (params["depth"] - target[1] - away) ** 2


def box(n: int, low: float, high: float) -> dict[str, Any]:
    """Make a space of n equal ranges."""
    return {f"x{index:02d}": Real(low, high) for index in range(n)}


SHARED = {"shared": Real(0, 1)}
BRANCHES = [
    {"branch": [name], f"{name}_x": Real(0, 1), f"{name}_y": Real(0, 1), **SHARED}
    for name in ("bowl", "valley", "waves")
]


@dataclass(frozen=True)
class Function:
    """A function to be minimised, and what spoils it.

    Parameters
    ----------
    value : callable
        Function of a setting.
    space : dict or list of dicts
        Where it is defined.
    minimum : float
        Its lowest value.
    noise : float
        Standard deviation of the noisy version.
    step : float
        Distance of the levels of the plateau version.
    corner : dict
        First coordinates with the end, "low" or "high", at which the blown-up and the
        failing version are spoiled: an end that is far from every best point.
    n_evaluations : int
        Length of a run.
    """

    value: Callable[[dict[str, Any]], float]
    space: Any
    minimum: float
    noise: float
    step: float
    corner: dict[str, str]
    n_evaluations: int = N_EVALUATIONS


HIGH = {"x00": "high", "x01": "high"}
LOW = {"x00": "low", "x01": "low"}
HARTMANN_SPACE = box(6, 0, 1)
FUNCTIONS = {
    "branin": Function(
        branin, {"x00": Real(-5, 10), "x01": Real(0, 15)}, 0.39788735773, 1.0, 0.1, HIGH
    ),
    "hartmann6": Function(
        hartmann6, HARTMANN_SPACE, -3.32236801142, 0.1, 0.1, HIGH, 80
    ),
    "ackley5": Function(ackley, box(5, -16.4, 32.8), 0.0, 0.5, 0.5, HIGH),
    "levy10": Function(levy, box(10, -10, 10), 0.0, 1.0, 1.0, LOW),
    "rosenbrock4": Function(rosenbrock, box(4, -5, 10), 0.0, 5.0, 10.0, HIGH),
    "mixed": Function(
        mixed,
        {
            "rate": Real(1e-5, 1, log=True),
            "share": Real(0, 1),
            "depth": Integer(1, 12),
            "kind": list(MIXED),
        },
        0.0,
        0.03,
        0.05,
        {"rate": "high", "share": "high"},
    ),
    "conditional": Function(conditional, BRANCHES, 0.0, 0.03, 0.05, {"shared": "high"}),
}
GRID_SPACE = {
    "C": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0],
    "depth": [1, 3, 5, 7, 9, 11],
    "kind": ["gini", "entropy", "log"],
}


@dataclass(frozen=True)
class SyntheticTask:
    """A version of a function whose best value is known.

    Parameters
    ----------
    name : str
        Function and version.
    function : Function
        The function.
    version : {"clean", "noisy", "blown_up", "failing", "plateau"}
        What happens to its values.
    batch : int, default=1
        How many points are evaluated at a time.
    """

    name: str
    function: Function
    version: str
    batch: int = 1

    group = "synthetic"
    defaults = None

    @property
    def space(self) -> Any:
        """The search space: a dict or a list of dicts."""
        return self.function.space

    @property
    def n_evaluations(self) -> int:
        """Length of a run."""
        return self.function.n_evaluations

    @property
    def best_value(self) -> float:
        """The highest true value."""
        return -self.function.minimum

    def start(self, seed: int) -> Callable[[dict[str, Any]], float]:
        """Return the objective of one run, with noise of its own where there is any."""
        if self.version != "noisy":
            return self.objective
        return partial(self._noisy, rng=np.random.default_rng([seed, 1]))

    def _noisy(self, params: dict[str, Any], rng: np.random.Generator) -> float:
        return self.true_value(params) + self.function.noise * rng.normal()

    def objective(self, params: dict[str, Any]) -> float:
        """Return the score as a search sees it, apart from noise."""
        value = self.true_value(params)
        if self.version == "plateau":
            # levels are counted from the best value, whose level is as wide as others
            steps = np.floor((self.best_value - value) / self.function.step + 1e-9)
            return float(self.best_value - steps * self.function.step)
        return value

    def true_value(self, params: dict[str, Any]) -> float:
        """Return the score without noise and rounding."""
        share = {"blown_up": BLOWN_UP_SHARE, "failing": FAILING_SHARE}
        if self._in_corner(params, share.get(self.version, 0.0)):
            return BLOWN_UP_SCORE if self.version == "blown_up" else float("nan")
        return -float(self.function.value(params))

    def _in_corner(self, params: dict[str, Any], share: float) -> bool:
        corner = self.function.corner
        side = share ** (1 / max(len(corner), 1))
        distances = []
        for name, end in corner.items():
            u = self._dimensions[name].encode(params[name])
            distances.append(1 - u if end == "high" else u)
        return share > 0 and max(distances) < side

    @cached_property
    def _dimensions(self) -> dict[str, Any]:
        return dict(as_space(self.space).columns)


def _make() -> dict[str, SyntheticTask]:
    tasks = []
    for name, function in FUNCTIONS.items():
        for version in VERSIONS:
            full = name if version == "clean" else f"{name}_{version}"
            tasks.append(SyntheticTask(full, function, version))
    many = Function(levy5_in_50, box(50, -4, 16), 0.0, 0.0, 0.0, {}, 200)
    tasks.append(SyntheticTask("levy5_in_50", many, "clean"))
    # the best of the 108 points, "log" with C = 1 and depth = 7
    lowest = grid({"C": 1.0, "depth": 7, "kind": "log"})
    table = Function(grid, GRID_SPACE, lowest, 0.0, 0.0, {}, 40)
    tasks.append(SyntheticTask("grid", table, "clean"))
    pending = Function(hartmann6, HARTMANN_SPACE, -3.32236801142, 0.0, 0.0, {}, 48)
    tasks.append(SyntheticTask("hartmann6_by_4", pending, "clean", batch=4))
    return {task.name: task for task in tasks}


TASKS = _make()
