"""Searches on clusters: of dask, of ray, and on one that follows a script."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_val_score
from test_determinism import digest, search

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.execution._executors import open_executor
from sklearn_bayes_search.execution._executors._base import MAX_LOST_IN_A_ROW, Lost
from sklearn_bayes_search.execution._executors._dask import DaskCluster
from sklearn_bayes_search.execution._executors._workers import (
    CallLost,
    SupervisedExecutor,
    WorkerDied,
    Workers,
)

X = np.arange(40.0).reshape(20, 2)
TESTS = str(Path(__file__).parent)


# --- a cluster in this process ---


class Scripted(Workers):
    """A cluster that runs a call when it is fetched, unless told what happens to it.

    Parameters
    ----------
    script : dict
        What happens to the calls of each task, in turn: an exception to raise, a value
        to return; a task without any more entries is run.
    """

    def __init__(self, script=()):
        self.script = {task: list(events) for task, events in dict(script).items()}
        self.n_shares, self.most, self.ended, self.cancelled = 0, 0, [], []
        self.clock, self.begun = 0.0, {}

    def share(self, values):
        self.n_shares += 1
        self.handles = {f"handle {i}": value for i, value in enumerate(values)}
        return list(self.handles)

    def submit(self, call):
        future = object()
        self.begun[future] = self.clock, *call
        return future

    def wait(self, futures, seconds):
        self.most = max(self.most, len(futures))
        self.clock += seconds
        return [f for f in futures if "hang" not in self.script.get(self.task(f), ())]

    def task(self, future):
        return self.begun[future][2][0]

    def fetch(self, future):
        _, function, (task, *arguments), keywords = self.begun[future]
        if self.script.get(task):
            event = self.script[task].pop(0)
            if isinstance(event, Exception):
                raise event
            return event
        arguments = [self.handles.get(str(value), value) for value in arguments]
        return function(task, *arguments, **keywords)

    def seconds(self, future):
        return self.clock - self.begun[future][0]

    def end(self, futures):
        self.ended += map(self.task, futures)

    def close(self, futures):
        self.cancelled += map(self.task, futures)


DATA = np.arange(3.0)


def add(task, data, *, factor):
    assert data is DATA
    return task + factor * data.sum()


def run(script, n_tasks=12, n_workers=3, timeout=None):
    cluster = Scripted(script)
    executor = SupervisedExecutor(cluster, n_workers, [DATA], timeout)
    for number in range(n_tasks):
        executor.submit(number, partial(add, number, DATA, factor=10))
    found = []
    while results := executor.wait():
        found += results
    executor.close()
    assert len(dict(found)) == len(found)
    return dict(found), cluster, executor


def expected(*numbers):
    return {number: number + 30.0 for number in numbers}


def test_data_are_sent_once_and_two_tasks_for_each_slot():
    found, cluster, executor = run({})
    assert found == expected(*range(12))
    assert (cluster.n_shares, cluster.most, executor.broken) == (1, 6, None)


def test_data_that_are_lost_are_sent_again_and_nothing_is_run_twice():
    found, cluster, executor = run({4: [CallLost("gone")]})
    assert found == expected(*range(12))
    assert (cluster.n_shares, executor.broken) == (2, None)


def test_a_task_that_ends_its_worker_is_given_up_after_the_second_time():
    script = {4: [WorkerDied("no")] * 2, 6: [WorkerDied("no")], 8: [CallLost("no")]}
    found, _, executor = run(script)
    assert found.pop(4) == Lost("The worker process died. no", by_death=True)
    assert found == expected(*range(4), *range(5, 12))
    assert executor.broken is None


def test_data_that_cannot_be_sent_again_mean_that_the_cluster_is_gone(monkeypatch):
    original = Scripted.share

    def share(self, values):
        if self.n_shares:
            raise TimeoutError("no workers")
        return original(self, values)

    monkeypatch.setattr(Scripted, "share", share)
    found, cluster, executor = run({3: ["hang"], 4: [CallLost("gone")]})
    assert found == expected(*range(3), 5)  # which was there already
    assert "no workers" in executor.broken
    assert cluster.cancelled == [3]


def test_losses_in_a_row_mean_a_broken_cluster():
    twice = [WorkerDied("died")] * 2
    script = dict.fromkeys(range(MAX_LOST_IN_A_ROW - 1), twice)
    assert run(script)[2].broken is None
    script = dict.fromkeys(range(MAX_LOST_IN_A_ROW), twice)
    assert "died" in run(script)[2].broken


def test_overdue_tasks_are_ended_and_none_waits_on_a_worker():
    found, cluster, _ = run({4: ["hang"], 7: ["hang"]}, timeout=2.0)
    lost = found.pop(4), found.pop(7)
    assert [(task.reason, task.seconds) for task in lost] == [
        ("fit_timeout=2 s is over.", 2.0)
    ] * 2
    assert found == expected(0, 1, 2, 3, 5, 6, 8, 9, 10, 11)
    assert (sorted(cluster.ended), cluster.most) == ([4, 7], 3)


def test_an_error_is_raised_and_what_runs_is_cancelled():
    script = {1: [toys.FitFailure("no")], 2: ["hang"], 3: ["hang"]}
    cluster = Scripted(script)
    executor = SupervisedExecutor(cluster, 2, [DATA])
    for number in range(5):
        executor.submit(number, partial(add, number, DATA, factor=10))
    assert dict(executor.wait()) == expected(0)
    with pytest.raises(toys.FitFailure, match="no"):
        executor.wait()
    executor.close()
    assert {2, 3} <= set(cluster.cancelled)
    assert executor.wait() == []


def test_what_has_finished_comes_before_an_error():
    cluster = Scripted({0: [toys.FitFailure("no")]})
    executor = SupervisedExecutor(cluster, 2, [DATA])
    for number in range(4):
        executor.submit(number, partial(add, number, DATA, factor=10))
    assert dict(executor.wait()) == expected(1, 2, 3)
    with pytest.raises(toys.FitFailure, match="no"):
        executor.wait()


# --- real ones ---


@pytest.fixture(scope="module")
def dask_cluster():
    distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ray_cluster():
    ray = pytest.importorskip("ray", reason="needs the extra 'ray'")
    from ray.util.joblib import register_ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": TESTS}},
    )
    register_ray()
    yield ray
    ray.shutdown()


@pytest.fixture(params=["dask", "ray"])
def backend(request):
    """A cluster with two processes."""
    request.getfixturevalue(f"{request.param}_cluster")
    return request.param


def fit(backend, estimator=None, **options):
    with parallel_config(backend=backend), warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores")
        return search(estimator, **options).fit(X)


def local_digest(estimator):
    return digest(fit("sequential", estimator))


@pytest.mark.slow
def test_rows_are_those_of_a_local_search(backend):
    assert {digest(fit(backend)) for _ in range(3)} == {local_digest(toys.Toy())}
    fitted = fit(backend, max_pending="auto")
    assert fitted.max_pending_ == 3  # as for two local workers


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [toys.Deadly(), toys.Exiting(), toys.Fragile()])
def test_a_fit_that_fails_or_ends_its_process_costs_itself_only(backend, estimator):
    fitted = fit(backend, estimator)
    assert digest(fitted) == local_digest(toys.Fragile())
    scores = fitted.cv_results_["mean_test_score"]
    assert 0 < np.isnan(scores).sum() < len(scores)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"fit_timeout": 60.0}], ids=["", "timeout"])
def test_what_a_worker_cannot_unpickle_is_an_error_at_once(backend, options):
    with pytest.raises(RuntimeError, match=r"not be unpickled.*no model.bin here"):
        fit(backend, toys.Homebound(home=os.getpid()), **options)
    assert digest(fit(backend)) == local_digest(toys.Toy())


@pytest.mark.slow
def test_a_fit_that_hangs_is_ended(backend):
    # longer than imports in a new process of ray take on a slow machine
    fitted = fit(backend, toys.Hanging(), fit_timeout=5.0)
    assert digest(fitted) == local_digest(toys.Fragile())


@pytest.mark.slow
def test_a_call_that_is_over_at_its_limit_is_not_ended(dask_cluster, monkeypatch):
    with parallel_config(backend="dask"), open_executor(2, 60.0, [X]) as executor:
        workers = executor._workers
        wait = workers.wait

        def end_after_the_look(futures, seconds):
            futures[0].result()
            monkeypatch.setattr(workers, "seconds", lambda future: 60.0)
            monkeypatch.setattr(workers, "wait", wait)
            return []

        monkeypatch.setattr(workers, "wait", end_after_the_look)
        executor.submit(0, partial(toys.square, 3))
        assert executor.wait() == [(0, 9)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_worker_that_is_killed_costs_nothing_that_had_finished(backend, tmp_path):
    log = tmp_path / "log"
    log.touch()

    def kill_one():
        while len(pids := log.read_text().split()) < 8:
            time.sleep(0.01)
        os.kill(int(pids[-1]), signal.SIGKILL)
        killed.append(pids[-1])

    killed = []
    killer = threading.Thread(target=kill_one)
    killer.start()
    fitted = fit(backend, toys.Logging(path=str(log)))
    killer.join()
    assert killed
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    assert fitted.cv_results_["params"] == fit("sequential").cv_results_["params"]
    assert set(fitted.best_params_) == set(space)
    n_fits = len(log.read_text().split())
    # what ran or waited on that worker is run again
    assert fitted.n_iter_ * 2 <= n_fits <= fitted.n_iter_ * 2 + 4


@pytest.mark.slow
def test_an_error_keeps_its_type(backend):
    with pytest.raises(toys.FitFailure, match="is too large"):
        fit(backend, toys.Fragile(), error_score="raise")
    assert digest(fit(backend)) == local_digest(toys.Toy())


@pytest.mark.slow
def test_parallelism_within_a_fit_stays_in_its_process(backend):
    fitted = fit(backend, toys.Nesting(), n_iter=2)
    np.testing.assert_array_equal(fitted.cv_results_["mean_test_score"], [-1, -1])


@pytest.mark.slow
def test_a_cluster_that_is_closed_leaves_what_was_finished(dask_cluster, tmp_path):
    from distributed import Client, LocalCluster

    log = tmp_path / "log"
    log.touch()
    with LocalCluster(n_workers=2, dashboard_address=None) as cluster:

        def close():
            while len(log.read_text().split()) < 8:
                time.sleep(0.01)
            cluster.close()

        closer = threading.Thread(target=close)
        with Client(cluster).as_current():
            closer.start()
            fitted = fit("dask", toys.Logging(path=str(log)), n_iter=60)
        closer.join()
    assert 0 < fitted.n_iter_ < 60
    assert "The workers were lost" in fitted.stop_reason_
    expected = fit("sequential", n_iter=60).cv_results_["params"]
    assert fitted.cv_results_["params"] == expected[: fitted.n_iter_]


@pytest.mark.parametrize(
    ("status", "asynchronous", "rule"),
    [
        ("running", True, "must not be asynchronous: .* 'await asyncio.to_thread"),
        ("closed", False, "must be open.* which is closed; make another one"),
        ("closing", True, "must be open.* which is closing; make another one"),
    ],
)
def test_a_client_of_dask_that_cannot_be_waited_for_is_refused(
    status, asynchronous, rule
):
    client = SimpleNamespace(status=status, asynchronous=asynchronous)
    with pytest.raises(ValueError, match=f"The dask client of a search {rule}"):
        DaskCluster(client, ends=False)


@pytest.mark.slow
def test_a_time_limit_needs_workers_that_can_be_started_again():
    distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
    with (
        distributed.Client(processes=False, dashboard_address=None).as_current(),
        pytest.raises(ValueError, match="no nanny"),
    ):
        fit("dask", fit_timeout=1.0)


@pytest.mark.slow
def test_a_journal_of_a_local_search_is_gone_on_with(backend, tmp_path):
    path = tmp_path / "search.jsonl"
    fit("sequential", toys.Toy(), n_iter=6, checkpoint=path)
    fitted = fit(backend, toys.Toy(), checkpoint=path)
    assert isinstance(fitted, BayesSearchCV)
    assert digest(fitted) == local_digest(toys.Toy())


@pytest.mark.slow
def test_a_search_may_be_a_task_of_the_cluster_itself(dask_cluster):
    options = {"n_iter": 4, "max_pending": 1, "refit": True}
    expected = cross_val_score(search(toys.Toy(), **options), X, cv=3)
    for limit in (None, 60.0):
        nested = search(toys.Toy(), fit_timeout=limit, **options)
        with parallel_config("dask"):
            found = cross_val_score(nested, X, cv=3)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_a_dask_that_permits_no_death_is_asked_once_more():
    distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
    import dask

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster).as_current(),
    ):
        assert digest(fit("dask", toys.Deadly())) == local_digest(toys.Fragile())


# --- the script of the page ---


@pytest.mark.slow
def test_the_script_for_a_cluster_runs_as_it_stands(tmp_path):
    pytest.importorskip("distributed", reason="needs the extra 'dask'")
    page = (Path(TESTS).parent / "doc" / "on_a_cluster.rst").read_text(encoding="utf-8")
    (block,) = re.findall(r"code-block:: python\n\n((?:    .*\n|\n)+)", page)
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(block), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300
    )
    assert run.stdout.startswith("{'C': "), run.stderr
    assert run.stdout.count("\n") == 1
