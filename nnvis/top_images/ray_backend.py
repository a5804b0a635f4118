"""The same pass on a Ray cluster: shards as tasks, networks as actors, parts merged in a tree.

Ray starts an actor that died anew and gives it its shard again, so a death costs that shard's time.
The tree is that of `merge_tree`, up to nodes that hold the more shards the more GPUs there are.
They come here and are kept on disk as every part is; the files of the index are therefore those of
a run on one machine. Every node of the cluster has to see the pictures under the same paths, and to
have nnvis installed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from nnvis.cluster import QUEUED, load_there, on_cluster, places_for, require_ray
from nnvis.progress import Progress, Steps
from nnvis.top_images import accumulator as partial
from nnvis.top_images.accumulator import Accumulator
from nnvis.top_images.build import Engine, remaining
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.manifest import Manifest
from nnvis.top_images.merge_tree import MergeTree, Node
from nnvis.top_images.spec import IndexSpec


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One shard of a listing, as it travels to a worker."""

    count: int  # pictures of the whole listing
    first: int  # place of the first of the rows
    pictures: tuple[Reference, ...]

    def __len__(self) -> int:
        return self.count

    def at(self, places: Sequence[int]) -> list[Reference]:
        """Return the pictures at `places` of the listing."""
        return [self.pictures[place - self.first] for place in places]


class IndexWorker:
    """A network on some node of the cluster."""

    def __init__(self, spec: IndexSpec, threads: int) -> None:
        self._spec, self._model = spec, load_there(spec, threads)
        self._decoders = ThreadPoolExecutor(threads) if spec.device != "cpu" else None

    def measure(self, shard: int, excerpt: Excerpt) -> Accumulator:
        """Return the part of one shard."""
        from nnvis.top_images.shard_pass import measure_shards

        parts = measure_shards(self._model, self._spec, excerpt, [shard], 0, self._decoders)
        return next(part for _, _, part in parts if part is not None)


def on_ray(address: str | None, workers: int | None) -> Engine:
    """Return the engine that makes parts on the cluster at `address`, or a local one of its own.

    Args:
        address: as ray.init takes it; None: a cluster is started here, and ended after the run.
        workers: networks; None: one for each GPU, or for each core where the plan is of the CPU.

    Raises:
        UserError: Ray is not installed; from the engine: no cluster answers at `address`.
    """
    ray = require_ray()

    def run(spec: IndexSpec, manifest: Manifest, tree: MergeTree) -> Steps[None]:
        yield from on_cluster(ray, address, lambda: _run(ray, spec, manifest, tree, workers))

    return run


def level_of(workers: int, gpus: int) -> int:
    """Return the level of the nodes that Ray merges before they come here.

    With GPUs they hold two to four times as many shards as there are workers: a node takes 0.1 s
    here, in which 64 of them measure some 35 shards, and a run that is killed loses two nodes at
    most. A core measures ten pictures a second: of 1,000 of them nodes of four shards do not wait
    here, and what a run that is killed loses would take them minutes.
    """
    return 1 + workers.bit_length() if gpus else 2


def _run(
    ray: Any, spec: IndexSpec, manifest: Manifest, tree: MergeTree, workers: int | None
) -> Steps[None]:
    count, gpus, threads = places_for(ray, spec.device, workers)
    make = ray.remote(IndexWorker).options(
        num_cpus=threads, num_gpus=gpus, max_restarts=-1, max_task_retries=-1
    )
    join = ray.remote(partial.merge).options(num_cpus=0)
    actors = [make.remote(spec, threads) for _ in range(count)]
    free = deque(actors * QUEUED)
    nodes = list(tree.missing(level_of(count, gpus)))
    leaves = [(node, shard) for node in nodes for shard in tree.shards_of(node)]
    waiting = deque(leaves)
    made: dict[Node, dict[int, Any]] = {node: {} for node in nodes}
    measuring: dict[Any, tuple[Node, int, Any]] = {}
    merging: dict[Any, Node] = {}
    started, first = time.monotonic(), min(tree.done * spec.shard, len(manifest))
    measured = 0
    while waiting or measuring or merging:
        while waiting and free:
            node, shard = waiting.popleft()
            actor = free.popleft()
            excerpt = Excerpt(len(manifest), shard * spec.shard, tuple(manifest.rows(shard)))
            measuring[actor.measure.remote(shard, excerpt)] = node, shard, actor
        ready, _ = ray.wait([*measuring, *merging], timeout=1.0)
        for ref in ready:
            if ref in merging:
                tree.add(merging.pop(ref), ray.get(ref))
                continue
            node, shard, actor = measuring.pop(ref)
            free.append(actor)
            measured += 1
            made[node][shard] = ref
            if len(made[node]) == len(tree.shards_of(node)):
                merging[_merged(join, node, made.pop(node))] = node
        done = min(first + measured * spec.shard, len(manifest))
        yield Progress(done, len(manifest), remaining(done, len(manifest), first, started))


def _merged(join: Any, node: Node, leaves: dict[int, Any]) -> Any:
    """Submit the merges of a node's shards, in the shape of the tree; return what will come."""
    parts = [leaves[shard] for shard in sorted(leaves)]
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [join.remote(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return parts[0]
