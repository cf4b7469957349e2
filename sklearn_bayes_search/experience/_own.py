"""What an estimator's own hyperparameters are, where its parameters do not say it.

XGBoost's parameters are None where its own values hold, and CatBoost does not name
those that are not given. Values that depend on the data, as CatBoost's learning rate,
are not here.
"""

from collections.abc import Mapping
from typing import Any

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


def own_parameters(estimator: Any, space: Space) -> dict[str, Any]:
    """Return an estimator's parameters, with what they stand for where that is known.

    A None that the space has among its values stays.
    """
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
