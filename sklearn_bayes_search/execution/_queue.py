"""The folds that run: handed to the workers, or answered by the journal."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from sklearn_bayes_search.execution._evaluation import Evaluator
from sklearn_bayes_search.execution._executors import Executor
from sklearn_bayes_search.execution._executors._base import DiedBefore, Lost
from sklearn_bayes_search.execution._journal import Journal
from sklearn_bayes_search.execution._path._curves import CommonLength
from sklearn_bayes_search.execution._progress import Candidate, FoldResult
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.results._parts import PART

OWN_EXECUTOR = "The wait() of an 'executor' of BayesSearchCV must return"


class FoldQueue:
    """Runs folds, and yields their results.

    What the journal has is not run again, and what comes back is written down there.
    """

    def __init__(
        self, executor: Executor, evaluator: Evaluator, journal: Journal | None = None
    ) -> None:
        self.executor, self._evaluator = executor, evaluator
        self._journal, self.n_splits = journal, evaluator.n_splits
        self._answered: deque[tuple[Candidate, int, FoldResult]] = deque()
        self._running: dict[tuple[int, int], Candidate] = {}
        # folds whose processes died are written once the machine is known to be well
        self._unwritten: list[tuple[Trial, int, FoldResult]] = []

    def has_results(self, number: int, folds: Sequence[int]) -> bool:
        """Check whether the journal has these folds of a candidate: they cost no time.

        It may be one that is not asked for yet.
        """
        return all(self._stored(number, fold) is not None for fold in folds)

    def _stored(self, number: int, fold: int) -> FoldResult | None:
        if self._journal is None or self._journal.params(number) is None:
            return None
        return self._journal.result(number, fold)

    def submit(
        self,
        candidate: Candidate,
        folds: Sequence[int],
        latest_begin: float | None = None,
        paths: Mapping[int, CommonLength] | None = None,
    ) -> None:
        """Run folds, but for those that the journal has.

        ``paths`` has the rule for the length of each, if there is one.
        """
        trial = candidate.trial
        for fold in folds:
            result = self._stored(trial.number, fold)
            if result is not None:
                self._answered.append((candidate, fold, result))
                continue
            key = trial.number, fold
            self._running[key] = candidate
            if self._journal is not None and self._journal.died(*key):
                key = DiedBefore(key)
            own = {} if paths is None else {"path": paths[fold]}
            task = self._evaluator.task(trial, fold, latest_begin, **own)
            self.executor.submit(key, task)

    def results(self) -> Iterator[tuple[Candidate, int, FoldResult | None]]:
        """Yield the next candidates, folds and results; none if nothing runs.

        No result says that it was too late to begin the fold.
        """
        if self._answered:
            while self._answered:  # more may be submitted meanwhile
                candidate, fold, result = self._answered.popleft()
                self._evaluator.check(result)
                yield candidate, fold, result
            return
        results = self.executor.wait()
        if not results and self._running and not self.executor.broken:
            raise RuntimeError(
                f"{OWN_EXECUTOR} at least one result while tasks are left. It returned "
                f"none, and {len(self._running)} are left."
            )
        for key, value in results:
            if key not in self._running:
                raise RuntimeError(
                    f"{OWN_EXECUTOR} the result of each task once, with the key of the "
                    f"task. No task with the key {key!r} is left."
                )
            candidate, (_, fold) = self._running.pop(key), key
            if value is None:
                yield candidate, fold, None
                continue
            candidate.ran = True
            yield candidate, fold, self._take_in(candidate.trial, fold, value)
        if results and self._journal is not None:
            self._journal.flush()

    def _take_in(
        self, trial: Trial, fold: int, value: FoldResult | Lost | Exception
    ) -> FoldResult:
        """Return the result of a fold, after it is written down."""
        if isinstance(value, Exception):  # from an executor of the user's own
            value = Lost(f"The fit was lost: {value!r}", by_death=True)
        if isinstance(value, Lost):
            result = self._named(fold, self._evaluator.lost_result(fold, value))
            if value.by_death:
                self._unwritten.append((trial, fold, result))
            else:
                self._write([(trial, fold, result)])
        else:
            result = self._named(fold, value)
            self._write([(trial, fold, result)])
            self._write(self._unwritten)  # the machine is well
        self._evaluator.check(result)
        return result

    def _named(self, fold: int, result: FoldResult) -> FoldResult:
        """Return a result that says of how many rows it is, if these are a part."""
        if fold < self.n_splits:
            return result
        return {**result, PART: len(self._evaluator.splits[fold][0])}

    def _write(self, records: list[tuple[Trial, int, FoldResult]]) -> None:
        if self._journal is not None:
            for record in records:
                self._journal.add(*record)
        records.clear()

    def close(self) -> None:
        """Write down what was not yet, unless the machine is to blame."""
        if not self.executor.broken:
            self._write(self._unwritten)
