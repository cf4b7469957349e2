import platform
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from counted_fits import Counted
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, _results
from sklearn_bayes_search._deadline import Deadline
from sklearn_bayes_search._results import (
    Objective,
    candidate_line,
    reporter,
)
from sklearn_bayes_search._scheduler import Candidate
from sklearn_bayes_search._tables import results_frame
from sklearn_bayes_search._trial import Outcome, Trial

X = np.arange(40.0).reshape(20, 2) / 40


def fold(score, error=None):
    return {"test_scores": score, "fit_error": error}


def candidate(*folds, params=None, number=0):
    trial = Trial(number, params or {"x": 1}, np.zeros(1))
    candidate = Candidate(trial, range(len(folds)))
    for index in candidate.begin_round():
        candidate.add(index, folds[index])
    candidate.end()
    return candidate


def line(candidate, total=9, best=0.5, refit=True):
    return candidate_line(candidate, total, Objective(None, refit), best)


def frame_of(params, metric="score", failed=None, n_splits=3):
    """Make the table of some settings with made-up scores."""
    rng = np.random.default_rng(0)
    scores = rng.random((n_splits, len(params)))
    results = {"mean_fit_time": np.ones(len(params))}
    results["mean_score_time"] = np.full(len(params), 0.5)
    for name in {name: None for setting in params for name in setting}:
        results[f"param_{name}"] = None  # only the names matter
    results["params"] = params
    for index, row in enumerate(scores):
        results[f"split{index}_test_{metric}"] = row
    results[f"mean_test_{metric}"] = scores.mean(axis=0)
    results[f"std_test_{metric}"] = scores.std(axis=0)
    results[f"rank_test_{metric}"] = np.arange(1, len(params) + 1, dtype=np.int32)
    failed = [False] * len(params) if failed is None else failed
    outcomes = [
        Outcome(None, np.nan if bad else 0.5, folds=row)
        for bad, row in zip(failed, scores.T, strict=True)
    ]
    return results_frame(results, metric, outcomes), scores


def column(values, name="value"):
    """Make the column of one parameter; ... stands for a setting without it."""
    params = [{} if value is ... else {name: value} for value in values]
    return frame_of(params)[0][name]


# --- the score that is maximised ---


@pytest.mark.parametrize(
    ("wanted", "refit", "names", "expected"),
    [
        ("b", "a", ["a", "b", "score"], "b"),
        (None, "b", ["a", "b", "score"], "b"),
        (None, True, ["a", "b", "score"], "score"),
        (None, False, ["b", "a"], "b"),
        (None, len, ["b", "a"], "b"),
        (None, "score", None, "score"),
        (None, "accuracy", None, "score"),
        ("score", True, None, "score"),
    ],
)
def test_metric_is_the_wanted_one_or_that_of_refit_or_score_or_the_first(
    wanted, refit, names, expected
):
    assert Objective(wanted, refit).metric(names) == expected


@pytest.mark.parametrize("names", [["a", "b"], None])
def test_unknown_metric_is_refused_with_the_known_ones(names):
    known = r"\['a', 'b'\]" if names else r"\['score'\]"
    with pytest.raises(ValueError, match=rf"'objective_metric'.*{known}.*'f1'"):
        Objective("f1", True).metric(names)


def test_objective_is_the_mean_over_the_folds():
    objective = Objective(None, True)
    assert objective([fold(1.0), fold(2.0)]) == 1.5
    assert objective([fold({"score": 1, "a": 7}), fold({"score": 2, "a": 8})]) == 1.5


@pytest.mark.parametrize(
    "folds",
    [
        [fold(1.0), fold(-1.0, error="Traceback")],
        [fold(1.0), fold({"score": 0.0}, error="Traceback")],
        [fold(1.0), fold(np.nan)],
        [fold(1.0), fold(np.inf)],
        [fold(-np.inf), fold(np.inf)],
    ],
    ids=["fit", "fit, multimetric", "nan", "inf", "inf - inf"],
)
def test_objective_is_nan_unless_all_folds_have_a_finite_score(folds):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(Objective(None, True)(folds))


