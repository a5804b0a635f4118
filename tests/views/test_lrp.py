"""Relevance: conserved, gradient times input where that is the same thing, and as zennit has it."""

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.vgg import make_layers
from zennit.composites import EpsilonGammaBox, EpsilonPlus, LayerMapComposite, layer_map_base
from zennit.rules import Epsilon, Gamma, ZPlus
from zennit.torchvision import ResNetCanonizer, VGGCanonizer
from zennit.types import Convolution, Linear

from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.probe.relevance import require_rules
from nnvis.progress import drain
from nnvis.views.lrp import lrp
from nnvis.views.registry import LrpParameters

CANONIZERS = {"vgg": VGGCanonizer, "vgg_bn": VGGCanonizer, "resnet": ResNetCanonizer}
WIDTHS = [16, "M", 32, "M", 48, 48, "M", 48, 48, "M", 64, 64, "M"]  # VGG-11, but narrow
RULES = ["epsilon", "epsilon_plus", "gamma", "z_plus", "epsilon_gamma_box"]
SIDE = 32
EPSILON = 0.01  # holds sums near 0 back, which else round by themselves


def network(name, biases=True):
    torch.manual_seed(0)
    if name == "resnet":
        net = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
    else:
        head = nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)
        net = nn.Sequential(make_layers(WIDTHS, name == "vgg_bn"), nn.Flatten(), *head)
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
        if isinstance(module, nn.Conv2d):  # as large as in torchvision's, so that none is lost
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net


def wrapped(net):
    return VisionModel(net, input_size=(SIDE, SIDE)).double()


@pytest.fixture
def x():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(1, 3, SIDE, SIDE, generator=generator, dtype=torch.float64)


def composite(rule, name, model):
    canonizers = [CANONIZERS[name]()]
    if rule == "epsilon_plus":
        return EpsilonPlus(epsilon=EPSILON, canonizers=canonizers)
    if rule == "epsilon_gamma_box":
        low, high = ((end - model.mean) / model.std for end in (0, 1))
        ends = {"low": low.expand(1, 3, SIDE, SIDE), "high": high.expand(1, 3, SIDE, SIDE)}
        return EpsilonGammaBox(**ends, epsilon=EPSILON, stabilizer=1e-12, canonizers=canonizers)
    if rule == "z_plus":
        layers = [*layer_map_base(stabilizer=1e-12), (Convolution, ZPlus()), (Linear, ZPlus())]
        return LayerMapComposite(layers, canonizers=canonizers)
    own = Epsilon(EPSILON) if rule == "epsilon" else Gamma(0.25)
    layers = [*layer_map_base(stabilizer=1e-12), (Convolution, own), (Linear, Epsilon(EPSILON))]
    return LayerMapComposite(layers, canonizers=canonizers)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("vgg_bn", "epsilon_plus"),
        *((one, rule) for one in ("vgg", "resnet") for rule in RULES),
    ],
)
def test_it_is_that_of_zennit(name, rule, x):
    model = wrapped(network(name))
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters(rule, EPSILON)))

    net = network(name)
    fed = ((x - model.mean) / model.std).requires_grad_()
    with composite(rule, name, model).context(net) as modified:
        out = modified(fed)
        start = torch.zeros_like(out)
        start[:, 3] = out[:, 3].detach()
        (expected,) = torch.autograd.grad(out, fed, start)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-4


