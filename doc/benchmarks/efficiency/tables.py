"""Tables of the benchmark page, as lists of rows of text; the first row is the head."""

import math
from typing import Any

import numpy as np
import reference
import synthetic
import tasks
from analysis import Comparison, Results, first_reaching, mean_and_error
from methods import OURS, PEERS, VARIANTS
from pictures import LABELS

__all__ = [
    "ablation",
    "by_task",
    "cpu_time",
    "main_table",
    "reaching",
    "regrets",
    "synthetic_labels",
    "task_list",
    "versions",
]

Rows = list[list[str]]
AT = (16, 25, 50)
REGRETS_AT = (30, 50)
# Versions that disturb, and what is to be reached in spite of them.
TARGETS = {"branin": 1e-2, "hartmann6": 1e-1}
DISTURBED = ("blown_up", "failing", "plateau")
ABLATION_REGRETS = (("branin", 30), ("hartmann6", 50), ("ackley5", 50))


def with_error(mean_error: tuple[float, float], *, sign: bool = False) -> str:
    """Write a mean and its standard error."""
    mean, error = mean_error
    text = f"{mean:+.1f}" if sign else f"{mean:.1f}"
    return text if math.isnan(error) else f"{text} ± {error:.1f}"


def count(n: float, most: int) -> str:
    """Write a number of evaluations."""
    return f"> {most}" if math.isinf(n) else f"{n:.0f}"


def short(x: float) -> str:
    """Write a regret."""
    return "–" if not math.isfinite(x) else f"{x:.2g}"


def main_table(comparison: Comparison) -> Rows:
    """Compare methods on model-tuning tasks."""
    n_last = tasks.N_EVALUATIONS
    head = ["method", *(f"score at {n}" for n in AT)]
    head += [f"ours ahead at {n}" for n in AT]
    head += [f"mean rank at {n}" for n in AT]
    head += ["ours needs, by task", "ours needs, on the mean", "ms per suggestion"]
    ranks = [comparison.mean_ranks(n) for n in AT]
    rows = [head]
    for label in comparison.labels:
        row = [LABELS[label]]
        row += [with_error(comparison.mean(label, n)) for n in AT]
        if label == OURS:
            row += ["–"] * len(AT)
        else:
            row += [with_error(comparison.ahead(label, n), sign=True) for n in AT]
        row += [f"{of_method[label]:.2f}" for of_method in ranks]
        if label == OURS:
            row += ["–", "–"]
        else:
            row += [count(n, n_last) for n in comparison.needed(label)]
        row.append(f"{1e3 * comparison.seconds(label):.2g}")
        rows.append(row)
    return rows


def by_task(comparison: Comparison) -> Rows:
    """Show the normalised score after all evaluations, by task."""
    rows = [["task", *(LABELS[label] for label in comparison.labels)]]
    for index, name in enumerate(comparison.tasks):
        last = [comparison.medians[label][index, -1] for label in comparison.labels]
        rows.append([name, *(f"{x:.1f}" for x in last)])
    return rows


def task_list(results: Results) -> Rows:
    """Describe all model-tuning tasks."""
    head = ["task", "family", "group", "parameters", "metric", "folds"]
    head += ["random", "own setting", "best known", "random at 50", "ms"]
    rows = [head]
    for name, task in tasks.TASKS.items():
        scale = results.scales.get(name)
        if scale is None:
            continue
        branches = task.space if isinstance(task.space, list) else [task.space]
        varying = {
            key
            for branch in branches
            for key, values in branch.items()
            if not isinstance(values, list) or len(values) > 1
        }
        own = scale.get("default", math.nan)
        rows.append(
            [
                name,
                task.family,
                task.group,
                str(len(varying) + (len(branches) > 1)),
                task.metric,
                str(task.n_folds),
                f"{scale['median_random']:.4g}",
                "–" if math.isnan(own) else f"{reference.normalise(own, scale):.0f}",
                f"{scale['best_known']:.4g}",
                f"{scale['random_50']:.0f}",
                f"{scale['milliseconds']:.0f}",
            ]
        )
    return rows


def synthetic_labels(results: Results) -> list[str]:
    """Name the methods that have runs on synthetic tasks which ours has."""
    there = [name for name in synthetic.TASKS if results.runs(OURS, name)]
    return [
        label
        for label in (OURS, *PEERS)
        if any(results.runs(label, name) for name in there)
    ]


