"""The page about a search, in headless Chromium: what only a browser shows."""

import numpy as np
import pytest
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from sklearn_bayes_search import BayesSearchCV
from sklearn_bayes_search.report import report

pytestmark = [
    pytest.mark.slow,
]

X, y = load_iris(return_X_y=True)
WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 360, "height": 740}
SCRIPTS = [
    "</script><script>window.harmed = 1</script>",
    "<img src=x onerror='window.harmed = 2'>",
    "<a href='javascript:window.harmed=3'>b</a>",
    "plain",
]


class Odd(BaseEstimator):
    """Fails for one value, with a message that is HTML."""

    def __init__(self, kind=None, x=0.0):
        self.kind = kind
        self.x = x

    def fit(self, X, y=None):
        if self.kind == SCRIPTS[1]:
            raise ValueError(SCRIPTS[0])
        return self

    def score(self, X, y=None):
        return self.x - len(self.kind) / 100


@pytest.fixture(scope="module")
def search():
    # conditional parameters, both kinds of slices, and a failure
    space = [
        {
            "C": loguniform(1e-3, 1e3),
            "gamma": loguniform(1e-5, 1e1),
            "kernel": ["rbf", "poly"],
        },
        {"C": loguniform(1e-3, 1e3), "kernel": ["linear"]},
        {"C": [-1.0], "kernel": ["rbf"]},
    ]
    with pytest.warns(match="fits failed|non-finite"):
        return BayesSearchCV(SVC(), space, n_iter=25, cv=3, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def path(search, tmp_path_factory):
    return report(search, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def comparison(search, tmp_path_factory):
    grid = GridSearchCV(SVC(), {"C": [0.1, 1, 10]}, cv=3).fit(X, y)
    searches = {SCRIPTS[0]: [search, search], "grid": grid}
    return report(searches, tmp_path_factory.mktemp("comparison") / "report.html")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    with pytest.warns(match="fits failed|non-finite"):
        search = BayesSearchCV(
            Odd(), {"kind": SCRIPTS, "x": uniform(0, 1)}, n_iter=12, random_state=0
        ).fit(X, y)
    return report(search, tmp_path_factory.mktemp("nasty") / "report.html")


LONG_NAMES = [
    f"numeric_measurements_of_the_{where}__{what}__strategy"
    for where in ("laboratory", "field")
    for what in ("imputer", "scaler")
]


class Long(BaseEstimator):
    """Has long names, and long values of one of them."""

    def __init__(self, given=None):
        self.given = given or {}

    def get_params(self, deep=True):
        return {"kind": "", **dict.fromkeys(LONG_NAMES, 0.0), **self.given}

    def set_params(self, **params):
        self.given = {**self.given, **params}
        return self

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return -len(self.given["kind"]) + sum(self.given[n] for n in LONG_NAMES) / 10

    def __sklearn_clone__(self):
        return Long(dict(self.given))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    kinds = [f"a_choice_with_a_long_name_{'x' * n}" for n in range(5)]
    space = {"kind": kinds, **dict.fromkeys(LONG_NAMES, uniform(0, 1))}
    search = BayesSearchCV(Long(), space, n_iter=12, cv=2, random_state=0).fit(X, y)
    return report(search, tmp_path_factory.mktemp("long") / "report.html")


@pytest.fixture
def open_page(chromium):
    """Open a file; whatever the console says or the page asks for is a failure."""
    contexts, seen = [], []

    def open_(path, **options):
        context = chromium.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("file:") and request.is_navigation_request()
                else seen.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert seen == []


def column(page, index):
    """Text of one column of the table, in the order that is shown."""
    cells = page.locator(f"#table tbody tr > :nth-child({index + 1})")
    return cells.evaluate_all("cells => cells.map(cell => cell.dataset.v)")


def point_at(page, chart, nth):
    """Move to the middle of a point of a chart, and wait until the tip is there."""
    mark = page.locator(f"#{chart} .point").nth(nth)
    mark.evaluate("mark => mark.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_timeout(100)
    box = mark.bounding_box()
    page.mouse.move(0, 0)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_selector("#tip:not([hidden])", timeout=5000)
    return page.locator("#tip").inner_text()


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"]
)
def test_all_charts_are_drawn_in_silence(open_page, path, viewport, scheme):
    page = open_page(path, viewport=viewport, color_scheme=scheme)
    charts = page.locator(".chart")
    assert charts.count() >= 6
    assert page.locator(".chart:has(.trace)").count() == charts.count()
    assert page.locator("#no-charts").count() == 0


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"]
)
def test_a_comparison_is_drawn_and_sorted(open_page, comparison, viewport, scheme):
    page = open_page(comparison, viewport=viewport, color_scheme=scheme)
    assert page.locator(".chart:has(.trace)").count() == 2
    assert page.evaluate("window.harmed") is None
    names = column(page, 0)
    assert set(names) == {"grid", SCRIPTS[0]}
    page.locator("#table thead button").first.click()
    assert column(page, 0) == sorted(names, key=str.lower)


OVERLAPS = """(marks) => {
    const boxes = marks.map((mark) => mark.getBoundingClientRect());
    return boxes.slice(1).map((box, i) => boxes[i].right - box.left);
}"""
OUTSIDE = """(marks) => marks.flatMap((mark) => {
    const own = mark.getBoundingClientRect();
    const chart = mark.closest(".chart").getBoundingClientRect();
    return [chart.left - own.left, own.right - chart.right, own.bottom - chart.bottom];
})"""


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_long_names_and_values_have_their_labels(open_page, long, viewport):
    page = open_page(long, viewport=viewport)
    names = page.locator("#chart-parallel .xtick text")
    assert names.count() == 6
    assert len(set(names.all_text_contents())) == 6
    assert max(names.evaluate_all(OVERLAPS)) < 0
    charts = [f"#chart-slice-{n}" for n in range(3)]
    kinds = next(
        page.locator(f"{chart} .xtick text")
        for chart in charts
        if "kind" in page.locator(f"{chart} .xtitle").text_content()
    )
    assert len(set(kinds.all_text_contents())) == 5
    assert kinds.count() == 5
    labels = ("#chart-importance .ytick text", ".xtitle")
    for marks in (kinds, *map(page.locator, labels)):
        assert max(marks.evaluate_all(OUTSIDE)) <= 1


@pytest.mark.parametrize("which", ["path", "nasty", "comparison"])
def test_the_page_is_never_wider_than_the_screen(open_page, request, which):
    page = open_page(request.getfixturevalue(which), viewport=NARROW)
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    for width in (360, 320, 768):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_word_beside_a_bar_and_no_title_is_cut(open_page, viewport, tmp_path):
    space = {"kind": ["a"], **dict.fromkeys(LONG_NAMES, uniform(0, 1))}
    search = BayesSearchCV(Long(), space, n_iter=20, cv=2, random_state=0).fit(X, y)
    page = open_page(report(search, tmp_path / "report.html"), viewport=viewport)
    words = page.locator("#chart-importance .textpoint text")
    assert words.count() == 4  # score rises on average
    for marks in (words, page.locator(".xtitle")):
        assert max(marks.evaluate_all(OUTSIDE)) <= 1


@pytest.mark.parametrize(("viewport", "is_told"), [(WIDE, False), (NARROW, True)])
def test_a_chart_that_is_too_wide_says_so(open_page, path, viewport, is_told):
    page = open_page(path, viewport=viewport)
    assert page.locator(".sideways").is_visible() == is_told


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
def test_ticks_of_scores_tell_them_apart(open_page, base, unit, tmp_path):
    values = np.linspace(-1, 2, 7)
    search = GridSearchCV(Bowl(base=base, unit=unit), {"a": values}, cv=3).fit(X)
    page = open_page(report(search, tmp_path / "report.html"))
    for ticks in (
        "#chart-progress .ytick",
        "#chart-slice-0 .ytick",
        "#chart-folds .xtick",
    ):
        texts = page.locator(f"{ticks} text").all_text_contents()
        assert len(set(texts)) == len(texts) >= 2


def test_a_heading_sorts_the_table(open_page, path, search):
    page = open_page(path)
    scores = search.results_frame()["score"]
    assert column(page, 0)[0] == str(search.best_index_)
    head = page.locator("#table thead button")
    head.nth(0).click()
    assert column(page, 0) == [str(row) for row in range(25)]
    head.nth(1).click()
    shown = [float(v) for v in column(page, 1) if v]
    np.testing.assert_allclose(shown, sorted(scores.dropna(), reverse=True))
    assert column(page, 1)[-1] == ""  # what failed is last in either order
    head.nth(1).click()
    shown = [float(v) for v in column(page, 1) if v]
    np.testing.assert_allclose(shown, sorted(scores.dropna()))
    assert column(page, 1)[-1] == ""
    sorted_by = page.locator("#table th[aria-sort]")
    assert sorted_by.count() == 1
    assert sorted_by.get_attribute("aria-sort") == "ascending"


def test_the_table_is_sorted_by_the_keyboard(open_page, path):
    page = open_page(path)
    page.locator("#table thead button").nth(4).focus()
    page.keyboard.press("Enter")
    seconds = [float(v) for v in column(page, 4)]
    assert seconds == sorted(seconds)
    page.keyboard.press("Space")
    assert [float(v) for v in column(page, 4)] == seconds[::-1]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('th').cellIndex") == 5


@pytest.mark.parametrize(
    "chart", ["chart-progress", "chart-parallel", "chart-slice-0", "chart-folds"]
)
def test_pointing_shows_the_parameters(open_page, path, search, chart):
    page = open_page(path)
    text = point_at(page, chart, 5)
    number = int(text.removeprefix("#").split(",")[0])
    params = search.cv_results_["params"][number]
    for name, value in params.items():
        assert name in text
        assert (f"{value:.4g}" if isinstance(value, float) else value) in text
    page.mouse.move(2, 2)
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_a_click_shows_the_candidate_in_the_table(open_page, path):
    page = open_page(path)
    text = point_at(page, "chart-progress", 5)
    number = text.removeprefix("#").split(",")[0]
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(f"#candidate-{number}.shown", timeout=5000)


def test_a_tap_shows_the_parameters(open_page, path):
    page = open_page(path, viewport=NARROW, has_touch=True, is_mobile=True)
    mark = page.locator("#chart-progress .point").nth(5)
    mark.evaluate("mark => mark.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_timeout(300)
    box = mark.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#tip:not([hidden])", timeout=5000)
    box = page.locator("#tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


def test_scripts_of_the_user_stay_text(open_page, nasty):
    page = open_page(nasty)
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert SCRIPTS[0] in page.locator("#failures").inner_text()
    assert SCRIPTS[2] in page.locator("#table").inner_text()
    tips = [point_at(page, "chart-progress", nth) for nth in range(8)]
    assert any("</script>" in tip or "<a href" in tip for tip in tips)
    assert page.evaluate("window.harmed") is None
    assert page.locator("a[href^='javascript'], svg a, img").count() == 0


def test_the_policy_stops_what_gets_in_all_the_same(chromium, nasty):
    page = chromium.new_page()
    blocked = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto(nasty.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.harmed = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "https://example.org/x.png";
            document.body.append(image);
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.harmed") is None
    assert len(blocked) == 2
    assert all("Content Security Policy" in text for text in blocked)
    page.close()


CONTRAST = """() => {
    const channel = (v) => {
        v /= 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    const read = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) =>
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = read(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some(
            (node) => node.nodeType === 3 && node.textContent.trim());
        const box = element.getBoundingClientRect();
        const hidden = ["SCRIPT", "STYLE"].includes(element.tagName) || !box.width;
        if (!own || hidden) continue;
        const style = getComputedStyle(element);
        const inChart = element.closest("svg");
        const text = read(inChart ? style.fill : style.color);
        const [a, b] = [light(text), light(behind(element))].sort((x, y) => y - x);
        found.push([(a + 0.05) / (b + 0.05), element.textContent.slice(0, 40)]);
    }
    return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_texts_stand_out_from_what_is_behind(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)
    found = page.evaluate(CONTRAST)
    assert len(found) > 200
    # WCAG 2.2, 1.4.3: 4.5 to 1 for texts of this size
    assert [pair for pair in found if pair[0] < 4.5] == []


def test_charts_follow_a_change_of_the_mode(open_page, path):
    page = open_page(path, color_scheme="light")
    tick = page.locator("#chart-progress .xtick text").first
    before = tick.evaluate("text => getComputedStyle(text).fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1000)
    tick = page.locator("#chart-progress .xtick text").first
    assert tick.evaluate("text => getComputedStyle(text).fill") != before


def test_without_scripts_the_rest_can_be_read(chromium, path):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#no-charts").is_visible()
    assert page.locator("#table tbody tr").count() == 25
    context.close()


def test_the_frame_of_a_notebook_stays_in_itself(open_page, chromium, tmp_path):
    search = BayesSearchCV(SVC(), {"C": [1, 2, 3]}, cv=3).fit(X, y)
    path = tmp_path / "notebook.html"
    frame = search.report()._repr_html_()
    path.write_text(f"<!doctype html><html data-ready><p>{frame}", encoding="utf-8")
    page = open_page(path)
    inner = page.frames[1]
    inner.wait_for_selector("html[data-ready]", timeout=60_000)
    inner.click('a[href="#candidates-table"]')
    page.wait_for_timeout(200)
    assert inner.url == "about:srcdoc"
    assert inner.evaluate("scrollY") > 100
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_sliders_tell_what_the_model_expects(open_page, path, viewport):
    page = open_page(path, viewport=viewport)
    panel = page.locator("#what-if")
    told = page.evaluate("JSON.parse(document.getElementById('what-if-scores').text)")
    shape = [len(texts) for texts in told["texts"]]
    at = list(told["at"])
    for i, slider in enumerate(panel.locator("input").all()):
        at[i] = 0
        slider.fill("0")
        assert panel.locator("label output").nth(i).inner_text() == told["texts"][i][0]
        expected = told["scores"][np.ravel_multi_index(at, shape)]
        answer = panel.locator(".answer").inner_text()
        if expected is None:
            assert answer == "No candidate is near: the score is unknown."
        else:
            mean = f"A mean of about {expected[0]} on these folds; 95 % sure of"
            assert answer.startswith(mean)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
