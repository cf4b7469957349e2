import functools
import gc
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import warnings
import weakref
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
import toy_estimators as toys
from joblib import parallel_config
from joblib.parallel import ParallelBackendBase
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_val_score
from sklearn.utils.fixes import parse_version
from threadpoolctl import threadpool_info

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.execution._executors import _workers, open_executor
from sklearn_bayes_search.execution._executors._base import (
    DiedBefore,
    Losses,
    run_guarded,
)
from sklearn_bayes_search.execution._executors._loky import Sealed
from sklearn_bayes_search.testing import check_executor

PROCESSES = ["loky", "multiprocessing"]
WORKERS = ["threading", *PROCESSES]
X = np.arange(40.0).reshape(20, 2)


@pytest.fixture(autouse=True)
def no_thread_dies(monkeypatch):
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    yield died
    assert died == []


class WithoutCallBack(ParallelBackendBase):
    """A back end of the old kind, whose results are waited for one by one."""

    uses_threads = supports_sharedmem = True

    def effective_n_jobs(self, n_jobs):
        return n_jobs

    def configure(self, n_jobs=1, parallel=None, **options):
        self.pool = ThreadPoolExecutor(n_jobs)
        return super().configure(n_jobs, parallel)

    def submit(self, func, callback=None):
        future = self.pool.submit(func)
        future.get = future.result
        future.add_done_callback(callback)
        return future

    def terminate(self):
        self.pool.shutdown()


class LikeCluster(WithoutCallBack):
    """Behaves like joblib's back end for dask.

    It works between `start_call` and `stop_call` only, and calls back on success only.
    """

    supports_retrieve_callback = True
    calls = ()

    def start_call(self):
        self.calls = [*self.calls, "start"]

    def stop_call(self):
        self.calls = [*self.calls, "stop"]

    @contextmanager
    def retrieval_context(self):
        self.calls = [*self.calls, "retrieve"]
        yield

    def submit(self, func, callback=None):
        self.items = func.items
        if self.calls[-1] not in ("start", "retrieve"):
            return Future()  # for ever
        future = self.pool.submit(func)
        future.add_done_callback(
            lambda future: None if future.exception() else callback(future.result())
        )
        return future

    def retrieve_result_callback(self, out):
        return out


@contextmanager
def executing(backend, n_jobs=2):
    """Open an executor on a back end, "inline" being none."""
    if backend == "inline":
        with open_executor(1) as executor:
            yield executor
        return
    backend = WithoutCallBack() if backend == "waves" else backend
    with parallel_config(backend=backend), open_executor(n_jobs) as executor:
        yield executor


def submit_all(executor, tasks):
    for number, task in enumerate(tasks):
        executor.submit(number, task)


def collect(executor):
    """Wait until nothing is left."""
    found = []
    while results := executor.wait():
        found += results
    return found


def run_all(backend, tasks, n_jobs=2):
    with executing(backend, n_jobs) as executor:
        submit_all(executor, tasks)
        return dict(collect(executor))


def search(estimator, n_jobs=2, **options):
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    arguments = {"n_iter": 6, "cv": 2, "random_state": 0, "refit": False, **options}
    return BayesSearchCV(estimator, space, n_jobs=n_jobs, **arguments)


def fragile_search():
    """A search that comes to fits that fail, and then raises what they raised."""
    # from chance: the model would soon leave the part where scores are poor
    options = {"n_iter": 20, "n_initial_points": 20, "error_score": "raise"}
    return search(toys.Fragile(), **options)


def rows(search):
    """What a search found, times aside."""
    results = search.cv_results_
    return {k: v for k, v in results.items() if k.endswith("score")} | {
        "params": results["params"]
    }


def same_rows(one, other):
    return repr(rows(one)) == repr(rows(other))


# Results


@pytest.mark.parametrize("backend", ["inline", "waves", *WORKERS])
def test_every_promise_is_kept(backend):
    with executing(backend) as executor:
        check_executor(executor)


