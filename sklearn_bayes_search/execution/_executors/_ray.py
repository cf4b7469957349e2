"""A cluster of ray."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sklearn_bayes_search.execution._executors._base import (
    Call,
    run_alone,
    unreadable,
)
from sklearn_bayes_search.execution._executors._workers import (
    CallLost,
    WorkerDied,
    Workers,
)


class RayCluster(Workers):
    """The ray cluster of this process, a local one if there is none.

    ``options`` are those of remote calls, such as ``{"num_cpus": 2}``.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        import ray

        if not ray.is_initialized():
            ray.init()
        self._ray, self._errors, self._node = ray, ray.exceptions, _ray_node()
        # ray's own retries would run on the clock of the first try
        options = {**options, "max_retries": 0, "num_returns": "streaming"}
        self._call = ray.remote(_run_in_two_steps).options(**options)
        self._begun: dict[Any, float] = {}
        self._outcomes: dict[Any, Any] = {}

    def n_slots(self) -> int:
        return int(self._ray.cluster_resources()["CPU"])

    def share(self, values: list[Any]) -> list[Any]:
        self._check()
        return [self._ray.put(value) for value in values]

    def submit(self, call: Call) -> Any:
        self._check()
        function, arguments, keywords = call
        return self._call.remote(function, *arguments, **keywords)

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
            raise WorkerDied("Nothing came back.")
        try:
            return self._ray.get(value)
        except errors.RayTaskError as error:
            if isinstance(error.cause, errors.RaySystemError):  # of its arguments
                raise unreadable(str(error.cause).partition("\n")[0]) from error
            raise error.cause from error
        except errors.ObjectLostError as error:
            raise CallLost(str(error)) from error
        except errors.RayError as error:
            self._check()
            reason = str(error).strip().partition("\n")[0]
            raise WorkerDied(reason) from error

    def seconds(self, future: Any) -> float:
        now = time.monotonic()
        return now - self._begun.get(future, now)

    def close(self, futures: list[Any]) -> None:
        self._check()
        for future in futures:
            self._ray.cancel(future, force=True)

    end = close


def _ray_node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def _run_in_two_steps(*arguments: Any, **keywords: Any) -> Iterator[Any]:
    """Yield once it has begun, then run: imports and queues are over by then."""
    yield None
    yield run_alone(*arguments, **keywords)
