"""Racing on parts of the rows: which there are, what they tell, and what may win."""

import warnings

import numpy as np
import pytest
import toy_estimators as toys
from hypothesis import given
from hypothesis import strategies as st
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import uniform
from sklearn.datasets import make_classification
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesSearchCV,
    FoldRacing,
    FoldsDisplay,
    Integer,
    JournalError,
    RowRacing,
    TargetScore,
    read_journal,
)
from sklearn_bayes_search.execution._row_racing import as_racing
from sklearn_bayes_search.report._live._board import JournalBoard
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._parts import RiseModel, StepModel
from sklearn_bayes_search.results._reader import read_results
from sklearn_bayes_search.space import Space

N_SPLITS = 3
X = np.arange(120.0)[:, None]
RULE = RowRacing(min_rows=8, factor=3, pause_below=0.1)
SPACE = {"a": uniform(0, 1), "b": [0, 1, 2]}


def search(estimator=None, space=SPACE, **options):
    arguments = {
        "n_iter": 14,
        "cv": N_SPLITS,
        "racing": RULE,
        "random_state": 0,
        **options,
    }
    estimator = toys.Learning() if estimator is None else estimator
    return BayesSearchCV(estimator, space, **arguments)


def rows(fitted):
    """Return all of `cv_results_` but the times, NaN equal to NaN."""
    results = fitted.cv_results_
    return {k: repr(list(v)) for k, v in results.items() if not k.endswith("_time")}


@pytest.fixture(scope="module")
def raced():
    return search().fit(X)


# --- the parts ---


def parts_of(cv, n=120, y=None, estimator=None, space=SPACE, rule=RULE, groups=None):
    splits = list(cv.split(np.zeros(n), y, groups))
    estimator = estimator or toys.Learning()
    return as_racing(rule, estimator, Space(space), y, splits), splits


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("pause_below", 0), ("pause_below", 1), ("min_complete", 1), ("factor", 1)],
        *[("min_rows", 1), ("min_rows", 2.5), ("min_rows", "few")],
    ],
)
def test_a_value_out_of_range_is_refused(name, value):
    with pytest.raises((ValueError, TypeError), match=f"'{name}' parameter of RowRac"):
        RowRacing(**{name: value})


def test_parts_are_nested_and_of_one_fold():
    race, splits = parts_of(KFold(3))
    (small, test), (large, other) = race.parts
    assert [len(small), len(large)] == [9, 27]
    assert set(small) < set(large) < set(splits[-1][0])
    assert_array_equal(test, splits[-1][1])
    assert_array_equal(other, test)
    again, _ = parts_of(KFold(3))
    assert_array_equal(again.parts[0][0], small)


@given(st.lists(st.integers(2, 60), min_size=2, max_size=5), st.integers(10, 40))
def test_parts_have_the_classes_in_their_shares(sizes, least):
    y = np.repeat([f"class {i}" for i in range(len(sizes))], sizes)
    y = np.concatenate([y, y])
    rule = RowRacing(min_rows=least, factor=1.5)
    splits = [(np.arange(len(y)), np.arange(3))] * 2
    if len(y) / 1.5 < least:
        return
    race = as_racing(rule, SVC(), Space({"C": [1, 2]}), y, splits)
    for part, _ in race.parts:
        for name, whole in zip(*np.unique(y, return_counts=True), strict=True):
            n = np.sum(y[part] == name)
            assert n >= 2 or len(part) < 2 * len(sizes)
            # the first two of each class come before their turn
            assert abs(n - len(part) * whole / len(y)) <= 2 * len(sizes)


def test_parts_of_a_time_series_are_the_latest_rows():
    race, splits = parts_of(TimeSeriesSplit(3))
    for part, test in race.parts:
        assert_array_equal(part, splits[-1][0][-len(part) :])
        assert_array_equal(test, splits[-1][1])


def test_parts_of_groups_are_of_training_rows():
    groups = np.arange(120) // 7
    race, splits = parts_of(
        GroupKFold(3), groups=groups, estimator=Ridge(), space={"alpha": [1, 2]}
    )
    assert all(
        any(set(part) < set(train) and set(test) == set(own) for train, own in splits)
        for part, test in race.parts
    )


