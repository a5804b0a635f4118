"""The small cards of a layer's units as one picture: map, feature image, top pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnvis.errors import UserError
from nnvis.export import file_name, write_png
from nnvis.featurevis.target import Target
from nnvis.imaging.grid import Grid
from nnvis.imaging.lettering import font_for
from nnvis.progress import Progress, Steps
from nnvis.sources.picture import read_picture

TILE, LINE = 96, 20  # pixels
TOPS = 3  # top pictures on a small card
GAP = 12  # between cards, so that nobody takes a picture for one of the next
PAGE, INK = (24, 26, 31), (235, 236, 240)

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SmallCard:
    """What is told of one unit; a part that is None is left out."""

    text: str
    preferred: Picture | None
    map: Picture | None = None
    top_pictures: tuple[Picture | None, ...] = ()  # None: that picture is gone


def lay_cards(cards: Sequence[SmallCard]) -> tuple[Picture, Grid]:
    """Lay cards of one kind out -> (h,w,3), and where they lie."""
    drawn = [_draw(info) for info in cards]
    height, width = drawn[0].shape[:2]
    grid = Grid.fit(len(drawn), height, width, aspect=1.4, gap=GAP)
    page = np.full((*grid.shape, 3), PAGE, np.uint8)
    for at, info in enumerate(drawn):
        left, top, width, height = grid.rect(at)
        page[top : top + height, left : left + width] = info
    return page, grid


def top_thumbnails(
    index: Path | None, weights: str, layer: str, unit: int
) -> tuple[tuple[Picture | None, ...], float | None]:
    """Return a unit's first top pictures, and the highest value; nothing without an index.

    Raises:
        UserError: the index has no such unit, or is of another network.
    """
    if index is None:
        return (), None
    from nnvis.top_images.index_reader import Index

    opened = Index(index)
    if not opened.fits(weights):
        raise UserError(f"{index} is of a network with other weights; index the pictures with this")
    found = opened.top(layer, unit)[:TOPS]
    pictures = [one.thumbnail() for one in found]
    pictures += [None] * (TOPS - len(pictures))
    return tuple(pictures), found[0].value if found else None


def write_cards(
    folder: Path, report: Sequence[dict[str, Any]], index: Path, weights: str, about: dict[str, Any]
) -> Steps[Path]:
    """Lay the pictures that `report` lists beside the top pictures of `index`, in `folder`.

    Args:
        folder: where the pictures of the report lie.
        report: as `save_features` tells it, of units of one layer; one picture a unit.
        index: of the same network.
        weights: its hash.
        about: for the file.

    Raises:
        UserError: the index has no such layer, or is of another network.
    """
    cards = []
    for done, one in enumerate(report):
        yield Progress(done, len(report), f"card {done} of {len(report)}")
        top_pictures, highest = top_thumbnails(index, weights, one["layer"], one["unit"])
        picture = read_picture(folder / one["file"]) if one["raised"] else None
        text = f"{one['unit']}:  wants {one['reached']:.3g}" if one["raised"] else _flat(one)
        cards.append(SmallCard(f"{text}{highest_text(highest)}", picture, None, top_pictures))
    page, grid = lay_cards(cards)
    meta = {
        **about, "kind": "cards", "grid": asdict(grid), "index": str(index),
        "units": [one["unit"] for one in report],
    }  # fmt: skip
    path = folder / f"{file_name(report[0]['layer'], 'cards')}.png"
    return write_png(path, page, meta)


def highest_text(highest: float | None) -> str:
    """Say what cell was the highest, where an index tells."""
    return "" if highest is None else f"   top cell {highest:.3g}"


def target_text(target: Target, reached: float, now: float, raised: bool) -> str:
    """Say in a few letters how a unit stands."""
    if not raised:
        return f"{target.unit}:  cannot be raised"
    return f"{target.unit}:  now {now:.3g}   wants {reached:.3g}"


def _flat(one: dict[str, Any]) -> str:
    return f"{one['unit']}:  cannot be raised"


def _draw(info: SmallCard) -> Picture:
    tiles: list[tuple[Picture | None, Image.Resampling]] = []
    if info.map is not None:
        tiles.append((info.map, Image.Resampling.NEAREST))
    tiles += [(one, Image.Resampling.LANCZOS) for one in (info.preferred, *info.top_pictures)]
    page = Image.new("RGB", (len(tiles) * TILE, TILE + LINE), PAGE)
    for at, (picture, how) in enumerate(tiles):
        if picture is None:
            continue
        image = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
        scale = TILE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        left, top = at * TILE + (TILE - size[0]) // 2, (TILE - size[1]) // 2
        page.paste(image.resize(size, how), (left, top))
    ImageDraw.Draw(page).text((3, TILE + 2), info.text, INK, font_for(info.text, 12))
    return np.asarray(page)
