"""Scores at all lengths: one fold's curve, and the length that a candidate has."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_bayes_search.execution._path._fit_path import Lengths
from sklearn_bayes_search.execution._path._growers import (
    LEAST,
    Report,
    kind_of,
)
from sklearn_bayes_search.results._cv_results import Objective

# What a fold's result has of curves, as a journal does.
CURVES = ("test_curves", "train_curves")
# Scores that differ by less, in relation to the largest, are the same.
ROUNDING = 1e-12
# With each doubling of the length a curve may rise by so much of its last rise.
ROOM = 1.0
# Samples of test and of training, of which a step remembers what it made.
N_REMEMBERED = 2

Curve = Any  # a list of scores, or a dict of these by metric


class CurveFit:
    """Takes the estimator's place in scikit-learn's function that fits and scores.

    To fit it is to fit the estimator, in a pipeline with the steps before it. At each
    length ``score`` is called with what is fitted so far; it returns the scores on one
    or more sets of samples, of which the first tell when to end.
    """

    def __init__(
        self, estimator: Any, path: "CommonLength", score: Callable[[Any], list[Any]]
    ) -> None:
        self.estimator, self._path, self._score = estimator, path, score
        self._lengths, self._objective = path.lengths, path.objective
        self._found: list[list[Any]] = []  # for each length and set of samples
        self._least: float | None = LEAST
        self.seconds = 0.0  # of scoring
        self.wrong: Exception | None = None  # what no candidate is to blame for

    @property
    def stands_for(self) -> Any:
        """The estimator that callbacks are about."""
        return self.estimator

    def set_params(self, **params: Any) -> "CurveFit":
        self.estimator.set_params(**params)
        return self

    def __sklearn_tags__(self) -> Any:
        return self.estimator.__sklearn_tags__()

    def fit(self, X: Any, *y: Any, **params: Any) -> "CurveFit":
        lengths, whole = self._lengths, self.estimator
        lengths.turn_off(whole)
        inner, place = lengths.owner(whole), lengths.place
        kind = kind_of(inner)
        if lengths.grow is None and kind is not None:
            self._least = kind.least
        growing = _Growing(inner, lengths, self._report)
        if not place:
            growing.fit(X, *y, **params)
            return self
        growing.whole = whole
        for steps in _steps(whole, place):
            for _, step in steps[:-1]:
                _remember(step)
        whole.set_params(**{place: growing})
        whole.fit(X, *y, **params)
        return self

    def _report(self, length: int, model: Any) -> bool:
        """Score a model; return whether the fit may end."""
        start = time.perf_counter()
        try:
            self._found.append(self._score(model))
            own = self._objective.of([found[0] for found in self._found])
        except Exception as error:
            self.wrong = error
            raise
        self.seconds += time.perf_counter() - start
        return self._least is not None and self._path.may_end(own, self._least)

    def curves(self) -> list[Curve]:
        """Return the curve of each set of samples."""
        return [_by_metric(found) for found in zip(*self._found, strict=True)]

    def best(self) -> list[Any]:
        """Return the scores of each set where those of the first are best."""
        own = self._objective.of([found[0] for found in self._found])
        return [_of_curve(curve, _highest(own)[0]) for curve in self.curves()]


def highest_in_reach(grid: Sequence[int], scores: np.ndarray) -> float:
    """Return what a curve may still come to, by its rise with the last doubling.

    ``grid`` has all lengths, ``scores`` those up to now. Infinite while it is too early
    to tell.
    """
    lengths = np.array(grid[: len(scores)])
    earlier = scores[lengths <= lengths[-1] / 2]
    if not len(earlier) or not np.isfinite(scores).all():
        return np.inf
    rise = scores.max() - earlier.max()
    return float(scores.max() + ROOM * rise * np.log2(grid[-1] / lengths[-1]))


def _highest(scores: np.ndarray) -> np.ndarray:
    """Return where scores are highest, but for rounding; all places if none is one."""
    known = np.where(np.isfinite(scores), scores, -np.inf)
    top = known.max()
    return np.flatnonzero(known >= top - ROUNDING * abs(top))


def _by_metric(scores: Sequence[Any]) -> Curve:
    """Return scores, or lists of them by metric.

    Where a function of several metrics failed, one number stands for all.
    """
    names = next((list(each) for each in scores if isinstance(each, dict)), None)
    if names is None:
        return list(scores)
    return {
        name: [
            each.get(name, np.nan) if isinstance(each, dict) else each
            for each in scores
        ]
        for name in names
    }


class _Growing:
    """Stands where the estimator that grows does, and predicts as it does at present.

    A pipeline around it can so be scored at each length.
    """

    def __init__(self, estimator: Any, lengths: Lengths, report: Report) -> None:
        self._now, self._lengths, self._score = estimator, lengths, report
        self.whole: Any = None  # what is scored, if it is not the model itself
        self._n_reported = 0

    def __getattr__(self, name: str) -> Any:
        if name == "_now":  # while it is copied
            raise AttributeError(name)
        return getattr(self._now, name)

    def __sklearn_tags__(self) -> Any:
        return self._now.__sklearn_tags__()

    def __sklearn_clone__(self) -> "_Growing":
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return self._n_reported > 0

    def fit(self, X: Any, y: Any = None, **params: Any) -> "_Growing":
        estimator, lengths = self._now, self._lengths
        kind = kind_of(estimator)
        grow = lengths.grow or (None if kind is None else kind.grow)
        if grow is None:
            raise ValueError(f"It is not known how {estimator!r} grows.")
        grow(estimator, lengths.last, lengths.grid, X, y, self._report, **params)
        if not self._n_reported:
            raise ValueError("The 'grow' of FitPath must report at least one length.")
        return self

    def _report(self, length: int, model: Any) -> bool:
        grid, number = self._lengths.grid, self._n_reported
        if number == len(grid) or length != grid[number]:
            raise ValueError(
                "The 'grow' of FitPath must report each of the lengths once, in their "
                f"order: {list(grid)}. It reported {length} as number {number}."
            )
        self._n_reported, self._now = number + 1, model
        return self._score(length, model if self.whole is None else self.whole)


def _remember(step: Any) -> None:
    """Have a step of a pipeline transform the same samples only once.

    Not one that clones share, as a frozen one: it is the user's own.
    """
    if not hasattr(step, "transform") or clone(step) is step:
        return
    transform = step.transform
    known: list[tuple[Any, Any]] = []

    def remembered(X: Any, **params: Any) -> Any:
        for given, made in known:
            if given is X and not params:
                return made
        made = transform(X, **params)
        if not params:
            known[:] = [(X, made), *known][:N_REMEMBERED]
        return made

    step.transform = remembered


def _steps(whole: Any, place: str) -> Iterator[list[tuple[str, Any]]]:
    """Yield the steps of each pipeline around what grows."""
    inner = whole
    for part in place.split("__"):
        if hasattr(inner, "steps"):
            yield inner.steps
        inner = inner.get_params()[part]


@dataclass(frozen=True)
class CommonLength:
    """The rule by which a candidate has a length: that of the best mean over its folds.

    The shortest of equals, among those that all folds have which ran and did not fail.
    A fit may end that will not come ``to_reach``, and one that is past the peak of its
    mean with the ``first`` fold.
    """

    lengths: Lengths
    objective: Objective
    to_reach: float | None = None
    first: tuple[float, ...] | None = None

    def of_fold(
        self, first: dict[str, Any] | None, to_reach: float | None
    ) -> "CommonLength":
        """Return the rule for a fit by the result of the first fold, once that is in.

        ``to_reach`` is the score of the best candidate on the fold.
        """
        if first is None or "test_curves" not in first:
            return replace(self, to_reach=to_reach)
        return replace(self, first=tuple(self._means([first]).tolist()))

    def may_end(self, scores: np.ndarray, least: float = LEAST) -> bool:
        """Check whether a fit need not go on after these scores.

        By itself it does not before a share ``least`` of the longest.
        """
        grid, patience, n = self.lengths.grid, self.lengths.patience, len(scores)
        if np.isinf(patience):
            return False
        if self.first is not None:  # what that does not have does not count
            if n >= len(self.first):
                return True
            peak = _highest(np.array(self.first))[0]
            with np.errstate(invalid="ignore"):  # inf - inf
                mean = scores + self.first[:n]
            return bool(n > peak + 1 and _highest(mean)[-1] < n - 1)
        if grid[n - 1] < least * grid[-1]:
            return False
        # of equals the longest, for a curve may begin with a plateau
        if grid[n - 1] >= (1 + patience) * grid[_highest(scores)[-1]]:
            return True
        reach = self.to_reach
        return reach is not None and highest_in_reach(grid, scores) < reach

    def settle(self, folds: Sequence[dict[str, Any] | None]) -> list[Any]:
        """Return results of folds, None where one did not run, at the common length."""
        index = self._index(folds)
        return list(folds) if index is None else [_at(fold, index) for fold in folds]

    def setting(
        self, params: Mapping[str, Any], folds: Sequence[dict[str, Any] | None]
    ) -> dict[str, Any]:
        """Return the parameters with the length, once a fold has ended.

        It is the longest where all fits failed.
        """
        if not any(folds):
            return dict(params)
        index = self._index(folds)
        length = self.lengths.grid[-1 if index is None else index]
        return dict(sorted({**params, self.lengths.name: length}.items()))

    def rows(
        self, candidates: Sequence[Sequence[dict[str, Any] | None]]
    ) -> list[dict[str, Any]]:
        """List rows of candidates and lengths: mean and deviation of all scores."""
        return [
            {"candidate": number, **row}
            for number, folds in enumerate(candidates)
            for row in self._rows(folds)
        ]

    def _rows(self, folds: Sequence[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
        chosen, curved = self._index(folds), _curved(folds)
        for index in range(self._n_common(curved)):
            row: dict[str, Any] = {"length": self.lengths.grid[index]}
            for key, part in zip(CURVES, ("test", "train"), strict=True):
                at = [_of_curve(fold[key], index) for fold in curved if key in fold]
                columns = _by_metric(at) if at else {}
                if not isinstance(columns, dict):
                    columns = {"score": columns}
                for name, values in columns.items():
                    row[f"mean_{part}_{name}"] = float(np.mean(values))
                    row[f"std_{part}_{name}"] = float(np.std(values))
            yield {**row, "chosen": index == chosen}

    def _index(self, folds: Sequence[dict[str, Any] | None]) -> int | None:
        means = self._means(_curved(folds))
        return int(_highest(means)[0]) if len(means) else None

    def _means(self, curved: Sequence[dict[str, Any]]) -> np.ndarray:
        """Return the mean over curves at each length that all of them have."""
        scores = [
            self.objective.of([_of_curve(fold["test_curves"], i) for fold in curved])
            for i in range(self._n_common(curved))
        ]
        with np.errstate(invalid="ignore"):  # inf - inf
            return np.array([np.mean(of_length) for of_length in scores])

    def _n_common(self, curved: Sequence[dict[str, Any]]) -> int:
        """Return how many lengths all curves have."""
        numbers = [len(values) for fold in curved for values in _lists(fold)]
        return min([*numbers, len(self.lengths.grid)]) if numbers else 0


def _curved(folds: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Return the folds that have a curve."""
    return [fold for fold in folds if fold is not None and "test_curves" in fold]


def _lists(fold: dict[str, Any]) -> Iterator[list[float]]:
    for curve in (fold[name] for name in CURVES if name in fold):
        yield from curve.values() if isinstance(curve, dict) else [curve]


def _of_curve(curve: Curve, index: int) -> Any:
    if isinstance(curve, dict):
        return {name: values[index] for name, values in curve.items()}
    return curve[index]


def _at(fold: dict[str, Any] | None, index: int) -> dict[str, Any] | None:
    """Return a fold's result with its scores at a length."""
    if fold is None or "test_curves" not in fold:
        return fold
    at = {
        f"{part}_scores": _of_curve(fold[f"{part}_curves"], index)
        for part in ("test", "train")
        if f"{part}_curves" in fold
    }
    return {**fold, **at}
