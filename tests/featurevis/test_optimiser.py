from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from nnvis.errors import UserError
from nnvis.featurevis import (
    LOGITS,
    PRESETS,
    FeatureCache,
    FeatureParameters,
    Target,
    held_out,
    optimise,
)
from nnvis.featurevis.optimiser import Optimiser
from nnvis.featurevis.partial_forward import layer_of, partial_forward
from nnvis.models import VisionModel
from nnvis.progress import drain

QUICK = FeatureParameters(
    side=16, steps=12, rate=0.05, contrast=0.1, jitter=0.05, scale=0.1, rotate=5.0
)


def test_the_slope_is_what_finite_differences_say(model):
    target = Target("conv2", 3)
    optimiser = Optimiser(model, [target], replace(QUICK, jitter=0.0, scale=0.0, rotate=0.0), [0])
    model.double()
    place = optimiser.state.canvas_values.double()
    direction = torch.randn(place.shape, generator=torch.Generator().manual_seed(1)).double()

    def value(at):
        x = nn.functional.interpolate(optimiser.canvas.paint(at), (32, 32), mode="bilinear")
        return partial_forward(model, x, optimiser.layer)[0, 3].mean()

    optimiser.canvas._scale, optimiser.canvas._colours = (
        optimiser.canvas._scale.double(),
        optimiser.canvas._colours.double(),
    )
    leaf = place.clone().requires_grad_()
    (slope,) = torch.autograd.grad(value(leaf), leaf)
    with torch.no_grad():
        risen = (value(place + 1e-5 * direction) - value(place - 1e-5 * direction)) / 2e-5
    assert float((slope * direction).sum()) == pytest.approx(float(risen), rel=1e-6)


@pytest.mark.parametrize(
    "target",
    [
        Target("conv2", 3), Target("conv3", 2, "cell", (1, 2)), Target(LOGITS, 7),
        Target("conv2", 3, "minus", other=5), Target("conv2", kind="layer"),
        Target("conv3", kind="direction", weights=tuple(range(16))),
    ],
    ids=lambda target: target.kind,
)  # fmt: skip
def test_every_objective_is_raised(model, target):
    (made,) = drain(optimise(model, [target], replace(QUICK, steps=40)))
    assert made.raised
    assert made.reached > max(made.grey, made.curve[0])
    assert made.picture.shape == (16, 16, 3)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_raises_a_unit(model, preset):
    parameters = replace(PRESETS[preset].parameters, steps=30)
    if parameters.policy != "adam":  # its numbers are meant for networks of larger slopes
        parameters = replace(parameters, rate=3e4, desired=min(parameters.desired, 0.2))
    (made,) = drain(optimise(model, [Target("conv2", 3)], parameters))
    assert made.curve[-1] > made.curve[1] + 0.1


