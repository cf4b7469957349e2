"""How estimators grow: one fit that shows the model of each length on its way.

Each way is exact, to the last bit, unless its `Kind` says otherwise: what it shows at a
length is what a fit of that length gives, with the same random numbers.
"""

import contextlib
import copy
import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import unique_labels

from sklearn_bayes_search._sklearn_compat import epochs_watched, several_epochs

# With warm_start a fit goes on to every third length, and what is in between is read
# off the longer one: each call of fit bins the data, or adds up all trees, once more.
LENGTHS_A_CALL = 3
# No fit ends before this share of the longest: curves may begin with a plateau, or go
# down before they rise. By epochs they go up and down: with the smaller share, one of
# four searches with SGD ended 0.010 below that without a path, with the larger none
# by more than 0.002.
LEAST, LEAST_OF_EPOCHS = 0.1, 0.3

# Called with a length and the model that has it; whether the fit may end there.
Report = Callable[[int, Any], bool]


class Grower(Protocol):
    """Fits an estimator once, and reports it at each length.

    A function, or an object that can be pickled.
    """

    def __call__(
        self,
        estimator: Any,
        name: str,
        lengths: Sequence[int],
        X: Any,
        y: Any,
        report: Report,
        **fit_params: Any,
    ) -> None:
        """Fit the estimator, and call ``report`` at each length.

        Parameters
        ----------
        estimator : estimator object
            It has the parameters of a candidate, and is fitted in place.
        name : str
            Name of its parameter that is the length.
        lengths : sequence of int
            In ascending order. The last one is the longest fit.
        X, y : array-like
            Training data; y may be None.
        report : callable
            ``report(length, model) -> bool``, to be called with each length in order.
            The model is a fitted estimator that predicts as one of this length would.
            It is scored at once, and may change afterwards. If ``report`` returns True,
            the fit has to end.
        **fit_params : dict
            What ``fit`` was called with besides X and y.
        """


@dataclass(frozen=True)
class Kind:
    """What is known of a class of estimators.

    ``names`` are what the length may be called, the usual one first. No fit ends before
    the share ``least`` of the longest; with None, for where more is never worse, none
    ends early. ``off`` sets what would end a
    fit by other rules; what is not False only if the estimator lists it. ``exact`` is
    False where a model differs from that of a fit of its length. ``longest`` is the
    length where the estimator has None. ``problem`` says of an estimator why it cannot
    grow, if so, which may depend on the parameters that it is ``decided_by``.
    """

    names: tuple[str, ...]
    grow: Grower
    off: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = True
    least: float | None = LEAST
    longest: int | None = None
    module: str = "sklearn"
    problem: Callable[[Any], str | None] = lambda estimator: None
    decided_by: tuple[str, ...] = ()


def kind_of(estimator: Any) -> Kind | None:
    """Return what is known of the nearest class; None if nothing is."""
    for cls in type(estimator).__mro__:
        kind = KINDS.get(cls.__name__)
        if kind is not None and cls.__module__.partition(".")[0] == kind.module:
            return None if cls.__name__ in FORESTS_OF_XGBOOST else kind
    return None


def _first(model: Any, name: str, length: int, *attributes: str) -> Any:
    """Return a model of the first members of an ensemble."""
    shorter = copy.copy(model)
    setattr(shorter, name, length)  # by which bagging divides
    for attribute in attributes:
        setattr(shorter, attribute, getattr(model, attribute)[:length])
    return shorter


def _by_warm_start(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    *,
    members: tuple[str, ...],
    **fit_params: Any,
) -> None:
    """Go on from call to call of fit."""
    estimator.set_params(warm_start=True)
    if getattr(estimator, "oob_score", False):
        estimator.set_params(oob_score=False)  # bagging refuses both, nobody asks
    for start in range(0, len(lengths), LENGTHS_A_CALL):
        part = lengths[start : start + LENGTHS_A_CALL]
        with warnings.catch_warnings():
            # the weights are those of the same data
            warnings.filterwarnings("ignore", 'class_weight presets "balanced', Warning)
            estimator.set_params(**{name: part[-1]}).fit(X, y, **fit_params)
        for length in part:
            if report(length, _first(estimator, name, length, *members)):
                return


