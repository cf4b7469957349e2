"""What is 0 and what is 100 on a model-tuning task.

0 is the median score of one random setting, 100 the best score known: of 2000 random
settings, of the estimator's own, and of 5 runs of 200 evaluations with this package's
optimizer. Both are measured once and then frozen in ``results/reference.json``, so that
adding a method or changing this package moves no scale.
"""

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from layout import Layout
from methods import Ours, Random
from store import RESULTS

__all__ = ["PATH", "load", "measure", "normalise", "save"]

PATH = RESULTS / "reference.json"
N_RANDOM, N_RUNS, N_EVALUATIONS = 2000, 5, 200
# Far from the seeds of the benchmark: its runs must not be among these.
FIRST_SEED = 1_000_000


def load(path: Path = PATH) -> dict[str, dict[str, float]]:
    """Read what is known, by task."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(task: str, entry: dict[str, float], path: Path = PATH) -> None:
    """Add a task; whole files only, so that an interruption loses nothing."""
    known = {**load(path), task: entry}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    text = json.dumps(dict(sorted(known.items())), indent=1, allow_nan=False)
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path)


def measure(
    task: Any,
    n_random: int = N_RANDOM,
    n_runs: int = N_RUNS,
    n_evaluations: int = N_EVALUATIONS,
) -> dict[str, float]:
    """Measure the scale of a task.

    Returns
    -------
    entry : dict
        ``median_random``; ``best_known`` and ``found_by``, how; ``best_random``;
        ``default``, the score of the estimator's own setting, absent where there is
        none; ``random_16`` and ``random_50``, the mean best of so many random settings
        on the scale; ``milliseconds`` of CPU time of an evaluation.
    """
    layout = Layout(task.space)
    drawing = Random(layout, FIRST_SEED, n_random)
    start = time.process_time()
    settings = [drawing.ask()[1] for _ in range(min(n_random, _size(layout)))]
    scores = np.array([task.objective(params) for params in settings])
    seconds = (time.process_time() - start) / len(scores)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    best = {"random": float(scores.max())}
    for run in range(n_runs):
        optimizer = Ours(layout, FIRST_SEED + run, n_evaluations, first=task.defaults)
        found = [_step(optimizer, task) for _ in range(n_evaluations)]
        best[f"ours {run}"] = float(np.nanmax(found))
    if task.defaults is not None:
        own = task.objective(task.defaults)
        best["default"] = own if math.isfinite(own) else -math.inf
    found_by = max(best, key=lambda name: best[name])
    entry = {
        "median_random": float(np.median(scores)),
        "best_known": best[found_by],
        "found_by": found_by,
        "best_random": best["random"],
        "milliseconds": round(1e3 * seconds, 1),
    }
    if math.isfinite(best.get("default", math.nan)):
        entry["default"] = best["default"]
    for n in (16, 50):
        entry[f"random_{n}"] = round(_mean_best(normalise(scores, entry), n), 1)
    return entry


def normalise(scores: Any, entry: dict[str, float]) -> np.ndarray:
    """Put scores on the scale of a task."""
    zero, hundred = entry["median_random"], entry["best_known"]
    return np.asarray(100 * (np.asarray(scores, dtype=float) - zero) / (hundred - zero))


def _size(layout: Layout) -> int:
    return int(min(layout.space.size, 1e9))


def _step(optimizer: Ours, task: Any) -> float:
    handle, params = optimizer.ask()
    score = task.objective(params)
    optimizer.tell(handle, score)
    return score


def _mean_best(normalised: np.ndarray, n: int) -> float:
    """Return the mean of the best of n draws with replacement, exactly."""
    ascending = np.clip(np.sort(normalised), -100, 100)
    share = np.arange(len(ascending) + 1) / len(ascending)
    return float(ascending @ np.diff(share**n))
