import copy
import pickle
import time
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from counted_fits import Counted
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    LeaveOneGroupOut,
    _validation,
    check_cv,
    cross_validate,
)
from sklearn.model_selection._validation import _insert_error_scores
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search.execution import _evaluation
from sklearn_bayes_search.execution._evaluation import (
    Evaluator,
    check_fit_params,
    check_names,
    draw_splits,
    name_error_scores,
)
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.space import Real, Space

X = np.random.default_rng(0).normal(size=(30, 3))
y = (X[:, 0] > 0).astype(int)
OPTIONS = {"error_score": np.nan, "fit_params": {}, "score_params": {}, "verbose": 0}


class NoCallbacks:
    def leaf(self, task_id):
        return {}


def evaluator(estimator=None, scorer=None, n_splits=3, **options):
    return Evaluator(
        estimator or Counted(),
        X,
        y,
        splits=list(KFold(n_splits).split(X)),
        scorer=scorer or (lambda estimator, X, y: estimator.score(X, y)),
        callbacks=NoCallbacks(),
        n_candidates=5,
        **{"check_metrics": lambda names: None, **OPTIONS, **options},
    )


def trial(**params):
    return Trial(0, params, np.zeros(len(params)))


def pipeline():
    return Pipeline([("scale", StandardScaler()), ("model", SVC())])


# --- folds ---


def test_folds_are_those_of_the_splitter():
    groups = np.arange(30) // 10
    splits = draw_splits(LeaveOneGroupOut(), X, y, {"groups": groups})
    expected = list(LeaveOneGroupOut().split(X, y, groups))
    assert len(splits) == len(expected) == 3
    for fold, fold_expected in zip(splits, expected, strict=True):
        assert np.array_equal(fold[0], fold_expected[0])
        assert np.array_equal(fold[1], fold_expected[1])


@pytest.mark.parametrize("kind", [np.array, list])
def test_masks_become_indices(kind):
    tests = np.arange(30) % 3 == np.arange(3)[:, None]
    splits = draw_splits(check_cv([(kind(~t), kind(t)) for t in tests]), X, y, {})
    for (train, test), mask in zip(splits, tests, strict=True):
        assert np.array_equal(train, np.flatnonzero(~mask))
        assert np.array_equal(test, np.flatnonzero(mask))


def test_splitter_without_splits_is_refused():
    with pytest.raises(ValueError, match=r"No fits were performed\. .*'cv' .*at least"):
        draw_splits(check_cv([]), X, y, {})


@pytest.mark.parametrize(("part", "empty"), [("training", 0), ("test", 1)])
def test_empty_part_of_a_fold_is_refused_with_its_number(part, empty):
    split = [np.arange(20), np.arange(20, 30)]
    bad = copy.copy(split)
    bad[empty] = np.array([], dtype=int)
    with pytest.raises(ValueError, match=f"'cv'.*The {part} part of split 1 is empty"):
        draw_splits(check_cv([split, bad]), X, y, {})


def test_splitter_that_contradicts_itself_is_refused():
    class Liar(KFold):
        def get_n_splits(self, *args, **kwargs):
            return 7

    with pytest.raises(ValueError, match=r"inconsistent .*Expected 7 splits, got 2"):
        draw_splits(Liar(2), X, y, {})


# --- names ---


@pytest.mark.parametrize(
    ("space", "hint"),
    [
        ({"model__c": [1]}, "'model__C'"),
        ({"modle__C": [1]}, "'model__C'"),
        ({"C": [1]}, "'model__C'"),
        # seen once the step is there
        (
            [{"model__C": [1]}, {"model": [LogisticRegression()], "model__l1": [1]}],
            "l1",
        ),
        # a step that is a string has no parameters
        ({"scale": ["passthrough"], "scale__with_mean": [True]}, "There are: "),
    ],
)
def test_unknown_name_is_refused_with_the_nearest(space, hint):
    branch = space[-1] if isinstance(space, list) else space
    name = sorted(branch)[-1]
    with pytest.raises(
        ValueError, match=f"Parameter '{name}' .*does not exist"
    ) as info:
        check_names(pipeline(), Space(space))
    assert hint in str(info.value)


