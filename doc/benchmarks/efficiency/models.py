"""Estimators and their search spaces, in the manner of Bayesmark.

Two to nine parameters each; rates and penalties are log-uniform. Ensembles and networks
are small, so that an evaluation takes milliseconds: what is compared is the search, and
a small forest has the same kind of landscape as a large one. Everything random in an
estimator has a fixed seed, so that a setting always scores the same.

A model is an estimator and a space. Every parameter that is not in the space keeps its
default, or what is said here. Pipelines get the data as they are, other models get them
standardised.
"""

from scipy.stats import loguniform, randint, uniform
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    Ridge,
    SGDClassifier,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_bayes_search import Integer, Real

__all__ = ["MODELS"]


def of_model(space):
    """Name parameters as those of a pipeline's step 'model'."""
    return {f"model__{name}": values for name, values in space.items()}


KNN = {
    "n_neighbors": Integer(1, 60, log=True),
    "weights": ["uniform", "distance"],
    "p": uniform(1, 3),
}
SVM = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
SVM_WITH_KERNEL = {
    **SVM,
    "kernel": ["rbf", "poly", "sigmoid"],
    "degree": [2, 3, 4],
    "coef0": uniform(-1, 3),
}
TREE = {
    "max_depth": randint(1, 16),
    "min_samples_split": Integer(2, 150, log=True),
    "min_samples_leaf": Integer(1, 80, log=True),
    "min_impurity_decrease": loguniform(1e-5, 1e-1),
    "max_features": Real(0.05, 1.0),
}
FOREST = {
    "max_depth": Integer(1, 15),
    "max_features": Real(0.05, 1.0),
    "min_samples_split": Integer(2, 150, log=True),
    "min_samples_leaf": Integer(1, 80, log=True),
    "bootstrap": [True, False],
}
ADABOOST = {
    "n_estimators": Integer(2, 12, log=True),
    "learning_rate": loguniform(1e-3, 1e1),
    "estimator__max_depth": randint(1, 7),
    "estimator__min_samples_leaf": Integer(1, 60, log=True),
}
MLP_ADAM = {
    "hidden_layer_sizes": Integer(4, 100, log=True),
    "activation": ["relu", "tanh", "logistic"],
    "alpha": loguniform(1e-5, 1e1),
    "batch_size": Integer(20, 128, log=True),
    "learning_rate_init": loguniform(1e-4, 1e0),
    "beta_1": uniform(0.5, 0.49),
    "beta_2": Real(0.9, 0.999999),
    "epsilon": loguniform(1e-9, 1e-3),
}
MLP_SGD = {
    "hidden_layer_sizes": Integer(4, 100, log=True),
    "activation": ["relu", "tanh", "logistic"],
    "alpha": loguniform(1e-5, 1e1),
    "batch_size": Integer(20, 128, log=True),
    "learning_rate": ["constant", "invscaling"],
    "learning_rate_init": loguniform(1e-4, 1e0),
    "power_t": uniform(0.1, 0.8),
    "momentum": Real(0.0, 0.99),
    "nesterovs_momentum": [True, False],
}
HGB = {
    "max_iter": Integer(2, 20, log=True),
    "learning_rate": loguniform(1e-3, 2e0),
    "max_leaf_nodes": Integer(2, 31, log=True),
    "min_samples_leaf": Integer(1, 80, log=True),
    "l2_regularization": loguniform(1e-4, 1e4),
    "max_bins": Integer(3, 63, log=True),
}
LOGISTIC = {
    "C": loguniform(1e-5, 1e4),
    "class_weight": [None, "balanced"],
    "fit_intercept": [True, False],
    "tol": loguniform(1e-5, 1e-1),
}
SGD = {
    "alpha": loguniform(1e-7, 1e1),
    "l1_ratio": Real(0.0, 1.0),
    "learning_rate": ["optimal", "constant", "invscaling"],
    "eta0": loguniform(1e-4, 1e1),
    "power_t": uniform(0.1, 0.8),
    "average": [False, True],
}
SPLINE = {
    "spline__n_knots": Integer(2, 12),
    "spline__degree": [1, 2, 3],
    "spline__knots": ["uniform", "quantile"],
    "spline__extrapolation": ["constant", "linear", "continue"],
}
SCALED = [("scale", StandardScaler())]
SCALERS = [StandardScaler(), MinMaxScaler(), RobustScaler(), "passthrough"]


def with_splines(model):
    """Put splines of the features before a linear model."""
    return Pipeline([*SCALED, ("spline", SplineTransformer()), ("model", model)])


def with_pca(model):
    """Put a scaler and PCA before a model."""
    return Pipeline([*SCALED, ("pca", PCA(random_state=0)), ("model", model)])