def test_inline_runs_one_task_at_each_wait_in_order():
    log = []
    with open_executor(None) as executor:
        submit_all(executor, [functools.partial(log.append, x) for x in range(3)])
        assert log == []
        for x in range(3):
            assert executor.wait() == [(x, None)]
            assert log == list(range(x + 1))
        assert executor.wait() == []


def test_one_worker_needs_no_back_end():
    task = toys.place
    for backend in WORKERS:
        pid, thread, _ = run_all(backend, [task], n_jobs=1)[0]
        assert (pid, thread) == (os.getpid(), threading.get_ident())


@pytest.mark.parametrize("backend", PROCESSES)
def test_process_workers_are_other_processes(backend):
    pids = {pid for pid, *_ in run_all(backend, [toys.place] * 4).values()}
    assert os.getpid() not in pids


def test_a_task_needs_not_be_a_partial():
    assert run_all("threading", [os.getpid] * 3) == dict.fromkeys(range(3), os.getpid())


def test_n_jobs_is_that_of_scikit_learn():
    with open_executor(None) as executor:
        assert executor.n_workers == 1
    with parallel_config("threading", n_jobs=3), open_executor(None) as executor:
        assert executor.n_workers == 3
    with (
        pytest.raises(ValueError, match="n_jobs == 0 in Parallel has no meaning"),
        open_executor(0),
    ):
        pass


def test_the_workers_of_loky_stay_warm():
    def pids():
        return {pid for pid, *_ in run_all("loky", [toys.place] * 6).values()}

    # one of the two may do all the work of a call, but new ones each time were three
    assert len(pids() | pids() | pids()) <= 2


def test_workers_of_loky_do_not_share_random_numbers():
    numbers = run_all("loky", [toys.global_random_number] * 8).values()
    assert len(set(numbers)) == 8


# What a back end expects of its user


def test_a_back_end_is_told_of_begin_and_end():
    backend = LikeCluster()
    assert run_all(backend, [functools.partial(toys.square, 3)] * 9) == dict.fromkeys(
        range(9), 9
    )
    assert backend.calls == ["start", "retrieve", "stop"]


def test_a_back_end_is_told_of_the_end_after_an_error():
    backend = LikeCluster()
    with pytest.raises(toys.FitFailure):
        run_all(backend, [functools.partial(toys.fail, "no")] * 9)
    assert backend.calls[-1] == "stop"


def test_a_back_end_that_never_ends_does_not_hold_the_search(monkeypatch):
    # as a pool of multiprocessing one of whose workers ended with a lock in its hands
    monkeypatch.setattr(
        "sklearn_bayes_search.execution._executors._backend.MAX_END", 0.1
    )
    asked, go_on, given_up = (threading.Event() for _ in range(3))

    class NeverEnding(LikeCluster):
        def abort_everything(self, ensure_ready=True):
            asked.set()
            if not go_on.wait(5):
                given_up.set()

    try:
        with pytest.raises(toys.FitFailure):
            run_all(NeverEnding(), [functools.partial(toys.fail, "no")] * 9)
        assert asked.is_set()
        assert not given_up.is_set()
    finally:
        go_on.set()


def test_a_lost_task_is_an_error_where_the_back_end_does_not_call_back():
    # as when a worker of dask is killed
    with pytest.raises(toys.FitFailure, match="killed"):
        run_all(LikeCluster(), [functools.partial(toys.fail, "killed")])


def test_a_task_that_the_back_end_cancels_is_an_error():
    class Cancelling(LikeCluster):
        def submit(self, func, callback=None):
            future = Future()
            future.cancel()
            return future

    with pytest.raises(CancelledError):
        run_all(Cancelling(), [functools.partial(toys.square, 3)])


def test_a_back_end_sees_the_arguments_of_a_task():
    # a back end may send large ones once to each worker
    backend = LikeCluster()
    data = np.zeros(10)
    run_all(backend, [functools.partial(np.add, data, data)])
    ((function, arguments, keywords),) = backend.items
    assert function is run_guarded
    assert arguments[2] is np.add
    assert arguments[3] is arguments[4] is data
    assert keywords == {}


