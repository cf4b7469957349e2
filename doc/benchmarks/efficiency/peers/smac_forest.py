"""SMAC."""

import logging
import math
import tempfile
import warnings
from typing import Any

from layout import BRANCH, Layout, Parameter, Params

from peers.failures import WorstForFailed

__all__ = ["SMAC"]


class SMAC(WorstForFailed):
    """SMAC's facade for hyper-parameters; a failure has the status CRASHED.

    It needs a cost, too: with the default one, infinity, SMAC 2.4 ends the search with
    "Input y contains NaN".
    """

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        super().__init__()
        import ConfigSpace
        import smac

        self._failed: list[Any] = []
        self._smac, self._layout = smac, layout
        self._configs = ConfigSpace.ConfigurationSpace(seed=seed)
        self._add_parameters(ConfigSpace)
        self._directory = tempfile.TemporaryDirectory()
        scenario = smac.Scenario(
            self._configs,
            n_trials=n_evaluations,
            deterministic=True,
            seed=seed,
            output_directory=self._directory.name,
        )
        self._facade = smac.HyperparameterOptimizationFacade(
            scenario,
            lambda config, seed=0: 0.0,
            logging_level=logging.ERROR,
            overwrite=True,
        )
        # told before the first is asked for; additional_configs would come after the
        # whole initial design
        self._first = first

    def _add_parameters(self, cs: Any) -> None:
        made = {p.key: self._hyperparameter(cs, p) for p in self._layout.parameters}
        self._configs.add(list(made.values()))
        n_branches = self._layout.n_branches
        if n_branches == 1:
            return
        branch = cs.CategoricalHyperparameter(BRANCH, list(range(n_branches)))
        self._configs.add(branch)
        for p in self._layout.parameters:
            where = self._layout.branches_of(p)
            if len(where) < n_branches:
                self._configs.add(cs.InCondition(made[p.key], branch, where))

    @staticmethod
    def _hyperparameter(cs: Any, p: Parameter) -> Any:
        if p.kind == "category":
            return cs.CategoricalHyperparameter(p.key, list(range(p.n_levels)))
        if p.kind == "int":
            return cs.UniformIntegerHyperparameter(p.key, p.low, p.high, log=p.log)
        return cs.UniformFloatHyperparameter(p.key, p.low, p.high, log=p.log)

    def _config(self, params: Params) -> Any:
        from ConfigSpace import Configuration

        branch, values = self._layout.values(params)
        if self._layout.n_branches > 1:
            values = {**values, BRANCH: branch}
        return Configuration(self._configs, values=values)

    def _info(self, params: Params) -> Any:
        return self._smac.runhistory.TrialInfo(self._config(params), seed=0)

    def ask(self) -> tuple[Any, Params]:
        if self._first is not None:
            params, self._first = self._first, None
            return self._info(params), params
        with warnings.catch_warnings():
            # means of empty slices inside
            warnings.simplefilter("ignore", RuntimeWarning)
            info = self._facade.ask()
        values = dict(info.config)
        return info, self._layout.params(int(values.get(BRANCH, 0)), values)

    def _observe(self, handles: list[Any], scores: list[float]) -> None:
        runhistory = self._smac.runhistory
        for handle, score in zip(handles, scores, strict=True):
            status = runhistory.StatusType.SUCCESS
            if handle in self._failed:
                status = runhistory.StatusType.CRASHED
            value = runhistory.TrialValue(cost=-score, time=0.0, status=status)
            self._facade.tell(handle, value, save=False)

    def tell(self, handle: Any, score: float) -> None:
        if math.isnan(score):
            self._failed.append(handle)
        super().tell(handle, score)

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        for params, score in zip(settings, scores, strict=True):
            self.tell(self._info(params), score)
