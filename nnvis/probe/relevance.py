"""Layer-wise relevance propagation, laid on one forward pass of a network as it is.

What travels back is relevance over activation, so that sums, means, reshapes and pools need no rule
of their own: what they do to a gradient shares relevance out in proportion to the parts. Layers of
weights get the rule that is asked for; a batch norm after a convolution counts as one with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.probe.nodes import NodeKind, below, kind_of
from nnvis.probe.record import network_of
from nnvis.probe.relevance_nodes import rule_of

STABILISER = 1e-6


class RelevanceRule(StrEnum):
    """What layers of weights do (Bach et al. 2015; Montavon et al. 2019, sec. 10.2)."""

    EPSILON = "epsilon"  # in proportion to each part; small sums are held back
    EPSILON_PLUS = "epsilon_plus"  # convolutions by positive parts alone (z+), the rest as epsilon
    GAMMA = "gamma"  # convolutions favour positive parts, the rest as epsilon
    Z_PLUS = "z_plus"  # all by positive parts alone
    EPSILON_GAMMA_BOX = "epsilon_gamma_box"  # as gamma, the first by what pixels can be


@dataclass(frozen=True, slots=True, eq=False)
class RuleSettings:
    """A rule and its constants."""

    rule: RelevanceRule
    epsilon: float
    gamma: float
    low: Tensor | None = None  # (1,C,1,1): the least that a value of the input can be, for the box
    high: Tensor | None = None
    biases: bool = True  # take their part; else relevance is shared among a layer's inputs alone


class Laid:
    """What the rules found on the way back that does not go by the input's own values."""

    def __init__(self) -> None:
        self.boxed = False  # whether a layer is fed by the picture itself, under the box
        self.relevance: list[Tensor] = []  # (N,C,H,W) of the picture, from each of them


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """One linear map with its bias."""

    apply: Callable[[Tensor, Tensor], Tensor]  # (input, weight) -> output without bias
    weight: Tensor
    bias: Tensor | None  # shaped to broadcast


