"""One candidate on one fold: from parameters to scores."""

import functools
import inspect
import platform
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import clone

from sklearn_bayes_search._sklearn_compat import (
    FitCallbacks,
    ListeningContext,
    check_method_params,
    fit_and_score,
    inconsistent_splits,
    metric_names,
    safe_split,
    score_fitted,
    scorer_of_known,
    with_current_config,
)
from sklearn_bayes_search.exceptions import (
    OTHER_NAMES,
    did_you_mean,
    safe_repr,
    stack_level,
)
from sklearn_bayes_search.execution._costs import fill_in_fit_time
from sklearn_bayes_search.execution._executors._base import Lost
from sklearn_bayes_search.execution._path._curves import (
    CURVES,
    CommonLength,
    CurveFit,
)
from sklearn_bayes_search.execution._progress import FoldResult
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.space import Space

Split = tuple[np.ndarray, np.ndarray]  # indices of training and test samples

# Seconds by which two clocks may differ, as on Windows.
COARSE = 0.1


def draw_splits(
    cv: Any, X: Any, y: Any, split_params: Mapping[str, Any]
) -> list[Split]:
    """Draw the folds once, so that every candidate is scored on the same ones.

    Masks over all samples become indices.
    """
    n_splits = cv.get_n_splits(X, y, **split_params)
    splits = [
        (_as_indices(train), _as_indices(test))
        for train, test in cv.split(X, y, **split_params)
    ]
    if len(splits) != n_splits:
        raise ValueError(inconsistent_splits(n_splits, len(splits)))
    if not splits:
        raise ValueError(
            "No fits were performed. Was the CV iterator empty? Were there no "
            "candidates? The 'cv' parameter of BayesSearchCV must give at least one "
            f"split into a training and a test part. Got {cv!r}, without any."
        )
    for index, (train, test) in enumerate(splits):
        for name, part in (("training", train), ("test", test)):
            if len(part) == 0:
                raise ValueError(
                    "The 'cv' parameter of BayesSearchCV must give splits that are not "
                    f"empty. The {name} part of split {index} is empty."
                )
    return splits


def _as_indices(part: Any) -> Any:
    return np.flatnonzero(part) if np.asarray(part).dtype == bool else part


def warn_if_drawn_anew(cv: Any) -> None:
    """Warn of a splitter that would draw other folds for the same data."""
    shuffles = getattr(cv, "shuffle", hasattr(cv, "random_state"))
    if shuffles and getattr(cv, "random_state", 0) is None:
        warnings.warn(
            "The 'cv' of BayesSearchCV draws other folds each time, so that a search "
            "that was stopped cannot go on from its results: give it a random_state.",
            UserWarning,
            stacklevel=stack_level(),
        )


def check_names(estimator: Any, space: Space) -> None:
    """Refuse unknown parameter names, with one candidate of each branch.

    A candidate may replace a step, so that names exist only once it is set: all choices
    of such a parameter must have them.
    """
    for number, branch in enumerate(space.branches):
        example = space.example(number)
        unknown, probe, error = _unknown(estimator, example)
        if error is not None and not unknown:  # set_params refuses a value
            raise error
        swaps = [
            (holder, choice)
            for holder in branch
            if _holds_others(holder, branch)
            for choice in getattr(branch[holder], "choices", ())
            if space.allows({**example, holder: choice})
        ]
        if swaps:
            lacking = [_unknown(estimator, {**example, h: c})[0] for h, c in swaps]
        else:
            lacking = [unknown]
        for name in dict.fromkeys(name for names in lacking for name in names):
            words = space.words_for(number)
            of_branch = f" ({words})" if words else ""
            where = f"Parameter {name!r} of the search space{of_branch} does not exist"
            if all(name in names for names in lacking):
                raise ValueError(
                    f"{where} in {safe_repr(probe)}."
                    f"{did_you_mean(name, sorted(probe.get_params()))}"
                ) from error
            guilty = [
                s for s, names in zip(swaps, lacking, strict=True) if name in names
            ]
            # of parts in parts, the innermost
            holder, choice = max(
                guilty, key=lambda s: len(s[0]) * name.startswith(f"{s[0]}__")
            )
            text = safe_repr(choice)
            raise ValueError(
                f"{where} where {holder!r} is {text}. Write a list of dicts, one for "
                "the choices that have it and one for the others: "
                f"[{{{holder!r}: [...], {name!r}: ...}}, {{{holder!r}: [{text}]}}]."
            )


