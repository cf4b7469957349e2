"""The table of default spaces: what predicts, and what describes data by a density.

Where ranges come from is told in doc/default_spaces.rst. To cover another class, add an
entry under its name.
"""

from dataclasses import replace
from typing import Any

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._own import CATBOOST_NAMES
from sklearn_bayes_search.experience._ranges import (
    LEAST_OF_BAGS,
    Entry,
    Only,
    When,
    balanced,
    count,
    in_units,
    kernel_width,
    log,
    log_ints,
    share_of_columns,
    share_or_all,
)
from sklearn_bayes_search.space import Integer, Ordinal, Real

YES_OR_NO = [False, True]
LEAF = count("rows", 0.1, 1, 20, 10)

# ---- linear models

# Of the lasso's penalties, the deviation of y is the largest that keeps a column.
L1 = {"alpha": in_units(1e-4, 1.0), "max_iter": [10_000]}
WIDE_L1 = {"alpha": in_units(1e-5, 1e1)}
L1_RATIO = Real(0.05, 1.0)
ELASTIC_NET = Entry(L1 | {"l1_ratio": L1_RATIO}, {}, WIDE_L1)
LASSO = Entry(L1, {}, WIDE_L1)
GENERALIZED = Entry(
    {"alpha": log(1e-5, 1e2), "max_iter": [1000]}, {}, {"alpha": log(1e-7, 1e3)}
)
SGD = {
    "penalty": ["l2", "l1", "elasticnet"],
    "l1_ratio": When("penalty", {"elasticnet": L1_RATIO}),
}
# libsvm goes on until it has converged, with some settings for days. A million steps
# took 0.4 to 6.4 s on 345 and 1,000 noisy rows.
MOST_STEPS = [1_000_000]
KERNELS = ["rbf", "linear", "poly", "sigmoid"]
GAMMA = kernel_width(1e-3, 1e2)
# With more, powers of large products need more than a million steps.
OF_PRODUCTS = kernel_width(1e-2, 1.0)
KERNEL = {
    "gamma": When("kernel", {"rbf": GAMMA, "poly": OF_PRODUCTS, "sigmoid": OF_PRODUCTS})
}
WIDE_KERNEL = {
    "kernel": KERNELS,
    "degree": When("kernel", {"poly": Integer(2, 4)}),
    "coef0": When("kernel", dict.fromkeys(("poly", "sigmoid"), Real(0.0, 1.0))),
}


def _svm(
    cost: Any, wide_cost: Any, of_products: Any
) -> tuple[dict[str, When], dict[str, When]]:
    """Return C by kernel: of products, large ones took a million steps."""

    def by_kernel(range_: Any) -> When:
        products = ("linear", "poly", "sigmoid")
        return When("kernel", dict.fromkeys(products, of_products), otherwise=range_)

    return {"C": by_kernel(cost)}, {"C": by_kernel(wide_cost)}


SVC_C, WIDE_SVC_C = _svm(log(1e-2, 1e3), log(1e-3, 1e4), log(1e-3, 1e1))
SVR_C, WIDE_SVR_C = _svm(in_units(1e-2, 1e3), in_units(1e-3, 3e3), in_units(1e-3, 1.0))
NU_SVR_C, _ = _svm(in_units(1e-2, 1e2), None, in_units(1e-3, 1.0))
EPSILON = {"epsilon": in_units(1e-3, 1.0)}
STEPS = {"max_iter": MOST_STEPS}


def _nu(data: Data) -> Real:
    """Return what is feasible: twice the smaller class's share, for each pair."""
    if not data.classes:
        return Real(0.01, 0.2)
    least, most = min(data.classes), max(data.classes)
    return Real(0.01, float(f"{0.9 * 2 * least / (least + most):.2g}"))


# ---- neighbours, trees and their ensembles

