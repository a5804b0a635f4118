"""Receptive fields from the graph, against pixels that are really changed."""

import pytest
import torch
from helpers.nets import Branches, Tokens, wrap
from torch import nn
from torch.nn import functional as F

from nnvis.errors import UserError
from nnvis.probe import record
from nnvis.views.fields.shapes import reshaped
from nnvis.views.layout import as_maps
from nnvis.views.pass_through import forward
from nnvis.views.receptive_field import Field, squared_gradient, theoretical_field

SIZE = 40


class Zoo(nn.Module):
    """Every kind of window, one after another, and channels that go separate ways."""

    def __init__(self):
        super().__init__()
        self.dilated = nn.Conv2d(3, 4, 3, padding=3, dilation=3)
        self.grouped = nn.Conv2d(4, 8, (3, 5), stride=(2, 1), groups=2, bias=False)
        self.up = nn.ConvTranspose2d(8, 8, 4, stride=2, padding=1)
        self.mean = nn.AvgPool2d(2)
        self.split = nn.Conv2d(4, 4, 3, padding=1)
        self.joined = nn.Identity()
        self.gate = nn.Linear(4, 4)
        self.last = nn.Conv2d(8, 6, 1)
        self.final = nn.Softplus()

    def forward(self, x):
        x = self.grouped(F.pad(F.softplus(self.dilated(x)), (2, 0, 2, 3)))
        x = self.mean(F.interpolate(self.up(x), scale_factor=1.5, mode="nearest"))
        stay, go = x.chunk(2, 1)
        x = torch.cat([stay, self.split(F.softplus(go))], 1)
        x = x.view(len(x), 2, 4, *x.shape[2:]).transpose(1, 2).flatten(1, 2)  # channel shuffle
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        x = self.final(self.last(x))
        return F.interpolate(x, (13, 21), mode="bilinear").mean((2, 3))


def changed(model, x, layer, cell, unit=None):
    """Return the rows and columns that the cell feels when they are changed, as a Field."""
    info = {one.name: one for one in model.layers}[layer]
    units = slice(None) if unit is None else [unit]

    def value(pictures):
        with record(model, [layer]) as seen, torch.no_grad():
            model(pictures)
        return as_maps(seen[layer], info)[:, units, cell[0], cell[1]]

    before = value(x)
    scale = before.abs().max()
    ends = []
    for dim in (1, 2):
        pictures = x.repeat(SIZE, 1, 1, 1)
        for place in range(SIZE):
            pictures[place].select(dim, place).uniform_(-3, 3)
        felt = (value(pictures) - before).abs().amax(1) > 1e-9 * scale
        places = felt.nonzero().flatten().tolist()
        ends.append((places[0], places[-1] + 1) if places else (0, 0))
    (top, bottom), (left, right) = ends
    return Field(top, left, bottom, right)


@pytest.mark.parametrize("cell", [(0, 0), (4, 7), (9, 2)])
@pytest.mark.parametrize("layer", ["dilated", "grouped", "up", "mean", "split", "last", "final"])
def test_fields_are_what_a_changed_pixel_changes(layer, cell):
    torch.manual_seed(0)
    model = wrap(Zoo(), (SIZE, SIZE))
    assert model.layers
    model.double()
    x = torch.rand(1, 3, SIZE, SIZE).double()
    passed = forward(model, x, [layer])
    felt = changed(model, x, layer, cell)
    assert (theoretical_field(passed, layer, cell) or Field(0, 0, 0, 0)) == felt


class Edges(nn.Module):
    """What mirrors, repeats, rolls and enlarges."""

    def __init__(self, change):
        super().__init__()
        self.change, self.last = change, nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return self.last(self.change(x))


@pytest.mark.parametrize(
    "change",
    [
        nn.ReplicationPad2d(3),
        nn.ReplicationPad2d((0, 5, 2, 0)),
        nn.ReflectionPad2d(3),
        lambda x: torch.stack([one.roll(-3) for one in x]),  # all values of a picture as one row
        lambda x: torch.stack([one.roll(1245) for one in x]),
        lambda x: x.roll((2, -3), (2, 3)),
        lambda x: F.interpolate(x, scale_factor=0.6, mode="nearest-exact"),
        lambda x: F.interpolate(x, scale_factor=1.7, mode="nearest-exact"),
        lambda x: F.interpolate(x, (27, 31), mode="nearest-exact"),
        lambda x: F.interpolate(x, (27, 31), mode="nearest"),
    ],
)
@pytest.mark.parametrize("cell", [(0, 0), (4, 7), (20, 22)])
def test_edges_and_shifts_are_followed(change, cell):
    torch.manual_seed(0)
    model = wrap(nn.Sequential(Edges(change)), (SIZE, SIZE))
    assert model.layers
    model.double()
    x = torch.rand(1, 3, SIZE, SIZE).double()
    field = theoretical_field(forward(model, x, ["0.last"]), "0.last", cell)
    assert field == changed(model, x, "0.last", cell)


