"""Beside a training, a picture of the window's own is looked at with the weights of now."""

from __future__ import annotations

import torch
from helpers.attached import attached
from torch import nn

import nnvis


def own(shots, step):
    """Of the window's picture; before it comes, the batch of the training may be seen."""
    return [
        one
        for one in shots
        if one.frame.source != "training" and one.observations.training.step == step
    ]


def test_a_still_picture_is_seen_as_the_training_goes():
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3)

    def step():
        optimiser.zero_grad()
        loss = net(torch.randn(2, 3, 16, 16)).square().mean()
        loss.backward()
        optimiser.step()
        watch.step(None, loss)

    with (
        nnvis.watch(net, every=1, mean=(0.5,) * 3, std=(0.25,) * 3, quiet=True) as watch,
        attached(watch.address, "sample:chelsea") as told,
    ):
        told.wait(lambda: watch._room.wanted)
        watch._room._spent = -1e9  # at every step, whatever it takes
        step()
        first = told.wait(lambda: own(told.shots, 1))[0]
        with torch.no_grad():
            net[0].bias += 3
        step()
        last = told.wait(lambda: own(told.shots, 2))[0]
    assert last.frame is first.frame
    assert (last.sheet.means > first.sheet.means + 1).all()
