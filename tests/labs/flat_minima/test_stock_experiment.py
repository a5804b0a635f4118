import importlib.util

import numpy as np
import pytest
import torch

from nnvis.labs.flat_minima import stock_experiment as trade
from nnvis.labs.flat_minima.stock_data import MISSING, WeeklyData, opened, read, told
from nnvis.labs.flat_minima.stock_summary import tell_market
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
    tried = [row[-20:] for row in parts.y]
    # Each window scales the targets by its own weeks; signs tell the weeks.
    assert torch.equal(torch.cat(tried).sign(), torch.tensor(short.change[90:170]).sign().float())
    found = drain(trade.trade(short, (0, 1), 60, 0, 1))
    for name in trade.STRENGTHS:
        assert found[name].right.shape == (2, 80)
        assert found[name].right.mean() > 0.75
    assert found[trade.MEAN].right.mean() < 0.7
    text = tell_market(found)
    assert text.findings[2].held  # better than the mean
    assert "undercut." in text.seen


def test_a_network_without_numbers_is_left_out(short):
    def seeds_of(seeds):
        return drain(trade.trade(short, seeds, 5, 0, 1))

    found = seeds_of((0, 1))
    found["backprop"].error[1] = np.nan
    assert "nan" not in tell_market(found).seen


@pytest.mark.skipif(not opened(), reason="needs the package arch")
def test_the_closes_are_those_of_the_index():
    weeks = read()
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
