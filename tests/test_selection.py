"""The honest best: estimates against simulations, choices against brute force."""

import dataclasses
import pickle
import re

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, randint, ttest_rel, uniform
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, get_scorer_names, make_scorer, zero_one_loss
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
)
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, OneStandardError
from sklearn_bayes_search.results._selection import (
    equivalent_settings,
    honest_score,
    known_test_share,
)

X = np.arange(60.0).reshape(30, 2)


def results(table, params=None, metric="score"):
    """Make `cv_results_` of a table of scores, (n_settings, n_splits)."""
    table = np.asarray(table, dtype=float)
    made = {f"split{i}_test_{metric}": column for i, column in enumerate(table.T)}
    made["params"] = params or [{"x": i} for i in range(len(table))]
    for name in {name for p in made["params"] for name in p}:
        made[f"param_{name}"] = None
    return made


def simulate(rng, n, k, spread):
    """Draw true means, and fold scores with effects of folds and interactions."""
    means = spread * rng.normal(size=n)
    table = means[:, None] + rng.normal(size=k) + rng.normal(size=(n, k))
    return means, table


# --- how good the best is ---


def test_the_score_of_another_setting_is_that_setting_s():
    _, table = simulate(np.random.default_rng(0), 8, 5, 0.3)
    row = int(table.mean(axis=1).argsort()[-2])
    of_best, of_other = (
        honest_score(results(table)),
        honest_score(results(table), index=row),
    )
    assert of_other.score == table[row].mean() - of_other.optimism
    assert of_other.optimism < of_best.optimism
    table[row] += 5 * np.array([1, -1, 1, -1, 0])
    widths = [
        h.high - h.low for h in (of_other, honest_score(results(table), index=row))
    ]
    assert widths[0] < widths[1]
    with pytest.raises(ValueError, match="row 9, 'index'"):
        honest_score(results(table), index=9)


@pytest.mark.parametrize("search", [GridSearchCV, BayesSearchCV])
def test_the_honest_score_is_that_of_the_setting_that_a_function_chose(search):
    tree = DecisionTreeClassifier(random_state=0)
    space = {"max_depth": list(range(1, 9))}
    simplest = search(tree, space, refit=OneStandardError("max_depth", tolerance=9))
    simplest.fit(*load_iris(return_X_y=True))
    honest, index = honest_score(simplest), simplest.best_index_
    assert index != simplest.cv_results_["mean_test_score"].argmax()
    assert honest == honest_score(simplest.cv_results_, index=index)
    assert not hasattr(simplest, "best_score_")
    if search is BayesSearchCV:
        assert simplest.honest_score() == honest
        with pytest.raises(AttributeError, match=r"if 'refit' is a rule .*_test_score"):
            _ = simplest.best_score_


def test_the_honest_score_by_another_metric_is_that_of_its_best_candidate():
    search = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 3], "class_weight": [None, {0: 1, 1: 1, 2: 20}]},
        scoring={"all": "accuracy", "last": lambda tree, X, y: tree.score(X, y == 2)},
        refit="all",
        random_state=0,
    ).fit(*load_iris(return_X_y=True))
    means = search.cv_results_["mean_test_last"]
    other, own = means.argmax(), search.best_index_
    assert other != own
    honest = search.honest_score(metric="last")
    assert honest == honest_score(search, metric="last", index=int(other))
    assert honest.score + honest.optimism == pytest.approx(means.max())
    of_refit = honest_score(search, metric="last", index=own)
    assert of_refit.score + of_refit.optimism == pytest.approx(means[own])
    assert search.honest_score() == search.honest_score(metric="all")
    with pytest.raises(ValueError, match="first"):
        search.honest_score(metric="first")


@pytest.mark.parametrize("function", [honest_score, equivalent_settings])
@pytest.mark.parametrize("share", [-1, np.nan, np.inf, "0.25", True])
def test_a_share_of_test_samples_that_is_none_is_refused(function, share):
    table = results([[0.1, 0.2], [0.3, 0.5]])
    with pytest.raises(ValueError, match="'test_share' parameter must be a finite num"):
        function(table, test_share=share)


