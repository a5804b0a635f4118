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

try:
    from nnvis.sources.cv2_import import cv2
except ImportError:  # the core alone is installed: PyTorch does the same, slower
    cv2 = None  # type: ignore[assignment]


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
    if levels.device.type == "cpu" and cv2 is not None:
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
    """Do the same on the host in whole numbers, what an entry adds looked up."""
    height, width = picture.shape[:2]
    wrong = levels.numpy() == BAD
    bad = bool(wrong.any())
    finite = levels.masked_fill(torch.from_numpy(wrong), _zero(signed)) if bad else levels
    wide = functional.interpolate(
        finite[None, None].float(), (height, width), mode="bilinear", align_corners=False
    )
    entries = np.rint(wide[0, 0].numpy(), out=np.empty((height, width), np.uint8), casting="unsafe")
    name = shading.signed_colormap if signed else shading.colormap
    kept, added = _shares(name, signed, strength)
    planes = np.empty((3, height, width), np.uint8)
    cv2.split(picture.numpy(), list(planes))
    sums = np.multiply(planes, cv2.LUT(entries, kept), dtype=np.uint16)
    for plane, of_entry in zip(sums, added, strict=True):
        plane += cv2.LUT(entries, of_entry)
    sums += sums >> 8
    sums >>= 8
    done = torch.from_numpy(np.asarray(cv2.merge(list(sums.astype(np.uint8))), np.uint8))
    return _marked(done, torch.from_numpy(wrong)) if bad else done


@lru_cache(maxsize=8)
def _shares(
    name: str, signed: bool, strength: float
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return of each entry what share of the picture stays, and what of its colour is added.

    With n the one times a value of the picture plus the other, (n + n // 256) // 256 is the value
    that is next to their mean: 128 is added already, and n stays below 2^16.

    Returns:
        (1,256) of 255, and (3,1,256) of 255 times a level, for red, green and blue.
    """
    opacity = _weights(torch.arange(256), torch.tensor(signed), strength) * 255
    weight = opacity.round_().long().numpy()
    added = palette(name)[:, :3].astype(np.int64).T * weight + 128
    return (255 - weight)[None].astype(np.uint16), added[:, None].astype(np.uint16)


def _zero(signed: bool) -> int:
    return (LEVELS - 1) // 2 if signed else 0
