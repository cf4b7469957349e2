"""Tasks on the workers of a joblib back end, one at a time."""

import functools
import queue
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from joblib.externals.loky.process_executor import (
    BrokenProcessPool,
    ShutdownExecutorError,
)
from joblib.parallel import BatchedCalls, LokyBackend, ThreadingBackend

from sklearn_bayes_search.execution._executors._base import (
    Executor,
    Result,
    Sealed,
    Task,
    function_and_arguments,
    guarded,
)
from sklearn_bayes_search.execution._executors._supervised import (
    SupervisedExecutor,
    let_loky_take_up,
)
from sklearn_bayes_search.optimizer._blas import one_blas_thread

# Seconds after which a back end that does not end is left to itself.
MAX_END = 10.0


class _NotBegun(Exception):
    """Another task has raised an error, which ends the search."""


class BackendExecutor:
    """Runs tasks on the workers of a joblib back end that calls back.

    Of ``parallel``, entered as a context, the back end is used, and not the loop.
    """

    def __init__(self, parallel: Any, n_workers: int) -> None:
        self.n_workers = n_workers
        self._parallel, self._backend = parallel, parallel._backend
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._running: dict[Hashable, Any] = {}
        self._tasks: dict[Hashable, Task] = {}
        # takes over when a worker has died, for then nobody knows which task it was
        self._supervised: SupervisedExecutor | None = None
        self._error: Exception | None = None  # of a task; what has finished goes first
        self._failed = threading.Event()  # whether a task in a thread has
        self._done: queue.SimpleQueue[tuple[Hashable, Callable[[], list[Any]]]]
        self._done = queue.SimpleQueue()

    @property
    def broken(self) -> str | None:
        return None if self._supervised is None else self._supervised.broken

    def submit(self, key: Hashable, task: Task) -> None:
        if self._supervised is not None:
            self._supervised.submit(key, task)
            return
        self._waiting.append((key, task))
        self._hand_over()

    def _hand_over(self) -> None:
        """Submit to the back end two tasks for each worker, as `Parallel` does.

        What waits here needs no abort.
        """
        while self._waiting and len(self._running) < 2 * self.n_workers:
            key, task = self._waiting.popleft()
            is_loky = isinstance(self._backend, LokyBackend)
            if isinstance(self._backend, ThreadingBackend):
                function, arguments, keywords = function_and_arguments(task)
                task = functools.partial(
                    _unless_failed, self._failed, function, *arguments, **keywords
                )
            # BatchedCalls sets the back end that nested parallelism uses in the worker.
            call = BatchedCalls(
                [guarded(task, is_child=is_loky)],
                self._backend.get_nested_backend(),
                self._choose_folder,
            )
            if is_loky:
                call = Sealed(call, self._backend._workers)
            put = functools.partial(self._put, key)
            try:
                job = self._backend.submit(call, callback=put)
            except (BrokenProcessPool, ShutdownExecutorError):
                self._waiting.appendleft((key, task))
                self._supervise()
                return
            self._running[key], self._tasks[key] = job, task
            if isinstance(job, Future):
                # a back end may call back on success only, as joblib's for dask does
                job.add_done_callback(functools.partial(self._put_error, key))

    def _put(self, key: Hashable, out: Any) -> None:
        get = functools.partial(self._backend.retrieve_result_callback, out)
        self._done.put((key, get))

    def _put_error(self, key: Hashable, job: Future[Any]) -> None:
        if not job.cancelled() and job.exception() is not None:
            self._done.put((key, job.result))

    def _choose_folder(self) -> None:
        """Put memory maps of large arrays where this search's end removes them."""
        workers = getattr(self._backend, "_workers", None)
        if workers is not None:  # loky's, unless the search was aborted meanwhile
            workers._temp_folder_manager.set_current_context(self._parallel._id)

    def wait(self) -> list[Result]:
        if self._supervised is not None and self._error is None:
            return self._supervised.wait()
        results: list[Result] = []
        while self._running and (
            not (results or self._error) or not self._done.empty()
        ):
            try:
                # Python on Windows sees Ctrl-C between waits only; remove when
                # Python >= 3.14 (https://github.com/python/cpython/issues/125541)
                key, get = self._done.get(timeout=0.5)
            except queue.Empty:
                continue
            if key not in self._running:  # an error may be put twice
                continue
            try:
                value = get()[0]
            except _NotBegun:
                pass
            except Exception as error:
                if _is_of_pool(error):
                    self._supervise()
                    return results or self.wait()
                self._error = self._error or error
            else:
                results.append((key, value))
            del self._running[key], self._tasks[key]
        if self._error is not None and not results:
            failure, self._error = self._error, None
            raise failure
        self._hand_over()
        return results

    def _supervise(self) -> None:
        """Run what is not finished, and all that comes, where deaths can be told."""
        self._supervised = SupervisedExecutor(self._parallel, self.n_workers)
        # what did finish before the pool broke is not run again
        while not self._done.empty():
            key, get = self._done.get()
            if key in self._running:
                try:
                    self._supervised.add_result(key, get()[0])
                except Exception as error:
                    if not _is_of_pool(error):
                        raise
                else:
                    del self._running[key], self._tasks[key]
        for key in self._running:
            self._supervised.submit(key, self._tasks[key])
        for key, task in self._waiting:
            self._supervised.submit(key, task)
        self._running.clear()
        self._tasks.clear()
        self._waiting.clear()

    def close(self) -> None:
        if self._supervised is not None:
            self._supervised.close()
        self._waiting.clear()
        if self._running:
            if isinstance(self._backend, LokyBackend):
                let_loky_take_up(self._running.values())
            # A pool of multiprocessing waits for ever if a worker is ended while it
            # holds the lock of the queue of results: the search does not wait with it.
            ending = threading.Thread(target=self._end_backend, daemon=True)
            ending.start()
            ending.join(MAX_END)

    def _end_backend(self) -> None:
        # an error in here would take the place of the one that ends the search
        with suppress(Exception):
            self._backend.abort_everything(ensure_ready=False)


def _unless_failed(
    failed: threading.Event,
    function: Callable[..., Any],
    *arguments: Any,
    **keywords: Any,
) -> Any:
    """Call a function in a thread, unless one in another thread has raised an error."""
    if failed.is_set():
        raise _NotBegun
    try:
        return function(*arguments, **keywords)
    except Exception:
        failed.set()
        raise


def _is_of_pool(error: Exception) -> bool:
    """Whether the error says that the pool is broken, or was shut down by another."""
    of_pool = BrokenProcessPool, ShutdownExecutorError
    return isinstance(error, of_pool) or isinstance(error.__context__, of_pool)


@contextmanager
def on_backend(parallel: Any, n_workers: int) -> Iterator[Executor]:
    """Do around the search what `Parallel` does around its loop.

    ``parallel`` is entered as a context.
    """
    backend = parallel._backend
    executor = BackendExecutor(parallel, n_workers)
    # Threads share this process's BLAS: its number of threads must be the same for all
    # fits, also while the search does its own mathematics.
    shared = getattr(backend, "uses_threads", False)
    backend.start_call()
    try:
        with (
            one_blas_thread() if shared else nullcontext(),
            backend.retrieval_context(),
        ):
            yield executor
    finally:
        executor.close()
        backend.stop_call()
