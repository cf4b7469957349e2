"""Stopping rules: when each stops, what it says, and that it keeps no state."""

import pickle
import re
import time

import numpy as np
import pytest
import toy_estimators as toys
from hypothesis import given
from hypothesis import strategies as st
from joblib import Parallel, delayed, parallel_config
from scipy.stats import uniform

from sklearn_bayes_search import (
    BayesianOptimizer,
    BayesSearchCV,
    ExpectedGain,
    HypervolumeGain,
    Patience,
    Real,
    TargetScore,
)
from sklearn_bayes_search.optimizer._trial import History, Outcome, Trial
from sklearn_bayes_search.results._folds import FoldModel
from sklearn_bayes_search.testing import check_stopping_rule

X = np.arange(60.0).reshape(30, 2)
RULES = [
    TargetScore(-0.09),
    Patience(4),
    Patience(3, min_delta=0.01),
    ExpectedGain(),
    HypervolumeGain(n=5),
]


def search(estimator=None, **options):
    arguments = {"n_iter": 40, "cv": 3, "random_state": 0, "refit": False, **options}
    return BayesSearchCV(estimator or toys.Folded(), {"a": uniform(0, 1)}, **arguments)


def history(*scores):
    """Make a history; a pair is a paused candidate's estimate."""
    made = History()
    for number, score in enumerate(scores):
        paused = isinstance(score, tuple)
        score = score[0] if paused else score
        folds = np.array([score, np.nan if paused else score])
        made.add(Outcome(Trial(number, {}, np.zeros(1)), score, folds=folds))
    return made


def stops_at(rule, scores):
    """Return the number of outcomes after which the rule stops first."""
    reasons = [rule(history(*scores[:n]), None) for n in range(len(scores) + 1)]
    return next((n for n, reason in enumerate(reasons) if reason), None)


# --- each rule ---


def test_a_target_is_reached_by_a_complete_candidate_only():
    scores = [0.5, np.nan, (0.95,), 0.9, 0.8]
    assert stops_at(TargetScore(0.9), scores) == 4
    assert stops_at(TargetScore(0.95), scores) is None
    mean = np.mean([0.9, 0.5, 1.0])
    assert mean < 0.8  # by rounding
    assert stops_at(TargetScore(0.8), [0.7, mean]) == 2
    assert TargetScore(0.9)(history(*scores), None) == (
        "the score 0.9 has reached the target 0.9"
    )


@given(
    st.lists(st.floats(0, 1) | st.just(np.nan), max_size=20),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.1]),
)
def test_patience_ends_when_nothing_has_risen_for_so_long(scores, n, min_delta):
    def is_over(scores):
        values = [-np.inf if np.isnan(score) else score for score in scores]
        if len(values) >= n and max(values) == -np.inf:
            return True
        if len(values) <= n or max(values[:-n]) == -np.inf:
            return False
        return max(values) <= max(values[:-n]) + min_delta

    rule = Patience(n, min_delta)
    assert bool(rule(history(*scores), None)) == is_over(scores)


def test_patience_says_what_did_not_happen():
    reason = Patience(2, 0.1)(history(0.5, 0.5, 0.55), None)
    assert reason == "the best score has not risen by more than 0.1 for 2 candidates"
    reason = Patience(2)(history(0.5, 0.5, 0.4), None)
    assert reason == "the best score has not risen for 2 candidates"


def test_patience_ends_where_nothing_can_be_scored_and_waits_for_what_is_paused():
    failed = [np.nan] * 9
    assert Patience(3)(history(*failed), None) == "none of 9 candidates could be scored"
    assert stops_at(Patience(3), failed) == 3
    assert stops_at(Patience(3), [(0.5,), *failed]) is None
    assert stops_at(Patience(3), [np.nan, np.nan, 0.5, *failed]) == 6


def limited(*pairs):
    """Make an optimizer that was told scores, each with what a limit of 0 is for."""
    optimizer = BayesianOptimizer({"x": Real(0, 1)}, limits=[0.0], random_state=0)
    for score, reached in pairs:
        optimizer.tell(
            optimizer.ask(), score, limited=[reached], folds=np.full(3, score)
        )
    return optimizer


def reason_of(rule, *pairs):
    optimizer = limited(*pairs)
    return rule(optimizer.history, optimizer)


OUT, IN = -1.0, 1.0


def test_a_target_is_reached_within_the_limits_only():
    assert reason_of(TargetScore(0.9), (0.95, OUT), (0.8, IN)) is None
    assert reason_of(TargetScore(0.9), (0.95, OUT), (0.92, IN)) == (
        "the score 0.92 has reached the target 0.9"
    )


