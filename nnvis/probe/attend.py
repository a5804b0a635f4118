"""The attention weights of a pass, whichever way a network computes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from nnvis.probe.operations import OperationWatch

LATEST = 8  # products before a softmax, of which one is of queries and keys


@contextmanager
def attention() -> Iterator[list[Tensor]]:
    """Collect the attention weights (..., queries, keys) of the passes inside, in their order.

    Below autograd all ways to attend come down to a softmax over the last dimension, or to one of
    the fused kernels, whose weights are computed once more from their queries and keys. Networks
    built of nn.MultiheadAttention are only seen with gradients on: without, PyTorch may run a
    kernel that keeps its weights to itself.
    """
    watch = _Watch()
    with watch:
        yield watch.weights


@contextmanager
def attention_inputs() -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Collect the queries (..., queries, d) and keys (..., keys, d) of the same, in their order.

    Where a network multiplies them itself, they are what the product was made of whose shape is
    that of the softmax; where there is none, they are empty.
    """
    watch = _Watch()
    with watch:
        yield watch.inputs


class _Watch(OperationWatch):
    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []
        self.inputs: list[tuple[Tensor, Tensor]] = []
        self._products: list[tuple[Tensor, Tensor]] = []  # since the last softmax

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        out = func(*args, **named)
        name = func._schema.name
        if name.startswith("aten::_scaled_dot_product") and "backward" not in name:
            names = [one.name for one in func._schema.arguments]
            given = {**dict(zip(names, args, strict=False)), **named}
            self.weights.append(_weights(given))
            self.inputs.append((given["query"].detach(), given["key"].detach()))
        elif name in ("aten::bmm", "aten::baddbmm"):
            first, second = args[-2:] if len(args) > 1 else (args[0], named["mat2"])
            self._products[:] = [*self._products[-LATEST:], (first.detach(), second.detach())]
        elif (
            name in ("aten::_softmax", "aten::_safe_softmax")
            and out.ndim >= 3
            and args[1] in (-1, out.ndim - 1)
        ):
            self.weights.append(out.detach())
            self.inputs.append(_multiplied(self._products, out.shape))
            self._products.clear()
        return out


def _multiplied(
    products: Sequence[tuple[Tensor, Tensor]], shape: torch.Size
) -> tuple[Tensor, Tensor]:
    """Return queries and keys, as many as `shape` of their weights says.

    Positions may be added by products of their own before the softmax: the latest that fits is
    taken.
    """
    *lead, queries, keys = shape
    for query, key in reversed(products):  # (n,queries,d) and (n,d,keys)
        fits = (query.shape[1], key.shape[2]) == (queries, keys)
        if fits and len(query) * queries * keys == shape.numel():
            depth = query.shape[2]
            own = query.reshape(*lead, queries, depth)
            return own, key.transpose(1, 2).reshape(*lead, keys, depth)
    return torch.zeros(*shape[:-1], 0), torch.zeros(*lead, keys, 0)


def _weights(given: Mapping[str, Any]) -> Tensor:
    """Softmax of queries times keys, as the fused kernels document it."""
    query, key = given["query"].detach(), given["key"].detach()
    scale = given.get("scale")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores: Tensor = query @ key.transpose(-2, -1) * scale
    mask = given.get("attn_mask", given.get("attn_bias"))
    if given.get("is_causal"):
        mask = torch.ones_like(scores, dtype=torch.bool).tril_()
    if mask is not None:
        masked = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else None
        scores = scores + mask if masked is None else masked
    return scores.softmax(-1)
