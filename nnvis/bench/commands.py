"""How soon the command line answers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import psutil

from nnvis.bench.measurement import Measurement, at_most, plain, rounds
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

ROUNDS = 7
TARGETS = {("--help",): 0.3, ("models", "resnet50"): 2.0}  # seconds of the processor


def commands(_model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Run `nnvis --help`, and `nnvis models` for the first time: nothing is kept before."""
    taken: dict[tuple[str, ...], list[tuple[float, float]]] = {words: [] for words in TARGETS}
    for done in rounds(ROUNDS):
        for words in TARGETS:
            yield Progress(done, ROUNDS, f"nnvis {' '.join(words)}")
            one = _timed(words)
            if done:  # the first round warms up
                taken[words].append(one)
    figures = []
    for words, target in TARGETS.items():
        wall, processor = zip(*taken[words], strict=True)
        name = f"nnvis {' '.join(words)}"
        figures += [at_most(f"{name}, processor time", processor, target, "s")]
        figures += [plain(name, wall, "s")]
    return figures


def _timed(words: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds of the wall and of the processor that one call takes."""
    with tempfile.TemporaryDirectory() as kept:
        environment = {**os.environ, "NNVIS_CONFIG": kept, "NNVIS_CACHE": kept}
        before, begin = psutil.Process().cpu_times(), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "nnvis", *words],
            check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wall, after = time.perf_counter() - begin, psutil.Process().cpu_times()
    user = after.children_user - before.children_user
    return wall, user + after.children_system - before.children_system
