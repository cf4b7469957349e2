"""What a journal writes down of a fold: how it is read, and what is taken for true.

A checksum finds damage and no forgery: nothing in a record may end a search.
"""

import math
from collections.abc import Mapping
from numbers import Integral
from typing import Any

from sklearn_bayes_search.execution._path._curves import CURVES
from sklearn_bayes_search.results._parts import PART

Record = dict[str, Any]  # as JSON has it
# What is kept of a result, beside the error: scores, and other numbers.
SCORES = ("test_scores", "train_scores")
NUMBERS = ("n_test_samples", "fit_time", "score_time", "started")
RESULTS = (*SCORES, *CURVES, *NUMBERS, PART)
KINDS: tuple[tuple[str, Any], ...] = (
    *(("candidate", int), ("fold", int), ("branch", int)),
    *(("params", dict), ("text", dict), ("result", dict)),
    *(("error", str | None), ("worker", str)),
)
# Why a fold has no result of its own; or the time limit that ended it.
DEATH = "death"


def is_fold(record: Record) -> bool:
    """Check whether a record is that of a fold, with all that is read from it."""
    for name, kind in KINDS:  # a loop: long journals have to be read fast
        if not isinstance(record.get(name, ()), kind):
            return False
    result = record["result"]
    numbers = [result.get(name) for name in NUMBERS]
    if not is_count(result.get(PART, 1)):
        return False
    for scores in (result.get("test_scores"), result.get("train_scores", 0.0)):
        numbers += (scores.values() or [None]) if isinstance(scores, dict) else [scores]
    for name in CURVES:
        if name in result:
            numbers += _in_curves(result[name], result.get("test_scores"))
    return (
        all(is_count(record[name]) for name in ("candidate", "fold", "branch"))
        and all(isinstance(text, str) for text in record["text"].values())
        and all(map(_is_number, numbers))
    )


def _in_curves(curves: Any, scores: Any) -> list[Any]:
    """Return what a result has beside scores; with None if it is not of that kind."""
    several = isinstance(scores, dict)
    if isinstance(curves, dict) and not (several and curves.keys() == scores.keys()):
        return [None]
    parts = list(curves.values()) if isinstance(curves, dict) else [curves]
    if not all(isinstance(part, list) and part for part in parts):
        return [None]
    return [number for part in parts for number in part]


def is_count(value: object) -> bool:
    """Check whether a value may be a number of something."""
    return type(value) is int and 0 <= value < 2**63


def _is_number(value: object) -> bool:
    """Check whether a value is a number as `plain` writes it, some as words."""
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


def kind_of(record: Record) -> tuple[bool, tuple[str, ...]] | None:
    """Return what the records of one search have in common.

    None for a failure that hides the names of the metrics.
    """
    scores = record["result"]["test_scores"]
    if record["error"] is not None and not isinstance(scores, dict):
        return None
    metrics = tuple(sorted(scores)) if isinstance(scores, dict) else ()
    return "train_scores" in record["result"], metrics


def place_of(candidate: int, fold: int) -> str:
    """Name a fold of a candidate by a text, as skops can only save such keys."""
    return f"{candidate}/{fold}"


def remember(folds: dict[str, Record], record: Record) -> None:
    """Keep a record of a fold, unless a search went on with an earlier one."""
    place = place_of(record["candidate"], record["fold"])
    if "lost" in folds.get(place, {"lost": None}):
        folds[place] = record


def plain(value: Any) -> Any:
    """Turn a result into what JSON knows; numbers that it lacks become words."""
    if isinstance(value, Mapping):
        return {str(name): plain(number) for name, number in value.items()}
    if isinstance(value, list):
        return [plain(number) for number in value]
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else repr(number)


def numbers_back(result: Mapping[str, Any]) -> dict[str, Any]:
    """Turn words into numbers, and give times a value that a clock can have.

    Clocks may be set while a fit runs.
    """
    numbers = {name: _back(result[name]) for name in RESULTS if name in result}
    for name in ("fit_time", "score_time"):
        seconds = numbers[name]
        numbers[name] = seconds if 0 <= seconds < math.inf else 0.0
    return numbers


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _back(number) for name, number in value.items()}
    if isinstance(value, list):
        return [_back(number) for number in value]
    return float(value) if isinstance(value, str) else value
