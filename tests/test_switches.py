"""Choices on which other parameters depend, written as dicts below them."""

import numpy as np
import pytest
import toy_estimators as toys
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    Categorical,
    Integer,
    Ordinal,
    Real,
    Space,
    check_ranges,
    parameter_importance,
)
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._shares import importance_table

X = np.arange(60.0).reshape(30, 2)
NESTED = {
    "lr": Real(1e-3, 1, log=True),
    "drop": {False: {}, True: {"rate": Real(0, 0.5)}},
    "n": {1: {"u1": Integer(1, 9)}, 2: {"u1": Integer(1, 9), "u2": Integer(1, 9)}},
}


class Net(BaseEstimator):
    """Scores best with lr=0.1, a rate of 0.2, and two layers."""

    def __init__(self, lr=0.01, drop=False, rate=None, n=1, u1=5, u2=None):
        self.lr = lr
        self.drop = drop
        self.rate = rate
        self.n = n
        self.u1 = u1
        self.u2 = u2

    def fit(self, X, y=None):
        """Do nothing but check."""
        assert self.drop or self.rate is None
        return self

    def score(self, X, y=None):
        """Fall with the squares of the distances."""
        of_rate = 0.5 - (self.rate - 0.2) ** 2 if self.drop else 0.0
        of_layers = 0.3 - 0.01 * (self.u2 - 4) ** 2 if self.n == 2 else 0.0
        return of_rate + of_layers - (np.log10(self.lr) + 1) ** 2


def test_a_choice_has_the_parameters_below_it_and_no_others():
    space = Space(NESTED)
    below = [set(branch) - {"lr", "drop", "n", "u1"} for branch in space.branches]
    assert below == [set(), {"u2"}, {"rate"}, {"rate", "u2"}]
    for row in space.spread(64, np.random.default_rng(0)):
        params = space.decode(row)
        assert ("rate" in params) == params["drop"]
        assert ("u2" in params) == (params["n"] == 2)
        np.testing.assert_allclose(space.encode(params), row)


def test_it_may_be_nested_deeper_and_beside_ranges_in_lists():
    space = Space(
        {
            "a": {"x": {"b": {"y": {"c": Real(0, 1)}, "z": {}}}, "w": {}},
            "d": [None, Integer(1, 3)],
        }
    )
    names = [tuple(sorted(branch)) for branch in space.branches]
    assert names == [
        *[("a", "b", "c", "d")] * 2,
        *[("a", "b", "d")] * 2,
        *[("a", "d")] * 2,
    ]
    assert space.words_for(0) == "a='x', b='y', d from [None]"


def test_what_is_learnt_of_a_choice_counts_in_all_branches_that_have_it():
    space = Space({name: {False: {}, True: {}} for name in "abcd"})
    dims = space.dims
    columns = [c for c in range(space.n_dims) if c != dims.branch]
    settings = [
        {"a": a, "b": b, "c": c, "d": d}
        for a in (False, True)
        for b in (False, True)
        for c in (False, True)
        for d in (False, True)
    ]
    U = np.array([space.encode(s) for s in settings])
    for i, one in enumerate(settings):
        for j, other in enumerate(settings):
            n_other = sum(one[name] != other[name] for name in one)
            assert np.sum(U[i, columns] != U[j, columns]) == n_other


def test_numbers_on_which_others_depend_have_an_order():
    space = Space({"n": {1: {}, 2: {"u2": [1, 2, 3]}, 3: {"u2": [1, 2, 3]}}})
    assert not space.dims.categorical[-1]
    kinds = [type(Space({"n": [1, 2, 3]}).branches[0]["n"]), type(space.columns[0][1])]
    assert kinds == [Ordinal, Ordinal]
    named = Space({"n": {"one": {}, "two": {}}})
    assert named.dims.categorical[-1]
    assert isinstance(named.branches[0]["n"], Categorical)


def test_more_switches_do_not_take_more_first_points_than_choices():
    switches = {name: {False: {}, True: {f"x{name}": Real(0, 1)}} for name in "abcdef"}
    assert len(Space(switches).branches) == 64
    assert BayesianOptimizer(switches).n_initial_points == 2 * 6


def test_five_switches_are_found_where_a_dict_for_each_combination_is_too_many():
    names = "abcde"
    space = {n: {False: {}, True: {f"x{n}": Real(0, 1)}} for n in names}
    optimizer = BayesianOptimizer(space, n_iter=40, random_state=0)
    for _ in range(40):
        trial = optimizer.ask()
        score = 0.0
        for i, name in enumerate(names):
            on = trial.params[name]
            score += 0.3 * (on == (i % 2 == 0))
            score -= (trial.params[f"x{name}"] - 0.3) ** 2 if on else 0.0
        optimizer.tell(trial, score)
    assert optimizer.best.score > 1.4


