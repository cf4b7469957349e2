"""How many fits racing and stopping save, and what they lose.

``python doc/benchmarks/fewer_fits.py`` runs searches of 100 candidates on twelve
model-tuning tasks, half of them on 10 folds, and 20 seeds each, with and without
racing, and prints three tables: racing within the search, rules that race the folds of
the same candidates, and stopping rules. ``--seeds 2`` is for a look, ``--cache``
keeps what was run.
"""

import argparse
import dataclasses
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent / "efficiency"))

import numpy as np
from joblib import Memory, Parallel, delayed
from scipy import stats
from tasks import TASKS
from threadpoolctl import threadpool_limits

from sklearn_bayes_search import BayesianOptimizer, ExpectedGain, FoldRacing
from sklearn_bayes_search.execution._stopping._expected_gain import least_step
from sklearn_bayes_search.results._folds import FoldModel, error_factor

# Tasks by which no constant of the package was chosen, with their number of folds.
REPORT = {
    "svr_diabetes": 5,
    "svc_kernel_cancer": 10,
    "tree_regressor_diabetes": 10,
    "knn_wine": 10,
    "forest_wine": 5,
    "adaboost_cancer": 5,
    "adam_regressor_alcohol": 5,
    "sgd_regressor_alcohol": 10,
    "ridge_diabetes": 5,
    "elastic_net_alcohol": 10,
    "pca_logistic_wine": 5,
    "classifiers_cancer": 5,
}
# Those by which they were.
TUNE = {
    "svr_alcohol": 5,
    "tree_cancer": 5,
    "knn_regressor_alcohol": 10,
    "adam_iris": 5,
    "lasso_alcohol": 10,
    "logistic_sgd_wine": 5,
    "boosting_regressor_alcohol": 10,
    "select_svr_diabetes": 10,
}
N_CANDIDATES, N_COMPARED = 100, 40
N_RACED = 90


def search(name, n_folds, seed, racing, n_candidates):
    """Run a search as `BayesSearchCV` does with one job; score every fold.

    Returns the scores of all folds, shape (n_candidates, n_folds), how many the search
    asked for, shape (n_candidates,), and without racing the expected gains before each
    candidate.
    """
    task = dataclasses.replace(TASKS[name], n_folds=n_folds)
    first = None if task.defaults is None else [task.defaults]
    optimizer = BayesianOptimizer(
        task.space, initial_points=first, n_iter=N_CANDIDATES, random_state=seed
    )
    table, n_run, gains = np.empty((0, n_folds)), [], []
    with threadpool_limits(1):
        for number in range(n_candidates):
            if racing is None:
                gains.append(optimizer.expected_gain())
            trial = optimizer.ask()
            scores = task.fold_scores(dict(trial.params))
            estimate, n = float(scores.mean()), n_folds
            noise, known = 0.0, scores
            if racing is not None:
                complete = table[np.array(n_run) == n_folds] if n_run else table
                complete = complete[np.isfinite(complete).all(axis=1)]
                found, n = decide(racing, complete, scores, number)
                if found is not None:
                    estimate, noise = found
                    known = np.full(n_folds, np.nan)
                    order = racing._order(number, n_folds)[:n]
                    known[order] = scores[order]
            optimizer.tell(trial, estimate, noise=noise, folds=known)
            table = np.vstack([table, scores])
            n_run.append(n)
    return table, np.array(n_run), np.array(gains), optimizer.n_initial_points


def decide(racing, complete, scores, number):
    """Return what is told of a paused candidate, or None, and after how many folds."""
    n_folds = len(scores)
    order = racing._order(number, n_folds)
    for n in range(1, n_folds):
        seen = np.zeros(n_folds, dtype=bool)
        seen[order[:n]] = True
        known = np.where(seen, scores, np.nan)
        estimate = racing._judge(complete, known, seen)
        if estimate is not None:
            return estimate, n
    return None, n_folds


def end(racing, table, n_run):
    """Return the best score and the number of fits if the search ended now."""
    n_folds = table.shape[1]
    n_run = n_run.copy()
    while True:
        complete = table[n_run == n_folds]
        complete = complete[np.isfinite(complete).all(axis=1)]
        if len(complete) < 2:
            break
        paused = []
        for number in np.flatnonzero(n_run < n_folds):
            known = np.full(n_folds, np.nan)
            order = racing._order(number, n_folds)[: n_run[number]]
            known[order] = table[number, order]
            if np.isfinite(known[order]).all():
                paused.append((number, known))
        chosen = racing._resume(complete, np.array([k for _, k in paused]), 1)
        if not chosen:
            break
        n_run[paused[chosen[0]][0]] += 1
    complete = table[n_run == n_folds].mean(axis=1)
    return np.nanmax(complete, initial=-np.inf), int(n_run.sum())


