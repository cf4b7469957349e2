import copy
import pickle
import types
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import (
    ParameterGrid,
    ParameterSampler,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesianOptimizer, BayesSearchCV
from sklearn_bayes_search.space import Categorical, Integer, Ordinal, Real, Space
from sklearn_bayes_search.space._dims import key
from sklearn_bayes_search.space._parse import warn_of_bounds
from sklearn_bayes_search.space._space import as_space

few = settings(deadline=None, max_examples=30)

MIXED = {
    "C": loguniform(1e-3, 1e3),
    "alpha": Real(0.5, 2),
    "degree": randint(1, 6),
    "n": Integer(1, 10**7, log=True),
    "layers": [(50,), (50, 50), None],
    "gamma": [1e-3, 1e-1, 1e-2, 1.0],
    "fixed": ["only"],
    "size": Ordinal(["s", "m", "l"]),
}

UNION = [
    {"kernel": ["rbf"], "C": loguniform(1e-3, 1e3), "gamma": [0.1, 1.0]},
    {"kernel": ["linear"], "C": loguniform(1e-3, 1e3)},
    {"kernel": ["poly"], "C": loguniform(1e-3, 1e2), "degree": [2, 3, 4]},
    {},
]

GRIDS = {
    "one list": {"a": [1, 2]},
    "unsorted names and values": {"b": [3, 1, 2], "a": ["x", "y"], "c": [None]},
    "arrays": {"a": np.array([1.0, 10.0]), "b": np.array(["u", "v"])},
    "range and tuple": {"a": range(4, 0, -2), "b": (True, False)},
    "repeated values": {"a": [1, 1, 2], "b": ["x", "x"]},
    "one point": {"a": [1], "b": ["x"]},
    "nothing": {},
    "list of dicts": [{"a": [1, 2]}, {"a": [2, 1], "b": ["x", "y"]}, {}],
    "equal branches": [{"a": [1, 2]}, {"a": [1, 2]}],
    "repeated empty dict": [{}, {}],
}


def draw(space, n=64, seed=0):
    return space.snap(np.random.default_rng(seed).uniform(size=(n, space.n_dims)))


# a setting stands at several points of these
AMBIGUOUS = ("repeated values", "equal branches", "repeated empty dict")
NONE_OR_RANGE = {
    "depth": [None, Integer(2, 20)],
    "features": ["sqrt", "log2", Real(0.1, 1.0), 3],
    "C": loguniform(1e-3, 1e3),
}
PLAIN = [
    MIXED,
    UNION,
    NONE_OR_RANGE,
    *(GRIDS[name] for name in GRIDS if name not in AMBIGUOUS),
]


@pytest.mark.parametrize("given_as", PLAIN)
def test_snapped_points_decode_and_encode_to_themselves(given_as):
    space = Space(given_as)
    U = draw(space)
    np.testing.assert_array_equal(space.snap(U), U)
    discrete = space.dims.discrete
    for row, params in zip(U, space.decode_many(U), strict=True):
        assert list(space.decode(row)) == list(params) == sorted(params)
        again = space.encode(params)
        np.testing.assert_allclose(again, row, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(again[discrete], row[discrete])
        assert space.contains(params)


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_setting_that_stands_at_several_points_is_placed_at_the_first(name):
    space = Space(GRIDS[name])
    rows = list(space.grid())
    decoded = [space.decode(row) for row in rows]
    for params in decoded:
        assert key(space.encode(params)) == key(rows[decoded.index(params)])


choices = st.lists(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-10, 10)
    | st.sampled_from(["", "a", "1"])
    | st.tuples(st.integers(0, 3)),
    min_size=1,
    max_size=4,
)
dicts = st.dictionaries(st.sampled_from("abcd"), choices, max_size=3)


@given(dicts | st.lists(dicts, min_size=1, max_size=3))
@few
def test_grid_of_any_choices_is_that_of_scikit_learn(grid):
    space = Space(grid)
    decoded = space.decode_many(np.array(list(space.grid())))
    expected = list(ParameterGrid(grid))
    assert space.size == len(expected)
    assert repr(decoded) == repr([dict(sorted(params.items())) for params in expected])


@given(dicts | st.lists(dicts, min_size=1, max_size=3))
@few
def test_different_settings_have_different_keys(grid):
    space = Space(grid)
    rows = list(space.grid())
    assert len({key(row) for row in rows}) == len(rows)
    # and snapping any point near leads to one of them
    assert {key(row) for row in draw(space)} <= {key(row) for row in rows}


@pytest.mark.parametrize("name", GRIDS)
def test_grid_gives_the_settings_of_scikit_learn_in_its_order(name):
    space = Space(GRIDS[name])
    decoded = [space.decode(row) for row in space.grid()]
    assert decoded == list(ParameterGrid(GRIDS[name]))
    assert space.size == len(decoded)


def test_grid_respects_the_constraint():
    grid = {"a": [1, 2, 3], "b": [1, 2, 3]}
    space = Space(grid, constraint=lambda params: params["a"] < params["b"])
    decoded = [space.decode(row) for row in space.grid()]
    assert decoded == [p for p in ParameterGrid(grid) if p["a"] < p["b"]]
    assert space.size == 9


def test_grid_starts_at_once_however_large_it_is():
    space = Space({"seed": Integer(0, 2**32 - 1), "x": randint(0, 2**40)})
    rows = space.grid()
    assert [space.decode(next(rows)) for _ in range(3)] == [
        {"seed": 0, "x": 0},
        {"seed": 0, "x": 1},
        {"seed": 0, "x": 2},
    ]


def test_continuous_space_has_no_grid():
    with pytest.raises(ValueError, match="continuous"):
        next(Space(MIXED).grid())


@pytest.mark.parametrize(
    ("given_as", "size"),
    [
        ({}, 1),
        ({"a": [1]}, 1),
        ({"a": [1, 1]}, 2),
        ({"a": range(3), "b": Integer(1, 4)}, 12),
        ({"a": randint(0, 5), "b": ["x", "y"]}, 10),
        ({"a": randint(0, 10**6)}, 10**6),
        ({"a": stats.uniform()}, np.inf),
        ([{"a": [1, 2]}, {"a": [1, 2, 3]}, {}], 6),
        ([{"a": [1, 2]}, {"a": Real(0, 1)}], np.inf),
    ],
)
def test_size_counts_the_points(given_as, size):
    assert Space(given_as).size == size


@pytest.mark.parametrize("given_as", [{}, {"a": [1]}, {"a": [1], "b": randint(3, 4)}])
def test_what_does_not_vary_has_no_column(given_as):
    space = Space(given_as)
    assert space.n_dims == 0
    (row,) = space.grid()
    assert row.shape == (0,)
    assert space.snap(np.empty((5, 0))).shape == (5, 0)
    assert space.spread(4, np.random.default_rng(0)).shape == (4, 0)
    assert space.decode(row) == {name: space.decode(row)[name] for name in given_as}
    np.testing.assert_array_equal(space.encode(space.decode(row)), row)


def test_settings_have_only_the_active_names_in_sorted_order():
    space = Space(UNION)
    for b, branch in enumerate(UNION):
        assert list(space.example(b)) == sorted(branch)
    seen = {tuple(params) for params in space.decode_many(draw(space))}
    assert seen == {tuple(sorted(branch)) for branch in UNION}


def test_first_column_tells_the_branch_and_inactive_ones_are_neutral():
    space = Space(UNION)
    U = draw(space)
    branch = space.dims.branch_of(U)
    np.testing.assert_array_equal(U[:, 0], (branch + 0.5) / len(UNION))
    inactive = ~space.dims.active[branch]
    assert inactive.any(axis=0).sum() == space.n_dims - 1
    neutral = np.broadcast_to(space.dims.neutral, U.shape)
    np.testing.assert_array_equal(U[inactive], neutral[inactive])
    assert space.dims.neutral.tolist() == [0.0] + [0.5] * (space.n_dims - 1)


def test_columns_are_described_by_kind():
    dims = Space(MIXED).dims
    names = [name for name, _ in Space(MIXED).columns]
    assert names == ["C", "alpha", "degree", "gamma", "layers", "n", "size"]
    assert dims.continuous.tolist() == [True, True] + [False] * 5
    assert dims.categorical.tolist() == [False] * 4 + [True, False, False]
    lengths = [None if p is None else len(p) for p in dims.levels]
    assert lengths == [None, None, 5, 4, 3, None, 3]
    assert all(np.all(np.diff(p) > 0) for p in dims.levels if p is not None)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ([1, 2], (1, 2), True),
        ([1, 2], np.array([1.0, 2.0]), True),
        ([1, 2], [1, 3], False),
        (["a", None], ["a", None], True),
        (["a", "b"], ["b", "a"], False),
        ([True, False], [1, 0], False),
        ([SVC()], [SVC(C=2), SVC()], False),
        ([SVC(), SVC(C=2)], [SVC(), SVC(C=2)], True),
        (loguniform(1e-3, 1), loguniform(a=1e-3, b=1), True),
        (loguniform(1e-3, 1), loguniform(1e-3, 2), False),
        (uniform(0, 2), Real(0, 2), False),
        (stats.expon(scale=2), stats.gamma(1, scale=2), False),
        (randint(1, 5), randint(1, 5), True),
        (randint(1, 5), randint(1, 6), False),
        (randint(0, 10**6), randint(0, 10**6), True),
        (randint(0, 10**6), randint(0, 10**6 + 10), False),
        (Real(1, 2), Real(1, 2), True),
        (Real(1, 2), Real(1, 2, log=True), False),
        (Integer(1, 5), Integer(1, 5), True),
        (Integer(1, 5), [1, 2, 3, 4, 5], False),
        (Categorical([1, 2]), Ordinal([1, 2]), False),
        (
            stats.rv_histogram((np.array([1, 2, 3]), np.array([0, 1, 2, 3.0]))),
            stats.rv_histogram((np.array([3, 2, 1]), np.array([0, 1, 2, 3.0]))),
            False,
        ),
    ],
)
def test_only_the_same_values_share_a_column(first, second, shared):
    space = Space([{"p": first, "q": [1, 2]}, {"p": second}])
    n_p = sum(name == "p" for name, _ in space.columns)
    assert n_p == (1 if shared or len(first_or_none(first)) == 1 else 2)
    other = Space([{"p": first, "q": [1, 2]}, {"r": first}])
    assert not other.dims.shared[1:].any()


