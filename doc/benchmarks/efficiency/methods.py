"""What is compared, and one run of it.

``METHODS`` maps names to methods. ``<name>_defaults`` starts with the setting that
``BayesSearchCV`` tries first, the estimator's own; ``ours`` does so as well, since that
is what users get, and has ``ours_no_defaults`` beside it. ``ours/<variant>`` changes
one thing for an ablation.
"""

import contextlib
import importlib.util
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np
import peers
from layout import Layout, Params
from threadpoolctl import threadpool_limits

from sklearn_bayes_search import BayesianOptimizer, SpaceExhausted
from sklearn_bayes_search.optimizer.acquisition import LogExpectedImprovement
from sklearn_bayes_search.optimizer.surrogate import GaussianProcess

__all__ = ["METHODS", "OURS", "PEERS", "VARIANTS", "Method", "run"]

OURS = "ours"
# CPU seconds of suggestions after which a run ends: several times what the slowest
# method, HEBO, needs as a rule. On a finite space it takes 15 seconds per suggestion.
MOST_SECONDS = 900.0


@dataclass(frozen=True)
class Variant:
    """This package with one thing changed, for the ablation.

    Parameters
    ----------
    words : str
        What is changed.
    options : dict
        Settings of ``BayesianOptimizer``.
    constants : dict
        What is no setting: new values of constants, by module and name within the
        package.
    """

    words: str
    options: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)

    def make(self, *args: Any) -> Any:
        """Make the optimizer; the constants matter while it works."""
        return Ours(*args, **self.options)

    def changed(self) -> contextlib.ExitStack:
        """Return a context in which the constants have their new values."""
        stack = contextlib.ExitStack()
        for name, value in self.constants.items():
            patch = mock.patch(f"sklearn_bayes_search.{name}", value)
            stack.enter_context(patch)
        return stack


def _log_ei(**settings: Any) -> dict[str, Any]:
    return {"acquisition": LogExpectedImprovement(**settings)}


def _gp(**settings: Any) -> dict[str, Any]:
    return {"surrogate": GaussianProcess(**settings)}


VARIANTS = {
    "no_fall": Variant("a mean without a fall to the border", _gp(border_drop=0.0)),
    "everywhere": Variant(
        "first points from the whole space, not from its middle",
        constants={
            "optimizer._optimizer.MIDDLE": 1.0,
            "optimizer._optimizer.MIDDLE_BESIDE_GIVEN": 1.0,
        },
    ),
    "no_winsor": Variant(
        "low scores as they are", constants={"optimizer._targets.WINSOR_SPREADS": 1e9}
    ),
    "no_cap": Variant("large gains count in full", _log_ei(cap=None)),
    "no_discount": Variant("no discount for noise", _log_ei(augmented=False)),
    "ei": Variant("plain expected improvement", {"acquisition": "ei"}),
    "pi": Variant("probability of improvement", {"acquisition": "pi"}),
    "ucb": Variant("upper confidence bound", {"acquisition": "ucb"}),
    "thompson": Variant("Thompson sampling", {"acquisition": "thompson"}),
    "matern32": Variant("a rougher kernel, Matern 3/2", _gp(kernel="matern32")),
    "rbf": Variant("a smoother kernel, squared exponential", _gp(kernel="rbf")),
    "forest": Variant("a forest in place of the process", {"surrogate": "forest"}),
    "tpe": Variant("this package's Parzen estimator", {"surrogate": "tpe"}),
}


class Ours:
    """This package's optimizer, behind the same interface as its peers."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
        **options: Any,
    ) -> None:
        self._optimizer = BayesianOptimizer(
            layout.space,
            initial_points=None if first is None else [first],
            n_iter=n_evaluations,
            max_pending=batch,
            random_state=seed,
            **options,
        )

    def ask(self) -> tuple[Any, Params]:
        trial = self._optimizer.ask()
        return trial, trial.params

    def tell(self, handle: Any, score: float) -> None:
        self._optimizer.tell(handle, score)

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        for params, score in zip(settings, scores, strict=True):
            self._optimizer.tell(params, score)


class Random:
    """Random settings as ``RandomizedSearchCV`` draws them; none twice."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        self._space, self._first = layout.space, first
        self._rng = np.random.default_rng(seed)
        self._asked: list[Params] = []

    def ask(self) -> tuple[Any, Params]:
        params, self._first = self._first, None
        while params is None or any(
            self._space.same(params, other) for other in self._asked
        ):
            params = self._draw()
        if math.isfinite(self._space.size):
            self._asked.append(params)
        return None, params

    def _draw(self) -> Params:
        branch = self._space.branches[self._rng.integers(len(self._space.branches))]
        return {name: d.rvs(random_state=self._rng) for name, d in branch.items()}

    def tell(self, handle: Any, score: float) -> None:
        pass

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        pass


