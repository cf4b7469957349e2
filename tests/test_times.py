"""Times in words, and pauses between runs."""

import numpy as np
import pandas as pd
import pytest

from sklearn_bayes_search.results._times import Timeline, duration


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


def times(rows):
    """Lay out fits of (worker, start, seconds)."""
    begin = pd.Timestamp("2024-01-01", tz="UTC")
    starts = [begin + pd.Timedelta(seconds=start) for _, start, _ in rows]
    return Timeline.of(
        pd.DataFrame(
            {
                "worker": [worker for worker, _, _ in rows],
                "start": starts,
                "seconds": [float(seconds) for _, _, seconds in rows],
            }
        )
    )


@pytest.mark.parametrize(
    ("factor", "start", "pauses"),
    [(1, [5, 0, 1, 66], [65]), (40, [70, 0, 1, 131], [])],
)
def test_a_pause_is_longer_than_a_minute_and_than_half_of_the_work(
    factor, start, pauses
):
    # the longest fit ends at 5, not the last one that began
    rows = [("a", 70, 1), ("b", 0, 5), ("c", 1, 1), ("d", 131, 1)]
    found = times([(worker, at, factor * took) for worker, at, took in rows])
    assert found.start.tolist() == start
    assert found.pauses == pauses
    assert found.cuts == [5] * len(pauses)


def test_what_runs_meanwhile_is_no_pause():
    assert times([("a", 0, 1000), ("b", 1, 1), ("b", 1000, 1)]).pauses == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", 0, 1), ("b", 0, 1), ("a", 1, 1)], [0, 1, 0]),
        # three runs of two workers each
        (
            [(w, start, 1) for start, w in enumerate("ababcdcdefef")],
            [0, 1, 0, 1] * 3,
        ),
        ([("a", 0, 1), ("a", 9, 1), ("b", 4, 1)], [0, 0, 1]),
        ([("a", 0, 1), ("", 1, 2), ("", 5, 2), ("b", 8, 1)], [0, 0, 0, 0]),
        # b is killed, and c takes its place
        ([("a", 0, 9), ("b", 0, 3), ("c", 4, 5)], [0, 1, 1]),
    ],
)
def test_workers_are_counted_that_were_there_at_a_time(rows, expected):
    found = times(rows)
    assert found.rows.tolist() == expected
    assert found.n_workers == max(expected) + 1


def test_a_run_ends_where_all_workers_have_ended_for_good():
    rows = [("a", 0, 1), ("b", 0, 2), ("a", 5, 1), ("c", 8, 1), ("c", 90, 1)]
    assert times(rows).runs.tolist() == [0, 0, 0, 1, 2]
