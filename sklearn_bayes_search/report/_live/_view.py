"""What the live page shows of a search: sections of HTML, and charts."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_bayes_search.display._charts._axis import parameter_axes
from sklearn_bayes_search.display._charts._convergence import (
    convergence_chart,
    run_table,
)
from sklearn_bayes_search.display._charts._importance import importance_chart
from sklearn_bayes_search.display._charts._parallel_coordinates import (
    parallel_coordinates,
)
from sklearn_bayes_search.display._charts._timeline import timeline_chart
from sklearn_bayes_search.report import _pen
from sklearn_bayes_search.report._figures import (
    AXIS_NAME,
    BAR,
    BAR_NAME,
    MAX_AXES,
    MAX_BARS,
    MAX_NAMES,
)
from sklearn_bayes_search.report._live._board import Board, Snapshot
from sklearn_bayes_search.report._page import finite
from sklearn_bayes_search.report._text import name_labels, number
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._ranges import findings_of
from sklearn_bayes_search.results._reader import SearchResults
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import importance_table
from sklearn_bayes_search.results._short_text import last_line, shown, visible
from sklearn_bayes_search.results._times import Timeline
from sklearn_bayes_search.space._seen import seen_space

# Candidates that a model of the space is fitted to, at least and at most, and by which
# share there must be more before it is fitted again.
LEAST, MOST, MORE = 10, 200, 0.2
# Lines of the parallel axes and rows of the tables: the best, and the latest.
LINES, TIPS, ROWS, FAILURES = 200, 1000, 12, 8
# Seconds of waiting for each second of work, where the search has the same process:
# texts of 60 candidates take 8 ms, where they are sent each second, and charts 15 ms,
# together 1.5 % of one processor. Seconds are those of the clock, so that the share
# stays small where others have the processor as well.
REST, REST_OF_TEXTS = 150, 100
# Seconds before the first model there, which takes half a second: at the end it comes.
PATIENCE = 90.0


@dataclass(frozen=True)
class Insight:
    """What a model of the space tells, and of how many candidates."""

    importance: Any
    advice: list[str]
    n_candidates: int


class _Turn:
    """When something is to be made again."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.wanted, self._is_first = True, True
        self._next = time.monotonic() + seconds

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    def rest(self, seconds: float) -> None:
        """Note that it was made, and for how long it is not to be."""
        seconds = 0.0 if self._is_first else seconds  # which imports what is needed
        self._next = time.monotonic() + seconds
        self.wanted = self._is_first = False


