"""Searches in which nothing works: when they end, and what the message says.

A candidate *works* where every fold that ran has a finite score. Candidates that were
given, such as the estimator's own, may work while nothing works that the search
chooses. Then the space is wrong, and a given candidate must not be reported as the best
of it.
"""

import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search._sklearn_compat import warn_or_raise_about_fit_failures
from sklearn_bayes_search.exceptions import stack_level
from sklearn_bayes_search.execution._progress import Candidate, FoldResult
from sklearn_bayes_search.results._cv_results import Objective
from sklearn_bayes_search.space import Dims, Space

ALL_FAILED = "all that the search chose failed"

# Failures in a row, from the first on, that end a search. Where fits fail in a part of
# the space, other candidates still work: of 3,000 searches in 1 to 8 dimensions none
# began with ten failures where half of the space fails, beyond a threshold, beyond a
# plane or outside of a box; 0.1 % did where 65 % fails, and 8 % where 80 % does. With
# three failures it would have been 1 %, 30 % and 76 %.
MANY = 10
# Where a given candidate works, ranges may just be too wide. Where 90 % of the space
# fails, outside of a box around it, ten failures would end 17 to 33 % of searches in 1
# to 4 dimensions, and twenty none of 120; where 95 % fails, 45 to 70 % and 7 to 33 %.
MORE = 20
# Errors of these kinds follow from what a value is, or from the code, and not from how
# large a value is. So few say enough, if they have the same message.
FEW = 3
OF_CODE = (
    "InvalidParameterError",
    "TypeError",
    "AttributeError",
    "NameError",
    "ImportError",
    "ModuleNotFoundError",
)

WAY_OUT = (
    "If such failures are expected, a number for 'error_score' lets the search go on."
)
ADVICE = f"check 'param_distributions', 'scoring' and 'cv'. {WAY_OUT}"


class ChoiceOfFailures:
    """Checks whether all that a search chose so far fails.

    The first ``n_given`` candidates were given, and not chosen.
    """

    def __init__(self, objective: Objective, dims: Dims, n_given: int) -> None:
        self._objective, self._dims, self._n_given = objective, dims, n_given
        self._any_works = False

    def __call__(self, candidates: Iterable[Candidate]) -> bool:
        """Check whether to end the search, after candidates that have ended."""
        if self._any_works:
            return False
        candidates = list(candidates)
        chosen = [c for c in candidates if c.trial.number >= self._n_given]
        self._any_works = any(_works(c, self._objective) for c in chosen)
        if self._any_works or not chosen:
            return False
        failing = [c for c in candidates if not _works(c, self._objective)]
        enough = MANY if len(failing) == len(candidates) else MORE
        kind, *others = {_kind(candidate) for candidate in chosen}
        if not others and kind.partition(":")[0].rpartition(".")[-1] in OF_CODE:
            failing, enough = [c for c in failing if _kind(c) == kind], FEW
        return len(failing) >= enough and self._cover(failing)

    def _cover(self, candidates: Sequence[Candidate]) -> bool:
        """Check whether they differ so much that no one value can be the cause.

        A grid may begin with many candidates of one value that is wrong.
        """
        dims, rows = self._dims, np.array([c.trial.row for c in candidates])
        branch = dims.branch_of(rows)
        for column, levels in enumerate(dims.levels):
            n_levels = np.inf if levels is None else len(levels)
            if column != dims.branch:  # every branch, but not every value
                n_levels = min(n_levels, MANY if dims.categorical[column] else 2)
            if len(np.unique(rows[dims.active[branch, column], column])) < n_levels:
                return False
        return True


def are_expected(error_score: Any) -> bool:
    """Check whether failures have a score that was given on purpose."""
    return error_score != "raise" and math.isfinite(error_score)


def check_fits(
    outcomes: Sequence[FoldResult], error_score: Any, stop_reason: str
) -> None:
    """Warn of fits that failed, or raise if all did, as scikit-learn does."""
    try:
        warn_or_raise_about_fit_failures(outcomes, error_score)
    except ValueError as error:
        early = _ended_early(stop_reason)
        raise ValueError(f"{early and early + WAY_OUT}{error}") from None


