"""What a search has found so far: its candidates, and the results of their folds."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sklearn_bayes_search.execution._journal import Journal
from sklearn_bayes_search.execution._path._curves import CommonLength
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.results._cv_results import Objective

INTERRUPTED = "interrupted by the user"

FoldResult = dict[str, Any]  # as scikit-learn's function that fits and scores gives it


class Candidate:
    """A trial and what is known of its folds.

    ``order`` says in which order these run, ``rounds`` how many of them run before each
    decision on the others; None: all at once. With a ``path`` all folds have the scores
    at one length. ``n_parts`` of those in the order, the ones with the highest numbers,
    are parts of the rows.
    """

    def __init__(
        self,
        trial: Trial,
        order: Sequence[int],
        rounds: Sequence[int] | None = None,
        path: CommonLength | None = None,
        n_parts: int = 0,
    ) -> None:
        self.trial, self._path = trial, path
        # None where one did not run or is not in yet
        self.folds: list[FoldResult | None] = [None] * (len(order) - n_parts)
        self.parts: list[FoldResult | None] = [None] * n_parts
        self.ran = False  # whether any fold ran here: a journal may hold them all
        self.seconds: float | None = None  # how long it took, once it has ended
        # of a paused one, its mean over all folds and the variance of that
        self.estimate: tuple[float, float] | None = None
        self._left, self._rounds = list(order), list(rounds or [len(order)])
        self._n_running = 0
        self._started = time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come for now: it is complete or paused."""
        return self.seconds is not None

    @property
    def complete(self) -> bool:
        """Whether all folds are in."""
        return all(fold is not None for fold in self.folds)

    @property
    def all_done(self) -> list[FoldResult]:
        """Results of the parts and the folds that ran."""
        return [one for one in (*self.parts, *self.folds) if one is not None]

    @property
    def done(self) -> list[FoldResult]:
        """Results of the folds that ran; without any, that of the largest part."""
        folds = [fold for fold in self.folds if fold is not None]
        return folds or self.all_done[-1:]

    @property
    def only_parts(self) -> bool:
        """Whether no fold ran with all rows."""
        return not any(self.folds)

    @property
    def setting(self) -> dict[str, Any]:
        """The parameters, with the length that a path has found."""
        params = dict(self.trial.params)
        if self._path is None:
            return params
        return self._path.setting(params, self.done if self.only_parts else self.folds)

    def begin_round(self, size: int | None = None) -> list[int]:
        """Return the folds that run next, up to the next decision."""
        size = size or self._rounds.pop(0)
        if self.seconds is not None:
            self._started = time.monotonic() - self.seconds
        folds, self._left = self._left[:size], self._left[size:]
        self._n_running += len(folds)
        return folds

    def add(self, fold: int, result: FoldResult) -> bool:
        """Add a fold's result; return whether it is the last one of its round."""
        folds, n_splits = [*self.folds], len(self.folds)
        if fold < n_splits:
            folds[fold] = result
            self.folds = folds if self._path is None else self._path.settle(folds)
        else:
            self.parts[fold - n_splits] = result
        self._n_running -= 1
        return self._n_running == 0

    def end(self, estimate: tuple[float, float] | None = None) -> None:
        """Note that it is complete, or paused with an estimate."""
        self.estimate = estimate
        self.seconds = time.monotonic() - self._started


@dataclass(frozen=True)
class Plan:
    """What the rows of a search depend on besides its arguments and its data.

    Made once, and kept by its journal: it holds on when that goes on. ``n_iter`` may
    thus be smaller than the search's own.
    """

    seed: int
    max_pending: int
    n_iter: int | None
    exhaustive: bool  # whether the whole space is run, in the order of a grid

    def with_stored(self, stored: Mapping[str, Any]) -> "Plan":
        """Return the plan with what a journal has of an earlier one."""
        return replace(self, **{k: stored[k] for k in vars(self).keys() & stored})


class Progress:
    """What a search has found so far, whole wherever Ctrl-C may interrupt it."""

    optimizer: BayesianOptimizer  # there before the first candidate is, as the plan
    plan: Plan

    def __init__(self, objective: Objective, path: CommonLength | None = None) -> None:
        self.objective, self.path = objective, path
        self.journal: Journal | None = None
        self.candidates: list[Candidate] = []  # in the order of asking
        self.resumed: set[Candidate] = set()  # paused ones that got more folds
        self.suggest_times: list[float] = []
        self.stop_reason: str | None = None
        self.refit_began = False  # whether only the final fit was left to do

    @property
    def any_complete(self) -> bool:
        """Whether a candidate has all its folds."""
        return any(candidate.complete for candidate in self.candidates)

    def searched(self) -> tuple[list[Candidate], str | None, float]:
        """Return the candidates that have ended, why it stopped, the mean time to ask.

        The optimizer knows all of it then.
        """
        for candidate in self.candidates:
            # Ctrl-C may have come after its last fold and before that was noted
            if candidate.complete and (not candidate.ended or candidate.estimate):
                candidate.end()
        ended = [candidate for candidate in self.candidates if candidate.ended]
        for candidate in ended:
            if candidate.trial.number not in self.optimizer.history:
                self.tell(candidate)
            elif candidate in self.resumed or candidate.estimate is not None:
                self.revise(candidate)
        times = self.suggest_times
        return ended, self.stop_reason, sum(times) / max(len(times), 1)

    def tell(self, candidate: Candidate) -> None:
        """Pass a candidate's outcome to the optimizer."""
        self.optimizer.tell(candidate.trial, **self._outcome(candidate))

    def revise(self, candidate: Candidate) -> None:
        """Pass on what became of a candidate, or of its estimate, if it was told."""
        if candidate.trial.number in self.optimizer.history:
            self.optimizer.revise(candidate.trial, **self._outcome(candidate))

    def _outcome(self, candidate: Candidate) -> dict[str, Any]:
        folds = self.objective.fold_scores(candidate.folds)
        score, noise = candidate.estimate or (self.objective(candidate.folds), 0.0)
        ran = candidate.done
        seconds = sum(fold["fit_time"] + fold["score_time"] for fold in ran)
        seconds *= len(candidate.folds) / len(ran)
        if candidate.only_parts:  # what all rows take does not follow from it
            seconds = math.nan
        told = {"score": score, "noise": noise, "folds": folds, "seconds": seconds}
        told |= self.objective.goals.told(ran)
        return told | {"score": None} if "scores" in told else told

    def what_is_kept(self) -> str:
        """Describe, after Ctrl-C, what was not in vain, and how to go on."""
        n, what = sum(candidate.complete for candidate in self.candidates), "candidate"
        if n == 0 and self.journal is not None:
            n, what = len(self.journal), "fit"
        kept = f"{n} {what}s are" if n != 1 else f"1 {what} is"
        if self.journal is None:
            return f"The search is fitted with what was complete: {kept} kept."
        if self.journal.path is None:
            return f"{kept} kept. Fit again to go on."
        where = repr(str(self.journal.path))
        return f"{kept} kept in {where}. Run the search again to go on."
