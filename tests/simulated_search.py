"""What a simulated search is, and what goes wrong in its lives, drawn from one integer.

A `Schedule` has all of it. What a fit gives depends on the setting, the fold and the
seed alone, so that a search gives the same rows however often it is begun again; what
differs from life to life stands in a `Life`, and the rest is left to the `World`.
"""

import itertools
import math
import zlib
from dataclasses import dataclass
from functools import partial

import numpy as np
from simulated_world import OWN, HashingProposer, Simulated, SimulatedFailure

from sklearn_bayes_search import (
    BayesSearchCV,
    FoldRacing,
    Integer,
    Patience,
    Real,
    RowRacing,
    Space,
    TargetScore,
)

# Seconds: no search here takes so long; some fits take longer; and none does.
AMPLE, SHORT, LONG = 1e6, 20.0, 60.0


def unit(*key):
    """Draw a number from [0, 1) that depends on the key only."""
    return zlib.crc32(repr(key).encode()) / 2**32


def permits(params, share=0.6):
    return unit("permitted", sorted(params.items())) < share


permits_most = partial(permits, share=0.9)


def points(*branches):
    """List the settings of grids."""
    return [
        dict(zip(branch, values, strict=True))
        for branch in branches
        for values in itertools.product(*branch.values())
    ]


def draw_space(rng):
    """Draw a space, and list its settings if it is finite."""
    mixed = {"a": Real(0, 1), "b": Integer(1, 4), "kind": ["x", "y"]}
    grid = {"b": [*range(rng.integers(1, 5))], "kind": ["x", "y", "z"]}
    wide = {"b": [*range(7)], "kind": ["x", "y"]}
    branches = [{"b": [1, 2, 3], "kind": ["x"]}, {"a": [0.2, 0.5], "kind": ["y", "z"]}]
    kind = rng.integers(6)
    if kind == 0:
        return {"a": Real(0, 1)}, None
    if kind == 1:
        return mixed, None
    if kind == 2:
        return Space([mixed, {"kind": ["z"]}], constraint=permits_most), None
    if kind == 3:
        return grid, points(grid)
    if kind == 4:
        return branches, points(*branches)
    return Space(wide, constraint=permits), [*filter(permits, points(wide))]


def first_score(estimator, X, y=None):
    return estimator.score(X)


def second_score(estimator, X, y=None):
    return 1 - estimator.score(X) ** 2


def two_scores(estimator, X, y=None):
    return {"first": estimator.score(X), "second": second_score(estimator, X)}


SCORINGS = {
    "own": None,
    "one": first_score,
    "dict": {"first": first_score, "second": second_score},
    "callable": two_scores,
}


def choose_best(results):
    """Choose as ``refit=True`` does."""
    scores = np.asarray(results["mean_test_score"])
    return int(np.argmax(np.where(np.isfinite(scores), scores, -np.inf)))


def four_are_enough(history, optimizer):
    return "four are enough" if len(history) >= 4 else None


RULES = {
    "target": TargetScore(0.7),
    "patience": Patience(3),
    "count": four_are_enough,
}


# Some are to be paused among as few as there are here, and some to go on at the end.
RACES = [
    FoldRacing(pause_below=0.3, risk=0.2),
    FoldRacing(pause_below=0.9, risk=0.01),
    RowRacing(min_rows=2, factor=2, pause_below=0.3),
    RowRacing(min_rows=3, factor=1.5, pause_below=0.9),
]
# Rows that are in no test part.
N_OTHERS = 6


def noted(rule, history, optimizer):
    """Ask a rule, and have the world remember what it said."""
    Simulated.world.said = rule(history, optimizer)
    return Simulated.world.said


def draw(rng, **weights):
    """Draw a name; the values are its weights."""
    total = sum(weights.values())
    shares = [weight / total for weight in weights.values()]
    return list(weights)[rng.choice(len(weights), p=shares)]


@dataclass
class Life:
    """One run of a search, and what happens to its journal afterwards."""

    n_iter: int | None
    n_workers: int
    timeout: float | None
    fit_timeout: float | None
    salt: int = 0  # another one chooses otherwise
    end: str = "peace"  # or "Ctrl-C", "line", "kill", "dying", "gone"
    at: int = 0  # which event, or which line of the package
    again: int | None = None  # so many events after the first Ctrl-C a second one
    death_rate: float = 0.0
    jump_rate: float = 0.0
    disk: str = "well"  # or "short", "full": what becomes of a write
    damage: str = "none"  # or "cut", "flip", "garbage", "empty"


