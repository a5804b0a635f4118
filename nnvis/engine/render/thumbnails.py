"""The small pictures of layers: one number a cell on the device, drawn on the host."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.engine.protocol.request import Request
from nnvis.imaging.colourise import coloured
from nnvis.imaging.host_transfer import Array
from nnvis.imaging.own_range import own_levels
from nnvis.models.info import LayerInfo
from nnvis.models.layers import to_maps

THUMBNAIL = 40  # pixels of the longer side, at most
LARGE = 256  # a longer side is averaged down before it comes to the host


def magnitude(output: Tensor, layer: LayerInfo) -> Tensor:
    """Return what `thumbnail` draws: (h,w), the magnitude of a layer over its units, or (units,).

    The mean on a CPU; elsewhere the sum, which has the same picture and is one launch.
    """
    maps, _ = to_maps(output, layer)
    if maps.shape[1:] == (1, 1):
        return maps.flatten().float()
    if maps.device.type == "cpu":
        mean = maps.abs().mean(0, dtype=torch.float32)
    else:
        mean = torch.linalg.vector_norm(maps, 1, dim=0, dtype=torch.float32)
    if max(mean.shape) > LARGE:
        size = [max(1, side * THUMBNAIL // max(mean.shape)) for side in mean.shape]
        mean = functional.interpolate(mean[None, None].float(), size, mode="area")[0, 0]
    return mean


def thumbnail(size_of: Array, layer: LayerInfo, request: Request) -> NDArray[np.uint8]:
    """Draw a `magnitude` that came to the host, (h,w,4) uint8; a vector is folded to a square."""
    mean = size_of
    if mean.ndim == 1:
        side = max(1, round(layer.units**0.5))
        mean = np.pad(np.abs(mean), (0, -layer.units % side)).reshape(-1, side)
    longest = max(mean.shape)
    if longest > THUMBNAIL:
        size = [max(1, side * THUMBNAIL // longest) for side in mean.shape]
        whole = torch.from_numpy(mean)[None, None].float()
        mean = functional.interpolate(whole, size, mode="area")[0, 0].numpy()
    return coloured(own_levels(mean.astype(np.float32, copy=False)), request.shading.colormap)
