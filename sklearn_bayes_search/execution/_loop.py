"""The loop of a search: ask, submit the folds, collect, tell, until something ends it.

Deterministic window: candidate k is asked for with the results of candidates 0 to
k - L exactly, whatever else has finished, and its folds are raced against these only.
The rows then depend on the seed and on L, never on timing, on the back end or on the
number of workers.
"""

import functools
import time
import warnings
from collections import deque
from typing import NamedTuple

import numpy as np

from sklearn_bayes_search.exceptions import SpaceExhausted, stack_level
from sklearn_bayes_search.execution._executors import Lost
from sklearn_bayes_search.execution._executors._base import DiedBefore
from sklearn_bayes_search.execution._failures import ALL_FAILED

__all__ = ["INTERRUPTED", "Candidate", "Progress", "run", "window"]

INTERRUPTED = "interrupted by the user"


class Candidate:
    """A trial and what is known of its folds.

    Parameters
    ----------
    trial : Trial
        What is evaluated.
    order : sequence of int
        In which order its folds run.
    rounds : sequence of int, default=None
        How many of them run before each decision on the others; None: all at once.

    Attributes
    ----------
    folds : list of dict or None
        Results of the folds, None where one did not run or is not in yet.
    ran : bool
        Whether any fold ran here; a journal may hold them all.
    seconds : float or None
        How long it took, once it has ended.
    estimate : tuple of (float, float) or None
        If it was paused, its mean over all folds and the variance of that.
    """

    def __init__(self, trial, order, rounds=None):
        self.trial = trial
        self.folds = [None] * len(order)
        self.ran = False
        self.seconds = self.estimate = None
        self._left, self._rounds = list(order), list(rounds or [len(order)])
        self._n_running = 0
        self._started = time.monotonic()

    @property
    def ended(self):
        """Whether nothing more is to come for now: it is complete or paused."""
        return self.seconds is not None

    @property
    def complete(self):
        """Whether all folds are in."""
        return all(fold is not None for fold in self.folds)

    def begin_round(self, size=None):
        """Give the folds that run next, up to the next decision."""
        size = size or self._rounds.pop(0)
        if self.ended:
            self._started = time.monotonic() - self.seconds
        folds, self._left = self._left[:size], self._left[size:]
        self._n_running += len(folds)
        return folds

    def add(self, fold, result):
        """Add a fold's result; tell whether it is the last one of its round."""
        self.folds[fold] = result
        self._n_running -= 1
        return self._n_running == 0

    def end(self, estimate=None):
        """Note that it is complete, or paused with an estimate."""
        self.estimate = estimate
        self.seconds = time.monotonic() - self._started


class Searched(NamedTuple):
    """What a search found: candidates that have ended, and why it stopped."""

    candidates: list[Candidate]
    stop_reason: str
    mean_suggest_time: float