def test_names_that_exist_only_with_a_choice_are_known():
    estimator = pipeline()
    model = DecisionTreeClassifier()
    check_names(estimator, Space({"model": [model], "model__max_depth": [1, 2]}))
    assert estimator.named_steps["model"] is not model
    assert model.max_depth is None


STEPS = [[("model", SVC())], [("model", KNeighborsClassifier())]]


@pytest.mark.parametrize(
    ("choices", "name", "missing"),
    [
        (
            {"model": [SVC(), KNeighborsClassifier()]},
            "model__C",
            "KNeighborsClassifier",
        ),
        (
            {"model": [SVC(), LogisticRegression(), DecisionTreeClassifier()]},
            "model__C",
            "DecisionTreeClassifier",
        ),
        ({"scale": [StandardScaler(), "passthrough"]}, "scale__with_mean", "passthr"),
        ({"steps": STEPS}, "model__C", "KNeighborsClassifier"),
    ],
)
def test_name_that_some_choices_lack_is_refused_in_any_order(choices, name, missing):
    ((holder, values),) = choices.items()
    for order in permutations(values):
        others = [{holder: [KNeighborsClassifier()]}] * (holder == "model")
        space = [{holder: list(order), name: [1, 0]}, *others]
        way_out = rf"list of dicts.*{{'{holder}': \["
        with pytest.raises(
            ValueError, match=f"'{name}' .*where '{holder}' is .*{missing}.*{way_out}"
        ):
            check_names(pipeline(), Space(space))


def test_unknown_name_beside_a_range_in_a_list_tells_which_part_lacks_it():
    space = Space({"model__D": [1, Real(2, 3)]})
    told = r"'model__D' of the search space \(model__D from \[1\]\) does not exist"
    with pytest.raises(ValueError, match=told):
        check_names(pipeline(), space)


def test_names_of_parts_in_parts_are_checked_with_the_innermost():
    outer = Pipeline([("inner", pipeline())])
    space = {
        "inner": [pipeline(), Pipeline([("model", SVC())])],
        "inner__model": [SVC(), KNeighborsClassifier()],
        "inner__model__C": [1.0, 2.0],
    }
    with pytest.raises(ValueError, match="where 'inner__model' is KNeighborsClass"):
        check_names(outer, Space(space))


def test_choices_that_the_constraint_forbids_need_not_have_all_names():
    space = {"model": [KNeighborsClassifier(), SVC()], "model__C": [1.0, 2.0]}

    def is_svc(params):
        return isinstance(params["model"], SVC)

    check_names(pipeline(), Space(space, constraint=is_svc))


def test_names_that_all_choices_have_are_known():
    models = [SVC(), LogisticRegression()]
    check_names(pipeline(), Space({"model": models, "model__C": [1.0, 2.0]}))


def test_set_params_that_refuses_a_value_is_not_taken_for_a_wrong_name():
    class Strict(BaseEstimator):
        def __init__(self, x=1):
            self.x = x

        def set_params(self, **params):
            raise ValueError("x is out of range")

    with pytest.raises(ValueError, match="x is out of range"):
        check_names(Strict(), Space({"x": [1, 2]}))


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (SVC(), "callback"),
        (SVC(), "foo"),
        (pipeline(), "callback"),
        (pipeline(), "sample_weight"),
    ],
)
def test_fit_parameter_that_the_estimator_does_not_take_is_refused(estimator, name):
    with pytest.raises(TypeError, match=f"'{name}' of fit .* fit of") as info:
        check_fit_params(estimator, {name: 1})
    assert ("'callback' of the search" in str(info.value)) == (name == "callback")
    step = "Name the step that takes it, as in 'model__sample_weight'."
    assert (step in str(info.value)) == (name == "sample_weight")


