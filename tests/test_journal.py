"""The journal keeps what it was given, through damage, and never makes anything up."""

import builtins
import errno
import functools
import json
import math
import operator
import os
import pickle
import stat
import subprocess
import sys
import warnings
import zlib
from contextlib import closing

import joblib
import numpy as np
import pytest
from scipy.sparse import random_array
from scipy.stats import geom, loguniform, randint
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_bayes_search import JournalError, Space, read_journal
from sklearn_bayes_search.execution._journal import (
    Journal,
    _journal,
    _lines,
    fingerprint,
)
from sklearn_bayes_search.optimizer._trial import Trial

SPACE = Space(
    [
        {
            "model": [SVC(), None],
            "C": loguniform(1e-3, 1e3),
            "shape": [(1, 2), (3,), "\x1b[31m</td><script>"],
            "n": randint(1, 10**9),
            "tail": geom(0.5),
        },
        {"model": [LogisticRegression()], "C": [0.1, 1.0, 10.0]},
    ]
)
DIGESTS = {"space": "a", "data": "b", "seed": None}
PLAN = {"seed": 7, "max_pending": 3}


def open_journal(path, fingerprint=DIGESTS, plan=PLAN, space=SPACE, **options):
    journal = Journal(path, fingerprint=fingerprint, plan=plan, space=space, **options)
    journal.__enter__()
    return closing(journal)


def trials(n):
    rng = np.random.default_rng(0)
    rows = SPACE.spread(n, rng)
    return [Trial(k, SPACE.decode(row), row) for k, row in enumerate(rows)]


def result(number, fold):
    scores = [0.1 * number + fold, math.nan, math.inf, -math.inf]
    return {
        "test_scores": {"text": scores[number % 4], "b": 1 / 3},
        "n_test_samples": 50,
        "fit_time": 0.25,
        "score_time": 1e-300,
        "started": 1.75e9 + number,
        "worker": f"host:{fold}",
        "fit_error": "Traceback\n\x1b[31m" if number % 4 else None,
    }


def write(path, n_trials=5, n_folds=2):
    with open_journal(path) as journal:
        for trial in trials(n_trials):
            for fold in range(n_folds):
                journal.add(trial, fold, result(trial.number, fold))
        journal.flush()


def known(path):
    """What a journal of `write` holds: all of it must be true."""
    with open_journal(path) as journal:
        found = set()
        for trial in trials(5):
            for fold in range(2):
                stored = journal.result(trial.number, fold)
                if stored is not None:
                    np.testing.assert_equal(stored, result(trial.number, fold))
                    assert SPACE.same(journal.params(trial.number), trial.params)
                    found.add((trial.number, fold))
        assert len(journal) == len(found)
        return found


