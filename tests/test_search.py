"""What a search promises beside its results; those are in test_search_tunes.py."""

import copy
import os
import pickle
import re
import warnings
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from counted_fits import Counted
from grid_search_reference import assert_same_results, same_candidates
from scipy import sparse, stats
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ParameterGrid,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sklearn_bayes_search import (
    BayesSearchCV,
    Categorical,
    Integer,
    Ordinal,
    ParzenEstimator,
    RandomForest,
    Real,
    Space,
    SpaceExhausted,
    UpperConfidenceBound,
    default_space,
    read_journal,
)

# scikit-learn < 1.7 passes options to L-BFGS-B that SciPy >= 1.16 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*L-BFGS-B:DeprecationWarning")

HAS_CALLBACKS = hasattr(BayesSearchCV, "set_callbacks")  # scikit-learn >= 1.9
needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn < 1.9")
ignore_failures = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
)

X, y = make_classification(n_samples=40, n_features=4, flip_y=0.2, random_state=0)
SPACE = {"x": Real(0, 1), "kind": ["a", "b"]}
FITTED = {
    *("best_estimator_", "best_index_", "best_params_", "best_score_", "cv_results_"),
    "experience_",
    *(
        "max_pending_",
        "mean_suggest_time_",
        "multimetric_",
        "n_iter_",
        "n_splits_",
        "objective_metric_",
        "objective_metrics_",
        "optimizer_",
        "path_",
    ),
    *("refit_time_", "scorer_", "search_space_", "stop_reason_"),
}


def threads():
    """Run jobs in threads, which start at once."""
    return joblib.parallel_config(backend="threading")


def search_for(space=None, estimator=None, **options):
    options = {"n_iter": 4, "cv": 2, "random_state": 0, **options}
    estimator = Counted() if estimator is None else estimator
    return BayesSearchCV(estimator, SPACE if space is None else space, **options)


def tried(search, name="x"):
    return [params[name] for params in search.cv_results_["params"]]


def two_metrics(estimator, X, y=None):
    """Disagree: "low" is best at x = 0, "high" at x = 1."""
    return {"low": -estimator.x, "high": estimator.x}


LOW = {"low": lambda e, X, y: -e.x, "high": lambda e, X, y: e.x}
HIGH = {"high": LOW["high"], "low": LOW["low"]}


# --- cv_results_ and scoring ---


@pytest.mark.parametrize("return_train_score", [False, True])
@pytest.mark.parametrize(
    "scoring",
    [
        None,
        "accuracy",
        ["f1", "accuracy"],
        {"b": "f1", "a": make_scorer(accuracy_score)},
        lambda estimator, X, y: estimator.score(X, y),
        lambda estimator, X, y: {"a": estimator.score(X, y), "b": 1.0},
    ],
    ids=["default", "name", "list", "dict", "callable", "callable returning dict"],
)
def test_results_have_exactly_the_keys_and_values_of_grid_search(
    scoring, return_train_score
):
    search = search_for(
        {"max_depth": [1, 2, None], "criterion": ["gini", "entropy"]},
        DecisionTreeClassifier(random_state=0),
        scoring=scoring,
        refit=False,
        return_train_score=return_train_score,
    ).fit(X, y)
    assert_same_results(search, same_candidates(search).fit(X, y))


@pytest.mark.parametrize(
    ("scoring", "options", "driver"),
    [
        (LOW, {"refit": False}, "low"),
        (HIGH, {"refit": False}, "high"),
        (LOW, {"refit": "high"}, "high"),
        (LOW, {"refit": lambda results: 0}, "low"),
        (LOW, {"refit": "low", "objective_metric": "high"}, "high"),
        (two_metrics, {"refit": "high"}, "high"),
        (two_metrics, {"refit": False}, "low"),
        ({**LOW, "score": LOW["high"]}, {"refit": False}, "score"),
    ],
)
def test_metric_that_drives_the_search(scoring, options, driver):
    search = search_for(
        {"x": Real(0, 1)}, scoring=scoring, n_iter=8, initial_points=[{"x": 0.4}]
    )
    search.set_params(**options, n_initial_points=3).fit(X, y)
    means = search.cv_results_[f"mean_test_{driver}"]
    assert np.array_equal(search.optimizer_.history.scores, means)
    assert np.array_equal(search.results_frame()["score"], means)
    top = 0.0 if driver == "low" else 1.0
    # what the model chose goes that way, and comes near the end
    distances = np.abs(np.array(tried(search)[3:]) - top)
    assert distances.mean() < 0.35
    assert distances[-1] < 0.1


def test_refit_alone_decides_what_is_best():
    options = {"scoring": LOW, "objective_metric": "high", "n_iter": 5}
    search = search_for({"x": Real(0, 1)}, refit="low", **options).fit(X, y)
    assert search.best_params_["x"] == min(tried(search))
    assert search.best_score_ == search.cv_results_["mean_test_low"].max()
    search.set_params(refit=lambda results: 3).fit(X, y)
    assert search.best_index_ == 3
    assert search.best_params_ is search.cv_results_["params"][3]
    search = search_for(refit=False, **options).fit(X, y)
    assert not hasattr(search, "best_index_")
    with pytest.raises(AttributeError, match="predict"):
        search.predict(X)


@pytest.mark.parametrize(
    ("chosen", "error"), [(99, IndexError), (-1, IndexError), ("a", TypeError)]
)
def test_refit_callable_must_give_a_row(chosen, error):
    with pytest.raises(error, match="best_index_ "):
        search_for(refit=lambda results: chosen).fit(X)


def test_what_was_found_is_kept_where_the_choice_fails():
    search = search_for({"x": Real(0, 1)}, n_iter=4).fit(X, y)
    search.set_params(n_iter=6, refit=lambda results: results["no such column"])
    with pytest.raises(KeyError, match="no such column"):
        search.fit(X, y)
    assert len(search.cv_results_["params"]) == len(search.results_frame()) == 6
    assert search.optimizer_.best.score == search.results_frame()["score"].max()
    for name in ("best_index_", "best_params_", "best_score_", "best_estimator_"):
        assert not hasattr(search, name)


@pytest.mark.parametrize(
    ("scoring", "refit"), [(["f1", "accuracy"], True), (["f1"], "precision")]
)
def test_refit_must_name_one_of_several_metrics(scoring, refit):
    search = search_for(scoring=scoring, refit=refit)
    with pytest.raises(ValueError, match="For multi-metric scoring, the parameter ref"):
        search.fit(X, y)


@pytest.mark.parametrize("racing", [False, True])
def test_racing_may_be_a_truth_of_numpy(racing):
    plain, other = (
        search_for(racing=value).fit(X, y) for value in (racing, np.bool_(racing))
    )
    assert other.cv_results_["params"] == plain.cv_results_["params"]
    assert ("n_splits_evaluated" in other.cv_results_) == racing


