"""What executors have in common: their protocol, tasks, and tasks without a result."""

import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Executor", "Losses", "Lost", "Result", "Task", "of_exit", "parts_of"]

Task = Callable[[], Any]
Result = tuple[Hashable, Any]

# So many different tasks in a row that end their processes mean a broken machine.
MAX_LOST_IN_A_ROW = 5


@dataclass(frozen=True)
class Lost:
    """What comes back for a task that has no result.

    Parameters
    ----------
    reason : str
        A sentence.
    seconds : float, default=0.0
        How long the task had run, where that is known.
    """

    reason: str
    seconds: float = 0.0


class Executor(Protocol):
    """Runs tasks; all methods are called from one thread."""

    n_workers: int
    broken: str | None  # why no more tasks should be given to it

    def submit(self, key: Hashable, task: Task) -> None:
        """Run a task, now or later.

        Parameters
        ----------
        key : hashable
            Names the task's result.
        task : callable
            Takes nothing; picklable.
        """

    def wait(self) -> list[Result]:
        """Wait for results that were not returned before.

        What a task raises is raised here.

        Returns
        -------
        results : list of (key, value)
            At least one, unless no task is left. The value is a `Lost` where the
            task's process died or was ended.
        """


class Losses:
    """Counts tasks in a row that ended their processes.

    Attributes
    ----------
    broken : str or None
        Why no more tasks should be given to the executor.
    """

    def __init__(self) -> None:
        self.broken: str | None = None
        self._in_a_row = 0

    def add(self, reason: str) -> Lost:
        """Count one more."""
        self._in_a_row += 1
        if self._in_a_row >= MAX_LOST_IN_A_ROW:
            self.broken = (
                f"{self._in_a_row} fits in a row ended their worker processes: {reason}"
            )
        return Lost(reason)

    def reset(self) -> None:
        """Begin anew after a task that has come back."""
        self._in_a_row = 0


def of_exit(error: SystemExit) -> Lost:
    return Lost(f"The fit raised SystemExit({error.code!r}).")


def parts_of(task: Task) -> tuple[Task, tuple[Any, ...], dict[str, Any]]:
    """Lay a partial open: dask sends each large argument once, not with each task."""
    if isinstance(task, functools.partial):
        return task.func, task.args, task.keywords
    return task, (), {}
