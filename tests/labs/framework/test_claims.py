import math

import numpy as np
import pytest
from scipy import stats

from nnvis.labs.framework.claims import above, alike, judge, more
from nnvis.labs.framework.statistics import holm, paired, summary


def test_holm_is_what_it_is_by_hand_and_leaves_out_what_was_not_tested():
    assert holm([0.01, 0.04, 0.03, math.nan]) == pytest.approx([0.03, 0.06, 0.06, math.nan],
                                                               nan_ok=True)  # fmt: skip
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])


def test_a_claim_is_the_paired_t_test_and_tells_its_interval_and_effect():
    high, low = [5.0, 7.0, 6.0, 8.0, 9.5], [4.0, 5.5, 5.5, 6.0, 7.0]
    claim = more("more", high, low, "%")
    assert claim.p == pytest.approx(float(stats.ttest_rel(high, low, alternative="greater").pvalue))
    gaps = np.subtract(high, low)
    interval = stats.t.interval(0.95, 4, gaps.mean(), stats.sem(gaps))
    assert f"{interval[0]:+.1f} to {interval[1]:+.1f}" in claim.measured
    assert f"d = {gaps.mean() / gaps.std(ddof=1):.1f}" in claim.measured


def test_what_is_not_shown_says_with_how_many_seeds_and_the_opposite_is_told():
    unclear, turned, one = judge((
        more("a", [1.0, 2.0, 3.0], [2.0, 1.0, 2.5]),
        more("b", [1.0, 2.0, 3.1], [11.0, 12.2, 13.0]),
        more("c", [9.0], [1.0]),
    ))  # fmt: skip
    assert (unclear.held, unclear.mark) == (False, "not shown with 3 seeds")
    assert (turned.held, turned.mark) == (False, "the opposite was measured")
    assert (one.held, one.mark) == (False, "not shown with 1 seed")
    assert "too few runs" in one.measured


def test_the_same_numbers_twice_are_never_shown_to_differ():
    same = [96.2, 96.2, 96.1]
    assert paired(same, same) == 1.0
    assert not judge((more("a", same, same, "%"),))[0].held
    # Gaps that are all alike: the signs of three runs cannot be surer than one in eight.
    assert paired([2.0, 3.0, 4.0], [1.0, 2.0, 3.0]) == 0.125


def test_alike_wants_proof_that_they_are_close_and_not_only_no_difference():
    die = np.random.default_rng(0)
    first = die.normal(50, 1, 8).tolist()
    near = [one + die.normal(0, 0.2) for one in first]
    wild = [one + die.normal(0, 9) for one in first]
    assert judge((alike("a", first, near, 2.0),))[0].held
    assert not judge((alike("a", first, wild, 2.0),))[0].held
    away = judge((alike("a", first, [one + 5 for one in near], 2.0),))[0]
    assert away.mark == "the opposite was measured"


def test_an_interval_stays_where_numbers_can_lie():
    assert summary([99.0, 100.0, 97.0], (0, 100)).high == 100.0
    assert "to 100.0)" in above("a", [99.0, 100.0, 97.0], 50.0, "%").measured


def test_of_many_labs_with_nothing_to_find_few_show_something():
    die = np.random.default_rng(1)
    shown = 0
    for _ in range(300):
        claims = [more("a", die.normal(size=5).tolist(), die.normal(size=5).tolist())
                  for _ in range(4)]  # fmt: skip
        shown += any(one.held for one in judge(claims))
    assert shown / 300 < 0.08  # nominal 0.05
