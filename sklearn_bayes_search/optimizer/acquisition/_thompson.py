"""A draw from the posterior."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from sklearn_bayes_search.optimizer.acquisition._base import Acquisition, Context, Pair
from sklearn_bayes_search.optimizer.surrogate import Posterior


@dataclass(frozen=True)
class ThompsonSampling(Acquisition):
    """One joint draw from the posterior at the given points, a new one at each call.

    Proposed in [1]_.

    References
    ----------
    .. [1] Thompson, Biometrika 25, 1933, pages 285-294.

    Examples
    --------
    >>> ThompsonSampling().smooth
    False
    """

    smooth: ClassVar[bool] = False
    scale: ClassVar[Literal["score"]] = "score"

    def __call__(self, posterior: Posterior, context: Context) -> np.ndarray:
        draw: np.ndarray = posterior.sample(context.rng, size=1)[0]
        return draw

    def value_and_gradient(self, posterior: Posterior, context: Context) -> Pair:
        raise TypeError(
            "ThompsonSampling has no gradient, as 'smooth' tells: a random draw can "
            "only rank given points. Call it without asking for a gradient."
        )
