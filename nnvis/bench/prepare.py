"""How long it takes to make a frame ready for the network, on one core."""

from __future__ import annotations

import numpy as np

from nnvis.bench.measurement import Measurement, at_most, plain, rounds, spent
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.registry import load_steps
from nnvis.progress import Progress, Steps
from nnvis.sources.frame import Frame

ROUNDS = 60
TARGETS = {(480, 640): 1.5, (1080, 1920): 4.0, (2160, 3840): 12.0}  # height, width: milliseconds


def prepare(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Resize and crop frames of three sizes as the network's library does."""
    model = yield from load_steps(model_request)
    random = np.random.default_rng(0)
    frames = {
        size: Frame(random.integers(0, 256, (*size, 3), np.uint8), 0, 0.0, "noise")
        for size in TARGETS
    }
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {size: [] for size in TARGETS}
    for done in rounds(ROUNDS):
        yield Progress(done, ROUNDS, "frames of three sizes")
        for size, frame in frames.items():
            one = spent(lambda frame=frame: model.preprocess.prepare(frame, Fit.CROP))  # type: ignore[misc]
            if done > 5:  # whether a part alone gives the same is tried out before
                taken[size].append((1000 * one.wall, 1000 * one.processor))
    figures = []
    for (height, width), target in TARGETS.items():
        wall, processor = zip(*taken[height, width], strict=True)
        figures += [
            at_most(f"{width} x {height}, processor time", processor, target, "ms"),
            plain(f"{width} x {height}", wall, "ms"),
        ]
    return figures