def first_or_none(value):
    return value if isinstance(value, list) else [None, None]


def test_each_branch_gives_back_its_own_objects_from_a_shared_column():
    first, second = [SVC(), SVC(C=2)], [SVC(), SVC(C=2)]
    space = Space([{"p": first}, {"p": second}])
    assert space.n_dims == 2
    rows = list(space.grid())
    assert [space.decode(row)["p"] for row in rows] == first + second
    assert all(
        space.decode(row)["p"] is own
        for row, own in zip(rows, first + second, strict=True)
    )
    assert key(space.encode({"p": second[1]})) == key(rows[1])


def test_constraint_is_asked_about_points_and_settings():
    asked = []

    def even(params):
        asked.append(params)
        params["changed"] = True  # harmless: it is a copy
        return np.bool_(params["n"] % 2 == 0)

    space = Space({"n": Integer(1, 20), "x": uniform()}, constraint=even)
    U = draw(space)
    allowed = space.allowed(U)
    expected = [params["n"] % 2 == 0 for params in space.decode_many(U)]
    assert allowed.tolist() == expected == [space.allows(row) for row in U]
    assert 0 < allowed.sum() < len(U)
    setting = {"n": 2, "x": 0.5}
    assert space.contains(setting)
    assert setting == {"n": 2, "x": 0.5}
    with pytest.raises(ValueError, match="constraint of the space forbids"):
        space.encode({"n": 3, "x": 0.5})
    assert Space({"n": [1, 2]}).allowed(np.array([[0.25]])).tolist() == [True]


