"""Workers of a joblib back end that calls back, as threads and multiprocessing."""

import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from joblib.parallel import BatchedCalls, ThreadingBackend

from sklearn_bayes_search.execution._executors._base import Call, guarded
from sklearn_bayes_search.execution._executors._workers import Workers
from sklearn_bayes_search.optimizer._blas import one_blas_thread

# Seconds after which a back end that does not end is left to itself.
MAX_END = 10.0


class BackendWorkers(Workers):
    """The workers of a back end."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._failed: list[Exception] = []  # what a task in a thread has raised

    def submit(self, call: Call) -> Future[Any]:
        if isinstance(self._backend, ThreadingBackend):
            function, arguments, keywords = call
            call = _unless_failed, (self._failed, function, *arguments), keywords
        # BatchedCalls sets the back end that nested parallelism uses in the worker
        batch = BatchedCalls([guarded(call)], self._backend.get_nested_backend())
        future: Future[Any] = Future()
        job = self._backend.submit(batch, callback=functools.partial(self._put, future))
        if isinstance(job, Future):
            # a back end may call back on success only, as joblib's for dask does
            job.add_done_callback(functools.partial(_put_error, future))
        return future

    def _put(self, future: Future[Any], out: Any) -> None:
        with suppress(InvalidStateError):  # an error may be put twice
            get = self._backend.retrieve_result_callback
            future.set_result(functools.partial(get, out))

    def fetch(self, future: Any) -> Any:
        return future.result()()[0]

    def close(self, futures: list[Any]) -> None:
        # A pool of multiprocessing waits for ever if a worker is ended while it holds
        # the lock of the queue of results: the search does not wait with it.
        if futures:
            ending = threading.Thread(target=self._end_backend, daemon=True)
            ending.start()
            ending.join(MAX_END)

    def _end_backend(self) -> None:
        with suppress(Exception):
            self._backend.abort_everything(ensure_ready=False)


def _put_error(future: Future[Any], job: Future[Any]) -> None:
    if job.cancelled() or job.exception() is not None:
        with suppress(InvalidStateError):
            future.set_result(job.result)


def _unless_failed(
    failed: list[Exception],
    function: Callable[..., Any],
    /,
    *arguments: Any,
    **keywords: Any,
) -> Any:
    """Call a function in a thread, unless one in another thread has raised an error."""
    if failed:
        raise failed[0]
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        failed.append(error)
        raise


@contextmanager
def in_use(backend: Any) -> Iterator[None]:
    """Do around the search what `Parallel`, entered before, does around its loop."""
    # Threads share this process's BLAS: its number of threads must be the same for all
    # fits, also while the search does its own mathematics.
    shared = getattr(backend, "uses_threads", False)
    backend.start_call()
    try:
        with (
            one_blas_thread() if shared else nullcontext(),
            backend.retrieval_context(),
        ):
            yield
    finally:
        backend.stop_call()
