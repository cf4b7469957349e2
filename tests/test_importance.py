"""What matters: shares of variance against closed forms and brute force."""

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom, poisson, uniform
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    Integer,
    Real,
    check_ranges,
    pair_importance,
    parameter_importance,
)
from sklearn_bayes_search.results import _shares
from sklearn_bayes_search.results._variance import VarianceDesign, factors
from sklearn_bayes_search.space import Space

X = np.arange(60.0).reshape(30, 2)


def log(value, low, high):
    """Place a value of a logarithmic range in [0, 1]."""
    return np.log(value / low) / np.log(high / low)


def hill(p):
    # a square's variance over [-1, 1] is 4/45: shares of 1 and 1/4
    C, gamma = log(p["C"], 1e-3, 1e3), log(p["gamma"], 1e-5, 1e1)
    return -((2 * C - 1) ** 2) - 0.5 * (2 * gamma - 1) ** 2


def valley(p):
    # variances 1/12, 0.25/12 and 0.5625 * 4/45
    return (
        p["x"] + 0.5 * p["y"] - 0.75 * (2 * p["z"] - 1) ** 2 + 0.0 * (p["v"] + p["w"])
    )


def product(p):
    # variances of 2x - 1 and its product with 2y - 1: 1/3 and 1/9
    x, y = 2 * p["x"] - 1, 2 * p["y"] - 1
    return x + x * y


def kinds(p):
    # three kinds of means 0, 1 and 2, variance 2/3, and a slope of variance 3 / 12
    slope = np.sqrt(3) * log(p["C"], 1e-2, 1e2)
    return {"a": 0.0, "b": 1.0, "c": 2.0}[p["kind"]] + slope + 0.0 * p["n"]


RANGE = Real(0, 1)
V = 1 / 12 + 0.25 / 12 + 0.5625 * 4 / 45
FUNCTIONS = {
    "hill": (
        hill,
        {"C": Real(1e-3, 1e3, log=True), "gamma": Real(1e-5, 1e1, log=True)},
        {"C": 0.8, "gamma": 0.2},
        {"C": 0.8, "gamma": 0.2},
    ),
    "valley": (
        valley,
        dict.fromkeys("vwxyz", RANGE),
        {"v": 0, "w": 0, "x": 1 / 12 / V, "y": 0.25 / 12 / V, "z": 0.05 / V},
        {"v": 0, "w": 0, "x": 1 / 12 / V, "y": 0.25 / 12 / V, "z": 0.05 / V},
    ),
    "product": (
        product,
        {"x": RANGE, "y": RANGE, "n": Integer(1, 20)},
        {"x": 0.75, "y": 0, "n": 0},
        {"x": 1, "y": 0.25, "n": 0},
    ),
    "kinds": (
        kinds,
        {
            "kind": ["a", "b", "c"],
            "C": Real(1e-2, 1e2, log=True),
            "n": Integer(1, 20),
        },
        {"kind": 8 / 11, "C": 3 / 11, "n": 0},
        {"kind": 8 / 11, "C": 3 / 11, "n": 0},
    ),
}


def table(params, scores):
    return {"params": list(params), "mean_test_score": np.array(scores, dtype=float)}


def drawn_at_random(function, space, seed, n=60):
    rng = np.random.default_rng(seed)
    params = Space(space).decode_many(rng.uniform(size=(n, len(space))))
    return table(params, [function(p) for p in params])


def searched(function, space, seed, n=60):
    optimizer = BayesianOptimizer(space, random_state=seed)
    for _ in range(n):
        trial = optimizer.ask()
        optimizer.tell(trial, float(function(trial.params)))
    outcomes = list(optimizer.history)
    return table([o.trial.params for o in outcomes], [o.score for o in outcomes])


class Searched:
    """A fitted search of another library: a space and a table."""

    def __init__(self, space, cv_results):
        self.param_distributions, self.cv_results_ = space, cv_results

    def fit(self):
        """Do nothing."""


def shares(name, results, **settings):
    return parameter_importance(Searched(FUNCTIONS[name][1], results), **settings)