def test_where_the_function_that_chooses_has_failed_the_best_mean_is_corrected():
    def fails(cv_results):
        raise ValueError("no choice")

    tree = DecisionTreeClassifier(random_state=0)
    search = BayesSearchCV(tree, {"max_depth": list(range(1, 9))}, refit=fails)
    with pytest.raises(ValueError, match="no choice"):
        search.fit(*load_iris(return_X_y=True))
    assert search.honest_score().score == honest_score(search.cv_results_).score


@pytest.mark.parametrize("k", [5, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_half_of_the_optimism_is_taken_away_at_least(k, spread):
    rng = np.random.default_rng(k)
    plain, honest, covered = [], [], []
    for _ in range(600):
        means, table = simulate(rng, 30, k, spread)
        truth = means[table.mean(axis=1).argmax()]
        estimate = honest_score(results(table))
        plain.append(table.mean(axis=1).max() - truth)
        honest.append(estimate.score - truth)
        covered.append(estimate.low <= truth <= estimate.high)
    # a fold's effect of deviation 1 leaves 1 / sqrt(600 k) = 0.02 in both
    assert abs(np.mean(honest)) < 0.5 * np.mean(plain)
    assert 0.88 <= np.mean(covered) <= 0.999


def test_the_luck_among_two_is_that_of_the_closed_form():
    table = np.random.default_rng(5).normal(size=(2, 6))
    gap, difference = np.ptp(table.mean(axis=1)), table[0] - table[1]
    # 1.5 / k of the variance: the errors of the two are opposite, of this deviation
    deviation = (difference.std(ddof=1) ** 2 / 2 * 1.5 / 6) ** 0.5
    luck = 2 * deviation * norm.pdf(gap / (2 * deviation))
    expected = min(luck, gap / 2)  # the median is half way
    honest = honest_score(results(table))
    assert honest.optimism == pytest.approx(expected, rel=0.1)
    assert honest.score + honest.optimism == pytest.approx(table.mean(axis=1).max())


def test_no_luck_makes_the_best_worse_than_the_median():
    for seed in range(20):
        _, table = simulate(np.random.default_rng(seed), 9, 3, 0.0)
        means = table.mean(axis=1)
        assert honest_score(results(table)).score >= np.median(means) - 1e-12


def test_settings_that_score_alike_are_lucky_together():
    _, table = simulate(np.random.default_rng(1), 6, 8, 0.3)
    optimism = honest_score(results(table)).optimism
    again = honest_score(results(np.vstack([table] * 3))).optimism
    assert again == pytest.approx(optimism, rel=0.05)
    _, others = simulate(np.random.default_rng(2), 12, 8, 0.3)
    more = np.vstack([table, others - others.max() + table.mean(axis=1).max()])
    assert honest_score(results(more)).optimism >= 0


def test_a_setting_with_one_hopeless_fold_is_not_taken_for_a_lucky_one():
    _, table = simulate(np.random.default_rng(3), 12, 5, 0.3)
    optimism = honest_score(results(table)).optimism
    for bad in (-1e3, -1e300):
        wild = np.vstack([table, table[0]])
        wild[-1, 2] = bad
        assert honest_score(results(wild)).optimism < 2 * optimism + 0.1


def overlapping(rng, n, k, repeats, spread):
    """Draw scores of repeated k folds: errors of rows, and of training sets."""
    means = spread * rng.normal(size=n)
    table, size = [], 120
    of_rows = rng.normal(size=(n, size)) * 3
    for _ in range(repeats):
        for test in np.split(rng.permutation(size), k):
            table.append(of_rows[:, test].mean(axis=1) + 0.3 * rng.normal(size=n))
    return means, means[:, None] + np.array(table).T


def test_rows_that_are_tested_again_are_no_new_rows():
    rng = np.random.default_rng(0)
    plain, honest = [], []
    for _ in range(150):
        means, table = overlapping(rng, 20, 4, 6, 0.1)
        best = table.mean(axis=1).argmax()
        estimate = honest_score(results(table), test_share=1 / 3)
        plain.append(table[best].mean() - means[best])
        honest.append(estimate.score - means[best])
    assert abs(np.mean(honest)) < 0.5 * np.mean(plain)


def test_rows_that_are_tested_again_do_not_narrow_the_interval():
    widths = {1: [], 6: []}
    for seed in range(30):
        for repeats, found in widths.items():
            rng = np.random.default_rng(seed)
            _, table = overlapping(rng, 20, 4, repeats, 0.5)
            estimate = honest_score(results(table), test_share=1 / 3)
            found.append(estimate.high - estimate.low)
    # training sets are new ones, and the effects of more folds are known better
    assert np.mean(widths[6]) > 0.8 * np.mean(widths[1])


def test_paused_settings_take_part_in_the_repeated_choice():
    _, table = simulate(np.random.default_rng(4), 20, 10, 0.3)
    table = table[np.argsort(-table.mean(axis=1))]
    partial = table.copy()
    partial[6:, 4:] = np.nan
    rows = results(partial)
    survivors = honest_score(rows).optimism
    rows["n_splits_evaluated"] = np.isfinite(partial).sum(axis=1)
    with_paused = honest_score(rows).optimism
    assert survivors < with_paused
    rows["n_splits_evaluated"][6:] += 1  # each has a fold that failed
    assert honest_score(rows).optimism == survivors


def test_the_print_has_four_digits_and_the_caveat_where_there_is_one():
    _, table = simulate(np.random.default_rng(0), 8, 5, 0.3)
    honest = honest_score(results(table))
    shown = re.findall(r"(\w+)=([-0-9.e]+)", repr(honest))
    assert [name for name, _ in shown] == ["score", "low", "high", "optimism", "level"]
    for name, text in shown:
        assert float(text) == pytest.approx(getattr(honest, name), rel=5.1e-4)
        assert len(text.strip("-").replace(".", "").lstrip("0")) <= 4
    assert honest.caveat == ""
    rows = np.random.default_rng(0).integers(0, 2, size=(5, 60)).astype(float)
    assert "60 folds" in honest_score(results(rows)).caveat
    assert "60 folds" in repr(honest_score(results(rows)))
    repeated = honest_score(results(rows), test_share=1 / 4)
    assert repeated.caveat == ""
    assert "same on each fold" in honest_score(results([[1, 1]])).caveat


@pytest.mark.parametrize(
    ("scoring", "low", "high"),
    [
        (None, 0, 1),
        ("accuracy", 0, 1),
        ("f1_macro", 0, 1),
        (["accuracy", "roc_auc_ovr"], 0, 1),
        ({"mine": make_scorer(accuracy_score)}, 0, 1),
        ("neg_log_loss", -np.inf, 0),
        (make_scorer(zero_one_loss, greater_is_better=False), -np.inf, 0),
        ("matthews_corrcoef", -1, 1),
        (lambda estimator, X, y: estimator.score(X, y), -np.inf, np.inf),
        pytest.param(
            *("d2_log_loss_score", -np.inf, 1),
            marks=pytest.mark.skipif(
                "d2_log_loss_score" not in get_scorer_names(),
                reason="scikit-learn >= 1.7",
            ),
        ),
    ],
)
def test_the_interval_ends_where_the_metric_does(scoring, low, high):
    X, y = load_iris(return_X_y=True)
    several = isinstance(scoring, list | dict)
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3]},
        scoring=scoring,
        refit=next(iter(scoring)) if several else True,
        cv=2,
    ).fit(X[::5], y[::5])
    honest = honest_score(search, level=1 - 1e-9)
    assert low <= honest.low <= honest.score <= honest.high <= high
    assert (honest.low == low) == np.isfinite(low)
    assert (honest.high == high) == np.isfinite(high)


