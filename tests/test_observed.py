"""What a search saw: the same from every kind of search and table."""

import io
import pickle

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import uniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesSearchCV,
    GaussianProcess,
    Integer,
    OneStandardError,
    Ordinal,
    RandomForest,
    Real,
)
from sklearn_bayes_search.results import honest_score
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.space import Categorical
from sklearn_bayes_search.space._seen import seen_space

X = np.arange(60.0).reshape(30, 2)
SPACE = {"a": uniform(0, 1), "b": [0, 1, 2]}


def bayes(**settings):
    settings = {"n_iter": 12, "random_state": 0} | settings
    return BayesSearchCV(toys.Toy(), SPACE, **settings).fit(X)


def grid(estimator=None, params=None, **settings):
    params = params or {"a": [0.1, 0.2, 0.4], "b": [0, 1]}
    return GridSearchCV(estimator or toys.Toy(), params, **settings).fit(X)


def random(**settings):
    settings = {"n_iter": 12, "random_state": 0} | settings
    return RandomizedSearchCV(toys.Toy(), SPACE, **settings).fit(X)


def from_file(search):
    text = pd.DataFrame(search.cv_results_).to_csv()
    return pd.read_csv(io.StringIO(text))


# --- every kind of search ---


@pytest.mark.parametrize("make", [bayes, grid, random])
def test_every_search_gives_its_settings_scores_and_folds(make):
    search = make()
    seen = observe(search)
    assert seen.params == search.cv_results_["params"]
    assert_array_equal(seen.scores, search.cv_results_["mean_test_score"])
    assert_allclose(seen.folds.mean(axis=1), seen.scores)
    assert seen.best == search.best_index_
    assert seen.complete.all()
    assert not seen.noise.any()
    assert seen.metric == "score"
    for row, params in zip(seen.U, seen.params, strict=True):
        assert_allclose(row, seen.space.encode(params))


@pytest.mark.parametrize("make", [bayes, grid, random])
def test_a_table_from_a_file_gives_the_same_in_the_same_space(make):
    search = make()
    seen = observe(search)
    read = observe(from_file(search), space=seen.space)
    assert_allclose(read.U, seen.U)
    assert_allclose(read.scores, seen.scores)
    assert_allclose(read.folds, seen.folds)


def test_the_space_is_that_of_the_search():
    search = bayes()
    assert observe(search).space is search.search_space_
    assert repr(observe(random()).space.columns[0][1]) == "uniform(0, 1)"
    assert observe(grid()).space.columns[0][1] == Ordinal([0.1, 0.2, 0.4])


def test_a_results_frame_is_read():
    search = bayes()
    seen = observe(search.results_frame(), space=SPACE)
    assert_allclose(seen.U, observe(search).U)
    assert seen.folds is None


def test_branches_of_a_grid_are_branches_here_from_a_file_as_well():
    params = [{"a": [0.1, 0.2], "b": [0, 1]}, {"b": [0, 1, 2]}]
    search = grid(params=params)
    for seen in (observe(search), observe(from_file(search))):
        assert len(seen.space.branches) == 2
        assert [set(p) for p in seen.params] == [{"a", "b"}] * 4 + [{"b"}] * 3


def test_paused_settings_have_an_estimate_and_its_variance():
    search = BayesSearchCV(
        toys.Folded(), SPACE, n_iter=15, cv=5, racing=True, random_state=0
    ).fit(np.arange(30.0)[:, None])
    paused = search.cv_results_["n_splits_evaluated"] < 5
    seen = observe(search)
    assert paused.any()
    assert_array_equal(seen.complete, ~paused)
    assert_array_equal(seen.noise > 0, paused)
    told = search.optimizer_.history.scores
    # told with what was known when it was paused; the folds' effects are near 1
    assert_allclose(seen.scores, told, atol=0.1)
    assert seen.best == search.best_index_


def test_failures_are_nan_also_where_a_number_stands_for_them():
    def fail(estimator, X, y=None):
        return np.nan if estimator.b == 1 else estimator.a

    for error_score in (np.nan, -5.0):
        search = BayesSearchCV(
            toys.Toy(), SPACE, n_iter=12, random_state=0, scoring=fail,
            error_score=error_score,
        )  # fmt: skip
        with pytest.warns(UserWarning, match="non-finite"):
            search.fit(X)
        failed = [params["b"] == 1 for params in search.cv_results_["params"]]
        assert_array_equal(np.isnan(observe(search).scores), failed)


def test_halving_counts_each_setting_once_with_what_it_had_most():
    search = HalvingRandomSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": range(1, 9), "min_samples_leaf": range(1, 20)},
        n_candidates=12,
        min_resources=20,
        random_state=0,
    ).fit(*_classes())
    seen = observe(search)
    last = search.cv_results_["iter"] == search.n_iterations_ - 1
    assert len(seen.params) == 12
    assert seen.complete.sum() == last.sum()
    assert_array_equal(
        np.sort(seen.scores[seen.complete]),
        np.sort(search.cv_results_["mean_test_score"][last]),
    )
    assert (seen.noise[~seen.complete] > 0).all()
    assert np.isnan(seen.folds[~seen.complete]).all()
    assert seen.params[seen.best] == search.best_params_


