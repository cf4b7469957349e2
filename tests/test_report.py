"""The page about a search: what it tells, and that nothing in it can do harm.

What only a browser shows is in tests/test_report_in_a_browser.py.
"""

import base64
import hashlib
import json
import os
import re
import stat
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_bayes_search import (
    BayesSearchCV,
    OneStandardError,
    Real,
    RowRacing,
    check_ranges,
    read_journal,
)
from sklearn_bayes_search.display._charts._axis import parameter_axes
from sklearn_bayes_search.display._charts._timeline import timeline_chart
from sklearn_bayes_search.report import report
from sklearn_bayes_search.report._code import code_of
from sklearn_bayes_search.report._pen import draw
from sklearn_bayes_search.report._pen import text as drawn_text
from sklearn_bayes_search.report._text import (
    breakable,
    describe,
    name_labels,
    number,
    safe,
)
from sklearn_bayes_search.results._observed import observe
from sklearn_bayes_search.results._score_model import ScoreModel
from sklearn_bayes_search.results._selection import honest_score
from sklearn_bayes_search.results._short_text import shown
from sklearn_bayes_search.results._times import Timeline
from sklearn_bayes_search.space._space import as_space

X, y = load_iris(return_X_y=True)
SPACE = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-5, 1e1)}
SECTIONS = [
    "summary",
    "next",
    "charts",
    "candidates-table",
    "failures",
    "reproduce",
]
NASTY = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "javascript:alert(3)",
    "<a href='javascript:alert(4)'>x</a>",
    "nul\x00 escape\x1b[31m bell\x07 reverse\u202e",
    "&lt;b&gt; %{x} $x$ <!-- ]]>",
]
NASTY_NAME = "<script>alert('name')</script>"