def test_a_metric_of_the_user_may_leave_the_range_of_its_name():
    rows = results([[2.0, 3.0, 2.5], [1.0, 1.5, 3.0]], metric="accuracy")
    assert honest_score(rows).high > 3
    rows = results([[0.9, 1.0, 0.95], [0.8, 0.9, 0.9]], metric="accuracy")
    assert honest_score(rows, level=0.9999).high == 1


def test_without_a_choice_there_is_no_optimism():
    honest = honest_score(results([[0.5, 0.7, 0.9]]))
    assert honest.optimism == 0
    # t of 2 degrees of freedom, deviation 0.2, 1/3 + 1/2
    assert_allclose(honest.high - honest.score, 4.302653 * 0.2 * (5 / 6) ** 0.5)
    assert_allclose(honest.score - honest.low, honest.high - honest.score)


def test_more_confidence_and_more_test_samples_widen_the_interval():
    table = np.random.default_rng(0).normal(size=(5, 5))

    def width(**options):
        honest = honest_score(results(table), **options)
        return honest.high - honest.low

    assert width(level=0.8) < width() < width(level=0.99)
    assert width(test_share=0.1) < width() < width(test_share=1.0)


# --- which are as good ---


@given(st.integers(2, 8), st.integers(1, 12), st.integers(0, 2**16))
def test_equivalent_settings_are_those_that_a_paired_test_does_not_refuse(k, n, seed):
    _, table = simulate(np.random.default_rng(seed), n, k, 2.0)
    found = equivalent_settings(results(table), test_share=0.0)
    best = table.mean(axis=1).argmax()
    expected = {best}
    for row in set(range(n)) - {best}:
        p = ttest_rel(table[best], table[row], alternative="greater").pvalue
        if p >= 0.05:
            expected.add(row)
    assert set(found) == expected
    assert found[0] == best
    corrected = equivalent_settings(results(table))
    assert set(found) <= set(corrected)


