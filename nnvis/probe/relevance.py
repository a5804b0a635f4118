"""Layer-wise relevance propagation, laid on one forward pass of a network as it is.

What travels back is relevance over activation, so that sums, means, reshapes and pools need no rule
of their own: what they do to a gradient shares relevance out in proportion to the parts. Layers of
weights get the rule that is asked for; a batch norm after a convolution counts as one with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
    last: dict[int, tuple[nn.Module, Tensor, Tensor, int]] = {}  # convolutions' outputs

    def lay(module: nn.Module, given: Tensor, output: Tensor, weights: _Weights) -> Tensor:
        rule, pixels = _of(module, settings), given.is_leaf and given.requires_grad
        if rule.rule is RelevanceRule.EPSILON_GAMMA_BOX and pixels:
            laid.boxed = True
            return _Box.apply(given, output.detach(), weights, rule, laid)  # type: ignore[no-any-return]
        return _Rule.apply(given, output.detach(), weights, rule)  # type: ignore[no-any-return]

    def weighs(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        given = args[0]
        found = lay(module, given, output, _weights(module))
        last[id(found)] = module, given, found, found._version
        return found

    def norms(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        known = last.get(id(args[0]))
        if known is not None and args[0] is known[2] and args[0]._version == known[3]:
            before, given = known[0], known[1]
            weights = _merged(_weights(before), module, before)
            return lay(before, given, output, weights)
        plain = RuleSettings(RelevanceRule.EPSILON, settings.epsilon, settings.gamma)
        return _Rule.apply(args[0], output.detach(), _scale(module), plain)  # type: ignore[no-any-return]

    def activates(_module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        x: Tensor = args[0]
        return x * (output / _stable(x, STABILISER)).detach()

    with ExitStack() as hooks:
        for module in root.modules():
            hook: Any = None
            if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)):
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
        relevance = came * output
        if settings.rule is RelevanceRule.EPSILON:
            shared = relevance / _stable(output, settings.epsilon)
            return _back(weights, given, weights.weight, shared), None, None, None
        if settings.rule in (RelevanceRule.EPSILON_PLUS, RelevanceRule.Z_PLUS):
            found = _signed(weights, given, relevance, *_parts(weights.weight), _plus(weights.bias))
            return found, None, None, None
        gamma, weight, bias = settings.gamma, weights.weight, weights.bias
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
        return RuleSettings(RelevanceRule.EPSILON, settings.epsilon, settings.gamma)
    return settings


def _weights(module: Any) -> _Weights:
    weight = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    if isinstance(module, nn.Linear):
        return _Weights(lambda x, w: functional.linear(x, w), weight, bias)
    around = None if bias is None else bias.view(-1, *[1] * (weight.ndim - 2))
    return _Weights(lambda x, w: module._conv_forward(x, w, None), weight, around)


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
