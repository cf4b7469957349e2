"""Whole searches in virtual time, with all that can go wrong drawn from one integer.

A *schedule* is a search and its lives: in each it is begun again with the same journal,
and ended by Ctrl-C, a kill, dying workers, a time limit or its ``n_iter``; between two
lives the journal may be damaged. The last life is left in peace: its rows must be those
of a search that was never disturbed.

    python tests/simulation.py --seeds 0:1000      # the seeds that break a promise
    python tests/simulation.py --seeds 17          # one of them, life by life

FoundationDB and TigerBeetle are tested like this.
"""

import argparse
import faulthandler
import itertools
import json
import math
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from simulated_search import AMPLE, Schedule
from simulated_world import OWN, Interrupter, Killed, World, has_succeeded

from sklearn_bayes_search import JournalError, read_journal
from sklearn_bayes_search.execution._executors import Lost
from sklearn_bayes_search.execution._row_racing import RowRace

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# Columns with scores of a fit.
SCORES = r"(split|part)\d+_test_"
# A file system in memory, where there is one: a disk would take most of the time.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


# ---- what is read of a search and its journal


def parse(content):
    """Read a journal without the package: its first header, and what each fold has."""
    header, folds = None, {}
    for line in content.split(b"\n"):
        if line[:9] != b"%08x " % zlib.crc32(line[9:]):
            continue
        record = json.loads(line[9:])
        if "journal" in record:
            header = header or record
        else:
            folds.setdefault((record["candidate"], record["fold"]), []).append(record)
    return header, folds


def may_run_again(records, fit_timeout):
    """Return whether a fold of the journal is to be evaluated once more."""
    errors = [str(record["error"]) for record in records]
    limit = re.match(r"fit_timeout=(\d+)", errors[-1])
    if limit:
        return float(limit[1]) < fit_timeout
    deaths = [error.startswith("The worker process") for error in errors]
    return deaths[-1] and sum(deaths) == 1


def rows(search):
    """Return the number of each candidate, its setting, and its scores by column."""
    results = search.cv_results_
    numbers = [outcome.trial.number for outcome in search.optimizer_.history]
    columns = sorted(name for name in results if re.match(SCORES, name))
    scores = np.array([results[name] for name in columns]).T
    return list(zip(numbers, results["params"], scores, strict=True))


def agree(row, other, exactly=False):
    """Compare rows; where one was paused, only the folds that both have."""
    a, b = row[2], other[2]
    if not exactly:
        both = ~(np.isnan(a) | np.isnan(b))
        a, b = a[both], b[both]
    return row[:2] == other[:2] and np.array_equal(a, b, equal_nan=True)


def fit(search, world):
    """Fit; return the error, the texts of warnings, and which line Ctrl-C hit."""
    interrupter, error = None, None
    if world.life.end == "line":
        interrupter = Interrupter(world.life.at)
    tracer = sys.gettrace()
    with warnings.catch_warnings(record=True) as caught, world.inhabited():
        warnings.simplefilter("always")
        try:
            sys.settrace(interrupter or tracer)
            search.fit(world.schedule.X)
        except BaseException as raised:
            error = raised
        finally:
            sys.settrace(tracer)
    line = interrupter.where if interrupter else None
    if isinstance(error, KeyboardInterrupt) and not world.stopped_in and not line:
        raise error  # of whoever runs this
    return error, [str(warning.message) for warning in caught], line


# ---- lives, and what must hold after each


