"""What `prior_results` of a search takes, what it makes of it, and what it refuses."""

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from counted_fits import Counted
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, Integer, Real, Space, read_journal
from sklearn_bayes_search.results._prior_results import read_prior_results
from sklearn_bayes_search.space._space import as_space

# scikit-learn < 1.7 passes options to L-BFGS-B that SciPy >= 1.16 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*L-BFGS-B:DeprecationWarning")

X, y = make_classification(n_samples=40, n_features=4, flip_y=0.2, random_state=0)
SPACE = {"max_depth": Integer(1, 9), "min_samples_leaf": [1, 2, 4, 8]}
GRID = {"max_depth": [2, 4, 6], "min_samples_leaf": [1, 4]}
TREE = DecisionTreeClassifier(random_state=0)
EARLIER = GridSearchCV(TREE, GRID, cv=2).fit(X, y)


def search_for(prior_results, space=SPACE, estimator=TREE, **options):
    options = {"n_iter": 5, "cv": 2, "random_state": 0, **options}
    return BayesSearchCV(estimator, space, prior_results=prior_results, **options)


def tried(search):
    return search.cv_results_["params"]


def read(prior_results, space, own=(), metrics=("score",)):
    return read_prior_results(
        prior_results,
        as_space(space),
        own=dict(own),
        metrics=list(metrics),
        read_file=read_journal,
    )


def table(**columns):
    """Make a table of settings, the later the better, as a file would give it back."""
    names = {f"param_{name}": values for name, values in columns.items()}
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({**names, "mean_test_score": np.arange(float(n))})
    return from_file(frame)


def from_file(frame):
    return pd.read_csv(io.StringIO(frame.to_csv()))


def values(frame, name, space, own=()):
    """Return what becomes of the parameter's values."""
    ((*source,),) = read(frame, space, own)
    return [params[name] for params, _ in source]


# --- what it takes ---


@pytest.mark.parametrize(
    "form",
    [
        lambda search: search,
        lambda search: [search],
        lambda search: search.cv_results_,
        lambda search: (search.cv_results_,),
        lambda search: pd.DataFrame(search.cv_results_),
        lambda search: pd.DataFrame(search.cv_results_).drop(columns="params"),
        lambda search: from_file(pd.DataFrame(search.cv_results_)),
        lambda search: {
            name: column
            for name, column in search.cv_results_.items()
            if name != "params"
        },
    ],
    ids=["search", "list", "dict", "tuple", "frame", "columns", "file", "no params"],
)
def test_every_form_gives_the_same_search(form):
    reference = search_for(EARLIER).fit(X, y)
    assert tried(search_for(form(EARLIER)).fit(X, y)) == tried(reference)
    assert tried(search_for(None).fit(X, y)) != tried(reference)


def test_of_a_raced_search_paused_settings_count_by_their_estimates():
    space = {**SPACE, "min_samples_leaf": Integer(1, 19)}
    earlier = search_for(None, space, n_iter=12, cv=5, racing=True).fit(X, y)
    frame = earlier.results_frame()
    assert (frame["status"] == "paused").sum() >= 2
    for form in (earlier, earlier.cv_results_, frame, from_file(frame)):
        ((*source,),) = read(form, space)
        np.testing.assert_allclose([score for _, score in source], frame["score"])


@pytest.mark.parametrize("form", [pd.DataFrame.copy, from_file])
def test_a_results_frame_is_taken(form):
    earlier = search_for(None, n_iter=8).fit(X, y)
    reference = search_for(earlier).fit(X, y)
    assert tried(search_for(form(earlier.results_frame())).fit(X, y)) == tried(
        reference
    )


def test_a_parameter_called_like_a_column_of_the_frame_is_found():
    space = {"score": [1, 2], "x": [0.1, 0.2]}
    frame = pd.DataFrame(
        {"param_score": [1, 2], "x": [0.1, 0.2], "score": [3.0, 4.0], "status": "ok"}
    )
    ((*source,),) = read(frame, space)
    assert source == [({"score": 1, "x": 0.1}, 3.0), ({"score": 2, "x": 0.2}, 4.0)]


