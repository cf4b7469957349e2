"""Where tasks run: in this process, or on the workers of joblib's active back end.

joblib stays the front door: ``n_jobs`` and ``joblib.parallel_config(backend=...)``
choose. Its workers are used through its back ends, one task at a time, because
``joblib.Parallel`` asks for new tasks before it has shown the results.
"""

import functools
import queue
import re
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from joblib._memmapping_reducer import (
    TemporaryResourcesManager,
    get_memmapping_reducers,
)
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool
from joblib.parallel import BatchedCalls, LokyBackend
from sklearn.utils.parallel import Parallel

from sklearn_bayes_search._blas import one_blas_thread

__all__ = ["Executor", "Lost", "open_executor"]

Task = Callable[[], Any]
Result = tuple[Hashable, Any]

# A task that took its process down runs once more: the cause may have been outside.
MAX_DEATHS = 2
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
            return [(key, _of_exit(error))]


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
        self._tasks: dict[Hashable, Task] = {}
        # takes over when a worker has died, for then nobody knows which task it was
        self._supervised: SupervisedExecutor | None = None
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
            self._tasks[key] = task
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
        if self._supervised is not None:
            return self._supervised.wait()
        results: list[Result] = []
        while self._running and (not results or not self._done.empty()):
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
            except BrokenProcessPool:
                self._supervise()
                return results or self.wait()
            except SystemExit as error:
                value = _of_exit(error)
            except Exception as error:
                if type(error).__name__ != "KilledWorker":  # dask knows which task
                    raise
                value = Lost(f"The worker process died: {error}")
            del self._running[key], self._tasks[key]
            results.append((key, value))
        self._hand_over()
        return results

    def _supervise(self) -> None:
        """Run what is not finished, and all that comes, where deaths can be told."""
        self._supervised = SupervisedExecutor(self._backend, self.n_workers)
        # what did finish before the pool broke is not run again
        while not self._done.empty():
            key, get = self._done.get()
            with suppress(BrokenProcessPool):
                if key in self._running:
                    self._supervised.add_result(key, get()[0])
                    del self._running[key], self._tasks[key]
        for key in self._running:
            self._supervised.submit(key, self._tasks[key])
        for key, task in self._waiting:
            self._supervised.submit(key, task)
        self._running.clear()
        self._tasks.clear()
        self._waiting.clear()

    def abort(self) -> None:
        """Stop what is running, as far as the back end can."""
        if self._supervised is not None:
            self._supervised.close()
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


