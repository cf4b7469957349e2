"""Callbacks: what they are told of a search while it runs, and when."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from sklearn_bayes_search.exceptions import stack_level
from sklearn_bayes_search.execution._progress import (
    INTERRUPTED,
    Candidate,
    Progress,
)
from sklearn_bayes_search.results._cv_results import Objective, fold_rows
from sklearn_bayes_search.results._short_text import last_line
from sklearn_bayes_search.space import Space


@dataclass(frozen=True)
class FoldRecord:
    """What is known of a candidate on one fold.

    Parameters
    ----------
    fold : int
        Number of the fold, from 0.
    score : float
        The score that is maximised; ``error_score`` if the fit failed.
    scores : dict of str to float
        The score by each metric; a single metric is called "score".
    seconds : float
        How long the fit and its scoring took.
    start : float
        When it began, in seconds since 1970.
    worker : str
        The host, and the number of the process or thread.
    error : str or None
        The error with its traceback; None if the fit did not fail.
    n_train_samples : int or None
        With ``RowRacing``, the number of training rows of a fit on a part of them; such
        fits are numbered after the folds. None for all other fits.
    """

    fold: int
    score: float
    scores: Mapping[str, float]
    seconds: float
    start: float
    worker: str
    error: str | None
    n_train_samples: int | None = None


@dataclass(frozen=True)
class CandidateRecord:
    """What a callback is called with when a candidate, or the whole search, has ended.

    Parameters
    ----------
    number : int or None
        Number of the candidate, from 0, in the order of asking; None at the end of the
        search.
    params : dict
        The candidate; empty at the end of the search.
    status : {"ok", "failed", "paused", "running", "end"}
        What became of it. A paused candidate may get more folds later: then another
        record follows with the same number. "running" occurs only in
        ``RunningSearch.records()``.
    score : float
        Mean over the folds of the score that is maximised; NaN if it failed. For a
        paused candidate it is an estimate.
    scores : dict of str to float
        Mean over the folds that ran, by each metric; a single metric is called "score".
    folds : tuple of FoldRecord
        The folds that ran, in order; with ``RowRacing``, the fits on parts of the rows
        follow.
    seconds : float
        How long its fits and their scoring took in total.
    error : str or None
        Last line of the first error; None if no fold failed. At the end of the search,
        the error that the search raised, if it did; it may then not be fitted.
    best_number : int or None
        Number of the best candidate so far among those with all folds, this one
        included; None while there is none. With ``limits``, only candidates that reach
        all of them count.
    best_score : float
        The score of the best candidate; NaN while there is none.
    best_params : dict
        The parameters of the best candidate; empty while there is none.
    n_ended : int
        How many candidates have ended so far, this one included.
    n_candidates : int or None
        How many candidates there will be at most; None if there is no such limit.
    replayed : bool
        Whether all its results come from an earlier run, read from the checkpoint.
    stop_reason : str or None
        At the end of the search, why it ended, or the error; otherwise None.
    """

    number: int | None
    params: Mapping[str, Any]
    status: str
    score: float = np.nan
    scores: Mapping[str, float] = field(default_factory=dict)
    folds: tuple[FoldRecord, ...] = ()
    seconds: float = 0.0
    error: str | None = None
    best_number: int | None = None
    best_score: float = np.nan
    best_params: Mapping[str, Any] = field(default_factory=dict)
    n_ended: int = 0
    n_candidates: int | None = None
    replayed: bool = False
    stop_reason: str | None = None


@dataclass(frozen=True)
class RunningSearch:
    """A search that is running, to be watched from any thread of its process.

    Parameters
    ----------
    search : BayesSearchCV
        The search; it is fitted once the search has ended.
    space : Space
        The search space.
    n_candidates : int or None
        How many candidates there will be at most; None if there is no such limit.
    n_splits : int
        How many folds there are.
    records : callable
        Returns a list of records of all candidates so far, including those that are
        running, in the order of asking. The fields of the best candidate are not filled
        in.
    """

    search: Any
    space: Space
    n_candidates: int | None
    n_splits: int
    records: Callable[[], list[CandidateRecord]] = field(repr=False)


class SearchCallback(Protocol):
    """Called with each candidate that has ended; a function will do.

    It is called in the process of the search, and the search waits for it. An error
    that it raises becomes a warning, and the search goes on. Clones of the search share
    the callback.
    """

    def __call__(self, record: CandidateRecord) -> str | None:
        """Take in a candidate that has ended, or the end of the search.

        Parameters
        ----------
        record : CandidateRecord
            A candidate; candidates come in the order of asking. At the end, when the
            search is fitted, a record whose ``status`` is "end".

        Returns
        -------
        reason : str or None
            None to go on. Otherwise, why the search stops: a phrase that completes
            "stopped after 34 of 100 candidates: ...".
        """
        ...


@runtime_checkable
class BeginsWithSearch(Protocol):
    """A callback that is also called before the first candidate."""

    def begin(self, running: RunningSearch) -> None:
        """Get ready for a search.

        Parameters
        ----------
        running : RunningSearch
            The search that begins.
        """
        ...


def as_callbacks(value: Any) -> list[SearchCallback]:
    """Return the callbacks that the user gave: one, several or None."""
    callbacks = value if isinstance(value, list | tuple) else [value]
    callbacks = [callback for callback in callbacks if callback is not None]
    for callback in callbacks:
        if isinstance(callback, type) or not callable(callback):
            raise TypeError(
                "The 'callback' parameter of BayesSearchCV must be a function of a "
                "record, or an object that is called like one, or a list of these. "
                f"Got {callback!r}."
            )
    return callbacks


class Listeners:
    """The callbacks of one search, and what they have been told.

    ``reason`` is the first that one of them gave for an end of the search.
    """

    def __init__(self, callback: Any, objective: Objective, error_score: Any) -> None:
        self.callbacks = as_callbacks(callback)
        self._objective, self._error_score = objective, error_score
        self.reason: str | None = None
        self._began: list[SearchCallback] = []
        self._n_candidates: int | None = None
        self._told: dict[int, bool] = {}  # by number, whether all folds were in
        self._best: dict[str, Any] = {}
        self._warned: set[int] = set()

    def begin(
        self,
        search: Any,
        space: Space,
        n_candidates: int | None,
        n_splits: int,
        progress: Progress,
    ) -> None:
        """Let them know that the search begins."""
        self._n_candidates = n_candidates

        def records() -> list[CandidateRecord]:
            return [self.record(candidate) for candidate in list(progress.candidates)]

        running = RunningSearch(search, space, n_candidates, n_splits, records)
        for callback in self.callbacks:
            self._began.append(callback)
            if isinstance(callback, BeginsWithSearch):
                self._call(callback, callback.begin, running)

    def tell(self, candidate: Candidate) -> None:
        """Let them know of a candidate that has ended."""
        number = candidate.trial.number
        self._told[number] = candidate.complete
        if self._began:
            self._call_all(self.record(candidate, so_far=True))

    @contextmanager
    def until_end(self, progress: Progress) -> Iterator[None]:
        """Let them know at the end, whatever it is, what they do not know yet."""
        try:
            yield
        except BaseException as error:
            text = f"{type(error).__name__}: {error}".rstrip(": ")
            interrupted = progress.stop_reason == INTERRUPTED
            self._end(progress, None if interrupted else text)
            raise
        else:
            self._end(progress, None)

    def _end(self, progress: Progress, error: str | None) -> None:
        if not self._began:
            return
        for candidate in progress.candidates:
            # Ctrl-C may have come before it was noted that it has ended
            known = self._told.get(candidate.trial.number)
            if not known and (
                candidate.complete or (known is None and candidate.ended)
            ):
                self.tell(candidate)
        why = progress.stop_reason or error
        self._call_all(
            CandidateRecord(
                None, {}, "end", error=error, **self._so_far(), stop_reason=why
            )
        )

    def _so_far(self) -> dict[str, Any]:
        counts = {"n_ended": len(self._told), "n_candidates": self._n_candidates}
        return {**self._best, **counts}

    def record(self, candidate: Candidate, *, so_far: bool = False) -> CandidateRecord:
        """Make the record of a candidate, with the best so far if it is told next."""
        results, complete = list(candidate.folds), candidate.complete
        every = [*results, *candidate.parts]
        rows = fold_rows([every], self._objective, self._error_score)
        folds = tuple(map(_fold_record, rows))
        number, params = candidate.trial.number, candidate.setting
        score, status = np.nan, "running"
        if complete or candidate.estimate is not None:
            estimate = None if complete else candidate.estimate
            score = self._objective(results) if estimate is None else estimate[0]
            status = "ok" if complete else "paused"
            status = status if np.isfinite(score) else "failed"
        within = self._objective.within_limits(results) if complete else np.nan
        if so_far and within > self._best.get("best_score", -np.inf):
            best = {"best_number": number, "best_score": within, "best_params": params}
            self._best = best
        own = [fold for fold in folds if fold.n_train_samples is None] or folds[-1:]
        errors = [fold.error for fold in own if fold.error is not None]
        return CandidateRecord(
            number=number,
            params=params,
            status=status,
            score=float(score),
            scores=_means(own),
            folds=folds,
            seconds=sum(fold.seconds for fold in folds),
            error=last_line(errors[0]) if errors else None,
            replayed=bool(folds) and not candidate.ran,
            **(self._so_far() if so_far else {"n_candidates": self._n_candidates}),
        )

    def _call_all(self, record: CandidateRecord) -> None:
        for callback in self._began:
            why = self._call(callback, callback, record)
            if why is not None and self.reason is None:
                self.reason = why

    def _call(self, callback: Any, method: Any, argument: Any) -> str | None:
        """Call a callback; return its reason to stop, if it has one."""
        name = getattr(callback, "__name__", type(callback).__name__)
        try:
            why = method(argument)
            if not why:
                return None
        except Exception as error:
            if id(callback) not in self._warned:
                self._warned.add(id(callback))
                warnings.warn(
                    f"The callback {name!r} raised {type(error).__name__}: "
                    f"{str(error).rstrip('.')}. The search goes on, and no result is "
                    "lost.",
                    UserWarning,
                    stacklevel=stack_level(),
                )
            return None
        return why if isinstance(why, str) else f"the callback {name!r} returned {why}"


def _fold_record(row: Mapping[str, Any]) -> FoldRecord:
    own = {"candidate", "status"}
    scores = {
        name.removeprefix("score_"): value
        for name, value in row.items()
        if name.startswith("score_")
    }
    rest = {n: v for n, v in row.items() if n not in own and n[:6] != "score_"}
    return FoldRecord(scores=scores or {"score": row["score"]}, **rest)


def _means(folds: Iterable[FoldRecord]) -> dict[str, float]:
    """Return the mean over the folds by each metric."""
    of_each: dict[str, list[float]] = {}
    for fold in folds:
        for name, score in fold.scores.items():
            of_each.setdefault(name, []).append(score)
    with np.errstate(invalid="ignore"):  # inf - inf
        return {name: float(np.mean(scores)) for name, scores in of_each.items()}