# --- the shares ---


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_shares_of_a_random_design_are_within_a_twentieth(name, seed):
    function, space, main, total = FUNCTIONS[name]
    importance = shares(name, drawn_at_random(function, space, seed))
    for parameter in space:
        row = importance.loc[parameter]
        assert abs(row["main"] - main[parameter]) < 0.05
        assert abs(row["total"] - total[parameter]) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_shares_of_a_bayesian_search_are_within_a_tenth(name, seed):
    function, space, main, total = FUNCTIONS[name]
    importance = shares(name, searched(function, space, seed))
    for parameter in space:
        row = importance.loc[parameter]
        assert abs(row["main"] - main[parameter]) < 0.1
        assert abs(row["total"] - total[parameter]) < 0.1


def test_the_shares_of_a_known_function_are_those_of_its_integrals():
    space = Space({"x": RANGE, "y": RANGE})
    design = VarianceDesign(space, 4096, np.random.default_rng(0))

    def function(U):
        x, y = (2 * U - 1).T
        return x + x * y

    main, total = design.shares(function)
    # errors of a few hundredths at 1024 points, less at 4096
    assert_allclose(main, [0.75, 0], atol=0.02)
    assert_allclose(total, [1, 0.25], atol=0.02)
    assert_allclose(design.pair_shares(function), [[0, 0.25], [0.25, 0]], atol=0.02)


def test_several_functions_at_once_give_what_each_gives():
    space = Space(dict.fromkeys("xyz", RANGE))
    design = VarianceDesign(space, 256, np.random.default_rng(0))
    matrix = np.random.default_rng(1).normal(size=(4, 3))
    matrix[2] = 0  # a constant
    together = design.shares(lambda U: matrix @ U.T**2)
    alone = [design.shares(lambda U, row=row: U**2 @ row) for row in matrix]
    assert_allclose(together, np.array(alone).transpose(1, 0, 2), atol=1e-12)


def test_the_error_is_large_where_little_is_known():
    function, space, *_ = FUNCTIONS["valley"]
    few = shares("valley", drawn_at_random(function, space, 0, n=8))
    many = shares("valley", drawn_at_random(function, space, 0, n=60))
    assert many["error"].max() < 0.05 < few["error"].max()


def crowded(n_low):
    """Return 40 candidates, of which few have an x where it counts."""
    rng = np.random.default_rng(0)
    params = [dict(zip("xyz", row, strict=True)) for row in rng.random((40, 3))]
    for i, p in enumerate(params):
        p["x"] = p["x"] / 3 if i < n_low else 0.6 + 0.4 * p["x"]
    scores = [5 * min(p["x"] - 0.3, 0.0) + p["y"] for p in params]
    return Searched(dict.fromkeys("xyz", RANGE), table(params, scores))


@pytest.mark.parametrize("n_low", [0, 1, 2])
def test_of_values_that_were_hardly_tried_nothing_is_claimed(n_low):
    importance = parameter_importance(crowded(n_low))
    assert importance["matters"]["x"] == ("yes" if n_low else "unknown")
    assert importance["rests_on"]["x"] == f"{n_low} of 40 candidates below 0.333"
    assert importance["matters"]["z"] == "hardly"
    assert "x" not in set(check_ranges(crowded(n_low))["parameter"])


def test_what_does_nothing_hardly_matters_where_values_are_spread():
    function, space, *_ = FUNCTIONS["valley"]
    importance = shares("valley", drawn_at_random(function, space, 0))
    assert importance["matters"][["v", "w"]].tolist() == ["hardly", "hardly"]
    assert importance["matters"][["x", "z"]].tolist() == ["yes", "yes"]


@pytest.mark.parametrize(("n_last", "expected"), [(4, "unknown"), (8, "hardly")])
def test_a_choice_is_flat_only_if_each_level_has_half_its_share(n_last, expected):
    rng = np.random.default_rng(0)
    params = [
        {"x": x, "kind": "c" if i < n_last else "ab"[i % 2]}
        for i, x in enumerate(rng.random(40))
    ]
    space = {"x": RANGE, "kind": ["a", "b", "c"]}
    results = table(params, [p["x"] for p in params])
    importance = parameter_importance(Searched(space, results))
    assert importance["matters"].to_dict() == {"x": "yes", "kind": expected}


