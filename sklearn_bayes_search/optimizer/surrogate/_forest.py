"""A forest of randomised regression trees over the mixed unit cube.

Each tree learns from all points and from some made-up ones, drawn anew for each tree:
anywhere in the cube, with scores from the standard normal, which is what standardised
scores are drawn from before anything is known. Where there are points, the trees agree;
away from them each believes its own made-up scores. So the deviation grows with the
distance from known points, also beyond the outermost ones, where the trees of an
ordinary forest agree on a constant. Cuts are random: a tree may jump anywhere between
two points, and the mean over the trees is nearly continuous.

Trees take means of neighbouring scores everywhere, and such a mean says little if one
score is very low. Therefore they learn the average of the standardised score and the
normal quantile of its rank. This spreads the best scores and draws the worst ones
nearer.

``means`` are the trees' means at some points, shape (n_trees, n_points), and
``within`` the mean of their leaf variances, (n_points,).
"""

import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Self

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.optimizer._kernels import expand
from sklearn_bayes_search.optimizer.surrogate._base import (
    Posterior,
    Surrogate,
    check_data,
)
from sklearn_bayes_search.space._dims import Dims

# Made-up points of a tree, as a share of the known ones. Without them, regrets on test
# functions were 1.4 times as high.
MADE_UP: Final = 0.2
# 0 was worse on skewed functions (a regret of 0.22 of random search's instead of 0.01
# for Branin's after 50 points), 1 on model-tuning (0.80 instead of 0.58).
RANK_SHARE: Final = 0.5
# The trees agree exactly where all of them have a leaf for one point.
_SMALLEST_VARIANCE: Final = 1e-6


@dataclass(eq=False)
class RandomForest(Surrogate):
    """A forest of randomised trees, for scores with cliffs and plateaus.

    It does not assume that the score is smooth, or equally rough everywhere, and copes
    well with parameters that hardly matter. Where the score is smooth,
    `GaussianProcess` needs fewer points.

    Parameters
    ----------
    n_estimators : int, default=30
        Number of trees, >= 1. With more, fits take longer and the predicted deviations
        are less random.
    min_samples_leaf : int, default=1
        Fewest points in a leaf, >= 1. More of them average out noise.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not an int, or is below 1.

    References
    ----------
    .. [1] Hutter et al., "Algorithm Runtime Prediction: Methods & Evaluation",
       Artificial Intelligence 206, 2014. Variance of a mixture of trees: section 4.
    .. [2] Geurts et al., "Extremely Randomized Trees", Machine Learning 63, 2006.
    .. [3] Osband and Van Roy, "Bootstrapped Thompson Sampling and Deep Exploration",
       2015, arXiv:1507.00300. Made-up data as a prior.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import BayesSearchCV, RandomForest
    >>> search = BayesSearchCV(SVC(), surrogate=RandomForest(min_samples_leaf=3))
    """

    smooth: ClassVar[bool] = False
    n_estimators: int = 30
    min_samples_leaf: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("n_estimators", "min_samples_leaf"):
            value = getattr(self, name)
            check_number(name, value, of="RandomForest", whole=True, least=1)

    def fit(
        self,
        U: np.ndarray,
        y: np.ndarray,
        *,
        noise: np.ndarray,
        dims: Dims,
        rng: np.random.Generator,
    ) -> Self:
        check_data(U, y, noise, of="RandomForest")
        self._dims = dims
        self._seed = int(rng.integers(2**63))
        # copies: the caller's arrays may change before `condition` adds to them
        self._U, self._noise = np.array(U, dtype=float), np.array(noise, dtype=float)
        quantiles = ndtri((rankdata(y) - 0.5) / len(y))
        self._y = RANK_SHARE * quantiles + (1 - RANK_SHARE) * y
        self._grow()
        return self

    def condition(self, U: np.ndarray, y: np.ndarray) -> "RandomForest":
        # a shallow copy is enough: arrays and trees are replaced, never changed
        conditioned = copy.copy(self)
        conditioned._U = np.concatenate([self._U, U])
        conditioned._y = np.concatenate([self._y, y])
        conditioned._noise = np.concatenate([self._noise, np.zeros(len(y))])
        conditioned._grow()
        return conditioned

    def posterior(self, U: np.ndarray, *, gradient: bool = False) -> Posterior:
        F = self._features(U)
        means = np.empty((len(self._trees), len(U)))
        within = np.zeros(len(U))
        for tree, at in zip(self._trees, means, strict=True):
            leaf = tree.apply(F)
            at[:] = tree.value[leaf, 0, 0]
            within += tree.impurity[leaf]
        within = np.maximum(within / len(means), _SMALLEST_VARIANCE)
        mean = means.mean(axis=0)
        deviations = (means - mean) / np.sqrt(len(means))
        # law of total variance: within the trees, and between them
        variance = within + np.einsum("ij,ij->j", deviations, deviations)
        return Posterior(
            mean=mean,
            std=np.sqrt(variance),
            noise_std=0.0,
            covariance=partial(_covariance, deviations, within),
        )

    def _features(self, U: np.ndarray) -> np.ndarray:
        """Return what trees split on: a column a category, in their own precision.

        Levels that no point has must not share one: trees would split it off, and know
        nothing but made-up scores there.
        """
        F, _ = expand(U, self._dims, self._U, others=False)
        return np.ascontiguousarray(F, dtype=np.float32)

    def _grow(self) -> None:
        """Fit each tree to the known points and to made-up ones of its own."""
        # here: no other member needs this part of scikit-learn
        from sklearn import config_context
        from sklearn.tree import ExtraTreeRegressor

        rng = np.random.default_rng(self._seed)
        n_made_up = int(np.ceil(MADE_UP * len(self._y)))
        known = self._features(self._U)
        weights = np.concatenate([1 / (1 + self._noise), np.ones(n_made_up)])
        trees: list[Any] = []
        # the arguments are right, and checking them takes half of the time
        with config_context(skip_parameter_validation=True):
            for seed in rng.integers(2**31, size=self.n_estimators).tolist():
                made_up = self._features(_anywhere(n_made_up, self._dims, rng))
                tree = ExtraTreeRegressor(
                    max_features=1.0,
                    min_samples_leaf=self.min_samples_leaf,
                    random_state=seed,
                )
                tree.fit(
                    np.concatenate([known, made_up]),
                    np.concatenate([self._y, rng.standard_normal(n_made_up)]),
                    sample_weight=weights,
                    check_input=False,
                )
                trees.append(tree.tree_)
        self._trees = trees


def _anywhere(n: int, dims: Dims, rng: np.random.Generator) -> np.ndarray:
    """Draw rows of the cube: listed columns at levels, inactive ones at rest."""
    U = rng.random((n, dims.n_dims))
    for column, levels in enumerate(dims.levels):
        if levels is not None:
            U[:, column] = rng.choice(levels, size=n)
    branch = dims.branch_of(U)
    return np.where(dims.active[branch], U, dims.rest[branch])


def _covariance(deviations: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Joint covariance: between the trees, and within each on its own."""
    covariance: np.ndarray = deviations.T @ deviations
    covariance.ravel()[:: len(within) + 1] += within
    return covariance
