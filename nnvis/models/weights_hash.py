"""By what weights are known again: a hash over names and values, quantised ones included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn


def hash_of(network: nn.Module) -> str:
    """Return the first 16 hex digits of the SHA-256 over the entries of the state dict."""
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        for tensor in _tensors(value):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(values.numpy().data)
    return digest.hexdigest()[:16]


def _tensors(value: object) -> Iterator[Tensor]:
    """Yield what an entry of a state dict is made of: packed weights of a quantised layer, say."""
    if isinstance(value, Tensor):
        dense = value.to_dense() if value.layout is not torch.strided else value
        if dense.is_quantized:
            yield dense.int_repr()
            dense = torch.tensor([*_codes(dense)], dtype=torch.float64)
        yield dense
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _tensors(one)
    elif value is not None:
        yield torch.frombuffer(bytearray(repr(value).encode()), dtype=torch.uint8)


def _codes(quantised: Tensor) -> Iterator[float]:
    """Yield the scales and zero points of quantised weights."""
    if quantised.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        yield from (quantised.q_scale(), float(quantised.q_zero_point()))
    else:
        yield from quantised.q_per_channel_scales().tolist()
        yield from map(float, quantised.q_per_channel_zero_points().tolist())
