"""Time of one Gaussian process fit, beside scikit-learn's.

Fits the same points of a smooth noisy function of six variables with scikit-learn's
`GaussianProcessRegressor` (one length scale a variable, Matern-5/2, white noise, two
restarts: what a Bayesian search built on it would use) and with this package's
`GaussianProcess` in three ways:

- cold: a new object;
- warm: an object that holds an earlier fit and searches hyper-parameters again;
- kept: an object fitted to all points but one, in the fits above 100 points in which
  it keeps its hyper-parameters and appends the new point.

Everything runs in one process on one BLAS thread, and the measurements take turns, so
that a slow moment of the machine hits all of them. The table shows medians, in
milliseconds of wall time and of CPU time, and how many times faster than scikit-learn
each is by CPU time. The bar is 10 times for a cold and 30 times for a warm fit at 100
points.

Run ``python doc/benchmarks/gp_fit.py``, or with ``--sizes 20 50`` for a quick look.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits

from sklearn_bayes_search.optimizer.surrogate import GaussianProcess
from sklearn_bayes_search.space._dims import Dims

N_DIMS = 6
DIMS = Dims.all_continuous(N_DIMS)


def make_data(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw ``n`` points and standardised scores with 5 % noise."""
    rng = np.random.default_rng(seed)
    U = rng.random((n, N_DIMS))
    y = np.sin(5 * U[:, 0]) * np.cos(3 * U[:, 1]) + U[:, 2] ** 2
    y -= 2 * (U[:, 3] - 0.3) ** 2
    y += 0.05 * y.std() * rng.normal(size=n)
    return U, (y - y.mean()) / y.std()


def fit_ours(gp: GaussianProcess, U: np.ndarray, y: np.ndarray) -> GaussianProcess:
    """Fit without known noise."""
    return gp.fit(U, y, noise=np.zeros(len(y)), dims=DIMS, rng=np.random.default_rng(0))


def fit_sklearn(U: np.ndarray, y: np.ndarray) -> None:
    """Fit the regressor that a search built on scikit-learn would use."""
    kernel = ConstantKernel() * Matern([1.0] * N_DIMS, nu=2.5) + WhiteKernel()
    gpr = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=0)
    with warnings.catch_warnings():
        # Irrelevant variables take its length scales to their bounds.
        warnings.simplefilter("ignore", ConvergenceWarning)
        gpr.fit(U, y)


def earlier_sizes(n: int) -> list[int]:
    """Sizes to fit before ``n`` so that hyper-parameters are searched again at it."""
    if n <= 100:
        return [n - 1]
    return [n - 2, n - 1] if n <= 200 else [int(n / 1.05)]


def measure(n: int, seed: int) -> dict[str, tuple[float, float]]:
    """Time each way to fit once, in turn: wall and CPU seconds."""
    U, y = make_data(n, seed)
    warm = GaussianProcess()
    for size in earlier_sizes(n):
        fit_ours(warm, U[:size], y[:size])
    ways: dict[str, Callable[[], object]] = {
        "sklearn": lambda: fit_sklearn(U, y),
        "cold": lambda: fit_ours(GaussianProcess(), U, y),
        "warm": lambda: fit_ours(warm, U, y),
    }
    if n > 100:
        kept = fit_ours(GaussianProcess(), U[:-1], y[:-1])
        ways["kept"] = lambda: fit_ours(kept, U, y)
    times = {}
    for name, run in ways.items():
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        times[name] = time.perf_counter() - wall, time.process_time() - cpu
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 50, 100, 200, 500])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{'n':>5} {'fit':>8} {'wall ms':>9} {'CPU ms':>9} {'ratio':>7}")
    with threadpool_limits(1):
        measure(10, 0)  # The first call pays for imports and page faults.
        for n in arguments.sizes:
            runs = [measure(n, seed) for seed in range(arguments.repeats)]
            medians = {
                name: 1e3 * np.median([run[name] for run in runs], axis=0)
                for name in runs[0]
            }
            for name, (wall, cpu) in medians.items():
                ratio = medians["sklearn"][1] / cpu
                print(f"{n:5} {name:>8} {wall:9.1f} {cpu:9.1f} {ratio:7.1f}")


if __name__ == "__main__":
    main()
