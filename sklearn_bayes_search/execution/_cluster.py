"""Tasks on a cluster of dask.distributed or ray, one for each slot of a worker.

joblib has back ends for both; the clusters are used directly because these lose the
whole search with one worker, and send the data with each task.
"""

import queue
import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol

from joblib import parallel_config

from sklearn_bayes_search.execution._base import (
    Losses,
    Lost,
    Result,
    Task,
    parts_of,
    run_guarded,
)

__all__ = ["ClusterExecutor", "cluster_of"]

# A worker that was ended is back within seconds, unless its cluster has other plans.
RESTART_SECONDS = 30.0


class DataLost(Exception):
    """What was shared is no longer on any worker, or the cluster is gone."""


class WorkerDied(Exception):
    """A call ended the process of its worker, as often as that is permitted."""


class Cluster(Protocol):
    """What is needed of a cluster; a future is whatever `submit` returns."""

    def share(self, values: list[Any]) -> list[Any]:
        """Send values to the workers once; their handles stand for them in `submit`."""

    def submit(self, values: Sequence[Any]) -> Any:
        """Call `_run` with these arguments on a worker; give the future."""

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        """Give the futures that are done, after so many seconds at the latest."""

    def fetch(self, future: Any) -> Any:
        """Give what the call returned; raise what it raised, or one of the above."""

    def seconds(self, future: Any) -> float:
        """Tell for how long a call has run."""

    def end(self, futures: list[Any]) -> None:
        """Stop calls that run; others on the same worker are run again."""

    def cancel(self, futures: list[Any]) -> None:
        """Let calls go that are no longer wanted, without harm to others."""


