"""Preferred pictures as files: one a unit, a list of what was reached, a sheet of the layer."""

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
from nnvis.progress import Progress, Steps
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
    wishes: Sequence[Target],
    recipe: FeatureParameters,
    folder: Path,
    *,
    preset: str = "",
    seeds: Sequence[int] = (0,),
    batch: int = 16,
    sheet: bool = False,
    store: FeatureCache | None = None,
    start: NDArray[np.uint8] | None = None,
) -> Steps[SavedFeatures]:
    """Write a PNG for every wish and seed, features.json, and with `sheet` the layer's sheet.

    What lies in the folder already, made from the same weights in the same way, is left as it is:
    a run that was cut short goes on where it was.

    Args:
        model: the network.
        spec: by which name it was asked for, for the files.
        wishes: of one layer.
        recipe: how.
        folder: is made where it is missing.
        preset: the name of the recipe, for the files.
        seeds: of each wish's pictures.
        batch: how many pictures climb at once.
        sheet: whether the layer is laid out as one picture.
        store: where else to look pictures up and keep them.
        start: (h,w,3), what the network was fed, to begin at in place of noise.

    Raises:
        UserError: a wish cannot be granted, or a file cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder")
    pairs = [(wish, seed) for wish in wishes for seed in seeds]
    about = about_of(model, spec, recipe, preset)
    if start is not None:
        about["start"] = hashlib.sha256(np.ascontiguousarray(start).data).hexdigest()
    begin = None if start is None else model.tensor(start)
    entries: dict[tuple[Target, int], dict[str, Any]] = {}
    for wish, seed in pairs:
        path = folder / _name(wish, seed)
        meta = {**about, **_asked(wish, seed)}
        if (before := _found(path, meta)) is not None:
            entries[wish, seed] = before
    missing = missing_of(wishes, seeds, folder, about)
    size = max(1, batch // len(seeds))
    for first in range(0, len(missing), size):
        some = missing[first : first + size]
        climb = optimise(model, some, recipe, seeds=seeds, start=begin, store=store, show=1 << 30)
        made = yield from _told(climb, len(wishes) - len(missing) + first, len(some), len(wishes))
        for one in made:
            entries[one.wish, one.seed] = write_feature(folder, one, about)
    report = tuple(entries[pair] for pair in pairs)
    files = [folder / one["file"] for one in report]
    listed = folder / "features.json"
    write_text(listed, json.dumps(list(report), indent=2) + "\n")
    files.append(listed)
    if sheet:
        pictures = [_picture(folder / entries[wish, seeds[0]]["file"]) for wish in wishes]
        laid, grid = lay_out(pictures)
        path = folder / f"{file_name(wishes[0].layer or 'logits', 'sheet')}.png"
        meta = {**about, "layer": wishes[0].layer, "grid": asdict(grid)}
        meta["units"] = [wish.unit for wish in wishes]
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


def _told(
    climb: Steps[tuple[FeatureImage, ...]], done: int, some: int, total: int
) -> Steps[tuple[FeatureImage, ...]]:
    """Count units where `climb` counts steps."""
    try:
        while True:
            step = next(climb)
            share = step.done / max(1, step.total)
            note = f"{step.note}, step {step.done} of {step.total}"
            yield Progress(round(1000 * (done + share * some)), 1000 * total, note)
    except StopIteration as end:
        made: tuple[FeatureImage, ...] = end.value
        return made
    finally:
        climb.close()


def about_of(
    model: VisionModel, spec: str, recipe: FeatureParameters, preset: str
) -> dict[str, Any]:
    """Return what the files of one recipe have in common."""
    return {
        "version": __version__, "kind": "feature", "view": "feature", "model": spec,
        "weights_hash": model.weights_hash, "preset": preset, "parameters": asdict(recipe),
    }  # fmt: skip


def missing_of(
    wishes: Sequence[Target], seeds: Sequence[int], folder: Path, about: dict[str, Any]
) -> list[Target]:
    """Return the wishes of which some picture is not in `folder` yet."""
    return [
        wish
        for wish in wishes
        if any(
            _found(folder / _name(wish, seed), {**about, **_asked(wish, seed)}) is None
            for seed in seeds
        )
    ]


def write_feature(folder: Path, one: FeatureImage, about: dict[str, Any]) -> dict[str, Any]:
    """Write one picture, and return what is told of it."""
    path = folder / _name(one.wish, one.seed)
    numbers = {
        "reached": one.reached, "grey": one.grey, "steps": one.steps, "raised": one.raised,
        "note": one.note, "file": path.name,
    }  # fmt: skip
    entry = {**_asked(one.wish, one.seed), **numbers}
    picture = one.picture if one.raised else np.full_like(one.picture, 128)
    write_png(path, picture, {**about, **entry, "curve": list(one.curve)})
    return entry


def _asked(wish: Target, seed: int) -> dict[str, Any]:
    return {"layer": wish.layer, "unit": wish.unit, "seed": seed, "wish": _plain(wish)}


def _plain(wish: Target) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(wish)))  # type: ignore[no-any-return]


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


def _name(wish: Target, seed: int) -> str:
    what = "" if wish.kind == "channel" else wish.kind
    at = f"{wish.cell[0]}-{wish.cell[1]}" if wish.cell else ""
    if wish.kind == "minus":
        at = f"{wish.other:04d}"
    number = f"unit{wish.unit:04d}"
    if wish.kind == "direction":  # which of them, since its weights are too many for a name
        number, at = "", hashlib.sha256(repr(wish.weights).encode()).hexdigest()[:8]
    elif wish.kind in ("layer", "caricature"):
        number = ""
    return f"{file_name(wish.layer or 'logits', number, what, at, f'seed{seed}')}.png"


def _picture(path: Path) -> NDArray[np.uint8]:
    return read_picture(path)
