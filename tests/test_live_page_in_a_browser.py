"""The live page in headless Chromium, while a search runs."""

import threading
import time

import numpy as np
import pytest
import toy_estimators as toys
from joblib import parallel_config
from scipy.stats import uniform

from sklearn_bayes_search import BayesSearchCV, LivePage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::sklearn.exceptions.FitFailedWarning",
        "ignore:One or more of the test scores are non-finite",
    ),
]

X = np.arange(40.0).reshape(20, 2)


class Slow(toys.Folded):
    """Takes a while, and fails for one value."""

    def fit(self, X, y=None):
        time.sleep(0.5)
        if self.b == 2:
            raise ValueError("<b>b</b> is 2")
        return super().fit(X)


@pytest.fixture
def running(capsys):
    """Run a search of 60 candidates in a thread, with a live page."""
    page = LivePage()
    search = BayesSearchCV(
        Slow(),
        {"a": uniform(0, 1), "b": [0, 1, 2]},
        n_iter=60,
        n_initial_points=4,
        cv=3,
        racing=True,
        n_jobs=2,
        callback=page,
        random_state=0,
    )

    def fit():
        with parallel_config(backend="threading"):
            search.fit(X)

    thread = threading.Thread(target=fit)
    thread.start()
    while not hasattr(page, "address_"):
        time.sleep(0.02)
    yield search, page, thread
    page.stop()
    thread.join()
    page.close()


def shown(tab, place="#search-0-tiles"):
    return tab.locator(place).inner_text()


def n_shown(tab):
    text = shown(tab).replace("\n", " ")
    return int(text.split("Candidates ", 1)[1].split()[0])


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}])
def test_the_page_follows_a_search_and_stops_it(chromium, running, options, tmp_path):
    search, page, thread = running
    said = []
    context = chromium.new_context(viewport={"width": 390, "height": 800}, **options)
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(page.address_)
    tab.wait_for_selector("#search-0-tiles dl")
    tab.wait_for_selector("#search-0-chart-progress .main-svg")
    lags = []
    for _ in range(5):
        records = page._board._running.records()
        n_ended = sum(record.status != "running" for record in records)
        began = time.monotonic()
        while n_shown(tab) < n_ended:
            time.sleep(0.05)
        lags.append(time.monotonic() - began)
        time.sleep(0.5)
    assert np.median(lags) < 2  # the machine may be busy for a while
    assert "<b>b</b> is 2" in shown(tab, "#search-0-failures")  # as text
    tab.wait_for_selector("#search-0-chart-parallel .main-svg")
    # nothing is wider than the screen of a phone, but what scrolls by itself
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.screenshot(path=tmp_path / "phone.png", full_page=True)
    tab.click("#search-0 .pause")
    tab.wait_for_selector("#search-0 .pause:text-is('Go on')")
    tab.click("#search-0 .pause")
    tab.click("#search-0 .stop")
    thread.join(timeout=30)
    assert search.stop_reason_.endswith("stopped on the live page")
    assert hasattr(search, "best_estimator_")
    tab.wait_for_selector("#search-0-controls:has-text('The search has ended.')")
    assert tab.locator("#search-0 .stop").is_disabled()
    tab.set_viewport_size({"width": 1200, "height": 900})
    tab.screenshot(path=tmp_path / "wide.png", full_page=True)
    assert said == []
    context.close()


def test_a_page_of_another_site_cannot_stop_it(chromium, running):
    _, page, _ = running
    context = chromium.new_context()
    tab = context.new_page()
    tab.route("http://evil.example/", lambda route: route.fulfill(body="<p>hello"))
    tab.goto("http://evil.example/")
    tab.evaluate(
        """async (address) => {
            const how = { method: "POST", mode: "no-cors" };
            await fetch(address + "0/stop", how).catch(() => {});
            const named = { method: "POST", headers: { "X-Live-Page": "1" } };
            await fetch(address + "0/stop", named).catch(() => {});
            const form = document.createElement("form");
            form.method = "post";
            form.action = address + "0/stop";
            document.body.append(form);
            form.submit();
        }""",
        page.address_,
    )
    time.sleep(0.5)
    assert not page._controls()["stopping"]
    context.close()
