"""How long an evaluation takes: a model of the logarithm of its seconds."""

import numpy as np

from sklearn_bayes_search._trial import Dims
from sklearn_bayes_search.surrogate import GaussianProcess

__all__ = ["Cost"]

# Seconds that any evaluation costs beside its fits: a fit of 1 ms is no better than one
# of 2 ms.
OVERHEAD = 0.02
# Below that many known times all evaluations are taken to cost the same.
FEWEST = 4


class Cost:
    """Logarithm of the seconds of an evaluation over the unit cube.

    A Gaussian process of its own, since times range over orders of magnitude and
    depend on other parameters than scores do [1]_. Its mean is flat: nothing says that
    evaluations at the border are fast.

    References
    ----------
    .. [1] J. Snoek, H. Larochelle and R. P. Adams, "Practical Bayesian Optimization of
       Machine Learning Algorithms", NIPS 2012, section 3.2.
    """

    def __init__(self) -> None:
        self._model = GaussianProcess(fall=0.0)
        self._unit = 0.0

    def fit(
        self,
        U: np.ndarray,
        seconds: np.ndarray,
        *,
        dims: Dims,
        rng: np.random.Generator,
    ) -> "Cost":
        """Learn from evaluations.

        Parameters
        ----------
        U : ndarray of shape (n, n_dims)
            Snapped points.
        seconds : ndarray of shape (n,)
            What they took, NaN where that is unknown.
        dims : Dims
            What the columns stand for.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        self : Cost
            The object itself.
        """
        known = np.isfinite(seconds)
        logs = np.log(seconds[known] + OVERHEAD)
        self._unit = float(logs.std()) if known.sum() >= FEWEST else 0.0
        if self._unit > 1e-6:
            y = (logs - logs.mean()) / self._unit
            self._model.fit(U[known], y, noise=np.zeros(len(y)), dims=dims, rng=rng)
        else:
            self._unit = 0.0
        return self

    def log_seconds(self, U: np.ndarray) -> np.ndarray:
        """Predict at ``U`` of shape (m, n_dims), up to a constant; shape (m,)."""
        if not self._unit:
            return np.zeros(len(U))
        return self._unit * self._model.posterior(U).mean

    def gradient(self, U: np.ndarray) -> np.ndarray:
        """Differentiate that by ``U``, shape (m, n_dims); 0 for categories."""
        gradient = None
        if self._unit:
            gradient = self._model.posterior(U, gradient=True).mean_gradient
        return np.zeros_like(U) if gradient is None else self._unit * gradient
