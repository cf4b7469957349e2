"""Choose a point where good points are dense and others are rare.

The density of the best points told, ``l``, and that of all others, ``g``, are mixtures.
They have a kernel around each point, and the prior, uniform on the cube, as one more
component. Candidates are drawn from ``l``; the one with the highest ``l / g`` is
chosen. It has the highest expected improvement over the score that separates good
points from others: Bergstra et al., section 4.

A kernel is a product over the columns: a normal density truncated at both ends, its
mass in the cell around a level, or smoothed frequencies of categories. In a column that
is inactive at its point, the kernel is the prior. So the parameters of a branch are
learned from points of that branch, and shared ones from all points.

``U`` are candidates, shape (m, n_dims); ``K`` the points of one group, (n, n_dims).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.optimizer._maximize import AskedPoints, Maximizer
from sklearn_bayes_search.optimizer._weights import Feasibility
from sklearn_bayes_search.optimizer.proposer._base import Observations, Proposer
from sklearn_bayes_search.space import Space
from sklearn_bayes_search.space._dims import nearest_level

# Deviation of a kernel, in sides of the cube, if there is a single point; it shrinks by
# Scott's rule. 0.1 did as well on seven functions, 0.2 and widths from the distance to
# neighbours or from the points' spread did worse: regrets were 1.2 to 3 times as high.
WIDTH: Final = 0.15
# With more good points, `l` would become like `g`. As in Hyperopt and Optuna.
MAX_GOOD: Final = 25
# The prior counts as one point, and so do the additions to frequencies together.
PRIOR_WEIGHT: Final = 1.0
# Where all candidates were asked for before, as many are spread over the space.
N_SPREAD: Final = 256
_LOG_SQRT_2PI: Final = 0.5 * math.log(2 * math.pi)
_TINY: Final = 1e-300  # its logarithm is finite
_SAME_POSITION: Final = 1e-9  # see `_kernels.expand`


@dataclass(frozen=True, kw_only=True)
class ParzenEstimator(Proposer):
    """A tree-structured Parzen estimator, which searches where good points are dense.

    It compares the density of the best points with that of all others [1]_. It has no
    model of the score: only the order of the scores matters. It is fast even with
    thousands of points.

    Parameters
    ----------
    gamma : float, default=0.1
        Share of the points that count as good, between 0 and 1. Their number is rounded
        up, and at most 25. A larger share explores more.
    multivariate : bool, default=True
        Whether the densities are those of all parameters together. If not, each
        parameter has densities of its own, and good combinations cannot be told from
        good single values.
    n_candidates : int, default=24
        How many candidates are drawn for each choice, >= 1. More of them exploit more.

    References
    ----------
    .. [1] Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS
       2011; Watanabe, 2023, arXiv:2304.11127.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import BayesSearchCV, ParzenEstimator
    >>> search = BayesSearchCV(SVC(), surrogate=ParzenEstimator(gamma=0.15))
    """

    gamma: float = 0.1
    multivariate: bool = True
    n_candidates: int = 24

    def __post_init__(self) -> None:
        of = "ParzenEstimator"
        check_number("gamma", self.gamma, of=of, above=0, below=1)
        if not isinstance(self.multivariate, bool | np.bool_):
            raise TypeError(
                f"The 'multivariate' parameter of {of} must be a bool. "
                f"Got {self.multivariate!r} instead."
            )
        check_number("n_candidates", self.n_candidates, of=of, whole=True, least=1)

    def propose(
        self,
        observations: Observations,
        *,
        maximizer: Maximizer,
        asked: AskedPoints,
        rng: np.random.Generator,
    ) -> np.ndarray | None:
        space, U = maximizer.space, observations.with_earlier()[0]
        good = self._good(observations, rng)
        # what is pending counts as not good, so that the next point is another
        groups = U[good], np.concatenate([U[~good], observations.pending])
        better, worse = (
            _Mixture(K, space, multivariate=self.multivariate) for K in groups
        )
        feasibility = None
        if observations.failed.any():
            feasibility = Feasibility(observations.U, ~observations.failed, space.dims)

        def best_of(U: np.ndarray) -> np.ndarray | None:
            values = better.log_density(U) - worse.log_density(U)
            if feasibility is not None:
                values += feasibility.evaluate(U)[0]
            return maximizer.best_of(U, values, asked)

        row = best_of(
            asked.leave_out(space.snap(better.sample(self.n_candidates, rng)))
        )
        if row is not None:
            return row
        left = maximizer.unasked(asked)
        return best_of(space.spread(N_SPREAD, rng) if left is None else left)

    def _good(self, observations: Observations, rng: np.random.Generator) -> np.ndarray:
        """Return which of the points told and earlier are the best ones.

        Among equal scores, chance decides: otherwise the first ones would always be
        taken.
        """
        scores = observations.with_earlier()[1].copy()
        scores[: len(observations.y)][observations.failed] = -np.inf
        n_scored = int(np.isfinite(scores).sum())
        n_good = min(math.ceil(self.gamma * len(scores)), MAX_GOOD, n_scored - 1)
        best_first = np.lexsort((rng.random(len(scores)), -scores))
        good = np.zeros(len(scores), dtype=bool)
        good[best_first[:n_good]] = True
        return good


class _Mixture:
    """A density over the cube: a kernel around each row of ``K``, and the prior.

    The prior is the last component. ``width`` is each kernel's deviation, and
    ``active`` says where it differs from the prior; both have the shape of ``K``.
    """

    def __init__(self, K: np.ndarray, space: Space, *, multivariate: bool) -> None:
        self.K, self.multivariate = K, multivariate
        self.dims = dims = space.dims
        self.low, self.high = space.reach.T
        listed = np.array([levels is not None for levels in dims.levels], dtype=bool)
        self.frequencies = dims.categorical & listed
        self.active = dims.active[dims.branch_of(K)]
        together = max(dims.n_active, 1) if multivariate else 1
        n = np.maximum(self.active.sum(axis=0), 1)
        self.width = WIDTH * (self.high - self.low) * n ** (-1 / (together + 4))
        # a setting that was given may lie beyond
        self.centre = np.clip(K, self.low, self.high)

    def _weights(self, column: int | None) -> np.ndarray:
        """Return each component's share; of a column, among those active there."""
        n = len(self.K)
        weights = np.ones(n) if column is None else self.active[:, column].astype(float)
        weights = np.append(weights, PRIOR_WEIGHT)
        return np.asarray(weights / weights.sum())

    def log_density(self, U: np.ndarray) -> np.ndarray:
        """Evaluate at snapped rows, shape (m, n_dims); returns shape (m,)."""
        active = self.dims.active[self.dims.branch_of(U)]
        joint = np.zeros((len(U), len(self.K) + 1))
        separate = np.zeros(len(U))
        for column in range(U.shape[1]):
            kernels, prior = self._log_kernels(U[:, column], column)
            kernels = np.where(self.active[:, column], kernels, prior[:, None])
            part = np.column_stack([kernels, prior])
            part[~active[:, column]] = 0.0
            if self.multivariate:
                joint += part
            else:
                separate += logsumexp(part, b=self._weights(column), axis=1)
        if not self.multivariate:
            return separate
        return np.asarray(logsumexp(joint, b=self._weights(None), axis=1))

    def _log_kernels(self, u: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Log kernels of a column at ``u``, shape (m, n), and the log prior, (m,)."""
        levels = self.dims.levels[column]
        if self.frequencies[column] and levels is not None:
            same = np.abs(u[:, None] - self.K[:, column]) < _SAME_POSITION
            added = self._added()
            kernels = np.log((same + added) / (1 + len(levels) * added))
            return kernels, np.full(len(u), -np.log(len(levels)))
        low, high, width = self.low[column], self.high[column], self.width[column]
        centre = self.centre[:, column]
        inside = ndtr((high - centre) / width) - ndtr((low - centre) / width)
        if levels is None:
            z = (u[:, None] - centre) / width
            kernels = -0.5 * z * z - _LOG_SQRT_2PI - np.log(width * inside)
            return kernels, np.full(len(u), -np.log(high - low))
        # the cell around a level: all that snaps to it
        at, last = nearest_level(levels, u), len(levels) - 1
        below, here = levels[np.maximum(at - 1, 0)], levels[at]
        above = levels[np.minimum(at + 1, last)]
        left = np.clip(np.where(at > 0, (below + here) / 2, low), low, high)
        right = np.clip(np.where(at < last, (here + above) / 2, high), low, high)
        a, b = ((edge[:, None] - centre) / width for edge in (left, right))
        # on the upper side 1 - 1 would cancel
        mass = np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))
        prior = (right - left) / (high - low)
        log_mass = np.log(np.maximum(mass / inside, _TINY))
        return log_mass, np.log(np.maximum(prior, _TINY))

    def _added(self) -> float:
        """Return what is added to the frequency of each category of a kernel."""
        return PRIOR_WEIGHT / (len(self.K) + 1)

    def sample(self, m: int, rng: np.random.Generator) -> np.ndarray:
        """Draw rows, shape (m, n_dims), not snapped yet."""
        n, n_dims = self.K.shape
        U = np.empty((m, n_dims))
        owner = rng.choice(n + 1, size=m, p=self._weights(None))
        for column in range(n_dims):
            if not self.multivariate:
                owner = rng.choice(n + 1, size=m, p=self._weights(column))
            low, high, width = self.low[column], self.high[column], self.width[column]
            x = rng.uniform(size=m)
            prior = low + (high - low) * x
            kernel = np.minimum(owner, n - 1)
            levels = self.dims.levels[column]
            if self.frequencies[column] and levels is not None:
                prior = rng.choice(levels, size=m)
                own = x < 1 / (1 + len(levels) * self._added())
                drawn = np.where(own, self.K[kernel, column], prior)
            else:
                centre = self.centre[kernel, column]
                a, b = ndtr((low - centre) / width), ndtr((high - centre) / width)
                drawn = centre + width * ndtri(a + x * (b - a))
            known = (owner < n) & self.active[kernel, column]
            U[:, column] = np.clip(np.where(known, drawn, prior), low, high)
        return U
