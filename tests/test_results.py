import io
import platform
import re
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy_estimators as toys
from counted_fits import Counted
from joblib import parallel_config
from scipy.stats import randint, uniform
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, read_journal
from sklearn_bayes_search.execution import _verbose
from sklearn_bayes_search.execution._deadline import Deadline
from sklearn_bayes_search.execution._progress import Candidate
from sklearn_bayes_search.execution._verbose import announce, candidate_line, reporter
from sklearn_bayes_search.optimizer._trial import Outcome, Trial
from sklearn_bayes_search.results._cv_results import Objective
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.results._short_text import setting_writer
from sklearn_bayes_search.results._tables import results_frame
from sklearn_bayes_search.space._space import as_space

X = np.arange(40.0).reshape(20, 2) / 40


def fold(score, error=None, seconds=1.0):
    times = {"fit_time": seconds, "score_time": 0.0}
    return {"test_scores": score, "fit_error": error, **times}


def candidate(*folds, params=None, number=0):
    trial = Trial(number, params or {"x": 1}, np.zeros(1))
    candidate = Candidate(trial, range(len(folds)))
    for index in candidate.begin_round():
        candidate.add(index, folds[index])
    candidate.end()
    candidate.ran = True
    return candidate


def line(candidate, total=9, best=0.5, refit=True, write=None):
    values = {name: [value] for name, value in candidate.trial.params.items()}
    write = write or setting_writer(as_space(values))
    return candidate_line(candidate, total, Objective(None, refit), best, write)


def reporting(total, deadline=None, verbose=1, size=10**9):
    space = as_space({"x": randint(0, size)})
    return reporter(Objective(None, True), total, deadline, verbose, space)


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
    search = SimpleNamespace(
        fit=None, cv_results_=results, optimizer_=SimpleNamespace(history=outcomes)
    )
    return results_frame(read_results(search, metric)), scores


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
        report = reporting(4, verbose=verbose)
        for each in candidates:
            report(each)
        lines = capsys.readouterr().out.splitlines()
        if not verbose:
            assert lines == []
    best = [text.partition("best ")[2].partition(",")[0] for text in lines]
    assert best == ["nan", "0.5", "0.5", "0.9"]


def lefts(out):
    return [
        re.search(r" s(?:, ((?:about|up to) \S+ \S+) left)?; x=1", text)[1]
        for text in out.splitlines()
    ]


def time_left(monkeypatch, capsys, costs, scores=(0.5,), *, known=0, total=40, **how):
    """Return how much time is said to be left after each candidate.

    They run two at a time, after a minute in which workers start.
    """
    now, seen = 60.0, []
    monkeypatch.setattr(_verbose, "time", SimpleNamespace(monotonic=lambda: now))
    report = reporting(total, **how)
    for number, cost in enumerate(costs):
        score = scores[number % len(scores)]
        each = candidate(fold(score, seconds=cost), number=number)
        each.ran = number >= known
        each.seconds = 60.0 + cost
        now += cost / 2 if each.ran else 0.001
        report(each)
        seen += lefts(capsys.readouterr().out)
    return seen


def test_the_time_that_is_left_follows_from_what_ran_here(capsys, monkeypatch):
    seen = time_left(monkeypatch, capsys, [30.0] * 40, known=10)
    assert seen[:14] == [None] * 14  # five say something of the others
    # the first kept one worker alone
    assert seen[14] == "about 7.5 min"
    assert seen[19] == "about 5.5 min"
    assert seen[-2:] == ["about 16 s", None]


def test_what_is_to_come_takes_as_long_as_what_is_near_the_best(capsys, monkeypatch):
    costs, scores = [10.0, 10.0, 100.0] * 10, (0.1, 0.2, 0.9)
    seen = time_left(monkeypatch, capsys, costs, scores)
    assert seen[29] == "about 8.4 min"  # ten of 50 s
    # where all points of a space are tried, all tell of the others
    seen = time_left(monkeypatch, capsys, costs, scores, size=40)
    assert seen[29] == "about 3.4 min"  # ten of 20 s
    # failures have no score
    seen = time_left(monkeypatch, capsys, costs, (np.nan, 0.2, 0.1))
    assert seen[29] == "about 50 s"


def test_fits_that_take_no_time_tell_nothing(capsys, monkeypatch):
    assert time_left(monkeypatch, capsys, [0.0] * 9) == [None] * 9


