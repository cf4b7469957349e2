"""An ensemble in the place of the best candidate: what is chosen, how good it is."""

import pickle

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import GradientBoostingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    cross_val_predict,
)
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_bayes_search import BayesSearchCV, GreedyEnsemble, Integer
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.report._page import page
from sklearn_bayes_search.results._ensemble import (
    _greedy,
    _mean_of,
    _out_of_fold,
    _predict_fold,
    _weighted,
)

X, Y = make_classification(
    150, n_informative=5, n_classes=3, flip_y=0.1, random_state=0
)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_leaf_nodes": Integer(2, 30), "min_samples_leaf": Integer(1, 20)}
SMALL = GreedyEnsemble(size=5, n_bags=2, n_candidates=5)


def search_for(refit=SMALL, estimator=TREE, space=SPACE, **options):
    options = {"n_iter": 8, "cv": 3, "random_state": 0} | options
    return BayesSearchCV(estimator, space, refit=refit, **options)


@pytest.fixture(scope="module")
def search():
    return search_for(scoring="neg_log_loss").fit(X, Y)


def test_it_is_the_weighted_mean_of_candidates_fitted_on_all_data(search):
    weights = search.ensemble_weights_
    assert weights.sum() == pytest.approx(1)
    assert weights.is_monotonic_decreasing
    means = search.cv_results_["mean_test_score"]
    assert set(weights.index) <= set(np.argsort(-means, kind="stable")[:5])
    params = search.cv_results_["params"]
    expected = sum(
        weight * clone(TREE).set_params(**params[row]).fit(X, Y).predict_proba(X)
        for row, weight in weights.items()
    )
    assert_allclose(search.predict_proba(X), expected)
    assert search.classes_.tolist() == [0, 1, 2]


def test_the_best_candidate_is_told_as_ever(search):
    plain = search_for(True, scoring="neg_log_loss").fit(X, Y)
    assert search.cv_results_["params"] == plain.cv_results_["params"]
    assert search.best_params_ == plain.best_params_
    assert search.best_score_ == plain.best_score_
    assert not hasattr(plain, "ensemble_weights_")


def out_of_fold(model, labels, splits):
    each = [
        _predict_fold(clone(model), X, labels, train, test, np.unique(labels), {})
        for train, test in splits
    ]
    return _out_of_fold(each, splits, len(labels))


def test_predictions_are_those_of_cross_validation():
    labels = np.array(["a", "b", "c"])[Y]
    folds = list(RepeatedStratifiedKFold(n_splits=3, n_repeats=1).split(X, labels))
    tree = clone(TREE).set_params(max_leaf_nodes=8)
    found = out_of_fold(tree, labels, folds)
    expected = cross_val_predict(tree, X, labels, cv=folds, method="predict_proba")
    assert_allclose(found, expected)
    twice = out_of_fold(tree, labels, folds * 2)
    assert_allclose(twice, expected)
    half = out_of_fold(tree, labels, folds[:1])
    assert np.isnan(half[folds[0][0]]).all()
    # a class that a fold does not have
    few = [(np.flatnonzero(Y != 1), np.flatnonzero(Y == 1))]
    assert (out_of_fold(tree, labels, few)[Y == 1, 1] == 0).all()


def test_what_is_added_makes_the_mean_score_best():
    truth = np.linspace(-1, 1, 20)
    errors = np.array([1.0, 1.1, 1.2, -3.0])[:, None] * np.cos(np.arange(20))
    predicted = (truth + errors)[:, :, None]

    def score(mean):
        return -float(np.square(mean[:, 0] - truth).sum())

    # by itself the last is the worst, but with three others it has no error
    counts = _greedy(predicted, 8, score)
    assert counts[3] >= 1
    assert score((counts @ predicted[:, :, 0])[:, None] / counts.sum()) > -0.05
    assert _greedy(predicted, 2, score).tolist() == [1, 1, 0, 0]
    assert _greedy(predicted[:1], 5, score).tolist() == [1]