class Stops:
    """A rule that ends candidates for good, by their folds and the best one's."""

    min_complete = 1
    _order = staticmethod(FoldRacing._order)

    def _judge(self, complete, scores, seen):
        """Return an estimate where the rule ends the candidate, as `FoldRacing`."""
        if len(complete) < self.min_complete:
            return None
        best = complete[complete.mean(axis=1).argmax()]
        known = scores[seen]
        ends = not np.isfinite(known).all() or self.ends(known, best[seen], best)
        return (float(known.mean()), 0.0) if ends else None

    def _resume(self, complete, paused, n_most):
        """Nothing is resumed."""
        return []


class Aggressive(Stops):
    """Bergman et al. (2024): below the best's mean over all its folds."""

    def ends(self, known, common, best):
        return known.mean() < best.mean()


class Forgiving(Stops):
    """Bergman et al. (2024): below the best's worst fold."""

    def ends(self, known, common, best):
        return known.mean() < best.min()


class Wilcoxon(Stops):
    """Optuna's WilcoxonPruner, p = 0.1, with its default of two folds at least."""

    def ends(self, known, common, best):
        difference = known - common
        if len(difference) < 2 or difference.mean() > 0:
            return False
        test = stats.wilcoxon(
            difference, alternative="less", zero_method="zsplit", method="auto"
        )
        return test.pvalue < 0.1


def replay(rule, table):
    """Race the folds of given candidates, as a search would.

    Returns the share of fits, whether the best candidate was lost, and how much worse
    the winner is, in deviations of the interaction of candidate and fold.
    """
    n_folds = table.shape[1]
    n_run = np.zeros(len(table), dtype=int)
    for number, scores in enumerate(table):
        complete = table[:number][n_run[:number] == n_folds]
        complete = complete[np.isfinite(complete).all(axis=1)]
        n_run[number] = decide(rule, complete, scores, number)[1]
    best, n_fits = end(rule, table, n_run)
    whole = table[np.isfinite(table).all(axis=1)]
    loss = whole.mean(axis=1).max() - best
    return n_fits / table.size, loss > 1e-12, loss / deviation(table)


RULES = {
    "this package": FoldRacing(),
    "aggressive": Aggressive(),
    "forgiving": Forgiving(),
    "Wilcoxon, p < 0.1": Wilcoxon(),
}


def table_of_rules(tables):
    """Print what rules spend and lose on the same 40 candidates."""
    print("\nsame 40 candidates: share of fits (median over the tasks, most),")
    print("best lost, worse by more than one deviation (means over the tasks)")
    for name, rule in RULES.items():
        rows = []
        for of_task in tables.values():
            found = [replay(rule, table[:N_COMPARED]) for table in of_task]
            share, lost, loss = np.array(found, dtype=float).T
            rows.append([share.mean(), lost.mean(), (loss > 1).mean()])
        share, lost, worse = np.array(rows).T
        print(
            f"  {name:18} {np.median(share):.2f} {share.max():.2f} "
            f"{lost.mean():6.1%} {worse.mean():6.1%}",
            flush=True,
        )


def curve(racing, table, n_run, budgets):
    """Return the best score if the search ended when it had spent so many fits."""
    spent, best = [], []
    for n in range(2, len(table) + 1):
        score, n_fits = end(racing, table[:n], n_run[:n])
        spent.append(n_fits)
        best.append(score)
    order = np.argsort(spent, kind="stable")
    spent, best = np.array(spent)[order], np.maximum.accumulate(np.array(best)[order])
    at = np.searchsorted(spent, budgets, side="right") - 1
    return np.where(at >= 0, best[at], -np.inf)


