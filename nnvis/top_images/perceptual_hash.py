"""Pictures that look like earlier ones, told by 64 bits of each.

The difference hash (N. Krawetz, "Kind of like that", 2013) holds whether each of 8 x 8 spots of the
shrunken grey picture is brighter than its right neighbour. Copies of another size, format or
compression differ in a few bits; other pictures in about 32. It is found before the network runs,
so that what is left out does not depend on who measures what; memory is 50 bytes a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.files.whole import write_whole
from nnvis.progress import Progress, Steps
from nnvis.sources.cv2_import import cv2
from nnvis.top_images.decode import in_workers
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.manifest import Manifest, write_manifest
from nnvis.top_images.pictures import read
from nnvis.top_images.tables import printable

SPOTS = (8, 9)  # rows and columns of a shrunken picture
NEAR = 3  # bits in which two hashes may differ
_PARTS = NEAR + 1  # of two hashes that differ in NEAR bits, one part at least is the same
_EACH = 64  # pictures hashed at a time


def look_hash(picture: NDArray[np.uint8]) -> int | None:
    """(H,W,3) -> 64 bits; None for one without any, as one grey all over: it looks like nothing."""
    grey = Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    spots = np.asarray(grey.resize(SPOTS[::-1], Image.Resampling.BOX))
    return int(spots_hash(spots[None])[0]) or None


def spots_hash(spots: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(N,*SPOTS) luminance -> (N,); 0 where no spot is brighter than its right neighbour."""
    bits = np.packbits(spots[..., :-1] > spots[..., 1:], axis=2)
    return bits.reshape(len(spots), -1).view(">u8")[:, 0].astype(np.uint64)


class KnownHashes:
    """The hashes so far, by their parts."""

    def __init__(self) -> None:
        self._by_part: dict[int, list[tuple[int, int]]] = {}

    def near(self, mark: int) -> int | None:
        """Return the place of the first that looks like `mark`, None where there is none."""
        found = [
            place
            for part in self._parts(mark)
            for other, place in self._by_part.get(part, ())
            if (other ^ mark).bit_count() <= NEAR
        ]
        return min(found, default=None)

    def add(self, mark: int, place: int) -> None:
        """Remember it."""
        one = (mark, place)
        for part in self._parts(mark):
            self._by_part.setdefault(part, []).append(one)

    @staticmethod
    def _parts(mark: int) -> Iterator[int]:
        width = 64 // _PARTS
        for part in range(_PARTS):
            yield part << width | (mark >> part * width) & ((1 << width) - 1)


def write_distinct(manifest: Manifest, path: Path, duplicates: Path, workers: int) -> Steps[None]:
    """Write the listing without those that look like an earlier one, and the names of these.

    A picture that cannot be read stays, for the pass over all to tell why.
    """
    marks: list[int | None] = []
    with in_workers(_Marks(manifest), range(-(-len(manifest) // _EACH)), workers) as made:
        for some in made:
            marks += some
            yield Progress(len(marks), len(manifest), "looking for near-duplicates")
    seen, left_out = KnownHashes(), {}
    for place, mark in enumerate(marks):
        first = None if mark is None else seen.near(mark)
        if first is not None:
            left_out[place] = first
        elif mark is not None:
            seen.add(mark, place)
    firsts = sorted(set(left_out.values()))
    names = {place: one.name for place, one in zip(firsts, manifest.at(firsts), strict=True)}
    told = [
        (printable(one.name), f"looks like {printable(names[left_out[place]])}")
        for place, one in enumerate(manifest)
        if place in left_out
    ]
    write_whole(duplicates, json.dumps(told).encode())
    yield from write_manifest(_without(manifest, left_out), path, manifest.shard)


@dataclass(frozen=True, slots=True)
class _Marks:
    manifest: Manifest

    def __call__(self, number: int) -> list[int | None]:
        places = range(number * _EACH, min(len(self.manifest), (number + 1) * _EACH))
        return [_mark(one) for one in self.manifest.at(places)]


def _mark(reference: Reference) -> int | None:
    try:
        return look_hash(read(reference))
    except UserError:
        return None


def _without(manifest: Manifest, left_out: dict[int, int]) -> Iterator[Reference]:
    for place, one in enumerate(manifest):
        if place not in left_out:
            yield one
