"""Attention rollout, against the weights that the network computes in the open."""

import pytest
import timm
import torch
import torchvision
from helpers.nets import Branches, Tokens, wrap
from torch import nn
from torch.nn import functional as F

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.views import VIEWS
from nnvis.views.rollout import rollout

X = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("fused", [False, True])
def test_rollout_is_the_product_of_the_blocks(fused):
    model = wrap(Tokens(blocks=1), (16, 16))
    model.network.blocks[0].fused = False
    model(X)  # leaves its weights behind
    blocks = [model.network.blocks[0].weights, model.network.block.weights]
    flows = [(weights.mean(1) + torch.eye(17)) / 2 for weights in blocks]
    model.network.blocks[0].fused = fused
    through = (flows[1] @ flows[0])[:, 0, 1:].reshape(2, 1, 4, 4)
    expected = F.interpolate(through, (16, 16), mode="bilinear")
    assert torch.allclose(rollout(model, X), expected, atol=1e-6)
    first = flows[0][:, 1 + 4 * 2 + 3, 1:].reshape(2, 1, 4, 4)
    expected = F.interpolate(first, (16, 16), mode="bilinear")
    assert torch.allclose(rollout(model, X, layer="blocks.0", cells=(2, 3)), expected, atol=1e-6)


def test_both_libraries_show_their_attention():
    torch.manual_seed(0)
    for net, blocks in (
        (
            torchvision.models.VisionTransformer(16, 4, 3, 2, 16, 32),
            "encoder.layers.encoder_layer_",
        ),
        (timm.models.VisionTransformer(16, 4, embed_dim=16, depth=3, num_heads=2), "blocks."),
    ):
        model = VisionModel(net, input_size=(16, 16))
        through = [rollout(model, X, layer=f"{blocks}{at}") for at in range(3)]
        assert torch.equal(rollout(model, X), through[2])
        means = [float(one.mean()) * 16 for one in through]
        # Each block halves what the class token has kept for itself: 1/2, 1/4, 1/8 and a bit.
        assert means == pytest.approx([1 - 0.5**at * (1 + at / 17) for at in (1, 2, 3)], abs=0.05)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: wrap(Branches(nn.ReLU()), (17, 17)), "needs a network of attention"),
        (
            lambda: VisionModel(
                torchvision.models.SwinTransformer([4, 4], 8, [1, 1], [2, 2], [4, 4]),
                input_size=(32, 32),
            ),
            "rollout",
        ),
    ],
)
def test_networks_without_one_attention_over_all_patches_are_refused(make, says):
    model = make()
    with pytest.raises(UserError, match=says):
        VIEWS["rollout"](model, torch.rand(1, 3, *model.input_size))