def table_of_racing(plain, raced):
    """Print after what share of the fits racing is as good as 40 candidates without."""
    print(
        "\nracing in the search: share of the fits after which the mean over the seeds"
    )
    print(f"is that of {N_COMPARED} candidates without racing, and within a tenth of a")
    print("deviation of the interaction, 9 where it never was; and how far it is above")
    print(f"after 0.75 of them, as a share of what {N_COMPARED} candidates gain on 8")
    steps = np.arange(0.2, 1.5, 0.01)
    rows, leads = [], []
    for name, tables in plain.items():
        best = np.array([np.nanmax(t[:N_COMPARED].mean(axis=1)) for t in tables])
        first = np.array([np.nanmax(table[:8].mean(axis=1)) for table in tables])
        sd = np.mean([deviation(table) for table in tables])
        n_folds = tables[0].shape[1]
        budgets = steps * N_COMPARED * n_folds
        curves = Parallel(2)(
            delayed(curve)(FoldRacing(), *of_seed, budgets) for of_seed in raced[name]
        )
        shares = []
        for goal in (best.mean(), best.mean() - 0.1 * sd):
            reached = np.mean(curves, axis=0) >= goal - 1e-12
            shares.append(steps[reached.argmax()] if reached.any() else 9.0)
        rows.append(shares)
        then = np.array(curves)[:, np.searchsorted(steps, 0.75 - 1e-9)]
        lead = (then - best) / (best - first).mean()
        leads.append((lead.mean(), lead.var(ddof=1) / len(lead)))
        print(
            f"  {name:28} {n_folds:2} folds {shares[0]:.2f} {shares[1]:.2f} "
            f"{lead.mean():+.2f}",
            flush=True,
        )
    print("  median", *(f"{share:.2f}" for share in np.median(rows, axis=0)))
    lead, variance = np.mean(leads, axis=0)
    print(f"  mean {lead:+.3f}, its error {np.sqrt(variance / len(leads)):.3f}")


def table_of_stopping(runs):
    """Print what `ExpectedGain` saves of 100 candidates, and what that costs."""
    rule = ExpectedGain()
    print("\nExpectedGain at n_iter=100: saved, loss in deviations of the interaction")
    rows = []
    for name, of_task in runs.items():
        found = []
        for table, _, gains, n_first in of_task:
            n = stops_at(rule, table, gains, n_first)
            means = table.mean(axis=1)
            loss = np.nanmax(means) - np.nanmax(means[:n])
            found.append((1 - n / len(table), loss / deviation(table)))
        rows += found
        saved, loss = np.array(found).T
        print(f"  {name:28} {saved.mean():5.0%} {np.median(loss):6.2f}")
    saved, loss = np.array(rows).T
    print(
        f"  all {saved.mean():.0%} (median {np.median(saved):.0%}), loss: median ",
        end="",
    )
    print(
        f"{np.median(loss):.2f}, mean {loss.mean():.2f}, > 1: {(loss > 1).mean():.0%}"
    )


def stops_at(rule, table, gains, n_first):
    """Return after how many candidates the rule would have stopped."""
    for n in range(n_first + rule.n_more, len(table)):
        told = finite(table[:n])
        rounding = 1e-12 * np.abs(told).max()
        noise = FoldModel.fit(told).variance ** 0.5 * error_factor(told.shape[1])
        if gains[n] <= rule.fraction * max(noise, least_step(told, rounding)):
            return n
    return len(table)


def deviation(table):
    """Return the deviation of a mean over the folds by the interaction, above 0."""
    variance = FoldModel.fit(finite(table)).variance
    return max(np.sqrt(variance / table.shape[1]), 1e-300)


def finite(table):
    """Return the candidates without a failed fold."""
    return table[np.isfinite(table).all(axis=1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cache", help="folder")
    parser.add_argument("--tune", action="store_true", help="the tasks of the choices")
    arguments = parser.parse_args()
    specs = TUNE if arguments.tune else REPORT
    run = Memory(arguments.cache, verbose=0).cache(search)

    def run_all(racing, n_candidates):
        keys = [(*spec, s) for s in range(arguments.seeds) for spec in specs.items()]
        found = Parallel(2)(delayed(run)(*key, racing, n_candidates) for key in keys)
        by_task = {}
        for (name, *_), result in zip(keys, found, strict=True):
            by_task.setdefault(name, []).append(result)
        return by_task

    plain = run_all(None, N_CANDIDATES)
    tables = {name: [table for table, *_ in found] for name, found in plain.items()}
    table_of_stopping(plain)
    table_of_rules(tables)
    raced = run_all(FoldRacing(), N_RACED)
    counts = {name: [found[:2] for found in of_task] for name, of_task in raced.items()}
    table_of_racing(tables, counts)


if __name__ == "__main__":
    main()