# --- the line of a candidate ---


def test_line_shows_number_score_error_best_and_parameters():
    text = line(candidate(fold(0.5), fold(0.7), params={"C": 0.123456, "k": "rbf"}))
    assert text.startswith("[1/9] score 0.6 +/- 0.1, best 0.5, 0.0 s; ")
    assert text.endswith("; C=0.1235, k=rbf")


def test_line_of_an_unknown_total_and_of_a_single_fold():
    assert line(candidate(fold(0.5), number=4), total=None).startswith(
        "[5/?] score 0.5 +/- nan, best"
    )


def test_line_counts_failed_fits():
    assert "2 of 3 fits failed" in line(
        candidate(fold(0.5), fold(0, error="Traceback"), fold(0, error="Traceback"))
    )


def test_control_characters_do_not_reach_the_terminal():
    text = line(
        candidate(fold(0.5), params={"a": "\x1b[31mred\r\n[2/9] score 1\u202e"})
    )
    assert text.isprintable()


def test_line_of_infinite_scores_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "nan" in line(candidate(fold(np.inf), fold(-np.inf)), best=np.nan)


def test_line_of_scores_near_the_largest_float_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = line(candidate(fold(1e300), fold(3e300)), best=3e300)
    assert "score 2e+300 +/- 1e+300" in shown


def test_reporter_prints_the_best_so_far_and_only_if_verbose(capsys):
    candidates = [
        candidate(fold(score), number=number)
        for number, score in enumerate([np.nan, 0.5, 0.2, 0.9])
    ]
    for verbose in (0, 1):
        report = reporter(Objective(None, True), 4, None, verbose)
        for each in candidates:
            report(each)
        lines = capsys.readouterr().out.splitlines()
        if not verbose:
            assert lines == []
    best = [text.partition("best ")[2].partition(",")[0] for text in lines]
    assert best == ["nan", "0.5", "0.5", "0.9"]


def test_the_time_that_is_left_follows_from_the_last_candidates(capsys, monkeypatch):
    now = 0.0
    monkeypatch.setattr(_results, "time", SimpleNamespace(monotonic=lambda: now))
    report = reporter(Objective(None, True), 40, None, 1)
    for number in range(40):
        # the first ten come from a journal
        now += 0.0 if number < 10 else 30.0
        report(candidate(fold(0.5), number=number))
    shown = [text.partition(" s, ")[2] for text in capsys.readouterr().out.splitlines()]
    assert shown[1] == "0 s left; x=1"
    assert shown[19] == "10 min left; x=1"
    assert shown[-4:] == [f"{s} s left; x=1" for s in (90, 60, 30, 0)]


def test_the_time_that_is_left_is_no_more_than_the_time_limit_leaves(capsys):
    for total, expected in ((None, "2 h"), (10**12, "2 h"), (2, "0 s")):
        deadline = Deadline(7300.0, refit=False)
        report = reporter(Objective(None, True), total, deadline, 1)
        report(candidate(fold(0.5), number=0))
        report(candidate(fold(0.5), number=1))
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.endswith(f" s, {expected} left; x=1")
    reporter(Objective(None, True), None, None, 1)(candidate(fold(0.5)))
    assert "left" not in capsys.readouterr().out


def test_no_time_is_foreseen_where_paused_candidates_may_go_on(capsys):
    report = reporter(Objective(None, True), 3, None, 1)
    paused = candidate(fold(0.5), None, number=1)
    paused.estimate = 0.5, 0.1
    whole = [candidate(fold(0.5), fold(0.5), number=number) for number in range(3)]
    for each in (whole[0], paused, whole[2], paused, whole[1]):
        report(each)
    lines = capsys.readouterr().out.splitlines()
    # said once, before the first that comes again
    resumed = "More folds for the most promising of the paused settings:"
    assert lines.index(resumed) == 3
    lines.remove(resumed)
    assert ["left" in text for text in lines] == [False, True, False, False, True]
    silent = reporter(Objective(None, True), 3, None, 0)
    for each in (whole[0], paused, whole[2], paused, whole[1]):
        silent(each)
    assert capsys.readouterr().out == ""


