"""The only door to private names of scikit-learn, and to what differs by its version.

scikit-learn documents none of these, so each release is tested against them. All have
been stable since 1.6. A branch goes when the version it names is the oldest supported.
"""

import copy
import math
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral
from typing import Any

from sklearn import get_config
from sklearn.base import _fit_context
from sklearn.metrics import make_scorer
from sklearn.metrics._scorer import (
    _BaseScorer,
    _MultimetricScorer,
    _PassthroughScorer,
)
from sklearn.model_selection._search import BaseSearchCV as BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _score,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils._param_validation import Interval as Interval
from sklearn.utils._param_validation import StrOptions as StrOptions
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import _check_method_params, _num_samples

check_method_params = _check_method_params
fit_and_score = _fit_and_score
fit_context = _fit_context
num_samples = _num_samples
safe_split = _safe_split
score_fitted = _score
warn_or_raise_about_fit_failures = _warn_or_raise_about_fit_failures


def inconsistent_splits(expected: int, got: int) -> str:
    """Word the error about a splitter that contradicts itself as scikit-learn does."""
    verb = "return" if hasattr(BaseSearchCV, "_check_input_parameters") else "returned"
    return (  # "returned" before scikit-learn 1.9
        f"cv.split and cv.get_n_splits {verb} inconsistent results. Expected "
        f"{expected} splits, got {got}"
    )


@contextmanager
def epochs_watched(net: Any, look: Callable[[], None]) -> Iterator[None]:
    """Call a function after each epoch of a network's fit."""
    end_epoch = net._update_no_improvement_count

    def watched(*args: Any, **kwargs: Any) -> None:
        end_epoch(*args, **kwargs)
        look()

    net._update_no_improvement_count = watched
    try:
        yield
    finally:
        del net._update_no_improvement_count


@contextmanager
def several_epochs(linear: Any, n_epochs: int) -> Iterator[None]:
    """Have ``partial_fit`` of a linear model go through the data several times."""
    once = linear._partial_fit
    linear._partial_fit = lambda *args, **kwargs: once(
        *args, **{**kwargs, "max_iter": n_epochs}
    )
    try:
        yield
    finally:
        del linear._partial_fit


def metric_names(scorers: Any) -> list[str] | None:
    """Return the names of several metrics, or None for one or for a plain callable."""
    return list(scorers._scorers) if isinstance(scorers, _MultimetricScorer) else None


def scorers_of(scorer: Any) -> dict[str, Any]:
    """Return the scorers of several metrics by name, none of another scorer."""
    if not isinstance(scorer, _MultimetricScorer):
        return {}
    each = scorer._scorers.items()
    return {n: s.function if isinstance(s, _Weightless) else s for n, s in each}


def params_of_scorer(scorer: Any, name: str, params: Mapping[str, Any]) -> Any:
    """Return what the scorer, or that of several with a name, gets of the metadata."""
    if not params or not isinstance(scorer, _MultimetricScorer):
        return params
    if get_config()["enable_metadata_routing"]:
        return process_routing(scorer, "score", **params)[name].score
    # each gets sample weights that takes some, since scikit-learn 1.9
    takes = getattr(scorer._scorers[name], "_accept_sample_weight", lambda: True)()
    return {n: v for n, v in params.items() if n != "sample_weight" or takes}


