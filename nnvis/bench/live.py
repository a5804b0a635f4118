"""How much of the bare model's speed the live line keeps."""

from __future__ import annotations

import time

import torch

from nnvis.bench.figure import Figure, at_least, plain
from nnvis.bench.treadmill import Treadmill, demo_frames
from nnvis.models.card import ModelRequest
from nnvis.models.zoo import load_steps
from nnvis.progress import Progress, Steps, drain

ROUNDS = 9
SLICE_S = 1.5


class Bare:
    """The network alone: the same weights as the line has, loaded a second time."""

    def __init__(self, request: ModelRequest) -> None:
        self._model = drain(load_steps(request))
        size = (1, self._model.channels, *self._model.input_size)
        self._x = torch.rand(size, device=self._model.device)

    @torch.inference_mode()
    def rate(self, seconds: float) -> float:
        """Return forward passes/s over about `seconds`."""
        count, start = 0, time.perf_counter()
        while (now := time.perf_counter()) < start + seconds:
            self._model(self._x)
            if self._x.is_cuda:
                torch.cuda.synchronize(self._x.device)
            count += 1
        return count / (now - start)


def live(request: ModelRequest) -> Steps[list[Figure]]:
    """Pictures/s of source -> network -> grid, unit and top-5, over bare forward passes/s.

    The two are measured in turn in one process; the bare model is a second load of the same.
    """
    mill = Treadmill(request, demo_frames())
    try:
        bare = Bare(request)
        mill.start()
        time.sleep(SLICE_S)
        mill.pause()
        bare.rate(SLICE_S)
        ratios, lines, forwards = [], [], []
        for done in range(ROUNDS):
            yield Progress(done, ROUNDS, "live line and bare model in turn")
            lines.append(line_rate(mill, SLICE_S))
            forwards.append(bare.rate(SLICE_S))
            ratios.append(lines[-1] / forwards[-1])
    finally:
        mill.close()
    return [
        at_least("live line / bare forward", ratios, 0.90),
        plain("live line", lines, "pictures/s"),
        plain("bare forward", forwards, "passes/s"),
    ]


def line_rate(mill: Treadmill, seconds: float) -> float:
    """Return pictures/s of a fed session over about `seconds`, from one snapshot to another."""
    first = mill.count
    mill.start()
    mill.wait_for(lambda: mill.count > first + 1)
    begin, start = mill.count, time.perf_counter()
    time.sleep(seconds)
    last = mill.count
    mill.wait_for(lambda: mill.count > last)
    rate = (last + 1 - begin) / (time.perf_counter() - start)
    mill.pause()
    time.sleep(0.2)  # what is under way ends before the next measurement
    return rate
