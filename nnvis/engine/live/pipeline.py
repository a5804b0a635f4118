"""One frame: through the network as a request asks, and drawn; `LaunchedLook` does the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from nnvis.attacks.network import AttackedNetwork
from nnvis.engine.attack.live_attack import LiveAttackState, attack_frame, attack_parts
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.forward_clock import ForwardClock
from nnvis.engine.live.launched_look import ForwardResult, FrameParts, LaunchedLook
from nnvis.engine.live.precision import looked as looked_in
from nnvis.engine.live.quick_path import Keep, QuickPath
from nnvis.engine.live.region_tracks import RegionTracks
from nnvis.engine.protocol.request import AttackShows, Request, shows_change
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.attribution import AttributionParts, attribution_parts
from nnvis.engine.render.sheet import draw, same_classes, top_of
from nnvis.engine.render.thumbnails import magnitude
from nnvis.engine.unit_order.held import HeldOrders
from nnvis.engine.unit_order.measures import OrderLook
from nnvis.imaging.colourise import SHEET_PIXELS
from nnvis.imaging.device_link import DeviceLink
from nnvis.imaging.host_transfer import sending
from nnvis.models.detection.region import FoundObjects
from nnvis.models.formats.to_onnx import LOGITS
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.preprocess import Prepared
from nnvis.models.vision import VisionModel
from nnvis.probe import put_out, record
from nnvis.sources.frame import Frame
from nnvis.views.layout import require_unit
from nnvis.views.live import LiveViewResult


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
    fast: QuickPath | None = None,
    tracks: RegionTracks | None = None,
    orders: HeldOrders | None = None,
) -> Snapshot:
    """Frame -> tensor -> activations -> coloured sheet, in one forward pass; see `launch`."""
    return launch(
        model, info, frame, request, fed, thumbnails, pixels, attack_state, ablation_state, fast,
        tracks, orders,
    ).finish()  # fmt: skip


def launch(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    fed: Prepared | None = None,
    thumbnails: Sequence[str] = (),
    pixels: int = SHEET_PIXELS,
    attack_state: LiveAttackState | None = None,
    ablation_state: AblationState | None = None,
    fast: QuickPath | None = None,
    tracks: RegionTracks | None = None,
    orders: HeldOrders | None = None,
    link: DeviceLink | None = None,
) -> LaunchedLook:
    """Give the device all that it has to do for a look, in one forward pass.

    A view adds the way back, units that are switched off another pass, and an attack its own.

    Args:
        model: owned by the calling thread.
        info: of this model.
        frame: what the source gave.
        request: what to show.
        fed: what was made of `frame` for this network already, if it was.
        thumbnails: layers of which a small picture is wanted as well.
        pixels: how large the sheet may become before its maps are averaged down.
        attack_state: where `request.attack` is set, the attack on the frames before this one.
        ablation_state: where units are held, at what since the frames before this one.
        fast: computes a plain look in less time, as soon as it can; None: PyTorch alone.
        tracks: where an object is followed, where it was on the frame before this one.
        orders: where units are ordered, as they were on the frames before this one.
        link: copies to and from the device that need not be waited for; None: they are.

    Raises:
        UserError: the layer or the unit does not exist, or what else is asked makes no sense.
    """
    begin = time.perf_counter()
    layer = info.require_layer(request.layer)
    require_unit(layer, request.unit)
    if fed is None or not fed.serves(info.preprocess, request.fit):
        fed = info.preprocess.prepare(frame, request.fit)
    shown = torch.from_numpy(fed.picture).to(model.device) if link is None else link.up(fed.picture)
    x = model.tensor(shown)
    small: dict[str, Callable[[Tensor], Tensor]] = {
        name: partial(magnitude, layer=info.require_layer(name))
        for name in thumbnails
        if name != layer.name
    }
    tracks, attack_state = tracks or RegionTracks(), attack_state or LiveAttackState()
    kept = ablation_state or AblationState(), tracks, orders or HeldOrders()
    if request.attack is not None:
        attack_state.sees(fed.picture)

    def passed(used: VisionModel) -> tuple[ForwardResult, FoundObjects | None, ForwardClock]:
        clock = ForwardClock(x.device)
        with put_out(used, most=2 if info.detects else 0) as outputs:
            ran = _forward(
                model, used, info, frame, x, layer, request, small, attack_state, *kept,
                None if info.detects else fast,
            )  # fmt: skip
        clock.stop()
        # The first pass is of the clean picture; where units are switched off, the one after it.
        found = used.objects(outputs[request.ablation.changes]) if outputs else None
        return ran, found, clock

    (ran, objects, clock), half = looked_in(model, request, passed)
    followed = tracks.follow(objects, request)
    at_object = request.attack is not None and request.attack.region is not None
    with torch.inference_mode():
        # Beside objects there are no classes, but for those at the object that is attacked.
        listed = ran.logits if not info.detects or at_object else ran.logits[:, :0]
        attacked = ran.attack is not None and listed.shape[1] > 0  # has "none of them" as well
        judge = AttackedNetwork(model)
        top = top_of((judge.chances if attacked else model.listed)(listed))
        before = None
        if ran.before is not None and not info.detects:
            none = judge.chances(judge.with_none(ran.before)) if attacked else None
            before = same_classes(model.listed(ran.before) if none is None else none, top)

        def drawn(*, trusting: bool) -> FrameParts[Tensor]:
            sheet, unit = draw(
                ran.output, layer, request, pixels, ran.signed, ran.order, trusting=trusting
            )
            return FrameParts(
                sheet=sheet,
                unit=unit,
                top=top,
                thumbnails={
                    one: ran.small[one] if one in small else magnitude(ran.own, layer)
                    for one in thumbnails
                    if one in ran.small or one not in small
                },
                attack=attack_parts(ran.attack, model) if ran.attack else None,
                attribution=_attribution(ran.looked, shown, request, trusting=trusting)
                if ran.looked
                else None,
                unablated=before,
            )

        arrival = sending(drawn(trusting=True), link)
    return LaunchedLook(
        info=info,
        frame=frame,
        request=request,
        layer=layer,
        fed=fed.picture,
        ran=ran,
        half=half,
        objects=objects,
        followed=followed,
        attack_state=attack_state,
        begin=begin,
        clock=clock,
        arrival=arrival,
        again=partial(drawn, trusting=False) if link or model.device.type != "cpu" else None,
    )


def _forward(
    model: VisionModel,
    used: VisionModel,
    info: ModelInfo,
    frame: Frame,
    x: Tensor,
    layer: LayerInfo,
    request: Request,
    keep: Keep,
    attack_state: LiveAttackState,
    ablation_state: AblationState,
    tracks: RegionTracks,
    orders: HeldOrders,
    fast: QuickPath | None,
) -> ForwardResult:
    """Run the network on `x`, (1,C,H,W), of `frame`: without views, attacks and changes just once.

    `used` is `model`, or its copy in half precision where nothing but a look is asked.

    Raises:
        UserError: the view, the attack or a change makes no sense for this network.
    """
    before = whole = None
    if request.ablation.changes:
        before, whole = ablation_state.unchanged(model, info, x, layer.name, request.ablation)
        fast = None
    with ablation_state.changing(model, request.ablation):
        ran = _run(used, x, layer, request, keep, attack_state, tracks, fast)

        def look() -> OrderLook:
            attacked = ran.attack.attacked if ran.attack is not None else None
            return OrderLook(
                model, info, layer, request, x, ran.own, ran.logits,
                partial(tracks.focused, model), whole, attacked,
            )  # fmt: skip

        order = orders.place(request, layer, frame, look)
    output, signed = ran.output, ran.signed
    if whole is not None and shows_change(info, layer.name, request):
        output, signed = ran.output - whole, True
    return replace(ran, output=output, signed=signed, before=before, order=order)


def _run(
    model: VisionModel,
    x: Tensor,
    layer: LayerInfo,
    request: Request,
    keep: Keep,
    attack_state: LiveAttackState,
    tracks: RegionTracks,
    fast: QuickPath | None,
) -> ForwardResult:
    name, origin, asked = layer.name, request.live_origin, request.attack
    if asked is None and origin is None:
        found = fast.look(model, x, (name, *keep), keep, request.layout.visible) if fast else None
        if found is not None:
            outputs, path = found
            own, logits = _wide(outputs.pop(name)), outputs.pop(LOGITS)
            return ForwardResult(own, False, own, logits, outputs, path=path)
        with torch.inference_mode(), record(model, [name, *keep], keep=keep) as seen:
            logits = model(x)
        # Where branches are taken, a layer need not run: it has no values then, not zeros.
        if name not in seen:
            own = torch.full((1, *layer.shape), torch.nan, device=x.device)
            return ForwardResult(own, False, own, logits, seen, ran=False)
        own = _wide(seen.pop(name))
        return ForwardResult(own, False, own, logits, seen)
    looked: LiveViewResult | None = None
    if origin is not None:
        grid = name if request.backward_grid else None
        with record(model, keep, keep=keep) as small:
            looked = tracks.attribute(model, x, origin, name, grid)
        own = looked.passed.taps[name].values
        if grid is not None:
            # A layer that does not feed the unit: its values are truly zero, and a note says so.
            values = looked.grid if looked.grid is not None else torch.zeros_like(own)
            output, signed = values, True
        else:
            output, signed = own, False
        ran = ForwardResult(output, signed, own, looked.passed.logits, small, looked=looked)
    if asked is None:
        return ran
    attacked = tracks.focused(model, asked.region, asked.target is not None)
    passed = attack_frame(
        attacked, x, asked, attack_state, name, dict(keep), compared=request.layout.divergence
    )
    if request.backward_grid:
        return ForwardResult(
            ran.output, True, passed.clean, passed.pair.clean_logits, passed.seen,
            looked=looked, attack=passed,
        )  # fmt: skip
    shown = {
        AttackShows.DIFFERENCE: lambda: passed.attacked - passed.clean,
        AttackShows.ATTACKED: lambda: passed.attacked,
        AttackShows.CLEAN: lambda: passed.clean,
    }[asked.shows]()
    return ForwardResult(
        shown, False, passed.clean, passed.pair.clean_logits, passed.seen,
        looked=looked, attack=passed,
    )  # fmt: skip


def _wide(output: Tensor) -> Tensor:
    """Return `output` with all digits: once, and not wherever it is shaded."""
    return output.float() if output.dtype in (torch.float16, torch.bfloat16) else output


def _attribution(
    looked: LiveViewResult, fed: Tensor, request: Request, *, trusting: bool
) -> AttributionParts[Tensor]:
    origin = request.live_origin
    assert origin is not None
    return attribution_parts(
        looked.picture[0], looked.signed, fed, request, origin, looked.at, looked.note,
        trusting=trusting,
    )  # fmt: skip