@pytest.mark.parametrize("surrogate", ["gp", "forest", "tpe"])
def test_a_search_finds_the_best_combination(surrogate):
    search = BayesSearchCV(
        Net(), NESTED, n_iter=30, surrogate=surrogate, cv=2, random_state=0
    ).fit(X)
    best = search.best_params_
    assert best["drop"] is True
    assert best["n"] == 2
    assert search.cv_results_["params"][0] == {
        "lr": 0.01,
        "drop": False,
        "n": 1,
        "u1": 5,
    }


@pytest.mark.slow
def test_tables_importance_and_advice_take_it(tmp_path):
    search = BayesSearchCV(Net(), NESTED, n_iter=20, cv=2, random_state=0).fit(X)
    frame = search.results_frame()
    assert frame.loc[~frame["drop"], "rate"].isna().all()
    names = {"lr", "drop", "rate", "n", "u1", "u2"}
    assert set(parameter_importance(search).index) == names
    assert set(check_ranges(search)["parameter"]) <= names
    page = search.report(tmp_path / "page.html").read_text()
    assert "drop" in page


def test_each_switch_has_an_importance_of_its_own():
    space = {"a": {0: {}, 1: {"x": Real(0, 1)}}, "b": {0: {"c": {0: {}, 1: {}}}, 1: {}}}
    rows = [
        {"a": a, "b": b, **({"x": x} if a else {}), **({} if b else {"c": c})}
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for x in (0.2, 0.5, 0.8)
    ]

    table = {
        "params": rows,
        "mean_test_score": np.array([3.0 * row["a"] + row["b"] for row in rows]),
    }
    observed = observe(table, space=space)
    total = importance_table(ScoreModel.fit(observed))["total"]
    np.testing.assert_allclose(total["a"], 0.9, atol=0.05)
    np.testing.assert_allclose(total["b"], 0.1, atol=0.05)
    assert total[["c", "x"]].max() < 0.02


def test_estimators_are_choices(tmp_path):
    pipe = Pipeline([("scale", StandardScaler()), ("model", Ridge())])
    space = {
        "scale": {
            StandardScaler(): {"scale__with_mean": [True, False]},
            MinMaxScaler(): {},
            "passthrough": {},
        },
        "model__alpha": Real(1e-3, 1e3, log=True),
    }
    y = X[:, 0] ** 2
    search = BayesSearchCV(
        pipe, space, n_iter=14, random_state=0, checkpoint=tmp_path / "journal"
    )
    first = clone(search).fit(X, y).cv_results_["params"]
    assert {type(params["scale"]) for params in first} >= {StandardScaler, MinMaxScaler}
    again = clone(search).fit(X, y).cv_results_["params"]
    assert str(first) == str(again)


def test_a_journal_of_another_dict_is_refused(tmp_path):
    settings = {"n_iter": 4, "cv": 2, "random_state": 0, "checkpoint": tmp_path / "j"}
    BayesSearchCV(Net(), NESTED, **settings).fit(X)
    other = NESTED | {"drop": {False: {}, True: {"rate": Real(0, 0.4)}}}
    with pytest.raises(Exception, match="param_distributions"):
        BayesSearchCV(Net(), other, **settings).fit(X)


def test_names_below_a_choice_are_checked_before_the_first_fit():
    space = {"strategy": {"prior": {}, "constant": {"konstant": [0, 1]}}}
    with pytest.raises(ValueError, match=r"'konstant'.*Did you mean 'constant'"):
        BayesSearchCV(DummyClassifier(), space).fit(X, np.arange(30) % 2)


@pytest.mark.parametrize(
    ("space", "parts"),
    [
        ({"a": {}}, ["'a'", "empty", "Write"]),
        ({"a": {True: None}}, ["'a'", "True has None", "{}"]),
        ({"a": {True: {1: [2]}}}, ["True has {1: [2]}"]),
        ({"a": {True: {"b": [1, 2]}}, "b": [1, 2]}, ["'b' stands below 'a', and ag"]),
        ({n: {1: {}, 2: {}} for n in "abcdefghi"}, ["'a', 'b'", "more than 256"]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(space, parts):
    with pytest.raises((TypeError, ValueError)) as caught:
        Space(space)
    for part in parts:
        assert part in str(caught.value)


def test_one_choice_with_parameters_is_no_branch():
    space = Space({"a": {1: {"b": Real(0, 1)}}})
    assert space.dims.branch is None
    assert space.n_dims == 1
    assert space.decode(np.array([0.5])) == {"a": 1, "b": 0.5}


def test_toys_are_searched_as_with_a_list_of_dicts():
    nested = {"b": {1: {}, 2: {"a": Real(0, 1)}}}
    dicts = [{"b": [1]}, {"b": [2], "a": Real(0, 1)}]
    for space in (nested, dicts):
        search = BayesSearchCV(toys.Toy(), space, n_iter=9, cv=2, random_state=0).fit(X)
        assert {p["b"] for p in search.cv_results_["params"]} == {1, 2}
