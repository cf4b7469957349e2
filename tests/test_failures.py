"""When a search ends because nothing works, and what it says then."""

import re
import uuid
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import uniform
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesianOptimizer, BayesSearchCV, Integer, Real, Space
from sklearn_bayes_search.execution._failures import FEW, MANY, MORE, ChoiceOfFailures
from sklearn_bayes_search.execution._progress import Candidate
from sklearn_bayes_search.optimizer._trial import Trial
from sklearn_bayes_search.results._cv_results import Objective

X = np.arange(40.0).reshape(20, 2)
y = np.arange(20) % 2
OBJECTIVE = Objective(None, True)
quiet = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
    "ignore:Scoring failed",
    "ignore:None of the",
)


def traceback_of(error):
    return (
        "Traceback (most recent call last):\n"
        '  File "fit.py", line 3, in fit\n    inner()\n    ^^^^^^^\n'
        f'  File "inner.py", line 12, in inner\n    raise\n{error}\n'
    )


def candidate(number, row, *folds):
    """Make one whose folds are scores, or errors as text; None did not run."""
    results = [
        fold
        if fold is None
        else {"fit_error": traceback_of(fold), "test_scores": np.nan}
        if isinstance(fold, str)
        else {"fit_error": None, "test_scores": fold}
        for fold in folds
    ]
    made = Candidate(Trial(number, {}, np.array(row)), range(len(folds)))
    made.folds = results
    return made


def is_hopeless(space, candidates, n_given=0):
    return ChoiceOfFailures(OBJECTIVE, Space(space).dims, n_given)(candidates)


def alike(n, error="ValueError: x={}", start=0):
    return [
        candidate(k, [k / 50], error.format(k / 7), np.nan)
        for k in range(start, start + n)
    ]


# --- the rule ---


@pytest.mark.parametrize(
    ("error", "enough"),
    [
        ("ValueError: x={} is too large", MANY),
        ("xgboost.core.XGBoostError: [12:00:0{}] no\nStack trace:\n  [bt] 0x7f", MANY),
        ("ValueError", MANY),
        ("fit_timeout=0.5 s is over.", MANY),
        ("TypeError: x={} at 0x{}", FEW),
        ("sklearn.utils._param_validation.InvalidParameterError: Got {}.", FEW),
        ("AttributeError: no", FEW),
    ],
)
def test_candidates_that_fail_end_a_search(error, enough):
    error = error.replace("{}", "{0}")
    for n in range(1, enough + 2):
        assert is_hopeless({"x": Real(0, 1)}, alike(n, error)) == (n >= enough)


def test_candidates_without_a_finite_score_end_a_search():
    for odd in (np.nan, np.inf, -np.inf):
        rows = [candidate(k, [k / 50], 1.0, odd) for k in range(MANY)]
        assert is_hopeless({"x": Real(0, 1)}, rows)


@pytest.mark.parametrize("error", ["ValueError: {}", "TypeError: {}", "{}: no"])
def test_it_does_not_matter_what_the_messages_say(error):
    words = [f"word{chr(97 + k)}" for k in range(MANY + 1)]
    rows = [candidate(k, [k / 50], error.format(w)) for k, w in enumerate(words)]
    rows[1] = candidate(1, [0.9], np.nan)
    for n in range(1, MANY + 2):
        assert is_hopeless({"x": Real(0, 1)}, rows[:n]) == (n >= MANY)


@pytest.mark.parametrize("other", ["ValueError: no", "TypeError: y=1", np.nan, 0.5])
def test_one_that_fails_otherwise_or_works_lets_a_search_go_on(other):
    for place in (0, 2, MANY - 2):
        rows = alike(MANY - 1, "TypeError: x={}")
        rows[place] = candidate(place, [place / 50], other, other)
        assert not is_hopeless({"x": Real(0, 1)}, rows)
    rows = alike(MANY + 1)
    rows[place] = candidate(place, [place / 50], other, other)
    assert is_hopeless({"x": Real(0, 1)}, rows) == (other != 0.5)


def test_what_was_given_need_not_fail():
    worked = [candidate(0, [0.5], 0.3, 0.3), candidate(1, [0.6], "OSError: no", 0.1)]
    for n in range(1, MORE + 2):
        rows = [*worked, *alike(n, start=2)]
        assert is_hopeless({"x": Real(0, 1)}, rows, n_given=2) == (n + 1 >= MORE)
        assert not is_hopeless({"x": Real(0, 1)}, rows)
    rows = [*worked, *alike(FEW, "TypeError: x={}", start=2)]
    assert is_hopeless({"x": Real(0, 1)}, rows, n_given=2)
    # one that fails counts
    assert is_hopeless({"x": Real(0, 1)}, alike(MANY), n_given=3)
    assert not is_hopeless({"x": Real(0, 1)}, alike(MANY), n_given=MANY)