@contextmanager
def relevance_rules(model: nn.Module, settings: RuleSettings) -> Iterator[Laid]:
    """Lay rules on the forward passes inside; call `require_rules` on what they put out."""
    root, laid = network_of(model), Laid()
    last: dict[int, tuple[nn.Module, Tensor, Tensor, int, _Weights]] = {}  # convolutions' outputs

    def lay(module: nn.Module, given: Tensor, output: Tensor, weights: _Weights) -> Tensor:
        rule, pixels = _of(module, settings), given.is_leaf and given.requires_grad
        if rule.rule is RelevanceRule.EPSILON_GAMMA_BOX and pixels:
            laid.boxed = True
            return _Box.apply(given, output.detach(), weights, rule, laid)  # type: ignore[no-any-return]
        return _Rule.apply(given, output.detach(), weights, rule)  # type: ignore[no-any-return]

    def weighs(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        given = args[0]
        weights = _weights(module, given, output)
        found = lay(module, given, output, weights)
        last[id(found)] = module, given, found, found._version, weights
        return found

    def norms(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        known = last.get(id(args[0]))
        if known is not None and args[0] is known[2] and args[0]._version == known[3]:
            before, given = known[0], known[1]
            weights = _merged(known[4], module, before)
            return lay(before, given, output, weights)
        plain = replace(settings, rule=RelevanceRule.EPSILON)
        return _Rule.apply(args[0], output.detach(), _scale(module), plain)  # type: ignore[no-any-return]

    def activates(_module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        x: Tensor = args[0]
        return x * (output / _stable(x, STABILISER)).detach()

    with ExitStack() as hooks:
        for module in root.modules():
            hook: Any = None
            if isinstance(module, _LAYERS):
                hook = weighs
            elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
                hook = norms
            elif isinstance(module, _ACTIVATIONS):
                hook = activates
            if hook is not None:
                hooks.callback(module.register_forward_hook(hook).remove)
        yield laid


@contextmanager
def require_rules(roots: Iterable[Node], *, constant_attention: bool = False) -> Iterator[None]:
    """Check that all on the way back has a rule, and lay those of operations while inside.

    See `rule_of` for them.

    Args:
        roots: where the way back begins.
        constant_attention: attention weights get no relevance, the values all of it.

    Raises:
        UserError: the network does something for which there is no rule.
    """
    handles = []
    try:
        for node in below(roots):
            kind, name = kind_of(node)
            operation = node.name()
            if operation.startswith(("_Rule", "_Box")) or kind in (NodeKind.LINEAR, NodeKind.RELU):
                continue
            rule = rule_of(node, constant_attention=constant_attention)
            if rule is not None:
                handles.append(node.register_hook(rule))
            elif not operation.startswith(("SoftmaxBackward", "SafeSoftmaxBackward")):
                raise UserError(
                    f"relevance has no rule for {name}, which this network does on the way; "
                    "choose another view"
                )
        yield
    finally:
        for handle in handles:
            handle.remove()


_ACTIVATIONS = (
    nn.ReLU6, nn.GELU, nn.SiLU, nn.Hardswish, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.Softplus,
    nn.Mish, nn.Tanh,
)  # fmt: skip


class _Rule(torch.autograd.Function):
    """The identity on what a layer put out; the rule is what comes back through it."""

    @staticmethod
    def forward(
        ctx: Any, given: Tensor, output: Tensor, weights: _Weights, settings: RuleSettings
    ) -> Tensor:
        ctx.save_for_backward(given, output)
        ctx.weights, ctx.settings = weights, settings
        return output.clone()

    @staticmethod
    def backward(ctx: Any, came: Tensor) -> tuple[Tensor, None, None, None]:
        given, output = ctx.saved_tensors
        weights, settings = ctx.weights, ctx.settings
        relevance, bias = came * output, weights.bias if settings.biases else None
        if settings.rule is RelevanceRule.EPSILON:
            total = output if settings.biases else weights.apply(given, weights.weight)
            shared = relevance / _stable(total, settings.epsilon)
            return _back(weights, given, weights.weight, shared), None, None, None
        if settings.rule in (RelevanceRule.EPSILON_PLUS, RelevanceRule.Z_PLUS):
            found = _signed(weights, given, relevance, *_parts(weights.weight), _plus(bias))
            return found, None, None, None
        gamma, weight = settings.gamma, weights.weight
        up, down = weight + gamma * weight.clamp(min=0), weight + gamma * weight.clamp(max=0)
        above = None if bias is None else bias + gamma * bias.clamp(min=0)
        below_ = None if bias is None else bias + gamma * bias.clamp(max=0)
        found = _signed(weights, given, relevance * (output > 0), up, down, above)
        found = found + _signed(weights, given, relevance * (output < 0), down, up, below_)
        return found, None, None, None


class _Box(torch.autograd.Function):
    """As _Rule, for a layer fed by pixels: against the least and the most that they can be.

    Montavon et al. 2017, sec. 4.2. A pixel of value 0 gets its part as well, so relevance is noted
    apart, and nothing travels on.
    """

    @staticmethod
    def forward(
        ctx: Any, given: Tensor, output: Tensor, weights: _Weights, settings: RuleSettings,
        laid: Laid,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(given, output)
        ctx.weights, ctx.settings, ctx.laid = weights, settings, laid
        return output.clone()

    @staticmethod
    def backward(ctx: Any, came: Tensor) -> tuple[Tensor, None, None, None, None]:
        given, output = ctx.saved_tensors
        weights, settings = ctx.weights, ctx.settings
        low, high = settings.low.expand_as(given), settings.high.expand_as(given)
        plus, minus = _parts(weights.weight)
        total = weights.apply(given, weights.weight)
        total = total - weights.apply(low, plus) - weights.apply(high, minus)
        shared = came * output / _stable(total, STABILISER)
        found = given * _back(weights, given, weights.weight, shared)
        found = found - low * _back(weights, given, plus, shared)
        ctx.laid.relevance.append((found - high * _back(weights, given, minus, shared)).detach())
        return torch.zeros_like(given), None, None, None, None


def _signed(
    weights: _Weights, given: Tensor, relevance: Tensor, for_positive: Tensor,
    for_negative: Tensor, bias: Tensor | None,
) -> Tensor:  # fmt: skip
    """Share out by one weight where the input is positive and by another where it is negative."""
    positive, negative = given.clamp(min=0), given.clamp(max=0)
    total = weights.apply(positive, for_positive) + weights.apply(negative, for_negative)
    if bias is not None:
        total = total + bias
    shared = relevance / _stable(total, STABILISER)
    return torch.where(
        given > 0,
        _back(weights, given, for_positive, shared),
        torch.where(given < 0, _back(weights, given, for_negative, shared), 0),
    )


def _back(weights: _Weights, like: Tensor, weight: Tensor, shared: Tensor) -> Tensor:
    with torch.enable_grad():
        x = torch.zeros_like(like).requires_grad_()
        (found,) = torch.autograd.grad(weights.apply(x, weight), x, shared)
    return found


def _parts(weight: Tensor) -> tuple[Tensor, Tensor]:
    return weight.clamp(min=0), weight.clamp(max=0)


def _plus(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.clamp(min=0)


def _stable(values: Tensor, epsilon: float) -> Tensor:
    return values + torch.where(values < 0, -epsilon, epsilon)


def _of(module: nn.Module, settings: RuleSettings) -> RuleSettings:
    if isinstance(module, nn.Linear) and settings.rule is not RelevanceRule.Z_PLUS:
        return replace(settings, rule=RelevanceRule.EPSILON)
    return settings


def _weights(module: Any, given: Tensor, output: Tensor) -> _Weights:
    """Return the linear map of a layer.

    Raises:
        UserError: the layer does more than such layers do, as some of other libraries.
    """
    weight = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    linear = isinstance(module, nn.Linear)
    if bias is not None and not linear:
        bias = bias.view(-1, *[1] * (weight.ndim - 2))
    known = next(one for one in _LAYERS if isinstance(module, one))
    applied: list[Callable[[Tensor, Tensor], Tensor]] = [
        functional.linear if linear else lambda x, w: module._conv_forward(x, w, None)
    ]
    if type(module).forward is known.forward:
        return _Weights(applied[0], weight, bias)
    if not linear:
        applied.append(
            lambda x, w: module._conv_forward(functional.pad(x, _same(module, x)), w, None)
        )
    for apply in applied:
        with torch.no_grad():
            found = apply(given, weight)
            found = found if bias is None else found + bias
        if found.shape == output.shape and torch.allclose(found, output, rtol=1e-3, atol=1e-4):
            return _Weights(apply, weight, bias)
    raise UserError(
        f"relevance has no rule for {type(module).__name__}, a layer of this network; choose "
        "another view"
    )


_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def _same(module: Any, x: Tensor) -> list[int]:
    """Return the padding by which a stride divides the size, as TensorFlow does it."""
    pads: list[int] = []
    for side, kernel, stride, apart in zip(
        x.shape[:1:-1], module.kernel_size[::-1], module.stride[::-1], module.dilation[::-1],
        strict=True,
    ):  # fmt: skip
        more = max((-(-side // stride) - 1) * stride + (kernel - 1) * apart + 1 - side, 0)
        pads += [more // 2, more - more // 2]
    return pads


def _merged(weights: _Weights, norm: Any, before: nn.Module) -> _Weights:
    """Return a layer and the batch norm after it as one."""
    scale, shift = _affine(norm)
    channels = (-1, *[1] * (weights.weight.ndim - 1))
    spatial = (-1,) if isinstance(before, nn.Linear) else (-1, *[1] * (weights.weight.ndim - 2))
    bias = shift.view(spatial)
    if weights.bias is not None:
        bias = bias + weights.bias * scale.view(spatial)
    return _Weights(weights.apply, weights.weight * scale.view(channels), bias)


def _scale(norm: Any) -> _Weights:
    """Return a batch norm that stands alone."""
    scale, shift = _affine(norm)
    dims = {nn.BatchNorm1d: 0, nn.BatchNorm2d: 2, nn.BatchNorm3d: 3}
    spatial = (-1, *[1] * next(many for kind, many in dims.items() if isinstance(norm, kind)))
    return _Weights(lambda x, w: x * w, scale.view(spatial), shift.view(spatial))


def _affine(norm: Any) -> tuple[Tensor, Tensor]:
    if norm.running_mean is None or norm.running_var is None:
        raise UserError("relevance has no rule for a batch norm without running statistics")
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight.detach()
    shift = -norm.running_mean * scale
    return scale, shift if norm.bias is None else shift + norm.bias.detach()
