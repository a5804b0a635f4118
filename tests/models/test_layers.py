"""Every layer is found, in order, and laid out as it is."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn
from torchvision.models.swin_transformer import SwinTransformer

from nnvis.models import VisionModel, load, tiny
from nnvis.models.layers import to_maps
from nnvis.probe import record


def by_name(model):
    return {one.name: one for one in model.layers}


def seen_maps(model, name):
    info = by_name(model)[name]
    x = torch.rand(1, 3, *model.input_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), record(model, [name]) as seen:
        model(x)
    return info, seen[name], *to_maps(seen[name], info)


def test_layers_come_in_the_order_in_which_they_end():
    found = [(one.name, one.family, one.shape, one.units, one.map_shape) for one in tiny().layers]
    assert found == [
        ("conv1", "conv", (8, 32, 32), 8, (32, 32)),
        ("relu1", "activation", (8, 32, 32), 8, (32, 32)),
        ("pool1", "pool", (8, 16, 16), 8, (16, 16)),
        ("conv2", "conv", (16, 16, 16), 16, (16, 16)),
        ("norm2", "norm", (16, 16, 16), 16, (16, 16)),
        ("relu2", "activation", (16, 16, 16), 16, (16, 16)),
        ("conv3", "conv", (16, 8, 8), 16, (8, 8)),
        ("relu3", "activation", (16, 8, 8), 16, (8, 8)),
        ("pool3", "pool", (16, 1, 1), 16, (1, 1)),
        ("flat", "other", (16,), 16, (1, 1)),
        ("head", "linear", (10,), 10, (1, 1)),
    ]


def test_blocks_follow_what_they_are_made_of_and_idle_modules_are_left_out():
    model = load("torchvision/mobilenet_v3_small", random_weights=True)
    names = [one.name for one in model.layers]
    layers = by_name(model)
    assert names.index("features.1.block.0.0") < names.index("features.1.block")
    assert layers["features.1"].family == "block"
    assert layers["features.1"].depth == 1
    assert not any("Dropout" in one.kind or one.kind == "Identity" for one in model.layers)
    assert names[-1] == "classifier"


def test_class_and_register_tokens_are_kept_apart():
    net = timm.models.VisionTransformer(
        img_size=(32, 64), patch_size=16, embed_dim=24, depth=1, num_heads=2, reg_tokens=3,
        num_classes=5,
    )  # fmt: skip
    info, output, maps, prefix = seen_maps(VisionModel(net, input_size=(32, 64)), "blocks.0.mlp")
    assert (info.layout, info.units, info.map_shape, info.prefix) == ("tokens", 24, (2, 4), 4)
    assert maps.shape == (24, 2, 4)
    torch.testing.assert_close(maps[7, 1, 2], output[0, 4 + 1 * 4 + 2, 7])
    torch.testing.assert_close(prefix, output[0, :4].T)


def test_channels_last_maps_are_told_from_channels_first_ones():
    net = SwinTransformer([4, 4], 12, [1, 1], [2, 2], [7, 7], num_classes=5)
    model = VisionModel(net, input_size=(56, 56))
    layers = by_name(model)
    assert layers["features.0.0"].layout == "maps"
    for name in ("features.0.1", "features.1.0.mlp.1", "features.2.norm", "features.3"):
        assert layers[name].layout == "maps_last"
    assert layers["permute"].layout == "maps"
    info, output, maps, _ = seen_maps(model, "features.3.0")
    assert (info.units, info.map_shape) == (24, (7, 7))
    assert maps.untyped_storage().data_ptr() == output.untyped_storage().data_ptr()
    torch.testing.assert_close(maps[5, 1, 2], output[0, 1, 2, 5])


class Shapes(nn.Module):
    """Puts out what no layer list can use, between what it can."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.windows = Calls(lambda x: x.reshape(6, 4, 4, 16).permute(1, 2, 3, 0).reshape(4, 64, 6))
        self.heads = nn.Softmax(-1)
        self.nothing = Calls(lambda x: None)
        self.integers = Calls(lambda x: x.argmax(1))
        self.flat = nn.Flatten(2)
        self.line = nn.Conv1d(6, 7, 3)
        self.video = nn.Conv3d(1, 2, 3, padding=1)

    def forward(self, x):
        x = self.conv(x)
        self.windows(x)
        self.heads(torch.rand(1, 2, 65, 65))
        self.nothing(x)
        self.integers(x)
        self.video(x[:, None])
        return self.line(self.flat(x)).mean(2)


class Calls(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def test_odd_outputs_are_skipped_or_folded_but_never_shown_wrong():
    model = VisionModel(Shapes(), input_size=(32, 32), channels=3)
    found = {one.name: (one.layout, one.units, one.map_shape) for one in model.layers}
    assert found == {
        "conv": ("maps", 6, (16, 16)),
        "video": ("maps", 2, (6 * 16, 16)),
        "flat": ("maps", 6, (16, 16)),
        "line": ("maps", 7, (1, 254)),
    }
    for name in found:
        info, _, maps, prefix = seen_maps(model, name)
        assert maps.shape == (info.units, *info.map_shape)
        assert prefix.shape == (info.units, 0)


@pytest.mark.parametrize("spec", ["timm/test_convnext", "timm/test_vit", "tiny"])
def test_every_listed_layer_can_be_recorded(spec):
    model = load(spec, random_weights=True)
    x = torch.rand(1, 3, *model.input_size)
    with torch.no_grad(), record(model, [one.name for one in model.layers]) as seen:
        model(x)
    for info in model.layers:
        maps, prefix = to_maps(seen[info.name], info)
        assert maps.shape == (info.units, *info.map_shape)
        assert prefix.shape == (info.units, info.prefix)
