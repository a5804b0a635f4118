"""While frames are fooled live, what cannot be attacked is told, and the clean picture goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.runner_owner import Owner, feed_frame

from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.engine.runtime.runner import Runner
from nnvis.models.info import ModelRequest
from nnvis.models.trusted_code import read_code, trust
from nnvis.sources import open_source

TINY = ModelRequest("tiny")


def watch(fooling, most, model_request=TINY):
    owner = Owner(most)
    frame = open_source("sample:coffee").read()
    layer = "conv1" if model_request is TINY else "0"
    runner = Runner(model_request, owner, Request(layer, attack=fooling))
    ready = owner.runner_ready

    def begin(_runner, frame_loop):
        ready(_runner, frame_loop)
        feed_frame(frame_loop, frame)

    owner.runner_ready = begin
    runner.run()
    return owner


@pytest.mark.parametrize(
    ("fooling", "said"),
    [
        (AttackRequest(eps=0), "eps"),
        (AttackRequest(eps=2), "eps"),
        (AttackRequest(target=5000), "5000"),
    ],
)
def test_nonsense_is_told_once_and_the_clean_picture_goes_on(fooling, said):
    owner = watch(fooling, lambda seen: 3)
    assert len(owner.warnings) == 1
    assert said in owner.warnings[0]
    assert "\n" not in owner.warnings[0]
    for one in owner.seen:
        assert one.attack is None
        assert one.request.attack is None
        assert one.top


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (
            "nn.Linear(4, 3), nn.Unflatten(1, (3, 1))",
            "this network gives no list of classes; an attack needs a classifier",
        ),
        (
            "nn.Linear(4, 3), nn.LogSigmoid(), nn.Threshold(1, float('nan'))",
            "the network gives NaN or infinite scores for this picture; it cannot be attacked",
        ),
    ],
)
def test_a_network_that_cannot_be_attacked_is_told_and_the_picture_goes_on(tmp_path, ending, said):
    owner = watch(AttackRequest(), lambda seen: 2, network(tmp_path, ending))
    assert owner.warnings == [said]
    assert owner.seen[-1].attack is None


def test_a_slope_of_zero_is_not_taken_for_robustness(tmp_path):
    flat = network(tmp_path, "nn.Linear(4, 3), nn.Hardtanh(5, 6)")
    owner = watch(AttackRequest(), lambda seen: 2, flat)
    fooled = owner.seen[-1].attack
    assert not fooled.success
    assert "says nothing about robustness" in fooled.note


def network(folder, ending):
    """A small network of the user's own."""
    file = folder / "nets.py"
    file.write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),"
        f" {ending})\n"
    )
    spec = f"{file}:make"
    trust(read_code(spec).mark)
    return ModelRequest(spec, input_size=(16, 16))


def test_a_second_network_judges_the_live_twin():
    second = replace(TINY, seed=1, random_weights=True)

    def most(seen):
        answered = seen[-1].attack and seen[-1].attack.second and seen[-1].attack.second.clean
        return 0 if answered or len(seen) > 20000 else 1 << 30

    owner = watch(AttackRequest(second=second), most)
    opinion = owner.seen[-1].attack.second
    assert opinion.name == "tiny"
    assert len(opinion.clean) == len(opinion.attacked) == 5
    assert not owner.warnings
