"""Which ranges to widen: named where the best is outside, silent where it is not."""

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, FitPath, Integer, Real, check_ranges
from sklearn_bayes_search._sklearn_compat import numeric_limits
from sklearn_bayes_search.experience import _experience

X = np.arange(60.0).reshape(30, 2)


class Peak(BaseEstimator):
    """Scores best at one point, with noise of fold and candidate.

    Parameters
    ----------
    C : float, default=1.0
        Best at 1.
    n : int, default=5
        Best at 10.
    """

    def __init__(self, C=1.0, n=5, noise=0.003):
        self.C = C
        self.n = n
        self.noise = noise

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def score(self, X, y=None):
        """Fall with the squares of the distances, by 0.1 in a decade or 4."""
        seed = abs(hash((float(X[0, 0]), float(self.C), int(self.n))))
        blur = np.random.default_rng(seed).normal()
        away = np.log10(self.C) ** 2 + ((self.n - 10) / 4) ** 2
        return 0.9 - 0.1 * away + self.noise * blur


def findings(search):
    table = check_ranges(search)
    return list(zip(table["parameter"], table["finding"], strict=True))


def bounds(search):
    return [finding for finding in findings(search) if finding[1] != "flat"]


def bayes(estimator, space, seed=0, **settings):
    settings = {"n_iter": 30, "cv": 4, "random_state": seed} | settings
    return BayesSearchCV(estimator, space, **settings)


# --- both kinds of searches, many times ---

OUTSIDE = [
    ({"C": loguniform(1e-4, 1e-1), "n": Integer(1, 20)}, ("C", "upper bound")),
    ({"C": loguniform(1e1, 1e4), "n": Integer(1, 20)}, ("C", "lower bound")),
    ({"C": loguniform(1e-2, 1e2), "n": range(1, 6)}, ("n", "upper bound")),
    ({"C": loguniform(1e-2, 1e2), "n": range(15, 60)}, ("n", "lower bound")),
]
INSIDE = {"C": loguniform(1e-3, 1e3), "n": Integer(1, 20)}


@pytest.mark.parametrize("kind", ["bayes", "random"])
@pytest.mark.parametrize(("space", "expected"), OUTSIDE)
def test_a_best_outside_is_seen_from_inside(space, expected, kind):
    if kind == "bayes":
        search = bayes(Peak(), space)
    else:
        search = RandomizedSearchCV(Peak(), space, n_iter=30, cv=4, random_state=0)
    assert bounds(search.fit(X)) == [expected]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_said_where_the_best_is_inside(seed):
    search = bayes(Peak(), INSIDE, seed)
    assert findings(search.fit(X)) == []
    search = RandomizedSearchCV(Peak(), INSIDE, n_iter=30, cv=4, random_state=seed)
    assert bounds(search.fit(X)) == []


def test_grids_are_read_from_a_file_as_well(tmp_path):
    grid = {"C": np.logspace(-4, -1, 7), "n": [2, 6, 10, 14, 18]}
    search = GridSearchCV(Peak(), grid, cv=4).fit(X)
    assert bounds(search) == [("C", "upper bound")]
    pd.DataFrame(search.cv_results_).to_csv(tmp_path / "grid.csv")
    assert bounds(pd.read_csv(tmp_path / "grid.csv")) == [("C", "upper bound")]


def some(load, n):
    data, y = load(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(y))[:n]
    return data[chosen], y[chosen]


REAL = {
    "svc": (
        make_pipeline(StandardScaler(), SVC()),
        load_breast_cancer,
        {"svc__C": loguniform(1e-4, 1e-1), "svc__gamma": loguniform(1e-4, 1e0)},
        ("svc__C", "upper bound"),
        {"svc__C": loguniform(1e-2, 1e4), "svc__gamma": loguniform(1e-5, 1e0)},
    ),
    "neighbors": (
        KNeighborsClassifier(),
        load_digits,
        {"n_neighbors": range(15, 80), "weights": ["uniform", "distance"]},
        ("n_neighbors", "lower bound"),
        {"n_neighbors": range(1, 40), "weights": ["uniform", "distance"]},
    ),
    "tree": (
        DecisionTreeClassifier(random_state=0),
        load_digits,
        {"max_depth": range(1, 5), "min_samples_leaf": range(1, 20)},
        ("max_depth", "upper bound"),
        {"max_depth": range(1, 20), "min_samples_leaf": range(1, 20)},
    ),
    "bayes": (
        GaussianNB(),
        load_digits,
        {"var_smoothing": loguniform(1, 1e3)},
        ("var_smoothing", "lower bound"),
        {"var_smoothing": loguniform(1e-6, 1e2)},
    ),
    "ridge": (
        Ridge(),
        load_diabetes,
        {"alpha": uniform(5, 100)},
        ("alpha", "lower bound"),
        {"alpha": loguniform(1e-4, 1e3)},
    ),
    "svr": (
        make_pipeline(StandardScaler(), SVR()),
        load_diabetes,
        {"svr__C": loguniform(1e-3, 1e0), "svr__epsilon": loguniform(1e-1, 1e2)},
        ("svr__C", "upper bound"),
        {"svr__C": loguniform(1e-2, 1e4), "svr__epsilon": loguniform(1e-1, 1e2)},
    ),
}