def test_the_honest_score_is_of_folds_that_were_left_out(search):
    ensemble, honest = search._ensemble, search.honest_score()
    assert len(ensemble.fold_scores) == 3
    assert honest.score == pytest.approx(ensemble.fold_scores.mean())
    assert honest.low < honest.score < honest.high <= 0
    assert honest.optimism == max(ensemble.score - honest.score, 0)
    wider = search.honest_score(level=0.99)
    assert wider.high - wider.low > honest.high - honest.low
    # labels that no feature tells: the choice is for chance, and its score is not
    noise = np.random.default_rng(0).permutation(Y)
    refit = GreedyEnsemble(size=9, n_bags=1, n_candidates=12)
    lucky = search_for(refit, scoring="neg_log_loss", n_iter=12).fit(X, noise)
    assert lucky.honest_score().optimism > 0.01


def test_the_same_seed_chooses_the_same_whatever_the_jobs(search):
    again = search_for(scoring="neg_log_loss", n_jobs=2, max_pending=1)
    with parallel_config("threading"):
        again.fit(X, Y)
    assert again.ensemble_weights_.equals(search.ensemble_weights_)
    assert again.honest_score() == search.honest_score()


class Counting:
    """Runs tasks here, at once, and loses those of some keys the second time."""

    n_workers, broken, lost = 1, None, ()
    seen = ()

    def __init__(self):
        self.done = []

    def submit(self, key, task):
        again = key in Counting.seen and key in self.lost
        Counting.seen = (*Counting.seen, key)
        self.done.append((key, RuntimeError("gone") if again else task()))

    def wait(self):
        done, self.done = self.done, []
        return done

    def close(self):
        pass


class Losing(Counting):
    pass


@pytest.mark.slow
def test_its_fits_run_where_those_of_the_search_do(search):
    Counting.seen = ()
    own = search_for(scoring="neg_log_loss", executor=Counting, max_pending=1)
    own.fit(X, Y)
    assert own.ensemble_weights_.equals(search.ensemble_weights_)
    assert len(Counting.seen) == 3 * (8 + 5)
    limited = search_for(scoring="neg_log_loss", fit_timeout=60.0, max_pending=1)
    assert limited.fit(X, Y).ensemble_weights_.equals(search.ensemble_weights_)


def test_a_candidate_whose_fit_is_lost_is_left_out(search):
    best = int(search.ensemble_weights_.index[0])
    Counting.seen, Losing.lost = (), ((best, 1),)
    own = search_for(scoring="neg_log_loss", executor=Losing, max_pending=1)
    assert best not in own.fit(X, Y).ensemble_weights_
    Counting.seen, Losing.lost = (), tuple((row, 1) for row in range(8))
    with pytest.raises(ValueError, match="no candidate with 'predict_proba' on all"):
        own.fit(X, Y)


def test_with_a_path_each_has_the_length_that_it_has_found():
    boosting = GradientBoostingClassifier(random_state=0, n_iter_no_change=2)
    space = {"learning_rate": [0.1, 0.2, 0.4, 0.8], "n_estimators": Integer(1, 30)}
    search = search_for(
        GreedyEnsemble(size=4, n_bags=1), boosting, space, path="n_estimators", n_iter=4
    )
    with pytest.warns(UserWarning, match="n_iter_no_change=2 is turned off"):
        search.fit(X, Y)
    lengths = [p["n_estimators"] for p in search.cv_results_["params"]]
    assert len(set(lengths)) > 1
    fitted = search.best_estimator_.named_estimators_
    assert len(fitted) > 1
    for name, model in fitted.items():
        assert model.n_estimators_ == lengths[int(name.split()[1])]


def test_a_mean_of_certain_candidates_is_a_probability():
    certain = np.tile([1.0, 0.0, 0.0], (5, 4, 1))
    mean = _weighted(certain, np.array([10, 7, 7, 2, 3]))
    assert mean.max() > 1  # by rounding, which log_loss refuses
    score = get_scorer("neg_log_loss")
    found = score(_mean_of(mean, np.arange(3)), np.arange(4), [0, 0, 1, 2])
    assert np.isfinite(found)


