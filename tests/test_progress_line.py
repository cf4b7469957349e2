"""The line of a search that runs: in a terminal, a notebook, and elsewhere."""

import pickle
import sys
import types
from itertools import pairwise

import pytest
from counted_fits import Counted
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_validate
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import BayesSearchCV, Integer, ProgressLine, Real

X, y = make_classification(n_samples=40, n_features=4, flip_y=0.2, random_state=0)
SPACE = {"x": Real(0, 1)}


def search_for(line, estimator=None, space=SPACE, **options):
    options = {"n_iter": 5, "cv": 2, "random_state": 0, **options}
    return BayesSearchCV(estimator or Counted(), space, callback=line, **options)


def in_a_terminal(monkeypatch, columns=60):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))


class Notebook:
    """Has what IPython has in the kernel of a notebook."""

    def __init__(self, monkeypatch):
        self.shown = []
        ipython = types.ModuleType("IPython")
        ipython.get_ipython = lambda: types.SimpleNamespace(kernel="kernel")
        ipython.display = types.ModuleType("IPython.display")
        ipython.display.display = self.display
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)

    def display(self, data, *, raw, display_id):
        outputs = [data]
        self.shown.append(outputs)

        def update(new, *, raw):
            outputs.append(new)

        return types.SimpleNamespace(update=update)


def test_a_terminal_has_one_line_that_is_written_over(monkeypatch, capsys):
    in_a_terminal(monkeypatch)
    search = search_for(ProgressLine()).fit(X)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    first, *_, fourth, last, end = out.split("\r")[1:]
    assert first.startswith("1 of 5 candidates, best ")
    assert "left" in fourth
    assert last.startswith(f"5 of 5 candidates, best {search.best_score_:.4g}, ")
    assert end.rstrip().endswith(f"; {search.stop_reason_}")
    # a shorter one covers what a longer one left
    for before, after in pairwise([first, *_, fourth, last]):
        assert len(after) >= len(before.rstrip())


def test_a_line_of_a_terminal_is_no_longer_than_that(monkeypatch, capsys):
    in_a_terminal(monkeypatch, columns=20)
    search_for(ProgressLine()).fit(X)
    *lines, end = capsys.readouterr().out.split("\r")
    assert {len(line) for line in lines} == {0, 19}
    assert "evaluated n_iter=5" in end


def test_a_notebook_has_a_bar_that_is_updated(monkeypatch, capsys):
    notebook = Notebook(monkeypatch)
    search_for(ProgressLine()).fit(X)
    ((begun, *updates),) = notebook.shown
    assert begun == {"text/plain": ""}
    assert len(updates) == 6
    assert updates[0]["text/plain"].startswith("1 of 5 candidates")
    assert updates[0]["text/html"].startswith(
        '<progress value="0.200"></progress> 1 of'
    )
    assert updates[-1]["text/html"] == updates[-1]["text/plain"]
    assert capsys.readouterr().out == ""


def test_what_a_notebook_shows_is_no_code(monkeypatch):
    notebook = Notebook(monkeypatch)
    stop = "<script>"
    search_for([ProgressLine(), lambda record: stop]).fit(X)
    last = notebook.shown[0][-1]
    assert "<script>" in last["text/plain"]
    assert "<script>" not in last["text/html"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_elsewhere_only_the_last_line_is_printed(capsys):
    tree = DecisionTreeClassifier(random_state=0)
    space = {"criterion": ["gini", "wrong"], "max_depth": Integer(1, 9)}
    search_for(ProgressLine(), tree, space, n_iter=8).fit(X, y)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("8 of 8 candidates, best ")
    assert " failed, " in out


def test_where_the_number_of_candidates_is_open_there_is_no_share(monkeypatch):
    notebook = Notebook(monkeypatch)

    def stop(history, optimizer):
        return "enough" if len(history) == 3 else None

    search_for(ProgressLine(), n_iter=None, stopping=stop).fit(X)
    ((_, first, *_),) = notebook.shown
    assert first["text/plain"].startswith("1 candidates, best ")
    assert "<progress" not in first["text/html"]


def test_what_a_journal_had_says_nothing_of_the_time_left(monkeypatch, tmp_path):
    path = tmp_path / "search.jsonl"
    search_for(None, checkpoint=path).fit(X)
    notebook = Notebook(monkeypatch)
    search_for(ProgressLine(), checkpoint=path, n_iter=7).fit(X)
    texts = [update["text/plain"] for update in notebook.shown[0]]
    assert not any("left" in text for text in texts)
    assert texts[-1].startswith("7 of 7 candidates")


def test_each_search_has_a_line_of_its_own(monkeypatch):
    notebook = Notebook(monkeypatch)
    cross_validate(search_for(ProgressLine()), X, cv=3)
    assert [len(outputs) for outputs in notebook.shown] == [7, 7, 7]


def test_a_search_that_was_watched_is_pickled(monkeypatch):
    Notebook(monkeypatch)
    search = search_for(ProgressLine()).fit(X)
    assert pickle.loads(pickle.dumps(search)).best_params_ == search.best_params_
