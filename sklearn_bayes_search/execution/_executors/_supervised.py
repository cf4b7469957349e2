"""Tasks in processes of their own, so that the cause of a death is known."""

import functools
import re
import time
from collections import deque
from collections.abc import Hashable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from typing import Any

from joblib._memmapping_reducer import (
    TemporaryResourcesManager,
    get_memmapping_reducers,
)
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool
from joblib.parallel import BatchedCalls, LokyBackend

from sklearn_bayes_search.execution._executors._base import (
    Losses,
    Lost,
    Result,
    Sealed,
    Task,
    guarded,
)

# A task that took its process down runs once more: the cause may have been outside.
MAX_DEATHS = 2


class SupervisedExecutor:
    """Runs each task in a process that has no other: a death has one cause.

    The back end of ``parallel``, loky's, has the environment of a worker and what
    nested parallelism uses; its settings say where large arrays are mapped. A task's
    process is ended after ``timeout`` seconds.
    """

    def __init__(
        self, parallel: Any, n_workers: int, timeout: float | None = None
    ) -> None:
        self.n_workers, self._timeout = n_workers, timeout
        self._backend = backend = loky_of(parallel)
        self._environment = backend._prepare_worker_env(n_jobs=n_workers)
        # large arrays go into files that all workers map, as with joblib's own pool
        given = parallel._backend_kwargs
        self._folders = TemporaryResourcesManager(given.get("temp_folder"))
        self._mapping = {k: given[k] for k in ("max_nbytes", "mmap_mode") if k in given}
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._idle: list[Any] = []
        self._running: dict[Future[Any], tuple[Hashable, Task, Any, float]] = {}
        self._deaths: dict[Hashable, int] = {}
        self._results: list[Result] = []
        self._error: Exception | None = None  # of a task; what has finished goes first
        self._losses = Losses()

    @property
    def broken(self) -> str | None:
        return self._losses.broken

    def add_result(self, key: Hashable, value: Any) -> None:
        """Return a result that is there already with the next ones."""
        self._results.append((key, value))

    def submit(self, key: Hashable, task: Task) -> None:
        self._waiting.append((key, task))

    def wait(self) -> list[Result]:
        while self._error is None and self._is_busy():
            self._hand_over()
            ends = [end for *_, end in self._running.values()]
            left = max(min(ends, default=0.0) - time.monotonic(), 0.0)
            # on Windows Ctrl-C is seen between waits only
            done, _ = wait(self._running, min(left, 0.5), FIRST_COMPLETED)
            for future in done:
                self._collect(future)
            self._end_overdue()
        if self._error is not None and not self._results:
            failure, self._error = self._error, None
            raise failure
        results, self._results = self._results, []
        self._hand_over()
        return results

    def _is_busy(self) -> bool:
        return not self._results and bool(self._waiting or self._running)

    def _hand_over(self) -> None:
        missing = min(len(self._waiting), self.n_workers - len(self._running))
        fresh = [self._start() for _ in range(missing - len(self._idle))]
        self._idle += fresh  # at once: an interrupt must find them
        if fresh:
            # the clock of a task must not begin while its worker imports modules
            call = functools.partial(_receive, self._call(self._waiting[0][1]))
            received = [self._submit(worker, call) for worker in fresh]
            for future in received:
                with suppress(BrokenProcessPool):  # found out when it has a task
                    future.result()
        for _ in range(missing):
            (key, task), worker = self._waiting.popleft(), self._idle.pop()
            try:
                future = self._submit(worker, task)
            except BrokenProcessPool as error:
                self._bury(key, task, worker, error)
                continue
            seconds = float("inf") if self._timeout is None else self._timeout
            self._running[future] = key, task, worker, time.monotonic() + seconds

    def _submit(self, worker: Any, task: Task) -> Future[Any]:
        submitted: Future[Any] = worker.submit(Sealed(self._call(task), worker))
        return submitted

    def _call(self, task: Task) -> BatchedCalls:
        nested = self._backend.get_nested_backend()
        return BatchedCalls([guarded(task, is_child=True)], nested)

    def _start(self) -> Any:
        job_reducers, result_reducers = get_memmapping_reducers(
            unlink_on_gc_collect=True,
            temp_folder_resolver=self._folders.resolve_temp_folder_name,
            **self._mapping,
        )
        return ProcessPoolExecutor(
            max_workers=1,
            job_reducers=job_reducers,
            result_reducers=result_reducers,
            timeout=300,
            env=self._environment,
        )

    def _collect(self, future: Future[Any]) -> None:
        key, task, worker, _ = self._running.pop(future)
        try:
            value = future.result()[0]
        except BrokenProcessPool as error:
            self._bury(key, task, worker, error)
            return
        except Exception as error:  # of the task: its worker is as good as before
            self._idle.append(worker)
            self._error = self._error or error
            return
        self._idle.append(worker)
        self._losses.reset()
        self._results.append((key, value))

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for future, (key, _, worker, end) in list(self._running.items()):
            if end <= now and not future.done():
                del self._running[future]
                worker.shutdown(wait=False, kill_workers=True)
                limit = self._timeout or 0.0
                reason = f"fit_timeout={limit:g} s is over."
                self._results.append((key, Lost(reason, limit, limit=limit)))

    def _bury(
        self, key: Hashable, task: Task, worker: Any, error: BaseException
    ) -> None:
        """Try a task whose process died again, or give it up."""
        worker.shutdown(wait=False, kill_workers=True)
        self._deaths[key] = self._deaths.get(key, 0) + 1
        if self._deaths[key] < MAX_DEATHS:
            self._waiting.appendleft((key, task))
            return
        reason = f"The worker process died. {_exit_codes(error)}"
        self._results.append((key, self._losses.add(key, reason)))

    def close(self) -> None:
        workers = [*self._idle, *(worker for *_, worker, _ in self._running.values())]
        let_loky_take_up(self._running)
        self._idle.clear()
        self._running.clear()
        self._waiting.clear()
        for worker in workers:
            worker.shutdown(wait=False, kill_workers=True)
        self._folders._clean_temporary_resources(force=True, allow_non_empty=True)


def loky_of(parallel: Any) -> Any:
    """Return the back end of loky, a fresh one where there is another."""
    backend = parallel._backend
    is_loky = isinstance(backend, LokyBackend)
    return backend if is_loky else LokyBackend(nesting_level=0)


def let_loky_take_up(jobs: Iterable[Any]) -> None:
    """Wait, milliseconds, until the threads of pools have seen all tasks.

    Shut down earlier, they look for tasks that are no longer there, and die of a
    KeyError.
    """
    end = time.monotonic() + 1
    while time.monotonic() < end and not all(
        job.running() or job.done() for job in jobs
    ):
        time.sleep(0.001)


def _receive(call: Any) -> None:
    """Do nothing: what a call needs was imported on the way."""


def _exit_codes(error: BaseException) -> str:
    """Return the part of loky's message that tells why a process ended."""
    if error.__cause__ is not None:  # it could not even receive the task
        return str(error.__cause__).strip(" \n\"'").rpartition("\n")[2]
    found = re.search(r"exit codes? of the workers? (?:is|are) \{([^}]*)\}", str(error))
    return f"Its exit code: {found[1]}." if found else ""