def test_regressors_are_averaged():
    data = make_regression(90, 4, noise=5.0, random_state=0)
    search = search_for(estimator=DecisionTreeRegressor(random_state=0)).fit(*data)
    assert isinstance(search.best_estimator_, VotingRegressor)
    assert search.score(*data) == search.best_estimator_.score(*data)
    assert search.honest_score().score < 1


def test_candidates_without_probabilities_are_left_out():
    models = [RidgeClassifier(), LogisticRegression(), TREE]
    pipeline = Pipeline([("model", TREE)])
    search = search_for(estimator=pipeline, space={"model": models}).fit(X, Y)
    params = search.cv_results_["params"]
    chosen = [params[row]["model"] for row in search.ensemble_weights_.index]
    assert models[0] not in chosen
    alone = search_for(estimator=pipeline, space={"model": models[:1]})
    with pytest.raises(ValueError, match="no candidate with 'predict_proba'"):
        alone.fit(X, Y)
    assert "mean_test_score" in alone.cv_results_


@pytest.mark.parametrize(
    "cv",
    [
        RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        ShuffleSplit(3, test_size=0.2, random_state=0),
    ],
)
def test_any_splits_will_do(cv):
    assert np.isfinite(search_for(cv=cv, n_iter=5).fit(X, Y).honest_score().score)


@pytest.mark.parametrize("estimator", [TREE, DecisionTreeRegressor(random_state=0)])
def test_masks_are_the_splits_that_they_mark(estimator):
    tests = np.arange(len(Y)) % 3 == np.arange(3)[:, None]
    indices = [(np.flatnonzero(~mask), np.flatnonzero(mask)) for mask in tests]
    of_each = [
        search_for(cv=cv, estimator=estimator, n_iter=5).fit(X, Y).honest_score()
        for cv in (indices, [(~mask, mask) for mask in tests])
    ]
    assert of_each[0] == of_each[1]


def test_one_fold_has_no_honest_score():
    search = search_for(cv=[(np.arange(100), np.arange(100, 150))], n_iter=4).fit(X, Y)
    assert search.ensemble_weights_.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match=r"at least 2 folds\. Got 1"):
        search.honest_score()


def test_only_candidates_within_limits_are_chosen():
    search = search_for(limits={"neg_model_size": -3000.0}, n_iter=12)
    with pytest.warns(UserWarning, match="'limits' of neg_model_size hold for each"):
        search.fit(X, Y)
    size = search.cv_results_["mean_test_neg_model_size"]
    assert size.min() < -3000
    assert (size[search.ensemble_weights_.index] >= -3000).all()


def test_sample_weights_are_those_of_each_fold():
    weights = np.where(Y == 0, 0.0, 1.0)  # as if there was no such sample
    search = search_for(scoring="accuracy").fit(X, Y, sample_weight=weights)
    assert (search.predict(X) != 0).all()


@pytest.mark.parametrize("routing", [True, False])
@pytest.mark.parametrize("scoring", [None, "accuracy", ["accuracy", "f1_macro"]])
def test_sample_weights_count_as_in_the_scores_of_candidates(scoring, routing):
    weights = np.arange(len(Y)) % 7 + 0.5
    only = GreedyEnsemble(size=1, n_bags=1, n_candidates=1)
    with config_context(enable_metadata_routing=routing):
        tree = TREE
        if routing:
            tree = clone(TREE).set_fit_request(sample_weight=True)
            tree.set_score_request(sample_weight=True)
            names = [scoring] if isinstance(scoring, str) else scoring or []
            weighed = {
                name: get_scorer(name).set_score_request(
                    sample_weight=name != "f1_macro"
                )
                for name in names
            }
            scoring = weighed if len(names) > 1 else next(iter(weighed.values()), None)
        search = search_for(only, tree, scoring=scoring, n_iter=3)
        search.fit(X, Y, sample_weight=weights)
    name = search.objective_metric_
    row = search.best_index_
    folds = [search.cv_results_[f"split{k}_test_{name}"][row] for k in range(3)]
    assert_allclose(search.honest_score(metric=name).score, np.mean(folds))