@pytest.mark.parametrize("backend", WORKERS)
def test_no_more_than_two_tasks_a_worker_are_with_the_back_end(backend):
    submitted = []
    with executing(backend) as executor:
        original = executor._workers.submit

        def submit(call):
            submitted.append(call)
            return original(call)

        executor._workers.submit = submit
        submit_all(executor, [functools.partial(toys.square, 2)] * 10)
        assert len(submitted) == 4
        assert len(collect(executor)) == 10
        del executor._workers.submit


# Errors and interrupts


@pytest.mark.parametrize("backend", ["inline", "waves", *WORKERS])
def test_an_exception_keeps_its_type_and_traceback(backend):
    with pytest.raises(toys.FitFailure, match="the reason") as caught:
        run_all(backend, [functools.partial(toys.fail, "the reason")])
    text = "".join(traceback.format_exception(caught.value))
    assert 'toy_estimators.py", line' in text
    assert "in fail" in text


@pytest.mark.parametrize(
    "options",
    [{}, pytest.param({"fit_timeout": 60}, marks=pytest.mark.slow)],
    ids=["pool", "limit"],
)
def test_what_has_finished_comes_before_an_error(options, monkeypatch):
    # both have ended before anybody looks
    all_at_once = functools.partial(_workers.wait, return_when=ALL_COMPLETED)
    monkeypatch.setattr(_workers, "wait", lambda fs, *_: all_at_once(fs))
    tasks = [functools.partial(toys.fail, "no"), functools.partial(toys.square, 3)]
    with open_executor(2, **options) as executor:
        submit_all(executor, tasks)
        assert executor.wait() == [(1, 9)]
        with pytest.raises(toys.FitFailure):
            executor.wait()


@pytest.mark.parametrize("backend", ["inline", "waves", "threading", "multiprocessing"])
def test_the_back_end_can_be_used_again_after_an_error(backend):
    tasks = [functools.partial(toys.square, x) for x in range(12)]
    with pytest.raises(toys.FitFailure):
        run_all(backend, [functools.partial(toys.fail, "no"), *tasks])
    assert run_all(backend, tasks) == {x: x * x for x in range(12)}


def pids_of(path):
    return [int(line) for line in path.read_text().splitlines()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="looks for processes by signal 0")
@pytest.mark.parametrize("backend", PROCESSES)
def test_an_error_ends_what_runs_in_other_processes(backend, tmp_path):
    log = tmp_path / "log"
    long = functools.partial(toys.log_and_sleep, log, 60)
    fail = functools.partial(toys.fail_after_log, log)
    with pytest.raises(toys.FitFailure):
        run_all(backend, [long, fail, *[long] * 18])
    begun = pids_of(log)
    assert 1 <= len(begun) <= 2
    assert not any(is_alive(pid) for pid in begun)


@pytest.mark.slow
def test_loky_can_be_used_again_after_an_interrupt():
    tasks = [functools.partial(toys.square, x) for x in range(12)]
    run_all("loky", tasks)  # starts the workers
    with pytest.raises(ZeroDivisionError), executing("loky") as executor:
        # so early that loky's manager thread has not yet seen the tasks
        _ = submit_all(executor, tasks) or 1 / 0
    assert run_all("loky", tasks) == {x: x * x for x in range(12)}


def test_an_error_lets_no_thread_begin_another_task():
    go_on, begun = threading.Event(), []

    def block():
        begun.append("block")
        go_on.wait(10)

    def fail():
        while not begun:
            time.sleep(0.001)
        raise toys.FitFailure

    try:
        with pytest.raises(toys.FitFailure):
            run_all("threading", [block, fail] + [lambda: begun.append("more")] * 20)
    finally:
        go_on.set()
    assert begun == ["block"]