@pytest.mark.parametrize(
    ("estimator", "space", "is_slow"),
    [
        (KNeighborsClassifier(), {"p": [1, 2]}, True),
        (SVC(), {"C": [1, 2]}, True),
        (DecisionTreeClassifier(), {"max_depth": [1, 2]}, False),
    ],
)
def test_where_predicting_is_slow_parts_have_fewer_test_rows(estimator, space, is_slow):
    race, splits = parts_of(
        KFold(2),
        9000,
        np.arange(9000) % 2,
        estimator,
        space=space,
        rule=RowRacing(factor=3),
    )
    sizes = [(len(train), len(test)) for train, test in race.parts]
    assert sizes == (
        [(500, 1000), (1500, 1500)] if is_slow else [(500, 4500), (1500, 4500)]
    )
    assert set(race.parts[0][1]) <= set(race.parts[1][1]) <= set(splits[1][1])


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match=r"at least 4500 training rows.*There are 80"):
        search(racing=RowRacing()).fit(X)


def test_a_precomputed_kernel_is_refused():
    kernel = X @ X.T
    y = np.arange(120) % 2
    with pytest.raises(ValueError, match=r"matrix of pairs.*FoldRacing"):
        search(SVC(kernel="precomputed"), {"C": [1, 2, 3]}).fit(kernel, y)
    both = {"C": [1, 2], "kernel": ["precomputed"]}
    with pytest.raises(ValueError, match=r"matrix of pairs"):
        search(SVC(), both).fit(kernel, y)


# --- the rule ---


def test_the_rise_is_that_of_the_better_half():
    folds = np.array(
        [[0.9, 0.9], [0.8, 0.8], [0.7, 0.7], [0.6, 0.6], *4 * [[0.1, 0.1]]]
    )
    parts = folds[:, :1] - np.r_[0.1, 0.1, 0.1, 0.1, 4 * [0.05]][:, None]
    model = RiseModel.fit(folds, parts)
    assert_allclose(model.rises, [0.1])
    mean, variance = model.estimate(np.array([[0.5]]))
    assert_allclose(mean, [0.6])
    # nothing scatters: what is expected counts for three of six
    assert_allclose(variance, [0.5 * 0.025**2 * 1.25])


def test_the_largest_part_counts():
    rng = np.random.default_rng(0)
    folds = rng.uniform(size=(6, 3))
    parts = folds.mean(axis=1)[:, None] - [0.2, 0.1] + 1e-3 * rng.normal(size=(6, 2))
    model = RiseModel.fit(folds, parts)
    given = np.array([[0.5, np.nan], [0.5, 0.7], [np.nan, 0.6]])
    assert_allclose(model.estimate(given)[0], [0.7, 0.8, 0.7], atol=0.01)
    chances = model.chance_above(0.75, given)
    assert chances[1] > 0.5 > chances[0]


def test_a_part_that_nobody_has_pauses_nobody():
    race, _ = parts_of(KFold(3))
    complete = np.array([[0.5, 0.6, 0.7, np.nan, 0.5], [0.4, 0.5, 0.7, np.nan, 0.4]])
    scores = np.array([np.nan, np.nan, np.nan, 0.0, np.nan])
    assert race._judge(complete, scores, np.isfinite(scores)) is None
    assert race._resume(complete, scores[None], 1) == [0]


@given(st.integers(0, 2**16), st.floats(0.01, 0.9), st.integers(1, 5))
def test_at_the_end_those_go_on_that_may_be_the_best(seed, least, n_most):
    rng = np.random.default_rng(seed)
    race, _ = parts_of(
        KFold(3), rule=RowRacing(min_rows=8, factor=3, pause_below=least)
    )
    level = rng.normal(size=(10, 1))
    every = level + 0.3 * rng.normal(size=(10, 5))
    complete, paused = every[:4], every[4:]
    paused[:3, :3] = np.nan  # on parts only
    paused[3:, 1:3] = np.nan
    paused[0, 4] = np.nan
    chosen = race._resume(complete, paused, len(paused))
    best = complete[:, :3].mean(axis=1).max()
    chances = StepModel.fit(complete, 3).chance_above(best, paused)
    assert_array_equal(np.sort(chosen), np.flatnonzero(chances >= least))
    assert_array_equal(chances[chosen], np.sort(chances[chosen])[::-1])
    assert race._resume(complete, paused, n_most) == chosen[:n_most]
    alone = RiseModel.fit(complete[:, :3], complete[:, 3:])
    assert_array_equal(chances[:3], alone.chance_above(best, paused[:3, 3:]))


# --- the search ---


def test_only_a_candidate_with_all_rows_and_folds_can_win(raced):
    results = raced.cv_results_
    complete = results["n_splits_evaluated"] == N_SPLITS
    assert 2 <= complete.sum() < 14
    assert_array_equal(np.isfinite(results["mean_test_score"]), complete)
    assert raced.best_score_ == results["mean_test_score"][complete].max()
    assert (results["n_resources"][results["n_splits_evaluated"] > 0] == 120).all()


