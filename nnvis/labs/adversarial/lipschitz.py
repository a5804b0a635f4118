"""How much the layers of a network can lengthen a change, and how much the network does.

Szegedy et al. 2014, sec. 4.3: the product of the layers' operator norms bounds how far the answers
move for a change of length one. The bound counts what no picture may reach, so what is lengthened
most at real photographs stands beside it. ReLU lengthens nothing; a skip adds one to a block's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.modules.batchnorm import _BatchNorm

from nnvis.models.registry import load
from nnvis.models.vision import VisionModel
from nnvis.probe import trace
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

NAME = "efficientnet_lite0"
LINEAR = (nn.Conv2d, nn.Linear)
PHOTOGRAPHS = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
ROUNDS, FEW_ROUNDS = (60, 20), (15, 6)  # of power iteration: of a layer, and of all at a picture


@dataclass(frozen=True)
class Bound:
    """Of one layer, its batch norm included."""

    name: str
    kind: str  # such as "5 x 5 depthwise, stride 2"
    norm: float


@dataclass(frozen=True)
class Stretches:
    """Of a network: bounds of its layers, and what it does at photographs, a value each."""

    layers: tuple[Bound, ...]
    bound: float  # of the whole, from pixels to logits
    worst: tuple[float, ...]  # how much the direction that is lengthened most is
    chance: tuple[float, ...]  # how much one of chance is
    edge: float = 1.0  # how many times as much a random matrix of its size would lengthen the worst


def bundled_stretches(quick: bool) -> Steps[Stretches]:
    """Measure the bundled network, which learnt ImageNet."""
    yield Progress(0, 0, "opening the bundled network")
    model = load(NAME)
    rounds, at_picture = FEW_ROUNDS if quick else ROUNDS
    size = tuple(one // 2 for one in model.input_size) if quick else model.input_size
    bounds: dict[str, Bound] = {}
    for part in linear_parts(model, size):
        norm = operator_norm(part.call, part.like, rounds)
        bounds[part.name] = Bound(part.name, part.kind, norm)
        yield Progress(0, 0, f"the bundled network: how much {part.name} can lengthen a change")
    x = torch.cat([model.tensor(model.prepare(read_sample(one))[0]) for one in PHOTOGRAPHS])
    worst: list[float] = []
    chance: list[float] = []
    x = interpolate(x, size, mode="area")
    for one in x.split(1):
        yield Progress(0, 0, "the bundled network: changes of photographs")
        most, usual = local(model, one, at_picture)
        worst.append(most)
        chance.append(usual)
    bound = whole(model, bounds, size)
    with torch.no_grad():
        edge = random_edge(x[0].numel(), model(x[:1]).numel())
    return Stretches(tuple(bounds.values()), bound, tuple(worst), tuple(chance), edge)


def random_edge(inputs: int, outputs: int) -> float:
    """How much more a matrix of independent numbers lengthens the worst change than a usual one.

    Its largest singular value is near sqrt(inputs) + sqrt(outputs) deviations (Marchenko & Pastur
    1967), and a change of chance becomes sqrt(outputs) of them. That the worst is ahead is true of
    every matrix; only what lies above this says something of a network.
    """
    return 1 + math.sqrt(inputs / outputs)


@dataclass(frozen=True)
class Part:
    """A convolution or linear layer with the batch norm behind it."""

    name: str
    kind: str
    call: Callable[[Tensor], Tensor]
    like: Tensor  # zeros, of the size that it gets


def linear_parts(model: VisionModel, size: tuple[int, ...]) -> list[Part]:
    """The layers of a network that is a chain, skips aside, fed pictures of `size`."""
    x = torch.zeros(1, model.channels, *size)
    calls = [
        one for one in trace(model, x) if not list(one.module.children()) or _norms(one.module)
    ]
    found, shape = [], tuple(x.shape)
    for place, one in enumerate(calls):
        if isinstance(one.module, LINEAR):
            later = (two.module for two in calls[place + 1 :])
            weighty = (two for two in later if _norms(two) or isinstance(two, LINEAR))
            call = _together(one.module, next(weighty, None))
            found.append(Part(one.name, _kind(one.module), call, torch.zeros(shape)))
        shape = one.shape
    return found


def operator_norm(layer: Callable[[Tensor], Tensor], like: Tensor, rounds: int) -> float:
    """The largest factor by which `layer`, linear or affine, lengthens a change of `like`.

    By power iteration, which comes from below.
    """
    die = torch.Generator().manual_seed(0)
    change = torch.randn(like.shape, generator=die).to(like)
    nothing = layer(torch.zeros_like(like)).detach()  # the bias
    length = 0.0
    for _ in range(rounds):
        change = (change / change.norm().clamp_min(1e-30)).requires_grad_()
        out = layer(change) - nothing
        length = float(out.detach().norm())
        (change,) = torch.autograd.grad(out, change, out.detach())
    return length


def local(model: nn.Module, x: Tensor, rounds: int) -> tuple[float, float]:
    """How much `model` lengthens small changes of the picture `x`: the worst, and one of chance.

    With one round both are the same change.
    """
    die = torch.Generator().manual_seed(0)
    change = torch.randn(x.shape, generator=die).to(x)
    x = x.detach().requires_grad_()
    out = model(x)
    # J'u is linear in u, so its slope along a change v is Jv: both from one pass.
    weight = torch.zeros_like(out, requires_grad=True)
    (back,) = torch.autograd.grad(out, x, weight, create_graph=True)
    lengths = []
    for _ in range(rounds):
        change = change / change.norm()
        (moved,) = torch.autograd.grad(back, weight, change, retain_graph=True)
        lengths.append(float(moved.norm()))
        (change,) = torch.autograd.grad(out, x, moved, retain_graph=True)
    return lengths[-1], lengths[0]


def whole(model: VisionModel, bounds: dict[str, Bound], size: tuple[int, ...]) -> float:
    """The bound from pixels to logits: products along the chain, one more for each skip."""
    product = float(1 / model.std.min())
    blocks: dict[str, float] = {}
    for name, one in bounds.items():
        block = ".".join(name.split(".")[:3]) if name.startswith("blocks") else ""
        if block:
            blocks[block] = blocks.get(block, 1.0) * one.norm
        else:
            product *= one.norm
    for block, norm in blocks.items():
        product *= norm + bool(getattr(model.network.get_submodule(block), "has_skip", False))
    # The mean over all cells of a map shortens by the root of their number.
    calls = trace(model, torch.zeros(1, model.channels, *size))
    (last,) = (one.shape for one in calls if one.name == "conv_head")
    return product / math.sqrt(last[2] * last[3])


def _norms(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm)


def _together(layer: nn.Module, norm: nn.Module | None) -> Callable[[Tensor], Tensor]:
    """The layer, and the scale of its batch norm without the activation that timm puts inside."""
    if not isinstance(norm, _BatchNorm) or norm.running_var is None:
        return layer
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight.detach()
    return lambda x: layer(x) * scale[:, None, None]


def _kind(layer: nn.Module) -> str:
    if not isinstance(layer, nn.Conv2d):
        return "linear"
    high, wide = layer.kernel_size
    text = f"{high} x {wide}" + (" depthwise" if layer.groups == layer.in_channels > 1 else "")
    return text + (f", stride {layer.stride[0]}" if layer.stride[0] > 1 else "")
