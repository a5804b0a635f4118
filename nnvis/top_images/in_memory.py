"""The strongest pictures of every unit, of pictures that are in memory: a list, or a Dataset."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.files.inline_html import png_html
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.top_images.accumulator import NONE, Accumulator, merge, summarise
from nnvis.top_images.extrema import Extrema
from nnvis.top_images.list_pictures import find_pictures
from nnvis.top_images.patches import Fields
from nnvis.top_images.pictures import read
from nnvis.top_images.spec import IndexedLayer, usual_layers
from nnvis.views.layout import require_layer

Picture = NDArray[np.uint8]
# (item, what to call it) -> its pictures, (H,W,3) each.
Read = Callable[[Any, str], list[Picture]]

_BLOCK = 16  # pictures that pass the network together
_THUMBNAIL = 96  # pixels of the longer side, at most


@dataclass(frozen=True, slots=True, eq=False)
class StrongPicture:
    """A picture in which a unit was strong."""

    value: float  # of the cell
    place: int  # of the picture in the list, from 0
    cell: tuple[int, int]  # row, column in the unit's map
    patch: Picture  # (h,w,3): what the cell sees of the fed picture


class StrongestPictures:
    """`found[layer, unit]` lists a unit's pictures, the strongest first."""

    def __init__(
        self,
        layers: Sequence[IndexedLayer],
        count: int,
        entries: dict[str, list[list[StrongPicture]]],
    ) -> None:
        self.layers, self.pictures = tuple(one.name for one in layers), count
        self._entries = entries

    def __getitem__(self, key: tuple[str, int]) -> list[StrongPicture]:
        try:
            layer, unit = key
            return self._entries[layer][unit]
        except (TypeError, ValueError, KeyError, IndexError):
            names = ", ".join(self.layers[:3])
            raise KeyError(
                f"{key!r}: ask for [layer, unit] with one of the layers {names}"
            ) from None

    def units(self, layer: str) -> int:
        """Return how many units a layer has."""
        return len(self._entries[layer])

    def _repr_html_(self) -> str:
        """Show the first units of the last layer in a notebook."""
        layer = self.layers[-1]
        rows = []
        for unit, found in enumerate(self._entries[layer][:8]):
            tiles = "".join(
                png_html(one.patch, f"picture {one.place}: {one.value:.4g}") for one in found
            )
            rows.append(f"<div>{html.escape(layer)} {unit} {tiles}</div>")
        return "".join(rows)

    def __repr__(self) -> str:
        return f"<StrongestPictures of {self.pictures} pictures, {len(self.layers)} layers>"


def strongest_pictures(
    model: VisionModel,
    pictures: Any,
    layers: Sequence[str] = (),
    top: int = 9,
    fit: Fit = Fit.CROP,
    read_item: Read | None = None,
) -> StrongestPictures:
    """Look at each of `pictures` once; memory is that of the pictures that are kept.

    Args:
        model: owned by the calling thread.
        pictures: a list, a Dataset, a DataLoader (pictures, or pictures with labels), any iterable
            of these, or what `find_pictures` takes.
        layers: names; none: `usual_layers`.
        top: pictures kept for every unit.
        fit: how they meet the network.
        read_item: makes (H,W,3) uint8 of an item, several of a batch; None: they are such arrays.

    Raises:
        UserError: there is no picture, no such layer, or something else than pictures.
    """
    if top < 1:
        raise UserError(f"top {top} keeps nothing; give 1 or more")
    infos = [require_layer(model, name) for name in dict.fromkeys(layers)]
    infos = infos or usual_layers(model.layers)
    plan = [IndexedLayer(one.name, one.units, one.map_shape) for one in infos]
    extrema = Extrema(model, [one.name for one in plan])
    part: Accumulator | None = None
    small: dict[int, Picture] = {}  # what was fed, of the pictures that some unit keeps
    count = 0
    for block in _blocks(_read(pictures, read_item or _plain)):
        fed = [model.preprocess.feed(one, fit) for one in block]
        peaks = extrema.finish(extrema.start(torch.from_numpy(np.stack(fed))))
        places = np.arange(count, count + len(block), dtype=np.int64)
        new = summarise(peaks, places, top, False, ())
        part = new if part is None else merge(part, new)
        held = set(np.unique(part.top.places).tolist())
        small = {place: one for place, one in small.items() if place in held}
        small.update(
            {place: one for place, one in zip(places.tolist(), fed, strict=True) if place in held}
        )
        count += len(block)
    if part is None:
        raise UserError("pictures is empty; give at least one")
    return StrongestPictures(plan, count, _entries(model, plan, part, small))


