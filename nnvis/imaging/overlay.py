"""One unit's map laid over the picture that caused it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.imaging.colormaps import BAD, LEVELS, palette
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.colourise import bad_colour, colour


def overlay(
    picture: Tensor, levels: Tensor, signed: Tensor | bool, shading: Shading, strength: float
) -> Tensor:
    """Blend the colours of a map into a picture: the further from its zero, the more opaque.

    Cells that are NaN or infinite are laid over it in their own colour, whatever the strength.

    Args:
        picture: (H,W,3) uint8.
        levels: (h,w) uint8 palette entries; stretched over the picture, interpolated bilinearly.
        signed: whether the middle entry is zero, else the lowest.
        shading: whose colour maps are used.
        strength: opacity where the map is strongest, 0 ... 1; kept to 1/255.

    Returns:
        (H,W,3) uint8 on the same device.
    """
    size = (picture.shape[0], picture.shape[1])
    if levels.device.type == "cpu":
        return _on_host(picture, levels, bool(signed), shading, strength)
    signed = torch.as_tensor(signed, device=levels.device)
    wrong = levels == BAD
    # Zero where there is no number: the neighbours of a bad cell fade towards it, to no sign.
    zero = torch.where(signed, (LEVELS - 1) // 2, 0).to(levels.dtype)
    finite = torch.where(wrong, zero, levels).float()
    wide = functional.interpolate(finite[None, None], size, mode="bilinear", align_corners=False)
    entries = wide[0, 0].round_().to(torch.uint8)
    weight = (_weights(entries, signed, strength) * 255).round_().div_(255)[..., None]
    tint = colour(entries, signed, shading)[..., :3].float()
    return _marked(picture.float().lerp_(tint, weight).round_().to(torch.uint8), wrong)


def _marked(picture: Tensor, wrong: Tensor) -> Tensor:
    """(H,W,3) and (h,w) bool -> the picture, with the bad cells in their colour."""
    size = (picture.shape[0], picture.shape[1])
    wide = functional.interpolate(wrong[None, None].float(), size, mode="nearest-exact")[0, 0] > 0
    return torch.where(wide[..., None], bad_colour(picture.device), picture)


def _weights(entries: Tensor, signed: Tensor, strength: float) -> Tensor:
    """Return the opacity of each palette entry, 0 ... `strength`."""
    part = entries.float() / (LEVELS - 1)
    return torch.where(signed, (2 * part - 1).abs(), part).clamp_(max=1).mul_(strength)


def _on_host(
    picture: Tensor, levels: Tensor, signed: bool, shading: Shading, strength: float
) -> Tensor:
    """Do the same on the host, each blend of one value and one entry looked up."""
    height, width = picture.shape[:2]
    wrong = levels.numpy() == BAD
    bad = bool(wrong.any())
    finite = levels.masked_fill(torch.from_numpy(wrong), _zero(signed)) if bad else levels
    wide = functional.interpolate(
        finite[None, None].float(), (height, width), mode="bilinear", align_corners=False
    )
    row = wide[0, 0].round_().to(torch.uint8).numpy().astype(np.intp) << 8
    name = shading.signed_colormap if signed else shading.colormap
    below, blended = picture.numpy(), np.empty((height, width, 3), np.uint8)
    for channel, table in enumerate(_blends(name, signed, strength)):
        blended[..., channel] = table.take(row + below[..., channel])
    done = torch.from_numpy(blended)
    return _marked(done, torch.from_numpy(wrong)) if bad else done


@lru_cache(maxsize=8)
def _blends(name: str, signed: bool, strength: float) -> tuple[NDArray[np.uint8], ...]:
    """Return what becomes of value v under entry e, at place 256 e + v, for each channel."""
    opacity = _weights(torch.arange(256), torch.tensor(signed), strength) * 255
    weight = opacity.round_().long().numpy()[:, None]
    values = np.arange(256)[None]
    tints = palette(name)[:, :3].astype(np.int64)
    tables = []
    for channel in range(3):
        sums = values * (255 - weight) + tints[:, channel, None] * weight
        tables.append(((2 * sums + 255) // 510).astype(np.uint8).ravel())
    return tuple(tables)


def _zero(signed: bool) -> int:
    return (LEVELS - 1) // 2 if signed else 0
