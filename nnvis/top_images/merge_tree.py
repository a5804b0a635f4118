"""Parts of an unfinished index on disk, merged in a tree whose shape only the listing decides.

Node (level, i) holds shards i * 2**level up to (i+1) * 2**level. Two neighbours are merged as soon
as both are there, the left one first, whoever made them in which order: so sums of floating numbers
come out the same to the last bit, and after any interruption. At most one node a level waits when
shards come in their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnvis.errors import UserError
from nnvis.files.arrays import packed, read_arrays
from nnvis.files.json_text import parse_json
from nnvis.files.whole import write_whole
from nnvis.top_images.accumulator import Accumulator, Moments, Ranks, merge
from nnvis.top_images.quantile_sketch import QuantileSketch

Node = tuple[int, int]  # level, index
LIMIT = 16 << 30  # bytes of a part
_NAME = re.compile(r"node-(\d+)-(\d+)\.npz")
_MOMENTS = ("count", "mean", "squares", "lowest", "highest", "dead", "bad")
_RANKS = ("values", "places", "cells")


class MergeTree:
    """The parts in `folder`, of `shards` shards."""

    def __init__(self, folder: Path, shards: int) -> None:
        self._folder, self._shards = folder, shards
        folder.mkdir(parents=True, exist_ok=True)
        found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
        self._nodes = {(int(name[1]), int(name[2])) for name in found if name}
        for node in sorted(self._nodes):
            if self._covered(node):  # the process ended between writing a node and this
                self._drop(node)
        for node in sorted(self._nodes):  # as 0.1.0 left them where it was ended
            if node in self._nodes and self._can_grow(node):
                self._nodes.discard(node)
                self.add(node, self._read(node))
                if node not in self._nodes:
                    self._drop(node)

    @property
    def root(self) -> Node:
        """The node that holds all shards."""
        return max(0, (self._shards - 1).bit_length()), 0

    @property
    def done(self) -> int:
        """How many shards are in some part."""
        return sum(len(self.shards_of(node)) for node in self._nodes)

    def missing(self, level: int = 0) -> Iterator[Node]:
        """Yield what is still to be made, in order, as nodes of at most `level`."""
        height, _ = self.root
        yield from self._missing((height, 0), level)

    def add(self, node: Node, part: Accumulator) -> None:
        """Keep `part`, merged with its neighbours as far as they are there.

        What comes of it is written before they go: a node that lies in another is dropped later.
        """
        merged = []
        while node != self.root:
            level, index = node
            neighbour = (level, index ^ 1)
            if self.shards_of(neighbour):  # else nothing is there: the parent is the same part
                if neighbour not in self._nodes:
                    break
                other = self._read(neighbour)
                part = merge(part, other) if node < neighbour else merge(other, part)
                merged.append(neighbour)
            node = level + 1, index >> 1
        self._write(node, part)
        self._nodes.add(node)
        for one in merged:
            self._drop(one)

    def whole(self) -> Accumulator:
        """Return the part of all pictures."""
        return self._read(self.root)

    def shards_of(self, node: Node) -> range:
        """Return which shards `node` holds."""
        level, index = node
        return range(index << level, min(self._shards, (index + 1) << level))

    def _missing(self, node: Node, level: int) -> Iterator[Node]:
        if node in self._nodes or not self.shards_of(node):
            return
        empty = not any(self._inside(one, node) for one in self._nodes)
        if node[0] == 0 or (node[0] <= level and empty):
            yield node
            return
        for child in _children(node):
            yield from self._missing(child, level)

    def _can_grow(self, node: Node) -> bool:
        neighbour = node[0], node[1] ^ 1
        return node != self.root and (neighbour in self._nodes or not self.shards_of(neighbour))

    def _covered(self, node: Node) -> bool:
        return any(self._inside(node, one) for one in self._nodes if one != node)

    @staticmethod
    def _inside(node: Node, other: Node) -> bool:
        return node[0] <= other[0] and node[1] >> (other[0] - node[0]) == other[1]

    def _drop(self, node: Node) -> None:
        self._path(node).unlink(missing_ok=True)
        self._nodes.discard(node)

    def _path(self, node: Node) -> Path:
        return self._folder / f"node-{node[0]}-{node[1]}.npz"

    def _write(self, node: Node, part: Accumulator) -> None:
        write_whole(self._path(node), packed(_arrays(part)))

    def _read(self, node: Node) -> Accumulator:
        path = self._path(node)
        try:
            return _part(read_arrays(path, LIMIT, "part of an index"))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is damaged; delete it and run the same command") from error


def _children(node: Node) -> tuple[Node, Node]:
    level, index = node
    return (level - 1, 2 * index), (level - 1, 2 * index + 1)


def _arrays(part: Accumulator) -> dict[str, Any]:
    text = json.dumps(part.skipped).encode()
    arrays: dict[str, Any] = {"skipped": np.frombuffer(text, np.uint8)}
    for side, ranks in (("top", part.top), ("bottom", part.bottom)):
        if ranks is not None:
            arrays.update({f"{side}_{name}": getattr(ranks, name) for name in _RANKS})
    arrays.update({name: getattr(part.moments, name) for name in _MOMENTS})
    arrays.update(keys=part.sketch.keys, counts=part.sketch.counts)
    return arrays


def _part(arrays: Mapping[str, Any]) -> Accumulator:
    def ranks(side: str) -> Ranks:
        return Ranks(*(arrays[f"{side}_{name}"] for name in _RANKS))

    skipped = parse_json(bytes(arrays["skipped"]).decode())
    return Accumulator(
        ranks("top"),
        ranks("bottom") if "bottom_values" in arrays else None,
        Moments(*(arrays[name] for name in _MOMENTS)),
        QuantileSketch(arrays["keys"], arrays["counts"]),
        tuple((int(place), str(why)) for place, why in skipped),
    )