def test_equal_settings_may_differ_by_rounding_errors():
    table = np.array([[0.7, 0.8, 0.9], [0.5, 0.6, 0.65], [0.7, 0.8, 0.9]])
    for scale in (1.0, 2.0**600, 2.0**-600):
        for error in (1e-16, 3e-16, -1e-16):
            near = table.copy()
            near[2] += error
            rows = results(near * scale)
            assert set(equivalent_settings(rows)) == {0, 2}
            assert OneStandardError("x", tolerance=0)(rows) == 0
            exact, same = honest_score(results(table * scale)), honest_score(rows)
            assert_allclose(same.high, exact.high)
    assert set(equivalent_settings(results([[0.1 + 0.2], [0.3], [0.2]]))) == {0, 1}


def test_effects_of_folds_do_not_make_settings_equivalent():
    folds = np.array([0.0, 5.0, -3.0, 2.0])
    table = np.array([folds, folds - 0.1, folds + np.array([0.1, -0.2, 0.0, 0.05])])
    assert_array_equal(equivalent_settings(results(table)), [0, 2])


# --- one standard error ---


def test_the_simplest_within_one_standard_error_is_taken():
    table = [[0.5, 0.5], [0.79, 0.81], [0.86, 0.88], [0.8, 1.0]]
    rows = results(table)  # best 0.9 with error 0.1: 0.8 and more are enough
    assert OneStandardError("x")(rows) == 1
    assert OneStandardError("x", tolerance=0.5)(rows) == 2
    assert OneStandardError("x", tolerance=0.0)(rows) == 3
    assert OneStandardError("-x")(rows) == 3
    assert OneStandardError(lambda params: abs(params["x"] - 2))(rows) == 2


def test_several_names_none_and_ties():
    params = [
        {"depth": None, "leaf": 1},
        {"depth": 3, "leaf": 1},
        {"depth": 3, "leaf": 5},
        {"depth": 3, "leaf": 5},
    ]
    rows = results([[1, 1], [1, 1], [0.9, 0.9], [1, 1]], params)
    assert OneStandardError("depth", tolerance=9)(rows) == 1
    assert OneStandardError(["depth", "-leaf"], tolerance=9)(rows) == 3
    assert OneStandardError("-leaf", tolerance=9)(rows) == 3


def test_paused_and_failed_settings_are_never_taken():
    table = [[0.9, np.nan], [0.5, 0.6], [0.55, 0.57]]
    rows = results(table)
    assert OneStandardError("x")(rows) == 1
    assert_array_equal(equivalent_settings(rows), [2, 1])
    assert honest_score(rows).score < 0.6
    empty = results([[np.nan, 0.5]])
    for function in (honest_score, equivalent_settings, OneStandardError("x")):
        with pytest.raises(ValueError, match="No candidate has a finite score on all"):
            function(empty)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: OneStandardError("y")(r), r"names of searched.*'y'.*\['x'\]"),
        (lambda r: honest_score(r, metric="f1"), r"one of \['score'\].*'f1'"),
        (lambda r: honest_score(r, level=1), "'level' parameter must be a number"),
        (lambda r: equivalent_settings(r, level=95), "'level' parameter.*Got 95"),
        (lambda r: OneStandardError("x", tolerance=-1), "'tolerance' para.*>= 0.*-1"),
        (lambda r: OneStandardError("x", tolerance=np.inf), "'tolerance' param.*inf"),
        (lambda r: honest_score(results([[0.5]])), "at least 2 folds.*Got 1"),
    ],
)
def test_a_wrong_argument_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(results([[0.5, 0.6]]))


