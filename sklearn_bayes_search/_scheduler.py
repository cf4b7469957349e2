"""The loop of a search: ask, submit the folds, collect, tell, until something ends it.

Deterministic window: candidate k is asked for with the results of candidates 0 to
k - L exactly, whatever else has finished. The rows then depend on the seed and on L,
never on timing, on the back end or on the number of workers.
"""

import time

from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.execution import Lost

__all__ = ["INTERRUPTED", "Candidate", "Deadline", "deadline_for", "run", "window"]

INTERRUPTED = "interrupted by the user"


class Candidate:
    """A trial and what is known of its folds.

    Attributes
    ----------
    trial : Trial
        What is evaluated.
    folds : list of dict or None
        Results of the folds, None where one is not in yet.
    """

    def __init__(self, trial, n_splits):
        self.trial = trial
        self.folds = [None] * n_splits
        self.started = time.monotonic()
        self.seconds = None

    @property
    def complete(self):
        """Whether all folds are in."""
        return self.seconds is not None

    def add(self, fold, result):
        """Add a fold's result."""
        self.folds[fold] = result
        if all(fold is not None for fold in self.folds):
            self.seconds = time.monotonic() - self.started


def window(max_pending, n_workers, n_splits):
    """Resolve ``max_pending``: the most candidates in flight.

    One for one worker. Otherwise, while the last fold of the oldest candidate keeps one
    worker, the others have 2.5 folds each. With fits that sleep for 0.05 to 0.5 s on 5
    folds, 8 workers were then busy for 98 % of the time, with 2 folds for 95 %.
    """
    if max_pending in ("auto", "async"):
        return 1 - (-5 * (n_workers - 1) // (2 * n_splits))
    return int(max_pending)


def run(
    optimizer,
    executor,
    evaluator,
    *,
    objective,
    n_iter,
    max_pending,
    in_order,
    deadline,
    on_complete,
    journal=None,
):
    """Run a search to its end.

    Parameters
    ----------
    optimizer : BayesianOptimizer
        Chooses the settings.
    executor : Executor
        Runs the tasks.
    evaluator : Evaluator
        Makes the tasks.
    objective : callable
        Gives the score that the optimizer is told for a list of fold results.
    n_iter : int or None
        The most candidates.
    max_pending : int
        The most candidates in flight.
    in_order : bool
        Whether the deterministic window holds; otherwise every result is told as
        soon as it is in.
    deadline : Deadline or None
        When to ask no more.
    on_complete : callable
        Called with each complete candidate.
    journal : Journal or None
        What it holds is not evaluated again, and what comes back is added.

    Returns
    -------
    candidates : list of Candidate
        All complete, in the order of asking.
    stop_reason : str
        Why the search ended, a sentence.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts it before a candidate is complete; later on that is a
        reason to stop.
    RuntimeError
        If all workers are lost before a candidate is complete.
    """
    # folds whose processes died are written once it is known that the machine is well
    candidates, untold, unwritten = [], [], []

    def room():
        n = len(candidates)
        if deadline is not None and not deadline.has_room(candidates, executor):
            return False
        if in_order:
            # the ones before it were complete when its successor was asked for
            return n < max_pending or candidates[n - max_pending].complete
        return sum(not c.complete for c in untold) < max_pending

    def tell():
        last_visible = len(candidates) - max_pending
        for candidate in list(untold):
            if in_order and candidate.trial.number > last_visible:
                break
            if candidate.complete:
                optimizer.tell(candidate.trial, objective(candidate.folds))
                untold.remove(candidate)

    def begin(trial):
        known = {}
        if journal is not None:
            trial, known = _known(journal, optimizer, trial, evaluator.n_splits)
        candidates.append(Candidate(trial, evaluator.n_splits))
        untold.append(candidates[-1])
        for fold in range(evaluator.n_splits):
            if fold in known:
                collect(trial.number, fold, known[fold])
            else:
                executor.submit((trial.number, fold), evaluator.task(trial, fold))

    def collect(number, fold, result):
        evaluator.check(result)
        candidates[number].add(fold, result)
        if candidates[number].complete:
            on_complete(candidates[number])

    def write(*records):
        if journal is not None:
            for record in records:
                journal.add(*record)

    def fill():
        while room():
            why = _why_stop(candidates, n_iter, deadline, executor)
            if why is not None:
                return why
            tell()
            try:
                begin(optimizer.ask())
            except SpaceExhausted:
                return f"evaluated all {len(candidates)} points of the search space"
        return None

    stop_reason = None
    try:
        while True:
            stop_reason = stop_reason or fill()
            results = executor.wait()
            if not results:
                break
            for (number, fold), result in results:
                lost = result if isinstance(result, Lost) else None
                if lost:
                    result = evaluator.of_lost(fold, lost)
                record = candidates[number].trial, fold, result
                if lost and lost.by_death:
                    unwritten.append(record)
                else:
                    write(record)
                if not lost:  # the machine is well
                    write(*unwritten)
                    unwritten.clear()
                collect(number, fold, result)
            if journal is not None:
                journal.flush()
        if not executor.broken:
            write(*unwritten)
    except KeyboardInterrupt:
        if not any(candidate.complete for candidate in candidates):
            raise
        stop_reason = INTERRUPTED
    complete = [candidate for candidate in candidates if candidate.complete]
    if len(complete) < len(candidates) and stop_reason != INTERRUPTED:
        stop_reason = executor.broken
        if not complete:
            raise RuntimeError(f"No setting was evaluated. {stop_reason}")
    for candidate in untold:
        # an interrupt may have come between telling and noting that
        if candidate.complete and candidate.trial.number not in optimizer.history:
            optimizer.tell(candidate.trial, objective(candidate.folds))
    return complete, stop_reason


def _known(journal, optimizer, trial, n_splits):
    """Give the trial as the journal has it, and what came back for its folds."""
    stored = journal.params(trial.number)
    if stored is None:
        return trial, {}
    if not optimizer.space.same(stored, trial.params):
        journal.state_difference(trial)
        trial = optimizer.replace(trial, stored)
    results = {fold: journal.result(trial.number, fold) for fold in range(n_splits)}
    return trial, {fold: r for fold, r in results.items() if r is not None}


def _why_stop(candidates, n_iter, deadline, executor):
    n = len(candidates)
    if executor.broken:
        return executor.broken
    if n_iter is not None and n >= n_iter:
        return f"evaluated n_iter={n_iter} candidates"
    if deadline is not None and n and deadline.is_near(candidates, executor.n_workers):
        return f"timeout={deadline.seconds:g} s after {n} candidates"
    return None


def deadline_for(timeout, n_iter, refit):
    """Give the time limit of a search, or None; refuse a search without an end."""
    if timeout is not None:
        return Deadline(timeout, refit=refit is not False)
    if n_iter is None:
        raise ValueError(
            "The 'n_iter' parameter of BayesSearchCV must be an int >= 1 unless a "
            "'timeout' ends the search. Got None for both; set one of them."
        )
    return None


class Deadline:
    """A time limit for the whole search, the refit included.

    Parameters
    ----------
    seconds : float
        Time from now on, > 0.
    refit : bool
        Whether to keep time for one more fit.
    """

    def __init__(self, seconds, *, refit):
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._refit = refit

    def has_room(self, candidates, executor):
        """Tell whether to ask before anything is known of how long a candidate takes.

        Then no more than one for each group of workers that its folds occupy.
        """
        if not candidates or any(candidate.complete for candidate in candidates):
            return True
        return len(candidates) * len(candidates[0].folds) < executor.n_workers

    def is_near(self, candidates, n_workers):
        """Tell whether one more candidate would probably end too late.

        What is queued before it runs first.
        """
        done = [candidate for candidate in candidates if candidate.complete]
        left = self._end - time.monotonic()
        if not done:
            return left <= 0
        folds = [fold for candidate in done for fold in candidate.folds]
        work = sum(fold["fit_time"] + fold["score_time"] for fold in folds) / len(done)
        # one candidate does not gain by more workers than it has folds
        side_by_side = max(n_workers / len(done[0].folds), 1)
        ahead = (len(candidates) - len(done)) / side_by_side
        needed = work / min(n_workers, len(done[0].folds)) * (1 + ahead)
        if self._refit:
            needed += sum(fold["fit_time"] for fold in folds) / len(folds)
        return left < needed