def test_scores_on_fewer_resources_rise_by_what_the_others_rose():
    table = {
        "params": [{"a": a} for a in (1, 2, 3, 4, 3, 4)],
        "mean_test_score": [0.1, 0.2, 0.5, 0.6, 0.7, 0.9],
        "n_resources": [10, 10, 10, 10, 30, 30],
    }
    seen = observe(table)
    # 0.2 and 0.3 more, so a mean of 0.25 and a variance of 0.005
    assert_allclose(seen.scores, [0.35, 0.45, 0.7, 0.9])
    assert_allclose(seen.noise, [0.005, 0.005, 0, 0])


def test_the_resource_is_no_parameter():
    search = HalvingRandomSearchCV(
        toys.Toy(),
        {"a": uniform(0, 1)},
        resource="b",
        max_resources=8,
        min_resources=2,
        n_candidates=6,
        random_state=0,
    ).fit(X)
    for seen in (observe(search), observe(search.cv_results_)):
        assert {name for params in seen.params for name in params} == {"a"}


def _classes():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(300, 4))
    return data, (data[:, 0] + 0.5 * rng.normal(size=300) > 0).astype(int)


# --- which metric, which space, and errors ---


def two_metrics(**settings):
    scoring = {
        "first": lambda est, X, y=None: est.a,
        "second": lambda est, X, y=None: -est.a,
    }
    return grid(scoring=scoring, **settings)


def test_the_metric_is_that_of_refit_unless_told():
    search = two_metrics(refit="second")
    assert observe(search).metric == "second"
    assert_array_equal(observe(search, "first").scores, -observe(search).scores)


@pytest.mark.parametrize("refit", [False, OneStandardError("b")])
def test_the_metric_of_a_search_without_a_name_in_refit_is_what_it_maximised(refit):
    scoring = {name: lambda est, X, y=None: est.a for name in ("first", "second")}
    options = {"scoring": scoring, "refit": refit, "objective_metric": "second"}
    search = bayes(n_iter=4, **options)
    assert observe(search).metric == "second"
    assert honest_score(search) == search.honest_score()


def test_of_several_metrics_one_must_be_chosen():
    search = two_metrics(refit=False)
    with pytest.raises(ValueError, match=r"\['first', 'second'\].*Choose"):
        observe(search)
    with pytest.raises(ValueError, match=r"must be one of .*Got 'third'"):
        observe(search, "third")


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (GridSearchCV(toys.Toy(), {"a": [1]}), ValueError, "must be a fitted search"),
        ([1, 2], TypeError, "fitted search"),
        ({"params": [{"a": 1}]}, ValueError, "must have a score"),
        ({"mean_test_score": [1.0]}, ValueError, "must have candidates"),
        (
            {"params": [{"a": 1}], "mean_test_score": [np.nan]},
            ValueError,
            "No candidate has a finite 'score'",
        ),
        (
            {"params": [{"a": 1}], "mean_test_score": ["bad"]},
            ValueError,
            "must hold numbers",
        ),
    ],
)
def test_errors_tell_what_is_missing(search, error, message):
    with pytest.raises(error, match=message):
        observe(search)


def test_settings_outside_a_given_space_are_left_out_with_a_warning():
    search = grid()
    with pytest.warns(UserWarning, match="2 of 6 candidates are not in the space"):
        seen = observe(search, space={"a": [0.1, 0.2], "b": [0, 1]})
    assert len(seen.params) == 4
    with pytest.raises(ValueError, match="None of the 6 candidates"):
        observe(search, space={"a": [5.0, 6.0], "b": [0, 1]})


def test_the_space_of_another_library_is_made_of_the_values_seen():
    search = random()
    search.param_distributions = {"a": (0.0, 1.0, "uniform"), "b": object()}
    assert isinstance(observe(search).space.columns[0][1], Real)


@pytest.mark.parametrize(
    ("values", "dimension"),
    [
        ([0.5, 0.1, 0.9], Real(0.1, 0.9)),
        ([0.001, 0.1, 0.02], Real(0.001, 0.1, log=True)),
        ([-0.001, 0.1, 0.02], Real(-0.001, 0.1)),
        ([3, 8, 5.0], Integer(3, 8)),
        ([1, 1000, 30], Integer(1, 1000, log=True)),
        ([1, 10, 1, 10], Ordinal([1, 10])),
        ([True, False, True], Categorical([True, False])),
        (["x", None, 3, "x"], Categorical(["x", None, 3])),
    ],
)
def test_a_space_of_values_seen(values, dimension):
    space = seen_space([{"p": value} for value in values])
    assert space.columns == (("p", dimension),)
    assert all(space.contains({"p": value}) for value in values)


