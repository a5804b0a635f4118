"""The page of the lens about the heads of the attention at, or before, the selected layer."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.engine.lens.context import Cadence, LensContext
from nnvis.engine.protocol.observations import HeadTiles
from nnvis.imaging.colormaps import GAP_COLOR, LEVELS
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.colourise import colour
from nnvis.imaging.grid import Grid
from nnvis.imaging.overlay import overlay
from nnvis.views.heads import AttentionHeads, Query, heads_at

RENEW_S = 0.15
TILE = 112  # pixels of the longer side
MATRIX = 256  # pixels; larger matrices show the largest weight of each square
STRENGTH = 0.85
DARK = 0.35  # how bright the picture is where a window does not reach


class HeadsPage:
    """Another cell is drawn of the weights that are there; a new frame runs the network."""

    def __init__(self) -> None:
        self._pace = Cadence(RENEW_S)
        self._heads: AttentionHeads | None = None
        self._cell: tuple[int, int] | None = None
        self._found: HeadTiles | None = None

    def observe(self, context: LensContext) -> HeadTiles | None:
        """Draw what each head weighs, seen from the cell and from the class token.

        Raises:
            UserError: there is no attention up to the layer.
        """
        other = context.cell != self._cell
        if self._heads is None or (context.new and self._pace.due):
            with self._pace.work():
                x = context.model.tensor(context.fed)
                self._heads = heads_at(context.model, x, context.layer.name)
            other = True
        if other or self._found is None:
            self._cell = context.cell
            self._found = draw_heads(self._heads, context)
        return self._found


def draw_heads(heads: AttentionHeads, context: LensContext) -> HeadTiles:
    """Lay the weights of every head, and their mean, over the picture; each over its own range."""
    query: Query = None
    if heads.queries is not None and heads.keys is not None:
        (row, column), shape, asked = context.cell, context.layer.map_shape, heads.queries.grid
        query = (row * asked[0] // shape[0], column * asked[1] // shape[1])
    tiles = token_tiles = None
    values = np.zeros((0, 0, 0), np.float32)
    prefix = np.zeros(0, np.float32)
    grid: Grid | None = None
    if query is not None:
        maps, tokens, inside = heads.seen_from(query)
        maps = torch.cat([maps, maps.mean(0, keepdim=True)])
        tiles, grid = _sheet(maps, inside, context)
        values, prefix = maps.cpu().numpy(), tokens.sum(1).cpu().numpy()
    if heads.has_class_token:
        maps, _, inside = heads.seen_from(None)
        token_tiles, grid = _sheet(torch.cat([maps, maps.mean(0, keepdim=True)]), inside, context)
    return HeadTiles(
        heads=heads.count,
        query=query,
        patches=heads.keys.grid if heads.keys is not None else None,
        tiles=tiles,
        token_tiles=token_tiles,
        grid=grid,
        values=values,
        to_tokens=prefix,
        matrix=_matrix(heads.weights, context.shading),
        queries=int(heads.weights.shape[-2]),
        keys=int(heads.weights.shape[-1]),
        within=heads.keys.within if heads.keys is not None else "",
    )


def _sheet(maps: Tensor, inside: Tensor, context: LensContext) -> tuple[NDArray[np.uint8], Grid]:
    """(n,h,w) weights -> (H,W,3) tiles over the picture, and where they are."""
    fed = torch.from_numpy(context.fed).to(maps.device)
    longest = max(fed.shape[:2])
    size = [max(8, round(side * TILE / longest)) for side in fed.shape[:2]]
    small = functional.interpolate(fed.permute(2, 0, 1)[None].float(), size, mode="area")[0]
    bright = functional.interpolate(
        torch.where(inside.to(maps.device), 1.0, DARK)[None, None], size, mode="nearest-exact"
    )[0]
    picture = (small * bright).permute(1, 2, 0).round().to(torch.uint8).contiguous()
    grid = Grid.fit(len(maps), size[0], size[1], aspect=1.2, gap=2)
    sheet = np.empty((*grid.shape, 3), np.uint8)
    sheet[:] = GAP_COLOR
    for at, own in enumerate(maps):
        levels = (own / own.amax().clamp(min=1e-12) * (LEVELS - 1)).round().to(torch.uint8)
        drawn = overlay(picture, levels, False, context.shading, STRENGTH)
        x, y, width, height = grid.rect(at)
        sheet[y : y + height, x : x + width] = drawn.cpu().numpy()
    return sheet, grid


def _matrix(weights: Tensor, shading: Shading) -> NDArray[np.uint8]:
    """(windows,heads,queries,keys) -> (H,W,4): the mean of the heads, of the first window."""
    mean = weights[0].mean(0)
    size = [min(MATRIX, side) for side in mean.shape]
    if tuple(size) != tuple(mean.shape):
        mean = functional.adaptive_max_pool2d(mean[None, None], size)[0, 0]
    part = (mean / mean.amax().clamp(min=1e-12)).sqrt()  # so that weak weights are seen
    levels = (part * (LEVELS - 1)).round().to(torch.uint8)
    return colour(levels, False, shading).cpu().numpy()