def test_fit_parameters_that_may_be_taken_are_not_refused():
    class Any(BaseEstimator):
        def fit(self, X, y=None, **others):
            return self

    check_fit_params(Any(), {"callback": 1, "foo": 2})
    check_fit_params(SVC(), {"sample_weight": 1})
    check_fit_params(pipeline(), {"model__sample_weight": 1})
    with config_context(enable_metadata_routing=True):
        check_fit_params(pipeline(), {"sample_weight": 1})


# --- tasks ---


def test_task_scores_as_cross_validate_does():
    tasks = evaluator(DecisionTreeClassifier(random_state=0), return_train_score=True)
    setting = trial(max_depth=2)
    results = [tasks.task(setting, fold)() for fold in range(3)]
    expected = cross_validate(
        DecisionTreeClassifier(random_state=0, max_depth=2),
        X,
        y,
        cv=KFold(3),
        return_train_score=True,
    )
    scores = [result["test_scores"] for result in results]
    assert scores == expected["test_score"].tolist()
    train_scores = [result["train_scores"] for result in results]
    assert train_scores == expected["train_score"].tolist()


def test_task_is_picklable_and_leaves_the_estimator_as_it_was():
    estimator = Counted()
    tasks = evaluator(estimator, scorer=None)
    tasks._scorer = _score
    result = pickle.loads(pickle.dumps(tasks.task(trial(x=0.25), 0)))()
    assert result["fit_error"] is None
    assert vars(estimator) == vars(Counted())


def _score(estimator, X, y):
    return estimator.score(X, y)


def test_failed_fit_is_data():
    result = evaluator().task(trial(fail=True), 0)()
    assert "this is the failure" in result["fit_error"]


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
@pytest.mark.parametrize(
    "value", ["0.9", None, [0.5, 0.5], np.ones(2), 1j, {"a": None}, {"a": 1 + 0j}]
)
def test_score_that_is_no_real_number_is_raised(value, error_score):
    tasks = evaluator(scorer=lambda *_: value, error_score=error_score)
    with pytest.raises(ValueError, match=r"scoring must return a (real )?number, got"):
        tasks.task(trial(), 0)()


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_what_scikit_learn_lets_through_is_raised(error_score):
    tasks = evaluator(error_score=error_score)
    tasks.splits[1] = np.arange(20), np.arange(25, 35)  # of 30 rows
    tasks.task(trial(), 0)()
    with pytest.raises(IndexError, match="out of bounds"):
        tasks.task(trial(), 1)()
    with pytest.raises(ValueError, match="Invalid parameter 'nothing'"):
        tasks.task(trial(nothing=1), 0)()


@pytest.mark.parametrize(
    "value", [Fraction(1, 4), Decimal("0.25"), np.float32(0.25), np.array(0.25)]
)
def test_scores_become_floats_where_they_come_in(value):
    for scores in (value, {"a": value, "b": True}):
        tasks = evaluator(scorer=lambda *_, s=scores: s, return_train_score=True)
        result = tasks.task(trial(), 0)()
        for found in (result["test_scores"], result["train_scores"]):
            one = found["a"] if isinstance(scores, dict) else found
            assert (type(one), one) == (float, 0.25)


def test_error_score_raise_raises_the_original_error():
    with pytest.raises(RuntimeError, match="this is the failure"):
        evaluator(error_score="raise").task(trial(fail=True), 0)()


# --- what a scoring callable returns ---


def result(scores, error=None):
    return {"test_scores": scores, "fit_error": error}


@pytest.mark.parametrize(
    ("first", "now", "message"),
    [
        ({"a": 1}, {"b": 1}, r"\['a'\] at first and now a dict with the keys \['b'\]"),
        ({"a": 1}, 1.0, r"\['a'\] at first and now one number"),
        (1.0, {"a": 1}, r"one number at first and now a dict with the keys \['a'\]"),
    ],
)
def test_scoring_must_return_the_same_names_each_time(first, now, message):
    tasks = evaluator()
    tasks.check(result(first))
    with pytest.raises(ValueError, match=f"'scoring' callable .*{message}"):
        tasks.check(result(now))