def test_an_interrupt_in_a_fit_goes_through():
    with pytest.raises(KeyboardInterrupt):
        search(toys.Interrupted(), n_jobs=1).fit(X)


@pytest.mark.parametrize("backend", ["inline", "waves", "threading"])
def test_error_score_raise_raises_what_the_fit_raised(backend):
    found = fragile_search()
    with executing_config(backend), pytest.raises(toys.FitFailure, match="too large"):
        found.fit(X)


@contextmanager
def executing_config(backend):
    """Choose a back end for searches; "inline" is that of one job."""
    backends = {"inline": "sequential", "waves": WithoutCallBack()}
    with parallel_config(backend=backends.get(backend, backend)):
        yield


def scores_without_large_a(fitted):
    """Split the scores of a search in those of large and of other values of `a`."""
    large = np.array([params["a"] > 0.6 for params in fitted.cv_results_["params"]])
    scores = fitted.cv_results_["mean_test_score"]
    assert 0 < large.sum() < len(large)
    return scores[large], scores[~large]


def expected_scores(**options):
    return scores_without_large_a(fault_search(toys.Toy(), **options).fit(X))[1]


def fault_search(estimator, **options):
    # from chance, so that a failure does not change what is asked for later
    return search(estimator, n_iter=10, n_initial_points=10, **options)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [toys.Deadly(), toys.Exiting()])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fit_that_ends_its_process_costs_itself_only(estimator, n_jobs):
    if n_jobs == 1 and isinstance(estimator, toys.Deadly):
        pytest.skip("with one job there is no other process")
    fitted = fault_search(estimator, n_jobs=n_jobs, max_pending=3)
    with pytest.warns(
        FitFailedWarning, match=r"process died\. Its exit|SystemExit\(4\)"
    ):
        fitted.fit(X)
    lost, kept = scores_without_large_a(fitted)
    assert np.isnan(lost).all()
    np.testing.assert_array_equal(kept, expected_scores(max_pending=3))
    # and the next search has workers again
    assert search(toys.Toy()).fit(X).n_iter_ == 6


@pytest.mark.slow
def test_a_process_that_dies_once_costs_nothing(tmp_path):
    estimator = toys.DeadlyOnce(folder=str(tmp_path))
    fitted = fault_search(estimator, n_jobs=2, max_pending=3).fit(X)
    plain = fault_search(toys.Toy(), max_pending=3).fit(X)
    assert len(list(tmp_path.iterdir())) > 2
    np.testing.assert_array_equal(
        fitted.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    ("keys", "broken"),
    [
        ([(3, fold) for fold in range(10)], False),
        ([(n, fold) for n in (3, 4) for fold in range(5)], False),
        ([(n, 0) for n in range(4)], False),
        ([(n, fold) for n in (3, 4, 5) for fold in range(2)], True),
        (list(range(5)), True),
    ],
)
def test_many_losses_of_several_settings_mean_a_broken_machine(keys, broken):
    losses = Losses()
    for key in keys:
        assert losses.add(key, "why").by_death
    assert (losses.broken is not None) == broken
    fresh = Losses()
    for key in keys:
        fresh.reset()
        fresh.add(key, "why")
    assert fresh.broken is None


def test_deaths_that_are_known_do_not_break_a_machine():
    losses = Losses()
    for key in [(k, 0) for k in range(9)]:
        assert losses.add(DiedBefore(key), "it died").by_death
    assert losses.broken is None
    for key in [(k, 0) for k in range(9)]:
        losses.add(key, "it died")
    assert losses.broken


