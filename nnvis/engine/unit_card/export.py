"""The card of a unit as files: one PNG to show, and a folder with its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.sheet import overlay_of
from nnvis.engine.saving.metadata import describe
from nnvis.engine.unit_card.jobs import PATTERN, SMALL
from nnvis.engine.unit_card.sheet import (
    SmallCard,
    highest_text,
    lay_cards,
    target_text,
    top_thumbnails,
)  # fmt: skip
from nnvis.engine.unit_card.top_pictures import RankedPicture, RankedPictures, attribute_picture
from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.target import Target
from nnvis.imaging.colormaps import turned
from nnvis.imaging.lettering import font_for
from nnvis.progress import Progress, Steps, relayed
from nnvis.sources.picture import decode_picture
from nnvis.views.request import AttributionRequest

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

SIDE, GAP, LINE, LETTERS = 224, 12, 20, 14
CONTACT_SHARE = 0.35
VIEW = "deconv"  # of a top picture
STILLS = 3  # of the stream's strongest frames on a card
PAGE, INK, FAINT = (24, 26, 31), (235, 236, 240), (150, 154, 163)

Picture = NDArray[np.uint8]
Part = tuple[Picture, str]  # (h,w,3), and a line below it


def export(
    snapshot: Snapshot, made: Sequence[FeatureImage], folder: Path, stem: str,
    ranked: RankedPictures | None = None, view: str = VIEW, called: str = "",
) -> Job:  # fmt: skip
    """Write the card of the unit in `snapshot` into a folder in `folder` -> list of paths.

    Args:
        snapshot: whose unit it is.
        made: its preferred pictures.
        folder: a new folder is made in it.
        stem: with which the name of that begins.
        ranked: the unit's top pictures; those that are still there are looked back from.
        view: how.
        called: what the preferred pictures are of, where their target has no short name.
    """
    return Job("card", partial(_write, snapshot, tuple(made), folder, stem, ranked, view, called))


def contact(snapshot: Snapshot, folder: Path, stem: str, index: Path | None = None) -> Job:
    """Write small cards of all units of the layer in `snapshot` as one picture -> list of paths.

    Their preferred pictures are those of pattern mode; what is not there yet is made first,
    behind the stream. The top pictures are those of `index`.
    """
    return Job("cards", partial(_write_all, snapshot, folder, stem, index), CONTACT_SHARE)


def lay_out(title: str, rows: Sequence[Sequence[Part]]) -> Picture:
    """(h,w,3) each, with a line below -> one picture: a title, and rows of parts."""
    wide = max(map(len, rows)) * (SIDE + GAP) + GAP
    below = SIDE + LINE + GAP
    page = Image.new("RGB", (wide, LINE + len(rows) * below + 2 * GAP), PAGE)
    draw = ImageDraw.Draw(page)
    draw.text((GAP, GAP // 2), title, INK, font_for(title, LETTERS))
    placed = [(row, at, part) for row, parts in enumerate(rows) for at, part in enumerate(parts)]
    for row, at, (picture, text) in placed:
        left, top = GAP + at * (SIDE + GAP), LINE + GAP + row * below
        small = picture.shape[0] < SIDE // 2
        how = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
        tile = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
        tile.thumbnail((SIDE, SIDE), how)
        if max(tile.size) < SIDE:
            scale = SIDE / max(tile.size)
            tile = tile.resize((round(tile.width * scale), round(tile.height * scale)), how)
        page.paste(tile, (left, top))
        draw.text((left, top + SIDE + 4), text, FAINT, font_for(text, LETTERS))
    return np.asarray(page)


def _write(
    snapshot: Snapshot,
    made: tuple[FeatureImage, ...],
    folder: Path,
    stem: str,
    ranked: RankedPictures | None,
    view: str,
    called: str,
    model: VisionModel,
) -> Steps[list[Path]]:
    unit, layer = snapshot.unit, snapshot.layer
    home = folder / file_name(stem, layer.name, f"unit{unit.index:04d}", "card")
    about = describe(snapshot, "unit")
    raised = [one for one in made if one.raised]
    files: list[tuple[str, Picture, dict[str, Any]]] = [
        ("map", unit.picture, about),
        ("overlay", overlay_of(snapshot), describe(snapshot, "overlay")),
        *((f"preferred_{at}", one.picture, _meta_of(about, one)) for at, one in enumerate(raised)),
    ]
    stream = snapshot.observations.stream
    kept = stream.kept[:STILLS] if stream is not None else ()
    strongest = [(decode_picture(one.jpeg, "the kept picture"), one.value) for one in kept]
    files += [(f"strongest_{at}", still, about) for at, (still, _) in enumerate(strongest)]
    attribution = snapshot.attribution
    if attribution is not None and (attribution.origin.layer, attribution.origin.unit) != (
        layer.name,
        unit.index,
    ):
        attribution = None  # another unit is held
    if attribution is not None:
        files.append(("back", attribution.picture, describe(snapshot, "back")))
    first, second = list[Part](), list[Part]()
    listed = []
    if ranked is not None and (ranked.layer, ranked.unit) == (layer.name, unit.index):
        for at, one in enumerate(ranked.pictures):
            shown = one.thumbnail if one.thumbnail is not None else one.fed
            meta = {**about, "kind": "top", "top_picture": _named_top(one)}
            listed.append(_named_top(one))
            if shown is not None:
                files.append((f"top_{at}", shown, meta))
                first.append((shown, f"top {at + 1}, peak {one.value:.4g}"))
            if one.fed is None:
                continue
            origin = AttributionRequest(view, layer.name, unit.index, one.cell)
            look = yield from attribute_picture(
                snapshot.info.weights_hash, one.fed, origin, snapshot.request, model
            )
            files.append((f"top_{at}_{view}", look.picture, {**meta, "view": view}))
            second.append((look.picture, f"{view} of top {at + 1}"))
    mean = float(snapshot.sheet.means[unit.index])
    parts = [
        (overlay_of(snapshot), f"now, mean {mean:.4g}"),
        (unit.picture, "its map"),
        *(
            [(attribution.picture, f"{attribution.origin.view} now")]
            if attribution is not None
            else []
        ),
        *((one.picture, _named(one, called)) for one in raised),
        *((still, f"in the stream, peak {value:.4g}") for still, value in strongest),
    ]
    title = f"{snapshot.info.name}   {layer.name}   unit {unit.index}"
    info = {**about, "kind": "card", "preferred": [_numbers(one) for one in made]}
    info["top_pictures"] = listed
    files.insert(0, ("card", lay_out(title, [row for row in (parts, first, second) if row]), info))
    paths = []
    for done, (name, picture, meta) in enumerate(files):
        yield Progress(done, len(files), f"writing the {name}")
        paths.append(write_png(home / f"{name}.png", picture, meta))
    return paths


def _write_all(
    snapshot: Snapshot, folder: Path, stem: str, index: Path | None, model: VisionModel
) -> Steps[list[Path]]:
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.steps import optimise

    layer, sheet = snapshot.layer, snapshot.sheet
    if model.weights_hash != snapshot.info.weights_hash:
        raise UserError("the model has changed since; try again")
    if index is not None:  # before anything is made
        top_thumbnails(index, model.weights_hash, layer.name, 0)
    store, cards, made = FeatureCache(), [], list[FeatureImage]()
    for first in range(0, layer.units, SMALL):
        units = range(first, min(first + SMALL, layer.units))
        steps = optimise(model, [Target(layer.name, unit) for unit in units], PATTERN, store=store)
        at = Progress(first, layer.units, f"card {first} of {layer.units}")

        def told(_step: Progress, at: Progress = at) -> Progress:
            return at

        made += yield from relayed(steps, told)
    for one in made:
        yield Progress(one.target.unit, layer.units, f"card {one.target.unit} of {layer.units}")
        left, top, width, height = sheet.grid.rect(one.target.unit)
        tile = turned(sheet.screen[top : top + height, left : left + width])
        unit, now = one.target.unit, float(sheet.means[one.target.unit])
        ranked, highest = top_thumbnails(index, model.weights_hash, layer.name, unit)
        text = target_text(one.target, one.reached, now, one.raised) + highest_text(highest)
        cards.append(SmallCard(text, one.picture if one.raised else None, tile, ranked))
    page, grid = lay_cards(cards)
    about = describe(snapshot, "sheet")
    meta = {**about, "kind": "cards", "grid": asdict(grid), "preferred": list(map(_numbers, made))}
    path = folder / f"{file_name(stem, layer.name, 'cards')}.png"
    return [write_png(path, page, meta)]


def _meta_of(about: dict[str, Any], one: FeatureImage) -> dict[str, Any]:
    return {**about, "kind": "feature", "view": "feature", **_numbers(one), "curve": one.curve}


def _named_top(one: RankedPicture) -> dict[str, Any]:
    return {
        "value": one.value, "cell": list(one.cell), "patch": list(one.patch), "picture": one.name,
        "gone": one.problem,
    }  # fmt: skip


def _named(one: FeatureImage, called: str) -> str:
    target = one.target
    if target.kind in ("layer", "caricature"):
        return target.title
    what = {
        "cell": "wants in one cell",
        "minus": f"wants less unit {target.other}",
        "direction": called or target.title,
    }.get(target.kind, "wants")
    return f"{what}, {one.reached:.4g} (seed {one.seed})"


def _numbers(one: FeatureImage) -> dict[str, Any]:
    return {
        "wish": asdict(one.target), "seed": one.seed, "reached": one.reached, "grey": one.grey,
        "steps": one.steps, "note": one.note,
    }  # fmt: skip
