"""Relevance through operations that are no layers of weights, told by their autograd nodes.

What travels is relevance over activation; a rule says what goes on of what autograd would send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.nn import functional

from nnvis.probe.nodes import NodeKind, kind_of

Sent = tuple[Tensor | None, ...]
NodeRule = Callable[[Sent, Sent], Sent]  # what is sent on, what came -> what is sent on instead
_TINY = 1e-6
_ACTIVATIONS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "GeluBackward": lambda node, x: functional.gelu(x, approximate=node._saved_approximate),
    "SiluBackward": lambda _node, x: functional.silu(x),
    "MishBackward": lambda _node, x: functional.mish(x),
    "HardswishBackward": lambda _node, x: functional.hardswish(x),
    "LeakyReluBackward": lambda node, x: functional.leaky_relu(x, node._saved_negative_slope),
    "HardtanhBackward": lambda node, x: x.clamp(node._saved_min_val, node._saved_max_val),
}


def rule_of(node: Node, *, constant_attention: bool) -> NodeRule | None:
    """Return the rule of an operation, None where it has none of its own.

    Of a product both factors get half (Achtibat et al. 2024, "AttnLRP", eq. 15); of attention the
    values get half, queries and keys a quarter each, which is the same rule twice. With
    `constant_attention` its weights count as constants and the values get all (Ali et al. 2022,
    sec. 3.1, "CP-LRP"). In a layer norm the deviation is a constant (there, sec. 3.2). An
    activation hands on all that it gets.
    """
    operation = node.name()
    if operation.startswith("ScaledDotProduct"):
        return _values_alone if constant_attention else _attention
    if operation.startswith(("BmmBackward", "MmBackward", "MulBackward")):
        weights = _attending(node) if constant_attention else None
        return _halved if weights is None else _all_to(1 - weights)
    if operation.startswith("NativeLayerNormBackward"):
        return _layer_norm(node)
    for name, function in _ACTIVATIONS.items():
        if operation.startswith(name):
            return _handed_on(node, function)
    return None


def _halved(sent: Sent, _came: Sent) -> Sent:
    if sum(one is not None for one in sent) < 2:
        return sent
    return tuple(None if one is None else one / 2 for one in sent)


def _all_to(place: int) -> NodeRule:
    def rule(sent: Sent, _came: Sent) -> Sent:
        return tuple(
            one if at == place or one is None else torch.zeros_like(one)
            for at, one in enumerate(sent)
        )

    return rule


def _attention(sent: Sent, _came: Sent) -> Sent:
    shares = (4, 4, 2)
    return tuple(
        None if one is None else one / (shares[place] if place < 3 else 1)
        for place, one in enumerate(sent)
    )


def _values_alone(sent: Sent, came: Sent) -> Sent:
    return _all_to(2)(sent, came)


def _attending(node: Node) -> int | None:
    """Return which of two factors comes from a softmax, by reshapes alone; None: neither."""
    for place, (source, _) in enumerate(node.next_functions[:2]):
        while source is not None and kind_of(source)[0] is NodeKind.LINEAR:
            signals = [one for one, _ in source.next_functions if one is not None]
            source = signals[0] if len(signals) == 1 else None
        if source is not None and source.name().startswith(("SoftmaxBack", "SafeSoftmaxBack")):
            return place
    return None


def _layer_norm(node: Any) -> NodeRule:
    def rule(sent: Sent, came: Sent) -> Sent:
        signal = came[0]
        assert signal is not None
        dims = tuple(range(-len(node._saved_normalized_shape), 0))
        weight = node._saved_weight
        scaled = signal if weight is None else signal * weight
        found = (scaled - scaled.mean(dims, keepdim=True)) * node._saved_result2
        return (found, *sent[1:])

    return rule


def _handed_on(node: Any, function: Callable[[Any, Tensor], Tensor]) -> NodeRule:
    def rule(_sent: Sent, came: Sent) -> Sent:
        signal, x = came[0], node._saved_self
        assert signal is not None
        return (signal * function(node, x) / (x + torch.where(x < 0, -_TINY, _TINY)),)

    return rule