def _holds_others(name: str, branch: Mapping[str, Any]) -> bool:
    """Check whether a parameter's choices decide which other parameters there are."""
    choices = getattr(branch[name], "choices", ())
    if any(other.startswith(f"{name}__") for other in branch):
        return len(choices) > 0
    # steps of a pipeline as a whole
    return any("__" in other for other in branch) and any(
        isinstance(c, list) and c and all(isinstance(part, tuple) for part in c)
        for c in choices
    )


def _unknown(
    estimator: Any, params: Mapping[str, Any]
) -> tuple[list[str], Any, Exception | None]:
    """Return the names that do not exist once all are set, the estimator, the error."""
    probe = clone(estimator)
    try:
        probe.set_params(**clone(params, safe=False))
    except (AttributeError, ValueError) as error:  # a step may be a string
        known = probe.get_params()
        return [name for name in params if name not in known], probe, error
    return [], probe, None


def check_fit_params(estimator: Any, fit_params: Mapping[str, Any]) -> None:
    """Refuse parameters that the estimator's ``fit`` does not take.

    With metadata routing, scikit-learn does.
    """
    if get_config()["enable_metadata_routing"]:
        return
    try:
        known = inspect.signature(estimator.fit).parameters
    except (TypeError, ValueError):  # of a compiled function
        return
    takes_any = any(one.kind is one.VAR_KEYWORD for one in known.values())
    is_pipeline = hasattr(estimator, "steps")  # hands on what has a step's name
    for name in fit_params:
        if name in known or (takes_any and ("__" in name or not is_pipeline)):
            continue
        hint = f" Use {OTHER_NAMES[name]} instead." if name in OTHER_NAMES else ""
        if is_pipeline and not hint:
            last = f"{estimator.steps[-1][0]}__{name}"
            hint = f" Name the step that takes it, as in {last!r}."
        raise TypeError(
            f"The parameter {name!r} of fit is passed on to the estimator, and the fit "
            f"of {type(estimator).__name__} does not take it.{hint}"
        )


