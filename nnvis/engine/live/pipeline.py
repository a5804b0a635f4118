"""One frame: `process_frame` takes it and a request, and returns the snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic

import torch
from torch import Tensor

from nnvis.attacks.network import AttackedNetwork
from nnvis.engine.attack.live_attack import (
    AttackParts,
    LiveAttackState,
    attack_parts,
    read_attack_result,
)
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.fast_path import FastPath
from nnvis.engine.live.forward import forward
from nnvis.engine.live.region_tracks import RegionTracks
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot, Timings
from nnvis.engine.render.attribution import AttributionParts, attribution_parts, read_attribution
from nnvis.engine.render.prepare import Prepared, prepare
from nnvis.engine.render.sheet import (
    ClassProbabilities,
    SheetParts,
    UnitParts,
    draw,
    same_classes,
    scores_of,
    sheet_of,
    thumbnail,
    top_of,
    unit_of,
)
from nnvis.errors import UserError
from nnvis.imaging.colourise import SHEET_PIXELS
from nnvis.imaging.host_transfer import A, Array, to_host
from nnvis.imaging.objects_picture import tinted
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import put_out
from nnvis.sources.frame import Frame
from nnvis.views.live import LiveViewResult


@dataclass(frozen=True, slots=True, eq=False)
class FrameParts(Generic[A]):
    """All that crosses from the device to the host of one frame."""

    sheet: SheetParts[A]
    unit: UnitParts[A]
    top: ClassProbabilities[A]
    thumbnails: dict[str, A]  # (h,w,4) uint8
    attack: AttackParts[A] | None
    attribution: AttributionParts[A] | None
    unablated: ClassProbabilities[A] | None


def process_frame(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    fed: Prepared | None = None,
    thumbnails: Sequence[str] = (),
    pixels: int = SHEET_PIXELS,
    attack_state: LiveAttackState | None = None,
    ablation_state: AblationState | None = None,
    fast: FastPath | None = None,
    tracks: RegionTracks | None = None,
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
        attack_state: where `request.attack` is set, the attack on the frames before this one.
        ablation_state: where units are held, at what since the frames before this one.
        fast: computes a plain look in less time, as soon as it can; None: PyTorch alone.
        tracks: where an object is followed, where it was on the frame before this one.

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
    tracks = tracks or RegionTracks()
    with put_out(model, most=2 if info.detects else 0) as outputs:
        ran = forward(
            model,
            info,
            x,
            layer,
            request,
            small,
            attack_state or LiveAttackState(),
            ablation_state or AblationState(),
            tracks,
            None if info.detects else fast,
        )
    clock.stop()
    # The first pass is of the clean picture; where units are switched off, the one after it.
    objects = model.objects(outputs[bool(request.ablation.units)]) if outputs else None
    followed = tracks.follow(objects, request)
    at_object = request.attack is not None and request.attack.region is not None
    with torch.inference_mode():
        shown = torch.from_numpy(fed.picture).to(x.device)
        sheet, unit = draw(ran.output, layer, request, shown, pixels, ran.signed)
        # Beside objects there are no classes, but for those at the object that is attacked.
        listed = ran.logits if not info.detects or at_object else ran.logits[:, :0]
        attacked = ran.attack is not None and listed.shape[1] > 0  # has "none of them" as well
        top = top_of((AttackedNetwork(model).chances if attacked else model.scores)(listed))
        drawn = FrameParts(
            sheet=sheet,
            unit=unit,
            top=top,
            thumbnails={
                one: ran.small[one] if one in small else thumbnail(ran.own, layer, request)
                for one in thumbnails
                if one in ran.small or one not in small
            },
            attack=attack_parts(ran.attack, model) if ran.attack else None,
            attribution=_attribution(ran.looked, shown, request) if ran.looked else None,
            unablated=same_classes(model.scores(ran.before), top)
            if ran.before is not None and not info.detects
            else None,
        )
        host: FrameParts[Array] = to_host(drawn)
    now = time.perf_counter()
    timings = Timings(clock.prepared - begin, clock.seconds(), now - begin, time.monotonic())
    return Snapshot(
        info=info,
        frame=frame,
        request=request,
        layer=layer,
        fed=fed.picture,
        sheet=sheet_of(host.sheet, request),
        unit=unit_of(host.unit, request),
        top=scores_of(host.top, info),
        thumbnails=host.thumbnails,
        timings=timings,
        silent=not ran.ran,
        path=ran.path,
        objects=objects,
        marked=tinted(fed.picture, objects.masks, [one.label for one in objects.listed])
        if objects is not None and objects.masks is not None
        else None,
        followed=followed,
        attack=read_attack_result(host.attack, ran.attack, info)
        if host.attack and ran.attack
        else None,
        attribution=read_attribution(host.attribution) if host.attribution else None,
        unablated=scores_of(host.unablated, info) if host.unablated else (),
    )


def _attribution(looked: LiveViewResult, fed: Tensor, request: Request) -> AttributionParts[Tensor]:
    origin = request.live_origin
    assert origin is not None
    return attribution_parts(
        looked.picture[0], looked.signed, fed, request, origin, looked.at, looked.note
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
