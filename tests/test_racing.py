"""Racing: which folds run, what it costs, and that nothing partial can win."""

import warnings

import numpy as np
import pytest
import toy_estimators as toys
from hypothesis import given
from hypothesis import strategies as st
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import uniform
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import ShuffleSplit, cross_val_score

from sklearn_bayes_search import (
    BayesSearchCV,
    FoldRacing,
    JournalError,
)
from sklearn_bayes_search.report._findings import find
from sklearn_bayes_search.results._folds import FoldModel
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._reader import read_results

X = np.arange(60.0).reshape(30, 2)
N_SPLITS = 6


def search(estimator=None, **options):
    arguments = {
        "n_iter": 14,
        "cv": N_SPLITS,
        "racing": True,
        "random_state": 0,
        **options,
    }
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    return BayesSearchCV(estimator or toys.Folded(), space, **arguments)


def rows(fitted):
    """Return all of `cv_results_` but the times, NaN equal to NaN."""
    results = fitted.cv_results_
    return {k: repr(list(v)) for k, v in results.items() if not k.endswith("_time")}


@pytest.fixture(scope="module")
def plain():
    return search(racing=False).fit(X)


@pytest.fixture(scope="module")
def raced():
    return search().fit(X)


# --- the rule ---


@pytest.mark.parametrize(
    ("name", "value"),
    [("pause_below", 0), ("pause_below", 1), ("risk", -1), ("min_complete", 1)],
)
def test_a_value_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of FoldRacing.*{value}"):
        FoldRacing(**{name: value})


@given(st.integers(2, 10), st.integers(0, 99))
def test_each_fold_comes_first_in_its_turn(n_splits, number):
    orders = [FoldRacing._order(number + i, n_splits) for i in range(n_splits)]
    assert all(sorted(order) == list(range(n_splits)) for order in orders)
    for position in range(n_splits):
        assert {order[position] for order in orders} == set(range(n_splits))


@pytest.mark.parametrize("max_pending", [1, 2, 9])
@pytest.mark.parametrize("n_splits", [2, 3, 10])
def test_the_rounds_cover_all_folds(n_splits, max_pending):
    rounds = FoldRacing._rounds(n_splits, max_pending)
    assert rounds[0] == 1
    assert sum(rounds) >= n_splits


COMPLETE = np.array([[0.5, 0.7, 0.9], [0.4, 0.61, 0.8], [0.3, 0.5, 0.7]])


def judge(scores, complete=COMPLETE, **settings):
    scores = np.array(scores)
    seen = np.array([True, False, False])
    return FoldRacing(**settings)._judge(complete, scores, seen)


def test_a_hopeless_candidate_is_paused_after_one_fold():
    mean, variance = judge([0.1, np.nan, np.nan])
    model = FoldModel.fit(COMPLETE)
    assert mean == pytest.approx(0.1 - model.effects[0])
    assert 0 < variance < model.variance * 2


def test_a_promising_candidate_goes_on():
    assert judge([0.6, np.nan, np.nan]) is None


def test_an_easy_fold_is_no_merit():
    # 0.85 is above the best mean so far, but the last fold is easy for all
    scores, seen = np.array([np.nan, np.nan, 0.85]), np.array([False, False, True])
    assert FoldRacing()._judge(COMPLETE, scores, seen)[0] < 0.7


def test_no_candidate_is_paused_before_there_is_something_to_compare_with():
    assert judge([0.1, np.nan, np.nan], COMPLETE[:1]) is None
    assert judge([0.1, np.nan, np.nan], COMPLETE[:2]) is not None
    assert judge([0.1, np.nan, np.nan], COMPLETE[:2], min_complete=3) is None


def test_a_failed_fold_ends_a_candidate():
    mean, variance = judge([np.nan, np.nan, np.nan])
    assert np.isnan(mean)
    assert variance == 0
    assert judge([np.nan, np.nan, np.nan], COMPLETE[:1]) is None


