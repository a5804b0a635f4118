"""Snapshots as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.sheet import overlay_of
from nnvis.engine.saving.metadata import describe
from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.models.info import ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.frame import Frame
from nnvis.views.request import AblationMode

FULL = 1 << 62  # pixels of a sheet: no map is averaged down
ENLARGED = 448  # a unit's map is repeated up to about this many pixels


def exact(snapshot: Snapshot, model: VisionModel) -> Snapshot:
    """Return the same look by PyTorch, as the metadata of a picture promise it."""
    if not snapshot.path:
        return snapshot
    request, order = snapshot.request, snapshot.sheet.order
    if order is not None:  # the tiles stay where they are
        held = replace(request.order, given=order.given(snapshot.layer.name))
        request = replace(request, order=held)
    again = process_frame(model, snapshot.info, snapshot.frame, request)
    return replace(again, observations=snapshot.observations)


def save_shown(
    snapshot: Snapshot,
    folder: Path,
    stem: str,
    still: Snapshot | None = None,
    *,
    frozen: bool = False,
) -> Steps[list[Path]]:
    """Write the sheet, unit, overlay, input, view and features that `snapshot` shows, as they are.

    The view may be the one of `still`, which a slow view found on a frame before. `frozen`: the
    picture stayed on this frame.
    """
    looked = still or snapshot
    pictures = {
        "sheet": snapshot.sheet.picture,
        "unit": enlarge(snapshot.unit.picture, ENLARGED),
        "overlay": overlay_of(snapshot),
        "input": snapshot.fed,
    }
    if looked.attribution is not None:
        pictures["back"] = looked.attribution.picture
    found = snapshot.observations
    if found.colours is not None and found.colours.picture is not None:
        pictures["colours"] = enlarge(found.colours.picture, ENLARGED)
        if found.colours.painted is not None:
            pictures["likeness"] = found.colours.painted
    if found.concepts is not None:
        pictures["concepts"] = found.concepts.painted
    paths = []
    for done, (kind, picture) in enumerate(pictures.items()):
        yield Progress(done, len(pictures), f"writing the {kind}")
        shown = looked if kind == "back" else snapshot
        view = looked.attribution.origin.view if looked.attribution and kind == "back" else ""
        path = folder / f"{file_name(stem, kind, view)}.png"
        paths.append(write_png(path, picture, describe(shown, kind, frozen=frozen)))
    return paths


def save_layers(
    model: VisionModel,
    info: ModelInfo,
    frame: Frame,
    request: Request,
    layers: Sequence[str],
    units: Sequence[int],
    folder: Path,
) -> Steps[list[Path]]:
    """Write the whole sheet of every layer, and of each the `units` with their overlays.

    Returns:
        The paths, in the order of `layers`.

    Raises:
        UserError: a layer or unit does not exist, or a file cannot be written.
    """
    request = replace(request, attack=None)  # no attack begins anew for each layer
    if any(one.how in (AblationMode.MEAN, AblationMode.FREEZE) for one in request.ablation.units):
        raise UserError("at what units are held, other passes do not know; put those back first")
    for name in layers:
        info.require_layer(name)
    paths: list[Path] = []
    waiting: Future[Path] | None = None
    with ThreadPoolExecutor(1, "nnvis-save") as writer:

        def write(snapshot: Snapshot, kind: str, picture: NDArray[np.uint8]) -> None:
            nonlocal waiting
            if waiting is not None:
                paths.append(waiting.result())  # one picture at a time is kept in memory
            unit = f"unit{snapshot.unit.index:04d}" if kind in ("unit", "overlay") else ""
            meta = describe(snapshot, kind)
            view = meta["view"] if kind in ("sheet", "unit") else kind
            name = file_name(snapshot.layer.name, unit, view)
            waiting = writer.submit(write_png, folder / f"{name}.png", picture, meta)

        for done, layer in enumerate(layers):
            yield Progress(done, len(layers), layer)
            chosen = replace(request, layer=layer, unit=min(units, default=0))
            snapshot = process_frame(model, info, frame, chosen, pixels=FULL)
            if snapshot.silent and len(layers) > 1:
                continue
            if snapshot.silent:
                raise UserError(
                    f"{layer} did not run on this picture; choose another layer, or a picture on "
                    "which the network takes that branch"
                )
            write(snapshot, "sheet", snapshot.sheet.picture)
            for unit in units:
                one = process_frame(model, info, frame, replace(chosen, unit=unit), pixels=FULL)
                write(one, "unit", enlarge(one.unit.picture, ENLARGED))
                write(one, "overlay", overlay_of(one))
        if waiting is not None:
            paths.append(waiting.result())
    return paths


def enlarge(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Repeat the pixels of (h,w,n) a whole number of times, up to `longest` on the longer side."""
    times = max(1, longest // max(picture.shape[:2]))
    return picture.repeat(times, 0).repeat(times, 1)
