"""Times in words, and pauses between runs."""

import numpy as np
import pytest

from sklearn_bayes_search._times import duration, pauses


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (np.nan, "–"),
        (1e-5, "under 1 ms"),
        (0.0123, "12.3 ms"),
        (119.6, "120 s"),
        (150, "2.5 min"),
        (36000, "10 h"),
        (9 * 86400, "9 days"),
    ],
)
def test_a_time_is_in_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


def test_a_pause_is_longer_than_a_minute_and_than_half_of_the_work():
    # the longest fit ends at 5, not the last one that began
    start, seconds = np.array([70.0, 0.0, 1.0, 131.0]), np.array([1.0, 5.0, 1.0, 1.0])
    assert pauses(start, seconds) == [(5.0, 70.0)]
    assert pauses(start, seconds * 40) == []


def test_what_runs_meanwhile_is_no_pause():
    start, seconds = np.array([0.0, 1.0, 1000.0]), np.array([1000.0, 1.0, 1.0])
    assert pauses(start, seconds) == []
