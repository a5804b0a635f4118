"""How strongly a finished image drives its target in views that the optimiser never saw."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.featurevis.objective import worth
from nnvis.featurevis.partial_forward import layer_of, partial_forward
from nnvis.featurevis.target import Target
from nnvis.models.vision import VisionModel

VIEWS = 16
JITTER = 0.06  # of the side
SCALE = (0.9, 1.1)


def held_out(
    model: VisionModel,
    pictures: Tensor,
    targets: Sequence[Target],
    *,
    seed: int = 20,
    zoom: float = 1.0,
) -> Tensor:
    """(N,C,h,w) in [0,1], of any size -> (N,): the mean over 16 random shifts and scales.

    The picture is enlarged to the network's input times `zoom` and times a scale of 0.9 to 1.1,
    then moved by up to 6 % each way and cut or filled up with grey to input times `zoom`. The
    code and the random numbers are others than those of a climb.
    """
    layer = layer_of(model, targets[0].layer)
    draw = torch.Generator().manual_seed(seed)
    height, width = (round(side * zoom) for side in model.input_size)
    total = torch.zeros(len(pictures), device=model.device)
    for _ in range(VIEWS):
        scale, down, across = torch.rand(3, generator=draw).tolist()
        scale = SCALE[0] + scale * (SCALE[1] - SCALE[0])
        size = (round(height * scale), round(width * scale))
        larger = functional.interpolate(
            pictures, size, mode="bilinear", align_corners=False, antialias=True
        )
        room = round(max(height, width) * (JITTER + 0.06))
        padded = functional.pad(larger, (room,) * 4, value=0.5)
        top = (padded.shape[2] - height) // 2 + round((2 * down - 1) * JITTER * height)
        left = (padded.shape[3] - width) // 2 + round((2 * across - 1) * JITTER * width)
        view = padded[:, :, top : top + height, left : left + width]
        with torch.no_grad():
            total += worth(partial_forward(model, view, layer), targets)
    return total / VIEWS