ADAM = {"solver": "adam", "max_iter": 10, "random_state": 0}
PLAIN_SGD = {"solver": "sgd", "max_iter": 10, "random_state": 0}
STUMP = DecisionTreeClassifier(random_state=0)
REGRESSION_STUMP = DecisionTreeRegressor(random_state=0)
CLASSIFIERS = [
    {"model": [SVC()], **of_model(SVM)},
    {
        "model": [LogisticRegression(solver="newton-cg", max_iter=60)],
        "model__C": loguniform(1e-5, 1e4),
        "model__class_weight": [None, "balanced"],
    },
    {"model": [KNeighborsClassifier()], "model__n_neighbors": Integer(1, 60, log=True)},
]
REGRESSORS = [
    {"model": [SVR()], **of_model(SVM), "model__epsilon": loguniform(1e-3, 1e1)},
    {
        "model": [ElasticNet(max_iter=300)],
        "model__alpha": loguniform(1e-4, 1e2),
        "model__l1_ratio": Real(0.0, 1.0),
    },
    {"model": [KNeighborsRegressor()], "model__n_neighbors": Integer(1, 60, log=True)},
    {
        "model": [DecisionTreeRegressor(random_state=0)],
        "model__max_depth": randint(1, 16),
        "model__min_samples_leaf": Integer(1, 60, log=True),
    },
]
KERNELS = [
    {"kernel": ["linear"], "C": loguniform(1e-3, 1e3)},
    {"kernel": ["rbf"], **SVM},
    {
        "kernel": ["poly"],
        **SVM,
        "degree": [2, 3, 4],
        "coef0": uniform(0, 2),
    },
]

MODELS = {
    "knn": (KNeighborsClassifier(), KNN),
    "knn_regressor": (KNeighborsRegressor(), KNN),
    "svc_kernel": (SVC(), SVM_WITH_KERNEL),
    "svr": (SVR(), {**SVM, "epsilon": loguniform(1e-3, 1e2)}),
    "tree": (
        DecisionTreeClassifier(random_state=0),
        {**TREE, "criterion": ["gini", "entropy"]},
    ),
    "tree_regressor": (DecisionTreeRegressor(random_state=0), TREE),
    "forest": (
        RandomForestClassifier(n_estimators=6, random_state=0),
        {**FOREST, "criterion": ["gini", "entropy"]},
    ),
    "forest_regressor": (
        RandomForestRegressor(n_estimators=6, random_state=0),
        FOREST,
    ),
    "adaboost": (AdaBoostClassifier(STUMP, random_state=0), ADABOOST),
    "adaboost_regressor": (
        AdaBoostRegressor(REGRESSION_STUMP, random_state=0),
        {**ADABOOST, "loss": ["linear", "square", "exponential"]},
    ),
    "adam": (MLPClassifier(**ADAM), MLP_ADAM),
    "adam_regressor": (MLPRegressor(**ADAM), MLP_ADAM),
    "sgd": (MLPClassifier(**PLAIN_SGD), MLP_SGD),
    "sgd_regressor": (MLPRegressor(**PLAIN_SGD), MLP_SGD),
    "lasso": (
        with_splines(Lasso(max_iter=200)),
        {**SPLINE, "model__alpha": loguniform(1e-4, 1e1)},
    ),
    "ridge": (
        with_splines(Ridge()),
        {**SPLINE, "model__alpha": loguniform(1e-4, 1e3)},
    ),
    "elastic_net": (
        with_splines(ElasticNet(max_iter=200)),
        {
            **SPLINE,
            "model__alpha": loguniform(1e-4, 1e1),
            "model__l1_ratio": Real(0.0, 1.0),
        },
    ),
    "logistic": (LogisticRegression(solver="newton-cg", max_iter=60), LOGISTIC),
    "logistic_sgd": (
        SGDClassifier(
            loss="log_loss",
            penalty="elasticnet",
            max_iter=12,
            tol=None,
            random_state=0,
        ),
        SGD,
    ),
    "boosting": (
        HistGradientBoostingClassifier(early_stopping=False, random_state=0),
        HGB,
    ),
    "boosting_regressor": (
        HistGradientBoostingRegressor(early_stopping=False, random_state=0),
        {**HGB, "loss": ["squared_error", "absolute_error"]},
    ),
    "pca_svc": (
        with_pca(SVC()),
        {
            "scale": SCALERS,
            "pca__n_components": Integer(2, 40, log=True),
            "pca__whiten": [False, True],
            **of_model(SVM),
        },
    ),
    "pca_logistic": (
        with_pca(LogisticRegression(solver="newton-cg", max_iter=60)),
        {
            "scale": SCALERS,
            "pca__n_components": Integer(1, 13),
            "pca__whiten": [False, True],
            **of_model(LOGISTIC),
        },
    ),
    "select_svr": (
        Pipeline(
            [
                *SCALED,
                ("poly", PolynomialFeatures(include_bias=False)),
                ("select", SelectKBest(f_regression)),
                ("model", SVR()),
            ]
        ),
        {
            "scale": SCALERS,
            "poly__interaction_only": [False, True],
            "select__k": Integer(1, 55, log=True),
            **of_model({**SVM, "epsilon": loguniform(1e-3, 1e2)}),
        },
    ),
    "classifiers": (Pipeline([*SCALED, ("model", SVC())]), CLASSIFIERS),
    "regressors": (Pipeline([*SCALED, ("model", SVR())]), REGRESSORS),
    "kernels": (SVC(), KERNELS),
}