def test_patience_counts_from_the_first_within_the_limits():
    rule, rising = Patience(2), [(0.1 * i, OUT) for i in range(5)]
    assert reason_of(rule, *rising, *[(0.1, OUT)] * 9) is None
    assert reason_of(rule, *rising, (0.2, IN), (0.1, OUT)) is None
    told = reason_of(rule, *rising, (0.2, IN), (0.8, OUT), (0.1, IN))
    assert told == "the best score has not risen for 2 candidates"
    assert reason_of(rule, *rising, (0.2, IN), (0.8, OUT), (0.3, IN)) is None


def test_no_gain_is_expected_before_one_is_within_the_limits():
    rule = ExpectedGain(n_more=5)
    assert reason_of(rule, *[(0.5, OUT)] * 14) is None
    told = reason_of(rule, *[(0.5, OUT)] * 13, (0.5, IN))
    assert told == "all scores are equal, and no gain is expected"
    scores = [0.5 + 0.01 * i for i in range(14)]
    rule = ExpectedGain(fraction=1e9, n_more=5)
    assert reason_of(rule, *[(score, OUT) for score in scores]) is None
    told = reason_of(rule, *[(s, OUT if s > 0.6 else IN) for s in scores])
    assert told.startswith("expected further gain")


def tell_next(optimizer, noise, rng):
    """Ask, and tell a parabola whose folds differ by noise."""
    trial = optimizer.ask()
    folds = -((trial.params["x"] - 0.3) ** 2) + noise * rng.normal(size=5)
    optimizer.tell(trial, float(folds.mean()), folds=folds)


def told(n, noise):
    optimizer = BayesianOptimizer({"x": Real(0, 1)}, random_state=0)
    rng = np.random.default_rng(0)
    for _ in range(n):
        tell_next(optimizer, noise, rng)
    return optimizer


def test_the_expected_gain_falls_as_the_search_goes_on():
    gains = [told(n, 0.0).expected_gain() for n in (6, 12, 20)]
    assert gains[0] > gains[1] > gains[2] >= 0
    assert gains[2] < 1e-4


def test_before_the_model_takes_over_anything_may_be_gained():
    assert told(0, 0.1).expected_gain() == np.inf
    assert told(2, 0.1).expected_gain() == np.inf


def test_a_parzen_estimator_expects_nothing():
    optimizer = BayesianOptimizer({"x": Real(0, 1)}, surrogate="tpe")
    with pytest.raises(ValueError, match=r"surrogate that predicts scores.*Parzen"):
        optimizer.expected_gain()


def test_asking_for_the_expected_gain_does_not_change_what_is_asked():
    one, other = told(12, 0.01), told(12, 0.01)
    one.expected_gain()
    assert one.ask().params == other.ask().params


def test_where_folds_differ_much_the_search_ends_soon_and_elsewhere_later():
    rule = ExpectedGain()
    n_first = told(1, 0.0).n_initial_points

    def end(noise):
        optimizer, rng = told(0, noise), np.random.default_rng(0)
        while not rule(optimizer.history, optimizer) and len(optimizer.history) < 60:
            tell_next(optimizer, noise, rng)
        return len(optimizer.history)

    soon, late = end(0.01), end(1e-9)
    assert n_first + rule.n_more <= soon < late


@pytest.mark.parametrize(
    ("lowest", "reason"),
    [
        (
            0.0,
            r"gain .* is below 0\.00\d+, which is 0\.1 times the least rise of a score",
        ),
        (1.0, r"all scores are equal, and no gain is expected"),
    ],
)
def test_it_ends_where_many_settings_have_the_highest_score_there_is(lowest, reason):
    rule, optimizer = ExpectedGain(), told(0, 0.0)
    while len(optimizer.history) < 40:
        trial = optimizer.ask()
        score = np.clip(1.5 - abs(trial.params["x"] - 0.3), lowest, 1.0)
        folds = np.full(5, score).round(1)
        optimizer.tell(trial, float(folds.mean()), folds=folds)
        if why := rule(optimizer.history, optimizer):
            break
    assert len(optimizer.history) < 40
    assert re.fullmatch(f".*{reason}", why)


@pytest.mark.parametrize("test_share", [None, 0.25, 1.0])
def test_the_noise_follows_the_share_of_test_samples(test_share):
    optimizer = told(40, 0.01)
    optimizer.history.test_share = test_share
    why = ExpectedGain(fraction=1e9)(optimizer.history, optimizer)
    model = FoldModel.fit(optimizer.history.fold_scores)
    noise = (model.variance * (1 / 5 + (test_share or 1 / 4))) ** 0.5
    assert why.endswith(
        f"is below {1e9 * noise:.2g}, which is 1e+09 times the noise of the "
        "cross-validation"
    )


@pytest.mark.parametrize("n_iter", [3, None])
def test_it_is_refused_at_once_where_there_is_no_model(n_iter):
    before = toys.Folded.n_fits
    rules = [Patience(3), ExpectedGain()]
    with pytest.raises(ValueError, match=r"surrogate that predicts scores.*Parzen"):
        search(surrogate="tpe", stopping=rules, n_iter=n_iter).fit(X)
    assert toys.Folded.n_fits == before