@pytest.mark.slow
def test_one_deadly_setting_does_not_end_a_search():
    search = BayesSearchCV(
        toys.Deadly(),
        {"a": [0.1, 0.2, 0.9, 0.3, 0.4]},
        cv=6,
        n_jobs=2,
        max_pending=1,
        refit=False,
    )
    with pytest.warns(FitFailedWarning, match="6 fits failed"):
        search.fit(X)
    assert search.stop_reason_ == "evaluated all 5 points of the search space"
    assert np.isnan(search.cv_results_["mean_test_score"]).sum() == 1


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fit_that_hangs_is_ended(n_jobs):
    fitted = fault_search(
        toys.Hanging(), n_jobs=n_jobs, max_pending=3, fit_timeout=0.5, cv=2
    )
    start = time.monotonic()
    with pytest.warns(FitFailedWarning, match=r"fit_timeout=0\.5 s is over"):
        fitted.fit(X)
    lost, kept = scores_without_large_a(fitted)
    assert np.isnan(lost).all()
    np.testing.assert_array_equal(kept, expected_scores(max_pending=3, cv=2))
    # half a second each, and a new process after each
    assert time.monotonic() - start < 30 + 2 * len(lost) * 5


def test_a_fit_that_is_over_at_its_limit_is_not_ended(monkeypatch):
    with open_executor(1, fit_timeout=60.0) as executor:

        def end_after_the_look(futures, *_):
            wait(futures)
            monkeypatch.setattr(executor._workers, "seconds", lambda future: 60.0)
            monkeypatch.setattr(_workers, "wait", wait)
            return set(), set()

        monkeypatch.setattr(_workers, "wait", end_after_the_look)
        executor.submit(0, functools.partial(toys.square, 3))
        assert executor.wait() == [(0, 9)]


@pytest.mark.slow
def test_a_machine_that_ends_every_process_stops_the_search():
    fitted = search(toys.Deadly(), n_iter=40, n_initial_points=40, n_jobs=2)
    fitted.set_params(
        param_distributions={"a": uniform(0.7, 0.3)},
        initial_points=[{"a": 0.7}],
        error_score=0.0,
    )
    with pytest.raises(ValueError, match="process died"):
        fitted.fit(X)


def test_a_time_limit_for_a_fit_needs_processes():
    fitted = search(toys.Toy(), n_jobs=2, fit_timeout=1.0)
    with (
        parallel_config(backend="threading"),
        pytest.raises(ValueError, match=r"'fit_timeout'.*Got ThreadingBackend instead"),
    ):
        fitted.fit(X)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a process group")
