"""Estimators and tasks that worker processes can import by name.

A worker has this folder on its path, because joblib passes the parent's path on.
"""

import ctypes
import os
import random
import signal
import threading
import time
import warnings

import joblib
import numpy as np
import sklearn
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator


class FitFailure(ValueError):
    """Shows that the type of an exception survives the way back."""


class ToyWarning(UserWarning):
    """Is nobody else's."""


class Toy(BaseEstimator):
    """Scores its parameters; the data only shift the score a little.

    Parameters
    ----------
    a : float, default=0.0
        Best at 0.3.
    b : int, default=0
        The smaller the better.
    """

    def __init__(self, a=0.0, b=0):
        self.a = a
        self.b = b

    def fit(self, X, y=None):
        self.mean_ = float(np.mean(X))
        return self

    def score(self, X, y=None):
        return -((self.a - 0.3) ** 2) - 0.1 * self.b + 0.01 * self.mean_ * self.a


class Homebound(Toy):
    """Can be unpickled in the process of this number only.

    Parameters
    ----------
    home : int, default=None
        As of ``os.getpid``.
    """

    def __init__(self, a=0.0, b=0, home=None):
        super().__init__(a, b)
        self.home = home

    def __setstate__(self, state):
        super().__setstate__(state)
        if os.getpid() != self.home:
            raise FileNotFoundError("no model.bin here")


class Jittery(Toy):
    """Takes an unforeseeable time, up to 20 ms, to fit."""

    def fit(self, X, y=None):
        time.sleep(random.SystemRandom().uniform(0, 0.02))
        return super().fit(X)


class Fragile(Jittery):
    """Cannot be fitted where `a` is large."""

    def fit(self, X, y=None):
        if self.a > 0.6:
            raise FitFailure(f"a={self.a:g} is too large")
        return super().fit(X)


class Interrupted(Toy):
    """Is interrupted by the user at its first fit."""

    def fit(self, X, y=None):
        raise KeyboardInterrupt


class Deadly(Toy):
    """Takes its process down with it where `a` is large."""

    def fit(self, X, y=None):
        if self.a > 0.6:
            os._exit(3)
        return super().fit(X)


class DeadlyOnce(Toy):
    """Takes its process down where `a` is large, once in a folder.

    Parameters
    ----------
    folder : str, default=""
        Where the deed is noted.
    """

    def __init__(self, a=0.0, b=0, folder=""):
        super().__init__(a, b)
        self.folder = folder

    def fit(self, X, y=None):
        note = os.path.join(self.folder, f"{self.a}-{self.b}-{np.mean(X)}")
        if self.a > 0.6 and not os.path.exists(note):
            with open(note, "w"):
                os._exit(3)
        return super().fit(X)


class Exiting(Toy):
    """Wants the interpreter to exit where `a` is large."""

    def fit(self, X, y=None):
        if self.a > 0.6:
            raise SystemExit(4)
        return super().fit(X)


class Hanging(Toy):
    """Never ends where `a` is large."""

    def fit(self, X, y=None):
        if self.a > 0.6:
            time.sleep(600)
        return super().fit(X)


class Logging(Jittery):
    """Leaves its process's number in a file with every fit.

    Parameters
    ----------
    path : str, default=""
        The file.
    seconds : float, default=0.1
        How long a fit takes.
    """

    def __init__(self, a=0.0, b=0, path="", seconds=0.1):
        super().__init__(a, b)
        self.path = path
        self.seconds = seconds

    def fit(self, X, y=None):
        log_and_sleep(self.path, self.seconds)
        return super().fit(X)


class Nesting(Toy):
    """Looks where its own parallel calls run."""

    def fit(self, X, y=None):
        pids = Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(4))
        self.n_processes_ = len({os.getpid(), *pids})
        return super().fit(X)

    def score(self, X, y=None):
        return -float(self.n_processes_)


class Warning(Toy):
    """Warns at each fit."""

    def fit(self, X, y=None):
        warnings.warn("a toy", ToyWarning, stacklevel=2)
        return super().fit(X)


class Looking(Toy):
    """Looks at scikit-learn's configuration."""

    def fit(self, X, y=None):
        config = sklearn.get_config()
        self.seen_ = {
            "score": self.a,
            "assume_finite": config["assume_finite"],
            "pandas": config["transform_output"] == "pandas",
        }
        return self


def look(estimator, X, y=None):
    """Score with what a `Looking` saw."""
    return {name: float(value) for name, value in estimator.seen_.items()}


def square(x):
    return x * x


def jittery_square(x):
    time.sleep(random.SystemRandom().uniform(0, 0.01))
    return x * x


def is_mapped(array):
    """Return whether an array lies in a file."""
    return isinstance(array, np.memmap)