def test_labels_and_fit_parameters_reach_each_candidate():
    labels = np.array(["a", "b", "c"])[Y]
    weights = np.where(Y == 0, 0.0, 1.0)
    tree = DecisionTreeClassifier(random_state=0, class_weight={"a": 1, "b": 1, "c": 9})
    space = {f"tree__{name}": values for name, values in SPACE.items()}
    search = search_for(estimator=Pipeline([("tree", tree)]), space=space)
    search.fit(X, labels, tree__sample_weight=weights)
    assert search.classes_.tolist() == ["a", "b", "c"]
    assert (search.predict(X) != "a").all()
    params = search.cv_results_["params"]
    expected = sum(
        weight
        * clone(search.estimator)
        .set_params(**params[row])
        .fit(X, labels, tree__sample_weight=weights)
        .predict_proba(X)
        for row, weight in search.ensemble_weights_.items()
    )
    assert_allclose(search.predict_proba(X), expected)


def test_several_metrics_are_fine():
    scoring = {"a": "accuracy", "b": make_scorer(accuracy_score)}
    search = search_for(scoring=scoring, objective_metric="b").fit(X, Y)
    assert search.score(X, Y) == accuracy_score(Y, search.predict(X))
    assert search.honest_score(metric="b") == search.honest_score()
    assert search.honest_score(metric="a") != search.honest_score()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"estimator": KMeans(), "space": {"n_clusters": [2, 3]}}, "needs a regressor"),
        ({"estimator": SVC(), "space": {"C": [1, 2]}}, "'predict_proba'"),
        ({"objective_metric": ["accuracy", "neg_model_size"]}, "several objectives"),
        ({"scoring": lambda estimator, X, y: 1.0}, "predictions only"),
    ],
)
def test_what_does_not_go_is_refused_before_any_fit(options, match):
    search = search_for(**options)
    with pytest.raises(ValueError, match=match):
        search.fit(X, Y)
    assert not hasattr(search, "cv_results_")


def test_other_searches_are_refused():
    with pytest.raises(TypeError, match="BayesSearchCV only"):
        GridSearchCV(TREE, {"max_depth": [1]}, refit=SMALL, cv=2).fit(X, Y)
    with pytest.raises(ValueError, match="'n_bags' parameter of GreedyEnsemble"):
        GreedyEnsemble(n_bags=0)


def test_it_is_cloned_and_pickled(search):
    assert clone(search).refit == SMALL
    loaded = pickle.loads(pickle.dumps(search))
    assert_allclose(loaded.predict_proba(X), search.predict_proba(X))
    assert loaded.honest_score() == search.honest_score()
    again = clone(search).set_params(refit=SMALL).fit(X, Y).set_params(refit=True)
    assert not hasattr(again.fit(X, Y), "ensemble_weights_")


class FailsOnAll(DecisionTreeClassifier):
    def fit(self, X, y, check_input=True):  # which older versions of sklearn ask for
        if len(X) == len(Y):
            raise ValueError("too many")
        return super().fit(X, y, check_input=check_input)


def test_what_was_found_is_kept_where_the_refit_fails():
    search = search_for(estimator=FailsOnAll(random_state=0))
    with pytest.raises(ValueError, match="too many"):
        search.fit(X, Y)
    assert not hasattr(search, "best_estimator_")
    assert isinstance(search.ensemble_weights_.index[0], np.integer | int)


def test_the_report_tells_of_it(search):
    text = page(find(search), "")
    assert "mean of" in text
    assert f"{search.honest_score().score:.2f}"[:4] in text.replace("−", "-")
    assert isinstance(search.best_estimator_, BaseEstimator)
