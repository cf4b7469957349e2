"""CPU time of one suggestion: tell a score, ask for the next setting.

All methods hold the same n evaluations of a smooth function of six variables, on one
thread. Then up to thirty suggestions are timed, and their mean is taken: some methods
do not fit their model anew for every one, SMAC once in eight, this package's beyond
100 points when there are 5 % more. The median of up to five such means is kept.
Results are in ``results/cpu.json``, by method and n.
"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from layout import Layout
from methods import METHODS, OURS, PEERS
from synthetic import FUNCTIONS
from threadpoolctl import threadpool_limits

__all__ = ["NAME", "load", "measure", "measure_all", "names"]

NAME = "cpu.json"
SIZES = (20, 50, 100, 200, 500, 1000)
# At least eight, and then until there are thirty or the seconds are over.
N_TIMED, FEWEST_TIMED, SECONDS = 30, 8, 20.0
N_REPEATED = 5
# Said to be all that is to come, which makes initial designs short.
N_TO_COME = 4
# A method whose suggestion takes longer is not asked with more points.
TOO_LONG = 10.0


def names() -> list[str]:
    """Name what is timed: this package and its peers, without chance."""
    return [OURS, *(name for name in PEERS if name != "random")]


def measure(method: str, n: int) -> float:
    """Return the mean CPU seconds of a suggestion when n points are known."""
    function = FUNCTIONS["hartmann6"]
    layout = Layout(function.space)
    rng = np.random.default_rng(n)
    keys = sorted(function.space)
    settings = [dict(zip(keys, x, strict=True)) for x in rng.random((n, 6)).tolist()]
    scores = [-float(function.value(params)) for params in settings]
    seconds = 0.0
    with threadpool_limits(limits=1):
        search = METHODS[method].make(layout, 0, N_TO_COME)
        search.preload(settings, scores)
        handle, params = search.ask()  # pays for imports and for what was preloaded
        for count in range(1, N_TIMED + 1):
            score = -float(function.value(params))
            start = time.process_time()
            search.tell(handle, score)
            handle, params = search.ask()
            seconds += time.process_time() - start
            if count >= FEWEST_TIMED and seconds > SECONDS:
                break
    return seconds / count


def typical(method: str, n: int) -> float:
    """Return the median of several measurements, for the clock's pace varies."""
    start, found = time.monotonic(), []
    while len(found) < N_REPEATED:
        found.append(measure(method, n))
        if time.monotonic() - start > SECONDS:
            break
    return float(np.median(found))


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what is known, by method and number of points."""
    path = folder / NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def measure_all(chosen: list[str], folder: Path, deadline: float | None) -> None:
    """Measure what is not known, one after the other, and print it."""
    for n in SIZES:
        for name in chosen:
            known = load(folder)
            row = known.setdefault(name, {})
            slow = max((x for x in row.values()), default=0.0) > TOO_LONG
            if METHODS[name].missing or str(n) in row or slow:
                continue
            if deadline is not None and time.monotonic() > deadline:
                print("The time is over; start again to go on.")
                return
            row[str(n)] = round(typical(name, n), 5)
            print(f"{name}, {n} points: {1e3 * row[str(n)]:.1f} ms")
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(known, indent=1, sort_keys=True)
            (folder / NAME).write_text(text + "\n", encoding="utf-8")
