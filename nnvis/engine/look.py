"""One look: a frame and a selection in, a snapshot out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from nnvis.engine.draw import draw, scores_of, sheet_of, thumbnail, top_of, unit_of
from nnvis.engine.feed import Fed, feed
from nnvis.engine.fool import Twin, fool, parts_of, read_fooled
from nnvis.engine.selection import Selection
from nnvis.engine.snapshot import Snapshot, Timings
from nnvis.errors import UserError
from nnvis.imaging.parcel import to_host
from nnvis.imaging.shade import SHEET_PIXELS
from nnvis.models.card import LayerInfo, ModelCard
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.sources.frame import Frame


def look(
    model: VisionModel,
    card: ModelCard,
    frame: Frame,
    selection: Selection,
    fed: Fed | None = None,
    thumbnails: Sequence[str] = (),
    pixels: int = SHEET_PIXELS,
    twin: Twin | None = None,
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
        twin: where `selection.fooling` is set, the attack on the frames before this one.

    Raises:
        UserError: the layer or the unit does not exist, or the attack makes no sense.
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
    small: dict[str, Callable[[Tensor], Tensor]] = {
        name: partial(thumbnail, layer=require_layer(card, name), selection=selection)
        for name in thumbnails
        if name != layer.name
    }
    clock = _Clock(x.device)
    fooling, passed = selection.fooling, None
    if fooling is None:
        with torch.inference_mode(), record(model, [layer.name, *small], keep=small) as seen:
            logits = model(x)
        clock.stop()
        own = output = seen[layer.name]
    else:
        passed = fool(model, x, fooling, twin or Twin(), layer.name, small)
        clock.stop()
        seen, logits, own = passed.seen, passed.pair.clean_logits, passed.clean
        output = {
            "difference": lambda: passed.attacked - passed.clean,
            "attacked": lambda: passed.attacked,
            "clean": lambda: passed.clean,
        }[fooling.shows]()
    with torch.inference_mode():
        drawing = draw(output, layer, selection, torch.from_numpy(fed.picture).to(x.device), pixels)
        groups = [
            drawing.tensors,
            top_of(logits),
            [seen[one] if one in small else thumbnail(own, layer, selection) for one in thumbnails],
            parts_of(passed) if passed else [],
        ]
        host = iter(to_host([tensor for group in groups for tensor in group]))
    drawn, top, pictures, fooled = ([next(host) for _ in group] for group in groups)
    now = time.perf_counter()
    timings = Timings(clock.prepared - begin, clock.seconds(), now - begin, time.monotonic())
    return Snapshot(
        card=card,
        frame=frame,
        selection=selection,
        layer=layer,
        fed=fed.picture,
        sheet=sheet_of(drawn, drawing.grid, selection),
        unit=unit_of(drawn, selection),
        top=scores_of(top, card),
        thumbnails=dict(zip(thumbnails, pictures, strict=True)),
        timings=timings,
        fooled=read_fooled(fooled, passed, card) if passed else None,
    )


def require_layer(card: ModelCard, name: str) -> LayerInfo:
    """Return the layer called `name`.

    Raises:
        UserError: there is none; names the nearest ones.
    """
    layer = card.layer(name)
    if layer is None:
        raise UserError(card.no_such_layer(name))
    return layer


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
