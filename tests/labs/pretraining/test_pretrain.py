import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from nnvis.labs.pretraining.denoising_autoencoder import autoencoders, denoise
from nnvis.labs.pretraining.pretrain import KINDS, begin_from, pretrain
from nnvis.labs.training.batched_mlp import build


def pictures(count):
    die = torch.Generator().manual_seed(4)
    kinds = (torch.rand(3, 12, generator=die) > 0.5).float()
    return kinds[torch.randint(0, 3, (count,), generator=die)] * 0.9 + 0.05


def test_an_autoencoder_mends_pixels_that_are_missing():
    x, seeds = pictures(120), (0, 1)
    stack = autoencoders(12, 6, seeds)
    hurt = x.clone()
    hurt[:, ::4] = 0
    before = binary_cross_entropy_with_logits(stack(hurt)[0], x)

    losses = list(denoise(stack, x, seeds, epochs=20))

    assert losses[-1].shape == (2,)
    floor = binary_cross_entropy_with_logits(torch.logit(x), x)  # the pictures are grey
    assert binary_cross_entropy_with_logits(stack(hurt)[0], x) - floor < (before - floor) / 2
    assert (losses[-1] < losses[0]).all()


def test_layers_are_taught_one_above_the_other_and_become_a_networks_first():
    x = pictures(100)
    for kind in KINDS:
        layers = list(pretrain(kind, x, (6, 5), (0, 1), epochs=2))
        assert [tuple(one.weight.shape) for one in layers] == [(2, 12, 6), (2, 6, 5)]

        stack = build((12, 6, 5, 3), (0, 1), activation="sigmoid")
        last = stack.weights[2].detach().clone()
        begin_from(stack, layers)
        below = torch.sigmoid(x @ layers[0].weight + layers[0].bias)
        assert torch.allclose(
            stack.layers(x)[1], torch.sigmoid(below @ layers[1].weight + layers[1].bias)
        )
        assert torch.equal(stack.weights[2], last)
