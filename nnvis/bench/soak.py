"""Whether memory, hooks, threads and files stay what they were over many frames."""

from __future__ import annotations

import gc
import itertools
import math
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import psutil

from nnvis.attacks.registry import Norm
from nnvis.bench.measurement import Measurement, at_least, at_most, plain
from nnvis.bench.saturated_session import SaturatedSession, demo_frames
from nnvis.bench.soaking import Soaking
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.request import AttackRequest, AttackShows, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

SETTLED = 2_000  # frames after which nothing may grow; a third of fewer than 6,000
EVERY = 50  # frames between changes of what is looked at
LEVELS = 255

Choose = Callable[[int, ModelInfo, Request], Request]  # for the how manieth change


def soak(model_request: ModelRequest, frames: int | None = None) -> Steps[list[Measurement]]:
    """Send `frames` through the line, another layer and unit every 50; measure what stays.

    None: as many as there is time for.
    """
    return (yield from _send(model_request, frames, _wander, lambda _snapshot: None))


def fool_soak(model_request: ModelRequest, frames: int | None = None) -> Steps[list[Measurement]]:
    """The same with an attack that is switched on and off every 50; check each attacked frame."""
    checked: list[bool] = []

    def check(snapshot: Snapshot) -> None:
        if snapshot.attack is not None:
            checked.append(_is_inside(snapshot))

    figures = yield from _send(model_request, frames, _fool, check)
    return [
        *figures,
        at_least(
            "attacked frames that were checked", [len(checked)], max(1, (frames or 0) // 2 - EVERY)
        ),
        at_most("of them not in ball and box, or not as large as told", [checked.count(False)], 0),
    ]


def _wander(turn: int, info: ModelInfo, request: Request) -> Request:
    count = len(info.layers)
    stride = next(step for step in (7, 5, 3, 1) if math.gcd(step, count) == 1)  # all are met
    layer = info.layers[(turn * stride) % count]
    return replace(request, layer=layer.name, unit=(turn * 13) % layer.units)


def _fool(turn: int, info: ModelInfo, request: Request) -> Request:
    fooling = None
    if turn % 2:
        balls: tuple[tuple[Norm, float], ...] = (
            ("linf", 4 / LEVELS), ("l2", 2.0), ("linf", 1 / LEVELS),
        )  # fmt: skip
        norm, eps = balls[turn // 2 % 3]
        shows = list(AttackShows)[turn // 2 % 3]
        target = (None, 0)[turn // 6 % 2]
        fooling = AttackRequest(
            norm, eps, steps=1, target=target, carried=turn % 8 == 7, shows=shows
        )
    return replace(_wander(turn, info, request), attack=fooling)


def _is_inside(snapshot: Snapshot) -> bool:
    """Measure the attack_state from its pixels, which are in the box by their type."""
    fooled, fooling = snapshot.attack, snapshot.request.attack
    assert fooled is not None
    assert fooling is not None
    change = (fooled.adversarial.astype(np.int32) - snapshot.fed) / LEVELS
    linf, l2 = float(np.abs(change).max()), float(np.sqrt((change**2).sum()))
    size = linf if fooling.norm == "linf" else l2
    told = np.allclose([fooled.linf, fooled.l2], [linf, l2], rtol=1e-4, atol=1e-7)
    return size <= fooling.eps * (1 + 1e-6) and bool(told)


def _send(
    model_request: ModelRequest,
    frames: int | None,
    choose: Choose,
    check: Callable[[Snapshot], None],
) -> Steps[list[Measurement]]:
    process = psutil.Process()
    threads_before = set(threading.enumerate())
    mill = SaturatedSession(model_request, demo_frames())
    info = mill.session.info
    assert info is not None
    settled, highest, files_settled = 0.0, 0.0, 0
    watch = Soaking(frames, SETTLED)
    # The largest layer needs the most: what is settled has seen each of them.
    brief = max(1, min(EVERY, watch.warm // len(info.layers))) if frames else 2
    try:
        for turn in itertools.count():
            request = choose(turn, info, mill.session.request)
            mill.session.select(request)
            for _ in range(brief if watch.settling else EVERY):
                check(mill.step())
                watch.done += 1
            if watch.settling:
                gc.collect()
                settled = max(settled, process.memory_info().rss / 1e6)
                files_settled = process.num_fds()
            else:
                highest = max(highest, process.memory_info().rss / 1e6)
            yield Progress(watch.done, frames or 0, f"{request.layer}, unit {request.unit}")
            if not watch.goes_on:
                break
        mill.session.select(replace(mill.session.request, attack=None))
        mill.step()
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
        plain("frames", [watch.done]),
    ]


def _count_hooks(model: VisionModel) -> Steps[int]:
    """Count the hooks on every module; a job, since only the runner may touch the model."""
    yield Progress(0, 1)
    tables = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, table)) for module in model.modules() for table in tables)
