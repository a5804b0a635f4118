"""Operations whose outputs look through windows: convolutions, pools, resizing, padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnvis.views.fields.box import Box, Boxes, Interval, Rule, Shape, clip, everything, only, signed


def _windows(
    box: Box,
    shape: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Box | None:
    """Return where the windows of the last dimensions of `box` lie."""
    first = len(shape) - len(kernel)
    result = list(box[:first])
    for (low, high), size, k, s, p, d in zip(
        box[first:], shape[first:], kernel, stride, padding, dilation, strict=True
    ):
        interval = clip(low * s - p, high * s - p + d * (k - 1), size)
        if d > 1:  # the first place may lie in the padding, and the next one well inside
            taps = (at * s - p + d * tap for at in range(low, high + 1) for tap in range(k))
            inside = [tap for tap in taps if 0 <= tap < size]
            interval = (min(inside), max(inside)) if inside else None
        if interval is None:
            return None
        result.append(interval)
    return tuple(result)


def _convolution(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape, weight = only(outputs), inputs[0], tuple(node._saved_weight.shape)
    if not shape:
        return [everything(one) for one in inputs]
    kernel, groups = weight[2:], node._saved_groups
    channels_out = weight[1] * groups if node._saved_transposed else weight[0]
    low, high = (at // (channels_out // groups) for at in box[1])
    width = shape[1] // groups
    channels = (low * width, (high + 1) * width - 1)
    rest: list[Box | None] = [everything(one) for one in inputs[1:]]
    if not node._saved_transposed:
        found = _windows(
            (box[0], channels, *box[2:]), shape, kernel,
            node._saved_stride, node._saved_padding, node._saved_dilation,
        )  # fmt: skip
        return [found, *rest]
    spatial: list[Interval] = []
    for (low, high), size, k, s, p, d in zip(
        box[2:], shape[2:], kernel, node._saved_stride, node._saved_padding,
        node._saved_dilation, strict=True,
    ):  # fmt: skip
        interval = clip(-((d * (k - 1) - low - p) // s), (high + p) // s, size)
        if interval is None:
            return [None, *rest]
        spatial.append(interval)
    return [(box[0], channels, *spatial), *rest]


def _pool(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    kernel = node._saved_kernel_size
    dilation = getattr(node, "_saved_dilation", (1,) * len(kernel))
    stride = node._saved_stride or kernel
    return [_windows(only(outputs), inputs[0], kernel, stride, node._saved_padding, dilation)]


def _adaptive(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = only(outputs), inputs[0]
    after = node._input_metadata[0].shape
    last = [
        (low * size // out, -(-(high + 1) * size // out) - 1)
        for (low, high), size, out in zip(box[-2:], shape[-2:], after[-2:], strict=True)
    ]
    return [(*box[:-2], *last)]


def _upsample(before: int, after: int, exact: bool = False) -> Rule:
    """Values are made of those `before` and `after` the place that they come from."""

    def rule(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
        box, shape = only(outputs), inputs[0]
        scales = (node._saved_scales_h, node._saved_scales_w)
        last = []
        for (low, high), size, grown, scale in zip(
            box[-2:], shape[-2:], node._saved_output_size, scales, strict=True
        ):
            ratio, shift = (1 / scale if scale else size / grown), 0.0
            if getattr(node, "_saved_align_corners", False):
                ratio = (size - 1) / max(grown - 1, 1)
            elif after:
                shift = (ratio - 1) / 2  # the centres of the cells lie on each other
            if exact:  # the cell that the middle of the grown one lies in
                shift = ratio / 2
            first, final = (math.floor(at * ratio + shift + 1e-9) for at in (low, high))
            last.append((max(0, first - before), max(0, min(final + after, size - 1))))
        return [(*box[:-2], *last)]

    return rule


def _pad(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = list(only(outputs)), inputs[0]
    pad = [signed(one) for one in node._saved_pad]
    for place in range(len(pad) // 2):
        at = len(shape) - 1 - place
        interval = clip(box[at][0] - pad[2 * place], box[at][1] - pad[2 * place], shape[at])
        if interval is None:
            return [None]
        box[at] = interval
    return [tuple(box)]


def _replication_pad(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    """All that lies beyond an edge is the edge."""
    box, shape = list(only(outputs)), inputs[0]
    pad = node._saved_padding
    for place in range(len(pad) // 2):
        at = len(shape) - 1 - place
        low, high = (min(max(one - pad[2 * place], 0), shape[at] - 1) for one in box[at])
        box[at] = (low, high)
    return [tuple(box)]


def _reflection_pad(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    """Return of the reflected part the box around it and its mirror image."""
    box, shape = list(only(outputs)), inputs[0]
    pad = node._saved_padding
    for place in range(len(pad) // 2):
        at = len(shape) - 1 - place
        size = shape[at]
        inside = range(box[at][0] - pad[2 * place], box[at][1] - pad[2 * place] + 1)
        mirrored = [abs(one) if one < size else 2 * (size - 1) - one for one in inside]
        box[at] = (max(0, min(*mirrored, size - 1)), min(size - 1, max(mirrored)))
    return [tuple(box)]


def _shuffle(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape, times = only(outputs), inputs[0], node._saved_upscale_factor
    last = [(low // times, high // times) for low, high in box[-2:]]
    return [(*box[:-3], (0, shape[-3] - 1), *last)]


def _unshuffle(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape, times = only(outputs), inputs[0], node._saved_downscale_factor
    last = [(low * times, high * times + times - 1) for low, high in box[-2:]]
    return [(*box[:-3], (0, shape[-3] - 1), *last)]


WINDOWS: dict[str, Rule] = {
    "Convolution": _convolution,
    "MaxPool2DWithIndices": _pool,
    "MaxPool3DWithIndices": _pool,
    "AvgPool2D": _pool,
    "AvgPool3D": _pool,
    "AdaptiveAvgPool2D": _adaptive,
    "AdaptiveMaxPool2D": _adaptive,
    "UpsampleNearest2D": _upsample(0, 0),
    "UpsampleNearestExact2D": _upsample(0, 0, exact=True),
    "UpsampleBilinear2D": _upsample(0, 1),
    "UpsampleBicubic2D": _upsample(1, 2),
    "ConstantPadNd": _pad,
    "ReflectionPad2D": _reflection_pad,
    "ReplicationPad2D": _replication_pad,
    "PixelShuffle": _shuffle,
    "PixelUnshuffle": _unshuffle,
}
