"""Errors that a caller may want to catch, and the hint that ends many others."""

import difflib
from collections.abc import Iterable

__all__ = ["SpaceExhausted"]


class SpaceExhausted(Exception):
    """Every point of a finite search space has been asked for.

    Raised by :meth:`sklearn_bayes_search.BayesianOptimizer.ask`. A search ends there
    without an error: its ``stop_reason_`` says so.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, or list them all: a sentence after a space."""
    names = {str(option).casefold(): option for option in known}
    near = difflib.get_close_matches(str(name).casefold(), names, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {names[near[0]]!r}?"
    return f" There are: {list(names.values())}."