@dataclass(frozen=True)
class Method:
    """A way to search.

    Parameters
    ----------
    name : str
        Key in the store.
    make : callable
        Class behind the common interface.
    packages : tuple of str
        What must be installed, by import name.
    starts_with_defaults : bool
        Whether the estimator's own setting is evaluated first.
    context : callable
        Gives the context that it runs in.
    """

    name: str
    make: Callable[..., Any]
    packages: tuple[str, ...] = ()
    starts_with_defaults: bool = False
    context: Callable[[], Any] = contextlib.nullcontext

    @property
    def missing(self) -> str | None:
        """Why it cannot run here; None if it can."""
        absent = [p for p in self.packages if importlib.util.find_spec(p) is None]
        return f"{', '.join(absent)} not installed" if absent else None

    def applies_to(self, task: Any) -> bool:
        """Return whether it has a run of its own on a task.

        Where there are no defaults, a method that starts with them is the plain one.
        """
        if task.defaults is not None:
            return True
        if self.name.partition("/")[0] == OURS:
            return True
        return not self.starts_with_defaults and self.name != f"{OURS}_no_defaults"


# Import names, ours for the store's list of versions apart.
PEERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "random": (Random, ()),
    "optuna_tpe": (peers.OptunaTPE, ("optuna",)),
    "optuna_gp": (peers.OptunaGP, ("optuna", "torch")),
    "skopt": (peers.Skopt, ("skopt",)),
    "hyperopt": (peers.Hyperopt, ("hyperopt",)),
    "smac": (peers.SMAC, ("smac",)),
    "hebo": (peers.HEBO, ("hebo",)),
}


def _methods() -> dict[str, Method]:
    found = [
        Method(OURS, Ours, starts_with_defaults=True),
        Method(f"{OURS}_no_defaults", Ours),
    ]
    for name, (make, packages) in PEERS.items():
        found.append(Method(name, make, packages))
        found.append(Method(f"{name}_defaults", make, packages, True))
    for name, variant in VARIANTS.items():
        found.append(
            Method(
                f"{OURS}/{name}",
                variant.make,
                starts_with_defaults=True,
                context=variant.changed,
            )
        )
    return {method.name: method for method in found}


METHODS = _methods()


def run(method: Method, task: Any, seed: int) -> dict[str, Any]:
    """Search once, on one thread.

    Parameters
    ----------
    method : Method
        How.
    task : Task or SyntheticTask
        What.
    seed : int
        Of the method, and of the noise where there is any.

    Returns
    -------
    record : dict
        ``scores`` in the order of evaluation, NaN for failures; ``values``, the true
        values where they differ; ``seconds`` of CPU time spent on asking and telling;
        ``status``.
    """
    objective = task.start(seed)
    true_value = getattr(task, "true_value", None)
    scores: list[float] = []
    values: list[float] = []
    seconds, status = 0.0, "ok"
    first = task.defaults if method.starts_with_defaults else None
    layout = Layout(task.space)
    try:
        # the first object pays for imports
        method.make(layout, seed, task.n_evaluations, task.batch)
        with method.context(), threadpool_limits(limits=1):
            start = time.process_time()
            search = method.make(layout, seed, task.n_evaluations, task.batch, first)
            while len(scores) < task.n_evaluations:
                asked = [search.ask() for _ in range(task.batch)]
                seconds += time.process_time() - start
                if seconds > MOST_SECONDS:
                    status = f"stopped after {MOST_SECONDS:.0f} s of suggestions"
                    break
                told = [objective(params) for _, params in asked]
                scores += told
                if true_value is not None:
                    values += [true_value(params) for _, params in asked]
                start = time.process_time()
                for (handle, _), score in zip(asked, told, strict=True):
                    search.tell(handle, score)
            else:
                seconds += time.process_time() - start
    except (SpaceExhausted, StopIteration):
        status = "exhausted"
    except Exception as error:  # a peer may raise anything; the run is kept
        status = f"{type(error).__name__}: {str(error)[:200]}"
    record = {"scores": scores, "seconds": seconds, "status": status}
    if true_value is not None and not np.array_equal(scores, values, equal_nan=True):
        record["values"] = values
    return record
