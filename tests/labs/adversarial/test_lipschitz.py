import math

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, svds
from torch import nn
from torch.func import jacrev

from nnvis.labs.adversarial.lipschitz import (
    Bound,
    Stretches,
    linear_parts,
    local,
    operator_norm,
    random_edge,
    whole,
)
from nnvis.labs.adversarial.summary import lengthened
from nnvis.labs.framework.claims import judge
from nnvis.models.registry import load


def largest(layer, like):
    """By scipy's Lanczos, which knows the layer only by what it does, and by its transpose."""
    with torch.no_grad():
        nothing = layer(torch.zeros_like(like))

    def forth(v):
        change = torch.from_numpy(v.reshape(like.shape).astype(np.float32))
        with torch.no_grad():
            return (layer(change) - nothing).numpy().ravel()

    def back(u):
        x = torch.zeros_like(like, requires_grad=True)
        out = layer(x)
        slope = torch.from_numpy(u.reshape(out.shape).astype(np.float32))
        return torch.autograd.grad(out, x, slope)[0].numpy().ravel()

    size = nothing.numel(), like.numel()
    found = svds(
        LinearOperator(size, matvec=forth, rmatvec=back, dtype=np.float32), k=1, random_state=0,
        return_singular_vectors=False,
    )  # fmt: skip
    return float(found[0])


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 5, 3, padding=1),
        nn.Conv2d(4, 6, 3, stride=2),
        nn.Conv2d(6, 6, 5, stride=2, padding=2, groups=6),
        nn.Conv2d(6, 6, 3, padding=1, groups=6),
        nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=2),
        nn.Conv2d(7, 3, 1),
    ],
    ids=str,
)
def test_power_iteration_finds_the_norm_that_scipy_finds(layer):
    like = torch.zeros(1, layer.in_channels, 9, 8)
    assert operator_norm(layer, like, 1500) == pytest.approx(largest(layer, like), rel=1e-3)


def test_the_layers_of_the_bundled_network_are_measured_with_their_batch_norm():
    model = load("efficientnet_lite0")
    parts = {one.name: one for one in linear_parts(model, (224, 224))}
    convolutions = [one for one in model.modules() if isinstance(one, nn.Conv2d)]
    assert len(parts) == len(convolutions) + 1  # and the classifier
    one = parts["blocks.1.0.conv_dw"]
    assert one.kind == "3 x 3 depthwise, stride 2"
    assert tuple(one.like.shape) == (1, 96, 112, 112)

    # Before the norm's activation, which stands inside it, nothing is cut off for small changes.
    layer, norm = model.network.blocks[5][1].conv_pw, model.network.blocks[5][1].bn1
    x = torch.rand(1, 192, 7, 7)
    expected = norm.weight / (norm.running_var + norm.eps).sqrt()
    assert torch.allclose(
        parts["blocks.5.1.conv_pw"].call(x), layer(x) * expected[:, None, None], atol=1e-5
    )

    named = {name: Bound(name, "", 2.0 if name == "conv_stem" else 1.0) for name in parts}
    skips = sum(bool(getattr(block, "has_skip", False)) for block in model.modules())
    assert skips > 5
    expected = 2 * float(1 / model.std.min()) * 2**skips / math.sqrt(7 * 7)
    assert whole(model, named, (224, 224)) == pytest.approx(expected)


def test_the_worst_change_of_a_picture_is_that_of_the_jacobian():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.Softplus(), nn.Flatten(), nn.Linear(16, 3))
    x = torch.rand(1, 1, 6, 6)
    matrix = jacrev(net)(x).detach().reshape(3, 36)
    worst, chance = local(net, x, 300)
    assert worst == pytest.approx(float(torch.linalg.matrix_norm(matrix, 2)), rel=1e-3)
    assert chance < worst
    again, same = local(net, x, 1)
    assert again == same == chance


@pytest.mark.parametrize(("scale", "shown"), [(1.0, False), (30.0, True)])
def test_only_what_a_random_matrix_does_not_do_is_a_finding(scale, shown):
    """The worst change is ahead of a usual one in every matrix: that alone says nothing."""
    torch.manual_seed(0)
    lengths = []
    for _ in range(5):
        net = nn.Linear(800, 40)
        with torch.no_grad():
            net.weight.normal_()
            net.weight += (scale - 1) * torch.outer(torch.ones(40), torch.randn(800)) / 6
        lengths.append(local(net, torch.rand(1, 800), 100))
    worst, chance = zip(*lengths, strict=True)
    assert min(a / b for a, b in lengths) > 4
    found = Stretches((), 1.0, worst, chance, random_edge(800, 40))
    assert judge((lengthened(found),))[0].held == shown
