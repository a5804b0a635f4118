"""Which layers of a network answer to edges, to textures and to parts, found by measuring."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.sources import SAMPLES, open_source

ANGLES, PERIODS = 8, (8, 16, 32)  # of the gratings; pixels
PIECE = 28  # pixels of a side of what is shuffled
TEXTURE, PARTS = 0.8, 0.6  # of the correlation: above it pieces do, below it they do not
_BATCH = 8


def tour_layers(model: VisionModel, layers: Sequence[str]) -> dict[str, str]:
    """Return one of `layers`, which are in order, each for "edges", "textures" and "parts".

    edges: the one whose units are the most particular about the angle of a grating.
    textures: the last one to which a photograph is nearly the same when its pieces are shuffled.
    parts: the first one to which it is not: what it answers to is larger than a piece.
    """
    oriented = orientation_selectivity(model, layers)
    kept = kept_when_shuffled(model, layers)
    return {
        "edges": max(layers, key=lambda one: oriented[one]),
        "textures": [one for one in layers if kept[one] >= TEXTURE][-1],
        "parts": next(one for one in layers if kept[one] <= PARTS),
    }


def orientation_selectivity(model: VisionModel, layers: Sequence[str]) -> dict[str, float]:
    """Return how particular the units of each layer are about the angle of a grating, 0 ... 1.

    1 minus the circular variance (Ringach et al. 2002) of a unit's mean response, less its
    smallest one, at the period that it likes best; the median over the units.
    """
    height, width = model.input_size
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    angles = torch.arange(ANGLES) * torch.pi / ANGLES
    gratings = [
        0.5 + 0.45 * torch.sin((x * a.cos() + y * a.sin()) * 2 * torch.pi / period + phase)
        for a in angles for period in PERIODS for phase in (0, torch.pi / 2)
    ]  # fmt: skip
    found = {}
    for name, means in _means(model, layers, torch.stack(gratings)[:, None].repeat(1, 3, 1, 1)):
        answers = means.reshape(ANGLES, len(PERIODS), 2, -1).mean(2)
        answers = answers - answers.amin((0, 1))
        best = answers.amax(0).argmax(0).expand(ANGLES, 1, -1)
        of_angle = answers.gather(1, best)[:, 0]
        turned = (of_angle * torch.exp(2j * angles)[:, None]).sum(0).abs()
        found[name] = float((turned / of_angle.sum(0).clamp(min=1e-9)).median())
    return found


def kept_when_shuffled(model: VisionModel, layers: Sequence[str]) -> dict[str, float]:
    """Return how much of what tells photographs apart for a unit survives a shuffle, -1 ... 1.

    The correlation, over the sample photographs, of a unit's mean response before and after the
    pieces of each of them were shuffled; the median over the units.
    """
    photos = []
    for name in SAMPLES:
        source = open_source(f"sample:{name}")
        frame = source.read()
        source.close()
        assert frame is not None
        photos.append(model.prepare(frame.picture)[1][0])
    whole = torch.stack(photos)
    pieces = _shuffled(whole, torch.Generator().manual_seed(0))
    before, after = dict(_means(model, layers, whole)), dict(_means(model, layers, pieces))
    found = {}
    for name in layers:
        one, other = (part - part.mean(0) for part in (before[name], after[name]))
        size = one.norm(dim=0) * other.norm(dim=0)
        found[name] = float(((one * other).sum(0) / size.clamp(min=1e-9)).median())
    return found


def _shuffled(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """(N,3,H,W) -> the same with the pieces of each picture in another order."""
    count, channels, height, width = pictures.shape
    high, wide = height // PIECE, width // PIECE
    cut = pictures.reshape(count, channels, high, PIECE, wide, PIECE).permute(0, 2, 4, 1, 3, 5)
    pieces = cut.reshape(count, high * wide, channels, PIECE, PIECE)
    mixed = torch.stack([one[torch.randperm(len(one), generator=generator)] for one in pieces])
    again = mixed.reshape(count, high, wide, channels, PIECE, PIECE).permute(0, 3, 1, 4, 2, 5)
    return again.reshape(pictures.shape)


def _means(model: VisionModel, layers: Sequence[str], pictures: Tensor) -> list[tuple[str, Tensor]]:
    """Return for each layer (N, units), the means of the units' maps."""
    parts: dict[str, list[Tensor]] = {one: [] for one in layers}
    with torch.no_grad():
        for batch in pictures.split(_BATCH):
            with record(model, layers) as seen:
                model(batch)
            for name in layers:
                parts[name].append(seen[name].flatten(2).mean(2))
    return [(name, torch.cat(part)) for name, part in parts.items()]
