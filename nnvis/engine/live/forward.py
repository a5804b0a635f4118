"""One frame through the network, once or more often, as a request asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.engine.attack.live_attack import CleanAndAttacked, LiveAttackState, attack_frame
from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.fast_path import FastPath
from nnvis.engine.live.region_tracks import RegionTracks
from nnvis.engine.protocol.request import AttackShows, Request, shows_change
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.to_onnx import LOGITS
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.ablate import ablate
from nnvis.views.live import LiveViewResult, attribute

Keep = Mapping[str, Callable[[Tensor], Tensor]]


@dataclass(frozen=True, slots=True, eq=False)
class ForwardResult:
    """Tensors on the device."""

    output: Tensor  # what the grid shows of the layer
    signed: bool  # whether that is a change or backward values
    own: Tensor  # what the layer put out for the clean frame
    logits: Tensor
    small: dict[str, Tensor]  # of the other layers, what was to be kept
    before: Tensor | None = None  # the logits with nothing switched off
    looked: LiveViewResult | None = None
    attack: CleanAndAttacked | None = None
    ran: bool = True  # whether the layer did, on this picture
    path: str = ""  # by what it was computed, if not by PyTorch


def forward(
    model: VisionModel,
    info: ModelInfo,
    x: Tensor,
    layer: LayerInfo,
    request: Request,
    keep: Keep,
    attack_state: LiveAttackState,
    ablation_state: AblationState,
    tracks: RegionTracks,
    fast: FastPath | None = None,
) -> ForwardResult:
    """Run the network on `x`, (1,C,H,W): without views, attacks and changes just once.

    Raises:
        UserError: the view, the attack or a change makes no sense for this network.
    """
    before = clean = None
    units = request.ablation.units
    if units:
        with (
            torch.inference_mode(),
            ablation_state.watch(model, info, units),
            record(model, [layer.name]) as seen,
        ):
            before = model(x)
        clean = seen.get(layer.name) if shows_change(info, layer.name, request) else None
    changed = ablate(model, units, ablation_state.maps) if units else nullcontext()
    with changed:
        ran = _run(model, x, layer, request, keep, attack_state, tracks, None if units else fast)
    output, signed = ran.output, ran.signed
    if clean is not None:
        output, signed = ran.output - clean, True
    return replace(ran, output=output, signed=signed, before=before)


def _run(
    model: VisionModel,
    x: Tensor,
    layer: LayerInfo,
    request: Request,
    keep: Keep,
    attack_state: LiveAttackState,
    tracks: RegionTracks,
    fast: FastPath | None,
) -> ForwardResult:
    name, origin, asked = layer.name, request.live_origin, request.attack
    if asked is None and origin is None:
        found = fast.look(x, (name, *keep), keep, request.layout.visible) if fast else None
        if found is not None:
            outputs, path = found
            own, logits = outputs.pop(name), outputs.pop(LOGITS)
            return ForwardResult(own, False, own, logits, outputs, path=path)
        with torch.inference_mode(), record(model, [name, *keep], keep=keep) as seen:
            logits = model(x)
        # Where branches are taken, a layer need not run: it has no values then, not zeros.
        if name not in seen:
            own = torch.full((1, *layer.shape), torch.nan, device=x.device)
            return ForwardResult(own, False, own, logits, seen, ran=False)
        own = seen.pop(name)
        return ForwardResult(own, False, own, logits, seen)
    looked: LiveViewResult | None = None
    if origin is not None:
        grid = name if request.backward_grid else None
        region = origin.region
        if region is not None:
            at = origin.at or tracks.weighed(region)
            origin = replace(origin, cells="sum", at=at)
        with record(model, keep, keep=keep) as small:
            looked = attribute(tracks.focused(model, region), x, origin, [name], grid)
        if region is not None and looked.at:
            tracks.remember(region, looked.at, not bool(looked.picture.any()))
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
