import functools
import itertools
import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_bayes_search.exceptions import SpaceExhausted
from sklearn_bayes_search.execution import _deadline, _loop, _progress
from sklearn_bayes_search.execution._deadline import Deadline
from sklearn_bayes_search.execution._executors import Lost
from sklearn_bayes_search.execution._loop import Limits, Loop
from sklearn_bayes_search.execution._progress import Candidate, Progress
from sklearn_bayes_search.execution._queue import FoldQueue
from sklearn_bayes_search.execution._window import Window, window_size
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.results._goals import Goals


class Optimizer:
    """Records what it knew at each ask."""

    space = SimpleNamespace(same=lambda params, other: params == other)

    def __init__(self, size=None):
        self.size = size
        self.told, self.known_at_ask = [], []

    def ask(self):
        number = len(self.known_at_ask)
        if number == self.size:
            raise SpaceExhausted("no more")
        self.known_at_ask.append([trial.number for trial, _ in self.told])
        return Trial(number, {"x": number}, None)

    @property
    def history(self):
        return [trial.number for trial, _ in self.told]

    def tell(self, trial, score, *, noise, folds, seconds):
        self.told.append((trial, score))


class Values:
    """Stands in for the objective."""

    goals = Goals(None, None)

    def __call__(self, folds):
        return self.fold_scores(folds)

    def within_limits(self, folds):
        return self(folds)

    def fold_scores(self, folds):
        return [fold["value"] for fold in folds]


class Evaluator:
    """Its tasks return their own names."""

    def __init__(self, n_splits):
        self.n_splits = n_splits
        self.checked = []

    def task(self, trial, fold, latest_begin=None):
        value = {"value": (trial.number, fold), "fit_time": 1.0, "score_time": 0.5}
        task = functools.partial(dict, value)
        task.latest_begin = latest_begin
        return task

    def check(self, result):
        self.checked.append(result["value"])


class Executor:
    """Finishes any tasks in any order, as a random generator has it."""

    n_workers, broken = 1, None

    def __init__(self, rng):
        self.rng = rng
        self.tasks, self.before_wait = [], lambda: None

    def submit(self, key, task):
        self.tasks.append((key, task))

    def wait(self):
        self.before_wait()
        self.rng.shuffle(self.tasks)
        n_done = self.rng.randint(1, len(self.tasks)) if self.tasks else 0
        done, self.tasks = self.tasks[:n_done], self.tasks[n_done:]
        return [(key, task()) for key, task in done]


