"""The world of a simulated search: clock, workers, disk, and the user at Ctrl-C.

All of it is drawn from one generator, in one thread: a world with the same seed does
the same again. `World.inhabited` puts it in the place of the real one; everything else
that `fit` runs is the package's own code, and scikit-learn's.
"""

import contextlib
import errno
import os
import sys
import time
import traceback
import zlib
from collections import Counter

import numpy as np
from sklearn.base import BaseEstimator

import sklearn_bayes_search
from sklearn_bayes_search import _search
from sklearn_bayes_search._sklearn_compat import metric_names
from sklearn_bayes_search.execution import _evaluation
from sklearn_bayes_search.execution._executors import Lost
from sklearn_bayes_search.execution._executors._base import Losses

PACKAGE = os.path.dirname(sklearn_bayes_search.__file__)
OWN = {"a": 0.5, "b": 2, "kind": "x"}  # the estimator's setting
MOST_WAITS = 500  # no search here waits so often
write_for_real = os.write


class Killed(BaseException):
    """The process is gone: nothing but the journal is left."""


class Stuck(BaseException):
    """The search waits for ever."""


class Ended(BaseException):
    """The process of a task is gone."""


class SimulatedFailure(Exception):
    """The failure of a fit."""


class Simulated(BaseEstimator):
    """Fits in virtual time; the world decides how that ends."""

    world = None

    def __init__(self, a=0.5, b=2, kind="x"):
        self.a, self.b, self.kind = a, b, kind

    # the three are quicker than scikit-learn's, and called very often

    def get_params(self, deep=True):
        return {"a": self.a, "b": self.b, "kind": self.kind}

    def set_params(self, **params):
        vars(self).update(params)
        return self

    def __sklearn_clone__(self):
        return Simulated(**self.get_params())

    def fit(self, X, y=None):
        self.step_ = self.world.schedule.step_of(X[:, 0].tolist())
        self.world.fit(self.get_params(), self.step_)
        return self

    def score(self, X, y=None):
        self.world.pass_time(0.05)
        step = self.step_
        if step < self.world.schedule.n_splits:  # with train scores of another fold
            step = int(X[0, 0]) // 2
        return self.world.schedule.score(self.get_params(), step)


def quick_fit_and_score(
    estimator, X, y, *, scorer, train, test, parameters, error_score, **options
):
    """Do what scikit-learn's function does, in a third of the time."""
    start, result = time.time(), {"fit_error": None}
    try:
        estimator.set_params(**parameters).fit(X[train])
    except Exception:
        if error_score == "raise":
            raise
        result["fit_error"] = traceback.format_exc()
        names = metric_names(scorer)
        scores = error_score if names is None else dict.fromkeys(names, error_score)
        fit_time, score_time = time.time() - start, 0.0
    else:
        fit_time = time.time() - start
        scores = scorer(estimator, X[test])
        score_time = time.time() - start - fit_time
    result["test_scores"] = scores
    if options["return_train_score"]:
        result["train_scores"] = scores
    times = {"fit_time": fit_time, "score_time": score_time}
    return {**result, "n_test_samples": len(test), **times}


def has_succeeded(value):
    """Return whether what came back for a fold is that of a fit without an error."""
    return isinstance(value, dict) and value["fit_error"] is None


