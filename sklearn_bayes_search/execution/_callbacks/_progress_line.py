"""One line that shows how far a search is."""

import html
import shutil
import sys
import time
from typing import Any

import numpy as np

from sklearn_bayes_search.execution._callbacks._base import (
    BeginsWithSearch,
    CandidateRecord,
    RunningSearch,
    SearchCallback,
)
from sklearn_bayes_search.results._goals import NONE_WITHIN
from sklearn_bayes_search.results._times import duration

# The first candidates say little of the time that is left.
FORESEEN_AFTER = 3
# Characters of a line where the width of the terminal is not known.
WIDTH = 80


class ProgressLine(SearchCallback, BeginsWithSearch):
    """Shows how far a search is, in one line that is updated in place.

    It is a callback of `BayesSearchCV`. In a notebook there is a bar beside the line;
    in a terminal the line is overwritten. Anywhere else, such as in a file, only the
    last line is printed.

    See Also
    --------
    MLflowLogger : Logs every candidate.

    Notes
    -----
    ``verbose=1`` prints a line for each candidate: use one of the two. The time left
    follows from the pace so far; it is wrong if later fits take longer.

    Examples
    --------
    >>> from sklearn_bayes_search import BayesSearchCV, ProgressLine
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> X, y = load_iris(return_X_y=True)
    >>> search = BayesSearchCV(SVC(), n_iter=5, callback=ProgressLine(), random_state=0)
    >>> search = search.fit(X, y)
    5 of 5 candidates, best 0.9..., ...; evaluated n_iter=5 candidates
    """

    def __init__(self) -> None:
        self._place: _Place | None = None

    def __repr__(self) -> str:
        return "ProgressLine()"

    def __getstate__(self) -> dict[str, Any]:
        return {"_place": None}  # another process has a place of its own

    def begin(self, running: RunningSearch) -> None:
        self._place = _place()
        self._begun, self._limits = time.monotonic(), running.search.limits
        self._n_ran, self._failed = 0, set[int | None]()

    def __call__(self, record: CandidateRecord) -> None:
        if record.status == "failed":
            self._failed.add(record.number)
        self._n_ran += record.status != "end" and not record.replayed
        if self._place is not None:
            done, total = record.n_ended, record.n_candidates
            share = done / total if total else None
            self._place.show(self._line(record), share, last=record.status == "end")

    def _line(self, record: CandidateRecord) -> str:
        seconds = time.monotonic() - self._begun
        n_ended, total = record.n_ended, record.n_candidates
        parts = [
            f"{n_ended} of {total} candidates" if total else f"{n_ended} candidates"
        ]
        if np.isfinite(record.best_score):
            parts.append(f"best {record.best_score:.4g}")
        elif self._limits:
            parts.append(NONE_WITHIN)
        if self._failed:
            parts.append(f"{len(self._failed)} failed")
        parts.append(duration(seconds))
        if record.status == "end":
            return f"{', '.join(parts)}; {record.stop_reason}"
        if total and self._n_ran >= FORESEEN_AFTER and n_ended < total:
            left = seconds / self._n_ran * (total - n_ended)
            parts.append(f"about {duration(max(left, 1.0), 2)} left")
        return ", ".join(parts)


class _Place:
    """A file: only the last line is printed."""

    def show(self, line: str, share: float | None, *, last: bool) -> None:
        """Show a line, and which share of all is done, if that is known."""
        if last:
            print(line)


class _Terminal(_Place):
    def __init__(self) -> None:
        self._length = 0

    def show(self, line: str, share: float | None, *, last: bool) -> None:
        width = shutil.get_terminal_size((WIDTH, 24)).columns - 1
        line = line if last else line[:width]
        print(f"\r{line:<{self._length}}", end="\n" if last else "", flush=True)
        self._length = len(line)


class _Notebook(_Place):
    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def show(self, line: str, share: float | None, *, last: bool) -> None:
        bar = (
            ""
            if share is None or last
            else f'<progress value="{share:.3f}"></progress> '
        )
        shown = {"text/plain": line, "text/html": f"{bar}{html.escape(line)}"}
        self._handle.update(shown, raw=True)


def _place() -> _Place:
    """Return where a line can be updated."""
    # whoever is in a notebook has imported it
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if hasattr(shell, "kernel"):
        return _Notebook()
    return _Terminal() if sys.stdout.isatty() else _Place()