@given(st.integers(0, 2**16), st.floats(0.01, 0.9), st.integers(1, 5))
def test_at_the_end_the_chance_that_the_best_is_left_out_is_small(seed, risk, n_most):
    rng = np.random.default_rng(seed)
    complete = rng.normal(size=(4, 5))
    paused = rng.normal(size=(6, 5))
    paused[:, 2:] = np.nan
    racing = FoldRacing(risk=risk)
    chosen = racing._resume(complete, paused, len(paused))
    chances = FoldModel.fit(complete).chance_above(complete.mean(axis=1).max(), paused)
    left = np.delete(chances, chosen)
    assert left.sum() <= risk + 1e-9
    if chosen:
        assert_array_equal(chances[chosen], np.sort(chances)[::-1][: len(chosen)])
        assert left.sum() + chances[chosen[-1]] > risk
    assert racing._resume(complete, paused, n_most) == chosen[:n_most]


# --- the search ---


def test_equal_scores_count_once_for_how_scores_scatter():
    racing = FoldRacing()
    once = np.array([[0.5, 0.7, 0.6], [0.6, 0.5, 0.8], [0.8, 0.6, 0.6]])
    seen = np.array([True, False, False])
    below = np.where(seen, 0.4, np.nan)
    # of one row, however often, nothing follows: it would be sure otherwise
    assert racing._judge(np.tile(once[:1], (9, 1)), below, seen) is None
    often = np.repeat(once, [9, 1, 1], axis=0)
    for scores in (below, below - 0.5):
        judged = [racing._judge(rows, scores, seen) for rows in (once, often)]
        assert judged[0] == judged[1]
    assert judged[0] is not None
    assert racing._resume(np.tile(once[:1], (9, 1)), below[None], 1) == [0]


@pytest.mark.parametrize(("pause_below", "share"), [(0.4, 0.75), (0.05, 0.95)])
def test_racing_saves_fits_and_finds_the_same_best(plain, pause_below, share):
    before = toys.Folded.n_fits
    raced = search(refit=False, racing=FoldRacing(pause_below=pause_below)).fit(X)
    n_fits = toys.Folded.n_fits - before
    assert n_fits == raced.cv_results_["n_splits_evaluated"].sum()
    assert n_fits < share * plain.n_iter_ * N_SPLITS
    assert raced.n_iter_ == plain.n_iter_
    # a difference of 0.1 from the optimum costs 0.01
    assert raced.best_score_ > plain.best_score_ - 0.01


def test_skipped_folds_are_nan_and_all_others_as_without_racing(raced):
    results = raced.cv_results_
    splits = np.array([results[f"split{i}_test_score"] for i in range(N_SPLITS)]).T
    assert_array_equal(np.isfinite(splits).sum(axis=1), results["n_splits_evaluated"])
    complete = results["n_splits_evaluated"] == N_SPLITS
    assert 3 <= complete.sum() < raced.n_iter_
    assert_array_equal(np.isfinite(results["mean_test_score"]), complete)
    assert_array_equal(np.isfinite(results["std_test_score"]), complete)
    for params, scores in zip(results["params"], splits, strict=True):
        every = cross_val_score(toys.Folded(**params), X, cv=N_SPLITS)
        assert_array_equal(np.where(np.isfinite(scores), every, np.nan), scores)


def test_a_candidate_with_all_folds_wins_and_the_others_rank_last(raced):
    results = raced.cv_results_
    complete = results["n_splits_evaluated"] == N_SPLITS
    assert complete[raced.best_index_]
    assert raced.best_score_ == np.nanmax(results["mean_test_score"])
    ranks = results["rank_test_score"]
    assert ranks[raced.best_index_] == 1
    assert ranks[complete].max() <= complete.sum()
    assert set(ranks[~complete]) == {complete.sum() + 1}


def test_there_is_no_warning(recwarn):
    search(return_train_score=True).fit(X)
    assert not recwarn.list