@pytest.mark.parametrize(
    ("params", "parts"),
    [
        ({"kernel": "rbf", "C": 1, "gama": 1}, ["'gama'", "Did you mean 'gamma'?"]),
        ({"kernel": "rbf", "C": 1, "zzz": 1}, ["'zzz'", "There are:", "'kernel'"]),
        ({"kernel": "rbf", "C": 1}, ["'kernel': 'rbf'", "['linear']"]),
        ({"kernel": "rbf", "gamma": 1}, ["lacks a value for ['C']"]),
        ({"kernel": "poly", "C": 1, "gamma": 1}, ["'kernel': 'poly'", "['rbf']"]),
        (
            {"kernel": "poly", "C": 1, "degree": 2, "gamma": 1},
            ["no branch", "['degree']", "other parameters"],
        ),
        ({"kernel": "linear", "C": 1e4}, ["'C': 10000.0", "0.001 and 1000"]),
        ({"kernel": "linear", "C": None}, ["'C': None", "not a number"]),
        ({3: 1}, ["3", "no parameter"]),
    ],
)
def test_settings_outside_are_explained(params, parts):
    space = Space(UNION)
    assert not space.contains(params)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # checked below
        space.encode(params)
    for part in parts:
        assert part in str(caught.value)


def test_same_dict_runs_in_random_search_of_scikit_learn():
    X, y = make_classification(60, random_state=0)
    space = {
        "min_samples_split": Real(0.1, 0.9),
        "max_depth": Integer(1, 5),
        "criterion": Categorical(["gini", "entropy"]),
        "min_samples_leaf": Ordinal([1, 2, 8]),
        "ccp_alpha": loguniform(1e-5, 1e-2),
        "max_features": [None, "sqrt"],
    }
    tree = DecisionTreeClassifier(random_state=0)
    search = RandomizedSearchCV(tree, space, n_iter=6, cv=2, random_state=0).fit(X, y)
    ours = as_space(space)
    assert all(ours.contains(params) for params in search.cv_results_["params"])
    again = ParameterSampler(space, 6, random_state=0)
    assert list(again) == search.cv_results_["params"]


def test_draws_of_scikit_learn_lie_in_the_space():
    for given_as in (MIXED, UNION):
        space = Space(given_as)
        for params in ParameterSampler(given_as, 100, random_state=0):
            for name, value in space.decode(space.encode(params)).items():
                same = value is params[name] or value == params[name]
                assert same or value == pytest.approx(params[name], rel=1e-9)


class Draws:
    """Has ``rvs`` only."""

    def rvs(self, random_state=None):
        return random_state.normal()