NEIGHBORS = Entry(
    {"n_neighbors": count("rows", 0.5, 1, 50, 20), "weights": ["uniform", "distance"]},
    {"p": [1, 2]},
    {"n_neighbors": count("rows", 0.5, 1, 100, 20), "p": Real(1.0, 4.0)},
)
TREE = {"max_depth": log_ints(1, 30), "min_samples_leaf": count("rows", 0.1, 1, 64, 10)}
SPLIT = {"min_samples_split": count("rows", 0.2, 2, 64, 10)}
# In a single tree, columns that are drawn are luck, and the luckiest setting wins.
DRAWN_COLUMNS = {"max_features": Real(0.1, 1.0)}
CLASS_WEIGHT = {"class_weight": balanced}
OF_CLASSES = {"criterion": ["gini", "entropy"]} | CLASS_WEIGHT
PRUNING = {"ccp_alpha": log(1e-6, 1e-1)}
TREE_CLASSIFIER = Entry(TREE, SPLIT | OF_CLASSES, DRAWN_COLUMNS | PRUNING)
TREE_REGRESSOR = Entry(TREE, SPLIT, DRAWN_COLUMNS)
# These draw thresholds in any case.
EXTRA_TREE_CLASSIFIER = Entry(TREE, SPLIT | DRAWN_COLUMNS | OF_CLASSES, PRUNING)
EXTRA_TREE_REGRESSOR = Entry(TREE, SPLIT | DRAWN_COLUMNS, {})
FOREST = {"max_features": share_of_columns, "min_samples_leaf": LEAF}
# None is all, a forest's own: a search tries an estimator's own setting first only if
# the space has it.
ROWS = When("bootstrap", {True: Ordinal([0.3, 0.4, 0.5, 0.65, 0.8, None])})
BOOTSTRAP = {
    "bootstrap": Only(
        {"oob_score": (False,), "max_samples": (None,)}, [True, False], [True]
    )
}
WIDE_FOREST = BOOTSTRAP | {
    "max_samples": ROWS,
    "min_samples_split": count("rows", 0.2, 2, 20, 10),
    "max_depth": log_ints(2, 50),
}
RANDOM_FOREST_CLASSIFIER = Entry(FOREST, BOOTSTRAP | OF_CLASSES, WIDE_FOREST)
EXTRA_TREES_CLASSIFIER = Entry(FOREST, OF_CLASSES, WIDE_FOREST)
FOREST_REGRESSOR = Entry(FOREST, {"max_samples": ROWS}, WIDE_FOREST)
RATE = {"learning_rate": log(0.01, 0.5)}
WIDE_RATE = {"learning_rate": log(1e-3, 1.0)}
N_TREES = {"n_estimators": log_ints(30, 300)}
WIDE_N_TREES = {"n_estimators": log_ints(10, 1000)}
GRADIENT_BOOSTING = Entry(
    RATE | N_TREES | {"max_depth": Integer(1, 8)},
    {
        "subsample": Real(0.5, 1.0),
        "min_samples_leaf": LEAF,
        "max_features": share_or_all,
    },
    WIDE_RATE | WIDE_N_TREES | {"max_depth": Integer(1, 12)},
)
HISTOGRAM_BOOSTING = Entry(
    RATE | {"max_iter": log_ints(30, 300), "max_leaf_nodes": log_ints(2, 64)},
    {
        "min_samples_leaf": count("rows", 0.2, 2, 100, 20),
        "l2_regularization": log(1e-4, 1e2),
        "max_features": Real(0.2, 1.0),
    },
    WIDE_RATE | {"max_iter": log_ints(10, 1000), "max_leaf_nodes": log_ints(2, 256)},
)
HISTOGRAM_BOOSTING_CLASSIFIER = replace(
    HISTOGRAM_BOOSTING, default=HISTOGRAM_BOOSTING.default | CLASS_WEIGHT
)
ADABOOST = {"n_estimators": log_ints(20, 300), "learning_rate": log(0.01, 2.0)}


def _stumps(data: Data) -> Ordinal:
    """Return trees to boost; None is a tree of depth 1, AdaBoostClassifier's own."""
    from sklearn.tree import DecisionTreeClassifier

    deeper = [DecisionTreeClassifier(max_depth=depth) for depth in (2, 3, 4, 6, 8, 10)]
    return Ordinal([None, *deeper])


def _bushes(data: Data) -> Ordinal:
    """Return trees to boost; None is a tree of depth 3, AdaBoostRegressor's own."""
    from sklearn.tree import DecisionTreeRegressor as Tree

    deeper = [Tree(max_depth=depth) for depth in (4, 6, 8, 10)]
    return Ordinal([Tree(max_depth=1), Tree(max_depth=2), None, *deeper])