class Evaluator:
    """Makes the tasks of a search and checks what they return.

    ``check_metrics`` is called with the names of the metrics, or None for one number,
    once the first scores are in; with a ``path``, fits give the scores of all lengths;
    ``parts`` are further splits, whose training rows are a part of others;
    ``options`` are of scikit-learn's function that fits and scores; ``n_candidates`` is
    for its verbose output.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        splits: list[Split],
        parts: Sequence[Split] = (),
        scorer: Any,
        callbacks: FitCallbacks,
        n_candidates: int | None,
        check_metrics: Callable[[list[str] | None], None],
        path: CommonLength | None = None,
        **options: Any,
    ) -> None:
        self.estimator, self.X, self.y = estimator, X, y
        self.splits, self.n_splits = [*splits, *parts], len(splits)
        self._scorer, self._callbacks = scorer, callbacks
        self._n_candidates = n_candidates
        if options["error_score"] != "raise":
            options["error_score"] = float(options["error_score"])
        self._options = options
        self._function = with_current_config(_evaluate)
        self._path = path
        self._check_metrics = check_metrics
        self._names: tuple[list[str] | None] | None = None  # once they are known

    @property
    def shared(self) -> list[Any]:
        """What the tasks have in common and may be large."""
        parameters = [self._options["fit_params"], self._options["score_params"]]
        indices = [part for split in self.splits for part in split]
        every = [self.X, self.y, *parameters, *indices]
        return [value for value in every if value is not None]

    def task(
        self,
        trial: Trial,
        fold: int,
        latest_begin: float | None = None,
        path: CommonLength | None = None,
    ) -> Callable[[], FoldResult | None]:
        """Make the picklable task of one trial and fold.

        It returns the dict of scikit-learn's ``_fit_and_score``, with ``started`` and
        ``worker``, ``stop`` if a callback asks for that, and with a path
        ``test_curves``; ``path`` is the rule for this fold, if it is another one.
        None if it began later than ``latest_begin``, on the clock ``time.monotonic``.
        """
        train, test = self.splits[fold]
        total = self._n_candidates or trial.number + 1
        limit = None
        if latest_begin is not None:
            limit = latest_begin, time.time() - time.monotonic(), platform.node()
        return functools.partial(
            self._function,
            limit,
            path or self._path,
            clone(self.estimator),
            self.X,
            self.y,
            scorer=self._scorer,
            train=train,
            test=test,
            parameters=trial.params,
            split_progress=(fold, len(self.splits)),
            candidate_progress=(trial.number, total),
            return_n_test_samples=True,
            return_times=True,
            return_parameters=False,
            **self._options,
            **self._callbacks.leaf(trial.number * len(self.splits) + fold),
        )

    def lost_result(self, fold: int, lost: Lost) -> FoldResult:
        """Make the result of a fold whose process died or was ended: a failed fit.

        It raises if ``error_score`` is "raise".
        """
        error_score = self._options["error_score"]
        if error_score == "raise":
            raise RuntimeError(lost.reason)
        names = metric_names(self._scorer)
        scores = error_score if names is None else dict.fromkeys(names, error_score)
        result: FoldResult = {
            "fit_error": lost.reason,
            "test_scores": scores,
            "n_test_samples": len(self.splits[fold][1]),
            "fit_time": lost.seconds,
            "score_time": 0.0,
            "started": time.time() - lost.seconds,
            "worker": "",
        }
        if self._options["return_train_score"]:
            result["train_scores"] = scores
        if lost.by_death:
            result["lost"] = "death"
        elif lost.limit is not None:
            result["lost"] = float(lost.limit)
        return result

    def check(self, result: FoldResult) -> None:
        """Check that a fold's scores have the names that earlier ones had."""
        scores = result["test_scores"]
        names = sorted(scores) if isinstance(scores, dict) else None
        error_score = self._options["error_score"]
        both_nan = scores != scores and error_score != error_score
        if names is None and (both_nan or scores == error_score):
            return  # names are filled in at the end
        if self._names is None:
            self._names = (names,)
            self._check_metrics(names if names is None else list(scores))
        if (names,) != self._names:
            raise ValueError(
                "The 'scoring' callable must return the same kind of result each time. "
                f"It returned {_kind(self._names[0])} at first and now {_kind(names)}."
            )


def name_error_scores(results: Sequence[FoldResult], error_score: Any) -> None:
    """Fill in, for failed folds, a score for each metric.

    The names that a ``scoring`` callable returns are known once it has succeeded.
    scikit-learn's own function does this for failed fits, not for failed scoring.
    """
    scores = [result["test_scores"] for result in results]
    names = next((list(score) for score in scores if isinstance(score, dict)), None)
    if names is None:
        return
    for result in results:
        for part in ("test_scores", "train_scores"):
            if part in result and not isinstance(result[part], dict):
                result[part] = dict.fromkeys(names, error_score)


