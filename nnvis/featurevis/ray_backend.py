"""Feature images on a Ray cluster: batches of units as tasks, networks as actors."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnvis.cluster import on_cluster, places_for, require_ray
from nnvis.errors import UserError
from nnvis.featurevis.parameters import FeatureParameters
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.save import about_of, missing_of, write_feature
from nnvis.featurevis.target import Target
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, drain


class FeatureWorker:
    """A network on some node of the cluster."""

    def __init__(self, model_request: ModelRequest, weights_hash: str) -> None:
        import torch

        from nnvis.models.registry import load_steps

        if model_request.device == "cpu":
            torch.set_num_threads(1)
        self._model = drain(load_steps(model_request))
        if self._model.weights_hash != weights_hash:
            raise UserError(
                f"{model_request.spec} has other weights on a node of the cluster; copy them"
            )

    def climb(
        self, targets: Sequence[Target], parameters: FeatureParameters, seeds: Sequence[int]
    ) -> tuple[FeatureImage, ...]:
        """Return the pictures of a batch."""
        from nnvis.featurevis.steps import optimise

        return drain(optimise(self._model, targets, parameters, seeds=seeds, show=1 << 30))


def spread(
    model: VisionModel,
    model_request: ModelRequest,
    targets: Sequence[Target],
    parameters: FeatureParameters,
    folder: Path,
    *,
    preset: str = "",
    seeds: Sequence[int] = (0,),
    batch: int = 16,
    address: str | None = None,
    workers: int | None = None,
) -> Steps[None]:
    """Write the pictures that `save_features` would make, in the same batches, into `folder`.

    `save_features` then finds them there. A worker that dies is started anew by Ray and climbs its
    batch again. `address` None: a cluster on this machine; `workers` None: one a GPU, or a core.

    Raises:
        UserError: Ray is not there, or what `save_features` raises.
    """
    ray = require_ray()
    about = about_of(model, model_request.spec, parameters, preset)
    missing = missing_of(targets, seeds, folder, about)
    size = max(1, batch // len(seeds))
    batches = deque(missing[at : at + size] for at in range(0, len(missing), size))
    if not batches:
        return

    def climb() -> Steps[None]:
        room, gpus, _cores = places_for(ray, model.device.type, workers)
        make = ray.remote(FeatureWorker).options(
            num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=-1
        )
        count = max(1, min(room, len(batches)))
        free = deque(make.remote(model_request, model.weights_hash) for _ in range(count))
        climbing: dict[Any, Any] = {}
        done, total = 0, len(missing) * len(seeds)
        while batches or climbing:
            while batches and free:
                actor = free.popleft()
                order = actor.climb.remote(batches.popleft(), parameters, tuple(seeds))
                climbing[order] = actor
            for ref in ray.wait([*climbing], timeout=1.0)[0]:
                free.append(climbing.pop(ref))
                made: tuple[FeatureImage, ...] = ray.get(ref)
                for one in made:
                    write_feature(folder, one, about)
                done += len(made)
            yield Progress(done, total, f"{done} of {total} pictures on {count} workers")

    yield from on_cluster(ray, address, climb)
