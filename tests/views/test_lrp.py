"""Relevance: conserved, gradient times input where that is the same thing, and as zennit has it."""

import pytest
import torch
import torchvision
from torch import nn
from zennit.composites import EpsilonPlus, LayerMapComposite, layer_map_base
from zennit.rules import Epsilon, Gamma
from zennit.torchvision import ResNetCanonizer, VGGCanonizer
from zennit.types import Convolution, Linear

from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.progress import drain
from nnvis.views import SLOW_VIEWS
from nnvis.views.lrp import lrp
from nnvis.views.registry import LrpParameters

CANONIZERS = {"vgg11": VGGCanonizer, "vgg11_bn": VGGCanonizer, "resnet18": ResNetCanonizer}
SIDE = 32
EPSILON = 0.01  # holds sums near 0 back, which else round by themselves


def network(name, biases=True):
    torch.manual_seed(0)
    net = getattr(torchvision.models, name)(num_classes=10)
    if name.startswith("vgg"):  # its own head has a hundred million weights
        net.classifier = nn.Sequential(nn.Linear(512 * 49, 16), nn.ReLU(), nn.Linear(16, 10))
    net = net.double().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(-0.5, 1.5)
            if biases:
                module.running_mean.uniform_(-0.2, 0.2)
                module.bias.data.uniform_(-0.2, 0.2)
        elif isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            module.bias.data.uniform_(-0.1, 0.1).mul_(biases)
    return net


def wrapped(net):
    return VisionModel(net, input_size=(SIDE, SIDE)).double()


@pytest.fixture
def x():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(1, 3, SIDE, SIDE, generator=generator, dtype=torch.float64)


def composite(rule, name):
    canonizers = [CANONIZERS[name]()]
    if rule == "epsilon_plus":
        return EpsilonPlus(epsilon=EPSILON, canonizers=canonizers)
    own = Epsilon(EPSILON) if rule == "epsilon" else Gamma(0.25)
    layers = [*layer_map_base(stabilizer=1e-12), (Convolution, own), (Linear, Epsilon(EPSILON))]
    return LayerMapComposite(layers, canonizers=canonizers)


@pytest.mark.parametrize("name", CANONIZERS)
@pytest.mark.parametrize("rule", ["epsilon", "epsilon_plus", "gamma"])
def test_it_is_that_of_zennit(name, rule, x):
    model = wrapped(network(name))
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters(rule, EPSILON)))

    net = network(name)
    fed = ((x - model.mean) / model.std).requires_grad_()
    with composite(rule, name).context(net) as modified:
        out = modified(fed)
        start = torch.zeros_like(out)
        start[:, 3] = out[:, 3].detach()
        (expected,) = torch.autograd.grad(out, fed, start)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-4


def test_epsilon_is_gradient_times_input_in_a_network_of_relus(x):
    model = wrapped(network("vgg11_bn"))
    fed = ((x - model.mean) / model.std).requires_grad_()
    (gradient,) = torch.autograd.grad(model.logits(fed)[0, 3], fed)
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters("epsilon", 1e-12)))
    assert torch.allclose(found, gradient * fed, atol=1e-9, rtol=1e-4)


@pytest.mark.parametrize("name", CANONIZERS)
@pytest.mark.parametrize("rule", ["epsilon", "epsilon_plus", "gamma"])
def test_without_biases_the_score_is_shared_out_whole(name, rule, x):
    model = wrapped(network(name, biases=False))
    score = model(x)[0, 3].item()
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters(rule, 1e-9)))
    assert found.sum().item() == pytest.approx(score, rel=0.01)


def test_what_passes_each_unit_adds_up_to_the_whole(x):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 4, 3, 2), nn.ReLU(), nn.Flatten(),
        nn.Linear(4 * 14 * 14, 5),
    )  # fmt: skip
    model = wrapped(net.double())
    whole = drain(lrp(model, x, layer="", unit=3))
    parts = [drain(lrp(model, x, layer="", unit=3, through=("1", unit))) for unit in range(6)]
    assert torch.allclose(sum(parts), whole, atol=1e-9 + 1e-6 * float(whole.abs().max()))
    with pytest.raises(UserError, match="no unit 999"):
        drain(lrp(model, x, layer="", unit=3, through=("1", 999)))


def test_a_transformer_has_rules_and_a_gate_by_sigmoid_is_refused_by_name(x):
    import timm

    torch.manual_seed(0)
    tokens = timm.create_model("vit_tiny_patch16_224", img_size=SIDE, num_classes=5).double()
    found = drain(SLOW_VIEWS["lrp"](wrapped(tokens), x, layer="", unit=1, rule="epsilon"))
    assert found.isfinite().all()
    assert found.abs().max() > 0

    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

        def forward(self, x):
            y = self.conv(x)
            return self.head((y * torch.sigmoid(y)).mean((2, 3)))

    with pytest.raises(UserError, match="sigmoid"):
        drain(lrp(wrapped(Gate().double()), x, layer="", unit=0))


def test_the_network_is_as_it_was(x):
    model = wrapped(network("resnet18"))
    before = model(x)
    drain(lrp(model, x, layer="layer3", unit=2))
    assert torch.equal(model(x), before)
    assert not any(one._forward_hooks for one in model.modules())
