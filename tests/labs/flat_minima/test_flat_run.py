import math
import re

import pytest
import torch

from nnvis.labs.datasets.data import Data
from nnvis.labs.flat_minima import run as flat_run
from nnvis.labs.flat_minima.lab import LAB
from nnvis.labs.flat_minima.stock_data import MISSING
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.training.batched_mlp import build
from nnvis.progress import drain

pytestmark = pytest.mark.usefixtures("nothing_drawn")


@pytest.fixture
def data():
    die = torch.Generator().manual_seed(0)
    x = torch.rand(160, 8, generator=die)
    labels = (x[:, 0] > x[:, 1]).long()
    return Data("dots", x[:120], labels[:120], x[120:], labels[120:], (1, 2, 4), ("a", "b"))


def plan(data, **values):
    small = {"width": 8, "updates": 300, "target": 0.4, "chance": 0, "large": 120}
    return LabPlan(data, (0, 1), LAB.values({**small, **values}), quick=True)


def test_without_the_stock_market_the_rest_is_told_and_one_line_says_why(data, monkeypatch):
    monkeypatch.setattr(flat_run, "opened", lambda: False)
    outcome = drain(flat_run.run(plan(data, updates=20)))
    assert outcome.seen.endswith(MISSING)
    assert not any("market" in one.expected for one in outcome.findings)
    assert MISSING not in drain(flat_run.run(plan(data, stocks=0, updates=20))).seen


def test_what_did_not_come_down_to_the_loss_is_not_compared(data):
    outcome = drain(flat_run.run(plan(data, stocks=0, flatten=1.0, updates=60)))
    held = {one.expected: one for one in outcome.findings}
    flatter = held["flat minimum search ends flatter than backprop"]
    assert not flatter.held
    assert "2 runs did not come down to the loss" in flatter.measured


def test_a_network_without_numbers_leaves_the_others(data, monkeypatch):
    def broken(widths, seeds, **options):
        stack = build(widths, seeds, **options)
        with torch.no_grad():
            stack.weights[0][1] = torch.nan
        return stack

    monkeypatch.setattr(flat_run, "build", broken)
    outcome = drain(flat_run.run(plan(data, stocks=0)))
    kept = {one.name: one.values for one in outcome.measures}
    assert kept["small batch: right"][0] > 50
    assert math.isnan(kept["small batch: right"][1])
    assert kept["small batch: sharp 0.001"][0] > 0
    assert "nan" not in outcome.seen


def test_the_sentence_tells_the_factor_that_is_tested(data):
    outcome = drain(flat_run.run(plan(data, stocks=0)))
    (times,) = re.findall(r"; ([\d.]+) times", outcome.findings[0].measured)
    assert f"are {times} times as sharp" in outcome.seen
