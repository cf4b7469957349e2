"""Pictures of the benchmark page."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import synthetic
from analysis import Comparison, Results
from matplotlib.figure import Figure
from methods import OURS

__all__ = ["LABELS", "draw_curves", "draw_families", "draw_front", "draw_regrets"]

LABELS = {
    "ours": "sklearn_bayes_search",
    "random": "random search",
    "optuna_tpe": "Optuna TPE",
    "optuna_gp": "Optuna GP",
    "skopt": "scikit-optimize",
    "hyperopt": "Hyperopt TPE",
    "smac": "SMAC",
    "hebo": "HEBO",
}
# Okabe and Ito's colours, which most colour-blind readers can tell apart; with a line
# style and a marker of their own.
STYLES: dict[str, dict[str, Any]] = {
    "ours": {"color": "#000000", "linestyle": "-", "marker": "o"},
    "random": {"color": "#999999", "linestyle": ":", "marker": "."},
    "optuna_tpe": {"color": "#0072B2", "linestyle": "--", "marker": "s"},
    "optuna_gp": {"color": "#56B4E9", "linestyle": "-", "marker": "D"},
    "skopt": {"color": "#D55E00", "linestyle": "-.", "marker": "^"},
    "hyperopt": {"color": "#009E73", "linestyle": "--", "marker": "v"},
    "smac": {"color": "#CC79A7", "linestyle": "-.", "marker": "P"},
    "hebo": {"color": "#E69F00", "linestyle": "-", "marker": "X"},
}


def _line(label: str) -> dict[str, Any]:
    style = {k: v for k, v in STYLES[label].items() if k != "marker"}
    front = {"linewidth": 2.6, "zorder": 3} if label == OURS else {"linewidth": 1.6}
    return {**style, **front, "label": LABELS[label]}


def _save(figure: Figure, path: Path) -> None:
    # fixed metadata and ids: the same results give the same file
    with matplotlib.rc_context({"svg.hashsalt": "benchmarks"}):
        figure.savefig(path, dpi=150, metadata={"Software": None})


def draw_curves(comparison: Comparison, path: Path) -> None:
    """Draw the mean normalised score against the number of evaluations."""
    figure = Figure(figsize=(7.5, 4.8), layout="constrained")
    ax = figure.subplots()
    lowest = 100.0
    for label in comparison.labels:
        curve = comparison.medians[label].mean(axis=0)
        ax.plot(np.arange(1, len(curve) + 1), curve, **_line(label))
        lowest = min(lowest, curve[min(4, len(curve) - 1)])
    ax.set(
        xlabel="evaluations",
        ylabel="mean normalised score",
        ylim=(max(lowest - 5, -20), 101),
        title=f"{len(comparison.tasks)} model-tuning tasks; 100 is the best known",
    )
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize="small")
    _save(figure, path)


def draw_front(comparison: Comparison, path: Path, n_rivals: int = 2) -> None:
    """Draw our curve, those of the best rivals, and random search.

    The band around a rival is the standard error over the tasks of our lead over it.
    """
    means = {
        label: comparison.medians[label].mean(axis=0) for label in comparison.labels
    }
    rivals = [label for label in comparison.labels if label not in (OURS, "random")]
    rivals.sort(key=lambda label: -means[label].mean())
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    ax = figure.subplots()
    ours = comparison.medians[OURS]
    x = np.arange(1, ours.shape[1] + 1)
    for label in [OURS, *rivals[:n_rivals], *({"random"} & means.keys())]:
        ax.plot(x, means[label], **_line(label))
        if label != OURS:
            lead = ours - comparison.medians[label]
            error = lead.std(axis=0, ddof=1) / np.sqrt(len(lead))
            looks = {"color": STYLES[label]["color"], "alpha": 0.2, "linewidth": 0}
            ax.fill_between(x, means[label] - error, means[label] + error, **looks)
    ax.set(
        xlabel="candidates evaluated",
        ylabel="score of the best so far",
        xlim=(1, x[-1]),
        ylim=(60, 100),
        title=f"{len(comparison.tasks)} models to tune: 0 is a random candidate, "
        "100 the best known",
    )
    ax.title.set_fontsize("medium")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right")
    _save(figure, path)


def draw_families(comparison: Comparison, n: int, path: Path) -> None:
    """Draw a row of dots per family: the mean score after n evaluations."""
    families = comparison.families(n)
    figure = Figure(figsize=(7.5, 0.42 * len(families) + 1.8), layout="constrained")
    ax = figure.subplots()
    rows = np.arange(len(families))
    for label in comparison.labels:
        values = [by_method[label] for by_method in families.values()]
        style = {k: v for k, v in STYLES[label].items() if k != "linestyle"}
        size = 60 if label == OURS else 34
        front = 3 if label == OURS else 2
        ax.scatter(values, rows, s=size, label=LABELS[label], zorder=front, **style)
    ax.set_yticks(rows, list(families))
    ax.invert_yaxis()
    ax.set(xlabel=f"mean normalised score after {n} evaluations", ylabel="model family")
    ax.grid(alpha=0.3)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    _save(figure, path)


def draw_regrets(results: Results, labels: list[str], path: Path) -> None:
    """Draw the median regret on the clean synthetic functions."""
    names = [name for name in synthetic.FUNCTIONS if results.runs(OURS, name)]
    n_rows = -(-len(names) // 3)
    figure = Figure(figsize=(9, 2.7 * n_rows + 0.6), layout="constrained")
    axes = figure.subplots(n_rows, 3, squeeze=False).ravel()
    for ax, name in zip(axes, names, strict=False):
        for label in labels:
            if not results.runs(label, name):
                continue
            curve = np.median(results.regrets(label, name), axis=0)
            curve = np.maximum(np.where(np.isfinite(curve), curve, np.nan), 1e-7)
            ax.plot(np.arange(1, len(curve) + 1), curve, **_line(label))
        ax.set(yscale="log", title=name, xlabel="evaluations", ylabel="median regret")
        ax.grid(alpha=0.3)
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4
    )
    _save(figure, path)