def test_scoring_callable_of_one_number_is_maximised():
    search = search_for({"x": Real(0, 1)}, n_iter=8, scoring=LOW["high"]).fit(X, y)
    assert search.best_params_["x"] == search.best_score_ == max(tried(search)) > 0.9
    assert search.scorer_ is LOW["high"]


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
@pytest.mark.parametrize("options", [{}, {"n_jobs": 2}, {"racing": True}], ids=repr)
def test_error_of_all_candidates_is_raised_and_what_had_finished_is_kept(
    options, error_score, tmp_path
):
    path = tmp_path / "journal"
    rows = np.arange(40)
    options = {
        "cv": [(rows[:20], rows[20:]), (rows[20:], rows[:20]), (rows[:20], rows + 1)],
        "error_score": error_score,
        "checkpoint": path,
        "max_pending": 1,
        **options,
    }
    Counted.n_fits = 0
    with threads(), pytest.raises(IndexError, match="out of bounds"):
        search_for(**options).fit(X, y)
    kept = read_journal(path)["fold"].tolist()
    if "n_jobs" in options:  # the last one may fail before the second has ended
        assert kept in ([0], [1], [0, 1])
    else:
        assert kept == [0, 1]
        assert Counted.n_fits == 2


def test_score_that_is_no_number_is_an_error():
    Counted.n_fits = 0
    with pytest.raises(ValueError, match="scoring must return a number, got good"):
        search_for(scoring=lambda estimator, X, y: "good").fit(X, y)
    assert Counted.n_fits == 1


@pytest.mark.parametrize("number", [Fraction, Decimal])
@pytest.mark.parametrize("racing", [False, True])
def test_scores_of_any_numeric_type_give_the_same_search(number, racing):
    def scoring(estimator, X, y):
        return number(estimator.score(X))

    options = {"racing": racing, "return_train_score": True, "cv": 3}
    search = search_for(scoring=scoring, **options).fit(X, y)
    plain = search_for(scoring=lambda e, X, y: e.score(X), **options).fit(X, y)
    assert search.cv_results_["params"] == plain.cv_results_["params"]
    for key in ("mean_test_score", "std_train_score"):
        assert np.array_equal(
            search.cv_results_[key], plain.cv_results_[key], equal_nan=True
        )
    assert search.folds_frame()["score"].dtype == float


def test_scoring_callable_must_return_the_same_names_each_time():
    def scoring(estimator, X, y):
        return {"a" if estimator.x == 0.5 else "b": 1.0}

    with pytest.raises(ValueError, match=r"'scoring' callable must return the same"):
        search_for(scoring=scoring, refit=False).fit(X, y)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test")
@pytest.mark.parametrize("fails_at", [0.2, 0.5])  # 0.5 is evaluated first
def test_failing_scoring_callable_does_not_end_the_search(fails_at):
    def scoring(estimator, X, y):
        if estimator.x == fails_at:
            raise RuntimeError
        return two_metrics(estimator, X)

    space = {"x": [0.2, 0.4, 0.5]}
    search = search_for(space, scoring=scoring, refit="high", n_iter=3).fit(X, y)
    highs = search.cv_results_["mean_test_high"]
    assert highs[tried(search).index(0.4)] == 0.4
    assert np.isnan(highs[tried(search).index(fails_at)])


@pytest.mark.parametrize("scoring", [LOW, two_metrics], ids=["dict", "callable"])
@pytest.mark.parametrize("metric", ["low", "high"])
def test_score_is_that_of_the_objective_where_refit_is_a_callable(scoring, metric):
    def last(results):
        return len(results["params"]) - 1

    search = search_for(scoring=scoring, refit=last, objective_metric=metric).fit(X, y)
    assert search.objective_metric_ == metric
    assert search.score(X, y) == two_metrics(search.best_estimator_, X)[metric]
    assert search.refit is last


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"refit": "hihg"}, "'hihg' was passed"),
        ({"refit": True}, "True was passed"),
        ({"refit": "low", "objective_metric": "hihg"}, r"\['low', 'high'\]. Got 'hi"),
    ],
)
def test_metrics_are_checked_as_soon_as_a_callable_has_told_them(options, message):
    Counted.n_fits = 0
    with pytest.raises(ValueError, match=message):
        search_for(scoring=two_metrics, **options).fit(X, y)
    assert Counted.n_fits == 1


# --- failures ---


def test_setting_that_fails_does_not_end_the_search():
    space = {"fail": [True, False], "x": Real(0, 1)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = search_for(space, n_iter=12).fit(X)
    failed = np.array(tried(search, "fail"))
    assert failed.any()
    assert np.array_equal(np.isnan(search.cv_results_["mean_test_score"]), failed)
    assert not search.best_params_["fail"]
    messages = [str(warning.message) for warning in caught]
    assert [warning.category for warning in caught] == [FitFailedWarning, UserWarning]
    assert f"\n{2 * failed.sum()} fits failed out of a total of 24." in messages[0]
    assert "One or more of the test scores are non-finite" in messages[1]


@ignore_failures
def test_numeric_error_score_takes_the_place_of_scores():
    space = {"fail": [False, True], "x": [0.1, 0.2]}
    search = search_for(space, error_score=-7, return_train_score=True).fit(X)
    assert_same_results(search, same_candidates(search).fit(X))
    for part in ("test", "train"):
        assert search.cv_results_[f"mean_{part}_score"].tolist()[2:] == [-7, -7]
    # whatever its number, the model learns a failure
    assert np.isnan(search.optimizer_.history.scores[2:]).all()


@ignore_failures
def test_failed_fits_get_the_names_of_a_scoring_callable():
    search = search_for({"fail": [True, False]}, scoring=two_metrics, refit="low")
    search.fit(X)
    assert np.isnan(search.cv_results_["mean_test_high"]).tolist() == [True, False]
    assert_same_results(search, same_candidates(search).fit(X))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_error_score_raise_lets_the_original_error_through(n_jobs):
    search = search_for({"x": [None, 0.2]}, error_score="raise", n_jobs=n_jobs)
    with threads(), pytest.raises(RuntimeError, match="failure of x=None"):
        search.fit(X)
    with pytest.raises(NotFittedError):
        search.predict(X)


def test_all_fits_failing_is_an_error_that_shows_the_first_traceback():
    with pytest.raises(ValueError, match=r"All the 8 fits failed\.") as info:
        search_for({"fail": [True], "x": Real(0, 1)}).fit(X)
    first = str(info.value).index("failure of x=")
    assert "RuntimeError: this is the failure of x=0." in str(info.value)[first - 40 :]


def test_infinite_scores_are_failures_for_the_search():
    def scoring(estimator, X, y):
        return (-np.inf if X[0, 0] > 0 else np.inf) if estimator.x == 0.2 else 0.3

    search = search_for({"x": [0.1, 0.2, 0.3]}, scoring=scoring, verbose=1)
    search.set_params(
        cv=[([0, 1], [i]) for i in (np.argmin(X[:, 0]), X[:, 0].argmax())]
    )
    messages = []
    for fit in (search.fit, lambda X, y: same_candidates(search).fit(X, y)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit(X, y)
        messages.append([str(warning.message) for warning in caught])
    assert messages[0] == messages[1]
    assert search.results_frame()["status"].tolist() == ["ok", "failed", "ok"]


# --- data and metadata ---


def test_groups_go_to_the_splitter():
    groups = np.arange(40) // 5
    space = {"max_depth": [1, 2, 3]}
    search = search_for(space, DecisionTreeClassifier(random_state=0), cv=GroupKFold(4))
    search.fit(X, y, groups=groups)
    assert_same_results(search, same_candidates(search).fit(X, y, groups=groups))
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        clone(search).fit(X, y)


def test_sample_weight_goes_where_grid_search_sends_it():
    weight = np.linspace(0, 5, 40)
    search = search_for({"var_smoothing": [1e-9, 1e-2, 1]}, GaussianNB())
    search.fit(X, y, sample_weight=weight)
    assert_same_results(search, same_candidates(search).fit(X, y, sample_weight=weight))
    unweighted = clone(search).fit(X, y).cv_results_["mean_test_score"]
    assert not np.array_equal(search.cv_results_["mean_test_score"], unweighted)
    expected = GaussianNB(**search.best_params_).fit(X, y, sample_weight=weight)
    assert np.array_equal(search.predict_proba(X), expected.predict_proba(X))


def test_metadata_are_routed():
    weight, groups = np.linspace(0, 5, 40), np.arange(40) // 5
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = GaussianNB().set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=False)
        search = search_for(
            {"var_smoothing": Ordinal([1e-9, 1])}, estimator, cv=GroupKFold(4)
        )
        metadata = {"sample_weight": weight, "groups": groups}
        search.fit(X, y, **metadata)
        assert_same_results(search, same_candidates(search).fit(X, y, **metadata))
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        nested = make_pipeline(scaler, clone(search)).fit(X, y, **metadata)
        assert nested[-1].n_splits_ == 4
        with pytest.raises(TypeError, match="unexpected argument"):
            search.fit(X, y, **metadata, color="red")


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        sparse.coo_matrix,
        sparse.csr_matrix,
        lambda X: X.tolist(),
        lambda X: pd.DataFrame(X, columns=list("abcd")),
    ],
    ids=["array", "coo", "csr", "list", "frame"],
)
def test_kinds_of_data(convert):
    space = {"C": stats.loguniform(1e-2, 10)}
    search = search_for(space, SVC(kernel="linear")).fit(convert(X), y)
    assert_same_results(search, same_candidates(search).fit(convert(X), y))
    assert search.n_features_in_ == 4
    names = getattr(search, "feature_names_in_", None)
    is_frame = isinstance(convert(X), pd.DataFrame)
    assert (names is None) if not is_frame else (list(names) == list("abcd"))


