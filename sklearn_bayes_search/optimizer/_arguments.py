"""Checks of arguments that several rooms take."""

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["as_entropy", "check_count", "check_outcome", "is_score"]


def check_count(name: str, value: Any, other: str = "") -> None:
    """Refuse what is no int >= 1; ``other`` says what else the caller accepts."""
    valid = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not valid or value < 1:
        raise ValueError(
            f"The {name!r} parameter must be an int >= 1{other}. Got {value!r} instead."
        )


def check_outcome(score: Any, noise: Any, seconds: Any) -> tuple[float, float, float]:
    """Give the numbers of an outcome as floats, or say which is none."""
    values = {"score": score, "noise": noise, "seconds": seconds}
    for name, value in values.items():
        if not is_score(value):
            raise TypeError(
                f"The {name} must be a number; the score of a failed evaluation is "
                f"NaN. Got {value!r}."
            )
    score, noise, seconds = map(float, values.values())
    if not 0 <= noise < np.inf:
        raise ValueError(f"The noise must be finite and >= 0. Got {noise!r}.")
    if not (np.isnan(seconds) or 0 <= seconds < np.inf):
        raise ValueError(f"The seconds must be finite and >= 0. Got {seconds!r}.")
    return score, noise, seconds


def is_score(value: Any) -> bool:
    """Tell whether a value is a number, which `float` takes, and no bool."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def as_entropy(random_state: Any) -> int:
    """Make the number that all seeds follow from, of what a user gives."""
    if random_state is None:
        return int(np.random.SeedSequence().entropy)  # type: ignore[arg-type]  # an int here
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    valid = isinstance(random_state, int | np.integer)
    if valid and not isinstance(random_state, bool) and random_state >= 0:
        return int(random_state)
    raise ValueError(
        "The 'random_state' parameter must be an int >= 0, a numpy Generator or None. "
        f"Got {random_state!r} instead."
    )
