"""From fold results to scores, lines and tables."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_bayes_search.results._goals import Goals
from sklearn_bayes_search.results._parts import PART
from sklearn_bayes_search.results._reader import choose_metric

# What is known of a fold, as scikit-learn's function gives it; None: it did not run.
Fold = Mapping[str, Any] | None


class Objective:
    """The score that the search maximises, out of what a scorer returns.

    It is the metric ``wanted``, if there is one, else that which ``refit`` names, else
    "score", else the first. Of several it is the first of them, and ``goals`` know the
    others, and the ``limits``.
    """

    def __init__(self, wanted: Any, refit: Any, limits: Any = None) -> None:
        self.goals = Goals(wanted, limits)
        self._wanted: str | None = (self.goals.names or [wanted])[0]
        self._refit = refit

    def metric(self, names: Iterable[str] | None) -> str:
        """Choose one of several metrics; None where the score is one number."""
        known = ["score"] if names is None else list(names)
        if not known:
            raise ValueError(
                "The 'scoring' callable of BayesSearchCV must return a number or a "
                "dict with at least one metric. Got an empty dict."
            )
        if self.goals:
            self.goals.check(known)
        if self._wanted is not None:
            if self._wanted not in known:
                raise ValueError(
                    "The 'objective_metric' parameter of BayesSearchCV must be one of "
                    f"the metrics {known}. Got {self._wanted!r} instead."
                )
            return self._wanted
        return choose_metric(known, [self._refit, "score"]) or known[0]

    def likely_names(self, names: Iterable[str] | None, scoring: Any) -> list[str]:
        """List names that an earlier search may have had for it, the most wanted first.

        ``names`` are as for `metric`, or not known. What the user gave as ``scoring``
        may be the name of one of several metrics elsewhere.
        """
        if names is not None:
            return [self.metric(names)]
        likely = [self._wanted, self._refit, "score", scoring]
        return [name for name in likely if isinstance(name, str)]

    def compared_by(self, scoring: Any, refit: Any) -> list[Any]:
        """List the scores that decide, of all that the user gave as ``scoring``.

        What the search maximises comes first, then what a rule for ``refit`` asks for.
        """
        if callable(scoring):
            return [scoring]
        decide = list(self.goals.objectives)
        several = isinstance(scoring, list | tuple | Mapping)
        if not decide:
            names = list(scoring) if several else ["score"]
            decide = [choose_metric(names, [self._refit, "score"]) or names[0]]
        rule = [refit, getattr(refit, "metric", None)]
        rule += getattr(refit, "limits", None) or []
        decide += [name for name in rule if isinstance(name, str)]
        named = scoring if isinstance(scoring, Mapping) else {}
        named = named if several else {"score": scoring}
        return [named.get(name, name) for name in [*decide, *self.goals.limits]]

    def fold_scores(self, folds: Iterable[Fold]) -> np.ndarray:
        """Return the metric on each fold, NaN where the fit failed or did not run."""
        return self.of(
            np.nan if f is None or f["fit_error"] is not None else f["test_scores"]
            for f in folds
        )

    def of(self, scores: Iterable[Any]) -> np.ndarray:
        """Return the metric out of each of some results of a scorer."""
        chosen = [s[self.metric(s)] if isinstance(s, dict) else s for s in scores]
        return np.array(chosen, dtype=float)

    def __call__(self, folds: Iterable[Fold]) -> float:
        """Return the mean over the folds; NaN, a failure, unless all are finite.

        The other objectives, and what has a limit, must be finite as well.
        """
        folds = list(folds)
        with np.errstate(invalid="ignore"):  # inf - inf
            mean = float(np.mean(self.fold_scores(folds)))
        lacks = self.goals.lacking([fold for fold in folds if fold is not None])
        return mean if np.isfinite(mean) and not lacks else np.nan

    def within_limits(self, folds: Iterable[Any]) -> float:
        """Return the mean over the folds; NaN also where it does not reach all
        limits.
        """
        return self(folds) if self.goals.reached(folds) else np.nan


def fold_rows(
    folds: Sequence[Sequence[Fold]], objective: Objective, error_score: Any
) -> list[dict[str, Any]]:
    """List what is known of every fit, in the order of candidates and folds.

    ``folds`` has the results of each candidate's folds. A row has candidate, fold,
    score, score_<metric> where there are several metrics, status, error, start (seconds
    since 1970), seconds and worker; plain values only.
    """
    rows = []
    ran = [result for results in folds for result in results if result is not None]
    of_all = [result["test_scores"] for result in ran]
    names = next((list(scores) for scores in of_all if isinstance(scores, dict)), [])
    for candidate, results in enumerate(folds):
        scores = objective.fold_scores(results)
        for fold, (result, score) in enumerate(zip(results, scores, strict=True)):
            if result is None:
                continue
            error, ok = result["fit_error"], bool(np.isfinite(score))
            shown = error if error or ok else f"The score is {score}."
            of_each = result["test_scores"]
            if error is not None or not isinstance(of_each, dict):
                of_each = dict.fromkeys(names, error_score)
            rows.append(
                {
                    "candidate": candidate,
                    "fold": fold,
                    "score": float(score if error is None else error_score),
                    **{f"score_{name}": float(of_each[name]) for name in names},
                    "status": "ok" if ok else "failed",
                    "error": shown,
                    "start": result["started"],
                    "seconds": result["fit_time"] + result["score_time"],
                    "worker": result["worker"],
                    **{name: result[name] for name in (PART,) if name in result},
                }
            )
    return rows


def without_place(folds: Iterable[Fold]) -> list[dict[str, Any] | None]:
    """Leave the results of folds as scikit-learn's function gave them, with None."""
    own = ("started", "worker", "stop", "lost", "test_curves", "train_curves", PART)
    return [
        None if fold is None else {k: v for k, v in fold.items() if k not in own}
        for fold in folds
    ]