def test_precomputed_kernel_is_cut_in_rows_and_columns():
    kernel = X @ X.T
    search = search_for({"C": stats.loguniform(1e-2, 10)}, SVC(kernel="precomputed"))
    search.fit(kernel, y)
    linear = clone(search).set_params(estimator=SVC(kernel="linear")).fit(X, y)
    assert tried(search, "C") == tried(linear, "C")
    scores = [s.cv_results_["mean_test_score"] for s in (search, linear)]
    assert np.array_equal(*scores)
    assert get_tags(search).input_tags.pairwise
    assert not get_tags(linear).input_tags.pairwise


def test_unsupervised():
    space = {"n_clusters": Integer(2, 5), "init": ["k-means++", "random"]}
    search = search_for(space, KMeans(n_init=1, random_state=0)).fit(X)
    assert_same_results(search, same_candidates(search).fit(X))
    assert np.array_equal(search.predict(X), search.best_estimator_.predict(X))
    assert search.transform(X).shape == (40, search.best_params_["n_clusters"])


def test_estimator_without_base_class():
    class Minimal:
        def __init__(self, x=0.5):
            self.x = x

        def get_params(self, deep=False):
            return {"x": self.x}

        def set_params(self, **params):
            self.__dict__.update(params)
            return self

        def fit(self, X, y=None):
            return self

        def __sklearn_tags__(self):
            return get_tags(Counted())

    def scoring(estimator, X, y=None):
        return estimator.x

    search = search_for({"x": [0.1, 0.9]}, Minimal(), scoring=scoring).fit(X)
    assert search.best_params_ == {"x": 0.9}


# --- settings ---


class Whole(BaseEstimator):
    """Fits the part it is given, where a meta-estimator should clone it."""

    def __init__(self, part=None):
        self.part = part

    def fit(self, X, y=None):
        self.part.fit(X, y)
        return self

    def score(self, X, y=None):
        return float(self.part.depth)


def test_estimators_as_choices_are_never_fitted_in_place():
    parts = [Counted(depth=1), Counted(depth=3), Counted(depth=2)]
    search = search_for({"part": parts}, Whole(Counted(depth=9)), n_iter=3).fit(X)
    assert all(a is b for a, b in zip(tried(search, "part"), parts, strict=True))
    assert search.best_params_["part"] is parts[1]
    assert not any(hasattr(part, "fitted_") for part in parts)
    assert search.best_estimator_.part.fitted_
    assert search.best_estimator_.part is not parts[1]


@pytest.mark.parametrize("container", [list, tuple, lambda c: np.array(c, object)])
def test_choices_come_back_as_the_user_gave_them(container):
    choices = [None, {"a": 1}, (1, 2), len, "text", np.float32(2.5), 10**20]
    search = search_for({"kind": container(choices)}, n_iter=7).fit(X)
    assert all(a is b for a, b in zip(tried(search, "kind"), choices, strict=True))


def test_own_parameters_come_first():
    estimator = Counted(x=0.123, kind="b")
    first = search_for(estimator=estimator).fit(X).cv_results_["params"][0]
    assert first == {"kind": "b", "x": 0.123}
    assert first["x"] is estimator.x


def test_own_parameters_out_of_range_take_the_middle():
    space = {"x": Real(0, 4), "kind": ["a", "b", "c"]}
    for own in (Counted(x=7.0, kind="b"), Counted(x=None, kind="b")):
        first = search_for(space, own).fit(X).cv_results_["params"][0]
        assert first == {"kind": "b", "x": 2.0}
    # nothing of it is in range: the first setting is the design's
    first = search_for(space, Counted(x=7.0, kind="z")).fit(X).cv_results_["params"][0]
    assert first != {"kind": "b", "x": 2.0}


def test_own_parameters_count_in_each_branch():
    branches = [{"kind": ["c"], "x": Real(0, 1)}, {"x": Real(0, 1), "depth": [1, 2]}]
    search = search_for(branches, Counted(x=0.25)).fit(X)
    assert search.cv_results_["params"][0] == {"depth": 1, "x": 0.25}


@pytest.mark.parametrize("own", [None, 4])
def test_none_or_a_range_is_searched_as_the_dicts_that_it_stands_for(tmp_path, own):
    tree = DecisionTreeClassifier(max_depth=own, random_state=0)
    pipeline = make_pipeline(StandardScaler(), tree)
    name, leaf = "decisiontreeclassifier__max_depth", Integer(1, 20)
    other = {"decisiontreeclassifier__min_samples_leaf": leaf}
    depth = Integer(2, 20)
    options = {
        "estimator": pipeline,
        "cv": 3,
        "n_jobs": 2,
        "scoring": ["accuracy", "f1"],
    }
    options |= {"refit": "f1", "n_iter": 8, "random_state": 0}
    journal = tmp_path / "search.jsonl"
    written_out = [{name: [None], **other}, {name: depth, **other}]
    dicts = BayesSearchCV(param_distributions=written_out, **options).fit(X, y)
    options["param_distributions"] = {name: [None, depth], **other}
    search = BayesSearchCV(**options, checkpoint=journal).fit(X, y)
    assert search.cv_results_["params"] == dicts.cv_results_["params"]
    assert search.cv_results_["params"][0][name] is own or own == 4
    assert search.search_space_.n_dims == dicts.search_space_.n_dims
    longer = BayesSearchCV(**options, checkpoint=journal).set_params(n_iter=10)
    longer.fit(X, y)
    assert longer.cv_results_["params"][:8] == dicts.cv_results_["params"]
    # where only this varies, the own value is tried first as well
    options["param_distributions"] = {name: [None, depth]}
    alone = BayesSearchCV(**options).fit(X, y)
    assert alone.cv_results_["params"][0] == {name: own}


