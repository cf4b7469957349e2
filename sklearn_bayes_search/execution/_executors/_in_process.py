"""Tasks in this thread, and in waves of joblib's `Parallel`."""

from collections import deque
from collections.abc import Hashable
from typing import Any

import joblib

from sklearn_bayes_search.execution._executors._base import (
    Result,
    Task,
    function_and_arguments,
    guarded,
    lost_by_exit,
)


class InlineExecutor:
    """Runs tasks in this thread, one at each call of `wait`."""

    n_workers = 1
    broken = None

    def __init__(self) -> None:
        self._tasks: deque[tuple[Hashable, Task]] = deque()

    def submit(self, key: Hashable, task: Task) -> None:
        self._tasks.append((key, task))

    def wait(self) -> list[Result]:
        if not self._tasks:
            return []
        key, task = self._tasks.popleft()
        try:
            return [(key, task())]
        except SystemExit as error:
            return [(key, lost_by_exit(error))]

    def close(self) -> None:
        self._tasks.clear()


class WaveExecutor:
    """Runs tasks in waves of `Parallel`, on back ends that give no call-back."""

    broken = None

    def __init__(self, parallel: Any, n_workers: int) -> None:
        self.n_workers = n_workers
        self._parallel = parallel
        self._tasks: list[tuple[Hashable, Task]] = []

    def submit(self, key: Hashable, task: Task) -> None:
        self._tasks.append((key, task))

    def wait(self) -> list[Result]:
        tasks, self._tasks = self._tasks, []
        # tasks carry their configuration, so joblib's own call is all that is needed
        calls = [guarded(function_and_arguments(task)) for _, task in tasks]
        values = joblib.Parallel.__call__(self._parallel, calls)
        return [(key, value) for (key, _), value in zip(tasks, values, strict=True)]

    def close(self) -> None:
        self._tasks.clear()