def _evaluate(
    limit: tuple[float, float, str] | None,
    path: CommonLength | None,
    *arguments: Any,
    scorer: Any,
    **options: Any,
) -> FoldResult | None:
    """Fit and score, and tell when and where; None if it is too late for that.

    ``limit`` is the latest time to begin, on the clock that nobody sets; how far that
    is from the date, and the name of the machine. What scikit-learn lets through is
    raised: it is no matter of this candidate.
    """
    if limit is not None:
        latest, offset, host = limit
        same_clock = platform.node() == host  # of other machines the dates compare
        now = time.monotonic() if same_clock else time.time() - offset
        if now > latest:
            return None
    started, start = time.time(), time.monotonic()
    leaf = options.get("callback_ctx")
    if leaf is not None:
        leaf = options["callback_ctx"] = ListeningContext(leaf)
    if path is None:
        result = fit_and_score(*arguments, scorer=scorer, **options)
    else:
        result = _fit_and_score_all(path, *arguments, scorer=scorer, **options)
    result |= _plausible(result, time.monotonic() - start)
    fill_in_fit_time(result, scorer)
    for part in ("test_scores", "train_scores", *CURVES):
        if part in result:
            result[part] = _as_floats(result[part], scorer)
    # the number is the process's where a process has one worker only
    worker = f"{platform.node()}:{threading.get_native_id()}"
    result = {**result, "started": started, "worker": worker}
    return {**result, "stop": True} if leaf is not None and leaf.stop else result


def _fit_and_score_all(
    path: CommonLength,
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scorer: Any,
    train: np.ndarray,
    test: np.ndarray,
    score_params: Any,
    **options: Any,
) -> FoldResult:
    """Fit once, and score at each length.

    The result has the scores at the best one, and the curves beside them.
    """
    parts: dict[str, tuple[np.ndarray, np.ndarray | None]] = {"test": (test, train)}
    if options["return_train_score"]:
        parts["train"] = (train, None)
    samples = [
        (
            *safe_split(estimator, X, y, *of_part),
            check_method_params(X, params=score_params or {}, indices=of_part[0]),
        )
        for of_part in parts.values()
    ]

    def score(model: Any) -> list[Any]:
        found = [
            score_fitted(model, *xy, scorer, params, options["error_score"])
            for *xy, params in samples
        ]
        return [_as_floats(scores, scorer) for scores in found]

    fit = CurveFit(estimator, path, score)
    left: list[Any] = []

    def find() -> Any:
        if not left:  # the first of its calls
            left.extend(fit.best())
        return left.pop(0)

    try:
        result: FoldResult = fit_and_score(
            fit,
            X,
            y,
            scorer=scorer_of_known(scorer, find),
            train=train,
            test=test,
            score_params=score_params,
            **options,
        )
    finally:
        if fit.wrong is not None:
            raise fit.wrong
    if result["fit_error"] is None:
        curves = zip(parts, fit.curves(), strict=True)
        result |= {f"{part}_curves": curve for part, curve in curves}
    result["fit_time"] -= fit.seconds
    result["score_time"] += fit.seconds
    return result


def _plausible(result: FoldResult, elapsed: float) -> dict[str, float]:
    """Return times that add up to what has elapsed at the most.

    scikit-learn takes them from a clock that may be set while a fit runs.
    """
    fit, score = result["fit_time"], result["score_time"]
    if not (fit >= 0 and score >= 0 and fit + score <= elapsed + COARSE):
        score = score if 0 <= score <= elapsed else 0.0
        fit = min(fit, elapsed - score) if fit >= 0 else elapsed - score
    return {"fit_time": fit, "score_time": score}


def _as_floats(scores: Any, scorer: Any) -> Any:
    """Turn scores of any numeric type into floats, and refuse those that have none.

    scikit-learn takes fractions and decimals, which NumPy cannot calculate with, and
    complex numbers, which have no order.
    """
    if isinstance(scores, dict):
        return {name: _as_floats(score, name) for name, score in scores.items()}
    if isinstance(scores, list):  # a curve
        return [_as_floats(score, scorer) for score in scores]
    try:
        return float(scores)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"scoring must return a real number, got {scores} ({type(scores)}) "
            f"instead. (scorer={scorer})"
        ) from error


def _kind(names: list[str] | None) -> str:
    return "one number" if names is None else f"a dict with the keys {names}"
