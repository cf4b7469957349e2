"""What a search relies on in a grower."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_bayes_search.execution._path import Grower

RESPONSES = ("predict", "predict_proba", "decision_function")


def check_grower(
    grow: Grower,
    estimator: Any,
    name: str,
    X: Any,
    y: Any,
    *,
    lengths: Sequence[int] = (1, 2, 3, 5, 8),
    exact: bool = True,
) -> None:
    """Check that a grower reports at each length what a fit of that length is.

    Parameters
    ----------
    grow : Grower
        The grower.
    estimator : estimator object
        It is not fitted, and its ``random_state``, if it has one, is a number.
    name : str
        The parameter that is the length.
    X, y : array-like
        Data to fit.
    lengths : sequence of int, default=(1, 2, 3, 5, 8)
        In ascending order, at least two.
    exact : bool, default=True
        Whether predictions must be equal to the last bit. If False, there only must be
        predictions.

    Raises
    ------
    AssertionError
        If the grower does anything else; the message says what.
    """
    seen: list[int] = []

    def compare(length: int, model: Any) -> bool:
        seen.append(length)
        fresh = clone(estimator).set_params(**{name: length}).fit(X, y)
        for response in RESPONSES:
            if not hasattr(fresh, response):
                continue
            own, expected = getattr(model, response)(X), getattr(fresh, response)(X)
            assert np.shape(own) == np.shape(expected), (
                f"{response} of the model of length {length} has the shape "
                f"{np.shape(own)} and that of a fit {np.shape(expected)}."
            )
            assert not exact or np.array_equal(own, expected), (
                f"{response} of the model of length {length} differs from that of a "
                "fit of this length."
            )
        return False

    grow(clone(estimator), name, lengths, X, y, compare)
    assert seen == list(lengths), (
        f"Of the lengths {list(lengths)} those reported are {seen}."
    )
    seen.clear()

    def end(length: int, model: Any) -> bool:
        seen.append(length)
        return len(seen) == 2

    grow(clone(estimator), name, lengths, X, y, end)
    assert seen == list(lengths[:2]), (
        f"It was told to end after two lengths, and reported {seen}."
    )
