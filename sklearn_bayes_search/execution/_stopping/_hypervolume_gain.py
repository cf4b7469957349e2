"""Stop when the front of several objectives hardly grows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.execution._stopping._base import StoppingRule
from sklearn_bayes_search.optimizer._hypervolume import hypervolume, reference_point
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History, Outcome


@dataclass(frozen=True)
class HypervolumeGain(StoppingRule):
    """Stop when the front of several objectives has hardly grown for a while.

    Parameters
    ----------
    fraction : float, default=0.01
        The search stops if the last ``n`` candidates have added less than this fraction
        of the hypervolume, > 0.
    n : int, default=10
        How many candidates in a row, not counting the initial ones, >= 1.

    Notes
    -----
    The hypervolume is that of the mean scores above a reference point below the worst
    of them; costs count by their logarithms. With ``limits``, only candidates that
    reach them count. With one objective, it is how far the best score lies above that
    point.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, HypervolumeGain
    >>> search = BayesSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_leaf_nodes": range(2, 100), "min_samples_leaf": range(1, 30)},
    ...     n_iter=60,
    ...     objective_metric=["accuracy", "neg_model_size"],
    ...     refit="accuracy",
    ...     stopping=HypervolumeGain(),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.n_iter_ < 60
    True
    """

    fraction: float = 0.01
    n: int = 10

    def __post_init__(self) -> None:
        check_number("fraction", self.fraction, of="HypervolumeGain", above=0)
        check_number("n", self.n, of="HypervolumeGain", whole=True, least=1)

    def __call__(self, history: History, optimizer: BayesianOptimizer) -> str | None:
        outcomes = list(history)
        if len(outcomes) < optimizer.n_initial_points + self.n:
            return None
        after = _scores(outcomes, optimizer)
        before = _scores(outcomes[: -self.n], optimizer)
        if not len(before):
            return None
        reference = reference_point(after)
        gain = 1 - _volume(before, reference) / _volume(after, reference)
        if not gain < self.fraction:
            return None
        return (
            f"the last {self.n} candidates added {gain:.2g} of the hypervolume, less "
            f"than {self.fraction:g}"
        )


def _scores(outcomes: Sequence[Outcome], optimizer: BayesianOptimizer) -> np.ndarray:
    """Return the scores of those that reach all limits, shape (n, n_objectives)."""
    scores = [
        [outcome.score] if outcome.scores is None else outcome.scores
        for outcome in outcomes
        if optimizer.reaches_limits(outcome)
        # of a paused one the score is an estimate
        and (outcome.folds is None or np.isfinite(outcome.folds).all())
    ]
    return np.array(scores).reshape(-1, optimizer.n_objectives)


def _volume(scores: np.ndarray, reference: np.ndarray) -> float:
    """Return the hypervolume; of one objective, how far the best is above."""
    if len(reference) == 1:
        return float(scores.max() - reference[0])
    return hypervolume(scores, reference)
