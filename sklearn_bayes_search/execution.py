"""Where tasks run: in this process, or on the workers of joblib's active back end.

joblib stays the front door: ``n_jobs`` and ``joblib.parallel_config(backend=...)``
choose. Its workers are used through its back ends, one task at a time, because
``joblib.Parallel`` asks for new tasks before it has shown the results.
"""

import functools
import queue
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

from joblib.parallel import BatchedCalls, LokyBackend
from sklearn.utils.parallel import Parallel

from sklearn_bayes_search._blas import one_blas_thread

__all__ = ["Executor", "open_executor"]

Task = Callable[[], Any]
Result = tuple[Hashable, Any]


class Executor(Protocol):
    """Runs tasks; all methods are called from one thread."""

    n_workers: int

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
            At least one, unless no task is left.
        """


class InlineExecutor:
    """Runs tasks in this thread, one at each call of `wait`."""

    n_workers = 1

    def __init__(self) -> None:
        self._tasks: deque[tuple[Hashable, Task]] = deque()

    def submit(self, key: Hashable, task: Task) -> None:
        self._tasks.append((key, task))

    def wait(self) -> list[Result]:
        if not self._tasks:
            return []
        key, task = self._tasks.popleft()
        return [(key, task())]


class BackendExecutor:
    """Runs tasks on the workers of a joblib back end that calls back.

    Parameters
    ----------
    parallel : Parallel
        Entered as a context; its back end is used, not its loop.
    n_workers : int
        How many tasks run at a time.
    """

    def __init__(self, parallel: Any, n_workers: int) -> None:
        self.n_workers = n_workers
        self._parallel, self._backend = parallel, parallel._backend
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._running: dict[Hashable, Any] = {}
        self._done: queue.SimpleQueue[tuple[Hashable, Callable[[], list[Any]]]]
        self._done = queue.SimpleQueue()

    def submit(self, key: Hashable, task: Task) -> None:
        self._waiting.append((key, task))
        self._hand_over()

    def _hand_over(self) -> None:
        """Give the back end two tasks for each worker, as `Parallel` does.

        What waits here needs no abort.
        """
        while self._waiting and len(self._running) < 2 * self.n_workers:
            key, task = self._waiting.popleft()
            # BatchedCalls sets the back end that nested parallelism uses in the worker.
            call = BatchedCalls(
                [_function_and_arguments(task)],
                self._backend.get_nested_backend(),
                self._choose_folder,
            )
            put = functools.partial(self._put, key)
            self._running[key] = job = self._backend.submit(call, callback=put)
            if isinstance(job, Future):
                # dask's back end calls back on success only: not when a worker died
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
        results: list[Result] = []
        while self._running and (not results or not self._done.empty()):
            try:
                # Python on Windows sees Ctrl-C between waits only; remove when
                # Python >= 3.14 (https://github.com/python/cpython/issues/125541)
                key, get = self._done.get(timeout=0.5)
            except queue.Empty:
                continue
            if key in self._running:  # an error may be put twice
                del self._running[key]
                results.append((key, get()[0]))
        self._hand_over()
        return results

    def abort(self) -> None:
        """Stop what is running, as far as the back end can."""
        self._waiting.clear()
        if self._running:
            if isinstance(self._backend, LokyBackend):
                self._let_loky_take_up()
            self._backend.abort_everything(ensure_ready=False)

    def _let_loky_take_up(self) -> None:
        """Wait, milliseconds, until its manager thread has seen all tasks.

        Shut down earlier, that thread looks for tasks that are no longer there, and
        dies of a KeyError.
        """
        end = time.monotonic() + 1
        while time.monotonic() < end and not all(
            job.running() or job.done() for job in self._running.values()
        ):
            time.sleep(0.001)


def _function_and_arguments(task: Task) -> tuple[Task, tuple[Any, ...], dict[str, Any]]:
    """Lay a partial open: dask sends each large argument once, not with each task."""
    if isinstance(task, functools.partial):
        return task.func, task.args, task.keywords
    return task, (), {}


class WaveExecutor:
    """Runs tasks in waves of `Parallel`, on back ends that give no call-back."""

    def __init__(self, parallel: Any, n_workers: int) -> None:
        self.n_workers = n_workers
        self._parallel = parallel
        self._tasks: list[tuple[Hashable, Task]] = []

    def submit(self, key: Hashable, task: Task) -> None:
        self._tasks.append((key, task))

    def wait(self) -> list[Result]:
        tasks, self._tasks = self._tasks, []
        # tasks carry their configuration, so joblib's own call is all that is needed
        values = super(Parallel, self._parallel).__call__(
            (task, (), {}) for _, task in tasks
        )
        return [(key, value) for (key, _), value in zip(tasks, values, strict=True)]


@contextmanager
def open_executor(n_jobs: int | None) -> Iterator[Executor]:
    """Choose where tasks run, and release it at the end.

    Parameters
    ----------
    n_jobs : int or None
        As in scikit-learn: None means 1 unless a joblib context says otherwise, -1 all
        processors.

    Yields
    ------
    executor : Executor
        Where tasks run.
    """
    with Parallel(n_jobs=n_jobs) as parallel:
        n_workers = parallel._effective_n_jobs()
        backend = parallel._backend
        if n_workers == 1:
            yield InlineExecutor()
        elif not backend.supports_retrieve_callback:
            yield WaveExecutor(parallel, n_workers)
        else:
            with _on_backend(BackendExecutor(parallel, n_workers), backend) as executor:
                yield executor


@contextmanager
def _on_backend(executor: BackendExecutor, backend: Any) -> Iterator[Executor]:
    """Do around the search what `Parallel` does around its loop."""
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
        executor.abort()
        backend.stop_call()
