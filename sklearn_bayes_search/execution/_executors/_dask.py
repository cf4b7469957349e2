"""A cluster of dask.distributed."""

import queue
import time
from collections import Counter
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from sklearn_bayes_search.execution._executors._base import (
    Call,
    Lost,
    run_alone,
    unpickled,
)
from sklearn_bayes_search.execution._executors._workers import (
    CallLost,
    WorkerDied,
    Workers,
)

# A worker that was ended is back within seconds, unless its cluster has other plans.
RESTART_SECONDS, SETTLE_SECONDS = 30.0, 1.0


class DaskCluster(Workers):
    """A cluster of dask.distributed; each call is bound to a worker.

    ``ends`` says whether calls will have to be ended.
    """

    def __init__(self, client: Any, *, ends: bool) -> None:
        _check_client(client)
        from distributed import get_worker

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
        self._is_nested = False  # whether this search is itself a task of dask
        with suppress(ValueError):
            self._is_nested = bool(get_worker())
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

    def submit(self, call: Call) -> Any:
        import cloudpickle
        from distributed import Future

        function, arguments, keywords = call
        values: dict[Any, Any] = {**dict(enumerate(arguments)), **keywords}
        shared = {name: v for name, v in values.items() if isinstance(v, Future)}
        own = {name: v for name, v in values.items() if name not in shared}
        # a worker dies of what it cannot unpickle, unless a call of ours does it
        packed = cloudpickle.dumps((function, own, list(shared)))
        if self._cold:
            # the clock of a call must not begin while its worker imports modules
            self._client.run(_receive, packed)
            self._cold = False
        place = self._choose_worker()
        # bound to its worker: dask would send a deadly call from one to the next
        future = self._client.submit(
            *(_run_packed, packed, *shared.values()),
            pure=False,
            workers=[place],
            allow_other_workers=False,
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
        from distributed import KilledWorker

        place = self._places.pop(future.key)
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):  # where dask permits no second death
                raise WorkerDied(str(error)) from error
            raise error
        if future.status != "finished" and place not in self._workers():
            self._client.cancel([future])
            raise WorkerDied(f"Its address: {place}.")
        try:
            return future.result(timeout=RESTART_SECONDS)
        except (CancelledError, OSError, TimeoutError) as error:
            self._client.cancel([future])
            raise CallLost(str(error)) from error

    def seconds(self, future: Any) -> float:
        return time.monotonic() - self._begun[future.key]

    def runs(self, future: Any) -> bool:
        # alone on the cluster, no more calls are under way than there are slots
        if self._is_nested and not any(self._client.call_stack([future]).values()):
            self._begun[future.key] = time.monotonic()
            return False
        return not future.done()

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

    def close(self, futures: list[Any]) -> None:
        # one that has lost its cluster would wait for it
        if futures and self._client.status == "running":
            self._client.cancel(futures)


def _check_client(client: Any) -> None:
    if client.status in ("closing", "closed"):
        raise ValueError(
            f"The dask client of a search must be open. Got {client!r}, which is "
            f"{client.status}; make another one in front of "
            "joblib.parallel_config(backend='dask')."
        )
    if client.asynchronous:  # a coroutine; in another thread it waits for results
        raise ValueError(
            "The dask client of a search must not be asynchronous: 'fit' waits for "
            f"results. Got {client!r} in its own event loop; make a client without "
            "'asynchronous=True', or call 'fit' in another thread, as with "
            "'await asyncio.to_thread(...)'."
        )


def _end_worker_of_nanny() -> Any:
    """Make the function that ends the worker of the nanny that runs it.

    It is sent by value, so that the nanny imports nothing.
    """

    def end(dask_worker: Any) -> None:
        import os
        import signal

        os.kill(dask_worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    return end


def _receive(packed: bytes) -> None:
    """Import what the values need; that they have errors is told by the call."""
    with suppress(Exception):
        unpickled(packed)


def _run_packed(packed: bytes, *handed: Any) -> Any:
    """Call a function with values of which some are shared."""
    opened = unpickled(packed)
    if isinstance(opened, Lost):
        return opened
    function, values, shared = opened
    values.update(zip(shared, handed, strict=True))
    places = sorted(name for name in values if isinstance(name, int))
    return run_alone(function, *[values.pop(place) for place in places], **values)
