"""Cells are where they are drawn, or they are not drawn over the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
import timm
import torch
from torch import nn

from nnvis.bench.places import check_places
from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.probe import record
from nnvis.views import VIEWS
from nnvis.views.ablate import ablate
from nnvis.views.layout import as_maps
from nnvis.views.pass_through import backward, forward
from nnvis.views.request import Ablation


class Patches(nn.Module):
    """A patch for every 4 x 4 pixels, their tokens in some order, then a linear layer each."""

    def __init__(self, order):
        super().__init__()
        self.patch, self.order = nn.Conv2d(3, 16, 4, 4), order
        self.mix, self.act, self.head = nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 5)

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)[:, self.order]
        tokens = tokens + self.act(self.mix(tokens))
        return self.head(tokens.mean(1))


def opened(order):
    torch.manual_seed(3)
    return VisionModel(Patches(order), input_size=(32, 32))


ORDERS = {
    "as drawn": torch.arange(64),
    "columns": torch.arange(64).view(8, 8).T.flatten(),
    "windows": torch.arange(64).view(2, 4, 2, 4).permute(0, 2, 1, 3).flatten(),
    "chance": torch.randperm(64, generator=torch.Generator().manual_seed(1)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_tokens_are_put_where_they_belong(name):
    model = opened(ORDERS[name])
    layers = {one.name: one for one in model.layers}
    expected = () if name == "as drawn" else tuple(ORDERS[name].argsort().tolist())
    assert layers["mix"].order == layers["act"].order == expected
    assert layers["mix"].placed
    x = torch.rand(1, 3, 32, 32)
    y = x.clone()
    y[..., 12:16, 20:24] = 1 - y[..., 12:16, 20:24]  # the patch of cell (3, 5)
    seen = []
    for picture in (x, y):
        with torch.no_grad(), record(model, ["mix"]) as found:
            model(picture)
        seen.append(as_maps(found["mix"], layers["mix"]))
    changed = (seen[0] != seen[1]).any(1)[0].nonzero().tolist()
    assert changed == [[3, 5]]
    pixels = backward(forward(model, x, ["mix"]), "mix", 2, (3, 5)).pixels
    felt = pixels.abs().sum((0, 1)).nonzero()
    assert felt.amin(0).tolist() == [12, 20]
    assert felt.amax(0).tolist() == [15, 23]
    with ablate(model, [Ablation("mix", 2)]), torch.no_grad(), record(model, ["mix"]) as found:
        model(x)
    assert not as_maps(found["mix"], layers["mix"])[:, 2].any()
    assert torch.equal(as_maps(found["mix"], layers["mix"])[:, 3], seen[0][:, 3])


def test_hiera_is_put_in_the_order_that_it_undoes_itself():
    net = timm.create_model("hiera_tiny_224", img_size=(96, 96), stages=(1, 1, 1, 1))
    model = VisionModel(net, input_size=(96, 96))
    layers = {one.name: one for one in model.layers}
    places = torch.arange(24 * 24).float().view(1, -1, 1)
    order = net.unroll(places).flatten().long().argsort()
    assert layers["blocks.0.mlp.fc1"].order == tuple(order.tolist())
    assert all(one.placed for one in model.layers)
    assert any("out of order: put where they belong" in note for note in model.notes)


class Mixed(nn.Module):
    """Tokens of random mixtures of all pixels: there is no order to be found."""

    def __init__(self):
        super().__init__()
        self.patch, self.all = nn.Conv2d(3, 16, 4, 4), nn.Linear(16, 16)
        self.blend = nn.Parameter(torch.randn(64, 64))
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        return self.head(self.all(self.blend @ tokens).mean(1))


def test_tokens_without_an_order_are_a_list():
    torch.manual_seed(0)
    model = VisionModel(Mixed(), input_size=(32, 32))
    layer = next(one for one in model.layers if one.name == "all")
    assert (layer.placed, layer.map_shape, layer.axes[1]) == (False, (1, 64), "tokens")
    with pytest.raises(UserError, match="no places of the picture; choose a layer with maps"):
        VIEWS["activation"](model, torch.rand(1, 3, 32, 32), layer="all", unit=0)


@pytest.mark.parametrize("spec", ["timm/swinv2_tiny_window8_256", "timm/cait_xxs24_224"])
def test_attention_is_queries_by_keys_and_never_laid_over_the_picture(spec):
    name = spec.partition("/")[2]
    options = {"depth": 2, "depth_token_only": 1} if "cait" in name else {"depths": (1, 1, 1, 1)}
    size = 224 if "cait" in name else 256
    net = timm.create_model(name, **options)
    model = VisionModel(net, input_size=(size, size))
    listed = [one for one in model.layers if one.axes == ("queries", "keys")]
    assert listed
    assert all(not one.placed for one in listed)
    others = [one for one in model.layers if one.map_shape != (1, 1) and one not in listed]
    assert all(one.placed for one in others)


def test_a_check_of_its_own_finds_cells_that_are_drawn_elsewhere():
    x = torch.rand(1, 3, 32, 32)
    model = opened(ORDERS["windows"])
    assert check_places(model, x).wrong == ()
    assert check_places(model, x).right == len([one for one in model.layers if one.units == 16])
    unsorted = [replace(one, order=()) for one in model.layers]
    model.findings = replace(model.findings, layers=tuple(unsorted))
    assert [one.partition(" ")[0] for one in check_places(model, x).wrong] == ["mix", "act"]


class Channels(nn.Module):
    """A kernel along the channels, and boxes: rows of numbers that are no places."""

    def __init__(self):
        super().__init__()
        self.conv, self.along = nn.Conv2d(3, 16, 3, 16), nn.Conv1d(1, 1, 3, padding=1)
        self.boxes = nn.Conv2d(16, 24, 1)
        self.joined = Joined()

    def forward(self, x):
        x = self.conv(x)
        x = x * self.along(x.mean((2, 3))[:, None]).sigmoid()[0, 0].view(1, 16, 1, 1)
        return self.joined(self.boxes(x)).flatten(1)


class Joined(nn.Module):
    """(1,24,2,2) -> (1,48,4): twelve boxes at each of four places."""

    def forward(self, x):
        return torch.cat([x, -x], 1).permute(0, 2, 3, 1).reshape(1, -1, 4)


def test_rows_of_numbers_are_lists():
    torch.manual_seed(0)
    layers = {one.name: one for one in VisionModel(Channels(), input_size=(32, 32)).layers}
    assert layers["conv"].placed
    assert (layers["along"].placed, layers["along"].map_shape) == (False, (1, 16))
    assert (layers["joined"].placed, layers["joined"].units) == (False, 4)


class Everywhere(nn.Module):
    """Cells that see all of the picture, each in a way of its own, then tokens of them."""

    def __init__(self, order):
        super().__init__()
        self.wide, self.order = nn.Conv2d(3, 4, 63, 8, 31), order
        self.mix, self.head = nn.Linear(4, 8), nn.Linear(8, 5)

    def forward(self, x):
        tokens = self.wide(x).flatten(2).transpose(1, 2)[:, self.order]
        return self.head(self.mix(tokens).mean(1))


@pytest.mark.parametrize("name", ["as drawn", "windows", "chance"])
def test_tokens_are_known_by_the_map_that_they_are_made_of(name):
    torch.manual_seed(0)
    model = VisionModel(Everywhere(ORDERS[name]), input_size=(64, 64))
    mix = next(one for one in model.layers if one.name == "mix")
    wide = next(one for one in model.layers if one.name == "wide")
    assert wide.placed
    if name == "as drawn":
        assert (mix.placed, mix.order, mix.map_shape) == (True, (), (8, 8))
    else:
        assert not mix.placed or mix.order == tuple(ORDERS[name].argsort().tolist())