# --- the model ---


def test_the_model_predicts_in_units_of_the_score():
    seen = observe(random(n_iter=40))
    model = ScoreModel.fit(seen)
    mean, std = model.predict(seen.U)
    assert_allclose(mean, seen.scores, atol=0.002)
    assert (std < 0.02).all()
    new = {"a": 0.55, "b": 1}
    mean, _ = model.predict(seen.space.encode(new)[None])
    truth = toys.Toy(**new).fit(X).score(X)  # the mean of the folds, too
    assert_allclose(mean, truth, atol=0.02)


def test_the_model_is_the_same_for_the_same_input():
    seen = observe(random())
    first, second = (ScoreModel.fit(seen).predict(seen.U) for _ in range(2))
    assert_array_equal(first, second)
    copied = pickle.loads(pickle.dumps(ScoreModel.fit(seen)))
    assert_array_equal(copied.predict(seen.U), first)


def test_draws_have_the_mean_and_deviation_that_are_predicted():
    seen = observe(random())
    model = ScoreModel.fit(seen)
    U = seen.space.spread(8, np.random.default_rng(0))
    mean, std = model.predict(U)
    drawn = model.sample(U, np.random.default_rng(0), 4000)
    # errors of 4000 draws: a mean's is std / 63, a deviation's std / 89
    assert_allclose(drawn.mean(axis=0), mean, atol=5 * std.max() / 63)
    assert_allclose(drawn.std(axis=0), std, atol=5 * std.max() / 89)


def test_the_model_is_of_the_kind_that_the_search_had():
    def kind(surrogate):
        seen = observe(bayes(surrogate=surrogate, n_iter=4))
        return repr(ScoreModel.fit(seen).members[0])

    assert kind(GaussianProcess("rbf")) == "AnovaProcess(kernel='rbf')"
    for name in ("gp", "forest", "tpe", RandomForest()):
        assert kind(name).startswith("AnovaProcess")


def test_the_kernel_is_the_more_probable_one():
    a = np.linspace(0, 1, 30)
    kernels = {}
    for name, scores in (("smooth", np.sin(6 * a)), ("cusp", -np.abs(a - 0.4))):
        seen = observe({"params": [{"a": x} for x in a], "mean_test_score": scores})
        kernels[name] = ScoreModel.fit(seen).members[0].kernel
    assert kernels == {"smooth": "rbf", "cusp": "matern52"}


@pytest.mark.parametrize(
    "scores", [[0.5, 0.5, 0.5], [0.0, np.nan, 0.0], [1e-320, 0, 0]]
)
def test_equal_scores_are_predicted_everywhere(scores):
    table = {"params": [{"a": a} for a in (0.1, 0.2, 0.7)], "mean_test_score": scores}
    seen = observe(table)
    mean, _ = ScoreModel.fit(seen).predict(seen.U)
    assert_allclose(mean, np.nanmax(scores), atol=1e-6)


def test_a_hopeless_score_does_not_flatten_the_others():
    a = np.linspace(0.05, 1, 20)
    scores = -((a - 0.5) ** 2)
    scores[-1] = -1e6
    seen = observe({"params": [{"a": x} for x in a], "mean_test_score": scores})
    mean, _ = ScoreModel.fit(seen).predict(seen.U)
    assert_allclose(mean[:15], scores[:15], atol=0.02)


def test_the_model_predicts_what_its_draws_are_on_average():
    model = ScoreModel.fit(observe(random(n_iter=20)))
    U = model.observed.space.spread(30, np.random.default_rng(1))
    mean, std = model.predict(U)
    drawn = model.sample(U, np.random.default_rng(2), 4000)
    assert drawn.shape == (4000, 30)
    assert_allclose(drawn.mean(axis=0), mean, atol=5 * std.max() / 4000**0.5)
    assert_allclose(drawn.std(axis=0), std, rtol=0.1)
    noise = model.unit**2 * np.mean(
        [member.posterior(U).noise_std ** 2 for member in model.members]
    )
    assert_allclose(model.predict(U, noise=True)[1] ** 2, std**2 + noise)


def test_a_place_is_in_reach_of_a_candidate_that_is_near_in_each_parameter():
    space = {"a": Real(0, 1), "b": Real(0, 1), "c": ["x", "y"]}
    params = [{"a": 0.2, "b": 0.2, "c": "x"}, {"a": 0.9, "b": 0.9, "c": "y"}]
    table = {"params": params, "mean_test_score": [0.0, 1.0]}
    model = ScoreModel.fit(observe(table, space=space))
    places = [(0.4, 0.4, "x"), (0.5, 0.2, "x"), (0.2, 0.9, "x"), (0.2, 0.2, "y")]
    U = np.array(
        [
            model.observed.space.encode(dict(zip("abc", place, strict=True)))
            for place in places
        ]
    )
    assert model.in_reach(U).tolist() == [True, False, False, False]
    assert model.in_reach(U, [0]).tolist() == [True, False, True, True]