def test_nothing_that_is_passed_in_is_changed():
    estimators = [SVC(), Pipeline([("a", SelectKBest()), ("b", SVC())])]
    given_as = [
        MIXED | {"e": estimators, "f": np.array([3, 1, 2]), "g": pd.Series([2, 1])},
        {"h": Draws(), "i": stats.rv_discrete(values=([1, 2], [0.5, 0.5]))},
    ]
    before = joblib.hash(given_as)
    space = Space(given_as)
    U = space.snap(space.spread(32, np.random.default_rng(0)))
    setting = space.decode(U[0])
    setting_before = joblib.hash(setting)
    space.encode(setting)
    assert joblib.hash(setting) == setting_before
    rows = U.copy()
    space.decode_many(rows)
    space.snap(rows)
    space.allowed(rows)
    np.testing.assert_array_equal(rows, U)
    assert joblib.hash(given_as) == before
    assert space.param_distributions is given_as


def permit(params):
    return params.get("degree", 1) != 3


def pickled(space):
    return pickle.loads(pickle.dumps(space))


def cloned(space):
    return clone(space, safe=False)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled, cloned])
def test_copies_of_a_space_mean_the_same(again):
    estimators = {"e": [SVC(), SVC(C=3), None], "f": [np.nan, np.float64("nan"), 1.0]}
    space = Space([*UNION, estimators, {"h": Draws()}], constraint=permit)
    other = again(space)
    U = draw(space)
    np.testing.assert_array_equal(other.snap(U), U)
    np.testing.assert_array_equal(other.allowed(U), space.allowed(U))
    assert repr(other) == repr(space)
    assert repr(other.decode_many(U)) == repr(space.decode_many(U))
    for row in U[space.allowed(U)]:
        own, foreign = space.decode(row), other.decode(row)
        # two NaN in one list are equal once they are copied: the first is found
        if "f" not in own:
            np.testing.assert_allclose(space.encode(foreign), row, atol=1e-12)


def test_settings_of_a_cloned_space_are_in_the_space():
    nested = [[("a", SelectKBest(k=k)), ("b", SVC())] for k in (1, 2)]
    given_as = {"steps": nested, "x": [np.arange(3), np.arange(4), (np.arange(2), 1)]}
    space = Space(given_as)
    for setting in ParameterGrid(given_as):
        (copied,) = clone([setting], safe=False)
        assert key(space.encode(copied)) == key(space.encode(setting))


def test_a_space_is_given_back_as_it_is():
    space = Space({"a": [1, 2]})
    assert as_space(space) is space
    assert as_space({"a": [1, 2]}).size == 2
    assert "'a': Ordinal([1, 2])" in repr(space)
    assert "constraint=" in repr(Space({"a": [1]}, constraint=permit))


@pytest.mark.parametrize("n_points", [1, 2, 8, 64, 256])
@pytest.mark.parametrize("seed", range(3))
def test_spread_covers_branches_and_categories_evenly(n_points, seed):
    given_as = {"four": list("abcd"), "five": list("abcde"), "n": Integer(1, 3)}
    space = Space([given_as, {"y": uniform()}])
    U = space.spread(n_points, np.random.default_rng(seed))
    assert U.shape == (n_points, space.n_dims)
    np.testing.assert_array_equal(space.snap(U), U)
    assert abs(np.sum(space.dims.branch_of(U) == 0) - n_points / 2) <= 0.5
    one = Space(given_as)
    drawn = one.decode_many(one.spread(n_points, np.random.default_rng(seed)))
    # A net in base 2 has one point in each of n_points equal intervals: the share of a
    # level is exact where it is made of whole ones, else one may cross either end.
    for name, levels, most in (("four", 4, 0), ("five", 5, 2), ("n", 3, 2)):
        counts = pd.DataFrame(drawn)[name].value_counts()
        even = n_points / levels
        counts = np.append(counts, np.zeros(levels - len(counts)))
        assert np.abs(counts - even).max() <= max(most, 1 if even < 1 else 0)


def test_spread_depends_on_the_generator_alone():
    space = Space(MIXED)
    same = [space.spread(16, np.random.default_rng(1)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], space.spread(16, np.random.default_rng(2)))


def test_many_points_are_snapped_decoded_and_asked_about_fast():
    # what one ask of the optimizer does with distributions of scipy
    given_as = {f"c{i}": loguniform(1e-3, 1e3) for i in range(7)}
    given_as |= {"p": stats.poisson(9), "r": randint(0, 10**6), "g": stats.geom(0.1)}
    space = Space(given_as, constraint=lambda params: params["c0"] < 1)
    U = np.random.default_rng(0).uniform(size=(768, 10))
    calls = []
    dist = space.branches[0]["c0"]
    original = dist.decode
    dist.decode = lambda u: calls.append(u) or original(u)
    assert 300 < space.allowed(space.snap(U)).sum() < 460
    assert not calls  # quantiles of scipy are slow one by one