def test_once_one_works_there_is_hope():
    rule = ChoiceOfFailures(OBJECTIVE, Space({"x": Real(0, 1)}).dims, 0)
    assert not rule([*alike(2), candidate(2, [0.1], 0.5)])
    assert not rule(alike(MANY))


def test_a_paused_candidate_works():
    rows = [*alike(MANY), candidate(MANY, [0.2], 0.5, None)]
    assert not is_hopeless({"x": Real(0, 1)}, rows)


@pytest.mark.parametrize(
    ("space", "needs"),
    [
        # what has been tried before it is known that no one value is the cause
        ([{"x": [1, 2, 3]}, {"y": [1]}], "every branch"),
        ([{"x": [k]} for k in range(20)], "every branch"),
        ({"c": ["p", "q", "r"], "x": Real(0, 1)}, "every category"),
        ({"a": [1, 2, 3], "b": list(range(20))}, "two values"),
    ],
)
def test_one_value_or_branch_is_not_taken_for_the_cause(space, needs):
    space = Space(space)
    if np.isfinite(space.size):
        rows = list(space.grid())
    else:
        U = space.spread(40, np.random.default_rng(0))
        rows = U[np.argsort(U[:, 0], kind="stable")]
    rows = [candidate(k, row, "TypeError: no") for k, row in enumerate(rows)]
    rule = ChoiceOfFailures(OBJECTIVE, space.dims, 0)
    ends = next(n for n in range(1, len(rows) + 1) if rule(rows[:n]))
    seen = np.array([c.trial.row for c in rows[:ends]])
    before = seen[:-1, 0]
    n_values = {"every category": 3, "two values": 2}.get(needs, len(space.branches))
    assert len(np.unique(before)) == n_values - 1
    assert len(np.unique(seen[:, 0])) == n_values


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6), n_dims=st.integers(1, 6), sign=st.sampled_from([1, -1])
)
def test_a_space_of_which_half_fails_is_hardly_given_up(seed, n_dims, sign):
    space = {f"x{i}": Real(0, 1) for i in range(n_dims)}
    optimizer = BayesianOptimizer(space, n_iter=50, random_state=seed)
    rule = ChoiceOfFailures(OBJECTIVE, optimizer.space.dims, 0)
    found = []
    for k in range(MANY):
        trial = optimizer.ask()
        fails = sign * (trial.row[0] - 0.5) > 0
        optimizer.tell(trial, np.nan if fails else 1.0)
        found.append(candidate(k, trial.row, "ValueError: no" if fails else 1.0))
    assert not rule(found)


# --- whole searches ---


class Fails(BaseEstimator):
    """Fails at the values of x that `where` names; best at 0.3."""

    def __init__(self, x=0.5, n=0, where="nowhere", error=ValueError):
        self.x = x
        self.n = n
        self.where = where
        self.error = error

    def fit(self, X, y=None):
        Fails.n_fits += 1
        fails = {
            "nowhere": False,
            "everywhere": True,
            "not at 0.5": self.x != 0.5,
            "above 0.5": self.x > 0.5,
        }
        if fails[self.where]:
            raise self.error(f"x={self.x} is wrong")
        return self

    def score(self, X, y=None):
        return -((self.x - 0.3) ** 2)

    n_fits = 0


SPACE = {"x": Real(0, 1), "n": Integer(0, 9)}


def fitted(estimator, space=SPACE, **options):
    Fails.n_fits = 0
    options = {"n_iter": 30, "cv": 2, "random_state": 0, **options}
    return BayesSearchCV(estimator, space, **options).fit(X)


@pytest.mark.parametrize("options", [{}, {"racing": True}, {"timeout": 1000}], ids=repr)
def test_an_estimator_that_always_fails_ends_its_search_early(options):
    with pytest.raises(ValueError, match="All the 20 fits failed"):
        fitted(Fails(where="everywhere"), **options)
    with pytest.raises(ValueError, match=r"x=0\.5 is wrong"):
        fitted(Fails(where="everywhere", error=TypeError), **options)
    assert Fails.n_fits == 2 * FEW


def test_a_number_as_error_score_lets_it_go_on():
    with pytest.raises(ValueError, match="All the 60 fits failed"):
        fitted(Fails(where="everywhere"), error_score=0.0)


EARLY = r"ended early after {} of 30 candidates(?s:.*)a number for 'error_score'(?s:.*)"


