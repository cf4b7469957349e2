"""scikit-optimize."""

import warnings
from typing import Any

from layout import BRANCH, Layout, Parameter, Params

from peers.failures import WorstForFailed

__all__ = ["Skopt"]


class Skopt(WorstForFailed):
    """scikit-optimize, as ``gp_minimize`` makes its optimizer; branches flat."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        super().__init__()
        import skopt

        self._layout, self._batch, self._first = layout, batch, first
        self._queue: list[Any] = []
        dimensions = [self._dimension(p) for p in layout.parameters]
        if layout.n_branches > 1:
            branches = list(map(str, range(layout.n_branches)))
            dimensions.append(skopt.space.Categorical(branches, name=BRANCH))
        self._optimizer = skopt.Optimizer(
            skopt.utils.normalize_dimensions(dimensions),
            base_estimator="GP",
            n_initial_points=10,
            acq_func="gp_hedge",
            random_state=seed,
        )

    @staticmethod
    def _dimension(p: Parameter) -> Any:
        from skopt.space import Categorical, Integer, Real

        prior = "log-uniform" if p.log else "uniform"
        if p.kind == "category":
            return Categorical(list(map(str, range(p.n_levels))), name=p.key)
        cls = Integer if p.kind == "int" else Real
        return cls(p.low, p.high, prior=prior, name=p.key)

    def _point(self, params: Params) -> list[Any]:
        branch, values = self._layout.values(params)
        point = []
        for p in self._layout.parameters:
            value = values.get(p.key, p.middle)
            point.append(str(value) if p.kind == "category" else value)
        return [*point, str(branch)] if self._layout.n_branches > 1 else point

    def ask(self) -> tuple[Any, Params]:
        if self._first is not None:
            params, self._first = self._first, None
            return self._point(params), params
        if not self._queue:
            with warnings.catch_warnings():
                # that a point was evaluated before
                warnings.filterwarnings("ignore", category=UserWarning)
                if self._batch == 1:
                    self._queue = [self._optimizer.ask()]
                else:
                    self._queue = self._optimizer.ask(n_points=self._batch)
        point = self._queue.pop(0)
        branch = int(point[-1]) if self._layout.n_branches > 1 else 0
        values = {
            p.key: int(x) if p.kind == "category" else x
            for p, x in zip(self._layout.parameters, point, strict=False)
        }
        return point, self._layout.params(branch, values)

    def _observe(self, handles: list[Any], scores: list[float]) -> None:
        with warnings.catch_warnings():
            # its kernel's length scales reach their bounds
            warnings.simplefilter("ignore")
            self._optimizer.tell(handles, [-score for score in scores])

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        self._observe([self._point(params) for params in settings], scores)
