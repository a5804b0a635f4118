"""Feature images as files: one a unit, a list of what was reached, a sheet of the layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis import __version__
from nnvis.errors import UserError
from nnvis.export import file_name, read_meta, write_png
from nnvis.featurevis.cache import FeatureCache
from nnvis.featurevis.parameters import FeatureParameters
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.steps import optimise
from nnvis.featurevis.target import Target
from nnvis.files.whole import write_text
from nnvis.imaging.grid import Grid
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, relayed
from nnvis.sources.picture import read_picture

TILE = 96  # pixels of a unit on a sheet


@dataclass(frozen=True, slots=True)
class SavedFeatures:
    """What lies in the folder."""

    report: tuple[dict[str, Any], ...]  # one a picture: layer, unit, seed, reached, grey, file, ...
    files: tuple[Path, ...]


def save_features(
    model: VisionModel,
    spec: str,
    targets: Sequence[Target],
    parameters: FeatureParameters,
    folder: Path,
    *,
    preset: str = "",
    seeds: Sequence[int] = (0,),
    batch: int = 16,
    sheet: bool = False,
    store: FeatureCache | None = None,
    start: NDArray[np.uint8] | None = None,
) -> Steps[SavedFeatures]:
    """Write a PNG for every target and seed, features.json, and with `sheet` the layer's sheet.

    What lies in the folder already, made from the same weights in the same way, is left as it is:
    a run that was cut short goes on where it was.

    Args:
        model: the network.
        spec: by which name it was asked for, for the files.
        targets: of one layer.
        parameters: how.
        folder: is made where it is missing.
        preset: the name of the parameters, for the files.
        seeds: of each target's pictures.
        batch: how many pictures climb at once.
        sheet: whether the layer is laid out as one picture.
        store: where else to look pictures up and keep them.
        start: (h,w,3), what the network was fed, to begin at in place of noise.

    Raises:
        UserError: a target cannot be granted, or a file cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder")
    pairs = [(target, seed) for target in targets for seed in seeds]
    about = about_of(model, spec, parameters, preset)
    if start is not None:
        about["start"] = hashlib.sha256(np.ascontiguousarray(start).data).hexdigest()
    begin = None if start is None else model.tensor(start)
    entries: dict[tuple[Target, int], dict[str, Any]] = {}
    for target, seed in pairs:
        path = folder / _name(target, seed)
        meta = {**about, **_asked(target, seed)}
        if (before := _found(path, meta)) is not None:
            entries[target, seed] = before
    missing = missing_of(targets, seeds, folder, about)
    size = max(1, batch // len(seeds))
    for first in range(0, len(missing), size):
        some = missing[first : first + size]
        steps = optimise(
            model, some, parameters, seeds=seeds, start=begin, store=store, show=1 << 30
        )
        made = yield from _reported(
            steps, len(targets) - len(missing) + first, len(some), len(targets)
        )
        for one in made:
            entries[one.target, one.seed] = write_feature(folder, one, about)
    report = tuple(entries[pair] for pair in pairs)
    files = [folder / one["file"] for one in report]
    listed = folder / "features.json"
    write_text(listed, json.dumps(list(report), indent=2) + "\n")
    files.append(listed)
    if sheet:
        pictures = [_picture(folder / entries[target, seeds[0]]["file"]) for target in targets]
        laid, grid = lay_out(pictures)
        path = folder / f"{file_name(targets[0].layer or 'logits', 'sheet')}.png"
        meta = {**about, "layer": targets[0].layer, "grid": asdict(grid)}
        meta["units"] = [target.unit for target in targets]
        files.append(write_png(path, laid, meta))
    return SavedFeatures(report, tuple(files))


def lay_out(pictures: Sequence[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], Grid]:
    """(H,W,3) each -> one sheet (h,w,3) of tiles of 96 pixels, and where they lie."""
    grid = Grid.fit(len(pictures), TILE, TILE, aspect=1.4, gap=2)
    sheet = np.full((*grid.shape, 3), 16, np.uint8)
    for at, picture in enumerate(pictures):
        left, top, width, height = grid.rect(at)
        tile = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
        sheet[top : top + height, left : left + width] = np.asarray(tile)
    return sheet, grid


def _reported(
    steps: Steps[tuple[FeatureImage, ...]], done: int, some: int, total: int
) -> Steps[tuple[FeatureImage, ...]]:
    """Count units where `steps` counts steps."""

    def counted(step: Progress) -> Progress:
        share = step.done / max(1, step.total)
        note = f"{step.note}, step {step.done} of {step.total}"
        return Progress(round(1000 * (done + share * some)), 1000 * total, note)

    return (yield from relayed(steps, counted))


def about_of(
    model: VisionModel, spec: str, parameters: FeatureParameters, preset: str
) -> dict[str, Any]:
    """Return what the files of one preset have in common."""
    return {
        "version": __version__, "kind": "feature", "view": "feature", "model": spec,
        "weights_hash": model.weights_hash, "random": model.random, "preset": preset,
        "parameters": asdict(parameters),
    }  # fmt: skip


def missing_of(
    targets: Sequence[Target], seeds: Sequence[int], folder: Path, about: dict[str, Any]
) -> list[Target]:
    """Return the targets of which some picture is not in `folder` yet."""
    return [
        target
        for target in targets
        if any(
            _found(folder / _name(target, seed), {**about, **_asked(target, seed)}) is None
            for seed in seeds
        )
    ]


def write_feature(folder: Path, one: FeatureImage, about: dict[str, Any]) -> dict[str, Any]:
    """Write one picture, and return what is told of it."""
    path = folder / _name(one.target, one.seed)
    numbers = {
        "reached": one.reached, "grey": one.grey, "steps": one.steps, "raised": one.raised,
        "note": one.note, "file": path.name,
    }  # fmt: skip
    entry = {**_asked(one.target, one.seed), **numbers}
    picture = one.picture if one.raised else np.full_like(one.picture, 128)
    write_png(path, picture, {**about, **entry, "curve": list(one.curve)})
    return entry


def _asked(target: Target, seed: int) -> dict[str, Any]:
    return {"layer": target.layer, "unit": target.unit, "seed": seed, "wish": _plain(target)}


def _plain(target: Target) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(target)))  # type: ignore[no-any-return]


def _found(path: Path, expected: dict[str, Any]) -> dict[str, Any] | None:
    """Return the entry of a picture that was made just so before."""
    try:
        meta = read_meta(path)
    except UserError:
        return None
    if any(meta.get(key) != value for key, value in expected.items()):
        return None
    keys = ("layer", "unit", "seed", "wish", "reached", "grey", "steps", "raised", "note", "file")
    return {key: meta[key] for key in keys} if all(key in meta for key in keys) else None


def _name(target: Target, seed: int) -> str:
    what = "" if target.kind == "channel" else target.kind
    at = f"{target.cell[0]}-{target.cell[1]}" if target.cell else ""
    if target.kind == "minus":
        at = f"{target.other:04d}"
    number = f"unit{target.unit:04d}"
    if target.kind == "direction":  # which of them, since its weights are too many for a name
        number, at = "", hashlib.sha256(repr(target.weights).encode()).hexdigest()[:8]
    elif target.kind in ("layer", "caricature"):
        number = ""
    return f"{file_name(target.layer or 'logits', number, what, at, f'seed{seed}')}.png"


def _picture(path: Path) -> NDArray[np.uint8]:
    return read_picture(path)