def test_an_initial_point_is_completed_from_the_own_parameters():
    space = {"x": Real(0, 1), "kind": ["a", "b"], "depth": [1, 2, 3]}
    own = Counted(x=0.25, kind="b", depth=9)
    points = [{"x": 0.5}, {}, {"kind": "a", "depth": 3}]
    search = search_for(space, own, initial_points=points).fit(X)
    assert search.cv_results_["params"][:3] == [
        {"depth": 2, "kind": "b", "x": 0.5},
        {"depth": 2, "kind": "b", "x": 0.25},
        {"depth": 3, "kind": "a", "x": 0.25},
    ]
    for point, told in (
        ({"x": 7.0}, r"'x': 7.0 is not between"),
        ({"z": 1}, "'z' is no parameter"),
    ):
        with pytest.raises(ValueError, match=f"Initial point 0, .*{told}"):
            search_for(space, own, initial_points=[point]).fit(X)


def test_own_parameters_that_the_constraint_forbids_are_not_tried():
    space = Space(SPACE, constraint=lambda params: params["x"] < 0.4)
    search = search_for(space, n_iter=8).fit(X)
    assert max(tried(search)) < 0.4
    assert search.search_space_ is space


def test_initial_points_come_first_and_as_they_are():
    values = [1 / 3, 0.9]
    points = [{"x": values[0], "kind": "b"}, {"kind": "a", "x": values[1]}]
    search = search_for(initial_points=points).fit(X)
    first, second, third, *_ = search.cv_results_["params"]
    assert first == points[0]
    assert second == points[1]
    assert third == {"kind": "a", "x": 0.5}  # the estimator's own
    assert first["x"] is values[0]
    assert second["x"] is values[1]
    assert points == [{"x": 1 / 3, "kind": "b"}, {"kind": "a", "x": 0.9}]


def test_initial_points_are_not_tried_twice():
    points = [{"x": 0.5, "kind": "a"}] * 2
    search = search_for(initial_points=points, n_iter=6).fit(X)
    assert tried(search).count(0.5) == 1


def test_empty_space_is_one_setting():
    search = search_for({}, n_iter=5).fit(X)
    assert search.cv_results_["params"] == [{}]
    assert search.stop_reason_ == "evaluated all 1 points of the search space"
    assert_same_results(search, same_candidates(search).fit(X))
    assert len(search.results_frame()) == 1


@pytest.mark.parametrize("n_iter", [9, 10, 50])
def test_finite_space_that_n_iter_covers_is_run_whole_in_grid_order(n_iter):
    space = [
        {"x": [0.9, 0.1, 0.5], "kind": ["b", "a"]},
        {"depth": [2, 1, 3], "kind": ["a"]},
    ]
    search = search_for(space, n_iter=n_iter).fit(X)
    assert search.cv_results_["params"] == list(ParameterGrid(space))
    assert search.n_iter_ == 9
    covered = "evaluated all 9 points of the search space"
    assert search.stop_reason_ in ([covered, "evaluated n_iter=9 candidates"])
    assert (search.stop_reason_ == covered) or n_iter == 9


def test_finite_space_that_n_iter_does_not_cover_is_never_repeated():
    space = {"x": np.linspace(0, 1, 5), "kind": ["a", "b"], "depth": range(1, 4)}
    search = search_for(space, n_iter=28).fit(X)
    settings = [tuple(params.values()) for params in search.cv_results_["params"]]
    assert len(set(settings)) == 28
    assert search.stop_reason_ == "evaluated n_iter=28 candidates"


def test_constraint_that_leaves_fewer_points_than_n_iter_ends_cleanly():
    space = Space({"x": [0.1, 0.2, 0.3, 0.4]}, constraint=lambda p: p["x"] > 0.15)
    search = search_for(space, n_iter=10).fit(X)
    assert tried(search) == [0.2, 0.3, 0.4]
    assert search.stop_reason_ == "evaluated all 3 points of the search space"


def test_search_that_finds_no_other_permitted_point_does_not_say_it_has_all(
    monkeypatch,
):
    monkeypatch.setattr("sklearn_bayes_search.optimizer._optimizer.MAX_DRAWS", 50)
    space = Space(
        {"max_depth": Integer(1, 10**6)}, constraint=lambda p: p["max_depth"] == 3
    )
    search = BayesSearchCV(
        DecisionTreeClassifier(),
        space,
        n_iter=2,
        cv=2,
        initial_points=[{"max_depth": 3}],
    ).fit(X, y)
    assert search.stop_reason_.startswith("stopped after 1 of 2 candidates: no other")


@pytest.mark.parametrize("n_iter", [1, 10])
def test_constraint_that_permits_nothing_is_an_error(n_iter):
    space = Space({"x": [0.1, 0.2]}, constraint=lambda params: False)
    with pytest.raises(ValueError, match="constraint of the space permits none"):
        search_for(space, n_iter=n_iter).fit(X)


# --- folds and seeds ---


@pytest.mark.parametrize(
    "cv",
    [
        KFold(3, shuffle=True),
        ShuffleSplit(3),
        "generator",
        [(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))],
    ],
    ids=["shuffled", "random", "generator", "list"],
)
def test_every_setting_is_scored_on_the_same_folds(cv):
    if cv == "generator":
        cv = StratifiedKFold(3).split(X, y)
    search = search_for(cv=cv, n_iter=5, scoring=lambda e, X, y: X.sum()).fit(X, y)
    for fold in range(search.n_splits_):
        assert len(set(search.cv_results_[f"split{fold}_test_score"])) == 1


def test_same_seed_gives_the_same_rows_again():
    search = search_for(n_iter=10)
    first = search.fit(X).cv_results_["params"]
    assert search.fit(X).cv_results_["params"] == first
    assert clone(search).fit(X).cv_results_["params"] == first
    others = search.set_params(random_state=1).fit(X).cv_results_["params"]
    assert others != first
    assert search_for(n_iter=10, random_state=None).fit(X).n_iter_ == 10


def test_random_state_instance_is_drawn_from():
    search = search_for(random_state=np.random.RandomState(3))
    first = search.fit(X).cv_results_["params"]
    assert search.fit(X).cv_results_["params"] != first
    again = search_for(random_state=np.random.RandomState(3)).fit(X)
    assert again.cv_results_["params"] == first


def test_rows_do_not_depend_on_the_number_of_jobs_at_a_given_window():
    settings = []
    for n_jobs in (1, 2):
        with threads():
            search = search_for(n_iter=10, max_pending=2, n_jobs=n_jobs).fit(X)
        settings.append(search.cv_results_["params"])
    assert settings[0] == settings[1]
    assert search.max_pending_ == 2


