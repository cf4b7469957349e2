"""Errors that a caller may want to catch, how they are worded, where warnings point."""

import difflib
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from math import inf
from numbers import Integral, Real
from typing import Any

__all__ = ["JournalError", "SpaceExhausted"]

# Code between a user and the line that warns: this package, and what wraps fit.
INSIDE = (
    os.path.dirname(__file__),
    os.path.join("sklearn", "base.py"),
    os.path.join("", "contextlib.py"),
)
# Parameters of other searches, and what takes their place.
OTHER_NAMES = {
    **dict.fromkeys(
        ("param_grid", "search_spaces", "param_space", "space"), "'param_distributions'"
    ),
    **dict.fromkeys(("n_trials", "n_calls", "max_evals"), "'n_iter'"),
    **dict.fromkeys(
        ("callback", "callbacks"), "the parameter 'callback' of the search"
    ),
    "fit_params": "a keyword of fit, as in fit(X, y, sample_weight=w),",
    "n_points": "'max_pending'",
    "time_budget_s": "'timeout'",
    "optimizer_kwargs": "'surrogate', 'acquisition' and 'n_initial_points'",
}


class JournalError(ValueError):
    """A journal cannot be used: it is of another search, in use, or no journal at all.

    The file is left as it is.
    """


class SpaceExhausted(Exception):
    """Every point of a finite search space has been asked for.

    Raised by :meth:`sklearn_bayes_search.BayesianOptimizer.ask`. A search ends there
    without an error: its ``stop_reason_`` says so.
    """

    is_whole = True  # whether it is certain that no point is left


class InvalidParameterError(ValueError, TypeError):
    """A parameter has no valid value; scikit-learn's own is private."""


def check_number(
    name: str,
    value: Any,
    *,
    of: str = "",
    whole: bool = False,
    least: float = -inf,
    above: float = -inf,
    below: float = inf,
    other: str = "",
) -> None:
    """Check a parameter, which may belong to the class ``of``, for a finite number.

    ``other`` says what the caller accepts beside numbers, as " or None".
    """
    fits = isinstance(value, Integral if whole else Real) and not isinstance(
        value, bool
    )
    if fits and above < value < below and value >= least:
        return
    kind = "an int" if whole else "a finite number"
    if above > -inf and below < inf:
        kind = f"a number between {above:g} and {below:g}"
    elif max(least, above) > -inf:
        kind += f" > {above:g}" if above > -inf else f" >= {least:g}"
    raise InvalidParameterError(
        f"The {name!r} parameter{of and f' of {of}'} must be {kind}{other}. "
        f"Got {value!r} instead."
    )


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the suggestion of the name that was meant, after a space, or "".

    The commonest mistake is a forgotten step: "C" for "svc__C".
    """
    names = {str(option).casefold(): option for option in known}
    wanted = str(name).casefold()
    near = [folded for folded in names if folded.endswith(f"__{wanted}")]
    near = near or difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    return f" Did you mean {names[min(near, key=len)]!r}?" if near else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the suggestion of the name that was meant, or else all names."""
    known = list(known)
    return nearest_name(name, known) or f" There are: {known}."


def safe_repr(value: object) -> str:
    """Return the repr of a user's object, or the text that there is none, and why."""
    try:
        return repr(value)
    except Exception as error:  # of the user's class, whatever it is
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"


def stack_level() -> int:
    """Count the frames from a warning to whoever called this package.

    Replace by ``skip_file_prefixes`` when Python >= 3.12.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and any(
        part in frame.f_code.co_filename for part in INSIDE
    ):
        frame, level = frame.f_back, level + 1
    return level


def hints_at_ours(init: Callable[..., None]) -> Callable[..., None]:
    """Make the error about a parameter of another search name the one here.

    Subclasses may have parameters that are called so.
    """
    known = inspect.signature(init).parameters

    @functools.wraps(init)
    def checked(self: object, *args: Any, **kwargs: Any) -> None:
        for name in kwargs:
            if name in OTHER_NAMES and name not in known:
                raise TypeError(
                    f"{type(self).__name__} has no parameter {name!r}. "
                    f"Use {OTHER_NAMES[name]} instead."
                )
        init(self, *args, **kwargs)

    return checked