def test_epsilon_is_gradient_times_input_in_a_network_of_relus(x):
    model = wrapped(network("vgg_bn"))
    fed = ((x - model.mean) / model.std).requires_grad_()
    (gradient,) = torch.autograd.grad(model.logits(fed)[0, 3], fed)
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters("epsilon", 1e-12)))
    assert torch.allclose(found, gradient * fed, atol=1e-9, rtol=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_relevance_that_no_bias_takes_is_whole(rule, x):
    model, told = wrapped(network("vgg")), []
    options = LrpParameters(rule, 1e-9, biases=False)
    found = drain(lrp(model, x, layer="", unit=3, options=options), told.append)
    assert "it is conserved" in told[-1].note
    assert found.sum().item() == pytest.approx(model(x)[0, 3].item(), rel=0.01)


@pytest.mark.parametrize("name", ["vgg", "resnet"])
@pytest.mark.parametrize("rule", RULES)
def test_without_biases_the_score_is_shared_out_whole(name, rule, x):
    model = wrapped(network(name, biases=False))
    score = model(x)[0, 3].item()
    told = []
    found = drain(lrp(model, x, layer="", unit=3, options=LrpParameters(rule, 1e-9)), told.append)
    assert "it is conserved" in told[-1].note
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
    told = []
    drain(lrp(model, x, layer="", unit=3, through=("1", 2)), told.append)
    assert "of the score" in told[-1].note
    assert "passes 1:2" in told[-1].note
    with pytest.raises(UserError, match="does not feed"):
        drain(lrp(model, x, layer="1", unit=3, through=("3", 1)))
    with pytest.raises(UserError, match="no unit 999"):
        drain(lrp(model, x, layer="", unit=3, through=("1", 999)))


def transformer(kind):
    """A transformer whose biases are 0, as wide as needed for its parts."""
    import timm

    torch.manual_seed(0)
    if kind == "timm":
        net = timm.create_model("vit_tiny_patch16_224", img_size=SIDE, num_classes=5, depth=3)
    else:
        net = torchvision.models.VisionTransformer(SIDE, 8, 2, 2, 32, 64, num_classes=5)
        nn.init.normal_(net.heads.head.weight)
    for name, one in net.named_parameters():
        if "bias" in name:
            one.data.zero_()
        elif "pos_embed" in name or "class_token" in name or "cls_token" in name:
            one.data.mul_(0)  # they are inputs of their own, which take relevance
    return wrapped(net.double())


@pytest.mark.parametrize("kind", ["timm", "torchvision"])
def test_transformers_conserve_where_attention_is_a_constant_and_say_what_they_lose(kind, x):
    model, told = transformer(kind), []
    score = model(x)[0, 1].item()
    cp = LrpParameters("epsilon", 1e-9, attention="cp")
    found = drain(lrp(model, x, layer="", unit=1, options=cp), told.append)
    assert found.sum().item() == pytest.approx(score, rel=0.01)
    assert "it is conserved" in told[-1].note
    attn = LrpParameters("epsilon", 1e-9)
    lost = drain(lrp(model, x, layer="", unit=1, options=attn), told.append)
    assert not torch.allclose(lost, found)
    said = told[-1].note
    assert ("conserved" in said) == (abs(lost.sum().item() - score) <= 0.01 * abs(score))


def test_attention_is_shared_out_as_written_down_by_hand():
    """One query's softmax over two keys, and a product of its weights with two values."""
    queries = torch.tensor([[0.7, -0.2]], dtype=torch.float64, requires_grad=True)
    values = torch.tensor([[1.5], [-0.4]], dtype=torch.float64, requires_grad=True)
    out = (queries.softmax(1) @ values) * 1.0
    weights = queries.softmax(1).detach()[0]
    with require_rules([out.grad_fn]):
        sent = torch.autograd.grad(out, [queries, values], torch.ones_like(out), retain_graph=True)
    own = weights * values.detach()[:, 0]  # relevance of each product, of which both get half
    assert torch.allclose(sent[1][:, 0] * values[:, 0], own / 2)
    softmax = own / 2 - weights * (own / 2).sum()  # AttnLRP, eq. 13, over the activation
    assert torch.allclose(sent[0][0], softmax)
    with require_rules([out.grad_fn], constant_attention=True):
        sent = torch.autograd.grad(out, [queries, values], torch.ones_like(out))
    assert torch.allclose(sent[1][:, 0] * values[:, 0], own)
    assert not sent[0].any()


def test_a_norm_over_channels_and_an_activation_by_function_conserve(x):
    from timm.layers import LayerNorm2d

    class Next(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 8, 3, bias=False), LayerNorm2d(8, eps=0)
            self.head = nn.Linear(8, 5, bias=False)

        def forward(self, x):
            y = nn.functional.gelu(self.norm(self.conv(x)))
            return self.head(nn.functional.silu(y).mean((2, 3)))

    torch.manual_seed(0)
    model = wrapped(Next().double())
    options = LrpParameters("epsilon", 1e-12)
    found = drain(lrp(model, x, layer="", unit=2, options=options))
    assert found.sum().item() == pytest.approx(model(x)[0, 2].item(), rel=0.01)


def test_convolutions_that_pad_for_themselves_conserve_and_those_that_do_more_are_refused(x):
    from timm.layers import Conv2dSame, StdConv2d

    torch.manual_seed(0)
    rest = (nn.ReLU(), nn.Flatten(), nn.Linear(8 * 256, 5, bias=False))
    model = wrapped(nn.Sequential(Conv2dSame(3, 8, 3, 2, bias=False), *rest).double())
    found = drain(lrp(model, x, layer="", unit=2, options=LrpParameters("epsilon", 1e-12)))
    assert found.sum().item() == pytest.approx(model(x)[0, 2].item(), rel=0.01)
    model = wrapped(nn.Sequential(StdConv2d(3, 8, 3, 2, padding=1), *rest).double())
    with pytest.raises(UserError, match="no rule for StdConv2d"):
        drain(lrp(model, x, layer="", unit=2))


def test_what_does_not_fit_a_rule_is_refused_by_name(x):
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

        def forward(self, x):
            y = self.conv(x)
            return self.head((y * torch.sigmoid(y)).mean((2, 3)))

    with pytest.raises(UserError, match="sigmoid"):
        drain(lrp(wrapped(Gate().double()), x, layer="", unit=0))

    class Shifted(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

        def forward(self, x):
            return self.head(self.conv(x + 1).mean((2, 3)))

    box = LrpParameters("epsilon_gamma_box")
    with pytest.raises(UserError, match="not fed by the picture itself"):
        drain(lrp(wrapped(Shifted().double()), x, layer="", unit=0, options=box))


def test_the_network_is_as_it_was(x):
    model = wrapped(network("resnet"))
    before = model(x)
    drain(lrp(model, x, layer="layer3", unit=2))
    assert torch.equal(model(x), before)
    assert not any(one._forward_hooks for one in model.modules())
