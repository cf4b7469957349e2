"""Ints and floats among choices: numbers in order, or counts and shares."""

import pickle
from numbers import Integral

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import uniform
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import Interval, RealNotInt

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    Categorical,
    Ordinal,
    Space,
)
from sklearn_bayes_search.display._charts._axis import dimension_axis
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._short_text import different_values, value_texts
from sklearn_bayes_search.space._choices import COUNTS_OR_SHARES
from sklearn_bayes_search.space._parse import as_dimension
from sklearn_bayes_search.space._seen import seen_space

MIXED = [1, 0.5, 1.0]


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("C", [0.1, 1, 10]),
        ("C", [0.1, 1.0, 10]),
        ("svm__C", (1e-3, 1, 1000)),
        ("alpha", [0, 0.5, 1]),
        ("alpha", np.array([1, 0.5])),
        ("max_features", [1, 2, 3]),
        ("max_features", [0.1, 0.5, 1.0]),
        ("max_features", range(1, 5)),
        ("min_df", np.array([1, 0.5, 1.0])),  # all of them floats
        ("my_min_df", [1, 0.5]),
        ("C", [1, 1]),
    ],
)
def test_numbers_of_one_meaning_are_ordered(name, choices):
    assert type(as_dimension(name, choices)) is Ordinal


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("C", [1, 1.0]),
        ("anything", MIXED),
        ("anything", [2.0, 1.5, 2]),
        ("anything", [np.int64(1), np.float64(1.0)]),
        ("anything", [np.int32(1), 1.0]),
        ("anything", [np.float32(1.0), 1]),
        ("max_features", [1, 2, 0.5]),
        ("model__max_features", [1, 0.5]),
        ("a__b__min_df", [1, 0.01, 0.1]),
        ("n_components", (0.9, 0.95, 20)),
    ],
)
def test_counts_and_shares_are_names(name, choices):
    dimension = as_dimension(name, choices)
    assert type(dimension) is Categorical
    for index, choice in enumerate(choices):
        assert dimension.index(choice) == index
        # another object of the same type and value
        copied = pickle.loads(pickle.dumps(choice))
        assert dimension.index(copied) == index


def test_parameters_that_take_counts_and_shares_are_those_of_scikit_learn():
    both = set()
    for _, estimator in all_estimators():
        for name, rules in getattr(estimator, "_parameter_constraints", {}).items():
            intervals = {r.type for r in rules if isinstance(r, Interval)}
            if {Integral, RealNotInt} <= intervals:
                both.add(name)
    assert {"max_features", "min_df"} <= both
    # splitters are no estimators
    assert both == COUNTS_OR_SHARES - {"test_size", "train_size"}


@pytest.mark.parametrize("cls", [Categorical, Ordinal])
def test_an_equal_number_of_another_type_is_found_where_there_is_no_other(cls):
    dimension = cls([1, 2, 0.5])
    assert dimension.index(1.0) == 0
    assert dimension.index(np.float32(2)) == 1
    assert cls([1, 2.0, 1.0]).index(np.float32(1)) == 2
    assert cls(["auto", 1.0, 1]).index(np.int8(1)) == 2


def test_an_ordinal_with_an_int_and_an_equal_float_keeps_the_order_given():
    assert_array_equal(np.argsort(Ordinal(MIXED).positions()), [0, 1, 2])
    assert_array_equal(np.argsort(Ordinal([2, 0.5, 1]).positions()), [1, 2, 0])


def test_settings_differ_by_type_only_where_both_are_choices():
    space = Space({"share": MIXED, "C": [0.1, 1, 10]})
    assert space.same({"C": 1}, {"C": 1.0})
    assert space.same({"share": 1}, {"share": np.int64(1)})
    assert not space.same({"share": 1}, {"share": 1.0})
    rows = [space.encode({"share": value, "C": 1.0}) for value in MIXED]
    assert len(np.unique(rows, axis=0)) == 3
    for row, value in zip(rows, MIXED, strict=True):
        assert type(space.decode(row)["share"]) is type(value)


