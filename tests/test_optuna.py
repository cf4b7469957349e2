"""A search as a study of Optuna, and back."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import loguniform, norm, randint
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, Integer, Real, to_optuna

optuna = pytest.importorskip("optuna", reason="needs the extra 'integrations'")
from optuna.distributions import (  # noqa: E402
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

X, y = make_classification(n_samples=60, n_features=4, flip_y=0.2, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
OPTIONS = {"n_iter": 8, "cv": 3, "random_state": 0}


def states(study):
    return [trial.state.name for trial in study.trials]


def test_a_search_in_a_pipeline_is_a_study_with_the_same_best():
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {
        "svc__C": loguniform(1e-2, 1e2),
        "svc__degree": randint(2, 6),
        "svc__coef0": Real(0, 1),
        "svc__max_iter": Integer(10, 1000, log=True),
        "svc__kernel": ["rbf", "poly"],
    }
    search = BayesSearchCV(pipeline, space, **OPTIONS, n_jobs=2).fit(X, y)
    study = to_optuna(search)
    assert study.direction.name == "MAXIMIZE"
    assert study.best_params == search.best_params_
    assert study.best_value == search.best_score_
    assert [trial.params for trial in study.trials] == search.cv_results_["params"]
    assert study.trials[0].distributions == {
        "svc__C": FloatDistribution(1e-2, 1e2, log=True),
        "svc__coef0": FloatDistribution(0, 1),
        "svc__degree": IntDistribution(2, 5),
        "svc__kernel": CategoricalDistribution(["rbf", "poly"]),
        "svc__max_iter": IntDistribution(10, 1000, log=True),
    }
    for trial, seconds in zip(
        study.trials, search.results_frame()["seconds"], strict=True
    ):
        assert trial.intermediate_values[2] == pytest.approx(trial.value)
        assert trial.user_attrs["seconds"] == seconds
        assert 0 < trial.duration.total_seconds() < 60


def test_the_best_trial_is_within_the_limits_of_the_search():
    def scoring(estimator, X, y):
        return {"score": estimator.score(X, y), "depth": estimator.max_depth}

    space = {"max_depth": Integer(1, 9)}
    search = BayesSearchCV(TREE, space, **OPTIONS, limits={"depth": 3})
    search.set_params(scoring=scoring).fit(X, y)
    study = to_optuna(search)
    assert search.best_score_ < search.cv_results_["mean_test_score"].max()
    assert study.best_params == search.best_params_
    violated = [trial.system_attrs["constraints"][0] > 0 for trial in study.trials]
    within = search.results_frame()["within_limits"]
    assert violated == (~within).tolist()
    assert to_optuna(search.cv_results_, metric="score").trials[0].system_attrs == {}


def test_branches_a_value_or_a_range_and_choices_of_one_value_are_told_apart():
    space = [
        {"max_depth": [None, Integer(2, 9)], "max_features": [1, 1.0]},
        {"ccp_alpha": norm(0.5, 0.1)},
    ]
    options = {**OPTIONS, "initial_points": [{"ccp_alpha": 1.0}]}
    search = BayesSearchCV(TREE, space, **options).fit(X, y)
    study = to_optuna(search)
    by_name = {n: d for t in study.trials for n, d in t.distributions.items()}
    tried = {p.get("max_depth", 0) for p in search.cv_results_["params"]} - {0}
    assert set(by_name["max_depth"].choices) == tried
    assert by_name["max_features"] == CategoricalDistribution(["1", "1.0"])
    # a setting that was given lies beyond what a search chooses
    assert by_name["ccp_alpha"].high == 1.0
    assert not by_name["ccp_alpha"].log


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_failed_candidates_are_failed_trials_and_come_back_as_such():
    space = {"min_samples_leaf": Integer(1, 9), "criterion": ["gini", "wrong"]}
    search = BayesSearchCV(TREE, space, **OPTIONS).fit(X, y)
    study = to_optuna(search)
    failed = search.results_frame()["status"] == "failed"
    assert ["FAIL" if f else "COMPLETE" for f in failed] == states(study)
    assert 0 < failed.sum() < 8
    again = BayesSearchCV(TREE, space, **OPTIONS, prior_results=study).fit(X, y)
    assert again.cv_results_["params"][0] == search.best_params_


def test_paused_candidates_are_pruned_trials():
    space = {"max_depth": Integer(1, 9), "min_samples_leaf": Integer(1, 30)}
    options = {**OPTIONS, "cv": 5, "n_iter": 15, "racing": True, "experience": False}
    search = BayesSearchCV(TREE, space, **options).fit(X, y)
    study = to_optuna(search)
    paused = search.results_frame()["status"] == "paused"
    assert ["PRUNED" if p else "COMPLETE" for p in paused] == states(study)
    n_folds = [len(trial.intermediate_values) for trial in study.trials]
    assert n_folds == search.cv_results_["n_splits_evaluated"].tolist()
    assert study.best_params == search.best_params_


def test_any_search_with_several_metrics_goes_into_a_storage(tmp_path):
    storage = f"sqlite:///{tmp_path}/study.db"
    pipeline = make_pipeline(StandardScaler(), SVC())
    grid = {
        "standardscaler": [StandardScaler(), MinMaxScaler(), None],
        "svc__class_weight": [None, {0: 1, 1: 2}],
    }
    search = GridSearchCV(
        pipeline, grid, cv=2, scoring=["accuracy", "f1"], refit="f1"
    ).fit(X, y)
    to_optuna(search, storage=storage, study_name="grid")
    study = optuna.load_study(storage=storage, study_name="grid")
    assert len(study.trials) == 6
    assert study.best_value == search.best_score_
    attributes = study.best_trial.user_attrs
    means = search.cv_results_["mean_test_accuracy"]
    assert attributes["score_accuracy"] == means[search.best_index_]
    assert study.trials[0].params == {
        "standardscaler": "StandardScaler()",
        "svc__class_weight": "None",
    }
    assert to_optuna(search, metric="accuracy").best_value == means.max()
    with pytest.raises(optuna.exceptions.DuplicatedStudyError):
        to_optuna(search, storage=storage, study_name="grid")


def test_the_parameter_of_a_path_has_the_range_that_candidates_have():
    boosting = GradientBoostingClassifier(random_state=0)
    space = {"learning_rate": Real(0.03, 0.5), "n_estimators": Integer(2, 12)}
    options = {**OPTIONS, "n_iter": 4, "path": "n_estimators"}
    search = BayesSearchCV(boosting, space, **options).fit(X, y)
    study = to_optuna(search)
    lengths = [params["n_estimators"] for params in search.cv_results_["params"]]
    distribution = study.trials[0].distributions["n_estimators"]
    assert distribution == IntDistribution(min(lengths), max(lengths))
    again = BayesSearchCV(boosting, space, **options, prior_results=study).fit(X, y)
    rate = again.cv_results_["params"][0]["learning_rate"]
    assert rate == search.best_params_["learning_rate"]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_study_is_taken_as_prior_results(direction):
    sign = 1 if direction == "maximize" else -1

    def objective(trial):
        depth = trial.suggest_int("max_depth", 1, 9)
        leaf = trial.suggest_categorical("min_samples_leaf", [1, 2, 4, 8])
        if trial.number == 3:
            raise ArithmeticError
        if trial.number == 4:
            raise optuna.TrialPruned
        return sign * -((depth - 4) ** 2 + leaf)

    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(direction=direction, sampler=sampler)
    study.optimize(objective, n_trials=12, catch=ArithmeticError)
    space = {"max_depth": Integer(1, 9), "min_samples_leaf": [1, 2, 4, 8]}
    taken = [study] if sign < 0 else [study, study.trials_dataframe(), [study]]
    for form in taken:
        search = BayesSearchCV(TREE, space, **OPTIONS, prior_results=form).fit(X, y)
        assert search.cv_results_["params"][0] == study.best_params
        assert search.optimizer_.n_given_points >= 1
    from sklearn_bayes_search.results._reader import read_results

    results = read_results(study)
    assert len(results) == 11  # of 12 one was pruned
    assert results.failed.sum() == 1
    assert np.nanmax(results.scores) == sign * study.best_value


def test_a_study_of_several_objectives_is_refused_with_a_way_out():
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.optimize(lambda trial: (trial.suggest_float("C", 0, 1), 1.0), n_trials=2)
    for form in (study, study.trials_dataframe()):
        search = BayesSearchCV(SVC(), {"C": Real(0.1, 1)}, prior_results=form)
        with pytest.raises(ValueError, match=r"several objectives|of 2 objectives"):
            search.fit(X, y)


def test_names_of_a_study_must_be_those_of_the_space():
    study = optuna.create_study(direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("C", 0.1, 1), n_trials=2)
    pipeline = make_pipeline(StandardScaler(), SVC())
    search = BayesSearchCV(pipeline, {"svc__C": Real(0.1, 1)}, prior_results=study)
    with pytest.raises(ValueError, match="'C' is no parameter of the space"):
        search.fit(X, y)


def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    page = Path(__file__).parents[1] / "doc" / "migrating.rst"
    text = page.read_text(encoding="utf-8").partition(".. _hand-over:")[2]
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", text)
    monkeypatch.chdir(tmp_path)
    pipeline = make_pipeline(StandardScaler(), SVC())
    space = {"svc__C": loguniform(1e-2, 1e2)}
    search = BayesSearchCV(pipeline, space, **OPTIONS).fit(X, y)
    names = {"search": search, "pipeline": pipeline, "space": space, "X": X, "y": y}
    exec(textwrap.dedent(block), {**names, "BayesSearchCV": BayesSearchCV})
    assert (tmp_path / "study.db").exists()