@quiet
@pytest.mark.parametrize("options", [{}, {"racing": True}, {"n_jobs": 2}], ids=repr)
def test_errors_of_which_each_says_something_else_end_a_search(options, tmp_path):
    class Varied(Fails):
        def fit(self, X, y=None):
            if self.where == "everywhere" or self.x != 0.5:
                raise ValueError(uuid.uuid4().hex)
            return self

    options = {**options, "max_pending": 1, "checkpoint": tmp_path}
    told = EARLY.format(10) + "All the"
    for _ in range(2):  # the second time from the journal
        with pytest.raises(ValueError, match=told):
            fitted(Varied(where="everywhere"), **options)
        with pytest.raises(ValueError, match=r"None of the 20 .*the estimator's own"):
            fitted(Varied(), **options)
    with pytest.raises(ValueError, match=r"^\nAll the 60 fits failed"):
        fitted(Varied(where="everywhere"), error_score=0)


@quiet
def test_a_search_that_ended_early_says_so():
    def nan(estimator, X, y=None):
        return np.nan

    with pytest.raises(ValueError, match=EARLY.format(3) + "All the 6 fits"):
        fitted(Fails(where="everywhere", error=TypeError))
    with pytest.raises(ValueError, match=EARLY.format(10)):
        fitted(Fails(), scoring=nan)
    with pytest.raises(ValueError, match=EARLY.format(21) + "The first failure"):
        fitted(Fails(where="not at 0.5"))
    for n_iter in (1, 3):
        with pytest.raises(ValueError, match=r"^\nAll the \d fits failed"):
            fitted(Fails(where="everywhere"), n_iter=n_iter)


@quiet
@pytest.mark.parametrize("n_iter", [FEW, 30])
def test_scores_that_are_never_finite_are_an_error(n_iter):
    def broken(estimator, X, y=None):
        raise NameError("scroe")

    for scoring in (broken, lambda e, X, y=None: np.nan, {"a": broken}):
        n = min(n_iter, MANY)
        with pytest.raises(ValueError, match=f"None of the {n} candidates has a fini"):
            fitted(Fails(), scoring=scoring, n_iter=n_iter, refit=False)
        assert Fails.n_fits == 2 * n


@quiet
def test_one_fold_that_always_fails_is_an_error_with_its_traceback():
    class Picky(Fails):
        def fit(self, X, y=None):
            if X[0, 0] == 0:
                raise ValueError("no first row, please")
            return super().fit(X)

    with pytest.raises(ValueError, match=r"None of the 10 .*(?s:.*)first row, please"):
        fitted(Picky())


@quiet
def test_the_estimators_own_setting_is_not_taken_for_the_best():
    tree = DecisionTreeClassifier(max_depth=3)
    space = {"max_depth": uniform(2, 5)}
    search = BayesSearchCV(tree, space, experience=False, cv=2, random_state=0)
    told = (
        r"None of the 3 .*only the estimator's own.*(?s:.*)InvalidParameterError: The"
    )
    with pytest.raises(ValueError, match=told):
        search.fit(X, y)
    assert search.folds_frame()["status"].tolist() == ["ok"] * 2 + ["failed"] * 6
    assert not hasattr(search, "best_params_")
    with pytest.raises(ValueError, match=r"None of the 20 .*\n(?s:.*)is wrong"):
        fitted(Fails(where="not at 0.5"))
    # failures of given settings count
    fails = Fails(where="not at 0.5", error=TypeError)
    with pytest.raises(ValueError, match=r"None of the 2 .*only the estimator's own"):
        fitted(fails, initial_points=[{"x": 0.7, "n": 4}])


@quiet
def test_a_range_that_is_far_too_wide_is_searched_where_the_own_setting_works():
    class Narrow(Fails):
        def fit(self, X, y=None):
            if self.x > 0.1:
                raise ValueError(f"x={self.x} is too large")
            return self

    search = fitted(Narrow(x=0.05), {"x": Real(0, 1)}, n_iter=16)
    works = np.isfinite(search.cv_results_["mean_test_score"])
    assert search.n_iter_ == 16
    assert not works[1 : MANY + 1].any()
    assert works[MANY + 1 :].any()