def test_ctrl_c_ends_a_script_and_its_workers(tmp_path):
    log, script = tmp_path / "log", tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import functools, signal, sys
            sys.path.insert(0, {str(Path(__file__).parent)!r})
            # a shell starts background jobs with the signal ignored
            signal.signal(signal.SIGINT, signal.default_int_handler)
            import toy_estimators as toys
            from sklearn_bayes_search.execution import _executors as executors

            if __name__ == "__main__":
                task = functools.partial(toys.log_and_sleep, {str(log)!r}, 60)
                with executors.open_executor(2) as executor:
                    for number in range(10):
                        executor.submit(number, task)
                    executor.wait()
            """
        )
    )
    path = os.pathsep.join(filter(None, sys.path))
    process = subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not log.exists() or len(log.read_text().splitlines()) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in stderr
    assert process.returncode != 0
    assert not any(is_alive(pid) for pid in pids_of(log))


# What surrounds a task


@pytest.mark.parametrize("backend", WORKERS)
def test_nested_parallelism_starts_no_processes(backend):
    with parallel_config(backend=backend):
        found = search(toys.Nesting(), n_iter=2).fit(X)
    assert found.cv_results_["mean_test_score"].tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("backend", WORKERS)
def test_a_nested_call_finds_the_back_end_that_joblib_would_give(backend):
    _, _, name = run_all(backend, [toys.place])[0]
    assert name == "ThreadingBackend"


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_search_runs_inside_cross_validation(backend):
    expected = cross_val_score(search(toys.Jittery(), 1, refit=True), X, cv=3)
    with parallel_config(backend=backend):
        inner = search(toys.Jittery(), 2, refit=True, max_pending=1)
        scores = cross_val_score(inner, X, cv=3, n_jobs=2)
    assert scores.tolist() == expected.tolist()


@pytest.mark.parametrize("backend", ["inline", "waves", "threading", "loky"])
def test_the_configuration_of_scikit_learn_reaches_the_fits(backend):
    with (
        executing_config(backend),
        sklearn.config_context(assume_finite=True, transform_output="pandas"),
    ):
        found = search(toys.Looking(), scoring=toys.look, n_iter=4)
        results = found.fit(X).cv_results_
    assert results["mean_test_assume_finite"].tolist() == [1.0] * 4
    assert results["mean_test_pandas"].tolist() == [1.0] * 4


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason="scikit-learn does not pass warning filters on",
)
@pytest.mark.parametrize("backend", ["inline", "waves", "loky"])
def test_warning_filters_reach_the_fits(backend):
    with executing_config(backend), warnings.catch_warnings():
        warnings.simplefilter("error", toys.ToyWarning)
        with pytest.raises(toys.ToyWarning):
            search(toys.Warning(), error_score="raise").fit(X)


@pytest.mark.parametrize("backend", PROCESSES)
def test_large_data_are_mapped_into_the_memory_of_workers(
    backend, tmp_path, monkeypatch
):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    large = np.zeros(200_000)  # 1.6 MB; joblib maps from 1 MB
    tasks = [functools.partial(toys.is_mapped, large)] * 6
    with executing(backend) as executor:
        submit_all(executor, tasks)
        assert dict(collect(executor)) == dict.fromkeys(range(6), True)
        assert len(list(tmp_path.glob("*/*"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_temporary_files_are_left_after_a_search(tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    search(toys.Toy()).fit(np.zeros((100_000, 2)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_no_temporary_files_are_left_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    found = fragile_search()
    with pytest.raises(toys.FitFailure, match="too large"):
        found.fit(np.zeros((100_000, 2)))
    assert list(tmp_path.iterdir()) == []


def blas_threads():
    return [
        lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"
    ]


def test_threads_share_one_blas_thread_until_the_end():
    before = blas_threads()
    with executing("threading"):
        assert set(blas_threads()) <= {1}
    assert blas_threads() == before
    with pytest.raises(ZeroDivisionError), executing("threading"):
        _ = 1 / 0
    assert blas_threads() == before


@pytest.mark.parametrize("backend", ["inline", *PROCESSES])
def test_blas_is_left_alone_where_no_threads_share_it(backend):
    before = blas_threads()
    with executing(backend):
        assert blas_threads() == before


# Several searches


def run_in_threads(function):
    """Call a function of a number in two threads at a time."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(function, range(2)))


@pytest.mark.parametrize("backend", ["inline", "threading", "loky"])
def test_searches_in_two_threads_do_not_mix(backend):
    def fit(seed):
        with executing_config(backend):
            options = {"random_state": seed, "max_pending": 2, "n_iter": 8}
            found[seed] = search(toys.Jittery(), **options).fit(X)

    found = {}
    before = blas_threads()
    run_in_threads(fit)
    assert blas_threads() == before
    alone = [
        search(toys.Toy(), 1, random_state=seed, max_pending=2, n_iter=8).fit(X)
        for seed in range(2)
    ]
    assert same_rows(found[0], alone[0])
    assert same_rows(found[1], alone[1])
    assert not same_rows(found[0], found[1])


@pytest.mark.parametrize("backend", ["inline", "waves", *WORKERS])
def test_nothing_keeps_the_data_alive_after_a_search(backend):
    data = X.copy()
    gone = weakref.ref(data)
    with executing_config(backend):
        search(toys.Toy()).fit(data)
    del data
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("backend", ["inline", "waves", "threading", "multiprocessing"])
def test_nothing_keeps_the_data_alive_after_an_error(backend):
    data = X.copy()
    gone = weakref.ref(data)
    found = fragile_search()
    with executing_config(backend), pytest.raises(toys.FitFailure):
        found.fit(data)
    del data
    end = time.monotonic() + 5
    while gone() is not None and time.monotonic() < end:  # a thread may be fitting
        gc.collect()
    assert gone() is None


