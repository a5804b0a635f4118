"""What a picture looks like, without any network: colours, directions of edges, layout."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

SIDE = 64  # pixels to which a picture is scaled first
SHADES = 4  # of each of R, G and B in the histogram of colours
CELLS = 4  # a side, of the histograms of edges
ANGLES = 8  # of half a turn
SPOTS = 8  # a side, of the layout
PARTS = (SHADES**3, CELLS**2 * ANGLES, SPOTS**2 * 3)


def image_features(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H,W,3) RGB -> the three `PARTS` in a row, (384,).

    Colours: the root of a joint histogram of R, G and B (Swain & Ballard 1991; roots, since the
    cosine of two is then Bhattacharyya's). Edges: in each of 4 x 4 cells the length of the gradient
    of luminance by its angle without a sign, the root of its share of the whole picture's (as in
    Dalal & Triggs 2005, without their overlapping blocks). Layout: 8 x 8 spots of mean colour.
    """
    image = Image.fromarray(picture)
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))
    shades = (small // (256 // SHADES)).reshape(-1, 3).astype(np.int64)
    bins = shades @ np.array([SHADES**2, SHADES, 1])
    colours = np.sqrt(np.bincount(bins, minlength=SHADES**3) / len(bins))

    grey = small @ np.array([0.299, 0.587, 0.114])
    down, across = np.gradient(grey)
    angle = np.arctan2(down, across) % np.pi
    bins = np.minimum((angle * ANGLES / np.pi).astype(np.int64), ANGLES - 1)
    row, column = np.indices(grey.shape) * CELLS // SIDE
    length = np.hypot(down, across)
    cells = ((row * CELLS + column) * ANGLES + bins).ravel()
    edges = np.bincount(cells, length.ravel(), CELLS**2 * ANGLES)
    edges = np.sqrt(edges / max(edges.sum(), 1e-9))

    each = SIDE // SPOTS
    layout = small.reshape(SPOTS, each, SPOTS, each, 3).mean((1, 3)) / 255
    return np.concatenate([colours, edges, layout.ravel()]).astype(np.float32)


def balanced(rows: Tensor) -> Tensor:
    """Centre (N,384) over the pictures, each part with the same mean squared length."""
    parts = []
    for part in (rows - rows.mean(0)).split(PARTS, 1):
        parts.append(part / part.square().sum(1).mean().sqrt().clamp_min(1e-6))
    return torch.cat(parts, 1)