def test_settings_that_were_given_are_kept_with_a_warning():
    options = {"initial_points": [{"x": 0.5, "n": 4}]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = fitted(Fails(where="not at 0.5"), **options)
    assert search.best_params_ == {"x": 0.5, "n": 4}
    assert search.stop_reason_ == (
        "stopped after 22 of 30 candidates: all that the search chose failed"
    )
    told = [w for w in caught if "given candidates do" in str(w.message)]
    assert len(told) == 1
    assert "is wrong" in str(told[0].message)
    assert told[0].filename == __file__
    assert any(w.category is FitFailedWarning for w in caught)


@quiet
def test_one_or_two_failures_and_expected_ones_are_no_error():
    space = {"x": Real(0, 1)}
    assert fitted(Fails(where="not at 0.5"), space, n_iter=3).best_params_["x"] == 0.5
    with pytest.warns(UserWarning, match="None of the 13 candidates that the search"):
        fitted(Fails(where="not at 0.5"), error_score=-9, n_iter=14)
    nan = fitted(Fails(), scoring=lambda e, X, y=None: np.nan, n_iter=2)
    assert np.isnan(nan.best_score_)


@quiet
def test_a_branch_that_always_fails_does_not_end_a_search():
    where = [{"where": [w], "x": Real(0, 1)} for w in ("everywhere", "nowhere")]
    search = fitted(Fails(), where)
    assert search.n_iter_ == 30
    assert search.best_params_["where"] == "nowhere"
    assert fitted(Fails(where="above 0.5")).n_iter_ == 30


@quiet
def test_the_own_setting_in_a_branch_that_fails_is_the_best_with_a_warning():
    class Branched(Fails):
        def fit(self, X, y=None):
            if self.where == "nowhere" and self.x != 0.4:
                raise ValueError("not here")
            return self

        def score(self, X, y=None):
            return -((self.x - 0.3) ** 2) - (self.where == "above 0.5")

    branches = [{"where": [w], "x": Real(0, 1)} for w in ("above 0.5", "nowhere")]
    told = (
        r"None of the \d+ candidates that the search chose from "
        r"param_distributions\[1] works, only the estimator's own(?s:.*)not here"
    )
    with pytest.warns(UserWarning, match=told):
        search = fitted(Branched(x=0.4), branches)
    assert search.best_params_ == {"where": "nowhere", "x": 0.4}
    # that branch is not the best one, or something works there
    for own in (Branched(x=0.4, where="above 0.5"), Fails(x=0.3)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted(own, branches)
        assert not [w for w in caught if "None of the" in str(w.message)]


@quiet
def test_a_range_beside_values_that_fails_is_named():
    class OnlyTwo(Fails):
        def fit(self, X, y=None):
            if self.x not in (0.4, 5.0):
                raise ValueError("not here")
            return self

        def score(self, X, y=None):
            return -self.x

    told = r"chose with x from Real\(0.0, 1.0\) works, only the estimator's own"
    with pytest.warns(UserWarning, match=told):
        fitted(OnlyTwo(x=0.4), {"x": [5.0, Real(0, 1)]})


@quiet
def test_one_candidate_is_spoken_of_in_the_singular():
    with pytest.warns(UserWarning, match="The one candidate that .* does not work, on"):
        fitted(Fails(where="not at 0.5"), n_iter=2)


@quiet
def test_what_is_in_flight_may_still_work():
    class Late(Fails):
        """Works from the twelfth candidate on."""

        def fit(self, X, y=None):
            Fails.n_fits += 1
            if Fails.n_fits <= 2 * (MANY + 1):
                raise ValueError("not yet")
            return self

    assert fitted(Late(), max_pending=3).n_iter_ == 30
    with pytest.raises(ValueError, match="All the 20 fits failed"):
        fitted(Late(), max_pending=1)


@quiet
def test_a_journal_gives_the_same_end_without_a_fit(tmp_path):
    texts = []
    for n_iter in (30, 30, 40):
        with pytest.raises(ValueError, match="All the 20 fits failed") as info:
            fitted(Fails(where="everywhere"), n_iter=n_iter, checkpoint=tmp_path / "j")
        texts.append(re.sub(r"line \d+|of \d+", "", str(info.value)))
    assert Fails.n_fits == 0
    assert len(set(texts)) == 1


@quiet
def test_what_a_journal_has_is_not_given_up(tmp_path):
    class Works(Fails):
        """Works from the fourteenth candidate on."""

        def fit(self, X, y=None):
            Fails.n_fits += 1
            if Fails.n_fits <= 2 * (MANY + 3):
                raise ValueError("not yet")
            return self

    options = {"checkpoint": tmp_path / "j", "refit": False}
    first = fitted(Works(), max_pending=5, **options)
    # of the journal ten have failed before the eleventh is asked for
    again = fitted(Works(), max_pending="async", **options)
    assert again.cv_results_["params"] == first.cv_results_["params"]
    assert again.best_params_ == first.best_params_
    assert Fails.n_fits == 0