class World:
    """All that is outside a search while it lives once.

    Parameters
    ----------
    schedule : Schedule
        What is searched.
    life : Life
        What goes wrong.
    rng : Generator or None
        Source of all luck. None: all fits take equally long, and end in order.
    """

    def __init__(self, schedule, life, rng):
        self.schedule, self.life, self.rng = schedule, life, rng
        self.began = self.now = 1000.0
        self.set_by = 1.75e9  # the wall clock shows so much more
        self.n_events = 0
        self.stop_at = life.at if life.end in ("Ctrl-C", "kill") else None
        self.stopped_in, self.broken_promises = [], []
        self.begun, self.delivered = Counter(), []
        self.lost_by_luck, self.longest, self.said = set(), 0.0, None
        self.executor = Executor(self)

    @property
    def calm(self):
        return self.rng is None

    # what stands in for the module `time`

    def monotonic(self):
        return self.now

    def time(self):
        return self.now + self.set_by

    def sleep(self, seconds):
        self.now += seconds

    def event(self, what):
        """Count what Ctrl-C can hit, and have it hit the right one."""
        self.n_events += 1
        self.now += 1e-3
        if self.n_events != self.stop_at:
            return
        if self.life.again is not None and not self.stopped_in:
            self.stop_at += self.life.again
        self.stopped_in.append(what)
        raise Killed if self.life.end == "kill" else KeyboardInterrupt

    def complete(self):
        """Name the candidates that were complete before the last results came in."""
        done = [item for batch in self.delivered[:-1] for item in batch]
        n_splits = self.schedule.n_splits
        whole = Counter(
            number
            for (number, step), value in done
            if step < n_splits and has_succeeded(value)
        )
        return [number for number, n_folds in whole.items() if n_folds == n_splits]

    def end_of_time(self):
        """Return when the search has to be over."""
        return self.began + (np.inf if self.life.timeout is None else self.life.timeout)

    def is_over(self, end):
        """Return whether the workers have come to their end."""
        return self.life.end == end and self.n_events >= self.life.at

    def pass_time(self, seconds):
        """Let a fit run on, while somebody may set the clock."""
        self.now += seconds / 2
        if self.life.jump_rate and self.rng.random() < self.life.jump_rate:
            self.set_by += float(self.rng.choice([-7200, -30, -0.2, 0.2, 30, 7200]))
        self.now += seconds / 2

    def fit(self, params, fold):
        """Fit a setting on a fold; None stands for all data."""
        self.event("fit" if fold is not None else "refit")
        fate = self.schedule.fate(params, fold)
        seconds = 1.0 if self.calm else 10.0 ** float(self.rng.uniform(-1, 1))
        if fate == "overtime":
            limit = self.life.fit_timeout
            self.pass_time(limit)
            raise Ended(Lost(f"fit_timeout={limit:g} s is over.", limit, limit=limit))
        if fold is not None and self._dies(fate):
            self.pass_time(seconds / 2)
            raise Ended(self.executor.bury(fate))
        self.pass_time(seconds)
        if fate == "raises":
            raise self.schedule.failure(fate)

    def _dies(self, fate):
        if fate == "dies":
            return True
        unlucky = self.life.death_rate and self.rng.random() < self.life.death_rate
        if unlucky or self.is_over("dying"):
            self.lost_by_luck.add(self.executor.key)
            return True
        return False

    def write(self, file, data):
        """Write as the disk lets it be; Ctrl-C may come before and after it."""
        size, disk = len(data), self.life.disk
        if disk != "well":
            size = int(self.rng.integers(size + 1))
        early = not self.calm and self.rng.random() < 0.5
        if early:
            self.event("write")
        if size:
            write_for_real(file, data[:size])
        if not early:
            self.event("write")
        if disk == "full" and size < len(data) and self.n_events % 30 > 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return size

    def sync(self, file):
        self.event("sync")

    @contextlib.contextmanager
    def open_executor(self, *arguments):
        yield self.executor

    @contextlib.contextmanager
    def inhabited(self):
        """Put this world in the place of the real one."""
        stand_ins = [
            (time, "time", self.time),
            (time, "monotonic", self.monotonic),
            (time, "perf_counter", self.monotonic),
            (time, "sleep", self.sleep),
            (os, "write", self.write),
            (os, "fdatasync" if hasattr(os, "fdatasync") else "fsync", self.sync),
            (_search, "open_executor", self.open_executor),
            (Simulated, "world", self),
        ]
        if self.schedule.seed % 8:  # now and then scikit-learn's own
            stand_ins.append((_evaluation, "fit_and_score", quick_fit_and_score))
        originals = [getattr(where, name) for where, name, _ in stand_ins]
        try:
            for where, name, stand_in in stand_ins:
                setattr(where, name, stand_in)
            yield
        finally:
            for (where, name, _), original in zip(stand_ins, originals, strict=True):
                setattr(where, name, original)


