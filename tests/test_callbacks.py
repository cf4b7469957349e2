"""A search tells its callbacks of each candidate, in order, and of its end."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.model_selection import cross_validate

from sklearn_bayes_search import (
    BayesSearchCV,
    FoldRacing,
    LivePage,
    MLflowLogger,
    WandbLogger,
)
from sklearn_bayes_search.execution import RunningSearch

X = np.arange(40.0).reshape(20, 2)
ignore_failures = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
)


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.running, self.records = None, []

    def begin(self, running):
        self.running = running

    def __call__(self, record):
        self.records.append(record)

    @property
    def numbers(self):
        return [record.number for record in self.records]


def search(estimator=None, **options):
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    arguments = {"n_iter": 12, "cv": 2, "n_initial_points": 4, "random_state": 0}
    return BayesSearchCV(estimator or toys.Toy(), space, **{**arguments, **options})


def two_metrics(estimator, X, y=None):
    return {"first": estimator.score(X), "second": estimator.a}


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
@pytest.mark.parametrize("max_pending", ["auto", 3])
def test_each_candidate_is_told_in_order_and_the_end_once(n_jobs, max_pending):
    told = Listener()
    with parallel_config(backend="threading"):
        fitted = search(
            toys.Jittery(), callback=told, n_jobs=n_jobs, max_pending=max_pending
        ).fit(X)
    assert told.numbers == [*range(12), None]
    results = fitted.results_frame()
    for record in told.records[:-1]:
        row = results.loc[record.number]
        assert record.status == row["status"] == "ok"
        assert record.params == fitted.cv_results_["params"][record.number]
        assert record.score == row["score"]
        assert record.seconds == pytest.approx(row["seconds"])
        assert record.n_ended == record.number + 1
        assert record.n_candidates == 12
        assert record.stop_reason is None
        assert not record.replayed
    best = results["score"].cummax()
    assert [record.best_score for record in told.records[:-1]] == best.tolist()
    end = told.records[-1]
    assert (end.status, end.stop_reason) == ("end", fitted.stop_reason_)
    assert end.best_params == fitted.best_params_
    assert end.best_number == fitted.best_index_
    assert (end.n_ended, end.params, end.folds) == (12, {}, ())


def test_a_record_has_what_the_tables_have_of_folds_and_metrics():
    told = Listener()
    several = {"scoring": two_metrics, "refit": "second", "n_iter": 5}
    fitted = search(callback=[None, told], **several).fit(X)
    folds = fitted.folds_frame(all_metrics=True)
    for record in told.records[:-1]:
        rows = folds[folds["candidate"] == record.number]
        assert [fold.fold for fold in record.folds] == [0, 1]
        for name in ("first", "second"):
            scores = [fold.scores[name] for fold in record.folds]
            assert scores == rows[f"score_{name}"].tolist()
            mean = fitted.cv_results_[f"mean_test_{name}"][record.number]
            assert record.scores[name] == mean
        assert [fold.score for fold in record.folds] == rows["score"].tolist()
        assert [fold.worker for fold in record.folds] == rows["worker"].tolist()


@ignore_failures
def test_a_failure_is_told_with_the_last_line_of_its_error():
    told = Listener()
    fitted = search(toys.Fragile(), callback=told).fit(X)
    status = fitted.results_frame()["status"]
    assert [record.status for record in told.records[:-1]] == status.tolist()
    failed = [record for record in told.records if record.status == "failed"]
    assert failed
    for record in failed:
        assert "FitFailure: a=0." in record.error
        assert "Traceback" in record.folds[0].error
        assert np.isnan(record.score)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_with_racing_a_paused_candidate_that_goes_on_is_told_again(n_jobs):
    told = Listener()
    with parallel_config(backend="threading"):
        fitted = search(
            toys.Folded(),
            callback=told,
            cv=4,
            n_iter=20,
            racing=FoldRacing(pause_below=0.9, risk=0.001),
            n_jobs=n_jobs,
            max_pending=2,
        ).fit(X)
    first = list(dict.fromkeys(told.numbers))
    assert first == [*range(20), None]
    assert any(record.status == "paused" for record in told.records)
    last = {record.number: record for record in told.records[:-1]}
    status = fitted.results_frame()["status"]
    assert [last[number].status for number in range(20)] == status.tolist()
    assert told.records[-1].best_score == fitted.best_score_
    assert told.records[-1].n_ended == 20


@pytest.mark.parametrize("n_jobs", [1, 2, 4])
def test_a_text_ends_the_search_at_the_same_candidate_whatever_the_timing(n_jobs):
    def enough(record):
        return "candidate 5 has ended" if record.number == 5 else None

    with parallel_config(backend="threading"):
        fitted = search(
            toys.Jittery(), callback=enough, n_jobs=n_jobs, max_pending=3
        ).fit(X)
    why = "stopped after 8 of 12 candidates: candidate 5 has ended"
    assert fitted.stop_reason_ == why
    assert fitted.n_iter_ == 8


def test_what_is_no_text_ends_the_search_as_well_and_is_named():
    def found(record):
        return record.score > -1

    fitted = search(callback=found).fit(X)
    assert fitted.n_iter_ == 1
    assert fitted.stop_reason_.endswith("the callback 'found' returned True")


def test_rows_do_not_depend_on_a_callback_that_only_looks_on():
    expected = search().fit(X).cv_results_["params"]
    assert search(callback=Listener()).fit(X).cv_results_["params"] == expected


def test_an_error_of_a_callback_is_one_warning_and_costs_nothing():
    told = Listener()

    def broken(record):
        raise KeyError("no such thing")

    with pytest.warns(UserWarning, match="'broken' raised KeyError.*no result") as got:
        fitted = search(callback=[broken, told]).fit(X)
    assert len(got) == 1
    assert got[0].filename == __file__
    assert fitted.n_iter_ == 12
    assert told.numbers == [*range(12), None]


def test_it_begins_before_the_first_candidate_with_what_is_planned():
    told = Listener()
    fitted = search(callback=told).fit(X)
    running = told.running
    assert isinstance(running, RunningSearch)
    assert running.search is fitted
    assert running.space is fitted.search_space_
    assert (running.n_candidates, running.n_splits) == (12, 2)
    assert [record.score for record in running.records()] == [
        record.score for record in told.records[:-1]
    ]


def test_records_show_a_candidate_that_runs():
    seen = []

    class Looks(Listener):
        def __call__(self, record):
            seen.append([r.status for r in self.running.records()])

    with parallel_config(backend="threading"):
        search(toys.Jittery(), callback=Looks(), n_jobs=2, max_pending=3).fit(X)
    assert any("running" in status for status in seen)
    assert set(seen[-1]) == {"ok"}


@pytest.mark.parametrize("n_more", [0, 3])
def test_a_resumed_search_tells_all_again_and_marks_what_it_read(tmp_path, n_more):
    options = {"checkpoint": tmp_path / "journal"}
    first, again = Listener(), Listener()
    search(callback=first, **options).fit(X)
    search(callback=again, n_iter=12 + n_more, **options).fit(X)
    assert again.numbers == [*range(12 + n_more), None]
    marks = [record.replayed for record in again.records[:-1]]
    assert marks == [True] * 12 + [False] * n_more
    old = [(record.params, record.score) for record in first.records[:-1]]
    assert [(r.params, r.score) for r in again.records[:12]] == old


def test_after_ctrl_c_what_is_complete_was_told_and_why_it_ended():
    told = Listener()

    def interrupts(record):
        if record.number == 3:
            raise KeyboardInterrupt

    fitted = search(callback=[told, interrupts])
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X)
    assert told.numbers == [0, 1, 2, 3, None]
    assert told.records[-1].stop_reason == "interrupted by the user"
    assert fitted.n_iter_ == 4


def test_the_end_is_told_after_the_refit_and_also_after_an_error():
    states = []

    class Looks(Listener):
        def __call__(self, record):
            super().__call__(record)
            states.append(hasattr(self.running.search, "best_estimator_"))

    search(callback=Looks()).fit(X)
    assert states == [False] * 12 + [True]
    told = Listener()
    with pytest.raises(toys.FitFailure):
        search(toys.Fragile(), callback=told, error_score="raise").fit(X)
    end = told.records[-1]
    assert end.status == "end"
    assert end.stop_reason.startswith("FitFailure: a=0.")


def test_a_timeout_leaves_no_candidate_untold():
    told = Listener()
    fitted = search(toys.Jittery(), callback=told, n_iter=None, timeout=0.3).fit(X)
    assert told.numbers == [*range(fitted.n_iter_), None]
    assert told.records[0].n_candidates is None


def test_clones_have_the_same_callback_so_that_nested_searches_tell_it():
    told = Listener()
    outer = search(callback=told, n_iter=3)
    assert clone(outer).callback is told
    cross_validate(outer, X, cv=2)
    assert told.numbers == [0, 1, 2, None] * 2


def test_a_record_is_frozen_and_can_be_sent_around():
    told = Listener()
    search(callback=told).fit(X)
    record = told.records[0]
    with pytest.raises(AttributeError):
        record.score = 1.0
    assert pickle.loads(pickle.dumps(record)) == record
    record.params["a"] = 99  # of the record only
    assert told.running.search.cv_results_["params"][0]["a"] != 99
    assert copy.deepcopy(record) == record


@pytest.mark.parametrize("value", ["print", 3, Listener, [None, 5]])
def test_what_is_no_callback_is_refused(value):
    with pytest.raises(TypeError, match="'callback' parameter of BayesSearchCV"):
        search(callback=value).fit(X)


def test_without_a_callback_nothing_is_recorded():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert search().fit(X).n_iter_ == 12


def test_callbacks_have_a_telling_repr():
    callbacks = [LivePage(port=8000), MLflowLogger("iris"), WandbLogger(project="iris")]
    assert [repr(callback) for callback in callbacks] == [
        "LivePage(port=8000, open_browser=False)",
        "MLflowLogger(run_name='iris')",
        "WandbLogger(project='iris')",
    ]
