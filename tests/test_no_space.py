"""The benchmark of doc/benchmarks/no_space.py: new data sets, and valid spaces."""

import importlib.util
import json
import warnings
from pathlib import Path

import pandas as pd
import pytest
from data import DATA_SETS
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterSampler

SCRIPT = Path(__file__).parents[1] / "doc" / "benchmarks" / "no_space.py"
spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
no_space = importlib.util.module_from_spec(spec)
spec.loader.exec_module(no_space)
CLASSES = make_classification(60, 6, n_informative=3, random_state=0)
NUMBERS = make_regression(60, 6, noise=1.0, random_state=0)


def test_experience_learns_from_none_of_the_data_sets():
    learnt_from = {each.group for each in DATA_SETS}
    assert not learnt_from & {each.group for each in no_space.DATA_SETS.values()}


@pytest.mark.parametrize("name", no_space.CASES)
def test_an_estimator_has_data_sets_of_its_task(name):
    case = no_space.CASES[name]
    tasks = {no_space.DATA_SETS[each].task for each in case.data_sets}
    assert tasks == {
        "classification" if is_classifier(case.estimator) else "regression"
    }


@pytest.mark.parametrize("name", no_space.CASES)
def test_a_setting_of_the_written_space_fits(name):
    case = no_space.CASES[name]
    X, y = CLASSES if is_classifier(case.estimator) else NUMBERS
    (params,) = ParameterSampler(case.space, 1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        clone(case.estimator).set_params(**params).fit(X, y)


@pytest.mark.parametrize("way", no_space.WAYS)
def test_a_way_chooses_on_some_folds_and_is_scored_on_others(way, monkeypatch):
    monkeypatch.setattr(no_space, "N_BAYES", 3)
    monkeypatch.setattr(no_space, "N_RANDOM", 3)
    case = no_space.CASES["ElasticNet"]
    found = no_space.choose_and_score(case, no_space.DATA_SETS["diabetes"], way, 0)
    assert 0.0 < found["score"] < 0.6
    if way == "own":
        assert not found["params"]
    else:
        assert "elasticnet__alpha" in found["params"]
        assert found["found"] != found["score"]


def test_what_was_run_is_not_run_again(tmp_path, monkeypatch):
    runs = []

    def run(case, data_set, way, seed):
        runs.append((data_set.name, way, seed))
        return {"score": 0.5}

    monkeypatch.setattr(no_space, "choose_and_score", run)
    for _ in range(2):
        found = no_space.stored(tmp_path, "SVC", "bands", "no space", 1)
        assert found == {"score": 0.5}
    assert runs == [("bands", "no space", 1)]
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text()) == found


def test_the_lead_is_a_mean_of_pairs_with_its_error():
    scores = pd.DataFrame(
        {"own": [0.1, 0.2], "random": [0.2, 0.5], "no space": [0.3, 0.6]}
    )
    row = no_space.summary(scores)
    assert row["runs"] == 2
    assert row["no space"] == "0.450"
    assert row["above random"] == "+0.1000 (0.0000)"
    assert row["above own"] == "+0.3000 (0.1000)"
