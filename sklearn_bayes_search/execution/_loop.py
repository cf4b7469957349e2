"""The loop of a search: ask, submit, collect, tell, until something ends it."""

import functools
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_bayes_search.exceptions import SpaceExhausted, stack_level
from sklearn_bayes_search.execution._callbacks import Listeners
from sklearn_bayes_search.execution._deadline import Deadline
from sklearn_bayes_search.execution._failures import ALL_FAILED
from sklearn_bayes_search.execution._journal import Journal
from sklearn_bayes_search.execution._path._curves import CommonLength
from sklearn_bayes_search.execution._progress import INTERRUPTED, Candidate, Progress
from sklearn_bayes_search.execution._queue import FoldQueue
from sklearn_bayes_search.execution._racing import FoldRacing
from sklearn_bayes_search.execution._row_racing import RowRace
from sklearn_bayes_search.execution._stopping._base import StoppingRule
from sklearn_bayes_search.execution._window import Window
from sklearn_bayes_search.optimizer._optimizer import BayesianOptimizer
from sklearn_bayes_search.optimizer._trial import Trial


@dataclass(frozen=True)
class Limits:
    """What may end a search."""

    n_iter: int | None = None
    deadline: Deadline | None = None
    rules: Sequence[StoppingRule] = ()
    # whether all that was chosen fails, given candidates that have ended
    is_hopeless: Callable[[Iterable[Candidate]], bool] | None = None


