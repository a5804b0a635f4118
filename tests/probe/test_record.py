"""Hooks see what was there, and leave."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models import tiny
from nnvis.probe import record, trace

X = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


class Habits(nn.Module):
    """Reuses one ReLU and puts out a dict in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.second = nn.Conv2d(4, 4, 3)
        self.relu = nn.ReLU(inplace=True)
        self.pair = Pair()

    def forward(self, x):
        x = self.relu(self.first(x))
        x = self.relu(self.second(x))
        return self.pair(x)["large"].mean((2, 3))


class Pair(nn.Module):
    def forward(self, x):
        return {"large": x, "small": functional.avg_pool2d(x, 2)}


def hooks(model):
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())


def test_what_an_in_place_relu_overwrites_is_kept():
    model = tiny()
    with torch.no_grad(), record(model, ["conv1", "relu1"]) as seen:
        model(X)
    by_hand = model.network.conv1((X - model.mean) / model.std)
    assert seen["conv1"].min() < 0
    torch.testing.assert_close(seen["conv1"], by_hand)
    torch.testing.assert_close(seen["relu1"], by_hand.relu())


def test_each_call_of_a_reused_module_has_its_name():
    net = Habits()
    with torch.no_grad():
        one = net.first(X).relu()
        two = net.second(one).relu()
        with record(net, ["relu", "relu@2", "pair"]) as seen:
            net(X * 2)
            net(X)  # the last pass counts, and the calls are counted anew
    torch.testing.assert_close(seen["relu"], one)
    torch.testing.assert_close(seen["relu@2"], two)
    torch.testing.assert_close(seen["pair"], two)
    names = [call.name for call in trace(net, X)]
    assert names == ["first", "relu", "second", "relu@2", "pair"]


def test_gradients_reach_an_output_kept_in_the_graph():
    model = tiny()
    x = X.clone().requires_grad_()
    with record(model, ["conv2", "norm2"], detach=False) as seen:  # an in-place ReLU follows norm2
        score = model(x)[0, 3]
    gradient = torch.autograd.grad(score, seen["norm2"], retain_graph=True)[0]
    below = torch.autograd.grad(score, seen["conv2"])[0]
    norm = model.network.norm2
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    torch.testing.assert_close(below, gradient * scale.view(1, -1, 1, 1))
    assert gradient.abs().sum() > 0
    assert seen["norm2"].min() < 0


def test_a_small_part_may_be_kept_in_place_of_the_whole():
    model = tiny()
    with torch.no_grad(), record(model, ["conv1"], keep={"conv1": lambda t: t[0, 0]}) as seen:
        model(X)
    with torch.no_grad(), record(model, ["conv1"]) as whole:
        model(X)
    torch.testing.assert_close(seen["conv1"], whole["conv1"][0, 0])


def test_a_name_that_is_not_there_brings_the_nearest():
    model = tiny()
    with pytest.raises(UserError, match=r"no layer 'relu9'; try relu"), record(model, ["relu9"]):
        pass
    assert hooks(model) == 0


def test_hooks_leave_whatever_happens():
    model = tiny()

    def job():
        with record(model, ["conv1"]):
            yield

    steps = job()
    next(steps)
    assert hooks(model) > 0
    steps.close()
    assert hooks(model) == 0
    with pytest.raises(RuntimeError), record(model, ["conv1"], detach=False):
        model(X[:, :1].expand(1, 7, 32, 32))
    with pytest.raises(RuntimeError):
        trace(model, torch.rand(1, 7, 32, 32))
    assert hooks(model) == 0