def test_several_searches_are_taken_together():
    random = RandomizedSearchCV(TREE, SPACE, n_iter=4, cv=2, random_state=3).fit(X, y)
    search = search_for([EARLIER, random]).fit(X, y)
    best = [EARLIER.best_params_, random.best_params_]
    assert tried(search)[:2] == best or best[0] == best[1]


# --- the order of the first settings; no part of the search ---


def test_the_best_comes_after_the_initial_points_and_before_the_own():
    initial = {"max_depth": 9, "min_samples_leaf": 8}
    search = search_for(EARLIER, initial_points=[initial]).fit(X, y)
    own = search.search_space_.nearest(TREE.get_params())
    assert tried(search)[:3] == [initial, EARLIER.best_params_, own]


def test_earlier_rows_are_not_rows_of_the_search_and_cannot_win():
    results = {**EARLIER.cv_results_, "mean_test_score": np.arange(6) + 1e9}
    search = search_for(results).fit(X, y)
    assert search.n_iter_ == len(tried(search)) == len(search.optimizer_.history) == 5
    assert search.best_score_ == search.cv_results_["mean_test_score"].max() <= 1


def test_the_source_is_only_read():
    before = pickle.dumps(EARLIER)
    search = search_for(EARLIER)
    search.fit(X, y)
    assert pickle.dumps(EARLIER) == before
    assert search.prior_results is EARLIER


def test_a_space_run_whole_keeps_the_order_of_the_grid():
    space = {"max_depth": [2, 4, 6]}
    earlier = GridSearchCV(TREE, space, cv=2).fit(X, y)
    search = search_for(earlier, space).fit(X, y)
    assert tried(search) == tried(search_for(None, space).fit(X, y))


def test_a_single_point_with_a_timeout_is_searched():
    space = {"max_depth": [2]}
    earlier = GridSearchCV(TREE, space, cv=2).fit(X, y)
    assert search_for(earlier, space, timeout=9).fit(X, y).n_iter_ == 1


def test_the_search_depends_on_max_pending_and_not_on_jobs():
    options = {"max_pending": 3, "n_iter": 9}
    with joblib.parallel_config(backend="threading"):
        a, b = (search_for(EARLIER, n_jobs=n, **options).fit(X, y) for n in (1, 2))
    assert tried(a) == tried(b)


# --- clone, pickle, get_params ---


@pytest.mark.parametrize("form", [lambda s: s, lambda s: [s], lambda s: s.cv_results_])
def test_clones_keep_the_fitted_search(form):
    search = search_for(form(EARLIER))
    assert clone(search).prior_results is search.prior_results
    assert clone(clone(search)).get_params()["prior_results"] is search.prior_results
    assert not hasattr(clone(search.fit(X, y)), "cv_results_")
    assert tried(clone(search).fit(X, y)) == tried(search)


def test_cross_validation_of_the_search_works():
    assert np.isfinite(cross_val_score(search_for(EARLIER), X, y, cv=2)).all()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_a_fitted_search_can_be_copied_and_pickled(duplicate):
    search = search_for(EARLIER).fit(X, y)
    other = duplicate(search)
    other = pickle.loads(other) if isinstance(other, bytes) else other
    assert other.optimizer_.ask().params == search.optimizer_.ask().params


# --- settings that the space has in another way, or not at all ---


