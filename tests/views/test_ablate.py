"""Units switched off: what changes, and that nothing stays changed."""

import pytest
import torch
from helpers.nets import Branches, Tokens, wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.probe import record
from nnvis.views.ablate import ablate
from nnvis.views.pass_through import backward, forward
from nnvis.views.request import LOGITS, Ablation, AblationMode

X = torch.rand(2, 3, 17, 17, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    return wrap(Branches(nn.ReLU(inplace=True)), (17, 17))


def conv2(model, *changes, held=None):
    """Return the maps of conv2 and the logits."""
    with ablate(model, changes, held), record(model, ["conv2"]) as seen, torch.no_grad():
        logits = model(X)
    return seen["conv2"], logits


def test_each_change_does_what_it_says_to_its_unit_alone(model):
    plain, _ = conv2(model)
    still = torch.rand(9, 9)
    mean, freeze = (
        Ablation("conv2", 3, AblationMode.MEAN),
        Ablation("conv2", 3, AblationMode.FREEZE),
    )
    for change, held, expected in (
        (Ablation("conv2", 3), None, torch.zeros_like(plain[:, 3])),
        (Ablation("conv2", 3, AblationMode.SCALE, factor=-2.0), None, -2 * plain[:, 3]),
        (
            Ablation("conv2", 3, AblationMode.CLAMP, low=-0.1, high=0.2),
            None,
            plain[:, 3].clamp(-0.1, 0.2),
        ),
        (mean, {mean: torch.tensor(0.7)}, torch.full_like(plain[:, 3], 0.7)),
        (freeze, {freeze: still}, still.expand(2, 9, 9)),
    ):
        changed, _ = conv2(model, change, held=held)
        assert torch.equal(changed[:, 3], expected), change
        others = [0, 1, 2, 4, 5]
        assert torch.equal(changed[:, others], plain[:, others])


def test_changes_follow_each_other_and_reach_the_logits(model):
    twice = [Ablation("conv2", 1, AblationMode.SCALE, factor=3.0)] * 2
    _, logits = conv2(model)
    changed, after = conv2(model, *twice, Ablation("norm1", 0))
    assert not torch.equal(logits, after)
    without, _ = conv2(model, Ablation("norm1", 0))
    assert torch.allclose(changed[:, 1], 9 * without[:, 1])


def test_tokens_and_second_calls_can_be_switched_off(model):
    tokens = wrap(Tokens(), (16, 16))
    with ablate(tokens, [Ablation("blocks.0", 2)]), record(tokens, ["blocks.0"]) as seen:
        tokens(X[:, :, :16, :16])
    assert (seen["blocks.0"][:, 1:, 2] == 0).all()
    assert (seen["blocks.0"][:, 0, 2] != 0).all()  # the class token is no cell of the map
    with ablate(model, [Ablation("relu@2", 2)]), record(model, ["relu", "relu@2"]) as seen:
        model(X)
    assert (seen["relu@2"][:, 2] == 0).all()
    assert (seen["relu"][:, 2] != 0).any()


def test_afterwards_the_logits_are_the_same_to_the_bit(model):
    before = model(X)
    with ablate(model, [Ablation("conv1", 0)]):
        assert not torch.equal(model(X), before)
    with pytest.raises(UserError), ablate(model, [Ablation("conv1", 0), Ablation("conv1", 99)]):
        pass
    assert torch.equal(model(X), before)


def test_gradients_see_the_changed_network(model):
    with ablate(model, [Ablation("conv3", unit) for unit in range(8)]):
        passed = forward(model, X, ["conv3"])
        assert (backward(passed, LOGITS, 0, "sum").pixels == 0).all()


def test_what_cannot_be_done_is_refused(model):
    for change, held, says in (
        (Ablation("conv2", 6), {}, "conv2 has no unit 6"),
        (Ablation("conv9", 0), {}, "has no layer 'conv9'"),
        (Ablation("conv2", 0, AblationMode.FREEZE), {}, "there is no freeze of conv2 unit 0 yet"),
    ):
        with pytest.raises(UserError, match=says), ablate(model, [change], held):
            pass
    frozen = Ablation("conv2", 0, AblationMode.FREEZE)
    with (
        pytest.raises(UserError, match="the map held for conv2 unit 0 is 4x4, not 9x9"),
        ablate(model, [frozen], {frozen: torch.rand(4, 4)}),
    ):
        model(X)
