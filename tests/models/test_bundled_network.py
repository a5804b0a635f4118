"""The bundled network is timm's, which it does without."""

from __future__ import annotations

import pytest
import timm
import torch
from torchvision.models import ResNet18_Weights

from nnvis.models import load


@pytest.fixture(scope="module")
def model():
    return load("efficientnet_lite0", "cpu")


@pytest.fixture(scope="module")
def theirs(model):
    """timm's own, with the same weights in the same layout of memory."""
    network = timm.create_model("tf_efficientnet_lite0").eval()
    network.load_state_dict(model.network.state_dict())
    return network.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(224, 224), (161, 230)])
def test_it_computes_what_timms_does_to_the_last_bit(model, theirs, size):
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(model.network(x), theirs(x))
    slopes = []
    for network in (model.network, theirs):
        leaf = x.clone().requires_grad_()
        slopes.append(torch.autograd.grad(network(leaf)[0, 7], leaf)[0])
    assert torch.equal(*slopes)


def test_its_weights_and_layers_have_timms_names(model, theirs):
    assert list(model.network.state_dict()) == list(theirs.state_dict())
    modules = dict(theirs.named_modules())
    for layer in model.layers:
        assert type(modules[layer.name.split("@")[0]]).__name__ == layer.kind


def test_it_is_fed_and_labelled_as_timm_has_it(model):
    known = timm.data.resolve_model_data_config(timm.create_model("tf_efficientnet_lite0"))
    reference = timm.data.create_transform(**known)
    assert str(model.reference()) == str(reference)
    assert model.labels == tuple(ResNet18_Weights.DEFAULT.meta["categories"])
