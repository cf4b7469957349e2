"""The default space of an estimator: its class's entry, and those of what it holds."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer

from sklearn_bayes_search.exceptions import safe_repr
from sklearn_bayes_search.experience._data import WORDS, Data
from sklearn_bayes_search.experience._models import LEFT_OUT, MODELS
from sklearn_bayes_search.experience._ranges import LEAST_OF_BAGS, Entry, Only, When
from sklearn_bayes_search.experience._transformers import (
    GROWING,
    KEEPING,
    STANDARDIZING,
    TEXT,
    TRANSFORMERS,
)
from sklearn_bayes_search.space import Categorical, Integer, Ordinal, Real

SIZES = ("small", "default", "wide")
Branches = list[dict[str, Any]]
# Where estimators hold others, alone or as pairs of a name and an estimator.
HOLDS_ONE = ("estimator", "base_estimator", "regressor", "final_estimator")
STACKINGS = ("StackingClassifier", "StackingRegressor")
HOLDS_NAMED = ("steps", "transformers", "transformer_list", "estimators")
# Scores that weights of classes do not improve. With "balanced", the best of 12
# candidates changed by -0.001 to 0.002 in area under the ROC curve, by -0.009 to 0.002
# in average precision, -0.031 to -0.004 in accuracy and -0.086 to -0.018 in log loss;
# in balanced accuracy by 0.016 to 0.076, and in F1 by 0.013 to 0.110. These are means
# over 19 data sets with unequal classes, for ten models (class_weights.py).
WITHOUT_WEIGHTS = {
    *("accuracy", "top_k_accuracy", "average_precision", "neg_log_loss"),
    *("roc_auc", "roc_auc_ovr", "roc_auc_ovo"),
    *("roc_auc_ovr_weighted", "roc_auc_ovo_weighted"),
    *("neg_brier_score", "d2_log_loss_score", "d2_brier_score"),
    # and costs
    *("neg_fit_time", "neg_score_time", "neg_model_size"),
}
# A classifier's own score is the accuracy in these.
KNOWN_PACKAGES = {"sklearn", "xgboost", "lightgbm", "catboost"}
# Their inner estimators rank columns, and are no models of what is searched for.
SELECTORS = {"SelectFromModel", "RFE", "RFECV", "SequentialFeatureSelector"}


def default_space(
    estimator: Any,
    X: Any = None,
    y: Any = None,
    *,
    size: str = "default",
    scoring: Any = None,
) -> dict[str, Any] | Branches:
    """Return the hyperparameters of an estimator that are worth searching.

    Pipelines and other estimators that hold estimators are looked into. A choice, such
    as of a kernel, that is not the class's own is kept, and only numbers are searched.

    Parameters
    ----------
    estimator : estimator object
        An estimator of scikit-learn, XGBoost, LightGBM or CatBoost, or a subclass.
    X : array-like of shape (n_samples, n_features), default=None
        Training data, on which some bounds depend, as of the number of neighbours.
        Without it, these are low.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Target, on whose unit and classes some bounds depend.
    size : {"small", "default", "wide"}, default="default"
        "small" has the two or three hyperparameters that matter most, "wide" has more
        of them and wider ranges.
    scoring : str, callable, list, tuple, dict or None, default=None
        What candidates will be scored by, as for :class:`BayesSearchCV`. With accuracy,
        which is a classifier's own score, with areas under curves and with scores of
        probabilities, weights of classes are not searched. Of several scores, all
        must be such.

    Returns
    -------
    space : dict or list of dict
        Parameter names with lists of choices, :class:`Real`, :class:`Integer` or
        :class:`Ordinal`; a list of dicts where some hyperparameters depend on others.
        Both :class:`BayesSearchCV` and ``RandomizedSearchCV`` take it.

    Raises
    ------
    TypeError
        If it is no estimator, or ``scoring`` is of another type.
    ValueError
        If the estimator is unknown or has nothing to search, or no score has that name.

    See Also
    --------
    BayesSearchCV : Uses it where no space is given.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from sklearn_bayes_search import default_space
    >>> default_space(SVC(), size="small")
    {'C': Real(0.01, 1000.0, log=True), 'gamma': Real(0.0001, 10.0, log=True),
     'max_iter': [1000000]}
    """
    if size not in SIZES:
        raise ValueError(
            f"The 'size' parameter of default_space must be one of {list(SIZES)}. "
            f"Got {size!r} instead."
        )
    _check_scoring(scoring)
    return _space(estimator, X, y, size, scoring)


def space_of_search(
    estimator: Any, X: Any, y: Any, scoring: Any, n_train: int | None = None
) -> Any:
    """Return the default space of a search whose fits have so many rows at least.

    ``scoring`` is what its candidates are compared by.
    """
    return _space(estimator, X, y, "default", scoring, n_train)


def _space(
    estimator: Any,
    X: Any,
    y: Any,
    size: str,
    scoring: Any,
    n_train: int | None = None,
) -> dict[str, Any] | Branches:
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise TypeError(
            "The 'estimator' parameter of default_space must be an estimator object, "
            f"as SVC(). Got {safe_repr(estimator)} instead."
        )
    _check_known(estimator, "")
    name, _ = _entry(estimator, is_step=False)
    if name in LEFT_OUT:
        raise ValueError(_nothing(estimator, LEFT_OUT[name]))
    data = Data.of(X, y, classifies=is_classifier(estimator))
    data = replace(data, weights_matter=_weights_matter(scoring, estimator))
    if n_train is not None and data.rows:
        data = replace(data, rows=min(data.rows, 2 * n_train))
    branches = _branches(estimator, data, size, is_step=False)
    if not any(_varies(value) for branch in branches for value in branch.values()):
        reasons = [
            f"{type(inner).__name__}: {LEFT_OUT[name]}"
            for inner in _all_inside(estimator)
            if (name := _entry(inner, is_step=False)[0]) in LEFT_OUT
        ]
        why = " ".join(reasons) or "No parameter of it is worth tuning."
        raise ValueError(_nothing(estimator, why))
    return branches[0] if len(branches) == 1 else branches


def _check_scoring(scoring: Any) -> None:
    """Refuse what no search can be scored by."""
    is_list = isinstance(scoring, list | tuple)
    named = scoring if isinstance(scoring, Mapping) else {"score": scoring}
    for each in scoring if is_list else named.values():
        if isinstance(each, str):
            if each not in WITHOUT_WEIGHTS:
                get_scorer(each)  # raises where there is none of that name
        elif not callable(each) and (is_list or each is not None):
            raise TypeError(
                "The 'scoring' parameter of default_space must be the name of a score, "
                "a callable, a list, tuple or dict of these, or None. "
                f"Got {safe_repr(scoring)} instead."
            )


def _weights_matter(scoring: Any, estimator: Any) -> bool:
    """Check whether one of the scores may gain from weights of classes."""
    if scoring is None:
        return any(map(_has_score_of_its_own, [estimator, *_all_inside(estimator)]))
    if isinstance(scoring, str):
        return scoring not in WITHOUT_WEIGHTS
    if callable(scoring):
        return True
    several = scoring.values() if isinstance(scoring, Mapping) else scoring
    return any(_weights_matter(each, estimator) for each in several)


def _has_score_of_its_own(estimator: Any) -> bool:
    """Check whether somebody's class has a ``score``, which may be any."""
    classes = type(estimator).__mro__
    defining = next((cls for cls in classes if "score" in vars(cls)), None)
    module = "sklearn" if defining is None else defining.__module__
    return module.partition(".")[0] not in KNOWN_PACKAGES


