"""Errors that a caller may want to catch, their hints, and where warnings point."""

import difflib
import os
import sys
from collections.abc import Iterable

__all__ = ["JournalError", "SpaceExhausted"]

# Code between a user and the line that warns: this package, and decorators of fit.
INSIDE = (os.path.dirname(__file__), os.path.join("sklearn", "base.py"))


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


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the name that was meant, or list all: a sentence after a space.

    The commonest mistake is a forgotten step: "C" for "svc__C".
    """
    names = {str(option).casefold(): option for option in known}
    wanted = str(name).casefold()
    near = [folded for folded in names if folded.endswith(f"__{wanted}")]
    near = near or difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {names[min(near, key=len)]!r}?"
    return f" There are: {list(names.values())}."


def safe_repr(value: object) -> str:
    """Give the repr, or say why there is none.

    Parameters
    ----------
    value : object
        The user's own.

    Returns
    -------
    text : str
        Of any length, with any characters.
    """
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
