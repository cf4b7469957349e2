"""What the optimiser counts on in whatever chooses points."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from joblib.externals.loky.backend.reduction import dumps
from numpy.testing import assert_array_equal

from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer.proposer import Proposer
from sklearn_bayes_search.space import Integer, Real, Space

SPACES = {
    "one number": Space({"x": Real(0, 1)}),
    "mixed": Space({"x": Real(0, 1), "n": Integer(1, 7), "c": ["p", "q", None]}),
    "categories only": Space({name: list("abcdefg") for name in "stuvw"}),
    "unlisted ints": Space({"x": Real(0, 1), "n": Integer(0, 10**9)}),
    "a constraint": Space(
        {"x": Real(0, 1), "z": Real(0, 1)}, constraint=lambda p: p["x"] < p["z"]
    ),
    "branches": Space(
        [
            {"k": ["a"], "x": Real(0, 1), "c": ["p", "q", None]},
            {"k": ["b"], "x": Real(0, 1), "n": Integer(1, 5)},
            {"k": ["c"]},
        ]
    ),
}
# What is told of the points, and how many are asked for before one is told.
CASES: dict[str, tuple[Callable[[np.ndarray], float], int]] = {
    "plain": (lambda row: -float(((row - 0.3) ** 2).sum()), 1),
    "all equal": (lambda row: 0.0, 1),
    "some failed": (lambda row: math.nan if row[0] > 0.5 else float(row[0]), 1),
    "many pending": (lambda row: -float(((row - 0.3) ** 2).sum()), 4),
}


def check_proposer(proposer: Proposer) -> None:
    """Check that a proposer keeps its promises.

    In spaces of several kinds, it proposes snapped points that are new and permitted,
    whatever has failed or is pending. Once no point is left, it proposes none. Equal
    input leads to equal points, also for copies and pickles.

    Parameters
    ----------
    proposer : Proposer
        With the parameters to check. It is copied before use.

    Examples
    --------
    >>> from sklearn_bayes_search import ParzenEstimator
    >>> from sklearn_bayes_search.testing import check_proposer
    >>> check_proposer(ParzenEstimator(gamma=0.2))
    """
    for space in SPACES.values():
        for score, n_pending in CASES.values():
            rows = _rows(proposer, space, score, n_pending)
            assert_array_equal(
                space.snap(rows), rows, "proposals are points of the space"
            )
            assert space.allowed(rows).all(), "the constraint permits what is proposed"
            assert len(np.unique(rows, axis=0)) == len(rows), "no point comes twice"
        again = _rows(proposer, space, score, n_pending)
        assert_array_equal(rows, again, "equal input gives equal proposals")
    _copies_propose_alike(proposer)
    _every_point_is_found_once(proposer)


def _rows(proposer: Proposer, space: Space, score: Any, n_pending: int) -> np.ndarray:
    """Return first points and proposals, of shape (6, n_dims)."""
    optimizer = _optimizer(proposer, space)
    trials: list[Any] = []
    for _ in range(6):
        trials.append(optimizer.ask())
        if len(trials) >= n_pending:
            told = trials[len(trials) - n_pending]
            optimizer.tell(told, score(told.row))
    return np.array([trial.row for trial in trials])


def _copies_propose_alike(proposer: Proposer) -> None:
    optimizer = _after_six(proposer, SPACES["mixed"])
    pickled = pickle.loads(dumps(optimizer))
    twin = copy.deepcopy(optimizer)
    expected = optimizer.ask().row
    assert_array_equal(pickled.ask().row, expected, "pickles propose alike")
    assert_array_equal(twin.ask().row, expected, "copies propose alike")


def _every_point_is_found_once(proposer: Proposer) -> None:
    optimizer = _after_six(proposer, Space({"n": [1, 2, 3], "c": ["p", "q"]}))
    try:
        trial = optimizer.ask()
    except SpaceExhausted:
        return
    raise AssertionError(f"{trial.params} was proposed after all points of the space")


def _after_six(proposer: Proposer, space: Space) -> BayesianOptimizer:
    optimizer = _optimizer(proposer, space)
    for _ in range(6):
        trial = optimizer.ask()
        optimizer.tell(trial, float(trial.row.sum()))
    return optimizer


def _optimizer(proposer: Proposer, space: Space) -> BayesianOptimizer:
    return BayesianOptimizer(
        space, surrogate=proposer, n_initial_points=3, random_state=0
    )