def test_times_are_of_the_folds_that_ran(raced):
    results, folds = raced.cv_results_, raced.folds_frame()
    assert len(folds) == results["n_splits_evaluated"].sum()
    assert_array_equal(folds.groupby("candidate").size(), results["n_splits_evaluated"])
    assert np.isfinite(results["mean_fit_time"]).all()
    seconds = folds.groupby("candidate")["seconds"].sum()
    assert_allclose(seconds, raced.results_frame()["seconds"])


def test_the_table_shows_estimates_of_paused_candidates(raced):
    frame = raced.results_frame()
    paused = raced.cv_results_["n_splits_evaluated"] < N_SPLITS
    assert_array_equal(frame["status"] == "paused", paused)
    assert np.isfinite(frame["score"]).all()
    assert (frame["standard_error"] > 0).all()
    assert_array_equal(
        frame["n_splits_evaluated"], raced.cv_results_["n_splits_evaluated"]
    )
    for params, score in zip(raced.cv_results_["params"], frame["score"], strict=True):
        every = cross_val_score(toys.Folded(**params), X, cv=N_SPLITS)
        # folds differ by 0.7, candidate and fold by 0.01
        assert score == pytest.approx(every.mean(), abs=0.03)


def test_a_paused_candidate_has_the_same_estimate_everywhere(raced):
    frame = raced.results_frame()
    paused = frame["status"] == "paused"
    splits = [f"split{fold}_test_score" for fold in range(N_SPLITS)]
    folds = np.array([raced.cv_results_[key] for key in splits]).T
    whole = np.unique(folds[~paused], axis=0)
    mean, variance = FoldModel.fit(whole).estimate(folds[paused])
    assert_allclose(frame["score"][paused], mean)
    assert_allclose(frame["standard_error"][paused], np.sqrt(variance))
    for source in (raced, raced.cv_results_, frame):
        seen = observe(source)
        assert_allclose(seen.scores, frame["score"])
        assert_allclose(seen.noise[paused], variance)
        seen = read_results(source)
        assert_allclose(seen.scores, frame["score"])
        assert_allclose(seen.errors[paused], np.sqrt(variance))
    found = find(raced).results
    assert_allclose(found.scores, frame["score"])
    assert_allclose(found.errors, frame["standard_error"])