@pytest.mark.parametrize("order", [1, -1])
def test_a_setting_is_of_the_branch_that_has_its_type(order):
    branches = [{"share": [1, 2], "C": [3, 4]}, {"share": [0.5, 1.0], "C": [3, 4]}]
    space = Space(branches[::order])
    for value in (1, 1.0):
        row = space.encode({"share": value, "C": 3})
        assert type(space.decode(row)["share"]) is type(value)
    assert space.decode(space.encode({"share": 2.0, "C": 3}))["share"] == 2


@pytest.mark.parametrize("surrogate", ["gp", "forest"])
def test_the_model_tells_one_from_all(surrogate):
    optimizer = BayesianOptimizer(
        {"share": [1, 1.0], "x": uniform(0, 1)},
        surrogate=surrogate,
        initial_points=[{"share": 1, "x": 0.5}, {"share": 1.0, "x": 0.5}],
        random_state=0,
    )
    asked = []
    for _ in range(12):
        trial = optimizer.ask()
        asked.append(type(trial.params["share"]))
        optimizer.tell(trial, float(asked[-1] is float) + 0.1 * trial.params["x"])
    assert asked[:2] == [int, float]
    assert asked[-4:] == [float] * 4
    settings = [{"share": value, "x": 0.5} for value in (1, 1.0)]
    low, high = optimizer.predict(settings).mean
    assert high > low + 0.1


class Picky(DummyClassifier):
    """Scores floats better."""

    def __init__(self, share=1.0):
        self.share = share
        super().__init__()

    def score(self, X, y):
        return float(type(self.share) is float) + 0.1 * float(self.share)


def search(cls=BayesSearchCV, **options):
    X, y = np.zeros((8, 1)), [0, 1] * 4
    return cls(Picky(), {"share": MIXED}, cv=2, **options).fit(X, y)


def types(searched):
    return [type(params["share"]) for params in searched.cv_results_["params"]]


def test_a_search_tries_both_in_the_order_of_the_grid():
    assert types(search()) == types(search(GridSearchCV)) == [int, float, float]


def test_a_journal_tells_them_apart(tmp_path):
    first = search(checkpoint=tmp_path / "journal")
    again = search(checkpoint=tmp_path / "journal")
    assert types(first) == types(again)
    assert_array_equal(
        first.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )


def test_a_table_of_results_tells_them_apart():
    frame = search().results_frame()
    assert list(map(type, frame["share"])) == [int, float, float]
    again = search(prior_results=frame, n_iter=2, random_state=0)
    # the best of the earlier ones first
    assert type(again.cv_results_["params"][0]["share"]) is float


@pytest.mark.parametrize("cls", [BayesSearchCV, GridSearchCV])
def test_what_any_search_saw_tells_them_apart(cls):
    searched = search(cls)
    observed = observe(searched)
    assert len(np.unique(observed.U, axis=0)) == 3
    from_table = observe(pd.DataFrame(searched.cv_results_))
    assert len(np.unique(from_table.U, axis=0)) == 3


def test_a_space_of_the_values_seen_orders_numbers_of_one_meaning_only():
    def kind(name, values):
        return type(seen_space([{name: v} for v in values]).branches[0][name])

    assert kind("C", [0.1, 1, 10, 0.1, 1, 10]) is Ordinal
    assert kind("share", [*MIXED, *MIXED]) is Categorical
    assert kind("max_features", [1, 0.5, 1, 0.5]) is Categorical


def test_texts_tell_an_int_from_an_equal_float():
    assert different_values([1, 1.0, 1, np.int64(1), 1.0]) == [1, 1.0]
    assert value_texts([1, 0.5, 1.0]) == ["1", "0.5", "1.0"]
    assert value_texts([np.float64(2), 2]) == ["2.0", "2"]
    assert value_texts([0.5, 1.0, 10.0]) == ["0.5", "1", "10"]


def test_an_axis_has_a_place_for_each_of_both():
    axis = dimension_axis("share", [1, 1.0], [Categorical(MIXED)])
    assert axis.kind == "categorical"
    assert axis.number(1) != axis.number(1.0)
    lazy = dimension_axis("C", [0.1, 1.0], [Ordinal([0.1, 1, 10])])
    assert lazy.kind == "log"
    assert lazy.number(1) == lazy.number(1.0)