class SupervisedExecutor:
    """Runs each task in a process that has no other: a death has one cause.

    Parameters
    ----------
    backend : LokyBackend
        Tells the environment of a worker, and what nested parallelism uses.
    n_workers : int
        How many tasks run at a time.
    timeout : float or None, default=None
        Seconds after which a task's process is ended.
    """

    def __init__(
        self, backend: Any, n_workers: int, timeout: float | None = None
    ) -> None:
        self.n_workers, self._timeout = n_workers, timeout
        self.broken: str | None = None
        self._backend = backend
        self._environment = backend._prepare_worker_env(n_jobs=n_workers)
        # large arrays go into files that all workers map, as with joblib's own pool
        self._folders = TemporaryResourcesManager()
        self._waiting: deque[tuple[Hashable, Task]] = deque()
        self._idle: list[Any] = []
        self._running: dict[Future[Any], tuple[Hashable, Task, Any, float]] = {}
        self._deaths: dict[Hashable, int] = {}
        self._results: list[Result] = []
        self._lost_in_a_row = 0

    def add_result(self, key: Hashable, value: Any) -> None:
        """Give a result that is there already with the next ones."""
        self._results.append((key, value))

    def submit(self, key: Hashable, task: Task) -> None:
        self._waiting.append((key, task))

    def wait(self) -> list[Result]:
        while not self._results and (self._waiting or self._running):
            self._hand_over()
            ends = [end for *_, end in self._running.values()]
            left = max(min(ends, default=0.0) - time.monotonic(), 0.0)
            # on Windows Ctrl-C is seen between waits only
            done, _ = wait(self._running, min(left, 0.5), FIRST_COMPLETED)
            for future in done:
                self._collect(future)
            self._end_overdue()
        results, self._results = self._results, []
        self._hand_over()
        return results

    def _hand_over(self) -> None:
        missing = min(len(self._waiting), self.n_workers - len(self._running))
        fresh = [self._start() for _ in range(missing - len(self._idle))]
        if fresh:
            # the clock of a task must not begin while its worker imports modules
            call = self._call(self._waiting[0][1])
            received = [worker.submit(_receive, call) for worker in fresh]
            for future in received:
                with suppress(BrokenProcessPool):  # found out when it has a task
                    future.result()
        self._idle += fresh
        for _ in range(missing):
            (key, task), worker = self._waiting.popleft(), self._idle.pop()
            try:
                future = worker.submit(self._call(task))
            except BrokenProcessPool as error:
                self._bury(key, task, worker, error)
                continue
            seconds = float("inf") if self._timeout is None else self._timeout
            self._running[future] = key, task, worker, time.monotonic() + seconds

    def _call(self, task: Task) -> BatchedCalls:
        nested = self._backend.get_nested_backend()
        return BatchedCalls([_function_and_arguments(task)], nested)

    def _start(self) -> Any:
        job_reducers, result_reducers = get_memmapping_reducers(
            unlink_on_gc_collect=True,
            temp_folder_resolver=self._folders.resolve_temp_folder_name,
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
        except SystemExit as error:
            value = _of_exit(error)
        except BaseException:  # of the task: its worker is as good as before
            self._idle.append(worker)
            raise
        self._idle.append(worker)
        self._lost_in_a_row = 0
        self._results.append((key, value))

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for future, (key, _, worker, end) in list(self._running.items()):
            if end <= now and not future.done():
                del self._running[future]
                worker.shutdown(wait=False, kill_workers=True)
                reason = f"fit_timeout={self._timeout:g} s is over."
                self._results.append((key, Lost(reason, self._timeout or 0.0)))

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
        self._results.append((key, Lost(reason)))
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= MAX_LOST_IN_A_ROW:
            self.broken = (
                f"{self._lost_in_a_row} fits in a row ended their worker processes: "
                f"{reason}"
            )

    def close(self) -> None:
        """End all workers."""
        workers = [*self._idle, *(worker for *_, worker, _ in self._running.values())]
        self._idle.clear()
        self._running.clear()
        self._waiting.clear()
        for worker in workers:
            worker.shutdown(wait=False, kill_workers=True)
        self._folders._clean_temporary_resources(force=True, allow_non_empty=True)


def _receive(call: Any) -> None:
    """Do nothing: what a call needs was imported on the way."""


def _of_exit(error: SystemExit) -> Lost:
    return Lost(f"The fit raised SystemExit({error.code!r}).")


def _exit_codes(error: BaseException) -> str:
    """Give the part of loky's message that tells why a process ended."""
    if error.__cause__ is not None:  # it could not even receive the task
        return str(error.__cause__).strip(" \n\"'").rpartition("\n")[2]
    found = re.search(r"exit codes? of the workers? (?:is|are) (\{[^}]*\})", str(error))
    return f"Its exit code: {found[1]}." if found else ""


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
        values = super(Parallel, self._parallel).__call__(
            (task, (), {}) for _, task in tasks
        )
        return [(key, value) for (key, _), value in zip(tasks, values, strict=True)]


@contextmanager
def open_executor(
    n_jobs: int | None, fit_timeout: float | None = None
) -> Iterator[Executor]:
    """Choose where tasks run, and release it at the end.

    Parameters
    ----------
    n_jobs : int or None
        As in scikit-learn: None means 1 unless a joblib context says otherwise, -1 all
        processors.
    fit_timeout : float or None, default=None
        Seconds after which the process of a task is ended.

    Yields
    ------
    executor : Executor
        Where tasks run.

    Raises
    ------
    ValueError
        If there is a time limit on a back end whose tasks cannot be ended.
    """
    with Parallel(n_jobs=n_jobs) as parallel:
        n_workers = parallel._effective_n_jobs()
        backend = parallel._backend
        if fit_timeout is not None:
            with closing(_with_time_limit(backend, n_workers, fit_timeout)) as limited:
                yield limited
        elif n_workers == 1:
            yield InlineExecutor()
        elif not backend.supports_retrieve_callback:
            yield WaveExecutor(parallel, n_workers)
        else:
            with _on_backend(BackendExecutor(parallel, n_workers), backend) as executor:
                yield executor


def _with_time_limit(
    backend: Any, n_workers: int, fit_timeout: float
) -> "SupervisedExecutor":
    if n_workers > 1 and not isinstance(backend, LokyBackend):
        raise ValueError(
            "The 'fit_timeout' parameter of BayesSearchCV needs processes that can be "
            f"ended, those of joblib's 'loky'. Got {type(backend).__name__} instead; "
            "choose the other back end, or leave 'fit_timeout' out."
        )
    loky = backend if isinstance(backend, LokyBackend) else LokyBackend(nesting_level=0)
    return SupervisedExecutor(loky, n_workers, fit_timeout)


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
