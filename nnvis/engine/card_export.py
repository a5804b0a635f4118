"""The card of a unit as files: one PNG to show, and a folder with its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nnvis.engine.describe import describe
from nnvis.engine.job import Job
from nnvis.engine.snapshot import Snapshot
from nnvis.export import file_name, write_png
from nnvis.featurevis.preferred import Preferred
from nnvis.progress import Progress, Steps

SIDE, GAP, LINE = 224, 12, 20
PAGE, INK, FAINT = (24, 26, 31), (235, 236, 240), (150, 154, 163)

Picture = NDArray[np.uint8]


def export(snapshot: Snapshot, made: Sequence[Preferred], folder: Path, stem: str) -> Job:
    """Write the card of the unit in `snapshot` into a folder in `folder` -> list of paths."""
    return Job("card", partial(_write, snapshot, tuple(made), folder, stem))


def lay_out(title: str, parts: Sequence[tuple[Picture, str]]) -> Picture:
    """(h,w,3) each, with a line below -> one picture: a title and the parts side by side."""
    wide = len(parts) * (SIDE + GAP) + GAP
    page = Image.new("RGB", (wide, LINE + SIDE + LINE + 3 * GAP), PAGE)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(14)
    draw.text((GAP, GAP // 2), title, INK, font)
    for at, (picture, text) in enumerate(parts):
        left, top = GAP + at * (SIDE + GAP), LINE + GAP
        small = picture.shape[0] < SIDE // 2
        how = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
        tile = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
        tile.thumbnail((SIDE, SIDE), how)
        if max(tile.size) < SIDE:
            scale = SIDE / max(tile.size)
            tile = tile.resize((round(tile.width * scale), round(tile.height * scale)), how)
        page.paste(tile, (left, top))
        draw.text((left, top + SIDE + 4), text, FAINT, font)
    return np.asarray(page)


def _write(
    snapshot: Snapshot, made: tuple[Preferred, ...], folder: Path, stem: str, _model: object
) -> Steps[list[Path]]:
    unit, layer = snapshot.unit, snapshot.layer
    home = folder / file_name(stem, layer.name, f"unit{unit.index:04d}", "card")
    about = describe(snapshot, "unit")
    raised = [one for one in made if one.raised]
    files: list[tuple[str, Picture, dict[str, Any]]] = [
        ("map", unit.picture, about),
        ("overlay", unit.overlay, describe(snapshot, "overlay")),
        *((f"preferred_{at}", one.picture, _told(about, one)) for at, one in enumerate(raised)),
    ]
    mean = float(snapshot.sheet.means[unit.index])
    parts = [
        (unit.overlay, f"now, mean {mean:.4g}"),
        (unit.picture, "its map"),
        *((one.picture, f"wants, {one.reached:.4g} (seed {one.seed})") for one in raised),
    ]
    title = f"{snapshot.card.name}   {layer.name}   unit {unit.index}"
    card = {**about, "kind": "card", "preferred": [_numbers(one) for one in made]}
    files.insert(0, ("card", lay_out(title, parts), card))
    paths = []
    for done, (name, picture, meta) in enumerate(files):
        yield Progress(done, len(files), f"writing the {name}")
        paths.append(write_png(home / f"{name}.png", picture, meta))
    return paths


def _told(about: dict[str, Any], one: Preferred) -> dict[str, Any]:
    return {**about, "kind": "feature", "view": "feature", **_numbers(one), "curve": one.curve}


def _numbers(one: Preferred) -> dict[str, Any]:
    return {
        "wish": asdict(one.wish), "seed": one.seed, "reached": one.reached, "grey": one.grey,
        "steps": one.steps, "note": one.note,
    }  # fmt: skip