def regrets(results: Results, labels: list[str], version: str) -> Rows:
    """Show median regrets with quartiles for all functions of a version."""
    rows = [["function", "evaluations", *(LABELS[label] for label in labels)]]
    for name, task in synthetic.TASKS.items():
        if task.version != version or not results.runs(OURS, name):
            continue
        stops = sorted({*(n for n in REGRETS_AT if n < task.n_evaluations)})
        for n in [*stops, task.n_evaluations]:
            row = [name.removesuffix(f"_{version}"), str(n)]
            for label in labels:
                found = results.regrets(label, name)[:, n - 1]
                if len(found) == 0:
                    row.append("")
                    continue
                q1, median, q3 = np.quantile(found, [0.25, 0.5, 0.75], method="nearest")
                row.append(f"{short(median)} ({short(q1)} – {short(q3)})")
            rows.append(row)
    return rows


def reaching(results: Results, labels: list[str]) -> Rows:
    """Show how many evaluations a regret takes, clean and disturbed."""
    head = ["function", "regret", "version", *(LABELS[label] for label in labels)]
    rows = [head]
    for name, target in TARGETS.items():
        n_last = synthetic.TASKS[name].n_evaluations
        clean = {label: _median_reaching(results, label, name) for label in labels}
        if not results.runs(OURS, name):
            continue
        texts = [count(clean[label], n_last) for label in labels]
        rows.append([name, f"{target:g}", "clean, evaluations", *texts])
        for version in DISTURBED:
            full = f"{name}_{version}"
            if not results.runs(OURS, full):
                continue
            row = [name, f"{target:g}", f"{version.replace('_', ' ')}, ratio"]
            for label in labels:
                n = _median_reaching(results, label, full)
                ratio = _ratio(n, clean[label], n_last)
                row.append(ratio if results.runs(label, full) else "")
            rows.append(row)
    return rows


def _median_reaching(results: Results, label: str, task: str) -> float:
    target = TARGETS[task.partition("_")[0]]
    found = [
        first_reaching(curve, target, falling=True)
        for curve in results.regrets(label, task)
    ]
    return float(np.quantile(found, 0.5, method="inverted_cdf")) if found else math.inf


def _ratio(n: float, clean: float, n_last: int) -> str:
    if math.isinf(clean):
        return "–" if math.isinf(n) else "< 1"
    return f"> {n_last / clean:.1f}" if math.isinf(n) else f"{n / clean:.2f}"


def ablation(results: Results) -> Rows:
    """Compare variants of this package with it: one row each, this package first.

    The change of the normalised score is that of the mean over runs, paired by task;
    regrets are medians.
    """
    head = ["what is changed", "tasks", *(f"change at {n}" for n in AT)]
    head += [f"regret of {name} at {n}" for name, n in ABLATION_REGRETS]
    rows = [
        head,
        ["nothing", *["–"] * (1 + len(AT)), *_ablation_regrets(results, OURS)],
    ]
    for variant in results.variants():
        name = variant.partition("/")[2]
        both = [
            task
            for task in results.scales
            if results.runs(OURS, task) and results.runs(variant, task)
        ]
        changes: list[Any] = [
            results.curves(variant, task).mean(axis=0)
            - results.curves(OURS, task).mean(axis=0)
            for task in both
        ]
        row = [VARIANTS[name].words if name in VARIANTS else name, str(len(both))]
        for n in AT:
            found = np.array([change[n - 1] for change in changes])
            text = with_error(mean_and_error(found), sign=True) if both else "–"
            row.append(text)
        rows.append([*row, *_ablation_regrets(results, variant)])
    return rows


def _ablation_regrets(results: Results, method: str) -> list[str]:
    cells = []
    for name, n in ABLATION_REGRETS:
        found = results.regrets(method, name)[:, n - 1]
        cells.append(short(float(np.median(found))) if len(found) else "–")
    return cells


def cpu_time(times: dict[str, dict[str, float]]) -> Rows:
    """Show milliseconds of CPU time per suggestion."""
    sizes = sorted({int(n) for row in times.values() for n in row})
    rows = [["method", *(f"n = {n}" for n in sizes)]]
    for label in (OURS, *PEERS):
        if label in times:
            cells = [times[label].get(str(n)) for n in sizes]
            texts = ["–" if x is None else f"{1e3 * x:.3g}" for x in cells]
            rows.append([LABELS[label], *texts])
    return rows


def versions(results: Results) -> Rows:
    """Show what was measured, or why it was not."""
    rows = [["package", "version"]]
    found: dict[str, set[str]] = {}
    for method in results.store.methods():
        for name, version in results.store.versions(method).items():
            found.setdefault(name, set()).add(version)
    rows += [[name, ", ".join(sorted(found[name]))] for name in found]
    return rows
