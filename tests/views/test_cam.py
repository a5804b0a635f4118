"""The Grad-CAM family, against the package of that name."""

import pytest
import torch
import torchvision
from helpers.nets import Branches, Tokens, wrap
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, LayerCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from skimage import data
from torch import nn
from torch.nn import functional as F

from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.vision import VisionModel
from nnvis.views import LOGITS, VIEWS
from nnvis.views.cam import default_at

THEIRS = {"gradcam": GradCAM, "gradcam++": GradCAMPlusPlus, "layercam": LayerCAM}
# What an in-place operation follows is left out: the package would read it overwritten.
LAYERS = ("maxpool", "layer1.1", "layer2.0.conv1", "layer3.0.conv2", "layer4")


@pytest.mark.parametrize("view", THEIRS)
def test_maps_are_those_of_the_package(view):
    torch.manual_seed(0)
    model = VisionModel(torchvision.models.resnet18(weights=None), input_size=(96, 96))
    x = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    modules = dict(model.network.named_modules())
    for layer in LAYERS:
        ours = VIEWS[view](model, x, unit=7, at=layer)
        with THEIRS[view](model, [modules[layer]]) as cam:
            expected = cam(x.clone().requires_grad_(), [ClassifierOutputTarget(7)] * 2)
        assert ours.amax((1, 2, 3)).min() > 0, layer
        scaled = scale_cam_image(ours[:, 0].numpy())  # as theirs, to 0 ... 1
        # The package adds 1e-6 to a denominator of Grad-CAM++ that may be smaller than that.
        assert abs(scaled - expected).max() < (0.02 if view == "gradcam++" else 1e-4), layer


def test_gradcam_plus_plus_is_equation_19_of_its_paper():
    model = load()
    model.findings  # noqa: B018 - the layers are found in single precision
    model.double()
    x = model.prepare(data.chelsea())[1].double()
    layer = default_at(model.layers, LOGITS)
    ours = VIEWS["gradcam++"](model, x, unit=281)
    seen = {}
    module = model.network.get_submodule(layer.partition("@")[0])
    handle = module.register_forward_hook(lambda *given: seen.update(maps=given[2]))
    score = model(x.requires_grad_())[0, 281]
    handle.remove()
    (g,) = torch.autograd.grad(score, seen["maps"])
    maps, g = seen["maps"].detach(), g.detach()
    bottom = 2 * g**2 + maps.sum((2, 3), keepdim=True) * g**3
    alpha = torch.where(g == 0, 0.0, g**2 / torch.where(g == 0, 1.0, bottom))
    weights = (alpha * g.clamp(min=0)).sum((2, 3), keepdim=True)
    expected = (weights * maps).sum(1, keepdim=True).clamp(min=0)
    expected = F.interpolate(expected, x.shape[2:], mode="bilinear", align_corners=False)
    torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-9)


def test_a_unit_inside_has_a_map_too():
    model = wrap(Branches(nn.ReLU(inplace=True)), (17, 17))
    x = torch.rand(2, 3, 17, 17)
    found = VIEWS["layercam"](model, x, layer="conv3", unit=1, cells="max", at="norm1")
    assert found.shape == (2, 1, 17, 17)
    assert found.min() >= 0


def test_maps_come_from_the_last_layer_that_can_speak():
    model = wrap(Branches(nn.ReLU()), (17, 17))
    assert default_at(model.layers, "head") == "relu@3"
    assert default_at(model.layers, "conv2") == "pool"
    tokens = wrap(Tokens(), (16, 16))
    at = default_at(tokens.layers, LOGITS)
    x = torch.rand(1, 3, 16, 16)
    assert VIEWS["gradcam"](tokens, x, unit=0, at=at).shape == (1, 1, 16, 16)
    with pytest.raises(UserError, match="no layer with maps stands before conv1"):
        VIEWS["gradcam"](model, torch.rand(1, 3, 17, 17), layer="conv1", unit=0)


def test_layers_that_do_not_feed_the_unit_are_refused():
    model = wrap(Branches(nn.ReLU()), (17, 17))
    x = torch.rand(1, 3, 17, 17)
    with pytest.raises(UserError, match="conv3 does not feed the unit; choose an earlier layer"):
        VIEWS["gradcam"](model, x, layer="conv2", unit=0, at="conv3")
    with pytest.raises(UserError, match="head has no maps to weigh"):
        VIEWS["gradcam"](model, x, unit=0, at="head")
