"""Views as PNG files: one a layer with all its units, one a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nnvis.engine.attribution.slow import attribute_slowly, score_view
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.attribution_sheet import view_sheet
from nnvis.engine.saving.metadata import describe
from nnvis.export import file_name, write_png
from nnvis.models.detection.region import Region
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps
from nnvis.sources.frame import Frame
from nnvis.views.registry import EVERY_VIEW, LIVE_VIEWS, ViewKind
from nnvis.views.request import LOGITS, AttributionRequest


def save_views(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    layers: Sequence[str],
    units: Sequence[int],
    views: Sequence[str],
    folder: Path,
    *,
    scored: bool = False,
) -> Steps[list[Path]]:
    """Write, for every layer and view, a sheet of all units and a picture for each of `units`.

    Slow views, and those that are the same for all units, have no sheet; without `units` they are
    of unit 0. Cells, display and colours are those of `request`, which has a view.
    A picture that is `scored` tells by deletion and insertion what it is worth.

    Raises:
        UserError: a layer or unit does not exist, has no way back, or a file cannot be written.
    """
    paths: list[Path] = []
    for layer in layers:
        for view in views:
            chosen = _asking(request, layer, view)
            sheeted = view in LIVE_VIEWS and LIVE_VIEWS[view].kind is not ViewKind.ATTENTION
            if sheeted:
                paths.append((yield from _sheet(model, info, frame, chosen, folder)))
            for unit in units or (() if sheeted else (0,)):
                one = replace(chosen, unit=unit)
                paths.append((yield from _picture(model, info, frame, one, folder, scored)))
    return paths


def save_class_views(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    index: int,
    views: Sequence[str],
    folder: Path,
    *,
    scored: bool = False,
    region: Region | None = None,
) -> Steps[list[Path]]:
    """Write what drives the class `index`, of an object where one is named, for every view."""
    paths: list[Path] = []
    for view in views:
        assert request.attribution is not None
        attribution = replace(
            _with_view(request.attribution, view),
            layer=LOGITS, unit=index, pinned=True, region=region,
        )  # fmt: skip
        layer = request.layer or info.first_look().name
        one = replace(request, layer=layer, attribution=attribution)
        paths.append((yield from _picture(model, info, frame, one, folder, scored)))
    return paths


def _asking(request: Request, layer: str, view: str) -> Request:
    attribution = _with_view(request.attribution or AttributionRequest(), view)
    return replace(request, layer=layer, unit=0, attribution=replace(attribution, pinned=False))


def _with_view(attribution: AttributionRequest, view: str) -> AttributionRequest:
    """Ask for `view`, with those of the parameters that it has."""
    names = {one.name for one in EVERY_VIEW[view].options}
    return replace(
        attribution,
        view=view,
        parameters=tuple(one for one in attribution.parameters if one[0] in names),
    )


def _sheet(
    model: VisionModel, info: ModelInfo, frame: Frame, request: Request, folder: Path
) -> Steps[Path]:
    layer = info.require_layer(request.layer)
    attribution = request.attribution
    assert attribution is not None
    x = model.tensor(info.preprocess.feed(frame.picture, request.fit))
    sheet = yield from view_sheet(model, x, layer, attribution, request)
    looked = process_frame(model, info, frame, request)  # what the file tells besides
    meta = describe(replace(looked, sheet=sheet), "sheet")
    meta["view"], meta["tiles"] = (
        attribution.view,
        "every unit's view, its length over the channels",
    )
    name = file_name(layer.name, "sheet", attribution.view)
    return write_png(folder / f"{name}.png", sheet.picture, meta)


def _picture(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    folder: Path,
    scored: bool,
) -> Steps[Path]:
    shown: Snapshot = process_frame(model, info, frame, request)
    if request.live_origin is None:
        shown = yield from attribute_slowly(shown, request, model)
    if scored:
        shown = yield from score_view(shown, model)
    attribution = shown.attribution
    assert attribution is not None
    thing = "object" if attribution.origin.region is not None else "class"
    whose = (
        f"{thing}{attribution.origin.unit:04d}"
        if attribution.origin.layer == LOGITS
        else file_name(attribution.origin.layer, f"unit{attribution.origin.unit:04d}")
    )
    passed = attribution.origin.passed
    through = f"through-{file_name(passed[0], f'unit{passed[1]:04d}')}" if passed else ""
    name = file_name(whose, attribution.origin.view, through)
    return write_png(folder / f"{name}.png", attribution.picture, describe(shown, "back"))
