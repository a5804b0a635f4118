"""The attention weights of a pass, whichever way a network computes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from nnvis.probe.operations import OperationWatch


@contextmanager
def attention() -> Iterator[list[Tensor]]:
    """Collect the attention weights (..., queries, keys) of the passes inside, in their order.

    Below autograd all ways to attend come down to a softmax over the last dimension, or to one of
    the fused kernels, whose weights are computed once more from their queries and keys. Networks
    built of nn.MultiheadAttention are only seen with gradients on: without, PyTorch may run a
    kernel that keeps its weights to itself.
    """
    found: list[Tensor] = []
    with _Watch(found):
        yield found


class _Watch(OperationWatch):
    def __init__(self, found: list[Tensor]) -> None:
        super().__init__()
        self._found = found

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        out = func(*args, **named)
        name = func._schema.name
        if name.startswith("aten::_scaled_dot_product") and "backward" not in name:
            names = [one.name for one in func._schema.arguments]
            given = {**dict(zip(names, args, strict=False)), **named}
            self._found.append(_weights(given))
        elif (
            name in ("aten::_softmax", "aten::_safe_softmax")
            and out.ndim >= 3
            and args[1] in (-1, out.ndim - 1)
        ):
            self._found.append(out.detach())
        return out


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
