"""Searches in MLflow, on a local store: the logger, and autologging."""

import importlib
import sys
import warnings

import numpy as np
import pytest
import toy_estimators as toys
from sklearn import model_selection
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV, MLflowLogger

mlflow = pytest.importorskip("mlflow", reason="needs the extra 'integrations'")
pytestmark = [
    # of MLflow itself
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]

X, y = load_iris(return_X_y=True)
GRID = {"C": [0.1, 1, 10], "kernel": ["rbf", "linear"]}


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    # the other store, a data base, needs more than mlflow-skinny
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    mlflow.set_experiment("tests")
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.sklearn.autolog(disable=True)
    mlflow.set_tracking_uri(None)


def runs():
    """Return the runs of searches, oldest first, and the children of each."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("tests").experiment_id
    found = client.search_runs(experiment, order_by=["attributes.start_time"])
    parents = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
    return {
        run.info.run_id: (run, [c for c in found if is_child(c, run)])
        for run in parents
    }


def is_child(run, parent):
    return run.data.tags.get("mlflow.parentRunId") == parent.info.run_id


def only(found):
    ((parent, children),) = found.values()
    return parent, children


def files(run):
    return {f.path for f in mlflow.MlflowClient().list_artifacts(run.info.run_id)}


def search(estimator=None, space=None, **options):
    arguments = {"n_iter": 6, "cv": 3, "random_state": 0, **options}
    return BayesSearchCV(estimator or SVC(), space or GRID, **arguments)


# --- the logger ---


def test_each_candidate_is_a_child_run_with_its_parameters_and_scores():
    fitted = search(
        callback=MLflowLogger("iris"),
        scoring=["accuracy", "f1_macro"],
        refit="accuracy",
    ).fit(X, y)
    parent, children = only(runs())
    assert parent.info.run_name == "iris"
    assert (parent.info.status, len(children)) == ("FINISHED", 6)
    results = fitted.cv_results_
    by_name = {run.info.run_name: run for run in children}
    for number, params in enumerate(results["params"]):
        run = by_name[f"candidate {number}"]
        assert run.info.status == "FINISHED"
        assert run.data.params == {name: str(v) for name, v in params.items()}
        for metric in ("accuracy", "f1_macro"):
            mean = results[f"mean_test_{metric}"][number]
            assert run.data.metrics[metric] == mean
            for fold in range(3):
                score = results[f"split{fold}_test_{metric}"][number]
                assert run.data.metrics[f"{metric}_fold{fold}"] == score
    best = by_name[f"candidate {fitted.best_index_}"]
    assert parent.data.tags["best_run_id"] == best.info.run_id
    assert parent.data.tags["stop_reason"] == fitted.stop_reason_
    assert parent.data.params["best_C"] == str(fitted.best_params_["C"])
    assert parent.data.metrics["best_score"] == fitted.best_score_
    assert parent.data.tags["estimator_name"] == "BayesSearchCV"


@pytest.mark.parametrize(
    "options",
    [
        {"objective_metric": ["accuracy", "neg_model_size"], "refit": "neg_model_size"},
        {"limits": {"neg_model_size": -1.0}},
    ],
)
@pytest.mark.filterwarnings("ignore:No candidate reaches all limits")
def test_the_best_is_the_one_that_was_chosen(options):
    fitted = search(callback=MLflowLogger(), **options).fit(X, y)
    parent, children = only(runs())
    best = {run.info.run_name: run for run in children}[
        f"candidate {fitted.best_index_}"
    ]
    assert parent.data.tags["best_run_id"] == best.info.run_id
    assert parent.data.params["best_C"] == str(fitted.best_params_["C"])


def test_the_run_of_a_search_has_its_tables_and_its_page():
    pytest.importorskip("plotly", reason="needs the extra 'report'")
    search(callback=MLflowLogger()).fit(X, y)
    parent, _ = only(runs())
    assert files(parent) == {"results.csv", "folds.csv", "report.html"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_failed_candidate_is_a_failed_run_that_says_why():
    space = {"a": [0.0, 0.3, 0.9], "b": [0, 1]}
    search(toys.Fragile(), space, callback=MLflowLogger()).fit(X)
    parent, children = only(runs())
    failed = [run for run in children if run.data.params["a"] == "0.9"]
    assert [run.info.status for run in failed] == ["FAILED"] * 2
    assert all("is too large" in run.data.tags["error"] for run in failed)
    assert parent.info.status == "FINISHED"


def test_the_active_run_is_the_parent_and_stays_open():
    with mlflow.start_run() as run:
        logger = MLflowLogger()
        search(callback=logger).fit(X, y)
        assert mlflow.active_run().info.run_id == run.info.run_id == logger.run_id_
    _, children = only(runs())
    assert len(children) == 6


def test_a_search_that_raises_is_a_failed_run():
    broken = search(
        toys.Fragile(),
        {"a": [0.9], "b": [0]},
        callback=MLflowLogger(),
        error_score="raise",
    )
    with pytest.raises(toys.FitFailure):
        broken.fit(X)
    parent, _ = only(runs())
    assert parent.info.status == "FAILED"
    assert "FitFailure" in parent.data.tags["stop_reason"]
    assert mlflow.active_run() is None


def test_nested_searches_have_a_run_each():
    logged = search(callback=MLflowLogger(), n_iter=2)
    model_selection.cross_validate(logged, X, y, cv=2)
    assert [len(children) for _, children in runs().values()] == [2, 2]


def test_racing_and_a_resumed_search_have_one_child_for_each_candidate(tmp_path):
    options = {
        "racing": True,
        "checkpoint": tmp_path / "journal",
        "callback": MLflowLogger(),
        "cv": 4,
    }
    space = {"a": list(np.linspace(0, 1, 40)), "b": [0, 1, 2]}
    search(toys.Folded(), space, n_iter=12, **options).fit(X)
    search(toys.Folded(), space, n_iter=14, **options).fit(X)
    counts = [len(children) for _, children in runs().values()]
    assert sorted(counts) == [12, 14]


def test_without_mlflow_it_is_a_warning_and_the_search_goes_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.warns(UserWarning, match="'MLflowLogger' raised ModuleNotFoundError"):
        assert search(callback=MLflowLogger()).fit(X, y).n_iter_ == 6


# --- autologging ---


def children_of(fitted):
    """Return what the child runs have, in an order of their own."""
    _, children = only(runs())
    timeless = [
        {name: v for name, v in run.data.metrics.items() if not name.endswith("_time")}
        for run in children
    ]
    of_all = [
        (run.data.params, of_one)
        for run, of_one in zip(children, timeless, strict=True)
    ]
    return sorted(of_all, key=str)


@pytest.mark.parametrize("n_children", [5, None])
def test_autologging_logs_what_it_logs_of_a_grid_search(n_children, tmp_path):
    logged = []
    for make in (GridSearchCV, BayesSearchCV):
        mlflow.set_tracking_uri((tmp_path / make.__name__).as_uri())
        mlflow.set_experiment("tests")
        mlflow.sklearn.autolog(
            log_models=False, max_tuning_runs=n_children, silent=True
        )
        fitted = make(SVC(), GRID, cv=3).fit(X, y)
        parent, children = only(runs())
        best = {k: v for k, v in parent.data.params.items() if k.startswith("best_")}
        score = parent.data.metrics["best_cv_score"]
        assert parent.info.status == "FINISHED"
        assert parent.data.tags["mlflow.autologging"] == "sklearn"
        assert parent.data.tags["estimator_name"] == make.__name__
        assert "cv_results.csv" in files(parent)
        tags = [
            (run.data.tags["estimator_name"], run.data.tags["mlflow.autologging"])
            for run in children
        ]
        logged.append((children_of(fitted), best, score, tags))
    assert logged[0] == logged[1]


def test_autologging_logs_those_within_limits_first():
    mlflow.sklearn.autolog(log_models=False, max_tuning_runs=1, silent=True)

    def scoring(estimator, X, y):
        return {"score": estimator.score(X, y), "weak": -estimator.C}

    search = BayesSearchCV(SVC(), GRID, cv=3, scoring=scoring, limits={"weak": -0.5})
    fitted = search.fit(X, y)
    assert fitted.best_index_ != fitted.cv_results_["mean_test_score"].argmax()
    _, (child,) = only(runs())
    assert child.data.metrics["mean_test_score"] == fitted.best_score_


def test_autologging_logs_no_fit_of_a_search_and_gives_no_warning():
    mlflow.sklearn.autolog(log_models=False, silent=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = search(n_iter=4).fit(X, y)
    _, children = only(runs())
    assert len(children) == 4
    assert mlflow.active_run() is None
    SVC().fit(X, y)  # it is on again
    assert len(runs()) == 2
    assert fitted.predict(X).shape == y.shape


def test_autologging_keeps_the_best_estimator_as_a_model(monkeypatch):
    kept = []
    # the module itself: until it is loaded, another object stands for it
    flavor = importlib.import_module("mlflow.sklearn")
    monkeypatch.setattr(
        flavor, "log_model", lambda model, **how: kept.append((model, how))
    )
    mlflow.sklearn.autolog(silent=True)
    fitted = search(n_iter=2).fit(X, y)
    ((model, how),) = kept
    assert model is fitted.best_estimator_
    assert how["name"] == "best_estimator"
    assert len(how["signature"].inputs.inputs) == 1


def test_autologging_takes_the_active_run():
    mlflow.sklearn.autolog(log_models=False, silent=True)
    with mlflow.start_run() as run:
        search(n_iter=2).fit(X, y)
        assert mlflow.active_run().info.run_id == run.info.run_id
    parent, children = only(runs())
    assert len(children) == 2
    assert "best_cv_score" in parent.data.metrics


def test_autologging_of_a_fit_around_the_search_is_left_alone():
    mlflow.sklearn.autolog(log_models=False, silent=True)
    make_pipeline(search(n_iter=2)).fit(X, y)
    parent, _ = only(runs())
    assert parent.data.tags["estimator_name"] == "Pipeline"
    # by this name, where MLflow has switched itself off
    model_selection.cross_validate(search(n_iter=2), X, y, cv=2)
    assert len(runs()) == 1


def test_with_a_logger_autologging_logs_nothing():
    mlflow.sklearn.autolog(log_models=False, silent=True)
    search(n_iter=3, callback=MLflowLogger()).fit(X, y)
    parent, children = only(runs())
    assert len(children) == 3
    assert "mlflow.autologging" not in parent.data.tags


def test_what_autologging_cannot_log_is_a_warning(monkeypatch):
    mlflow.sklearn.autolog(log_models=False, silent=True)

    def broken(*args, **kwargs):
        raise OSError("the server is gone")

    monkeypatch.setattr(mlflow, "log_text", broken)
    with pytest.warns(UserWarning, match="OSError: the server is gone") as got:
        assert search(n_iter=2).fit(X, y).n_iter_ == 2
    assert got[0].filename == __file__
