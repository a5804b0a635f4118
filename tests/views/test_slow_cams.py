"""Score-CAM and Ablation-CAM against the grad-cam package, and what they say to bad input."""

import numpy as np
import pytest
import torch
from helpers.nets import wrap
from pytorch_grad_cam import AblationCAM, ScoreCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from nnvis.errors import UserError
from nnvis.progress import drain
from nnvis.views import LOGITS, SLOW_VIEWS

SIDE = 12


def network():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 9, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(36, 4),
    )  # fmt: skip


@pytest.fixture
def model():
    return wrap(network(), (SIDE, SIDE))


@pytest.fixture
def x():
    return torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "peer"), [("score_cam", ScoreCAM), ("ablation_cam", AblationCAM)])
def test_it_is_that_of_the_grad_cam_package(name, peer, model, x):
    """Of maps as large as the picture, since interpolation is not what is compared."""
    with torch.no_grad():
        model.network[-1].bias.add_(3)  # scores above 0, by which the package divides
    found = drain(SLOW_VIEWS[name](model, x, layer=LOGITS, unit=2, at="3", together=4))
    cam = peer(model=model, target_layers=[model.network[3]])
    cam.batch_size = 4
    theirs = cam(input_tensor=x, targets=[ClassifierOutputTarget(2)] * 2)
    for ours, other in zip(found[:, 0].numpy(), theirs, strict=True):
        spread = ours - ours.min()  # as the package scales what it gives
        assert ours.max() > 0
        assert np.allclose(spread / spread.max(), other, atol=1e-4)


def test_maps_that_are_smaller_are_enlarged_and_units_within_can_be_asked(model, x):
    for name in ("score_cam", "ablation_cam"):
        found = drain(SLOW_VIEWS[name](model, x[:1], layer="2", unit=5, cells=(3, 4)))
        assert found.shape == (1, 1, SIDE, SIDE)
        assert bool((found >= 0).all())
        with pytest.raises(UserError, match="no maps"):
            drain(SLOW_VIEWS[name](model, x, layer=LOGITS, unit=0, at="6"))
    before = model(x)
    steps = SLOW_VIEWS["ablation_cam"](model, x, layer=LOGITS, unit=2, together=2)
    next(steps)
    assert torch.equal(model(x), before)  # nothing stays changed between two steps
    steps.close()
    assert torch.equal(model(x), before)
