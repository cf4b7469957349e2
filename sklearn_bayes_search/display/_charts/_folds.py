"""The leading candidates compared with the best on the same folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.display._charts._axis import robust_limits
from sklearn_bayes_search.display._charts._chart import (
    Axis,
    Chart,
    Color,
    Mark,
    Points,
    Rules,
    Style,
    Symbol,
    Ticks,
    Words,
)
from sklearn_bayes_search.results._folds import first_of_equals, mean_and_bound
from sklearn_bayes_search.results._short_text import number_texts

# Heights of a row, of each line of its label, and of what is around, in inches.
ROW, LINE, AROUND = 0.32, 0.16, 0.12


@dataclass(eq=False, repr=False, kw_only=True)
class Comparison:
    """Scores of the leading candidates less those of the best, fold by fold.

    `FoldsDisplay`, which is one that can be drawn, describes the fields.
    """

    differences: np.ndarray
    intervals: np.ndarray
    scores: np.ndarray
    equivalent: np.ndarray
    candidates: np.ndarray
    n_same: np.ndarray
    chosen: int | None
    n_others: int
    n_equivalent: int
    level: float


def compare(
    folds: np.ndarray,
    equal: Sequence[int] | np.ndarray,
    *,
    n_best: int,
    level: float,
    test_share: float | None,
    chosen: int | None = None,
) -> Comparison:
    """Compare candidates; ``folds`` (n, n_splits) has NaN where they do not count.

    ``equal`` are those that `equivalent_settings` finds. The one that a function
    ``chosen`` is among those that are compared.
    """
    complete = np.isfinite(folds).all(axis=1)
    means = np.where(complete, folds.mean(axis=1), -np.inf)
    shown, n_same = _leaders(folds, means, int(complete.sum()), n_best, chosen)
    differences = folds[shown] - folds[shown[0]]
    # that of equivalent_settings
    middle, half = mean_and_bound(differences, level, test_share)
    return Comparison(
        differences=differences,
        intervals=np.column_stack([middle - half, middle + half]),
        scores=means[shown],
        equivalent=np.isin(shown, equal),
        candidates=shown,
        n_same=n_same,
        chosen=chosen,
        n_others=int(complete.sum()) - 1,
        n_equivalent=len(equal) - 1,
        level=level,
    )


def _leaders(
    folds: np.ndarray, means: np.ndarray, n: int, n_best: int, chosen: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows shown, the best first, and how many others each stands for."""
    rank = np.argsort(-means, kind="stable")[:n]
    rows, n_same = first_of_equals(folds[rank])
    shown = rank[rows]
    wanted = np.arange(len(shown)) < n_best
    if chosen is not None:  # it stands for those with its scores
        like = (folds[shown] == folds[chosen]).all(axis=1)
        shown[like], wanted[like] = chosen, True
    return shown[wanted], n_same[wanted]


def folds_chart(
    comparison: Comparison,
    labels: Sequence[str],
    name: str,
    *,
    notes: Sequence[Sequence[str]] | None = None,
    means: Sequence[str] | None = None,
    narrow: bool = False,
) -> Chart:
    """Return a chart with a row for each candidate, as high as its label, in inches.

    ``name`` is that of the score. On hovering ``notes`` are told of each fold of each
    candidate, and ``means`` of each candidate. A ``narrow`` picture has short lines.
    """
    lines = np.array([label.count("\n") + 1 for label in labels])
    heights = np.maximum(ROW, LINE * lines + AROUND)
    # rows are from top to bottom
    at = -(np.cumsum(heights) - heights / 2)
    n_rows, n_splits = comparison.differences.shape
    told = np.full((n_rows, n_splits), "") if notes is None else np.array(notes)
    means = means or [""] * n_rows
    marks: list[Mark] = [Rules("best", Style("second", width=1.5), [0.0])]
    for row in range(n_rows):
        marks += _row(comparison, row, float(at[row]), told[row], means[row])
    gap = "\n" if narrow else " "
    limits, far = _limits(comparison, at)
    title = (
        f"{comparison.n_equivalent} of {comparison.n_others} other candidates cannot "
        "be told from the best"
    )
    level = 100 * comparison.level
    how_sure = (
        f"interval below 0, with {100 - level:.3g} % on each side: the best is better, "
        f"{level:.3g} % sure"
    )
    return Chart(
        Axis(f"{name} less the best candidate's{gap}on the same fold", limits),
        Axis(limits=(-heights.sum(), 0.0), ticks=Ticks(at.tolist(), list(labels))),
        [*marks, *far, _means(comparison, at, name)],
        title=title,
        legend_title=how_sure if n_rows > 1 else "",
    )


def _row(
    comparison: Comparison, row: int, y: float, notes: np.ndarray, mean: str
) -> list[Mark]:
    differences = comparison.differences[row]
    low, high = comparison.intervals[row]
    equal, number = bool(comparison.equivalent[row]), int(comparison.candidates[row])
    color: Color = "accent" if equal else "soft"
    symbol: Symbol = "diamond" if equal else "gem"
    # above the bar, and in three lines: equal differences are common
    above = 0.06 + (np.arange(len(differences)) % 3) * 0.025
    group, rows = str(row), np.full(len(differences), number)
    # of the best, all are at 0
    look = Style(color, "circle" if row else "none", 6, 0.6, width=0)
    dots = Points(
        *("folds", look, differences, y + above, rows, notes),
        group=group,
        label="one fold" if row else "",
    )
    middle = differences.mean()
    place = np.array([middle]), np.array([y]), np.array([number]), np.array([mean])
    if row == 0:
        star = Style("second", "star", 18, width=1)
        return [dots, Points("star", star, *place, group=group, label="the best")]
    percent = f"{100 * (2 * comparison.level - 1):.3g} % interval"
    verdict = "reaches 0: not clearly worse" if equal else "below 0: worse"
    bar = Points(
        *("mean", Style(color, symbol, 8, width=1.6), *place),
        errors=np.array([[middle - low], [high - middle]]),
        horizontal=True,
        group=group,
        label=f"mean difference, {percent} {verdict}",
    )
    return [dots, bar]


def _limits(
    comparison: Comparison, at: np.ndarray
) -> tuple[tuple[float, float] | None, list[Mark]]:
    """End the axis at the last row that is not very poor; tell how far the rest is.

    Otherwise the leading ones could not be told apart.
    """
    far = comparison.scores < robust_limits(comparison.scores)[0]
    if not far.any():
        return None, []
    shown = np.column_stack([comparison.differences, comparison.intervals])[~far]
    low, high = min(shown.min(), 0.0), max(shown.max(), 0.0)
    margin = 0.05 * (high - low)
    texts = number_texts(comparison.differences.mean(axis=1)[far], digits=2)
    far_away = [f"\N{LEFTWARDS ARROW} {text}" for text in texts]
    x = np.full(len(texts), 0.01)
    words = Words("far", Style("soft"), x, at[far], far_away, in_shares=True)
    return (float(low - 3 * margin), float(high + margin)), [words]


def _means(comparison: Comparison, at: np.ndarray, name: str) -> Words:
    """Write mean scores beside the rows, below their name."""
    texts = number_texts(comparison.scores, digits=4, step_digits=1)
    texts = [*texts, f"mean\n{name}"]
    x, y = np.full(len(texts), 1.01), np.append(at, 0.15)
    return Words("scores", Style("ink"), x, y, texts, in_shares=True)
