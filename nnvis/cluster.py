"""The door to Ray: a cluster that is there, or one on this machine for as long as it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nnvis.errors import UserError, first_line
from nnvis.extras import command
from nnvis.progress import Progress, Steps

QUEUED = 2  # shards that each worker has, so that none waits for the next


def require_ray() -> Any:
    """Return the module.

    Raises:
        UserError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError(f"--engine ray needs Ray; {command('ray')}") from error
    return ray


@contextmanager
def joined(ray: Any, address: str | None) -> Iterator[None]:
    """Be part of the cluster at `address`; None: of one on this machine, which ends with the block.

    Raises:
        UserError: no cluster answers.
    """
    mine = not ray.is_initialized()
    if mine:
        if address is None:  # it tells its maker nothing, unless a person has set that it shall
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            # Else whatever else runs on this machine comes long before the networks.
            os.environ.setdefault("RAY_worker_niceness", "0")
        try:
            ray.init(
                address=address or "local", include_dashboard=None if address else False,
                log_to_driver=False, logging_level="ERROR",
            )  # fmt: skip
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = first_line(error)
            raise UserError(
                f"no Ray cluster at {address or 'this machine'} ({reason}); check --address"
            ) from error
    try:
        yield
    finally:
        if mine:
            ray.shutdown()


def on_cluster(ray: Any, address: str | None, work: Callable[[], Steps[None]]) -> Steps[None]:
    """Do `work` as part of the cluster at `address`; None: of one on this machine.

    Raises:
        UserError: no cluster answers, or a worker raised one.
    """
    yield Progress(0, 0, "starting Ray" if address is None else f"joining {address}")
    with joined(ray, address):
        try:
            yield from work()
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, UserError):
                raise UserError(str(error.cause)) from error
            raise


def places_for(ray: Any, device: str, workers: int | None) -> tuple[int, int, int]:
    """Return how many networks there is room for, and the GPUs (0 or 1) and cores of each.

    Args:
        ray: joined.
        device: "cuda" asks for a GPU each.
        workers: how many are asked for; None: one for each GPU, or for each core.

    Raises:
        UserError: a GPU is asked for and there is none, or no core.
    """
    there = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    nodes = [(int(one.get("CPU", 0)), int(one.get("GPU", 0))) for one in there]
    if device != "cuda":
        room, gpus, cores = sum(cpu for cpu, _ in nodes), 0, 1
    elif not any(gpu for _, gpu in nodes):
        raise UserError("the cluster has no GPU; give --device cpu")
    else:  # a place that asks for more than a node has would be waited for, for good
        nodes = [(cpu, gpu) for cpu, gpu in nodes if cpu and gpu]
        gpus, cores = 1, max(1, min((cpu // gpu for cpu, gpu in nodes), default=1))
        room = sum(min(gpu, cpu // cores) for cpu, gpu in nodes)
    if not (workers or room):
        raise UserError("the cluster has no core to work on")
    return workers or room, gpus, cores


def load_there(spec: Any, threads: int) -> Any:
    """Load the network of a spec on a node of the cluster, for `threads` threads.

    `spec` has `model`, `device`, `request` and `weights_hash`, as those of an index and a pass do.

    Raises:
        UserError: its weights are others there.
    """
    import torch

    from nnvis.models.info import ModelRequest
    from nnvis.models.registry import load

    torch.set_num_threads(threads)
    known = ModelRequest.__dataclass_fields__
    request = {  # lists, as JSON has them, made tuples again
        name: tuple(value) if isinstance(value, list) else value
        for name, value in spec.request.items()
        if name in known
    }
    model = load(spec.model, spec.device, **request)
    if model.weights_hash != spec.weights_hash:
        raise UserError(f"{spec.model} has other weights on a node of the cluster; copy them")
    return model