def _entry(estimator: Any, *, is_step: bool) -> tuple[str | None, Entry | None]:
    """Return the name of the nearest known class, and its entry, if it has one."""
    tables = [TRANSFORMERS, MODELS] if is_step else [MODELS, TRANSFORMERS]
    for cls in type(estimator).__mro__:
        name, package = cls.__name__, cls.__module__.partition(".")[0]
        if not is_step and name in LEFT_OUT and package.startswith("sklearn"):
            return name, None
        for table in tables:
            if name in table and table[name].module == package:
                return name, table[name]
        if name in LEFT_OUT and package.startswith("sklearn"):
            return name, None
    return None, None


def _check_known(estimator: Any, place: str) -> None:
    """Refuse what predicts and is unknown, also inside of others."""
    name, _ = _entry(estimator, is_step=False)
    if name is None and (hasattr(estimator, "predict") or not place):
        where = f" (at {place!r})" if place else ""
        raise ValueError(
            f"default_space does not know {type(estimator).__name__}{where}. Write the "
            "space: a dict of parameter names with lists of choices, or ranges such as "
            "Real(0.001, 10, log=True) and Integer(1, 30). Its parameters are "
            f"{sorted(estimator.get_params(deep=False))}."
        )
    if name is not None:
        for prefix, inner, _ in _inside(estimator):
            _check_known(inner, f"{place}__{prefix}" if place else prefix)