# --- the table ---


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, 3], "int64"),
        ([1.5, 2, 3], "float64"),
        ([np.float32(1), np.float32(2)], "float32"),
        ([True, False], "bool"),
        ([True, 2], "object"),
        ([1, "a"], "object"),
        ([None, 1], "object"),
        ([(1,), (1, 2)], "object"),
        # a parameter that is inactive in some rows keeps its kind
        ([1, ..., 3], "Int64"),
        ([1.5, ..., 3], "float64"),
        ([True, ..., False], "boolean"),
        ([None, ..., 3], "object"),
        ([1, ..., "a"], "object"),
    ],
)
def test_parameters_keep_their_dtype(values, dtype):
    shown = column(values)
    assert shown.dtype == dtype
    for value, cell in zip(values, shown, strict=True):
        assert pd.isna(cell) if value is ... else cell == value


@pytest.mark.parametrize("values", [["a", "b"], ["a", ..., "b"]])
def test_strings_have_the_dtype_that_pandas_gives_strings(values):
    shown = column(values)
    assert shown.dtype == pd.Series(["a", "b"]).dtype
    assert shown.isna().tolist() == [value is ... for value in values]
    assert shown[shown.notna()].tolist() == ["a", "b"]


def test_objects_are_shown_as_they_are():
    objects = [
        DecisionTreeClassifier(),
        (1, 2),
        [1, 2],
        np.array([1, 2]),
        {"a": 1},
        len,
        None,
        pd.DataFrame({"a": [1]}),
    ]
    shown = column(objects)
    assert shown.dtype == object
    assert all(a is b for a, b in zip(shown, objects, strict=True))


@pytest.mark.parametrize("missing", [np.nan, pd.NA, None])
def test_values_that_mean_missing_are_values_too(missing):
    shown = column([missing, ..., "a"])
    assert pd.isna(shown[0])
    assert pd.isna(shown[1])
    assert shown[2] == "a"


def test_parameter_named_like_a_column_keeps_its_prefix():
    frame, scores = frame_of([{"rank": 7, "C": 1.0}, {"rank": 8, "C": 2.0}])
    assert frame["param_rank"].tolist() == [7, 8]
    assert frame["rank"].tolist() == [1, 2]
    assert list(frame)[:2] == ["param_rank", "C"]
    assert np.array_equal(frame["score"], scores.mean(axis=0))


def test_own_columns_follow_the_parameters():
    frame, scores = frame_of([{"C": 1}, {"C": 2}], failed=[False, True])
    own = ["score", "standard_error", "rank", "status", "seconds"]
    assert list(frame) == ["C", *own]
    assert frame.index.name == "candidate"
    assert frame["status"].tolist() == ["ok", "failed"]
    assert frame["seconds"].tolist() == [4.5, 4.5]  # three folds of 1 + 0.5
    # the deviation of a sample over the root of its size
    expected = [pd.Series(row).std() / np.sqrt(3) for row in scores.T]
    # rounding: pandas and numpy sum in different orders
    assert np.allclose(frame["standard_error"], expected, rtol=1e-12)


def test_standard_error_of_one_fold_is_unknown():
    assert frame_of([{"C": 1}, {"C": 2}], n_splits=1)[0]["standard_error"].isna().all()


def test_no_parameters_at_all():
    assert len(frame_of([{}])[0]) == 1


def test_metric_whose_name_ends_another_is_not_mistaken():
    def scoring(estimator, X, y=None):
        return {"f1": X[0, 0] * estimator.x, "my_test_f1": 1.0}

    search = BayesSearchCV(
        Counted(), {"x": [0.1, 0.2]}, scoring=scoring, refit="f1", cv=4
    ).fit(X)
    folds = [search.cv_results_[f"split{k}_test_f1"] for k in range(4)]
    frame = search.results_frame()
    # rounding: the same formula, over another axis
    expected = np.std(folds, axis=0, ddof=1) / 2
    assert np.allclose(frame["standard_error"], expected, rtol=1e-12)
    seconds = (
        search.cv_results_["mean_fit_time"] + search.cv_results_["mean_score_time"]
    )
    assert np.array_equal(frame["seconds"], 4 * seconds)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("error_score", [np.nan, -9.0])