@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [
        ("threading", 2),
        pytest.param("threading", 4, marks=pytest.mark.slow),
        pytest.param("loky", 2, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("max_pending", [1, 4])
def test_rows_depend_on_the_seed_and_not_on_timing(max_pending, backend, n_jobs):
    expected = rows(search(max_pending=max_pending).fit(X))
    with parallel_config(backend=backend):
        jittery = search(toys.JitteryFolded(), n_jobs=n_jobs, max_pending=max_pending)
        assert rows(jittery.fit(X)) == expected


def test_async_racing_fills_all_rows():
    with parallel_config(backend="threading"):
        fitted = search(toys.JitteryFolded(), n_jobs=3, max_pending="async").fit(X)
    assert fitted.n_iter_ == 14
    assert fitted.cv_results_["n_splits_evaluated"].min() >= 1


def test_auto_keeps_the_workers_busy_though_folds_run_one_after_another():
    with parallel_config(backend="threading"):
        assert search(n_jobs=4).fit(X).max_pending_ == 9
        assert search(n_jobs=4, racing=False).fit(X).max_pending_ == 3


def test_the_optimizer_knows_in_the_end_what_the_search_knows(raced):
    results = raced.cv_results_
    for outcome in raced.optimizer_.history:
        number = outcome.trial.number
        complete = results["n_splits_evaluated"][number] == N_SPLITS
        assert (outcome.noise == 0) == complete
        if complete:
            assert outcome.score == results["mean_test_score"][number]


def test_several_metrics_race_by_the_one_that_is_maximised():
    def scoring(estimator, X, y=None):
        score = estimator.score(X)
        return {"good": score, "bad": -score}

    raced = search(
        scoring=scoring, refit="good", return_train_score=True, max_pending=1
    ).fit(X)
    single = search().fit(X)
    names = [f"{part}_{name}" for part in ("test", "train") for name in ("good", "bad")]
    n_evaluated = raced.cv_results_["n_splits_evaluated"]
    assert_array_equal(n_evaluated, single.cv_results_["n_splits_evaluated"])
    for name in names:
        splits = [raced.cv_results_[f"split{i}_{name}"] for i in range(N_SPLITS)]
        assert_array_equal(np.isfinite(splits).sum(axis=0), n_evaluated)


@pytest.mark.parametrize("error_score", [np.nan, -99.0])
def test_failures_end_a_candidate_and_cannot_win(error_score):
    space = {"a": uniform(0, 1), "b": [0, 1, None]}  # arithmetic on None fails
    fitted = BayesSearchCV(
        FailingFolded(),
        space,
        n_iter=14,
        cv=N_SPLITS,
        racing=True,
        error_score=error_score,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores are non-fin")
        fitted.fit(X)
    frame = fitted.results_frame()
    failed = frame["status"] == "failed"
    assert failed.any()
    assert_array_equal(failed, [p["b"] is None for p in fitted.cv_results_["params"]])
    late = failed & (frame.index > 6)
    assert (fitted.cv_results_["n_splits_evaluated"][late] == 1).all()
    assert fitted.best_params_["b"] is not None


class FailingFolded(toys.Folded):
    """Cannot be fitted without a number."""

    def fit(self, X, y=None):
        if self.b is None:
            raise ValueError("no number")
        return super().fit(X)


def test_a_callable_refit_must_choose_a_complete_candidate():
    with pytest.raises(ValueError, match="chose a candidate that was not scored on"):
        search(refit=lambda r: int(r["n_splits_evaluated"].argmin())).fit(X)
    best = search(refit=lambda r: int(np.nanargmax(r["mean_test_score"]))).fit(X)
    assert best.best_params_ == search().fit(X).best_params_


def test_one_split_is_refused():
    with pytest.raises(ValueError, match=r"'racing' parameter.*at least 2 folds"):
        search(cv=ShuffleSplit(1, random_state=0)).fit(X)


def test_a_resumed_race_has_the_same_rows_and_runs_no_fold_twice(tmp_path):
    path = tmp_path / "journal"
    whole = search(checkpoint=path).fit(X)
    lines = path.read_bytes().splitlines(keepends=True)
    before = toys.Folded.n_fits
    again = search(checkpoint=path, refit=False).fit(X)
    assert toys.Folded.n_fits == before
    assert rows(again) == rows(whole)
    for n_kept in (5, len(lines) // 2, len(lines) - 2):
        path.write_bytes(b"".join(lines[:n_kept]))
        assert rows(search(checkpoint=path).fit(X)) == rows(whole)


def test_a_journal_of_a_search_without_racing_is_refused(tmp_path):
    search(checkpoint=tmp_path / "journal", racing=False).fit(X)
    with pytest.raises(JournalError, match="racing"):
        search(checkpoint=tmp_path / "journal").fit(X)


def test_a_paused_candidate_is_announced(capsys):
    search(verbose=1, max_pending=1).fit(X)
    out = capsys.readouterr().out
    assert "after 1 of 6 folds, paused, best" in out


def test_no_time_is_spent_on_paused_candidates_when_it_is_over(monkeypatch):
    resumed = []
    monkeypatch.setattr(
        FoldRacing, "_resume", lambda self, c, p, n: list(range(len(p)))[:n]
    )
    monkeypatch.setattr(
        "sklearn_bayes_search.execution._deadline.Deadline.permits",
        lambda self, candidate, n_workers: resumed.append(candidate) and False,
    )
    fitted = search(timeout=1000).fit(X)
    assert resumed
    assert (fitted.cv_results_["n_splits_evaluated"] < N_SPLITS).any()
