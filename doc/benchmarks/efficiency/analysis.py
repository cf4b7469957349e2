"""From the store to numbers: nothing here runs a search.

Scores of model-tuning tasks are put on the scale 0 to 100 of their task and clipped at
-100 and 100; of the runs of a method on a task the median is taken at every number of
evaluations; then come means over tasks, with standard errors over tasks. Of synthetic
tasks the regret is taken: how far the true value of the point with the best score is
from the best value there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import reference
import synthetic
import tasks
from methods import OURS, PEERS
from scipy.stats import rankdata
from store import Store

__all__ = ["Comparison", "Results", "first_reaching", "running_best"]

CLIP = 100.0
DEFAULTS = "_defaults"


def running_best(scores: Sequence[float], n: int) -> np.ndarray:
    """Return the best score after 1 to n evaluations, -inf before the first success.

    A run that ended early keeps its best.
    """
    padded = np.full(n, np.nan)
    padded[: len(scores)] = scores[:n]
    return np.maximum.accumulate(np.where(np.isnan(padded), -np.inf, padded))


def running_regret(
    task: synthetic.SyntheticTask, record: dict[str, Any], n: int
) -> np.ndarray:
    """Return the regret after 1 to n evaluations, inf before the first success.

    Of points with equal scores the best one counts.
    """
    scores = np.full(n, np.nan)
    scores[: len(record["scores"])] = record["scores"][:n]
    values = np.full(n, np.nan)
    true = record.get("values", record["scores"])
    values[: len(true)] = true[:n]
    regrets, best, value = np.full(n, np.inf), -np.inf, -np.inf
    for index in range(n):
        if scores[index] > best:
            best, value = scores[index], values[index]
        elif scores[index] == best:
            value = max(value, values[index])
        regrets[index] = task.best_value - value
    # stored values are rounded, and so are the best values
    return np.maximum(regrets, 0.0)


def first_reaching(curve: np.ndarray, level: float, *, falling: bool = False) -> float:
    """Return after how many evaluations a curve reaches a level, inf if it does not."""
    there = curve <= level if falling else curve >= level
    return float(np.argmax(there) + 1) if there.any() else np.inf


class Results:
    """The runs of a store on the scales of their tasks.

    Parameters
    ----------
    store : Store
        Where they are; with the scales, ``reference.json``, beside them.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.scales = reference.load(store.folder / reference.PATH.name)
        self._runs: dict[str, dict[str, dict[int, dict[str, Any]]]] = {}

    def runs(self, method: str, task: str) -> dict[int, dict[str, Any]]:
        """Return the runs of a method on a task by seed."""
        if method not in self._runs:
            by_task: dict[str, dict[int, dict[str, Any]]] = {}
            for (name, seed), run in self.store.runs(method).items():
                by_task.setdefault(name, {})[seed] = run
            self._runs[method] = by_task
        return self._runs[method].get(task, {})

    def curves(self, method: str, task: str) -> np.ndarray:
        """Return the normalised best score, shape (n_runs, n_evaluations)."""
        n = tasks.TASKS[task].n_evaluations
        best = [running_best(r["scores"], n) for r in self.runs(method, task).values()]
        scaled = reference.normalise(np.reshape(best, (-1, n)), self.scales[task])
        return np.clip(scaled, -CLIP, CLIP)

    def regrets(self, method: str, task: str) -> np.ndarray:
        """Return the regret, shape (n_runs, n_evaluations)."""
        known = synthetic.TASKS[task]
        n = known.n_evaluations
        found = [running_regret(known, r, n) for r in self.runs(method, task).values()]
        return np.reshape(found, (-1, n))

    def variants(self) -> list[str]:
        """Name the methods of an ablation that have results."""
        return [m for m in self.store.methods() if m.startswith(f"{OURS}/")]

    def failed_runs(self) -> dict[str, list[str]]:
        """Return, by method, what ended runs before their end."""
        found: dict[str, list[str]] = {}
        for method in self.store.methods():
            for (task, seed), run in self.store.runs(method).items():
                if run["status"] not in ("ok", "exhausted"):
                    where = f"{task}, seed {seed}: {run['status']}"
                    found.setdefault(method, []).append(where)
        return found