class Simulation:
    """A schedule as it is lived.

    Parameters
    ----------
    schedule : Schedule
        What is searched, and what goes wrong.
    folder : Path
        Where the journal is kept.
    log : callable
        Called after each life with what there is to tell.

    Attributes
    ----------
    violations : list of str
        Promises that were broken.
    happened : set of str
        What the schedule turned out to have, for statistics.
    """

    def __init__(self, schedule, folder, log=lambda *_: None):
        self.schedule, self.folder, self.log = schedule, folder, log
        names = {"file": folder / "search.jsonl", "folder": folder}
        self.checkpoint = names.get(schedule.keeps)
        self.in_memory, self.remembered = None, {}  # a search, and folds that it has
        self.violations, self.snapshots, self.happened = [], [], set()
        self.lost_by_luck, self.longest = set(), 0.0
        self.is_comparable, self.error = schedule.is_comparable, None
        self.heard = []  # records that the callback was given
        self.happened.update(schedule.features())

    def run(self):
        """Live all lives, until something is broken."""
        lives = self.schedule.lives
        for number, life in enumerate(lives):
            self.live(number, life)
            if self.violations:
                return self
        if self.is_comparable:
            self.compare()
        if self.checkpoint and self.schedule.seed % 3 == 0 and not self.violations:
            had_ended = self.error is None
            self.live(len(lives), lives[-1])
            # read, not run, but for what was lost; or where an end depended on timing
            new = self.world.begun.keys() - self.known.keys()
            if had_ended and new and not self.schedule.ends_by_timing:
                self.blame(f"{new} were evaluated after the end")
        return self

    def blame(self, text):
        self.violations.append(f"life {self.number}: {text}")

    @property
    def path(self):
        """The journal's file, None before there is one."""
        return next(iter(self.folder.glob("*.jsonl")), None)

    def content(self):
        return b"" if self.path is None else self.path.read_bytes()

    def live(self, number, life):
        """Run the search once more; check what must hold."""
        self.number, before = number, self.content()
        if self.checkpoint and not before:  # as after a life on a full disk
            self._forget()
        header, self.known = None, self.remembered
        if self.checkpoint:
            header, self.known = parse(before)
        rng = np.random.default_rng([self.schedule.seed, number])
        self.world = world = World(self.schedule, life, rng)
        self.schedule.fit_timeout = life.fit_timeout
        search = self._prepare(life)
        old_results = getattr(search, "cv_results_", None)
        self.heard.clear()
        self.error, warned, line = fit(search, world)
        is_fitted = getattr(search, "cv_results_", None) is not old_results
        self.search = search if is_fitted else None
        self.log(self, line)
        self.longest = max(self.longest, world.longest)
        self.lost_by_luck |= world.lost_by_luck
        for text in world.broken_promises:
            self.blame(text)
        is_damaged = bool(before) and header is None
        if line or world.stopped_in:
            self._check_interrupt(line)
        elif is_damaged or self.error is not None:
            self._check_error(is_damaged)
        self._check_repeats()
        self._check_kept()
        if self.search is not None:
            self._check_fitted()
        if any("would choose other candidates" in text for text in warned):
            self.happened.add("chosen otherwise")
            # true where a damaged record was evaluated again and its worker died
            if self.is_comparable and not world.lost_by_luck:
                self.blame("it warned that it would choose other candidates")
        if self.violations:
            return
        if is_damaged:  # the way out that the error names
            self.path.unlink()
            self.live(number, life)
            return
        if is_fitted and not world.lost_by_luck:
            self.snapshots.append((number, rows(search)))
        if isinstance(self.error, Killed):
            self.in_memory = None
        if life is not self.schedule.lives[-1]:
            self._damage()

    def _prepare(self, life):
        """Make the search, or take the one that is in memory."""
        fresh = self.schedule.make(
            life, checkpoint=self.checkpoint, callback=self.heard.append
        )
        if self.schedule.keeps != "memory":
            return fresh
        if self.in_memory is None:
            self._forget()
            self.in_memory = fresh.set_params(warm_start=True)
        names = ("n_iter", "timeout", "fit_timeout", "surrogate")
        changes = {name: getattr(fresh, name) for name in names}
        return self.in_memory.set_params(**changes)

    def _forget(self):
        """Nothing is left of the journal: the search begins anew."""
        self.remembered.clear()
        self.snapshots.clear()

    def _damage(self):
        """Do to the journal what its life ends with."""
        content, kind, rng = self.content(), self.world.life.damage, self.world.rng
        if not content or kind == "none":
            return
        at = int(rng.integers(len(content)))
        damaged = {
            "cut": content[:at],
            "flip": content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
            "garbage": content + rng.bytes(40),
            "empty": b"",
        }
        self.path.write_bytes(damaged[kind])
        self.happened.add(f"damage: {kind}")

    def _check_interrupt(self, line):
        """Check that Ctrl-C ends in KeyboardInterrupt and keeps what there is."""
        world = self.world
        where = line or world.stopped_in[0]
        self.happened.add(f"{world.life.end}: {'line' if line else where}")
        wanted = Killed if world.life.end == "kill" else KeyboardInterrupt
        if not isinstance(self.error, wanted):
            self.blame(f"Ctrl-C at {where}: {self._describe_error()}")
        once = world.life.end != "kill" and world.life.again is None
        found = world.complete() or where == "refit"
        if once and found and self.search is None:
            self.blame(f"Ctrl-C at {where}: not fitted, though there was a candidate")

    def _check_error(self, is_damaged):
        """Check that there was reason for an error."""
        error, schedule, world = self.error, self.schedule, self.world
        self.happened.add(f"error: {type(error).__name__}")
        values = [value for batch in world.delivered for _, value in batch]
        failures = [value for value in values if not has_succeeded(value)]
        raises = schedule.error_score == "raise"
        if is_damaged or isinstance(error, JournalError):
            is_true = is_damaged and isinstance(error, JournalError)
        elif type(error) is schedule.failure and str(error) == "raises":
            is_true = schedule.refit_fails or raises
        elif isinstance(error, RuntimeError) and "No candidate was" in str(error):
            is_true = world.executor.broken is not None
        elif isinstance(error, RuntimeError):
            is_true = raises and bool(failures)
        elif isinstance(error, ValueError) and re.search(
            "None of the|The one candidate", str(error)
        ):
            is_true = self.search is not None and not self._chosen_and_well()
        elif isinstance(error, ValueError) and "fits failed" in str(error):
            # what was not complete when it had to end does not count
            cut_short = schedule.lives[0].timeout or world.executor.broken
            # parts of the rows are no folds
            n_splits = schedule.n_splits
            batches = itertools.chain(*world.delivered)
            values = [value for (_, step), value in batches if step < n_splits]
            known = [
                of[-1]["error"] for key, of in self.known.items() if key[1] < n_splits
            ]
            none_works = not any(map(has_succeeded, values)) and all(known)
            is_true = cut_short or none_works
        else:
            is_true = False
        if not is_true:
            self.blame(self._describe_error())

    def _chosen_and_well(self):
        """List the candidates that were not given and can be fitted and scored."""
        schedule, folds = self.schedule, range(self.schedule.n_splits)
        return [
            number
            for number, params, _ in rows(self.search)
            if number >= self.search.optimizer_.n_given_points
            and all(schedule.fate(params, fold) == "well" for fold in folds)
            and self.lost_by_luck.isdisjoint((number, fold) for fold in folds)
        ]

    def _describe_error(self):
        *frames, last = traceback.format_exception(self.error)
        return f"it ended with {last}{''.join(frames[-3:])}"

    def _check_repeats(self):
        """Check that nothing is evaluated again but what may come out otherwise."""
        for key in self.world.begun.keys() & self.known.keys():
            if not may_run_again(self.known[key], self.world.life.fit_timeout):
                self.blame(f"{key} was evaluated again")

    def _check_kept(self):
        """Check that what came back is in the journal, and that it can be read."""
        world = self.world
        # the last results may have come in when it was interrupted
        done = world.delivered[:-1] if self.error is not None else world.delivered
        kept = {
            key: {
                "error": value.reason if isinstance(value, Lost) else value["fit_error"]
            }
            for batch in done
            for key, value in batch
            if value is not None and not getattr(value, "by_death", False)
        }
        if self.schedule.keeps == "memory":
            for key, record in kept.items():
                self.remembered.setdefault(key, []).append(record)
            self.is_comparable &= not world.lost_by_luck
        if self.checkpoint is None or self.path is None:
            return
        held = parse(self.content())[1]
        if world.life.disk != "full" and not kept.keys() <= held.keys():
            self.blame(f"{sorted(kept.keys() - held.keys())} are not in the journal")
        # what came in after the first loss may have been chosen because of it
        batches = [[key for key, _ in batch] for batch in world.delivered]
        unlucky = [not world.lost_by_luck.isdisjoint(batch) for batch in batches]
        since = batches[unlucky.index(True) :] if any(unlucky) else []
        self.is_comparable &= held.keys().isdisjoint(itertools.chain(*since))
        if fcntl is not None:
            with self.path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    self.blame("the journal is still locked")
        if world.rng.random() < 0.2:
            self._check_readable(self.content())

    def _check_readable(self, content):
        """Read the journal as it would be if it were cut anywhere."""
        part = content[: self.world.rng.integers(len(content) + 1)]
        header, held = parse(part)
        cut = self.folder / "cut"
        cut.write_bytes(part)
        try:
            frame = read_journal(cut)
        except JournalError:
            found = None
        else:
            found = {*zip(frame["candidate"], frame["fold"], strict=True)}
        if found != (None if header is None else held.keys()):
            self.blame(f"the first {len(part)} bytes of the journal are misread")

    def _check_fitted(self):
        """Check a fitted search on its own."""
        search, world, schedule = self.search, self.world, self.schedule
        results, history = search.cv_results_, search.optimizer_.history
        settings, executor = results["params"], world.executor
        keys = {tuple(sorted(params.items())) for params in settings}
        heard = list(dict.fromkeys(record.number for record in self.heard))
        if schedule.max_pending == "async":
            heard[:-1] = sorted(heard[:-1])  # told as they end
        promises = {
            "what the optimizer was told is what the rows have": (
                [dict(outcome.trial.params) for outcome in history] == settings
            ),
            "n_iter_ counts the rows": search.n_iter_ == len(settings),
            "there are n_iter candidates at most": (
                len(settings) <= (world.life.n_iter or np.inf)
            ),
            "no setting was evaluated twice": len(keys) == len(settings),
            "a callback was told of each row, in order, and of the end": (
                heard == [*(outcome.trial.number for outcome in history), None]
                # Ctrl-C may come in the middle of telling
                or world.life.end == "line"
                or world.life.again is not None
            ),
            "each setting is of the space": (
                schedule.settings is None
                or all(params in schedule.settings for params in settings)
            ),
            "max_pending holds": executor.most_in_flight <= search.max_pending_,
            "nothing is pending": (
                not search.optimizer_.pending
                or self.error is not None
                or world.life.timeout is not None
                or executor.broken is not None
            ),
        }
        for promise, holds in promises.items():
            if not holds:
                self.blame(f"it is not true that {promise}")
        self._check_scores()
        if schedule.racing and self.error is None and not executor.broken:
            self._check_race()
        has_best = search.refit or not schedule.has_several_metrics
        if has_best and not isinstance(self.error, ValueError):
            self._check_best()
        self._check_reason()

    def _check_scores(self):
        """Check each score against what the setting has on that fold."""
        schedule, results = self.schedule, self.search.cv_results_
        n_splits = schedule.n_splits
        n_evaluated = results.get("n_splits_evaluated", itertools.repeat(n_splits))
        outcomes = zip(self.search.optimizer_.history, n_evaluated, strict=False)
        for index, (outcome, n_ran) in enumerate(outcomes):
            number, params, n_missing = outcome.trial.number, outcome.trial.params, 0
            for fold in range(n_splits):
                failed = schedule.fate(params, fold) not in ("well", "nan")
                wanted = schedule.scores(params, fold, failed)
                found = {n: results[f"split{fold}_test_{n}"][index] for n in wanted}
                told = outcome.folds[fold]
                if told == told and told != found[schedule.metric]:
                    self.blame(f"candidate {number}: {told} was told for {found}")
                may_be = [wanted]
                if (number, fold) in self.lost_by_luck:
                    may_be.append(schedule.scores(params, fold, failed=True))
                if any(np.array_equal(*as_arrays(found, w), True) for w in may_be):
                    continue
                if all(map(math.isnan, found.values())):
                    n_missing += 1
                else:
                    self.blame(f"candidate {number}: {found} instead of {wanted}")
            if n_missing > n_splits - n_ran:
                self.blame(f"candidate {number} lacks {n_missing} scores")
            for part in range(len(schedule.part_sizes)):
                wanted = schedule.scores(params, n_splits + part, failed=False)
                found = {n: results[f"part{part}_test_{n}"][index] for n in wanted}
                if found != wanted and not all(map(math.isnan, found.values())):
                    self.blame(f"candidate {number}: {found} on part {part}")

    def _check_race(self):
        """Check that no paused candidate had to go on, by what the optimizer knows."""
        if self.world.life.timeout is not None:
            return
        schedule, search = self.schedule, self.search
        names = [f"split{fold}" for fold in range(schedule.n_splits)]
        names += [f"part{part}" for part in range(len(schedule.part_sizes))]
        columns = [search.cv_results_[f"{n}_test_{schedule.metric}"] for n in names]
        steps = np.array(columns).T
        n_ran = search.cv_results_["n_splits_evaluated"]
        outcomes = zip(search.optimizer_.history, n_ran, steps, strict=True)
        known = [
            (scores, n == schedule.n_splits)
            for outcome, n, scores in outcomes
            if not outcome.failed
        ]
        complete, paused = (
            np.array([scores for scores, is_whole in known if is_whole == wanted])
            for wanted in (True, False)
        )
        race = search.racing
        if schedule.part_sizes:
            parts = [(range(size), ()) for size in schedule.part_sizes]
            race = RowRace(race, parts, schedule.n_train, schedule.n_splits)
        if race._resume(complete.reshape(-1, schedule.n_steps), paused, 99):
            self.blame("a paused candidate may yet be the best")

    def _check_best(self):
        """Check that the best is the best of those with all folds."""
        search, results = self.search, self.search.cv_results_
        means = np.asarray(results[f"mean_test_{self.schedule.metric}"], dtype=float)
        complete = np.isfinite(means)
        if "n_splits_evaluated" in results:
            complete &= results["n_splits_evaluated"] == self.schedule.n_splits
        best = search.best_index_
        if complete.any() and not (
            complete[best] and means[best] == means[complete].max()
        ):
            self.blame("the best is not the best of the complete ones")
        if search.best_params_ != results["params"][best]:
            self.blame("the best setting is of another row")
        if self.error is None and search.refit:
            fitted = search.best_estimator_.get_params()
            if fitted != {**OWN, **search.best_params_}:
                self.blame("another setting than the best was fitted")

    def _check_reason(self):
        """Check that the search ended for the reason that it gives."""
        reason, n_rows = self.search.stop_reason_, self.search.n_iter_
        world, life, settings = self.world, self.world.life, self.schedule.settings
        kind = re.sub(r"[\d.]+", "N", reason).partition(":")[0]
        self.happened.add(f"stop: {kind}")
        says = partial(re.fullmatch, string=reason)
        if says("interrupted by the user"):
            is_true = bool(world.stopped_in) or life.end == "line"
        elif found := says(r"evaluated n_iter=(\d+) candidates"):
            is_true = int(found[1]) == life.n_iter == n_rows
        elif found := says(r"evaluated all (\d+) points of the search space"):
            is_true = settings is not None and n_rows == len(settings) == int(found[1])
        elif found := says(r"timeout=\S+ s after (\d+) candidates"):
            n_ahead = world.executor.most_in_flight + 1
            foreseen = self.longest * (self.schedule.n_steps * n_ahead + 1)
            is_true = int(found[1]) == n_rows
            is_true &= world.end_of_time() - world.now < foreseen
        elif found := says(r"stopped after (\d+)( of \d+)? candidates: (.*)"):
            hopeless = "all that the search chose failed"
            said = hopeless if not self._chosen_and_well() else world.said
            is_true = int(found[1]) == n_rows and found[3] in (said, world.said)
        else:  # the number of fits that were lost may have grown
            broken = re.sub(r"\d+", "N", world.executor.broken or "")
            is_true = broken == re.sub(r"\d+", "N", reason)
        if not is_true:
            self.blame(f"it is not true of {n_rows} rows: {reason}")

    def compare(self):
        """Compare with the search that nothing disturbs."""
        schedule, life, search = self.schedule, self.world.life, self.search
        plan = {"n_iter": life.n_iter, "max_pending": None}
        if self.checkpoint:
            plan = parse(self.content())[0]["plan"]
        elif self.in_memory is not None:
            plan = self.in_memory._journal.plan
        elif search is not None:
            plan["max_pending"] = search.max_pending_
        else:
            return
        calm = replace(life, end="peace", jump_rate=0.0, death_rate=0.0, disk="well")
        calm.timeout = life.timeout and AMPLE
        n_iters = dict.fromkeys([plan["n_iter"], life.n_iter])
        options = {"max_pending": plan["max_pending"], "warm_start": len(n_iters) > 1}
        reference = schedule.make(calm, **options)
        for n_iter in n_iters:
            reference.set_params(n_iter=n_iter)
            expected, *_ = fit(reference, World(schedule, calm, rng=None))
        undisturbed = life.end == "peace" and life.timeout == calm.timeout
        undisturbed &= not self.world.lost_by_luck
        self.number = "last"
        errors = {type(self.error), type(expected)}
        if schedule.error_score == "raise":  # one of several that are raised
            errors -= {schedule.failure, RuntimeError}
        if undisturbed and len(errors) > 1:
            self.blame(f"it ended with {self.error!r}, undisturbed with {expected!r}")
        if not hasattr(reference, "cv_results_"):
            return
        wanted = rows(reference)
        by_number = {row[0]: row for row in wanted}
        for number, found in self.snapshots:
            for row in found:
                if row[0] in by_number and not agree(row, by_number[row[0]]):
                    self.blame(f"{row} instead of {by_number[row[0]]} in life {number}")
        if not undisturbed or search is None:
            return
        found = rows(search)
        alike = len(found) == len(wanted)
        if not alike or not all(map(partial(agree, exactly=True), found, wanted)):
            self.blame(f"the rows are\n{found} instead of\n{wanted}")
        if search.stop_reason_ != reference.stop_reason_:
            self.blame(f"{search.stop_reason_} instead of {reference.stop_reason_}")
        self.happened.add("compared with the undisturbed search")


