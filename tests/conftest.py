import os
import shutil

import pytest

# Two processes run tests: threads of BLAS that wait for one another take longer than
# the small matrices of most tests. Set before numpy is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# scikit-learn's own tests have a runner of their own: tests/conformance/run.py
collect_ignore = ["conformance"]

BROWSERS = "chromium", "chromium-browser", "google-chrome"


@pytest.fixture(scope="module")
def chromium():
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("needs a browser: apt-get install chromium")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs the extra 'test-browser'"
    )
    with playwright.sync_playwright() as driver:
        # root, as in a container, has no sandbox
        browser = driver.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