def test_settings_outside_are_counted_in_one_warning():
    space = {"max_depth": Integer(1, 4), "min_samples_leaf": [1, 4]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = search_for([EARLIER, EARLIER], space).fit(X, y)
    (warning,) = caught
    message = str(warning.message)
    assert warning.category is UserWarning
    assert warning.filename == __file__
    assert message.startswith("4 of 12 candidates in the 'prior_results' parameter")
    assert "The first, {'max_depth': 6, 'min_samples_leaf': 1}: 'max_depth': 6 is " in (
        message
    )
    assert max(params["max_depth"] for params in tried(search)) <= 4


def test_a_constraint_is_honoured():
    def shallow(params):
        return params["max_depth"] + params["min_samples_leaf"] <= 6

    space = Space(SPACE, constraint=shallow)
    results = {**EARLIER.cv_results_, "mean_test_score": np.arange(6.0)}
    with pytest.warns(
        UserWarning, match="3 of 6 candidates.*the constraint of the space"
    ):
        search = search_for(results, space, n_iter=8).fit(X, y)
    assert all(map(shallow, tried(search)))
    assert tried(search)[0] == {"max_depth": 4, "min_samples_leaf": 1}


def test_the_reason_is_that_of_the_branch_which_was_meant():
    space = [{"kernel": ["linear"]}, {"kernel": ["rbf"], "gamma": Real(1, 2)}]
    frame = table(kernel=["linear", "rbf"], gamma=[None, 5.0])
    with pytest.warns(UserWarning, match="'gamma': 5.0 is not between 1.0 and"):
        ((*source,),) = read(frame, space, {"gamma": 1.0})
    assert source == [({"kernel": "linear"}, 0.0)]


def test_nothing_that_can_be_used_is_an_error():
    space = {"max_depth": Integer(20, 30)}
    with pytest.raises(
        ValueError, match=r"None of the 6 candidates.*can be used\. The fi"
    ):
        search_for(EARLIER, space).fit(X, y)


def test_what_one_search_does_not_vary_has_the_own_value_of_the_estimator():
    own = {"a": 1, "b": "x", "c": None}
    # the space also has b and c, the earlier search has d, which the estimator lacks
    space = {"a": [1, 2, 3], "b": ["x", "y"], "c": [None, 5]}
    ((*source,),) = read(table(a=[1, 2]), space, own)
    assert [params for params, _ in source] == [
        {"a": 1, "b": "x", "c": None},
        {"a": 2, "b": "x", "c": None},
    ]
    with pytest.raises(ValueError, match="it lacks a value for 'b'"):
        read(table(a=[1, 2]), space, {**own, "b": "z"})
    with pytest.warns(
        UserWarning, match="1 of 2 .*'y' is not the estimator's own value"
    ):
        assert values(table(a=[1, 2], b=["x", "y"]), "a", {"a": [1, 2]}, own) == [1]
    with pytest.raises(ValueError, match="'d' is no parameter of the space"):
        read(table(a=[1, 2], d=[1, 1]), {"a": [1, 2]}, own)


def test_a_list_of_dicts_is_read_branch_by_branch():
    space = [
        {"kernel": ["linear"], "C": loguniform(1e-3, 1e3)},
        {
            "kernel": ["rbf"],
            "C": loguniform(1e-3, 1e3),
            "gamma": Real(1e-4, 1, log=True),
        },
    ]
    grid = [
        {"kernel": ["linear"], "C": [0.1, 1.0]},
        {"kernel": ["rbf"], "C": [1.0], "gamma": [0.01, 0.1]},
    ]
    earlier = GridSearchCV(SVC(), grid, cv=2).fit(X, y)
    for form in (earlier, from_file(pd.DataFrame(earlier.cv_results_))):
        ((*source,),) = read(form, space, SVC().get_params())
        assert [params for params, _ in source] == tried(earlier)


def test_ints_that_a_table_made_floats_are_ints_again():
    frame = table(n=[3, None, 5])
    restored = values(frame, "n", {"n": [3, 5, None]})
    assert restored == [3, None, 5]
    assert [type(n) for n in restored] == [int, type(None), int]
    restored = values(table(m=[2.0, 4.0]), "m", {"m": Integer(1, 9)})
    assert [type(m) for m in restored] == [int, int]


OBJECTS = [None, True, False, "auto", (50, 50), 0.5, "1"]


@pytest.mark.parametrize("choice", OBJECTS)
def test_texts_of_a_file_are_the_choices_that_read_so(choice):
    (value, _) = values(table(c=[choice, "auto"]), "c", {"c": OBJECTS})
    assert value is choice


class Named:
    """An object with the text of another."""

    def __repr__(self):
        return "auto"


def test_a_text_that_two_choices_have_is_not_guessed_at():
    frame = table(c=["True", "x"])
    assert values(frame, "c", {"c": [True, "x"]}) == [True, "x"]
    with pytest.warns(UserWarning, match="'auto' is not one of the choices"):
        read(table(c=["auto", "x"]), {"c": [Named(), Named(), "x"]})


def test_numbers_written_as_texts_are_numbers():
    frame = table(x=["0.25", "0.5"]).astype({"param_x": str})
    assert values(frame, "x", {"x": Real(0, 1)}) == [0.25, 0.5]
    assert values(frame, "x", {"x": [0.5, 0.25]}) == [0.25, 0.5]


def test_estimators_are_recognised_and_the_own_objects_come_back():
    scalers = [StandardScaler(), MinMaxScaler(), "passthrough"]
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    space = {"scale": scalers, "model__C": Real(0.1, 10, log=True)}
    grid = {"scale": copy.deepcopy(scalers), "model__C": [0.5, 5]}
    earlier = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    for form in (earlier, from_file(pd.DataFrame(earlier.cv_results_))):
        found = values(form, "scale", space)
        assert [scalers.index(value) for value in found] == [0, 1, 2, 0, 1, 2]
    search = search_for(earlier, space, pipeline).fit(X, y)
    assert any(tried(search)[0]["scale"] is scaler for scaler in scalers)


# --- which score ---


def test_the_metric_that_is_optimised_is_read():
    metrics = {"mean_test_a": [0.0, 1.0], "mean_test_b": [1.0, 0.0]}
    results = {"params": [{"x": 0.1}, {"x": 0.2}], **metrics}
    for name, scores in metrics.items():
        ((*source,),) = read(
            results, {"x": Real(0, 1)}, metrics=[name.removeprefix("mean_test_")]
        )
        assert [score for _, score in source] == scores


def test_the_only_score_is_read_whatever_its_name():
    results = {"params": [{"x": 0.1}], "mean_test_f1": [0.3]}
    assert read(results, {"x": Real(0, 1)}) == [[({"x": 0.1}, 0.3)]]


def test_a_name_in_scoring_chooses_among_several_scores():
    metrics = ["accuracy", "f1"]
    earlier = GridSearchCV(TREE, GRID, cv=2, scoring=metrics, refit="f1").fit(X, y)
    first = {
        name: tried(search_for(earlier, scoring=name, n_iter=2).fit(X, y))[0]
        for name in metrics
    }
    for name in metrics:
        best = np.argmax(earlier.cv_results_[f"mean_test_{name}"])
        assert first[name] == tried(earlier)[best]
    several = search_for(earlier, scoring=metrics, refit="f1", n_iter=2).fit(X, y)
    assert tried(several)[0] == first["f1"]
    other = search_for(earlier, scoring=metrics, refit=False, objective_metric="f1")
    assert tried(other.fit(X, y))[0] == first["f1"]


def test_several_scores_of_which_none_is_meant_are_an_error():
    earlier = GridSearchCV(TREE, GRID, cv=2, scoring=["accuracy", "f1"], refit="f1")
    with pytest.raises(ValueError, match=r"the scores \['accuracy', 'f1'\].*'score'"):
        search_for(earlier.fit(X, y)).fit(X, y)


def test_failures_are_read_as_failures():
    results = {"params": [{"x": 0.1}, {"x": 0.2}], "mean_test_score": [np.nan, 0.3]}
    ((*source,),) = read(results, {"x": Real(0, 1)})
    assert np.isnan(source[0][1])
    frame = pd.DataFrame({"x": [0.1, 0.2], "score": [-9.0, 0.3]})
    frame["status"] = ["failed", "ok"]
    ((*source,),) = read(frame, {"x": Real(0, 1)})
    assert np.isnan(source[0][1])


def test_a_search_in_which_all_failed_is_left_out():
    failed = {"params": [{"x": 0.1}], "mean_test_score": [np.nan]}
    good = {"params": [{"x": 0.2}], "mean_test_score": [0.5]}
    with pytest.warns(UserWarning, match="1 of 2 candidates.*no score is finite"):
        assert read([failed, good], {"x": Real(0, 1)}) == [[({"x": 0.2}, 0.5)]]
    with pytest.raises(
        ValueError, match=r"None of the 1 candidates.*no score is finite"
    ):
        read(failed, {"x": Real(0, 1)})


# --- what is refused, before anything is fitted ---


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (
            GridSearchCV(TREE, GRID),
            ValueError,
            "must be a fitted search. Got Gr",
        ),
        (
            [EARLIER, GridSearchCV(TREE, GRID)],
            ValueError,
            "entry 1 of the 'prior_resul",
        ),
        (TREE, ValueError, "must be a fitted search"),
        (GridSearchCV, TypeError, "must be a fitted search, its cv_results_, or a Da"),
        ("results.csv", ValueError, "path 'results.csv', which must be that of a jou"),
        (3, TypeError, "Got 3; pass"),
        (RidgeCV(store_cv_results=True).fit(X, y), TypeError, "Got RidgeCV"),
        ([[EARLIER]], TypeError, "entry 0 of the"),
        ({}, ValueError, r"must have a score: .* Got the columns \[\]"),
        (
            {"mean_test_score": [1.0]},
            ValueError,
            "must have candidates: 'params', or a",
        ),
        ({"params": [], "mean_test_score": []}, ValueError, "at least one candidate"),
        (pd.DataFrame({"a": [1]}), ValueError, r"must have a score.*\['a'\]"),
        ({"params": [{}], "mean_test_score": ["x"]}, ValueError, "must hold numbers"),
    ],
)
def test_what_is_refused_is_refused_before_any_fit(value, error, message):
    n_fits = Counted.n_fits
    with pytest.raises(error, match=message):
        search_for(value, {"x": Real(0, 1)}, Counted()).fit(X, y)
    assert Counted.n_fits == n_fits


