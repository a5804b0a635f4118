"""Whether memory, hooks, threads and files stay what they were over many frames."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace

import psutil

from nnvis.bench.figure import Figure, at_most
from nnvis.bench.treadmill import Treadmill, demo_frames
from nnvis.engine.job import Job, JobState
from nnvis.models.card import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

FRAMES = 30_000
SETTLED = 2_000  # frames after which nothing may grow
EVERY = 50  # frames between changes of layer and unit


def soak(request: ModelRequest, frames: int = FRAMES) -> Steps[list[Figure]]:
    """Send `frames` through the line, another layer and unit every 50; measure what stays."""
    process = psutil.Process()
    threads_before = set(threading.enumerate())
    mill = Treadmill(request, demo_frames())
    card = mill.session.card
    assert card is not None
    settled, highest, files_settled = 0.0, 0.0, 0
    try:
        for done in range(0, frames, EVERY):
            layer = card.layers[(done // EVERY * 7) % len(card.layers)]
            unit = (done // EVERY * 13) % layer.units
            selection = mill.session.selection
            mill.session.select(replace(selection, layer=layer.name, unit=unit))
            for _ in range(EVERY):
                mill.step()
            if done < SETTLED:
                gc.collect()
                settled = max(settled, process.memory_info().rss / 1e6)
                files_settled = process.num_fds()
            else:
                highest = max(highest, process.memory_info().rss / 1e6)
            yield Progress(done + EVERY, frames, f"{layer.name}, unit {unit}")
        files = process.num_fds()
        hooks = mill.session.submit(Job("count hooks", _count_hooks))
        mill.wait_for(lambda: hooks.state is JobState.DONE)
    finally:
        left = mill.close()
    threads = [one.name for one in threading.enumerate() if one not in threads_before]
    return [
        at_most("growth of resident memory", [max(0.0, highest - settled)], 20, "MB"),
        at_most("hooks left", [hooks.result], 0),
        at_most("file handles left", [max(0, files - files_settled)], 0),
        at_most("threads left", [len(set(left) | set(threads))], 0),
    ]


def _count_hooks(model: VisionModel) -> Steps[int]:
    """Count the hooks on every module; a job, since only the runner may touch the model."""
    yield Progress(0, 1)
    tables = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, table)) for module in model.modules() for table in tables)
