"""Searches under seeded schedules of faults, and that the checker would see a fault."""

import pytest
from simulated_search import Schedule
from simulation import simulate

from sklearn_bayes_search.execution._journal import _lines
from sklearn_bayes_search.execution._loop import Loop
from sklearn_bayes_search.execution._progress import Candidate
from sklearn_bayes_search.execution._queue import FoldQueue
from sklearn_bayes_search.execution._window import Window
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer


def violations(seeds):
    """Name what was broken, for each seed that broke a promise."""
    found = {seed: simulate(seed).violations for seed in seeds}
    return {seed: broken for seed, broken in found.items() if broken}


@pytest.mark.parametrize("first", [0, 20])
def test_schedules_keep_all_promises(first):
    # python tests/simulation.py --seeds SEED shows what happened
    assert not violations(range(first, first + 20))


SEEDS = [range(40, 350), *(range(i, i + 250) for i in range(1_000, 5_000, 250))]


@pytest.mark.slow
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_many_schedules_keep_all_promises(seeds):
    assert not violations(seeds)


@pytest.mark.parametrize("seed", [2, 30])
def test_a_seed_does_the_same_again(seed):
    def log():
        told = []
        simulate(
            seed,
            lambda simulation, line: told.append(
                (simulation.world.now, [*simulation.world.begun], line)
            ),
        )
        return told

    assert log() == log()


def test_schedules_have_all_that_can_go_wrong():
    lives = [life for seed in range(300) for life in Schedule(seed).lives]
    for name, values in {
        "end": {"peace", "Ctrl-C", "line", "kill", "dying", "gone"},
        "disk": {"well", "short", "full"},
        "damage": {"none", "cut", "flip", "garbage", "empty"},
    }.items():
        assert {getattr(life, name) for life in lives} == values
    assert any(life.jump_rate for life in lives)
    assert any(life.again for life in lives)


def keep_the_displaced(monkeypatch):
    def replace(self, trial, params=None):
        other = original(self, trial, params)
        self._asked.add(trial.row)
        return other

    original = BayesianOptimizer.replace
    monkeypatch.setattr(BayesianOptimizer, "replace", replace)


def write_two_of_three(monkeypatch):
    def write(self, *records):
        original(self, *(record for record in records if sum(record[0].row) % 1 < 0.6))

    original = FoldQueue._write
    monkeypatch.setattr(FoldQueue, "_write", write)


def tell_as_they_end(monkeypatch):
    monkeypatch.setattr(Window, "shows", lambda self, other, number: other.ended)


def forget_a_paused_candidate(monkeypatch):
    def resume(self):
        self.candidates[-1:], last = [], self.candidates[-1:]
        again = original(self)
        self.candidates += last
        return again

    original = Loop._resume
    monkeypatch.setattr(Loop, "_resume", resume)


def count_a_fold_twice(monkeypatch):
    def add(self, fold, result):
        self._n_running -= self._n_running > 1
        return original(self, fold, result)

    original = Candidate.add
    monkeypatch.setattr(Candidate, "add", add)


def estimate_by_all_that_have_ended(monkeypatch):
    def estimate(self, candidates):
        return original(self, [c for c in self.candidates if c.ended])

    original = Loop._estimate_anew
    monkeypatch.setattr(Loop, "_estimate_anew", estimate)


def keep_the_lock(monkeypatch):
    monkeypatch.setattr(_lines.LineFile, "close", lambda self: None)


@pytest.mark.parametrize(
    ("introduce", "where"),
    [
        (keep_the_displaced, {"with: other choices", "with: finite space"}),
        (write_two_of_three, {"journal: file"}),
        (tell_as_they_end, {"lives: 2"}),
        (forget_a_paused_candidate, {"with: racing"}),
        (count_a_fold_twice, set()),
        pytest.param(
            *(estimate_by_all_that_have_ended, {"with: parts of the rows"}),
            marks=pytest.mark.slow,
        ),
        (keep_the_lock, {"journal: file"}),
    ],
)
def test_a_fault_is_found(monkeypatch, introduce, where):
    introduce(monkeypatch)
    schedules = map(Schedule, range(600))
    seeds = (s.seed for s in schedules if where <= s.features())
    assert any(simulate(seed).violations for seed in seeds)
