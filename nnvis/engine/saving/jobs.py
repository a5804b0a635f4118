"""Saving as jobs: what is imported to write pictures is imported on the job's own thread."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnvis import __version__
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import OwnRange, Snapshot
from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.progress import Progress, Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


def shown_job(
    folder: Path, snapshot: Snapshot, still: Snapshot | None, *, frozen: bool = False
) -> Job:
    """Return the job that writes what `snapshot` shows into `folder`.

    It needs the model only where `snapshot.path` tells that the picture is not PyTorch's own.
    """
    unit = f"unit{snapshot.unit.index:04d}"
    name = file_name(_stem(snapshot), snapshot.layer.name, unit)
    return Job("snapshot", partial(_shown, snapshot, folder, name, still, frozen))


def layers_job(folder: Path, snapshot: Snapshot) -> Job:
    """Return the job that writes the sheet of every layer for the frame of `snapshot`."""
    return Job("all layers", partial(_every_layer, snapshot, folder / _stem(snapshot)))


def write_page(
    folder: Path, kind: str, picture: NDArray[np.uint8], meta: dict[str, Any], _model: object
) -> Steps[list[Path]]:
    """Write a picture of a part of the window, (H,W,3), with what it shows."""
    yield Progress(0, 1, f"writing the {kind}")
    name = file_name(time.strftime("%Y%m%d-%H%M%S"), kind)
    return [write_png(folder / f"{name}.png", picture, {"version": __version__, **meta})]


def over_input(snapshot: Snapshot, *, looks_back: bool) -> NDArray[np.uint8]:
    """Return the unit's map over what was fed, (H,W,3); `looks_back`: what drives it instead."""
    from nnvis.engine.render.sheet import overlay_of

    if looks_back and snapshot.attribution is not None:
        return snapshot.attribution.picture
    return overlay_of(snapshot)


def own_range(snapshot: Snapshot) -> OwnRange:
    """Return the unit of `snapshot` over its own range."""
    from nnvis.engine.render.sheet import own_of

    return own_of(snapshot)


def _stem(snapshot: Snapshot) -> str:
    return file_name(time.strftime("%Y%m%d-%H%M%S"), snapshot.info.name)


def _shown(
    snapshot: Snapshot,
    folder: Path,
    stem: str,
    still: Snapshot | None,
    frozen: bool,
    model: VisionModel | None,
) -> Steps[list[Path]]:
    from nnvis.engine.saving.sheets import exact, save_shown

    if model is not None and model.weights_hash == snapshot.info.weights_hash:
        snapshot = exact(snapshot, model)
    return (yield from save_shown(snapshot, folder, stem, still, frozen=frozen))


def _every_layer(snapshot: Snapshot, folder: Path, model: VisionModel) -> Steps[list[Path]]:
    from nnvis.engine.saving.sheets import save_layers

    info = snapshot.info
    if model.weights_hash != info.weights_hash:
        raise UserError("the model has changed since; take the snapshot again")
    names = [layer.name for layer in info.layers]
    return (
        yield from save_layers(model, info, snapshot.frame, snapshot.request, names, (), folder)
    )
