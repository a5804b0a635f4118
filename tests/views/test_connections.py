"""Kernels, links, correlations and dead cells, each against another way to get them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.nets import wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.models.tiny_network import tiny
from nnvis.probe import record
from nnvis.views.connections import linked_after, linked_before
from nnvis.views.correlation import MOST_CELLS, MOST_UNITS, Correlation
from nnvis.views.dead_units import DeadUnits
from nnvis.views.unit_weights import kernel_of


def test_correlations_of_a_stream_are_those_of_all_its_samples_at_once():
    made = torch.Generator().manual_seed(1)
    frames = torch.randn(40, 5, 3, 4, generator=made)
    frames[:, 1] = 0.5 * frames[:, 0] + 0.1 * frames[:, 1]
    frames = 10_000 + frames * torch.tensor([1, 2, 0.5, 1, 0]).view(5, 1, 1)  # far from zero
    running = Correlation(5)
    for frame in frames:
        running.add(frame)
    assert running.samples == 40 * 12
    table = frames.movedim(1, 0).flatten(1).double().numpy()
    expected = np.corrcoef(table[:4])
    found = running.matrix().numpy()
    np.testing.assert_allclose(found[:4, :4], expected, atol=2e-6)
    assert np.isnan(found[4]).all()  # never changed
    assert np.isnan(found[:, 4]).all()


def test_correlations_leave_out_what_is_no_number_and_bound_what_is_large():
    running = Correlation(3)
    maps = torch.randn(3, 40, 40)
    maps[1, :, :20] = torch.nan
    running.add(maps)
    assert 0 < running.samples < MOST_CELLS
    assert running.matrix().isfinite().all()
    large = Correlation(5000, with_unit=4)
    assert len(large.chosen) <= MOST_UNITS
    assert 4 in large.chosen


def test_dead_is_what_was_zero_in_all_of_the_last_frames():
    alive = DeadUnits(span=3)
    frames = [torch.zeros(1, 1, 4) for _ in range(5)]
    frames[0][0, 0, 0] = 1  # too long ago
    frames[2][0, 0, 1] = -1
    frames[4][0, 0, 2] = torch.nan
    for count, frame in enumerate(frames, 1):
        alive.add(frame)
        assert alive.frames == min(count, 3)
        if count == 1:
            assert alive.dead().flatten().tolist() == [False, True, True, True]
    assert alive.dead().flatten().tolist() == [True, False, False, True]


class Kinds(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.split = nn.Conv2d(4, 6, 3, padding=1, groups=2, bias=False)
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2, groups=2)
        self.act = nn.ReLU()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.act(self.up(self.split(self.first(x)))).mean((2, 3)))


@pytest.mark.parametrize(("layer", "before"), [("first", ""), ("split", "first"), ("up", "split")])
def test_a_kernel_makes_its_unit_of_its_inputs(layer, before):
    """One unit put together by hand from the slices, at every cell."""
    torch.manual_seed(0)
    model = wrap(Kinds(), (16, 16))
    x = torch.rand(1, 3, 16, 16)
    names = [name for name in (before, layer) if name]
    with record(model, names) as seen, torch.no_grad():
        model(x)
    inputs = seen[before] if before else (x - model.mean) / model.std
    module = model.network.get_submodule(layer)
    for unit in (1, 3):
        kernel = kernel_of(model, layer, unit)
        used = inputs[:, kernel.first : kernel.first + len(kernel.slices)]
        if layer == "up":
            made = nn.functional.conv_transpose2d(used, kernel.slices[:, None], stride=2)
        else:
            made = nn.functional.conv2d(used, kernel.slices[None], padding=module.padding)
        made = made[0, 0] + (kernel.bias or 0)
        torch.testing.assert_close(made, seen[layer][0, unit], atol=1e-5, rtol=1e-5)
    assert kernel_of(model, "first", 0).colours
    assert not kernel_of(model, "up", 0).colours
    assert (
        kernel_of(model, "head", 2).slices.flatten().tolist()
        == model.network.head.weight[2].tolist()
    )
    with pytest.raises(UserError, match=r"act \(ReLU\) has no kernel .* before it .* is up"):
        kernel_of(model, "act", 0)


def test_links_pass_over_what_hands_units_on_by_themselves():
    model = tiny()
    x = torch.rand(1, 3, 32, 32)
    before = linked_before(model, x, "relu2", 5)
    assert before is not None
    assert before.layer == "pool1"  # not norm2 or conv2, of which only unit 5 gives
    with record(model, ["pool1", "conv2"]) as seen, torch.no_grad():
        model(x)
    weights, norm = model.network.conv2.weight[5], model.network.norm2
    each = nn.functional.conv2d(seen["pool1"], weights[:, None], padding=1, groups=8)
    open_ = model.network.norm2(seen["conv2"])[0, 5] > 0
    slope = norm.weight[5] / (norm.running_var[5] + norm.eps).sqrt()
    torch.testing.assert_close(before.shares, (each[0] * slope * open_).sum((1, 2)).detach())

    after = linked_after(model, x, "conv1", 3)
    assert after is not None
    assert after.layer == "conv2"  # not relu1 or pool1
    held = nn.functional.conv2d(
        seen["pool1"][:, 3:4], model.network.conv2.weight[:, 3:4], padding=1
    )
    torch.testing.assert_close(after.shares, held.sum((2, 3))[0], atol=1e-3, rtol=1e-4)
    assert linked_after(model, x, "head", 0) is None
    assert linked_before(model, x, "conv1", 0) is None