def test_a_box_that_is_none_any_longer_after_reshaping_is_told_as_an_upper_bound():
    model = wrap(nn.Sequential(Edges(cut_short)), (SIZE, SIZE))
    assert model.layers
    x = torch.rand(1, 3, SIZE, SIZE)
    field = theoretical_field(forward(model, x, ["0.last"]), "0.last", (4, 7))
    assert field.loose == ("reshape",)
    mixed = wrap(nn.Sequential(Edges(mix_channels)), (SIZE, SIZE))
    exact = theoretical_field(forward(mixed, x, ["0.last"]), "0.last", (4, 7))
    assert exact == Field(4, 7, 5, 8)


def cut_short(x):
    return x.flatten(1)[:, :3600].view(-1, 3, 40, 30)


def mix_channels(x):
    return torch.einsum("nchw,dc->ndhw", x, torch.ones(3, 3, dtype=x.dtype))


def test_a_unit_whose_channel_took_the_short_way_sees_less():
    torch.manual_seed(0)
    model = wrap(nn.Sequential(Halves()), (SIZE, SIZE))
    assert model.layers
    model.double()
    x = torch.rand(1, 3, SIZE, SIZE).double()
    passed = forward(model, x, ["0"])
    sizes = []
    for unit in (0, 3):
        field = theoretical_field(passed, "0", (10, 10), unit)
        assert field == changed(model, x, "0", (10, 10), unit)
        sizes.append(field.bottom - field.top)
    assert sizes == [3, 5]


class Halves(nn.Module):
    """One half of the channels goes through another convolution."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, groups=1)
        self.second = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x):
        stay, go = self.first(x).chunk(2, 1)
        return torch.cat([stay, self.second(go)], 1)


def test_tokens_see_their_patch_until_they_attend():
    model = wrap(Tokens(), (16, 16))
    x = torch.rand(1, 3, 16, 16)
    passed = forward(model, x, ["patches", "blocks.0.mix", "blocks.0"])
    assert theoretical_field(passed, "patches", (2, 1)) == Field(8, 4, 12, 8)
    assert theoretical_field(passed, "blocks.0.mix", (2, 1)) == Field(8, 4, 12, 8)
    assert theoretical_field(passed, "blocks.0", (2, 1)) == Field(0, 0, 16, 16)


def test_an_operation_without_a_rule_sees_all_and_is_named():
    model = wrap(nn.Sequential(nn.Conv2d(3, 2, 3), Sorted(), nn.Conv2d(2, 2, 3)), (SIZE, SIZE))
    field = theoretical_field(forward(model, torch.rand(1, 3, SIZE, SIZE), ["2"]), "2", (1, 1))
    assert field == Field(0, 0, SIZE, SIZE, loose=("Sort",))


class Sorted(nn.Module):
    """Looks at whole rows in a way that no rule knows."""

    def forward(self, x):
        return x.sort(3).values


def test_the_effective_field_lies_within_and_fades_outwards():
    model = wrap(Branches(nn.ReLU()), (SIZE, SIZE))
    pictures = torch.rand(8, 3, SIZE, SIZE)
    passed = forward(model, pictures, ["conv3"])
    field = theoretical_field(passed, "conv3", (4, 4))
    felt = sum(squared_gradient(passed, "conv3", unit, (4, 4)) for unit in range(8))
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[field.top : field.bottom, field.left : field.right] = True
    assert felt[~inside].max() == 0
    middle = felt[field.top + 4 : field.bottom - 4, field.left + 4 : field.right - 4]
    assert middle.mean() > 2 * felt[inside].mean()


@pytest.mark.parametrize(
    ("box", "after", "before", "expected"),
    [
        (((0, 0), (5, 5)), (1, 12), (1, 3, 4), ((0, 0), (1, 1), (1, 1))),
        (((0, 0), (2, 5)), (1, 12), (1, 3, 4), ((0, 0), (0, 1), (0, 3))),
        (((1, 1), (1, 2), (0, 3)), (2, 3, 4), (2, 12), ((1, 1), (4, 11))),
        (((0, 0), (3, 3), (0, 0)), (1, 6, 1), (6,), ((3, 3),)),
        (((2, 2),), (6,), (1, 2, 3, 1), ((0, 0), (0, 0), (2, 2), (0, 0))),
    ],
)
def test_reshaped_boxes_by_hand(box, after, before, expected):
    assert reshaped(box, after, before) == expected


def test_cells_that_are_not_there_are_refused():
    model = wrap(Branches(nn.ReLU()), (17, 17))
    passed = forward(model, torch.rand(1, 3, 17, 17), ["conv2"])
    with pytest.raises(UserError, match="conv2 has no cell 9,0; its maps are 9 x 9"):
        theoretical_field(passed, "conv2", (9, 0))
