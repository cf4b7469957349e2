"""Other libraries, as they are, beside a search."""

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, Integer

NEEDS = "needs the extra 'integrations'"
NEEDS_TORCH = "needs the extra 'networks'"
X, y = make_classification(n_samples=60, n_features=4, flip_y=0.2, random_state=0)


def pipeline_search(**options):
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {
        "svc__C": loguniform(1e-2, 1e2),
        "svc__degree": [2, Integer(3, 8)],
        "svc__kernel": ["rbf", "poly"],
    }
    options = {"n_iter": 6, "cv": 3, "random_state": 0, **options}
    return BayesSearchCV(pipeline, space, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"racing": True},
        {"warm_start": True},
        {"surrogate": "forest"},
        {"scoring": ["accuracy", "f1"], "refit": "f1"},
    ],
    ids=str,
)
def test_skops_saves_and_loads_a_fitted_search(options):
    skops = pytest.importorskip("skops.io", reason=NEEDS)
    search = pipeline_search(**options).fit(X, y)
    saved = skops.dumps(search)
    loaded = skops.loads(saved, trusted=skops.get_untrusted_types(data=saved))
    assert (loaded.predict(X) == search.predict(X)).all()
    assert loaded.results_frame().equals(search.results_frame())
    assert loaded.folds_frame().equals(search.folds_frame())
    assert loaded.honest_score() == search.honest_score()
    assert loaded.optimizer_.ask().params == search.optimizer_.ask().params


def test_skore_reports_on_a_search_as_on_any_estimator():
    skore = pytest.importorskip("skore", reason=NEEDS)
    search = pipeline_search()
    report = skore.CrossValidationReport(search, X, y, splitter=2)
    fitted = [
        clone(search).fit(X[train], y[train]) for train, _ in report.split_indices
    ]
    of_each = [each.estimator_ for each in report.reports_]
    assert [each.best_params_ for each in of_each] == [s.best_params_ for s in fitted]
    scores = [
        accuracy_score(y[test], s.predict(X[test]))
        for s, (_, test) in zip(fitted, report.split_indices, strict=True)
    ]
    table = report.metrics.accuracy(aggregate=None)
    assert table.to_numpy().ravel().tolist() == pytest.approx(scores)


def test_skore_keeps_a_fitted_search(tmp_path):
    skore = pytest.importorskip("skore", reason=NEEDS)
    search = pipeline_search(racing=True)
    report = skore.EstimatorReport(
        search, X_train=X[:40], y_train=y[:40], X_test=X[40:], y_test=y[40:]
    )
    project = skore.Project("searches", mode="local", workspace=tmp_path)
    project.put("svc", report)
    (key,) = project.summarize().frame().reset_index()["id"]
    loaded = project.get(key)
    kept = loaded.estimator_
    assert (kept.predict(X) == report.estimator_.predict(X)).all()
    assert kept.results_frame().equals(report.estimator_.results_frame())
    assert loaded.metrics.accuracy() == report.metrics.accuracy()


def network(**options):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    skorch = pytest.importorskip("skorch", reason=NEEDS_TORCH)

    class Net(torch.nn.Module):
        def __init__(self, n_units=4):
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(4, n_units),
                torch.nn.ReLU(),
                torch.nn.Linear(n_units, 2),
            )

        def forward(self, X):
            return self.layers(X)

    class SeededNet(skorch.NeuralNetClassifier):
        def initialize(self):
            torch.set_num_threads(1)
            torch.manual_seed(0)
            return super().initialize()

    return SeededNet(
        Net, criterion=torch.nn.CrossEntropyLoss, train_split=None, verbose=0, **options
    )


NET_SPACE = {"net__lr": loguniform(1e-3, 1), "net__module__n_units": Integer(2, 16)}


def test_a_network_of_skorch_is_searched_alike_in_any_process():
    pipeline = Pipeline([("scale", StandardScaler()), ("net", network(max_epochs=3))])
    options = {"n_iter": 4, "cv": 2, "max_pending": 1, "random_state": 0}
    one, two = (
        BayesSearchCV(pipeline, NET_SPACE, n_jobs=n_jobs, **options).fit(
            X.astype(np.float32), y.astype(np.int64)
        )
        for n_jobs in (1, 2)
    )
    assert two.cv_results_["params"] == one.cv_results_["params"]
    scores = [s.cv_results_["mean_test_score"] for s in (one, two)]
    np.testing.assert_array_equal(*scores)
    assert len(set(scores[0])) > 1
    best = one.best_estimator_["net"]
    assert best.module_.layers[0].out_features == best.get_params()["module__n_units"]


def test_a_wrong_name_of_a_module_of_skorch_is_in_the_error():
    pipeline = Pipeline([("scale", StandardScaler()), ("net", network(max_epochs=1))])
    search = BayesSearchCV(
        pipeline, {"net__module__units": Integer(2, 16)}, cv=2, random_state=0
    )
    with pytest.raises(ValueError, match="unexpected keyword argument 'units'"):
        search.fit(X.astype(np.float32), y.astype(np.int64))
