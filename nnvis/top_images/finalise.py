"""From what is known of all pictures to the files of an index: the winners are read once more."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.top_images.accumulator import NONE, Accumulator
from nnvis.top_images.decode import in_threads, in_workers
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.manifest import Manifest
from nnvis.top_images.patches import Fields, Patch
from nnvis.top_images.pictures import read_hashed
from nnvis.top_images.spec import IndexSpec
from nnvis.top_images.tables import SIDES, printable, write_top

QUALITY = 88  # of the thumbnails' JPEG
_SMALL = 32  # pixels of the longer side up to which PNG is smaller, and loses nothing
_FEW = 256  # pictures for which nothing is started


@dataclass(frozen=True, slots=True)
class Winner:
    """One row of top.parquet before its picture is looked at."""

    layer: str
    unit: int
    side: str
    rank: int
    value: float
    row: int
    column: int
    place: int
    patch: Patch


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut from one picture."""

    sha256: str
    thumbnails: dict[Patch, bytes]


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts the patches out of picture after picture; travels to worker processes."""

    pictures: list[Reference]
    patches: list[list[Patch]]  # of each picture
    preprocess: Preprocess
    fit: Fit
    longest: int  # pixels of a thumbnail's longer side

    def __call__(self, number: int) -> Cut:
        try:
            picture, digest = read_hashed(self.pictures[number])
        except UserError:  # it was there before: the row stays, without its thumbnail
            return Cut("", {})
        fed = self.preprocess.feed(picture, self.fit)
        return Cut(digest, {one: cut(fed, one, self.longest) for one in self.patches[number]})


def cut(fed: NDArray[np.uint8], patch: Patch, longest: int) -> bytes:
    """Cut a patch out of an (h,w,3) picture; JPEG or PNG of at most `longest` pixels a side."""
    top, left, bottom, right = patch
    image = Image.fromarray(np.ascontiguousarray(fed[top:bottom, left:right]))
    image.thumbnail((longest, longest), Image.Resampling.BOX)
    buffer = io.BytesIO()
    if max(image.size) <= _SMALL:
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def winners(part: Accumulator, spec: IndexSpec, fields: Fields) -> list[Winner]:
    """List the rows in the order of the file: layer, unit, side, rank."""
    found = []
    first = 0
    for layer in spec.layers:
        width = layer.map_shape[1]
        for unit in range(layer.units):
            for side, ranks in zip(SIDES, (part.top, part.bottom), strict=True):
                if ranks is None:
                    continue
                at = first + unit
                for rank in range(len(ranks.values)):
                    place, cell = int(ranks.places[rank, at]), int(ranks.cells[rank, at])
                    if place == NONE:
                        break
                    value = float(ranks.values[rank, at])
                    patch = fields.of(layer.name, cell)
                    found.append(
                        Winner(
                            layer.name, unit, side, rank, value, *divmod(cell, width), place, patch
                        )
                    )
        first += layer.units
    return found


def write_winners(
    model: VisionModel,
    spec: IndexSpec,
    part: Accumulator,
    manifest: Manifest,
    workers: int,
    path: Path,
) -> Steps[None]:
    """Write top.parquet; every picture that some unit holds on to is read once.

    Raises:
        UserError: it cannot be written.
    """
    yield Progress(0, 0, "looking up receptive fields")
    found = winners(part, spec, Fields(model, spec.layers))
    patches: dict[int, set[Patch]] = {}
    for one in found:
        patches.setdefault(one.place, set()).add(one.patch)
    places = sorted(patches)
    pictures = manifest.at(places)
    cutter = Cutter(
        pictures, [sorted(patches[place]) for place in places], model.preprocess, spec.fit,
        spec.thumbnail,
    )  # fmt: skip
    cuts: dict[int, Cut] = {}
    with _made(cutter, workers if len(places) > _FEW else 0) as made:
        for done, cutting in enumerate(made):
            yield Progress(done, len(places), "cutting the patches of the strongest pictures")
            cuts[places[done]] = cutting
    references = dict(zip(places, pictures, strict=True))
    write_top(_rows(found, cuts, references), path)


@contextmanager
def _made(cutter: Cutter, workers: int) -> Iterator[Iterator[Cut]]:
    """Cut all pictures, on as many threads as there are processors besides: the network rests.

    PIL lets other threads go on, and a thread begins at once, a process after seconds. Videos are
    for processes: each reads on from the frame before.
    """
    numbers = range(len(cutter.pictures))
    if workers == 0 or any(one.frame >= 0 for one in cutter.pictures):
        with in_workers(cutter, numbers, workers) as made:
            yield made
        return
    threads = ThreadPoolExecutor(workers + 1, "nnvis-cut")
    try:
        yield in_threads(cutter, numbers, threads, 2 * (workers + 1))
    finally:
        threads.shutdown(cancel_futures=True)


def _rows(
    found: list[Winner], cuts: dict[int, Cut], references: dict[int, Reference]
) -> Iterator[list[dict[str, Any]]]:
    """Yield groups of rows, so that no second copy of all thumbnails is made."""
    for begin in range(0, len(found), 2048):
        rows = []
        for one in found[begin : begin + 2048]:
            place, made = references[one.place], cuts[one.place]
            rows.append(
                {
                    "layer": one.layer, "unit": one.unit, "side": one.side, "rank": one.rank,
                    "value": one.value, "row": one.row, "column": one.column, "place": one.place,
                    "path": printable(place.path), "member": printable(place.member),
                    "offset": place.offset, "size": place.size, "frame": place.frame,
                    "sha256": made.sha256, "patch": list(one.patch),
                    "thumbnail": made.thumbnails.get(one.patch, b""),
                }
            )  # fmt: skip
        yield rows