@pytest.mark.parametrize("name", ["x", "-x"])
@pytest.mark.parametrize("value", ["sqrt", (3,)])
def test_a_parameter_without_an_order_is_refused(name, value):
    rows = results([[1, 2], [2, 2], [9, 9]], [{"x": 3}, {"x": value}, {"x": None}])
    with pytest.raises(ValueError, match=f"numbers or None.*'x' has the.*{value!r}"):
        OneStandardError(name)(rows)


def test_seconds_and_other_metrics_may_say_what_is_simple():
    rows = results([[1, 1], [1, 1], [1, 1]])
    rows["mean_fit_time"] = np.array([3.0, 1.0, 2.0])
    rows["mean_test_size"] = np.array([3.0, np.nan, 2.0])
    assert OneStandardError("mean_fit_time")(rows) == 1
    assert OneStandardError("-mean_fit_time")(rows) == 0
    assert OneStandardError("mean_test_size", metric="score")(rows) == 2
    with pytest.raises(ValueError, match=r"'mean_fit_tme'.*mean 'mean_fit_time'"):
        OneStandardError("mean_fit_tme")(rows)


@pytest.mark.parametrize(("best", "by_x", "by_both"), [(0, 1, 1), (2, 2, 3), (4, 4, 4)])
def test_candidates_without_the_parameter_are_compared_with_each_other(
    best, by_x, by_both
):
    table = np.full((5, 2), 0.9)
    table[best] = [0.9, 1.0]
    rows = results(table, [{"x": 3}, {"x": 2}, {"z": 5}, {"z": 4}, {}])
    assert OneStandardError("x", tolerance=9)(rows) == by_x
    assert OneStandardError(["x", "z"], tolerance=9)(rows) == by_both


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"refit": OneStandardError("max_depht")}, "'max_depht'.*mean 'max_depth'"),
        ({"refit": OneStandardError(["max_depth", "-leaf"])}, "'leaf'.* There are"),
        ({"refit": OneStandardError("criterion")}, "'criterion' has the value 'gini'"),
        ({"refit": OneStandardError([])}, r"Got \[\]"),
        ({"refit": OneStandardError("mean_test_f2")}, "mean 'mean_test_f1'"),
        ({"refit": OneStandardError("max_depth", metric="f2")}, "'metric'.*'f2'"),
    ],
)
@pytest.mark.parametrize("scoring", [["accuracy", "f1"], None])
def test_what_the_rule_would_refuse_is_refused_before_the_first_fit(
    options, message, scoring
):
    def fit(X, y=None):
        raise AssertionError("a fit was begun")

    tree = DecisionTreeClassifier()
    tree.fit = fit
    space = {"max_depth": [1, 2, 3, None], "criterion": ["gini", "entropy"]}
    if scoring is None:
        message = message.replace("mean_test_f1", "mean_test_score")
    search = BayesSearchCV(tree, space, scoring=scoring, error_score="raise", **options)
    with pytest.raises(ValueError, match=message):
        search.fit(*load_iris(return_X_y=True))


@pytest.mark.parametrize("by_function", [False, True])
def test_the_rule_and_the_search_agree_on_the_metric(by_function):
    def scoring(estimator, X, y):
        return {"low": -estimator.max_depth, "high": estimator.max_depth}

    def fitted(metric=None, **options):
        refit = OneStandardError("max_depth", metric=metric)
        one = {n: lambda e, X, y, n=n: scoring(e, X, y)[n] for n in ("low", "high")}
        return BayesSearchCV(
            DecisionTreeClassifier(),
            {"max_depth": [1, 2, 3]},
            scoring=scoring if by_function else one,
            refit=refit,
            cv=2,
            **options,
        ).fit(*load_iris(return_X_y=True))

    for search, metric, best in (
        (fitted(), "low", 1),
        (fitted(objective_metric="high"), "high", 3),
        (fitted(metric="high"), "high", 3),
    ):
        assert search.objective_metric_ == metric
        assert search.best_params_ == {"max_depth": best}
        sign = -1 if metric == "low" else 1
        assert search.score(*load_iris(return_X_y=True)) == sign * best
    with pytest.raises(ValueError, match=r"'metric' must be one of.*'hihg'"):
        fitted(metric="hihg")


