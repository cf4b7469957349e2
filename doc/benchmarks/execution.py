"""How busy workers are, what a search takes beside its fits, and its workers' memory.

Utilisation: fits sleep for 0.05 to 0.5 s, a time for each setting, drawn from a
log-uniform distribution, on 5 folds. Reported is the sum of all fit times over workers
times wall time. Beside the default stand a search that waits for a setting's last fold
before it asks for the next one, and one whose suggestions take 0.1 s.

Wall time: 60 settings on 5 folds with two workers, of fits that sleep for 100 ms and
for 10 ms, against `RandomizedSearchCV` on the same settings, which go as a list of
one-point dicts. Both have warm workers, both do not refit, and the pairs alternate.
scikit-optimize's and Optuna's searches stand beside them where they are installed.

Memory: a 200 MB array and two workers, in a new process each. Reported is the most
that a worker had for itself (USS) in a fit, so that memory maps that workers share do
not count. Needs psutil.

Run ``python doc/benchmarks/execution.py``, or with ``--repeats 1`` for a look.
"""

import argparse
import contextlib
import subprocess
import sys
import time
import warnings
from unittest import mock

import numpy as np
from joblib import parallel_config
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator
from sklearn.model_selection import RandomizedSearchCV

from sklearn_bayes_search import BayesianOptimizer, BayesSearchCV

N_FOLDS = 5
SPACE = {"x": uniform(0, 1), "rate": loguniform(1e-4, 1), "depth": list(range(1, 13))}
X = np.zeros((100, 2))


class Sleeper(BaseEstimator):
    """Sleeps instead of fitting.

    Parameters
    ----------
    x, rate, depth : float, float, int
        What is tuned.
    seconds : float or None
        How long a fit takes; None for a time that depends on ``x``.
    """

    def __init__(self, x=0.5, rate=0.1, depth=3, seconds=None):
        self.x = x
        self.rate = rate
        self.depth = depth
        self.seconds = seconds

    def fit(self, X, y=None):
        own = np.random.default_rng(int(self.x * 1e9)).uniform()
        time.sleep(0.05 * 10**own if self.seconds is None else self.seconds)
        return self

    def score(self, X, y=None):
        away = (np.log10(self.rate) + 1.5) ** 2 + (self.x - 0.7) ** 2
        return -away - 0.02 * abs(self.depth - 6)


class Weigher(Sleeper):
    """Scores the memory that its process has for itself, in MB."""

    def fit(self, X, y=None):
        self.seen_ = float(X[::1000].sum())  # touches pages of a memory map
        import psutil

        self.memory_ = psutil.Process().memory_full_info().uss / 1e6
        return self

    def score(self, X, y=None):
        return self.memory_


@contextlib.contextmanager
def slow_suggestions(seconds):
    """Let every suggestion take so long in all."""
    ask = BayesianOptimizer.ask

    def slow_ask(self):
        end = time.perf_counter() + seconds
        trial = ask(self)
        time.sleep(max(end - time.perf_counter(), 0.0))
        return trial

    with mock.patch.object(BayesianOptimizer, "ask", slow_ask):
        yield


def bayes(estimator, n_iter, seed, **options):
    """Make the search that is measured."""
    return BayesSearchCV(
        estimator,
        SPACE,
        n_iter=n_iter,
        cv=N_FOLDS,
        refit=False,
        random_state=seed,
        **options,
    )


def timed(search, data=X):
    """Return the wall time of a fit."""
    start = time.perf_counter()
    search.fit(data)
    return time.perf_counter() - start


def utilisation(backend, n_workers, n_iter, seed, ask_seconds=0.0, **options):
    """Return the part of the workers' time that fits took."""
    with (
        slow_suggestions(ask_seconds),
        parallel_config(backend=backend, n_jobs=n_workers),
    ):
        timed(bayes(Sleeper(seconds=0.01), 2, seed))  # starts the workers
        search = bayes(Sleeper(), n_iter, seed, **options)
        wall = timed(search)
    return search.folds_frame()["seconds"].sum() / (n_workers * wall)


