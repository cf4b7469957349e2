"""What a search counts on in a stopping rule."""

import copy
import math
import pickle

import numpy as np
from joblib.externals.loky.backend.reduction import dumps
from numpy.testing import assert_array_equal

from sklearn_bayes_search.execution import StoppingRule
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.space import Real

N_FOLDS = 3


def check_stopping_rule(rule: StoppingRule, *, stops: bool = True) -> None:
    """Check that a stopping rule keeps its promises.

    After any number of outcomes, failed and paused ones among them, it returns None or
    a phrase. It keeps no state, because a resumed search must stop at the same
    candidate. It does not change what is passed to it.

    Parameters
    ----------
    rule : StoppingRule
        With the parameters to check. A function must be picklable.
    stops : bool, default=True
        Whether the rule must end one of the example searches within 40 candidates. The
        scores of these are between 0 and 1.

    Examples
    --------
    >>> from sklearn_bayes_search import Patience
    >>> from sklearn_bayes_search.testing import check_stopping_rule
    >>> check_stopping_rule(Patience(8))
    """
    ended = [
        _answers(rule, scores)
        for scores in (
            np.linspace(0.1, 0.9, 40),  # better and better
            np.concatenate([np.linspace(0.1, 0.9, 10), np.full(30, 0.5)]),
            np.full(40, 0.5),
            np.full(40, math.nan),
            np.where(np.arange(40) % 3 == 1, math.nan, 0.5),
        )
    ]
    assert any(ended) or not stops, "the rule has ended none of the example searches"


def _answers(rule: StoppingRule, scores: np.ndarray) -> bool:
    """Check each answer along one search; return whether the rule would end it."""
    optimizer = BayesianOptimizer({"x": Real(0, 1)}, random_state=0)
    rng = np.random.default_rng(0)
    for number, score in enumerate(scores):
        trial = optimizer.ask({"x": float(rng.uniform())})
        folds = score + 0.01 * rng.normal(size=N_FOLDS)
        if number % 7 == 6:  # paused after its first fold
            folds[1:] = math.nan
        optimizer.tell(trial, score, folds=folds)
        if number % 6 == 0 and _answer(rule, optimizer) is not None:
            return True
    untouched = copy.deepcopy(optimizer)
    answer = _answer(rule, optimizer)
    expected, row = untouched.ask().row, optimizer.ask().row
    assert_array_equal(row, expected, "a rule changes nothing of what is asked for")
    return answer is not None


def _answer(rule: StoppingRule, optimizer: BayesianOptimizer) -> str | None:
    history = optimizer.history
    before = history.scores
    answer = rule(history, optimizer)
    phrase = isinstance(answer, str) and answer.strip() and "\n" not in answer
    assert answer is None or phrase, f"a phrase or None is returned, not {answer!r}"
    for other in (rule, pickle.loads(dumps(rule)), copy.deepcopy(rule)):
        assert other(history, optimizer) == answer, "a rule keeps no state"
    assert_array_equal(history.scores, before, "the history was changed")
    assert optimizer.pending == [], "a rule asks for nothing"
    return answer
