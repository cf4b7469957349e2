"""What a search counts on in whatever runs its tasks."""

import functools
import random
import time
from typing import Any

from sklearn_bayes_search.execution import Executor


class TaskFailure(Exception):
    """Raised by a task; what waits must see it."""


def check_executor(executor: Executor, *, raises: bool = True) -> None:
    """Check that an executor keeps its promises.

    Each result comes back once and under its key, in any order. New tasks may be
    submitted after results have come. ``wait`` raises what a task raises.

    Parameters
    ----------
    executor : Executor
        It must be open and have no tasks.
    raises : bool, default=True
        Whether to run, at the end, a task that raises an error. Some executors cannot
        be used after that.

    Examples
    --------
    >>> from sklearn_bayes_search.testing import check_executor
    >>> class AtOnce:
    ...     n_workers, broken = 1, None
    ...
    ...     def __init__(self):
    ...         self.tasks = []
    ...
    ...     def submit(self, key, task):
    ...         self.tasks.append((key, task))
    ...
    ...     def wait(self):
    ...         results = [(key, task()) for key, task in self.tasks]
    ...         self.tasks = []
    ...         return results
    ...
    ...     def close(self):
    ...         pass
    >>> check_executor(AtOnce())
    """
    assert isinstance(executor.n_workers, int), "n_workers is an int"
    assert executor.n_workers >= 1, "n_workers is at least 1"
    assert executor.broken is None, "a new executor is not broken"
    assert executor.wait() == [], "without tasks there is nothing to wait for"
    _every_result_comes_once(executor)
    _tasks_can_follow_results(executor)
    if raises:
        _what_a_task_raises_is_raised(executor)


def _every_result_comes_once(executor: Executor) -> None:
    for x in range(15):
        executor.submit((x, x % 2), functools.partial(_square_after_a_while, x))
    found = sorted(_collect(executor))
    assert found == [((x, x % 2), x * x) for x in range(15)], f"found {found}"
    assert executor.wait() == [], "nothing comes twice"


def _tasks_can_follow_results(executor: Executor) -> None:
    results: list[Any] = []
    for x in range(6):
        executor.submit(x, functools.partial(_square_after_a_while, x))
        if x % 3 == 2:
            new = executor.wait()
            assert new, "wait returns at least one result while a task is left"
            results += new
    results += _collect(executor)
    assert dict(results) == {x: x * x for x in range(6)}, f"found {results}"


def _what_a_task_raises_is_raised(executor: Executor) -> None:
    executor.submit("bad", functools.partial(_fail, "the reason"))
    try:
        found: Any = _collect(executor)
    except TaskFailure as error:
        found = error
    raised = isinstance(found, TaskFailure) and "the reason" in str(found)
    assert raised, (
        f"a task has raised TaskFailure('the reason'), and wait did {found!r}"
    )


def _collect(executor: Executor) -> list[Any]:
    found: list[Any] = []
    while results := executor.wait():
        found += results
    return found


def _square_after_a_while(x: int) -> int:
    time.sleep(random.SystemRandom().uniform(0, 0.01))
    return x * x


def _fail(message: str) -> None:
    raise TaskFailure(message)
