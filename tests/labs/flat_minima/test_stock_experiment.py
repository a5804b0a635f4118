import importlib.util

import numpy as np
import pytest

from nnvis.labs.flat_minima import stock_experiment as trade
from nnvis.labs.flat_minima.stock_data import MISSING, WeeklyData, opened, read, told
from nnvis.labs.flat_minima.stock_summary import ahead_of, told_of_markets
from nnvis.labs.framework.claims import judge
from nnvis.labs.training.batched_mlp import build
from nnvis.progress import drain

DIE = np.random.default_rng(0)
CLOSES = 100 * np.exp(np.cumsum(DIE.normal(0, 0.02, 200)))
YEAR = 2000 + np.arange(200) / 52


def test_what_is_told_of_a_week_is_what_its_indicators_are_by_hand():
    found, log = told(CLOSES, YEAR), np.log(CLOSES)
    week = 52 + 30
    row = found.x[30]
    for back in range(8):
        assert row[back] == pytest.approx(log[week - back] - log[week - back - 1])
    assert row[8] == pytest.approx(log[week] - log[week - 51 : week + 1].mean())
    change = np.diff(log)

    def strength(at):
        last = change[at - 24 : at]
        return last[last > 0].sum() / np.abs(last).sum()

    assert row[9] == pytest.approx(strength(week) - strength(week - 1))
    assert row[10] == pytest.approx(change[week - 5 : week].mean())
    assert found.change[30] == pytest.approx(log[week + 1] - log[week])
    assert len(found.x) == len(found.change) == 200 - 52 - 1


def test_nothing_told_of_a_week_comes_from_later():
    changed = CLOSES.copy()
    changed[101:] *= 2
    before, after = told(CLOSES, YEAR), told(changed, YEAR)
    known = 100 - 52 + 1  # up to week 100
    assert np.array_equal(before.x[:known], after.x[:known])
    assert before.change[known - 1] != after.change[known - 1]


@pytest.fixture
def short(monkeypatch):
    """Windows of 80, 10 and 20 weeks in which the next change is the last one, reversed."""
    for name, weeks in (("LEARN", 80), ("CHOOSE", 10), ("TRY", 20)):
        monkeypatch.setattr(trade, name, weeks)
    change = DIE.normal(0, 0.02, 171)
    x = DIE.normal(0, 1, (170, 12))
    x[:, 0] = change[:-1]
    return WeeklyData(x, -np.sign(change[:-1]) * 0.02, 2000 + np.arange(170) / 52)


def test_what_can_be_predicted_is_and_each_week_is_tried_once(short):
    parts = trade.windows(short)
    assert parts.x.shape == (4, 110, 12)
    assert np.allclose(parts.change.flatten(), 100 * short.change[90:170])
    found = drain(trade.trade("sp500", short, (0, 1), 60, 0.1, 0, 1))
    for name in trade.STRENGTHS:
        assert found[name].right.shape == (2, 80)
        assert found[name].right.mean() > 0.75
    text, _, claims = told_of_markets({"sp500": found})
    held = {one.expected: one for one in judge(claims)}
    assert held["and more than staying out of it"].held
    assert held["and more than staying always in the market"].held
    assert "More than staying always in the market gained" in text


def test_gains_are_signs_times_changes_less_the_cost_of_turning(short):
    parts = trade.windows(short)
    real = parts.change.flatten().numpy()
    sides = np.sign(DIE.normal(size=(1, 80)))
    found = trade.traded(sides, parts, 0.5)
    turned = np.count_nonzero(np.diff(sides[0]))
    assert found.gain.sum() == pytest.approx((sides[0] * real).sum() - 0.5 * turned, rel=1e-5)
    assert found.performance[0] == pytest.approx(100 * (sides[0] * real).sum() / abs(real).sum())
    assert trade.traded(np.zeros((1, 80)), parts, 0.5).gain.sum() == 0


def test_weights_are_eliminated_as_weigend_has_it():
    stack = build((3, 2, 1), (0,))
    expected = sum(
        (w / 0.2) ** 2 / (1 + (w / 0.2) ** 2) for one in stack.parameters() for w in one.flatten()
    )
    assert float(trade.eliminated(stack).detach()) == pytest.approx(
        float(expected.detach()), rel=1e-5
    )


def test_on_prices_of_chance_nobody_is_ahead():
    die = np.random.default_rng(5)
    shown = 0
    for _ in range(20):
        first, second = die.normal(0, 2, (2, 1, 300))
        one = ahead_of(first, second)
        shown += one.p < 0.05
        assert one.low < one.mean < one.high
    assert shown <= 4  # of 20, one expected


def test_a_network_without_numbers_is_left_out(short):
    found = drain(trade.trade("sp500", short, (0, 1), 5, 0.1, 0, 1))
    found["backprop"].gain[1] = np.nan
    assert "nan" not in told_of_markets({"sp500": found})[0]


@pytest.mark.skipif(not opened(), reason="needs the package arch")
def test_the_closes_are_those_of_the_index():
    weeks = read("sp500")
    assert weeks.x.shape == (len(weeks.change), 12)
    assert np.isfinite(weeks.x).all()
    # The week to Friday, 10 October 2008, the worst of the index.
    worst = int(weeks.change.argmin())
    assert weeks.year[worst] == pytest.approx(2008.76, abs=0.02)
    assert weeks.change[worst] == pytest.approx(np.log(899.22 / 1099.23), abs=1e-4)


def test_without_the_package_one_line_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not opened()
    assert "\n" not in MISSING