@pytest.mark.parametrize("n_more", [5, 12])
def test_it_never_stops_before_the_first_points_and_some_more(n_more):
    rule = ExpectedGain(fraction=1e9, n_more=n_more)
    optimizer = told(1, 0.1)
    n_least = optimizer.n_initial_points + n_more
    for n in range(1, n_least + 1):
        optimizer = told(n, 0.1)
        assert bool(rule(optimizer.history, optimizer)) == (n == n_least)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TargetScore("high"), "'score' parameter of TargetScore.*number. Got"),
        (lambda: TargetScore(np.nan), "'score' parameter of TargetScore.*nan"),
        (lambda: Patience(0), "'n' parameter of Patience.*int >= 1.*Got 0"),
        (lambda: Patience(2.5), r"'n' parameter of Patience.*int >= 1.*Got 2\.5"),
        (lambda: Patience(2, -1), "'min_delta' parameter of Patience.*>= 0"),
        (lambda: ExpectedGain(0), "'fraction' parameter of ExpectedGain.*> 0"),
        (lambda: ExpectedGain(n_more=4), "'n_more' parameter of Expected.*int >= 5"),
    ],
)
def test_a_wrong_setting_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("rule", [TargetScore(0.8), *RULES[1:]])
def test_every_promise_is_kept(rule):
    check_stopping_rule(rule)


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_values(rule):
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert eval(repr(rule)) == rule


# --- in a search ---


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("racing", [False, True])
def test_a_search_stops_and_says_why(rule, racing):
    fitted = search(stopping=rule, racing=racing).fit(X)
    assert fitted.n_iter_ < 40
    start = f"stopped after {fitted.n_iter_} of 40 candidates: "
    assert fitted.stop_reason_.startswith(start)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("racing", [False, True])
def test_where_it_stops_does_not_depend_on_timing(rule, racing):
    options = {"stopping": rule, "racing": racing, "max_pending": 4}
    expected = search(**options).fit(X)
    for n_jobs in (2, 4):
        with parallel_config(backend="threading"):
            other = search(toys.JitteryFolded(), n_jobs=n_jobs, **options).fit(X)
        assert other.cv_results_["params"] == expected.cv_results_["params"]
        assert other.stop_reason_ == expected.stop_reason_


def test_a_resumed_search_stops_at_the_same_candidate(tmp_path):
    options = {"stopping": Patience(4), "checkpoint": tmp_path / "journal"}
    first = search(**options).fit(X)
    again = search(**options).fit(X)
    assert again.n_iter_ == first.n_iter_
    assert again.stop_reason_ == first.stop_reason_


def test_a_function_is_a_rule_and_the_first_reason_of_several_counts():
    def enough(history, optimizer):
        return "that is enough" if len(history) >= 7 else None

    fitted = search(stopping=[Patience(30), enough], n_iter=None).fit(X)
    assert fitted.stop_reason_ == "stopped after 7 candidates: that is enough"


def test_a_finite_space_is_not_run_in_grid_order_when_a_rule_may_end_it():
    fitted = BayesSearchCV(
        toys.Folded(), {"a": [0.0, 0.1, 0.3, 0.5]}, cv=3, stopping=Patience(99)
    ).fit(X)
    assert fitted.stop_reason_ == "evaluated all 4 points of the search space"


def test_a_time_limit_ends_a_search_that_has_a_rule_as_well():
    fitted = search(n_iter=None, timeout=1e-6, stopping=[None, Patience(3)]).fit(X)
    assert fitted.stop_reason_ == "timeout=1e-06 s after 1 candidates"


def overshoot(seed, n_jobs):
    """Return by how many of its longest fits a search outlasts 10 s."""
    space = {"a": uniform(0, 1), "b": [0, 1, 2]}
    timed = BayesSearchCV(
        toys.Slow(), space, n_iter=None, timeout=10, cv=5, random_state=seed
    )
    start = time.monotonic()
    with parallel_config("threading", n_jobs=n_jobs):
        timed.fit(X)
    seconds = time.monotonic() - start
    assert timed.stop_reason_ == f"timeout=10 s after {timed.n_iter_} candidates"
    return (seconds - 10) / timed.folds_frame()["seconds"].max()


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_time_limit_is_kept_within_one_fit_in_20_of_20_runs(n_jobs):
    runs = Parallel(4)(delayed(overshoot)(seed, n_jobs) for seed in range(20))
    assert max(runs) <= 1


@pytest.mark.parametrize("value", ["patience", 3, Patience, [None, 5]])
def test_what_is_no_rule_is_refused(value):
    with pytest.raises(TypeError, match="'stopping' parameter of BayesSearchCV"):
        search(stopping=value).fit(X)


def test_a_search_without_an_end_is_refused():
    with pytest.raises(ValueError, match=r"'n_iter' parameter.*Got None for all"):
        search(n_iter=None).fit(X)