@dataclass(frozen=True)
class Comparison:
    """This package and its peers on model-tuning tasks.

    Parameters
    ----------
    results : Results
        Where the curves come from.
    with_defaults : bool
        Whether every method starts with the estimator's own setting, or none.
    group : {"report", "tune"}, default="report"
        Which tasks.
    """

    results: Results
    with_defaults: bool
    group: str = "report"

    def key(self, label: str) -> str:
        """Return the name in the store."""
        if label == OURS:
            return OURS if self.with_defaults else f"{OURS}_no_defaults"
        return f"{label}{DEFAULTS}" if self.with_defaults else label

    @cached_property
    def tasks(self) -> list[str]:
        """Tasks with a scale and with runs of ours."""
        return [
            name
            for name, task in tasks.TASKS.items()
            if task.group == self.group
            and name in self.results.scales
            and self.results.runs(self.key(OURS), name)
        ]

    @cached_property
    def labels(self) -> list[str]:
        """Methods that have runs on all of these tasks, ours first."""
        return [x for x in (OURS, *PEERS) if self.tasks and not self.lacking(x)]

    def lacking(self, label: str) -> list[str]:
        """Name the tasks on which a method has no runs."""
        return [t for t in self.tasks if not self.results.runs(self.key(label), t)]

    @cached_property
    def n_seeds(self) -> tuple[int, int]:
        """Fewest and most runs of a method on a task."""
        counts = [
            len(self.results.runs(self.key(label), task))
            for label in self.labels
            for task in self.tasks
        ]
        return (min(counts), max(counts)) if counts else (0, 0)

    @cached_property
    def medians(self) -> dict[str, np.ndarray]:
        """Medians over runs by method, shape (n_tasks, n_evaluations)."""
        return {
            label: np.array(
                [
                    np.median(self.results.curves(self.key(label), task), axis=0)
                    for task in self.tasks
                ]
            )
            for label in self.labels
        }

    def mean(self, label: str, n: int) -> tuple[float, float]:
        """Return the mean over tasks after n evaluations, and its standard error."""
        return mean_and_error(self.medians[label][:, n - 1])

    def ahead(self, label: str, n: int) -> tuple[float, float]:
        """Return by how much ours is ahead after n evaluations, paired by task."""
        ours, theirs = self.medians[OURS], self.medians[label]
        return mean_and_error(ours[:, n - 1] - theirs[:, n - 1])

    def mean_ranks(self, n: int) -> dict[str, float]:
        """Return the mean rank over tasks after n evaluations; 1 is best."""
        scores = np.array([self.medians[label][:, n - 1] for label in self.labels])
        means = rankdata(-scores.round(6), axis=0).mean(axis=1)
        return dict(zip(self.labels, means.tolist(), strict=True))

    def needed(self, label: str) -> tuple[float, float]:
        """Return how many evaluations ours needs for what a method has at the end.

        Returns
        -------
        median, aggregated : float
            The median over tasks, and by the mean curve; inf where it is not reached.
        """
        ours, theirs = self.medians[OURS], self.medians[label]
        by_task = [
            first_reaching(a, b[-1] - 1e-9) for a, b in zip(ours, theirs, strict=True)
        ]
        whole = first_reaching(ours.mean(axis=0), theirs[:, -1].mean() - 1e-9)
        return float(np.quantile(by_task, 0.5, method="inverted_cdf")), whole

    def seconds(self, label: str) -> float:
        """Return the median over runs of the CPU time per suggestion."""
        runs = [
            run
            for task in self.tasks
            for run in self.results.runs(self.key(label), task).values()
        ]
        return float(np.median([r["seconds"] / max(len(r["scores"]), 1) for r in runs]))

    def families(self, n: int) -> dict[str, dict[str, float]]:
        """Return the mean after n evaluations by family and method."""
        found: dict[str, dict[str, float]] = {}
        for family in dict.fromkeys(tasks.TASKS[name].family for name in self.tasks):
            rows = [tasks.TASKS[name].family == family for name in self.tasks]
            found[family] = {
                label: float(self.medians[label][rows, n - 1].mean())
                for label in self.labels
            }
        return found


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """Return the mean of some numbers and its standard error."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(values.mean()), float(error)