def test_asynchronous_search_completes():
    with threads():
        search = search_for(n_iter=8, max_pending="async", n_jobs=2).fit(X)
    assert search.n_iter_ == len(search.optimizer_.history) == 8


# --- the estimator's own contract ---


def test_parameters_are_stored_as_they_are():
    given = {
        "acquisition": UpperConfidenceBound(kappa=3.0),
        "initial_points": [{"x": 0, "k": 1}],
        "n_iter": 123456,
        "objective_metric": "high",
    }
    search = search_for(**given)
    assert all(search.get_params()[name] is value for name, value in given.items())
    assert set(clone(search).get_params()) == set(search.get_params())
    search.set_params(estimator__x=0.1, n_iter=9)
    assert search.estimator.x == 0.1
    assert search.get_params()["n_iter"] == 9


@pytest.mark.parametrize(
    "surrogate",
    ["forest", "tpe", RandomForest(n_estimators=5), ParzenEstimator(gamma=0.15)],
)
def test_other_surrogates_search_copy_and_go_on(surrogate):
    search = search_for(surrogate=surrogate, n_iter=12, random_state=3)
    again = clone(search).fit(X)
    search.fit(X)
    assert search.cv_results_["params"] == again.cv_results_["params"]
    assert len(search.optimizer_.history) == 12
    twin = pickle.loads(pickle.dumps(search))
    assert twin.optimizer_.ask().params == search.optimizer_.ask().params
    assert search.get_params()["surrogate"] is surrogate


def test_signature_starts_with_that_of_randomized_search():
    names = list(RandomizedSearchCV(SVC(), {}).get_params(deep=False))
    assert set(names) <= set(search_for().get_params(deep=False))
    with pytest.raises(TypeError, match="positional"):
        BayesSearchCV(SVC(), {}, 10)


def test_fit_changes_nothing_it_was_given():
    space = {"x": [0.1, 0.2, 0.3], "kind": stats.randint(0, 3)}
    points = [{"x": 0.2, "kind": 1}]
    given = {"space": space, "points": points}
    before = pickle.dumps(given)
    estimator = Counted()
    search = search_for(space, estimator, initial_points=points)
    assert search.fit(X) is search
    assert pickle.dumps(given) == before
    assert search.estimator is estimator
    assert vars(estimator) == vars(Counted())


def test_pickle_and_copies():
    unfitted = pickle.loads(pickle.dumps(search_for(n_iter=8)))
    fitted = unfitted.fit(X)
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert again.best_params_ == fitted.best_params_
        assert np.array_equal(again.predict(X), fitted.predict(X))
        assert again.results_frame().equals(fitted.results_frame())
        expected = copy.deepcopy(fitted.optimizer_).ask().params
        assert again.optimizer_.ask().params == expected
        assert again.fit(X).cv_results_["params"] == fitted.cv_results_["params"]
    assert not hasattr(clone(fitted), "cv_results_")


@pytest.mark.parametrize("failing", [False, True])
def test_nothing_else_is_left_on_the_search(failing):
    search = search_for()
    parameters = set(vars(search))
    assert parameters == set(search.get_params(deep=False))
    if failing:
        with pytest.raises(ValueError, match="All the"):
            search.set_params(estimator__fail=True).fit(X)
        assert set(vars(search)) == parameters
    else:
        search.fit(pd.DataFrame(X))
        private = {"_fits"}
        assert set(vars(search)) == parameters | FITTED | private


def test_optimizer_was_told_everything_and_can_be_asked():
    with threads():
        search = search_for(n_iter=7, max_pending=3, n_jobs=2).fit(X)
    history = search.optimizer_.history
    assert search.optimizer_.pending == []
    assert np.array_equal(history.scores, search.cv_results_["mean_test_score"])
    for outcome, params in zip(history, search.cv_results_["params"], strict=True):
        assert outcome.trial.params == params
        assert outcome.trial.params is not params  # a change of one leaves the other
    trial = pickle.loads(pickle.dumps(search)).optimizer_.ask()
    assert trial.params not in search.cv_results_["params"]
    assert search.optimizer_.ask().params == trial.params


def test_optimizer_of_a_finished_space_has_nothing_to_ask():
    search = search_for({"x": [0.1, 0.2]}).fit(X)
    with pytest.raises(SpaceExhausted):
        search.optimizer_.ask()


def test_not_fitted():
    search = search_for()
    for method in (search.results_frame, lambda: search.predict(X)):
        with pytest.raises(
            NotFittedError, match="BayesSearchCV instance is not fitted"
        ):
            method()
    assert not hasattr(search, "n_features_in_")


def test_shows_itself_in_a_notebook():
    search = search_for()
    for page in (search._repr_html_(), search.fit(X)._repr_html_()):
        assert "BayesSearchCV" in page
        assert "Counted" in page
    assert "best_estimator_" in page


# --- output ---

LINE = re.compile(
    r"\[(\d)/4\] score \S+ \+/- \S+, best \S+, "
    r"\d+\.\d s; kind=(a|b), x=\S+"
)


@pytest.mark.parametrize("verbose", [0, 1, 2, 3, 10])
def test_verbose(capsys, verbose):
    search_for(verbose=verbose).fit(X)
    lines = capsys.readouterr().out.splitlines()
    if not verbose:
        assert lines == []
        return
    header = "Fitting 2 folds for each of 4 candidates, totalling 8 fits"
    assert lines.count(header) == 1
    assert lines[0] == header
    ours = [LINE.fullmatch(line) for line in lines[1:] if not line.startswith("[CV")]
    assert [match[1] for match in ours] == ["1", "2", "3", "4"]
    n_ends = sum(line.startswith("[CV") and "] END " in line for line in lines)
    assert n_ends == (8 if verbose > 1 else 0)
    assert sum("[CV 1/2" in line for line in lines) == {3: 4, 10: 8}.get(verbose, 0)


def test_verbose_without_a_known_number_of_settings(capsys):
    search_for({"x": Real(0, 1)}, n_iter=None, timeout=1e-9, verbose=10).fit(X)
    out = capsys.readouterr().out
    assert out.count("START") == 2
    assert re.search(r"\[1/\?\] score .* s, time is up, finishing;", out)
    assert "left" not in out
    assert "Fitting 2 folds for each candidate, for up to under 1 ms\n" in out


def test_values_cannot_forge_terminal_output(capsys):
    kinds = ["\x1b[2Jred", "a\n[9/9] score 1", "\r", "b"]
    search_for({"kind": kinds}, verbose=1).fit(X)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 5
    assert "".join(out.splitlines()).isprintable()


