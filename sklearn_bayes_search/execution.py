"""Where tasks run: in this process, or on the workers of joblib's active back end.

joblib stays the front door: ``n_jobs`` and ``joblib.parallel_config(backend=...)``
choose. Its workers are used through its back ends, one task at a time, because
``joblib.Parallel`` asks for new tasks before it has shown the results.
"""

import functools
import queue
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from joblib.parallel import BatchedCalls
from sklearn.utils.parallel import Parallel
from threadpoolctl import threadpool_limits

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
        self._done: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._n_running = 0
        self._pickles: dict[Any, Any] = {}

    def submit(self, key: Hashable, task: Task) -> None:
        # BatchedCalls sets the back end that nested parallelism uses in the worker.
        call = BatchedCalls(
            [(task, (), {})],
            self._backend.get_nested_backend(),
            self._choose_folder,
            self._pickles,
        )
        self._n_running += 1
        self._backend.submit(call, callback=functools.partial(self._put, key))

    def _put(self, key: Hashable, out: Any) -> None:
        self._done.put((key, out))

    def _choose_folder(self) -> None:
        """Put memory maps of large arrays where this search's end removes them."""
        workers = getattr(self._backend, "_workers", None)
        if workers is not None:
            workers._temp_folder_manager.set_current_context(self._parallel._id)

    def wait(self) -> list[Result]:
        results: list[Result] = []
        while self._n_running and (not results or not self._done.empty()):
            key, out = self._done.get()
            self._n_running -= 1
            results.append((key, self._backend.retrieve_result_callback(out)[0]))
        return results

    def abort(self) -> None:
        """Stop what is running, as far as the back end can."""
        if self._n_running:
            self._backend.abort_everything(ensure_ready=False)


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
            executor = BackendExecutor(parallel, n_workers)
            # Threads share this process's BLAS: its number of threads must be the same
            # for all fits, also while the search does its own mathematics.
            shared = getattr(backend, "uses_threads", False)
            with threadpool_limits(limits=1 if shared else None, user_api="blas"):
                try:
                    yield executor
                finally:
                    executor.abort()
