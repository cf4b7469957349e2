import os
import random
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold

from sklearn_bayes_search import BayesSearchCV

X = np.arange(40.0).reshape(20, 2)


def search(estimator=None, **options):
    """Make a search that fills the space with four settings; the model has the rest."""
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    arguments = {
        "n_iter": 12,
        "cv": 2,
        "max_pending": 3,
        "n_initial_points": 4,
        "random_state": 0,
        "refit": False,
        **options,
    }
    return BayesSearchCV(estimator or toys.Jittery(), space, **arguments)


def digest(fitted):
    """Hash all of `cv_results_` but the times, to the last bit."""
    results = fitted.cv_results_
    kept = {key: results[key] for key in results if not key.endswith("_time")}
    # the text: a pickle also tells which values are one object
    return joblib.hash(
        repr({key: np.ma.asarray(value).tolist() for key, value in kept.items()})
    )


@pytest.fixture(scope="module")
def expected():
    return digest(search(toys.Toy()).fit(X))


def digests(backend, n_jobs, n_runs=3):
    with parallel_config(backend=backend):
        return {digest(search(n_jobs=n_jobs).fit(X)) for _ in range(n_runs)}


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_rows_do_not_depend_on_the_timing_of_threads(n_jobs, expected):
    assert digests("threading", n_jobs) == {expected}


def test_rows_do_not_depend_on_the_timing_of_processes(expected):
    assert digests("loky", 2) == {expected}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "sequential"])
@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_rows_do_not_depend_on_the_back_end(backend, n_jobs, expected):
    assert digests(backend, n_jobs) == {expected}


def test_rows_depend_on_the_seed_and_on_the_window(expected):
    different = {
        digest(search(toys.Toy(), random_state=1).fit(X)),
        digest(search(toys.Toy(), max_pending=1).fit(X)),
        digest(search(toys.Toy(), max_pending=2).fit(X)),
    }
    assert len(different | {expected}) == 4


def test_failures_at_any_time_do_not_change_the_rows():
    def run(backend, n_jobs):
        with parallel_config(backend=backend), warnings.catch_warnings():
            warnings.simplefilter("ignore", FitFailedWarning)  # they are meant to fail
            warnings.filterwarnings("ignore", "One or more of the test scores")
            return digest(search(toys.Fragile(), n_jobs=n_jobs).fit(X))

    found = {run("sequential", 1), run("threading", 2), run("threading", 4)}
    assert len(found) == 1


def test_a_longer_search_begins_like_a_shorter_one():
    short = search(toys.Toy(), n_iter=8).fit(X).cv_results_["params"]
    long = search(toys.Toy(), n_iter=12).fit(X).cv_results_["params"]
    assert long[:8] == short


def test_the_global_random_numbers_are_neither_used_nor_changed(expected):
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    assert digest(search(toys.Toy()).fit(X)) == expected
    after = np.random.random(), random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    assert after == (np.random.random(), random.random())  # noqa: NPY002


def test_fitting_again_and_fitting_a_clone_give_the_same(expected):
    fitted = search(toys.Toy()).fit(X)
    assert digest(clone(fitted).fit(X)) == expected
    assert digest(fitted.fit(X)) == expected


def test_a_random_state_object_goes_on_from_where_it_is():
    def found(generator):
        return digest(search(toys.Toy(), random_state=generator).fit(X))

    one, other = np.random.RandomState(3), np.random.RandomState(3)
    first = found(one)
    assert first == found(other)
    assert found(one) != first


def test_without_a_seed_searches_differ():
    options = {"random_state": None, "n_iter": 3}
    one, other = (search(toys.Toy(), **options).fit(X) for _ in range(2))
    assert digest(one) != digest(other)


def test_an_unseeded_splitter_is_asked_once():
    # or every setting would be scored on folds of its own
    cv = KFold(2, shuffle=True, random_state=np.random.RandomState(0))
    fitted = search(toys.Toy(), cv=cv).fit(X)
    again = search(toys.Toy(), cv=KFold(2, shuffle=True, random_state=0)).fit(X)
    assert digest(fitted) == digest(again)


@pytest.mark.parametrize(
    ("n_jobs", "max_pending", "expected"),
    [
        (1, "auto", 1),
        (2, "auto", 3),
        (6, "auto", 8),  # seven of two folds for five workers, while one finishes
        (2, "async", 3),
        (1, 5, 5),
        (4, 1, 1),
    ],
)
def test_max_pending_is_told(n_jobs, max_pending, expected):
    with parallel_config(backend="threading"):
        options = {"n_jobs": n_jobs, "max_pending": max_pending, "n_iter": 3}
        assert search(toys.Toy(), **options).fit(X).max_pending_ == expected


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_async_evaluates_all_candidates(n_jobs):
    with parallel_config(backend="threading"):
        fitted = search(n_jobs=n_jobs, max_pending="async").fit(X)
    assert fitted.n_iter_ == len(fitted.cv_results_["params"]) == 12
    assert fitted.stop_reason_ == "evaluated n_iter=12 candidates"
    assert not np.isnan(fitted.cv_results_["mean_test_score"]).any()
    told = [outcome.trial.number for outcome in fitted.optimizer_.history]
    assert told == list(range(12))


def test_async_with_one_worker_is_the_sequential_search():
    options = {"n_jobs": 1}
    one = search(toys.Toy(), max_pending="async", **options).fit(X)
    other = search(toys.Toy(), max_pending="auto", **options).fit(X)
    assert digest(one) == digest(other)


@pytest.mark.slow
def test_rows_do_not_depend_on_the_process(expected):
    script = textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_determinism import X, digest, search, toys
        print(digest(search(toys.Toy()).fit(X)))
        """
    )
    path = os.pathsep.join(filter(None, sys.path))
    for seed in "1", "2":
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected
