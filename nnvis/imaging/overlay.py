"""One unit's map laid over the picture that caused it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.imaging.palette import BAD, LEVELS
from nnvis.imaging.shade import colour
from nnvis.imaging.shading import Shading


def overlay(
    picture: Tensor, levels: Tensor, signed: Tensor, shading: Shading, strength: float
) -> Tensor:
    """Blend the colours of a map into a picture: the further from its zero, the more opaque.

    Args:
        picture: (H,W,3) uint8.
        levels: (h,w) uint8 palette entries; stretched over the picture, interpolated bilinearly.
        signed: () bool, whether the middle entry is zero, else the lowest.
        shading: whose colour maps are used.
        strength: opacity where the map is strongest, 0 ... 1.

    Returns:
        (H,W,3) uint8 on the same device.
    """
    size = (picture.shape[0], picture.shape[1])
    finite = levels.masked_fill(levels == BAD, 0).float()
    wide = functional.interpolate(finite[None, None], size, mode="bilinear", align_corners=False)[
        0, 0
    ]
    part = wide / (LEVELS - 1)
    weight = torch.where(signed, (2 * part - 1).abs(), part).mul_(strength)[..., None]
    tint = colour(wide.round().to(torch.uint8), signed, shading)[..., :3].float()
    return picture.float().lerp_(tint, weight).round_().to(torch.uint8)
