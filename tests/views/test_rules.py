"""Guided backpropagation and deconvolution: against captum, by hand, for every way to rectify."""

import captum.attr
import pytest
import torch
import torchvision
from helpers.nets import RELUS, Branches, Call, wrap
from torch import nn
from torch.nn import functional as F

from nnvis.models.vision import VisionModel
from nnvis.views import VIEWS, rule_note

CAPTUM = {
    "gradient": captum.attr.NeuronGradient,
    "guided": captum.attr.NeuronGuidedBackprop,
    "deconv": captum.attr.NeuronDeconvolution,
}
DEEP = {
    "alexnet": (63, ["features.0", "features.3", "features.8", "features.12", "classifier.4"]),
    "vgg16": (32, ["features.0", "features.9", "features.17", "features.28", "classifier.3"]),
    "resnet18": (64, ["bn1", "layer1.1", "layer2.0.conv2", "layer3.1.bn1", "layer4"]),
}


def narrow_vgg16():
    """VGG-16 but for the width of its classifier, whose weights alone are half a gigabyte."""
    with torch.device("meta"):
        net = torchvision.models.vgg16(weights=None, init_weights=False)
    net.classifier[0], net.classifier[3] = nn.Linear(512 * 49, 64), nn.Linear(64, 64)
    net.classifier[6] = nn.Linear(64, 10)
    net.features = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["D"])
    return net


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
@pytest.mark.parametrize("name", DEEP)
def test_views_are_those_of_captum(name):
    side, layers = DEEP[name]
    torch.manual_seed(0)
    net = narrow_vgg16() if name == "vgg16" else getattr(torchvision.models, name)(weights=None)
    model = VisionModel(net, input_size=(side, side))
    x = torch.rand(1, 3, side, side)
    ours = {
        (view, layer): VIEWS[view](model, x, layer=layer, unit=3, cells="sum")
        for view in CAPTUM
        for layer in layers
    }
    for one in model.network.modules():  # the hooks of captum need it; ours had them as they were
        if isinstance(one, nn.ReLU):
            one.inplace = False
    modules = dict(model.network.named_modules())
    for (view, layer), picture in ours.items():
        theirs = CAPTUM[view](model, modules[layer]).attribute(
            x.clone().requires_grad_(), lambda output: output[:, 3].reshape(len(output), -1).sum(1)
        )
        largest = theirs.abs().max()
        assert largest > 0, (view, layer)
        assert (picture - theirs).abs().max() < 1e-5 * largest, (view, layer)


@pytest.mark.parametrize("way", RELUS)
@pytest.mark.parametrize("view", ["gradient", "guided", "deconv"])
def test_every_way_to_rectify_gives_the_same_picture(way, view):
    x = torch.rand(2, 3, 17, 17, generator=torch.Generator().manual_seed(1))
    plain = wrap(Branches(nn.ReLU()), (17, 17))
    model = wrap(Branches(RELUS[way]), (17, 17))
    for layer in ("norm1", "conv2", "head"):
        expected = VIEWS[view](plain, x, layer=layer, unit=2)
        assert torch.equal(VIEWS[view](model, x, layer=layer, unit=2), expected)
    assert rule_note(model, view) == ""


def test_deconvolution_by_hand():
    """Overlapping windows share a switch; what they bring there adds up, then is rectified."""
    split = nn.Conv2d(1, 2, 1, bias=False)  # x and -x
    join = nn.Conv2d(2, 1, 2, bias=False)
    net = nn.Sequential(split, nn.ReLU(inplace=True), nn.MaxPool2d(3, 2), join)
    model = wrap(net, (5, 5), channels=1)
    with torch.no_grad():
        split.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
        join.weight.copy_(torch.tensor([[[1.0, 2], [-4, 3]], [[1, -2], [3, -4]]])[None])
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 9  # the switch of all four windows of the first channel: 1 + 2 - 4 + 3 = 2
    x[0, 0, [0, 0, 4, 4], [0, 4, 0, 4]] = torch.tensor([-5.0, -6, -7, -8])  # 1, -2, 3, -4 there
    expected = torch.zeros(1, 1, 5, 5)
    expected[0, 0, 2, 2] = 2
    expected[0, 0, 0, 0], expected[0, 0, 4, 0] = -1, -3  # the second channel is -x
    assert torch.equal(VIEWS["deconv"](model, x, layer="3", unit=0, cells="sum"), expected)


