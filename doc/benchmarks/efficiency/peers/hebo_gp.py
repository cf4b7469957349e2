"""HEBO.

Release 0.3.6 asks for numpy < 1.25 and pymoo 0.6.0, yet runs with later ones: install
it without its dependencies, and then gpytorch, pymoo and disjoint-set. An environment
of its own does, as the store has a file per method.
"""

import io
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from layout import BRANCH, Layout, Parameter, Params

from peers.failures import WorstForFailed

__all__ = ["HEBO"]


class HEBO(WorstForFailed):
    """HEBO; branches flat."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        super().__init__()
        import pandas as pd
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO as Optimizer

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002, it draws from the global generator
        self._pandas, self._layout = pd, layout
        self._batch, self._first = batch, first
        self._queue: list[Any] = []
        specs = [self._spec(p) for p in layout.parameters]
        if layout.n_branches > 1:
            branches = list(map(str, range(layout.n_branches)))
            specs.append({"name": BRANCH, "type": "cat", "categories": branches})
        self._optimizer = Optimizer(DesignSpace().parse(specs), scramble_seed=seed)

    @staticmethod
    def _spec(p: Parameter) -> dict[str, Any]:
        if p.kind == "category":
            choices = list(map(str, range(p.n_levels)))
            return {"name": p.key, "type": "cat", "categories": choices}
        kind = {"float": ("num", "pow"), "int": ("int", "pow_int")}[p.kind][p.log]
        spec = {"name": p.key, "type": kind, "lb": p.low, "ub": p.high}
        return {**spec, "base": 10} if p.log else spec

    def _point(self, params: Params) -> Any:
        branch, values = self._layout.values(params)
        point = {BRANCH: str(branch)} if self._layout.n_branches > 1 else {}
        for p in self._layout.parameters:
            value = values.get(p.key, p.middle)
            point[p.key] = str(value) if p.kind == "category" else value
        return self._pandas.DataFrame([point])

    def ask(self) -> tuple[Any, Params]:
        if self._first is not None:
            params, self._first = self._first, None
            return self._point(params), params
        if not self._queue:
            with redirect_stdout(io.StringIO()):  # it prints its jitter
                found = self._optimizer.suggest(n_suggestions=self._batch)
            self._queue = [found.iloc[[index]] for index in range(len(found))]
        point = self._queue.pop(0)
        values = point.iloc[0].to_dict()
        branch = int(values.get(BRANCH, 0))
        for p in self._layout.parameters:
            if p.kind == "category":
                values[p.key] = int(values[p.key])
        return point, self._layout.params(branch, values)

    def _observe(self, handles: list[Any], scores: list[float]) -> None:
        frame = self._pandas.concat(handles, ignore_index=True)
        self._optimizer.observe(frame, -np.array(scores).reshape(-1, 1))

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        self._observe([self._point(params) for params in settings], scores)
