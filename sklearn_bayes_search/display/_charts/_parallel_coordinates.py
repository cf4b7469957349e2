"""All parameters of all candidates: a line for each through an axis per parameter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts._axis import (
    MOST_NAMES,
    ParameterAxis,
    robust_limits,
    score_ticks,
)
from sklearn_bayes_search.display._charts._chart import Ticks

# Where a line passes what it has no value for.
NOWHERE = -0.13


@dataclass(frozen=True, eq=False)
class ParallelCoordinates:
    """Lines of n candidates through k axes and that of the score, which is the last.

    plotly's own Parcoords has no hover of a line, no detour where a parameter is not
    used, and one width and dash: neither the best nor what failed would stand out.

    ``heights`` (n, k + 1) are shares of the axes, `NOWHERE` without a value or score.
    ``scored`` and ``partial`` (n,) tell whose score is known, and is an estimate.
    ``best`` is an index, and ``best_texts`` (k,) its values, "" where it has none.
    ``limits`` are the scores at the ends of their axis.
    """

    names: list[str]
    ticks: list[Ticks]
    heights: np.ndarray
    scored: np.ndarray
    partial: np.ndarray
    best: int | None
    best_texts: list[str]
    limits: tuple[float, float]

    @property
    def passes(self) -> bool:
        """Whether some line passes an axis whose parameter it does not have."""
        return bool((self.heights[:, :-1] == NOWHERE).any())

    @property
    def low(self) -> float:
        """Where the lowest lines are."""
        return NOWHERE if self.passes or not self.scored.all() else 0.0

    @property
    def from_worst_to_best(self) -> np.ndarray:
        """Indices of those with a score, the best last, so that it is on top."""
        order = np.argsort(self.heights[:, -1], kind="stable")
        return np.asarray(order[self.scored[order]])


def parallel_coordinates(
    settings: Sequence[Mapping[str, Any]],
    scores: np.ndarray,
    axes: Sequence[ParameterAxis],
    names: Sequence[str],
    *,
    partial: np.ndarray,
    best: int | None,
    most_names: int = MOST_NAMES,
) -> ParallelCoordinates:
    """Place candidates on axes; ``names`` are what these and the score are called."""
    low, high = robust_limits(scores)
    if high == low:
        room = 0.01 * abs(high) or 0.5
        low, high = low - room, high + room
    scored = np.isfinite(scores)
    score = np.clip((scores - low) / (high - low), 0, 1)
    shares = [axis.shares(settings) for axis in axes]
    heights = np.column_stack([*shares, np.where(scored, score, np.nan)])
    own = {} if best is None else settings[best]
    return ParallelCoordinates(
        names=list(names),
        ticks=[
            *(axis.ticks(most_names) for axis in axes),
            score_ticks(low, high, lower=bool((scores[scored] < low).any())),
        ],
        heights=np.where(np.isnan(heights), NOWHERE, heights),
        scored=scored,
        partial=partial & scored,
        best=best,
        best_texts=[
            axis.text(own[axis.name]) if axis.name in own else "" for axis in axes
        ],
        limits=(low, high),
    )
