"""One look: a frame and a selection in, a snapshot out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from nnvis.engine.attack.live_attack import LiveAttackState, parts_of, read_attack_result
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.forward import forward
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot, Timings
from nnvis.engine.render.attribution import attribution_parts, read_attribution
from nnvis.engine.render.prepare import Prepared, prepare
from nnvis.engine.render.sheet import (
    before_of,
    draw,
    scores_of,
    sheet_of,
    thumbnail,
    top_of,
    unit_of,
)
from nnvis.errors import UserError
from nnvis.imaging.colourise import SHEET_PIXELS
from nnvis.imaging.host_transfer import to_host
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame


def process_frame(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    fed: Prepared | None = None,
    thumbnails: Sequence[str] = (),
    pixels: int = SHEET_PIXELS,
    twin: LiveAttackState | None = None,
    held: AblationState | None = None,
) -> Snapshot:
    """Frame -> tensor -> activations -> coloured sheet, in one forward pass.

    A view adds the way back, units that are switched off another pass, and an attack its own.

    Args:
        model: owned by the calling thread.
        info: of this model.
        frame: what the source gave.
        request: what to show.
        fed: what `prepare` made of `frame` for this card and selection, if it did already.
        thumbnails: layers of which a small picture is wanted as well.
        pixels: how large the sheet may become before its maps are averaged down.
        twin: where `request.attack` is set, the attack on the frames before this one.
        held: where units are held, at what since the frames before this one.

    Raises:
        UserError: the layer or the unit does not exist, or what else is asked makes no sense.
    """
    begin = time.perf_counter()
    layer = require_layer(info, request.layer)
    if not 0 <= request.unit < layer.units:
        raise UserError(
            f"{layer.name} has no unit {request.unit}; it has units 0 to {layer.units - 1}"
        )
    if fed is None or not fed.serves(info, request):
        fed = prepare(frame, info, request)
    x = model.tensor(fed.picture)
    small: dict[str, Callable[[Tensor], Tensor]] = {
        name: partial(thumbnail, layer=require_layer(info, name), request=request)
        for name in thumbnails
        if name != layer.name
    }
    clock = _Clock(x.device)
    ran = forward(
        model, info, x, layer, request, small, twin or LiveAttackState(), held or AblationState()
    )
    clock.stop()
    with torch.inference_mode():
        shown = torch.from_numpy(fed.picture).to(x.device)
        drawing = draw(ran.output, layer, request, shown, pixels, ran.signed)
        top = top_of(ran.logits)
        painted = attribution_parts(ran.looked, shown, request) if ran.looked else None
        groups = [
            drawing.tensors,
            top,
            [
                ran.small[one] if one in small else thumbnail(ran.own, layer, request)
                for one in thumbnails
            ],
            parts_of(ran.attack) if ran.attack else [],
            painted.tensors if painted else [],
            before_of(ran.before, top) if ran.before is not None else [],
        ]
        host = iter(to_host([tensor for group in groups for tensor in group]))
    drawn, best, pictures, attacked, back, before = (
        [next(host) for _ in group] for group in groups
    )
    now = time.perf_counter()
    timings = Timings(clock.prepared - begin, clock.seconds(), now - begin, time.monotonic())
    return Snapshot(
        info=info,
        frame=frame,
        request=request,
        layer=layer,
        fed=fed.picture,
        sheet=sheet_of(drawn, drawing.grid, request),
        unit=unit_of(drawn, request),
        top=scores_of(best, info),
        thumbnails=dict(zip(thumbnails, pictures, strict=True)),
        timings=timings,
        attack=read_attack_result(attacked, ran.attack, info) if ran.attack else None,
        attribution=read_attribution(back, painted) if painted else None,
        unablated=scores_of([*before, best[1]], info) if before else (),
    )


def require_layer(info: ModelInfo, name: str) -> LayerInfo:
    """Return the layer called `name`.

    Raises:
        UserError: there is none; names the nearest ones.
    """
    layer = info.layer(name)
    if layer is None:
        raise UserError(info.no_such_layer(name))
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
