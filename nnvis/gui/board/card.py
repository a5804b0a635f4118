"""One place of the board: what it is to show, of which network, and what it shows."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.engine.protocol.observations import BoardPicture
from nnvis.engine.protocol.observe import BoardKind, BoardTile
from nnvis.errors import UserError
from nnvis.gui.widgets.number_text import short
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.recoloured import recoloured
from nnvis.language import tr, verbatim
from nnvis.models.info import ModelInfo
from nnvis.sources.image_file import open_image
from nnvis.sources.picture import decode_picture
from nnvis.structure import limited, structure
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import LOGITS

_MOST_VALUES = 1 << 20  # bytes of a frozen map
_MOST_PNG = 8 << 20  # characters of a frozen picture in a session
_MOST_PIXELS = 1 << 22  # of it: what networks are fed is smaller, and the window waits for it


@dataclass(frozen=True, slots=True)
class Card:
    """`frozen`: it keeps its picture; so does one whose network is not the one in use."""

    tile: BoardTile
    model: str  # what people call the network
    weights_hash: str
    label: str = ""  # of its class
    frozen: bool = False
    shown: BoardPicture | None = None

    @property
    def title(self) -> str:
        """Say what it shows."""
        tile = self.tile
        if tile.kind is BoardKind.INPUT:
            return tr("input")
        if tile.kind is BoardKind.LAYER:
            return verbatim(f"{tile.layer}, {tr('all units')}")
        of = f"{tile.layer} {tile.unit}" if tile.layer != LOGITS else self.label or tr("class")
        if tile.kind is BoardKind.VIEW:
            title = EVERY_VIEW[tile.view].title if tile.view in EVERY_VIEW else tile.view
            return verbatim(f"{tr(title)}: {of}")
        label = f" {self.label}" if self.label and tile.layer != LOGITS else ""
        return verbatim(of + label + (tr(" over input") if tile.kind is BoardKind.OVER else ""))

    @property
    def source(self) -> str:
        """Say of which network and frame it is."""
        return f"{self.model}, {self.shown.frame}" if self.shown is not None else self.model

    @property
    def scale(self) -> str:
        """Say what the ends of its colours stand for, "" where it has none of its own."""
        shown = self.shown
        scaled = shown is not None and (shown.low or shown.high)
        return f"{short(shown.low)} to {short(shown.high)}" if shown and scaled else ""

    def on_scale(self, ends: tuple[float, float] | None, shading: Shading) -> Card:
        """Return it coloured on this scale; None: on its own. One that has no values stays."""
        shown = self.shown
        if shown is None or shown.values is None:
            return self
        reach = max(-shown.least, shown.most)
        both = shown.least < 0 < shown.most
        low, high = ends or ((-reach, reach) if both else (shown.least, shown.most))
        if (low, high) == (shown.low, shown.high):
            return self
        picture = recoloured(shown.values, low, high, shading)
        return replace(self, shown=replace(shown, picture=picture, low=low, high=high))

    def takes(self, info: ModelInfo | None) -> bool:
        """Whether it is renewed by the network in use."""
        return not self.frozen and info is not None and info.weights_hash == self.weights_hash


@dataclass(frozen=True, slots=True)
class _StoredCard:
    tile: BoardTile
    model: str = ""
    weights_hash: str = ""
    label: str = ""
    frozen: bool = False
    frame: str = ""
    low: float = limited(0.0)
    high: float = limited(0.0)
    least: float = limited(0.0)
    most: float = limited(0.0)
    png: str = ""
    values: str = ""  # float32, compressed
    shape: tuple[int, int] = (0, 0)


def stored_card(card: Card, *, pictures: bool = True) -> dict[str, Any]:
    """Return `card` as JSON, with its picture where that does not come again."""
    shown = card.shown
    stored = _StoredCard(card.tile, card.model, card.weights_hash, card.label, card.frozen)
    if shown is not None:
        stored = replace(
            stored, frame=shown.frame, low=shown.low, high=shown.high, least=shown.least,
            most=shown.most, png=_encoded(shown.picture) if pictures else "",
        )  # fmt: skip
        if pictures and shown.values is not None:
            packed = base64.b64encode(zlib.compress(shown.values.astype("<f4").tobytes()))
            high, wide = shown.values.shape
            stored = replace(stored, values=packed.decode("ascii"), shape=(high, wide))
    return {**asdict(stored), "tile": {**asdict(card.tile), "kind": card.tile.kind.value}}


def _values(stored: _StoredCard) -> NDArray[np.float32] | None:
    """Read the values of a map, None where there are none or they do not fit."""
    high, wide = stored.shape
    size = 4 * high * wide
    if not 0 < size <= _MOST_VALUES or high < 1:
        return None
    try:
        packed = base64.b64decode(stored.values, validate=True)
        content = zlib.decompressobj().decompress(packed, size + 1)
    except (zlib.error, binascii.Error, ValueError):
        return None
    if len(content) != size:
        return None
    return np.frombuffer(content, "<f4").astype(np.float32).reshape(high, wide)


def _encoded(picture: NDArray[np.uint8] | None) -> str:
    if picture is None:
        return ""
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(content, "PNG", compress_level=1)
    return base64.b64encode(content.getvalue()).decode("ascii")


def _picture(content: bytes) -> NDArray[np.uint8]:
    with open_image(content, "a picture of the board") as header:
        if header.width * header.height > _MOST_PIXELS:
            raise ValueError("it is too large")
    return decode_picture(content, "a picture of the board")


def read_card(stored: object) -> Card | None:
    """Read a card from JSON that anyone may have written; None: it is none."""
    found = structure(_StoredCard, stored)
    if found is None:
        return None
    shown = None
    if found.png and len(found.png) <= _MOST_PNG:
        try:
            picture = _picture(base64.b64decode(found.png, validate=True))
            shown = BoardPicture(
                found.tile,
                picture,
                found.frame,
                found.low,
                found.high,
                found.least,
                found.most,
                values=_values(found),
            )
        except (UserError, binascii.Error, ValueError):
            shown = None
    return Card(
        found.tile, found.model, found.weights_hash, found.label,
        found.frozen and shown is not None, shown,
    )  # fmt: skip
