"""Where tasks run: in this process, on the workers of joblib's active back end.

joblib stays the front door: ``n_jobs`` and ``joblib.parallel_config(backend=...)``
choose. Its workers are used through its back ends, one task at a time, because
``joblib.Parallel`` asks for new tasks before it has shown the results.
"""

import multiprocessing
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from joblib.parallel import LokyBackend
from sklearn.utils.parallel import Parallel

from sklearn_bayes_search.execution._executors._backend import BackendWorkers, in_use
from sklearn_bayes_search.execution._executors._base import Executor, Lost, Task
from sklearn_bayes_search.execution._executors._dask import DaskCluster
from sklearn_bayes_search.execution._executors._in_process import (
    InlineExecutor,
    WaveExecutor,
)
from sklearn_bayes_search.execution._executors._loky import LokyWorkers
from sklearn_bayes_search.execution._executors._ray import RayCluster
from sklearn_bayes_search.execution._executors._workers import (
    SupervisedExecutor,
    Workers,
)
from sklearn_bayes_search.optimizer._blas import one_blas_thread

__all__ = ["Executor", "Lost", "open_executor", "run_all"]


@contextmanager
def open_executor(
    n_jobs: int | None,
    fit_timeout: float | None = None,
    shared: Sequence[Any] = (),
    make: Callable[[], Executor] | None = None,
) -> Iterator[Executor]:
    """Choose where tasks run, and release it at the end.

    Arguments in ``shared`` are those that many tasks have in common: a cluster is sent
    them once. ``make`` is the user's own way to make an executor.
    """
    if make is not None:
        if fit_timeout is not None:
            raise ValueError(
                "The 'fit_timeout' parameter of BayesSearchCV does not work with an "
                "'executor' of your own. Limit the time there, or leave one of them "
                "out."
            )
        # its tasks may be threads of this process, as those of `in_use`
        with one_blas_thread(), closing(make()) as own:
            yield own
        return
    parallel = Parallel(n_jobs=n_jobs)
    cluster = _cluster_of(parallel._backend, ends=fit_timeout is not None)
    if cluster is not None:
        # as joblib has it, dask uses all slots; and ray does so by default
        given = parallel.n_jobs > 1 or n_jobs == 1
        some = isinstance(cluster, RayCluster) and given
        n_workers = parallel.n_jobs if some else cluster.n_slots()
        with (
            # within a task of dask: its slot is free for the tasks of the search
            parallel._backend.retrieval_context(),
            closing(
                SupervisedExecutor(cluster, n_workers, shared, fit_timeout)
            ) as busy,
        ):
            yield busy
        return
    with parallel:
        n_workers, backend = parallel._effective_n_jobs(), parallel._backend
        workers: Workers
        if fit_timeout is not None:
            _check_can_end(backend, n_workers)
            workers = LokyWorkers(parallel, n_workers, isolated=True)
        elif n_workers == 1:
            yield InlineExecutor()
            return
        elif not backend.supports_retrieve_callback:
            yield WaveExecutor(parallel, n_workers)
            return
        elif isinstance(backend, LokyBackend):
            workers = LokyWorkers(parallel, n_workers, isolated=False)
        else:
            workers = BackendWorkers(backend)
        executor = SupervisedExecutor(workers, n_workers, timeout=fit_timeout)
        with in_use(backend), closing(executor):
            yield executor


def run_all(executor: Executor, tasks: Mapping[Hashable, Task]) -> dict[Any, Any]:
    """Run tasks to their end; return their values by key, without what was lost."""
    for key, task in tasks.items():
        executor.submit(key, task)
    values: dict[Any, Any] = {}
    while len(values) < len(tasks):
        results = executor.wait()
        if not results:
            why = executor.broken or "The executor returned no result."
            raise RuntimeError(f"{len(tasks) - len(values)} tasks are left. {why}")
        values.update(results)
    return {k: v for k, v in values.items() if not isinstance(v, Lost | Exception)}


def _cluster_of(backend: Any, *, ends: bool) -> DaskCluster | RayCluster | None:
    """Return the cluster of a joblib back end, if it is one of dask or ray.

    joblib's own back ends for both lose the whole search with one worker, and send the
    data with each task. ``ends`` says whether tasks will have to be ended.
    """
    if hasattr(backend, "client"):
        return DaskCluster(backend.client, ends=ends)
    if type(backend).__module__.startswith("ray."):
        return RayCluster(getattr(backend, "ray_remote_args", None) or {})
    return None


def _check_can_end(backend: Any, n_workers: int) -> None:
    rule = (
        "The 'fit_timeout' parameter of BayesSearchCV needs processes that can be ended"
    )
    if n_workers > 1 and not isinstance(backend, LokyBackend):
        raise ValueError(
            f"{rule}, those of joblib's 'loky', of dask or of ray. Got "
            f"{type(backend).__name__} instead; choose another back end, set 'n_jobs' "
            "to 1, as within another parallel loop, or leave 'fit_timeout' out."
        )
    if multiprocessing.current_process().daemon:
        raise ValueError(
            f"{rule}, and this process, a worker of 'multiprocessing', can start none. "
            "Choose 'loky' for the outer loop, or leave 'fit_timeout' out."
        )