def test_the_table_tells_what_it_rests_on():
    space = {
        "kind": ["a", "b", None],
        "n": Integer(1, 30),
        "C": Real(1e-2, 10, log=True),
    }
    params = [
        {"kind": kind, "n": n, "C": C}
        for kind, n, C in [
            *(("a", n, 1.5) for n in range(10, 20)),
            *(("b", n, 5.0) for n in (5, 6, 12)),
            *((None, n, 0.02) for n in (25, 26)),
        ]
    ]
    results = table(params, np.arange(15.0))
    rests_on = parameter_importance(Searched(space, results))["rests_on"]
    assert rests_on["kind"] == "2 of 15 candidates with None"
    assert rests_on["n"] == "2 of 15 candidates above 21"
    assert rests_on["C"] == "0 of 15 candidates from 0.1 to 1"


def test_parts_that_hardly_exist_need_no_candidates():
    space = {"n": poisson(1), "k": binom(3, 0.1), "x": RANGE}
    params = Space(space).decode_many(np.random.default_rng(0).uniform(size=(40, 3)))
    results = table(params, [p["x"] for p in params])
    importance = parameter_importance(Searched(space, results))
    assert importance["matters"].tolist() == ["yes", "hardly", "hardly"]
    assert "below 0" not in importance["rests_on"]["n"]


def test_of_many_choices_it_is_told_how_many_were_tried():
    space = {"name": [f"n{i}" for i in range(30)], "x": RANGE}
    params = [{"name": f"n{i % 7}", "x": i / 40} for i in range(40)]
    results = table(params, [p["x"] for p in params])
    row = parameter_importance(Searched(space, results)).loc["name"]
    assert row["rests_on"] == "7 of 30 values"
    assert row["matters"] == "unknown"


def test_what_a_branch_rests_on_is_told():
    branches = [{"x": RANGE, "k": ["a"]}, {"x": Real(0, 2), "k": ["b"]}]
    params = [{"x": 0.1 * i, "k": "a"} for i in range(9)] + [{"x": 1.9, "k": "b"}]
    importance = parameter_importance(Searched(branches, table(params, range(10))))
    assert importance["rests_on"]["k"] == "1 of 10 candidates in one dict of the list"
    assert importance["rests_on"]["x"] == "3 of 10 candidates in the middle third"


# --- the table ---


def test_rows_are_sorted_and_tell_the_direction():
    function, space, *_ = FUNCTIONS["valley"]
    importance = shares("valley", drawn_at_random(function, space, 0))
    assert importance.index.tolist()[:3] == ["x", "z", "y"]
    assert (importance["total"].diff().dropna() <= 0).all()
    assert importance["direction"][["x", "z", "y"]].tolist() == [
        "score rises on average",
        "not monotone",
        "score rises on average",
    ]


def test_a_direction_that_is_not_clear_is_not_told(monkeypatch):
    search = {
        "params": [{"x": x} for x in range(8)],
        "mean_test_score": np.arange(8.0),
    }
    assert list(parameter_importance(search)["direction"]) == ["score rises on average"]
    monkeypatch.setattr(
        _shares, "_uncertainty", lambda model, seed: np.array([[1.1], [1.0], [1.0]])
    )
    assert list(parameter_importance(search)["direction"]) == [""]


def test_choices_without_an_order_have_no_direction():
    function, space, *_ = FUNCTIONS["kinds"]
    importance = shares("kinds", drawn_at_random(function, space, 0))
    assert importance["direction"]["kind"] == ""
    assert importance["direction"]["C"] == "score rises on average"


def test_pairs_are_sorted_by_what_they_do_together():
    function, space, *_ = FUNCTIONS["product"]
    search = Searched(space, drawn_at_random(function, space, 0))
    pairs = pair_importance(search)
    assert len(pairs) == 3
    assert set(pairs.loc[0, ["first", "second"]]) == {"x", "y"}
    assert pairs["share"][0] == pytest.approx(0.25, abs=0.05)
    assert (pairs["share"][1:] < 0.05).all()


@pytest.mark.parametrize("function", [parameter_importance, pair_importance])
def test_the_same_input_gives_the_same_table(function):
    search = Searched(FUNCTIONS["hill"][1], drawn_at_random(*FUNCTIONS["hill"][:2], 0))
    pd.testing.assert_frame_equal(function(search), function(search))


