"""A network beside another one that computes in half precision, for what is only looked at.

Its weights are converted once (`Module.to`, in a network of its own) rather than at each pass:
`torch.autocast` casts the weights of every convolution and matrix again in each pass - it keeps
casts only of weights that gradients are wanted for, and nothing here wants any - and it leaves
normalisation, softmax and sums in float32, with a cast before and after each. On CUDA those casts
are launches of their own that read and write whole activations, which is what half precision is to
spare. What needs more digits has them all the same: PyTorch's kernels of layer norm, group norm and
softmax add up in float32 whatever they are given, and the statistics and weights of batch norm stay
float32 here, since kernels for a half input beside them are there on CUDA (as its mixed precision
needs them) and on processors. Elsewhere everything is of one type: on MPS two ends the program.
"""

from __future__ import annotations

import copy
import weakref
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nnvis.models.mirror import mirrored
from nnvis.models.vision import VisionModel

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
_NAMES = {kind: name for name, kind in HALVES.items()}
_MIXES = ("cpu", "cuda")  # have batch norm with float32 statistics for a half input


@dataclass(eq=False)
class _Halved:
    """What is known of one network: a twin of one type at a time, and which types it refuses."""

    kind: str = ""
    twin: VisionModel | None = None
    stamp: tuple[int, ...] = ()
    sources: list[Tensor] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


_KNOWN: weakref.WeakKeyDictionary[VisionModel, _Halved] = weakref.WeakKeyDictionary()


def half_of(model: VisionModel) -> str:
    """Return the half precision that `model` itself computes in, "" where it has more."""
    return _NAMES.get(model.precision, "")


def in_half(model: VisionModel, kind: str) -> VisionModel:
    """Return `model` computing in `kind`, one of HALVES: made at the first call, then kept.

    Layers, names, classes and what the logits mean are those of `model`, and pixels and logits
    are float32; only what layers put out is of `kind`. Weights that were changed in place since
    are converted anew.
    """
    if half_of(model) == kind:
        return model
    known = _KNOWN.setdefault(model, _Halved())
    stamp = _versions(known.sources)
    if known.twin is None or known.kind != kind or known.stamp != stamp:
        known.twin = None  # two copies at once would be one too many
        known.sources = [*model.network.parameters(), *model.network.buffers()]
        known.stamp = _versions(known.sources)
        known.twin, known.kind = _converted(model, HALVES[kind]), kind
    return known.twin


def refusal(model: VisionModel, kind: str) -> str:
    """Return why `model` is not computed in `kind`; "" where nothing speaks against it yet."""
    known = _KNOWN.get(model)
    return known.refused.get(kind, "") if known is not None else ""


def refuse(model: VisionModel, kind: str, why: str) -> None:
    """Take note that `model` does not compute in `kind`, and let go of its copy."""
    let_go(model)
    _KNOWN.setdefault(model, _Halved()).refused[kind] = why


def let_go(model: VisionModel) -> None:
    """Give the memory of the copy back, if there is one."""
    known = _KNOWN.get(model)
    if known is not None and known.twin is not None:
        known.twin, known.sources = None, []


def _versions(tensors: list[Tensor]) -> tuple[int, ...]:
    return tuple(0 if one.is_inference() else one._version for one in tensors)


def _converted(model: VisionModel, kind: torch.dtype) -> VisionModel:
    assert model.findings is not None  # what is known of it was found with all digits
    network = mirrored(model.network)
    mixes = model.device.type in _MIXES
    made: dict[int, Tensor] = {}  # by the storage that is shared: tied weights stay tied
    for module in network.modules():
        if mixes and isinstance(module, _BatchNorm):
            continue
        stores: tuple[dict[str, Any], ...] = (module._parameters, module._buffers)
        for kept in stores:
            for name, one in kept.items():
                if one is None or not one.is_floating_point():
                    continue
                if id(one) not in made:
                    half = _half(one, kind, model.device)
                    weight = isinstance(one, nn.Parameter)
                    made[id(one)] = nn.Parameter(half, requires_grad=False) if weight else half
                kept[name] = made[id(one)]
    twin = copy.copy(model)
    twin.__dict__["_modules"] = {**model._modules, "network": network}
    twin.narrow = kind
    return twin


def _half(tensor: Tensor, kind: torch.dtype, device: torch.device) -> Tensor:
    """Convert `tensor`, on CUDA with the channels last, as its cores for half precision want it."""
    half = tensor.detach().to(kind)
    if device.type == "cuda" and half.ndim == 4:
        half = half.contiguous(memory_format=torch.channels_last)
    return half