def test_a_picture_does_not_depend_on_its_company(model):
    targets = [Target("conv2", unit) for unit in (1, 2, 3)]
    together = drain(optimise(model, targets, QUICK))
    (alone,) = drain(optimise(model, targets[1:2], QUICK))
    assert np.abs(together[1].picture.astype(int) - alone.picture.astype(int)).max() <= 1


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(model):
    first, second, other = (
        drain(optimise(model, [Target("conv2", 1)], QUICK, seeds=(seed,)))[0].picture
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_climb_that_was_left_goes_on_as_if_it_had_not(model, tmp_path):
    targets = [Target("conv2", 1), Target("conv2", 2)]
    whole = drain(optimise(model, targets, QUICK))
    store = FeatureCache(tmp_path)
    steps = optimise(model, targets, QUICK, store=store)
    for _ in range(5):
        left = next(steps)
    steps.close()
    again = optimise(model, targets, QUICK, store=store)
    assert next(again).done == left.done + 1
    resumed = drain(again)
    for one, other in zip(whole, resumed, strict=True):
        assert np.array_equal(one.picture, other.picture)
        assert one.curve == pytest.approx(other.curve)
    cached = optimise(model, targets, QUICK, store=store)
    with pytest.raises(StopIteration) as end:  # without a single step
        next(cached)
    assert np.array_equal(end.value.value[0].picture, whole[0].picture)


def test_a_damaged_store_is_as_good_as_none(model, tmp_path):
    store = FeatureCache(tmp_path)
    drain(optimise(model, [Target("conv2", 1)], QUICK, store=store))
    for path in tmp_path.iterdir():
        path.write_bytes(b"PK\x03\x04 not really")
    (made,) = drain(optimise(model, [Target("conv2", 1)], QUICK, store=store))
    assert made.raised


def test_the_store_stays_within_its_limit(model, tmp_path):
    store = FeatureCache(tmp_path, limit=20_000)
    for unit in range(6):
        drain(optimise(model, [Target("conv2", unit)], replace(QUICK, steps=2), store=store))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000


def _network(bias, gain=1.0):
    conv = nn.Conv2d(3, 2, 3, padding=1, bias=True)
    with torch.no_grad():
        conv.weight.fill_(0.0)
        conv.weight[:, 0, 1, 1] = gain
        conv.bias.copy_(torch.tensor([bias, 0.0]))
    net = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return VisionModel(net, input_size=(16, 16), mean=(0,), std=(1,))


def test_a_unit_that_is_shut_at_first_is_opened():
    """It wants red above 0.7: grey, and the noise about it, give it nothing and no slope."""
    model = _network(bias=-0.7)
    parameters = replace(QUICK, contrast=0.001, steps=60, rate=0.2)
    optimiser = Optimiser(model, [Target("1", 0)], parameters, [0])
    optimiser.step()
    assert optimiser.stuck() == [True]
    (made,) = drain(optimise(model, [Target("1", 0)], parameters))
    assert made.raised
    assert made.reached > 0.1


def test_a_unit_that_nothing_moves_says_so():
    """Even pure red leaves it at -1 before the rectifier; its weights are 0."""
    model = _network(bias=-1.0, gain=0.0)
    (made,) = drain(optimise(model, [Target("1", 0)], QUICK))
    assert not made.raised
    assert "1 0 cannot be raised" in made.note
    assert "\n" not in made.note


def test_diverse_pictures_differ_more(model):
    target = Target("conv3", 2)

    def spread(diversity):
        parameters = replace(QUICK, steps=40, diversity=diversity)
        made = drain(optimise(model, [target], parameters, seeds=(0, 1)))
        x = torch.stack([torch.from_numpy(one.picture) for one in made]).permute(0, 3, 1, 2) / 255
        x = nn.functional.interpolate(x, (32, 32))
        maps = partial_forward(model, x, layer_of(model, "conv3")).flatten(2)
        grams = nn.functional.normalize((maps @ maps.transpose(1, 2)).flatten(1), dim=1)
        return float(grams[0] @ grams[1])

    assert spread(10.0) < spread(0.0)


def test_a_dream_begins_at_the_picture(model):
    start = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    parameters = replace(QUICK, side=32, steps=1, rate=1e-4, jitter=0.0, scale=0.0, rotate=0.0)
    target = Target("conv2", kind="layer")
    (made,) = drain(optimise(model, [target], parameters, start=start))
    shown = torch.from_numpy(made.picture).permute(2, 0, 1) / 255
    assert float((shown - start[0]).abs().mean()) < 0.02
    caricature = Target("conv2", kind="caricature")
    (made,) = drain(optimise(model, [caricature], replace(QUICK, steps=30), start=start))
    assert made.curve[-1] > made.curve[0]


def test_what_cannot_be_granted_is_one_line(model):
    for target, word in (
        (Target("conv2", 99), "units 0 to 15"),
        (Target("conv2", 0, "cell", (99, 0)), "maps are 16 x 16"),
        (Target("nowhere"), "no layer"),
        (Target("conv2", kind="caricature"), "needs the picture"),
        (Target("conv2", kind="direction", weights=(1.0,)), "16 weights"),
    ):
        with pytest.raises(UserError, match=word):
            drain(optimise(model, [target], QUICK))


def test_the_judge_prefers_the_finished_picture(model):
    (made,) = drain(optimise(model, [Target("conv2", 3)], replace(QUICK, steps=40)))
    finished = torch.from_numpy(made.picture).permute(2, 0, 1)[None] / 255
    grey = torch.full_like(finished, 0.5)
    for zoom in (1.0, 1.25):
        both = torch.cat([finished, grey])
        better, plain = held_out(model, both, [Target("conv2", 3)] * 2, zoom=zoom)
        assert better > plain
