"""The same picture seen a little otherwise: moved, scaled, turned, in a frame of grey."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.featurevis.parameters import FeatureParameters

GREY = 0.5


def see(
    picture: Tensor, parameters: FeatureParameters, size: tuple[int, int], draw: torch.Generator
) -> Tensor:
    """(N,C,H,W) canvas -> (N,C,*size) as the network is to see it; one draw for all N.

    One resampling does it all, in place of one for each change: padding, jitter, scale, rotation
    and the enlargement to the network's input. Beyond the canvas there is grey.

    Args:
        picture: in [0,1].
        parameters: how far to go; `parameters.window` says which share of the input `size` is.
        size: height and width of the result.
        draw: from which the change is drawn, always five numbers.
    """
    across, down, larger, turned, _ = (torch.rand(5, generator=draw) * 2 - 1).tolist()
    return _place(
        picture, size, parameters.window,
        shift=(across, down), jitter=parameters.jitter, zoom=math.exp(parameters.scale * larger),
        angle=math.radians(parameters.rotate * turned), pad=parameters.pad,
    )  # fmt: skip


def _place(
    picture: Tensor, size: tuple[int, int], window: float, *, shift: tuple[float, float],
    jitter: float, zoom: float, angle: float, pad: float,
) -> Tensor:  # fmt: skip
    unchanged = not (jitter or angle or pad) and zoom == 1 and window == 1
    if unchanged:
        if picture.shape[2:] == size:
            return picture
        return functional.interpolate(picture, size, mode="bilinear", align_corners=False)
    # Of a window only where it still shows the picture, not the grey beside it.
    room = 1 - window
    reach = (1 + 2 * pad) * window / zoom
    cos, sin = math.cos(angle) * reach, math.sin(angle) * reach
    move = [2 * jitter * one + room * one for one in shift]
    theta = torch.tensor([[[cos, -sin, move[0]], [sin, cos, move[1]]]], device=picture.device)
    where = functional.affine_grid(theta, [1, 1, *size], align_corners=False)
    where = where.expand(len(picture), -1, -1, -1)
    moved = functional.grid_sample(
        picture - GREY, where, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return moved + GREY
