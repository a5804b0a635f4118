"""What came back to the pixels, as a picture with one scale for all of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.imaging.attribution_options import Display, DisplayKind, DisplayOver
from nnvis.imaging.colormaps import LEVELS
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.colourise import bad_colour, colour
from nnvis.imaging.host_transfer import A

CLIP = 4.0  # the ends of the colours lie at most so many times the RMS of what is not zero
RAW_COLORMAP = "gray"  # from black over mid-grey to white; the one that "raw" uses for each channel
_TINY = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Painted(Generic[A]):
    """On the device, or copied to the host; `signed` is known beforehand: nothing waits for it."""

    picture: A  # (H,W,3) uint8
    reach: A  # (): what the highest colour stands for; the lowest is its negative, or 0
    peak: A  # (): the largest magnitude; beyond `reach` it has the colour of the end
    bad: A | int  # () int64: how many values are NaN or infinite
    signed: bool
    colormap: str


def paint(
    values: Tensor,
    signed: bool,
    fed: Tensor,
    display: Display,
    shading: Shading,
    *,
    trusting: bool = False,
) -> Painted[Tensor]:
    """(C,H,W) values of the pixels -> a picture of the same height and width.

    Args:
        values: signed, or not negative.
        signed: which of the two.
        fed: (H,W,3) uint8, what the network was fed.
        display: what to make of the values.
        shading: whose colour maps are used; its range and gamma are not.
        trusting: do not search for what is no number on a GPU; where the peak is none, what was
            made is to be thrown away.
    """
    values, wrong = values.float(), None
    bad: Tensor | int = 0
    # On the CPU one look at the sum spares the search; a GPU searches faster than it could tell.
    if values.device.type == "cpu":
        trusting = math.isfinite(float(values.sum()))
    if not trusting:
        finite = values.isfinite()
        bad, wrong = (~finite).sum(), ~finite.all(0)
        values = torch.where(finite, values, 0)
    values, signed = _reduced(values, signed, display)
    size = values.abs()
    peak = size.amax()
    share = size / peak.clamp(min=_TINY)  # whose squares neither overflow nor vanish
    rms = (share.square_().sum() / (size > 0).sum().clamp(min=1)).sqrt()
    reach = peak * (CLIP * rms).clamp(max=1)
    part = (values / reach.clamp(min=_TINY)).clamp_(-1, 1)  # of each channel, -1 or 0 ... 1
    colourful = signed and display.kind == DisplayKind.RAW and len(part) > 1
    if colourful:
        tint = ((_rgb(part) + 1) * (255 / 2)).permute(1, 2, 0)
        colormap = RAW_COLORMAP
    else:
        scaled = (part.mean(0) + 1) / 2 if signed else part[0]
        levels = (scaled * (LEVELS - 1) + 0.5).to(torch.uint8)
        tint = colour(levels, signed, shading)[..., :3].float()
        colormap = shading.signed_colormap if signed else shading.colormap
    picture = _laid(tint, part, fed, display)
    if wrong is not None:
        mark = bad_colour(picture.device).to(picture.dtype)
        picture = torch.where(wrong[..., None], mark, picture)
    return Painted(picture.round_().to(torch.uint8), reach, peak, bad, signed, colormap)


def _reduced(values: Tensor, signed: bool, display: Display) -> tuple[Tensor, bool]:
    """Return what is shown of (C,H,W): (C,H,W) or (1,H,W), and whether it has a sign."""
    kind = display.kind
    if kind == DisplayKind.GREY and len(values) > 1:
        return values.mean(0, keepdim=True), signed
    if kind in (DisplayKind.NORM, DisplayKind.BLURRED):
        length = values.square().sum(0, keepdim=True).sqrt()
        return (blurred(length, display.blur) if kind == DisplayKind.BLURRED else length), False
    return values, signed


def blurred(values: Tensor, sigma: float) -> Tensor:
    """(C,H,W) -> the same under a Gaussian of `sigma` pixels, cut at three sigma, edges mirrored.

    An edge is mirrored no further than the picture reaches.
    """
    if sigma <= 0:
        return values
    height, width = values.shape[1:]
    reach = max(1, math.ceil(3 * sigma))
    for axis, room in ((2, width), (1, height)):
        side = min(reach, room - 1)
        offsets = torch.arange(-side, side + 1, device=values.device, dtype=values.dtype)
        bell = torch.exp(-(offsets**2) / (2 * sigma**2))
        bell = (bell / bell.sum()).view(1, 1, *((1, -1) if axis == 2 else (-1, 1)))
        pad = (side, side, 0, 0) if axis == 2 else (0, 0, side, side)
        wide = functional.pad(values[:, None], pad, mode="reflect")
        values = functional.conv2d(wide, bell)[:, 0]
    return values


def _laid(tint: Tensor, part: Tensor, fed: Tensor, display: Display) -> Tensor:
    """(H,W,3) colours, (C,H,W) values -1 ... 1, (H,W,3) input -> (H,W,3), float 0 ... 255."""
    if display.over not in (DisplayOver.INPUT, DisplayOver.ACTIVE, DisplayOver.INACTIVE):
        return tint
    weight, fed = part.abs().amax(0)[..., None], fed.float()
    if display.over == DisplayOver.INPUT:
        return fed.lerp(tint, (weight.sqrt() * display.strength).expand_as(tint))
    if display.over == DisplayOver.ACTIVE:
        return fed * (1 - display.strength * (1 - weight.sqrt()))
    return fed * (1 - display.strength * weight.sqrt())


def _rgb(values: Tensor) -> Tensor:
    """(C,H,W) with C above 1 -> (3,H,W): of more than three channels the first three."""
    if len(values) == 2:
        return torch.cat([values, values.new_zeros(1, *values.shape[1:])])
    return values[:3]
