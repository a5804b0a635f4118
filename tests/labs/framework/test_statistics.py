import math

import pytest
from scipy.stats import binomtest

from nnvis.labs.framework.statistics import chance, digits_for, hits, mean_sd, paired, summary


def test_the_interval_is_students_and_failed_runs_are_left_out():
    found = summary([1.0, 2.0, math.nan, 3.0])
    assert (found.count, found.mean, found.deviation) == (3, 2.0, 1.0)
    assert found.high - found.mean == pytest.approx(4.302653 / math.sqrt(3), rel=1e-5)  # t, 2 d.f.
    assert math.isnan(summary([math.nan]).mean)


def test_runs_are_compared_pair_by_pair():
    assert paired([2.0, 13.0, 24.0], [1.0, 11.5, 23.2]) < 0.05
    assert paired([1.0, 11.5, 23.2], [2.0, 13.0, 24.0]) > 0.95
    assert math.isnan(paired([1.0, math.nan], [0.0, 0.0]))


def test_guessing_has_the_interval_of_the_binomial():
    low, high = chance(10, 450)
    assert low < 0.1 < high
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(0.09 / 450), rel=0.1)


@pytest.mark.parametrize(("right", "of"), [(0, 5), (3, 7), (20, 20), (1, 1)])
def test_the_rate_behind_hits_has_the_exact_interval(right, of):
    exact = binomtest(right, of).proportion_ci(0.95, "exact")
    assert hits(right, of) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_numbers_are_told_with_their_spread():
    assert mean_sd([1.0, 3.0], "%") == "2.0 ± 1.4 %"
    assert mean_sd([1.0, math.nan], "%") == "1.0 %"
    assert mean_sd([math.nan]) == "no number"


def test_a_table_tells_as_many_digits_as_say_something():
    assert [digits_for(one) for one in ([97.2, 3.0], [0.53, 0.1], [0.0213], [0.0, math.nan])] == [
        2, 3, 4, 2,
    ]  # fmt: skip


def test_a_share_is_known_to_one_of_its_samples_and_no_better():
    """Five runs that learn all of 700 labels have no deviation, and are not five coins."""
    whole, line = [100.0] * 5, [95.0] * 5
    assert paired(whole, line) == 0.5**5
    assert paired(whole, line, 100 / 700) < 1e-6
    assert paired(line, whole, 100 / 700) > 1 - 1e-6
    assert paired(whole, line, 100 / 5) > 0.05  # five samples say little
    assert paired(whole, whole, 100 / 700) == pytest.approx(0.5)
    spread = [99.0, 97.0, 100.0, 98.0, 96.0]  # where there is more of it, it decides as before
    assert paired(spread, line, 100 / 700) == paired(spread, line)
