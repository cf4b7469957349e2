"""What a model of the score has to offer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from sklearn_bayes_search.optimizer._kernels import cholesky
from sklearn_bayes_search.space._dims import Dims


@dataclass(frozen=True, eq=False)
class Posterior:
    """What a surrogate predicts for the latent score at some points.

    Parameters
    ----------
    mean : ndarray of shape (n_points,)
        Mean of the latent score.
    std : ndarray of shape (n_points,)
        Standard deviation of the latent score, > 0, without the noise of an
        observation.
    noise_std : float
        Standard deviation of the noise of one more observation.
    covariance : callable
        Returns the joint covariance of shape (n_points, n_points); called only
        when needed.
    mean_gradient, std_gradient : ndarray of shape (n_points, n_dims) or None
        Derivatives with respect to the points, 0 for categorical columns.
    length_scales : ndarray of shape (n_dims,) or None
        Distance over which the score stays similar along each column, in sides of the
        cube. They set the size of the steps in which the maximum is looked for. None if
        unknown.
    """

    mean: np.ndarray
    std: np.ndarray
    noise_std: float
    covariance: Callable[[], np.ndarray]
    mean_gradient: np.ndarray | None = None
    std_gradient: np.ndarray | None = None
    length_scales: np.ndarray | None = None

    def sample(self, rng: np.random.Generator, size: int = 1) -> np.ndarray:
        """Draw the latent score jointly at all points.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int, default=1
            Number of draws.

        Returns
        -------
        samples : ndarray of shape (size, n_points)
            One draw per row.
        """
        L, _ = cholesky(self.covariance())
        samples: np.ndarray = rng.standard_normal((size, len(self.mean))) @ L.T
        samples += self.mean
        return samples


class Surrogate(Protocol):
    """A model of the score. A class with these methods need not inherit.

    The same input gives the same output. Copies and pickles are independent.
    """

    @property
    def smooth(self) -> bool:
        """Whether posteriors have gradients."""
        ...

    def fit(
        self,
        U: np.ndarray,
        y: np.ndarray,
        *,
        noise: np.ndarray,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Self:
        """Fit the model to points; a second call may start from the first one's result.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Snapped points of the unit cube, at least one.
        y : ndarray of shape (n_points,)
            Standardised scores, higher is better.
        noise : ndarray of shape (n_points,)
            Known part of the variance of ``y``, 0 where none is known.
        dims : Dims
            What the columns stand for.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        Surrogate
            The object itself.

        Raises
        ------
        ValueError
            If the data are empty or not finite.
        """
        ...

    def condition(self, U: np.ndarray, y: np.ndarray) -> "Surrogate":
        """Return a new model that has also seen more points; leave this one alone.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Snapped points.
        y : ndarray of shape (n_points,)
            The scores that are assumed there.

        Returns
        -------
        Surrogate
            A copy that differs only in its data.
        """
        ...

    def posterior(self, U: np.ndarray, *, gradient: bool = False) -> Posterior:
        """Predict the latent score.

        Parameters
        ----------
        U : ndarray of shape (n_points, n_dims)
            Points of the unit cube, snapped in the categorical columns.
        gradient : bool, default=False
            Whether to return the derivatives with respect to the points, too.

        Returns
        -------
        Posterior
            The prediction.
        """
        ...


def check_data(U: np.ndarray, y: np.ndarray, noise: np.ndarray, *, of: str) -> None:
    """Check the data that the surrogate ``of`` this name is fitted to."""
    if not (len(U) and np.isfinite(U).all() and np.isfinite(y + noise).all()):
        raise ValueError(
            f"{of}.fit needs at least one point and finite values of 'U', 'y' and "
            f"'noise'. Got {len(U)} points; leave out failed ones."
        )
