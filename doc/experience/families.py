"""The families of models that experience is about: one entry each.

An entry names the estimator with its fixed arguments, what scales the columns before
it, and wide ranges of its parameters: wider than one would search, for the good part of
them is what is to be found out. They follow the ranges of Bischl et al. (2021), Binder
et al. (2020) and van Rijn and Hutter (2018), with iterations cut to what small data
needs, so that no setting fits without end.

To add a family, add an entry to `FAMILIES` and run ``python doc/experience run``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from scipy.stats import qmc
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.gaussian_process import (
    GaussianProcessClassifier,
    GaussianProcessRegressor,
)
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    Matern,
    RationalQuadratic,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_bayes_search.experience._own import XGBOOST as OWN_OF_XGBOOST

MAX_SETTINGS = 256


@dataclass(frozen=True)
class Linear:
    """Numbers from `low` to `high`, uniform."""

    low: float
    high: float

    def at(self, share):
        return float(f"{self.low + share * (self.high - self.low):.6g}")


@dataclass(frozen=True)
class Log:
    """Numbers from `low` to `high`, uniform in the logarithm."""

    low: float
    high: float

    def at(self, share):
        return float(f"{self.low * (self.high / self.low) ** share:.6g}")


@dataclass(frozen=True)
class LinearInt:
    """Whole numbers from `low` to `high`, both included, uniform."""

    low: int
    high: int

    def at(self, share):
        return min(self.low + int(share * (self.high + 1 - self.low)), self.high)


@dataclass(frozen=True)
class LogInt:
    """Whole numbers from `low` to `high`, both included, uniform in the logarithm."""

    low: int
    high: int

    def at(self, share):
        low, high = self.low - 0.5, self.high + 0.5
        number = round(low * (high / low) ** share)
        return min(max(number, self.low), self.high)


@dataclass(frozen=True)
class Choice:
    """One of some values, which are JSON's; each is equally likely."""

    values: tuple

    def at(self, share):
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


@dataclass(frozen=True)
class Family:
    """A kind of model with wide ranges of its parameters.

    Attributes
    ----------
    name : str
        Unique name; the store names its folders after it.
    task : {"classification", "regression"}
        What it predicts.
    estimator : callable
        Return a new estimator with its fixed arguments.
    space : dict of str to range
        Ranges of the parameters.
    only_if : dict of str to (str, tuple), default={}
        A parameter here is set only where another parameter has one of some values.
    own : dict, default={}
        The estimator's own values of parameters that it has by another name or as None.
    requires : dict, default={}
        Other parameters that must have this value, or one of a list, for what is learnt
        to hold.
    in_units : tuple of str, default=()
        Parameters that grow with the deviation of the target, which is 1 here.
    translate : callable, default=None
        Turn a setting into the estimator's parameters, where they differ.
    package : str, default=None
        Package beside scikit-learn that the estimator comes from.
    scaler : {"standard", "minmax", None}, default=None
        What scales the columns, fitted on each fold's rows to fit.
    n_settings : int, default=256
        Settings to evaluate at most: fewer suffice for few parameters.
    max_rows : int, default=600
        Rows for cross-validation at most.
    max_classes : int, default=None
        Data sets with more classes are left out: the model fits each one apart.
    n_data_sets : int, default=None
        Data sets to evaluate before all families have had their turn: a dear family
        takes the others last.
    """

    name: str
    task: str
    estimator: Callable
    space: dict
    only_if: dict = field(default_factory=dict)
    own: dict = field(default_factory=dict)
    requires: dict = field(default_factory=dict)
    in_units: tuple = ()
    translate: Callable | None = None
    package: str | None = None
    scaler: str | None = None
    n_settings: int = MAX_SETTINGS
    max_rows: int = 600
    max_classes: int | None = None
    n_data_sets: int | None = None

    def settings(self):
        """Return the settings, of which the first is the estimator's own.

        The others are points of a scrambled Sobol sequence, the same for all data sets
        and on all machines. Numbers are in natural units.
        """
        sobol = qmc.Sobol(len(self.space), scramble=True, rng=0)
        points = sobol.random(MAX_SETTINGS)[: self.n_settings - 1]
        return [self.own_setting(), *map(self._setting, points)]

    def own_setting(self):
        """Return the estimator's own values of the parameters."""
        setting = self.own
        if setting.keys() != self.space.keys():
            setting = self.estimator().get_params() | self.own
        setting = {name: setting[name] for name in self.space}
        return {name: setting[name] for name in setting if self.is_set(name, setting)}

    def _setting(self, point):
        shares = zip(self.space.items(), point, strict=True)
        setting = {name: range_.at(share) for (name, range_), share in shares}
        return {name: setting[name] for name in setting if self.is_set(name, setting)}

    def is_set(self, name, setting):
        """Return whether a parameter means something in a setting."""
        other, values = self.only_if.get(name, (None, (None,)))
        return setting.get(other) in values

    def build(self, setting):
        """Return a new estimator with a setting of `settings`."""
        params = setting if self.translate is None else self.translate(setting)
        return self.estimator().set_params(**params)