@pytest.mark.slow
def test_nine_of_ten_real_searches_are_judged_rightly():
    named, silent = [], []
    for estimator, load, outside, expected, inside in REAL.values():
        data = some(load, 250)
        for seed in range(2):
            found = bounds(bayes(estimator, outside, seed).fit(*data))
            named.append(expected in found)
            silent.append(not bounds(bayes(estimator, inside, seed).fit(*data)))
    assert np.mean(named) >= 0.9
    assert np.mean(silent) >= 0.9


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_experience_of_other_data_does_not_hide_a_narrow_range(seed, monkeypatch):
    # hardly a candidate is further inside, where other data did badly
    monkeypatch.setattr(_experience, "LEAST_DEVIATION", 0.0)
    estimator, load, outside, expected, _ = REAL["tree"]
    search = bayes(estimator, outside, seed).fit(*some(load, 250))
    assert search.experience_
    assert bounds(search) == [expected]


# --- noise and flatness ---


def test_a_rise_within_the_noise_of_the_folds_is_not_reported():
    # towards the bound the score rises by 0.1; folds scatter by 1
    search = bayes(Peak(noise=1.0), {"C": loguniform(1e-2, 1e-1), "n": [10]})
    assert bounds(search.fit(X)) == []


@pytest.mark.slow
def test_a_parameter_that_does_nothing_is_flat_and_its_border_is_not_named():
    space = {"C": loguniform(1e-3, 1e3), "noise": uniform(0, 1e-9)}
    search = bayes(Peak(), space).fit(X)
    assert findings(search) == [("noise", "flat")]
    assert "hardly depends" in check_ranges(search)["text"][0]


def test_of_equal_scores_all_is_flat():
    table = {"params": [{"a": a} for a in range(5)], "mean_test_score": np.ones(5)}
    assert findings(table) == [("a", "flat")]


def sum_of_four(n, seed=0):
    """Return n random settings of eight parameters, of which four matter alike."""
    rng = np.random.default_rng(seed)
    params = [dict(zip("abcdefgh", rng.random(8), strict=True)) for _ in range(n)]
    scores = [p["b"] + p["c"] - p["d"] + p["e"] for p in params]
    return {"params": params, "mean_test_score": scores}


@pytest.mark.parametrize("n", [1, 4, 12, 19])
def test_after_few_settings_nothing_is_called_flat(n):
    assert "flat" not in [finding for _, finding in findings(sum_of_four(n, seed=n))]


def test_what_failed_does_not_count_towards_what_is_flat():
    table = {
        "params": [{"a": a} for a in range(5)],
        "mean_test_score": [1.0, 1.0, 1.0, np.nan, np.nan],
    }
    assert findings(table) == []


@pytest.mark.slow
def test_after_enough_settings_what_does_nothing_is_flat():
    flat = [name for name, finding in findings(sum_of_four(40)) if finding == "flat"]
    assert set(flat) & set("afgh")
    assert not set(flat) & set("bcde")


def test_without_a_varying_parameter_nothing_is_found():
    search = GridSearchCV(toys.Toy(), {"a": [1.0]}).fit(X)
    assert check_ranges(search).empty


def test_choices_without_an_order_have_no_bounds():
    space = {"n": ["few", "many"], "C": [True, False]}
    table = {
        "params": [{"n": n, "C": C} for n in space["n"] for C in space["C"]],
        "mean_test_score": [0.1, 0.2, 0.3, 0.5],
    }
    assert bounds(table) == []


@pytest.mark.parametrize(("n_inside", "n_bounds"), [(2, 0), (12, 1)])
def test_nothing_is_said_of_an_end_where_all_candidates_crowd(n_inside, n_bounds):
    values = np.append(np.linspace(0, 7, n_inside), np.linspace(9.5, 10, 20))
    table = {"params": [{"a": a} for a in values], "mean_test_score": values}
    assert len(bounds(table)) == n_bounds


# --- what is advised ---


