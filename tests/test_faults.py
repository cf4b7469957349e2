"""What faults cost: 30 settings on 3 folds, of which one fold misbehaves."""

import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold

from sklearn_bayes_search import BayesSearchCV

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
]
X = np.arange(60.0).reshape(30, 2)
SPACE = {"a": uniform(0, 1), "b": [0, 1, 2]}
N_CANDIDATES, N_SPLITS = 30, 3
GUILTY = 12, 1  # candidate and fold
DEATHS = ["exit", "kill", "segfault"]


def search(estimator, **options):
    # all settings from chance, so that a failure does not change what is asked for
    arguments = {
        "n_iter": N_CANDIDATES,
        "n_initial_points": N_CANDIDATES,
        "cv": KFold(N_SPLITS),
        "max_pending": 3,
        "n_jobs": 2,
        "random_state": 0,
        "refit": False,
        **options,
    }
    return BayesSearchCV(estimator, SPACE, **arguments)


def scores(fitted):
    results = fitted.cv_results_
    return np.array([results[f"split{fold}_test_score"] for fold in range(N_SPLITS)]).T


@pytest.fixture(scope="module")
def faultless():
    return search(toys.Toy(), n_jobs=1).fit(X)


@pytest.fixture
def run(faultless, tmp_path):
    """Make and run a search in which one fold does a deed; tells of all fits."""
    candidate, fold = GUILTY
    train, _ = list(KFold(N_SPLITS).split(X))[fold]

    def run(deed, once=False, **options):
        log = tmp_path / "log"
        estimator = toys.Guilty(
            deed=deed,
            at=faultless.cv_results_["params"][candidate]["a"],
            mean=float(X[train].mean()),
            log=str(log),
            once=once,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitFailedWarning)
            warnings.filterwarnings("ignore", "One or more of the test scores")
            fitted = search(estimator, **options).fit(X)
        lines = [line.split() for line in log.read_text().splitlines()]
        return scores(fitted), [(int(pid), float(at), x == "1") for pid, at, x in lines]

    return run


def assert_only_one_is_lost(found, faultless):
    expected = scores(faultless)
    expected[GUILTY] = np.nan
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("deed", DEATHS)
@pytest.mark.parametrize("backend", ["loky", "supervised"])
def test_a_death_costs_one_of_ninety_evaluations(deed, backend, run, faultless):
    limit = 300.0 if backend == "supervised" else None
    found, fits = run(deed, fit_timeout=limit)
    assert_only_one_is_lost(found, faultless)
    # the pool that broke had up to four tasks, one of which was guilty
    assert N_CANDIDATES * N_SPLITS < len(fits) <= N_CANDIDATES * N_SPLITS + 6
    assert sum(guilty for *_, guilty in fits) <= 3


@pytest.mark.parametrize("deed", DEATHS)
def test_a_death_that_does_not_come_again_costs_nothing(deed, run, faultless):
    found, fits = run(deed, once=True)
    np.testing.assert_array_equal(found, scores(faultless))
    assert sum(guilty for *_, guilty in fits) == 2


@pytest.mark.parametrize(
    "deed", ["raise", "out of memory", "SystemExit", "KeyboardInterrupt"]
)
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_what_a_fit_raises_costs_one_evaluation_and_no_process(
    deed, backend, run, faultless
):
    with parallel_config(backend=backend):
        found, fits = run(deed)
    assert_only_one_is_lost(found, faultless)
    assert len(fits) == N_CANDIDATES * N_SPLITS
    assert len({pid for pid, *_ in fits}) <= 2


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_hang_costs_one_evaluation_and_its_limit(n_jobs, run, faultless):
    limit = 1.5
    found, fits = run("hang", n_jobs=n_jobs, fit_timeout=limit)
    assert_only_one_is_lost(found, faultless)
    assert len(fits) == N_CANDIDATES * N_SPLITS
    if n_jobs == 1:
        (i,) = (i for i, (*_, guilty) in enumerate(fits) if guilty)
        # a new process begins the next fit
        assert limit <= fits[i + 1][1] - fits[i][1] < limit + 1.5 + import_seconds()


def import_seconds():
    """How long a new process takes to import what a fit needs, twice over."""
    start = time.monotonic()
    command = "import sklearn_bayes_search, sklearn.model_selection"
    subprocess.run([sys.executable, "-c", command], check=True)
    return 2 * (time.monotonic() - start)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("fit_timeout", [None, 300])
def test_no_worker_outlives_a_parent_that_is_killed(fit_timeout, tmp_path):
    log, script = tmp_path / "log", tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path.insert(0, {str(Path(__file__).parent)!r})
            import toy_estimators as toys
            from test_faults import X, search

            estimator = toys.Logging(path={str(log)!r}, seconds=300)
            search(estimator, fit_timeout={fit_timeout}).fit(X)
            """
        )
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    try:
        while not log.exists() or len(log.read_text().split()) < 2:
            assert parent.poll() is None
            time.sleep(0.05)
        workers = {int(pid) for pid in log.read_text().split()}
        assert len(workers) == 2
        assert all(map(is_alive, workers))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    time.sleep(3)
    assert not any(map(is_alive, workers))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("fit_timeout", [None, 300])
def test_a_leaking_estimator_stays_bounded(fit_timeout):
    pytest.importorskip("psutil", reason="loky looks at memory with it only")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs")
        fitted = search(toys.Leaking(), n_iter=5, fit_timeout=fit_timeout).fit(X)
    # fifteen fits that keep 200 MB each
    assert np.isfinite(scores(fitted)).all()
    assert scores(fitted).max() < 1200


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=repr)
def test_a_score_that_is_not_finite_costs_its_evaluation(value, faultless):
    def score(estimator, X, y=None):
        odd = estimator.a == faultless.cv_results_["params"][GUILTY[0]]["a"]
        return value if odd else estimator.score(X)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores")
        warnings.filterwarnings("ignore", "invalid value", RuntimeWarning)  # inf - inf
        # what follows the first points is the model's choice
        found = search(toys.Toy(), scoring=score, n_iter=40, n_jobs=1).fit(X)
    expected = np.delete(scores(faultless), GUILTY[0], axis=0)
    np.testing.assert_array_equal(
        np.delete(scores(found)[:N_CANDIDATES], GUILTY[0], axis=0), expected
    )
    assert not np.isfinite(scores(found)[GUILTY[0]]).any()
    told = found.optimizer_.history.scores
    assert np.isnan(told[GUILTY[0]])
    assert np.isfinite(np.delete(told, GUILTY[0])).all()
