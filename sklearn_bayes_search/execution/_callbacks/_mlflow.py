"""Searches in MLflow: a logger, and support of MLflow's autologging."""

import re
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from sklearn_bayes_search.exceptions import safe_repr, stack_level
from sklearn_bayes_search.execution._callbacks._artifacts import artifacts
from sklearn_bayes_search.execution._callbacks._base import (
    BeginsWithSearch,
    CandidateRecord,
    RunningSearch,
    SearchCallback,
)
from sklearn_bayes_search.results._reader import read_results

# Flavors of MLflow whose autologging concerns fits of a search.
FLAVORS = ("sklearn", "xgboost", "lightgbm")
# What MLflow takes: parameters and tags in a request, characters of a value.
MOST_PARAMS, LONGEST_VALUE = 100, 6000
AUTOLOGGING, PARENT = "mlflow.autologging", "mlflow.parentRunId"


class MLflowLogger(SearchCallback, BeginsWithSearch):
    """Logs a search to MLflow, candidate by candidate, as it runs.

    It is a callback of `BayesSearchCV`. Each candidate is a child run with its
    parameters, the mean and the fold scores of every metric, and its seconds. A failed
    candidate has the status FAILED and the error as a tag. The run of the search has
    the arguments of the search, the best score so far as a curve, and the parameters
    that ``refit`` chose, else the best. Its artifacts are the tables and, if the
    packages for it are installed, the report. It is the active run if there is one, and
    otherwise a new one.

    Parameters
    ----------
    run_name : str, default=None
        Name of the new run; if None, MLflow chooses one.

    Attributes
    ----------
    run_id_ : str
        The ID of the last search's run.

    See Also
    --------
    WandbLogger : The same for Weights & Biases.

    Notes
    -----
    It needs ``mlflow`` or ``mlflow-skinny``. With ``mlflow.autolog()``, a search is
    logged as ``GridSearchCV`` is, and needs no logger. With both, only the logger logs.

    Examples
    --------
    >>> from sklearn_bayes_search import BayesSearchCV, MLflowLogger
    >>> from sklearn.svm import SVC
    >>> search = BayesSearchCV(SVC(), callback=MLflowLogger("iris"))
    """

    def __init__(self, run_name: str | None = None) -> None:
        self.run_name = run_name

    def __repr__(self) -> str:
        return f"MLflowLogger(run_name={self.run_name!r})"

    def begin(self, running: RunningSearch) -> None:
        import mlflow

        run = mlflow.active_run()
        self._is_own = run is None
        if run is None:
            run = mlflow.start_run(run_name=self.run_name)
        self._search, self.run_id_ = running.search, run.info.run_id
        self._experiment = run.info.experiment_id
        self._children: dict[int, str] = {}  # run by number of the candidate
        _log(self.run_id_, _arguments(running.search), {}, _names(running.search))

    def __call__(self, record: CandidateRecord) -> None:
        if record.status == "end":
            self._end(record)
        else:
            self._log_candidate(record)

    def _log_candidate(self, record: CandidateRecord) -> None:
        import mlflow

        client, number = mlflow.MlflowClient(), record.number or 0
        start = min((fold.start for fold in record.folds), default=time.time())
        if number not in self._children:
            self._children[number] = client.create_run(
                self._experiment,
                start_time=int(1000 * start),
                tags={PARENT: self.run_id_},
                run_name=f"candidate {number}",
            ).info.run_id
        run_id = self._children[number]
        metrics = dict(record.scores)
        if record.status == "paused":  # the mean of some folds is no score
            metrics = {"estimated_score": record.score}
        for fold in record.folds:
            for name, value in fold.scores.items():
                metrics[f"{name}_fold{fold.fold}"] = value
        metrics["seconds"] = record.seconds
        tags = {"status": record.status}
        tags |= {"error": record.error} if record.error else {}
        tags |= {"replayed": "True"} if record.replayed else {}
        _log(run_id, record.params, metrics, tags)
        end = max((fold.start + fold.seconds for fold in record.folds), default=start)
        status = "FAILED" if record.status == "failed" else "FINISHED"
        client.set_terminated(run_id, status, int(1000 * end))
        if record.best_number == number:
            client.log_metric(
                self.run_id_, "best_score", record.best_score, None, number
            )

    def _end(self, record: CandidateRecord) -> None:
        import mlflow

        try:
            number, params = record.best_number, record.best_params
            if record.error is None and hasattr(self._search, "best_index_"):
                # what refit chose, by another metric, a rule or as nearest to limits
                number = sorted(self._children)[self._search.best_index_]
                params = self._search.best_params_
            if number is not None:
                tags = {"best_run_id": self._children[number]}
                _log(self.run_id_, _best(params), {}, tags)
            _log(self.run_id_, {}, {}, {"stop_reason": str(record.stop_reason)})
            if record.error is None:
                with artifacts(self._search) as paths:
                    for path in paths:
                        mlflow.MlflowClient().log_artifact(self.run_id_, str(path))
        finally:
            if self._is_own:
                mlflow.end_run("FINISHED" if record.error is None else "FAILED")


