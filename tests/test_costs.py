"""Times and sizes of models as scores, and how they join what is scored."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.execution import _costs
from sklearn_bayes_search.execution._costs import (
    WithCosts,
    neg_model_size,
    neg_score_time,
    with_costs,
)
from sklearn_bayes_search.results._goals import Goals

X, Y = load_iris(return_X_y=True)
SPACE = {"max_depth": range(1, 7)}


class Clock:
    """Stands in for the time: each call takes the next of some seconds."""

    def __init__(self, *seconds):
        self.seconds, self.now, self.n_calls = list(seconds), 0.0, 0
        self.n_rows = None

    def perf_counter(self):
        return self.now

    def predict(self, X):
        self.now += self.seconds[min(self.n_calls, len(self.seconds) - 1)]
        self.n_calls, self.n_rows = self.n_calls + 1, len(X)


@pytest.mark.parametrize(
    ("seconds", "least", "n_calls"),
    [((0.5, 0.2), 0.2, 2), ((0.02, 0.01), 0.01, 4), ((0.001,), 0.001, 7)],
)
def test_the_time_is_the_least_of_some_for_a_thousand_rows(
    seconds, least, n_calls, monkeypatch
):
    clock = Clock(*seconds)
    monkeypatch.setattr(_costs, "time", clock)
    assert neg_score_time(clock, X[:50]) == pytest.approx(-least)
    assert clock.n_calls == n_calls
    assert clock.n_rows == 1000


def test_a_clock_that_stands_still_is_no_time_of_zero(monkeypatch):
    clock = Clock(0.0)
    monkeypatch.setattr(_costs, "time", clock)
    assert neg_score_time(clock, X) < 0


@pytest.mark.parametrize("model", [KMeans(2), StandardScaler()])
def test_whatever_a_model_predicts_with_is_timed(model):
    assert -10 < neg_score_time(model.fit(X), X) < 0


def test_a_model_without_predictions_is_refused():
    with pytest.raises(ValueError, match="needs an estimator with one of the methods"):
        neg_score_time(EmpiricalCovariance().fit(X), X)


def test_the_size_is_that_of_the_pickle():
    small = DecisionTreeClassifier(max_depth=1).fit(X, Y)
    large = DecisionTreeClassifier(random_state=0).fit(X, Y)
    assert neg_model_size(small, X) == -len(pickle.dumps(small, protocol=5))
    assert neg_model_size(large, X) < neg_model_size(small, X) - 500


class TestWhatIsScored:
    def keys(self, scoring, objective_metric=None, limits=None):
        return list(with_costs(scoring, Goals(objective_metric, limits)))

    def test_names_of_objectives_are_enough(self):
        assert self.keys(None, ["roc_auc", "neg_fit_time"]) == [
            "roc_auc",
            "neg_fit_time",
        ]

    def test_limits_come_beside_the_own_score(self):
        limits = {"recall": 0.5, "neg_model_size": -9}
        assert self.keys(None, None, limits) == ["score", "recall", "neg_model_size"]
        assert self.keys(None, ["score", "recall"]) == ["score", "recall"]
        assert self.keys(None, "roc_auc", {"recall": 0.5}) == ["roc_auc", "recall"]
        assert self.keys("f1", None, {"recall": 0.5}) == ["f1", "recall"]
        assert self.keys(("f1", "recall"), None, limits)[-1] == "neg_model_size"

    def test_scorers_of_the_user_come_first(self):
        own = {"neg_model_size": "accuracy"}
        assert with_costs(own, Goals(None, {"neg_model_size": -5})) is own

    def test_a_callable_has_its_scores_and_costs(self):
        for scores in (0.5, {"mine": 0.5}):
            full = with_costs(
                lambda estimator, X, y, of=scores: of,
                Goals(None, {"neg_model_size": -5}),
            )
            model = DecisionTreeClassifier().fit(X, Y)
            name = "score" if scores == 0.5 else "mine"
            found = full(model, X, Y)
            assert list(found) == [name, "neg_model_size"]
            assert found[name] == 0.5
        assert WithCosts(len, ()) == pickle.loads(pickle.dumps(WithCosts(len, ())))


@pytest.mark.parametrize("scoring", [None, lambda e, X, y: e.score(X, y)])
def test_the_time_of_the_fit_is_a_score(scoring):
    search = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        SPACE,
        n_iter=3,
        scoring=scoring,
        objective_metric=["score", "neg_fit_time"],
        refit=False,
        return_train_score=True,
    ).fit(X, Y)
    times = search.cv_results_["mean_fit_time"]
    for part in ("test", "train"):
        scores = search.cv_results_[f"mean_{part}_neg_fit_time"]
        np.testing.assert_allclose(-scores, times)


def test_of_a_fit_that_fails_there_is_no_cost():
    search = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [0, 1, 2]},
        objective_metric=["accuracy", "neg_fit_time"],
        refit="accuracy",
        cv=2,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what failed
        search.fit(X, Y)
    assert np.isnan(search.cv_results_["mean_test_neg_fit_time"]).sum() == 1
    assert search.optimizer_.history[0].failed


def test_costs_are_scorers_of_other_searches_too():
    scoring = {"size": neg_model_size, "accuracy": "accuracy"}
    tree = DecisionTreeClassifier(random_state=0)
    found = cross_validate(tree, X, Y, scoring=scoring)
    assert (found["test_size"] < -1000).all()
    grid = GridSearchCV(tree, {"max_depth": [1, 2]}, scoring=scoring, refit=False)
    sizes = grid.fit(X, Y).cv_results_["mean_test_size"]
    assert sizes[0] > sizes[1]
