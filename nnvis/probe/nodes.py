"""What the nodes of an autograd graph do to a signal: rectify it, pass it linearly, or neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from torch import Tensor
from torch.autograd.graph import Node


class Kind(Enum):
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


def kind_of(node: Node) -> tuple[Kind, str]:
    """Return what `node` does and its name as people know it."""
    name = node.name()
    if name in _LINEAR:
        return Kind.LINEAR, name
    rectifier = _RECTIFIERS.get(name)
    if rectifier is not None:
        label = rectifier if isinstance(rectifier, str) else rectifier(node)
        if label:
            return (Kind.RELU if label == "ReLU" else Kind.RECTIFIER), label
    factors = _PRODUCTS.get(name)
    if factors is not None:
        signals = [source is not None for source, _ in node.next_functions]
        if sum(signals[factors]) <= 1 and not (name == "DivBackward0" and signals[1]):
            return Kind.LINEAR, name
    if name in _NORMS and not getattr(node, "_saved_training", True):
        return Kind.LINEAR, name
    return Kind.OTHER, _NAMES.get(name) or re.sub(r"Backward\d*$", "", name)


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
    "ReluBackward0": "ReLU",
    "ThresholdBackward0": _threshold,
    "ClampBackward1": _clamp,
    "ClampMinBackward0": _clamp_min,
    "HardtanhBackward0": _hardtanh,
    "LeakyReluBackward0": "LeakyReLU",
    "PreluKernelBackward0": "PReLU",
    "RreluWithNoiseBackward0": "RReLU",
    "EluBackward0": "ELU",
    "CeluBackward0": "CELU",
    "GeluBackward0": "GELU",
    "SiluBackward0": "SiLU",
    "MishBackward0": "Mish",
    "HardswishBackward0": "Hardswish",
    "SoftplusBackward0": "Softplus",
}
# Where the two factors of a product stand among what the node was computed from.
_PRODUCTS = {
    "MulBackward0": slice(0, 2),
    "DivBackward0": slice(0, 2),
    "BmmBackward0": slice(0, 2),
    "MmBackward0": slice(0, 2),
    "MvBackward0": slice(0, 2),
    "ConvolutionBackward0": slice(0, 2),
    "AddmmBackward0": slice(1, 3),
    "BaddbmmBackward0": slice(1, 3),
    "AddcmulBackward0": slice(1, 3),
}
_NORMS = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0", "MiopenBatchNormBackward0"}
_NAMES = {
    "MulBackward0": "product of two signals",
    "DivBackward0": "quotient of two signals",
    "BmmBackward0": "product of two signals",
    "BaddbmmBackward0": "product of two signals",
    "MmBackward0": "product of two signals",
    "ConvolutionBackward0": "convolution with a computed kernel",
    "SoftmaxBackward0": "softmax",
    "LogSoftmaxBackward0": "softmax",
    "SigmoidBackward0": "sigmoid",
    "HardsigmoidBackward0": "hard sigmoid",
    "TanhBackward0": "tanh",
    "HardtanhBackward0": "hard tanh",
    "GluBackward0": "GLU",
    "NativeLayerNormBackward0": "LayerNorm",
    "NativeGroupNormBackward0": "GroupNorm",
    "FusedRmsNormBackward0": "RMSNorm",
    "MaximumBackward0": "maximum",
    "MinimumBackward0": "minimum",
    "ClampBackward0": "clamp",
    "ClampBackward1": "clamp",
    "ClampMinBackward0": "clamp",
    "ClampMaxBackward0": "clamp",
    **dict.fromkeys(_NORMS, "norm over the picture"),
    **{
        f"ScaledDotProduct{one}Backward0": "attention"
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
_LINEAR = {f"{one}Backward{number}" for one in _LINEAR_NAMES.split() for number in range(3)} | {
    "torch::autograd::AccumulateGrad",
    "torch::autograd::CopySlices",
    "torch::autograd::CopyBackwards",
}
