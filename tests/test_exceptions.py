"""What a caller reads when an argument is wrong."""

import math
import re

import numpy as np
import pytest

from sklearn_bayes_search.exceptions import check_number, did_you_mean, nearest_name


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0, {"least": 0}),
        (np.float32(0.5), {"above": 0, "below": 1}),
        (np.int64(3), {"whole": True, "least": 3}),
        (10**400, {"whole": True, "least": 1}),
        (-1e300, {}),
    ],
)
def test_numbers_within_bounds_pass(value, rule):
    check_number("x", value, **rule)


@pytest.mark.parametrize(
    ("value", "rule", "message"),
    [
        ("a", {}, "'x' parameter must be a finite number. Got 'a' instead."),
        (math.inf, {}, "a finite number. Got inf"),
        (math.nan, {"least": 0}, "a finite number >= 0. Got nan"),
        (0, {"above": 0, "of": "Rule"}, "of Rule must be a finite number > 0. Got 0"),
        (1, {"above": 0, "below": 1}, "a number between 0 and 1. Got 1"),
        (4, {"whole": True, "least": 5}, "an int >= 5. Got 4"),
        (
            2.0,
            {"whole": True, "least": 1, "other": " or None"},
            "int >= 1 or None. Got",
        ),
        (True, {"whole": True, "least": 1}, "an int >= 1. Got True"),
        (1j, {"least": 0}, ">= 0. Got 1j"),
    ],
)
@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_other_values_are_refused_in_words(value, rule, message, kind):
    with pytest.raises(kind, match=re.escape(message)):
        check_number("x", value, **rule)


def test_nearest_name_is_suggested():
    assert did_you_mean("svc_C", ["svc__C", "svc__gamma"]) == " Did you mean 'svc__C'?"
    assert did_you_mean("c", ["C", "kernel"]) == " Did you mean 'C'?"
    assert did_you_mean("x", ["svc__C"]) == " There are: ['svc__C']."
    assert nearest_name("x", ["svc__C"]) == ""
