"""Race candidates on parts of the training rows, before they have all of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.multiclass import type_of_target

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.execution._racing import FoldRacing
from sklearn_bayes_search.results._parts import StepModel
from sklearn_bayes_search.space import Space

Split = tuple[np.ndarray, np.ndarray]  # indices of training and test samples

AUTO = "auto"
# On the candidates of six searches on 4,000 and 10,000 rows, a ninth of the rows alone
# took 0.56 of the time (median), and lost 0.04 standard errors of the score on average;
# a ninth and a third took 0.61, and lost 0.17.
FACTOR, PAUSE_BELOW = 9.0, 0.2
# The smallest part with min_rows="auto".
LEAST_ROWS = 500
# Where predicting is slow, a part is scored on no more test rows than it has training
# rows, but on these at the least.
LEAST_TEST_ROWS = 1000
# Parameters of estimators whose predictions take about as long as their fits do: they
# compare each row with rows of training.
OF_SLOW_PREDICTIONS = {"kernel", "n_neighbors", "radius"}


@dataclass(frozen=True)
class RowRacing:
    """A rule that fits only promising candidates on all the training rows.

    A candidate is first scored on a small part of the training rows of a fold, then on
    larger parts, then on one fold after another with all rows. After each fit, the rule
    computes the probability that its mean over all folds will beat the best mean so
    far. On a part, this follows from how much the scores of other candidates rose from
    that part to all rows; on folds, it is computed as in :class:`FoldRacing`. A
    candidate that will probably not win is paused. At the end, the probabilities are
    computed anew from all that is known then. Paused candidates that are now likely
    enough to win go on, the most promising first. Only a candidate with all rows on all
    folds can be the best.

    Parameters
    ----------
    min_rows : int or "auto", default="auto"
        The least number of training rows in the smallest part, >= 2. "auto" is 500.
    factor : float, default=9
        Each part has this many times as many rows as the one before it, and all rows
        are this many times as many as the largest part, > 1. A small factor gives many
        parts, and they take time, too.
    pause_below : float, default=0.2
        A candidate is paused, and stays paused at the end, if its probability of
        beating the best so far is below this value, in (0, 1). A larger value saves
        more time, but more often loses a candidate that is slightly better.
    min_complete : int, default=2
        Number of candidates with all rows and folds before any is paused, >= 2.

    Raises
    ------
    ValueError
        If a value is out of its range.

    See Also
    --------
    FoldRacing : For data with few rows and many folds.

    Notes
    -----
    The parts are taken from the training rows of the last fold. They are nested, and
    the same for all candidates. For a classifier, each part has the classes in about
    the same shares as all rows, with at least two rows of each. If all training rows of
    each split come before its test rows, as in ``TimeSeriesSplit``, each part has the
    latest rows. The test rows are those of the fold. Nearest neighbours and kernel
    methods predict slowly: there, a part is scored on only about as many test rows as
    it has training rows. A fit that fails on a part counts for nothing, and the
    candidate goes on.

    Successive halving [1]_ compares candidates on the same part with each other, and
    drops a fixed share of them. Here, the expected score of a candidate on all rows
    decides, and a wrong pause only changes the order of the fits.

    References
    ----------
    .. [1] K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and
       Hyperparameter Optimization", AISTATS 2016.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, RowRacing
    >>> X, y = make_classification(3000, random_state=0)
    >>> search = BayesSearchCV(
    ...     KNeighborsClassifier(),
    ...     {"n_neighbors": range(1, 100), "p": [1, 2]},
    ...     n_iter=10,
    ...     cv=3,
    ...     racing=RowRacing(min_rows=200),
    ...     random_state=0,
    ... ).fit(X, y)
    >>> int(search.cv_results_["n_resources"].max())
    3000
    >>> int(search.cv_results_["n_resources"][search.best_index_])
    3000
    """

    min_rows: int | str = AUTO
    factor: float = FACTOR
    pause_below: float = PAUSE_BELOW
    min_complete: int = 2

    def __post_init__(self) -> None:
        if self.min_rows != AUTO:
            n, other = self.min_rows, " or 'auto'"
            check_number(
                "min_rows", n, of="RowRacing", whole=True, least=2, other=other
            )
        check_number("factor", self.factor, of="RowRacing", above=1)
        pause_below = self.pause_below
        check_number("pause_below", pause_below, of="RowRacing", above=0, below=1)
        n = self.min_complete
        check_number("min_complete", n, of="RowRacing", whole=True, least=2)


@dataclass(eq=False)
class RowRace:
    """A race on the parts of certain data.

    ``parts`` are splits, ascending by rows. They have the numbers after those of the
    folds: scores of a candidate are those of all folds, then of all parts.
    """

    rule: RowRacing
    parts: list[Split]
    n_rows: int  # of training, with all of them
    n_splits: int

    def shares(self) -> list[float]:
        """Return which share of the training rows each part has."""
        return [len(train) / self.n_rows for train, _ in self.parts]

    def _order(self, number: int, n_splits: int) -> list[int]:
        """Return in which order a candidate's parts and folds run."""
        parts = [n_splits + part for part in range(len(self.parts))]
        return parts + FoldRacing._order(number, n_splits)

    def _rounds(self, n_splits: int, max_pending: int) -> list[int]:
        """Return how many of them run before each decision."""
        return [1] * len(self.parts) + FoldRacing._rounds(n_splits, max_pending)

    def _judge(
        self, complete: np.ndarray, scores: np.ndarray, seen: np.ndarray
    ) -> tuple[float, float] | None:
        """Return None if a candidate goes on, else its mean and the variance of that.

        As for `FoldRacing`; scores on parts follow those on folds, and ``complete``
        (n_complete, n_steps) may have NaN there.
        """
        if not self._has_enough(complete):
            return None
        n_splits = self.n_splits
        folds, seen_folds = scores[:n_splits], seen[:n_splits]
        if not np.isfinite(folds[seen_folds]).all():
            return np.nan, 0.0
        last_part = int(np.flatnonzero(seen)[-1])
        if not seen_folds.any() and not np.isfinite(scores[last_part]):
            return None  # a fit on a part that fails tells nothing
        model = StepModel.fit(complete, n_splits)
        chance = model.chance_above(self._best(complete), scores[None])[0]
        if not chance < self.rule.pause_below:  # NaN where no rise is known
            return None
        mean, variance = model.estimate(scores[None])
        return float(mean[0]), float(variance[0])

    def _resume(
        self, complete: np.ndarray, paused: np.ndarray, n_most: int
    ) -> list[int]:
        """Choose at most so many paused candidates that go on at the end."""
        if len(paused) == 0:
            return []
        if not self._has_enough(complete):
            return list(range(len(paused)))[:n_most]
        model = StepModel.fit(complete, self.n_splits)
        chances = model.chance_above(self._best(complete), paused)
        chances = np.nan_to_num(chances, nan=1.0)  # nothing is known of a part
        order = np.argsort(-chances, kind="stable")
        chosen = order[chances[order] >= self.rule.pause_below]
        return [int(i) for i in chosen[:n_most]]

    def _estimate(
        self, complete: np.ndarray, paused: np.ndarray
    ) -> list[tuple[float, float] | None]:
        """Estimate paused candidates anew, by all that is known now.

        ``paused`` are (n_paused, n_steps). None where nothing is known of a part.
        """
        if not self._has_enough(complete):
            return [None] * len(paused)
        mean, variance = StepModel.fit(complete, self.n_splits).estimate(paused)
        pairs = zip(mean.tolist(), variance.tolist(), strict=True)
        return [pair if np.isfinite(pair).all() else None for pair in pairs]

    def _has_enough(self, complete: np.ndarray) -> bool:
        return len(np.unique(complete, axis=0)) >= self.rule.min_complete

    def _best(self, complete: np.ndarray) -> float:
        return float(complete[:, : self.n_splits].mean(axis=1).max())


