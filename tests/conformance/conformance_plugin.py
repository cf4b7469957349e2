"""Pytest plugin: patch scikit-learn's names, select, classify, limit and record."""

import fnmatch
import inspect
import json
import os
import signal
from pathlib import Path

import pytest

CONFIG = json.loads(os.environ["CONFORMANCE"])
RULES = Path(__file__).with_name("classification.txt")
NAMES = ("GridSearchCV", "RandomizedSearchCV", "DELEGATING_METAESTIMATORS")


def pytest_configure(config):
    # Imported before the patch: LogisticRegressionCV and others keep the real classes.
    import conformance_standins as standins
    import sklearn.experimental.enable_halving_search_cv
    import sklearn.linear_model  # noqa: F401
    from sklearn import model_selection

    model_selection.GridSearchCV = standins.GridSearchCV
    model_selection.RandomizedSearchCV = standins.RandomizedSearchCV
    config.pluginmanager.register(Recorder(), "conformance-recorder")


def read_rules():
    """Read the lines 'category | test name | reason'; [ and ] of a name are literal."""
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            category, name, reason = (part.strip() for part in line.split("|", 2))
            yield category, name.replace("[", "[[]"), reason


def group_of(item):
    path = item.path.as_posix()
    if path.endswith("conformance_checks.py"):
        return "estimator checks"
    return "meta-estimators" if "metaestimators" in path else "test_search.py"


def concerns_search(item):
    """Return whether a test of meta-estimators uses the patched names."""
    text = item.name if "[" in item.name else inspect.getsource(item.function)
    return any(name in text for name in NAMES)


class Recorder:
    """Keeps one row a test: what it is, whether it applies, what came of it."""

    def __init__(self):
        self.rows = {}

    def add(self, nodeid, group, category="applicable", reason=""):
        self.rows[nodeid] = {
            "id": nodeid,
            "group": group,
            "category": category,
            "reason": reason,
            "outcome": "not run",
            "message": "",
        }

    @pytest.hookimpl(trylast=True)  # after -k
    def pytest_collection_modifyitems(self, items):
        rules = list(read_rules())
        selected = []
        for item in items:
            group = group_of(item)
            if group == "meta-estimators" and not concerns_search(item):
                continue
            category, reason = "applicable", ""
            for rule, pattern, why in rules:
                if fnmatch.fnmatchcase(item.name, pattern):
                    category, reason = rule, why
                    break
            self.add(item.nodeid, group, category, reason)
            if category != "n/a":
                selected.append(item)
        items[:] = selected

    def pytest_collectreport(self, report):
        if report.failed:  # a file that cannot be collected is one failure
            self.add(report.nodeid, "collection")
            self.record(report.nodeid, "failed", str(report.longrepr))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        if not hasattr(signal, "SIGALRM"):  # Windows: no time limit
            return (yield)

        def too_long(*_):
            raise TimeoutError(f"longer than {CONFIG['timeout']} s")

        before = signal.signal(signal.SIGALRM, too_long)
        signal.alarm(CONFIG["timeout"])
        try:
            return (yield)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash else str(report.longrepr)
            self.record(report.nodeid, "failed", message)
        elif report.skipped or report.when == "call":
            self.record(report.nodeid, report.outcome, "")

    def record(self, nodeid, outcome, message):
        row = self.rows[nodeid]
        if row["outcome"] != "failed":  # a failure stays one
            row.update(outcome=outcome, message=message)

    def pytest_sessionfinish(self):
        rows = list(self.rows.values())
        Path(CONFIG["out"]).write_text(json.dumps(rows), encoding="utf-8")