def as_arrays(*scores):
    return [np.array([*values.values()], dtype=float) for values in scores]


# ---- the command line


def simulate(seed, log=lambda *_: None):
    """Live the schedule of a seed; return the `Simulation`."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        return Simulation(Schedule(seed), Path(folder), log).run()


def tell(simulation, line):
    """Print what happened in a life."""
    world, search = simulation.world, simulation.search
    print(f"\n{world.life}")
    for batch in world.delivered:
        told = {k: "ok" if has_succeeded(value) else value for k, value in batch}
        print("   ", told)
    print(f"  stopped in {line or world.stopped_in}, error {simulation.error!r}")
    if search is not None:
        print(f"  {search.stop_reason_}")
        for row in rows(search):
            print("   ", *row)


def replay(seed):
    """Show the schedule of a seed life by life; tell whether promises were kept."""
    shown = {k: v for k, v in vars(Schedule(seed)).items() if k not in ("rng", "lives")}
    print(shown)
    violations = simulate(seed, tell).violations
    print("\n".join(["", *violations] if violations else ["", "All promises kept."]))
    return not violations


def survey(seeds, results=None):
    """Run many seeds; keep the figures in a file, to go on with."""
    figures = {"next": seeds.start, "seconds": 0.0, "violations": {}, "happened": {}}
    if results and os.path.exists(results):
        figures = json.loads(Path(results).read_text())
    happened, seconds = Counter(figures["happened"]), figures["seconds"]
    start = time.process_time()
    for seed in range(figures["next"], seeds.stop):
        faulthandler.dump_traceback_later(300, exit=True)  # should it never end
        simulation = simulate(seed)
        happened.update(simulation.happened)
        if simulation.violations:
            figures["violations"][seed] = simulation.violations
            print(f"seed {seed}: {simulation.violations[0][:2000]}", flush=True)
        if (seed + 1) % 500 == 0 or seed + 1 == seeds.stop:
            figures["seconds"] = seconds + time.process_time() - start
            figures |= {"next": seed + 1, "happened": dict(sorted(happened.items()))}
            if results:
                Path(results).write_text(json.dumps(figures, indent=1))
    faulthandler.cancel_dump_traceback_later()
    n = seeds.stop - seeds.start
    print(f"{n} schedules, {1000 * figures['seconds'] / n:.1f} ms of CPU time each")
    for name, count in figures["happened"].items():
        print(f"{count:8} {name}")
    print(f"{len(figures['violations'])} with a violation")
    return not figures["violations"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", default="0:1000", help="one, or first:last")
    parser.add_argument("--results", help="a file to go on with")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition(":")
    if last:
        all_kept = survey(range(int(first), int(last)), arguments.results)
    else:
        all_kept = replay(int(first))
    sys.exit(not all_kept)


if __name__ == "__main__":
    main()
