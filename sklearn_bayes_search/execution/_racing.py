"""Race candidates: spend few folds on those that are unlikely to be the best."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.optimizer._targets import standardise
from sklearn_bayes_search.optimizer._trial import History
from sklearn_bayes_search.optimizer._weights import LogWeight, Weight
from sklearn_bayes_search.optimizer.surrogate import Posterior
from sklearn_bayes_search.results._folds import FoldModel

# A candidate goes on while it is no more errors than this below the best, where one is
# paused below a chance of 5 %: Student's distribution has longer tails than the normal.
MARGIN_AT_5_PERCENT = 1.7
# More noise than this, in deviations of the scores, is as good as this much.
MOST_NOISE = 1e3


@dataclass(frozen=True)
class FoldRacing:
    """A rule that pauses a candidate once it is unlikely to be the best.

    A candidate is scored on one fold after another. After each fold, the rule computes
    the probability that its mean over all folds will beat the best mean so far. It
    compares the two on the folds that both were scored on. The folds are the same for
    all candidates, so that an easy fold does not mislead, and only the interaction of
    candidate and fold is noise. A candidate that will probably not win is paused. At
    the end, paused candidates get their other folds, the most promising first, until
    the best candidate is unlikely to be among those that are still paused. Only a
    candidate with all folds can be the best.

    Parameters
    ----------
    pause_below : float, default=0.05
        A candidate is paused if its probability of beating the best so far is below
        this value, in (0, 1). A smaller value spends more folds during the search and
        fewer at the end.
    risk : float, default=0.03
        The highest sum of the probabilities of the paused candidates at the end, in (0,
        1).
    min_complete : int, default=2
        Number of candidates with all folds before any is paused, >= 2. Candidates with
        the same scores count once, because they do not show how scores scatter.

    Raises
    ------
    ValueError
        If a value is out of its range.

    Notes
    -----
    Bergman et al. [1]_ compare simpler rules, which stop a candidate for good. Here a
    wrong pause only changes the order of the fits, so that candidates can be paused
    early. The choice of candidates takes racing into account: ``"log_ei"`` is the
    expected improvement per fold that will probably run. So the search rather tries an
    uncertain candidate, which one fold may settle, than one more candidate close to the
    best.

    References
    ----------
    .. [1] E. Bergman, L. Purucker and F. Hutter, "Don't Waste Your Time: Early Stopping
       Cross-Validation", AutoML 2024.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, FoldRacing
    >>> search = BayesSearchCV(
    ...     KNeighborsClassifier(),
    ...     {"n_neighbors": range(1, 100), "p": [1, 2]},
    ...     n_iter=20,
    ...     cv=10,
    ...     racing=FoldRacing(risk=0.01),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> len(search.folds_frame()) < 200
    True
    """

    pause_below: float = 0.05
    risk: float = 0.03
    min_complete: int = 2

    def __post_init__(self) -> None:
        for name in ("pause_below", "risk"):
            check_number(name, getattr(self, name), of="FoldRacing", above=0, below=1)
        n = self.min_complete
        check_number("min_complete", n, of="FoldRacing", whole=True, least=2)

    @staticmethod
    def _order(number: int, n_splits: int) -> list[int]:
        """Return in which order a candidate's folds run: each is first in its turn."""
        return [(number + fold) % n_splits for fold in range(n_splits)]

    @staticmethod
    def _rounds(n_splits: int, max_pending: int) -> list[int]:
        """Return how many folds run before each decision.

        With several candidates in flight, one that survives two folds gets the others
        at once: it would keep the window from moving for too long. That costs 3 % of
        the fits.
        """
        return [1] * n_splits if max_pending == 1 else [1, 1, n_splits]

    def _judge(
        self, complete: np.ndarray, scores: np.ndarray, seen: np.ndarray
    ) -> tuple[float, float] | None:
        """Return None if a candidate goes on, else its mean and the variance of that.

        ``complete`` has the finite scores of candidates with all folds, (n_complete,
        n_splits). Its own ``scores``, (n_splits,), are NaN where it was not ``seen`` or
        failed, and NaN and 0 are returned if it did.
        """
        complete = np.unique(complete, axis=0)
        if len(complete) < self.min_complete:
            return None
        if not np.isfinite(scores[seen]).all():
            return np.nan, 0.0
        model, best = FoldModel.fit(complete), complete.mean(axis=1).max()
        if model.chance_above(best, scores[None])[0] >= self.pause_below:
            return None
        mean, variance = model.estimate(scores[None])
        return float(mean[0]), float(min(variance[0], np.finfo(float).max))

    def _resume(
        self, complete: np.ndarray, paused: np.ndarray, n_most: int
    ) -> list[int]:
        """Choose at most so many paused candidates that get more folds at the end.

        Rows of ``paused``, (n_paused, n_splits), NaN where one was not scored; the most
        promising first.
        """
        if len(paused) == 0:
            return []
        complete = np.unique(complete, axis=0)
        if len(complete) < self.min_complete:
            return list(range(len(paused)))[:n_most]
        best = complete.mean(axis=1).max()
        chances = FoldModel.fit(complete).chance_above(best, paused)
        order = np.argsort(-chances, kind="stable")
        # what is left when the first of them are complete
        rest = chances.sum() - np.concatenate([[0.0], chances[order].cumsum()[:-1]])
        return [int(i) for i in order[rest > self.risk][:n_most]]

    def _weight(self, history: History) -> "FoldShare | None":
        """Learn how many of its folds a candidate will probably get.

        None where no candidate was paused, or fewer than two got all folds.
        """
        whole = history.fold_scores
        scored = [o.score for o in history if o.folds is not None and not o.failed]
        if len(whole) == len(scored) or len(whole) < 2:
            return None
        n_splits = whole.shape[1]
        variance = FoldModel.fit(whole).variance * (1 - 1 / n_splits)
        _, unit = standardise(np.array(scored))
        margin = MARGIN_AT_5_PERCENT * float(ndtri(self.pause_below) / ndtri(0.05))
        return FoldShare(n_splits, min(variance**0.5 / unit, MOST_NOISE), margin)


@dataclass(frozen=True)
class FoldShare(Weight):
    """The gain per fold that will probably run, if some candidates are paused.

    A candidate that is unlikely to win is paused after its first fold; one that may win
    gets all of them. With five folds, its gain costs five times as much [1]_.

    ``deviation`` is that of the error of a mean over all folds that is estimated from
    one, in deviations of the scores. A candidate goes on while it is no more than
    ``margin`` errors below the best. Over the rounds, the error of an estimate is about
    half of that after the first.

    References
    ----------
    .. [1] J. Snoek, H. Larochelle and R. P. Adams, "Practical Bayesian Optimization of
       Machine Learning Algorithms", NIPS 2012, section 3.2.
    """

    n_splits: int
    deviation: float
    margin: float = MARGIN_AT_5_PERCENT

    def evaluate(self, U: np.ndarray, posterior: Posterior, best: float) -> LogWeight:
        error = 0.5 * self.deviation
        total = np.hypot(posterior.std, error)
        z = (posterior.mean - best + self.margin * error) / total
        rest = 1 - 1 / self.n_splits
        share = 1 - rest * ndtr(-z)
        by_mean, by_std = posterior.mean_gradient, posterior.std_gradient
        if by_mean is None or by_std is None:
            return -np.log(share), None
        by_z = rest * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) / share
        dz = by_mean - (z * posterior.std / total)[:, None] * by_std
        return -np.log(share), -((by_z / total)[:, None] * dz)