def test_the_time_that_is_left_is_no_more_than_the_time_limit_leaves(capsys):
    for total in (None, 10**12):
        report = reporting(total, Deadline(7300.0, refit=False))
        for number in range(8):
            report(candidate(fold(0.5), number=number))
        assert lefts(capsys.readouterr().out)[-1] == "up to 2 h"
    report = reporting(10, Deadline(7300.0, refit=False))
    for number in range(8):
        report(candidate(fold(0.5), number=number))
    assert lefts(capsys.readouterr().out) == ["up to 2 h"] * 4 + ["about 1 s"] * 4
    reporting(None)(candidate(fold(0.5)))
    assert lefts(capsys.readouterr().out) == [None]


@pytest.mark.parametrize(
    ("arguments", "may_end", "text"),
    [
        ((5, 10, None), False, "each of 10 candidates, totalling 50 fits"),
        ((5, 10, None), True, "each of up to 10 candidates, totalling up to 50 fits"),
        (
            (5, 10, 60),
            True,
            "up to 10 candidates, totalling up to 50 fits, for up to 60 s",
        ),
        ((5, None, 5400), True, "each candidate, for up to 90 min"),
        ((5, None, None), True, "each candidate"),
    ],
)
def test_what_there_is_to_do_is_announced(arguments, may_end, text, capsys):
    *how_many, seconds = arguments
    limit = None if seconds is None else Deadline(seconds, refit=False)
    announce(*how_many, limit, None, may_end=may_end)
    assert capsys.readouterr().out.startswith("Fitting 5 folds for each")
    announce(*how_many, limit, None, may_end=may_end)
    assert capsys.readouterr().out.endswith(f"{text}\n")


def test_the_size_of_a_space_is_not_announced_where_the_clock_ends_the_search(capsys):
    space = {"x": randint(0, 167_580)}
    BayesSearchCV(Counted(), space, n_iter=None, timeout=1e-9, verbose=1, cv=2).fit(X)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "Fitting 2 folds for each candidate, for up to under 1 ms"
    assert second.startswith("[1/?] score")


def test_a_line_is_short_whatever_the_values_are():
    long = StackingClassifier(
        [("rf", RandomForestClassifier(n_estimators=3)), ("svc", SVC(C=3.3))],
        final_estimator=LogisticRegression(C=0.1),
    )
    weights = [{i: float(i + k) for i in range(2000)} for k in (0, 1)]
    values = [long, *weights, np.arange(5000), "x" * 3000, "x" * 3000 + "y", b"b" * 999]
    values += [make_pipeline(PCA(n), SVC()) for n in (2, 3)]
    values += [list(range(999)), pd.DataFrame(np.zeros((99, 99))), [long] * 9]
    for n_names in (1, 4, 20):
        names = [f"deep__deeper__step{k}__parameter{k}" for k in range(n_names)]
        write = setting_writer(as_space(dict.fromkeys(names, values)))
        lines = [
            line(candidate(fold(0.5), params=dict.fromkeys(names, value)), write=write)
            for value in values
        ]
        assert len(set(lines)) == len(values)
        assert max(map(len, lines)) < 350 + 30 * n_names
        assert "deep__" not in "".join(lines)


def test_a_line_has_the_ends_of_names_that_are_all_different():
    space = {"model__C": [1], "model__clf__k": [2], "prep__k": [3], "model": ["a"]}
    params = {name: values[0] for name, values in space.items()}
    shown = line(
        candidate(fold(0.5), params=params), write=setting_writer(as_space(space))
    )
    assert shown.endswith("; C=1, clf__k=2, prep__k=3, model=a")


def test_a_line_of_a_failed_candidate_ends_with_its_error():
    error = "Traceback:\n  File x\nValueError: C must be\n  more than 0.\n\n"
    shown = line(candidate(fold(0.5), fold(0, error=error), params={"C": -1}))
    assert "] 1 of 2 fits failed, best 0.5, 0.0 s; C=-1; more than 0." in shown
    shown = line(candidate(fold(0, error="ValueError: " + "\x1b" * 999)))
    assert shown.isprintable()
    assert len(shown) < 250
    assert line(candidate(fold(0, error="KeyError: 'a\n'\n"))).endswith(
        "; KeyError: 'a"
    )
    assert line(candidate(fold(0, error="Lost."))).endswith("; x=1; Lost.")
    assert line(candidate(fold(0, error=""))).endswith("; x=1; no message")


