"""The page that compares searches."""

import copy
import re

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
)
from sklearn.svm import SVC
from test_report import Page

from sklearn_bayes_search import BayesSearchCV, OneStandardError
from sklearn_bayes_search.report import report
from sklearn_bayes_search.report._compare import _have_same_folds, compare
from sklearn_bayes_search.results._selection import honest_score

X, y = load_iris(return_X_y=True)
SPACE = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def grid():
    return GridSearchCV(SVC(), {"C": [0.01, 1, 10]}, cv=3).fit(X, y)


@pytest.fixture(scope="module")
def randoms():
    return [
        RandomizedSearchCV(SVC(), SPACE, n_iter=5, cv=3, random_state=seed).fit(X, y)
        for seed in range(3)
    ]


@pytest.fixture(scope="module")
def bayes(tmp_path_factory):
    journal = tmp_path_factory.mktemp("journal") / "search.jsonl"
    return BayesSearchCV(
        SVC(), SPACE, n_iter=6, cv=3, random_state=0, checkpoint=journal
    ).fit(X, y)


@pytest.fixture(scope="module")
def page(grid, randoms, bayes, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    return Page(report({"grid": grid, NASTY: randoms, "Bayes": bayes}, path))


def rows(page):
    """Read the table of the searches, texts of cells by the name."""
    table = re.search(r'<table id="table".*?>.*?</table>', page.source, re.DOTALL)
    texts = [
        [re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)
    ]
    head, *body = texts
    return {own[0]: dict(zip(head, own, strict=True)) for own in body}


def test_the_table_has_the_best_scores_and_the_honest_ones(page, grid, bayes):
    told = rows(page)
    for name, search in (("grid", grid), ("Bayes", bayes)):
        honest = honest_score(search)
        assert float(told[name]["Score"]) == pytest.approx(search.best_score_, abs=6e-4)
        assert float(told[name]["On new data"]) == pytest.approx(honest.score, abs=6e-4)
        low, high = map(float, told[name]["95 % interval"].split(" to "))
        assert (low, high) == pytest.approx((honest.low, honest.high), abs=6e-4)
        assert int(told[name]["Candidates"]) == len(search.cv_results_["params"])
        assert int(told[name]["Best after"]) == search.best_index_ + 1


def test_runs_of_a_search_are_summed_up_by_their_median(randoms):
    (series,) = compare({"random": randoms}, None)
    bests = [search.best_score_ for search in randoms]
    assert series.median == np.median(bests)
    assert (series.lowest, series.highest) == (min(bests), max(bests))
    assert series.interval is None


def test_the_best_is_named_first(page, grid, randoms, bayes):
    medians = {
        "grid": grid.best_score_,
        "Bayes": bayes.best_score_,
        NASTY: np.median([search.best_score_ for search in randoms]),
    }
    first = next(iter(rows(page)))
    texts = {"grid": "grid", "Bayes": "Bayes"}
    assert medians[texts.get(first, NASTY)] == max(medians.values())


def test_both_charts_have_a_line_for_each_search(page):
    figures = page.data("figures")
    assert list(figures) == ["chart-candidates", "chart-seconds"]
    for figure in figures.values():
        lines = [t for t in figure["data"] if t.get("line", {}).get("shape") == "hv"]
        assert len(lines) == 3
        assert all(np.all(np.diff(line["y"]) >= 0) for line in lines)


def test_names_of_searches_stay_text(page):
    assert "<img" not in page.source
    assert NASTY in page.text("main")


def test_a_list_is_named_by_classes(randoms, grid):
    names = [each.name for each in compare([grid, *randoms[:2]], None)]
    assert names == ["GridSearchCV", "RandomizedSearchCV 1", "RandomizedSearchCV 2"]


def test_a_journal_is_compared_with_its_search(bayes, tmp_path):
    page = Page(report([bayes, bayes.checkpoint], tmp_path / "report.html"))
    own, journal = rows(page).values()
    assert journal["Search"] == "search.jsonl"
    assert own["Score"] == journal["Score"]
    assert own["Best after"] == journal["Best after"]


def test_two_searches_on_the_same_folds_are_compared_fold_by_fold(
    grid, bayes, tmp_path
):
    page = Page(report({"grid": grid, "Bayes": bayes}, tmp_path / "report.html"))
    leader, other = sorted([grid, bayes], key=lambda search: -search.best_score_)
    lead = honest_score(leader).score - honest_score(other).score
    found = re.search(
        r"On the same folds, .* is (higher|lower) by ([\d.]+)", page.text("summary")
    )
    assert (found[1] == "higher") == (lead >= 0)
    assert float(found[2]) == pytest.approx(abs(lead), abs=1e-3)


def test_the_best_is_compared_where_a_rule_takes_another_one(grid):
    simple = GridSearchCV(SVC(), grid.param_grid, cv=3, refit=OneStandardError("C"))
    simple.fit(X, y)
    assert simple.best_index_ != grid.best_index_
    one, other = compare({"grid": grid, "simple": simple}, None)
    assert one.interval == other.interval
    assert one.optimism == other.optimism


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (None, None, True),
        (3, None, False),
        (KFold(3), KFold(3), True),
        (KFold(3, shuffle=True), KFold(3, shuffle=True), False),
        (KFold(3, shuffle=True, random_state=0),) * 2 + (True,),
        (ShuffleSplit(3), ShuffleSplit(3), False),
        (ShuffleSplit(3, random_state=1), ShuffleSplit(3, random_state=2), False),
        ([([0], [1])] * 3, [([0], [1])] * 3, False),
    ],
)
def test_the_same_folds_are_known_by_the_splitter(grid, one, two, same):
    searches = []
    for cv in (one, two):
        search = copy.copy(grid)
        search.cv = cv
        searches.append(search)
    assert _have_same_folds(*compare(searches, None)) == same


def test_what_does_not_compare_is_said(grid, tmp_path):
    other = GridSearchCV(SVC(), {"C": [1, 10]}, cv=4, scoring="f1_macro").fit(X, y)
    page = Page(report([grid, other], tmp_path / "report.html"))
    said = page.text("summary")
    assert "the scores are accuracy and f1_macro and there are 3 and 4 folds" in said
    assert "different numbers of candidates" in said
    same = Page(report([grid, grid], tmp_path / "report.html")).text("summary")
    assert "Same scores?" not in same
    assert "Same budget?" not in same
    assert "share the highest score" in same


@pytest.mark.parametrize("nothing", [[], {"a": []}])
def test_nothing_to_compare_is_refused(nothing, tmp_path):
    with pytest.raises(ValueError, match="at least one search to compare"):
        report(nothing, tmp_path / "report.html")


def test_searches_without_a_score_are_compared_last(grid, tmp_path):
    scoreless = {
        **{f"split{i}_test_score": [np.nan] for i in range(3)},
        **{"mean_test_score": [np.nan], "params": [{"C": -1.0}], "param_C": [-1.0]},
    }
    page = Page(report({"failing": scoreless, "grid": grid}, tmp_path / "report.html"))
    assert list(rows(page)) == ["grid", "failing"]
    assert rows(page)["failing"]["Failed"] == "1"
