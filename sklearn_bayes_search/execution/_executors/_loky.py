"""Processes of loky: joblib's own pool, and one for each task once that has broken."""

import functools
import re
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from joblib._memmapping_reducer import (
    TemporaryResourcesManager,
    get_memmapping_reducers,
)
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend.reduction import dumps
from joblib.externals.loky.process_executor import (
    BrokenProcessPool,
    ShutdownExecutorError,
)
from joblib.parallel import BatchedCalls, LokyBackend

from sklearn_bayes_search.execution._executors._base import (
    Call,
    Lost,
    guarded,
    unpickled,
)
from sklearn_bayes_search.execution._executors._workers import (
    CallLost,
    WorkerDied,
    Workers,
)


class LokyWorkers(Workers):
    """Processes of the pool of loky that ``parallel`` has, or isolated ones.

    When a process of the pool has died, nobody knows which call was the cause. So all
    calls go on in processes of their own, where a death has one cause. ``isolated``
    says that they do so from the start. The arguments of ``parallel`` say where large
    arrays are mapped.
    """

    def __init__(self, parallel: Any, n_workers: int, *, isolated: bool) -> None:
        backend = parallel._backend
        is_loky = isinstance(backend, LokyBackend)
        self._backend = backend if is_loky else LokyBackend(nesting_level=0)
        self._parallel, self.isolated = parallel, isolated
        self._environment = self._backend._prepare_worker_env(n_jobs=n_workers)
        self._idle: list[Any] = []
        self._busy: dict[Future[Any], Any] = {}
        self._begun: dict[Any, float] = {}  # when each worker began with its call

    @functools.cached_property
    def _folders(self) -> Any:
        """Where large arrays go that all workers map, as with joblib's own pool."""
        folder = self._parallel._backend_kwargs.get("temp_folder")
        return TemporaryResourcesManager(folder)

    def submit(self, call: Call) -> Future[Any]:
        batch = BatchedCalls(
            [guarded(call, is_child=True)],
            self._backend.get_nested_backend(),  # for nested parallelism in the worker
            self._choose_folder,
        )
        if not self.isolated:
            with suppress(BrokenProcessPool, ShutdownExecutorError):
                return _submit(batch, self._backend._workers)
            self.isolated = True
        while True:
            if not self._idle:
                self._start(batch)
            worker = self._idle.pop()
            if worker in self._begun:
                self._begin(worker)
            with suppress(BrokenProcessPool):  # it died while it was idle
                future = _submit(batch, worker)
                self._busy[future] = worker
                return future

    def _choose_folder(self) -> None:
        """Put memory maps of large arrays where this search's end removes them."""
        pool = getattr(self._backend, "_workers", None)
        if pool is not None:  # unless the search was aborted meanwhile
            pool._temp_folder_manager.set_current_context(self._parallel._id)

    def _start(self, call: BatchedCalls) -> None:
        given = self._parallel._backend_kwargs
        job_reducers, result_reducers = get_memmapping_reducers(
            unlink_on_gc_collect=True,
            temp_folder_resolver=self._folders.resolve_temp_folder_name,
            **{k: given[k] for k in ("max_nbytes", "mmap_mode") if k in given},
        )
        worker = ProcessPoolExecutor(
            max_workers=1,
            job_reducers=job_reducers,
            result_reducers=result_reducers,
            timeout=300,
            env=self._environment,
        )
        self._idle.append(worker)  # at once: an interrupt must find it
        # the clock of a call must not begin while its worker imports modules
        received = _submit(functools.partial(_receive, call), worker)
        received.add_done_callback(lambda _: self._begin(worker))

    def _begin(self, worker: Any) -> None:
        self._begun[worker] = time.monotonic()

    def fetch(self, future: Any) -> Any:
        worker, error = self._busy.pop(future, None), future.exception()
        if isinstance(error, BrokenProcessPool | ShutdownExecutorError):
            if worker is None:
                self.isolated = True
                raise CallLost from error
            self._end(worker)
            raise WorkerDied(_exit_codes(error)) from error
        if worker is not None:
            self._idle.append(worker)
        return future.result()[0]

    def seconds(self, future: Any) -> float:
        now = time.monotonic()
        return now - self._begun.get(self._busy[future], now)

    def runs(self, future: Any) -> bool:
        return not future.done()

    def end(self, futures: list[Any]) -> None:
        for future in futures:
            self._end(self._busy.pop(future))

    def _end(self, worker: Any) -> None:
        self._begun.pop(worker, None)
        worker.shutdown(wait=False, kill_workers=True)

    def close(self, futures: list[Any]) -> None:
        _let_take_up(futures)
        if any(future not in self._busy for future in futures):
            self._backend.abort_everything(ensure_ready=False)
        for worker in (*self._idle, *self._busy.values()):
            self._end(worker)
        if self.isolated:
            self._folders._clean_temporary_resources(force=True, allow_non_empty=True)


class Sealed:
    """A call for a pool of loky that its worker unpickles only when it runs it.

    Then a call that cannot be unpickled has an error. Left to the pool, it would end
    the process, and with it all other calls.
    """

    def __init__(self, call: Any, pool: Any) -> None:
        self._call, self._pool = call, pool

    def __reduce__(self) -> tuple[Any, ...]:
        # the pool's own reducers map large arrays
        pickled = bytes(dumps(self._call, reducers=self._pool._call_queue._reducers))
        return functools.partial, (_open, pickled)


def _submit(call: Any, pool: Any) -> Future[Any]:
    future: Future[Any] = pool.submit(Sealed(call, pool))
    return future


def _open(pickled: bytes) -> Any:
    """Unpickle a call of joblib's in a worker, and run it."""
    call = unpickled(pickled)
    return [call] if isinstance(call, Lost) else call()


def _receive(call: Any) -> None:
    """Do nothing: what a call needs was imported on the way."""


def _let_take_up(futures: Iterable[Any]) -> None:
    """Wait, milliseconds, until the threads of pools have seen all tasks.

    Shut down earlier, they look for tasks that are no longer there, and die of a
    KeyError.
    """
    end = time.monotonic() + 1
    while time.monotonic() < end and not all(
        future.running() or future.done() for future in futures
    ):
        time.sleep(0.001)


def _exit_codes(error: BaseException) -> str:
    """Return the part of loky's message that tells why a process ended."""
    if error.__cause__ is not None:  # it could not even receive the task
        return str(error.__cause__).strip(" \n\"'").rpartition("\n")[2]
    found = re.search(r"exit codes? of the workers? (?:is|are) \{([^}]*)\}", str(error))
    return f"Its exit code: {found[1]}." if found else ""