def as_racing(
    value: Any, estimator: Any, space: Space, y: Any, splits: list[Split]
) -> FoldRacing | RowRace | None:
    """Return what decides on folds; None where every candidate gets all of them."""
    if isinstance(value, RowRacing):
        return _as_race(value, estimator, space, y, splits)
    if not isinstance(value, FoldRacing):
        value = bool(value)  # one of NumPy's is not False itself
    if value is False:
        return None
    if len(splits) < 2:
        raise ValueError(
            "The 'racing' parameter of BayesSearchCV needs at least 2 folds to compare "
            "candidates on. The 'cv' parameter gives 1; use more, or racing=False."
        )
    return FoldRacing() if value is True else value


def _as_race(
    rule: RowRacing, estimator: Any, space: Space, y: Any, splits: list[Split]
) -> RowRace:
    """Draw the parts of a race; refuse data that have none."""
    _check_exchangeable(estimator, space)
    train, test = splits[-1]  # of a time series the one with the most rows
    in_order = all(max(train) < min(test) for train, test in splits)
    if in_order:
        train = np.sort(train)[::-1]
    else:
        train = _shuffled(train, estimator, y)
        test = _shuffled(test, estimator, y)
    least = LEAST_ROWS if rule.min_rows == AUTO else int(rule.min_rows)
    sizes, size = [], len(train) / rule.factor
    while round(size) >= least:
        sizes.append(round(size))
        size /= rule.factor
    if not sizes:
        raise ValueError(
            "The 'racing' parameter of BayesSearchCV: RowRacing needs at least "
            f"{round(least * rule.factor)} training rows, min_rows={least} times "
            f"factor={rule.factor:g}. There are {len(train)} in a fold. Use "
            "FoldRacing, or a smaller factor, or fewer min_rows."
        )
    n_tested = len(test)
    parts = []
    for size in sorted(set(sizes)):
        if _predicts_slowly(estimator, space):
            n_tested = min(max(size, LEAST_TEST_ROWS), len(test))
        parts.append((np.sort(train[:size]), np.sort(test[:n_tested])))
    return RowRace(rule, parts, len(train), len(splits))


def _check_exchangeable(estimator: Any, space: Space) -> None:
    for number in range(len(space.branches)):
        probe = clone(estimator)
        probe.set_params(**clone(space.example(number), safe=False))
        if get_tags(probe).input_tags.pairwise:
            raise ValueError(
                "The 'racing' parameter of BayesSearchCV: RowRacing needs rows that "
                "are samples, and X is a matrix of pairs, as with a precomputed "
                "kernel. Use FoldRacing."
            )


def _shuffled(rows: np.ndarray, estimator: Any, y: Any) -> np.ndarray:
    """Return rows in an order of which each beginning has all classes in their shares.

    The order is always the same; the first two of each class come first.
    """
    rng = np.random.default_rng(0)
    rows = rng.permutation(rows)
    if y is None or not is_classifier(estimator):
        return rows
    own = np.asarray(y)[rows]
    if type_of_target(own) not in ("binary", "multiclass"):
        return rows
    place = np.empty(len(rows))
    for label in np.unique(own):
        members = np.flatnonzero(own == label)
        place[members] = np.maximum(np.arange(len(members)) - 1, 0) / len(members)
    return np.asarray(rows[np.argsort(place, kind="stable")])


def _predicts_slowly(estimator: Any, space: Space) -> bool:
    names = {*estimator.get_params(), *(name for b in space.branches for name in b)}
    return not OF_SLOW_PREDICTIONS.isdisjoint(n.rpartition("__")[2] for n in names)
