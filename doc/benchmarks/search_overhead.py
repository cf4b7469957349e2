"""What a search costs beside the fits that it makes.

Time: `BayesSearchCV` with 50 candidates, one job, against `RandomizedSearchCV` on the
same 50 candidates. A candidate's five fits sleep for 100 ms together, so that what is
left is the search's own work, and a busy machine disturbs little. `BayesSearchCV` goes
first. Its candidates then become the space of the other: a list of one-point dicts,
from which `RandomizedSearchCV` draws 50 without replacement, so that it evaluates each
of them once, in another order. Both use the same folds, and neither refits. The pairs
alternate; the median of the ratios of their wall times is reported. The bar is 1.15.
Beside it stands the ratio of sleep plus CPU time, for a busy machine: what the wall
times would be if each process had a core to itself.

Memory: each search runs alone in a new process on 80 MB of data, without sleeping, the
other on 50 random candidates. Reported is the most resident memory that the process
ever had, as the system records it. The bar is 50 MB more than `RandomizedSearchCV`; our
imports are a part of it, scikit-learn's are in both.

Run ``python doc/benchmarks/search_overhead.py``, or with ``--repeats 1`` for a look.
The memory part needs Linux or macOS.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator
from sklearn.model_selection import RandomizedSearchCV

N_CANDIDATES, N_FOLDS, SECONDS = 50, 5, 0.1
SPACE = {
    "rate": loguniform(1e-4, 1),
    "fraction": uniform(0, 1),
    "depth": list(range(1, 13)),
    "loss": ["square", "absolute", "huber"],
}


class Sleeper(BaseEstimator):
    """Has four parameters to score, and sleeps instead of fitting."""

    def __init__(self, rate=0.1, fraction=0.5, depth=3, loss="square", seconds=0.0):
        self.rate = rate
        self.fraction = fraction
        self.depth = depth
        self.loss = loss
        self.seconds = seconds

    def fit(self, X, y=None):
        time.sleep(self.seconds)
        return self

    def score(self, X, y=None):
        loss = {"square": 0.0, "absolute": 0.1, "huber": 0.05}[self.loss]
        away = (np.log10(self.rate) + 1.5) ** 2 + (self.fraction - 0.7) ** 2
        return -away - 0.02 * abs(self.depth - 6) - loss


def bayes(seed, seconds):
    """Make the search that is measured."""
    from sklearn_bayes_search import BayesSearchCV

    return BayesSearchCV(
        Sleeper(seconds=seconds),
        SPACE,
        n_iter=N_CANDIDATES,
        cv=N_FOLDS,
        refit=False,
        random_state=seed,
    )


def randomized(candidates, seed, seconds):
    """Make the search that evaluates the same candidates."""
    points = [{name: [value] for name, value in c.items()} for c in candidates]
    return RandomizedSearchCV(
        Sleeper(seconds=seconds),
        points,
        n_iter=len(points),
        cv=N_FOLDS,
        refit=False,
        random_state=seed,
    )


def timed(search, X):
    """Return the seconds of wall time and of CPU time that a fit takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    search.fit(X)
    return time.perf_counter() - wall, time.process_time() - cpu


def as_set(candidates):
    """Forget the order of candidates."""
    return {tuple(sorted(candidate.items())) for candidate in candidates}


def measure_time(repeats):
    """Print the wall times of both, pair by pair, and their ratio."""
    X = np.zeros((100, 2))
    timed(bayes(0, 0.0), X)  # the first call pays for imports
    print(f"{'seed':>4} {'bayes s':>8} {'random s':>9} {'ratio':>6} {'by CPU':>7}")
    slept = N_CANDIDATES * SECONDS
    ratios = []
    for seed in range(repeats):
        search = bayes(seed, SECONDS / N_FOLDS)
        ours, our_cpu = timed(search, X)
        candidates = search.cv_results_["params"]
        other = randomized(candidates, seed, SECONDS / N_FOLDS)
        theirs, their_cpu = timed(other, X)
        assert as_set(other.cv_results_["params"]) == as_set(candidates)
        ratio, by_cpu = ours / theirs, (slept + our_cpu) / (slept + their_cpu)
        ratios.append((ratio, by_cpu))
        print(f"{seed:4} {ours:8.2f} {theirs:9.2f} {ratio:6.3f} {by_cpu:7.3f}")
    for name, found in zip(("ratio", "by CPU"), np.transpose(ratios), strict=True):
        middle, low, high = np.median(found), found.min(), found.max()
        print(f"{name:>6}: median {middle:.3f}, {low:.3f} to {high:.3f}; bar 1.15")


def peak(kind):
    """Search on large data; give the most resident memory in MB."""
    X = np.ones((1_000_000, 10))
    if kind == "bayes":
        bayes(0, 0.0).fit(X)
    else:
        rng = np.random.default_rng(0)
        candidates = [
            {
                "rate": float(SPACE["rate"].rvs(random_state=rng)),
                "fraction": float(SPACE["fraction"].rvs(random_state=rng)),
                "depth": int(rng.integers(1, 13)),
                "loss": str(rng.choice(SPACE["loss"])),
            }
            for _ in range(N_CANDIDATES)
        ]
        randomized(candidates, 0, 0.0).fit(X)
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure_memory(repeats):
    """Print the peaks of both, each in processes of its own."""
    peaks = {"bayes": [], "randomized": []}
    for _ in range(repeats):
        for kind, found in peaks.items():
            command = [sys.executable, __file__, "--peak", kind]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(float(done.stdout))
    for kind, found in peaks.items():
        print(
            f"{kind:>10}: median {np.median(found):.1f} MB, {np.ptp(found):.1f} apart"
        )
    difference = np.median(peaks["bayes"]) - np.median(peaks["randomized"])
    print(f"difference: {difference:.1f} MB; bar 50 MB")


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peak", choices=["bayes", "randomized"], help="used inside")
    arguments = parser.parse_args()
    if arguments.peak:
        print(peak(arguments.peak))
        return
    measure_time(arguments.repeats)
    measure_memory(arguments.repeats)


if __name__ == "__main__":
    main()
