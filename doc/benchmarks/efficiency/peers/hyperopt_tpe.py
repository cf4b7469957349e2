"""Hyperopt."""

import logging
import math
from typing import Any

import numpy as np
from layout import BRANCH, Layout, Parameter, Params

__all__ = ["Hyperopt"]


class Hyperopt:
    """Hyperopt's TPE; a failure has its status, branches are an ``hp.choice``."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        import hyperopt

        logging.getLogger("hyperopt").setLevel(logging.ERROR)
        self._hyperopt, self._layout, self._first = hyperopt, layout, first
        labels = {p.key: self._label(p) for p in layout.parameters}
        branches = [{p.key: labels[p.key] for p in active} for active in layout.active]
        space = branches[0]
        if layout.n_branches > 1:
            space = hyperopt.hp.choice(BRANCH, branches)
        self._domain = hyperopt.Domain(lambda params: 0.0, space)
        self._trials = hyperopt.Trials()
        self._rng = np.random.default_rng(seed)

    def _label(self, p: Parameter) -> Any:
        hp = self._hyperopt.hp
        if p.kind == "category":
            return hp.choice(p.key, list(range(p.n_levels)))
        if p.kind == "int" and p.log:
            # rounded, so that the ends get a share like others; clipped by the layout
            low, high = math.log(p.low - 0.499), math.log(p.high + 0.499)
            return hp.qloguniform(p.key, low, high, 1)
        if p.kind == "int":
            return hp.uniformint(p.key, p.low, p.high)
        if p.log:
            return hp.loguniform(p.key, math.log(p.low), math.log(p.high))
        return hp.uniform(p.key, p.low, p.high)

    def _document(self, number: int, params: Params) -> Any:
        from hyperopt.fmin import generate_trial

        branch, values = self._layout.values(params)
        if self._layout.n_branches > 1:
            values = {**values, BRANCH: branch}
        document = generate_trial(number, values)
        misc = document["misc"]
        for label in self._domain.params:
            misc["idxs"].setdefault(label, [])
            misc["vals"].setdefault(label, [])
        return document

    def ask(self) -> tuple[Any, Params]:
        (number,) = self._trials.new_trial_ids(1)
        if self._first is not None:
            params, self._first = self._first, None
            self._trials.insert_trial_docs([self._document(number, params)])
        else:
            seed = int(self._rng.integers(2**31 - 1))
            documents = self._hyperopt.tpe.suggest(
                [number], self._domain, self._trials, seed
            )
            self._trials.insert_trial_docs(documents)
            values = {k: v[0] for k, v in documents[0]["misc"]["vals"].items() if v}
            params = self._layout.params(values.get(BRANCH, 0), values)
        self._trials.refresh()
        return self._trials._dynamic_trials[-1], params

    def tell(self, handle: Any, score: float) -> None:
        hyperopt = self._hyperopt
        if math.isnan(score):
            handle["result"] = {"status": hyperopt.STATUS_FAIL}
        else:
            handle["result"] = {"status": hyperopt.STATUS_OK, "loss": -score}
        handle["state"] = hyperopt.JOB_STATE_DONE
        self._trials.refresh()

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        for params, score in zip(settings, scores, strict=True):
            self._first = params
            self.tell(self.ask()[0], score)