def test_booleans_are_numbers():
    for no, yes in ((False, True), (np.False_, np.True_)):
        rows = results([[1, 1], [1, 1]], [{"x": no}, {"x": yes}])
        assert OneStandardError("x")(rows) == 0
        assert OneStandardError("-x")(rows) == 1


def test_scores_near_the_largest_float_give_an_interval():
    table = np.random.default_rng(0).normal(size=(5, 5))
    one, huge = (honest_score(results(table * scale)) for scale in (1.0, 2.0**1000))
    assert huge.high / 2.0**1000 == one.high
    assert_array_equal(
        equivalent_settings(results(table * 2.0**1000)),
        equivalent_settings(results(table)),
    )
    scored = OneStandardError("x")
    assert scored(results(table * 2.0**1000)) == scored(results(table))


# --- with searches ---


@pytest.mark.parametrize("cls", [GridSearchCV, RandomizedSearchCV, BayesSearchCV])
def test_it_serves_every_search(cls):
    rule = OneStandardError("max_depth")
    tree = DecisionTreeClassifier(random_state=0)
    search = cls(tree, {"max_depth": list(range(1, 11))}, refit=rule)
    search.fit(*load_iris(return_X_y=True))
    assert search.best_params_ == {"max_depth": 3}
    assert honest_score(search).score <= search.cv_results_["mean_test_score"].max()
    as_frame = pd.DataFrame(search.cv_results_)
    for table in (as_frame, as_frame.to_dict("list")):
        assert rule(table) == search.best_index_
        index = search.best_index_  # a table does not tell what was chosen
        honest = honest_score(table, index=index)
        ends = {"low": max(honest.low, 0.0), "high": min(honest.high, 1.0)}
        # nor which metric it is
        assert dataclasses.replace(honest, **ends) == honest_score(search)
    few_rows = as_frame[:3]  # fewer than folds
    assert honest_score(few_rows) == honest_score(few_rows.to_dict("list"))
    assert pickle.loads(pickle.dumps(rule)) == rule


@pytest.mark.parametrize("racing", [False, True])
def test_a_search_tells_its_honest_score_and_its_equals(racing):
    search = BayesSearchCV(
        toys.Folded(), {"a": uniform(0, 1)}, n_iter=12, random_state=0, racing=racing
    )
    assert not hasattr(search, "equivalent_params_")
    search.fit(X)
    honest = search.honest_score()
    assert honest.low < honest.score <= search.best_score_ < honest.high
    assert search.best_score_ - honest.score == pytest.approx(honest.optimism)
    equals = search.equivalent_params_
    assert equals[0] == search.best_params_
    assert all(setting in search.cv_results_["params"] for setting in equals)


def test_settings_that_followed_scores_are_corrected_more():
    def searched(**options):
        space = {"min_samples_leaf": randint(1, 40), "max_features": uniform(0.1, 0.9)}
        tree = DecisionTreeClassifier(random_state=0)
        search = BayesSearchCV(tree, space, n_iter=12, random_state=0, **options)
        return search.fit(*load_iris(return_X_y=True))

    random, followed = searched(n_initial_points=12), searched(n_initial_points=4)
    of_table = [honest_score(s.cv_results_).optimism for s in (random, followed)]
    assert random.honest_score().optimism == of_table[0]
    assert followed.honest_score().optimism > of_table[1]


def test_the_metric_of_refit_tells_which_is_best():
    def scoring(estimator, X, y=None):
        score = estimator.score(X)
        return {"good": score, "bad": -score}

    search = BayesSearchCV(
        toys.Folded(),
        {"a": uniform(0, 1)},
        n_iter=8,
        scoring=scoring,
        refit="bad",
        objective_metric="good",
        random_state=0,
    ).fit(X)
    assert search.equivalent_params_[0] == search.best_params_


@pytest.mark.parametrize("options", [{}, {"refit": False}, {"refit": "accuracy"}])
def test_the_metric_of_a_search_for_one_has_no_name_of_its_own(options):
    search = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": list(range(1, 5))},
        scoring="accuracy",
        **options,
    ).fit(*load_iris(return_X_y=True))
    assert honest_score(search) == search.honest_score()
    assert search.equivalent_params_[0] == search.best_params_


def test_the_metric_that_refit_names_is_taken():
    grid = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3]},
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
    ).fit(*load_iris(return_X_y=True))
    named = honest_score(grid, metric="neg_log_loss")
    assert honest_score(grid) == named
    grid.refit = True
    with pytest.raises(ValueError, match=r"'accuracy', 'neg_log_loss'.*Choose"):
        honest_score(grid)