def _at_once(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    *,
    members: tuple[str, ...],
    **fit_params: Any,
) -> None:
    """Fit the longest, and read the others off it."""
    estimator.set_params(**{name: lengths[-1]}).fit(X, y, **fit_params)
    for length in lengths:
        if report(length, _first(estimator, name, length, *members)):
            return


def _watched(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    *,
    monitor: Callable[..., bool] | None = None,
    **fit_params: Any,
) -> None:
    """Look on while gradient boosting grows."""
    due = set(lengths)

    def look(iteration: int, model: Any, variables: dict[str, Any]) -> bool:
        ends = monitor is not None and bool(monitor(iteration, model, variables))
        length = iteration + 1
        if length in due:
            ends |= report(length, _first(model, name, length, "estimators_"))
        return ends

    estimator.set_params(**{name: lengths[-1]})
    estimator.fit(X, y, monitor=look, **fit_params)


def _by_epochs(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    **fit_params: Any,
) -> None:
    """Go through the data again and again."""
    # one generator for all epochs: a number would shuffle each of them alike
    generator = check_random_state(estimator.random_state)
    estimator.set_params(random_state=generator)
    if is_classifier(estimator):
        classes = unique_labels(y)
        fit_params = {"classes": classes, **fit_params}
        if getattr(estimator, "class_weight", None) == "balanced":
            weights = compute_class_weight("balanced", classes=classes, y=y)
            by_class = dict(zip(classes, weights, strict=True))
            estimator.set_params(class_weight=by_class)
    before = 0
    for length in lengths:
        with several_epochs(estimator, length - before):
            estimator.partial_fit(X, y, **fit_params)
        if report(length, estimator):
            return
        before = length


class _Enough(Exception):
    """Ends the fit of a network."""