@pytest.mark.parametrize(
    "search",
    [
        BayesSearchCV(toys.Toy(), {"a": uniform(0, 1), "b": [0, 1, 2]}, n_iter=15),
        RandomizedSearchCV(toys.Toy(), {"a": uniform(0, 1), "b": [0, 1, 2]}, n_iter=15),
        GridSearchCV(toys.Toy(), {"a": [0.1, 0.2, 0.4, 0.8], "b": [0, 1, 2]}),
    ],
)
def test_searches_of_all_kinds_are_read(search):
    if hasattr(search, "random_state"):
        search.set_params(random_state=0)
    importance = parameter_importance(search.fit(X))
    assert sorted(importance.index) == ["a", "b"]
    assert importance["direction"]["b"] == "score falls on average"
    parameter_importance(pd.DataFrame(search.cv_results_))


# --- branches and edge cases ---


def test_a_parameter_counts_where_it_is_active():
    branches = [
        {"kernel": ["rbf"], "x": RANGE, "g": RANGE},
        {"kernel": ["linear"], "x": RANGE},
    ]
    rng = np.random.default_rng(0)
    params = Space(branches).decode_many(rng.uniform(size=(80, 3)))
    # in half of the space, g of variance 1/3 and mean 0; x has 1/3 everywhere
    scores = [2 * p["x"] + 2 * p.get("g", 0.5) for p in params]
    importance = parameter_importance(Searched(branches, table(params, scores)))
    assert sorted(importance.index) == ["g", "kernel", "x"]
    assert importance["total"]["x"] == pytest.approx(2 / 3, abs=0.05)
    assert importance["total"]["g"] == pytest.approx(1 / 3, abs=0.05)
    # g alone: half of its slope on average, a quarter of the variance
    assert importance["main"]["g"] == pytest.approx(1 / 6, abs=0.05)


def test_a_parameter_with_other_values_in_each_branch_is_one():
    space = Space([{"x": Real(0, 1), "k": ["a"]}, {"x": Real(0, 2), "k": ["a"]}])
    names = [(factor.name, factor.columns) for factor in factors(space)]
    assert names == [("which dict of the list", (0,)), ("x", (1, 2))]


def test_of_one_parameter_all_is_its_own():
    search = RandomizedSearchCV(toys.Toy(), {"a": uniform(0, 1)}, random_state=0)
    search.fit(X)
    importance = parameter_importance(search)
    assert_array_equal(importance[["main", "total", "error"]], [[1, 1, 0]])
    assert pair_importance(search).empty


def test_without_a_varying_parameter_the_table_is_empty():
    search = GridSearchCV(toys.Toy(), {"a": [1.0]}).fit(X)
    assert parameter_importance(search).empty
    assert pair_importance(search).empty


def test_of_equal_scores_nothing_matters():
    params = [{"a": a, "b": b} for a in (1, 2, 3) for b in (1, 2, 3)]
    importance = parameter_importance(table(params, np.ones(9)))
    assert (importance[["main", "total"]] == 0).all(axis=None)
    assert set(importance["direction"]) == {""}


@pytest.mark.parametrize(
    "wrong", [{"n_samples": 3}, {"n_samples": 1e3}, {"random_state": -1}]
)
def test_wrong_arguments_are_refused(wrong):
    search = table([{"a": 1}, {"a": 2}], [0.0, 1.0])
    with pytest.raises(ValueError, match=f"{next(iter(wrong))!r} parameter must be"):
        parameter_importance(search, **wrong)


def test_a_value_or_a_range_is_a_factor_beside_the_values():
    space = Space({"x": [None, Real(0, 1)], "y": [2, Real(0, 1)]})
    names = [factor.name for factor in factors(space)]
    assert names == ["x: value or range, y: value or range", "y", "x"]
    given = {"x": [None, Real(0, 1)]}
    params = [{"x": None}, *({"x": x} for x in np.linspace(0, 1, 29))]
    scores = [1.0, *np.zeros(29)]
    importance = parameter_importance(Searched(given, table(params, scores)))
    told = "1 of 30 candidates with x from [None]"
    assert importance["rests_on"]["x: value or range"] == told
