"""The attacked picture of a live frame."""

import numpy as np
import pytest
import torch

from nnvis.engine.attack.live_attack import LiveAttackState
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AttackRequest, PaneLayout, Request
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.models.layers import to_maps
from nnvis.probe import record
from nnvis.sources import open_source


@pytest.fixture(scope="module")
def model():
    return load("efficientnet_lite0")


@pytest.fixture(scope="module")
def info(model):
    return model.info(ModelRequest())


@pytest.fixture(scope="module")
def frame():
    return open_source("sample:coffee").read()


def chased(model, info, frame, fooling, turns, **layout):
    attack_state = LiveAttackState()
    request = Request("blocks.2", 3, attack=fooling, layout=PaneLayout(**layout))
    return [
        process_frame(model, info, frame, request, attack_state=attack_state) for _ in range(turns)
    ]


def test_the_twin_is_in_the_ball_and_what_is_said_of_it_is_true(model, info, frame):
    shown = chased(model, info, frame, AttackRequest(eps=2 / 255, steps=1), 8)
    assert shown[-1].attack.success
    for one in shown:
        change = one.attack.adversarial.astype(int) - one.fed
        assert np.abs(change).max() <= 2
        assert one.attack.linf == pytest.approx(np.abs(change).max() / 255)
        assert one.attack.l2 == pytest.approx(np.sqrt((change**2).sum()) / 255, rel=1e-5)
        with torch.no_grad():
            logits = model(model.tensor(one.attack.adversarial))
        assert one.attack.top[0].index == int(logits.argmax())
        assert one.top[0].label == "espresso"
        assert one.attack.success == (one.attack.top[0].index != one.top[0].index)


def test_the_grid_shows_attacked_minus_clean(model, info, frame):
    shown = chased(model, info, frame, AttackRequest(steps=1), 3)[-1]
    maps = []
    for picture in (shown.fed, shown.attack.adversarial):
        with record(model, ["blocks.2"]) as seen, torch.no_grad():
            model(model.tensor(picture))
        maps.append(to_maps(seen["blocks.2"], shown.layer)[0])
    np.testing.assert_allclose(
        shown.unit.values, (maps[1] - maps[0])[3].numpy(), atol=1e-4 * float(maps[0].abs().max())
    )


def test_layers_are_compared_while_somebody_looks_at_that(model, info, frame):
    assert chased(model, info, frame, AttackRequest(steps=1), 2)[-1].attack.changes == ()
    shown = chased(model, info, frame, AttackRequest(steps=1), 2, divergence=True)[-1]
    assert [one.layer for one in shown.attack.changes] == [one.name for one in info.layers]


def test_a_carried_change_stays_as_it_is(model, info, frame):
    attack_state = LiveAttackState()
    looking = Request("blocks.2", attack=AttackRequest(steps=1))
    for _ in range(6):
        before = process_frame(model, info, frame, looking, attack_state=attack_state)
    carried = Request("blocks.2", attack=AttackRequest(steps=1, carried=True))
    first = process_frame(model, info, frame, carried, attack_state=attack_state)
    other = process_frame(
        model, info, open_source("sample:chelsea").read(), carried, attack_state=attack_state
    )
    assert first.attack.steps == other.attack.steps == 0
    assert first.attack.held > before.attack.held > 0


def test_a_target_is_reached_and_noise_of_the_same_size_is_not_enough(model, info, frame):
    shown = chased(
        model, info, frame, AttackRequest(eps=4 / 255, steps=4, target=285, control=True), 8
    )
    assert shown[-1].attack.top[0].index == 285
    assert shown[-1].attack.success
    assert shown[-1].attack.control[0].label == "espresso"


def test_nonsense_is_one_line_and_leaves_no_hook(model, info, frame):
    for fooling in (
        AttackRequest(eps=0),
        AttackRequest(eps=2),
        AttackRequest(target=5000),
    ):
        with pytest.raises(UserError):
            chased(model, info, frame, fooling, 1)
    assert not any(one._forward_hooks for one in model.modules())