def test_the_three_rules_differ_where_they_should_by_hand():
    """One weight each: a ReLU that is on or off, met by a signal that is positive or negative."""
    up, down = nn.Conv2d(1, 4, 1), nn.Conv2d(4, 1, 1)
    model = wrap(nn.Sequential(up, nn.ReLU(), down), (1, 1), channels=1)
    with torch.no_grad():
        up.weight.fill_(1)
        up.bias.copy_(torch.tensor([0.0, 0.0, -2.0, -2.0]))  # on, on, off, off
        for signals, gradient, guided, deconv in (
            ([5.0, -3.0, 0.0, 0.0], 2, 5, 5),
            ([0.0, 0.0, 7.0, -1.0], 0, 0, 7),
        ):
            down.weight.copy_(torch.tensor(signals).view(1, 4, 1, 1))
            x = torch.ones(1, 1, 1, 1)
            pictures = [
                VIEWS[view](model, x, layer="2", unit=0, cells="sum").item()
                for view in ("gradient", "guided", "deconv")
            ]
            assert pictures == [gradient, guided, deconv]


@pytest.mark.parametrize(
    ("rectify", "label"),
    [
        (nn.ReLU6(inplace=True), "ReLU6"),
        (lambda x: x.clamp(0, 6), "ReLU6"),
        (nn.SiLU(inplace=True), "SiLU"),
        (nn.GELU(), "GELU"),
        (nn.Hardswish(inplace=True), "Hardswish"),
        (nn.ELU(inplace=True), "ELU"),
        (nn.LeakyReLU(0.1, inplace=True), "LeakyReLU"),
        (F.mish, "Mish"),
    ],
)
def test_other_rectifiers_count_as_relus_and_it_is_said(rectify, label):
    model = wrap(Branches(rectify), (17, 17))
    assert rule_note(model, "deconv") == f"treated as ReLU: {label}"
    assert rule_note(model, "guided") == f"treated as ReLU: {label}"
    assert rule_note(model, "gradient") == ""
    # One weight each, met by the signals 5, 2 and -3.
    up, down = nn.Conv2d(1, 3, 1), nn.Conv2d(3, 1, 1)
    small = wrap(nn.Sequential(up, Call(rectify), down), (1, 1), channels=1)
    with torch.no_grad():
        up.weight.fill_(1)
        up.bias.copy_(torch.tensor([0.5, -1.5, 0.5]))
        down.weight.copy_(torch.tensor([5.0, 2, -3]).view(1, 3, 1, 1))
    inside = torch.tensor([1.5, -0.5, 1.5], requires_grad=True)
    (slopes,) = torch.autograd.grad(rectify(inside * 1).sum(), inside)
    one = torch.ones(1, 1, 1, 1)
    deconv = VIEWS["deconv"](small, one, layer="2", unit=0, cells="sum")
    guided = VIEWS["guided"](small, one, layer="2", unit=0, cells="sum")
    assert deconv.item() == 7
    assert guided.item() == pytest.approx(5 * slopes[0].item() + 2 * max(0, slopes[1].item()))


def test_what_is_neither_linear_nor_a_rectifier_is_named():
    torch.manual_seed(0)
    model = VisionModel(torchvision.models.mobilenet_v3_small(weights=None), input_size=(32, 32))
    assert rule_note(model, "deconv") == (
        "treated as ReLU: Hardswish; with their own gradient: hard sigmoid, product of two signals"
    )
    half = wrap(Call(lambda x: (y := x * 2, y[:, :1].relu_())[0]), (4, 4))
    assert rule_note(half, "deconv") == (
        "there is no ReLU on the way, so this is the gradient; "
        "with their own gradient: in-place change of a part"
    )
    assert rule_note(model, "guided", "features.0.0") == (
        "there is no ReLU on the way, so this is the gradient"
    )
