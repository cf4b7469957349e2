"""What a proposer has to offer, and what the optimizer passes to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._weights import Weight


@dataclass(frozen=True, eq=False, kw_only=True)
class Limited:
    """An outcome that has to reach a limit.

    Parameters
    ----------
    U : ndarray of shape (n_known, n_dims)
        Points where it is known, because the evaluation did not fail.
    y : ndarray of shape (n_known,)
        The values of the outcome there, standardised.
    bound : float
        The limit, in the same units.
    """

    U: np.ndarray
    y: np.ndarray
    bound: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Observations:
    """All that is known when a point is asked for.

    Parameters
    ----------
    U : ndarray of shape (n_told, n_dims)
        Snapped points that were told, in the order of their trials.
    y : ndarray of shape (n_told,)
        Their standardised scores, higher is better. Failed evaluations have the worst
        score.
    noise : ndarray of shape (n_told,)
        Known variances of ``y``, 0 where none is known.
    failed : ndarray of shape (n_told,), bool
        Which evaluations failed; at least two did not.
    pending : ndarray of shape (n_pending, n_dims)
        Snapped points that were asked for and not yet told.
    earlier : tuple of ndarray, or None
        Points of earlier searches, of shape (n_earlier, n_dims), what their scores
        would be in this search, and the variances of these scores.
    seconds : ndarray of shape (n_told,) or None
        How long the evaluations took, NaN where unknown.
    weights : sequence of Weight
        Further factors of the expected gain.
    others : sequence of Observations
        The same for each objective after the first, with its scores.
    limits : sequence of Limited
        Outcomes that have to reach a limit.
    """

    U: np.ndarray
    y: np.ndarray
    noise: np.ndarray
    failed: np.ndarray
    pending: np.ndarray
    earlier: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    seconds: np.ndarray | None = None
    weights: Sequence[Weight] = ()
    others: Sequence["Observations"] = ()
    limits: Sequence[Limited] = ()

    def with_earlier(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the points told, then those of earlier searches.

        Returns
        -------
        U, y, noise : ndarray
            Points, scores and variances of both.
        """
        if self.earlier is None:
            return self.U, self.y, self.noise
        told = self.U, self.y, self.noise
        U, y, noise = map(np.concatenate, zip(told, self.earlier, strict=True))
        return U, y, noise


class Proposer(Protocol):
    """Chooses the next point. A class with this method need not inherit.

    The same input gives the same output. Copies and pickles are independent.
    """

    def propose(
        self,
        observations: Observations,
        *,
        maximizer: Maximizer,
        asked: AskedPoints,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        """Choose the most promising point that was not asked for before.

        Parameters
        ----------
        observations : Observations
            The points that were told, and those that are pending.
        maximizer : Maximizer
            Maximises a function over its ``space``. ``maximizer.best_of(U, values,
            asked)`` returns the best of given points.
        asked : AskedPoints
            Points to leave out. ``asked.leave_out(U)`` returns the other ones of ``U``.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        row : ndarray of shape (n_dims,) or None
            A snapped point that the constraint permits; None if none was found.
        """
        ...
