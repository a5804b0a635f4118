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

STABILISER = 1e-6


class RelevanceRule(StrEnum):
    """What layers of weights do (Bach et al. 2015; Montavon et al. 2019, sec. 10.2)."""

    EPSILON = "epsilon"  # in proportion to each part; small sums are held back
    EPSILON_PLUS = "epsilon_plus"  # convolutions by positive parts alone (z+), the rest as epsilon
    GAMMA = "gamma"  # convolutions favour positive parts, the rest as epsilon


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """A rule and its constants."""

    rule: RelevanceRule
    epsilon: float
    gamma: float


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """One linear map with its bias."""

    apply: Callable[[Tensor, Tensor], Tensor]  # (input, weight) -> output without bias
    weight: Tensor
    bias: Tensor | None  # shaped to broadcast


@contextmanager
def relevance_rules(model: nn.Module, settings: RuleSettings) -> Iterator[None]:
    """Lay rules on the forward passes inside; call `require_rules` on what they put out."""
    root = network_of(model)
    last: dict[int, tuple[nn.Module, Tensor, Tensor, int]] = {}  # convolutions' outputs

    def weighs(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        given = args[0]
        found = _Rule.apply(given, output.detach(), _weights(module), _of(module, settings))
        last[id(found)] = module, given, found, found._version
        return found  # type: ignore[no-any-return]

    def norms(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        known = last.get(id(args[0]))
        if known is not None and args[0] is known[2] and args[0]._version == known[3]:
            before, given = known[0], known[1]
            weights = _merged(_weights(before), module, before)
            return _Rule.apply(given, output.detach(), weights, _of(before, settings))  # type: ignore[no-any-return]
        plain = RuleSettings(RelevanceRule.EPSILON, settings.epsilon, settings.gamma)
        return _Rule.apply(args[0], output.detach(), _scale(module), plain)  # type: ignore[no-any-return]

    def activates(_module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
        x: Tensor = args[0]
        return x * (output / _stable(x, STABILISER)).detach()

    def layer_norms(module: Any, args: tuple[Any, ...], _output: Tensor) -> Tensor:
        """Ali et al. 2022, sec. 3.2: the deviation counts as a constant."""
        x = args[0]
        dims = tuple(range(-len(module.normalized_shape), 0))
        centred = x - x.mean(dims, keepdim=True)
        spread = (x.var(dims, unbiased=False, keepdim=True) + module.eps).sqrt().detach()
        found = centred / spread
        if module.weight is not None:
            found = found * module.weight
        shifted: Tensor = found if module.bias is None else found + module.bias
        return shifted

    with ExitStack() as hooks:
        for module in root.modules():
            hook: Any = None
            if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)):
                hook = weighs
            elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
                hook = norms
            elif isinstance(module, nn.LayerNorm):
                hook = layer_norms
            elif isinstance(module, _ACTIVATIONS):
                hook = activates
            if hook is not None:
                hooks.callback(module.register_forward_hook(hook).remove)
        yield


@contextmanager
def require_rules(roots: Iterable[Node]) -> Iterator[None]:
    """Check that all on the way back has a rule, and share products out while inside.

    Of a product both factors get half (Achtibat et al. 2024, eq. 15); of attention the values get
    half, and queries and keys a quarter each, which is the same rule twice.

    Raises:
        UserError: the network does something for which there is no rule.
    """
    handles = []
    try:
        for node in below(roots):
            kind, name = kind_of(node)
            operation = node.name()
            if operation.startswith("_Rule") or kind in (NodeKind.LINEAR, NodeKind.RELU):
                continue
            if operation.startswith("ScaledDotProduct"):
                handles.append(node.register_hook(_attention))
            elif operation.startswith(("BmmBackward", "MmBackward", "MulBackward")):
                handles.append(node.register_hook(_halved))
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
        if settings.rule is RelevanceRule.EPSILON_PLUS:
            found = _signed(weights, given, relevance, *_parts(weights.weight), _plus(weights.bias))
            return found, None, None, None
        gamma, weight, bias = settings.gamma, weights.weight, weights.bias
        up, down = weight + gamma * weight.clamp(min=0), weight + gamma * weight.clamp(max=0)
        above = None if bias is None else bias + gamma * bias.clamp(min=0)
        below_ = None if bias is None else bias + gamma * bias.clamp(max=0)
        found = _signed(weights, given, relevance * (output > 0), up, down, above)
        found = found + _signed(weights, given, relevance * (output < 0), down, up, below_)
        return found, None, None, None


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
    if isinstance(module, nn.Linear):
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


def _halved(sent: tuple[Tensor | None, ...], _came: object) -> tuple[Tensor | None, ...]:
    if sum(one is not None for one in sent) < 2:
        return sent
    return tuple(None if one is None else one / 2 for one in sent)


def _attention(sent: tuple[Tensor | None, ...], _came: object) -> tuple[Tensor | None, ...]:
    shares = (4, 4, 2)
    return tuple(
        None if one is None else one / (shares[place] if place < 3 else 1)
        for place, one in enumerate(sent)
    )