def _loss_and_penalty(setting):
    """Turn LinearSVC's allowed combinations into its parameters."""
    loss, penalty = setting["loss_and_penalty"].split("+")
    others = {name: setting[name] for name in setting if name != "loss_and_penalty"}
    return {"loss": loss, "penalty": penalty, **others}


def _layers(setting):
    sizes = (setting["n_units"],) * setting["n_layers"]
    others = {k: v for k, v in setting.items() if k not in ("n_units", "n_layers")}
    return {"hidden_layer_sizes": sizes, **others}


def _kernel(name, constant_value=1.0, length_scale=1.0):
    shapes = {
        "RBF": RBF,
        "Matern(nu=0.5)": partial(Matern, nu=0.5),
        "Matern(nu=1.5)": partial(Matern, nu=1.5),
        "Matern(nu=2.5)": partial(Matern, nu=2.5),
        "RationalQuadratic": RationalQuadratic,
    }
    return ConstantKernel(constant_value) * shapes[name](length_scale)


def _fitted_kernel(setting):
    """Return parameters of a process that fits its kernel; None is the fixed one."""
    if setting["kernel"] is None:
        return setting
    return setting | {"kernel": _kernel(setting["kernel"])}


def _fixed_kernel(setting):
    """Return parameters of a process that leaves its kernel as it is."""
    names = {"kernel": "name"}
    arguments = {names.get(name, name): setting[name] for name in setting}
    return {"kernel": _kernel(**arguments), "optimizer": None}


def _xgboost(task, **arguments):
    import xgboost

    kinds = {
        "classification": xgboost.XGBClassifier,
        "regression": xgboost.XGBRegressor,
    }
    return kinds[task](n_jobs=1, random_state=0, **arguments)


def _lightgbm(task, **arguments):
    import lightgbm

    kinds = {
        "classification": lightgbm.LGBMClassifier,
        "regression": lightgbm.LGBMRegressor,
    }
    # rows are drawn anew for each tree: else `subsample` has no effect
    return kinds[task](
        n_jobs=1, random_state=0, verbose=-1, subsample_freq=1, **arguments
    )