def measure_utilisation(repeats):
    """Print how busy workers are."""
    cases = [
        ("2 processes", "loky", 2, 40, {}, 0.97),
        ("8 threads", "threading", 8, 100, {}, 0.95),
        ("8 threads, 0.1 s", "threading", 8, 100, {"ask_seconds": 0.1}, 0.90),
        ("8 threads, racing", "threading", 8, 100, {"racing": True}, 0.90),
        ("8 threads, barrier", "threading", 8, 100, {"max_pending": 1}, None),
    ]
    print(f"{'utilisation':20} {'median':>7} {'lowest':>7} {'highest':>7} {'bar':>6}")
    for name, backend, n_workers, n_iter, options, bar in cases:
        found = [
            utilisation(backend, n_workers, n_iter, seed, **options)
            for seed in range(repeats)
        ]
        middle, low, high = np.median(found), min(found), max(found)
        bar = "" if bar is None else f"{bar:.0%}"
        print(f"{name:20} {middle:7.1%} {low:7.1%} {high:7.1%} {bar:>6}", flush=True)


def peers(seconds, n_iter, seed):
    """Make the searches of other libraries that are installed."""
    fixed = {"cv": N_FOLDS, "n_jobs": 2, "refit": False, "random_state": seed}
    with contextlib.suppress(ImportError):
        import skopt

        space = {"x": (0.0, 1.0), "rate": (1e-4, 1.0, "log-uniform"), "depth": (1, 12)}
        yield (
            "scikit-optimize",
            skopt.BayesSearchCV(
                Sleeper(seconds=seconds), space, n_iter=n_iter, **fixed
            ),
        )
    with contextlib.suppress(ImportError):
        import optuna
        from optuna.integration import OptunaSearchCV

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        space = {
            "x": optuna.distributions.FloatDistribution(0, 1),
            "rate": optuna.distributions.FloatDistribution(1e-4, 1, log=True),
            "depth": optuna.distributions.IntDistribution(1, 12),
        }
        yield (
            "OptunaSearchCV",
            OptunaSearchCV(Sleeper(seconds=seconds), space, n_trials=n_iter, **fixed),
        )


def measure_time(repeats, n_iter=60):
    """Print wall times, as ratios to `RandomizedSearchCV` on the same settings."""
    for seconds, bar in ((0.1, 1.05), (0.01, 1.3)):
        timed(bayes(Sleeper(seconds=seconds), 4, 0, n_jobs=2))
        ratios = {}
        for seed in range(repeats):
            search = bayes(Sleeper(seconds=seconds), n_iter, seed, n_jobs=2)
            ours = timed(search)
            other = RandomizedSearchCV(
                Sleeper(seconds=seconds),
                [{k: [v] for k, v in p.items()} for p in search.cv_results_["params"]],
                n_iter=n_iter,
                cv=N_FOLDS,
                n_jobs=2,
                refit=False,
                random_state=seed,
            )
            theirs = timed(other)
            ratios.setdefault("this package", []).append(ours / theirs)
            if seed < 2:  # they take long
                for name, peer in peers(seconds, n_iter, seed):
                    ratios.setdefault(name, []).append(timed(peer) / theirs)
        print(f"\nwall time, fits of {1e3 * seconds:.0f} ms; bar {bar}")
        for name, found in ratios.items():
            middle, low, high = np.median(found), min(found), max(found)
            print(
                f"  {name:18} {middle:6.3f} ({low:.3f} to {high:.3f}, "
                f"{len(found)} runs)",
                flush=True,
            )


def memory(kind):
    """Search on 200 MB; give the most that a worker had for itself, in MB."""
    data = np.ones((250_000, 100))
    if kind == "bayes":
        search = bayes(Weigher(), 20, 0, n_jobs=2)
    else:
        search = RandomizedSearchCV(
            Weigher(),
            SPACE,
            n_iter=20,
            cv=N_FOLDS,
            n_jobs=2,
            refit=False,
            random_state=0,
        )
    results = search.fit(data).cv_results_
    return max(results[f"split{fold}_test_score"].max() for fold in range(N_FOLDS))


def measure_memory(repeats):
    """Print the memory of workers, each search in a process of its own."""
    found = {"bayes": [], "randomized": []}
    for _ in range(repeats):
        for kind, values in found.items():
            command = [sys.executable, __file__, "--memory", kind]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            values.append(float(done.stdout))
    print("\nmemory of a worker (USS), 200 MB of data")
    for kind, values in found.items():
        print(
            f"  {kind:10} {np.median(values):.0f} MB ({min(values):.0f} to "
            f"{max(values):.0f})"
        )
    difference = np.median(found["bayes"]) - np.median(found["randomized"])
    print(f"  difference {difference:.0f} MB; bar 50 MB")


def main():
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", choices=["bayes", "randomized"], help="used inside")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.memory:
        print(memory(arguments.memory))
        return
    measure_utilisation(arguments.repeats)
    measure_time(arguments.repeats)
    measure_memory(arguments.repeats)


if __name__ == "__main__":
    main()