BAGGING = Entry(
    dict.fromkeys(("max_samples", "max_features"), Real(LEAST_OF_BAGS, 1.0)),
    {"n_estimators": log_ints(10, 100)},
    {"bootstrap": Only({"oob_score": (False,)}, [True, False], [True])},
    inner="small",
)

# ---- kernels and nets


def _kernels(data: Data) -> list[Any]:
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

    constant = ConstantKernel(1.0, (1e-5, 1e8))
    bounds = {"length_scale_bounds": (1e-3, 1e6)}
    shapes = [RBF(**bounds), *(Matern(nu=nu, **bounds) for nu in (0.5, 1.5, 2.5))]
    return [constant * shape for shape in shapes]


KERNEL_RIDGE = {
    "kernel": ["linear", "rbf"],
    "gamma": When(
        "kernel",
        {
            "rbf": GAMMA,
            "laplacian": GAMMA,
            "polynomial": OF_PRODUCTS,
            "poly": OF_PRODUCTS,
            "sigmoid": OF_PRODUCTS,
        },
    ),
    "alpha": log(1e-4, 1e2),
}
PROPAGATION = {
    "kernel": ["rbf", "knn"],
    "gamma": When("kernel", {"rbf": kernel_width(1e-1, 1e2)}),
    "n_neighbors": When("kernel", {"knn": count("rows", 0.2, 3, 50, 7)}),
    "max_iter": [10_000],
}
LAYERS = [(50,), (100,), (200,), (50, 50), (100, 100)]
BY_GRADIENTS = ("adam", "sgd")
MLP = Entry(
    {
        "learning_rate_init": When(
            "solver", dict.fromkeys(BY_GRADIENTS, log(5e-4, 2e-2))
        ),
        "alpha": log(1e-5, 1e1),
        "hidden_layer_sizes": LAYERS,
        "max_iter": [3000],
    },
    {"activation": ["relu", "tanh"]},
    {
        "hidden_layer_sizes": [(20,), *LAYERS, (200, 200), (100, 100, 100)],
        "early_stopping": YES_OR_NO,
        "batch_size": When(
            "solver", dict.fromkeys(BY_GRADIENTS, count("rows", 0.4, 16, 256, 16))
        ),
    },
)

# ---- boosting of other packages

# By these names XGBoost and LightGBM take values before those by their classes' own
# names; by others, as eta of LightGBM, they do not.
XGBOOST_NAMES = {"eta": "learning_rate", "lambda": "reg_lambda", "alpha": "reg_alpha"}
LIGHTGBM_NAMES = {
    alias: name
    for name, aliases in {
        "boosting_type": "boosting boost",
        "colsample_bytree": "feature_fraction sub_feature",
        "min_child_samples": "min_data_in_leaf min_data min_samples_leaf",
        "n_estimators": (
            "num_iterations num_iteration n_iter max_iter num_tree num_trees num_round "
            "num_rounds nrounds num_boost_round"
        ),
        "reg_alpha": "lambda_l1",
        "reg_lambda": "lambda_l2 lambda",
        "subsample": "bagging_fraction bagging sub_row",
        "subsample_freq": "bagging_freq",
    }.items()
    for alias in aliases.split()
}
# With linear models in the place of trees these have no effect.
OF_XGBOOST_TREES = (None, "gbtree", "dart")


def _of_trees(**params: Any) -> dict[str, Any]:
    return {
        name: When("booster", dict.fromkeys(OF_XGBOOST_TREES, range_))
        for name, range_ in params.items()
    }


