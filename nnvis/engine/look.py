"""One look: a frame and a selection in, a snapshot out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.engine.feed import Fed, feed
from nnvis.engine.selection import Selection
from nnvis.engine.snapshot import Score, Sheet, Snapshot, Timings, UnitLook
from nnvis.errors import UserError
from nnvis.imaging.grid import Grid
from nnvis.imaging.overlay import overlay
from nnvis.imaging.parcel import to_host
from nnvis.imaging.shade import SHEET_PIXELS, Shaded, colour, shade, tile, tile_size
from nnvis.imaging.shading import Range, Shading
from nnvis.models.card import LayerInfo, ModelCard
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.sources.frame import Frame

TOP = 5
THUMBNAIL = 40  # pixels of the longer side, at most
GAP = 2  # pixels between the tiles of a sheet


@torch.inference_mode()
def look(
    model: VisionModel,
    card: ModelCard,
    frame: Frame,
    selection: Selection,
    fed: Fed | None = None,
    thumbnails: Sequence[str] = (),
    pixels: int = SHEET_PIXELS,
) -> Snapshot:
    """Frame -> tensor -> activations -> coloured sheet, in one forward pass.

    Args:
        model: owned by the calling thread.
        card: of this model.
        frame: what the source gave.
        selection: what to show.
        fed: what `feed` made of `frame` for this card and selection, if it did already.
        thumbnails: layers of which a small picture is wanted as well.
        pixels: how large the sheet may become before its maps are averaged down.

    Raises:
        UserError: the layer or the unit does not exist.
    """
    begin = time.perf_counter()
    layer = require_layer(card, selection.layer)
    if not 0 <= selection.unit < layer.units:
        raise UserError(
            f"{layer.name} has no unit {selection.unit}; it has units 0 to {layer.units - 1}"
        )
    if fed is None or not fed.serves(card, selection):
        fed = feed(frame, card, selection)
    x = model.tensor(fed.picture)
    clock = _Clock(x.device)
    with record(model, [layer.name, *thumbnails]) as seen:
        logits = model(x)
    clock.stop()
    maps, prefix = to_maps(seen[layer.name], layer)
    drawn = draw(maps, layer, selection, pixels)
    values = maps[selection.unit].float()
    picture = colour(drawn.shaded.levels[selection.unit], drawn.shaded.signed, selection.shading)
    laid = overlay(
        torch.from_numpy(fed.picture).to(x.device),
        drawn.shaded.levels[selection.unit],
        drawn.shaded.signed,
        selection.shading,
        selection.overlay,
    )
    probabilities, classes = _top(logits)
    small = [_thumbnail(seen[name], require_layer(card, name), selection) for name in thumbnails]
    parts = [
        drawn.sheet, drawn.shaded.minima, drawn.shaded.means, drawn.shaded.maxima,
        drawn.shaded.low[selection.unit], drawn.shaded.high[selection.unit],
        drawn.shaded.signed, drawn.shaded.bad, values, picture, laid,
        prefix[selection.unit].float(), probabilities, classes, *small,
    ]  # fmt: skip
    host = to_host(parts)
    signed = bool(host[6])
    shading = selection.shading
    sheet = Sheet(
        picture=host[0], grid=drawn.grid, minima=host[1], means=host[2], maxima=host[3],
        low=float(host[4]), high=float(host[5]), signed=signed,
        colormap=shading.signed_colormap if signed else shading.colormap, bad=int(host[7]),
    )  # fmt: skip
    unit = UnitLook(selection.unit, host[8].copy(), host[9], host[10], host[11].copy())
    top = tuple(
        Score(int(index), _label(card, int(index)), float(probability))
        for probability, index in zip(host[12], host[13], strict=True)
    )
    now = time.perf_counter()
    timings = Timings(clock.prepared - begin, clock.seconds(), now - begin, time.monotonic())
    return Snapshot(
        card, frame, selection, layer, fed.picture, sheet, unit, top,
        dict(zip(thumbnails, host[14:], strict=True)), timings,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A layer's sheet, still on the device."""

    shaded: Shaded
    grid: Grid
    sheet: Tensor  # (*grid.shape, 4) uint8


def draw(maps: Tensor, layer: LayerInfo, selection: Selection, pixels: int = SHEET_PIXELS) -> Drawn:
    """(C,h,w) maps of `layer` -> its sheet, laid out for a pane of `selection.aspect`."""
    height, width = maps.shape[1], maps.shape[2]
    size = tile_size(layer.units, height, width, pixels)
    shaded = shade(maps, selection.shading, size)
    grid = Grid.fit(layer.units, *size, aspect=selection.aspect, gap=GAP)
    return Drawn(shaded, grid, colour(tile(shaded.levels, grid), shaded.signed, selection.shading))


def require_layer(card: ModelCard, name: str) -> LayerInfo:
    """Return the layer called `name`.

    Raises:
        UserError: there is none; names the nearest ones.
    """
    layer = card.layer(name)
    if layer is None:
        raise UserError(card.no_such_layer(name))
    return layer


def _top(logits: Tensor) -> tuple[Tensor, Tensor]:
    """(1,K) logits -> probabilities and indices of the strongest classes; empty for no classes."""
    if logits.ndim != 2 or logits.shape[1] < 2:
        return logits.new_zeros(0, dtype=torch.float32), logits.new_zeros(0, dtype=torch.int64)
    probabilities, classes = logits[0].float().softmax(0).topk(min(TOP, logits.shape[1]))
    return probabilities, classes


def _label(card: ModelCard, index: int) -> str:
    return card.labels[index] if card.labels and index < len(card.labels) else f"class {index}"


def _thumbnail(output: Tensor, layer: LayerInfo, selection: Selection) -> Tensor:
    """Mean magnitude of a layer over its units, small; a vector is folded to a near-square."""
    maps, _ = to_maps(output, layer)
    if maps.shape[1:] == (1, 1):
        side = max(1, round(layer.units**0.5))
        row = functional.pad(maps.flatten().abs(), (0, -layer.units % side))
        mean = row.view(1, -1, side)
    else:
        mean = maps.abs().mean(0, keepdim=True)
    longest = max(mean.shape[1:])
    if longest > THUMBNAIL:
        size = [max(1, side * THUMBNAIL // longest) for side in mean.shape[1:]]
        mean = functional.interpolate(mean[None].float(), size, mode="area")[0]
    shading = Shading(Range.UNIT, colormap=selection.shading.colormap)
    shaded = shade(mean, shading)
    return colour(shaded.levels[0], shaded.signed, shading)


class _Clock:
    """Measures the forward pass: on a GPU with events, since the host runs ahead of it."""

    def __init__(self, device: torch.device) -> None:
        self.prepared = time.perf_counter()
        self._events = (
            [torch.cuda.Event(enable_timing=True) for _ in range(2)]
            if device.type == "cuda"
            else None
        )
        if self._events:
            self._events[0].record()
        self._stopped = self.prepared

    def stop(self) -> None:
        self._stopped = time.perf_counter()
        if self._events:
            self._events[1].record()

    def seconds(self) -> float:
        """Ask after the copy to the host, which waits for the device."""
        if self._events:
            return float(self._events[0].elapsed_time(self._events[1])) / 1000
        return self._stopped - self.prepared
