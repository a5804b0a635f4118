"""Shard after shard through the network: what makes a part of an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.top_images.accumulator import Accumulator, Peaks, merge, summarise
from nnvis.top_images.block import Block
from nnvis.top_images.decode import Blocks, Listing, in_threads, in_workers
from nnvis.top_images.extrema import Extrema
from nnvis.top_images.jpeg import DEVICE, complete, decodes_on
from nnvis.top_images.spec import IndexSpec

_MEANWHILE = 6  # blocks that this process decodes itself, in the seconds that others take to start
_HELD = 1 << 20  # peaks that wait on the host before they are ranked


def blocks_of(spec: IndexSpec, pictures: int, shard: int) -> range:
    """Return the numbers of the blocks of a shard."""
    each = spec.shard // spec.block
    return range(shard * each, min((shard + 1) * each, -(-pictures // spec.block)))


def measure_shards(
    model: VisionModel,
    spec: IndexSpec,
    manifest: Listing,
    shards: Iterable[int],
    workers: int,
    threads: ThreadPoolExecutor | None = None,
    extrema: Extrema | None = None,
) -> Iterator[tuple[int, int, Accumulator | None]]:
    """Measure `shards` in turn; yields the shard, its pictures so far, and at its end its part.

    Pictures are decoded in `workers` processes; 0: on this thread, or in `threads`. Those that the
    plan leaves to the network's device are only read there. Without `extrema` PyTorch computes.

    Raises:
        UserError: the plan is of a decoder that is not here.
    """
    leave = spec.decoder == DEVICE
    if leave and not decodes_on(model.device):
        raise UserError(
            f"torchvision has no JPEG decoder for {model.device} here; give --decoder host, and "
            "another --out if this index was begun with --decoder device"
        )
    extrema = extrema or Extrema(model, [layer.name for layer in spec.layers])
    work = Blocks(manifest, model.preprocess, spec.fit, spec.block, leave)
    shards = list(shards)
    numbers = (n for shard in shards for n in blocks_of(spec, len(manifest), shard))
    pinned = model.device.type == "cuda"
    made = (
        nullcontext(in_threads(work, numbers, threads))
        if threads is not None
        else in_workers(work, numbers, workers, pinned, _MEANWHILE)
    )
    with made as blocks:
        for shard in shards:
            mine = blocks_of(spec, len(manifest), shard)
            tally = _Tally(spec, len(manifest))
            waiting: tuple[Block, Tensor] | None = None
            for number in mine:
                block = complete(next(blocks), model.preprocess, spec.fit, model.device)
                rows = extrema.start(block.fed)
                if waiting is not None:  # a device computes this block while the last one is read
                    tally.add(waiting[0], extrema.finish(waiting[1]))
                waiting = block, rows
                if number != mine[-1]:
                    yield shard, (number + 1 - mine[0]) * spec.block, None
            assert waiting is not None
            tally.add(waiting[0], extrema.finish(waiting[1]))
            yield shard, 0, tally.part()


class _Tally:
    """The peaks of a shard, ranked whenever enough of them have come."""

    def __init__(self, spec: IndexSpec, pictures: int) -> None:
        self._spec, self._pictures = spec, pictures
        self._waiting: list[tuple[Peaks, NDArray[np.int64]]] = []
        self._skipped: list[tuple[int, str]] = []
        self._part: Accumulator | None = None

    def add(self, block: Block, peaks: Peaks) -> None:
        spec = self._spec
        places = np.arange(spec.block, dtype=np.int64) + block.number * spec.block
        gone = [place for place, _ in block.skipped]
        kept = (places < self._pictures) & ~np.isin(places, gone)
        self._waiting.append((peaks.at(kept), places[kept]))
        self._skipped += block.skipped
        # Where this falls depends on the plan alone, since sums must round the same each time.
        if len(self._waiting) * spec.block * spec.units >= _HELD:
            self._rank()

    def part(self) -> Accumulator:
        if self._waiting or self._part is None:
            self._rank()
        assert self._part is not None
        return self._part

    def _rank(self) -> None:
        peaks = Peaks.joined([peaks for peaks, _ in self._waiting])
        places = np.concatenate([places for _, places in self._waiting])
        part = summarise(peaks, places, self._spec.top, self._spec.bottom, tuple(self._skipped))
        self._part = part if self._part is None else merge(self._part, part)
        self._waiting, self._skipped = [], []
