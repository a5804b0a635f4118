"""The card of a unit as files: one PNG to show, and a folder with its parts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nnvis.engine.describe import describe
from nnvis.engine.job import Job
from nnvis.engine.prefer import PATTERN, SMALL
from nnvis.engine.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.featurevis.preferred import Preferred
from nnvis.featurevis.wish import Wish
from nnvis.imaging.grid import Grid
from nnvis.progress import Progress, Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

SIDE, GAP, LINE = 224, 12, 20
TILE = 96  # of a card on the sheet of all
CONTACT_SHARE = 0.35
STILLS = 3  # of the stream's strongest frames on a card
PAGE, INK, FAINT = (24, 26, 31), (235, 236, 240), (150, 154, 163)

Picture = NDArray[np.uint8]


def export(snapshot: Snapshot, made: Sequence[Preferred], folder: Path, stem: str) -> Job:
    """Write the card of the unit in `snapshot` into a folder in `folder` -> list of paths."""
    return Job("card", partial(_write, snapshot, tuple(made), folder, stem))


def contact(snapshot: Snapshot, folder: Path, stem: str) -> Job:
    """Write small cards of all units of the layer in `snapshot` as one picture -> list of paths.

    Their preferred pictures are those of pattern mode; what is not there yet is made first,
    behind the stream.
    """
    return Job("cards", partial(_write_all, snapshot, folder, stem), CONTACT_SHARE)


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
    kept = snapshot.stream.kept[:STILLS] if snapshot.stream is not None else ()
    strongest = [
        (np.asarray(Image.open(io.BytesIO(one.jpeg)).convert("RGB")), one.value) for one in kept
    ]
    files += [(f"strongest_{at}", still, about) for at, (still, _) in enumerate(strongest)]
    mean = float(snapshot.sheet.means[unit.index])
    parts = [
        (unit.overlay, f"now, mean {mean:.4g}"),
        (unit.picture, "its map"),
        *((one.picture, _named(one)) for one in raised),
        *((still, f"in the stream, peak {value:.4g}") for still, value in strongest),
    ]
    title = f"{snapshot.card.name}   {layer.name}   unit {unit.index}"
    card = {**about, "kind": "card", "preferred": [_numbers(one) for one in made]}
    files.insert(0, ("card", lay_out(title, parts), card))
    paths = []
    for done, (name, picture, meta) in enumerate(files):
        yield Progress(done, len(files), f"writing the {name}")
        paths.append(write_png(home / f"{name}.png", picture, meta))
    return paths


def _write_all(
    snapshot: Snapshot, folder: Path, stem: str, model: VisionModel
) -> Steps[list[Path]]:
    from nnvis.featurevis.ascent import ascend
    from nnvis.featurevis.store import Store

    layer, sheet = snapshot.layer, snapshot.sheet
    if model.weights_hash != snapshot.card.weights_hash:
        raise UserError("the model has changed since; try again")
    store, cards, made = Store(), [], list[Preferred]()
    for first in range(0, layer.units, SMALL):
        units = range(first, min(first + SMALL, layer.units))
        steps = ascend(model, [Wish(layer.name, unit) for unit in units], PATTERN, store=store)
        try:
            while True:
                next(steps)
                yield Progress(first, layer.units, f"card {first} of {layer.units}")
        except StopIteration as end:
            made += end.value
        finally:
            steps.close()
    for one in made:
        left, top, width, height = sheet.grid.rect(one.wish.unit)
        tile = sheet.picture[top : top + height, left : left + width]
        cards.append(_small_card(tile, one, float(sheet.means[one.wish.unit])))
    height, width = cards[0].shape[:2]
    grid = Grid.fit(len(cards), height, width, aspect=1.4, gap=4)
    page = np.full((*grid.shape, 3), PAGE, np.uint8)
    for at, card in enumerate(cards):
        left, top, width, height = grid.rect(at)
        page[top : top + height, left : left + width] = card
    about = describe(snapshot, "sheet")
    meta = {**about, "kind": "cards", "grid": asdict(grid), "preferred": list(map(_numbers, made))}
    path = folder / f"{file_name(stem, layer.name, 'cards')}.png"
    return [write_png(path, page, meta)]


def _small_card(tile: Picture, one: Preferred, mean: float) -> Picture:
    card = Image.new("RGB", (2 * TILE, TILE + LINE), PAGE)
    map_ = Image.fromarray(np.ascontiguousarray(tile[..., :3]))
    card.paste(map_.resize((TILE, TILE), Image.Resampling.NEAREST), (0, 0))
    if one.raised:
        picture = Image.fromarray(one.picture)
        card.paste(picture.resize((TILE, TILE), Image.Resampling.LANCZOS), (TILE, 0))
    text = f"{one.wish.unit}:  now {mean:.3g}   wants {one.reached:.3g}"
    draw, font = ImageDraw.Draw(card), ImageFont.load_default(12)
    draw.text(
        (3, TILE + 2), text if one.raised else f"{one.wish.unit}:  cannot be raised", INK, font
    )
    return np.asarray(card)


def _told(about: dict[str, Any], one: Preferred) -> dict[str, Any]:
    return {**about, "kind": "feature", "view": "feature", **_numbers(one), "curve": one.curve}


def _named(one: Preferred) -> str:
    if one.wish.kind != "channel":
        return one.wish.title
    return f"wants, {one.reached:.4g} (seed {one.seed})"


def _numbers(one: Preferred) -> dict[str, Any]:
    return {
        "wish": asdict(one.wish), "seed": one.seed, "reached": one.reached, "grey": one.grey,
        "steps": one.steps, "note": one.note,
    }  # fmt: skip
