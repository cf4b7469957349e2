"""What a stopping rule is, and what the rules share.

Once there is an outcome, a rule is called before each candidate is asked for, with all
that the choice could depend on. It keeps no state, so that a resumed search, or one on
more workers, stops at the same candidate.
"""

from typing import Any, Protocol

import numpy as np

from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import History


class StoppingRule(Protocol):
    """Decides when a search stops; a function will do."""

    def __call__(self, history: History, optimizer: BayesianOptimizer) -> str | None:
        """Decide whether to go on.

        Parameters
        ----------
        history : History
            The outcomes told so far.
        optimizer : BayesianOptimizer
            The optimizer that chooses the candidates. Do not call its ``ask`` or
            ``tell``.

        Returns
        -------
        reason : str or None
            None to go on. Otherwise, why the search stops: a phrase that completes
            "stopped after 34 of 100 candidates: ...".
        """
        ...


def as_rules(value: Any, *, needs_one: bool = False) -> list[StoppingRule]:
    """Return the rules that the user gave for ``stopping``: one, several or None.

    ``needs_one`` says that nothing else ends the search.
    """
    rules = value if isinstance(value, list | tuple) else [value]
    rules = [rule for rule in rules if rule is not None]
    for rule in rules:
        if isinstance(rule, type) or not callable(rule):
            raise TypeError(
                "The 'stopping' parameter of BayesSearchCV must be a rule, such as "
                "Patience(20) or a function of the history and the optimizer, or a "
                f"list of rules. Got {rule!r}."
            )
    if needs_one and not rules:
        raise ValueError(
            "The 'n_iter' parameter of BayesSearchCV must be an int >= 1 unless a "
            "'timeout' or a rule for 'stopping' ends the search. Got None for all of "
            "them; set one."
        )
    return rules


def complete_scores(history: History, optimizer: BayesianOptimizer) -> np.ndarray:
    """Return the scores of what has all folds and reaches all limits.

    Of the others it is the lowest possible.
    """
    scores = []
    for outcome in history:
        partial = outcome.folds is not None and np.isnan(outcome.folds).any()
        limited = outcome.limited is not None
        out = partial or (limited and not optimizer.reaches_limits(outcome))
        scores.append(-np.inf if outcome.failed or out else outcome.score)
    return np.array(scores, dtype=float)
