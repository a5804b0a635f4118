"""Whether the window stays smooth while a lab trains."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from PySide6.QtWidgets import QApplication

from nnvis.bench.measurement import Measurement, at_most, plain
from nnvis.engine.lab_process import LabRequest
from nnvis.gui.bench.event_loop import spin, until
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.widgets import theme
from nnvis.gui.window.app import Program
from nnvis.labs.registry import LABS
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

LAB = "forget"  # five curves that grow at every epoch
SLICE_S = 2.0
SLICES = 7
SEEDS = tuple(range(20))  # trains for longer than is measured


def beside_lab(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """How late a timer of 4 ms fires while a lab trains, its curves growing, then out of sight.

    The demo stream goes through the network all the while, as it does for a person.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.dress(app)
    program = Program()
    window, controller = program.window, program.controller
    shown = [0]
    program.bridge.answered.connect(lambda _snapshot, _match: shown.__setitem__(0, shown[0] + 1))
    window.show()
    program.begin(WindowOptions(source="demo", model_request=model_request))
    watched: dict[str, list[float]] = {"curves": [], "picture": []}
    with tempfile.TemporaryDirectory() as folder:
        try:
            until(lambda: controller.shown is not None)
            spin(1.0)
            before = shown[0]
            alone = spin(SLICE_S)
            rate = (shown[0] - before) / SLICE_S
            window.labs.turn_to(LAB)
            state = window.labs_jobs.states[LAB]
            order = LabRequest(LAB, Path(folder), SEEDS, LABS[LAB].values({}))
            window.labs_jobs.run(order)
            until(lambda: bool(state.panel))  # the first curve
            shown_before, seconds = shown[0], 0.0
            for done in range(SLICES):
                yield Progress(done, SLICES, "a lab trains beside the picture")
                sight = "curves" if done % 2 == 0 else "picture"
                window.show_workspace(window.labs if sight == "curves" else None)
                spin(0.3)
                watched[sight] += spin(SLICE_S)
                seconds += SLICE_S + 0.3
            beside = (shown[0] - shown_before) / seconds
            trained = state.running
        finally:
            program.window.close_now()
    return [
        *(
            at_most(
                f"event-loop delay, 99th percentile, {sight} in sight", [_late(delays)], 33, "ms"
            )
            for sight, delays in watched.items()
        ),
        plain("the same without a lab", [_late(alone)], "ms"),
        plain("longest event-loop delay", [max(map(max, watched.values()))], "ms"),
        plain("the lab still trained at the end", [float(trained)], ""),
        plain("pictures shown beside the lab / without", [beside / rate], ""),
    ]


def _late(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=100)[98]