class _Weightless:
    """A function as a scorer that takes no sample weights.

    scikit-learn 1.9 asks each of several scorers whether it takes some, also plain
    functions, which have no answer.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        return self.function(estimator, *args, **kwargs)

    def _accept_sample_weight(self) -> bool:
        return False


def without_weights(scorer: Any, functions: Collection[Any]) -> Any:
    """Return several scorers of which these functions get no sample weights."""
    if not isinstance(scorer, _MultimetricScorer):
        return scorer
    scorer = copy.copy(scorer)
    each = scorer._scorers.items()
    scorer._scorers = {n: _Weightless(s) if s in functions else s for n, s in each}
    return scorer


class _Known(_MultimetricScorer):  # type: ignore[misc]
    def __init__(self, scorer: Any, find: Callable[[], Any]) -> None:
        super().__init__(scorers=scorer._scorers)
        self._find = find

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._find()


def scorer_of_known(scorer: Any, find: Callable[[], Any]) -> Any:
    """Make a scorer of the same kind that returns what is found already."""
    if isinstance(scorer, _MultimetricScorer):
        return _Known(scorer, find)
    return lambda *args, **kwargs: find()


def scorer_arguments(
    scorer: Any,
) -> tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]] | None:
    """Return `make_scorer`, its function and its options; None for anything else."""
    if not isinstance(scorer, _BaseScorer):
        return None
    options = {}
    if scorer._response_method != "predict":
        options["response_method"] = scorer._response_method
    if scorer._sign < 0:
        options["greater_is_better"] = False
    return make_scorer, scorer._score_func, options | scorer._kwargs


def scores_predictions(scorer: Any) -> bool:
    """Check whether a scorer asks an estimator for predictions, or its own score."""
    return isinstance(scorer, _BaseScorer | _PassthroughScorer)


def scorer_attribute(scorers: Any) -> Any:
    """Return what ``scorer_`` holds: a dict for several metrics, else the scorer."""
    return scorers_of(scorers) or scorers


def scorer_name(scorer: Any) -> str | None:
    """Return the name of the function of scikit-learn's that a scorer computes.

    As "accuracy_score", or "neg_log_loss" where a lower one is better; None for
    functions of others.
    """
    function: Any = getattr(scorer, "_score_func", None)
    if not getattr(function, "__module__", "").startswith("sklearn."):
        return None
    return f"{'neg_' if scorer._sign < 0 else ''}{function.__name__}"


def splitter_sizes(cv: Any) -> tuple[float, float] | None:
    """Return the test and training sizes of a splitter, as far as known without data.

    Counts or shares, whatever their sum. None where they are those of k folds, or not
    known.
    """
    n_folds = getattr(cv, "cvargs", {}).get("n_splits")
    if isinstance(n_folds, Integral):  # repeated k folds
        return 1, int(n_folds) - 1
    if not hasattr(cv, "test_size") or not hasattr(cv, "train_size"):
        return None
    test, train = cv.test_size, cv.train_size
    if test is None and train is None:
        test = cv._default_test_size
    test = 1 - train if test is None and train < 1 else test
    train = 1 - test if train is None and test is not None and test < 1 else train
    # a share and a count, or one count, need the number of samples
    known = None not in (test, train) and (test < 1) == (train < 1)
    return (test, train) if known else None


def numeric_limits(
    estimator: Any, name: str, whole: bool
) -> tuple[float, float] | None:
    """Return the least and the highest number that an estimator takes as a parameter.

    ``name`` may go through parts, as in a pipeline. ``whole`` asks for an int: a
    fraction often has other limits. A limit may be infinite; None if nothing is known.
    """
    part, _, last = name.rpartition("__")
    try:
        owner = estimator.get_params()[part] if part else estimator
        rules = owner._parameter_constraints[last]
    except (AttributeError, KeyError):
        return None
    if not isinstance(rules, list):  # "no_validation"
        return None
    intervals = [rule for rule in rules if isinstance(rule, Interval)]
    fitting = [i for i in intervals if (i.type is Integral) == whole] or intervals
    if not fitting:
        return None
    low = min(-math.inf if i.left is None else float(i.left) for i in fitting)
    high = max(math.inf if i.right is None else float(i.right) for i in fitting)
    return low, high


def with_current_config(function: Callable[..., Any]) -> Any:
    """Bind scikit-learn's configuration, and from 1.7 warning filters, for workers."""
    wrapped: Any = delayed(function)()[0]
    if not hasattr(wrapped, "with_config_and_warning_filters"):  # scikit-learn < 1.7
        return wrapped.with_config(get_config())
    # Python 3.14 may keep the filters of the context apart from the module's
    filters = getattr(warnings, "_get_filters", lambda: warnings.filters)()
    return wrapped.with_config_and_warning_filters(get_config(), filters)


class FitCallbacks:
    """The callback hooks of one fit; without callbacks all of it does nothing.

    The tasks are those of ``GridSearchCV`` in scikit-learn >= 1.9: "fit" holds
    "search", which holds a leaf for each candidate and fold, and
    "refit-with-best-params".
    """

    def __init__(self, search: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self.search = search
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._data = {"X": X, "y": y, "metadata": metadata}
        # absent before scikit-learn 1.9
        supported = hasattr(search, "_init_callback_context")
        self._on = supported and _wants_callbacks(search)
        self._root: Any = None
        self._search: Any = None

    def begin(self) -> None:
        if self._on:
            n_subtasks = 1 + (self.search.refit is not False)
            self._root = self.search._init_callback_context(max_subtasks=n_subtasks)
            self._root.call_on_fit_task_begin(estimator=self.search, **self._data)

    def begin_search(self, n_fits: int | None) -> None:
        """Begin "search" with at most so many leaves; None if that is not known."""
        if self._on:
            self._search = self._root.subcontext(
                task_name="search", max_subtasks=n_fits, sequential_subtasks=False
            ).call_on_fit_task_begin(estimator=self.search)

    def leaf(self, task_id: int) -> dict[str, Any]:
        """Return keyword arguments of ``fit_and_score`` for one candidate and fold."""
        if not self._on:
            return {}
        # Another thread may be pickling the tree with an earlier leaf: the new leaf
        # goes into a new dict that takes the old one's place when it is complete.
        parent = copy.copy(self._search)
        parent._children_map = dict(self._search._children_map)
        context = parent.subcontext(
            task_name="candidate-split-evaluation", task_id=task_id
        )
        context.parent = self._search
        self._search._children_map = parent._children_map
        return {"caller": self.search, "callback_ctx": context}

    def end_search(self) -> None:
        if self._on:
            self._search.call_on_fit_task_end(estimator=self.search)

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """Wrap the fit of the best estimator in "refit-with-best-params"."""
        if not self._on:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(estimator=self.search, **self._data)
            yield
        context.call_on_fit_task_end(estimator=self.search, **self._data)

    def end(self) -> None:
        if self._on:
            self._root.call_on_fit_task_end(estimator=self.search, **self._data)


class ListeningContext:
    """A leaf's context that keeps what callbacks answer; scikit-learn drops it.

    ``stop`` says whether one has asked to stop.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self.stop = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def propagate_callback_context(self, estimator: Any) -> Any:
        # an estimator of ours may stand in for the user's
        inner = getattr(estimator, "stands_for", estimator)
        return self._context.propagate_callback_context(inner)

    def call_on_fit_task_end(self, **arguments: Any) -> bool:
        self.stop = bool(self._context.call_on_fit_task_end(**arguments))
        return self.stop


def _wants_callbacks(search: Any) -> bool:
    """Check whether the search, a meta-estimator around it or a part has callbacks."""
    if hasattr(search, "_parent_callback_ctx"):
        return True
    parts = [search, search.estimator, *search.estimator.get_params().values()]
    return any(hasattr(part, "_skl_callbacks") for part in parts)
