"""Fits as a table: those of a journal, and what all such tables have in common."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sklearn_bayes_search.exceptions import JournalError
from sklearn_bayes_search.execution._journal._lines import LONGEST_LINE, parse
from sklearn_bayes_search.execution._journal._record import (
    Record,
    is_fold,
    numbers_back,
    place_of,
    remember,
)
from sklearn_bayes_search.execution._path._curves import CommonLength
from sklearn_bayes_search.execution._path._fit_path import Lengths
from sklearn_bayes_search.results._cv_results import Objective
from sklearn_bayes_search.results._parts import PART
from sklearn_bayes_search.results._tables import fits_frame

# Bytes by which a file is known again.
FIRST = 256
# What a plan has of a path: the parameter, its lengths, and what the search maximises.
PATH = ("name", "grid", "objective_metric", "refit")


def read_journal(path: "str | os.PathLike[str]") -> pd.DataFrame:
    """Read the journal of a search, while it runs or afterwards.

    Parameters
    ----------
    path : path
        The file that was given as ``checkpoint``; if that was a folder, one of its
        files.

    Returns
    -------
    frame : DataFrame
        One row per candidate and fold, in this order. The columns are named as in
        ``folds_frame(all_metrics=True)``: ``candidate``, ``fold``, ``score``
        (``score_<metric>`` for several metrics), ``status`` ("ok" or "failed"),
        ``error``, ``start``, ``seconds`` and ``worker``. After the fold, there is a
        column ``param_<name>`` for each parameter with the text of its value. The last
        columns are ``fit_time`` and ``score_time``, which add up to ``seconds``,
        ``n_test_samples``, and ``train_score`` if it was stored. With a ``path``,
        scores are those at the length that is best on the folds so far. With
        ``RowRacing``, ``n_train_samples`` is the number of training rows of a fit on a
        part of them; these fits are numbered after the folds.

    Raises
    ------
    JournalError
        If the file is not a journal.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_bayes_search import BayesSearchCV, read_journal
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "search.jsonl")
    ...     search = BayesSearchCV(
    ...         DecisionTreeClassifier(random_state=0),
    ...         {"max_depth": [1, 2]},
    ...         cv=2,
    ...         checkpoint=path,
    ...     ).fit(*load_iris(return_X_y=True))
    ...     frame = read_journal(path)
    >>> frame[["candidate", "fold", "param_max_depth", "score", "status"]].round(2)
       candidate  fold param_max_depth  score status
    0          0     0               1   0.67     ok
    1          0     1               1   0.67     ok
    2          1     0               2   0.95     ok
    3          1     1               2   0.95     ok
    """
    reader = JournalReader(path)
    reader.read()
    return fits_frame(reader.rows())


class JournalReader:
    """A journal that is read while it grows: what is new each time."""

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self._path = Path(path).expanduser()
        if self._path.is_dir():
            files = sorted(str(file) for file in self._path.glob("*.jsonl"))
            raise JournalError(
                f"{str(self._path)!r} is a folder. Read one of its files: {files}."
            )
        self._n_read, self._began = 0, False
        self._known, self.began_anew = b"", False
        self._folds: dict[str, Record] = {}
        self._names: list[str] = []  # of several metrics
        self.plan: dict[str, Any] = {}

    def check(self) -> None:
        """Refuse what is no journal, by its beginning if that tells."""
        with open(self._path, "rb") as file:
            beginning = file.read(LONGEST_LINE).split(b"\n")
        if not any("journal" in (parse(line) or {}) for line in beginning[:2]):
            JournalReader(self._path).read()

    def read(self) -> list[dict[str, Any]]:
        """Read on; return the rows of folds that are new.

        With a path also the others of their candidates, whose length may have changed.
        """
        with open(self._path, "rb") as file:
            beginning, size = file.read(FIRST), os.fstat(file.fileno()).st_size
            known = self._known
            self.began_anew = size < self._n_read or beginning[: len(known)] != known
            if self.began_anew:  # another file of this name
                self._n_read, self._began = 0, False
                self._folds, self._names = {}, []
            self._known = beginning if len(beginning) == FIRST else b""
            file.seek(self._n_read)
            content = file.read()
        new: dict[str, Record] = {}
        for line in content.split(b"\n"):
            record = parse(line)
            if record is None:
                continue
            if "journal" in record:
                self._began = True
                plan = record.get("plan")
                self.plan = plan if isinstance(plan, dict) else {}
            elif is_fold(record):
                place = place_of(record["candidate"], record["fold"])
                remember(self._folds, record)
                new[place] = self._folds[place]
        # a line that is being written now is read again the next time
        self._n_read += content.rfind(b"\n") + 1
        if not self._began:
            raise JournalError(f"{str(self._path)!r} is not the journal of a search.")
        self._know_names(new.values())
        return self._rows(list(new.values()))

    def rows(self) -> list[dict[str, Any]]:
        """List all folds, in the order of candidates and folds."""
        in_order = sorted(
            self._folds.values(), key=lambda fold: (fold["candidate"], fold["fold"])
        )
        self._names = []
        self._know_names(in_order)
        return self._rows(in_order)

    def _rows(self, records: list[Record]) -> list[dict[str, Any]]:
        path = _path_of(self.plan)
        if path is None:
            return [_row(r, numbers_back(r["result"]), self._names) for r in records]
        touched: dict[int, list[Record]] = {r["candidate"]: [] for r in records}
        for record in self._folds.values():
            if record["candidate"] in touched:
                touched[record["candidate"]].append(record)
        rows = []
        for folds in touched.values():
            folds.sort(key=lambda record: record["fold"])
            results = [numbers_back(record["result"]) for record in folds]
            # parts of the rows come last, and have lengths of their own
            whole = [result for result in results if PART not in result]
            parts = results[len(whole) :]
            text = path.setting(folds[0]["text"], whole or parts[-1:])
            text[path.lengths.name] = str(text[path.lengths.name])
            settled = [*path.settle(whole), *parts]
            for record, result in zip(folds, settled, strict=True):
                rows.append(_row(record | {"text": text}, result, self._names))
        return rows

    def _know_names(self, records: Iterable[Record]) -> None:
        if not self._names:
            of_all = [record["result"]["test_scores"] for record in records]
            named = (list(scores) for scores in of_all if isinstance(scores, dict))
            self._names = next(named, [])


def _path_of(plan: Mapping[str, Any]) -> CommonLength | None:
    """Return the rule by which candidates have a length; None if they have none."""
    try:
        name, grid, *metrics = (plan["path"][key] for key in PATH)
        return CommonLength(Lengths(name, tuple(grid), 1.0, None), Objective(*metrics))
    except (KeyError, TypeError):
        return None


def _row(
    record: Record, result: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """Turn a record into a row with the columns that are common, and more."""
    error = record["error"]
    scores = _named("score", result["test_scores"], names)
    ok = error is None and all(map(math.isfinite, scores.values()))
    return {
        "candidate": record["candidate"],
        "fold": record["fold"],
        **{f"param_{name}": text for name, text in record["text"].items()},
        **scores,
        "status": "ok" if ok else "failed",
        "error": error,
        "start": result["started"],
        "seconds": result["fit_time"] + result["score_time"],
        "worker": record["worker"],
        **{name: result[name] for name in ("fit_time", "score_time", "n_test_samples")},
        **_named("train_score", result.get("train_scores", {}), names),
        **{name: result[name] for name in (PART,) if name in result},
    }


def _named(name: str, scores: Any, names: Sequence[str]) -> dict[str, Any]:
    """Name a column for each metric; where a fit failed, one number stands for all."""
    if not isinstance(scores, dict):
        if not names:
            return {name: scores}
        scores = dict.fromkeys(names, scores)
    return {f"{name}_{metric}": score for metric, score in scores.items()}
