"""The live page: what it shows, whom it answers, and how it stops a search."""

import http.client
import json
import os
import pickle
import re
import sys
import threading
import time
import warnings
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor

from sklearn_bayes_search import BayesSearchCV, Integer, LivePage
from sklearn_bayes_search.execution._journal import _lines
from sklearn_bayes_search.report._live import _view

pytest.importorskip("plotly", reason="needs the extra 'report'")
pytest.importorskip("jinja2", reason="needs the extra 'report'")

from sklearn_bayes_search.report._live._server import (
    LiveServer,
    serve_journals,
)

X = np.arange(40.0).reshape(20, 2)
SPACE = {"a": uniform(0, 1), "b": [0, 1, 2]}
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
)


def ask(address, path="", method="GET", **headers):
    """Ask the server of an address; return status, headers and body."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, url.path + path, headers=names)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def post(address, what):
    own = "http://" + urlsplit(address).netloc
    return ask(address, f"0/{what}", "POST", Origin=own, X_Live_Page="1")[0]


def state(address):
    return json.loads(ask(address, "state?known=")[2])


def search(estimator=None, **options):
    arguments = {"n_iter": 12, "cv": 2, "n_initial_points": 4, "random_state": 0}
    return BayesSearchCV(estimator or toys.Toy(), SPACE, **{**arguments, **options})


class Kinds(toys.Toy):
    """Has a choice as well."""

    def __init__(self, a=0.0, b=0, kind=""):
        super().__init__(a, b)
        self.kind = kind


@pytest.fixture
def page(capsys):
    page = LivePage()
    yield page
    page.close()


@pytest.fixture(autouse=True)
def no_rest(monkeypatch):
    monkeypatch.setattr(_view, "REST", 0)
    monkeypatch.setattr(_view, "REST_OF_TEXTS", 0)


class InThread:
    """A search that runs in a thread, with a live page."""

    def __init__(self, search, page):
        self.search, self.page = search.set_params(callback=page), page
        self.thread = threading.Thread(target=self._fit)

    def _fit(self):
        with parallel_config(backend="threading"):
            self.search.fit(X)

    def __enter__(self):
        with warnings.catch_warnings():
            self.thread.start()
        wait_for(lambda: hasattr(self.page, "address_"))
        return self

    def __exit__(self, *_):
        self.page.stop()
        self.thread.join(timeout=60)
        assert not self.thread.is_alive()


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


# --- what it shows ---


def test_it_prints_its_address_and_shows_the_search_when_it_has_ended(page, capsys):
    fitted = search(toys.Fragile(), callback=page).fit(X)
    assert capsys.readouterr().out == f"Live page: {page.address_}\n"
    shown = state(page.address_)
    (only,) = shown["searches"]
    assert only["title"] == "BayesSearchCV of Fragile"
    assert only["ended"] == fitted.stop_reason_
    assert only["controls"]["ended"]
    assert {"progress", "parallel", "timeline"} <= only["figures"].keys()
    assert f"candidate #{fitted.best_index_}" in only["sections"]["tiles"]
    assert "<b>12</b><span>of 12</span>" in only["sections"]["tiles"]
    assert "is too large" in only["sections"]["failures"]
    assert only["sections"]["tables"].count('<tr class="chosen">') >= 1
    assert only["tips"]["0"][0].startswith("#0, ")


def test_it_follows_a_search_that_runs(page):
    slow = search(toys.Jittery(), n_iter=60, n_jobs=2, max_pending=4)
    with InThread(slow, page):
        seen = []
        for _ in range(4):
            (only,) = state(page.address_)["searches"]
            assert "90 s at the soonest" in only["sections"]["advice"]
            seen.append(len(only["tips"]))
            time.sleep(0.1)
        assert seen == sorted(seen)
        assert seen[-1] > seen[0]


def test_importances_come_once_there_is_enough(page):
    search(callback=page, n_iter=15).fit(X)

    def figures():
        return state(page.address_)["searches"][0]["figures"]

    wait_for(lambda: "importance" in figures())
    (only,) = state(page.address_)["searches"]
    assert "From 15 candidates." in only["sections"]["advice"]


def test_what_is_known_is_not_sent_again(page):
    search(callback=page, n_iter=3).fit(X)
    full = state(page.address_)
    status, _, body = ask(
        page.address_, "state?known=" + full["version"].replace(" ", "%20")
    )
    same = {"version": full["version"], "wait": 1000}
    assert (status, json.loads(body)) == (200, same)


def test_names_and_values_are_shown_as_text(page):
    harm = "<script>alert(1)</script>"
    space = {"a": [0.1, 0.2], "kind": [harm]}
    BayesSearchCV(Kinds(), space, cv=2, callback=page).fit(X)
    text = json.dumps(state(page.address_)["searches"][0]["sections"])
    assert "&lt;script&gt;" in text
    assert "<script" not in text


def test_a_search_that_fails_altogether_has_a_page(page):
    space = {"a": [0.7, 0.8, 0.9], "b": [0]}
    with pytest.raises(ValueError, match="All the 6 fits failed"):
        BayesSearchCV(toys.Fragile(), space, cv=2, callback=page).fit(X)
    (only,) = state(page.address_)["searches"]
    assert "none yet" in only["sections"]["tiles"]
    assert "a=0.9 is too large" in only["sections"]["failures"]
    assert "ValueError" in only["ended"]


def test_racing_and_several_metrics_are_shown(page):
    several = {
        "scoring": lambda e, X, y=None: {"low": -e.a, "high": e.a},
        "refit": "high",
    }
    fitted = search(callback=page, **several).fit(X)
    (only,) = state(page.address_)["searches"]
    assert f"high, candidate #{fitted.best_index_}" in only["sections"]["tiles"]
    fitted = search(callback=page, objective_metric=["high", "low"], **several).fit(X)
    (only,) = state(page.address_)["searches"]
    assert f"high, candidate #{fitted.best_index_}" in only["sections"]["tiles"]
    fitted = search(toys.Folded(), callback=page, racing=True, cv=4, n_iter=15).fit(X)
    (only,) = state(page.address_)["searches"]
    assert len(only["tips"]) == 15
    assert f"candidate #{fitted.best_index_}" in only["sections"]["tiles"]


def test_the_best_within_limits_is_shown(page, monkeypatch):
    monkeypatch.setattr(_view, "LINES", 4)  # which are not those with the best scores

    def scoring(estimator, X, y=None):
        return {"score": estimator.a, "rest": 1 - estimator.a}

    search_within = search(callback=page, scoring=scoring, limits={"rest": 0.5})
    fitted = search_within.fit(X)
    (only,) = state(page.address_)["searches"]
    assert f"candidate #{fitted.best_index_}" in only["sections"]["tiles"]
    assert fitted.best_index_ != fitted.cv_results_["mean_test_score"].argmax()
    rows = re.findall(r"<tr.*?</tr>", only["sections"]["tables"])
    _, first, *others = rows  # without the heads
    assert f'<th scope="row">{fitted.best_index_}</th>' in first
    assert "outside" not in first
    assert any("<td>outside of the limits</td>" in row for row in others)
    with pytest.warns(UserWarning, match="No candidate reaches"):
        search_within.set_params(limits={"rest": 2.0}).fit(X)
    (only,) = state(page.address_)["searches"]
    assert "none within the limits yet" in only["sections"]["tiles"]
    assert "Best candidate" not in only["sections"]["best"]
    assert "parallel" in only["figures"]


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_what_lacks_an_objective_is_shown_as_failed(page):
    def scoring(estimator, X, y=None):
        return {"score": estimator.a, "rest": np.nan if estimator.a > 0.5 else 1.0}

    options = {"objective_metric": ["score", "rest"], "refit": "score"}
    fitted = search(callback=page, scoring=scoring, **options).fit(X)
    (only,) = state(page.address_)["searches"]
    n_failed = (fitted.results_frame()["status"] == "failed").sum()
    assert 0 < n_failed < 12
    assert f"<b>{n_failed}</b><span>of 12 candidates" in only["sections"]["tiles"]
    assert f"candidate #{fitted.best_index_}" in only["sections"]["tiles"]


def test_with_a_path_the_length_is_shown(page):
    fitted = BayesSearchCV(
        GradientBoostingRegressor(random_state=0),
        {"max_depth": [1, 2, 3], "n_estimators": Integer(2, 20)},
        cv=2,
        n_iter=3,
        path="n_estimators",
        callback=page,
        random_state=0,
    ).fit(X, X[:, 0] % 7)
    (only,) = state(page.address_)["searches"]
    assert {"progress", "parallel"} <= only["figures"].keys()
    settings = fitted.cv_results_["params"]
    told = [dict(only["tips"][str(number)][1]) for number in range(len(settings))]
    assert told == [{n: str(v) for n, v in setting.items()} for setting in settings]


# --- stop and pause ---


def test_stop_ends_the_search_with_a_reason_and_a_best_estimator(page):
    with InThread(search(toys.Jittery(), n_iter=10_000, surrogate="tpe"), page) as run:
        wait_for(lambda: len(state(page.address_)["searches"][0]["tips"]) > 2)
        assert post(page.address_, "stop") == 204
        run.thread.join(timeout=30)
    fitted = run.search
    assert fitted.stop_reason_.endswith("stopped on the live page")
    assert hasattr(fitted, "best_estimator_")
    assert state(page.address_)["searches"][0]["ended"] == fitted.stop_reason_


def test_pause_waits_and_go_on_goes_on(page):
    with InThread(search(toys.Jittery(), n_iter=10_000, surrogate="tpe"), page):
        n_folds = lambda: sum(  # noqa: E731
            len(record.folds) for record in page._board._running.records()
        )
        wait_for(lambda: n_folds() > 4)
        assert post(page.address_, "pause") == 204
        assert state(page.address_)["searches"][0]["controls"]["paused"]
        time.sleep(0.3)  # a candidate that runs ends
        before = n_folds()
        time.sleep(0.3)
        assert n_folds() == before
        assert post(page.address_, "go-on") == 204
        wait_for(lambda: n_folds() > before)


def test_after_the_time_limit_it_says_that_the_search_is_finishing(page):
    def time_left():
        (only,) = state(page.address_)["searches"]
        return only["sections"]["tiles"].partition("Time left")[2]

    options = {"n_iter": 10**6, "timeout": 60, "surrogate": "tpe"}
    with InThread(search(toys.Jittery(), **options), page):
        wait_for(lambda: "up to" in time_left())
        page.pause()
        page._board.deadline = time.monotonic()
        wait_for(lambda: "finishing" in time_left())


def test_a_paused_search_goes_on_when_its_page_is_closed(page):
    with InThread(search(toys.Jittery(), n_iter=30, surrogate="tpe"), page) as run:
        assert post(page.address_, "pause") == 204
        page.close()
        run.thread.join(timeout=30)
    assert run.search.n_iter_ == 30


# --- who is answered ---


@pytest.fixture
def served(page):
    search(callback=page, n_iter=2).fit(X)
    return page.address_


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example", "X_Live_Page": "1"},
        {"Origin": "null", "X_Live_Page": "1"},
        {"X_Live_Page": "1"},
    ],
)
def test_a_post_of_another_origin_is_refused(served, page, headers):
    assert ask(served, "0/stop", "POST", **headers)[0] == 403
    assert not page._controls()["stopping"]


def test_a_post_of_a_form_is_refused(served, page):
    own = "http://" + urlsplit(served).netloc  # a form cannot set the other header
    assert ask(served, "0/stop", "POST", Origin=own)[0] == 403
    assert not page._controls()["stopping"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_refused(served, method):
    host = f"evil.example:{urlsplit(served).port}"
    assert ask(served, "state", method, Host=host)[0] == 403


@pytest.mark.parametrize(
    "path", ["/", "/state", "/wrong/", "/wrong/state", "//", "/%ff"]
)
def test_without_the_token_there_is_nothing(served, path):
    url = urlsplit(served)
    assert ask(f"http://{url.netloc}{path}")[0] == 404


def test_no_file_but_its_own_is_served_and_none_is_kept_by_other_sites(served):
    assert ask(served, "../../../../etc/passwd")[0] == 404
    assert ask(served, "_live/live.js")[0] == 404
    for name in ("", "live.js", "live.css", "charts.js", "page.css", "plotly.js"):
        status, headers, body = ask(served, name)
        assert status == 200
        assert body
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_listens_on_the_loopback_interface_only(served, page):
    assert page._server._http.server_address[0] == "127.0.0.1"
    other = LiveServer([])
    try:
        assert other.token != page._server.token
        assert len(other.token) >= 24
    finally:
        other.close()


def test_a_port_that_is_taken_is_a_warning_and_the_search_goes_on(served, page):
    taken = LivePage(port=urlsplit(served).port)
    with pytest.warns(UserWarning, match="'LivePage' raised OSError"):
        assert search(callback=taken, n_iter=2).fit(X).n_iter_ == 2


# --- as a callback ---


def test_a_page_is_cloned_and_pickled_with_its_search(page):
    fitted = search(callback=page, n_iter=2).fit(X)
    assert clone(fitted).callback is page
    again = pickle.loads(pickle.dumps(fitted)).callback
    assert again.port == 0
    assert not hasattr(again, "address_")


def test_the_next_search_takes_the_place_of_the_last(page):
    search(callback=page, n_iter=2).fit(X)
    address = page.address_
    search(callback=page, n_iter=3).fit(X)
    assert page.address_ == address
    (only,) = state(address)["searches"]
    assert len(only["tips"]) == 3


# --- journals ---


def test_journals_are_shown_side_by_side_and_followed(tmp_path):
    paths = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for path in paths:
        search(toys.Fragile(), checkpoint=path, n_iter=5).fit(X)
    server = serve_journals(paths)
    try:
        shown = state(server.address)
        assert [s["title"] for s in shown["searches"]] == ["one.jsonl", "two.jsonl"]
        fitted = search(toys.Fragile(), checkpoint=paths[0], n_iter=9).fit(X)
        one, two = state(server.address)["searches"]
        assert (len(one["tips"]), len(two["tips"])) == (9, 5)
        assert f"candidate #{fitted.best_index_}" in one["sections"]["tiles"]
    finally:
        server.close()


def test_a_journal_whose_beginning_is_damaged_is_shown_whole(tmp_path):
    path = tmp_path / "search.jsonl"
    search(checkpoint=path, n_iter=4).fit(X)
    header, *folds = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([b"?\n", *folds, header]))
    server = serve_journals([path])
    try:
        assert len(state(server.address)["searches"][0]["tips"]) == 4
    finally:
        server.close()


def test_a_journal_that_is_gone_is_shown_as_it_was(tmp_path):
    path = tmp_path / "search.jsonl"
    search(checkpoint=path, n_iter=4).fit(X)
    server = serve_journals([path])
    try:
        assert len(state(server.address)["searches"][0]["tips"]) == 4
        path.rename(tmp_path / "elsewhere")
        (only,) = state(server.address)["searches"]
        assert len(only["tips"]) == 4
        assert "cannot be read" in only["controls"]["why_not"]
        assert post(server.address, "stop") == 409
    finally:
        server.close()


@pytest.mark.parametrize("n_iter", [2, 9])
def test_another_search_with_the_same_journal_is_shown_alone(tmp_path, n_iter):
    path = tmp_path / "search.jsonl"
    search(checkpoint=path, n_iter=5).fit(X)
    server = serve_journals([path])
    try:
        assert len(state(server.address)["searches"][0]["tips"]) == 5
        path.unlink()
        other = search(checkpoint=path, n_iter=n_iter, random_state=1, cv=3).fit(X)
        (only,) = state(server.address)["searches"]
    finally:
        server.close()
    assert f"<b>{n_iter}</b><span>of {n_iter}</span>" in only["sections"]["tiles"]
    told = [dict(only["tips"][str(n)][1])["b"] for n in range(n_iter)]
    assert told == [str(params["b"]) for params in other.cv_results_["params"]]


def test_the_metric_of_refit_is_shown_of_a_journal_and_of_a_search(page, tmp_path):
    path = tmp_path / "search.jsonl"
    fitted = search(
        scoring=lambda e, X, y=None: {"low": -e.a, "high": e.a},
        objective_metric="low",
        refit="high",
        checkpoint=path,
        callback=page,
    ).fit(X)
    server = serve_journals([path])
    try:
        for address in (page.address_, server.address):
            tiles = state(address)["searches"][0]["sections"]["tiles"]
            assert f"high, candidate #{fitted.best_index_}" in tiles
    finally:
        server.close()


def test_a_post_to_no_search_is_refused(served):
    own = {"Origin": "http://" + urlsplit(served).netloc, "X_Live_Page": "1"}
    for place in ("1", "-1", "9" * 5000, "x", ""):
        assert ask(served, f"{place}/stop", "POST", **own)[0] == 404


class Watched:
    """A search that runs in a thread, and the server that watches its journal."""

    def __init__(self, folder, **options):
        self.path = folder / "search.jsonl"
        options = {"n_iter": 10_000, "surrogate": "tpe", **options}
        self.search = search(toys.Jittery(), checkpoint=self.path, **options)
        self.thread = threading.Thread(target=self._fit)

    def _fit(self):
        with parallel_config(backend="threading"):
            self.search.fit(X)

    def n_lines(self):
        return self.path.read_bytes().count(b"\n")

    def shown(self):
        return state(self.server.address)["searches"][0]

    def post(self, what):
        return post(self.server.address, what)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.path.exists() and self.n_lines() > 6)
        self.server = serve_journals([self.path])
        return self

    def __exit__(self, *_):
        self.post("stop")
        self.thread.join(timeout=60)
        self.server.close()
        assert not self.thread.is_alive()
        assert list(self.path.parent.iterdir()) == [self.path]  # no request is left


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_is_stopped_by_its_journal(tmp_path, n_jobs):
    with Watched(tmp_path, n_jobs=n_jobs) as run:
        assert not any(run.shown()["controls"].values())
        assert run.post("stop") == 204
        run.thread.join(timeout=30)
        fitted = run.search
        assert fitted.stop_reason_ == (
            f"stopped after {fitted.n_iter_} of 10000 candidates: stopped from another "
            "process"
        )
        assert hasattr(fitted, "best_estimator_")
        shown = run.shown()
        assert shown["controls"]["ended"]
        assert "No search is running" in shown["controls"]["why_not"]
        assert "No search is running" in shown["sections"]["tiles"]
        assert run.post("stop") == 409  # and nothing is left for the next search
    again = search(checkpoint=tmp_path / "other.jsonl", n_iter=3).fit(X)
    assert again.n_iter_ == 3


def test_a_search_is_paused_by_its_journal_and_goes_on(tmp_path):
    with Watched(tmp_path) as run:
        assert run.post("pause") == 204
        assert run.shown()["controls"]["paused"]
        time.sleep(0.3)  # a candidate that runs ends
        before = run.n_lines()
        time.sleep(0.3)
        assert run.n_lines() == before
        assert run.post("go-on") == 204
        wait_for(lambda: run.n_lines() > before)
        assert run.post("pause") == 204
        assert run.post("stop") == 204  # also while it waits
        run.thread.join(timeout=30)
    assert hasattr(run.search, "best_estimator_")


def test_a_stop_by_the_journal_changes_no_row(tmp_path):
    with Watched(tmp_path) as run:
        run.post("stop")
        run.thread.join(timeout=30)
    n = run.search.n_iter_
    alone = search(toys.Jittery(), n_iter=n + 2, surrogate="tpe").fit(X)
    params = run.search.cv_results_["params"]
    assert params == alone.cv_results_["params"][:n]
    resumed = clone(run.search).set_params(n_iter=n + 2).fit(X)
    assert resumed.cv_results_["params"] == alone.cv_results_["params"]


def test_a_request_of_an_earlier_search_does_not_count(tmp_path):
    path = tmp_path / "search.jsonl"
    (tmp_path / "search.jsonl.request").write_text("stop\n")
    assert search(checkpoint=path, n_iter=3).fit(X).n_iter_ == 3
    assert list(tmp_path.iterdir()) == [path]


def put(what):
    return lambda path: path.write_bytes(what)


@pytest.mark.parametrize(
    "put",
    [
        put(b""),
        put(b"\xff\xfe"),
        put(b"halt"),
        put(b"stop" * 1000),
        lambda path: path.mkdir(),
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to(path.with_name("stop")),
        lambda path: (path.write_text("stop"), os.chown(path, 12345, -1)),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="files of another kind")
def test_a_request_that_cannot_be_read_or_is_of_another_user_is_none(tmp_path, put):
    (tmp_path / "stop").write_text("stop")

    def damage(record):
        if record.number == 0:
            try:
                put(tmp_path / "search.jsonl.request")
            except PermissionError:
                pytest.skip("only root can give a file away")

    path = tmp_path / "search.jsonl"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = search(checkpoint=path, n_iter=4, callback=damage).fit(X)
    assert fitted.n_iter_ == 4


def test_a_link_in_the_place_of_the_request_is_replaced_and_not_followed(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    precious = other / "precious"
    precious.write_text("keep")
    with Watched(tmp_path / "other") as run:
        precious.rename(tmp_path / "precious")
        link = run.path.with_name("search.jsonl.request")
        link.symlink_to(tmp_path / "precious")
        assert run.post("stop") == 204
        run.thread.join(timeout=30)
    assert (tmp_path / "precious").read_text() == "keep"


@pytest.mark.skipif(os.name == "nt", reason="locks by fcntl")
def test_a_search_begins_while_its_journal_is_looked_at(tmp_path, monkeypatch):
    path = tmp_path / "search.jsonl"
    search(checkpoint=path, n_iter=2).fit(X)
    with path.open("rb") as looking:
        _lines._lock(looking.fileno(), shared=True)

        def end_of_look(seconds):
            _lines._lock(looking.fileno(), release=True)

        monkeypatch.setattr(_lines, "time", SimpleNamespace(sleep=end_of_look))
        assert search(checkpoint=path, n_iter=3).fit(X).n_iter_ == 3
    assert _lines.is_in_use(path) is False


@pytest.mark.parametrize("package", ["plotly.offline", "jinja2"])
def test_without_plotly_the_error_says_what_to_install(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-bayes-search\[report'):
        LiveServer([])
