"""Fine-tuned networks of the libraries open without code, as large as their files are."""

from __future__ import annotations

import argparse
from collections import OrderedDict

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file, save_model
from torch import nn

from nnvis.errors import UserError
from nnvis.models import load

NETWORKS = {
    "timm/resnet18": 224, "timm/vit_tiny_patch16_224": 224, "timm/convnext_atto": 64,
    "timm/efficientnet_b0": 64, "timm/deit_tiny_distilled_patch16_224": 224,
    "torchvision/resnet18": 64, "torchvision/convnext_tiny": 64,
    "torchvision/efficientnet_b0": 64, "torchvision/squeezenet1_1": 64, "torchvision/googlenet": 64,
}  # fmt: skip


def build(spec, **options):
    library, _, name = spec.partition("/")
    if library == "timm":
        return timm.create_model(name, **options).eval()
    options = (
        {"init_weights": False, "aux_logits": False} | options if "googlenet" in name else options
    )
    return torchvision.models.get_model(name, weights=None, **options).eval()


def assert_opens(spec, module, path, size, **options):
    model = load(spec, weights=str(path), input_size=(size, size), **options)
    x = torch.rand(2, model.channels, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = module((x - model.mean) / model.std)
        torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=1e-5)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "classes"),
    [*((one, (2, 5, 37)[at % 3]) for at, one in enumerate(NETWORKS)), ("timm/convnext_atto", 2),
     ("timm/convnext_atto", 5), ("torchvision/squeezenet1_1", 5)],
)  # fmt: skip
def test_the_head_is_as_large_as_the_file_has_it(tmp_path, spec, classes):
    torch.manual_seed(classes)
    module = build(spec, num_classes=classes)
    torch.save(module.state_dict(), tmp_path / "w.pth")
    model = assert_opens(spec, module, tmp_path / "w.pth", NETWORKS[spec])
    assert model.classes == classes
    assert model.labels is None
    assert any(f"{classes} classes" in note for note in model.notes)
    assert model.random == ""


@pytest.mark.parametrize(
    ("spec", "head"), [("torchvision/resnet18", "fc"), ("timm/resnet18", "fc"),
                       ("torchvision/efficientnet_b0", "classifier.1")],
)  # fmt: skip
def test_a_head_in_a_sequence_with_a_dropout_is_taken_and_said(tmp_path, spec, head):
    module = build(spec)
    owner, _, last = head.rpartition(".")
    linear = nn.Linear(module.get_submodule(head).in_features, 3)
    setattr(module.get_submodule(owner), last, nn.Sequential(nn.Dropout(0.5), linear))
    torch.save(
        {"model." + name: one for name, one in module.eval().state_dict().items()},
        tmp_path / "w.pth",
    )
    model = assert_opens(spec, module, tmp_path / "w.pth", 64)
    assert model.classes == 3
    assert any(f"{head} is a sequence in w.pth" in note for note in model.notes)


def test_a_head_of_two_layers_is_refused(tmp_path):
    module = build("torchvision/resnet18")
    module.fc = nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, 3))
    torch.save(module.state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"fc\.0\.bias"):
        load("torchvision/resnet18", weights=str(tmp_path / "w.pth"))


def test_a_layer_in_a_sequence_that_others_follow_is_refused(tmp_path):
    module = build("torchvision/resnet18")
    module.conv1 = nn.Sequential(module.conv1, nn.ReLU())
    torch.save(module.state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"missing \(conv1\.weight"):
        load("torchvision/resnet18", weights=str(tmp_path / "w.pth"))


def test_a_head_that_the_file_has_twice_is_refused(tmp_path):
    module = build("torchvision/resnet18")
    twice = {f"fc.1.{name}": one * 0 for name, one in module.fc.state_dict().items()}
    torch.save({**module.state_dict(), **twice}, tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"unexpected \(fc\.1"):
        load("torchvision/resnet18", weights=str(tmp_path / "w.pth"))


def test_five_classes_of_a_vision_transformer_with_their_names(tmp_path):
    module = build("timm/vit_tiny_patch16_224", num_classes=5)
    stored = {
        "state_dict": module.state_dict(),
        "class_names": list("abcde"),
        "mean": [0.1, 0.2, 0.3],
    }
    torch.save(stored, tmp_path / "w.pth")
    model = assert_opens("timm/vit_tiny_patch16_224", module, tmp_path / "w.pth", 224)
    assert model.labels == tuple("abcde")
    torch.testing.assert_close(model.mean.flatten(), torch.tensor([0.1, 0.2, 0.3]))


@pytest.mark.parametrize("spec", ["timm/resnet18", "torchvision/resnet18"])
def test_the_channels_are_those_of_the_file(tmp_path, spec):
    module = build(spec, num_classes=1)
    module.conv1 = nn.Conv2d(5, 64, 7, 2, 3, bias=False)
    torch.save(module.state_dict(), tmp_path / "w.pth")
    model = assert_opens(spec, module, tmp_path / "w.pth", 64)
    assert (model.channels, model.meaning.scores) == (5, "sigmoid")
    drawn = load(spec, random_weights=True, channels=4, input_size=(64, 64))
    assert (drawn.channels, drawn.layers[0].name) == (4, "conv1")