C = Log(1e-4, 1e5)
GAMMA = Log(1e-5, 1e2)
BALANCED = Choice((None, "balanced"))
YES_OR_NO = Choice((False, True))
SVM_CACHE = {"cache_size": 50, "max_iter": 20_000}
# "p" says which, or these do.
DISTANCES = {"metric": ["minkowski", "euclidean", "l2", "manhattan", "l1", "cityblock"]}
# From scikit-learn 1.8 on, the penalty is said by "l1_ratio" and "C".
LOGISTIC = {"solver": "lbfgs", "penalty": ["l2", "deprecated"]}
NEIGHBORS = {
    "n_neighbors": LogInt(1, 100),
    "weights": Choice(("uniform", "distance")),
    "p": Choice((1, 2)),
}
TREE = {
    "max_depth": LogInt(1, 30),
    "min_samples_leaf": LogInt(1, 64),
    "min_samples_split": LogInt(2, 128),
    "max_features": Linear(0.05, 1.0),
    "ccp_alpha": Log(1e-6, 1e-1),
}
N_TREES = 50  # half of a forest's own: more are better in any case, and take longer
FOREST = {
    "max_features": Linear(0.02, 1.0),
    "min_samples_leaf": LogInt(1, 20),
    "min_samples_split": LogInt(2, 20),
    "max_depth": LogInt(2, 40),
    "bootstrap": YES_OR_NO,
    "max_samples": Linear(0.1, 1.0),
}
GRADIENT_BOOSTING = {
    "learning_rate": Log(1e-3, 1.0),
    "n_estimators": LogInt(10, 300),
    "max_depth": LogInt(1, 10),
    "min_samples_leaf": LogInt(1, 50),
    "subsample": Linear(0.2, 1.0),
    "max_features": Linear(0.05, 1.0),
}
HISTOGRAM_BOOSTING = {
    "learning_rate": Log(1e-3, 1.0),
    "max_iter": LogInt(10, 300),
    "max_leaf_nodes": LogInt(2, 100),
    "min_samples_leaf": LogInt(1, 100),
    "l2_regularization": Log(1e-6, 1e3),
    "max_features": Linear(0.05, 1.0),
}
ADABOOST = {
    "n_estimators": LogInt(10, 200),
    "learning_rate": Log(1e-2, 2.0),
    "estimator__max_depth": LogInt(1, 10),
}
XGBOOST = {
    "learning_rate": Log(1e-3, 1.0),
    "n_estimators": LogInt(10, 300),
    "max_depth": LogInt(1, 15),
    "min_child_weight": Log(1e-2, 1e2),
    "subsample": Linear(0.1, 1.0),
    "colsample_bytree": Linear(0.1, 1.0),
    "reg_lambda": Log(1e-3, 1e3),
    "reg_alpha": Log(1e-3, 1e3),
}
XGBOOST_OWN = {name: OWN_OF_XGBOOST[name] for name in XGBOOST}
LIGHTGBM = {
    "learning_rate": Log(1e-3, 1.0),
    "n_estimators": LogInt(10, 300),
    "num_leaves": LogInt(2, 128),
    "min_child_samples": LogInt(1, 100),
    "subsample": Linear(0.1, 1.0),
    "colsample_bytree": Linear(0.1, 1.0),
    "reg_lambda": Log(1e-3, 1e3),
    "reg_alpha": Log(1e-3, 1e3),
}
LIGHTGBM_OWN = {
    "learning_rate": 0.1,
    "n_estimators": 100,
    "num_leaves": 31,
    "min_child_samples": 20,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 0.0,
    "reg_alpha": 0.0,
}
MLP = {
    "n_layers": LinearInt(1, 2),
    "n_units": LogInt(8, 128),
    "activation": Choice(("relu", "tanh")),
    "alpha": Log(1e-7, 1e1),
    "learning_rate_init": Log(1e-4, 1e-1),
    "batch_size": LogInt(32, 200),
    "early_stopping": YES_OR_NO,
}
MLP_OWN = {"n_layers": 1, "n_units": 100, "batch_size": 200}
KERNELS = Choice(
    ("RBF", "Matern(nu=0.5)", "Matern(nu=1.5)", "Matern(nu=2.5)", "RationalQuadratic")
)
SGD = {
    "alpha": Log(1e-7, 1e0),
    "penalty": Choice(("l2", "l1", "elasticnet")),
    "l1_ratio": Linear(0.0, 1.0),
    "learning_rate": Choice(("optimal", "constant", "invscaling", "adaptive")),
    "eta0": Log(1e-4, 1e0),
    "average": YES_OR_NO,
}
SGD_ONLY_IF = {
    "l1_ratio": ("penalty", ("elasticnet",)),
    "eta0": ("learning_rate", ("constant", "invscaling", "adaptive")),
}

_classifier = partial(Family, task="classification")
_regressor = partial(Family, task="regression")

