"""What is known so far of one search that is watched, from its journal or its process.

Folds are taken in one by one, so that a long journal is read once.
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.exceptions import JournalError
from sklearn_bayes_search.execution import CandidateRecord, RunningSearch
from sklearn_bayes_search.execution._journal._requests import (
    NONE_RUNS,
    PAUSE,
    STOP,
    Requests,
)
from sklearn_bayes_search.execution._journal._table import JournalReader
from sklearn_bayes_search.results._other_forms import meant, table_of_folds
from sklearn_bayes_search.results._parts import PART
from sklearn_bayes_search.results._reader import (
    SearchResults,
    known_limits,
    metrics_of,
    read_results,
)
from sklearn_bayes_search.results._tables import fits_frame

# Of a journal it is not known which candidates run: one of the last that lacks folds
# does, an earlier one is paused.
RECENT = 8
# The latest fits, that are shown by worker.
LAST_FITS = 200


@dataclass(frozen=True)
class Snapshot:
    """A search at a moment.

    ``results`` has the candidates that have ended, or is None while there is none;
    ``numbers`` are theirs. ``running`` is a pair for each of the others, its number and
    how many folds it has. ``limit`` are the seconds until the time limit, negative once
    it has passed. ``fits`` is the table of the latest fits, ``errors`` has a
    traceback by the number of the candidate that it is the first of.
    """

    title: str
    n_planned: int | None
    n_splits: int
    results: SearchResults | None
    numbers: list[int]
    running: list[tuple[int, int]]
    fits: pd.DataFrame
    errors: dict[int, str]
    starts: np.ndarray  # of all fits, in seconds since 1970
    seconds: np.ndarray
    space: Any = None
    ended: str | None = None  # why, once it has
    limit: float = np.inf

    @property
    def seconds_left(self) -> float:
        """Estimate the time for what is left, from how fast the latest went."""
        n = len(self.numbers)
        if self.ended or self.n_planned is None or n < 5 or len(self.starts) < 5:
            return np.nan
        n_last = max(len(self.starts) // 3, 5)
        order = np.argsort(self.starts)[-n_last:]
        began, ended = self.starts[order], (self.starts + self.seconds)[order]
        pace = (ended.max() - began.min()) / (n_last / max(self.n_splits, 1))
        return float(pace * max(self.n_planned - n, 0))


@dataclass
class Candidate:
    """A candidate, its folds by their number, as rows of `read_journal`."""

    params: dict[str, Any]
    folds: dict[int, dict[str, Any]] = field(default_factory=dict)
    has_ended: bool | None = None  # None where that is not known
    text: dict[str, str] = field(default_factory=dict)  # of the values, in a journal

    def n_folds(self, n_splits: int) -> int:
        """Count its folds, without parts of the rows, which have larger numbers."""
        return sum(number < n_splits for number in self.folds)


class Board:
    """What is known of a search; `refresh` takes in what is new."""

    title = ""
    n_planned: int | None = None
    n_splits = 0
    space: Any = None
    ended: str | None = None
    deadline = np.inf  # on the clock time.monotonic
    n_searches = 1  # so far, as a journal may be that of another search now

    def __init__(self) -> None:
        self.candidates: dict[int, Candidate] = {}
        self.n_folds = 0
        # what can be asked of the search; a sentence returned says why it cannot
        self.commands: Mapping[str, Callable[[], str | None]] = {}

    def controls(self) -> dict[str, Any]:
        """Return whether it is paused, stopping or ended, and why it heeds nothing."""
        raise NotImplementedError

    def refresh(self) -> bool:
        """Take in what is new; return whether anything is."""
        raise NotImplementedError

    def snapshot(self) -> Snapshot:
        """Return what is known now."""
        in_order = dict(sorted(self.candidates.items()))
        latest = max(in_order, default=0) - RECENT
        done, running = {}, []
        for number, candidate in in_order.items():
            has_ended = candidate.has_ended
            if has_ended is None:
                is_whole = candidate.n_folds(self.n_splits) >= self.n_splits
                has_ended = bool(self.ended) or is_whole or number < latest
            if has_ended and candidate.folds:
                done[number] = candidate
            else:
                running.append((number, candidate.n_folds(self.n_splits)))
        every = [row for c in in_order.values() for row in c.folds.values()]
        starts = np.array([row["start"] for row in every], dtype=float)
        last = np.sort(np.argsort(starts, kind="stable")[-LAST_FITS:])
        errors = {
            number: error
            for number, c in in_order.items()
            for error in [
                next((r["error"] for r in c.folds.values() if r["error"]), None)
            ]
            if error
        }
        return Snapshot(
            title=self.title,
            n_planned=self.n_planned,
            n_splits=self.n_splits,
            results=self._results(done),
            numbers=list(done),
            running=running,
            fits=fits_frame([_of_fit(every[i]) for i in last]),
            errors=errors,
            starts=starts,
            seconds=np.array([row["seconds"] for row in every], dtype=float),
            space=self.space,
            ended=self.ended,
            limit=self.deadline - time.monotonic(),
        )

    def _results(self, done: dict[int, Candidate]) -> SearchResults | None:
        if not done:
            return None
        rows = list(done.values())
        table = table_of_folds(
            [c.params for c in rows], [c.folds for c in rows], self.n_splits
        )
        known = [name for name in (self.metric,) if name in metrics_of(table)]
        read = read_results(table, *(known or metrics_of(table)[:1]))
        read = read.failed_without(self.objectives)
        return replace(read, limits=known_limits(self.limits, read.metrics))

    @cached_property
    def metric(self) -> str | None:
        """The metric that is maximised, where it is known."""
        return None

    @property
    def objectives(self) -> list[str]:
        """Several objectives of the search, where they are known."""
        return []

    @property
    def limits(self) -> Any:
        """The limits of the search, where they are known."""
        return None


def _of_fit(row: dict[str, Any]) -> dict[str, Any]:
    names = ("candidate", "fold", "score", "status", "error", "start", "seconds")
    return {**{n: row.get(n) for n in names}, "worker": row["worker"]}


class JournalBoard(Board):
    """A search that writes, or wrote, a journal."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.title, self._reader = path.name, JournalReader(path)
        self._reader.check()
        self._first_part = sys.maxsize
        self._requests = requests = Requests(path)
        self.commands = {
            "stop": lambda: requests.ask(STOP),
            "pause": lambda: requests.ask(PAUSE),
            "go-on": lambda: requests.ask(None),
        }

    def controls(self) -> dict[str, Any]:
        why_not, asked = self._requests.why_not(), self._requests.read()
        return {
            "paused": asked == PAUSE,
            "stopping": asked == STOP,
            "ended": why_not == NONE_RUNS,
            "why_not": why_not,
        }

    @property
    def metric(self) -> str | None:
        return self._reader.plan.get("metric")

    @property
    def objectives(self) -> list[str]:
        return self._reader.plan.get("objectives") or []

    @property
    def limits(self) -> Any:
        return self._reader.plan.get("limits")

    def refresh(self) -> bool:
        try:
            new = self._reader.read()
        except (OSError, JournalError):  # gone, or being written: what is known stays
            return False
        if self._reader.began_anew:
            self.candidates, self.n_folds, self.n_splits = {}, 0, 0
            self._first_part, self.n_searches = sys.maxsize, self.n_searches + 1
        before = self.ended
        self.ended = NONE_RUNS if self._requests.why_not() == NONE_RUNS else None
        plan = self._reader.plan
        self.n_planned = plan.get("n_iter")
        for row in new:
            number, fold = row["candidate"], row["fold"]
            candidate = self.candidates.setdefault(number, Candidate({}))
            self.n_folds += fold not in candidate.folds
            candidate.folds[fold] = row
            if "path" in plan or not candidate.text:  # its length may have changed
                text = {n: v for n, v in row.items() if n.startswith("param_")}
                if text != candidate.text:
                    candidate.text = text
                    candidate.params = {
                        n.removeprefix("param_"): meant(v) for n, v in text.items()
                    }
            if row.get(PART) is not None:  # these follow upon the folds
                self._first_part = min(self._first_part, fold)
            self.n_splits = min(max(self.n_splits, fold + 1), self._first_part)
        return bool(new) or self.ended != before