def test_n_resources_are_those_of_the_largest_part(raced):
    results = raced.cv_results_
    only_parts = results["n_splits_evaluated"] == 0
    assert only_parts.any()
    last = np.isfinite(results["part1_test_score"])[only_parts]
    wanted = np.round(120 / 80 * np.where(last, 27, 9))
    assert_array_equal(results["n_resources"][only_parts], wanted)
    assert np.isfinite(results["part0_test_score"]).all()


def test_scores_on_parts_are_those_of_fits_on_them(raced):
    train, test = raced_parts()[0]
    for params, score in zip(
        raced.cv_results_["params"], raced.cv_results_["part0_test_score"], strict=True
    ):
        assert score == toys.Learning(**params).fit(X[train]).score(X[test])


def raced_parts():
    splits = list(KFold(N_SPLITS).split(X))
    return as_racing(RULE, toys.Learning(), Space(SPACE), None, splits).parts


def test_it_costs_less_and_finds_as_much(raced):
    plain = search(racing=False).fit(X)
    fits = raced.folds_frame()
    n_rows = fits["n_train_samples"].fillna(80).sum()
    assert n_rows < 0.85 * 14 * N_SPLITS * 80
    assert raced.best_score_ > plain.best_score_ - 0.02


def test_seconds_are_those_of_all_fits(raced):
    spent = raced.folds_frame().groupby("candidate")["seconds"].sum()
    assert_allclose(read_results(raced).seconds, spent)


@pytest.mark.parametrize(
    "backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"]
)
def test_rows_do_not_depend_on_jobs(backend):
    options = {"max_pending": 3, "n_iter": 10}
    alone = rows(search(toys.JitteryLearning(), **options).fit(X))
    for n_jobs in (2, 4):
        with parallel_config(backend=backend):
            found = search(toys.JitteryLearning(), n_jobs=n_jobs, **options).fit(X)
        assert rows(found) == alone


def test_a_resumed_race_has_the_same_rows_and_runs_no_fold_twice(tmp_path):
    path = tmp_path / "journal"
    whole = search(checkpoint=path).fit(X)
    lines = path.read_bytes().splitlines(keepends=True)
    before = toys.Learning.n_fits
    again = search(checkpoint=path, refit=False).fit(X)
    assert toys.Learning.n_fits == before
    assert rows(again) == rows(whole)
    for n_kept in (2, 5, len(lines) // 2, len(lines) - 2):
        path.write_bytes(b"".join(lines[:n_kept]))
        assert rows(search(checkpoint=path).fit(X)) == rows(whole)
    with pytest.raises(JournalError, match="racing"):
        search(checkpoint=path, racing=RowRacing(min_rows=9, factor=3)).fit(X)


def test_a_journal_names_the_rows_of_a_part(tmp_path):
    path = tmp_path / "journal"
    fitted = search(checkpoint=path).fit(X)
    frame, own = read_journal(path), fitted.folds_frame()
    assert_array_equal(frame["n_train_samples"], own["n_train_samples"])
    assert set(own["n_train_samples"].dropna()) == {9, 27}
    read, results = read_results(frame), read_results(fitted)
    assert_array_equal(read.paused, results.paused)
    assert_allclose(read.scores, results.scores)
    assert_allclose(read.noise, results.noise)


def test_whoever_watches_a_journal_sees_parts_apart_from_folds(tmp_path):
    path = tmp_path / "journal"
    fitted = search(checkpoint=path).fit(X)
    lines = path.read_bytes().splitlines(keepends=True)
    board = JournalBoard(path)
    path.write_bytes(b"".join(lines[:2]))  # the first candidate has a part only
    board.refresh()
    assert board.snapshot().results.paused.all()
    path.write_bytes(b"".join(lines))
    board.refresh()
    assert board.n_splits == N_SPLITS
    board.ended = "at the end"
    results = board.snapshot().results
    assert_allclose(results.scores, read_results(fitted).scores)
    assert_array_equal(results.paused, read_results(fitted).paused)


def test_tables_have_an_estimate_of_those_paused_on_a_part(raced):
    frame, results = raced.results_frame(), raced.cv_results_
    only_parts = results["n_splits_evaluated"] == 0
    assert (frame["status"][only_parts] == "paused").all()
    assert np.isfinite(frame["score"]).all()
    assert_array_equal(frame["n_resources"], results["n_resources"])
    assert_array_equal(frame["n_splits_evaluated"], results["n_splits_evaluated"])
    seen = observe(raced)
    assert_array_equal(seen.complete, results["n_splits_evaluated"] == N_SPLITS)
    for outcome, score in zip(raced.optimizer_.history, frame["score"], strict=True):
        assert outcome.score == pytest.approx(score)


def test_what_shows_a_search_shows_this_one(raced, tmp_path):
    assert raced.honest_score().score <= raced.best_score_
    assert raced.best_params_ in raced.equivalent_params_
    assert raced.report(tmp_path / "page.html").exists()
    assert len(FoldsDisplay.from_estimator(raced).labels)


def test_an_earlier_search_of_this_kind_informs_another(raced):
    later = search(racing=False, prior_results=raced, n_iter=3).fit(X)
    assert raced.best_params_ in later.cv_results_["params"]


def test_a_fit_that_fails_on_a_part_does_not_end_a_candidate():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores are non-fin")
        fitted = search(NeedsRows(), n_iter=6).fit(X)
    results = fitted.cv_results_
    assert np.isnan(results["part0_test_score"]).all()
    assert np.isfinite(results["part1_test_score"]).all()
    assert np.isfinite(fitted.best_score_)


class NeedsRows(toys.Learning):
    """Cannot be fitted with less than ten rows."""

    def fit(self, X, y=None):
        if len(X) < 10:
            raise ValueError("too few rows")
        return super().fit(X)


def test_several_metrics_race_by_the_one_that_is_maximised():
    def scoring(estimator, X, y=None):
        score = estimator.score(X)
        return {"good": score, "bad": -score}

    several = search(scoring=scoring, refit="good").fit(X)
    single = search().fit(X)
    ours, own = several.cv_results_, single.cv_results_
    assert_array_equal(ours["n_resources"], own["n_resources"])
    assert_array_equal(ours["part0_test_good"], own["part0_test_score"])
    assert_array_equal(ours["part0_test_bad"], -own["part0_test_score"])


def test_weights_of_samples_are_split_along():
    X, y = make_classification(300, random_state=0)
    weights = np.random.default_rng(0).uniform(size=300)
    fitted = search(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": range(1, 9), "min_samples_leaf": range(1, 9)},
        n_iter=6,
    ).fit(X, y, sample_weight=weights)
    splits = list(StratifiedKFold(3).split(X, y))
    model = fitted.estimator
    train, test = as_racing(RULE, model, fitted.search_space_, y, splits).parts[0]
    params, results = fitted.cv_results_["params"][0], fitted.cv_results_
    # whether a score is weighted, too, depends on the version of scikit-learn
    grid = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {name: [value] for name, value in params.items()},
        cv=[(train, test)],
        refit=False,
    ).fit(X, y, sample_weight=weights)
    assert results["part0_test_score"][0] == grid.cv_results_["split0_test_score"][0]