@pytest.mark.parametrize("error_score", [np.nan, -1])
def test_failures_have_no_names(error_score):
    tasks = evaluator(error_score=error_score)
    for scores in (error_score, {"b": 1, "a": 2}, error_score, {"a": 1, "b": 2}):
        tasks.check(result(scores, "Traceback" if scores is error_score else None))
    tasks.check(result(error_score))  # scoring failed, the fit did not


def test_names_are_checked_once_with_the_first_scores():
    for scores, names in (({"b": 1, "a": 2}, ["b", "a"]), (1.0, None)):
        checked = []
        tasks = evaluator(check_metrics=checked.append)
        for each in (np.nan, scores, scores):
            tasks.check(result(each))
        assert checked == [names]


def test_order_of_the_names_does_not_matter():
    tasks = evaluator()
    tasks.check(result({"a": 1, "b": 2}))
    tasks.check(result({"b": 1, "a": 2}))


@pytest.mark.parametrize("with_train", [False, True])
def test_failed_fits_get_names_as_in_scikit_learn(with_train):
    results = [result(-1, "Traceback"), result({"a": 1, "b": 2}), result(-1, "T")]
    if with_train:
        for each in results:
            each["train_scores"] = copy.copy(each["test_scores"])
    expected = copy.deepcopy(results)
    _insert_error_scores(expected, -1)
    name_error_scores(results, -1)
    assert results == expected


def test_failed_scoring_gets_names_too():
    results = [result(-1), result({"a": 1, "b": 2})]
    name_error_scores(results, -1)
    assert results[0]["test_scores"] == {"a": -1, "b": -1}


def test_one_number_stays_one_number():
    results = [result(-1, "Traceback"), result(2.0)]
    name_error_scores(results, -1)
    assert [each["test_scores"] for each in results] == [-1, 2.0]


class Clock:
    """Stands in for the module `time`: somebody sets its date while a fit runs.

    Parameters
    ----------
    shift : float
        By so many seconds, at the second look.
    """

    def __init__(self, shift):
        self.shift, self.n_looks = shift, 0

    def __getattr__(self, name):
        return getattr(time, name)

    def time(self):
        self.n_looks += 1
        return time.time() + self.shift * (self.n_looks > 1)


@pytest.mark.parametrize("shift", [-3600.0, 3600.0, np.nan])
def test_times_are_plausible_whatever_somebody_does_to_the_clock(monkeypatch, shift):
    monkeypatch.setattr(_validation, "time", Clock(shift))
    start = time.monotonic()
    result = evaluator().task(trial(x=0.5), 0)()
    elapsed = time.monotonic() - start
    assert 0 <= result["fit_time"] + result["score_time"] <= elapsed
    assert min(result["fit_time"], result["score_time"]) >= 0


@pytest.mark.parametrize("shift", [-3600.0, 3600.0])
def test_a_limit_holds_whatever_somebody_does_to_the_clock(monkeypatch, shift):
    now = time.monotonic()
    soon, past = (evaluator().task(trial(x=0.5), 0, now + s) for s in (60, -60))
    monkeypatch.setattr(_evaluation, "time", Clock(shift))
    _evaluation.time.time()
    assert soon() is not None
    assert past() is None


def test_on_another_machine_a_limit_goes_by_the_date(monkeypatch):
    now = time.monotonic()
    soon, past = (evaluator().task(trial(x=0.5), 0, now + s) for s in (60, -60))
    monkeypatch.setattr(_evaluation.platform, "node", lambda: "another")
    # it was started at another time
    monkeypatch.setattr(_evaluation.time, "monotonic", lambda: 1e9)
    assert soon() is not None
    assert past() is None