class Clock:
    """Stands in for the module `time`: passes only when told to."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    perf_counter = time = monotonic


class TimedExecutor:
    """Runs tasks in order on so many workers; waiting lets the time pass."""

    broken = None

    def __init__(self, clock, durations, n_workers=1):
        self.clock, self.durations, self.n_workers = clock, durations, n_workers
        self.free_at = [clock.now] * n_workers
        self.ends = []

    def submit(self, key, task):
        worker = self.free_at.index(min(self.free_at))
        begin = max(self.clock.now, self.free_at[worker])
        if task.latest_begin is not None and begin > task.latest_begin:
            self.ends.append((begin, key, None))
            return
        self.free_at[worker] = begin + self.durations[key[0] % len(self.durations)]
        self.ends.append((self.free_at[worker], key, task))

    def wait(self):
        if not self.ends:
            return []
        self.ends.sort(key=lambda end: end[0])
        self.clock.now, key, task = self.ends.pop(0)
        if task is None:
            return [(key, None)]
        seconds = self.durations[key[0] % len(self.durations)]
        times = {"fit_time": seconds * 2 / 3, "score_time": seconds / 3}
        return [(key, {**task(), **times})]


@pytest.fixture
def rng():
    return random.Random(0)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (_loop, _progress, _deadline):
        monkeypatch.setattr(module, "time", clock)
    return clock


def loop(
    executor,
    optimizer,
    evaluator,
    *,
    objective=None,
    journal=None,
    n_iter=10,
    max_pending=1,
    in_order=True,
    deadline=None,
    rules=(),
    racing=None,
    on_end=print,
):
    """Run the loop; return what was found."""
    progress = Progress(objective or Values())
    progress.optimizer, progress.journal = optimizer, journal
    Loop(
        progress,
        FoldQueue(executor, evaluator, journal),
        Window(max_pending, in_order),
        Limits(n_iter, deadline, rules),
        racing,
        on_end,
    ).run()
    return progress.searched()


def search(executor, *, optimizer=None, n_splits=1, **options):
    """Run the loop with toys."""
    optimizer, evaluator = optimizer or Optimizer(), Evaluator(n_splits)
    completed = []
    options = {"on_end": completed.append, **options}
    candidates, reason, _ = loop(executor, optimizer, evaluator, **options)
    return optimizer, evaluator, candidates, completed, reason


def test_the_time_for_asking_is_measured(clock):
    class Slow(Optimizer):
        def ask(self):
            clock.now += 1.0 + len(self.known_at_ask)
            return super().ask()

    executor = TimedExecutor(clock, [50.0])
    _, _, seconds = loop(executor, Slow(), Evaluator(1), n_iter=3)
    assert seconds == 2.0


loops = given(
    rng=st.randoms(use_true_random=False),
    max_pending=st.integers(1, 6),
    n_splits=st.integers(1, 4),
    n_iter=st.integers(1, 12),
)


@loops
def test_each_ask_sees_exactly_the_results_of_its_window(
    rng, max_pending, n_splits, n_iter
):
    optimizer, *_ = search(
        Executor(rng), max_pending=max_pending, n_splits=n_splits, n_iter=n_iter
    )
    expected = [list(range(max(0, k - max_pending + 1))) for k in range(n_iter)]
    assert optimizer.known_at_ask == expected


@loops
def test_async_tells_everything_that_is_finished_before_it_asks(
    rng, max_pending, n_splits, n_iter
):
    finished, finished_at_ask = set(), []

    class Watching(Optimizer):
        def ask(self):
            finished_at_ask.append(set(finished))
            return super().ask()

    optimizer, *_ = search(
        Executor(rng),
        optimizer=Watching(),
        max_pending=max_pending,
        n_splits=n_splits,
        n_iter=n_iter,
        in_order=False,
        on_end=lambda candidate: finished.add(candidate.trial.number),
    )
    assert [set(known) for known in optimizer.known_at_ask] == finished_at_ask
    for k, known in enumerate(finished_at_ask):
        assert k - len(known) < max_pending


@pytest.mark.parametrize("in_order", [True, False])
@loops
def test_it_waits_only_when_no_more_candidates_may_be_in_flight(
    in_order, rng, max_pending, n_splits, n_iter
):
    executor, optimizer = Executor(rng), Optimizer()

    def check():
        n_asked = len(optimizer.known_at_ask)
        in_flight = {number for (number, _), _ in executor.tasks}
        assert len(in_flight) <= max_pending
        if n_asked < n_iter:
            full = n_asked - max_pending in in_flight
            assert full if in_order else len(in_flight) == max_pending

    executor.before_wait = check
    search(
        executor,
        optimizer=optimizer,
        max_pending=max_pending,
        n_splits=n_splits,
        n_iter=n_iter,
        in_order=in_order,
    )


@pytest.mark.parametrize("in_order", [True, False])
@loops
def test_every_candidate_is_evaluated_told_and_reported_once(
    in_order, rng, max_pending, n_splits, n_iter
):
    optimizer, evaluator, candidates, completed, reason = search(
        Executor(rng),
        max_pending=max_pending,
        n_splits=n_splits,
        n_iter=n_iter,
        in_order=in_order,
    )
    numbers = list(range(n_iter))
    folds = [[(k, fold) for fold in range(n_splits)] for k in numbers]
    assert [c.trial.number for c in candidates] == numbers
    assert [[fold["value"] for fold in c.folds] for c in candidates] == folds
    assert all(c.complete for c in candidates)
    told = {trial.number: score for trial, score in optimizer.told}
    assert told == dict(enumerate(folds))
    assert len(optimizer.told) == n_iter
    if in_order:
        assert [trial.number for trial, _ in optimizer.told] == numbers
    assert sorted(c.trial.number for c in completed) == numbers
    assert sorted(evaluator.checked) == sorted(itertools.chain(*folds))
    assert reason == f"evaluated n_iter={n_iter} candidates"


@loops
def test_an_exhausted_space_ends_the_search(rng, max_pending, n_splits, n_iter):
    optimizer, _, candidates, _, reason = search(
        Executor(rng),
        optimizer=Optimizer(size=n_iter),
        max_pending=max_pending,
        n_splits=n_splits,
        n_iter=None,
    )
    assert len(candidates) == len(optimizer.told) == n_iter
    assert reason == f"evaluated all {n_iter} points of the search space"


def test_n_iter_is_the_reason_where_it_equals_the_size_of_the_space(rng):
    *_, reason = search(Executor(rng), optimizer=Optimizer(size=4), n_iter=4)
    assert reason == "evaluated n_iter=4 candidates"


def test_what_a_check_raises_ends_the_search(rng):
    class Refusing(Evaluator):
        def check(self, result):
            raise ValueError("not the same names")

    with pytest.raises(ValueError, match="not the same names"):
        loop(Executor(rng), Optimizer(), Refusing(2), n_iter=3)


def test_a_candidate_is_complete_with_its_last_fold(clock):
    candidate = Candidate(Trial(0, {}, None), range(2))
    assert candidate.begin_round() == [0, 1]
    clock.now += 1
    assert not candidate.add(1, {"fold": 1})
    assert not candidate.complete
    clock.now += 2
    assert candidate.add(0, {"fold": 0})
    assert candidate.complete
    assert not candidate.ended
    candidate.end()
    assert candidate.ended
    assert candidate.seconds == 3
    assert candidate.folds == [{"fold": 0}, {"fold": 1}]


@pytest.mark.parametrize(
    ("n_workers", "n_splits", "expected"),
    [(1, 1, 1), (1, 5, 1), (2, 5, 2), (4, 5, 3), (6, 5, 4), (8, 5, 5), (32, 5, 17)],
)
@pytest.mark.parametrize("max_pending", ["auto", "async"])
def test_the_window_follows_workers_and_folds(
    max_pending, n_workers, n_splits, expected
):
    assert window_size(max_pending, n_workers, n_splits) == expected


@given(n_workers=st.integers(2, 200), n_splits=st.integers(1, 50))
def test_the_window_keeps_the_workers_busy_while_one_candidate_finishes(
    n_workers, n_splits
):
    L = window_size("auto", n_workers, n_splits)
    others = n_workers - 1
    assert (L - 1) * n_splits >= 2.5 * others
    assert (L - 2) * n_splits < 2.5 * others


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 100))
def test_a_number_is_the_window(max_pending, n_workers, n_splits):
    assert window_size(max_pending, n_workers, n_splits) == max_pending


def timed(clock, durations, *, timeout, refit=False, n_workers=1, **options):
    """Run with a deadline and durations of the folds; give how many and the end."""
    deadline = Deadline(timeout, refit=refit)
    executor = TimedExecutor(clock, durations, n_workers)
    begin = clock.now
    _, _, candidates, _, reason = search(
        executor, deadline=deadline, n_iter=None, **options
    )
    return len(candidates), clock.now - begin, reason


def test_no_candidate_is_begun_that_would_end_after_the_deadline(clock):
    n, seconds, reason = timed(clock, [1.0], n_splits=2, timeout=9)
    assert (n, seconds) == (4, 8.0)
    assert reason == "timeout=9 s after 4 candidates"


def test_a_candidate_that_just_fits_is_begun(clock):
    assert timed(clock, [1.0], n_splits=2, timeout=8)[:2] == (4, 8.0)


def test_time_is_kept_for_the_refit(clock):
    # a fit takes 1 s, scoring the rest of the 1.5 s
    assert timed(clock, [1.5], timeout=9, refit=True)[:2] == (5, 7.5)
    assert timed(clock, [1.5], timeout=9, refit=False)[:2] == (6, 9.0)


def test_time_is_kept_for_candidates_that_the_refit_fits_again(clock):
    # three of 2 x 1 s for the folds, and one fit each on all data
    deadline = Deadline(20, refit=False, n_again=3)
    executor, began = TimedExecutor(clock, [1.0]), clock.now
    options = {"deadline": deadline, "n_iter": None, "n_splits": 2}
    _, _, candidates, _, _ = search(executor, **options)
    assert (len(candidates), clock.now - began) == (5, 10.0)


@pytest.mark.parametrize("refit", [True, False])
def test_at_least_one_candidate_is_evaluated(clock, refit):
    n, seconds, reason = timed(clock, [5.0], timeout=0.1, refit=refit)
    assert (n, seconds) == (1, 5.0)
    assert reason == "timeout=0.1 s after 1 candidates"


def test_one_candidate_is_evaluated_even_if_the_time_is_over(clock):
    deadline = Deadline(1, refit=True)
    clock.now += 2
    executor = TimedExecutor(clock, [1.0])
    options = {"deadline": deadline, "n_iter": None, "max_pending": 3}
    _, _, candidates, _, _ = search(executor, **options)
    assert len(candidates) == 1


def test_no_more_than_keep_the_workers_busy_are_begun_before_one_has_ended(clock):
    class Slow(Optimizer):
        def ask(self):
            clock.now += 5
            return super().ask()

    executor = TimedExecutor(clock, [100.0])
    options = {"deadline": Deadline(8, refit=False), "n_iter": None, "max_pending": 9}
    _, _, candidates, _, _ = search(executor, optimizer=Slow(), **options)
    assert len(candidates) == 1


def test_what_is_queued_counts_before_the_deadline(clock):
    n, seconds, _ = timed(clock, [1.0], timeout=5, max_pending=20)
    assert (n, seconds) == (5, 5.0)


def test_time_before_the_search_counts(clock):
    deadline = Deadline(10, refit=False)
    clock.now += 8
    executor = TimedExecutor(clock, [1.0])
    _, _, candidates, _, _ = search(executor, deadline=deadline, n_iter=None)
    assert len(candidates) == 2


def test_n_iter_can_end_a_search_before_its_deadline(clock):
    executor = TimedExecutor(clock, [1.0])
    *_, reason = search(executor, deadline=Deadline(99, refit=True), n_iter=3)
    assert reason == "evaluated n_iter=3 candidates"


def test_a_candidate_that_takes_too_long_is_left_incomplete(clock):
    # two of 2 x 1 s, then one of 2 x 5 s: its second fold would begin at 9 s
    n, seconds, reason = timed(clock, [1.0, 1.0, 5.0, 1.0], n_splits=2, timeout=9.5)
    assert (n, seconds) == (2, 9.0)
    assert reason == "timeout=9.5 s after 2 candidates"


@settings(deadline=None, max_examples=30)
@given(
    durations=st.lists(st.floats(0.5, 5.0), min_size=1, max_size=9),
    n_workers=st.integers(1, 8),
    n_splits=st.integers(2, 6),
    in_order=st.booleans(),
)
def test_no_search_outlasts_its_time_by_more_than_a_fit(
    durations, n_workers, n_splits, in_order
):
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for module in (_loop, _progress, _deadline):
            patch.setattr(module, "time", clock)
        n, seconds, reason = timed(
            clock,
            durations,
            n_workers=n_workers,
            n_splits=n_splits,
            timeout=30,
            max_pending=window_size("auto", n_workers, n_splits),
            in_order=in_order,
        )
    assert seconds <= 30 + max(durations)
    assert reason == f"timeout=30 s after {n} candidates"


@given(
    n_workers=st.integers(1, 8),
    n_splits=st.integers(1, 6),
    timeout=st.integers(20, 60),
    in_order=st.booleans(),
)
@settings(deadline=None)
def test_equal_fits_on_many_workers_overrun_by_less_than_one_candidate(
    n_workers, n_splits, timeout, in_order
):
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for module in (_loop, _progress, _deadline):
            patch.setattr(module, "time", clock)
        L = window_size("auto", n_workers, n_splits)
        n, seconds, _ = timed(
            clock,
            [1.0],
            n_workers=n_workers,
            n_splits=n_splits,
            timeout=timeout,
            max_pending=L,
            in_order=in_order,
        )
    # in flight at a time: L candidates, each waiting for those before it
    latency = -(-L * n_splits // n_workers)
    assert seconds <= timeout + latency
    assert seconds > timeout - 2 * latency
    assert n >= 1


class Losing:
    """Loses the tasks from some number on, and is broken after a few; or is gone.

    Parameters
    ----------
    lost : set of int
        Numbers of the candidates whose tasks are lost.
    breaks_at, gone_at : int or None
        The number of results after which it is broken; after which nothing comes back.
    """

    n_workers = 1

    def __init__(self, lost=(), breaks_at=None, gone_at=None):
        self.lost, self.breaks_at, self.gone_at = set(lost), breaks_at, gone_at
        self.tasks, self.n_done = [], 0

    @property
    def broken(self):
        ends = [n for n in (self.breaks_at, self.gone_at) if n is not None]
        return "all is lost" if ends and self.n_done >= min(ends) else None

    def submit(self, key, task):
        self.tasks.append((key, task))

    def wait(self):
        if not self.tasks or (self.gone_at is not None and self.n_done >= self.gone_at):
            return []
        self.n_done += 1
        key, task = self.tasks.pop(0)
        return [(key, Lost("died", by_death=True) if key[0] in self.lost else task())]


class Journal:
    """Remembers what is added."""

    def __init__(self):
        self.added = []

    def params(self, number):
        return None

    def asks_to_stop(self):
        return False

    def settings_after(self, number):
        return []

    def died(self, number, fold):
        return False

    def add(self, trial, fold, result):
        self.added.append((trial.number, fold))

    def flush(self):
        pass


@pytest.fixture
def losing_evaluator(monkeypatch):
    def lost_result(self, fold, lost):
        return {"value": (-1, fold), "fit_time": 0.0, "score_time": 0.0}

    monkeypatch.setattr(Evaluator, "lost_result", lost_result, raising=False)


@pytest.mark.usefixtures("losing_evaluator")
def test_losses_are_written_once_it_is_known_that_the_machine_is_well():
    journal = Journal()
    search(Losing(lost={2, 3, 9}), n_splits=2, journal=journal)
    late = [(4, 0), (2, 0), (2, 1), (3, 0), (3, 1), (4, 1)]
    assert journal.added[4:10] == late
    assert sorted(journal.added) == list(itertools.product(range(10), range(2)))


@pytest.mark.usefixtures("losing_evaluator")
def test_losses_on_a_broken_machine_are_not_written():
    journal = Journal()
    executor = Losing(lost={1, *range(4, 10)}, breaks_at=12)
    with pytest.warns(UserWarning, match=r"ended early\. all is lost"):
        *_, reason = search(executor, n_splits=2, journal=journal)
    written = [(0, 0), (0, 1), (2, 0), (1, 0), (1, 1), (2, 1), (3, 0), (3, 1)]
    assert journal.added == written
    assert reason == "all is lost"


@pytest.mark.parametrize("max_pending", [1, 3])
def test_where_the_workers_are_gone_complete_candidates_are_left(max_pending):
    with pytest.warns(UserWarning, match=r"ended early\. all is lost"):
        found = search(Losing(gone_at=5), n_splits=2, max_pending=max_pending)
    _, _, candidates, completed, reason = found
    assert [candidate.trial.number for candidate in candidates] == [0, 1]
    assert candidates == completed
    assert reason == "all is lost"
    with pytest.raises(RuntimeError, match=r"No candidate was evaluated\. all is lost"):
        search(Losing(gone_at=1), n_splits=2, max_pending=max_pending)


class Kept(Journal):
    """Holds results of the first candidates.

    Parameters
    ----------
    n_folds : list of int
        Of each candidate, how many folds it holds.
    """

    def __init__(self, n_folds):
        super().__init__()
        self.n_folds = n_folds

    def params(self, number):
        return {"x": number} if number < len(self.n_folds) else None

    def result(self, number, fold):
        if fold >= self.n_folds[number]:
            return None
        return {"value": (number, fold), "fit_time": 1.0, "score_time": 0.5}


def test_a_search_of_very_many_folds_goes_on(clock):
    executor = TimedExecutor(clock, [1.0])
    options = {"deadline": Deadline(99, refit=False), "n_iter": 1, "n_splits": 3000}
    _, _, (candidate,), _, _ = search(executor, journal=Kept([3000]), **options)
    assert candidate.complete
    assert executor.ends == []


@pytest.mark.parametrize("max_pending", [1, 3])
def test_what_the_journal_holds_costs_no_time(clock, max_pending):
    deadline = Deadline(1, refit=False)
    clock.now += 0.9
    executor = TimedExecutor(clock, [1.0])
    options = {"deadline": deadline, "n_iter": None, "max_pending": max_pending}
    journal = Kept([2, 2, 2, 2, 2, 1])
    _, _, candidates, _, reason = search(
        executor, n_splits=2, journal=journal, **options
    )
    assert len(candidates) == 5
    assert executor.ends == []
    assert reason == "timeout=1 s after 5 candidates"


def test_a_rule_is_asked_once_there_is_something_to_judge(rng):
    def at_once(history, optimizer):
        assert history
        return np.bool_(True)

    for rule, name in ((at_once, "at_once"), (functools.partial(at_once), "partial")):
        _, _, candidates, _, reason = search(Executor(rng), rules=[rule])
        assert len(candidates) == 1
        expected = f"stopped after 1 of 10 candidates: the rule '{name}' returned True"
        assert reason == expected


class Numbers(Values):
    """Every fold scores the same."""

    def __call__(self, folds):
        return 0.5

    def fold_scores(self, folds):
        return [np.nan if fold is None else 0.5 for fold in folds]


class Pausing:
    """Pauses all but the first candidate, and resumes all in the end."""

    def _order(self, number, n_splits):
        return range(n_splits)

    def _rounds(self, n_splits, max_pending):
        return [1] * n_splits

    def _judge(self, complete, scores, seen):
        return (0.5, 0.1) if len(complete) else None

    def _resume(self, complete, paused, n_most):
        return list(range(len(paused)))


@pytest.mark.parametrize(
    ("timeout", "held", "n_complete", "reason"),
    [
        (99, [], 3, "evaluated n_iter=3 candidates"),
        (6.5, [], 1, "timeout=6.5 s after 3 candidates"),
        (6.5, [3, 3, 3], 3, "evaluated n_iter=3 candidates"),
        (0.1, [3, 3, 3], 3, "evaluated n_iter=3 candidates"),
        (0.1, [3, 1, 1], 1, "timeout=0.1 s after 3 candidates"),
    ],
)
def test_a_race_that_the_time_has_cut_short_is_told(
    clock, timeout, held, n_complete, reason
):
    optimizer = Optimizer()
    optimizer.revise = lambda *args, **kwargs: None
    *_, candidates, _, told = search(
        TimedExecutor(clock, [1.0]),
        optimizer=optimizer,
        n_iter=3,
        n_splits=3,
        objective=Numbers(),
        racing=Pausing(),
        journal=Kept(held),
        deadline=Deadline(timeout, refit=False),
    )
    assert sum(candidate.complete for candidate in candidates) == n_complete
    assert len(candidates) == 3
    assert told == reason
