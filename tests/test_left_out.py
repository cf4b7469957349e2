"""The benchmark of doc/benchmarks/left_out.py: new data, and tables that hold."""

import importlib.util
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from data import DATA_SETS, DataSet
from sklearn.base import is_classifier
from sklearn.datasets import load_iris, make_hastie_10_2, make_regression
from store import Store

SCRIPTS = Path(__file__).parents[1] / "doc" / "benchmarks"


@pytest.fixture(scope="module")
def left_out():
    pytest.importorskip("lightgbm", reason="needs the extra 'integrations'")
    spec = importlib.util.spec_from_file_location("left_out", SCRIPTS / "left_out.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        patch.setitem(sys.modules, "left_out", module)  # for its data classes
        spec.loader.exec_module(module)
    return module


def test_experience_learns_from_none_of_the_data_sets(left_out):
    learnt_from = {each.group for each in DATA_SETS}
    assert not learnt_from & {each.group for each in left_out.DATA_SETS}


def test_all_families_and_data_sets_take_part(left_out):
    tasks = list(left_out.tasks_of(left_out.FAMILIES))
    assert len({task.family for task in tasks}) == len(left_out.FAMILIES) >= 12
    names = {task.data_set.name for task in tasks}
    assert names == {each.name for each in left_out.DATA_SETS}
    assert len(names) >= 30


def test_the_others_are_all_pairs_that_no_table_has(left_out):
    tasks = {task.name for task in left_out.tasks_of(left_out.FAMILIES)}
    others = {task.name for task in left_out.tasks_of(left_out.FAMILIES, others=True)}
    assert not tasks & others
    pairs = {
        (family, each.name)
        for family, make in left_out.FAMILIES.items()
        for each in left_out.DATA_SETS
        if is_classifier(make()) == (each.task == "classification")
    }
    assert len(tasks | others) == len(pairs)


@pytest.mark.parametrize("method", ["with experience", "without experience", "random"])
def test_a_method_begins_with_the_own_setting(left_out, method, monkeypatch):
    monkeypatch.setattr(left_out, "N_ITER", 3)
    monkeypatch.setattr(left_out.Task, "n_evaluations", 3)
    (iris,) = (each for each in left_out.DATA_SETS if each.name == "iris")
    task = left_out.Task("SVC", iris, 0)
    record = task.search(method, 0)
    assert record["status"] == "ok"
    assert len(record["scores"]) == 3
    assert record["scores"][0] == pytest.approx(task.objective(task.defaults))


def test_tables_compare_the_runs_that_all_methods_have(left_out, tmp_path):
    store, methods = Store(tmp_path), ["with experience", "without experience"]
    tasks = list(left_out.tasks_of(["SVC"]))
    rising = np.linspace(0.5, 1.0, 50)
    for task in tasks[:3]:
        runs = {
            "random candidates": [0.4, 0.6],
            "with experience": np.full(50, 1.0),
            "without experience": rising,
        }
        for name, scores in runs.items():
            store.add(name, task.name, 0, {"scores": scores, "seconds": 0.0})
    store.add(methods[0], tasks[3].name, 0, {"scores": rising, "seconds": 0.0})
    curves = left_out.curves_of(store, tasks, methods)
    table = left_out.of_methods(curves, methods)
    assert list(table["pairs"]) == [3, 3]
    assert table.loc["without experience", "its 50 after"] == 1
    assert table.loc["without experience", "behind at 50"] == "+0.000 (0.000)"
    saved = left_out.of_families(curves).loc["SVC"]
    assert saved["8 after"] == "1 (1 to 1)"


def test_more_rows_choose_the_data_sets_that_have_them(left_out, monkeypatch):
    found = [
        DataSet(name, task, name, "scikit-learn", read)
        for name, task, read in (
            ("few", "classification", partial(load_iris, return_X_y=True)),
            ("many", "classification", make_hastie_10_2),
            ("line", "regression", partial(make_regression, 3000)),
            ("short", "regression", partial(make_regression, 1000)),
        )
    ]
    monkeypatch.setattr(left_out, "DATA_SETS", found)
    tasks = list(left_out.tasks_of(["SVC", "ElasticNet"], rows=2000))
    names = [(task.family, task.data_set.name) for task in tasks]
    assert names == [("SVC", "many"), ("ElasticNet", "line")]
    assert all(len(task.table.y) == 2000 for task in tasks)


@pytest.mark.parametrize("ranges", ["default", "wide", "published"])
def test_searches_in_all_ranges_have_scores_on_fresh_rows(
    left_out, ranges, monkeypatch
):
    monkeypatch.setattr(left_out, "N_ITER", 3)
    (cancer,) = (each for each in left_out.DATA_SETS if each.name == "breast-cancer")
    for family in ("DecisionTreeClassifier", "ElasticNet"):
        task = left_out.Task(family, cancer, 0, ranges)
        assert task.defaults is not None
    task = left_out.Task("DecisionTreeClassifier", cancer, 2, ranges)
    record = task.search("with experience", 0)
    best = task.on_fresh_rows(task.defaults)
    assert len(record["fresh"]) == 3
    assert abs(record["fresh"][0] - best) < 0.3
