"""How much of the bare model's speed the live line keeps."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import torch

from nnvis.bench.figure import Figure, at_least, plain
from nnvis.bench.treadmill import Treadmill, demo_frames
from nnvis.engine.job import Job, JobState
from nnvis.models.card import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

ROUNDS = 9
SLICE_S = 1.5


def bare_rate(mill: Treadmill, seconds: float) -> float:
    """Return forward passes/s of the network alone, the line at rest.

    It is the same network on the same thread: a second thread that computes would make both of
    them slow, since each brings threads of its own for the processor's cores.
    """
    job = mill.session.submit(Job("bare", partial(passes, seconds=seconds)))
    mill.wait_for(lambda: job.state in (JobState.DONE, JobState.FAILED))
    if job.error is not None:
        raise job.error
    return float(job.result)


def passes(model: VisionModel, seconds: float) -> Steps[float]:
    """Pass one picture for about `seconds` and return passes/s; a job."""
    x = torch.rand((1, model.channels, *model.input_size), device=model.device)
    yield Progress(0, 1)
    with torch.inference_mode():
        count, start = 0, time.perf_counter()
        while (now := time.perf_counter()) < start + seconds:
            model(x)
            if x.is_cuda:
                torch.cuda.synchronize(x.device)
            count += 1
    return count / (now - start)


def live(request: ModelRequest) -> Steps[list[Figure]]:
    """Pictures/s of source -> network -> grid, unit and top-5, over bare forward passes/s.

    The two are measured in turn, on one thread of one process, with one network.
    """
    mill = Treadmill(request, demo_frames())
    try:
        layer = middle(mill)
        mill.session.select(replace(mill.session.selection, layer=layer, unit=0))
        mill.start()
        time.sleep(SLICE_S)
        mill.pause()
        bare_rate(mill, SLICE_S)
        ratios, lines, forwards = [], [], []
        for done in range(ROUNDS):
            yield Progress(done, ROUNDS, "live line and bare model in turn")
            lines.append(line_rate(mill, SLICE_S))
            forwards.append(bare_rate(mill, SLICE_S))
            ratios.append(lines[-1] / forwards[-1])
    finally:
        mill.close()
    return [
        at_least(f"live line with the grid of {layer} / bare forward", ratios, 0.90),
        plain("live line", lines, "pictures/s"),
        plain("bare forward", forwards, "passes/s"),
    ]


def middle(mill: Treadmill) -> str:
    """Return the name of the block in the middle of the network."""
    card = mill.session.card
    assert card is not None
    blocks = [one for one in card.layers if one.family == "block"] or list(card.layers)
    return blocks[len(blocks) // 2].name


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