class Unpicklable(Exception):
    """Cannot be made again from its arguments."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


def raise_unpicklable():
    raise Unpicklable("salt", "pepper")


@pytest.mark.parametrize("backend", ["waves", *WORKERS])
def test_an_error_that_cannot_be_sent_is_sent_as_text(backend):
    with pytest.raises((RuntimeError, Unpicklable), match="salt and pepper"):
        run_all(backend, [raise_unpicklable] * 3)


def test_the_text_of_an_error_does_not_carry_the_error():
    def raise_with_a_lock():  # which tblib cannot pickle either
        error = RuntimeError("salt and pepper")
        error.lock = threading.Lock()
        raise error

    with pytest.raises(RuntimeError, match="Traceback") as caught:
        run_guarded(0, False, raise_with_a_lock)
    assert caught.value.__context__ is None
    assert "salt and pepper" in str(caught.value)


class Unreadable:
    """Raises where it is unpickled."""

    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        return _raise, (self.error,)


def _raise(error):
    raise error


def sent(task):
    """Pickle and unpickle a task as a pool of loky does."""
    pool = SimpleNamespace(_call_queue=SimpleNamespace(_reducers={}))
    return pickle.loads(pickle.dumps(Sealed(task, pool)))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AttributeError("Can't get 'Own'"), "process: AttributeError: Can't get 'Own'"),
        (FileNotFoundError("model.bin"), "process: FileNotFoundError: model.bin"),
        (KeyError(), "process: KeyError"),
        (SystemExit(3), "process: SystemExit: 3"),
    ],
)
def test_a_task_that_cannot_be_unpickled_has_an_error(error, reason):
    call = sent(functools.partial(repr, Unreadable(error)))
    with pytest.raises(RuntimeError, match=f"{re.escape(reason)}\nClasses and "):
        call()
    (lost,) = sent(functools.partial(repr, Unreadable(MemoryError())))()
    assert lost.by_death
    assert sent(functools.partial(repr, 1))() == "1"


@pytest.mark.parametrize(
    "fit_timeout", [None, pytest.param(60.0, marks=pytest.mark.slow)]
)
def test_a_task_that_cannot_be_unpickled_is_raised_at_once(fit_timeout):
    with (
        parallel_config("loky"),
        open_executor(1 if fit_timeout else 2, fit_timeout) as executor,
    ):
        executor.submit(0, functools.partial(repr, Unreadable(ImportError("no own"))))
        with pytest.raises(RuntimeError, match="ImportError: no own"):
            executor.wait()


@pytest.mark.slow
def test_a_search_survives_the_error_of_another_in_its_pool(no_thread_dies):
    def fit(seed):
        if seed:
            with pytest.raises(toys.FitFailure):
                fragile_search().fit(X)
        else:
            found.append(search(toys.Logging(path=os.devnull), n_iter=12).fit(X))

    found = []
    run_in_threads(fit)
    assert same_rows(found[0], search(toys.Toy(), n_iter=12).fit(X))
    no_thread_dies.clear()  # of the pool that ended under the search: loky's may


@pytest.mark.slow
def test_memory_maps_of_supervised_fits_go_where_the_user_wants_them(tmp_path):
    large = np.zeros(200_000)
    with (
        parallel_config("loky", temp_folder=str(tmp_path)),
        open_executor(2, fit_timeout=60.0) as executor,
    ):
        executor.submit(0, functools.partial(toys.is_mapped, large))
        assert executor.wait() == [(0, True)]
        assert len(list(tmp_path.glob("*/*"))) == 1
    assert list(tmp_path.iterdir()) == []


# An executor of the user's own


class Threads:
    """Runs tasks in threads of Python's own pool."""

    broken = None
    made = ()

    def __init__(self, n_workers=3):
        self.n_workers = n_workers
        self._pool = ThreadPoolExecutor(n_workers)
        self._keys = {}
        self.closed = False
        Threads.made = (*Threads.made, self)

    def submit(self, key, task):
        self._keys[self._pool.submit(task)] = key

    def wait(self):
        done, _ = wait(self._keys, return_when=FIRST_COMPLETED)
        return [(self._keys.pop(future), future.result()) for future in done]

    def close(self):
        self._pool.shutdown(cancel_futures=True)
        self.closed = True


