"""Stop when no better candidate was found for a while."""

from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.exceptions import check_number
from sklearn_bayes_search.execution._stopping._base import StoppingRule, complete_scores
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History


@dataclass(frozen=True)
class Patience(StoppingRule):
    """Stop when the best score has not risen for a while, or there is no score at all.

    Parameters
    ----------
    n : int
        Number of candidates in a row without a rise, >= 1.
    min_delta : float, default=0.0
        Only a rise above this value counts, >= 0, in units of the score.

    Notes
    -----
    With ``limits``, the best score is that of the candidates that reach all of them.
    While there is none, the search goes on.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, Patience
    >>> search = BayesSearchCV(
    ...     KNeighborsClassifier(),
    ...     {"n_neighbors": range(1, 100)},
    ...     n_iter=60,
    ...     stopping=Patience(8),
    ...     random_state=0,
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.stop_reason_
    'stopped after ... of 60 candidates: the best score has not risen for 8 candidates'
    """

    n: int
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        check_number("n", self.n, of="Patience", whole=True, least=1)
        check_number("min_delta", self.min_delta, of="Patience", least=0)

    def __call__(self, history: History, optimizer: BayesianOptimizer) -> str | None:
        scores = complete_scores(history, optimizer)
        n_told = len(scores)
        if n_told >= self.n and all(outcome.failed for outcome in history):
            return f"none of {n_told} candidates could be scored"
        if n_told <= self.n:
            return None
        before = scores[: -self.n].max()
        if before == -np.inf or scores.max() > before + self.min_delta:
            return None
        more = f" by more than {self.min_delta:g}" if self.min_delta else ""
        return f"the best score has not risen{more} for {self.n} candidates"