XGBOOST = Entry(
    RATE | N_TREES | _of_trees(max_depth=Integer(1, 10)),
    _of_trees(
        min_child_weight=log(0.1, 20.0),
        subsample=Real(0.5, 1.0),
        colsample_bytree=Real(0.3, 1.0),
    )
    | {"reg_lambda": log(1e-2, 1e2)},
    WIDE_RATE
    | WIDE_N_TREES
    | _of_trees(max_depth=Integer(1, 15), colsample_bylevel=Real(0.3, 1.0))
    | {"reg_lambda": log(1e-3, 1e3), "reg_alpha": log(1e-3, 1e2)},
    module="xgboost",
    aliases=XGBOOST_NAMES,
)
XGBOOST_FOREST = Entry(
    {"max_depth": Integer(2, 15), "colsample_bynode": Real(0.1, 1.0)},
    {"subsample": Real(0.5, 1.0), "min_child_weight": log(0.1, 20.0)},
    {"reg_lambda": log(1e-5, 1e1)},
    module="xgboost",
    aliases=XGBOOST_NAMES,
)
# What GOSS draws are rows with large gradients, and no others.
DRAWS_ROWS = {
    "boosting_type": ("gbdt", "dart", "rf", None),
    "data_sample_strategy": ("bagging", None),
}
LIGHTGBM = Entry(
    RATE | N_TREES | {"num_leaves": log_ints(2, 64)},
    {
        "min_child_samples": count("rows", 0.2, 2, 100, 20),
        "subsample": Only(DRAWS_ROWS, Real(0.5, 1.0)),
        # without it, `subsample` has no effect
        "subsample_freq": Only(DRAWS_ROWS, [1]),
        "colsample_bytree": Real(0.3, 1.0),
        "reg_lambda": log(1e-2, 1e2),
    },
    WIDE_RATE
    | WIDE_N_TREES
    | {
        "num_leaves": log_ints(2, 256),
        "reg_lambda": log(1e-3, 1e3),
        "reg_alpha": log(1e-3, 1e2),
    },
    module="lightgbm",
    aliases=LIGHTGBM_NAMES,
)
# These are weights of classes, too.
NO_WEIGHTS = {"scale_pos_weight": (1.0, 1, None)} | dict.fromkeys(
    ("is_unbalance", "unbalance", "unbalanced_sets"), (False, None)
)
LIGHTGBM_CLASSIFIER = replace(
    LIGHTGBM, default=LIGHTGBM.default | {"class_weight": Only(NO_WEIGHTS, balanced)}
)
CATBOOST = Entry(
    RATE | {"depth": Integer(2, 10), "l2_leaf_reg": log(1.0, 30.0)},
    {
        "random_strength": log(0.1, 10.0),
        "bagging_temperature": Only(
            {"bootstrap_type": (None, "Bayesian")}, Real(0.0, 2.0)
        ),
    },
    WIDE_RATE | {"l2_leaf_reg": log(0.1, 100.0), "rsm": Real(0.3, 1.0)},
    module="catboost",
    aliases=CATBOOST_NAMES | {"eta": "learning_rate"},
)

# ---- those that hold others

INSIDE = Entry({}, {}, {})
MEMBERS = Entry({}, {}, {}, inner="small")
STACKING = Entry({}, {"passthrough": YES_OR_NO}, {}, inner="small")