class Executor:
    """Some workers in virtual time: whatever is done first comes back first."""

    def __init__(self, world):
        self.world, self.n_workers = world, world.life.n_workers
        self.broken, self._losses = None, Losses()
        self._queue, self._running, self._limited = [], [], set()
        self.key = None  # of the task that runs
        self.most_in_flight = self._n_waits = 0

    def submit(self, key, task):
        world = self.world
        world.event("submit")
        in_flight = {key for _, key, _ in self._running} | {k for k, _ in self._queue}
        if key in in_flight or world.begun[key]:
            world.broken_promises.append(f"fold {key} was submitted twice")
        numbers = {number for number, _ in [*in_flight, key]}
        self.most_in_flight = max(self.most_in_flight, len(numbers))
        self._queue.append((key, task))
        if world.complete():
            self._limited.add(key)

    def wait(self):
        world = self.world
        world.event("wait")
        self._n_waits += 1
        if self._n_waits > MOST_WAITS:
            raise Stuck
        if world.is_over("gone"):
            self.broken = "The cluster is gone."
            return []
        while self._queue and len(self._running) < self.n_workers:
            self._begin(*self._queue.pop(0))
        if not self._running:
            return []
        until = min(end for end, *_ in self._running)
        if not world.calm and self.n_workers > 1 and world.rng.random() < 0.3:
            until += world.rng.uniform(0, 10)  # the search was busy with other things
        world.now = max(world.now, until)
        done = [item for item in self._running if item[0] <= world.now]
        self._running = [item for item in self._running if item[0] > world.now]
        if not world.calm:
            done = [done[i] for i in world.rng.permutation(len(done))]
        for _, _, value in done:
            if isinstance(value, Lost) and value.by_death:
                self.broken = self._losses.broken
            elif value is not None:
                self._losses.reset()
        world.delivered.append([(key, value) for _, key, value in done])
        return list(world.delivered[-1])

    def _begin(self, key, task):
        """Run a task now, in the time of its worker."""
        world, begin, self.key = self.world, self.world.now, key
        try:
            value = task()
        except Ended as ended:
            value = ended.args[0]
        finally:
            end, world.now = world.now, begin
        if value is not None:
            world.begun[key] += 1
            world.longest = max(world.longest, end - begin)
            if key in self._limited and begin > world.end_of_time():
                world.broken_promises.append(f"{key} began after the timeout")
        self._running.append((end, key, value))

    def bury(self, fate):
        """Make what comes back for a task whose process died."""
        reason = "The worker process died. "
        if fate == "dies":  # what is wrong with a setting says nothing of the machine
            return Lost(reason, by_death=True)
        return self._losses.add(self.key, reason)


class Interrupter:
    """Raises KeyboardInterrupt at some line of the package, as a trace function."""

    def __init__(self, at):
        self.left, self.where = at, None

    def __call__(self, frame, event, argument):
        inside = frame.f_code.co_filename.startswith(PACKAGE)
        return self._step if inside else None

    def _step(self, frame, event, argument):
        if event == "line":
            self.left -= 1
            if self.left == 0:
                file = os.path.basename(frame.f_code.co_filename)
                self.where = f"{file}:{frame.f_lineno} in {frame.f_code.co_name}"
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._step


class HashingProposer:
    """Chooses at random, from a seed that is all that it is told.

    A search whose choices depended on timing in the least would have other rows.
    """

    def __init__(self, salt):
        self.salt = salt

    def propose(self, known, *, maximizer, asked, rng):
        parts = (known.U, known.y, known.noise, known.failed, known.pending)
        told = b"".join(np.round(part.astype(float), 9).tobytes() for part in parts)
        rng = np.random.default_rng([zlib.crc32(told), self.salt])
        left = maximizer.unasked(asked)
        if left is not None:
            return left[rng.integers(len(left))] if len(left) else None
        space = maximizer.space
        for _ in range(50):
            row = space.snap(rng.uniform(size=(1, space.n_dims)))[0]
            if not asked.repeats(row) and space.allows(row):
                return row
        return None