@contextmanager
def autologging(search: Any, X: Any, callbacks: Any) -> Iterator[None]:
    """Switch MLflow's autologging off for the fits of a search, and log the search.

    It logs what MLflow logs of a ``GridSearchCV``, so that a user finds the same.
    Nothing is logged inside another fit that is logged, or if the search has a logger.
    """
    flavor = _flavor_switched_on()
    if flavor is None:
        yield
        return
    import mlflow
    from mlflow.utils.autologging_utils import (
        disable_autologging,
        get_autologging_config,
    )

    run, made = mlflow.active_run(), None
    logs = not any(isinstance(callback, MLflowLogger) for callback in callbacks)
    if run is not None:
        is_of_other_fit = AUTOLOGGING in run.data.tags
        is_excluded = get_autologging_config(flavor, "exclusive", False)
        logs = logs and not is_of_other_fit and not is_excluded
    with disable_autologging():
        if logs and run is None:
            with _as_warning():
                run = made = mlflow.start_run(tags={AUTOLOGGING: flavor})
        status = "FAILED"
        try:
            yield
            status = "FINISHED"
            if logs and run is not None:
                with _as_warning():
                    _log_as_grid_search(search, X, run, flavor)
        finally:
            if made is not None:
                with _as_warning():
                    mlflow.end_run(status)


def _flavor_switched_on() -> str | None:
    """Return a flavor whose autologging is on, and not off because of an outer fit."""
    if "mlflow" not in sys.modules:
        return None
    from mlflow.utils import autologging_utils

    # No public name tells: cross_validate() and a search around this one switch it off.
    if getattr(autologging_utils, "_AUTOLOGGING_GLOBALLY_DISABLED", False):
        return None
    is_off = autologging_utils.autologging_is_disabled
    return next((flavor for flavor in FLAVORS if not is_off(flavor)), None)


@contextmanager
def _as_warning() -> Iterator[None]:
    """Turn an error of logging into a warning, so that it costs no result."""
    try:
        yield
    except Exception as error:
        warnings.warn(
            f"The search could not be logged to MLflow: {type(error).__name__}: "
            f"{error}",
            UserWarning,
            stacklevel=stack_level(),
        )


def _log_as_grid_search(search: Any, X: Any, run: Any, flavor: str) -> None:
    """Log what MLflow's autologging logs of a ``GridSearchCV``."""
    import mlflow
    from mlflow.utils.autologging_utils import get_autologging_config

    client, run_id = mlflow.MlflowClient(), run.info.run_id
    params, metrics = _arguments(search), {}
    if hasattr(search, "best_params_"):
        params |= _best(search.best_params_)
    if hasattr(search, "best_score_"):
        metrics["best_cv_score"] = search.best_score_
    _log(run_id, params, metrics, _names(search))
    results = read_results(search, search.objective_metric_)
    csv = pd.DataFrame(results.table).to_csv(index=False)
    mlflow.log_text(csv, "cv_results.csv", run_id=run_id)
    n_children = get_autologging_config(flavor, "max_tuning_runs", 5)
    best = np.arange(len(results))
    if n_children is not None:
        outside = ~results.eligible & bool(results.limits)
        best = np.lexsort((results.ranks, outside))[:n_children]
    own, names = search.estimator.get_params(), _names(search.estimator)
    for row in best:
        child = client.create_run(
            run.info.experiment_id,
            start_time=run.info.start_time,
            tags={PARENT: run_id, AUTOLOGGING: flavor, **names},
        )
        params = {**own, **results.settings[row]}
        numbers = {name: of[row] for name, of in results.aggregates.items()}
        _log(child.info.run_id, params, numbers, {})
        client.set_terminated(child.info.run_id)
    if get_autologging_config(flavor, "log_models", True):
        best_estimator = getattr(search, "best_estimator_", None)
        if best_estimator is not None:
            _log_model(best_estimator, X, run_id)


def _log_model(estimator: Any, X: Any, run_id: str) -> None:
    """Log the best estimator, with what goes in and comes out, if it predicts."""
    import mlflow

    signature = None
    if hasattr(estimator, "predict"):
        some = X[:5]
        signature = mlflow.models.infer_signature(some, estimator.predict(some))
    mlflow.sklearn.log_model(estimator, name="best_estimator", signature=signature)


def _arguments(search: Any) -> dict[str, Any]:
    params: dict[str, Any] = search.get_params(deep=False)
    return {name: value for name, value in params.items() if name != "callback"}


def _best(params: Mapping[str, Any]) -> dict[str, Any]:
    return {f"best_{name}": value for name, value in params.items()}


def _names(estimator: Any) -> dict[str, str]:
    """Return the tags by which MLflow knows an estimator."""
    cls = type(estimator)
    return {
        "estimator_name": cls.__name__,
        "estimator_class": f"{cls.__module__}.{cls.__name__}",
    }


def _log(
    run_id: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, Any],
    tags: Mapping[str, str],
) -> None:
    """Log to a run, in as many requests as it takes and with names that it takes."""
    import mlflow
    from mlflow.entities import Metric, Param, RunTag

    now, client = int(1000 * time.time()), mlflow.MlflowClient()
    texts = [(_name(name), _text(value)) for name, value in params.items()]
    of_run = [Param(name, text) for name, text in texts]
    for first in range(0, len(of_run), MOST_PARAMS):
        client.log_batch(run_id, params=of_run[first : first + MOST_PARAMS])
    numbers = [
        Metric(_name(name), float(value), now, 0)
        for name, value in metrics.items()
        if isinstance(value, int | float | np.number)
    ]
    of_search = [RunTag(name, text[:LONGEST_VALUE]) for name, text in tags.items()]
    client.log_batch(run_id, metrics=numbers, tags=of_search)


def _name(name: str) -> str:
    return re.sub(r"[^/\w.\- ]", "_", str(name))


def _text(value: Any) -> str:
    """Write a value as MLflow does, in as many characters as it takes."""
    text = value if isinstance(value, str) else safe_repr(value)
    return text[:LONGEST_VALUE]