class Loop:
    """Runs a search to its end.

    ``progress`` has what was found at any time, ``racing`` decides on a candidate's
    folds, ``on_end`` is called with each candidate that has ended, at once, and
    ``listeners`` are told of it in the order of asking.
    """

    def __init__(
        self,
        progress: Progress,
        queue: FoldQueue,
        window: Window,
        limits: Limits,
        racing: FoldRacing | RowRace | None = None,
        on_end: Callable[[Candidate], None] = lambda candidate: None,
        listeners: Listeners | None = None,
    ) -> None:
        self.progress, self.candidates = progress, progress.candidates
        self.optimizer, self.objective = progress.optimizer, progress.objective
        self.queue, self.executor = queue, queue.executor
        self.window, self.racing = window, racing
        self.deadline = limits.deadline or Deadline(math.inf, refit=False)
        self.limits, self.on_end = limits, on_end
        self.listeners = listeners or Listeners(None, self.objective, np.nan)
        self.replay = Replay(self.optimizer, progress.journal, window.in_order)
        self.untold: list[Candidate] = []  # to the optimizer
        self.unheard: list[Candidate] = []  # by the listeners, those that run, too
        self.resumed: set[Candidate] = set()  # paused ones that run again
        self.asked_to_stop = self.out_of_time = False

    def run(self) -> None:
        """Ask and evaluate; leave in ``progress`` what was found and why it ended.

        Once a candidate is complete, Ctrl-C is a reason to stop, and so is the loss of
        all workers; before, they are errors.
        """
        stop_reason = None
        try:
            while True:
                stop_reason = stop_reason or self._fill()
                if stop_reason is not None:  # no choice depends on who has ended
                    self._let_hear(lambda candidate: True)
                if not self._collect() and not self._resume():
                    break
            self.queue.close()
        except KeyboardInterrupt:
            if not self.progress.any_complete:
                raise
            stop_reason = INTERRUPTED
        broken, interrupted = self.executor.broken, stop_reason == INTERRUPTED
        ended = [candidate for candidate in self.candidates if candidate.ended]
        if len(ended) < len(self.candidates) and not interrupted:
            stop_reason = broken or stop_reason
        if not interrupted and not self.progress.any_complete:
            raise RuntimeError(f"No candidate was evaluated. {stop_reason}")
        if self.out_of_time and not broken and not interrupted:
            stop_reason = self._of_timeout(len(ended))
        if broken:
            warnings.warn(
                f"The search ended early. {broken}",
                UserWarning,
                stacklevel=stack_level(),
            )
        self.progress.stop_reason = stop_reason

    def _fill(self) -> str | None:
        """Ask while there is room; return the reason if that is over."""
        while self._has_room():
            self._tell_visible()
            why = self._why_stop()
            if why is not None:
                return why
            n, is_hopeless = len(self.candidates), self.limits.is_hopeless
            if is_hopeless is not None and is_hopeless(self._told()):
                # one that is in flight may work, and no rows may depend on timing
                if not all(candidate.ended for candidate in self.candidates):
                    return None
                # in another order as many of a journal's may fail before one works
                if is_hopeless(self.candidates) and not self.replay.has_more(n):
                    return self._stopped(ALL_FAILED)
            start = time.perf_counter()
            try:
                trial = self.replay.ask(n)
            except SpaceExhausted as error:
                if error.is_whole:
                    return f"evaluated all {n} points of the search space"
                return self._stopped(
                    "no other point was found that is new and that the constraint "
                    "permits"
                )
            self.progress.suggest_times.append(time.perf_counter() - start)
            self._begin(trial)
        return None

    def _has_room(self) -> bool:
        candidates = self.candidates
        in_time = self.deadline.has_room(candidates, self.executor.n_workers)
        return in_time and self.window.has_room(candidates)

    def _tell_visible(self) -> None:
        number = len(self.candidates)
        visible = [c for c in self.untold if self.window.shows(c, number)]
        for candidate in visible:
            self.progress.tell(candidate)
            self.untold.remove(candidate)
            self.asked_to_stop |= any("stop" in fold for fold in candidate.all_done)
        if visible:
            self._estimate_anew(list(self._told()))
        self._let_hear(lambda candidate: self.window.shows(candidate, number))

    def _let_hear(self, may: Callable[[Candidate], bool]) -> None:
        """Pass on those that have ended to the listeners, in the order of asking."""
        for candidate in list(self.unheard):
            if candidate not in self.resumed and candidate.ended and may(candidate):
                self.unheard.remove(candidate)
                self.listeners.tell(candidate)
            elif self.window.in_order:
                break

    def _told(self) -> Iterator[Candidate]:
        return (c for c in self.candidates if c not in self.untold)

    def _why_stop(self) -> str | None:
        n, n_iter = len(self.candidates), self.limits.n_iter
        if self.executor.broken:
            return self.executor.broken
        if n_iter is not None and n >= n_iter:
            return f"evaluated n_iter={n_iter} candidates"
        journal = self.progress.journal
        if journal is not None and journal.asks_to_stop():
            return self._stopped("stopped from another process")
        is_late = self.out_of_time or (
            n and self.deadline.is_near(self.candidates, self.executor.n_workers)
        )
        if is_late and not self._next_costs_no_time(n):
            return self._of_timeout(n)
        for why in self._reasons():
            return self._stopped(why)
        return None

    def _stopped(self, why: str) -> str:
        of = "" if self.limits.n_iter is None else f" of {self.limits.n_iter}"
        return f"stopped after {len(self.candidates)}{of} candidates: {why}"

    def _reasons(self) -> Iterator[str]:
        """Ask the rules, once there is something to judge, and the callbacks."""
        history = self.optimizer.history
        for rule in self.limits.rules if len(history) else ():
            why = rule(history, self.optimizer)
            if why and not isinstance(why, str):
                name = getattr(rule, "__name__", type(rule).__name__)
                why = f"the rule {name!r} returned {why}"
            if why:
                yield why
        if self.listeners.reason is not None:
            yield self.listeners.reason
        if self.asked_to_stop:
            yield "a callback asked for it"

    def _next_costs_no_time(self, number: int) -> bool:
        folds = self._order(number)
        if self.racing is not None:  # those that it misses are begun in time or not
            folds = folds[:1]
        return self.queue.has_results(number, folds)

    def _order(self, number: int) -> Sequence[int]:
        n_splits, racing = self.queue.n_splits, self.racing
        return range(n_splits) if racing is None else racing._order(number, n_splits)

    def _of_timeout(self, n: int) -> str:
        return f"timeout={self.deadline.seconds:g} s after {n} candidates"

    def _begin(self, trial: Trial) -> None:
        n_splits, racing = self.queue.n_splits, self.racing
        rounds = None
        if racing is not None:
            rounds = racing._rounds(n_splits, self.window.size)
        elif self.limits.deadline is not None and self.executor.n_workers == 1:
            # one after another where the time of the first tells of the others
            rounds = [1] * n_splits
        elif self.progress.path is not None:  # the first fold tells how far to go
            rounds = [1, n_splits]
        order, path = self._order(trial.number), self.progress.path
        candidate = Candidate(trial, order, rounds, path, len(order) - n_splits)
        self.candidates.append(candidate)
        self.untold.append(candidate)
        self.unheard.append(candidate)
        self._submit(candidate)

    def _submit(self, candidate: Candidate, size: int | None = None) -> None:
        """Run the next round of a candidate."""
        folds = candidate.begin_round(size)
        latest_begin = self.deadline.latest_begin(candidate, self.executor.n_workers)
        self.queue.submit(candidate, folds, latest_begin, self._paths(candidate))

    def _paths(self, candidate: Candidate) -> dict[int, CommonLength] | None:
        """Return the rule by which a path ends on each fold.

        The first fold that runs ends where it will not come up to the best candidate
        before, the others by what the first has found.
        """
        path, n_splits = self.progress.path, self.queue.n_splits
        if path is None:
            return None
        order = self._order(candidate.trial.number)
        table = self._table(self.window.rivals(candidate, self.candidates))
        to_reach: list[float | None] = [None] * len(order)
        if len(table):
            best = table[table[:, :n_splits].mean(axis=1).argmax()].tolist()
            to_reach = [score if np.isfinite(score) else None for score in best]
        first = candidate.folds[next(step for step in order if step < n_splits)]
        return {
            step: path.of_fold(first if step < n_splits else None, to_reach[step])
            for step in order
        }

    def _collect(self) -> bool:
        """Wait for results, and take them in; return whether there were any."""
        any_result = False
        for candidate, fold, result in self.queue.results():
            any_result = True
            if result is None:  # it began too late: the candidate stays incomplete
                self.out_of_time = True
            elif candidate.add(fold, result):
                self._end_round(candidate)
        return any_result

    def _end_round(self, candidate: Candidate) -> None:
        estimate = None
        if not candidate.complete:
            in_turns = candidate in self.resumed and isinstance(self.racing, RowRace)
            estimate = (self._wait if in_turns else self._judge)(candidate)
            if estimate is None:
                self._submit(candidate)
                return
        candidate.end(estimate)
        self.resumed.discard(candidate)
        self.deadline.note(candidate, self.objective.within_limits(candidate.folds))
        self.on_end(candidate)

    def _judge(self, candidate: Candidate) -> tuple[float, float] | None:
        """Compare it with those it could see when it was asked for: is it paused?"""
        if self.racing is None:
            return None
        rivals = self.window.rivals(candidate, self.candidates)
        seen = np.array(
            [one is not None for one in (*candidate.folds, *candidate.parts)]
        )
        return self.racing._judge(
            self._table(rivals), self._scores([candidate])[0], seen
        )

    def _wait(self, candidate: Candidate) -> tuple[float, float] | None:
        """Return the estimate of one that goes on in turns with others."""
        ran = [fold for fold in candidate.folds if fold is not None]
        has_failed = not np.isfinite(self.objective.fold_scores(ran)).all()
        return (np.nan, 0.0) if has_failed else candidate.estimate

    def _scores(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """Return scores on folds, then on parts of the rows, a row for each."""
        rows = [self.objective.fold_scores([*c.folds, *c.parts]) for c in candidates]
        return np.array(rows)

    def _table(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """Return the scores of complete candidates, without those with a failed fold.

        Its shape is (n_complete, n_splits), with further columns for parts of the rows.
        """
        complete = [candidate for candidate in candidates if candidate.complete]
        n_splits = self.queue.n_splits
        table = self._scores(complete).reshape(
            len(complete), -1 if complete else n_splits
        )
        finite: np.ndarray = table[np.isfinite(table[:, :n_splits]).all(axis=1)]
        return finite

    @staticmethod
    def _paused(candidates: Iterable[Candidate]) -> list[Candidate]:
        """List those that wait, without those with a failed fold."""
        return [
            candidate
            for candidate in candidates
            if candidate.estimate is not None
            and not candidate.complete
            and np.isfinite(candidate.estimate[0])
        ]

    def _estimate_anew(self, candidates: Sequence[Candidate]) -> None:
        """Estimate paused ones by what is known by now, where parts are raced on."""
        if not isinstance(self.racing, RowRace):
            return
        paused = self._paused(candidates)
        if not paused:
            return
        table, scores = self._table(candidates), self._scores(paused)
        estimates = self.racing._estimate(table, scores)
        for candidate, estimate in zip(paused, estimates, strict=True):
            if estimate not in (None, candidate.estimate):
                candidate.estimate = estimate
                self.progress.revise(candidate)

    def _resume(self) -> bool:
        """At the end, run more folds of the paused candidates that may be the best."""
        if self.racing is None or self.executor.broken:
            return False
        size = self.window.size
        paused = self._paused(self.candidates)
        scores = self._scores(paused)
        chosen = self.racing._resume(self._table(self.candidates), scores, size)
        in_time = [paused[i] for i in chosen if self._is_in_time(paused[i])]
        self.out_of_time |= bool(chosen) and not in_time
        for candidate in in_time:
            self.progress.resumed.add(candidate)
            self.resumed.add(candidate)
            self.unheard.append(candidate)
            one = size == 1 or isinstance(self.racing, RowRace)
            self._submit(candidate, 1 if one else self.queue.n_splits)
        if not in_time:
            self._estimate_anew(self.candidates)
        return bool(in_time)

    def _is_in_time(self, candidate: Candidate) -> bool:
        """Check whether there is time for the other folds of a paused candidate."""
        steps = [*candidate.folds, *candidate.parts]
        left = [step for step, done in enumerate(steps) if done is None]
        if self.queue.has_results(candidate.trial.number, left):
            return True
        in_time = self.deadline.permits(candidate, self.executor.n_workers)
        return in_time and not self.out_of_time


class Replay:
    """Asks for candidates, or takes those of a journal, which has no state of the
    model.

    All is asked for again; from the first candidate on that would be another one now,
    those that the journal has are taken as they are.
    """

    def __init__(
        self, optimizer: BayesianOptimizer, journal: Journal | None, in_order: bool
    ) -> None:
        self._optimizer, self._journal = optimizer, journal
        self._departed = False  # whether others are chosen than the journal has
        if journal is not None and not in_order:
            self._depart(journal, 0)  # it depends on time what would be chosen

    def ask(self, number: int) -> Trial:
        """Choose the candidate of this number, or take the one that the journal has."""
        optimizer, journal = self._optimizer, self._journal
        if journal is None:
            return optimizer.ask()
        stored = journal.params(number)
        if self._departed:
            return optimizer.ask(stored)
        try:
            trial = optimizer.ask()
        except SpaceExhausted:
            if stored is None:
                raise
            self._depart(journal, number)
            return optimizer.ask(stored)
        same = functools.partial(optimizer.space.same, trial.params)
        if stored is None:  # of a journal with gaps, it may have a later number
            if not any(map(same, journal.settings_after(number))):
                return trial
        elif same(stored):
            return trial
        self._depart(journal, number)
        return optimizer.replace(trial, stored)

    def has_more(self, number: int) -> bool:
        """Check whether the journal has parameters from this number on."""
        return self._journal is not None and bool(
            self._journal.settings_after(number - 1)
        )

    def _depart(self, journal: Journal, number: int) -> None:
        """Choose other candidates from this number on than the journal has."""
        self._departed = True
        journal.state_difference(number)
        self._optimizer.reserve(journal.settings_after(number - 1))
