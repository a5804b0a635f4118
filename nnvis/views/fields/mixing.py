"""Operations that mix whole dimensions: norms, means, softmax, products; and pointwise ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnvis.views.fields.box import Box, Boxes, Interval, Rule, Shape, dimension, everything, only

_POINTWISE = """
    Relu Threshold Clamp ClampMin ClampMax Hardtanh LeakyRelu PreluKernel RreluWithNoise Elu Celu
    Gelu Silu Mish Hardswish Softplus Sigmoid Hardsigmoid Tanh LogSigmoid Add Sub Rsub Mul Div Neg
    Abs Pow Exp Log Sqrt Rsqrt Sign Sin Cos Erf Maximum Minimum Where MaskedFill Clone Alias ToCopy
    Expand Dropout NativeDropout Softshrink Hardshrink
"""


def _pointwise(_node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = only(outputs)
    return [
        tuple(
            (0, 0) if size == 1 else interval
            for size, interval in zip(shape, box[len(box) - len(shape) :], strict=True)
        )
        for shape in inputs
    ]


def _reduced(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = only(outputs), inputs[0]
    saved = getattr(node, "_saved_dim", None)
    if saved is None or saved == ():
        return [everything(shape)]
    dims = [dimension(one, len(shape)) for one in ((saved,) if isinstance(saved, int) else saved)]
    kept = iter(box)
    result: list[Interval] = []
    for at, size in enumerate(shape):
        if at in dims:
            if len(box) == len(shape):
                next(kept)
            result.append((0, size - 1))
        else:
            result.append(next(kept))
    return [tuple(result)]


def _whole_along(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    """Softmax: all values along one dimension."""
    box, shape = list(only(outputs)), inputs[0]
    at = dimension(node._saved_dim, len(shape))
    box[at] = (0, shape[at] - 1)
    return [tuple(box)]


def _last_norm(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = only(outputs), inputs[0]
    kept = len(shape) - len(node._saved_normalized_shape)
    return [(*box[:kept], *everything(shape)[kept:]), *(everything(one) for one in inputs[1:])]


def _group_norm(_node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    return [
        (only(outputs)[0], *everything(inputs[0])[1:]),
        *(everything(one) for one in inputs[1:]),
    ]


def _batch_norm(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = only(outputs)
    if node._saved_training:  # an instance norm in disguise
        box = (box[0], box[1], *everything(inputs[0])[2:])
    return [box, *(everything(one) for one in inputs[1:])]


def _matrices(first: int) -> Rule:
    """Products of matrices, the factors standing at `first` and after."""

    def rule(_node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
        box = only(outputs)
        result: list[Box | None] = [everything(shape) for shape in inputs]
        left, right = inputs[first], inputs[first + 1]
        if left:
            result[first] = (*box[:-1], (0, left[-1] - 1))
        if right:
            result[first + 1] = (*box[:-2], (0, right[-2] - 1), box[-1])
        return result

    return rule


def _attention(_node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    """Queries, keys, values (N,heads,T,d): every query meets all keys of its own head."""
    box = only(outputs)
    result: list[Box | None] = [everything(shape) for shape in inputs]
    result[0] = (*box[:-1], (0, inputs[0][-1] - 1))
    for place in (1, 2):
        result[place] = (*box[:-2], *everything(inputs[place])[-2:])
    return result


MIXING: dict[str, Rule] = {
    **dict.fromkeys(_POINTWISE.split(), _pointwise),
    **dict.fromkeys(("Mean", "Sum", "Amax", "Max", "Var", "Std", "LinalgVectorNorm"), _reduced),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _whole_along),
    **dict.fromkeys(("NativeLayerNorm", "FusedRmsNorm"), _last_norm),
    "NativeGroupNorm": _group_norm,
    **dict.fromkeys(("NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm"), _batch_norm),
    **dict.fromkeys(("Mm", "Bmm"), _matrices(0)),
    **dict.fromkeys(("Addmm", "Baddbmm"), _matrices(1)),
    **{
        f"ScaledDotProduct{one}": _attention
        for one in (
            "FlashAttentionForCpu",
            "FlashAttention",
            "EfficientAttention",
            "CudnnAttention",
        )
    },
}