def test_one_split_is_enough():
    fitted = search(cv=ShuffleSplit(1, random_state=0)).fit(X)
    results = fitted.cv_results_
    assert set(results["n_splits_evaluated"]) == {0, 1}
    assert_array_equal(
        results["n_splits_evaluated"] == 1, np.isfinite(results["mean_test_score"])
    )


def test_it_goes_with_a_path():
    X, y = make_classification(300, flip_y=0.1, random_state=0)
    fitted = search(
        GradientBoostingClassifier(random_state=0),
        {"max_depth": Integer(1, 4), "n_estimators": Integer(2, 20)},
        n_iter=4,
        path="n_estimators",
    ).fit(X, y)
    assert fitted.best_estimator_.n_estimators == fitted.best_params_["n_estimators"]
    assert all("n_estimators" in params for params in fitted.cv_results_["params"])


def test_callbacks_and_rules_know_of_parts():
    records = []
    fitted = search(callback=records.append, stopping=TargetScore(9.0)).fit(X)
    by_number = {r.number: r for r in records if r.number is not None}
    n_ran = fitted.cv_results_["n_splits_evaluated"]
    for number, record in by_number.items():
        whole = [fold for fold in record.folds if fold.n_train_samples is None]
        assert len(whole) == n_ran[number]
        assert record.status == ("ok" if n_ran[number] == N_SPLITS else "paused")


def test_a_candidate_that_is_paused_on_a_part_is_announced(capsys):
    search(verbose=1).fit(X)
    out = capsys.readouterr().out
    assert "after 9 training rows of a fold, paused, best" in out


def test_a_regressor_that_learns_nothing_ends_well():
    y = np.arange(120.0)
    space = {"strategy": ["mean", "median"], "constant": [1, 2, 3]}
    fitted = search(DummyRegressor(), space, n_iter=6).fit(X, y)
    assert fitted.n_iter_ == 6


def test_racing_on_folds_has_no_parts():
    fitted = search(racing=FoldRacing()).fit(X)
    assert not [n for n in fitted.cv_results_ if n.startswith("part0_")]
    assert "n_resources" not in fitted.cv_results_
