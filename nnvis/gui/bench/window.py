"""What the window costs, and how soon it lives."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QApplication

from nnvis.bench.measurement import Measurement, at_least, at_most, plain, rounds
from nnvis.bench.saturated_session import SaturatedSource, demo_frames
from nnvis.engine.protocol.job import Job, JobState
from nnvis.gui.bench.beside_lab import beside_lab
from nnvis.gui.bench.event_loop import spin, until
from nnvis.gui.bench.full_window import full_window
from nnvis.gui.bench.one_picture import one_picture
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.widgets import theme
from nnvis.gui.window.app import Program, open_window
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

ROUNDS = 7
SLICE_S = 2.0
STARTS = 5


def window(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s painted over bare forward passes/s in turn, and how long the GUI thread is held.

    The delay is how late a timer of 4 ms fires, 99th percentile, while pictures are painted.
    """
    from nnvis.bench.live import passes  # torch, which the window itself does without

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.dress(app)
    belt = SaturatedSource(demo_frames())
    program = Program(lambda _spec: belt)
    painted, last = [0], [None]

    def came(snapshot: Any, _match: object) -> None:
        if snapshot is last[0]:  # something else was asked
            return
        last[0] = snapshot
        painted[0] += 1

    program.bridge.answered.connect(came)
    program.window.show()
    program.begin(WindowOptions(source="belt", model_request=model_request))
    try:
        until(lambda: program.session.info is not None and program.session.source is not None)
        program.window.context.settled.emit()
        belt.permit()
        until(lambda: painted[0] > 0)

        def bare() -> float:
            job = program.session.submit(Job("bare", partial(passes, seconds=SLICE_S)))
            until(lambda: job.state is JobState.DONE)
            return float(job.result)

        bare()
        ratios, rates, forwards, delays = [], [], [], []
        for done in rounds(ROUNDS):
            yield Progress(done, ROUNDS, "window and bare model in turn")
            belt.start()
            spin(0.3)
            before, start = painted[0], time.perf_counter()
            delays += spin(SLICE_S)
            rates.append((painted[0] - before) / (time.perf_counter() - start))
            belt.running = False
            spin(0.3)
            forwards.append(bare())
            ratios.append(rates[-1] / forwards[-1])
    finally:
        program.window.close_now()
    late = statistics.quantiles(delays, n=100)[98]
    return [
        at_least("window painting / bare forward", ratios, 0.75),
        at_most("event-loop delay, 99th percentile", [late], 33, "ms"),
        plain("longest event-loop delay", [max(delays)], "ms"),
        plain("pictures painted", rates, "pictures/s"),
        plain("bare forward", forwards, "passes/s"),
    ]


def start(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Time from the start of nnvis to its first live grid over that of importing its libraries."""
    code = f"from nnvis.gui.bench.window import first_grid; first_grid({model_request.spec!r})"
    libraries = "import torch, torchvision, timm, PySide6.QtWidgets"
    ratios, grids, imports = [], [], []
    _timed(code)
    _timed(libraries)
    for done in rounds(STARTS):
        yield Progress(done, STARTS, "starting nnvis and importing its libraries in turn")
        grids.append(_timed(code))
        imports.append(_timed(libraries))
        ratios.append(grids[-1] / imports[-1])
    return [
        at_most("start to first grid / importing the libraries", ratios, 1.2),
        plain("start to first grid", grids, "s"),
        plain("importing the libraries", imports, "s"),
    ]


def first_grid(model: str) -> None:
    """Open the window on the demo stream and leave at once when the first grid is painted."""

    def leave_early(program: Program) -> None:
        def looked(snapshot: object, _match: object) -> None:
            if snapshot is not None:
                program.window.grid.repaint()
                os._exit(0)

        program.controller.answered.connect(looked)

    open_window(WindowOptions(source="demo", model_request=ModelRequest(model)), leave_early)


def _timed(code: str) -> float:
    with tempfile.TemporaryDirectory() as settings:
        environment = {**os.environ, "NNVIS_CONFIG": settings}
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        return time.perf_counter() - begin


BENCHES: dict[str, Callable[[ModelRequest], Steps[list[Measurement]]]] = {
    "window": window,
    "window-lab": beside_lab,
    "window-full": full_window,
    "window-picture": one_picture,
    "start": start,
}
