"""One picture through the network: what the window would show of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.api.scaled_picture import ColourScale, ScaledPicture
from nnvis.api.tables import ClassScores
from nnvis.engine.attribution.slow import attribute_slowly
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Score, Sheet, Snapshot
from nnvis.engine.render.attribution_sheet import view_sheet
from nnvis.engine.saving.metadata import describe
from nnvis.engine.saving.sheets import FULL
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.layers import to_maps
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.parameters import Value, build
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.sources.frame import Frame
from nnvis.views.registry import LIVE_VIEWS, View
from nnvis.views.request import LOGITS


def predicted(model: VisionModel, frame: Frame, top: int, fit: Fit) -> ClassScores:
    """Return the likeliest classes.

    Raises:
        UserError: the network has none, or does not answer with numbers.
    """
    logits = model(model.prepare(frame.picture, fit)[1])
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise UserError(f"{model.name} has no classes to predict; look at its layers instead")
    if not bool(logits.isfinite().all()):
        raise UserError(f"{model.name} answers with NaN or infinite values for this picture")
    scores = model.listed(logits)[0]
    values, classes = scores.topk(max(1, min(top, len(scores))))
    pairs = zip(classes.tolist(), values.tolist(), strict=True)
    return ClassScores(Score(index, model.label(index), value) for index, value in pairs)


def activations(
    model: VisionModel, frame: Frame, layers: Sequence[str], fit: Fit
) -> dict[str, NDArray[np.float32]]:
    """Return (units,h,w) of each layer.

    Raises:
        UserError: one of them did not run.
    """
    infos = {one.name: one for one in model.layers}
    with record(model, layers) as seen:
        model(model.prepare(frame.picture, fit)[1])
    found = {}
    for name in layers:
        if name not in seen:
            raise UserError(f"layer: {name} did not run on this picture; choose another")
        maps, _ = to_maps(seen[name], infos[name])
        found[name] = np.ascontiguousarray(maps.float().cpu().numpy())
    return found


def grid(model: VisionModel, info: ModelInfo, frame: Frame, request: Request) -> ScaledPicture:
    """Return the whole sheet of a layer."""
    snapshot = _seen(model, info, frame, request)
    return _sheet(snapshot, snapshot.sheet, describe(snapshot, "sheet"), snapshot.layer.name)


def unit(model: VisionModel, info: ModelInfo, frame: Frame, request: Request) -> ScaledPicture:
    """Return the map of a unit over the picture."""
    snapshot = _seen(model, info, frame, request)
    return ScaledPicture(
        snapshot.unit.overlay,
        _scale(snapshot.sheet),
        describe(snapshot, "overlay"),
        f"{snapshot.layer.name}, unit {snapshot.unit.index}",
        snapshot.unit.values,
        snapshot.layer.cells_note,
    )


def attribution(
    model: VisionModel, info: ModelInfo, frame: Frame, request: Request
) -> ScaledPicture:
    """Return what in the picture drives the unit that `request` follows."""
    origin = request.origin
    assert origin is not None
    if origin.layer != LOGITS:  # as `nnvis snapshot` writes it: of the selected unit
        held = replace(origin, pinned=False)
        request = replace(request, layer=origin.layer, unit=origin.unit, attribution=held)
    shown = process_frame(model, info, frame, request)
    if request.live_origin is None:
        shown = drain(attribute_slowly(shown, request, model))
    found = shown.attribution
    assert found is not None
    whose = f"{origin.layer} {origin.unit}"
    if origin.layer == LOGITS:
        whose = f"class {origin.unit} ({info.label(origin.unit)})"
    return ScaledPicture(
        found.picture,
        ColourScale(found.low, found.high, found.signed, found.colormap),
        describe(shown, "back"),
        f"{origin.view} of {whose}",
        found.values,
        found.note,
    )


def view_grid(model: VisionModel, info: ModelInfo, frame: Frame, request: Request) -> ScaledPicture:
    """Return a view of every unit of a layer, tiled.

    Raises:
        UserError: the view is too slow for that, or the same for all units.
    """
    layer, back = info.require_layer(request.layer), request.attribution
    assert back is not None
    if back.view not in LIVE_VIEWS:
        raise UserError(f"unit: {back.view} is too slow for a sheet of every unit; name one unit")
    x = model.tensor(info.preprocess.feed(frame.picture, request.fit))
    sheet = drain(view_sheet(model, x, layer, back, request))
    meta = describe(replace(process_frame(model, info, frame, request), sheet=sheet), "sheet")
    meta["view"], meta["tiles"] = back.view, "every unit's view, its length over the channels"
    return _sheet(None, sheet, meta, f"{back.view} of {layer.name}")


def parameters_of(view: View, given: Mapping[str, Any]) -> tuple[tuple[str, Value], ...]:
    """Return what is set of a view, checked.

    Raises:
        UserError: it has no such parameter, or the value lies outside.
    """
    made = build(view.parameters, given, view.name)
    return tuple((name, getattr(made, name)) for name in given)


def _seen(model: VisionModel, info: ModelInfo, frame: Frame, request: Request) -> Snapshot:
    snapshot = process_frame(model, info, frame, request, pixels=FULL)
    if snapshot.silent:
        raise UserError(f"layer: {request.layer} did not run on this picture; choose another")
    return snapshot


def _sheet(
    snapshot: Snapshot | None, sheet: Sheet, meta: dict[str, Any], title: str
) -> ScaledPicture:
    bad = f"{sheet.bad} values are NaN or infinite" if sheet.bad else ""
    note = snapshot.layer.cells_note if snapshot is not None else ""
    return ScaledPicture(
        sheet.picture,
        _scale(sheet),
        meta,
        title,
        np.stack([sheet.minima, sheet.means, sheet.maxima], axis=1),
        "; ".join(one for one in (note, bad) if one),
    )


def _scale(sheet: Sheet) -> ColourScale:
    return ColourScale(sheet.low, sheet.high, sheet.signed, sheet.colormap)