def test_a_file_without_a_head_is_opened_and_the_head_wears_the_badge(tmp_path):
    module = build("timm/resnet18")
    state = {name: one for name, one in module.state_dict().items() if not name.startswith("fc.")}
    torch.save(state, tmp_path / "w.pth")
    model = load("timm/resnet18", weights=str(tmp_path / "w.pth"), input_size=(64, 64))
    assert model.random == "random weights in fc (seed 0)"
    torch.testing.assert_close(model.network.conv1.weight, module.conv1.weight, rtol=0, atol=0)


def test_a_larger_network_does_not_pass_for_a_smaller_one(tmp_path):
    torch.save(build("torchvision/resnet34").state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"does not fit ResNet: keys .* unexpected \(layer1\.2"):
        load("torchvision/resnet18", weights=str(tmp_path / "w.pth"))


def tiny_state(seed):
    return load("tiny", seed=seed).network.state_dict()


def write(path, stored):
    torch.save(stored, path)
    return str(path)


def test_a_training_script_of_timm_is_read_without_its_classes(tmp_path):
    args = argparse.Namespace(model="tiny", mean=None, img_size=48, extra=argparse.Namespace())
    path = write(
        tmp_path / "checkpoint.pth.tar",
        {"epoch": 3, "state_dict": tiny_state(1), "state_dict_ema": tiny_state(2), "args": args},
    )
    for ema, seed in ((None, 1), (True, 2), (False, 1)):
        model = load("tiny", weights=path, ema=ema)
        assert all(
            torch.equal(one, tiny_state(seed)[name])
            for name, one in model.network.state_dict().items()
        )
    assert model.input_size == (48, 48)
    assert any("raw and averaged" in note for note in load("tiny", weights=path).notes)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"ema": {"module": state}},
        lambda state: {
            "n_averaged": torch.tensor(3), **{f"module.{n}": one for n, one in state.items()}
        },
        lambda state: {"state_dict": {
            **{f"model.{n}": one for n, one in state.items()}, "criterion.weight": torch.ones(10)
        }},
        lambda state: {"state_dict": {
            **{f"net._orig_mod.{n}": one for n, one in state.items()},
            **{f"ema_net.{n}": one * 0 for n, one in state.items()},
        }, "optimizer": {"state": {0: {"step": torch.ones(1)}}}},
        lambda state: {"generator": {"x": torch.ones(2)}, "discriminator": OrderedDict(state)},
    ],
    ids=["nested", "averaged", "criterion", "two prefixes", "the one that fits"],
)  # fmt: skip
def test_the_largest_set_that_fits_is_found(tmp_path, wrap):
    model = load("tiny", weights=write(tmp_path / "w.pth", wrap(tiny_state(3))))
    assert all(
        torch.equal(one, tiny_state(3)[name]) for name, one in model.network.state_dict().items()
    )


def test_what_is_left_over_is_listed_and_a_kind_that_is_not_there_refused(tmp_path):
    state = {f"model.{name}": one for name, one in tiny_state(3).items()}
    path = write(tmp_path / "w.pth", {**state, "criterion.weight": torch.ones(10)})
    assert any("also holds criterion.weight" in one for one in load("tiny", weights=path).notes)
    with pytest.raises(UserError, match="holds no averaged"):
        load("tiny", weights=path, ema=True)


TIED = """
from torch import nn
import torch.nn.functional as F

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.enc = nn.Conv2d(3, 8, 3), nn.Linear(8, 8, bias=False)
        self.dec = nn.Linear(8, 8, bias=False)
        self.dec.weight = self.enc.weight

    def forward(self, x):
        return self.dec(F.relu(self.enc(self.c(x).mean((2, 3)))))
"""


def test_tied_weights_are_filled_in(tmp_path):
    (tmp_path / "nets.py").write_text(TIED)
    spec = f"{tmp_path}/nets.py:Tied"
    first = load(spec, seed=5, input_size=(16, 16))
    save_model(first.network, str(tmp_path / "w.safetensors"))
    second = load(spec, weights=str(tmp_path / "w.safetensors"), input_size=(16, 16))
    assert second.weights_hash == first.weights_hash
    assert second.network.dec.weight is second.network.enc.weight


def test_codes_of_a_quantised_network_are_refused_and_nan_is_told(tmp_path):
    state = tiny_state(1)
    codes = {
        name: (one * 50).to(torch.int8).contiguous() if one.ndim > 1 else one
        for name, one in state.items()
    }
    save_file(codes, tmp_path / "w.safetensors")
    with pytest.raises(UserError, match=r"refused: conv1\.weight is int8, codes of a quantised"):
        load("tiny", weights=str(tmp_path / "w.safetensors"))
    bad = {**state, "conv1.weight": state["conv1.weight"] * float("nan")}
    model = load("tiny", weights=write(tmp_path / "nan.pth", bad))
    assert any("216 values that are NaN, in conv1.weight" in note for note in model.notes)