# --- what it is for ---


@pytest.mark.slow
def test_the_other_half_of_the_data_saves_candidates():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    space = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
    gained = []
    for seed in range(24):
        order = np.random.default_rng(seed).permutation(len(X))
        first, second = order[:284], order[284:]
        earlier = RandomizedSearchCV(SVC(), space, n_iter=40, random_state=seed)
        earlier.fit(X[first], y[first])
        cv = StratifiedKFold(5, shuffle=True, random_state=seed)
        with_it, without = (
            best_so_far(
                search_for(
                    prior,
                    space,
                    SVC(),
                    n_iter=10,
                    cv=cv,
                    random_state=seed,
                    experience=False,
                )
                .fit(X[second], y[second])
                .cv_results_["mean_test_score"]
            )
            for prior in (earlier, None)
        )
        gained.append(with_it - without)
    # The whole way counts: after ten candidates both are near the end, and chance
    # decides (0.0013 with a standard error of 0.0011 over 40 seeds).
    assert np.mean(gained) > 0.001
    assert np.mean(np.mean(gained, axis=1) < 0) < 0.35


def best_so_far(scores):
    return np.maximum.accumulate(scores)


def test_own_parameters_of_a_step_that_is_replaced_stand_for_nothing():
    pipe = Pipeline([("m", SVC())])
    choices = [SVC(C=1e-3), SVC(C=10.0)]
    own = pipe.get_params()
    # the score with C = 1 is not that of the choice as it stands, with C = 0.001
    varied = {"params": [{"m": choices[0], "m__C": 1.0}], "mean_test_score": [1.0]}
    with pytest.raises(ValueError, match="'m__C' is no parameter of the space"):
        read(varied, {"m": choices}, own=own)
    # nor do the two choices have the pipeline's own C
    fixed = {"params": [{"m": m} for m in choices], "mean_test_score": [0.0, 1.0]}
    with pytest.raises(ValueError, match="lacks a value for 'm__C'"):
        read(fixed, {"m": choices, "m__C": loguniform(1e-3, 1e3)}, own=own)


def test_a_failure_with_a_numeric_score_is_known_from_the_search_itself():
    space = {"fail": [False, True], "depth": [1, 2]}
    earlier = search_for(None, space, Counted(), error_score=99.0, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        earlier.fit(X, y)
    assert (earlier.cv_results_["mean_test_score"] == 99.0).any()
    [source] = read(earlier, space)
    for params, score in source:
        assert np.isnan(score) == params["fail"]
