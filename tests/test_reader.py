"""Results are read in one module, which knows every form of them."""

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import sklearn_bayes_search
from sklearn_bayes_search.results._reader import choose_metric, is_table, read_results

PACKAGE = Path(sklearn_bayes_search.__file__).parent
# The reader, and where the results are made, of other forms as well.
AT_HOME = {"results/_reader.py", "results/_cv_results.py", "_search.py"}
AT_HOME |= {"results/_other_forms.py", "report/_journal_search.py"}
COLUMN = re.compile(
    r"(mean_test_(?!share)|std_test_|rank_test_|split\d*(_|$)|n_resources$)"
)


def places_that_read(source):
    """List the lines that look into results: the attribute, or names of columns."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        reads = isinstance(node, ast.Attribute) and node.attr == "cv_results_"
        if reads or (isinstance(name, str) and COLUMN.match(name)):
            yield node.lineno


def test_results_are_read_in_one_module():
    found = [
        f"{name}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if (name := file.relative_to(PACKAGE).as_posix()) not in AT_HOME
        for line in places_that_read(file.read_text(encoding="utf-8"))
    ]
    assert not found, f"Ask results/_reader.py instead: {found}"


READS = ["s.cv_results_", 'r["mean_test_score"]', 'r[f"split{i}_test_{m}"]']


@pytest.mark.parametrize("source", READS)
def test_a_place_that_reads_is_found(source):
    assert list(places_that_read(source)) == [1]


def test_a_wanted_metric_is_taken_in_their_order_else_the_only_one():
    assert choose_metric(["a", "b"], [None, True, "c", "b", "a"]) == "b"
    assert choose_metric(["a", "b"], ["c"]) is None
    assert choose_metric(["a"], ["c"]) == "a"


def racing():
    """Two candidates with all folds, one that was paused, one that failed."""
    folds = np.array([[1, 3], [2, 4], [0, np.nan], [np.nan, np.nan]])
    return {
        "params": [{"a": i} for i in range(4)],
        "mean_test_score": folds.mean(axis=1),
        "split0_test_score": folds[:, 0],
        "split1_test_score": folds[:, 1],
        "n_splits_evaluated": [2, 2, 1, 1],
        "mean_fit_time": np.ones(4),
        "mean_score_time": np.ones(4),
    }


@pytest.mark.parametrize("form", [dict, pd.DataFrame])
def test_paused_and_failed_candidates_are_told_apart(form):
    results = read_results(form(racing()))
    assert results.status.tolist() == ["ok", "ok", "paused", "failed"]
    assert_array_equal(np.isnan(results.scores), results.failed)
    assert results.scores[2] == pytest.approx(1.0)  # the second fold gives 2 more
    assert not results.noise[~results.paused].any()
    assert_array_equal(results.errors[:2], [1.0, 1.0])
    assert_array_equal(results.seconds, [4, 4, 2, 2])
    assert results.settings == racing()["params"]


def test_rounds_before_the_last_are_early():
    table = {"params": [{"a": 1}, {"a": 2}, {"a": 2}], "mean_test_score": [1, 2, 3]}
    results = read_results(table | {"n_resources": [1, 1, 2]})
    assert results.status.tolist() == ["early round", "early round", "ok"]
    # a parameter that is always what was spent is no parameter
    table["params"] = [{"n": n, "a": 0} for n in (1, 1, 2)]
    results = read_results(table | {"n_resources": [1, 1, 2]})
    assert results.searched_settings == [{"a": 0}] * 3


def test_a_dict_of_searches_is_no_table():
    assert is_table(racing())
    assert is_table(pd.DataFrame())
    assert not is_table({"one": racing(), "other": racing()})
