"""A search that is begun again goes on where it was, and nothing finished is lost."""

import functools
import itertools
import json
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import time
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import toy_estimators as toys
from counted_fits import Counted
from scipy.stats import loguniform, uniform
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit, cross_val_score
from test_determinism import X, digest, search

from sklearn_bayes_search import (
    BayesSearchCV,
    FoldRacing,
    JournalError,
    RowRacing,
    read_journal,
)
from sklearn_bayes_search.execution._executors import Lost
from sklearn_bayes_search.execution._executors._in_process import InlineExecutor

TESTS = Path(__file__).parent
PACKAGE = os.path.join("sklearn_bayes_search", "")
SPACE = {"x": uniform(0, 1), "kind": ["a", "b"], "depth": [1, 2, 3]}
# Kept running by the test of kill -9: prints the digest and the number of fits when it
# is through.
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from test_checkpoint import KILLED
from test_determinism import digest
make, data = KILLED[sys.argv[3]]
options = {"checkpoint": sys.argv[1]} if sys.argv[1] else {}
fitted = make(n_jobs=2, **options).fit(*data)
print(digest(fitted), len(fitted.folds_frame()))
"""
BOOSTED = functools.partial(
    BayesSearchCV,
    GradientBoostingClassifier(random_state=0),
    {"learning_rate": loguniform(0.01, 1), "n_estimators": range(5, 60)},
    n_iter=20,
    cv=3,
    max_pending=3,
    random_state=0,
    refit=False,
)
ROWS = RowRacing(min_rows=30, factor=3)
FLIPPED = make_classification(300, flip_y=0.3, random_state=0)
KILLED = {
    "plain": (functools.partial(search, n_iter=30), (X,)),
    "path": (functools.partial(BOOSTED, path="auto"), FLIPPED),
    "rows": (functools.partial(BOOSTED, racing=ROWS), FLIPPED),
    "path and rows": (functools.partial(BOOSTED, path="auto", racing=ROWS), FLIPPED),
}


class Stopped(Counted):
    """Is interrupted by the user at a certain fit."""

    stop_at = np.inf

    def fit(self, X, y=None):
        if Counted.n_fits >= Stopped.stop_at:
            raise KeyboardInterrupt
        return super().fit(X)


def counted(path=None, *, estimator=None, x=X, **options):
    """Run a search; tell its digest, and how many fits it took."""
    before = Counted.n_fits
    arguments = {"n_iter": 8, "cv": 2, "random_state": 0, "refit": False, **options}
    fitted = BayesSearchCV(
        estimator or Counted(), SPACE, checkpoint=path, **arguments
    ).fit(x)
    return digest(fitted), Counted.n_fits - before


@pytest.fixture
def path(tmp_path):
    return tmp_path / "search.jsonl"


def test_a_finished_search_is_read_not_run(path):
    expected, _ = counted()
    assert counted(path) == (expected, 16)
    assert counted(path) == (expected, 0)


def test_a_journal_may_be_named_by_a_text(path):
    counted(str(path))
    assert len(read_journal(str(path))) == 16


@pytest.mark.parametrize("n_whole", [0, 1, 5, 15])
def test_an_interrupted_search_goes_on_and_gives_the_same_rows(
    path, monkeypatch, n_whole
):
    expected, _ = counted(estimator=Stopped())
    monkeypatch.setattr(Stopped, "stop_at", Counted.n_fits + n_whole)
    with pytest.raises(KeyboardInterrupt):
        counted(path, estimator=Stopped())
    monkeypatch.setattr(Stopped, "stop_at", np.inf)
    assert counted(path, estimator=Stopped()) == (expected, 16 - n_whole)


def test_more_candidates_can_be_added(path):
    counted(path, n_iter=8)
    rows, n_fits = counted(path, n_iter=12)
    assert n_fits == 8
    assert counted(path, n_iter=12) == (rows, 0)
    first, _ = counted(path, n_iter=8)
    assert first == counted(n_iter=8)[0]


def test_without_a_seed_a_search_goes_on_with_the_one_it_drew(path):
    first, _ = counted(path, random_state=None)
    assert counted(path, random_state=None) == (first, 0)


def test_a_generator_that_has_moved_on_does_not_matter():
    fitted = search(
        toys.Toy(), n_iter=3, random_state=np.random.RandomState(0), warm_start=True
    ).fit(X)
    first = fitted.cv_results_["params"]
    assert fitted.set_params(n_iter=5).fit(X).cv_results_["params"][:3] == first


@pytest.mark.slow
def test_the_number_of_jobs_may_change(path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stopped, "stop_at", Counted.n_fits + 5)
        with pytest.raises(KeyboardInterrupt):
            counted(path, estimator=Stopped())
    fitted = BayesSearchCV(
        Stopped(),
        SPACE,
        n_iter=8,
        cv=2,
        random_state=0,
        refit=False,
        checkpoint=path,
        n_jobs=2,
    ).fit(X)
    assert fitted.max_pending_ == 1
    assert digest(fitted) == counted(estimator=Stopped())[0]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"x": X + 1}, "data"),
        ({"cv": KFold(2, shuffle=True, random_state=0)}, "cv"),
        ({"scoring": "r2"}, "scoring"),
        ({"estimator": Counted(fail=True)}, "estimator"),
        ({"random_state": 1}, "random_state"),
        ({"max_pending": 2}, "max_pending"),
        ({"return_train_score": True}, "return_train_score"),
        ({"error_score": 0.0}, "error_score"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_search_is_refused_and_the_journal_left_alone(path, changes, name):
    counted(path, max_pending=1)
    content = path.read_bytes()
    with pytest.raises(JournalError, match=rf"What differs: {name}\."):
        counted(path, **{"max_pending": 1, **changes})
    assert path.read_bytes() == content


def test_a_number_of_pending_candidates_does_not_go_on_with_another(path):
    counted(path)  # "auto" took 1
    counted(path, max_pending=1)
    content = path.read_bytes()
    with pytest.raises(JournalError, match=r"What differs: max_pending\."):
        counted(path, max_pending=4)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("cv", "warns"),
    [
        (KFold(2, shuffle=True), True),
        (ShuffleSplit(2), True),
        (RepeatedKFold(n_splits=2, n_repeats=1), True),
        (KFold(2, shuffle=True, random_state=0), False),
        (KFold(2), False),
        (2, False),
    ],
    ids=repr,
)
def test_folds_that_cannot_be_drawn_again_are_told_at_once(path, cv, warns):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        counted(path, cv=cv)
    found = [w for w in caught if "draws other folds each time" in str(w.message)]
    assert len(found) == warns
    assert all(w.filename == counted.__code__.co_filename for w in found)
    if not warns:
        return
    with (
        pytest.warns(UserWarning, match="draws other folds"),
        pytest.raises(JournalError, match=r"differs: cv\. A 'cv' that shuffles needs"),
    ):
        counted(path, cv=cv)


def test_numbers_of_numpy_are_those_of_python(path):
    racing = FoldRacing(pause_below=0.05, min_complete=3)
    rows, _ = counted(path, racing=racing)
    racing = FoldRacing(pause_below=np.float64(0.05), min_complete=np.int64(3))
    assert counted(path, racing=racing) == (rows, 0)
    with pytest.raises(JournalError, match=r"What differs: racing\."):
        counted(path, racing=FoldRacing(pause_below=np.float64(0.06)))


def test_a_folder_that_is_not_there_does_not_become_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder.* does not exist. Make it"):
        counted(f"{tmp_path}{os.sep}none{os.sep}")
    assert not list(tmp_path.iterdir())


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    counted(os.path.join("~", "search.jsonl"))
    assert (tmp_path / "search.jsonl").exists()


def test_another_way_to_choose_keeps_what_is_known_with_one_warning(path):
    rows, _ = counted(path, n_initial_points=3)
    with pytest.warns(UserWarning, match="would choose other candidates than it did"):
        again = counted(path, n_initial_points=3, acquisition="ucb")
    assert again == (rows, 0)


def test_failures_several_metrics_and_training_scores_come_back(path):
    options = {
        "estimator": toys.Fragile(),
        "scoring": two_scores,
        "return_train_score": True,
        "checkpoint": path,
        "error_score": -7.0,
    }
    with pytest.warns(FitFailedWarning):
        first = search(**options).fit(X)
    with pytest.warns(FitFailedWarning, match=r"a=0.* is too large"):
        again = search(**options).fit(X)
    assert digest(first) == digest(again)
    frame = read_journal(path)
    assert frame["error"].str.contains("is too large").any()
    np.testing.assert_allclose(
        frame["score_double"][frame["error"].isna()],
        2 * frame["score_single"][frame["error"].isna()],
    )


def two_scores(estimator, X, y=None):
    score = estimator.score(X)
    return {"single": score, "double": 2 * score}


def test_a_grid_that_is_run_whole_goes_on(path):
    def grid(**options):
        before = Counted.n_fits
        space = {"depth": [1, 2, 3], "kind": ["a", "b"]}
        fitted = BayesSearchCV(
            Counted(), space, cv=2, random_state=0, checkpoint=path, **options
        ).fit(X)
        return fitted.cv_results_["params"], Counted.n_fits - before

    first, n_fits = grid(n_iter=4)
    assert n_fits == 8 + 1
    assert len(first) == 4
    whole, n_fits = grid(n_iter=6)
    assert n_fits == 4 + 1
    assert whole[:4] == first
    assert len({repr(params) for params in whole}) == 6


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_searches_of_nested_cross_validation_share_a_folder(tmp_path, n_jobs):
    def nested():
        inner = search(toys.Toy(), n_iter=4, checkpoint=tmp_path, refit=True)
        return cross_val_score(inner, X, cv=3, n_jobs=n_jobs)

    first = nested()
    sizes = {file.name: len(read_journal(file)) for file in tmp_path.iterdir()}
    assert list(sizes.values()) == [8, 8, 8]
    np.testing.assert_array_equal(nested(), first)
    assert {f.name: len(read_journal(f)) for f in tmp_path.iterdir()} == sizes


def test_async_searches_go_on_without_a_warning(path):
    first = search(n_jobs=2, max_pending="async", n_iter=6, checkpoint=path).fit(X)
    before = path.read_text().count('"candidate"')
    more = search(n_jobs=2, max_pending="async", n_iter=8, checkpoint=path).fit(X)
    assert before == 12
    assert path.read_text().count('"candidate"') == 16
    assert more.cv_results_["params"][:6] == first.cv_results_["params"]


def test_a_second_fit_goes_on_with_a_warm_start():
    fitted = BayesSearchCV(
        Counted(), SPACE, n_iter=8, cv=2, random_state=0, refit=False, warm_start=True
    ).fit(X)
    before, first = Counted.n_fits, fitted.cv_results_["params"]
    fitted.set_params(n_iter=12).fit(X)
    assert Counted.n_fits - before == 8
    assert fitted.cv_results_["params"][:8] == first
    assert len(fitted.optimizer_.history) == 12
    with pytest.raises(JournalError, match=r"last fit is of .* data\. Fit a clone"):
        fitted.fit(X + 1)
    again = clone(fitted).fit(X + 1)
    assert again.n_iter_ == 12


def test_a_warm_start_with_nothing_to_continue_says_so():
    fitted = search(toys.Toy(), n_iter=4).fit(X)
    with pytest.warns(UserWarning, match="nothing to continue"):
        fitted.set_params(n_iter=6, warm_start=True).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.set_params(n_iter=8).fit(X)


def test_a_warm_start_survives_pickling_and_a_file(path):
    fitted = search(toys.Toy(), n_iter=4, warm_start=True, checkpoint=path).fit(X)
    copy = pickle.loads(pickle.dumps(fitted)).set_params(checkpoint=None, n_iter=6)
    copy.fit(X)
    assert copy.cv_results_["params"][:4] == fitted.cv_results_["params"]
    assert len(read_journal(path)) == 8


@pytest.mark.parametrize("n_whole", [2, 7])
def test_an_interrupted_search_is_fitted_with_what_is_complete(monkeypatch, n_whole):
    whole = BayesSearchCV(Stopped(), SPACE, n_iter=8, cv=2, random_state=0).fit(X)
    monkeypatch.setattr(Stopped, "stop_at", Counted.n_fits + n_whole)
    fitted = BayesSearchCV(Stopped(), SPACE, n_iter=8, cv=2, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X)
    n = n_whole // 2
    assert fitted.stop_reason_ == "interrupted by the user"
    assert fitted.n_iter_ == len(fitted.results_frame()) == n
    assert fitted.cv_results_["params"] == whole.cv_results_["params"][:n]
    assert len(fitted.optimizer_.history) == n
    assert not hasattr(fitted, "best_estimator_")  # interrupted again
    assert fitted.best_params_ in whole.cv_results_["params"]
    with pytest.raises(KeyboardInterrupt):  # nothing is complete
        BayesSearchCV(Stopped(), SPACE, n_iter=8, cv=2).fit(X)
    monkeypatch.setattr(Stopped, "stop_at", Counted.n_fits + 1)
    with pytest.raises(KeyboardInterrupt, match=r"1 fit is kept\. Fit again"):
        BayesSearchCV(Stopped(), SPACE, n_iter=8, cv=2, warm_start=True).fit(X)


def test_the_best_is_refitted_after_an_interrupt(monkeypatch):
    class Once(Counted):
        def fit(self, X, y=None):
            if Counted.n_fits == stop_at:
                Counted.n_fits += 1
                raise KeyboardInterrupt
            return super().fit(X)

    stop_at = Counted.n_fits + 6
    fitted = BayesSearchCV(Once(), SPACE, n_iter=8, cv=2, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X)
    assert fitted.n_iter_ == 3
    assert fitted.predict(X).shape == (20,)


def test_an_error_after_an_interrupt_does_not_take_its_place(monkeypatch):
    class Broken(Counted):
        def fit(self, X, y=None):
            Counted.n_fits += 1
            if Counted.n_fits == stop_at:
                raise KeyboardInterrupt
            if len(X) == 20:
                raise RuntimeError("it fails on all data")
            return self

    stop_at = Counted.n_fits + 6
    fitted = BayesSearchCV(Broken(), SPACE, n_iter=8, cv=2, random_state=0)
    with pytest.raises(KeyboardInterrupt, match="2 candidates are kept") as raised:
        fitted.fit(X)
    assert str(raised.value.__cause__) == "it fails on all data"
    assert fitted.n_iter_ == 2

    def choose(results):
        raise ValueError("there is nothing to choose")

    stop_at = Counted.n_fits + 6
    with pytest.raises(KeyboardInterrupt) as raised:
        fitted.set_params(refit=choose).fit(X)
    assert str(raised.value.__cause__) == "there is nothing to choose"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("kind", KILLED)
def test_nine_kills_change_nothing(kind, path):
    def start(checkpoint):
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(checkpoint), str(TESTS), kind],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    expected, _ = start("").communicate()
    n_lines = 0
    for _ in range(9):
        process = start(path)
        try:
            # the header is a line as well
            while not path.exists() or path.read_bytes().count(b"\n") < n_lines + 4:
                assert process.poll() is None
                time.sleep(0.005)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        n_lines = path.read_bytes().count(b"\n")
    resumed, _ = start(path).communicate()
    assert resumed == expected
    digested, n_fits = expected.split()
    assert len(digested) == 32
    # what was written down was not evaluated again
    content = path.read_text()
    assert content.count('"candidate"') == int(n_fits) == len(read_journal(path))
    assert content.count('"journal"') == 10


def lose_some(path, rng):
    """Take candidates and folds out of a journal, as damage does."""
    header, *lines = path.read_bytes().splitlines(keepends=True)
    lines = [line for line in lines if b'"candidate"' in line]
    numbers = [json.loads(line[9:])["candidate"] for line in lines]
    lost = set(rng.sample(sorted(set(numbers)), rng.randint(0, len(set(numbers)) // 2)))
    kept = [x for n, x in zip(numbers, lines, strict=True) if n not in lost]
    path.write_bytes(header + b"".join(x for x in kept if rng.random() < 0.9))


@pytest.mark.parametrize(
    "seed",
    [*range(6), *(pytest.param(k, marks=pytest.mark.slow) for k in range(6, 200))],
)
def test_a_search_that_is_resumed_in_another_way_loses_no_setting(path, seed):
    rng = random.Random(seed)
    space = {"x": [0.1, 0.2, 0.3, 0.4, 0.5], "kind": ["a", "b"]}

    def fit(n_iter):
        return BayesSearchCV(
            Counted(),
            space,
            n_iter=n_iter,
            acquisition=rng.choice(["log_ei", "ucb", "thompson"]),
            max_pending=rng.choice(["auto", "async"]),
            n_initial_points=rng.choice([2, 3, 5]),
            initial_points=rng.choice([None, [{"x": 0.3, "kind": "b"}]]),
            cv=2,
            random_state=0,
            refit=False,
            checkpoint=path,
        ).fit(X)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*would choose other candidates")
        fit(rng.randint(1, 9))
        lose_some(path, rng)
        whole = fit(12)
    assert len({repr(params) for params in whole.cv_results_["params"]}) == 10
    assert whole.n_iter_ == 10
    assert whole.stop_reason_ == "evaluated all 10 points of the search space"


class Unlucky(InlineExecutor):
    """Loses some tasks.

    Parameters
    ----------
    lost : dict of (int, int) -> Lost
        Instead of a result, by candidate and fold.
    """

    def __init__(self, lost):
        super().__init__()
        self._lost = lost

    def wait(self):
        return [(key, self._lost.get(key, value)) for key, value in super().wait()]


@pytest.mark.parametrize("racing", [False, True])
def test_a_lost_fold_is_run_again_once_and_that_is_said(path, monkeypatch, racing):
    def fit(lost, **options):
        executor = lambda *args: nullcontext(Unlucky(lost))  # noqa: E731
        monkeypatch.setattr("sklearn_bayes_search._search.open_executor", executor)
        before = Counted.n_fits
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted = BayesSearchCV(
                Counted(),
                SPACE,
                n_iter=4,
                n_initial_points=9,
                cv=2,
                random_state=0,
                refit=False,
                checkpoint=path,
                racing=racing,
                **options,
            ).fit(X)
        said = [w for w in caught if "are run again" in str(w.message)]
        assert all(w.filename == __file__ for w in said)
        failed = fitted.folds_frame().query("status == 'failed'")
        rows = failed[["candidate", "fold"]].to_numpy().tolist()
        return rows, Counted.n_fits - before, len(said)

    limit, death = Lost("0.5 s", 0.5, limit=0.5), Lost("died", by_death=True)
    lost = {(1, 0): death, (2, 1): limit}
    failed, *_ = fit(lost, fit_timeout=0.5)
    assert failed == [[1, 0], [2, 1]]
    # it dies again: its machine is not to blame
    assert fit(lost, fit_timeout=0.5) == (failed, 1, 1)
    assert fit({}, fit_timeout=0.5) == (failed, 0, 0)
    assert fit({}, fit_timeout=30) == ([[1, 0]], 1, 1)
    assert fit({}, fit_timeout=None) == ([[1, 0]], 0, 0)


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_a_warm_start_runs_with_a_longer_limit_what_ran_into_a_shorter_one(monkeypatch):
    lost = {(1, 0): Lost("0.5 s", 0.5, limit=0.5)}
    executor = lambda *args: nullcontext(Unlucky(lost))  # noqa: E731
    monkeypatch.setattr("sklearn_bayes_search._search.open_executor", executor)
    options = {"warm_start": True, "fit_timeout": 0.5, "refit": False}
    fitted = BayesSearchCV(Counted(), SPACE, n_iter=3, cv=2, random_state=0, **options)
    with pytest.warns(FitFailedWarning):
        fitted.fit(X)
    lost.clear()
    with pytest.warns(UserWarning, match="1 that ran into a shorter 'fit_timeout'"):
        fitted.set_params(fit_timeout=30).fit(X)
    assert (fitted.folds_frame()["status"] == "ok").all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, r"The search is fitted with what was complete: 3 candidates are kept\."),
        ({"warm_start": True}, r"3 candidates are kept\. Fit again to go on\."),
        ({"checkpoint": "."}, r"3 candidates are kept in '.*\.jsonl'\. Run the search"),
    ],
)
def test_ctrl_c_says_what_is_kept_and_a_resumed_search_what_it_has_read(
    tmp_path, monkeypatch, capsys, options, words
):
    monkeypatch.chdir(tmp_path)
    options = {"n_iter": 8, "cv": 2, "random_state": 0, "verbose": 1, **options}
    fitted = BayesSearchCV(Stopped(), SPACE, refit=False, **options)
    monkeypatch.setattr(Stopped, "stop_at", Counted.n_fits + 7)
    with pytest.raises(KeyboardInterrupt, match=words):
        fitted.fit(X)
    assert "Read the results" not in capsys.readouterr().out
    monkeypatch.setattr(Stopped, "stop_at", np.inf)
    fitted.fit(X)
    read = re.findall("Read the results of 7 fits from (.*)", capsys.readouterr().out)
    assert len(read) == (len(options) > 4)


def interrupted(fit, number):
    """Interrupt a fit at a line of the package; tell if it has as many lines."""
    left = number

    def trace(frame, event, argument):
        nonlocal left
        if PACKAGE not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        fit()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize(
    "options",
    [{}, {"racing": True}, {"warm_start": True}, {"max_pending": 3, "refit": False}],
    ids=str,
)
@pytest.mark.parametrize("step", [499, pytest.param(53, marks=pytest.mark.slow)])
def test_ctrl_c_between_any_two_lines(path, options, step):
    def new_search():
        arguments = {"n_iter": 3, "n_initial_points": 9, "cv": 3, "random_state": 0}
        return BayesSearchCV(Counted(), SPACE, checkpoint=path, **arguments, **options)

    whole = digest(new_search().fit(X))
    for number in itertools.count(1, step):
        path.unlink()
        first, n_fits = new_search(), Counted.n_fits
        if not interrupted(functools.partial(first.fit, X), number):
            break
        n_fits = Counted.n_fits - n_fits
        if hasattr(first, "cv_results_"):
            assert first.best_params_ in first.cv_results_["params"]
            assert len(first.optimizer_.history) == first.n_iter_
        else:  # no candidate was complete
            assert n_fits <= 3 * options.get("max_pending", 1)
        assert digest(new_search().fit(X)) == whole
    assert number > 2000
