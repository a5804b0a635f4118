"""What half precision changes on the frame in sight: the same pass in both, beside the line."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.engine.protocol.input_report import HalfDifference
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.sheet import TOP
from nnvis.imaging.colormaps import LEVELS
from nnvis.imaging.colourise import shade
from nnvis.models.half import in_half
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.probe import record


@torch.inference_mode()
def half_difference(snapshot: Snapshot, model: VisionModel) -> HalfDifference | None:
    """Compare the look of `snapshot` in half precision with the same one by `model` as it is.

    Grey levels are those of the colours in force; where one of two values is no number, they are
    all of them apart. None where the layer does not run on this frame.
    """
    request, layer = snapshot.request, snapshot.layer
    x = model.tensor(snapshot.fed)
    found = []
    for one in (model, in_half(model, request.half.value)):
        with record(one, [layer.name]) as seen:
            logits = one(x)
        if layer.name not in seen:
            return None
        maps, _ = to_maps(seen[layer.name], layer)
        found.append((shade(maps, request.shading).levels, logits))
    (levels, logits), (others, rounded) = found
    apart = (levels.int() - others.int()).abs().clamp(max=LEVELS - 1)
    first, shared, listed = _classes(logits, rounded)
    return HalfDifference(
        kind=request.half.value,
        precision=str(model.precision).removeprefix("torch."),
        layer=layer.name,
        levels=float(apart.max()),
        logits=_off(logits, rounded),
        first=first,
        shared=shared,
        listed=listed,
    )


def _off(logits: Tensor, rounded: Tensor) -> float | None:
    if logits.numel() < 2:
        return None
    deviation = max(float(logits.std()), torch.finfo(torch.float32).tiny)
    off = (logits - rounded).abs().nan_to_num(torch.inf, torch.inf)
    return float(off.max()) / deviation


def _classes(logits: Tensor, rounded: Tensor) -> tuple[bool, int, int]:
    if logits.ndim != 2 or not logits.shape[1]:
        return True, 0, 0
    count = min(TOP, logits.shape[1])
    mine, others = (one[0].topk(count).indices.tolist() for one in (logits, rounded))
    return mine[0] == others[0], len({*mine} & {*others}), count
