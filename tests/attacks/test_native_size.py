"""Attacks through the scaling and cropping."""

import numpy as np
import pytest
import torch

from nnvis.attacks import ATTACKS
from nnvis.attacks.native_size import NativeSize
from nnvis.models.preprocess import Fit
from nnvis.models.tiny_network import tiny_network
from nnvis.models.vision import VisionModel
from nnvis.progress import drain

SIZES = [(50, 80), (32, 32), (20, 90), (31, 17)]


def make(**options):
    return VisionModel(tiny_network(), input_size=(32, 32), **options)


def picture(height, width, seed=0):
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (height // 4 + 2, width // 4 + 2, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(4, 0).repeat(4, 1)[:height, :width])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fit", list(Fit))
def test_the_network_sees_what_it_will_see_of_the_file(size, fit):
    model, shot = make(), picture(*size)
    full = NativeSize(model, shot, fit)
    other = np.clip(shot.astype(int) + np.random.default_rng(1).integers(-9, 9, shot.shape), 0, 255)
    other = other.astype(np.uint8)
    z = torch.from_numpy(other).permute(2, 0, 1)[None].float() / 255
    expected = model(model.prepare(other, fit)[1])
    assert torch.allclose(full(z), expected, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fit", list(Fit))
def test_without_rounding_it_is_the_same_but_for_rounding(size, fit):
    model, shot = make(), picture(*size)
    full = NativeSize(model, shot, fit)
    other = picture(*size, seed=2) // 3 + shot // 3 + 40
    z = torch.from_numpy(other).permute(2, 0, 1)[None].float() / 255
    smooth = full._channels(full._rows @ (z - full.x) @ full._columns) + full._fed
    exact = model.prepare(other, fit)[1]
    assert (smooth - exact).abs().mean() < 1 / 255
    assert (smooth - exact).abs().quantile(0.95) < 3 / 255


def test_the_slope_is_that_of_finite_differences():
    model, shot = make(), picture(50, 80)
    full = NativeSize(model.double(), shot)
    full.double()
    for name in ("x", "_rows", "_columns", "_fed"):
        setattr(full, name, getattr(full, name).double())
    start = (full.x + 0.3 / 255).clamp(0.01, 0.99).requires_grad_()
    (slope,) = torch.autograd.grad(full(start)[0, 3], start)
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        way = torch.randn(start.shape, generator=generator).double()
        step = 1e-6
        with torch.no_grad():
            rise = (full(start + step * way) - full(start - step * way))[0, 3] / (2 * step)
        assert float(rise) == pytest.approx(float((slope * way).sum()), rel=1e-3, abs=1e-6)


def test_an_attack_at_full_size_holds_for_the_file():
    model, shot = make(), picture(50, 80)
    full = NativeSize(model, shot)
    outcome = drain(ATTACKS["pgd"](full, full.x, eps="6/255", steps=20))
    fed = model.prepare(outcome.pixels[0])[1]
    assert torch.allclose(model(fed), outcome.logits, atol=1e-5)
    assert bool(outcome.success) == (int(model(fed).argmax()) != int(outcome.label))
    assert outcome.linf <= 6 / 255