class Schedule:
    """A search and its lives, drawn from a seed."""

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(seed)
        rng, chance = self.rng, lambda p: bool(self.rng.random() < p)
        self.space, self.settings = draw_space(rng)
        self.racing = RACES[rng.integers(4)] if chance(0.5) else False
        on_folds = isinstance(self.racing, FoldRacing)
        self.n_splits = int(rng.integers(2 if on_folds else 1, 5))
        self.part_sizes = []  # training rows of parts, ascending
        if isinstance(self.racing, RowRacing):
            size = self.n_train / self.racing.factor
            while round(size) >= self.racing.min_rows:
                self.part_sizes.insert(0, round(size))
                size /= self.racing.factor
        max_pending = draw(rng, auto=5, two=2, three=1, five=1, **{"async": 2})
        self.max_pending = {"two": 2, "three": 3, "five": 5}.get(
            max_pending, max_pending
        )
        self.surrogate = draw(rng, hash=93, tpe=4, gp=3)
        self.n_initial_points = [1, 3, 3, "auto", 99][rng.integers(5)]
        self.scoring = draw(rng, own=5, one=1, dict=2, callable=2)
        self.has_several_metrics = self.scoring in ("dict", "callable")
        refits = [True, True, True, False, choose_best]
        if self.has_several_metrics:
            refits = ["second", "second", "first", "first", False]
        self.refit = refits[rng.integers(5)]
        self.metric = "first" if self.has_several_metrics else "score"
        if isinstance(self.refit, str):
            self.metric = self.refit
        self.refit_fails = chance(0.1)
        error_score = draw(rng, nan=8, zero=2, error=1)
        self.error_score = {"nan": math.nan, "zero": 0.0, "error": "raise"}[error_score]
        self.stopping = draw(rng, none=7, target=1, patience=1, count=2)
        self.fit_timeout = SHORT if chance(0.25) else None  # changes with the lives
        self.train_scores, self.rounded = chance(0.1), chance(0.3)
        self.fails_whole = chance(0.5)
        # an error of the code is taken more seriously by a search
        self.failure = TypeError if chance(0.3) else SimulatedFailure
        self.rates = {
            "raises": [0.0, 0.1, 0.3, 0.9][rng.choice(4, p=[0.5, 0.25, 0.2, 0.05])],
            "nan": 0.1 * chance(0.2),
            "overtime": 0.15,  # where there is a limit
            "dies": 0.1 * chance(0.15),
        }
        self.initial_points = None
        if self.settings is not None and chance(0.3):
            self.initial_points = [dict(p) for p in rng.choice(self.settings, size=2)]
        self.keeps = draw(rng, file=6, folder=1, memory=2, nothing=1)
        self.lives = self._draw_lives()

    def _draw_lives(self):
        rng, chance = self.rng, lambda p: bool(self.rng.random() < p)
        n_iter, n_workers = int(rng.integers(1, 7)), int(rng.integers(1, 5))
        n_iter += 2 * bool(self.racing)
        if self.stopping == "count" and chance(0.3):
            n_iter = None
        timeout, fit_timeout = AMPLE if chance(0.25) else None, self.fit_timeout
        other_choices = self.surrogate == "hash" and chance(0.2)
        if other_choices:  # from the third candidate on, which needs two scores
            self.n_initial_points, n_iter = 1, n_iter and n_iter + 3
        jump_rate, death_rate = 0.2 * chance(0.2), 0.1 * chance(0.1)
        n_lives = (
            1 if self.keeps == "nothing" else draw(rng, **{"1": 1, "2": 3, "3": 1})
        )
        lives = []
        for k in range(int(n_lives)):
            life = Life(n_iter, n_workers, timeout, fit_timeout, jump_rate=jump_rate)
            lives.append(life)
            life.salt = k if other_choices else 0
            if k == int(n_lives) - 1 and self.keeps != "nothing":
                break
            life.death_rate = death_rate
            life.end = draw(
                rng, peace=2, line=1, kill=4, dying=1, gone=1, **{"Ctrl-C": 6}
            )
            n_folds = (n_iter or 4) * self.n_steps
            most = 1500 + 170 * n_folds if life.end == "line" else 5 + 4 * n_folds
            life.at = int(rng.integers(1, most))
            if life.end == "Ctrl-C" and chance(0.2):
                life.again = int(rng.integers(1, 6))
            if timeout and chance(0.7):
                life.timeout = float(rng.uniform(1, 1 + 3 * n_folds))
            if self.keeps in ("file", "folder"):
                life.disk = draw(rng, well=8, short=1, full=1)
                life.damage = draw(rng, none=5, cut=4, flip=1, garbage=1, empty=0.2)
            if n_iter and chance(0.3):
                n_iter += int(rng.integers(1, 5))
            if chance(0.2):
                n_workers = int(rng.integers(1, 5))
            if fit_timeout and chance(0.1):
                fit_timeout = LONG
        likely = 0.8 if other_choices else 0.3
        if self.settings is not None and lives[-1].n_iter and chance(likely):
            # to the last point, though not in the order of a grid
            lives[-1].n_iter = max(lives[-1].n_iter, len(self.settings) + 1)
        return lives

    @property
    def n_train(self):
        """Training rows of a fold."""
        return 2 * (self.n_splits - 1) + N_OTHERS

    @property
    def n_steps(self):
        """How many fits a candidate has, on all folds and on parts of the rows."""
        return self.n_splits + len(self.part_sizes)

    def step_of(self, rows):
        """Return the number of a fold, or of a part, by its training rows; or None."""
        if len(rows) in self.part_sizes:
            return self.n_splits + self.part_sizes.index(len(rows))
        missing = [fold for fold in range(self.n_splits) if 2 * fold not in rows]
        return missing[0] if missing else None

    @property
    def is_comparable(self):
        """Whether the rows do not depend on timing, and all lives choose alike."""
        alike = len({(life.salt, life.fit_timeout) for life in self.lives}) == 1
        return alike and self.max_pending != "async"

    @property
    def ends_by_timing(self):
        """Whether races and rules do not always know the same when they decide."""
        decides = bool(self.racing) or self.stopping != "none"
        return decides and self.max_pending == "async"

    def features(self):
        """Name what the schedule has, for statistics."""
        lives = self.lives
        has = {
            "racing": self.racing,
            "parts of the rows": self.part_sizes,
            "async": self.max_pending == "async",
            "finite space": self.settings is not None,
            "constraint": isinstance(self.space, Space),
            "several metrics": self.has_several_metrics,
            "stopping rule": self.stopping != "none",
            "failing fits": any(self.rates[n] for n in ("raises", "nan", "dies")),
            "fit_timeout": lives[0].fit_timeout,
            "fit_timeout raised": lives[-1].fit_timeout == LONG,
            "timeout": lives[0].timeout,
            "n_iter raised": lives[-1].n_iter != lives[0].n_iter,
            "other workers": lives[-1].n_workers != lives[0].n_workers,
            "other choices": lives[-1].salt,
            "clock set": lives[0].jump_rate,
            "workers die by chance": lives[0].death_rate,
            "all workers die": any(life.end in ("dying", "gone") for life in lives),
            "second Ctrl-C": any(life.again for life in lives),
            "failing disk": any(life.disk != "well" for life in lives),
        }
        return {
            f"surrogate: {self.surrogate}",
            f"journal: {self.keeps}",
            f"lives: {len(lives)}",
            *(f"with: {name}" for name, it_has in has.items() if it_has),
        }

    def fate(self, params, fold):
        """Return how a fit ends, in every life: it depends on the setting alone."""
        if fold is None:
            return "raises" if self.refit_fails else "well"
        params = {**OWN, **params}
        if params == OWN:
            return "well"
        u = unit(self.seed, sorted(params.items()), None if self.fails_whole else fold)
        for name, rate in self.rates.items():
            if u < rate:
                in_time = name == "overtime" and self.fit_timeout != SHORT
                return "well" if in_time else name
            u -= rate
        return "well"

    def score(self, params, fold):
        """Return the score of a setting on a fold."""
        if self.fate(params, fold) == "nan":
            return math.nan
        key = self.seed, "score", sorted({**OWN, **params}.items())
        # candidates differ little, folds more: races are hard to decide
        level = 0.1 * fold if fold < self.n_splits else -0.1
        score = 0.4 * unit(*key) + 0.4 * unit(*key, fold) + level
        return round(score, 1) if self.rounded else score

    def scores(self, params, fold, failed):
        """Return the scores of a setting on a fold by metric."""
        score = self.score(params, fold)
        scores = {"first": score, "second": 1 - score**2}
        if failed:
            raises = self.error_score == "raise"  # then no row has a failed fold
            scores = dict.fromkeys(scores, math.nan if raises else self.error_score)
        return scores if self.has_several_metrics else {"score": scores["first"]}

    @property
    def X(self):
        return np.arange(2.0 * self.n_splits + N_OTHERS)[:, None]

    def make(self, life, **options):
        """Make the search as it is in one of its lives."""
        rows = np.arange(2 * self.n_splits + N_OTHERS)
        tests = rows[:-N_OTHERS].reshape(-1, 2)
        rule = RULES.get(self.stopping)
        by_name = self.surrogate != "hash"
        arguments = {
            "n_iter": life.n_iter,
            "scoring": SCORINGS[self.scoring],
            "refit": self.refit,
            "cv": [(np.setdiff1d(rows, test), test) for test in tests],
            "random_state": self.seed % 1000,
            "error_score": self.error_score,
            "return_train_score": self.train_scores,
            "surrogate": self.surrogate if by_name else HashingProposer(life.salt),
            "initial_points": self.initial_points,
            "n_initial_points": self.n_initial_points,
            "max_pending": self.max_pending,
            "racing": self.racing,
            "stopping": rule and partial(noted, rule),
            "timeout": life.timeout,
            "fit_timeout": life.fit_timeout,
        }
        return BayesSearchCV(Simulated(), self.space, **{**arguments, **options})