def test_what_was_written_comes_back_with_the_users_own_objects(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    assert len(known(path)) == 10
    with open_journal(path) as journal:
        for trial in trials(5):
            assert journal.params(trial.number)["model"] is trial.params["model"]
        assert journal.result(9, 0) is None
        assert journal.params(9) is None


def test_a_number_beyond_the_listed_ones_is_stored_as_it_is(tmp_path):
    path, params = tmp_path / "search.jsonl", {**trials(1)[0].params, "tail": 10**6}
    params |= {"model": None, "shape": (3,), "n": 5, "C": 1.0}
    trial = Trial(0, params, SPACE.encode(params))
    with open_journal(path) as journal:
        journal.add(trial, 0, result(0, 0))
    with open_journal(path) as journal:
        assert journal.params(0) == params


def test_the_first_plan_holds_on(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    with open_journal(path, plan={"seed": 8, "max_pending": 1, "new": 0}) as journal:
        assert journal.plan == {**PLAN, "new": 0}


@pytest.mark.parametrize("step", [61, pytest.param(1, marks=pytest.mark.slow)])
def test_a_journal_that_is_cut_anywhere_keeps_what_was_whole(tmp_path, step):
    path = tmp_path / "search.jsonl"
    write(path)
    content = path.read_bytes()
    header = content.index(b"\n")
    for size in range(0, len(content) + 1, step):
        path.write_bytes(content[:size])
        if 0 < size < header:
            with pytest.raises(JournalError, match="beginning is damaged"):
                open_journal(path)
            assert path.read_bytes() == content[:size]
            continue
        assert len(known(path)) >= content[:size].count(b"\n") - 1
        with open_journal(path) as journal:  # what is written now is not lost
            journal.add(trials(5)[4], 1, result(4, 1))
        assert (4, 1) in known(path)


def test_damage_invents_nothing_and_costs_only_the_lines_that_it_hits(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(50):
        damaged = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(content.index(b"\n") + 1, len(content)))
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        assert len(known(path)) >= 10 - 6  # a line feed that is hit costs two


@pytest.mark.slow
def test_5000_damaged_journals_invent_nothing(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    content, rng = path.read_bytes(), np.random.default_rng(1)
    for _ in range(5000):
        damaged = bytearray(content)
        at, length = int(rng.integers(len(content))), int(rng.integers(1, 300))
        kind = rng.integers(4)
        if kind == 0:
            damaged[at : at + length] = rng.bytes(length)
        elif kind == 1:
            del damaged[at : at + length]
        elif kind == 2:
            damaged[at:at] = damaged[at : at + length]
        else:
            damaged += bytes(length)
        path.write_bytes(damaged)
        try:
            known(path)
        except JournalError:
            assert at <= content.index(b"\n")  # the header is hit


@pytest.mark.parametrize(
    "content",
    [
        b"something else\n",
        pickle.dumps({"journal": 1}),
        b"\x00" * 4096,
        b"[" * 100_000,
        b'{"journal": 1, "fingerprint": {}, "plan": {}}\n',
        b"%08x %s\n" % (zlib.crc32(b"[" * 100_000), b"[" * 100_000),
    ],
    ids=["text", "pickle", "zeros", "deep", "no CRC", "deep with CRC"],
)
def test_what_is_no_journal_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "search.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is not the journal of a search"):
        open_journal(path)
    with pytest.raises(JournalError, match="is not the journal of a search"):
        read_journal(path)
    assert path.read_bytes() == content


def test_nothing_of_a_journal_is_ever_executed(tmp_path, monkeypatch):
    path = tmp_path / "search.jsonl"
    write(path)

    def refuse(*args, **kwargs):
        raise AssertionError

    for owner, name in [
        (pickle, "loads"),
        (pickle, "load"),
        (pickle, "Unpickler"),
        (joblib, "load"),
        (os, "system"),
        (builtins, "eval"),
    ]:
        monkeypatch.setattr(owner, name, refuse)
    assert len(known(path)) == 10
    assert len(read_journal(path)) == 10


def test_a_journal_of_another_format_is_refused(tmp_path):
    path = tmp_path / "search.jsonl"
    text = json.dumps({"journal": 2, "fingerprint": {}, "plan": {}}).encode()
    path.write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(JournalError, match=r"format 2; this version .* format 1"):
        open_journal(path)


def test_an_error_names_what_differs(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    with pytest.raises(JournalError, match=r"another search\. What differs: data"):
        open_journal(path, {**DIGESTS, "data": "c"})
    with pytest.raises(JournalError, match="What differs: param_distributions, data"):
        open_journal(path, {"space": "x", "data": "c", "seed": None})
    # a seed that was not given matches any
    with open_journal(path, {**DIGESTS, "seed": "3"}):
        pass
    assert len(known(path)) == 10


def test_a_folder_has_a_file_for_each_search(tmp_path):
    with open_journal(tmp_path) as one, open_journal(tmp_path, {"data": "c"}) as other:
        assert one.path != other.path
        assert {one.path, other.path} == set(tmp_path.iterdir())
    with pytest.raises(JournalError, match=r"is a folder\. Read one of its files"):
        read_journal(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_may_read_a_journal(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_links_and_pipes_are_refused(tmp_path):
    target = tmp_path / "target"
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(JournalError, match="must not be a symbolic link"):
        open_journal(tmp_path / "link")
    assert not target.exists()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(JournalError, match="must be a file"):
        open_journal(tmp_path / "pipe")


@pytest.mark.slow
def test_two_searches_cannot_have_the_same_file(tmp_path):
    path = tmp_path / "search.jsonl"
    with open_journal(path):
        with pytest.raises(JournalError, match="in use by another search"):
            open_journal(path)
        # nor in another process, and it may be read meanwhile
        code = f"from test_journal import *; open_journal({str(path)!r})"
        here = os.path.dirname(__file__)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=here, capture_output=True, text=True
        )
        assert "in use by another search" in done.stderr
        assert len(read_journal(path)) == 0
    with open_journal(path):
        pass


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_means_one_warning_and_nothing_lost(tmp_path, monkeypatch, number):
    path, real, full = tmp_path / "search.jsonl", os.write, False

    def write_some(file, data):
        if full:
            real(file, data[:7])  # a part of a line gets through
            raise OSError(number, os.strerror(number))
        return real(file, data)

    monkeypatch.setattr(_lines.os, "write", write_some)
    with open_journal(path) as journal:
        journal.add(trials(5)[0], 0, result(0, 0))
        full = True
        with pytest.warns(UserWarning, match=r"cannot be written.*goes on"):
            journal.add(trials(5)[1], 0, result(1, 0))
        journal.add(trials(5)[1], 1, result(1, 1))  # a warning would be an error
        assert len(read_journal(path)) == 1
        full = False
        journal.add(trials(5)[2], 0, result(2, 0))
    assert known(path) == {(0, 0), (1, 0), (1, 1), (2, 0)}


def test_a_file_system_that_is_read_only_gives_what_it_holds(tmp_path, monkeypatch):
    path = tmp_path / "search.jsonl"
    write(path)
    content = path.read_bytes()

    def refuse(*args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(_lines.os, "open", refuse)
    with pytest.warns(UserWarning, match="Read-only file system"):
        opened = open_journal(path)
    with opened as journal:
        journal.add(trials(5)[0], 5, result(0, 5))
        journal.flush()
    assert len(journal) == 11
    assert path.read_bytes() == content


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"'checkpoint' .* does not exist"):
        open_journal(tmp_path / "missing" / "search.jsonl")


def test_a_frame_shows_texts_and_results(tmp_path):
    path = tmp_path / "search.jsonl"
    write(path)
    frame = read_journal(path)
    assert frame[["candidate", "fold"]].values.tolist() == [
        [k, fold] for k in range(5) for fold in range(2)
    ]
    assert frame["score_text"][1] == 1.0
    assert math.isnan(frame["score_text"][2])
    assert frame["n_test_samples"].tolist() == [50] * 10
    assert frame["error"].notna().sum() == 6
    assert frame["status"].tolist() == ["ok"] * 2 + ["failed"] * 6 + ["ok"] * 2
    shown = frame.filter(like="param_").to_string() + frame["param_shape"].to_string()
    assert "\x1b" not in shown
    assert set(frame.filter(like="param_")) == {
        "param_model",
        "param_C",
        "param_shape",
        "param_n",
        "param_tail",
    }


def test_a_fingerprint_tells_what_differs():
    def of(C=1.0, kernels=("rbf", "poly"), X=0.0, scoring=None, seed=1):
        return fingerprint(
            Space({"svc__kernel": list(kernels), "svc__C": loguniform(1e-3, 1e3)}),
            seed,
            estimator=make_pipeline(StandardScaler(), SVC(C=C)),
            data=(np.full((3, 2), X), None),
            scoring=scoring,
        )

    def differing(**changes):
        return [name for name, value in of().items() if of(**changes)[name] != value]

    assert differing() == []
    assert differing(C=2.0) == ["estimator"]
    assert differing(kernels=("rbf",)) == ["space"]
    assert differing(X=1.0) == ["data"]
    assert differing(scoring=lambda e, X, y: 1.0) == ["scoring"]
    assert differing(seed=None) == ["seed"]
    one, same = (of(scoring=lambda e, X, y: 1) for _ in range(2))
    assert one == same
    one, other = (of(scoring=lambda e, X, y, c=c: c) for c in (1, 2))
    assert one != other

    def enclosing(c):
        return lambda e, X, y: c

    assert of(scoring=enclosing(1)) == of(scoring=enclosing(1))
    assert of(scoring=enclosing(1)) != of(scoring=enclosing(2))
    one, other = (of(scoring=make_scorer(enclosing(c))) for c in (1, 2))
    assert one != other
    functions = [lambda e: 1, lambda e: 2]
    assert of(scoring=functions[0]) != of(scoring=functions[1])


COST, N_CALLS = 1.0, 0


def helper(x):
    return COST * x


def scorer_of_its_module(estimator, X, y=None):
    global N_CALLS
    N_CALLS += 1
    return [helper(1.0) for _ in X]


def test_a_fingerprint_sees_what_a_function_finds_in_its_module(monkeypatch):
    def digest():
        return fingerprint(SPACE, 1, scoring=scorer_of_its_module)["scoring"]

    first = digest()
    scorer_of_its_module(None, [1])  # counts
    assert digest() == first
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "COST", 100.0)
        assert digest() != first
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "helper", lambda x: x)
        assert digest() != first
    assert digest() == first


def test_a_fingerprint_of_sparse_data_is_that_of_their_values():
    def digest(data):
        return fingerprint(SPACE, 1, data=data)["data"]

    data = random_array((20, 10), density=0.3, rng=0, format="csr")
    first = digest(data)
    assert data.has_sorted_indices  # keeps a note of it in the array
    assert digest(data) == first
    assert digest(data.copy()) == first
    other = data.copy()
    other.data[0] += 1
    assert digest(other) != first


def test_a_warning_about_the_disk_may_be_an_error(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_lines.os, "write", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="No space left"):
            open_journal(tmp_path / "search.jsonl")


def forged(record, path, value):
    """Change a value that lies so deep in a record."""
    record = json.loads(json.dumps(record))
    *parents, name = path
    place = functools.reduce(operator.getitem, parents, record)
    place[name] = value
    return record


def line(record):
    text = json.dumps(record).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


@pytest.mark.parametrize("value", [None, -1, True, 1e400, 10**400, "x", [], [9], {}])
@pytest.mark.parametrize(
    "place",
    [
        *[(name,) for name in ("candidate", "fold", "branch", "params", "text")],
        *[(name,) for name in ("result", "error", "worker", "lost")],
        *[("params", name) for name in ("model", "C", "shape", "n", "tail")],
        ("text", "C"),
        *[("result", name) for name in ("test_scores", "fit_time", "started")],
        ("result", "test_scores", "b"),
        ("result", "n_test_samples"),
    ],
    ids="/".join,
)
def test_a_forged_record_raises_nothing(tmp_path, place, value):
    path = tmp_path / "search.jsonl"
    write(path, n_trials=3)
    header, *lines = path.read_bytes().splitlines(keepends=True)
    number = next(i for i, x in enumerate(lines) if b'"tail"' in x)
    record = json.loads(lines[number][9:])
    lines[number] = line(forged(record, place, value))
    path.write_bytes(header + b"".join(lines))
    frame = read_journal(path)
    assert len(frame) >= 5
    with open_journal(path) as journal:
        for candidate in frame["candidate"].tolist():
            params = journal.params(candidate)
            assert params is None or SPACE.contains(params)
            for fold in range(2):
                found = journal.result(candidate, fold)
                assert found is None or found["fit_time"] >= 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((n, "x") for n in ("seed", "max_pending", "n_iter", "exhaustive")),
        ("max_pending", 0),
    ],
)
def test_a_forged_header_is_none(tmp_path, name, value):
    path = tmp_path / "search.jsonl"
    record = {"journal": 1, "fingerprint": DIGESTS, "plan": {**PLAN, name: value}}
    path.write_bytes(line(record))
    with pytest.raises(JournalError, match="not the journal of a search"):
        open_journal(path)


