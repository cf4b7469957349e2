"""Results in other forms, by what they have: the libraries need not be there.

Those of Optuna itself are in test_optuna.py.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesSearchCV,
    Integer,
    parameter_importance,
    read_journal,
)
from sklearn_bayes_search.results._reader import read_results

X, y = make_classification(n_samples=60, n_features=4, flip_y=0.2, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": [None, Integer(2, 9)], "min_samples_leaf": Integer(1, 30)}
OPTIONS = {"n_iter": 10, "cv": 5, "random_state": 0}


def search_for(prior=None, **options):
    return BayesSearchCV(TREE, SPACE, prior_results=prior, **{**OPTIONS, **options})


class Dimensions:
    """Has what a space of scikit-optimize has."""

    dimension_names = ("max_depth", "min_samples_leaf")


def optimize_result(points, values, space=Dimensions):
    """Make what scikit-optimize returns: points, and values that were minimised."""
    values = np.asarray(values)
    return OptimizeResult(x_iters=points, func_vals=values, space=space)


def test_a_result_of_scikit_optimize_is_taken_with_another_sign():
    points = [[2, 1], [5, 4], [9, 8]]
    result = optimize_result(points, [-0.5, -0.9, -0.7])
    for form in (result, [result, result]):
        first = search_for(form).fit(X, y).cv_results_["params"][0]
        assert first == {"max_depth": 5, "min_samples_leaf": 4}
    assert read_results(result).scores.tolist() == [0.5, 0.9, 0.7]


@pytest.mark.parametrize(
    "result",
    [
        optimize_result([[2, 1]], [-0.5], space=None),
        optimize_result([[2, 1]], [[-0.5, 0.1]]),
    ],
)
def test_points_without_names_or_with_several_values_are_refused(result):
    with pytest.raises(ValueError, match=r"'prior_results' .*Name the dimensions"):
        search_for(result).fit(X, y)


def test_a_result_of_scipy_holds_no_points():
    result = minimize(lambda x: x @ x, [1.0])
    with pytest.raises(ValueError, match="must have a score"):
        search_for(result).fit(X, y)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"racing": True, "n_iter": 20, "experience": False},
        {"scoring": ["accuracy", "f1"], "refit": "f1"},
    ],
    ids=str,
)
def test_a_journal_tells_what_its_search_does(tmp_path, options):
    path = tmp_path / "search.jsonl"
    earlier = search_for(checkpoint=path, **options).fit(X, y)
    metric = options.get("refit")
    own, read = read_results(earlier, metric), read_results(read_journal(path), metric)
    np.testing.assert_allclose(read.scores, own.scores)
    np.testing.assert_allclose(read.folds, own.folds)
    np.testing.assert_array_equal(read.paused, own.paused)
    assert read.paused.any() == ("racing" in options)
    options = {**options, "n_iter": 5}
    tried = [
        search_for(form, **options).fit(X, y).cv_results_["params"]
        for form in (earlier, path, str(path), [path], read_journal(path))
    ]
    assert all(params == tried[0] for params in tried)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_a_journal_of_a_search_that_failed_at_times_says_where(tmp_path):
    path = tmp_path / "search.jsonl"
    space = {"criterion": ["gini", "wrong"], "min_samples_leaf": Integer(1, 30)}
    search = BayesSearchCV(TREE, space, checkpoint=path, error_score=0.0, **OPTIONS)
    search.fit(X, y)
    read = read_results(read_journal(path))
    np.testing.assert_array_equal(read.failed, read_results(search).failed)
    assert 0 < read.failed.sum() < 10


def test_a_journal_can_be_analysed():
    columns = ["candidate", "fold", "param_a", "score", "status", "error", "start"]
    columns += ["seconds", "worker", "fit_time", "score_time", "n_test_samples"]
    rng = np.random.default_rng(0)
    fits = [
        [c, f, str(a), a + rng.normal(0, 0.01), "ok", None, 0.0, 1.0, "", 1.0, 0.0, 9]
        for c, a in enumerate(np.linspace(0, 1, 20))
        for f in range(3)
    ]
    importance = parameter_importance(pd.DataFrame(fits, columns=columns))
    assert importance["matters"].tolist() == ["yes"]
    assert importance["direction"].tolist() == ["score rises on average"]


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n"])
def test_another_file_than_a_journal_is_refused_with_a_way_out(tmp_path, content):
    path = tmp_path / "results.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"entry 1 .*results.csv.*'checkpoint'.*DataF"):
        search_for([search_for().fit(X, y), path]).fit(X, y)
    with pytest.raises(ValueError, match="is a folder"):
        search_for(tmp_path).fit(X, y)
