"""A view that cannot be had is told in one line, and the live picture goes on without it."""

from __future__ import annotations

import gc

import pytest
from helpers.runner_owner import Owner, feed_frame

from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request
from nnvis.engine.runtime.runner import Runner
from nnvis.models.info import ModelRequest
from nnvis.models.trusted_code import read_code, trust
from nnvis.sources import open_source
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

NETS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act, self.head = nn.Conv2d(3, 4, 3), nn.Sigmoid(), nn.Linear(4, 5)

    def forward(self, x):
        return self.head(self.middle(x).mean((2, 3)))

class Blind(Net):  # no gradient leads through it
    def middle(self, x):
        return self.act(self.conv(x)).detach()

class Overwrites(Net):  # autograd needs what is overwritten
    def middle(self, x):
        y = self.act(self.conv(x))
        z = y * 2
        y.mul_(0.5)
        return z

class Broken(Net):
    def middle(self, x):
        if x.requires_grad:
            raise RuntimeError("only in a good mood\\nand a second line")
        return self.conv(x)

class Moody(Net):
    passes = 0

    def middle(self, x):
        Moody.passes += 1
        if Moody.passes > 20 and Moody.passes % 3 == 0:
            raise RuntimeError("not now")
        return self.conv(x)
"""


def watch(tmp_path, net, request, frames=3):
    (tmp_path / "nets.py").write_text(NETS)
    model_request = ModelRequest(f"{tmp_path}/nets.py:{net}", input_size=(16, 16))
    trust(read_code(model_request.spec).mark)
    owner = Owner(lambda seen: frames)
    frame = open_source("sample:coffee").read()
    runner = Runner(model_request, owner, request)

    def begin(_runner, frame_loop):
        feed_frame(frame_loop, frame)

    def warned(_runner, message):
        owner.warnings.append(message)
        feed_frame(runner.frame_loop, frame)

    def saw():
        owner.seen.append(runner.frame_loop.snapshots.take())
        if len(owner.seen) >= frames:
            runner.ask_to_stop()
        feed_frame(runner.frame_loop, frame)

    owner.runner_ready, owner.snapshot_ready, owner.runner_warned = begin, saw, warned
    runner.run()
    return owner


@pytest.mark.parametrize(
    ("net", "layer", "said"),
    [
        ("Blind", "head", "no gradient leads from head back to the picture"),
        ("Overwrites", "head", "nets.py:Net failed on this picture: one of the variables needed"),
        ("Broken", "conv", "nets.py:Net failed on this picture: only in a good mood"),
    ],
)
def test_a_view_that_cannot_be_had_is_told_once(tmp_path, net, layer, said):
    owner = watch(tmp_path, net, Request(layer, attribution=AttributionRequest()))
    assert len(owner.warnings) == 1
    assert owner.warnings[0].replace(net, "Net").startswith(said)
    assert "\n" not in owner.warnings[0]
    assert len(owner.seen) == 3
    for one in owner.seen:
        assert one.attribution is None
        assert one.request.attribution is None
        assert one.top


def test_only_what_cannot_be_had_is_given_up(tmp_path):
    broken, fine = Ablation("nowhere", 0), Ablation("conv", 1, AblationMode.FREEZE)
    owner = watch(
        tmp_path,
        "Broken",
        Request("conv", attribution=AttributionRequest(), ablation=AblationRequest((fine,))),
    )
    assert owner.seen[-1].request.ablation.units == (fine,)
    owner = watch(
        tmp_path,
        "Overwrites",
        Request(
            "conv",
            attribution=AttributionRequest(),
            ablation=AblationRequest((broken,)),
            attack=AttackRequest(eps=0),
        ),
    )
    assert owner.seen[-1].request.ablation.units == ()
    assert len(owner.warnings) == 1


def test_failures_that_come_and_go_hold_no_other_thread_up(tmp_path, monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(1))
    owner = watch(tmp_path, "Moody", Request("conv"), frames=20)
    assert len(owner.warnings) > 1
    assert collected == []  # it would go through all objects of all libraries, for most of a second
    assert gc.get_freeze_count() > 100_000  # and so it does not when it comes by itself
