"""What the nodes of an autograd graph do to a signal: rectify it, pass it linearly, or neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from torch import Tensor
from torch.autograd.graph import Node


class NodeKind(Enum):
    """Of one node."""

    LINEAR = "linear"  # for a given picture's switches and masks
    RELU = "ReLU"
    RECTIFIER = "rectifier"  # lets large values through and holds negative ones back
    OTHER = "other"


def below(roots: Iterable[Node]) -> list[Node]:
    """Return `roots` and every node of the graph that they were computed from, each once."""
    seen: set[Node] = set()
    order: list[Node] = []
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            waiting += [source for source, _ in node.next_functions if source is not None]
    return order


def kind_of(node: Node) -> tuple[NodeKind, str]:
    """Return what `node` does and its name as people know it."""
    name = re.sub(r"Backward\d*$", "", node.name())
    if name in _LINEAR:
        return NodeKind.LINEAR, name
    rectifier = _RECTIFIERS.get(name)
    if rectifier is not None:
        label = rectifier if isinstance(rectifier, str) else rectifier(node)
        if label:
            return (NodeKind.RELU if label == "ReLU" else NodeKind.RECTIFIER), label
    factors = _PRODUCTS.get(name)
    if factors is not None:
        signals = [source is not None for source, _ in node.next_functions]
        if sum(signals[factors]) <= 1 and not (name == "Div" and signals[1]):
            return NodeKind.LINEAR, name
    if name in _NORMS and not getattr(node, "_saved_training", True):
        return NodeKind.LINEAR, name
    return NodeKind.OTHER, _NAMES.get(name, name)


def _hardtanh(node: Any) -> str:
    if node._saved_min_val != 0:
        return ""
    return "ReLU6" if node._saved_max_val == 6 else "clamp"


def _clamp(node: Any) -> str:
    low, high = node._saved_min, node._saved_max
    if isinstance(low, Tensor) or low != 0:
        return ""
    return "ReLU" if high is None else "ReLU6" if high == 6 else "clamp"


def _clamp_min(node: Any) -> str:
    return "ReLU" if node._saved_min == 0 else ""


def _threshold(node: Any) -> str:
    return "ReLU" if node._saved_threshold == 0 else "Threshold"


_RECTIFIERS: dict[str, str | Callable[[Node], str]] = {
    "Relu": "ReLU",
    "Threshold": _threshold,
    "Clamp": _clamp,
    "ClampMin": _clamp_min,
    "Hardtanh": _hardtanh,
    "LeakyRelu": "LeakyReLU",
    "PreluKernel": "PReLU",
    "RreluWithNoise": "RReLU",
    "Elu": "ELU",
    "Celu": "CELU",
    "Gelu": "GELU",
    "Silu": "SiLU",
    "Mish": "Mish",
    "Hardswish": "Hardswish",
    "Softplus": "Softplus",
}
# Of the rectifiers, those that fall somewhere, or may: of a PReLU a slope can be learned negative.
DIPPING = {"GELU", "SiLU", "Mish", "Hardswish", "PReLU"}
# Where the two factors of a product stand among what the node was computed from.
_PRODUCTS = {
    "Mul": slice(0, 2),
    "Div": slice(0, 2),
    "Bmm": slice(0, 2),
    "Mm": slice(0, 2),
    "Mv": slice(0, 2),
    "Convolution": slice(0, 2),
    "Addmm": slice(1, 3),
    "Baddbmm": slice(1, 3),
    "Addcmul": slice(1, 3),
}
_NORMS = {"NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm"}
_NAMES = {
    "Mul": "product of two signals",
    "Div": "quotient of two signals",
    "Bmm": "product of two signals",
    "Baddbmm": "product of two signals",
    "Mm": "product of two signals",
    "Convolution": "convolution with a computed kernel",
    "Softmax": "softmax",
    "LogSoftmax": "softmax",
    "Sigmoid": "sigmoid",
    "Hardsigmoid": "hard sigmoid",
    "Tanh": "tanh",
    "Hardtanh": "hard tanh",
    "Glu": "GLU",
    "NativeLayerNorm": "LayerNorm",
    "NativeGroupNorm": "GroupNorm",
    "SafeSoftmax": "softmax",
    "LinalgVectorNorm": "vector norm",
    "MkldnnRnnLayer": "LSTM",
    "Pow": "power",
    "torch::autograd::CopySlices": "in-place change of a part",  # of which autograd hides the kind
    "FusedRmsNorm": "RMSNorm",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Clamp": "clamp",
    "ClampMin": "clamp",
    "ClampMax": "clamp",
    **dict.fromkeys(_NORMS, "norm over the picture"),
    **{
        f"ScaledDotProduct{one}": "attention"
        for one in (
            "FlashAttentionForCpu", "FlashAttention", "EfficientAttention", "CudnnAttention",
            "FusedAttentionOverrideable", "AttentionMathForMps",
        )
    },
}  # fmt: skip
# Max-pools are among them: they hand the signal to the place that the maximum came from.
_LINEAR_NAMES = """
    Add Sub Rsub Neg Cat Stack Sum Mean View UnsafeView ReshapeAlias Squeeze Unsqueeze Transpose T
    Permute Movedim Expand Clone Alias AsStrided Slice Select Split SplitWithSizes UnsafeSplit
    Unbind Index IndexSelect Gather Flip Roll Repeat ConstantPadNd ReflectionPad2D
    ReplicationPad2D AvgPool2D AvgPool3D AdaptiveAvgPool2D MaxPool2DWithIndices
    MaxPool3DWithIndices AdaptiveMaxPool2D Max Amax PixelShuffle PixelUnshuffle Im2Col Col2Im
    Unfold UpsampleNearest2D UpsampleNearestExact2D UpsampleBilinear2D UpsampleBicubic2D
    UpsampleBilinear2DAa UpsampleBicubic2DAa GridSampler2D ToCopy Where MaskedFill Tril Triu
    Diagonal Cumsum Real Imag ViewAsReal ViewAsComplex FftC2C FftR2C FftC2R
"""
_LINEAR = {
    *_LINEAR_NAMES.split(),
    "torch::autograd::AccumulateGrad",
    "torch::autograd::CopyBackwards",
}