def check_what_works(
    candidates: Sequence[Candidate],
    objective: Objective,
    space: Space,
    *,
    n_given: int,
    is_own: Callable[[Mapping[str, Any]], bool],
    error_score: Any,
    stop_reason: str,
) -> None:
    """Raise or warn at the end of a search where nothing works that it chose.

    It raises if nothing works at all, or only the estimator's own hyperparameters,
    which nobody gave on purpose; not if there are only one or two candidates, or
    failures are expected. Of a list of dicts, the one with the best candidate is looked
    at alone as well. The first ``n_given`` candidates were given, and not chosen.
    """
    early, expected = _ended_early(stop_reason), are_expected(error_score)
    working = [c for c in candidates if _works(c, objective)]
    if not working:
        if len(candidates) >= FEW and not expected:
            raise ValueError(
                f"{early}None of the {len(candidates)} candidates has a finite score: "
                f"{ADVICE}{_first_failure(candidates, objective)}"
            )
        return
    n_failing = len(candidates) - len(working)
    is_error, where = n_failing >= FEW and not expected, ""
    if any(c.trial.number >= n_given for c in working):
        scores = np.nan_to_num([objective(c.folds) for c in candidates], nan=-np.inf)
        branches = space.dims.branch_of(np.array([c.trial.row for c in candidates]))
        branch = branches[scores.argmax()]
        inside = branches == branch
        candidates = [c for c, is_in in zip(candidates, inside, strict=True) if is_in]
        working = [c for c in working if c in candidates]
        is_error, where = False, f" with {space.words_for(branch)}"
        if space.n_dicts == len(space.branches):
            where = f" from param_distributions[{branch}]"
    chosen = [c for c in candidates if c.trial.number >= n_given]
    if not chosen or any(c in chosen for c in working):
        return
    only_own = all(is_own(c.trial.params) for c in working)
    which = (
        "the estimator's own hyperparameters do" if only_own else "given candidates do"
    )
    none_works = (
        f"None of the {len(chosen)} candidates that the search chose{where} works"
    )
    if len(chosen) == 1:
        none_works = f"The one candidate that the search chose{where} does not work"
    first = _first_failure(chosen, objective)
    text = f"{early}{none_works}, only {which}: {ADVICE}{first}"
    if only_own and is_error:
        raise ValueError(text)
    warnings.warn(text, UserWarning, stacklevel=stack_level())


def _ended_early(stop_reason: str) -> str:
    """Return a sentence about a search that ended because all failed, or ""."""
    if not stop_reason.endswith(ALL_FAILED):
        return ""
    return stop_reason.replace("stopped", "The search ended early", 1) + ". "


def _first_failure(candidates: Sequence[Candidate], objective: Objective) -> str:
    errors = [error for candidate in candidates for error in _errors(candidate)]
    if not errors:
        lacking = objective.goals.lacking(candidates[0].done)
        of = f" of {', '.join(lacking)}" if lacking else ""
        return (
            " The fits succeed, but on each candidate at least one fold has no finite "
            f"score{of}: warnings show what the scorer raises, if it does, and "
            "error_score='raise' raises it."
        )
    return f" The first failure:\n\n{errors[0]}"


def _works(candidate: Candidate, objective: Objective) -> bool:
    ran = candidate.done
    if not ran or objective.goals.lacking(ran):
        return False
    return bool(np.isfinite(objective.fold_scores(ran)).all())


def _errors(candidate: Candidate) -> list[str]:
    return [fold["fit_error"] for fold in candidate.done if fold["fit_error"]]


def _kind(candidate: Candidate) -> str:
    """Return the type and the message of the first error, without its numbers."""
    errors = _errors(candidate)
    if not errors:
        return ""
    # what follows the last line of code in a traceback
    message = re.split(r'(?m)^  File ".*\n(?:    .*\n)*', errors[0])[-1].strip()
    number = r"0x[0-9a-fA-F]+|[-+]?\d[\d.]*(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b"
    return re.sub(number, "#", message)
