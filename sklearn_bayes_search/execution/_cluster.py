"""Tasks on a cluster of dask.distributed or ray, one for each slot of a worker.

joblib has back ends for both; the clusters are used directly because these lose the
whole search with one worker, and send the data with each task.
"""

import queue
import time
from collections import Counter, deque
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
RESTART_SECONDS, SETTLE_SECONDS = 30.0, 1.0


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
        """Call `_run` with these arguments on a worker; give the future."""

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        """Give the futures that are done, after so many seconds at the latest."""

    def fetch(self, future: Any) -> Any:
        """Give what the call returned; raise what it raised, or one of the above."""

    def seconds(self, future: Any) -> float:
        """Tell for how long a call has run."""

    def runs(self, future: Any) -> bool:
        """Make sure that a call which takes long does not only wait for a slot."""

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
        self._deaths: dict[Hashable, int] = {}
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
            try:
                done = self._cluster.wait(list(self._running), self._patience())
            except Exception as error:
                self._state_loss(error)
                break
            for future in done:
                results += self._collect(future)
            results += self._end_overdue()
            self._hand_over()
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
            value = self._losses.add(f"The worker process died: {error}")
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
            self._state_loss(failure)

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
        overdue = [
            future
            for future in self._running
            if seconds(future) >= self._timeout and self._cluster.runs(future)
        ]
        if not overdue:
            return []
        keys = [self._running.pop(future)[0] for future in overdue]
        self._cluster.end(overdue)
        lost = Lost(f"fit_timeout={self._timeout:g} s is over.", self._timeout)
        return [(key, lost) for key in keys]

    def close(self) -> None:
        """Stop what runs, and let go of the shared data."""
        self._waiting.clear()
        if self._running and self._gone is None:
            # an error in here would take the place of the one that ends the search
            with suppress(Exception):
                self._cluster.cancel(list(self._running))
        self._running.clear()
        self._handles.clear()