class Page(HTMLParser):
    """The elements, texts and data of a page."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements, self._open, self._texts = [], [], {}
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "wbr", "br"):
            self._open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for name in {each for pair in self._open for each in pair}:
            self._texts[name] = self._texts.get(name, "") + data

    def text(self, name):
        """All text inside elements of this name or id."""
        return self._texts.get(name, "")

    def data(self, name):
        return json.loads(self.text(name))

    def ids(self, tag):
        return [attrs.get("id") for each, attrs in self.elements if each == tag]


class Odd(BaseEstimator):
    """Takes any parameters, of any name, and fails for some values."""

    def __init__(self):
        self.given = {}

    def get_params(self, deep=True):
        return {NASTY_NAME: None, "b": 0.0, **self.given}

    def set_params(self, **params):
        self.given = {**self.given, **params}
        return self

    def fit(self, X, y=None):
        if self.given[NASTY_NAME] == NASTY[0]:
            raise ValueError(f"</pre></details>{NASTY[0]} {NASTY[4]}")
        return self

    def score(self, X, y=None):
        return -self.given.get("b", 0.0)

    def __sklearn_clone__(self):
        return Odd().set_params(**self.given)


def bayes(**arguments):
    arguments = {"n_iter": 12, "cv": 3, "random_state": 0, **arguments}
    return BayesSearchCV(SVC(), SPACE, **arguments).fit(X, y)


def resumed(folder):
    bayes(n_iter=8, checkpoint=folder / "journal")
    return bayes(checkpoint=folder / "journal")


KINDS = {
    "bayes": lambda folder: bayes(),
    "racing": lambda folder: bayes(racing=True, cv=5, n_iter=20),
    "resumed": resumed,
    "grid": lambda folder: GridSearchCV(
        SVC(), {"C": [0.1, 1, 10], "kernel": ["rbf", "poly"]}, cv=3
    ).fit(X, y),
    "random": lambda folder: RandomizedSearchCV(
        SVC(), SPACE, n_iter=12, cv=3, random_state=0
    ).fit(X, y),
    "halving": lambda folder: HalvingRandomSearchCV(
        SVC(), SPACE, n_candidates=12, cv=3, random_state=0
    ).fit(X, y),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    search = KINDS[request.param](folder)
    return request.param, search, Page(report(search, folder / "report.html"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    with pytest.warns(match="fits failed|non-finite"):
        search = BayesSearchCV(
            Odd(),
            {NASTY_NAME: NASTY, "b": uniform(0, 1)},
            scoring={NASTY_NAME: lambda estimator, X, y: estimator.score(X)},
            refit=NASTY_NAME,
            n_iter=20,
            cv=3,
            random_state=0,
        ).fit(X, y)
    folder = tmp_path_factory.mktemp("nasty")
    return search, Page(report(search, folder / "report.html"))


def written(search, folder, **arguments):
    return Page(report(search, folder / "report.html", **arguments))


# ---- what it tells


class Rising(BaseEstimator):
    """Each fit scores more than the one before."""

    n_fits = 0

    def __init__(self, a=0.5):
        self.a = a

    def fit(self, X, y=None):
        Rising.n_fits += 1
        return self

    def score(self, X, y=None):
        return Rising.n_fits / 100


def after_eight(history, optimizer):
    return "enough" if len(history) == 8 else None


@pytest.mark.parametrize(
    ("stopping", "advised"), [(None, True), (after_eight, False)], ids=["all", "rule"]
)
def test_more_settings_are_advised_where_no_rule_saw_enough(
    stopping, advised, tmp_path
):
    search = BayesSearchCV(
        Rising(), {"a": uniform(0, 1)}, n_iter=10, stopping=stopping, random_state=0
    )
    page = written(search.fit(X, y), tmp_path)
    assert ("Raise n_iter" in page.text("next")) == advised


def test_every_section_is_there_in_order(kind):
    _, _, page = kind
    assert page.ids("section") == SECTIONS
    assert page.text("h1").startswith(type(kind[1]).__name__)


def test_every_candidate_is_in_the_table_with_its_parameters(kind):
    _, search, page = kind
    n = len(search.cv_results_["params"])
    rows = [name for name in page.ids("tr") if name]
    assert sorted(rows) == sorted(f"candidate-{row}" for row in range(n))
    tips = page.data("candidates")
    assert [tip[0].split(",")[0] for tip in tips] == [f"#{row}" for row in range(n)]
    for (_, told), params in zip(tips, search.cv_results_["params"], strict=True):
        assert dict(told) == {name: shown(value) for name, value in params.items()}


def test_the_best_and_its_honest_score_are_told(kind):
    name, search, page = kind
    summary = page.text("summary")
    for value in search.best_params_.values():
        assert shown(value) in summary
    assert f"candidate #{search.best_index_}." in summary
    if name in ("bayes", "grid", "random", "resumed"):
        expected = honest_score(search).score
        digits = next(d for d in range(9) if number(search.best_score_, d) in summary)
        assert number(expected, digits) in summary or round(expected, 1) == expected


def test_the_table_begins_in_the_order_it_tells(kind):
    name, search, page = kind
    rows = [int(row.removeprefix("candidate-")) for row in page.ids("tr") if row]
    assert rows[0] == search.best_index_
    heads = [a for tag, a in page.elements if tag == "th" and a.get("scope") == "col"]
    if name == "halving":  # scores of different rounds do not compare
        assert not any("aria-sort" in head for head in heads)
        assert "Those of the last round come first" in page.text("candidates-table")
        return
    assert [head.get("aria-sort") for head in heads[:2]] == [None, "descending"]
    scores = search.cv_results_["mean_test_score"]
    if hasattr(search, "results_frame"):
        scores = search.results_frame()["score"].to_numpy()
    assert (np.diff(scores[rows]) <= 0).all()


def test_the_timeline_tells_neighbours_apart(kind):
    _, search, page = kind
    if not hasattr(search, "folds_frame"):
        return
    _, fits = page.data("figures")["chart-timeline"]["data"]
    numbers = np.array([number for number, _ in fits["customdata"]])
    assert fits["marker"]["opacity"] == np.where(numbers % 2, 0.55, 1.0).tolist()


def test_settings_that_stayed_paused_are_counted(kind):
    name, search, page = kind
    if name != "racing":
        assert "paused" not in page.text("summary")
        return
    n = (search.results_frame()["status"] == "paused").sum()
    assert n > 1
    assert f"Of these, {n} stayed paused" in page.text("summary")


def test_the_gain_over_the_own_hyperparameters_is_that_of_the_folds(tmp_path):
    def told(space):
        search = GridSearchCV(SVC(), space, cv=5).fit(X, y)
        return search, Page(report(search, tmp_path / "page.html")).text("summary")

    search, text = told({"C": [1e-3, 1.0], "kernel": ["rbf", "linear"]})
    assert search.best_index_ == 3
    folds = np.array([search.cv_results_[f"split{i}_test_score"] for i in range(5)])
    gain = (folds[:, 3] - folds[:, 2]).mean() - honest_score(search).optimism
    found = re.search(
        r"Candidate #2 has them, .* The best.* is (higher|lower) by ([\d.]+)", text
    )
    assert (found[1] == "higher") == (gain >= 0)
    assert float(found[2]) == pytest.approx(abs(gain), abs=1e-3)
    assert "Candidate #1 has them, and is the best one." in told({"C": [1e-3, 1.0]})[1]
    assert "C=1 is not in the space." in told({"C": [1e-3, 2.0]})[1]


def test_a_choice_that_always_fails_is_named(tmp_path):
    space = {"C": [0.1, 1.0, 2.0, 4.0], "kernel": ["rbf", "none"]}
    search = GridSearchCV(SVC(), space, cv=2)
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    text = Page(report(search, tmp_path / "page.html")).text("next")
    assert "All 4 candidates with kernel=none failed." in text
    assert "kernel=rbf" not in text


def test_every_chart_has_a_place_and_a_place_a_chart(kind):
    _, search, page = kind
    figures = page.data("figures")
    places = [a["id"] for _, a in page.elements if a.get("class") == "chart"]
    assert sorted(places) == sorted(figures)
    assert {"chart-progress", "chart-parallel", "chart-importance"} < set(figures)
    assert ("chart-timeline" in figures) == hasattr(search, "folds_frame")
    slices = [key for key in figures if "slice" in key]
    assert len(slices) == 2
    for figure in figures.values():
        assert figure["data"]


def test_the_points_are_the_scores(kind):
    _, search, page = kind
    traces = page.data("figures")["chart-progress"]["data"]
    told = {
        point[0]: (x, score)
        for trace in traces
        for point, x, score in zip(
            trace.get("customdata", []), trace["x"], trace["y"], strict=False
        )
    }
    assert sorted(told) == list(range(len(search.cv_results_["params"])))
    best = search.best_index_
    assert told[best][0] == best
    score = search.cv_results_["mean_test_score"][best]
    assert told[best][1] == pytest.approx(score, rel=1e-11)


def test_what_if_tells_what_the_model_expects(kind):
    _, search, page = kind
    told = page.data("what-if-scores")
    shape = [len(texts) for texts in told["texts"]]
    scores = told["scores"][np.ravel_multi_index(told["at"], shape)]
    assert len(told["scores"]) == np.prod(shape) <= 2500
    assert len(told["names"]) <= 4
    # the chosen setting was tried, so that something is known around it
    mean, low, high = map(float, scores)
    assert low < mean < high
    top = observe(search).scores.max()
    assert low - 0.05 < top < high + 0.05


def test_what_if_flips_switches(tmp_path):
    gammas = [1e-3, 1e-2, 0.1, 1.0, 10.0]
    kernels = {"linear": {}, "rbf": {"gamma": gammas}}
    space = {"C": Real(0.01, 100, log=True), "kernel": kernels}
    search = BayesSearchCV(SVC(), space, n_iter=16, cv=2, random_state=0)
    search.fit(*load_iris(return_X_y=True))
    told = written(search, tmp_path).data("what-if-scores")
    names, texts = told["names"], told["texts"]
    assert sorted(names) == ["C", "gamma", "kernel"]
    shape, model = [len(each) for each in texts], ScoreModel.fit(observe(search))
    chosen = search.best_params_
    known = {"linear": [], "rbf": []}
    for kernel, scores in known.items():
        for gamma in gammas:
            at = list(told["at"])
            for name, value in [("kernel", kernel), ("gamma", gamma)]:
                i = names.index(name)
                at[i] = texts[i].index(shown(value))
            row = told["scores"][np.ravel_multi_index(at, shape)]
            setting = {"C": chosen["C"], "kernel": kernel, "gamma": gamma}
            if kernel == "linear":
                del setting["gamma"]
            U = search.search_space_.encode(setting)[np.newaxis]
            assert (row is not None) == model.in_reach(U)[0]
            if row is not None:
                mean = model.predict(U)[0][0]
                assert float(row[0]) == pytest.approx(mean, abs=0.01)
                scores.append(row[0])
    assert len(known["linear"]) == len(gammas)
    assert len(set(known["linear"])) == 1 < len(set(known["rbf"]))


def test_the_advice_is_that_of_check_ranges(tmp_path):
    search = GridSearchCV(Ridge(), {"alpha": np.linspace(5, 100, 12)})
    search.fit(*load_diabetes(return_X_y=True))
    findings = check_ranges(search)
    assert list(findings["finding"]) == ["lower bound"]
    assert findings["text"][0] in written(search, tmp_path).text("next")


def test_a_default_space_is_said_to_be_one(tmp_path):
    search = BayesSearchCV(SVC(), n_iter=4, cv=2, random_state=0).fit(X, y)
    assert "gamma and max_iter, its default space." in written(search, tmp_path).text(
        "summary"
    )


def test_a_search_without_advice_says_so(tmp_path):
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}).fit(X, y)
    page = written(search, tmp_path)
    assert "Nothing stands out" in page.text("next")
    assert "chart-parallel" not in page.data("figures")


def test_failures_are_told_with_their_tracebacks(tmp_path):
    with pytest.warns(match="fits failed|non-finite"):
        search = BayesSearchCV(SVC(), {"C": [-1.0, 0.5, 1.0, 2.0]}, cv=3).fit(X, y)
    page = written(search, tmp_path)
    assert "1 of 4 candidates failed" in page.text("next")
    assert page.text("details").count("Traceback (most recent call last)") == 1
    assert "3 fits, of #0" in page.text("details")
    assert page.text("candidate-0").startswith("0––failed")


def test_a_search_without_any_score_has_a_page(tmp_path):
    with pytest.warns(match="non-finite"):
        search = BayesSearchCV(
            SVC(), {"C": [1.0, 2.0]}, scoring=lambda estimator, X, y: np.nan
        ).fit(X, y)
    page = written(search, tmp_path)
    assert "No candidate could be scored" in page.text("summary")
    assert "charts" not in page.ids("section")


def test_one_fold_gives_no_interval(tmp_path):
    split = [(np.arange(0, 150, 2), np.arange(1, 150, 2))]
    page = written(bayes(cv=split), tmp_path)
    assert "On new data" not in page.text("summary")
    assert "With one fold" in page.text("summary")


def test_what_a_rule_for_refit_chose_is_not_called_the_best(tmp_path):
    cancer = load_breast_cancer(return_X_y=True)
    search = BayesSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": range(1, 20), "min_samples_leaf": range(1, 40)},
        n_iter=25,
        refit=OneStandardError(["max_depth", "-min_samples_leaf"]),
        random_state=0,
    ).fit(*cancer)
    chosen = search.best_index_
    means = search.cv_results_["mean_test_score"]
    best = int(means.argmax())
    assert means[chosen] < means[best]
    page = written(search, tmp_path)
    summary = page.text("summary")
    assert f"candidate #{chosen}, which the function in refit chose. " in summary
    assert f"of candidate #{best}." in summary
    assert "Score of the chosen" in summary
    assert "Best" not in summary
    assert "Chosen hyperparameters" in summary
    assert "Expect on new data" + number(search.honest_score().score, 4) in summary
    assert "simplest" not in page.text("next")
    assert f"The best mean is that of candidate #{best}, the " in summary
    assert "chosen" in page.text(f"candidate-{chosen}")
    assert "best mean" in page.text(f"candidate-{best}")
    rows = page.data("figures")["chart-folds"]["layout"]["yaxis"]["ticktext"]
    assert f"#{chosen} chosen" in rows
    # but for the axis of folds, less "the best candidate's", with its ' escaped
    assert not re.search(r"best candidate(?![s'\\])", page.source)


def test_a_default_space_and_experience_are_named(tmp_path):
    model = make_pipeline(StandardScaler(), SVC())
    search = BayesSearchCV(model, n_iter=3, cv=2, random_state=0).fit(X, y)
    summary = written(search, tmp_path).text("summary")
    assert "The default space of the estimator" in summary
    assert f"What was known{search.experience_}." in summary
    search = BayesSearchCV(model, {"svc__C": [0.1, 1.0]}, cv=2).fit(X, y)
    summary = written(search, tmp_path).text("summary")
    assert "default space" not in summary
    assert "What was known" not in summary


def test_fits_on_parts_of_the_rows_are_counted(tmp_path):
    search = bayes(racing=RowRacing(min_rows=10, factor=3), n_iter=4)
    parts = search.folds_frame()["n_train_samples"].count()
    summary = written(search, tmp_path).text("summary")
    assert f"fits with all training rows, and {parts} with a part of them." in summary


def test_rows_of_equal_folds_are_drawn_once(tmp_path):
    grid = {"alpha": [1.0, 2.0], "copy_X": [True, False], "max_iter": [5, 6, 7]}
    search = GridSearchCV(Ridge(), grid).fit(*load_diabetes(return_X_y=True))
    figure = written(search, tmp_path).data("figures")["chart-folds"]
    assert len(figure["layout"]["yaxis"]["ticktext"]) == 2
    notes = [note for trace in figure["data"] for _, note in trace["customdata"]]
    assert sum("; 5 more with the same score on each fold" in n for n in notes) == 2


def test_the_metric_is_that_of_refit_or_asked_for(tmp_path):
    search = GridSearchCV(
        SVC(),
        {"C": [0.1, 1, 10]},
        scoring=["accuracy", "f1_macro"],
        refit="f1_macro",
        cv=3,
    ).fit(X, y)
    assert "The score is f1_macro" in written(search, tmp_path).text("summary")
    page = written(search, tmp_path, metric="accuracy")
    assert "The score is accuracy" in page.text("summary")
    with pytest.raises(ValueError, match="must be one of"):
        report(search, tmp_path / "report.html", metric="f1")


def test_an_interval_ends_where_the_score_does(tmp_path):
    search = GridSearchCV(SVC(), {"C": [1.0, 2.0]}, cv=3).fit(X, y)
    assert honest_score(search.cv_results_).high > 1
    assert "to 1.000, 95" in written(search, tmp_path).text("summary")


def test_values_of_any_kind_are_shown(tmp_path):
    class Shy:
        def __repr__(self):
            raise RuntimeError("no")

    search = BayesSearchCV(
        Odd(),
        {NASTY_NAME: [None, (1, 2), {"a": [3]}, len, Shy(), "\ud800", True]},
        scoring=lambda estimator, X, y: 1.0,
        cv=2,
        random_state=0,
    ).fit(X, y)
    text = written(search, tmp_path).text("table")
    for expected in ("None", "(1, 2)", "{'a': [3]}", "len", r"\xd800", "True"):
        assert expected in text
    assert "<Shy, whose repr raised RuntimeError>" in text


def test_methods_of_built_in_classes_are_values_like_others(tmp_path):
    words = ["good fine great", "bad poor awful"] * 9
    search = BayesSearchCV(
        make_pipeline(
            CountVectorizer(token_pattern=None, preprocessor=str.lower), Ridge()
        ),
        {"countvectorizer__tokenizer": [str.split, str.splitlines]},
        cv=3,
    ).fit(words, [1, 0] * 9)
    page = written(search, tmp_path)
    assert "str.split" in page.text("table")
    code = page.text("reproduce")
    assert "CountVectorizer(preprocessor=str.lower, token_pattern=None)" in code
    assert "'countvectorizer__tokenizer': [str.split, str.splitlines]" in code


class Texts(BaseEstimator):
    """Takes anything."""

    def __init__(self, numbers=0, mixed=0, words="", missing=None):
        self.numbers = numbers
        self.mixed = mixed
        self.words = words
        self.missing = missing

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return float(len(str(self.get_params())))


def test_all_cells_of_a_column_have_one_side(tmp_path):
    grid = [
        {"numbers": [None, 3], "mixed": [0.5, None, "sqrt"], "words": ["a", None]},
        {"missing": [None]},
    ]
    page = written(GridSearchCV(Texts(), grid, cv=2).fit(X), tmp_path)
    cells = [attrs for tag, attrs in page.elements if tag in ("th", "td")]
    width = sum("scope" in attrs and attrs["scope"] == "col" for attrs in cells)
    sides = [attrs.get("class") for attrs in cells]
    rows = [sides[i : i + width] for i in range(0, len(sides), width)]
    assert len(rows) == 14
    assert all(row == rows[0] for row in rows)
    assert rows[0] == [None, "n", "n", None, "n", None, "n", None, None]
    heads = [attrs.get("title") for attrs in cells[:width]]
    assert heads[5:] == ["mixed", "numbers", "words", "missing"]


def test_a_parameter_with_other_values_elsewhere_is_one_axis(tmp_path):
    search = BayesSearchCV(
        SVC(),
        [{"kernel": ["rbf", "poly"], "C": [0.1, 1.0]}, {"kernel": ["linear"]}],
        cv=3,
    ).fit(X, y)
    layout = written(search, tmp_path).data("figures")["chart-parallel"]["layout"]
    assert sorted(layout["xaxis"]["ticktext"]) == ["C", "kernel", "score"]
    texts = [note["text"] for note in layout["annotations"]]
    assert {"rbf", "poly", "linear"} < set(texts)
    assert layout["yaxis"]["ticktext"] == ["not used"]


# ---- nothing in it can do harm


def test_nothing_of_the_user_becomes_an_element(nasty):
    _, page = nasty
    kinds = [attrs.get("type") for tag, attrs in page.elements if tag == "script"]
    data = [*["application/json"] * 3, "text/plain", None]
    assert kinds == data
    assert not {"img", "b-", "iframe", "object", "link", "base", "form"} & {
        tag for tag, _ in page.elements
    }
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on")], tag
        assert attrs.get("href", "#").startswith("#")


def test_texts_of_the_user_are_shown_as_they_are(nasty):
    _, page = nasty
    for value in NASTY[:4]:
        assert value in page.text("table")
    assert NASTY_NAME in page.text("thead")
    assert NASTY_NAME in page.text("summary")
    assert f"ValueError: </pre></details>{NASTY[0]}" in page.text("details")


def test_characters_that_cannot_be_seen_are_spelt_out(nasty):
    _, page = nasty
    allowed = {"\n", "\N{NO-BREAK SPACE}"}
    assert not {c for c in page.source if not c.isprintable()} - allowed
    assert r"nul\x00 escape\x1b[31m bell\x07 reverse\x202e" in page.text("table")


def test_data_cannot_end_its_script(nasty):
    _, page = nasty
    for name in ("figures", "candidates"):
        assert not set("<>&") & set(page.text(name))
    names = {pair[0] for _, params in page.data("candidates") for pair in params}
    assert names == {NASTY_NAME, "b"}


def test_texts_in_charts_are_escaped_for_plotly(nasty):
    _, page = nasty
    for figure in page.data("figures").values():
        layout = figure["layout"]
        texts = [note["text"] for note in layout.get("annotations", [])]
        for axis in ("xaxis", "yaxis"):
            texts += layout[axis].get("ticktext", [])
            texts.append(layout[axis].get("title", {}).get("text", ""))
        assert not [text for text in texts if "<" in text.replace("<br>", "")]


def test_nothing_is_loaded(kind):
    _, _, page = kind
    for tag, attrs in page.elements:
        assert not {"src", "srcset", "data", "action", "ping"} & set(attrs), tag
        assert attrs.get("href", "#").startswith("#")
    assert not re.search(r"url\(|@import", page.text("style"))
    assert not re.search(r"https?:", page.source)


def test_the_policy_allows_the_two_scripts_and_no_network(kind):
    _, _, page = kind
    (policy,) = [
        attrs["content"]
        for tag, attrs in page.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    own = page.source.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    sources = rules["script-src"].split()
    assert sources[0] == f"'sha256-{digest}'"
    assert len(sources) == 2
    assert "unsafe" not in rules["script-src"]


@pytest.mark.slow
def test_200_candidates_are_under_5_mb(tmp_path):
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0),
        {
            "max_depth": randint(1, 30),
            "min_samples_leaf": randint(1, 30),
            "ccp_alpha": loguniform(1e-5, 1e-1),
            "criterion": ["gini", "entropy", "log_loss"],
        },
        n_iter=200,
        cv=3,
        random_state=0,
    ).fit(X, y)
    path = report(search, tmp_path / "report.html")
    assert path.stat().st_size < 2_500_000  # half of what was promised


# ---- the file


def test_the_method_writes_the_same_page(tmp_path):
    search = bayes(n_iter=3)
    path = search.report(tmp_path / "own.html")
    assert path == tmp_path / "own.html"
    other = report(search, str(tmp_path / "other.html"))
    clock = r"Report of a search, [^<]*"
    assert re.sub(clock, "", path.read_text("utf-8")) == re.sub(
        clock, "", other.read_text("utf-8")
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_has_the_usual_mode_and_nothing_else_is_left(tmp_path):
    (tmp_path / "report.html").write_text("old")
    old = os.umask(0o022)
    try:
        path = report(bayes(n_iter=3), tmp_path / "report.html")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def broken(*paths):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk is full"):
        report(bayes(n_iter=3), path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_path_that_cannot_be_written_is_an_error_at_once(tmp_path):
    unfitted = BayesSearchCV(SVC(), SPACE)
    with pytest.raises(FileNotFoundError, match="folder of the 'path' parameter must"):
        report(unfitted, tmp_path / "missing" / "report.html")
    with pytest.raises(IsADirectoryError, match="must name a file"):
        report(unfitted, tmp_path)


@pytest.mark.parametrize("cls", [BayesSearchCV, RandomizedSearchCV])
def test_a_search_has_to_be_fitted(cls, tmp_path):
    with pytest.raises(NotFittedError):
        report(cls(SVC(), SPACE), tmp_path / "report.html")


@pytest.mark.parametrize("thing", [{}, None, GridSearchCV])
def test_what_is_no_search_is_refused(thing, tmp_path):
    with pytest.raises(TypeError, match="must be a fitted search"):
        report(thing, tmp_path / "report.html")


def test_without_plotly_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-bayes-search\[report'):
        report(bayes(n_iter=3), tmp_path / "report.html")


# ---- how to reproduce


SEARCHES = [
    BayesSearchCV(
        make_pipeline(StandardScaler(with_mean=False), SVC(C=2.0)),
        [
            {"svc__C": loguniform(1e-3, 1e3), "svc__kernel": ["rbf"]},
            {"svc__degree": randint(low=1, high=5), "svc__gamma": Real(0.1, 1.0)},
        ],
        n_iter=7,
        error_score=0.0,
        refit=OneStandardError("svc__C"),
    ),
    GridSearchCV(SVC(), {"C": np.array([1.0, 2.0]), "kernel": ("rbf",)}, verbose=1),
    HalvingRandomSearchCV(SVC(), {"C": loguniform(1e-3, 1e3)}, random_state=0),
    RandomizedSearchCV(StandardScaler(), {"with_std": [True, None]}, scoring=len),
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda s: type(s).__name__)
def test_the_code_makes_the_same_search(search):
    code = code_of(search, {"C": 1.0}).replace("search.fit(X, y)", "")
    namespace = {}
    exec(code, namespace)
    again = namespace["search"]
    assert type(again) is type(search)
    assert code_of(again, {"C": 1.0}) == code_of(search, {"C": 1.0})
    for name, value in search.get_params(deep=False).items():
        if "param" not in name:
            assert repr(again.get_params(deep=False)[name]) == repr(value)
    assert namespace["best_params"] == {"C": 1.0}


def test_what_has_no_code_is_said_to_be_left_out():
    search = GridSearchCV(SVC(), {"kernel": [lambda a, b: a @ b.T]}, cv=iter([]))
    code = code_of(search)
    assert "'kernel': [...]" in code
    assert "# ... stands for <lambda>" in code
    compile(code, "code", "exec")


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_a_generator_is_left_out_of_the_code_and_said_to_be(kind, tmp_path):
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=np.random.RandomState(0)),
        {"max_depth": [1, 2]},
        n_iter=2,
        cv=KFold(3, shuffle=True, random_state=np.random.RandomState(0)),
        random_state=np.random.RandomState(0),
    )
    search.fit(X, y)
    search.random_state = kind(0)
    text = written(search, tmp_path).text("reproduce")
    assert "random_state was a generator of random numbers, which cannot" in text
    namespace = {"X": X, "y": y}
    exec(code_of(search), namespace)
    again = namespace["search"]
    assert again.random_state is again.estimator.random_state is None
    assert again.cv.random_state is None
    assert again.cv.shuffle
    assert again.cv.n_splits == 3
    for what in ("RandomizedSearchCV", "DecisionTreeClassifier", "KFold"):
        assert f"# random_state of {what} was a generator" in code_of(search)


def test_what_hides_a_generator_is_left_out():
    cv = RepeatedKFold(n_splits=3, random_state=np.random.RandomState(0))
    code = code_of(GridSearchCV(SVC(), {"C": [1]}, cv=cv))
    assert "cv=...," in code
    assert "# ... stands for RepeatedKFold(" in code


def test_versions_and_seed_are_told(kind):
    name, _, page = kind
    text = page.text("reproduce")
    for package in ("Python", "scikit-learn", "numpy", "sklearn-bayes-search"):
        assert package in text
    seed = "draws nothing at random" if name == "grid" else "random_state=0"
    assert seed in text


# ---- its parts


def test_a_break_between_two_runs_is_left_out(tmp_path):
    search = resumed(tmp_path)
    fits = search.folds_frame()
    assert Timeline.of(fits).pauses == []
    late = fits["candidate"] >= 8
    fits.loc[late, "start"] += pd.Timedelta(hours=5)
    times = Timeline.of(fits)
    figure = draw(timeline_chart(fits, times))
    assert times.pauses == [pytest.approx(5 * 3600, abs=60)]
    spans = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert max(max(trace["base"]) for trace in spans) < 600
    assert len(figure["layout"]["shapes"]) == 1
    assert len(read_journal(tmp_path / "journal")) == len(fits)


LONG = "preprocess__numeric_measurements_of_the_"
ENDS = ("imp__strategy", "scale__with_mean")


@pytest.mark.parametrize("longest", [12, 18, 24, 40])
@pytest.mark.parametrize(
    "names",
    [
        [f"{LONG}{where}__{end}" for where in ("laboratory", "field") for end in ENDS],
        ["laboratory_of_a_very_long_name_x__C", "field_of_a_very_long_name_x__C"],
        ["x" * 60 + end for end in "ab"] + [start + "x" * 60 for start in "ab"],
        ["x" * 30 + middle + "x" * 30 for middle in "ab"],
        ["<b>__a", "<i>__a", "&__a", "", "_", "__", "a\nb"],
    ],
    ids=["steps", "starts", "ends", "middles", "odd"],
)
def test_labels_of_names_are_short_and_all_different(names, longest):
    labels = list(name_labels(names, longest).values())
    assert len(set(labels)) == len(names)
    for label in labels:
        lines = label.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= longest + len(" (1)")
        assert "<" not in drawn_text(label).replace("<br>", "")


def test_a_long_name_keeps_its_end():
    names = [f"{LONG}{where}__imp__strategy" for where in ("laboratory", "field")]
    assert list(name_labels(names, 18).values()) == [
        "…the_laboratory__\nimp__strategy",
        "…of_the_field__\nimp__strategy",
    ]
    names = ["which dict of the list"]
    assert name_labels(names, 18) == {names[0]: "which\ndict of the list"}
    names = ["min_weight_fraction_leaf"]
    assert name_labels(names, 18) == {names[0]: "min_weight_\nfraction_leaf"}


def test_estimators_in_several_dicts_have_an_axis_each_tells_apart(tmp_path):
    space = [
        {"pca": [PCA(n, whiten=True) for n in pair], "svc__kernel": [kernel]}
        for pair, kernel in (((1, 2), "rbf"), ((3, 4), "poly"))
    ]
    pipe = make_pipeline(PCA(), SVC())
    search = BayesSearchCV(pipe, space, n_iter=4, cv=3, random_state=0).fit(X, y)
    chart = written(search, tmp_path).data("figures")["chart-parallel"]
    texts = [note["text"] for note in chart["layout"]["annotations"]]
    assert {f"n_components={n}" for n in (1, 2, 3, 4)} < set(texts)
    x = chart["layout"]["xaxis"]["ticktext"].index("pca")
    heights = {
        y
        for trace in chart["data"]
        for at, y in zip(trace["x"], trace["y"], strict=True)
        if at == x
    }
    assert len(heights) == 4


@pytest.mark.parametrize("many", [False, True])
def test_uneven_numbers_are_evenly_spaced_along_a_slice(tmp_path, many):
    alphas = [0, *np.geomspace(1e-4, 0.1, 13 if many else 4)]
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0), {"ccp_alpha": alphas}, cv=3
    ).fit(X, y)
    figures = written(search, tmp_path).data("figures")
    axis = figures["chart-slice-0"]["layout"]["xaxis"]
    np.testing.assert_allclose(np.diff(axis["tickvals"]), 2 if many else 1)
    assert axis["ticktext"][0] == "0"
    points = figures["chart-slice-0"]["data"][-2]["x"]
    assert sorted(points) == list(range(len(alphas)))
    space = as_space({"a": [1, 2, *range(22, 140, 20)]})
    ticks = parameter_axes([{"a": 1}], space)["a"].ticks()
    assert np.diff(ticks.places).min() > 0.04


def test_no_label_of_a_long_choice_is_left_out(tmp_path):
    kinds = [f"a_rather_long_name_{n}" for n in ("one", "two", "three", "four", "five")]
    search = BayesSearchCV(
        Odd(), {NASTY_NAME: kinds, "b": [0.0, 1.0]}, scoring=kind_score, cv=2
    ).fit(X, y)
    axis = written(search, tmp_path).data("figures")["chart-slice-0"]["layout"]["xaxis"]
    assert len(set(axis["ticktext"])) == 5
    assert axis["ticklabeloverflow"] == "allow"


def kind_score(estimator, X, y):
    return float(len(estimator.given[NASTY_NAME]))


# ---- successive halving


def test_early_rounds_have_comparable_scores_where_a_model_is_drawn(tmp_path):
    search = KINDS["halving"](tmp_path)
    observed = observe(search)
    page = written(search, tmp_path)
    figures = page.data("figures")
    dots = figures["chart-slice-0"]["data"][-2]
    low = figures["chart-slice-0"]["layout"]["yaxis"]["range"][0]
    expected = sorted(np.maximum(observed.scores, low))
    np.testing.assert_allclose(sorted(dots["y"]), expected, rtol=1e-9)
    raw = search.cv_results_["mean_test_score"]
    points = zip(dots["customdata"], dots["y"], strict=True)
    early = [(n, y) for (n, note), y in points if note]
    assert early
    assert any(abs(raw[n] - y) > 1e-3 for n, y in early)
    assert "the mean rise of those that went on" in page.text("charts")
    assert "Scores of different rounds do not compare" in page.text("charts")


def test_other_searches_are_told_nothing_of_rounds(tmp_path):
    assert "round" not in written(bayes(n_iter=4), tmp_path).text("charts")


# ---- digits


class Bowl(BaseEstimator):
    """Scores best at 0, a little differently on each fold."""

    def __init__(self, a=0.0, base=0.0, unit=1.0):
        self.a = a
        self.base = base
        self.unit = unit

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return self.base - self.unit * (1 + self.a**2 + X[0, 0] / 10)


@pytest.mark.parametrize(
    ("base", "unit"), [(0.0, 1e-10), (-123456.0, 1e-4), (0.9991, 1e-7), (-2e8, 0.1)]
)
def test_scores_have_the_digits_that_tell_them_apart(tmp_path, base, unit):
    values = np.linspace(-1, 2, 7)
    search = GridSearchCV(Bowl(base=base, unit=unit), {"a": values}, cv=3).fit(X)
    page = written(search, tmp_path)
    (best,) = re.findall("Best score</dt><dd><b>(.*?)</b>", page.source)
    best = float(best.replace("−", "-"))
    assert best == pytest.approx(search.best_score_, rel=1e-15, abs=unit / 10)
    figures = page.data("figures")
    assert len(set(figures["chart-progress"]["data"][1]["y"])) == 5
    folds = figures["chart-folds"]
    told = [note for trace in folds["data"] for _, note in trace["customdata"]]
    assert len({note.split(": ")[1] for note in told if "fold " in note[:5]}) > 6
    means = [note["text"] for note in folds["layout"]["annotations"]]
    assert len(set(means)) == len(means) > 5
    notes = figures["chart-parallel"]["layout"]["annotations"]
    scores = [note["text"] for note in notes if note["x"] == 1]
    assert len(set(scores)) == len(scores) >= 3


# ---- sentences


def test_a_step_that_is_left_out_has_its_name():
    steps = [("scale", "passthrough"), ("pick", None), ("svc", SVC())]
    assert describe(Pipeline(steps)) == "a pipeline of scale, pick and SVC"


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (8, None),
        (9, "1 hyperparameter that matters less is left out."),
        (10, "2 hyperparameters that matter less are left out."),
    ],
)
def test_parameters_without_an_axis_are_counted(tmp_path, n, words):
    search = RandomizedSearchCV(
        Many(), dict.fromkeys(MANY[:n], uniform(0, 1)), n_iter=6, random_state=0
    ).fit(X, y)
    page = written(search, tmp_path)
    text = page.text("charts")
    assert words in text if words else "left out" not in text
    (width,) = {int(w) for w in re.findall(r"min-width:(\d+)px", page.source)} - {0}
    assert width <= 1020  # of a page of 1200, the rest is margins


MANY = [f"a_long_name_of_parameter_{letter}" for letter in "abcdefghij"]


class Many(Odd):
    """Has ten numbers, of long names."""

    def get_params(self, deep=True):
        return {**dict.fromkeys(MANY, 0.0), **self.given}

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return sum(i * v for i, v in enumerate(self.given.values()))

    def __sklearn_clone__(self):
        return Many().set_params(**self.given)


def test_long_names_break_between_their_words():
    assert breakable("plain words, <b>") == "plain words, &lt;b&gt;"
    (name,) = re.findall('<span class="word">(.*)</span>', breakable("HistBoost(C=1)"))
    assert name.split("<wbr>") == ["Hist", "Boost(", "C=", "1)"]
    (name,) = re.findall('<span class="word">(.*)</span> x', breakable("a__b_c__d x"))
    assert name.split("<wbr>") == ["a__", "b_c__", "d"]
    for text in ("&amp;lt(&Aa=", "__", "a____b", "SVC"):
        again = re.sub(r"</?span[^>]*>|<wbr>", "", breakable(text))
        assert again == safe(text)


def test_numbers_are_short():
    assert number(-0.0001, 2) == "0.00"
    assert number(np.nan) == "–"


def test_without_a_path_a_notebook_shows_the_page(tmp_path):
    search = BayesSearchCV(SVC(), {"C": [1, 2, 3]}, cv=3).fit(X, y)
    path = search.report(tmp_path / "report.html")
    inline = search.report()
    times = r"\d+ \w+ \d{4}, \d\d:\d\d"  # when it was written
    on_disk = path.read_text(encoding="utf-8")
    assert re.sub(times, "", inline.html) == re.sub(times, "", on_disk)
    frame = inline._repr_html_()
    assert frame.startswith('<iframe srcdoc="')
    assert frame.count("<") == 2  # whatever the page holds is escaped
    assert "allow-same-origin" not in frame
    assert len(repr(inline)) < 100
    with pytest.raises(ValueError, match="'metric' must be one of"):
        search.report(metric="f1")