def test_failed_settings_are_told_apart_whatever_the_error_score(error_score):
    space = {"fail": [False, True], "x": [0.1, 0.2]}
    search = BayesSearchCV(Counted(), space, cv=2, error_score=error_score).fit(X)
    frame = search.results_frame()
    assert (frame["status"] == "failed").tolist() == frame["fail"].tolist()
    failed = frame.loc[frame["fail"], "score"]
    assert np.array_equal(failed, [error_score] * 2, equal_nan=True)


def test_settings_told_after_the_search_are_not_its_rows():
    search = BayesSearchCV(Counted(), {"x": [0.1, 0.2, 0.3]}, n_iter=2, cv=2).fit(X)
    search.optimizer_.tell(search.optimizer_.ask(), 1.0)
    assert len(search.results_frame()) == 2


# --- folds_frame ---


def search_for(estimator, **options):
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    arguments = {"n_iter": 8, "cv": 2, "random_state": 0, "refit": False, **options}
    return BayesSearchCV(estimator, space, **arguments)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_folds_frame_has_every_fit(n_jobs):
    before = pd.Timestamp.now("UTC")
    with parallel_config("threading"):
        search = search_for(toys.Jittery(), n_jobs=n_jobs).fit(X)
    frame, results = search.folds_frame(), search.cv_results_
    assert frame["candidate"].tolist() == [k for k in range(8) for _ in range(2)]
    assert frame["fold"].tolist() == [0, 1] * 8
    for fold in range(2):
        mine = frame.loc[frame["fold"] == fold, "score"].to_numpy()
        np.testing.assert_array_equal(mine, results[f"split{fold}_test_score"])
    assert (frame["status"] == "ok").all()
    assert frame["error"].isna().all()
    assert frame["start"].between(before, pd.Timestamp.now("UTC")).all()
    total = frame.groupby("candidate")["seconds"].sum()
    np.testing.assert_allclose(total, search.results_frame()["seconds"])
    workers = frame["worker"].unique()
    assert 1 <= len(workers) <= n_jobs
    assert all(worker.startswith(f"{platform.node()}:") for worker in workers)


def test_folds_frame_tells_of_failures_and_is_a_copy():
    search = search_for(toys.Fragile(), n_initial_points=8, error_score=-9.0)
    with pytest.warns(FitFailedWarning):
        search.fit(X)
    frame = search.folds_frame()
    failed = frame["status"] == "failed"
    assert 0 < failed.sum() < len(frame)
    assert (frame.loc[failed, "score"] == -9).all()
    assert frame.loc[failed, "error"].str.contains("is too large").all()
    assert frame.loc[~failed, "error"].isna().all()
    frame["score"] = 0.0
    assert (search.folds_frame().loc[failed, "score"] == -9).all()


def test_folds_frame_shows_what_is_maximised():
    def score(estimator, X, y=None):
        return {"other": 0.0, "mine": estimator.score(X)}

    options = {"scoring": score, "objective_metric": "mine"}
    search = search_for(toys.Toy(), **options).fit(X)
    np.testing.assert_array_equal(
        search.folds_frame().query("fold == 1")["score"],
        search.cv_results_["split1_test_mine"],
    )


def test_folds_frame_of_a_resumed_search_tells_when_the_fits_were(tmp_path):
    options = {"checkpoint": tmp_path / "search.jsonl"}
    first = search_for(toys.Toy(), **options).fit(X).folds_frame()
    longer = search_for(toys.Toy(), **options).set_params(n_iter=10).fit(X)
    pd.testing.assert_frame_equal(longer.folds_frame()[: len(first)], first)


def test_folds_frame_needs_a_fit():
    with pytest.raises(NotFittedError):
        search_for(toys.Toy()).folds_frame()
