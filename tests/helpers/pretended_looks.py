"""Every way of looking at a frame on the device that is not there, and what each takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.helpers.pretended_device import DEVICE, PretendedLink, counted, failure

STREAM = 4  # frames, each of which waits while the one before is looked at


def looks(model: Any, info: Any, frame: Any, mode: FakeTensorMode) -> dict[str, Any]:
    """Return of each way the number of operations, of reads by the host and of uploads.

    The last two are by the place that they stand at; where a way failed, how is all there is.
    """
    from nnvis.engine.attack.live_attack import LiveAttackState
    from nnvis.engine.live.pipeline import process_frame
    from nnvis.engine.protocol.request import AttackRequest, GridShows, PaneLayout, Request
    from nnvis.views.registry import LIVE_VIEWS
    from nnvis.views.request import Ablation, AttributionRequest

    maps = [one for one in info.layers if one.units > 1 and min(one.map_shape) > 1]
    layer = maps[len(maps) // 2]
    plain = Request(layer.name, 0)
    visible = tuple(one.name for one in info.layers[:8])
    ways = {"look": plain, "eight thumbnails": replace(plain, layout=PaneLayout(visible=visible))}
    for view in LIVE_VIEWS:
        ways[view] = replace(plain, attribution=AttributionRequest(view))
    ways["deconv and its grid"] = replace(ways["deconv"], grid=GridShows.BACKWARD)
    ways["unit off"] = replace(
        plain, ablation=replace(plain.ablation, units=(Ablation(layer.name, 0),))
    )
    for name, attack in {
        "attack": AttackRequest(), "attack l2": AttackRequest(norm="l2"),
        "attack target": AttackRequest(target=0), "attack control": AttackRequest(control=True),
    }.items():  # fmt: skip
        ways[name] = replace(plain, attack=attack)
    ways["attack and where"] = replace(ways["attack"], layout=PaneLayout(divergence=True))
    found: dict[str, Any] = {}
    with counted(mode) as bare, torch.inference_mode():
        model(torch.empty(1, model.channels, *model.input_size, device=DEVICE))
    found["bare"] = {"operations": bare.operations}
    for name, request in ways.items():
        kept = LiveAttackState()
        try:
            if request.attack is not None:  # what comes with the first frame alone is not counted
                with counted(mode):
                    process_frame(model, info, frame, request, attack_state=kept)
            with counted(mode) as traffic:
                process_frame(
                    model, info, frame, request, thumbnails=request.layout.visible,
                    attack_state=kept,
                )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - told
            found[name] = {"failed": failure(error)}
            continue
        found[name] = {
            "operations": traffic.operations, "reads": traffic.reads, "uploads": traffic.uploads,
        }  # fmt: skip
    for name in ("look", "eight thumbnails", "gradient"):
        found[f"{name}, overlapping"] = _overlapping(model, info, frame, ways[name], mode)
    return found


def _overlapping(
    model: Any, info: Any, frame: Any, request: Any, mode: FakeTensorMode
) -> dict[str, Any]:
    """Return the same for each look of a stream that is begun before the one before it is read."""
    from nnvis.engine.live.frame_loop import FrameLoop

    told: list[str] = []
    loop = FrameLoop(model, info, request, lambda: None, told.append, thumbnails=8)
    link = loop.link = PretendedLink()
    fed = info.preprocess.prepare(frame, request.fit)
    loop.frames.put(fed)
    with counted(mode) as traffic:
        for left in reversed(range(STREAM)):
            loop.take(0.0)
            if left:
                loop.frames.put(fed)
            loop.step()
    loop.close()
    if told or link.most != 2:
        return {"failed": f"{told}; {link.most} looks under way at once, not 2"}
    return {
        "operations": traffic.operations / STREAM,
        "reads": {at: count / STREAM for at, count in traffic.reads.items()},
        "uploads": {at: count / STREAM for at, count in traffic.uploads.items()},
    }
