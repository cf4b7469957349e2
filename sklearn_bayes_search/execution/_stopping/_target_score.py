"""Stop when a candidate is good enough."""

from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.execution._stopping._base import StoppingRule, complete_scores
from sklearn_bayes_search.optimizer._objectives import reached
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History


@dataclass(frozen=True)
class TargetScore(StoppingRule):
    """Stop when a candidate is good enough.

    Parameters
    ----------
    score : float
        The mean cross-validated score to reach. With ``limits``, a candidate must reach
        these, too.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, TargetScore
    >>> search = BayesSearchCV(
    ...     KNeighborsClassifier(),
    ...     {"n_neighbors": range(1, 100)},
    ...     stopping=TargetScore(0.95),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.n_iter_ < 50
    True
    """

    score: float

    def __post_init__(self) -> None:
        check_number("score", self.score, of="TargetScore")

    def __call__(self, history: History, optimizer: BayesianOptimizer) -> str | None:
        best = complete_scores(history, optimizer).max(initial=-np.inf)
        if not reached(best, np.array(self.score)):
            return None
        return f"the score {best:.4g} has reached the target {self.score:g}"