class View:
    """One search on the page; ``shares_process`` says that it must be spared.

    Texts are made anew as soon as there is something new, charts less often where the
    search waits for them, and the model of the space in a thread.
    """

    def __init__(self, board: Board, *, shares_process: bool) -> None:
        self.board, self.shares_process = board, shares_process
        self._rest = REST if shares_process else 0
        self._rest_of_texts = REST_OF_TEXTS if shares_process else 0
        self.state: dict[str, Any] = {"title": board.title, "sections": {}}
        self.state |= {"ended": None, "figures": {}, "tips": {}}
        self.version = 0
        self._insight: Insight | None = None
        self._texts, self._charts = _Turn(), _Turn()
        self._model = _Turn(PATIENCE if shares_process else 0.0)
        self._tried = 0  # candidates that a model was fitted to
        self._seen: Snapshot | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tips: dict[int, tuple[int, list[Any]]] = {}
        self._n_searches = board.n_searches

    def refresh(self, render: Any) -> None:
        """Make anew what there is something new of, if it is time."""
        with self._lock:
            if self._texts.is_due or self.board.ended:
                began = time.monotonic()
                is_new = self.board.refresh()
                if self.board.n_searches != self._n_searches:
                    self._n_searches, self._tried = self.board.n_searches, 0
                    self._tips, self._insight = {}, None
                if is_new or self._texts.wanted:
                    self._seen = self.board.snapshot()
                    self._write(self._seen, render)
                    self._charts.wanted = True
                work = time.monotonic() - began
                self._texts.rest(self._rest_of_texts * work)
            if self._seen is None or not self._charts.wanted:
                return
            if self._charts.is_due or self.board.ended:
                began = time.monotonic()
                self._draw(self._seen)
                self._charts.rest(self._rest * (time.monotonic() - began))
                self._look_deeper(self._seen)

    def touch(self) -> None:
        """Have all made anew the next time."""
        self._texts.wanted = self._charts.wanted = True

    def _write(self, seen: Snapshot, render: Any) -> None:
        results = seen.results
        best = None if results is None else _best(results)
        what = {"seen": seen, "results": results, "best": best, **_lists(seen)}
        patience = PATIENCE if self.shares_process else None
        sections = render(insight=self._insight, patience=patience, **what)
        tips = {} if results is None else self._make_tips(seen, results)
        named = {"title": seen.title, "ended": seen.ended}
        self.state = {**self.state, **named, "sections": sections, "tips": tips}
        self.version += 1

    def _draw(self, seen: Snapshot) -> None:
        results = seen.results
        figures: dict[str, Any] = {}
        if results is not None:
            best = _best(results)
            figures["progress"] = _progress(results, best, seen.numbers)
            if results.eligible.any():
                figures["parallel"] = _parallel(results, best, seen, self._insight)
        if self._insight is not None and len(self._insight.importance):
            figures["importance"] = _importance(self._insight.importance)
        if len(seen.fits):
            figures["timeline"] = _timeline(seen)
        known = {name: figure for name, figure in figures.items() if figure}
        self.state = {**self.state, "figures": finite(known)}
        self.version += 1

    def _make_tips(self, seen: Snapshot, results: SearchResults) -> dict[str, Any]:
        """Return a title and the parameters of each candidate; most are known."""
        rows = _leading_and_latest(results, TIPS)
        for row in rows:
            candidate = seen.numbers[row]
            n_folds = int(results.n_fits[row])
            if self._tips.get(candidate, (-1, []))[0] != n_folds:
                score = results.scores[row]
                told = "failed" if results.failed[row] else f"score {number(score)}"
                params = results.settings[row].items()
                texts = [[visible(str(n)), shown(v, 60)] for n, v in params]
                self._tips[candidate] = n_folds, [f"#{candidate}, {told}", texts]
        numbers = [seen.numbers[row] for row in rows]
        return {str(number): self._tips[number][1] for number in numbers}

    def _look_deeper(self, seen: Snapshot) -> None:
        """Fit the model in a thread, if there are enough candidates more."""
        if seen.results is None or (self._thread and self._thread.is_alive()):
            return
        n = int((~seen.results.failed).sum())
        enough = n >= LEAST and n >= (1 + MORE) * self._tried
        last = seen.ended is not None and n > self._tried and n >= LEAST
        if not (last or (enough and self._model.is_due)):
            return
        self._tried = n
        self._thread = threading.Thread(
            target=self._find, args=(seen,), daemon=True, name="live page"
        )
        self._thread.start()

    def _find(self, seen: Snapshot) -> None:
        began = time.monotonic()
        assert seen.results is not None
        try:
            model = ScoreModel.fit(
                observe(_thinned(seen.results), seen.results.metric, seen.space)
            )
            importance = importance_table(model, 512)  # while the search waits
            ranges = findings_of(model, importance)
            self._insight = Insight(
                importance, list(ranges["text"]), len(model.observed.params)
            )
            self.touch()
        except ValueError:  # as of settings that are all alike
            pass
        self._model.rest(self._rest * (time.monotonic() - began))


def _best(results: SearchResults) -> int | None:
    if not results.within.any():
        return None
    return int(np.where(results.within, results.scores, -np.inf).argmax())