# Bad input: parameter, rule, value and way out are named.


class NoArgument:
    def rvs(self):
        return 1.0


class DrawsOf:
    def __init__(self, value):
        self.value = value

    def rvs(self, random_state=None):
        return self.value


def foreign(module):
    name = f"{module}.space"
    return types.new_class("Real", exec_body=lambda ns: ns.update(__module__=name))()


@pytest.mark.parametrize(
    ("value", "error", "parts"),
    [
        ([], ValueError, ["not be empty", "empty list", "leave the parameter out"]),
        ((), ValueError, ["not be empty", "empty tuple", "at least one"]),
        (range(0), ValueError, ["not be empty", "empty range", "at least one"]),
        (np.array([]), ValueError, ["not be empty", "empty ndarray", "at least one"]),
        (pd.Series([], dtype=float), ValueError, ["not be empty", "empty Series"]),
        ("rbf", TypeError, ["sequence of choices", "'rbf' (str)", "['rbf']"]),
        (b"rbf", TypeError, ["sequence of choices", "(bytes)", "[b'rbf']"]),
        (np.str_("rbf"), TypeError, ["sequence of choices", "(str_)", "list ["]),
        (1.5, TypeError, ["sequence of choices", "1.5 (float)", "[1.5]", "Real(low"]),
        (True, TypeError, ["sequence of choices", "True (bool)", "[True]"]),
        (None, TypeError, ["sequence of choices", "None (NoneType)", "[None]"]),
        (np.array(3), TypeError, ["sequence of choices", "array(3)", "list ["]),
        ({1, 2}, TypeError, ["sequence of choices", "{1, 2} (set)", "no order"]),
        (frozenset([1]), TypeError, ["sequence of choices", "(frozenset)", "no order"]),
        ({"a": 1}.keys(), TypeError, ["sequence of choices", "dict_keys", "no order"]),
        ({"a": 1}, TypeError, ["sequence of choices", "{'a': 1}", "Write a list"]),
        (
            types.MappingProxyType({"a": 1}),
            TypeError,
            ["sequence of choices", "'a': 1", "Write a list"],
        ),
        ((i for i in [1]), TypeError, ["sequence of", "generator", "only once"]),
        (pd.DataFrame({"a": [1]}), TypeError, ["sequence", "Frame", "Write a list"]),
        (RandomForestClassifier(), TypeError, ["sequence of", "Forest", "list ["]),
        (RandomForestClassifier, TypeError, ["sequence of", "Forest", "list ["]),
        (Pipeline([("a", SVC())]), TypeError, ["sequence of", "SVC()", "list ["]),
        (len, TypeError, ["sequence of choices", "built-in", "list ["]),
        (stats.beta, ValueError, ["shape parameters", "freeze", "Got beta"]),
        (loguniform(0, 1), ValueError, ["without", "positive", "loguniform(0, 1)"]),
        (loguniform(2, 1), ValueError, ["without values", "ascending", "(2, 1)"]),
        (uniform(0, 0), ValueError, ["without values", "scale > 0", "uniform(0, 0)"]),
        (uniform(0, -1), ValueError, ["without values", "scale > 0", "uniform(0, -1)"]),
        (stats.norm(np.nan), ValueError, ["without values", "NaN", "norm(nan)"]),
        (stats.norm([0, 1]), ValueError, ["arrays", "single numbers", "norm([0, 1])"]),
        (randint(1, 5, loc=0.5), ValueError, ["loc", "an int", "(1, 5, loc=0.5)"]),
        (randint(5, 5), ValueError, ["without values", "randint(5, 5)"]),
        (stats.zipf(0.5), ValueError, ["cannot be used", "zipf(0.5)"]),
        (
            stats.multivariate_normal([0, 0]),
            ValueError,
            ["single numbers", "array([", "list the values", "multivariate"],
        ),
        (stats.dirichlet([1, 2]), ValueError, ["single numbers", "list the values"]),
        (DrawsOf("rbf"), ValueError, ["draws 'rbf'", "single numbers", "list the val"]),
        (DrawsOf(None), ValueError, ["draws None", "single numbers", "list the"]),
        (DrawsOf(np.nan), ValueError, ["draws nan", "single numbers", "list the"]),
        (DrawsOf([1, 2]), ValueError, ["draws [1, 2]", "single numbers", "list"]),
        (DrawsOf((1, "a")), ValueError, ["draws (1, 'a')", "single numbers", "list"]),
        (NoArgument(), ValueError, ["random_state", "must take", "NoArgument"]),
        (Real, ValueError, ["rvs", "Real"]),
        (stats.Normal(), TypeError, ["must have rvs", "Normal()", "scipy.stats.norm("]),
        (stats.Uniform(a=1, b=2), TypeError, ["must have rvs", "Uniform(", "write a"]),
        (
            (1e-6, 1e6, "log-uniform"),
            TypeError,
            ["set of choices", "1e-06", "write Real(1e-06, 1000000.0, log=True)"],
        ),
        ([1, 9, "uniform"], TypeError, ["set of choices", "[1, 9", "Real(1, 9)"]),
        (
            [(50,), (50, Integer(2, 20))],
            TypeError,
            ["Integer(2, 20) inside of the choice (50, Integer(2, 20))", "one by one"],
        ),
        (
            [None, {"a": Integer(2, 20)}],
            TypeError,
            ["Integer(2, 20) inside of the choice {'a': Integer(2, 20)}", "one by one"],
        ),
        ([[1, ({"a": [Real(0, 1)]},)]], TypeError, ["Real(0.0, 1.0) inside of the"]),
        ([Integer(2, 5), Integer(5, 8)], ValueError, ["Integer(2, 5)", "one range"]),
        (foreign("skopt"), TypeError, ["of skopt", "Real(low, high", "Categorical("]),
        (foreign("optuna"), TypeError, ["of optuna", "Integer(low", "scipy.stats"]),
        (foreign("hyperopt"), TypeError, ["of hyperopt", "Real(low, high"]),
        (foreign("ray"), TypeError, ["of ray", "Real(low, high"]),
        (foreign("ConfigSpace"), TypeError, ["of ConfigSpace", "Real(low, high"]),
    ],
)  # fmt: skip
def test_wrong_values_of_a_parameter_are_explained(value, error, parts):
    with pytest.raises(error) as caught:
        Space({"svc__C": value})
    for part in ["'svc__C'", *parts]:
        assert part in str(caught.value)