def test_a_forged_header_makes_no_grid_of_a_continuous_space(tmp_path):
    path = tmp_path / "search.jsonl"
    plan = {**PLAN, "exhaustive": True}
    path.write_bytes(line({"journal": 1, "fingerprint": DIGESTS, "plan": plan}))
    with open_journal(path) as journal:
        assert journal.plan["exhaustive"] is False


def test_times_of_a_clock_that_was_set_are_made_plausible(tmp_path):
    path = tmp_path / "search.jsonl"
    times = {"fit_time": -3600.0, "score_time": math.inf, "started": 1e300}
    with open_journal(path) as journal:
        journal.add(trials(1)[0], 0, {**result(0, 0), **times})
    with open_journal(path) as journal:
        found = journal.result(0, 0)
    assert (found["fit_time"], found["score_time"]) == (0.0, 0.0)
    frame = read_journal(path)
    assert frame["seconds"].tolist() == [0.0]
    assert frame["start"].isna().all()


def test_texts_that_have_no_encoding_can_be_shown_and_saved(tmp_path):
    path = tmp_path / "search.jsonl"
    name = os.fsdecode(b"caf\xe9.png")
    with open_journal(path) as journal:
        journal.add(trials(1)[0], 0, {**result(0, 0), "fit_error": f"no {name}"})
    error = read_journal(path)["error"][0]
    assert error.encode() == b"no caf\\udce9.png"


