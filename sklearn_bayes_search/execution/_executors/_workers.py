"""Tasks on workers that may die: what is needed of workers, and who supervises them."""

from collections import deque
from collections.abc import Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from typing import Any

from sklearn_bayes_search.execution._executors._base import (
    Call,
    Losses,
    Lost,
    Result,
    Task,
    function_and_arguments,
)

# A call that ended its worker is made once more: the cause may have been outside.
MAX_DEATHS = 2


class CallLost(Exception):
    """A call must be made again: its data, or the pool that it was in, are gone."""


class WorkerDied(Exception):
    """The process of a call's worker has ended; the message is a sentence on it."""


class Workers:
    """Where calls run; a future is whatever `submit` returns."""

    isolated = False  # whether every call has a process of its own

    def share(self, values: list[Any]) -> list[Any]:
        """Send values to the workers once; their handles stand for them in `submit`."""
        return values

    def submit(self, call: Call) -> Any:
        """Make a call on a worker, with handles among its arguments."""
        raise NotImplementedError

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        """Return the futures that are done, after so many seconds at the latest."""
        return list(wait(futures, seconds, FIRST_COMPLETED)[0])

    def fetch(self, future: Any) -> Any:
        """Return what the call returned; raise what it raised, or one of the above."""
        raise NotImplementedError

    def seconds(self, future: Any) -> float:
        """Return the seconds that a call has run."""
        raise NotImplementedError

    def runs(self, future: Any) -> bool:
        """Check that a call which takes long has not ended or waits for a slot."""
        return True

    def end(self, futures: list[Any]) -> None:
        """Stop calls that run; others on the same worker are run again."""
        raise NotImplementedError

    def close(self, futures: list[Any]) -> None:
        """Drop calls that are no longer wanted, and release the workers."""
        raise NotImplementedError


class SupervisedExecutor:
    """Runs tasks on workers, and those that were lost again.

    Values in ``shared`` are recognised by identity among the arguments of tasks. A task
    is ended after ``timeout`` seconds.
    """

    def __init__(
        self,
        workers: Workers,
        n_workers: int,
        shared: Sequence[Any] = (),
        timeout: float | None = None,
    ) -> None:
        self.n_workers, self._timeout = n_workers, timeout
        self._workers, self._shared = workers, list(shared)
        self._losses = Losses()
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._running: dict[Any, tuple[Hashable, Task, Any]] = {}
        self._deaths: dict[Hashable, int] = {}
        self._gone: str | None = None
        self._error: Exception | None = None  # of a task; what has finished goes first
        self._handles: dict[int, Any] | None = self._share()

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
                done = self._workers.wait(list(self._running), self._patience())
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
        self._gone = f"The workers were lost: {error!r}"

    def _collect(self, future: Any) -> list[Result]:
        key, task, handles = self._running.pop(future)
        try:
            value = self._workers.fetch(future)
        except CallLost:
            if handles is self._handles:  # the first one that tells
                self._handles = None
            self._waiting.appendleft((key, task))
            return []
        except WorkerDied as error:
            self._deaths[key] = self._deaths.get(key, 0) + 1
            if self._deaths[key] < MAX_DEATHS:
                self._waiting.appendleft((key, task))
                return []
            value = self._losses.add(key, f"The worker process died. {error}")
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
                future = self._workers.submit(self._call(task))
            except Exception as error:
                self._state_loss(error)
                break
            self._running[future] = key, task, self._handles

    def _may_give(self) -> bool:
        """Whether the workers may have one more call; what waits here needs no abort.

        One whose worker died once runs alone, unless it has a process of its own:
        others on the same worker would be taken for guilty.
        """
        if self._workers.isolated or self._timeout is not None:
            n_given = self.n_workers  # the clock of a call begins when it is made
        else:
            n_given = 2 * self.n_workers
        if not self._workers.isolated:
            keys = [self._waiting[0][0], *(key for key, *_ in self._running.values())]
            n_given = 1 if any(key in self._deaths for key in keys) else n_given
        return len(self._running) < n_given

    def _call(self, task: Task) -> Call:
        """Split a task, and put handles in the place of what is shared."""
        function, arguments, keywords = function_and_arguments(task)
        if self._handles is None:
            self._handles = self._share()
        handles = self._handles
        return (
            function,
            tuple(handles.get(id(value), value) for value in arguments),
            {name: handles.get(id(value), value) for name, value in keywords.items()},
        )

    def _share(self) -> dict[int, Any]:
        handles = self._workers.share(self._shared)
        return dict(zip(map(id, self._shared), handles, strict=True))

    def _patience(self) -> float:
        """Decide for how long to wait for results before looking at the clock.

        Python on Windows sees Ctrl-C between waits only. For that, remove when
        Python >= 3.14 (https://github.com/python/cpython/issues/125541).
        """
        if self._timeout is None:
            return 0.5
        longest = max(map(self._workers.seconds, self._running))
        return min(max(self._timeout - longest, 0.0), 0.5)

    def _end_overdue(self) -> list[Result]:
        if self._timeout is None:
            return []
        seconds, limit = self._workers.seconds, self._timeout
        overdue = [
            future
            for future in self._running
            if seconds(future) >= limit and self._workers.runs(future)
        ]
        if not overdue:
            return []
        keys = [self._running.pop(future)[0] for future in overdue]
        self._workers.end(overdue)
        lost = Lost(f"fit_timeout={limit:g} s is over.", limit, limit=limit)
        return [(key, lost) for key in keys]

    def close(self) -> None:
        self._waiting.clear()
        # an error in here would take the place of the one that ends the search
        with suppress(Exception):
            self._workers.close(list(self._running))
        self._running.clear()
        self._handles = None
