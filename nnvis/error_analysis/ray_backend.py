"""The pass over labelled pictures on a Ray cluster: shards as tasks, networks as actors.

Ray starts an actor that died anew and gives it its shard again. Shards are cut and forwarded as on
one machine, so the files of the pass are the same. Every node of the cluster has to see the
pictures under the same paths, and to have nnvis installed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnvis.cluster import QUEUED, load_there, on_cluster, places_for, require_ray
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.measure import (
    BlockPass,
    Engine,
    blocks_of,
    shard_content,
    shard_file,
)
from nnvis.error_analysis.read_blocks import PictureBlocks
from nnvis.error_analysis.spec import PassSpec
from nnvis.files.whole import write_whole
from nnvis.progress import Progress, Steps
from nnvis.top_images.build import remaining
from nnvis.top_images.list_pictures import Reference


class PassWorker:
    """A network on some node of the cluster."""

    def __init__(self, spec: PassSpec) -> None:
        self._spec, self._model = spec, load_there(spec, 1)
        self._forward = BlockPass(self._model, spec.layers)

    def measure(self, shard: int, references: Sequence[Reference]) -> bytes:
        """Return the file of one shard, whose pictures are `references`."""
        spec = self._spec
        # A block is known by its number in the whole listing, which is not here.
        listing = _Excerpt(references, shard * spec.shard)
        blocks = PictureBlocks(listing, self._model.preprocess, spec.fit, spec.block)
        rows = []
        for number in blocks_of(spec, shard):
            block = blocks(number)
            rows.append((block, self._forward(block.fed)))
        return bytes(shard_content(rows, spec))


class _Excerpt(Sequence[Reference]):
    """A part of a listing under the places of the whole."""

    def __init__(self, references: Sequence[Reference], first: int) -> None:
        self._references, self._first = references, first

    def __len__(self) -> int:
        return self._first + len(self._references)

    def __getitem__(self, places: Any) -> Any:
        return self._references[places.start - self._first : places.stop - self._first]


def pass_on_ray(address: str | None, workers: int | None) -> Engine:
    """Return the engine that measures on the cluster at `address`, or a local one of its own.

    Args:
        address: as ray.init takes it; None: a cluster is started here, and ended after the run.
        workers: networks; None: one for each GPU, or for each core where the plan is of the CPU.

    Raises:
        UserError: Ray is not installed; from the engine: no cluster answers at `address`.
    """
    ray = require_ray()

    def run(
        spec: PassSpec, pictures: LabelledPictures, folder: Path, missing: Sequence[int]
    ) -> Steps[None]:
        yield from on_cluster(
            ray, address, lambda: _run(ray, spec, pictures, folder, missing, workers)
        )

    return run


def _run(
    ray: Any, spec: PassSpec, pictures: LabelledPictures, folder: Path,
    missing: Sequence[int], workers: int | None,
) -> Steps[None]:  # fmt: skip
    count, gpus, _cores = places_for(ray, spec.device, workers)
    make = ray.remote(PassWorker).options(
        num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=-1
    )
    free = deque([make.remote(spec) for _ in range(count)] * QUEUED)
    waiting = deque(missing)
    measuring: dict[Any, tuple[int, Any]] = {}
    first = (-(-spec.count // spec.shard) - len(missing)) * spec.shard
    started, done = time.monotonic(), first
    while waiting or measuring:
        while waiting and free:
            shard, actor = waiting.popleft(), free.popleft()
            some = pictures.references[shard * spec.shard : (shard + 1) * spec.shard]
            measuring[actor.measure.remote(shard, some)] = shard, actor
        for ref in ray.wait([*measuring], timeout=1.0)[0]:
            shard, actor = measuring.pop(ref)
            free.append(actor)
            write_whole(shard_file(folder, shard), ray.get(ref))
            done = min(done + spec.shard, spec.count)
        yield Progress(done, spec.count, remaining(done, spec.count, first, started))