@pytest.mark.parametrize("kind", [Categorical, Ordinal])
def test_dimensions_take_no_ranges_as_choices(kind):
    with pytest.raises(
        TypeError, match=rf"'choices' of {kind.__name__} must be values.*plain list"
    ):
        kind([None, Integer(2, 20)])


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ([None, Integer(2, 20)], [[None], Integer(2, 20)]),
        ((Integer(2, 20), None), [[None], Integer(2, 20)]),
        (["a", Real(0, 1), "b"], [["a", "b"], Real(0, 1)]),
        ([Real(0, 1), Real(5, 6)], [Real(0, 1), Real(5, 6)]),
        ([Real(0, 1)], [Real(0, 1)]),
        ([None, loguniform(1, 10), randint(20, 90)], None),
        (np.array([None, 1, Ordinal([1, 2])], dtype=object), [[None], [1, 2]]),
        ([5, np.int64(3), None, Integer(2, 8), 9], [[None, 9], Integer(2, 8)]),
        ([5, Integer(2, 8)], [Integer(2, 8)]),
        ([1.0, True, 1, randint(1, 4)], [[1.0, True], randint(1, 4)]),
        (["a", Categorical(["a", "b"]), "c"], [["c"], ["a", "b"]]),
    ],
)
def test_values_and_ranges_in_a_list_are_a_branch_each(value, parts):
    parts = parts or [[value[0]], *value[1:]]
    space = Space({"a": value, "b": Real(0, 1)})
    written_out = Space([{"a": part, "b": Real(0, 1)} for part in parts])
    assert space.size == written_out.size
    rng = np.random.default_rng(0)
    U = rng.uniform(size=(64, written_out.n_dims))
    np.testing.assert_array_equal(space.snap(U), written_out.snap(U))
    assert space.decode_many(U) == written_out.decode_many(U)
    # as many points for each, as far as 64 can be shared out
    branch = space.dims.branch_of(space.spread(64, rng))
    assert np.ptp(np.bincount(branch)) <= 1


def test_several_lists_with_ranges_are_combined():
    space = Space([{"a": [None, Integer(1, 2)], "b": [0, Integer(1, 2)]}, {"a": [5]}])
    assert space.n_dicts == 2
    assert space.size == 10
    assert [space.words_for(b) for b in range(5)] == [
        "dict 0, a from [None], b from [0]",
        "dict 0, a from [None], b from Integer(1, 2)",
        "dict 0, a from Integer(1, 2), b from [0]",
        "dict 0, a from Integer(1, 2), b from Integer(1, 2)",
        "dict 1",
    ]


def test_too_many_lists_with_ranges_are_refused():
    lists = {name: [None, Real(0, 1)] for name in "abcd"}
    assert len(Space(lists).branches) == 16
    with pytest.raises(
        ValueError, match=r"'e' hold ranges.*32 comb.*at most 16.*dicts"
    ):
        Space({**lists, "e": [None, Real(0, 1)]})


def test_nearest_setting_may_be_a_value_beside_a_range():
    space = Space({"max_depth": [None, Integer(2, 20)]})
    assert space.nearest({"max_depth": None}) == {"max_depth": None}
    assert space.nearest({"max_depth": 7}) == {"max_depth": 7}
    assert space.nearest({"max_depth": 70}) is None
    assert space.nearest({"max_features": None}) is None