def raced_results(
    format_results: Callable[..., dict[str, Any]],
    settings: Sequence[Mapping[str, Any]],
    outcomes: Sequence[Fold],
) -> dict[str, Any]:
    """Make ``cv_results_`` where some folds of paused candidates did not run.

    ``format_results`` is scikit-learn's method; ``outcomes`` are those of all folds of
    the first candidate, then the next, None where one did not run. Its score is NaN,
    and so are the candidate's means: it ranks last. Mean times are over the folds that
    ran; ``n_splits_evaluated`` counts them.
    """
    done = [outcome for outcome in outcomes if outcome is not None]
    blank = {key: _blank(value) for key, value in done[0].items()}
    n_splits = len(outcomes) // len(settings)
    ran = np.array([o is not None for o in outcomes]).reshape(-1, n_splits)
    with warnings.catch_warnings():
        scores = [outcome["test_scores"] for outcome in done]
        of_all = [list(s.values()) if isinstance(s, dict) else s for s in scores]
        if all(np.isfinite(each).all() for each in of_all):
            warnings.filterwarnings("ignore", "One or more of the .* non-finite")
        results = format_results(settings, n_splits, [o or blank for o in outcomes])
    for name in ("fit_time", "score_time"):
        times = [np.nan if o is None else o[name] for o in outcomes]
        table = np.array(times).reshape(-1, n_splits)
        with warnings.catch_warnings():  # a candidate may have no fold with all rows
            warnings.filterwarnings("ignore", "Mean of empty|Degrees of freedom")
            results[f"mean_{name}"] = np.nanmean(table, axis=1)
            results[f"std_{name}"] = np.nanstd(table, axis=1)
    results["n_splits_evaluated"] = ran.sum(axis=1)
    return results


def part_results(
    results: Mapping[str, Any],
    parts: Sequence[Sequence[Fold]],
    shares: Sequence[float],
    n_rows: int,
) -> dict[str, Any]:
    """Return what ``cv_results_`` has beside `raced_results` of parts of the rows.

    ``parts`` has the results of each candidate on the parts, None where one did not
    run, ``shares`` how much of the rows these have. Mean times take in what parts took,
    so that times the number of folds, at least one, they are all that was spent.
    """
    found: dict[str, Any] = {}
    ran = np.array([[one is not None for one in of_one] for of_one in parts])
    n_folds = results["n_splits_evaluated"]
    on_parts = np.round(np.array([*shares, 1.0]) * n_rows).astype(int)
    found["n_resources"] = on_parts[np.where(n_folds > 0, -1, ran.sum(axis=1) - 1)]
    names = [
        n.removeprefix("split0_test_") for n in results if n[:12] == "split0_test_"
    ]
    for part, column in enumerate(zip(*parts, strict=True)):
        for name in names:
            found[f"part{part}_test_{name}"] = np.array(
                [_score_of(one, name) for one in column]
            )
    for name in ("fit_time", "score_time"):
        of_parts = [sum(one[name] for one in of_one if one) for of_one in parts]
        of_folds = np.nan_to_num(results[f"mean_{name}"]) * n_folds
        found[f"mean_{name}"] = (of_folds + of_parts) / np.maximum(n_folds, 1)
        found[f"std_{name}"] = np.nan_to_num(results[f"std_{name}"])
    return found


def _score_of(result: Fold, name: str) -> float:
    """Return a score by its metric; NaN where there is none, or the fit failed."""
    if result is None or result["fit_error"] is not None:
        return np.nan
    scores = result["test_scores"]
    return float(scores[name] if isinstance(scores, dict) else scores)


def check_chosen(results: Mapping[str, Any], index: int, n_splits: int) -> None:
    """Refuse the choice of a ``refit`` that is a function if it lacks scores."""
    n_evaluated = results.get("n_splits_evaluated")
    if n_evaluated is not None and n_evaluated[index] < n_splits:
        raise ValueError(
            "The 'refit' callable chose a candidate that was not scored on all "
            f"folds, number {index}. With 'racing', scores of paused candidates are "
            "NaN: choose where they are not, as np.nanargmax does."
        )


def _blank(value: Any) -> Any:
    """Return what stands for a value where there is none, NaN for each number."""
    if isinstance(value, dict):
        return dict.fromkeys(value, np.nan)
    return None if value is None or isinstance(value, str) else np.nan
