"""What an estimator's own hyperparameters are, where its parameters do not say it.

XGBoost's parameters are None where its own values hold, and CatBoost does not name
those that are not given. Values that depend on the data, as CatBoost's learning rate,
are not here.
"""

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from sklearn_bayes_search.space import Space

XGBOOST = {
    "booster": "gbtree",
    "colsample_bylevel": 1.0,
    "colsample_bynode": 1.0,
    "colsample_bytree": 1.0,
    "gamma": 0.0,
    "grow_policy": "depthwise",
    "learning_rate": 0.3,
    "max_bin": 256,
    "max_delta_step": 0.0,
    "max_depth": 6,
    "max_leaves": 0,
    "min_child_weight": 1.0,
    "n_estimators": 100,
    "reg_alpha": 0.0,
    "reg_lambda": 1.0,
    "scale_pos_weight": 1.0,
    "subsample": 1.0,
}
# A linear model has other values, and no trees.
XGBOOST_TREES = (None, "gbtree", "dart")
CATBOOST = {
    "depth": 6,
    "iterations": 1000,
    "l2_leaf_reg": 3.0,
    "min_data_in_leaf": 1,
    "random_strength": 1.0,
    "rsm": 1.0,
}
CATBOOST_NAMES = {
    "colsample_bylevel": "rsm",
    "max_depth": "depth",
    "min_child_samples": "min_data_in_leaf",
    "n_estimators": "iterations",
    "num_boost_round": "iterations",
    "num_trees": "iterations",
    "reg_lambda": "l2_leaf_reg",
}


def single_choices(space: Space) -> dict[str, Any]:
    """Return the values that all candidates have, by parameter name."""
    first, *others = space.branches
    return {
        name: dimension.middle()
        for name, dimension in first.items()
        if dimension.n_levels == 1 and all(b.get(name) == dimension for b in others)
    }


def with_single_choices(estimator: Any, space: Space) -> Any:
    """Return the estimator as all candidates have it, unchanged where nothing is set.

    A parameter that only exists with one of several choices is left out.
    """
    single = single_choices(space)
    if single:
        estimator = clone(estimator)
    for name in sorted(single, key=lambda name: name.count("__")):
        if name in estimator.get_params():
            estimator.set_params(**{name: clone(single[name], safe=False)})
    return estimator


def own_parameters(estimator: Any, space: Space) -> dict[str, Any]:
    """Return an estimator's parameters, with what they stand for where that is known.

    What the space sets to a single value is the estimator's own. A None that the space
    has among its values stays.
    """
    estimator = with_single_choices(estimator, space)
    own: dict[str, Any] = estimator.get_params()
    models = [("", estimator)]
    for name, value in own.items():
        if hasattr(value, "get_params") and not isinstance(value, type):
            models.append((f"{name}__", value))
    meant = {
        prefix + name: value
        for prefix, model in models
        for name, value in _meant(model).items()
    }
    listed = {
        name
        for branch in space.branches
        for name in meant.keys() & branch.keys() & own.keys()
        if branch[name].contains(own[name])
    }
    return own | {name: v for name, v in meant.items() if name not in listed}


def _meant(model: Any) -> Mapping[str, Any]:
    """Return the values of an estimator that its parameters do not say."""
    known = {
        (cls.__module__.partition(".")[0], cls.__name__) for cls in type(model).__mro__
    }
    given = model.get_params(deep=False)
    if ("xgboost", "XGBModel") in known:
        if given.get("booster") not in XGBOOST_TREES:
            return {}
        return {n: v for n, v in XGBOOST.items() if given.get(n, v) is None}
    if ("catboost", "CatBoost") in known:
        names = {name: name for name in CATBOOST} | CATBOOST_NAMES
        said = {names.get(name, name): value for name, value in given.items()}
        values = {n: (CATBOOST | said)[first] for n, first in names.items()}
        return {name: value for name, value in values.items() if name not in given}
    return {}