def _thinned(results: SearchResults) -> dict[str, Any]:
    """Return the table with at most so many rows: the best half, and any others."""
    n = len(results)
    if n <= MOST:
        return results.table
    order = np.argsort(-np.nan_to_num(results.scores, nan=-np.inf), kind="stable")
    best, others = order[: MOST // 2], order[MOST // 2 :]
    some = others[:: max(len(others) // (MOST // 2), 1)]
    return _rows(results.table, np.sort(np.concatenate([best, some])[:MOST]))


def _leading_and_latest(results: SearchResults, most: int) -> list[int]:
    """List at most so many rows: half of them the best, half the latest."""
    n = len(results)
    latest = range(max(n - most // 2, 0), n)
    return sorted({*_best_first(results)[: most // 2], *latest})


def _best_first(results: SearchResults) -> list[int]:
    """List all rows by their scores, those within the limits first."""
    scores = np.nan_to_num(results.scores, nan=-np.inf)
    outside = ~results.within & bool(results.limits)
    return [int(row) for row in np.lexsort((-scores, outside))]


def _rows(table: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    return {name: [values[row] for row in rows] for name, values in table.items()}


def _progress(
    results: SearchResults, best: int | None, numbers: list[int]
) -> dict[str, Any]:
    run = run_table(results)
    run["candidates"] = numbers  # one that runs yet has no row
    ring = None if best is None else (best, "the best candidate")
    return _figure(convergence_chart({"search": [run]}, "score", chosen=ring), 300)


def _parallel(
    results: SearchResults, best: int | None, seen: Snapshot, insight: Insight | None
) -> dict[str, Any] | None:
    rows = _leading_and_latest(results, LINES)
    params = [results.settings[row] for row in rows]
    space = seen.space or seen_space(params)
    axes = list(parameter_axes(params, space).values())
    known = [] if insight is None else list(insight.importance.index)
    axes.sort(key=lambda axis: known.index(axis.name) if axis.name in known else 99)
    axes = axes[:MAX_AXES][::-1]
    if not axes:
        return None
    chart = parallel_coordinates(
        params,
        results.scores[rows],
        axes,
        [*name_labels([axis.name for axis in axes], AXIS_NAME).values(), "score"],
        partial=np.zeros(len(rows), dtype=bool),
        best=None if best is None else rows.index(best),
        most_names=MAX_NAMES,
    )
    numbers = [seen.numbers[row] for row in rows]
    data, least = _pen.draw_parallel(chart, numbers, [""] * len(numbers))
    return {**data, "keys": [["ramp", "lower to higher score"]], "least": least}


def _timeline(seen: Snapshot) -> dict[str, Any]:
    times = Timeline.of(seen.fits)
    height = max(70 + 24 * times.n_workers, 130)
    return _figure(timeline_chart(seen.fits, times), height)


def _importance(table: Any) -> dict[str, Any]:
    table = table.iloc[:MAX_BARS]
    chart = importance_chart(table, name_labels(table.index, BAR_NAME), narrow=True)
    return _figure(chart, max(56 + BAR * len(table), 150))


def _figure(chart: Any, height: int) -> dict[str, Any]:
    keys = [list(key) for key in _pen.keys(chart)]
    return {**_pen.draw(chart, height=height), "keys": keys}


def _lists(seen: Snapshot) -> dict[str, Any]:
    """Return the rows of the tables, and the failures by what was raised."""
    results = seen.results
    if results is None:
        return {"leading": [], "latest": [], "slow": [], "failures": []}
    scored = [row for row in _best_first(results) if np.isfinite(results.scores[row])]
    kinds: dict[str, list[int]] = {}
    for candidate, error in seen.errors.items():
        kinds.setdefault(last_line(error), []).append(candidate)
    failures = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    slow = np.argsort(-np.nan_to_num(results.seconds), kind="stable")[:3]
    return {
        "leading": scored[:ROWS],
        "latest": list(range(len(results)))[: -ROWS - 1 : -1],
        "slow": slow.tolist() if len(results) > 3 else [],
        "failures": failures[:FAILURES],
    }