def _nothing(estimator: Any, why: str) -> str:
    return (
        f"default_space has nothing to search in {safe_repr(estimator)}. {why} For a "
        "search nevertheless, write the space: a dict of parameter names and values."
    )


def _inside(estimator: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the estimators inside: name, estimator, and columns that it is given."""
    if _entry(estimator, is_step=True)[0] in SELECTORS:
        return
    params = estimator.get_params(deep=False)
    for name in HOLDS_NAMED:
        members = params.get(name)
        for member in members if isinstance(members, list | tuple) else ():
            if not isinstance(member, list | tuple) or len(member) < 2:
                continue  # parameters of other people's estimators
            if hasattr(member[1], "get_params"):
                yield member[0], member[1], member[2] if len(member) > 2 else None
    for name in HOLDS_ONE:
        inner = params.get(name)
        if hasattr(inner, "get_params") and not isinstance(inner, type):
            yield name, inner, None


def _all_inside(estimator: Any) -> Iterator[Any]:
    for _, inner, _ in _inside(estimator):
        yield inner
        yield from _all_inside(inner)


def _branches(estimator: Any, data: Data, size: str, *, is_step: bool) -> Branches:
    """Return the branches of an estimator's space, its inner estimators' included."""
    name, entry = _entry(estimator, is_step=is_step)
    if entry is None:
        return [{}]
    branches = _own(entry, size, estimator, data)
    inner_size = entry.inner or size
    for prefix, inner, columns in _inside(estimator):
        given = _given(estimator, prefix, columns, data)
        is_inner_step = is_step or name in ("FeatureUnion", "ColumnTransformer")
        if name == "Pipeline" and inner is not estimator.steps[-1][1]:
            is_inner_step = True
        parts = _branches(inner, given, inner_size, is_step=is_inner_step)
        branches = [
            branch | {f"{prefix}__{key}": value for key, value in part.items()}
            for branch in branches
            for part in parts
        ]
        if name == "Pipeline":
            data = _behind(inner, data)
    return branches


def _own(entry: Entry, size: str, estimator: Any, data: Data) -> Branches:
    """Return the branches of an estimator's own parameters."""
    given = estimator.get_params(deep=False)
    defaults = _defaults(type(estimator))
    aliases = _aliases(entry, given)
    # A subclass may have fewer arguments than its base, which sets the attributes.
    own = defaults | {n: v for n, v in vars(estimator).items() if n in defaults} | given
    own |= {name: given[alias] for name, alias in aliases.items()}
    settable = given.keys() | aliases.keys()
    if entry.module != "sklearn":  # which name all of theirs
        settable |= _arguments(type(estimator))
    params: dict[str, Any] = {}
    for name, value in entry.of_size(size).items():
        if name in settable and defaults.get(name) != "deprecated":
            value = _known(value, data, own)
            if value is not None:
                params[name] = value
    kept = {
        name
        for name in params
        if name in aliases
        or (name in defaults and not _same(own[name], defaults[name]))
    }
    return [
        {aliases.get(name, name): value for name, value in branch.items()}
        for branch in _around(kept, params, own)
    ]


def _aliases(entry: Entry, given: Mapping[str, Any]) -> dict[str, str]:
    """Return by which other name values are given, by the class's own."""
    return {
        name: alias
        for alias, name in entry.aliases.items()
        if given.get(alias) is not None
    }


def _around(kept: set[str], params: dict[str, Any], own: Mapping[str, Any]) -> Branches:
    """Return the branches that go with what the user has chosen, without it."""
    searched = {
        name: value
        for name, value in params.items()
        if isinstance(value, When) or name not in kept or not _is_choice(value)
    }
    branches = list(_split(searched, own))
    fitting = [
        {n: v for n, v in branch.items() if n not in kept or not _is_choice(v)}
        for branch in branches
        if all(
            any(_same(own[n], choice) for choice in v)
            for n, v in branch.items()
            if n in kept and isinstance(v, list)
        )
    ]
    if fitting:
        return fitting
    return [{n: v for n, v in searched.items() if not isinstance(v, When)}]


def _defaults(cls: type) -> dict[str, Any]:
    """Return the defaults of a class's arguments; XGBoost's subclasses pass some on."""
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__):
        init = vars(each).get("__init__")
        if init is not None:
            parameters = inspect.signature(init).parameters.values()
            found |= {p.name: p.default for p in parameters if p.default is not p.empty}
    return found


