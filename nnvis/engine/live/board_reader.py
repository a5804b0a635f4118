"""The tiles of the board: maps of any layer from the pass that is made anyway, views in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.engine.protocol.observations import BoardPicture
from nnvis.engine.protocol.observe import MOST_TILES, BoardKind, BoardRequest, BoardTile
from nnvis.engine.protocol.request import Request, has_unit
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.attribution import attribution_parts, read_attribution
from nnvis.errors import UserError
from nnvis.imaging.colour_options import Range
from nnvis.imaging.colourise import colour, shade, tile_size
from nnvis.imaging.host_transfer import to_host
from nnvis.imaging.overlay import overlay
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.views.live import attribute
from nnvis.views.registry import LIVE_VIEWS
from nnvis.views.request import AttributionRequest

PIXELS = 96 * 96  # of a map on the board; larger ones are averaged down
_HEARD = (BoardKind.MAP, BoardKind.OVER, BoardKind.LAYER)


class BoardReader:
    """Of views one is renewed with each look, so that the line keeps its pace."""

    def __init__(self, model: VisionModel, info: ModelInfo) -> None:
        self._model, self._info = model, info
        self._wanted: dict[str, list[BoardTile]] = {}  # by layer
        self._maps: dict[BoardTile, Tensor] = {}  # (h,w), on the device
        self._views: dict[BoardTile, tuple[object, BoardPicture]] = {}  # and what each is of
        self._turn = 0
        self.owes = False  # whether a look at the same frame would renew more views

    def begin(self, asked: BoardRequest | None) -> list[str]:
        """Forget the look before; return the layers that are to be heard."""
        self._maps, self._wanted, self.owes = {}, {}, False
        for tile in asked.tiles[:MOST_TILES] if asked is not None else ():
            if tile.kind in _HEARD and has_unit(self._info, tile.layer, tile.unit) and tile.layer:
                self._wanted.setdefault(tile.layer, []).append(tile)
        if asked is None:
            self._views.clear()
        return list(self._wanted)

    def hear(self, layer: LayerInfo, output: Tensor) -> None:
        """Take what the tiles show of `layer`."""
        maps, _ = to_maps(output, layer)
        for tile in self._wanted[layer.name]:
            whole = tile.kind is BoardKind.LAYER
            self._maps[tile] = (maps.abs().mean(0) if whole else maps[tile.unit]).float().clone()

    def read(self, snapshot: Snapshot, request: Request) -> tuple[BoardPicture, ...]:
        """Return the tiles that `request` asks for, of the frame of `snapshot`."""
        asked = request.observe.board
        assert asked is not None
        tiles, frame = asked.tiles[:MOST_TILES], snapshot.frame.name
        brought = to_host(self._maps)  # all in one copy
        maps = {of: torch.from_numpy(one) for of, one in brought.items()}
        self._renew(tiles, snapshot, request)
        scale = _scale(list(maps.values()), asked) if asked.shared else None
        found = []
        for tile in tiles:
            if tile.kind is BoardKind.INPUT:
                found.append(BoardPicture(tile, snapshot.fed, frame))
            elif tile.kind is BoardKind.VIEW:
                kept = self._views.get(tile)
                found.append(kept[1] if kept else BoardPicture(tile, None, frame, problem="…"))
            elif tile in maps:
                found.append(self._drawn(tile, maps[tile], snapshot, request, scale))
            else:
                why = f"{self._info.name} has no {tile.layer} {tile.unit}"
                found.append(BoardPicture(tile, None, frame, problem=why))
        return tuple(found)

    def _drawn(
        self,
        tile: BoardTile,
        map_: Tensor,
        snapshot: Snapshot,
        request: Request,
        scale: tuple[float, float] | None,
    ) -> BoardPicture:
        shading = replace(request.shading, range=Range.UNIT)
        if scale is not None:
            shading = replace(shading, range=Range.FIXED, low=scale[0], high=scale[1])
        size = tile_size(1, map_.shape[0], map_.shape[1], PIXELS)
        small = (min(size[0], map_.shape[0]), min(size[1], map_.shape[1]))
        shaded = shade(map_[None], shading, small)
        layer = self._info.require_layer(tile.layer)
        values = None
        if tile.kind is BoardKind.OVER and layer.placed:
            fed = torch.from_numpy(snapshot.fed)
            strength = request.layout.overlay
            picture = overlay(fed, shaded.levels[0], shaded.signed, shading, strength).numpy()
        else:
            picture = colour(shaded.levels[0], shaded.signed, shading).numpy()[..., :3]
            values = functional.interpolate(map_[None, None], small, mode="area")[0, 0].numpy()
        return BoardPicture(
            tile, picture, snapshot.frame.name, float(shaded.low[0]), float(shaded.high[0]),
            float(shaded.minima[0]), float(shaded.maxima[0]), values=values,
        )  # fmt: skip

    def _renew(self, tiles: Sequence[BoardTile], snapshot: Snapshot, request: Request) -> None:
        """Work one view out: the one whose turn it is among those of another frame."""
        views = [one for one in tiles if one.kind is BoardKind.VIEW]
        self._views = {one: kept for one, kept in self._views.items() if one in views}
        of = (snapshot.frame, request.fit, request.shading, request.display)
        old = [one for one in views if one not in self._views or self._views[one][0] != of]
        self.owes = len(old) > 1
        if not old:
            return
        self._turn += 1
        missing = [one for one in old if one not in self._views]
        tile = missing[0] if missing else old[self._turn % len(old)]
        self._views[tile] = of, self._view(tile, snapshot, request)

    def _view(self, tile: BoardTile, snapshot: Snapshot, request: Request) -> BoardPicture:
        name = snapshot.frame.name
        if tile.view not in LIVE_VIEWS:
            return BoardPicture(tile, None, name, problem=f"{tile.view} is not live")
        origin = AttributionRequest(tile.view, tile.layer, tile.unit)
        try:
            found = attribute(self._model, self._model.tensor(snapshot.fed), origin)
        except UserError as error:
            return BoardPicture(tile, None, name, problem=error.in_window)
        fed = torch.from_numpy(snapshot.fed).to(found.picture.device)
        drawn = read_attribution(
            attribution_parts(
                found.picture[0], found.signed, fed, request, origin, found.at, found.note
            )
        )
        return BoardPicture(tile, drawn.picture, name, drawn.low, drawn.high)


def _scale(maps: list[Tensor], asked: BoardRequest) -> tuple[float, float] | None:
    """Return ends that hold all that is live, and what is frozen; None: there is nothing."""
    finite = [one[one.isfinite()] for one in maps]
    lows = [float(one.min()) for one in finite if one.numel()]
    highs = [float(one.max()) for one in finite if one.numel()]
    if asked.low < asked.high:
        lows, highs = [*lows, asked.low], [*highs, asked.high]
    if not lows or min(lows) >= max(highs):
        return None
    return min(lows), max(highs)