def place():
    """Return the process, the thread and the back end of a nested call."""
    backend = joblib.parallel.get_active_backend()[0]
    return os.getpid(), threading.get_ident(), type(backend).__name__


def fail(message):
    raise FitFailure(message)


def log_and_sleep(path, seconds):
    """Leave the process's number in a file, then take long."""
    with open(path, "a") as log:
        log.write(f"{os.getpid()}\n")
    time.sleep(seconds)


def fail_after_log(path):
    """Fail once the file has a line."""
    while not os.path.exists(path) or os.path.getsize(path) == 0:
        time.sleep(0.01)
    raise FitFailure("after the other began")


def global_random_number():
    return float(np.random.random())  # noqa: NPY002, what estimators fall back on


class Guilty(Toy):
    """Does something bad at one value of `a`, on the folds with one mean.

    Parameters
    ----------
    deed : str, default="exit"
        A key of `DEEDS`.
    at : float, default=0.0
        The value of `a`.
    mean : float, default=0.0
        The mean of the training data.
    log : str, default=""
        A file in which every fit leaves a line: its process's number, the time, and
        whether it is the guilty one.
    once : bool, default=False
        Whether to do it the first time only.
    """

    def __init__(self, a=0.0, b=0, deed="exit", at=0.0, mean=0.0, log="", once=False):
        super().__init__(a, b)
        self.deed = deed
        self.at = at
        self.mean = mean
        self.log = log
        self.once = once

    def fit(self, X, y=None):
        guilty = self.a == self.at and float(np.mean(X)) == self.mean
        with open(self.log, "a") as log:
            log.write(f"{os.getpid()} {time.time()} {guilty:d}\n")
        with open(self.log) as log:
            n_deeds = sum(line.endswith(" 1\n") for line in log)
        if guilty and not (self.once and n_deeds > 1):
            DEEDS[self.deed]()
        return super().fit(X)


def _raise(error):
    raise error


DEEDS = {
    "exit": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "raise": lambda: _raise(FitFailure("a toy")),
    "out of memory": lambda: _raise(MemoryError("a toy")),
    "SystemExit": lambda: _raise(SystemExit(4)),
    "KeyboardInterrupt": lambda: _raise(KeyboardInterrupt),
    "hang": lambda: time.sleep(600),
}


class Leaking(Toy):
    """Keeps 200 MB with every fit, and scores its process's memory in MB."""

    leak = ()

    def fit(self, X, y=None):
        Leaking.leak = (*Leaking.leak, np.ones(25_000_000))
        time.sleep(0.7)  # loky looks at memory once a second
        return super().fit(X)

    def score(self, X, y=None):
        with open("/proc/self/status") as status:
            (line,) = (line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


class Slow(Toy):
    """Takes 0.1 s to 2 s, the longer the larger `a`; best at 0.6."""

    def fit(self, X, y=None):
        time.sleep(0.1 * 20**self.a)
        return self

    def score(self, X, y=None):
        return 1 - (self.a - 0.6) ** 2


class Folded(Toy):
    """Scores differ between folds, and a little between candidate and fold.

    The data are numbers of rows.
    """

    def fit(self, X, y=None):
        Folded.n_fits += 1
        return super().fit(X)

    def score(self, X, y=None):
        fold = float(np.mean(X))
        return super().score(X) + np.cos(fold) + 0.01 * np.sin(fold * (9 + self.a))

    n_fits = 0


class JitteryFolded(Jittery, Folded):
    """Both."""


class Rising(Toy):
    """Has a peak at a length that depends on `a` and on the data.

    Parameters
    ----------
    n_steps : int, default=50
        How long it is fitted.
    """

    n_grown = 0  # steps, in this process

    def __init__(self, a=0.0, b=0, n_steps=50):
        super().__init__(a, b)
        self.n_steps = n_steps

    def fit(self, X, y=None):
        self.n_done_ = self.n_steps
        return super().fit(X)

    def score(self, X, y=None):
        peak = 1 + 3 * self.a + 0.02 * self.mean_
        slope = 0.3 * (np.log(self.n_done_) - peak) ** 2
        return super().score(X) - slope


def rise(estimator, name, lengths, X, y, report):
    """Grow a `Rising`."""
    estimator.set_params(**{name: lengths[-1]}).fit(X)
    for length in lengths:
        Rising.n_grown += length
        estimator.n_done_ = length
        if report(length, estimator):
            return


class Learning(Folded):
    """Scores rise with the rows of training, and not quite alike for all."""

    def fit(self, X, y=None):
        Learning.n_fits += 1
        self.n_rows_ = len(X)
        return super().fit(X)

    def score(self, X, y=None):
        lack = 1 / np.sqrt(self.n_rows_)
        return super().score(X) - lack * (1 + 0.2 * np.sin(9 * self.a))

    n_fits = 0


class JitteryLearning(Jittery, Learning):
    """Both."""
