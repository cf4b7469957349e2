"""Default spaces: complete, true to the estimators, and of settings that fit."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, dia_array
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    TransformerMixin,
    clone,
    is_classifier,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import FeatureAgglomeration, KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.covariance import OAS
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LassoCV,
    LinearRegression,
    LogisticRegression,
    MultiTaskLasso,
    Ridge,
)
from sklearn.metrics import f1_score, make_scorer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.model_selection import (
    GridSearchCV,
    ParameterSampler,
    RandomizedSearchCV,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NeighborhoodComponentsAnalysis,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, NuSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import all_estimators

from sklearn_bayes_search import (
    BayesSearchCV,
    OneStandardError,
    WithinLimits,
    default_space,
)
from sklearn_bayes_search.experience._models import LEFT_OUT, MODELS
from sklearn_bayes_search.experience._ranges import Only, When
from sklearn_bayes_search.experience._transformers import TRANSFORMERS
from sklearn_bayes_search.space import Integer, Ordinal, Real, Space

PAGE = Path(__file__).parents[1] / "doc" / "default_spaces_table.py"
spec = importlib.util.spec_from_file_location(PAGE.stem, PAGE)
default_spaces_table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(default_spaces_table)
NEEDS = "needs the extra 'integrations'"
SIZES = ("small", "default", "wide")
CLASSES = dict(all_estimators())
# How those are made that need an argument, or else would be slow or warn.
MADE = {
    "ClassifierChain": lambda cls: cls(LogisticRegression()),
    "ColumnTransformer": lambda cls: cls([("pca", PCA(), [0, 1, 2])]),
    "ExtraTreesClassifier": lambda cls: cls(n_estimators=5),
    "ExtraTreesRegressor": lambda cls: cls(n_estimators=5),
    "FeatureUnion": lambda cls: cls([("pca", PCA())]),
    "FixedThresholdClassifier": lambda cls: cls(LogisticRegression()),
    "MultiOutputClassifier": lambda cls: cls(LogisticRegression()),
    "MultiOutputRegressor": lambda cls: cls(Ridge()),
    "OneVsOneClassifier": lambda cls: cls(LogisticRegression()),
    "OneVsRestClassifier": lambda cls: cls(LogisticRegression()),
    "OutputCodeClassifier": lambda cls: cls(LogisticRegression()),
    "HistGradientBoostingClassifier": lambda cls: cls(max_bins=15),
    "HistGradientBoostingRegressor": lambda cls: cls(max_bins=15),
    "Pipeline": lambda cls: cls([("scale", StandardScaler()), ("svc", SVC())]),
    "QuantileTransformer": lambda cls: cls(n_quantiles=50),
    "RandomForestClassifier": lambda cls: cls(n_estimators=5),
    "RandomForestRegressor": lambda cls: cls(n_estimators=5),
    "RegressorChain": lambda cls: cls(Ridge()),
    "RFE": lambda cls: cls(Ridge()),
    "SelectFromModel": lambda cls: cls(Ridge()),
    "SelfTrainingClassifier": lambda cls: cls(LogisticRegression()),
    "SequentialFeatureSelector": lambda cls: cls(Ridge(), cv=2),
    "StackingClassifier": lambda cls: cls([("knn", KNeighborsClassifier())], cv=3),
    "StackingRegressor": lambda cls: cls([("knn", KNeighborsRegressor())], cv=3),
    "TransformedTargetRegressor": lambda cls: cls(Ridge()),
    "TunedThresholdClassifierCV": lambda cls: cls(LogisticRegression(), cv=3),
    "VotingClassifier": lambda cls: cls([("knn", KNeighborsClassifier())]),
    "VotingRegressor": lambda cls: cls([("knn", KNeighborsRegressor())]),
}
MULTI_OUTPUT = {"CCA", "ClassifierChain", "MultiOutputClassifier", "PLSSVD"}
MULTI_OUTPUT |= {"MultiOutputRegressor", "MultiTaskElasticNet", "MultiTaskLasso"}
MULTI_OUTPUT |= {"PLSCanonical", "RegressorChain"}
COUNTS = {"CategoricalNB", "ComplementNB", "LatentDirichletAllocation"}
COUNTS |= {"MultinomialNB", "NMF"}
BINARY = {"FixedThresholdClassifier", "TunedThresholdClassifierCV"}
POSITIVE_Y = {"PoissonRegressor", "GammaRegressor", "TweedieRegressor"}
TEXTS = ["red wine and bread", "red cars on roads", "wine and cheese", "old cars"] * 30


def made(name):
    cls = CLASSES[name]
    return MADE[name](cls) if name in MADE else cls()


def data_for(name, estimator):
    """Return standardised data that an estimator can be fitted on."""
    if is_classifier(estimator) or name in TRANSFORMERS:
        n_classes = 2 if name in BINARY else 3
        X, y = make_classification(
            120, 6, n_informative=4, n_classes=n_classes, random_state=0
        )
    else:
        X, y = make_regression(120, 6, n_informative=4, noise=5.0, random_state=0)
    X = StandardScaler().fit_transform(X)
    if "Vectorizer" in name:
        X = TEXTS
    if name in COUNTS:
        X = np.floor(np.abs(X * 2)).clip(0, 3)
        X[:4] = np.arange(4)[:, np.newaxis]
    if name in POSITIVE_Y:
        y = np.exp(y / 200)
    if name == "MLPRegressor":
        y = y / y.std()
    if name == "SelfTrainingClassifier":
        y[::5] = -1
    if name in MULTI_OUTPUT:
        y = np.column_stack([y, y[::-1]])
    return X, y


def branches_of(space):
    return [space] if isinstance(space, dict) else space


def spaces(name, sizes=SIZES):
    """Yield the space of sizes; a transformer is asked about in a pipeline."""
    estimator = made(name)
    X, y = data_for(name, estimator)
    for size in sizes:
        if name in MODELS:
            if (name, size) != ("CalibratedClassifierCV", "small"):  # nothing small
                yield branches_of(default_space(estimator, X, y, size=size))
        else:
            steps = Pipeline([("step", estimator), ("model", Ridge())])
            yield [
                {key[6:]: v for key, v in branch.items() if key.startswith("step__")}
                for branch in branches_of(default_space(steps, X, y, size=size))
            ]


def check_that_settings_fit(name, n_settings, sizes):
    estimator = made(name)
    X, y = data_for(name, estimator)
    for branches in spaces(name, sizes):
        with warnings.catch_warnings():
            # of a space with fewer settings
            warnings.filterwarnings("ignore", "The total space of parameters")
            settings = list(ParameterSampler(branches, n_settings, random_state=0))
        for params in settings:
            model = clone(estimator).set_params(**params)
            if "random_state" in model.get_params():
                model.set_params(random_state=0)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if name == "GaussianProcessRegressor":
                    # scipy's line search ends in rounding errors, about once in 50
                    warnings.filterwarnings("ignore", "lbfgs failed to converge")
                try:
                    model.fit(X, y)
                except Warning as warning:
                    raise AssertionError(f"{params}: {warning}") from warning


COVERED = sorted((set(MODELS) | set(TRANSFORMERS)) & set(CLASSES))


@pytest.mark.parametrize("name", COVERED)
def test_settings_fit_without_error_and_warning(name):
    check_that_settings_fit(name, 1, ["wide"])


@pytest.mark.slow
@pytest.mark.parametrize("name", COVERED)
def test_many_settings_fit_without_error_and_warning(name):
    check_that_settings_fit(name, 20, SIZES)


def test_every_model_is_covered_or_left_out_with_a_reason():
    models = dict(all_estimators(type_filter=["classifier", "regressor", "cluster"]))
    assert sorted(models.keys() - MODELS.keys() - LEFT_OUT.keys()) == []
    assert sorted(MODELS.keys() & LEFT_OUT.keys()) == []
    assert all(reason.endswith(".") for reason in LEFT_OUT.values())


@pytest.mark.parametrize("name", COVERED)
def test_a_space_is_one_of_a_search_with_parameters_that_exist(name):
    names = made(name).get_params()
    for branches in spaces(name):
        for branch in branches:
            assert branch.keys() <= names.keys()
        if not any(branches):
            continue
        space = Space(branches)
        for row in space.spread(8, np.random.default_rng(0)):
            again = space.encode(space.decode(row))
            np.testing.assert_allclose(again, row, atol=1e-9)  # logarithms round
        assert " object at 0x" not in repr(branches)


def test_a_frame_gives_the_space_of_its_numbers():
    X, y = make_classification(60, 6, random_state=0)
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert default_space(SVC(), frame, pd.Series(y)) == default_space(SVC(), X, y)
    mixed = frame.assign(f="text")
    assert default_space(KNeighborsClassifier(), mixed, y)


def test_entries_grow_with_the_size():
    for entry in [*MODELS.values(), *TRANSFORMERS.values()]:
        small, default, wide = map(entry.of_size, SIZES)
        assert small.keys() <= default.keys() <= wide.keys()


def test_conditions_are_on_parameters_that_are_choices():
    for entry in [*MODELS.values(), *TRANSFORMERS.values()]:
        params = entry.of_size("wide")
        for value in params.values():
            if isinstance(value, When) and value.on in params:
                on = params[value.on]
                assert isinstance(on.range if isinstance(on, Only) else on, list)


def test_a_search_at_random_takes_a_space():
    X, y = make_classification(60, random_state=0)
    space = default_space(SVC(), X, y, size="wide")
    search = RandomizedSearchCV(SVC(), space, n_iter=4, cv=2, random_state=0)
    assert len(search.fit(X, y).cv_results_["params"]) == 4


def test_branches_have_the_parameters_of_their_kernel():
    branches = {b["kernel"][0]: set(b) for b in default_space(SVC(), size="wide")}
    assert "gamma" not in branches["linear"]
    assert "degree" in branches["poly"]
    assert "degree" not in branches["rbf"] | branches["sigmoid"]


def test_choices_of_the_user_are_kept():
    space = default_space(SVC(kernel="linear", class_weight="balanced"), size="wide")
    assert space.keys() == {"C", "max_iter"}
    for branch in branches_of(default_space(LinearSVC(loss="hinge"), size="wide")):
        assert not {"loss", "penalty"} & branch.keys() or branch["penalty"] == ["l2"]


def test_numbers_of_the_user_are_searched():
    assert "C" in default_space(SVC(C=10.0))
    assert "max_depth" in default_space(DecisionTreeClassifier(max_depth=3))


@pytest.mark.parametrize("tree", [DecisionTreeClassifier(), DecisionTreeRegressor()])
def test_a_single_tree_draws_no_columns_unless_the_space_is_wide(tree):
    assert "max_features" not in default_space(tree)
    assert "max_features" in default_space(tree, size="wide")


@pytest.mark.parametrize("name", ["RandomForest", "ExtraTrees", "GradientBoosting"])
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_the_own_setting_of_an_ensemble_of_trees_is_in_its_space(name, kind):
    estimator = CLASSES[name + kind]()
    own = estimator.get_params()
    if own["max_features"] == "sqrt":
        own["max_features"] = 0.25
    X, y = np.zeros((20, 16)), np.arange(20) % 2
    for space in (default_space(estimator), default_space(estimator, X, y)):
        nearest = Space(space).nearest(own)
        assert {name: own[name] for name in nearest} == nearest


def test_a_random_forest_may_see_all_rows_and_extra_trees_see_them():
    assert default_space(RandomForestClassifier())["bootstrap"] == [True, False]
    assert "bootstrap" not in default_space(ExtraTreesClassifier())


def check_that_candidates_fit(estimator, size):
    """Fit candidates on 45 rows and three columns; return the names of the space."""
    X, y = make_classification(
        45, 3, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0
    )
    space = default_space(estimator, X, y, size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The total space of parameters")
        candidates = list(ParameterSampler(space, 8, random_state=0))
    for params in candidates:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of few trees, out of bag
            clone(estimator).set_params(**params).fit(X, y)
    return set().union(*branches_of(space))


MEANS = np.arange(6.0).reshape(2, 3)


def step(transformer, *before):
    return make_pipeline(*before, transformer, KNeighborsClassifier(1))


@pytest.mark.parametrize(
    ("estimator", "size", "left_out"),
    [
        (RandomForestClassifier(4, oob_score=True), "default", set()),
        (RandomForestClassifier(4, max_samples=0.5), "default", {"max_samples"}),
        (RandomForestRegressor(4, max_samples=0.5), "wide", {"max_samples"}),
        (RandomForestRegressor(4, oob_score=True), "wide", set()),
        (ExtraTreesClassifier(4, oob_score=True), "wide", set()),
        (ExtraTreesRegressor(4, bootstrap=True, oob_score=True), "wide", {"bootstrap"}),
        (BaggingClassifier(None, 30, oob_score=True), "wide", set()),
        (LinearSVC(dual=True), "wide", {"penalty"}),
        (LinearSVC(dual=False), "wide", set()),
        (LinearSVC(penalty="l1", dual=False), "wide", {"penalty"}),
        (GaussianMixture(2, means_init=MEANS), "default", {"n_components"}),
        (GaussianMixture(2, weights_init=[0.5, 0.5]), "default", {"n_components"}),
        (
            GaussianMixture(2, precisions_init=np.array([np.eye(3)] * 2)),
            "wide",
            {"n_components", "covariance_type"},
        ),
        (
            BayesianGaussianMixture(covariance_prior=np.eye(3)),
            "default",
            {"covariance_type"},
        ),
        (
            step(LinearDiscriminantAnalysis(covariance_estimator=OAS())),
            "default",
            {"lineardiscriminantanalysis__shrinkage"},
        ),
        (
            step(FeatureAgglomeration(None, distance_threshold=1.0)),
            "default",
            {"featureagglomeration__n_clusters"},
        ),
        (
            step(PCA(svd_solver="randomized"), VarianceThreshold()),
            "default",
            {"pca__n_components"},
        ),
        (
            step(PCA(2, svd_solver="arpack"), VarianceThreshold()),
            "default",
            {"pca__n_components"},
        ),
        (step(PCA(2, svd_solver="arpack")), "default", set()),
        (step(KMeans(2, init=MEANS)), "default", {"kmeans__n_clusters"}),
        (step(NeighborhoodComponentsAnalysis(init="lda")), "default", set()),
        (
            step(NeighborhoodComponentsAnalysis(2, init=MEANS)),
            "default",
            {"neighborhoodcomponentsanalysis__n_components"},
        ),
    ],
)
def test_what_does_not_go_with_a_choice_is_not_searched(estimator, size, left_out):
    searched = check_that_candidates_fit(estimator, size)
    assert not left_out & searched
    assert left_out <= estimator.get_params().keys()


def test_a_discriminant_analysis_with_a_covariance_of_its_own_has_nothing_to_search():
    estimator = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS())
    with pytest.raises(ValueError, match="No parameter of it is worth tuning"):
        default_space(estimator)


def test_components_are_searched_where_the_solver_allows_it():
    X, y = make_classification(90, 6, n_classes=3, n_informative=4, random_state=0)
    for solver, most in [("auto", 6), ("randomized", 6), ("arpack", 5)]:
        space = default_space(step(PCA(svd_solver=solver)), X, y)
        assert space["pca__n_components"] == Integer(1, most, log=True)
    name = "neighborhoodcomponentsanalysis__n_components"
    for init, most in [("auto", 6), ("lda", 2)]:
        space = default_space(step(NeighborhoodComponentsAnalysis(init=init)), X, y)
        assert space[name] == Integer(1, most, log=True)


def test_bounds_depend_on_the_data():
    X, y = make_classification(30, 10, random_state=0)
    knn = default_space(KNeighborsClassifier(), X, y)
    assert knn["n_neighbors"] == Integer(1, 15, log=True)
    steps = make_pipeline(StandardScaler(), SelectKBest(), PCA(), SVC())
    space = default_space(steps, X, y)
    assert space["selectkbest__k"] == Integer(1, 10, log=True)
    assert space["pca__n_components"] == Real(0.5, 0.99)  # columns are unknown there
    assert default_space(steps)["selectkbest__k"].high < 10
    forest = default_space(RandomForestClassifier(), X, y)
    assert forest["max_features"].decode(0.5) == pytest.approx(10**-0.5)


def test_columns_are_counted_through_column_transformers():
    X = np.random.default_rng(0).normal(size=(100, 5))
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [("number", numbers, [0, 1, 2]), ("name", OneHotEncoder(), [3, 4])]
    )
    steps = Pipeline([("columns", columns), ("select", SelectKBest()), ("svc", SVC())])
    space = default_space(steps, X)
    assert space["select__k"].high == 5
    assert "columns__number__simpleimputer__strategy" in space


def test_ranges_are_in_the_unit_of_the_target():
    X, y = make_regression(50, 3, random_state=0)
    y = y / y.std()
    small = default_space(SVR(), X, y)["epsilon"]
    large = default_space(SVR(), X, 1000 * y)["epsilon"]
    assert large.low == pytest.approx(1000 * small.low)


def test_of_several_targets_the_unit_is_that_of_each():
    Y = np.random.default_rng(0).normal(size=(50, 2))
    alone, shifted = (default_space(MultiTaskLasso(), y=Y + s) for s in (0, [0, 1e6]))
    assert alone == shifted


def test_a_target_is_in_its_own_unit_unless_it_is_transformed():
    y = np.random.default_rng(0).normal(0, 1000, 50)
    plain = default_space(SVR(), y=y)["C"]
    kept, scaled = (
        default_space(TransformedTargetRegressor(SVR(), transformer=step), y=y)
        for step in (None, StandardScaler())
    )
    assert kept["regressor__C"] == plain != scaled["regressor__C"]


def test_whole_numbers_have_the_same_variance_if_sparse():
    X = np.full((40, 3), 7, dtype=np.uint8) * np.arange(40, dtype=np.uint8)[:, None]
    for kind in (csr_array, dia_array):
        assert default_space(SVC(), kind(X)) == default_space(SVC(), X)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "column",
    [np.full(20, 0.1), np.full(20, np.nan), *np.outer([1e-310, 1e200], range(20))],
    ids=["constant", "unknown", "tiny", "huge"],
)
def test_a_unit_that_cannot_be_known_is_1(column):
    assert default_space(SVR(), y=column) == default_space(SVR())
    assert 1e-6 < default_space(SVC(), column[:, None])["gamma"].low < 1e-2


def test_a_column_of_labels_is_a_target():
    y = np.repeat([0, 1], 30)
    assert default_space(SVC(), y=y[:, None]) == default_space(SVC(), y=y)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "cv"),
    [
        (OneVsRestClassifier(NuSVC()), 3),
        (OneVsOneClassifier(KNeighborsClassifier()), 3),
        (
            OneVsOneClassifier(KNeighborsClassifier()),
            StratifiedShuffleSplit(2, train_size=12, random_state=0),
        ),
        (BaggingClassifier(KNeighborsClassifier()), 3),
        (CalibratedClassifierCV(KNeighborsClassifier(), cv=2), 3),
        (
            StackingClassifier(
                [("tree", DecisionTreeClassifier()), ("svc", SVC())],
                make_pipeline(PCA(), LogisticRegression()),
                cv=3,
            ),
            3,
        ),
        (KNeighborsClassifier(), TimeSeriesSplit(5)),
        (make_pipeline(PCA(), LogisticRegression()), TimeSeriesSplit(5)),
    ],
)
def test_bounds_are_those_of_the_rows_and_columns_that_a_fit_is_given(model, cv):
    X = np.random.default_rng(0).normal(size=(60, 30))
    search = BayesSearchCV(
        model, n_iter=12, cv=cv, random_state=0, error_score="raise", experience=False
    )
    assert search.fit(X, np.arange(60) % 4).n_iter_ == 12


class Passing(LogisticRegression):
    """Passes on arguments that it does not name."""

    def __init__(self, C=1.0, **others):
        super().__init__(C=C, **others)


def test_what_a_subclass_does_not_name_is_not_searched():
    assert default_space(Passing()) == {"C": default_space(LogisticRegression())["C"]}


def test_a_step_may_have_any_name():
    for name in ("final_estimator", "estimator"):
        steps = Pipeline([(name, SVC())])
        assert default_space(steps)[f"{name}__gamma"] == default_space(SVC())["gamma"]


def test_weights_of_classes_are_left_out_where_classes_are_equal_in_size():
    X = np.random.default_rng(0).normal(size=(40, 2))
    equal, unequal = np.repeat([0, 1], 20), np.repeat([0, 1], [35, 5])
    assert "class_weight" not in default_space(SVC(), X, equal, scoring="f1")
    assert "class_weight" in default_space(SVC(), X, unequal, scoring="f1")
    assert "class_weight" in default_space(SVC(), X, scoring="f1")


@pytest.mark.parametrize(
    ("scoring", "are_searched"),
    [
        (None, False),
        ("roc_auc", False),
        ("neg_log_loss", False),
        ("balanced_accuracy", True),
        ({"auc": "roc_auc", "accuracy": "accuracy"}, False),
        (["accuracy", "recall"], True),
        (make_scorer(f1_score), True),
        (["accuracy", "neg_model_size"], False),
    ],
)
def test_weights_of_classes_are_searched_where_the_score_may_gain(
    scoring, are_searched
):
    space = default_space(SVC(), scoring=scoring)
    assert ("class_weight" in space) == are_searched


@pytest.mark.parametrize(
    ("options", "are_searched"),
    [
        ({}, False),
        ({"scoring": "f1"}, True),
        ({"scoring": ["accuracy", "f1"], "refit": "accuracy"}, False),
        ({"scoring": ["accuracy", "f1"]}, False),  # the first decides
        ({"scoring": {"a": "accuracy", "score": "f1"}}, True),
        ({"objective_metric": "score"}, False),
        ({"scoring": "roc_auc", "limits": {"score": 0.5}}, False),
        (
            {
                "scoring": ["roc_auc", "f1"],
                "objective_metric": "roc_auc",
                "refit": OneStandardError("mean_fit_time", metric="f1"),
            },
            True,
        ),
        (
            {
                "scoring": ["accuracy", "recall"],
                "objective_metric": "accuracy",
                "refit": WithinLimits({"recall": 0.1}),
            },
            True,
        ),
        ({"scoring": {"a": "accuracy", "b": "f1"}, "refit": "b"}, True),
        ({"scoring": ["accuracy", "f1"], "objective_metric": "f1"}, True),
        ({"scoring": "accuracy", "limits": {"recall": 0.1}}, True),
        ({"scoring": "accuracy", "limits": {"neg_fit_time": -60}}, False),
        ({"objective_metric": ["precision", "recall"]}, True),
        ({"objective_metric": ["roc_auc", "neg_score_time"]}, False),
        (
            {
                "scoring": ["accuracy", "neg_model_size"],
                "objective_metric": ["accuracy", "neg_model_size"],
            },
            False,
        ),
        (
            {"scoring": lambda model, X, y: {"own": 0.5}, "objective_metric": "own"},
            True,
        ),
    ],
)
def test_what_a_search_is_decided_by_says_whether_it_weighs_classes(
    options, are_searched
):
    X, y = make_classification(40, weights=[0.8], random_state=0)
    search = BayesSearchCV(SVC(), n_iter=1, cv=2, **({"refit": False} | options))
    results = search.fit(X, y).cv_results_
    assert ("param_class_weight" in results) == are_searched


@pytest.mark.parametrize(
    "estimator", [HistGradientBoostingClassifier(), RandomForestClassifier(), SVC()]
)
def test_weights_of_classes_are_searched_by_default(estimator):
    assert "class_weight" in default_space(estimator, scoring="f1")


@pytest.mark.parametrize(
    ("params", "are_searched"),
    [
        ({}, True),
        ({"is_unbalance": True}, False),
        ({"unbalance": True}, False),
        ({"scale_pos_weight": 3}, False),
    ],
)
def test_lightgbm_has_weights_of_classes_once(params, are_searched):
    lightgbm = pytest.importorskip("lightgbm", reason="needs the extra 'integrations'")
    space = default_space(lightgbm.LGBMClassifier(**params), scoring="f1")
    assert ("class_weight" in space) == are_searched
    assert "class_weight" not in default_space(lightgbm.LGBMRegressor(), scoring="r2")


class WithScoreOfItsOwn(SVC):
    def score(self, X, y, sample_weight=None):
        return f1_score(y, self.predict(X))


def test_a_class_may_have_a_score_of_its_own():
    assert "class_weight" in default_space(WithScoreOfItsOwn())
    assert "svc__class_weight" in default_space(
        Pipeline([("svc", WithScoreOfItsOwn())])
    )


def test_a_score_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="'roc' is not a valid scoring value"):
        default_space(SVC(), scoring=["f1", "roc"])


@pytest.mark.parametrize("scoring", [3, {"f1"}, ["f1", 3], [None], (None,)])
def test_scores_of_another_type_are_refused(scoring):
    with pytest.raises(TypeError, match="'scoring' parameter of default_space must be"):
        default_space(SVC(), scoring=scoring)


def test_labels_may_be_text_and_x_a_list():
    space = default_space(KNeighborsClassifier(), [[0.0], [1.0]] * 10, ["a", "b"] * 10)
    assert space["n_neighbors"].high == 10


@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        (OneVsRestClassifier(SVC()), {"estimator__C", "estimator__gamma"}),
        (TransformedTargetRegressor(SVR()), {"regressor__C"}),
        (BaggingRegressor(SVR()), {"max_samples", "estimator__C"}),
        (CalibratedClassifierCV(SVC()), {"method", "estimator__C"}),
        (AdaBoostClassifier(), {"estimator", "learning_rate"}),
        (
            AdaBoostClassifier(DecisionTreeClassifier(max_depth=2)),
            {"estimator__max_depth", "learning_rate"},
        ),
        (
            VotingRegressor([("svr", SVR()), ("knn", KNeighborsRegressor())]),
            {"svr__C", "knn__n_neighbors"},
        ),
        (
            StackingClassifier([("svc", SVC())], LogisticRegression()),
            {"svc__C", "final_estimator__C", "passthrough"},
        ),
        (
            make_pipeline(FeatureUnion([("pca", PCA())]), SVC()),
            {"featureunion__pca__n_components", "svc__C"},
        ),
        (
            make_pipeline(SplineTransformer(), PolynomialFeatures(), Ridge()),
            {"splinetransformer__n_knots", "polynomialfeatures__degree"},
        ),
        (
            make_pipeline(TfidfVectorizer(), TruncatedSVD(), SVC()),
            {"tfidfvectorizer__ngram_range", "truncatedsvd__n_components"},
        ),
        (
            make_pipeline(SelectFromModel(Ridge()), "passthrough", Ridge()),
            {"selectfrommodel__threshold", "ridge__alpha"},
        ),
    ],
)
def test_what_is_inside_of_others_has_nested_names(estimator, names):
    for branch in branches_of(default_space(estimator)):
        assert names <= branch.keys() <= estimator.get_params().keys()


def test_a_tree_of_adaboost_may_be_its_own():
    trees = default_space(AdaBoostClassifier())["estimator"]
    assert isinstance(trees, Ordinal)
    assert trees.choices[0] is None


class Unknown(ClassifierMixin, BaseEstimator):
    def __init__(self, strength=1.0):
        self.strength = strength

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


class Shift(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


class OwnSVC(SVC):
    pass


def test_an_unknown_model_is_named_with_the_way_out():
    with pytest.raises(ValueError, match=r"know Unknown\. Write .*\['strength'\]"):
        default_space(Unknown())
    with pytest.raises(ValueError, match=r"know Unknown \(at 'unknown'\)"):
        default_space(make_pipeline(PCA(), Unknown()))


def test_an_unknown_transformer_stays_as_it_is():
    space = default_space(make_pipeline(Shift(), SVC()))
    assert all(name.startswith("svc__") for name in space)


def test_a_subclass_is_known():
    assert repr(default_space(OwnSVC())) == repr(default_space(SVC()))


class RadialSVC(SVC):
    """Has only some of the arguments of its base class."""

    def __init__(self, C=1.0, gamma="scale"):
        super().__init__(C=C, gamma=gamma)


class LinearOnly(SVC):
    def __init__(self, C=1.0):
        super().__init__(C=C, kernel="linear")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("estimator", "like", "names"),
    [
        (RadialSVC(), SVC(), {"C", "gamma"}),
        (LinearOnly(), SVC(kernel="linear"), {"C"}),
        (SVC(kernel=rbf_kernel), SVC(kernel="precomputed"), None),
        (SVC(kernel=np.str_("poly")), SVC(kernel="poly"), None),
        (SVC(kernel=np.str_("rbf")), SVC(), None),
        (LinearSVC(dual=np.bool_(False)), LinearSVC(dual=False), None),
    ],
)
def test_a_kernel_that_is_not_named_as_usual_has_its_ranges(
    estimator, like, names, size
):
    expected = default_space(like, size=size)
    if names is not None:  # without the choice of other kernels, and with no others
        expected = branches_of(expected)[0]
        expected = {name: v for name, v in expected.items() if name in names}
    assert repr(default_space(estimator, size=size)) == repr(expected)


def test_a_subclass_with_fewer_arguments_is_fitted():
    assert check_that_candidates_fit(RadialSVC(), "wide") == {"C", "gamma"}
    assert "gamma" not in check_that_candidates_fit(SVC(kernel=rbf_kernel), "default")


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (LassoCV(), "chooses its penalty by itself"),
        (make_pipeline(StandardScaler(), LinearRegression()), "take Ridge"),
        (GridSearchCV(SVC(), {}), "is a search"),
        (CLASSES["KMeans"](), "grows with the number of clusters"),
        (BaggingRegressor(LassoCV()), None),
    ],
)
def test_an_estimator_that_is_left_out_says_why(estimator, reason):
    if reason is None:
        assert default_space(estimator)
        return
    with pytest.raises(ValueError, match=reason):
        default_space(estimator)


def test_no_estimator_and_an_unknown_size_are_refused():
    with pytest.raises(TypeError, match="must be an estimator object"):
        default_space(SVC)
    with pytest.raises(ValueError, match="'size' parameter"):
        default_space(SVC(), size="large")


def foreign(package, name, params):
    """Return an estimator as it looks from outside: its package is not needed."""

    def init(self, **kwargs):
        vars(self).update(dict.fromkeys(params) | kwargs)

    return type(
        name,
        (BaseEstimator,),
        {
            "__module__": f"{package}.models",
            "__init__": init,
            "get_params": lambda self, deep=True: dict(vars(self)),
            "predict": lambda self, X: X,
        },
    )()


@pytest.mark.parametrize(
    ("package", "name", "params"),
    [
        ("xgboost", "XGBClassifier", ["learning_rate", "max_depth", "booster"]),
        ("lightgbm", "LGBMRegressor", ["learning_rate", "num_leaves"]),
        ("catboost", "CatBoostClassifier", ["learning_rate", "depth"]),
    ],
)
def test_boosting_of_other_packages_is_known_by_name(package, name, params):
    estimator = foreign(package, name, params)
    assert default_space(estimator).keys() == set(params) - {"booster"}
    with pytest.raises(ValueError, match="does not know"):
        default_space(foreign("mine", name, params))


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("xgboost", "XGBClassifier"),
        ("xgboost", "XGBRFRegressor"),
        ("lightgbm", "LGBMClassifier"),
        ("lightgbm", "LGBMRegressor"),
        ("catboost", "CatBoostRegressor"),
    ],
)
def test_boosting_of_other_packages_has_the_parameters(package, name):
    cls = getattr(pytest.importorskip(package), name)
    X, y = make_classification(60, random_state=0)
    for size in SIZES:
        branches = branches_of(default_space(cls(), X, y, size=size))
        for params in ParameterSampler(branches, 3, random_state=0):
            assert len(params) >= 2
            quiet = {"xgboost": {}, "lightgbm": {"verbose": -1}}
            model = cls(**quiet.get(package, {"verbose": 0})).set_params(**params)
            model.fit(X, y)


QUIET = {
    "xgboost": {"n_jobs": 1},
    "lightgbm": {"verbose": -1, "n_jobs": 1},
    "catboost": {"verbose": 0, "thread_count": 1, "allow_writing_files": False},
}


@pytest.mark.parametrize("params", [{"boosting_type": "goss"}, {"boosting": "goss"}])
def test_rows_are_not_drawn_twice(params):
    lightgbm = pytest.importorskip("lightgbm", reason=NEEDS)
    for given in (params, {"data_sample_strategy": "goss"}):
        model = lightgbm.LGBMClassifier(**given, **QUIET["lightgbm"])
        searched = check_that_candidates_fit(model, "default")
        assert {"num_leaves", "reg_lambda"} <= searched
        assert not {"subsample", "subsample_freq"} & searched


@pytest.mark.parametrize("bootstrap", ["Bernoulli", "No", "MVS", "Bayesian", None])
def test_catboost_has_a_temperature_where_it_draws_weights(bootstrap):
    catboost = pytest.importorskip("catboost", reason=NEEDS)
    given = {"bootstrap_type": bootstrap} if bootstrap else {}
    model = catboost.CatBoostClassifier(2, **given, **QUIET["catboost"])
    searched = check_that_candidates_fit(model, "default")
    assert ("bagging_temperature" in searched) == (bootstrap in ("Bayesian", None))


ALIASES = [
    (package, name, alias, ours)
    for package, name in [
        ("xgboost", "XGBClassifier"),
        ("lightgbm", "LGBMClassifier"),
        ("catboost", "CatBoostClassifier"),
    ]
    for alias, ours in MODELS[name].aliases.items()
]
# What is not a share or a penalty.
GIVEN = {"boosting_type": "dart", "depth": 3, "iterations": 3, "n_estimators": 3}
GIVEN |= {"min_child_samples": 15, "subsample_freq": 2, "min_data_in_leaf": 3}


@pytest.mark.parametrize(("package", "name", "alias", "ours"), ALIASES)
def test_what_is_given_by_another_name_is_searched_by_it(package, name, alias, ours):
    cls = getattr(pytest.importorskip(package, reason=NEEDS), name)
    few = {"iterations" if package == "catboost" else "n_estimators": 2}
    few = QUIET[package] | (few if ours not in few else {})
    usual = default_space(cls(), size="wide")
    usual = usual[0] if isinstance(usual, list) else usual
    model = cls(**few, **{alias: GIVEN.get(ours, 0.7)})
    space = default_space(model, size="wide")
    space = space[0] if isinstance(space, list) else space
    assert ours not in space
    assert (alias in space) == (ours in usual and ours != "subsample_freq")
    if alias in space:
        assert repr(space[alias]) == repr(usual[ours])
        highest = {alias: space[alias].decode(0.7)}
        model.set_params(**highest)
    # the name is one that takes effect
    X, y = make_classification(90, 4, flip_y=0.3, random_state=0)
    same = cls(**few, **{ours: model.get_params()[alias]})
    found = [each.fit(X, y).predict_proba(X) for each in (model, same)]
    np.testing.assert_array_equal(*found)


def test_the_tables_of_the_page_name_every_class():
    text = default_spaces_table.text()
    for name in [*MODELS, *TRANSFORMERS, *LEFT_OUT]:
        assert f"``{name}``" in text