class Dying(Threads):
    """Says of two tasks that their processes died."""

    def wait(self):
        lost = {(1, 0), (4, 1)}
        return [
            (key, RuntimeError("no process") if key in lost else value)
            for key, value in super().wait()
        ]


def test_an_executor_of_ones_own_keeps_the_promises():
    check_executor(Threads())


def test_an_executor_of_ones_own_gives_the_rows_of_any_other():
    expected = search(toys.Toy(), n_iter=9, max_pending=4).fit(X)
    own = search(toys.Toy(), n_iter=9, max_pending=4, executor=Threads)
    for fitted in (own, clone(own), pickle.loads(pickle.dumps(own))):
        assert same_rows(fitted.fit(X), expected)
        assert Threads.made[-1].closed
    auto = search(toys.Toy(), n_iter=9, executor=functools.partial(Threads, 5)).fit(X)
    assert auto.max_pending_ > 1


def test_what_a_fit_raises_ends_an_executor_of_ones_own():
    failing = search(toys.Fragile(), error_score="raise", executor=Threads)
    with pytest.raises(toys.FitFailure):
        failing.fit(X)
    assert Threads.made[-1].closed


def test_a_fit_that_an_executor_of_ones_own_loses_has_failed(tmp_path):
    journal = tmp_path / "journal"
    options = {"n_iter": 6, "cv": 2, "refit": False, "checkpoint": journal}
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        fitted = search(toys.Toy(), executor=Dying, **options).fit(X)
    failed = fitted.folds_frame().query("status == 'failed'")
    assert failed[["candidate", "fold"]].to_numpy().tolist() == [[1, 0], [4, 1]]
    assert failed["error"].str.contains("no process").all()
    with pytest.warns(UserWarning, match="2 whose processes died"):
        again = search(toys.Toy(), executor=Threads, **options).fit(X)
    assert (again.folds_frame()["status"] == "ok").all()


class Forgetful(Threads):
    """Loses the results from the eighth on."""

    n_done = 0

    def wait(self):
        results = super().wait()
        self.n_done += len(results)
        return results if self.n_done < 8 else []


class Repeating(Threads):
    """Returns a result again."""

    def wait(self):
        return super().wait() * 2


class Gone(Threads):
    """Can run nothing from the first on."""

    broken = "The cluster is gone."


def test_an_executor_that_breaks_its_promises_is_told_so():
    with pytest.raises(RuntimeError, match=r"at least one result.* are left\."):
        search(toys.Toy(), executor=Forgetful).fit(X)
    with pytest.raises(RuntimeError, match=r"each task once.*the key \(\d+, \d+\)"):
        search(toys.Toy(), executor=Repeating).fit(X)


def test_clones_keep_what_an_executor_of_ones_own_is_made_with():
    connection = threading.Lock()  # cannot be copied
    make = functools.partial(lambda connection: Threads(), connection)
    own = search(toys.Toy(), n_iter=3, executor=make)
    assert clone(own).executor is make
    assert clone(own).fit(X).n_iter_ == 3


def test_an_executor_that_can_run_nothing_is_told_of():
    reason = r"No candidate was evaluated\. The cluster is gone\."
    with pytest.raises(RuntimeError, match=reason):
        search(toys.Toy(), executor=Gone).fit(X)


def test_a_wrong_executor_is_refused():
    with pytest.raises(ValueError, match="'executor' parameter of BayesSearchCV"):
        search(toys.Toy(), executor=Threads()).fit(X)
    with pytest.raises(ValueError, match=r"'fit_timeout' parameter.*an 'executor'"):
        search(toys.Toy(), executor=Threads, fit_timeout=1.0).fit(X)