@pytest.mark.parametrize(
    "given",
    [
        {"max_features": [1, Real(0.1, 1.0)]},
        {"max_features": [1.0, Integer(1, 5)]},
        [{"max_features": [1.0]}, {"max_features": Integer(1, 5)}],
        [{"max_features": Real(0.1, 1.0)}, {"max_features": [1]}],
    ],
    ids=str,
)
def test_counts_and_shares_are_told_apart_where_one_is_a_range(given):
    space = Space(given)
    for value in (1, 1.0):
        given = {"max_features": value}
        assert type(space.decode(space.encode(given))["max_features"]) is type(value)
    assert not space.same({"max_features": 1}, {"max_features": 1.0})


def test_distributions_alone_may_be_choices():
    priors = [stats.norm(0, 1), stats.gamma(2)]
    assert Space({"prior": priors}).decode(np.array([0.25]))["prior"] is priors[0]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ((1, 10), "Integer(1, 10)"),
        ((0.0, 1.0), "Real(0.0, 1.0)"),
        ((-5, 5), "Integer(-5, 5)"),
        ([0.1, 100], "Real(0.1, 100, log=True)"),
        ([1e-4, 1e-1], "Real(0.0001, 0.1, log=True)"),
        ([10, 1000], "Integer(10, 1000, log=True)"),
        ([np.int64(1), np.int64(100)], "Integer(1, 100, log=True)"),
        ((np.int64(1), np.int64(2)), None),
        ((1, 2), None),
        ([1, 10], None),
        ([50, 100], None),
        ([0, 100], None),
        ((10, 1), None),
        ((True, False), None),
        ((None, 100), None),
        (["a", "b"], None),
        ((1, 10, 100), None),
        (np.array([1, 100]), None),
        (range(1, 200, 198), None),
        (Ordinal([0.1, 100]), None),
        (Real(0.1, 100), None),
    ],
    ids=repr,
)
def test_two_numbers_that_look_like_bounds_are_warned_of(value, told):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_bounds([{"a": value, "b": ["x"]}, {"c": [1]}])
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == (told is not None)
    for message in messages:
        assert f"{{'a': {value!r}}}" in message
        assert f"write {{'a': {told}}}" in message


def test_bounds_of_several_parameters_are_one_warning():
    given_as = [{"a": (1, 10)}, {"b": [0.1, 100]}]
    for use in (
        BayesianOptimizer,
        lambda space: search_of(space).fit(*DATA),
        lambda space: search_of(Space(space)).fit(*DATA),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            use(given_as)
        (told,) = caught
        assert "{'a': (1, 10), 'b': [0.1, 100]}" in str(told.message)
        assert told.filename == __file__


class Anything(BaseEstimator):
    def __init__(self, a=None, b=None):
        self.a = a
        self.b = b

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return 1.0


DATA = np.zeros((10, 1)), np.zeros(10)


def search_of(space, **options):
    return BayesSearchCV(Anything(), space, n_iter=4, cv=2, **options)


class Unshowable:
    def __init__(self, number):
        self.number = number

    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    "options", [{}, {"racing": True}, {"verbose": 1}, {"surrogate": "tpe"}], ids=repr
)
@pytest.mark.parametrize("other", [{"b": Real(0, 1)}, {"b": [1]}], ids=repr)
def test_a_choice_needs_no_repr(options, other, tmp_path):
    choices = [Unshowable(1), Unshowable(2), 2]
    space = {"a": choices, **other}
    point = {"a": choices[1], "b": 1}
    options = {"checkpoint": tmp_path / "j", "initial_points": [point], **options}
    search = search_of(space, random_state=0).set_params(**options).fit(*DATA)
    assert any(params["a"] is choices[1] for params in search.cv_results_["params"])
    prior = search_of(space, prior_results=search, random_state=0).fit(*DATA)
    assert prior.best_params_["a"] in choices
    told = "Unshowable, whose repr raised RuntimeError"
    with pytest.raises(ValueError, match=told):
        search_of(space, initial_points=[{**point, "a": Unshowable(3)}]).fit(*DATA)


@pytest.mark.parametrize(
    ("given_as", "error", "parts"),
    [
        ("C", TypeError, ["a dict or a list of dicts", "'C'", "write {"]),
        (3, TypeError, ["a dict or a list of dicts", "3", "write {"]),
        (None, TypeError, ["a dict or a list of dicts", "None", "write {"]),
        ({"C"}, TypeError, ["a dict or a list of dicts", "{'C'}", "write {"]),
        ([], ValueError, ["at least one dict", "[]", "write {"]),
        (["C"], TypeError, ["must be a dict", "'C'", "write {"]),
        (
            [{"C": [1]}, ["C", [1]]],
            TypeError,
            ["must be a dict", "['C', [1]]", "write"],
        ),
        ([({"C": [1]}, 20)], TypeError, ["a tuple", "20)", "one budget", "dict alone"]),
        ({3: [1]}, TypeError, ["names must be str", "Got 3", "set_params"]),
        (
            [{"C": [1], None: [1]}],
            TypeError,
            ["names must be str", "None", "set_params"],
        ),
    ],
)
def test_wrong_spaces_are_explained(given_as, error, parts):
    with pytest.raises(error) as caught:
        Space(given_as)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("constraint", ["a < b", True, {"a": 1}])