def advice(space, values, estimator=None):
    """Return what is to be tried where the score rises along the range."""

    class Search:
        param_distributions = space
        fit = None

    search = Search()
    search.estimator = estimator
    (name,) = space
    search.cv_results_ = {
        "params": [{name: value} for value in values],
        "mean_test_score": np.linspace(0, 1, len(values)),
    }
    table = check_ranges(search)
    return [(row["bound"], row["try"]) for _, row in table.iterrows()]


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ({"x": Real(1e-3, 1e3, log=True)}, (1000, 1e5)),
        ({"x": Real(1, 10, log=True)}, (10, 100)),
        ({"x": Real(-4, 4)}, (4, 8)),
        ({"x": Real(0.5, 0.8)}, (0.8, 0.95)),
        ({"x": Real(0.0, 0.8)}, (0.8, 1)),  # a share cannot be more
        ({"x": Integer(1, 100)}, (100, 150)),
        ({"x": Real(100, 100.4)}, (100.4, 100.6)),
        ({"x": [2, 4, 8, 16, 32]}, (32, 300)),
    ],
)
def test_advice_goes_half_the_width_or_some_decades_further(space, expected):
    (dimension,) = (space["x"],)
    if isinstance(dimension, list):
        values = dimension
    else:
        values = [dimension.decode(u) for u in np.linspace(0, 1, 9)]
    ((bound, further),) = advice(space, values)
    assert bound == pytest.approx(expected[0])
    assert further > bound
    assert further == pytest.approx(expected[1])


@pytest.mark.parametrize(
    ("space", "estimator", "expected"),
    [
        ({"n_neighbors": range(1, 20)}, KNeighborsClassifier(), []),
        ({"n_neighbors": range(4, 20)}, KNeighborsClassifier(), [(4, 1)]),
        ({"x": range(1, 20)}, None, []),
        ({"x": range(4, 20)}, None, [(4, 1)]),
        ({"x": Real(0, 1)}, None, []),
        ({"alpha": Real(0.1, 1)}, Ridge(), [(0.1, 0.01)]),
        ({"x": Real(0.1, 1)}, None, [(0.1, 0.01)]),
        ({"x": Real(-1, 1)}, None, [(-1, -2)]),
        ({"l1_ratio": Real(0, 0.8)}, ElasticNet(), []),
    ],
)
def test_advice_stays_within_what_is_allowed(space, estimator, expected):
    (dimension,) = space.values()
    if isinstance(dimension, range):
        values = list(dimension)
    else:
        values = [dimension.decode(u) for u in np.linspace(0, 1, 9)]
    assert advice(space, values[::-1], estimator) == expected


def test_the_sentence_names_parameter_bound_and_what_to_try():
    search = bayes(Peak(), OUTSIDE[0][0]).fit(X)
    (text,) = check_ranges(search)["text"]
    assert text == (
        "C: the best is at the upper bound 0.1 and the score still rises there; try up "
        "to 1, if the estimator permits."
    )


@pytest.mark.parametrize(("grid", "finding"), [((1, 6), "upper"), ((20, 60), "lower")])
def test_an_end_of_a_path_is_seen(grid, finding):
    # the toy has its peak between, at lengths that depend on `a`
    found = BayesSearchCV(
        toys.Rising(),
        {"a": uniform(0, 1), "n_steps": Integer(*grid)},
        path=FitPath("n_steps", grow=toys.rise),
        n_iter=8,
        cv=3,
        random_state=0,
    ).fit(X)
    table = check_ranges(found).set_index("parameter")
    assert table.loc["n_steps", "finding"] == f"{finding} bound"
    assert table.loc["n_steps", "bound"] == grid[finding == "upper"]
    assert (
        f"{finding} bound {grid[finding == 'upper']} and the score still rises"
        in (table.loc["n_steps", "text"])
    )
    wide = found.set_params(param_distributions={"n_steps": Integer(1, 100)}).fit(X)
    assert "n_steps" not in set(check_ranges(wide)["parameter"])


@pytest.mark.parametrize(
    ("package", "cls", "name", "ints", "expected"),
    [
        ("lightgbm", "LGBMRegressor", "num_leaves", range(2, 40), []),
        ("lightgbm", "LGBMRegressor", "num_leaves", range(9, 40), [(9, 2)]),
        ("xgboost", "XGBRegressor", "max_bin", range(6, 40), [(6, 2)]),
        ("catboost", "CatBoostRegressor", "depth", range(12, 1, -1), [(12, 16)]),
    ],
)
def test_advice_is_nothing_that_boosting_refuses(package, cls, name, ints, expected):
    module = pytest.importorskip(package)
    estimator = getattr(module, cls)()
    assert advice({name: ints}, list(ints)[::-1], estimator) == expected
    piped = make_pipeline(StandardScaler(), estimator)
    piped_name = f"{cls.lower()}__{name}"
    assert advice({piped_name: ints}, list(ints)[::-1], piped) == expected


def test_limits_are_those_that_the_estimator_tells():
    pipe = make_pipeline(StandardScaler(), SVC())
    assert numeric_limits(pipe, "svc__C", False) == (0, np.inf)
    assert numeric_limits(DecisionTreeClassifier(), "min_samples_leaf", True)[0] == 1
    assert numeric_limits(DecisionTreeClassifier(), "min_samples_leaf", False)[1] == 1
    for estimator, name in ((pipe, "no__C"), (pipe, "svc__no"), (None, "C")):
        assert numeric_limits(estimator, name, False) is None