class RunningBoard(Board):
    """A search that runs in this process."""

    def __init__(
        self,
        running: RunningSearch,
        controls: Callable[[], dict[str, Any]],
        commands: Mapping[str, Callable[[], None]],
    ) -> None:
        super().__init__()
        self._controls, self.commands = controls, commands
        self._running: RunningSearch | None = running
        estimator = type(running.search.estimator).__name__
        self.title = f"{type(running.search).__name__} of {estimator}"
        self.space, self.n_splits = running.space, running.n_splits
        self.n_planned = running.n_candidates
        self._names: set[str] = set().union(*running.space.branches)
        timeout = running.search.timeout
        self.deadline = np.inf if timeout is None else time.monotonic() + timeout
        self._is_late = False
        self._refit, self._limits = running.search.refit, running.search.limits
        wanted = running.search.objective_metric
        self._objectives = list(wanted) if isinstance(wanted, list | tuple) else []
        # of several it is the first
        self._objective = [*self._objectives, wanted][0]

    def controls(self) -> dict[str, Any]:
        return self._controls()

    @cached_property
    def metric(self) -> str | None:
        names = [self._refit, self._objective]  # as in a report
        return next((name for name in names if isinstance(name, str)), None)

    @property
    def objectives(self) -> list[str]:
        return self._objectives

    @property
    def limits(self) -> Any:
        return self._limits

    def refresh(self) -> bool:
        if self._running is None:
            return False
        before = self.n_folds, len(self.candidates), self._is_late
        for record in self._running.records():
            self._take_in(record)
        self.n_folds = sum(len(c.folds) for c in self.candidates.values())
        self._is_late = time.monotonic() >= self.deadline
        return (self.n_folds, len(self.candidates), self._is_late) != before

    def end(self, reason: str | None) -> None:
        """Note that the search has ended, and let it go."""
        self.refresh()
        self.ended, self._running = reason, None
        for candidate in self.candidates.values():
            candidate.has_ended = len(candidate.folds) > 0

    def _take_in(self, record: CandidateRecord) -> None:
        assert record.number is not None
        has_ended = record.status != "running"
        candidate = self.candidates.setdefault(record.number, Candidate({}))
        known = len(candidate.folds), candidate.has_ended
        if known == (len(record.folds), has_ended):
            return
        # with a path, the length and the scores are settled at the end
        candidate.params, candidate.has_ended = dict(record.params), has_ended
        if self.space is not None and not self._names.issuperset(record.params):
            self.space = None  # the length of a path is not in it: that of the values
        for fold in record.folds:
            several = list(fold.scores) != ["score"]
            scores = {f"score_{n}": s for n, s in fold.scores.items()}
            candidate.folds[fold.fold] = {
                "candidate": record.number,
                "fold": fold.fold,
                **(scores if several else {"score": fold.score}),
                "status": "ok" if fold.error is None else "failed",
                "error": fold.error,
                "start": fold.start,
                "seconds": fold.seconds,
                "worker": fold.worker,
            }