def test_a_journal_is_found_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "search.jsonl")
    assert len(read_journal(os.path.join("~", "search.jsonl"))) == 10


LOCKED = pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")


@LOCKED
@pytest.mark.parametrize("name", ["ENOLCK", "ENOTSUP", "ENOSYS", "EINVAL", "EACCES"])
def test_a_file_system_without_locks_means_one_warning(tmp_path, monkeypatch, name):
    import fcntl

    def refuse(*args):
        raise OSError(getattr(errno, name), name)

    path = tmp_path / "search.jsonl"
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match=f"cannot lock files .{name}.") as caught:
        write(path)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="cannot lock files"):
        assert len(known(path)) == 10


@LOCKED
def test_a_copy_of_the_file_in_another_process_holds_no_lock(tmp_path):
    path = tmp_path / "search.jsonl"
    with open_journal(path) as journal:
        copy = os.dup(journal._lines._file.fileno())  # as a process that is forked has
    try:
        assert len(known(path)) == 0
    finally:
        os.close(copy)


@pytest.mark.parametrize("place", ["_lock", "parse"])
def test_an_interrupt_while_it_is_opened_leaves_no_lock(tmp_path, monkeypatch, place):
    def interrupt(*args, release=False):
        if not release:
            raise KeyboardInterrupt

    path = tmp_path / "search.jsonl"
    write(path)
    with monkeypatch.context() as patch:
        patch.setattr(_journal if place == "parse" else _lines, place, interrupt)
        with pytest.raises(KeyboardInterrupt):
            open_journal(path)
    assert len(known(path)) == 10