# Cheap ones come first.
FAMILIES = [
    _classifier(
        "gaussian_nb",
        estimator=GaussianNB,
        space={"var_smoothing": Log(1e-12, 1e1)},
        scaler="standard",
        n_settings=64,
    ),
    _classifier(
        "bernoulli_nb",
        estimator=BernoulliNB,
        space={
            "alpha": Log(1e-3, 1e3),
            "binarize": Linear(0.0, 2.0),
            "fit_prior": YES_OR_NO,
        },
        scaler="standard",
        n_settings=128,
    ),
    _classifier(
        "multinomial_nb",
        estimator=MultinomialNB,
        space={"alpha": Log(1e-3, 1e3), "fit_prior": YES_OR_NO},
        scaler="minmax",
        n_settings=64,
    ),
    _classifier(
        "complement_nb",
        estimator=ComplementNB,
        space={"alpha": Log(1e-3, 1e3), "norm": YES_OR_NO},
        scaler="minmax",
        n_settings=64,
    ),
    _regressor(
        "ridge",
        estimator=Ridge,
        space={"alpha": Log(1e-5, 1e5)},
        scaler="standard",
        n_settings=64,
    ),
    _classifier(
        "ridge_classifier",
        estimator=RidgeClassifier,
        space={"alpha": Log(1e-5, 1e5), "class_weight": BALANCED},
        scaler="standard",
        n_settings=128,
    ),
    _regressor(
        "lasso",
        estimator=Lasso,
        space={"alpha": Log(1e-6, 1e1)},
        scaler="standard",
        n_settings=64,
        in_units=("alpha",),
    ),
    _regressor(
        "elastic_net",
        estimator=ElasticNet,
        space={"alpha": Log(1e-6, 1e2), "l1_ratio": Linear(0.0, 1.0)},
        scaler="standard",
        n_settings=128,
        in_units=("alpha",),
    ),
    _classifier(
        "lda",
        estimator=partial(LinearDiscriminantAnalysis, solver="lsqr"),
        space={"shrinkage": Linear(0.0, 1.0)},
        scaler="standard",
        n_settings=64,
        requires={"solver": "lsqr"},
    ),
    _classifier(
        "qda",
        estimator=QuadraticDiscriminantAnalysis,
        space={"reg_param": Log(1e-6, 1.0)},
        scaler="standard",
        n_settings=64,
    ),
    _classifier(
        "knn_classifier",
        estimator=KNeighborsClassifier,
        space=NEIGHBORS,
        scaler="standard",
        requires=DISTANCES,
    ),
    _regressor(
        "knn_regressor",
        estimator=KNeighborsRegressor,
        space=NEIGHBORS,
        scaler="standard",
        requires=DISTANCES,
    ),
    _classifier(
        "tree_classifier",
        estimator=partial(DecisionTreeClassifier, random_state=0),
        space={
            "criterion": Choice(("gini", "entropy")),
            **TREE,
            "class_weight": BALANCED,
        },
    ),
    _regressor(
        "tree_regressor",
        estimator=partial(DecisionTreeRegressor, random_state=0),
        space=TREE,
    ),
    _classifier(
        "logistic",
        estimator=partial(LogisticRegression, random_state=0),
        space={"C": C, "class_weight": BALANCED},
        scaler="standard",
        n_settings=128,
        requires=LOGISTIC,
    ),
    _classifier(
        "linear_svc",
        estimator=partial(LinearSVC, random_state=0),
        space={
            "C": Log(1e-5, 1e4),
            "loss_and_penalty": Choice(
                ("hinge+l2", "squared_hinge+l2", "squared_hinge+l1")
            ),
            "class_weight": BALANCED,
        },
        own={"loss_and_penalty": "squared_hinge+l2"},
        translate=_loss_and_penalty,
        scaler="standard",
        n_settings=128,
    ),
    _regressor(
        "linear_svr",
        estimator=partial(LinearSVR, random_state=0),
        space={
            "C": Log(1e-5, 1e4),
            "epsilon": Log(1e-4, 2.0),
            "loss": Choice(("epsilon_insensitive", "squared_epsilon_insensitive")),
        },
        scaler="standard",
        n_settings=128,
        in_units=("epsilon",),
    ),
    _regressor(
        "svr_rbf",
        estimator=partial(SVR, **SVM_CACHE),
        space={"C": C, "gamma": GAMMA, "epsilon": Log(1e-4, 2.0)},
        scaler="standard",
        max_rows=400,
        requires={"kernel": "rbf"},
        in_units=("C", "epsilon"),
    ),
    _classifier(
        "svc_rbf",
        estimator=partial(SVC, random_state=0, **SVM_CACHE),
        space={"C": C, "gamma": GAMMA, "class_weight": BALANCED},
        scaler="standard",
        max_rows=400,
        requires={"kernel": "rbf"},
    ),
    _regressor(
        "svr_poly",
        estimator=partial(SVR, kernel="poly", **SVM_CACHE),
        space={
            "C": C,
            "gamma": GAMMA,
            "degree": LinearInt(2, 5),
            "coef0": Linear(0.0, 2.0),
            "epsilon": Log(1e-4, 2.0),
        },
        scaler="standard",
        max_rows=400,
    ),
    _classifier(
        "svc_poly",
        estimator=partial(SVC, kernel="poly", random_state=0, **SVM_CACHE),
        space={
            "C": C,
            "gamma": GAMMA,
            "degree": LinearInt(2, 5),
            "coef0": Linear(0.0, 2.0),
            "class_weight": BALANCED,
        },
        scaler="standard",
        max_rows=400,
    ),
    _classifier(
        "svc_sigmoid",
        estimator=partial(SVC, kernel="sigmoid", random_state=0, **SVM_CACHE),
        space={"C": C, "gamma": GAMMA, "coef0": Linear(-2.0, 2.0)},
        scaler="standard",
        n_settings=128,
        max_rows=400,
    ),
    _regressor(
        "svr_sigmoid",
        estimator=partial(SVR, kernel="sigmoid", **SVM_CACHE),
        space={"C": C, "gamma": GAMMA, "coef0": Linear(-2.0, 2.0)},
        scaler="standard",
        n_settings=128,
        max_rows=400,
    ),
    _classifier(
        "svc_linear",
        estimator=partial(SVC, kernel="linear", random_state=0, **SVM_CACHE),
        space={"C": C, "class_weight": BALANCED},
        scaler="standard",
        n_settings=64,
        max_rows=400,
    ),
    _regressor(
        "svr_linear",
        estimator=partial(SVR, kernel="linear", **SVM_CACHE),
        space={"C": C, "epsilon": Log(1e-4, 2.0)},
        scaler="standard",
        n_settings=64,
        max_rows=400,
    ),
    _regressor(
        "kernel_ridge",
        estimator=partial(KernelRidge, kernel="rbf"),
        space={"alpha": Log(1e-6, 1e3), "gamma": GAMMA},
        scaler="standard",
        n_settings=128,
        max_rows=400,
        requires={"kernel": "rbf"},
    ),
    _classifier(
        "sgd_classifier",
        estimator=partial(SGDClassifier, random_state=0),
        space={
            "loss": Choice(("hinge", "log_loss", "modified_huber")),
            **SGD,
            "class_weight": BALANCED,
        },
        only_if=SGD_ONLY_IF,
        scaler="standard",
    ),
    _regressor(
        "sgd_regressor",
        estimator=partial(SGDRegressor, random_state=0),
        space={
            "loss": Choice(("squared_error", "huber", "epsilon_insensitive")),
            **SGD,
            "epsilon": Log(1e-3, 1.0),
        },
        only_if=SGD_ONLY_IF | {"epsilon": ("loss", ("huber", "epsilon_insensitive"))},
        scaler="standard",
    ),
    _classifier(
        "logistic_saga",
        estimator=partial(LogisticRegression, solver="saga", random_state=0),
        space={"C": C, "l1_ratio": Linear(0.0, 1.0), "class_weight": BALANCED},
        scaler="standard",
        n_settings=128,
        max_classes=10,
        max_rows=400,
        n_data_sets=24,
    ),
    _classifier(
        "extra_trees_classifier",
        estimator=partial(ExtraTreesClassifier, n_estimators=N_TREES, random_state=0),
        space={
            "criterion": Choice(("gini", "entropy")),
            **FOREST,
            "class_weight": BALANCED,
        },
        only_if={"max_samples": ("bootstrap", (True,))},
        max_rows=300,
        n_data_sets=20,
    ),
    _regressor(
        "extra_trees_regressor",
        estimator=partial(ExtraTreesRegressor, n_estimators=N_TREES, random_state=0),
        space=FOREST,
        only_if={"max_samples": ("bootstrap", (True,))},
        max_rows=300,
        n_data_sets=20,
    ),
    _classifier(
        "lightgbm_classifier",
        estimator=partial(_lightgbm, "classification"),
        space=LIGHTGBM,
        own=LIGHTGBM_OWN,
        package="lightgbm",
        requires={"boosting_type": "gbdt"},
        max_rows=400,
        n_data_sets=24,
        max_classes=7,
    ),
    _regressor(
        "lightgbm_regressor",
        estimator=partial(_lightgbm, "regression"),
        space=LIGHTGBM,
        own=LIGHTGBM_OWN,
        package="lightgbm",
        requires={"boosting_type": "gbdt"},
        max_rows=400,
        n_data_sets=24,
    ),
    _classifier(
        "xgboost_classifier",
        estimator=partial(_xgboost, "classification"),
        space=XGBOOST,
        own=XGBOOST_OWN,
        package="xgboost",
        max_rows=400,
        n_data_sets=24,
        max_classes=7,
        requires={"booster": None},
    ),
    _regressor(
        "xgboost_regressor",
        estimator=partial(_xgboost, "regression"),
        space=XGBOOST,
        own=XGBOOST_OWN,
        package="xgboost",
        max_rows=400,
        n_data_sets=24,
        requires={"booster": None},
    ),
    _classifier(
        "gradient_boosting_classifier",
        estimator=partial(GradientBoostingClassifier, random_state=0),
        space=GRADIENT_BOOSTING,
        max_rows=300,
        n_data_sets=16,
        max_classes=3,
    ),
    _regressor(
        "gradient_boosting_regressor",
        estimator=partial(GradientBoostingRegressor, random_state=0),
        space=GRADIENT_BOOSTING,
        max_rows=300,
        n_data_sets=16,
    ),
    _classifier(
        "adaboost_classifier",
        estimator=partial(
            AdaBoostClassifier, DecisionTreeClassifier(max_depth=1), random_state=0
        ),
        space=ADABOOST,
        max_rows=300,
        n_data_sets=16,
    ),
    _regressor(
        "adaboost_regressor",
        estimator=partial(
            AdaBoostRegressor, DecisionTreeRegressor(max_depth=3), random_state=0
        ),
        space={**ADABOOST, "loss": Choice(("linear", "square", "exponential"))},
        max_rows=300,
        n_data_sets=16,
    ),
    _classifier(
        "hist_gradient_boosting_classifier",
        estimator=partial(HistGradientBoostingClassifier, random_state=0),
        space=HISTOGRAM_BOOSTING,
        max_rows=300,
        n_data_sets=16,
        max_classes=3,
    ),
    _regressor(
        "hist_gradient_boosting_regressor",
        estimator=partial(HistGradientBoostingRegressor, random_state=0),
        space=HISTOGRAM_BOOSTING,
        max_rows=300,
        n_data_sets=16,
    ),
    _classifier(
        "random_forest_classifier",
        estimator=partial(RandomForestClassifier, n_estimators=N_TREES, random_state=0),
        space={
            "criterion": Choice(("gini", "entropy")),
            **FOREST,
            "class_weight": BALANCED,
        },
        only_if={"max_samples": ("bootstrap", (True,))},
        max_rows=300,
        n_data_sets=20,
    ),
    _regressor(
        "random_forest_regressor",
        estimator=partial(RandomForestRegressor, n_estimators=N_TREES, random_state=0),
        space=FOREST,
        only_if={"max_samples": ("bootstrap", (True,))},
        max_rows=300,
        n_data_sets=20,
    ),
    _classifier(
        "mlp_classifier",
        estimator=partial(MLPClassifier, random_state=0),
        space=MLP,
        own=MLP_OWN,
        translate=_layers,
        scaler="standard",
        max_rows=300,
        n_data_sets=16,
        requires={"solver": "adam"},
    ),
    _regressor(
        "mlp_regressor",
        estimator=partial(MLPRegressor, random_state=0),
        space=MLP,
        own=MLP_OWN,
        translate=_layers,
        scaler="standard",
        max_rows=300,
        n_data_sets=16,
        requires={"solver": "adam"},
    ),
    _regressor(
        "gaussian_process_regressor",
        estimator=partial(GaussianProcessRegressor, random_state=0),
        space={
            "kernel": KERNELS,
            "alpha": Log(1e-10, 1e1),
            "normalize_y": YES_OR_NO,
        },
        translate=_fitted_kernel,
        scaler="standard",
        n_settings=64,
        max_rows=300,
        n_data_sets=16,
    ),
    _classifier(
        "gaussian_process_classifier",
        estimator=partial(GaussianProcessClassifier, random_state=0),
        space={
            "kernel": KERNELS,
            "length_scale": Log(1e-2, 1e2),
            "constant_value": Log(1e-2, 1e4),
        },
        own={"kernel": "RBF", "length_scale": 1.0, "constant_value": 1.0},
        translate=_fixed_kernel,
        scaler="standard",
        n_settings=128,
        max_classes=3,
        max_rows=300,
        n_data_sets=16,
    ),
]