def _components(data: Data) -> Any:
    """Return numbers of components that rows, columns and outputs allow."""
    most = [data.columns or 3, data.rows // 2 if data.rows else 3]
    return Integer(1, min(most)) if min(most) > 1 else [1]


def _canonical(data: Data) -> Any:
    most = min(data.columns or 1, data.outputs or 1)
    return Integer(1, most) if most > 1 else [1]


# These have a row for each component.
OF_COMPONENTS = ("weights_init", "means_init", "precisions_init")
# These have a shape for each type of covariance.
OF_COVARIANCES = ("precisions_init", "covariance_prior")
MIXTURE = Entry(
    {
        "n_components": Only(
            dict.fromkeys(OF_COMPONENTS, (None,)), count("rows", 0.1, 1, 20, 5)
        ),
        "covariance_type": Only(
            dict.fromkeys(OF_COVARIANCES, (None,)),
            ["full", "tied", "diag", "spherical"],
        ),
        "max_iter": [1000],
    },
    {},
    {"reg_covar": log(1e-6, 1e-1)},
)


def _neighborhood(data: Data) -> Real:
    """Return bandwidths around the scale of the data."""
    deviation = (data.variance or 1.0) ** 0.5
    return log(float(f"{0.03 * deviation:.2g}"), float(f"{3 * deviation:.2g}"))


MODELS: dict[str, Entry] = {
    # linear models
    "Ridge": Entry({"alpha": log(1e-3, 1e3)}, {}, {"alpha": log(1e-5, 1e5)}),
    "RidgeClassifier": Entry(
        {"alpha": log(1e-3, 1e3)}, CLASS_WEIGHT, {"alpha": log(1e-5, 1e5)}
    ),
    "Lasso": LASSO,
    "MultiTaskLasso": LASSO,
    "LassoLars": LASSO,
    "ElasticNet": ELASTIC_NET,
    "MultiTaskElasticNet": ELASTIC_NET,
    "Lars": Entry({"n_nonzero_coefs": count("columns", 1.0, 1, 500, 50)}, {}, {}),
    "OrthogonalMatchingPursuit": Entry(
        {"n_nonzero_coefs": count("columns", 1.0, 1, 500, 3)}, {}, {}
    ),
    "ARDRegression": Entry(
        {"threshold_lambda": log(1e2, 1e5)},
        {},
        {name: log(1e-10, 1e-3) for name in ("alpha_1", "alpha_2", "lambda_1")},
    ),
    "HuberRegressor": Entry(
        {"epsilon": Real(1.01, 3.0), "alpha": log(1e-5, 1e2), "max_iter": [1000]},
        {},
        {"epsilon": Real(1.01, 5.0), "alpha": log(1e-7, 1e3)},
    ),
    "QuantileRegressor": Entry(
        {"alpha": in_units(1e-4, 1.0)}, {}, {"alpha": in_units(1e-5, 1e1)}
    ),
    "PoissonRegressor": GENERALIZED,
    "GammaRegressor": GENERALIZED,
    "TweedieRegressor": GENERALIZED,
    "SGDRegressor": Entry(
        {"alpha": log(1e-6, 1e-1), "eta0": log(1e-3, 1e-2), "max_iter": [5000]},
        SGD,
        {
            "alpha": log(1e-7, 1.0),
            "learning_rate": ["invscaling", "constant", "adaptive"],
            "average": YES_OR_NO,
        },
    ),
    "SGDClassifier": Entry(
        {"alpha": log(1e-6, 1e-1), "average": YES_OR_NO},
        SGD | CLASS_WEIGHT,
        {"alpha": log(1e-7, 1.0), "loss": ["hinge", "log_loss", "modified_huber"]},
    ),
    "Perceptron": Entry(
        {
            "penalty": [None, "l2", "l1"],
            "alpha": When(
                "penalty", dict.fromkeys(("l2", "l1", "elasticnet"), log(1e-6, 1e-2))
            ),
        },
        CLASS_WEIGHT,
        {
            "penalty": [None, "l2", "l1", "elasticnet"],
            "l1_ratio": When("penalty", {"elasticnet": L1_RATIO}),
        },
    ),
    "LogisticRegression": Entry(
        {"C": log(1e-3, 1e3), "max_iter": [1000]},
        CLASS_WEIGHT,
        {
            "C": When(
                "solver",
                {
                    **dict.fromkeys(
                        ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag"),
                        log(1e-4, 1e4),
                    ),
                    "saga": log(1e-4, 1e2),  # it takes many steps without a penalty
                },
            ),
            "solver": ["lbfgs", "saga"],
            # from scikit-learn 1.8 on, l1_ratio alone says it
            "penalty": When("solver", {"saga": ["elasticnet"]}),
            "l1_ratio": When("solver", {"saga": Real(0.0, 1.0)}),
            "max_iter": [3000],
        },
    ),
    "LinearSVC": Entry(
        {"C": log(1e-3, 1e1), "max_iter": [10_000]},
        CLASS_WEIGHT,
        {
            "C": log(1e-4, 1e2),
            "penalty": Only({"dual": ("auto", False)}, ["l2", "l1"]),
            "loss": When(
                "penalty",
                {
                    "l2": Only({"dual": ("auto", True)}, ["squared_hinge", "hinge"]),
                    "l1": ["squared_hinge"],
                },
            ),
            "max_iter": [100_000],
        },
    ),
    "LinearSVR": Entry(
        {"C": in_units(1e-3, 1e1), "max_iter": [100_000]} | EPSILON, {}, {}
    ),
    "LinearDiscriminantAnalysis": Entry(
        {
            "solver": ["lsqr"],
            "shrinkage": Only({"covariance_estimator": (None,)}, Real(0.0, 1.0)),
        },
        {},
        {},
    ),
    "QuadraticDiscriminantAnalysis": Entry({"reg_param": Real(0.001, 1.0)}, {}, {}),
    "PLSRegression": Entry({"n_components": _components}, {}, {}),
    "PLSCanonical": Entry({"n_components": _canonical}, {}, {}),
    "CCA": Entry({"n_components": _canonical}, {}, {}),
    "RANSACRegressor": Entry(
        {"min_samples": Real(0.1, 0.9), "residual_threshold": in_units(0.1, 3.0)},
        {},
        {},
    ),
    # support vector machines, kernels and nets
    "SVC": Entry(SVC_C | KERNEL | STEPS, CLASS_WEIGHT, WIDE_SVC_C | WIDE_KERNEL),
    "NuSVC": Entry({"nu": _nu} | KERNEL | STEPS, CLASS_WEIGHT, WIDE_KERNEL),
    "SVR": Entry(SVR_C | KERNEL | STEPS, EPSILON, WIDE_SVR_C | WIDE_KERNEL),
    "NuSVR": Entry(NU_SVR_C | KERNEL | STEPS, {"nu": Real(0.05, 0.95)}, WIDE_KERNEL),
    "KernelRidge": Entry(
        KERNEL_RIDGE,
        {"kernel": ["linear", "rbf", "laplacian"]},
        {
            "kernel": ["linear", "rbf", "laplacian", "polynomial"],
            "degree": When("kernel", {"polynomial": Integer(2, 4)}),
            "alpha": log(1e-5, 1e3),
        },
    ),
    "GaussianProcessRegressor": Entry(
        {"kernel": _kernels, "alpha": log(1e-6, 1.0), "normalize_y": [True]}, {}, {}
    ),
    "GaussianProcessClassifier": Entry({"kernel": _kernels}, {}, {}),
    "LabelPropagation": Entry(PROPAGATION, {}, {}),
    "LabelSpreading": Entry(PROPAGATION | {"alpha": Real(0.05, 0.95)}, {}, {}),
    "MLPClassifier": MLP,
    "MLPRegressor": MLP,
    # neighbours and naive Bayes
    "KNeighborsClassifier": NEIGHBORS,
    "KNeighborsRegressor": NEIGHBORS,
    "NearestCentroid": Entry({"shrink_threshold": log(0.01, 3.0)}, {}, {}),
    "GaussianNB": Entry(
        {"var_smoothing": log(1e-9, 1.0)}, {}, {"var_smoothing": log(1e-12, 1e1)}
    ),
    "BernoulliNB": Entry({"alpha": log(1e-2, 1e2)}, {"fit_prior": YES_OR_NO}, {}),
    "MultinomialNB": Entry({"alpha": log(1e-3, 1e2)}, {"fit_prior": YES_OR_NO}, {}),
    "CategoricalNB": Entry({"alpha": log(1e-3, 1e2)}, {"fit_prior": YES_OR_NO}, {}),
    "ComplementNB": Entry({"alpha": log(1e-3, 1e2)}, {"norm": YES_OR_NO}, {}),
    # trees and their ensembles
    "DecisionTreeClassifier": TREE_CLASSIFIER,
    "DecisionTreeRegressor": TREE_REGRESSOR,
    "ExtraTreeClassifier": EXTRA_TREE_CLASSIFIER,
    "ExtraTreeRegressor": EXTRA_TREE_REGRESSOR,
    "RandomForestClassifier": RANDOM_FOREST_CLASSIFIER,
    "RandomForestRegressor": FOREST_REGRESSOR,
    "ExtraTreesClassifier": EXTRA_TREES_CLASSIFIER,
    "ExtraTreesRegressor": FOREST_REGRESSOR,
    "GradientBoostingClassifier": GRADIENT_BOOSTING,
    "GradientBoostingRegressor": GRADIENT_BOOSTING,
    "HistGradientBoostingClassifier": HISTOGRAM_BOOSTING_CLASSIFIER,
    "HistGradientBoostingRegressor": HISTOGRAM_BOOSTING,
    "AdaBoostClassifier": Entry(
        ADABOOST | {"estimator": _stumps}, {}, {}, inner="small"
    ),
    "AdaBoostRegressor": Entry(
        ADABOOST | {"estimator": _bushes},
        {"loss": ["linear", "square", "exponential"]},
        {},
        inner="small",
    ),
    "BaggingClassifier": BAGGING,
    "BaggingRegressor": BAGGING,
    "XGBClassifier": XGBOOST,
    "XGBRegressor": XGBOOST,
    "XGBRFClassifier": XGBOOST_FOREST,
    "XGBRFRegressor": XGBOOST_FOREST,
    "LGBMClassifier": LIGHTGBM_CLASSIFIER,
    "LGBMRegressor": LIGHTGBM,
    "CatBoostClassifier": CATBOOST,
    "CatBoostRegressor": CATBOOST,
    # those that hold others
    "Pipeline": INSIDE,
    "FeatureUnion": INSIDE,
    "ColumnTransformer": INSIDE,
    "TransformedTargetRegressor": INSIDE,
    "MultiOutputClassifier": INSIDE,
    "MultiOutputRegressor": INSIDE,
    "ClassifierChain": INSIDE,
    "RegressorChain": INSIDE,
    "OneVsRestClassifier": INSIDE,
    "OneVsOneClassifier": INSIDE,
    "FixedThresholdClassifier": INSIDE,
    # it fits many times, and constant predictions are an error
    "TunedThresholdClassifierCV": MEMBERS,
    "OutputCodeClassifier": Entry({}, {"code_size": Real(1.0, 4.0)}, {}),
    "CalibratedClassifierCV": Entry({}, {"method": ["sigmoid", "isotonic"]}, {}),
    "SelfTrainingClassifier": Entry({"threshold": Real(0.55, 0.95)}, {}, {}),
    "VotingClassifier": MEMBERS,
    "VotingRegressor": MEMBERS,
    "StackingClassifier": STACKING,
    "StackingRegressor": STACKING,
    # densities
    "KernelDensity": Entry(
        {"bandwidth": _neighborhood}, {"kernel": ["gaussian", "exponential"]}, {}
    ),
    "GaussianMixture": MIXTURE,
    "BayesianGaussianMixture": Entry(
        MIXTURE.small, {"weight_concentration_prior": log(1e-3, 1e3)}, MIXTURE.wide
    ),
    "ShrunkCovariance": Entry({"shrinkage": Real(0.0, 1.0)}, {}, {}),
    "GraphicalLasso": Entry({"alpha": log(1e-2, 1.0)}, {}, {}),
}

# Why there is no default space. As steps of a pipeline they stay as they are.
REASONS = {
    "It has nothing to tune: take Ridge.": "LinearRegression",
    "It has nothing to tune.": "IsotonicRegression",
    "Its parameters are about time.": "TheilSenRegressor",
    "It finds its penalty by itself; its priors hardly matter.": "BayesianRidge",
    "It chooses its penalty by itself.": (
        "ElasticNetCV GraphicalLassoCV LarsCV LassoCV LassoLarsCV LassoLarsIC "
        "LogisticRegressionCV MultiTaskElasticNetCV MultiTaskLassoCV "
        "OrthogonalMatchingPursuitCV RidgeCV RidgeClassifierCV"
    ),
    "It is a baseline.": "DummyClassifier DummyRegressor",
    "Deprecated by scikit-learn: take SGD.": (
        "PassiveAggressiveClassifier PassiveAggressiveRegressor"
    ),
    # a row without neighbours is an error, or has no prediction
    "A good radius depends on the distances between rows: take KNeighbors.": (
        "RadiusNeighborsClassifier RadiusNeighborsRegressor"
    ),
    "It has no score, or one that grows with the number of clusters.": (
        "AffinityPropagation AgglomerativeClustering Birch BisectingKMeans DBSCAN "
        "FeatureAgglomeration HDBSCAN KMeans MeanShift MiniBatchKMeans OPTICS "
        "SpectralBiclustering SpectralClustering SpectralCoclustering"
    ),
    "It has no score to search by.": (
        "EllipticEnvelope IsolationForest LocalOutlierFactor OneClassSVM SGDOneClassSVM"
    ),
    "It is a search: give the estimator inside.": (
        "BayesSearchCV GridSearchCV HalvingGridSearchCV HalvingRandomSearchCV "
        "RandomizedSearchCV"
    ),
}
LEFT_OUT = {name: why for why, names in REASONS.items() for name in names.split()}