def test_equal_searches_at_a_time_have_files_of_their_own_in_a_folder(tmp_path):
    with open_journal(tmp_path) as one, open_journal(tmp_path) as other:
        assert one.path != other.path
        one.add(trials(1)[0], 0, result(0, 0))
        other.add(trials(1)[0], 1, result(0, 1))
    with open_journal(tmp_path) as again:
        assert again.path == one.path
        assert again.n_known == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.filterwarnings("error")
def test_what_a_longer_limit_or_a_healthy_machine_may_change_is_run_again(tmp_path):
    path = tmp_path / "search.jsonl"
    first, second, third = trials(3)
    with open_journal(path, fit_timeout=0.5) as journal:
        journal.add(first, 0, {**result(0, 0), "lost": 0.5})
        journal.add(second, 0, {**result(1, 0), "lost": "death"})
        journal.add(third, 0, result(2, 0))
    for limit, words in [
        (0.5, "1 whose processes died"),
        (30, "1 that ran into a shorter 'fit_timeout', 1 whose processes died"),
        (None, "1 that ran into a shorter 'fit_timeout', 1 whose processes died"),
    ]:
        with pytest.warns(UserWarning, match=f"Folds are run again: {words}"):
            journal = open_journal(path, fit_timeout=limit)
        with journal as journal:
            assert (journal.result(0, 0) is None) == (limit != 0.5)
            assert journal.result(1, 0) is None
            assert journal.result(2, 0) is not None
            assert journal.n_known == (2 if limit == 0.5 else 1)
    with pytest.warns(UserWarning, match="Folds are run again"):
        journal = open_journal(path, fit_timeout=30)
    with journal as journal:
        journal.add(first, 0, {**result(0, 0), "test_scores": {"text": 7.0, "b": 7.0}})
        journal.add(second, 0, {**result(1, 0), "lost": "death"})
    with open_journal(path) as journal:  # once only
        assert journal.result(0, 0)["test_scores"]["b"] == 7.0
        assert journal.result(1, 0) is not None
    assert read_journal(path)["score_b"][0] == 7.0


def test_folds_of_another_setting_under_the_same_number_do_not_count(tmp_path):
    path = tmp_path / "search.jsonl"
    one, other = trials(2)
    with open_journal(path) as journal:
        journal.add(one, 0, result(0, 0))
    with open_journal(path) as journal:
        journal.add(Trial(0, other.params, other.row), 1, result(0, 1))
    with open_journal(path) as journal:
        assert SPACE.same(journal.params(0), one.params)
        assert journal.result(0, 1) is None