# --- time ---


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the fits move, by a second each."""

    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    clock = Clock()
    fit = Counted.fit

    def slow_fit(self, X, y=None):
        clock.now += 1
        return fit(self, X, y)

    monkeypatch.setattr("time.time", clock)
    monkeypatch.setattr("time.monotonic", clock)
    monkeypatch.setattr(Counted, "fit", slow_fit)
    return clock


@pytest.mark.parametrize(
    ("timeout", "refit", "n_settings"),
    [(8.5, False, 4), (8.5, True, 3), (1e-9, True, 1), (2.5, False, 1)],
)
@pytest.mark.parametrize("n_iter", [None, 50])
def test_timeout_ends_the_search_in_time(clock, timeout, refit, n_settings, n_iter):
    search = search_for(timeout=timeout, refit=refit, n_iter=n_iter).fit(X)
    assert search.n_iter_ == len(search.cv_results_["params"]) == n_settings
    assert search.stop_reason_ == f"timeout={timeout:g} s after {n_settings} candidates"
    # a setting takes 2 s for its 2 folds, the refit 1 s; one setting there must be
    assert clock.now - 1000 <= max(timeout, 2 + refit)


def test_timeout_that_is_far_away_has_no_effect():
    search = search_for(timeout=1e6).fit(X)
    assert search.stop_reason_ == "evaluated n_iter=4 candidates"
    whole = search_for({"x": [0.1, 0.2]}, timeout=1e6, n_iter=None).fit(X)
    assert whole.stop_reason_ == "evaluated all 2 points of the search space"


# --- configuration, callbacks ---


class Configured(BaseEstimator):
    """Scores 1 if the configuration of the caller reached it."""

    def __init__(self, x=0):
        self.x = x

    def fit(self, X, y=None):
        config = sklearn.get_config()
        self.seen_ = config["transform_output"] == "pandas"
        self.seen_ &= config["enable_metadata_routing"]
        return self

    def score(self, X, y=None):
        return float(self.seen_)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_configuration_reaches_the_workers(n_jobs):
    search = search_for({"x": Real(0, 1)}, Configured(), n_jobs=n_jobs)
    with sklearn.config_context(
        transform_output="pandas", enable_metadata_routing=True
    ):
        search.fit(X)
    assert search.cv_results_["mean_test_score"].tolist() == [1] * 4
    assert search.fit(X).cv_results_["mean_test_score"].tolist() == [0] * 4


def test_transform_output_is_that_of_the_context():
    space = {"k": [1, 2, 3]}
    search = search_for(space, SelectKBest(), scoring=lambda est, X, y: est.k)
    with sklearn.config_context(transform_output="pandas"):
        frame = search.fit(pd.DataFrame(X, columns=list("abcd")), y).transform(
            pd.DataFrame(X, columns=list("abcd"))
        )
    assert isinstance(frame, pd.DataFrame)


class Recorder:
    """Writes the hooks that are called to a file, for they may run in any process."""

    def __init__(self, path):
        self.path = path

    def _write(self, hook, context):
        # the task of a meta-estimator that this estimator's task is part of
        around = context.source_task_name or ""
        with open(self.path, "a") as file:
            file.write(
                f"{hook} {context.estimator_name} {context.task_name} {around}\n"
            )

    def setup(self, estimator, context):
        self._write("setup", context)

    def on_fit_task_begin(self, estimator, context):
        self._write("begin", context)

    def on_fit_task_end(self, estimator, context):
        self._write("end", context)

    def teardown(self, estimator, context):
        self._write("teardown", context)

    def count(self):
        with open(self.path) as file:
            lines = re.sub(r"\w+SearchCV", "Search", file.read()).splitlines()
        open(self.path, "w").close()
        return Counter(lines)


class PropagatedRecorder(Recorder):
    max_propagation_depth = None


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("recorder", [Recorder, PropagatedRecorder])
def test_callbacks_are_called_as_often_as_by_randomized_search(
    tmp_path, recorder, refit, n_jobs
):
    recorder = recorder(tmp_path / "hooks")
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3))
    space = {"logisticregression__C": [0.1, 1.0, 10.0]}
    options = {"cv": 2, "refit": refit, "n_jobs": n_jobs, "random_state": 0}
    counts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few iterations; no callbacks in scalers
        for search in (
            RandomizedSearchCV(estimator, space, n_iter=3, **options),
            BayesSearchCV(estimator, space, n_iter=3, **options),
            BayesSearchCV(estimator, space, n_iter=None, timeout=1e6, **options),
        ):
            search.set_callbacks(recorder).fit(X, y)
            counts.append(recorder.count())
    assert counts[0]["begin Search search "] == counts[0]["teardown Search fit "] == 1
    assert counts[1] == counts[0]
    assert counts[2] == counts[0]
    assert {name for name in vars(search) if name.startswith("_")} == {
        *("_fits", "_skl_callbacks")
    }


@needs_callbacks
def test_callbacks_are_called_as_often_with_a_path(tmp_path):
    recorder = PropagatedRecorder(tmp_path / "hooks")
    model = GradientBoostingClassifier(n_estimators=2, max_depth=1)
    space = {"gradientboostingclassifier__min_samples_leaf": [1, 2]}
    counts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no callbacks in boosting
        for path in (None, "auto"):
            pipeline = make_pipeline(StandardScaler(), model)
            search = BayesSearchCV(pipeline, space, cv=2, path=path)
            search.set_callbacks(recorder).fit(X, y)
            counts.append(recorder.count())
    assert counts[0] == counts[1]


class AsksToStop(Recorder):
    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        leaf = context.task_name == "candidate-split-evaluation"
        return leaf and context.task_id == 7


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_callback_that_asks_to_stop_is_heard(tmp_path, backend, n_jobs):
    search = BayesSearchCV(
        LogisticRegression(max_iter=3),
        {"C": stats.loguniform(1e-3, 1e3)},
        cv=2,
        max_pending=2,
        random_state=0,
    )
    search.set_callbacks(AsksToStop(tmp_path / "hooks"))
    with joblib.parallel_config(backend, n_jobs=n_jobs), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few iterations
        search.fit(X, y)
    # task 7 is the second fold of candidate 3: candidate 4 was begun before it ended
    assert search.stop_reason_ == (
        "stopped after 5 of 50 candidates: a callback asked for it"
    )
    assert len(search.cv_results_["params"]) == search.n_iter_ == 5
    assert search.best_params_["C"] == search.best_estimator_.C


@needs_callbacks
def test_callbacks_of_the_tuned_estimator_belong_to_the_search(tmp_path):
    recorder = Recorder(tmp_path / "hooks")
    estimator = LogisticRegression(max_iter=3).set_callbacks(recorder)
    counts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few iterations
        for cls in (GridSearchCV, BayesSearchCV):
            cls(estimator, {"C": [0.1, 1.0]}, cv=2).fit(X, y)
            counts.append(recorder.count())
    assert counts[1] == counts[0]


@needs_callbacks
def test_tree_of_tasks_never_changes_while_a_thread_may_be_pickling_it(monkeypatch):
    from sklearn.callback import CallbackContext

    add_child = CallbackContext._add_child
    changed = []

    def watched(context, child):
        if child.task_name == "candidate-split-evaluation":
            changed.append(any(context is each for each in live))
        add_child(context, child)

    class Finder(Recorder):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "search":
                live.append(context)

        def _write(self, hook, context):
            pass

    live = []
    monkeypatch.setattr(CallbackContext, "_add_child", watched)
    search_for().set_callbacks(Finder(None)).fit(X)
    assert changed == [False] * 8
    [root] = live
    assert list(root._children_map) == list(range(8))
    assert all(child.parent is root for child in root._children_map.values())


@needs_callbacks
def test_callbacks_end_even_if_the_search_fails(tmp_path):
    recorder = Recorder(tmp_path / "hooks")
    with pytest.raises(ValueError, match="All the"):
        search_for({"fail": [True]}).set_callbacks(recorder).fit(X)
    counts = recorder.count()
    assert counts["setup Search fit "] == counts["teardown Search fit "] == 1


@needs_callbacks
@pytest.mark.filterwarnings("ignore:The estimator Counted does not support callbacks")
@pytest.mark.parametrize("options", [{}, {"n_iter": None, "timeout": 1e-9}])
def test_progress_bar_shows_the_search(capsys, options):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    search_for(**options).set_callbacks(ProgressBar()).fit(X)
    out = capsys.readouterr().out
    assert "BayesSearchCV" in out
    assert "search" in out


# --- bad input ---


class Foreign:
    """Stands for a dimension of another library."""

    def __repr__(self):
        return "Integer(low=1, high=3)"


Foreign.__module__ = "skopt.space.space"


class Words:
    def rvs(self, size=None, random_state=None):
        return "word"


def pipeline():
    return Pipeline([("scale", StandardScaler()), ("model", SVC())])


SWAPPED = [
    {"model__C": [1.0]},
    {"model": [LogisticRegression()], "model__Cs": [1.0]},
]
# what is given; the kind of error; what the message tells: argument, rule, value and
# the way out
BAD = {
    "unknown parameter": (
        lambda: {"param_distributions": {"xx": [1]}},
        ["'xx' of the search space does not exist", "Did you mean 'x'?"],
    ),
    "unknown parameter of a swapped step": (
        lambda: {"estimator": pipeline(), "param_distributions": SWAPPED},
        ["'model__Cs' of the search space", "Did you mean 'model__C'?"],
    ),
    "no choices": (
        lambda: {"param_distributions": {"x": []}},
        ["parameter 'x' must not be empty", "the empty list []", "at least one"],
    ),
    "number": (
        lambda: {"param_distributions": {"x": 1.5}},
        ["'x' needs a sequence of choices", "1.5", "[1.5]"],
    ),
    "string": (
        lambda: {"param_distributions": {"kind": "abc"}},
        ["'kind' needs a sequence of choices", "'abc'", "['abc']"],
    ),
    "low above high": (
        lambda: {"param_distributions": {"x": Real(2, 1)}},
        ["'low' bound of Real must be below 'high'", "low=2, high=1"],
    ),
    "low equal to high": (
        lambda: {"param_distributions": {"depth": Integer(3, 3)}},
        ["'low' bound of Integer must be below 'high'", "low=3, high=3", "[3]"],
    ),
    "logarithm of 0": (
        lambda: {"param_distributions": {"x": Real(0, 1, log=True)}},
        ["'low' bound of Real must be > 0 with log=True", "0", "log=False"],
    ),
    "logarithm of 0, distribution": (
        lambda: {"param_distributions": {"x": stats.loguniform(0, 1)}},
        ["parameter 'x'", "two positive bounds", "loguniform(0, 1)"],
    ),
    "NaN bound": (
        lambda: {"param_distributions": {"x": Real(np.nan, 1)}},
        ["'low' bound of Real must be finite", "nan"],
    ),
    "NaN bound, distribution": (
        lambda: {"param_distributions": {"x": stats.uniform(np.nan, 1)}},
        ["parameter 'x'", "none may be NaN", "uniform(nan, 1)"],
    ),
    "several numbers at once": (
        lambda: {"param_distributions": {"x": stats.multivariate_normal([0, 0])}},
        ["parameter 'x'", "single numbers", "list the values"],
    ),
    "no numbers": (
        lambda: {"param_distributions": {"x": Words()}},
        ["parameter 'x'", "'word'", "list the values"],
    ),
    "prior of another library": (
        lambda: {"param_distributions": {"x": Real(1e-3, 1, prior="log-uniform")}},
        ["Real does not take", "'log-uniform'", "log=True"],
    ),
    "bounds with a prior": (
        lambda: {"param_distributions": {"x": (1e-3, 1.0, "log-uniform")}},
        ["'x'", "set of choices", "Real(0.001, 1.0, log=True)"],
    ),
    "dimension of another library": (
        lambda: {"param_distributions": {"x": Foreign()}},
        ["'x'", "Integer(low=1, high=3) of skopt", "sklearn_bayes_search"],
    ),
    "choices of a category as a string": (
        lambda: {"param_distributions": {"kind": Categorical("abc")}},
        ["'choices' of Categorical must be a list", "'abc'"],
    ),
    "choices without an order": (
        lambda: {"param_distributions": {"kind": Ordinal([])}},
        ["'choices' of Ordinal must not be empty"],
    ),
    "space is no dict": (
        lambda: {"param_distributions": [("x", [1])]},
        ["branch of the search space must be a dict", "('x', [1])"],
    ),
    "no branches": (
        lambda: {"param_distributions": []},
        ["at least one dict", "[]"],
    ),
    "n_iter of 0": (
        lambda: {"n_iter": 0},
        ["'n_iter' parameter of BayesSearchCV must be an int", "[1, inf)", "0"],
    ),
    "n_iter of 2.5": (
        lambda: {"n_iter": 2.5},
        ["'n_iter' parameter of BayesSearchCV must be an int", "[1, inf)", "2.5"],
    ),
    "n_iter of None": (
        lambda: {"n_iter": None},
        ["'n_iter' parameter of BayesSearchCV must be", "None", "'timeout'"],
    ),
    "unknown surrogate": (
        lambda: {"surrogate": "gpp"},
        ["'surrogate' parameter must be one of", "'gpp'", "Did you mean 'gp'?"],
    ),
    "acquisition of none": (
        lambda: {"surrogate": "tpe", "acquisition": "ucb"},
        ["'acquisition' parameter has no effect", "'tpe'", "'ucb'", "leave it out"],
    ),
    "no surrogate": (
        lambda: {"surrogate": 3},
        ["'surrogate' parameter must be one of", "fit, condition, posterior", "3"],
    ),
    "unknown acquisition": (
        lambda: {"acquisition": "logei"},
        ["'acquisition' parameter must be one of", "'logei'", "'log_ei'"],
    ),
    "initial point outside": (
        lambda: {"initial_points": [{"x": 0.1, "kind": "a"}, {"x": 7, "kind": "a"}]},
        ["Initial point 1", "'x': 7 is not between 0", "not in the search space"],
    ),
    "initial point with an unknown name": (
        lambda: {"initial_points": [{"x": 0.1, "knid": "a"}]},
        ["Initial point 0", "'knid' is no parameter", "Did you mean 'kind'?"],
    ),
    "initial point that is no dict": (
        lambda: {"initial_points": [0.1]},
        ["Initial point 0 must be a dict", "0.1"],
    ),
    "initial points that are a dict": (
        lambda: {"initial_points": {"x": 0.1, "kind": "a"}},
        ["'initial_points' parameter of BayesSearchCV must be", "list"],
    ),
    "n_initial_points of 0": (
        lambda: {"n_initial_points": 0},
        ["'n_initial_points' parameter of BayesSearchCV must be", "[1, inf)", "'auto'"],
    ),
    "unknown objective_metric": (
        lambda: {"scoring": LOW, "refit": "low", "objective_metric": "hihg"},
        ["'objective_metric' parameter", "['low', 'high']", "'hihg'"],
    ),
    "unknown objective_metric of one metric": (
        lambda: {"objective_metric": "accuracy"},
        ["'objective_metric' parameter", "['score']", "'accuracy'"],
    ),
    "max_pending of 0": (
        lambda: {"max_pending": 0},
        ["'max_pending' parameter of BayesSearchCV must be", "[1, inf)", "'async'"],
    ),
    "unknown max_pending": (
        lambda: {"max_pending": "x"},
        ["'max_pending' parameter of BayesSearchCV must be", "'async'", "'x'"],
    ),
    "negative timeout": (
        lambda: {"timeout": -1},
        ["'timeout' parameter of BayesSearchCV must be", "(0.0, inf)", "-1"],
    ),
    "timeout of 0": (
        lambda: {"timeout": 0},
        ["'timeout' parameter of BayesSearchCV must be", "(0.0, inf)", "0"],
    ),
    "timeout that is no number": (
        lambda: {"timeout": np.nan},
        ["'timeout' parameter of BayesSearchCV must be", "(0.0, inf)", "nan"],
    ),
    "no splits": (
        lambda: {"cv": []},
        ["No fits were performed", "'cv' parameter of BayesSearchCV", "at least one"],
    ),
    "empty test part": (
        lambda: {"cv": [(np.arange(20), np.arange(20, 40)), (np.arange(40), [])]},
        ["'cv' parameter of BayesSearchCV", "The test part of split 1 is empty"],
    ),
    "empty training part": (
        lambda: {"cv": [([], np.arange(40))]},
        ["'cv' parameter of BayesSearchCV", "The training part of split 0 is empty"],
    ),
    "no score": (
        lambda: {"estimator": SelectKBest(), "param_distributions": {"k": [1, 2]}},
        ["If no scoring is specified, the estimator passed should have a 'score'"],
    ),
    "parameter of fit that the estimator does not take": (
        lambda: {"param_distributions": {"x": [1]}, "fit": {"callback": print}},
        ["'callback' of fit", "Counted", "'callback' of the search"],
    ),
    "refit of None": (
        lambda: {"refit": None},
        ["'refit' parameter of BayesSearchCV must be", "None"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_before_any_fit(case):
    options, told = BAD[case]

    def fit():
        given = {"estimator": Counted(), "param_distributions": SPACE, **options()}
        fit_params = given.pop("fit", {})
        BayesSearchCV(**given).fit(X, y, **fit_params)

    Counted.n_fits = 0
    with pytest.raises((TypeError, ValueError)) as info:
        fit()
    assert Counted.n_fits == 0
    for words in told:
        assert words in str(info.value)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("search_spaces", "'param_distributions'"),
        ("param_grid", "'param_distributions'"),
        ("n_points", "'max_pending'"),
        ("fit_params", "keyword of fit"),
        ("callbacks", "'callback'"),
        ("n_trials", "'n_iter'"),
    ],
)
def test_parameters_of_other_searches_are_refused_with_ours(name, ours):
    for given in ((Counted(),), (Counted(), SPACE)):
        with pytest.raises(TypeError, match=f"no parameter '{name}'.*{ours}"):
            BayesSearchCV(*given, **{name: 1})
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        BayesSearchCV(Counted(), SPACE, nonsense=1)


def test_a_subclass_may_have_parameters_of_other_searches():
    class Grid(BayesSearchCV):
        def __init__(self, estimator, param_grid):
            super().__init__(estimator, param_grid)

    assert Grid(Counted(), param_grid={"x": [1]}).param_distributions == {"x": [1]}


def test_bad_input_is_not_refused_before_fit():
    search = BayesSearchCV(1, 2, n_iter="3", cv="4", surrogate=5, initial_points=6)
    assert search.get_params()["initial_points"] == 6
    search.set_params(timeout="7")


def test_pre_dispatch_is_accepted():
    for pre_dispatch in ("2*n_jobs", "all", 3):
        assert search_for(pre_dispatch=pre_dispatch).fit(X).n_iter_ == 4


def test_an_error_of_the_final_fit_is_the_one_that_is_raised():
    class Refusing(Counted):
        def set_params(self, **params):
            if Counted.n_fits == stop_at:
                raise ValueError("the true cause")
            return super().set_params(**params)

    stop_at = Counted.n_fits + 6
    search = search_for({"depth": [1, 2, 3]}, Refusing(), cv=2, n_iter=3, refit=True)
    with pytest.raises(ValueError, match="the true cause"):
        search.fit(X, y)
    assert search.n_iter_ == 3
    assert not hasattr(search, "best_estimator_")


def test_tables_of_fits_name_columns_alike(tmp_path):
    path = tmp_path / "journal"
    search = search_for(checkpoint=path, n_iter=5).fit(X, y)
    fits, kept = search.folds_frame(), read_journal(path)
    pd.testing.assert_frame_equal(kept[fits.columns], fits)
    assert set(kept) - set(fits) == {
        *("fit_time", "score_time", "n_test_samples"),
        *(f"param_{name}" for name in search.best_params_),
    }


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_text_that_has_no_encoding_ends_no_search():
    name = os.fsdecode(b"caf\xe9.png")

    class Reads(Counted):
        def fit(self, X, y=None):
            if self.kind == "b":
                raise ValueError(f"no pixels in {name}")
            return super().fit(X)

    with pytest.warns(FitFailedWarning):
        search = search_for({"kind": ["a", "b", name]}, Reads(), n_iter=3).fit(X, y)
    errors = search.folds_frame()["error"].dropna()
    assert all(b"caf\\udce9.png" in error.encode() for error in errors)
    assert len(errors) == search.n_splits_
    assert search.results_frame()["kind"].tolist() == ["a", "b", name]


def held_by(value, seen):
    """List all that an object is made of, once each."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    yield value
    parts = [*value] if isinstance(value, list | tuple | set) else []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    for part in [*parts, *getattr(value, "__dict__", {}).values()]:
        yield from held_by(part, seen)