def _arguments(cls: type) -> set[str]:
    """Return the names that a class's constructor takes, or passes on."""
    names: set[str] = set()
    for each in cls.__mro__:
        init = vars(each).get("__init__")
        if init is not None:
            parameters = inspect.signature(init).parameters.values()
            names |= {p.name for p in parameters}
            if all(p.kind is not p.VAR_KEYWORD for p in parameters):
                break
    return names


def _known(value: Any, data: Data, own: Mapping[str, Any]) -> Any:
    """Return what is searched, by the data and by values that are the estimator's."""
    if isinstance(value, When):
        ranges = {k: _known(v, data, own) for k, v in value.ranges.items()}
        return When(value.on, ranges, _known(value.otherwise, data, own))
    if isinstance(value, Only):
        fits = all(
            any(_same(own.get(name), each) for each in values)
            for name, values in value.own.items()
        )
        return _known(value.range if fits else value.otherwise, data, own)
    return value(data) if callable(value) else value


def _split(params: dict[str, Any], own: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a branch for each group of choices that other parameters depend on."""
    waiting = {name: v for name, v in params.items() if isinstance(v, When)}
    ready = [v.on for v in waiting.values() if v.on not in waiting]
    if not waiting:
        yield params
        return
    on = ready[0]
    groups: list[tuple[list[Any], dict[str, Any]]] = []
    for choice in params.get(on, [own.get(on)]):
        decided = {}
        for name, when in waiting.items():
            if when.on == on:
                ranges = [r for key, r in when.ranges.items() if _same(key, choice)]
                decided[name] = ranges[0] if ranges else when.otherwise
        for choices, others in groups:
            if others == decided:
                choices.append(choice)
                break
        else:
            groups.append(([choice], decided))
    for choices, decided in groups:
        branch = {**params, **decided}
        if on in params:
            branch[on] = choices
        yield from _split({n: v for n, v in branch.items() if v is not None}, own)


def _given(estimator: Any, prefix: str, columns: Any, data: Data) -> Data:
    """Return what is known of the data that an estimator inside is given.

    ``columns`` are those of a ColumnTransformer.
    """
    name, given = _name(estimator), data
    if prefix == "final_estimator" and name in (None, *STACKINGS):
        # a member makes a column at least
        n_members = len(list(_inside(estimator))) - 1
        given = data.then(n_members or None)
    elif name == "ColumnTransformer":
        given = data.then(_n_columns(columns))
    elif name == "TransformedTargetRegressor":
        if estimator.transformer is not None or estimator.func is not None:
            given = replace(data, deviation=1.0)  # what such a target mostly has
    elif name in ("BaggingClassifier", "BaggingRegressor"):
        given = data.part(LEAST_OF_BAGS, of_columns=True)
    elif name in ("CalibratedClassifierCV", "SelfTrainingClassifier"):
        given = data.part(0.5)  # on the rest it calibrates, or predicts the classes
    elif name == "OneVsRestClassifier" and data.classes and len(data.classes) > 2:
        least = min(data.classes)
        given = replace(data, classes=(least, sum(data.classes) - least))
    elif name == "OneVsOneClassifier" and data.classes and data.rows:
        given = data.part(sum(sorted(data.classes)[:2]) / sum(data.classes))
    return given


def _behind(step: Any, data: Data) -> Data:
    """Return what is known of the data behind a step of a pipeline."""
    return data.then(_n_behind(step, data), 1.0 if _standardizes(step) else None)


def _standardizes(step: Any) -> bool:
    """Check that all columns behind a step vary by about 1; those of 0 and 1 may, too.

    In a pipeline inside, what comes before its last step makes no difference.
    """
    name = _name(step)
    if name == "Pipeline":
        return _standardizes(step.steps[-1][1])
    if name == "ColumnTransformer":
        used = [part for _, part, _ in step.transformers if part != "drop"]
        if step.remainder != "drop":
            used.append(step.remainder)
    elif name == "FeatureUnion":
        used = [part for _, part in step.transformer_list if part != "drop"]
    else:
        return _standardizes_itself(step)
    scaled = [part for part in used if _name(part) != "OneHotEncoder"]
    return bool(scaled) and all(map(_standardizes, scaled))


def _standardizes_itself(step: Any) -> bool:
    does = getattr(step, "with_std", getattr(step, "standardize", True))
    return _name(step) in STANDARDIZING and bool(does)


def _n_behind(step: Any, data: Data) -> int | None:
    """Return how many columns there are behind a step at least, if that is known."""
    name = _name(step)
    if name in TEXT:
        return WORDS
    if name in KEEPING or name in GROWING:
        return data.columns
    if name == "OneHotEncoder":
        return data.columns if step.drop is None else None
    if name == "Pipeline":
        for _, inner in step.steps:
            data = _behind(inner, data) if hasattr(inner, "get_params") else data
        return data.columns
    if name in ("ColumnTransformer", "FeatureUnion"):
        parts = []
        for _, inner, columns in _inside(step):
            given = data if name == "FeatureUnion" else data.then(_n_columns(columns))
            parts.append(_n_behind(inner, given))
        known = [part for part in parts if part is not None]
        return (sum(known) or None) if len(known) == len(parts) else None
    return None


def _name(step: Any) -> str | None:
    """Return the name of the nearest class that is scikit-learn's."""
    for cls in type(step).__mro__:
        if cls.__module__.startswith("sklearn."):
            return cls.__name__
    return None


def _n_columns(columns: Any) -> int | None:
    """Return how many columns a ColumnTransformer hands on; None where that is open."""
    if isinstance(columns, str | slice) or callable(columns) or np.isscalar(columns):
        return None
    columns = np.asarray(columns)
    return int(columns.sum()) if columns.dtype == bool else len(columns)


def _is_choice(value: Any) -> bool:
    return isinstance(value, list | Ordinal | Categorical)


def _varies(value: Any) -> bool:
    return isinstance(value, Real | Integer | Ordinal) or len(value) > 1


def _same(value: Any, other: Any) -> bool:
    """Check whether two values are equal, NumPy's texts and numbers as Python's.

    An array is not equal to anything.
    """
    value = value.item() if isinstance(value, np.generic) else value
    other = other.item() if isinstance(other, np.generic) else other
    if value is other:
        return True
    return (
        type(value) is type(other)
        and isinstance(value, str | int | float | bool | tuple)
        and bool(value == other)
    )
