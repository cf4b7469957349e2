"""Optuna."""

import math
import warnings
from typing import Any

from layout import BRANCH, Layout, Parameter, Params

__all__ = ["OptunaGP", "OptunaTPE"]


class Optuna:
    """Optuna, branches define-by-run; a failure is a trial in state FAIL."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        n_evaluations: int,
        batch: int = 1,
        first: Params | None = None,
    ) -> None:
        import optuna

        self._optuna, self._layout = optuna, layout
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = self._sampler(seed, batch)
        self._study = optuna.create_study(sampler=sampler, direction="maximize")
        if first is not None:
            self._study.enqueue_trial(self._values(first))

    def _sampler(self, seed: int, batch: int) -> Any:
        raise NotImplementedError

    def _values(self, params: Params) -> Params:
        branch, values = self._layout.values(params)
        return {**values, BRANCH: branch} if self._layout.n_branches > 1 else values

    def _branch(self) -> Any:
        choices = range(self._layout.n_branches)
        return self._optuna.distributions.CategoricalDistribution(choices)

    def _distribution(self, p: Parameter) -> Any:
        distributions = self._optuna.distributions
        if p.kind == "category":
            return distributions.CategoricalDistribution(range(p.n_levels))
        if p.kind == "int":
            return distributions.IntDistribution(p.low, p.high, log=p.log)
        return distributions.FloatDistribution(p.low, p.high, log=p.log)

    @staticmethod
    def _suggest(trial: Any, p: Parameter) -> Any:
        if p.kind == "category":
            return trial.suggest_categorical(p.key, range(p.n_levels))
        if p.kind == "int":
            return trial.suggest_int(p.key, p.low, p.high, log=p.log)
        return trial.suggest_float(p.key, p.low, p.high, log=p.log)

    def ask(self) -> tuple[Any, Params]:
        trial = self._study.ask()
        branch = 0
        if self._layout.n_branches > 1:
            branch = trial.suggest_categorical(BRANCH, range(self._layout.n_branches))
        values = {p.key: self._suggest(trial, p) for p in self._layout.active[branch]}
        return trial, self._layout.params(branch, values)

    def tell(self, handle: Any, score: float) -> None:
        if math.isnan(score):
            self._study.tell(handle, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(handle, score)

    def preload(self, settings: list[Params], scores: list[float]) -> None:
        for params, score in zip(settings, scores, strict=True):
            values = self._values(params)
            distributions = {
                p.key: self._distribution(p)
                for p in self._layout.parameters
                if p.key in values
            }
            if BRANCH in values:
                distributions[BRANCH] = self._branch()
            trial = self._optuna.trial.create_trial(
                params=values, distributions=distributions, value=score
            )
            self._study.add_trial(trial)


class OptunaTPE(Optuna):
    """Optuna's default sampler."""

    def _sampler(self, seed: int, batch: int) -> Any:
        # its documentation recommends the constant liar for parallel evaluations
        samplers = self._optuna.samplers
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the argument is experimental
            return samplers.TPESampler(seed=seed, constant_liar=batch > 1)


class OptunaGP(Optuna):
    """Optuna's Gaussian process."""

    def _sampler(self, seed: int, batch: int) -> Any:
        import torch

        torch.set_num_threads(1)
        samplers = self._optuna.samplers
        return samplers.GPSampler(seed=seed, warn_independent_sampling=False)