class ClusterExecutor:
    """Runs tasks on a cluster.

    Parameters
    ----------
    cluster : Cluster
        Where they run.
    n_workers : int
        How many run at a time.
    shared : sequence of object
        Arguments that many tasks have in common; they are recognised by identity.
    timeout : float or None, default=None
        Seconds after which a task is ended.
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
        self._suspects: set[Hashable] = set()
        # the data may be lost with a worker whose end is accounted for
        self._is_accounted = False
        self._gone: str | None = None
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
        while self._running and not results and self._gone is None:
            for future in self._cluster.wait(list(self._running), self._patience()):
                results += self._collect(future)
            results += self._end_overdue()
            self._hand_over()
        return results

    def _collect(self, future: Any) -> list[Result]:
        key, task, share = self._running.pop(future)
        try:
            value = self._cluster.fetch(future)
        except DataLost as error:
            blamed = []
            if share == self._n_shares:  # the first one that tells
                blamed = self._blame(key, error)
                self._share_again()
            if not blamed:
                self._waiting.appendleft((key, task))
            return blamed
        except WorkerDied as error:
            self._is_accounted = True
            value = self._losses.add(f"The worker process died: {error}")
        else:
            self._losses.reset()
        self._suspects.discard(key)
        return [(key, value)]

    def _blame(self, key: Hashable, error: DataLost) -> list[Result]:
        """Find who ended all workers that had the data.

        What ran may have. Now it runs one by one, first, which shows it.
        """
        if self._is_accounted:
            self._is_accounted = False
        elif key in self._suspects and not self._running:
            self._suspects.remove(key)
            return [(key, self._losses.add(f"The worker processes died: {error}"))]
        else:
            self._suspects.add(key)
            self._suspects.update(other for other, *_ in self._running.values())
        return []

    def _hand_over(self) -> None:
        n_given = 1 if self._suspects else self._n_given
        while self._waiting and len(self._running) < n_given and self._gone is None:
            key, task = self._waiting.popleft()
            future = self._cluster.submit(self._arguments(task))
            self._running[future] = key, task, self._n_shares

    def _arguments(self, task: Task) -> list[Any]:
        """Lay a task open, and put handles in the place of what is shared."""
        function, arguments, keywords = parts_of(task)
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
            self._gone = f"The cluster lost its workers: {failure!r}"

    def _patience(self) -> float:
        """Tell for how long to wait for results before looking at the clock."""
        if self._timeout is None:
            return 0.5
        longest = max(map(self._cluster.seconds, self._running))
        return min(max(self._timeout - longest, 0.0), 0.5)

    def _end_overdue(self) -> list[Result]:
        if self._timeout is None:
            return []
        seconds = self._cluster.seconds
        overdue = [f for f in self._running if seconds(f) >= self._timeout]
        if not overdue:
            return []
        keys = [self._running.pop(future)[0] for future in overdue]
        self._suspects.difference_update(keys)
        self._cluster.end(overdue)
        self._is_accounted = True
        lost = Lost(f"fit_timeout={self._timeout:g} s is over.", self._timeout)
        return [(key, lost) for key in keys]

    def close(self) -> None:
        """Stop what runs, and let go of the shared data."""
        self._waiting.clear()
        if self._running and self._gone is None:
            self._cluster.cancel(list(self._running))
        self._running.clear()
        self._handles.clear()


class DaskCluster:
    """A cluster of dask.distributed.

    Parameters
    ----------
    client : distributed.Client
        That of joblib's back end.
    ends : bool
        Whether calls will have to be ended.

    Raises
    ------
    ValueError
        If they cannot.
    """

    def __init__(self, client: Any, *, ends: bool) -> None:
        self._client = client
        if ends and not all(worker["nanny"] for worker in self._workers().values()):
            raise ValueError(
                "The 'fit_timeout' parameter of BayesSearchCV needs workers that can "
                "be started again, but some of this dask cluster have no nanny. Start "
                "them as processes with one, or leave 'fit_timeout' out."
            )
        self._cold = ends
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._begun: dict[str, float] = {}

    def share(self, values: list[Any]) -> list[Any]:
        return list(self._client.scatter(values, broadcast=True, hash=False))

    def submit(self, values: Sequence[Any]) -> Any:
        if self._cold:
            # the clock of a call must not begin while its worker imports modules
            from distributed import Future

            self._client.run(_receive, [v for v in values if not isinstance(v, Future)])
            self._cold = False
        future = self._client.submit(_run, *values, pure=False, retries=0)
        future.add_done_callback(self._done.put)
        self._begun[future.key] = time.monotonic()
        return future

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        done = set()
        with suppress(queue.Empty):
            done.add(self._done.get(timeout=seconds))
            while True:
                done.add(self._done.get_nowait())
        return [future for future in futures if future in done]

    def fetch(self, future: Any) -> Any:
        from distributed import KilledWorker

        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                raise WorkerDied(str(error)) from error
            raise error
        try:
            return future.result()
        except (CancelledError, OSError) as error:
            raise DataLost(str(error)) from error

    def seconds(self, future: Any) -> float:
        return time.monotonic() - self._begun[future.key]

    def end(self, futures: list[Any]) -> None:
        keys = {future.key for future in futures}
        busy = self._client.processing()
        workers = [address for address, calls in busy.items() if keys & set(calls)]
        self._client.cancel(futures)
        n_workers = len(self._workers())
        # dask cannot stop a call that runs, and would wait for it to end
        self._client.run(
            _end_worker_of_nanny(), nanny=True, workers=workers, on_error="ignore"
        )
        end = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < end and (
            len(self._workers()) < n_workers or set(self._workers()) & set(workers)
        ):
            time.sleep(0.05)
        self._cold = True
        # others that were on the same workers begin anew
        self._begun = dict.fromkeys(self._begun, time.monotonic())

    def _workers(self) -> dict[str, Any]:
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    def cancel(self, futures: list[Any]) -> None:
        self._client.cancel(futures)


def _end_worker_of_nanny() -> Any:
    """Make the function that ends the worker of the nanny that runs it.

    It is sent by value, so that the nanny imports nothing.
    """

    def end(dask_worker: Any) -> None:
        import os
        import signal

        os.kill(dask_worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    return end


class RayCluster:
    """The ray cluster of this process, a local one if there is none.

    Parameters
    ----------
    options : dict
        Options of remote calls, such as ``{"num_cpus": 2}``.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        import ray

        if not ray.is_initialized():
            ray.init()
        self._ray, self._errors = ray, ray.exceptions
        # a worker that died may have died of something else
        options = {"max_retries": 1, **options, "num_returns": "streaming"}
        self._call = ray.remote(_run_in_two_steps).options(**options)
        self._begun: dict[Any, float] = {}
        self._outcomes: dict[Any, Any] = {}

    def share(self, values: list[Any]) -> list[Any]:
        return [self._ray.put(value) for value in values]

    def submit(self, values: Sequence[Any]) -> Any:
        return self._call.remote(*values)

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        self._ray.wait(futures, num_returns=1, timeout=seconds)
        ready, _ = self._ray.wait(futures, num_returns=len(futures), timeout=0)
        return [future for future in ready if self._is_done(future)]

    def _is_done(self, future: Any) -> bool:
        """Take the next of two values, of which the first tells that it has begun."""
        value = next(future, None)
        if value is not None and future not in self._begun:
            self._begun[future] = time.monotonic()
            with suppress(self._errors.RayError):  # it failed before
                self._ray.get(value)
                return False
        self._outcomes[future] = value
        return True

    def fetch(self, future: Any) -> Any:
        errors, value = self._errors, self._outcomes.pop(future)
        self._begun.pop(future, None)
        if value is None:
            raise WorkerDied("nothing came back")
        try:
            return self._ray.get(value)
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.ObjectLostError as error:
            raise DataLost(str(error)) from error
        except errors.RayError as error:
            reason = str(error).strip().partition("\n")[0]
            raise WorkerDied(reason) from error

    def seconds(self, future: Any) -> float:
        now = time.monotonic()
        return now - self._begun.get(future, now)

    def cancel(self, futures: list[Any]) -> None:
        for future in futures:
            self._ray.cancel(future, force=True)

    end = cancel


def cluster_of(backend: Any, *, ends: bool) -> Cluster | None:
    """Give the cluster of a joblib back end, if it is one of dask or ray.

    Parameters
    ----------
    backend : ParallelBackendBase
        joblib's.
    ends : bool
        Whether tasks will have to be ended.
    """
    if hasattr(backend, "client"):
        return DaskCluster(backend.client, ends=ends)
    if type(backend).__module__.startswith("ray."):
        return RayCluster(getattr(backend, "ray_remote_args", None) or {})
    return None


def _run(function: Any, names: list[str], *values: Any) -> Any:
    """Call a function on a worker; the last arguments have these names."""
    n = len(values) - len(names)
    keywords = dict(zip(names, values[n:], strict=True))
    # all slots are taken by tasks like this one: nested parallelism is asked for
    # explicitly or does not happen
    with parallel_config(backend="threading", n_jobs=1):
        return run_guarded(0, False, function, *values[:n], **keywords)


def _run_in_two_steps(*values: Any) -> Iterator[Any]:
    """Tell that it has begun, then `_run`: imports and queues are over by then."""
    yield None
    yield _run(*values)


def _receive(values: Any) -> None:
    """Do nothing: what the values need was imported on the way."""