def _entries(
    model: VisionModel, plan: Sequence[IndexedLayer], part: Accumulator, small: dict[int, Picture]
) -> dict[str, list[list[StrongPicture]]]:
    fields = Fields(model, tuple(plan))
    found: dict[str, list[list[StrongPicture]]] = {}
    at = 0
    for layer in plan:
        rows = found[layer.name] = []
        for _unit in range(layer.units):
            ranks = part.top.values[:, at], part.top.places[:, at], part.top.cells[:, at]
            rows.append(
                [
                    StrongPicture(
                        float(value),
                        int(place),
                        divmod(int(cell), layer.map_shape[1]),
                        _patch(small[int(place)], fields.of(layer.name, int(cell))),
                    )
                    for value, place, cell in zip(*ranks, strict=True)
                    if place != NONE
                ]
            )
            at += 1
    return found


def _patch(fed: Picture, patch: tuple[int, int, int, int]) -> Picture:
    top, left, bottom, right = patch
    image = Image.fromarray(np.ascontiguousarray(fed[top:bottom, left:right]))
    image.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX)
    return np.asarray(image)


def _blocks(pictures: Iterator[Picture]) -> Iterator[list[Picture]]:
    block: list[Picture] = []
    for one in pictures:
        block.append(one)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block


def _read(pictures: Any, read_item: Read) -> Iterator[Picture]:
    if isinstance(pictures, (str, Path)):
        yield from (read(one) for one in find_pictures(str(pictures)))
        return
    for place, item in enumerate(_items(pictures)):
        if _has_label(item):
            item = item[0]
        if isinstance(item, dict):
            known = [name for name in ("image", "pixel_values", "picture", "img") if name in item]
            if not known:
                raise UserError(
                    f"pictures[{place}] is a dict of {', '.join(map(str, item))}: none "
                    "of them is 'image'; give pictures, or (picture, label)"
                )
            item = item[known[0]]
        yield from read_item(item, f"pictures[{place}]")


def _items(pictures: Any) -> Iterable[Any]:
    """Go through a Dataset by its length: many have no end of their own."""
    if isinstance(pictures, (list, tuple)) or not hasattr(pictures, "__getitem__"):
        if not hasattr(pictures, "__iter__"):
            raise UserError(
                f"pictures is a {type(pictures).__name__}; give a list, a Dataset, a DataLoader or "
                "a folder"
            )
        return pictures  # type: ignore[no-any-return]
    if hasattr(pictures, "__len__"):
        return (pictures[place] for place in range(len(pictures)))
    return pictures  # type: ignore[no-any-return]


def _has_label(item: Any) -> bool:
    """Tell (picture, label, ...) from a list of pictures: what follows is no picture."""
    if not isinstance(item, (tuple, list)) or len(item) < 2:
        return False
    second = item[1]
    return not isinstance(second, Image.Image) and getattr(second, "ndim", 0) < 3


def _plain(item: Any, argument: str) -> list[Picture]:
    values = np.asarray(item)
    if values.dtype != np.uint8 or values.ndim != 3 or values.shape[2] != 3:
        raise UserError(f"{argument} is no (H,W,3) array of uint8")
    return [values]
