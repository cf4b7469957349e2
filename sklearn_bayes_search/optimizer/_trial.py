"""Frozen values that every layer passes on, and the history of what came back.

``U`` are points of the unit cube, one row a point, one column a varying parameter.
A *trial* is a candidate that was sent out, an *outcome* is what came back for it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate that was sent out.

    Parameters
    ----------
    number : int
        Position in the order of asking, from 0.
    params : dict
        The candidate; its values are the user's own objects.
    row : ndarray of shape (n_dims,)
        The candidate's place in the unit cube.
    """

    number: int
    params: Mapping[str, Any]
    row: np.ndarray


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came back for a trial.

    Parameters
    ----------
    trial : Trial
        What was sent out.
    score : float
        Higher is better; NaN if the evaluation failed.
    noise : float
        Known variance of the score's error, in squared units of the score.
    folds : ndarray of shape (n_splits,) or None
        The scores that ``score`` is the mean of, NaN for a fold without one. None if it
        is not a mean over folds.
    seconds : float
        How long the evaluation took, summed over all folds; NaN if unknown.
    scores : ndarray of shape (n_objectives,) or None
        One for each objective; the first is ``score``. None if there is one objective.
    limited : ndarray of shape (n_limits,) or None
        The outcomes that have to reach limits, one for each limit; None without limits.
    """

    trial: Trial
    score: float
    noise: float = 0.0
    folds: np.ndarray | None = None
    seconds: float = math.nan
    scores: np.ndarray | None = None
    limited: np.ndarray | None = None

    @property
    def failed(self) -> bool:
        """Whether there is no finite score."""
        return not math.isfinite(self.score)


def is_score(value: object) -> bool:
    """Return whether a value is a number that `float` takes, and not a bool."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


class History:
    """Outcomes in the order of their trials, whatever order they were added in.

    Attributes
    ----------
    test_share : float or None
        Number of test samples divided by that of training samples in a fold; None if
        unknown.
    """

    def __init__(self) -> None:
        self._outcomes: dict[int, Outcome] = {}
        self.test_share: float | None = None

    def add(self, outcome: Outcome) -> None:
        """Add an outcome; each trial can have only one.

        Parameters
        ----------
        outcome : Outcome
            What came back.

        Raises
        ------
        ValueError
            If the trial has an outcome already.
        """
        number = outcome.trial.number
        if number in self._outcomes:
            raise ValueError(f"The outcome of trial {number} is already known.")
        self._outcomes[number] = outcome

    def replace(self, outcome: Outcome) -> None:
        """Replace an earlier outcome of the same trial.

        Parameters
        ----------
        outcome : Outcome
            What came back later.
        """
        self._outcomes[outcome.trial.number] = outcome

    @property
    def fold_scores(self) -> np.ndarray:
        """Fold scores of the candidates that have all, shape (n_complete, n_splits)."""
        folds = [o.folds for o in self if o.folds is not None]
        complete = [scores for scores in folds if np.isfinite(scores).all()]
        return np.array(complete) if complete else np.empty((0, 0))

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        return iter([self._outcomes[number] for number in sorted(self._outcomes)])

    def __getitem__(self, index: int) -> Outcome:
        return list(self)[index]

    def __contains__(self, number: object) -> bool:
        return number in self._outcomes

    @property
    def scores(self) -> np.ndarray:
        """Scores in trial order, shape (n_outcomes,); NaN where it failed."""
        return np.array(
            [o.score if not o.failed else np.nan for o in self], dtype=float
        )

    @property
    def best(self) -> Outcome | None:
        """The outcome with the highest score, the earliest of equals."""
        scored = [outcome for outcome in self if not outcome.failed]
        return max(scored, key=lambda outcome: outcome.score, default=None)