class Progress:
    """What a search has found so far, whole wherever Ctrl-C may interrupt it.

    Parameters
    ----------
    objective : Objective
        Gives the score of each fold, and of all.

    Attributes
    ----------
    optimizer : BayesianOptimizer or None
        Chooses the settings; None before the loop begins.
    journal : Journal or None
        Where results are kept, once it is open.
    max_pending : int or None
        The most candidates in flight.
    candidates : list of Candidate
        In the order of asking.
    resumed : set of Candidate
        Paused ones that got more folds.
    suggest_times : list of float
        Seconds for choosing each candidate.
    stop_reason : str or None
        Why the search ended.
    refit_began : bool
        Whether all that was left to do was the final fit.
    """

    def __init__(self, objective):
        self.objective, self.optimizer, self.stop_reason = objective, None, None
        self.max_pending, self.journal, self.refit_began = None, None, False
        self.candidates, self.resumed, self.suggest_times = [], set(), []

    @property
    def any_complete(self):
        """Whether a candidate has all its folds."""
        return any(candidate.complete for candidate in self.candidates)

    def searched(self):
        """Tell the optimizer what it does not know yet; return what was found."""
        for candidate in self.candidates:
            # Ctrl-C may have come after its last fold and before that was noted
            if candidate.complete and (not candidate.ended or candidate.estimate):
                candidate.end()
        ended = [candidate for candidate in self.candidates if candidate.ended]
        for candidate in ended:
            if candidate.trial.number not in self.optimizer.history:
                self.tell(candidate)
            elif candidate in self.resumed:
                self.optimizer.revise(candidate.trial, **self.outcome(candidate))
        times = self.suggest_times
        return Searched(ended, self.stop_reason, sum(times) / max(len(times), 1))

    def what_is_kept(self):
        """Describe, after Ctrl-C, what was not in vain, and how to go on."""
        n, what = sum(candidate.complete for candidate in self.candidates), "candidate"
        if n == 0:
            n, what = len(self.journal), "fit"
        kept = f"{n} {what}s are" if n != 1 else f"1 {what} is"
        if self.journal is None:
            return f"The search is fitted with what was complete: {kept} kept."
        if self.journal.path is None:
            return f"{kept} kept. Fit again to go on."
        where = repr(str(self.journal.path))
        return f"{kept} kept in {where}. Run the search again to go on."

    def tell(self, candidate):
        """Tell the optimizer a candidate's outcome."""
        self.optimizer.tell(candidate.trial, **self.outcome(candidate))

    def outcome(self, candidate):
        """Return what the optimizer is told of a candidate."""
        folds = self.objective.fold_scores(candidate.folds)
        score, noise = candidate.estimate or (self.objective(candidate.folds), 0.0)
        ran = [fold for fold in candidate.folds if fold is not None]
        seconds = sum(fold["fit_time"] + fold["score_time"] for fold in ran)
        seconds *= len(candidate.folds) / len(ran)
        return {"score": score, "noise": noise, "folds": folds, "seconds": seconds}


