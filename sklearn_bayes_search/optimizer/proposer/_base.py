"""What the optimiser asks of whatever chooses points, and what it tells."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sklearn_bayes_search.optimizer._cost import FoldCost
from sklearn_bayes_search.optimizer._maximize import Asked, Maximizer

__all__ = ["Known", "Proposer"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Known:
    """All that is known when a point is asked for.

    Parameters
    ----------
    U : ndarray of shape (n_told, n_dims)
        Snapped points that were told, in the order of their trials.
    y : ndarray of shape (n_told,)
        Their standardised scores, the worst one for what failed; higher is better.
    noise : ndarray of shape (n_told,)
        Known variances of ``y``, 0 where none is known.
    failed : ndarray of shape (n_told,), bool
        Which evaluations failed; at least two did not.
    pending : ndarray of shape (n_pending, n_dims)
        Snapped points that were asked for and not yet told.
    earlier : tuple of ndarray, or None
        Points of earlier searches, of shape (n_earlier, n_dims), what their scores
        would be here, and the variances of these.
    seconds : ndarray of shape (n_told,) or None
        What the evaluations took, NaN where unknown.
    folds : FoldCost or None
        How many of its folds a point will probably get, where some were paused.
    """

    U: np.ndarray
    y: np.ndarray
    noise: np.ndarray
    failed: np.ndarray
    pending: np.ndarray
    earlier: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    seconds: np.ndarray | None = None
    folds: FoldCost | None = None

    def with_earlier(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Add the earlier points at the end.

        Returns
        -------
        U, y, noise : ndarray
            Of the points told, then of the earlier ones.
        """
        if self.earlier is None:
            return self.U, self.y, self.noise
        U, y, noise = self.earlier
        return (
            np.concatenate([self.U, U]),
            np.concatenate([self.y, y]),
            np.concatenate([self.noise, noise]),
        )


class Proposer(Protocol):
    """Chooses the next point; need not be subclassed.

    Same input gives the same output, and copies and pickles are independent.
    """

    def propose(
        self,
        known: Known,
        *,
        maximizer: Maximizer,
        asked: Asked,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        """Choose the most promising point among those not asked for.

        Parameters
        ----------
        known : Known
            What was told, and what is pending.
        maximizer : Maximizer
            Finds the best of a function over its ``space``, or of given points.
        asked : Asked
            Points to leave out.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        row : ndarray of shape (n_dims,) or None
            A snapped point that the constraint permits; None if none was found.
        """
        ...