def test_no_time_is_foreseen_where_paused_candidates_may_go_on(capsys):
    paused = candidate(fold(0.5), None, number=1)
    paused.estimate = 0.5, 0.1
    whole = [candidate(fold(0.5), fold(0.5), number=number) for number in range(8)]
    ended = [whole[0], paused, *whole[2:], paused, whole[1]]
    report = reporting(8)
    for each in ended:
        report(each)
    lines = capsys.readouterr().out.splitlines()
    # said once, before the first that comes again
    resumed = "More folds for the most promising of the paused candidates:"
    assert lines.index(resumed) == 8
    lines.remove(resumed)
    assert ["left" in text for text in lines] == [False] * 4 + [True] * 3 + [False] * 3
    report = reporting(8, Deadline(60.0, refit=False))
    for each in ended:
        report(each)
    lines = capsys.readouterr().out.splitlines()
    assert ["up to" in text for text in lines[-3:]] == [False, True, False]
    silent = reporting(8, verbose=0)
    for each in ended:
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


def test_parameter_named_like_the_index_is_read_back():
    params = [{"candidate": 7, "rank": 1}, {"candidate": 8, "rank": 2}]
    frame, _ = frame_of(params)
    assert list(frame)[:2] == ["param_candidate", "param_rank"]
    for table in (frame, pd.read_csv(io.StringIO(frame.to_csv()))):
        assert read_results(table).settings == params


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


@pytest.mark.parametrize("racing", [False, True])
def test_all_metrics_are_columns_on_demand(racing):
    def scoring(estimator, X, y=None):
        return {"a": X[0, 0] * estimator.x, "b": -estimator.x}

    space = {"x": [0.1, 0.9, 0.3, 0.2, 0.15]}
    search = BayesSearchCV(
        Counted(), space, scoring=scoring, refit="a", cv=4, racing=racing
    ).fit(X)
    frame, results = search.results_frame(all_metrics=True), search.cv_results_
    plain = search.results_frame()
    own = ["score", "standard_error", "rank"]
    each = [f"{column}_{metric}" for metric in "ab" for column in own]
    assert list(frame) == ["x", *own, *each, *list(plain)[4:]]
    pd.testing.assert_frame_equal(frame[plain.columns], plain)
    for column in own:
        assert frame[column].equals(frame[f"{column}_a"])
    done = frame["status"] == "ok"
    assert done.all() == (not racing)
    assert np.array_equal(frame["score_b"][done], results["mean_test_b"][done])
    assert np.allclose(frame["score_b"], -frame["x"])  # folds do not differ
    assert np.array_equal(frame["rank_b"], results["rank_test_b"])
    assert np.array_equal(frame["standard_error_b"][done], np.zeros(done.sum()))
    assert as_settings(frame) == results["params"]


def as_settings(frame):
    return read_results(frame).settings


def test_all_metrics_of_one_are_the_score():
    search = BayesSearchCV(Counted(), {"x": [0.1, 0.2]}, cv=2).fit(X)
    assert search.results_frame(all_metrics=True).equals(search.results_frame())


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


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
)
def test_folds_frame_shows_all_metrics_on_demand(tmp_path):
    def score(estimator, X, y=None):
        return {"other": 2 * estimator.score(X), "mine": estimator.score(X)}

    options = {"scoring": score, "objective_metric": "mine", "n_initial_points": 8}
    path = tmp_path / "search.jsonl"
    search = search_for(toys.Fragile(), **options, checkpoint=path).fit(X)
    frame, results = search.folds_frame(all_metrics=True), search.cv_results_
    assert 0 < (frame["status"] == "failed").sum() < len(frame)
    for fold in range(2):
        for name in ("other", "mine"):
            np.testing.assert_array_equal(
                frame.query(f"fold == {fold}")[f"score_{name}"],
                results[f"split{fold}_test_{name}"],
            )
    brief = frame.drop(columns=["score_other", "score_mine"])
    pd.testing.assert_frame_equal(search.folds_frame(), brief)
    # a journal names them alike, also where a fit failed
    pd.testing.assert_frame_equal(
        read_journal(path)[brief.columns.drop("score")], brief.drop(columns="score")
    )
    kept = read_journal(path).filter(like="score")
    assert set(kept) == {"score_other", "score_mine", "score_time"}
    np.testing.assert_array_equal(kept["score_mine"], frame["score_mine"])


def test_folds_frame_of_a_resumed_search_tells_when_the_fits_were(tmp_path):
    options = {"checkpoint": tmp_path / "search.jsonl"}
    first = search_for(toys.Toy(), **options).fit(X).folds_frame()
    longer = search_for(toys.Toy(), **options).set_params(n_iter=10).fit(X)
    pd.testing.assert_frame_equal(longer.folds_frame()[: len(first)], first)


def test_folds_frame_needs_a_fit():
    with pytest.raises(NotFittedError):
        search_for(toys.Toy()).folds_frame()
