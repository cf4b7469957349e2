"""What a search prints while it runs."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search.execution._deadline import Deadline
from sklearn_bayes_search.execution._journal import Journal
from sklearn_bayes_search.execution._progress import Candidate
from sklearn_bayes_search.results._cv_results import Objective
from sklearn_bayes_search.results._folds import mean_and_error
from sklearn_bayes_search.results._goals import NONE_WITHIN
from sklearn_bayes_search.results._parts import PART
from sklearn_bayes_search.results._short_text import last_line, setting_writer, shown
from sklearn_bayes_search.results._times import duration
from sklearn_bayes_search.space import Space

# The first candidates say little of the time that is left.
FORESEEN_AFTER = 5
# Characters of what a fit raised, at the end of a line.
LONGEST_ERROR = 160


def introduce(search: Any, space: Space, experience: Any) -> None:
    """Print what the user has not written: the default space, and what is known."""
    if isinstance(search.param_distributions, str):
        names = dict.fromkeys(name for name, _ in space.columns)
        estimator = type(search.estimator).__name__
        print(f"Space: default_space({estimator}): {', '.join(names)}")
    if experience is not None:
        print(f"Experience: {experience.words(search.surrogate)}")


def announce(
    n_splits: int,
    total: int | None,
    deadline: Deadline | None,
    journal: Journal | None,
    *,
    may_end: bool,
) -> None:
    """Print how much there is to do, as GridSearchCV does, as far as it is known.
    ``total`` is how many candidates there will be at most, if that is planned;
    ``may_end`` says that something may end the search before, or spare folds.
    """
    if journal is not None and journal.n_known:
        where = "the last fit" if journal.path is None else repr(str(journal.path))
        print(f"Read the results of {journal.n_known} fits from {where}")
    n_fits = f"Fitting {n_splits} folds for each candidate"
    if total is not None:
        up_to = "up to " if may_end else ""
        n_fits = (
            f"Fitting {n_splits} folds for each of {up_to}{total} candidates, "
            f"totalling {up_to}{total * n_splits} fits"
        )
    limit = "" if deadline is None else f", for up to {duration(deadline.seconds)}"
    print(n_fits + limit)


def reporter(
    objective: Objective,
    total: int | None,
    deadline: Deadline | None,
    verbose: int,
    space: Space,
    others: Sequence[str] = (),
) -> Callable[[Candidate], None]:
    """Make the function that is called with each candidate that has ended.

    ``total`` is how many there will be at most, if that is planned, ``others`` are
    parameters of a candidate that are not in the space.
    """
    if verbose <= 0:
        return lambda candidate: None
    write = setting_writer(space, others)
    best = np.nan
    ended: dict[int, bool] = {}  # numbers of candidates, and whether all folds are in
    resumed = False  # whether paused ones were said to go on
    pace = _Pace()
    exhaustive = total is not None and total >= space.size

    def report(candidate: Candidate) -> None:
        nonlocal best, resumed
        if candidate.complete:
            best = np.fmax(best, objective.within_limits(candidate.folds))
        again = candidate.trial.number in ended
        if again and not resumed:
            print("More folds for the most promising of the paused candidates:")
        resumed |= again
        ended[candidate.trial.number] = candidate.complete
        pace.note(candidate, objective(candidate.folds))
        # nobody knows how many paused candidates get more folds in the end
        foreseen = len(ended) < (total or 0) or all(ended.values())
        n_left = max(total - len(ended), 0) if total and foreseen else None
        near_best = not exhaustive and all(ended.values())
        left = _time_left(pace.seconds(n_left, near_best=near_best), deadline)
        print(candidate_line(candidate, total, objective, best, write, left))

    return report


class _Pace:
    """How long candidates took, and how long those that are to come will take."""

    def __init__(self) -> None:
        self._costs: list[float] = []  # of all; seconds of fits and scoring
        self._scores: list[float] = []
        self._last: float | None = None
        self._n_ran, self._work, self._elapsed = 0, 0.0, 0.0  # of those that ran here

    def note(self, candidate: Candidate, score: float) -> None:
        """Learn from a candidate that has ended."""
        folds = candidate.done
        cost = sum(fold["fit_time"] + fold["score_time"] for fold in folds)
        self._costs.append(cost)
        self._scores.append(score)
        # a resumed search races through what is known
        if candidate.ran and candidate.seconds is not None:
            now = time.monotonic()
            # the first waits for workers to start
            first = now - min(candidate.seconds, cost)
            self._elapsed += now - (first if self._last is None else self._last)
            self._last = now
            self._work += cost
            self._n_ran += 1

    def seconds(self, n_left: int | None, *, near_best: bool) -> float:
        """Return the time for so many candidates, infinite while it is unknown.

        ``near_best`` says that the search stays near the best ones: what is to come
        will cost what the best third cost, often more than the first ones.
        """
        if n_left == 0:
            return 0.0
        if n_left is None or self._n_ran < FORESEEN_AFTER or self._work <= 0:
            return np.inf
        costs = np.array(self._costs)[np.argsort(-np.array(self._scores))]
        typical = float(costs[: -(-len(costs) // 3) if near_best else None].mean())
        return n_left * typical * self._elapsed / self._work


def _time_left(seconds: float, deadline: Deadline | None) -> str:
    """Describe how much time is left, by the pace and by the time limit."""
    limit = np.inf if deadline is None else deadline.left()
    least = min(seconds, limit)
    if limit <= 0 and seconds > 0:
        return ", time is up, finishing"
    if seconds == 0 or least == np.inf:
        return ""
    how = "about" if seconds < limit else "up to"
    return f", {how} {duration(max(least, 1.0), 2)} left"


def candidate_line(
    candidate: Candidate,
    total: int | None,
    objective: Objective,
    best: float,
    write: Callable[[dict[str, Any]], str],
    left: str = "",
) -> str:
    """Describe a candidate that has ended in one line.

    Its place in the order of asking, from 1, its score with standard error, the best
    score so far, this one included, seconds, parameters; what a fit raised.
    """
    folds = candidate.done
    score = ""
    number = f"{candidate.trial.number + 1}/{total or '?'}"
    errors = [fold["fit_error"] for fold in folds if fold["fit_error"] is not None]
    if errors:
        score = f"{len(errors)} of {len(folds)} fits failed"
    elif candidate.complete:
        mean, error = mean_and_error(objective.fold_scores(folds))
        score = f"score {mean:.4g} +/- {error:.2g}"
        lacking = objective.goals.lacking(folds)
        if lacking and np.isfinite(mean):
            score += f", no {', '.join(lacking)}"
        elif not objective.goals.reached(folds):
            score += ", outside of the limits"
    elif candidate.estimate is not None:
        of = f"{len(folds)} of {len(candidate.folds)} folds"
        if candidate.only_parts:
            of = f"{folds[-1][PART]} training rows of a fold"
        score = f"score about {candidate.estimate[0]:.4g} after {of}, paused"
    took = f"{candidate.seconds:.1f} s{left}"
    why = f"; {shown(last_line(errors[0]), LONGEST_ERROR)}" if errors else ""
    setting = write(candidate.setting)
    so_far = f"best {best:.4g}"
    if np.isnan(best) and objective.goals.limits:
        so_far = NONE_WITHIN
    return f"[{number}] {score}, {so_far}, {took}; {setting}{why}"