def window(max_pending, n_workers, n_splits):
    """Resolve ``max_pending``: the most candidates in flight.

    One for one worker. Otherwise, while the last fold of the oldest candidate keeps one
    worker, the others have 2.5 folds each. With fits that sleep for 0.05 to 0.5 s on 5
    folds, 8 workers were then busy for 98 % of the time, with 2 folds for 95 %.
    With racing, ``n_splits`` is 1: a candidate's folds run one after another.
    """
    if max_pending in ("auto", "async"):
        return 1 - (-5 * (n_workers - 1) // (2 * n_splits))
    return int(max_pending)


def run(optimizer, executor, evaluator, *, objective, progress=None, **options):
    """Run a search to its end.

    Parameters
    ----------
    optimizer : BayesianOptimizer
        Chooses the settings.
    executor : Executor
        Runs the tasks.
    evaluator : Evaluator
        Makes the tasks.
    objective : Objective
        Gives the score of each fold, and of all.
    progress : Progress, default=None
        Where candidates are kept, for a caller who is to have them whatever happens.
    **options
        Of `_Loop`.

    Returns
    -------
    searched : Searched
        All candidates have ended, in the order of asking; why the search ended, a
        sentence; the mean seconds for choosing a candidate.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts it before a candidate is complete; later on that is a
        reason to stop.
    RuntimeError
        If all workers are lost before a candidate is complete.
    """
    progress = progress or Progress(objective)
    progress.optimizer = optimizer
    return _Loop(progress, executor, evaluator, **options).run()


class _Loop:
    """What a search knows while it runs.

    Parameters
    ----------
    progress : Progress
        What it has found.
    executor, evaluator
        As of `run`.
    n_iter : int or None
        The most candidates.
    max_pending : int
        The most candidates in flight.
    in_order : bool
        Whether the deterministic window holds; otherwise every result is told as
        soon as it is in.
    deadline : Deadline or None
        When to ask no more.
    on_end : callable
        Called with each candidate that has ended.
    journal : Journal or None
        What it holds is not evaluated again, and what comes back is added.
    racing : FoldRacing or None
        Decides on a candidate's folds; None runs all of them at once.
    rules : sequence of callable
        Stopping rules.
    is_hopeless : callable or None
        Whether all that was chosen fails, given candidates that have ended.
    """

    def __init__(
        self,
        progress,
        executor,
        evaluator,
        *,
        n_iter,
        max_pending,
        in_order,
        deadline,
        on_end,
        journal=None,
        racing=None,
        rules=(),
        is_hopeless=None,
    ):
        self.progress, self.candidates = progress, progress.candidates
        self.optimizer, self.objective = progress.optimizer, progress.objective
        self.executor, self.evaluator = executor, evaluator
        self.n_iter, self.max_pending = n_iter, max_pending
        self.in_order, self.deadline, self.on_end = in_order, deadline, on_end
        self.journal, self.racing, self.rules = journal, racing, rules
        self.is_hopeless = is_hopeless
        self.untold = []
        self.departed = False  # whether other settings are chosen than the journal has
        self.known = deque()  # candidates, folds and results from the journal
        # folds whose processes died are written once the machine is known to be well
        self.unwritten = []
        self.asked_to_stop = self.out_of_time = False
        self.best = self.best_score = None  # known where there is a deadline

    def run(self):
        """Run the search; see the function of this name."""
        stop_reason = None
        try:
            if self.journal is not None and not self.in_order:
                self._depart()  # it depends on time what would be chosen
            while True:
                stop_reason = stop_reason or self._fill()
                if not self._drain() and not self._resume():
                    break
            if not self.executor.broken:
                self._write(*self.unwritten)
        except KeyboardInterrupt:
            if not self.progress.any_complete:
                raise
            stop_reason = INTERRUPTED
        ended = [candidate for candidate in self.candidates if candidate.ended]
        if len(ended) < len(self.candidates) and stop_reason != INTERRUPTED:
            stop_reason = self.executor.broken or stop_reason
            if not any(candidate.complete for candidate in ended):
                raise RuntimeError(f"No setting was evaluated. {stop_reason}")
        if self.out_of_time and not self.executor.broken and stop_reason != INTERRUPTED:
            stop_reason = self._of_timeout(len(ended))
        if self.executor.broken:
            warnings.warn(
                f"The search ended early. {self.executor.broken}",
                UserWarning,
                stacklevel=stack_level(),
            )
        self.progress.stop_reason = stop_reason
        return self.progress.searched()

    def _fill(self):
        """Ask while there is room; give the reason if that is over."""
        while self._has_room():
            self._tell_visible()
            why = self._why_stop()
            if why is not None:
                return why
            if self._fails_so_far():
                # one that is in flight may work, and no rows may depend on timing
                if not all(candidate.ended for candidate in self.candidates):
                    return None
                if self.is_hopeless(self.candidates) and not self._holds_more():
                    return self._stopped(ALL_FAILED)
            start = time.perf_counter()
            try:
                trial = self._ask()
            except SpaceExhausted as error:
                if not error.is_whole:
                    return self._stopped(
                        "no other point was found that is new and that the constraint "
                        "permits"
                    )
                return (
                    f"evaluated all {len(self.candidates)} points of the search space"
                )
            self.progress.suggest_times.append(time.perf_counter() - start)
            self._begin(trial)
        return None

    def _ask(self):
        """Choose a setting, or take the one that the journal has for this number."""
        optimizer, journal, number = self.optimizer, self.journal, len(self.candidates)
        stored = None if journal is None else journal.params(number)
        if self.departed:
            return optimizer.ask(stored)
        try:
            trial = optimizer.ask()
        except SpaceExhausted:
            if stored is None:
                raise
            self._depart()
            return optimizer.ask(stored)
        same = functools.partial(optimizer.space.same, trial.params)
        if stored is None:  # of a journal with gaps, it may have a later number
            later = [] if journal is None else journal.settings_after(number)
            if not any(map(same, later)):
                return trial
        elif same(stored):
            return trial
        self._depart()
        return optimizer.replace(trial, stored)

    def _depart(self):
        """Choose other settings from now on than the journal has."""
        self.departed = True
        self.journal.state_difference(len(self.candidates))
        self.optimizer.reserve(self.journal.settings_after(len(self.candidates) - 1))

    def _has_room(self):
        n, deadline = len(self.candidates), self.deadline
        if deadline is not None and not deadline.has_room(
            self.candidates, self.executor
        ):
            return False
        if self.in_order:
            # the ones before it had ended when its successor was asked for
            return n < self.max_pending or self.candidates[n - self.max_pending].ended
        return sum(not c.ended for c in self.untold) < self.max_pending

    def _why_stop(self):
        n = len(self.candidates)
        if self.executor.broken:
            return self.executor.broken
        if self.n_iter is not None and n >= self.n_iter:
            return f"evaluated n_iter={self.n_iter} candidates"
        if n and self._time_is_short() and not self._holds_next():
            return self._of_timeout(n)
        for why in self._reasons():
            return self._stopped(why)
        return None

    def _stopped(self, why):
        of = "" if self.n_iter is None else f" of {self.n_iter}"
        return f"stopped after {len(self.candidates)}{of} candidates: {why}"

    def _fails_so_far(self):
        """Tell whether there is no hope, by what the optimizer was told."""
        return self.is_hopeless is not None and self.is_hopeless(
            candidate for candidate in self.candidates if candidate not in self.untold
        )

    def _reasons(self):
        """Ask the rules, once there is something to judge, and the callbacks."""
        history = self.optimizer.history
        for rule in self.rules if len(history) else ():
            why = rule(history, self.optimizer)
            if why and not isinstance(why, str):
                name = getattr(rule, "__name__", type(rule).__name__)
                why = f"the rule {name!r} returned {why}"
            if why:
                yield why
        if self.asked_to_stop:
            yield "a callback asked for it"

    def _holds_next(self):
        """Tell whether the next candidate costs no time: the journal has its folds."""
        number, n_splits = len(self.candidates), self.evaluator.n_splits
        folds = range(n_splits)
        if self.racing is not None:  # those that it misses are begun in time or not
            folds = self.racing.order(number, n_splits)[:1]
        return all(self._journalled(number, fold) is not None for fold in folds)

    def _holds_more(self):
        """Tell whether the journal has candidates that are not asked for yet."""
        # in another order as many in a row may fail before the first that works
        journal, last = self.journal, len(self.candidates) - 1
        return journal is not None and bool(journal.settings_after(last))

    def _time_is_short(self):
        if self.deadline is None or self.out_of_time:
            return self.out_of_time
        return self.deadline.is_near(self.candidates, self.executor.n_workers)

    def _of_timeout(self, n):
        return f"timeout={self.deadline.seconds:g} s after {n} candidates"

    def _tell_visible(self):
        last_visible = len(self.candidates) - self.max_pending
        for candidate in list(self.untold):
            if self.in_order and candidate.trial.number > last_visible:
                break
            if candidate.ended:
                self.progress.tell(candidate)
                self.untold.remove(candidate)
                folds = candidate.folds
                self.asked_to_stop |= any(fold and "stop" in fold for fold in folds)

    def _begin(self, trial):
        n_splits, racing = self.evaluator.n_splits, self.racing
        if racing is None:
            # one after another where the time of the first tells of the others
            one_by_one = self.deadline is not None and self.executor.n_workers == 1
            rounds = [1] * n_splits if one_by_one else None
            candidate = Candidate(trial, range(n_splits), rounds)
        else:
            order = racing.order(trial.number, n_splits)
            rounds = racing.rounds(n_splits, self.max_pending)
            candidate = Candidate(trial, order, rounds)
        self.candidates.append(candidate)
        self.untold.append(candidate)
        self._submit(candidate, candidate.begin_round())

    def _submit(self, candidate, folds):
        """Run folds, but those that the journal holds."""
        trial, latest = candidate.trial, None
        if self.deadline is not None:
            latest = self.deadline.latest_begin(candidate)
        for fold in folds:
            result = self._journalled(trial.number, fold)
            if result is not None:
                self.known.append((candidate, fold, result))
                continue
            place = trial.number, fold
            if self.journal is not None and self.journal.died(*place):
                place = DiedBefore(place)
            self.executor.submit(place, self.evaluator.task(trial, fold, latest))

    def _journalled(self, number, fold):
        journal = self.journal
        if journal is None or journal.params(number) is None:
            return None
        return journal.result(number, fold)

    def _drain(self):
        """Wait for results, and take them in; tell whether there were any."""
        if self.known:
            while self.known:  # what is taken in may ask for more
                self._collect(*self.known.popleft())
            return True
        results = self.executor.wait()
        for (number, fold), result in results:
            candidate = self.candidates[number]
            if result is None:  # it began too late: the candidate stays incomplete
                self.out_of_time = True
                continue
            candidate.ran = True
            lost = result if isinstance(result, Lost) else None
            if lost:
                result = self.evaluator.of_lost(fold, lost)
            record = candidate.trial, fold, result
            if lost and lost.by_death:
                self.unwritten.append(record)
            else:
                self._write(record)
            if not lost:  # the machine is well
                self._write(*self.unwritten)
                self.unwritten.clear()
            self._collect(candidate, fold, result)
        if results and self.journal is not None:
            self.journal.flush()
        return bool(results)

    def _write(self, *records):
        if self.journal is not None:
            for record in records:
                self.journal.add(*record)

    def _collect(self, candidate, fold, result):
        self.evaluator.check(result)
        if not candidate.add(fold, result):
            return
        estimate = None
        if not candidate.complete:
            estimate = self._judge(candidate)
            if estimate is None:
                self._submit(candidate, candidate.begin_round())
                return
        candidate.end(estimate)
        if self.deadline is not None:
            if candidate.complete:
                self._compare(candidate)
            self.deadline.note(candidate, self.best)
        self.on_end(candidate)

    def _compare(self, candidate):
        score, best = self.objective(candidate.folds), self.best_score
        if best is None or best != best or score > best:  # one may be NaN
            self.best, self.best_score = candidate, score

    def _judge(self, candidate):
        """Let the candidates it could see when it was asked for decide on the rest."""
        if self.racing is None:
            return None
        visible = self.candidates
        if self.in_order:
            visible = visible[: max(candidate.trial.number - self.max_pending + 1, 0)]
        scores = self.objective.fold_scores(candidate.folds)
        seen = np.array([fold is not None for fold in candidate.folds])
        return self.racing.judge(self._table(visible), scores, seen)

    def _table(self, candidates):
        """Give the scores of complete candidates, those with a failed fold apart."""
        rows = [self.objective.fold_scores(c.folds) for c in candidates if c.complete]
        table = np.array(rows).reshape(len(rows), self.evaluator.n_splits)
        return table[np.isfinite(table).all(axis=1)]

    def _resume(self):
        """At the end, run more folds of the paused candidates that may be the best."""
        if self.racing is None or self.executor.broken:
            return False
        paused = [c for c in self.candidates if c.ended and not c.complete]
        paused = [c for c in paused if np.isfinite(c.estimate[0])]
        scores = np.array([self.objective.fold_scores(c.folds) for c in paused])
        chosen = self.racing.resume(
            self._table(self.candidates), scores, self.max_pending
        )
        if self.deadline is not None:
            in_time = [i for i in chosen if self._is_in_time(paused[i])]
            self.out_of_time |= bool(chosen) and not in_time
            chosen = in_time
        size = 1 if self.max_pending == 1 else self.evaluator.n_splits
        for candidate in (paused[i] for i in chosen):
            self.progress.resumed.add(candidate)
            self._submit(candidate, candidate.begin_round(size))
        return bool(chosen)

    def _is_in_time(self, candidate):
        """Tell whether there is time for the other folds of a paused candidate."""
        left = [fold for fold, done in enumerate(candidate.folds) if done is None]
        number = candidate.trial.number
        if all(self._journalled(number, fold) is not None for fold in left):
            return True
        n_workers = self.executor.n_workers
        return not self.out_of_time and self.deadline.permits(candidate, n_workers)