def test_constraint_must_be_callable(constraint):
    with pytest.raises(TypeError) as caught:
        Space({"a": [1]}, constraint=constraint)
    for part in ("'constraint'", "callable that takes", repr(constraint)):
        assert part in str(caught.value)


def test_wrong_values_in_any_branch_are_found():
    with pytest.raises(TypeError, match="'gamma'"):
        Space([{"C": [1]}, {"C": [1], "gamma": "scale"}])


def test_nearest_setting_keeps_what_is_in_range():
    space = Space({"C": loguniform(1e-2, 1e2), "gamma": [0.1, 1, 10], "fixed": ["rbf"]})
    kept = space.nearest({"C": 3.0, "gamma": "scale", "fixed": "poly", "degree": 3})
    assert kept == {"C": 3.0, "fixed": "rbf", "gamma": 1}
    assert space.contains(kept)
    assert space.nearest({"C": -1.0, "gamma": "scale", "fixed": "rbf"}) is None
    assert space.nearest({}) is None
    never = Space({"C": loguniform(1e-2, 1e2)}, constraint=lambda params: False)
    assert never.nearest({"C": 3.0}) is None


def test_nearest_setting_is_of_a_branch_that_fixes_nothing_else():
    svc = {"kernel": "rbf", "degree": 3, "C": 1.0, "gamma": "scale"}
    C, gamma = Real(0.1, 10, log=True), Real(1e-3, 1, log=True)
    space = Space(
        [
            {"kernel": ["poly"], "degree": [2, 3, 4], "C": C, "gamma": gamma},
            {"kernel": ["rbf"], "C": C, "gamma": gamma},
        ]
    )
    assert space.nearest(svc)["kernel"] == "rbf"
    assert space.nearest({**svc, "kernel": "linear"})["kernel"] == "poly"


def test_nearest_setting_is_of_the_branch_that_keeps_most():
    space = Space([{"k": ["a"], "x": [1, 2]}, {"k": ["b"], "x": [1, 2]}, {"y": [3, 4]}])
    assert space.nearest({"k": "b", "x": 2, "y": 3}) == {"k": "b", "x": 2}
    assert space.nearest({"k": "c", "x": 2}) == {"k": "a", "x": 2}
    assert space.nearest({"k": "b", "x": 9, "y": 4}) == {"y": 4}


def test_a_setting_is_completed_from_another_in_the_branch_that_keeps_most_of_it():
    C = loguniform(1e-2, 1e2)
    space = Space(
        [
            {"kernel": ["linear"], "C": C},
            {"kernel": ["rbf"], "C": C, "gamma": [0.1, 1, 10]},
            {"kernel": ["poly"], "C": C, "degree": Integer(2, 4)},
        ]
    )
    own = {"kernel": "rbf", "C": 1.0, "gamma": "scale", "degree": 3}
    assert space.complete({"C": 5.0}, own) == {"C": 5.0, "gamma": 1, "kernel": "rbf"}
    given = {"degree": 2}
    assert space.complete(given, own) == {"C": 1.0, "degree": 2, "kernel": "poly"}
    assert given == {"degree": 2}
    # of a branch that has the value
    assert space.complete({"kernel": "linear"}, own)["C"] == 1.0
    # what is in no branch is left to the error of encode
    assert space.complete({"degree": 2, "gamma": 1}, own) == {"degree": 2, "gamma": 1}
    assert space.complete({"degree": 9}, own)["degree"] == 9
    whole = {"kernel": "linear", "C": 3.0}
    assert space.complete(whole, own) == whole


@pytest.mark.parametrize(
    ("dist", "low", "high", "log"),
    [
        (loguniform(1e-3, 1e3), 1e-3, 1e3, True),
        (loguniform(1, 3), 1, 3, True),
        (uniform(0, 4), 0, 4, False),
        (uniform(1, 100), 1, 101, False),
        (stats.norm(0, 1), stats.norm.ppf(0.01), stats.norm.ppf(0.99), False),
        (randint(2, 9), 2, 8, False),
        (randint(0, 10**6), 0, 10**6 - 1, False),
        (Real(1, 2), 1, 2, False),
        (Integer(1, 20, log=True), 1, 20, True),
    ],
)
def test_ranges_tell_their_bounds_and_scale(dist, low, high, log):
    dimension = Space({"a": dist}).branches[0]["a"]
    assert (dimension.low, dimension.high) == pytest.approx((low, high))
    assert dimension.log is log
