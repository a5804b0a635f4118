"""Whether what is laid over the picture lies where it is drawn, by another test than the program's.

Each patch of the picture is changed by itself. The patch that moves a cell most, beside what moves
the others, is where the cell says that it is; that is compared with where it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import listen
from nnvis.views.layout import as_maps

COARSE = 4  # patches across and down, all of which are changed
FINE = 28  # patches across and down, of which some are changed
FINE_SHOWN = 8
AGREE = 0.6  # correlation of the places that cells tell with those where they are drawn
MOST = 0.5  # share of the fine patches whose own cells must move most
SURE, CLOSE, WEAK = 0.9, 0.85, 0.15  # where one of the two is sure, the other may be weak
FEW = 16  # cells
NEARLY = 0.6  # of the largest move counts as it: windows are mixed, and convolutions wide
SHARP = 1.5  # times the mean: below that a cell sees all of the picture alike, and says nothing
MIXED = 16  # random sums of the units that a change is seen in


@dataclass(frozen=True, slots=True)
class Places:
    """What the layers of a network with more than one cell said; names, but for `right`."""

    right: int = 0  # laid over the picture, and there
    silent: tuple[str, ...] = ()  # laid over it, though every cell sees all of it alike
    wrong: tuple[str, ...] = ()  # laid over it, and elsewhere
    listed: tuple[str, ...] = ()  # not laid over it


@torch.no_grad()
def check_places(model: VisionModel, x: Tensor) -> Places:
    """Change patch after patch of `x`, (1,C,H,W) in [0,1]."""
    spread = [one for one in model.layers if max(one.map_shape) > 1]
    over = [one for one in spread if one.placed]
    right, silent, wrong = 0, [], []
    before = _sums(model, x, over)
    coarse = [(row, column) for row in range(COARSE) for column in range(COARSE)]
    drawn = torch.randperm(FINE * FINE, generator=torch.Generator().manual_seed(1))[:FINE_SHOWN]
    fine = [divmod(int(one), FINE) for one in drawn]
    moved = {
        side: [_moved(before, _sums(model, _changed(x, at, side), over)) for at in patches]
        for side, patches in ((COARSE, coarse), (FINE, fine))
    }
    for layer in over:
        answers = torch.stack([one[layer.name] for one in moved[COARSE]])
        agree, sharp = _coarse(answers)
        near = _fine(torch.stack([one[layer.name] for one in moved[FINE]]), fine)
        few = layer.map_shape[0] * layer.map_shape[1] < FEW  # too few for a correlation
        there = agree >= (0 if few else AGREE) and near >= MOST
        # A kernel that is wide, or a mixture, moves the mean of what a cell sees, not its peak.
        if there or agree >= SURE or (near >= CLOSE and agree >= WEAK):
            right += 1
        elif sharp < SHARP or (few and agree > -AGREE) or (near >= CLOSE and agree >= -2 * WEAK):
            silent.append(layer.name)
        else:
            wrong.append(f"{layer.name} (r {agree:.2f}, {near:.0%} near)")
    listed = tuple(
        f"{one.name} ({one.axes[0]} by {one.axes[1]})" for one in spread if not one.placed
    )
    return Places(right, tuple(silent), tuple(wrong), listed)


def _changed(x: Tensor, at: tuple[int, int], side: int) -> Tensor:
    """Return `x` with the patch at (row, column) of side x side ones inverted."""
    edges = [[round(size * part / side) for part in range(side + 1)] for size in x.shape[2:]]
    rows = slice(edges[0][at[0]], edges[0][at[0] + 1])
    columns = slice(edges[1][at[1]], edges[1][at[1] + 1])
    changed = x.clone()
    changed[..., rows, columns] = 1 - changed[..., rows, columns]
    return changed


def _sums(model: VisionModel, x: Tensor, layers: Sequence[LayerInfo]) -> dict[str, Tensor]:
    """Return random sums of the units, (MIXED,h,w), of each layer that ran."""
    infos = {one.name: one for one in layers}
    seen: dict[str, Tensor] = {}

    def hear(name: str, output: Tensor) -> None:
        maps = as_maps(output[:1], infos[name])[0].float()
        seen[name] = torch.tensordot(_mixture(len(maps)).to(maps), maps, 1)

    with listen(model, infos, hear):
        model(x)
    return seen


@lru_cache(maxsize=64)
def _mixture(units: int) -> Tensor:
    generator = torch.Generator().manual_seed(units)
    return torch.randn(MIXED, units, generator=generator)


def _moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return by how much each cell of each layer moved, (h,w)."""
    return {
        name: (after.get(name, one) - one).nan_to_num(0, 0, 0).square().sum(0).sqrt()
        for name, one in before.items()
    }


def _beside(answers: Tensor) -> Tensor:
    """(patches,h,w) -> the same beside what other patches, and what other cells, answer."""
    answers = answers / answers.mean((1, 2), keepdim=True).clamp(min=1e-30)
    return answers / answers.mean(0).clamp(min=1e-12)


def _coarse(answers: Tensor) -> tuple[float, float]:
    """(16,h,w) -> how well the places that cells tell go with where they are drawn, and how sharp.

    A cell tells the mean of the patches that move it more than the others do. The first number is
    the correlation with its row or column, the lower of both: 1 at their places, -1 where they are
    mirrored, about 0 where rows and columns are exchanged.
    """
    height, width = answers.shape[1:]
    beside = _beside(answers)
    more = (beside - 1).clamp(min=0)
    rows = torch.arange(COARSE).repeat_interleave(COARSE).float().view(-1, 1, 1)
    columns = torch.arange(COARSE).repeat(COARSE).float().view(-1, 1, 1)
    total = more.sum(0)
    heard = total > 1e-6
    if not bool(heard.any()):
        return 1.0, 0.0
    told = [(more * one).sum(0) / total.clamp(min=1e-6) for one in (rows, columns)]
    drawn = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    found = [
        float(torch.corrcoef(torch.stack([mine[heard], own[heard]]))[0, 1])
        for mine, own, length in zip(told, drawn, (height, width), strict=True)
        if length > 1
    ]
    sharp = float(beside.amax(0)[heard].median())
    return min((0.0 if one != one else one for one in found), default=1.0), sharp


def _fine(answers: Tensor, patches: Sequence[tuple[int, int]]) -> float:
    """Return the share of patches at which the cells about them move most, or nearly so."""
    height, width = answers.shape[1:]
    hits = []
    for (row, column), beside, raw in zip(patches, _beside(answers), answers, strict=True):
        if not bool(raw.any()):
            continue
        top = int((row + 0.5) / FINE * height)
        left = int((column + 0.5) / FINE * width)
        reach_down, reach_across = (max(1, round(1.5 * size / FINE)) for size in (height, width))
        near = (
            slice(max(0, top - reach_down), top + reach_down + 1),
            slice(max(0, left - reach_across), left + reach_across + 1),
        )
        strong = beside * (raw > 0.05 * raw.max())
        hits.append(any(bool(one[near].max() >= NEARLY * one.max()) for one in (raw, strong)))
    return sum(hits) / len(hits) if hits else 1.0