class DaskCluster:
    """A cluster of dask.distributed; each call is bound to a worker.

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

    max_deaths = 2

    def __init__(self, client: Any, *, ends: bool) -> None:
        self._client = client
        if ends and not all(worker["nanny"] for worker in self._workers().values()):
            raise ValueError(
                "The 'fit_timeout' parameter of BayesSearchCV needs workers that can "
                "be started again, but some of this dask cluster have no nanny. Start "
                "them as processes with one, or leave 'fit_timeout' out."
            )
        self._cold = ends
        # where each call runs; when each worker was first seen
        self._places: dict[str, str] = {}
        self._seen: dict[str, float] = {}
        self._youngest = 0.0
        self._is_nested = _is_in_dask_task()
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._begun: dict[str, float] = {}

    def n_slots(self) -> int:
        self._client.wait_for_workers(1, timeout=RESTART_SECONDS)
        return sum(self._client.nthreads().values())

    def share(self, values: list[Any]) -> list[Any]:
        self._choose_worker()  # or wait for one
        return list(self._client.scatter(values, broadcast=True, hash=False))

    def _choose_worker(self) -> str:
        """Choose the worker with the fewest calls for its threads.

        None that is younger than a second: a nanny whose worker dies at once gives it
        up for good.
        """
        end = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < end:
            now, workers = time.monotonic(), self._workers()
            self._seen = {a: self._seen.get(a, now) for a in workers}
            n_calls = Counter(self._places.values())
            old = [
                (n_calls[address] / worker["nthreads"], address)
                for address, worker in workers.items()
                if now - self._seen[address] >= self._youngest
            ]
            if old:
                self._youngest = SETTLE_SECONDS
                return min(old)[1]
            time.sleep(0.05)
        raise TimeoutError("no worker came back")

    def submit(self, values: Sequence[Any]) -> Any:
        if self._cold:
            # the clock of a call must not begin while its worker imports modules
            from distributed import Future

            self._client.run(_receive, [v for v in values if not isinstance(v, Future)])
            self._cold = False
        place = self._choose_worker()
        # bound to its worker: dask would send a deadly call from one to the next
        future = self._client.submit(
            _run, *values, pure=False, workers=[place], allow_other_workers=False
        )
        future.add_done_callback(self._done.put)
        self._places[future.key] = place
        self._begun[future.key] = time.monotonic()
        return future

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        done = set()
        with suppress(queue.Empty):
            done.add(self._done.get(timeout=seconds))
            while True:
                done.add(self._done.get_nowait())
        if not done:  # a good time to look whether all are still there
            there = self._workers()
            done = {f for f in futures if self._places[f.key] not in there}
        return [future for future in futures if future in done]

    def fetch(self, future: Any) -> Any:
        place = self._places.pop(future.key)
        if future.status == "error":
            raise future.exception()
        if future.status != "finished" and place not in self._workers():
            self._client.cancel([future])
            raise WorkerDied(f"that at {place}")
        try:
            return future.result(timeout=RESTART_SECONDS)
        except (CancelledError, OSError, TimeoutError) as error:
            self._client.cancel([future])
            raise DataLost(str(error)) from error

    def seconds(self, future: Any) -> float:
        return time.monotonic() - self._begun[future.key]

    def runs(self, future: Any) -> bool:
        # alone on the cluster, no more calls are under way than there are slots
        if self._is_nested and not any(self._client.call_stack([future]).values()):
            self._begun[future.key] = time.monotonic()
            return False
        return True

    def end(self, futures: list[Any]) -> None:
        workers = list({self._places[future.key] for future in futures})
        self._client.cancel(futures)
        # dask cannot stop a call that runs, and would wait for it to end
        self._client.run(
            _end_worker_of_nanny(), nanny=True, workers=workers, on_error="ignore"
        )
        end = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < end and set(self._workers()) & set(workers):
            time.sleep(0.05)
        self._cold = True
        for future in futures:
            self._places.pop(future.key)

    def _workers(self) -> dict[str, Any]:
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    def cancel(self, futures: list[Any]) -> None:
        self._client.cancel(futures)


def _is_in_dask_task() -> bool:
    """Whether this search is itself a task on a worker of dask."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True


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

    max_deaths = 1  # ray itself runs a call once more

    def __init__(self, options: dict[str, Any]) -> None:
        import ray

        if not ray.is_initialized():
            ray.init()
        self._ray, self._errors, self._node = ray, ray.exceptions, _ray_node()
        # a worker that died may have died of something else
        options = {"max_retries": 1, **options, "num_returns": "streaming"}
        self._call = ray.remote(_run_in_two_steps).options(**options)
        self._begun: dict[Any, float] = {}
        self._outcomes: dict[Any, Any] = {}

    def n_slots(self) -> int:
        return int(self._ray.cluster_resources()["CPU"])

    def share(self, values: list[Any]) -> list[Any]:
        self._check()
        return [self._ray.put(value) for value in values]

    def submit(self, values: Sequence[Any]) -> Any:
        self._check()
        return self._call.remote(*values)

    def _check(self) -> None:
        """Refuse to go on without the cluster: ray starts another one unasked."""
        ray = self._ray
        if not ray.is_initialized() or self._node != _ray_node():
            raise ConnectionError("ray was shut down")

    def wait(self, futures: list[Any], seconds: float) -> list[Any]:
        self._check()
        self._ray.wait(futures, num_returns=1, timeout=seconds)
        self._check()
        ready, _ = self._ray.wait(futures, num_returns=len(futures), timeout=0)
        return [future for future in ready if self._is_done(future)]

    def _is_done(self, future: Any) -> bool:
        """Take the next of two values, of which the first tells that it has begun."""
        self._check()
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
            self._check()
            reason = str(error).strip().partition("\n")[0]
            raise WorkerDied(reason) from error

    def seconds(self, future: Any) -> float:
        now = time.monotonic()
        return now - self._begun.get(future, now)

    def runs(self, future: Any) -> bool:
        return True

    def cancel(self, futures: list[Any]) -> None:
        self._check()
        for future in futures:
            self._ray.cancel(future, force=True)

    end = cancel


def _ray_node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


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
