"""Journals from the command line."""

import subprocess
import sys
import urllib.request

import numpy as np
import pytest
import toy_estimators as toys
from scipy.stats import uniform

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.report import report
from sklearn_bayes_search.report._commands import _files, main

X = np.arange(40.0).reshape(20, 2)


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("journals") / "search.jsonl"
    space = {"a": uniform(0, 1), "kind": ["x", "y"]}
    several = {"high": lambda e, X, y=None: e.a, "low": lambda e, X, y=None: -e.a}
    BayesSearchCV(
        Kinds(),
        space,
        n_iter=8,
        cv=2,
        scoring=several,
        refit="high",
        checkpoint=path,
        random_state=0,
    ).fit(X)
    return path


class Kinds(toys.Toy):
    """Has a choice as well."""

    def __init__(self, a=0.0, b=0, kind="x"):
        super().__init__(a, b)
        self.kind = kind


def test_show_prints_the_table(journal, capsys):
    assert main(["show", str(journal), "--metric", "high"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 8
    # that of refit, as in a report
    assert main(["show", str(journal)]) == 0
    assert capsys.readouterr().out.splitlines() == lines
    assert {"a", "kind", "score", "rank", "status", "seconds"} <= {*lines[0].split()}
    assert main(["show", str(journal), "--metric", "low", "--best", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 3
    scores = [float(line.split()[3]) for line in lines[2:]]
    assert scores == sorted(scores, reverse=True)


# True is for what is maximised, the first
@pytest.mark.parametrize("refit", ["high", True])
def test_show_has_those_within_limits_first(refit, tmp_path, capsys):
    path = tmp_path / "search.jsonl"
    several = {"high": lambda e, X, y=None: e.a, "low": lambda e, X, y=None: -e.a}
    options = {"refit": refit, "limits": {"low": -0.6}, "checkpoint": path}
    search = BayesSearchCV(
        Kinds(), {"a": uniform(0, 1)}, n_iter=8, scoring=several, random_state=0
    )
    search.set_params(**options).fit(X)
    scores = search.cv_results_["mean_test_high"]
    within = search.results_frame()["within_limits"]
    assert within.tolist() == (scores <= 0.6).tolist()
    assert main(["show", str(path), "--best", "8"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    shown = [int(line.split()[0]) for line in lines]
    assert shown == sorted(range(8), key=lambda row: (not within[row], -scores[row]))
    assert shown[0] == search.best_index_ != scores.argmax()


def test_report_writes_the_page_of_a_journal(journal, tmp_path, capsys):
    pytest.importorskip("plotly", reason="needs the extra 'report'")
    out = tmp_path / "page.html"
    assert main(["report", str(journal), str(out), "--metric", "high"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    text = out.read_text(encoding="utf-8")
    assert "<title>Journal: search.jsonl</title>" in text
    assert "chart-progress" in text
    assert "chart-timeline" in text
    assert "How to reproduce" not in text  # nobody knows
    assert "estimator_" not in text


def test_the_function_takes_the_path_of_a_journal(journal, tmp_path):
    pytest.importorskip("plotly", reason="needs the extra 'report'")
    path = report(journal, tmp_path / "page.html", metric="low")
    assert path.stat().st_size > 100_000


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "{folder}/nothing.jsonl"], "No such file"),
        (["show", "{folder}/text"], "is not the journal of a search"),
        (["show", "{folder}"], "is a folder. Read one of its files"),
        (["show", "{journal}", "--metric", "f1"], "must be one of ['high', 'low']"),
        (["report", "{journal}", "{folder}/no/x.html", "--metric", "high"], "folder"),
        (["report", "{folder}/empty", "{folder}/x.html"], "has no fold yet"),
        (["watch", "{folder}/nothing.jsonl"], "No such file"),
        (["watch", "{folder}/text"], "is not the journal of a search"),
        (["watch", "{folder}/none"], "has no journal"),
    ],
)
def test_what_is_wrong_is_one_line_without_a_traceback(
    arguments, told, journal, tmp_path, capsys
):
    (tmp_path / "text").write_text("hello")
    (tmp_path / "none").mkdir()
    header = journal.read_bytes().splitlines(keepends=True)[0]
    (tmp_path / "empty").write_bytes(header)
    where = {"folder": tmp_path, "journal": journal}
    assert main([argument.format(**where) for argument in arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith(f"{arguments[0]}: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("watch", "--port", "99999"), ("show", "--best", "0"), ("show", "--best", "-1")],
    ids=" ".join,
)
def test_numbers_out_of_range_are_refused(arguments, journal, capsys):
    command, *options = arguments
    with pytest.raises(SystemExit) as ended:
        main([command, str(journal), *options])
    assert ended.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_watch_serves_a_page_until_it_is_ended(journal):
    pytest.importorskip("plotly", reason="needs the extra 'report'")
    command = [
        sys.executable,
        "-m",
        "sklearn_bayes_search",
        "watch",
        str(journal.parent),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().removeprefix("Live page: ").strip()
            with urllib.request.urlopen(f"{address}state", timeout=30) as answer:
                assert b"search.jsonl" in answer.read()
        finally:
            process.terminate()


def test_a_report_does_not_take_the_place_of_its_journal(journal, capsys):
    before = journal.read_bytes()
    assert main(["report", str(journal), str(journal), "--metric", "high"]) == 1
    assert "is the journal: name another file" in capsys.readouterr().err
    assert journal.read_bytes() == before


def test_journals_are_watched_once_and_folders_in_a_folder_are_none(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).touch()
    (tmp_path / "c.jsonl").mkdir()
    first = tmp_path / "b.jsonl"
    assert _files([first, tmp_path]) == [first, tmp_path / "a.jsonl"]
