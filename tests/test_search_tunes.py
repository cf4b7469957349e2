"""One search class tunes everything, and scores it as scikit-learn's own search does.

Every search is run again by GridSearchCV on the candidates that it chose: what it
shows about them must be equal to the last bit.
"""

import numpy as np
import pytest
from grid_search_reference import assert_same_results, same_candidates
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KernelDensity, KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from sklearn_bayes_search import BayesSearchCV, Categorical, Integer, Real

# scikit-learn < 1.7 passes options to L-BFGS-B that SciPy >= 1.16 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*L-BFGS-B:DeprecationWarning")

X, y = make_classification(n_samples=60, n_features=5, flip_y=0.3, random_state=0)


@pytest.fixture(autouse=True)
def one_thread():
    """Keep the threads of small fits from waiting for each other on busy cores."""
    with threadpool_limits(1):
        yield


def tune(estimator, space, *data, n_iter=6, **options):
    """Search, check against GridSearchCV, and give the search."""
    options = {"cv": 2, "random_state": 0, **options}
    search = BayesSearchCV(estimator, space, n_iter=n_iter, **options)
    search.fit(*data)
    assert len(search.cv_results_["params"]) == n_iter
    assert_same_results(search, same_candidates(search).fit(*data))
    return search


def test_tunes_logistic_regression_in_a_pipeline():
    search = tune(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {
            "logisticregression__C": loguniform(1e-4, 1e3),
            "standardscaler__with_mean": [True, False],
        },
        X,
        y,
        n_iter=8,
        return_train_score=True,
    )
    assert search.predict(X).shape == y.shape


def test_tunes_a_support_vector_machine_in_a_pipeline():
    search = tune(
        make_pipeline(StandardScaler(), SVC()),
        {
            "svc__C": Real(1e-3, 1e3, log=True),
            "svc__gamma": loguniform(1e-4, 1e1),
            "svc__kernel": ["rbf", "poly", "sigmoid"],
        },
        X,
        y,
        n_iter=10,
        scoring=["balanced_accuracy", "roc_auc"],
        refit="roc_auc",
    )
    assert search.best_score_ == search.cv_results_["mean_test_roc_auc"].max()


def test_tunes_five_mixed_parameters_of_a_random_forest():
    search = tune(
        RandomForestClassifier(random_state=0),
        {
            "n_estimators": Integer(2, 10, log=True),
            "max_depth": [None, 2, 4],
            "max_features": uniform(0.2, 0.8),
            "criterion": Categorical(["gini", "entropy"]),
            "min_samples_leaf": randint(1, 9),
        },
        X,
        y,
        n_iter=10,
    )
    assert search.cv_results_["param_n_estimators"].dtype == np.dtype(int)
    assert search.cv_results_["param_max_depth"].dtype == object


def test_tunes_histogram_gradient_boosting():
    tune(
        HistGradientBoostingRegressor(max_iter=5, random_state=0),
        {
            "learning_rate": loguniform(1e-2, 1),
            "max_leaf_nodes": range(2, 9),
            "l2_regularization": Real(0, 10),
        },
        *make_regression(60, 4, noise=10, random_state=0),
        scoring="neg_mean_absolute_error",
    )


@pytest.mark.filterwarnings("ignore:.*iterations:sklearn.exceptions.ConvergenceWarning")
def test_tunes_a_neural_network():
    # tuples, which are unequal in length, are choices like all others
    search = tune(
        MLPClassifier(max_iter=10, random_state=0),
        {
            "hidden_layer_sizes": [(4,), (8,), (4, 4)],
            "alpha": loguniform(1e-6, 1),
            "activation": ["relu", "tanh"],
        },
        X,
        y,
    )
    assert isinstance(search.best_params_["hidden_layer_sizes"], tuple)


def test_tunes_a_kernel_density_without_a_target():
    search = tune(
        KernelDensity(),
        {"bandwidth": loguniform(1e-2, 10), "kernel": ["gaussian", "exponential"]},
        X[:, :2],
        cv=KFold(3, shuffle=True, random_state=0),
    )
    assert search.score_samples(X[:3, :2]).shape == (3,)


def test_swaps_the_last_step_of_a_pipeline():
    space = [
        {
            "model": [SVC()],
            "model__C": loguniform(1e-2, 1e2),
            "model__gamma": [0.01, 0.1, 1.0],
        },
        {"model": [LogisticRegression()], "model__C": loguniform(1e-2, 1e2)},
        {"model": [KNeighborsClassifier()], "model__n_neighbors": range(1, 10)},
    ]
    pipeline = Pipeline([("scale", StandardScaler()), ("model", SVC())])
    search = tune(pipeline, space, X, y, n_iter=12, cv=StratifiedKFold(3))
    tried = {type(params["model"]) for params in search.cv_results_["params"]}
    assert tried == {SVC, LogisticRegression, KNeighborsClassifier}
    # C is one parameter of the space, n_neighbors is missing where it means nothing
    neighbors = search.cv_results_["param_model__n_neighbors"]
    is_knn = [
        isinstance(params["model"], KNeighborsClassifier)
        for params in search.cv_results_["params"]
    ]
    assert np.array_equal(~np.ma.getmaskarray(neighbors), is_knn)
    assert neighbors.dtype == np.dtype(int)


def test_is_tuned_inside_cross_val_score():
    search = BayesSearchCV(
        SVC(), {"C": loguniform(1e-2, 1e2)}, n_iter=5, cv=2, random_state=0
    )
    outer = StratifiedKFold(3)
    expected = []
    for train, test in outer.split(X, y):
        inner = clone(search).fit(X[train], y[train])
        grid = same_candidates(inner).fit(X[train], y[train])
        assert_same_results(inner, grid)
        expected.append(grid.score(X[test], y[test]))
    assert cross_val_score(search, X, y, cv=outer).tolist() == expected


@pytest.mark.parametrize("cls", [BayesSearchCV, RandomizedSearchCV])
def test_is_the_last_step_of_a_pipeline(cls):
    search = cls(SVC(), {"C": loguniform(1e-2, 1e2)}, n_iter=5, cv=2, random_state=0)
    pipeline = make_pipeline(StandardScaler(), search).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    grid = same_candidates(pipeline[-1]).fit(scaled, y)
    assert_same_results(pipeline[-1], grid)
    assert np.array_equal(pipeline.predict(X), grid.predict(scaled))
    assert np.array_equal(pipeline.decision_function(X), grid.decision_function(scaled))
    assert np.array_equal(pipeline.classes_, grid.classes_)


def test_is_a_transforming_step_of_a_pipeline():
    search = BayesSearchCV(PCA(random_state=0), {"n_components": [1, 2]}, cv=2)
    pipeline = make_pipeline(search, LogisticRegression()).fit(X, y)
    grid = same_candidates(pipeline[0]).fit(X)
    assert_same_results(pipeline[0], grid)
    assert np.array_equal(pipeline[:-1].transform(X), grid.transform(X))


def test_tunes_another_search():
    inner = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3, None], "criterion": ["gini", "entropy"]},
        n_iter=3,
        cv=2,
        random_state=0,
    )
    space = {"n_iter": [2, 3, 5], "estimator__min_samples_leaf": randint(1, 10)}
    search = tune(inner, space, X, y, n_iter=4)
    best = search.best_estimator_
    assert best.n_iter_ == search.best_params_["n_iter"]
    assert np.array_equal(search.predict(X), best.predict(X))