def _in_network(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    **fit_params: Any,
) -> None:
    due = set(lengths)

    def look() -> None:
        epoch = estimator.n_iter_
        if epoch in due and report(epoch, estimator):
            raise _Enough

    estimator.set_params(**{name: lengths[-1]})
    with (
        epochs_watched(estimator, look),
        contextlib.suppress(_Enough),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum", Warning)
        estimator.fit(X, y, **fit_params)


def _no_epochs(estimator: Any) -> str | None:
    if hasattr(estimator, "partial_fit"):
        return None
    return f"with solver={estimator.solver!r} it does not go by epochs"


def _in_xgboost(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    **fit_params: Any,
) -> None:
    from xgboost.callback import TrainingCallback

    due = set(lengths)

    class Look(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            return epoch + 1 in due and report(epoch + 1, _with_booster(model))

    def _with_booster(booster: Any) -> Any:
        model = copy.copy(estimator)
        model._Booster = booster
        return model

    callbacks = [*(estimator.callbacks or []), Look()]
    estimator.set_params(**{name: lengths[-1]}, callbacks=callbacks)
    estimator.fit(X, y, **fit_params)


def _in_lightgbm(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    **fit_params: Any,
) -> None:
    from lightgbm.callback import EarlyStopException

    due = set(lengths)

    def look(state: Any) -> None:
        if state.iteration + 1 in due:
            model = copy.copy(estimator)
            model._Booster, model.fitted_ = state.model, True
            if report(state.iteration + 1, model):
                raise EarlyStopException(state.iteration, [])

    own = fit_params.pop("callbacks", None) or []
    estimator.set_params(**{name: lengths[-1]})
    estimator.fit(X, y, callbacks=[*own, look], **fit_params)


def _in_catboost(
    estimator: Any,
    name: str,
    lengths: Sequence[int],
    X: Any,
    y: Any,
    report: Report,
    **fit_params: Any,
) -> None:
    estimator.set_params(**{name: lengths[-1]}).fit(X, y, **fit_params)
    for length in lengths:
        model = estimator.copy()
        # to "shrink" what an argument of fit made shorter would crash the process
        model.shrink(min(length, model.tree_count_))
        if report(length, model):
            return


def _no_rate(estimator: Any) -> str | None:
    if any(estimator.get_params().get(n) for n in ("learning_rate", "eta")):
        return None
    return (
        "its own learning_rate depends on the number of iterations. Set one, or search "
        "it"
    )


TREES = functools.partial(_by_warm_start, members=("estimators_",))
BAGS = functools.partial(
    _by_warm_start, members=("estimators_", "estimators_features_")
)
HISTOGRAMS = functools.partial(_by_warm_start, members=("_predictors",))
BOOSTED = functools.partial(
    _at_once, members=("estimators_", "estimator_weights_", "estimator_errors_")
)
ESTIMATORS, ITERATIONS = ("n_estimators",), ("max_iter",)
NO_TOLERANCE = {"tol": None, "early_stopping": False}
NET_OFF = {"early_stopping": False, "n_iter_no_change": np.inf}
LIGHTGBM_OFF = dict.fromkeys(
    (
        "early_stopping_round",
        "early_stopping_rounds",
        "early_stopping",
        "n_iter_no_change",
    )
)
# It refuses None for some. With validation data it would keep the best number of trees,
# even without stopping.
CATBOOST_OFF = {
    "use_best_model": False,
    "early_stopping_rounds": None,
    "od_type": "IncToDec",
    "od_wait": None,
    "od_pval": 0.0,
    "eval_fraction": 0.0,
}
FORESTS_OF_XGBOOST = ("XGBRFClassifier", "XGBRFRegressor")


def _both(name: str) -> Iterator[str]:
    return (f"{name}{kind}" for kind in ("Classifier", "Regressor"))


KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        _both("HistGradientBoosting"),
        Kind(ITERATIONS, HISTOGRAMS, {"early_stopping": False}),
    ),
    **dict.fromkeys(
        _both("GradientBoosting"),
        Kind(ESTIMATORS, _watched, {"n_iter_no_change": None}),
    ),
    **dict.fromkeys(_both("AdaBoost"), Kind(ESTIMATORS, BOOSTED)),
    **dict.fromkeys(
        [*_both("RandomForest"), *_both("ExtraTrees")],
        Kind(ESTIMATORS, TREES, least=None),
    ),
    **dict.fromkeys(_both("Bagging"), Kind(ESTIMATORS, BAGS, least=None)),
    **dict.fromkeys(
        [*_both("SGD"), "Perceptron", *_both("PassiveAggressive")],
        Kind(
            ITERATIONS,
            _by_epochs,
            NO_TOLERANCE,
            exact=False,
            least=LEAST_OF_EPOCHS,
        ),
    ),
    **dict.fromkeys(
        _both("MLP"),
        Kind(
            ITERATIONS,
            _in_network,
            NET_OFF,
            least=LEAST_OF_EPOCHS,
            problem=_no_epochs,
            decided_by=("solver",),
        ),
    ),
    **dict.fromkeys(
        [*_both("XGB"), *FORESTS_OF_XGBOOST],
        Kind(
            ESTIMATORS,
            _in_xgboost,
            {"early_stopping_rounds": None},
            longest=100,
            module="xgboost",
        ),
    ),
    **dict.fromkeys(
        _both("LGBM"),
        Kind(ESTIMATORS, _in_lightgbm, LIGHTGBM_OFF, module="lightgbm"),
    ),
    **dict.fromkeys(
        _both("CatBoost"),
        Kind(
            ("iterations", *ESTIMATORS),
            _in_catboost,
            CATBOOST_OFF,
            longest=1000,
            module="catboost",
            problem=_no_rate,
            decided_by=("learning_rate", "eta"),
        ),
    ),
}
