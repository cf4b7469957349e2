"""Tasks on a cluster of dask.distributed or ray, one for each slot of a worker.

joblib has back ends for both; the clusters are used directly because these lose the
whole search with one worker, and send the data with each task.
"""

from collections import deque
from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from joblib import parallel_config

from sklearn_bayes_search.execution._executors._base import (
    Losses,
    Lost,
    Result,
    Task,
    function_and_arguments,
    run_guarded,
)


class DataLost(Exception):
    """What was shared is no longer on any worker, or the cluster is gone."""


class WorkerDied(Exception):
    """The process of a call's worker has ended."""


class Cluster(Protocol):
    """What is needed of a cluster; a future is whatever `submit` returns."""

    max_deaths: int  # so often a call may end its worker before it is given up

    def n_slots(self) -> int:
        """Count the calls that can run at a time."""

    def share(self, values: list[Any]) -> list[Any]:
        """Send values to the workers once; their handles stand for them in `submit`."""

    def submit(self, values: Sequence[Any]) -> Any:
        """Call `run` with these arguments on a worker; return the future."""

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        """Return the futures that are done, after so many seconds at the latest."""

    def fetch(self, future: Any) -> Any:
        """Return what the call returned; raise what it raised, or one of the above."""

    def seconds(self, future: Any) -> float:
        """Return the seconds that a call has run."""

    def runs(self, future: Any) -> bool:
        """Make sure that a call which takes long does not only wait for a slot."""

    def end(self, futures: list[Any]) -> None:
        """Stop calls that run; others on the same worker are run again."""

    def cancel(self, futures: list[Any]) -> None:
        """Drop calls that are no longer wanted, without harm to others."""


class ClusterExecutor:
    """Runs tasks on a cluster.

    Values in ``shared`` are recognised by identity among the arguments of tasks. A task
    is ended after ``timeout`` seconds.
    """

    def __init__(
        self,
        cluster: Cluster,
        n_workers: int,
        shared: Sequence[Any],
        timeout: float | None = None,
    ) -> None:
        self.n_workers, self._timeout = n_workers, timeout
        self._cluster, self._shared = cluster, list(shared)
        self._losses = Losses()
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._running: dict[Any, tuple[Hashable, Task, int]] = {}
        self._n_shares = 0
        self._deaths: dict[Hashable, int] = {}
        self._gone: str | None = None
        self._error: Exception | None = None  # of a task; what has finished goes first
        # a task that is to be ended must not wait on a worker before it begins
        self._n_given = n_workers if timeout is not None else 2 * n_workers
        self._share()

    @property
    def broken(self) -> str | None:
        return self._gone or self._losses.broken

    def submit(self, key: Hashable, task: Task) -> None:
        self._waiting.append((key, task))
        self._hand_over()

    def wait(self) -> list[Result]:
        results: list[Result] = []
        while self._running and not (results or self._error or self._gone):
            try:
                done = self._cluster.wait(list(self._running), self._patience())
            except Exception as error:
                self._state_loss(error)
                break
            for future in done:
                results += self._collect(future)
            results += self._end_overdue()
            self._hand_over()
        if self._error is not None and not results:
            failure, self._error = self._error, None
            raise failure
        return results

    def _state_loss(self, error: Exception) -> None:
        self._gone = f"The cluster lost its workers: {error!r}"

    def _collect(self, future: Any) -> list[Result]:
        key, task, share = self._running.pop(future)
        try:
            value = self._cluster.fetch(future)
        except DataLost:
            if share == self._n_shares:  # the first one that tells
                self._share_again()
            self._waiting.appendleft((key, task))
            return []
        except WorkerDied as error:
            self._deaths[key] = self._deaths.get(key, 0) + 1
            if self._deaths[key] < self._cluster.max_deaths:
                self._waiting.appendleft((key, task))
                return []
            value = self._losses.add(key, f"The worker process died: {error}")
        except Exception as error:
            self._error = self._error or error
            return []
        else:
            self._losses.reset()
        self._deaths.pop(key, None)
        return [(key, value)]

    def _hand_over(self) -> None:
        while self._waiting and self._may_give() and self._gone is None:
            key, task = self._waiting.popleft()
            try:
                future = self._cluster.submit(self._arguments(task))
            except Exception as error:
                self._state_loss(error)
                break
            self._running[future] = key, task, self._n_shares

    def _may_give(self) -> bool:
        """Whether the cluster may have one more; whose worker died once, runs alone.

        Others on the same worker would be taken for guilty.
        """
        keys = [self._waiting[0][0], *(key for key, *_ in self._running.values())]
        n_given = 1 if any(key in self._deaths for key in keys) else self._n_given
        return len(self._running) < n_given

    def _arguments(self, task: Task) -> list[Any]:
        """Split a task, and put handles in the place of what is shared."""
        function, arguments, keywords = function_and_arguments(task)
        values = [*arguments, *keywords.values()]
        values = [self._handles.get(id(value), value) for value in values]
        return [function, list(keywords), *values]

    def _share(self) -> None:
        handles = self._cluster.share(self._shared)
        self._n_shares += 1
        self._handles = dict(zip(map(id, self._shared), handles, strict=True))

    def _share_again(self) -> None:
        try:
            self._share()
        except Exception as failure:
            self._state_loss(failure)

    def _patience(self) -> float:
        """Decide for how long to wait for results before looking at the clock."""
        if self._timeout is None:
            return 0.5
        longest = max(map(self._cluster.seconds, self._running))
        return min(max(self._timeout - longest, 0.0), 0.5)

    def _end_overdue(self) -> list[Result]:
        if self._timeout is None:
            return []
        seconds = self._cluster.seconds
        overdue = [
            future
            for future in self._running
            if seconds(future) >= self._timeout and self._cluster.runs(future)
        ]
        if not overdue:
            return []
        keys = [self._running.pop(future)[0] for future in overdue]
        self._cluster.end(overdue)
        limit = self._timeout
        lost = Lost(f"fit_timeout={limit:g} s is over.", limit, limit=limit)
        return [(key, lost) for key in keys]

    def close(self) -> None:
        self._waiting.clear()
        if self._running and self._gone is None:
            # an error in here would take the place of the one that ends the search
            with suppress(Exception):
                self._cluster.cancel(list(self._running))
        self._running.clear()
        self._handles.clear()


def run(function: Any, names: list[str], *values: Any) -> Any:
    """Call a function on a worker; the last arguments have these names."""
    n = len(values) - len(names)
    keywords = dict(zip(names, values[n:], strict=True))
    # all slots are taken by tasks like this one: nested parallelism is asked for
    # explicitly or does not happen
    with parallel_config(backend="threading", n_jobs=1):
        return run_guarded(0, False, function, *values[:n], **keywords)