def test_a_setting_that_failed_is_no_equal_whatever_its_error_score():
    class Failing(toys.Folded):
        def fit(self, X, y=None):
            if self.a == 0.3 and X[0, 0] > 0:
                raise ValueError("the first fold")
            return super().fit(X)

    search = BayesSearchCV(Failing(), {"a": [0.1, 0.3, 0.35]}, cv=3, error_score=-0.1)
    with pytest.warns(FitFailedWarning):
        search.fit(X)
    assert {"a": 0.3} not in search.equivalent_params_
    assert {"a": 0.35} in search.equivalent_params_


SPLITS = [
    (np.arange(20), np.arange(20, 30)),
    (np.arange(10, 30), np.arange(10)),
    (np.arange(30) % 2 == 0, np.arange(30) % 2 == 1),
]


@pytest.mark.parametrize(
    ("cv", "share"),
    [
        (RepeatedKFold(n_splits=5, n_repeats=2, random_state=0), 1 / 4),
        (RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0), 1 / 2),
        (ShuffleSplit(4, random_state=0), 1 / 9),
        (ShuffleSplit(4, test_size=0.3, random_state=0), 3 / 7),
        (ShuffleSplit(4, train_size=0.3, random_state=0), 7 / 3),
        (ShuffleSplit(4, test_size=0.2, train_size=0.5, random_state=0), 2 / 5),
        (ShuffleSplit(4, test_size=6, train_size=12, random_state=0), 1 / 2),
        (SPLITS, (0.5 + 0.5 + 1) / 3),
        (KFold(5), None),
        (5, None),
        (ShuffleSplit(4, test_size=6, random_state=0), None),
    ],
    ids=str,
)
def test_the_share_of_test_samples_is_known_from_the_splits(cv, share):
    y = np.arange(30) % 2
    space = {"a": [0.1, 0.2, 0.25, 0.5]}
    grid = GridSearchCV(toys.Folded(), space, cv=cv).fit(X, y)
    search = BayesSearchCV(toys.Folded(), space, cv=cv).fit(X, y)
    assert known_test_share(grid) == (share if share is None else pytest.approx(share))
    drawn = 1 / 4 if share is None else share
    assert known_test_share(search) == pytest.approx(drawn)
    assert known_test_share(search.cv_results_) is None
    expected = honest_score(search.cv_results_, test_share=drawn)
    assert search.honest_score().high == pytest.approx(expected.high)
    if share is not None:
        assert honest_score(grid).high == pytest.approx(expected.high)


def test_equal_settings_follow_the_share_of_test_samples():
    search = BayesSearchCV(
        toys.Folded(),
        {"a": list(np.linspace(0.2, 0.4, 20))},
        cv=RepeatedKFold(n_splits=3, n_repeats=10, random_state=0),
    ).fit(X)
    equals = equivalent_settings(search.cv_results_, test_share=0.5)
    assert len(equivalent_settings(search.cv_results_)) < len(equals)
    assert len(search.equivalent_params_) == len(equals)
    assert_array_equal(equivalent_settings(search), equals)


def test_a_resumed_search_knows_the_share_of_test_samples(tmp_path):
    options = {"cv": ShuffleSplit(3, random_state=0), "checkpoint": tmp_path / "file"}
    for _ in range(2):
        search = BayesSearchCV(toys.Folded(), {"a": [0.1, 0.3]}, **options).fit(X)
        assert known_test_share(search) == pytest.approx(1 / 9)


def test_the_least_cost_is_the_simplest_though_costs_are_negative():
    table = {
        "params": [{"a": a} for a in range(3)],
        **{f"split{k}_test_acc": np.array([0.9, 0.91, 0.9]) + k / 50 for k in range(2)},
        **{f"split{k}_test_neg_size": np.array([-9.0, -5.0, -2.0]) for k in range(2)},
    }
    for metric in ("acc", "neg_size"):
        folds = [table[f"split{k}_test_{metric}"] for k in range(2)]
        table[f"mean_test_{metric}"] = np.mean(folds, axis=0)
    for name in ("mean_test_neg_size", "-mean_test_neg_size"):
        assert OneStandardError(name, metric="acc")(table) == 2
