"""What executors have in common: their protocol, tasks, and tasks without a result."""

import functools
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from joblib import parallel_config
from joblib.externals.loky.backend.reduction import dumps

Task = Callable[[], Any]
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]  # as joblib takes it
Result = tuple[Any, Any]  # the key that the task was given, and a value

# So many tasks in a row that end their processes, from so many different candidates,
# mean a broken machine: one candidate that crashes must not stop the search.
MAX_LOST_IN_A_ROW = 5
MAX_SETTINGS_IN_A_ROW = 3


@dataclass(frozen=True)
class Lost:
    """What comes back for a task that has no result."""

    reason: str  # a sentence
    seconds: float = 0.0  # that the task had run, where that is known
    by_death: bool = False  # of its process, for which the machine may be to blame
    limit: float | None = None  # the time limit that ended it, in seconds


class DiedBefore(tuple[int, int]):
    """A key whose task took its process down in an earlier run already.

    If it does so again, that says nothing of the machine.
    """


class Executor(Protocol):
    """Runs tasks, each a fit on one fold. All methods are called from one thread."""

    @property
    def n_workers(self) -> int:
        """How many tasks run at a time."""
        ...

    @property
    def broken(self) -> str | None:
        """Why no more tasks can run, as a sentence; the search then ends early."""
        ...

    def submit(self, key: Hashable, task: Task) -> None:
        """Run a task, now or later.

        Parameters
        ----------
        key : hashable
            Identifies the task's result.
        task : callable
            Takes no arguments; can be pickled.
        """

    def wait(self) -> list[Result]:
        """Wait for results that were not returned before.

        An error that a task raises is raised here, and ends the search.

        Returns
        -------
        results : list of (key, value)
            At least one, unless no task is left. The value is what the task returned,
            or an exception if its process died; the fit then counts as failed.
        """
        ...

    def close(self) -> None:
        """Stop running tasks, as far as possible, and release the workers."""


class Losses:
    """Counts tasks in a row that ended their processes."""

    def __init__(self) -> None:
        self.broken: str | None = None  # why no more tasks should be run
        self._in_a_row: list[Hashable] = []

    def add(self, key: Hashable, reason: str) -> Lost:
        """Count one more; a key is the number of a candidate and that of a fold."""
        if isinstance(key, DiedBefore):
            return Lost(reason, by_death=True)
        setting = key[0] if isinstance(key, tuple) else key
        self._in_a_row.append(setting)
        n, settings = len(self._in_a_row), len(set(self._in_a_row))
        if n >= MAX_LOST_IN_A_ROW and settings >= MAX_SETTINGS_IN_A_ROW:
            self.broken = (
                f"{n} fits of {settings} candidates in a row ended their worker "
                f"processes: {reason}"
            )
        return Lost(reason, by_death=True)

    def reset(self) -> None:
        """Begin anew after a task that has come back."""
        self._in_a_row.clear()


def function_and_arguments(task: Task) -> Call:
    """Split a task into a function, its arguments and keywords.

    Then large arguments can be told from others.
    """
    if isinstance(task, functools.partial):
        return task.func, task.args, task.keywords
    return task, (), {}


def guarded(call: Call, *, is_child: bool = False) -> Call:
    """Guard a call for a worker.

    ``is_child`` says that the worker is a child of this process for certain.
    """
    function, arguments, keywords = call
    return run_guarded, (os.getpid(), is_child, function, *arguments), keywords


def run_guarded(
    parent: int,
    is_child: bool,
    function: Callable[..., Any],
    /,
    *arguments: Any,
    **keywords: Any,
) -> Any:
    """Call a function in a worker of the process with the number ``parent``.

    Its wish to end the interpreter is a result; and fits for nobody end.
    """
    if is_child or os.getppid() == parent:
        _end_with(parent)
    try:
        return function(*arguments, **keywords)
    except (SystemExit, KeyboardInterrupt) as error:
        return lost_by_exit(error)
    except Exception as error:
        if _survives_pickling(error):
            raise
        # on the way back it would be taken for the death of a process
        text = "".join(traceback.format_exception(error))
    # out here it has no context: tblib, which dask installs, would pickle that as well
    raise RuntimeError(text)


def run_alone(function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
    """Call a function on a worker of a cluster, without more parallelism.

    All slots are taken by tasks like this one: nested parallelism is asked for
    explicitly or does not happen.
    """
    with parallel_config(backend="threading", n_jobs=1):
        return run_guarded(0, False, function, *arguments, **keywords)


def unpickled(pickled: bytes) -> Any:
    """Unpickle what a worker was sent; a `Lost` if it has not enough memory."""
    try:
        return pickle.loads(pickled)
    except MemoryError as error:
        return Lost(f"The task could not be unpickled: {error!r}", by_death=True)
    except (Exception, SystemExit) as error:
        what = traceback.format_exception_only(error)[-1].strip()
        raise unreadable(what) from error


def unreadable(reason: str) -> RuntimeError:
    """Make the error of a task that a worker could not unpickle."""
    return RuntimeError(
        f"A task of the search could not be unpickled in a worker process: {reason}\n"
        "Classes and functions of the estimator, the search space, the scoring and the "
        "data must be importable in a worker. Define them in a module of their own, or "
        "run all fits in this process, with n_jobs=1 and no fit_timeout."
    )


def _survives_pickling(error: Exception) -> bool:
    try:
        pickle.loads(dumps(error))
    except Exception:
        return False
    return True


@functools.cache
def _end_with(parent: int) -> None:
    """End this process soon after its parent."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def lost_by_exit(error: BaseException) -> Lost:
    """Return the result of a fit that raised what ends an interpreter."""
    return Lost(f"The fit raised {error!r}.")
