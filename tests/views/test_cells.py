"""What a cells asks for: its gradient against central differences, in double precision."""

import pytest
import torch
from helpers.nets import Branches, Call, Tokens, doubled, wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.probe import Rule
from nnvis.views import LOGITS, VIEWS
from nnvis.views.cells import cells_gradient
from nnvis.views.layout import as_maps
from nnvis.views.pass_through import backward, describe_end, forward

SMOOTH = nn.Softplus()  # differences over a kink would tell nothing
MODELS = {
    "maps": (lambda: wrap(Branches(SMOOTH), (17, 17)), "conv2", (3, 5)),
    "vector": (lambda: wrap(Branches(SMOOTH), (17, 17)), "head", (0, 0)),
    "logits": (lambda: wrap(Branches(SMOOTH), (17, 17)), LOGITS, (0, 0)),
    "tokens": (lambda: wrap(Tokens(), (16, 16)), "block", (2, 1)),
    "maps_last": (lambda: wrap(nn.Sequential(nn.Conv2d(3, 5, 3), Last()), (17, 17)), "1", (2, 4)),
}


class Last(nn.Module):
    """Channels last, through a smooth function."""

    def forward(self, x):
        return torch.tanh(x.permute(0, 2, 3, 1))


@pytest.mark.parametrize("cells", ["map", "max", "sum", "cell"])
@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_central_differences(name, cells):
    make, layer, cell = MODELS[name]
    model = doubled(make())
    size = model.input_size
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(2)).double()
    cells = cell if cells == "cell" else cells
    picture = VIEWS["gradient"](model, x, layer=layer, unit=2, cells=cells)
    assert torch.equal(picture, VIEWS["gradient"](model, x, layer=layer, unit=2, seed=cells))

    passed = forward(model, x, [layer])
    info = passed.layers.get(layer) or describe_end(passed.logits)
    start = cells_gradient(passed.taps[layer].values, info, 2, cells, 2)

    def objective(pictures):
        values = forward(model, pictures, [layer]).taps[layer].values
        if cells == "map":  # half the sum of squares
            return as_maps(values, info)[:, 2].square().sum() / 2
        return (values * start).sum()

    generator = torch.Generator().manual_seed(3)
    for _ in range(3):
        direction = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        step = 1e-5
        rise = (objective(x + step * direction) - objective(x - step * direction)) / (2 * step)
        expected = (picture * direction).sum()
        assert abs(rise - expected) < 1e-6 * abs(expected)


def test_the_strongest_cell_is_found_in_every_picture_and_is_never_nan():
    layer = LayerInfo("maps", "Conv2d", (2, 2, 3), 2, (2, 3))
    values = torch.zeros(2, 2, 2, 3)
    values[0, 1, 1, 2], values[1, 1, 0, 1] = 4, 5
    values[1, 1, 1, 1] = torch.nan
    start = cells_gradient(values, layer, 1, "max", 2)
    assert start.nonzero().tolist() == [[0, 1, 1, 2], [1, 1, 0, 1]]


@pytest.mark.parametrize(
    ("layer", "unit", "cells", "says"),
    [
        ("conv9", 0, "map", "has no layer 'conv9'; try conv"),
        ("conv2", 6, "map", "conv2 has no unit 6; it has units 0 to 5"),
        ("conv2", -1, "map", "conv2 has no unit -1; it has units 0 to 5"),
        (LOGITS, 5, "map", "the output has no unit 5; it has units 0 to 4"),
        ("conv2", 0, "min", "the cells 'min' are not known; use map, max, sum or a cell 3,4"),
        ("conv2", 0, (9, 0), "conv2 has no cell 9,0; its maps are 9 x 9"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(layer, unit, cells, says):
    model = wrap(Branches(nn.ReLU()), (17, 17))
    with pytest.raises(UserError, match=says):
        VIEWS["gradient"](model, torch.rand(1, 3, 17, 17), layer=layer, unit=unit, cells=cells)


def test_integers_and_layers_without_a_way_back_are_refused():
    cut = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), Call(torch.round), Call(torch.Tensor.detach)))
    with pytest.raises(UserError, match=r"torch.uint8; give float values in \[0, 1\]"):
        VIEWS["gradient"](cut, torch.zeros(1, 3, 32, 32, dtype=torch.uint8), layer="0", unit=0)
    with pytest.raises(UserError, match="no gradient leads from 2 back to the picture"):
        VIEWS["gradient"](cut, torch.rand(1, 3, 32, 32), layer="2", unit=0)


def test_the_way_back_passes_every_earlier_layer_also_before_an_in_place_relu():
    """The gradient at a layer, times the change of its output, is the change of the unit."""
    model = doubled(wrap(Branches(nn.ReLU(inplace=True)), (17, 17)))
    x = torch.rand(1, 3, 17, 17, generator=torch.Generator().manual_seed(2)).double()
    passed = forward(model, x, ["norm1", "pool", "conv2", "head"])
    found = backward(passed, "head", 1, "sum", to=["norm1", "pool", "conv2"]).layers
    net = model.network
    with torch.enable_grad():
        norm = net.norm1(net.conv1(x)).detach().requires_grad_()
        pool = net.pool(torch.relu(norm))
        conv = net.conv2(pool)
        score = net.head(torch.relu(net.conv3(torch.relu(pool + conv))).mean((2, 3)))[0, 1]
        expected = torch.autograd.grad(score, [norm, pool, conv])
    for name, gradient in zip(("norm1", "pool", "conv2"), expected, strict=True):
        assert torch.equal(found[name], gradient), name
    assert backward(passed, "conv2", 0, "sum", to=["head"]).layers == {"head": None}


def test_a_pass_can_be_asked_again_with_another_rule():
    model = wrap(Branches(nn.ReLU(inplace=True)), (17, 17))
    x = torch.rand(1, 3, 17, 17)
    passed = forward(model, x, ["conv3"])
    first = backward(passed, "conv3", 1).pixels
    second = backward(passed, "conv3", 1, rule=Rule.DECONV).pixels
    assert torch.equal(backward(passed, "conv3", 1).pixels, first)
    assert torch.equal(VIEWS["deconv"](model, x, layer="conv3", unit=1), second)
    assert not torch.equal(first, second)
