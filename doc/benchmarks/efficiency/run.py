"""Run what is missing in the store of results.

``python run.py`` runs all methods on all tasks; ``--methods``, ``--tasks`` and
``--seeds`` choose. Every run is appended to the store as it ends, so that this may be
interrupted at any moment and started again. ``--store-as ours/<variant>`` stores one
method under another name: a change of this package's code becomes a row of the
ablation. ``--reference`` measures the scales of the model-tuning tasks, ``--cpu`` the
CPU time per suggestion. ``page.py`` then makes the page of the documentation from the
store.
"""

import argparse
import fnmatch
import time
from collections.abc import Iterator
from typing import Any

import cpu
import methods
import reference
import synthetic
import tasks
from joblib import Parallel, delayed
from store import RESULTS, Store

TASKS = {**tasks.TASKS, **synthetic.TASKS}


def chosen(names: Any, patterns: list[str] | None) -> list[str]:
    """Return the names that match; an error for a pattern that matches none."""
    if patterns is None:
        return list(names)
    found = []
    for pattern in patterns:
        matching = fnmatch.filter(names, pattern)
        if not matching:
            raise SystemExit(f"Nothing matches {pattern!r}. There are {list(names)}.")
        found += [name for name in matching if name not in found]
    return found


def run_one(method: str, task: str, seed: int) -> tuple[str, str, int, dict[str, Any]]:
    """Run in a worker."""
    return method, task, seed, methods.run(methods.METHODS[method], TASKS[task], seed)


def missing(
    store: Store,
    names: dict[str, str],
    of_tasks: list[str],
    n_seeds: int,
    *,
    retry: bool,
) -> Iterator[tuple[str, str, int]]:
    """Return the runs to make: seed by seed, so that every method gets its share.

    ``names`` maps methods to their names in the store.
    """
    done = {}
    for name, stored in names.items():
        runs = store.runs(stored)
        done[name] = {
            key for key, run in runs.items() if not retry or _is_whole(run["status"])
        }
    for seed in range(n_seeds):
        for task in of_tasks:
            for name in names:
                if not methods.METHODS[name].applies_to(TASKS[task]):
                    continue
                if (task, seed) not in done[name]:
                    yield name, task, seed


def _is_whole(status: str) -> bool:
    return status in ("ok", "exhausted")


def before(deadline: float | None, items: Any) -> Iterator[Any]:
    """Stop giving items at a time."""
    for item in items:
        if deadline is not None and time.monotonic() > deadline:
            print("The time is over; start again to go on.")
            return
        yield item


def in_parallel(calls: Any, n_jobs: int) -> Any:
    """Return results as they come; nothing is begun that no worker is free for."""
    return Parallel(n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs")(
        calls
    )


def run_searches(options: Any, deadline: float | None) -> None:
    """Run what is missing."""
    store = Store(options.store)
    names = {}
    wanted = chosen(methods.METHODS, options.methods)
    if options.store_as is not None and len(wanted) > 1:
        raise SystemExit(f"--store-as names one method. Got {wanted}.")
    for name in wanted:
        reason = methods.METHODS[name].missing
        if reason is None:
            names[name] = options.store_as or name
        else:
            print(f"{name} is left out: {reason}.")
            store.state_skipped(name, reason)
    of_tasks = [
        name
        for name in chosen(TASKS, options.tasks)
        if options.group is None or TASKS[name].group in options.group
    ]
    todo = list(missing(store, names, of_tasks, options.seeds, retry=options.retry))
    print(f"{len(todo)} runs to make.")
    calls = (delayed(run_one)(*key) for key in before(deadline, todo))
    stated = set()
    start = time.monotonic()
    for count, (name, task, seed, record) in enumerate(
        in_parallel(calls, options.jobs), 1
    ):
        if name not in stated:
            store.state_versions(names[name])
            stated.add(name)
        store.add(names[name], task, seed, record)
        if not _is_whole(record["status"]):
            print(f"{name} on {task}, seed {seed}: {record['status']}")
        if count % 50 == 0:
            print(f"{count} of {len(todo)} in {time.monotonic() - start:.0f} s")


def measure_one(task: str) -> tuple[str, dict[str, float]]:
    """Measure the scale of a task in a worker."""
    return task, reference.measure(TASKS[task])


def measure_scales(options: Any, deadline: float | None) -> None:
    """Measure the scales that are not known."""
    path = Store(options.store).folder / reference.PATH.name
    known = reference.load(path)
    todo = [name for name in chosen(tasks.TASKS, options.tasks) if name not in known]
    print(f"{len(todo)} scales to measure.")
    calls = (delayed(measure_one)(name) for name in before(deadline, todo))
    for name, entry in in_parallel(calls, options.jobs):
        reference.save(name, entry, path)
        print(f"{name}: {entry}")


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--methods", nargs="+", help="names or patterns like 'ours*'")
    parser.add_argument("--tasks", nargs="+", help="names or patterns like 'branin*'")
    parser.add_argument(
        "--group", nargs="+", choices=["tune", "report", "synthetic"], help="of tasks"
    )
    parser.add_argument("--seeds", type=int, default=5, help="runs of each pair")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--time-limit", type=float, help="seconds; begun runs end")
    parser.add_argument("--retry", action="store_true", help="runs that failed, too")
    parser.add_argument("--store", default=RESULTS, help="folder of the results")
    parser.add_argument("--store-as", help="other name in the store, of one method")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--reference", action="store_true", help="measure the scales")
    what.add_argument("--cpu", action="store_true", help="measure CPU time")
    options = parser.parse_args()
    deadline = None
    if options.time_limit is not None:
        deadline = time.monotonic() + options.time_limit
    if options.reference:
        measure_scales(options, deadline)
    elif options.cpu:
        names = chosen(cpu.names(), options.methods)
        cpu.measure_all(names, Store(options.store).folder, deadline)
    else:
        run_searches(options, deadline)


if __name__ == "__main__":
    main()