@pytest.mark.parametrize("options", [{}, {"warm_start": True}, {"racing": True}])
def test_a_fitted_search_holds_what_every_format_can_save(options):
    search = search_for(**options).fit(X, y)
    parts = list(held_by(search, {}))
    assert not any(isinstance(part, pd.DataFrame | pd.Series) for part in parts)
    # as keys, skops takes what JSON has
    keys = [key for part in parts if isinstance(part, dict) for key in part]
    assert {type(key) for key in keys} <= {str, int}


def test_without_a_space_it_is_the_default_one_for_the_data(capsys):
    rows = np.r_[np.flatnonzero(y == 0)[:10], np.flatnonzero(y == 1)]
    search = BayesSearchCV(SVC(), n_iter=3, cv=2, random_state=0, verbose=1)
    assert clone(search).get_params()["param_distributions"] == "auto"
    search.fit(X[rows], y[rows])
    assert search.param_distributions == "auto"
    assert "Space: default_space(SVC): C, gamma" in capsys.readouterr().out
    space = default_space(SVC(), X[rows], y[rows])
    given = search_for(space, SVC(), n_iter=3).fit(X[rows], y[rows])
    assert search.cv_results_["params"] == given.cv_results_["params"]


def test_without_a_space_an_unknown_estimator_is_refused():
    with pytest.raises(ValueError, match="default_space does not know Counted"):
        BayesSearchCV(Counted(), n_iter=3).fit(X, y)
