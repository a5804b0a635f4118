"""What the window's thread does for one live picture, and what the window holds."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import psutil
from PySide6.QtWidgets import QApplication

from nnvis.bench.measurement import Measurement, at_most, plain, rounds
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.bench.event_loop import spin, until
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.widgets import theme
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

NETWORK = ModelRequest("torchvision/resnet50", random_weights=True)  # for its units
UNITS = 2048
SIZE = (2560, 1400)
ROUNDS = 200
WARM = 10


def one_picture(_model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Hand one picture after another to a window of 2560 x 1400 that shows 2,048 units.

    Told is what its thread computes, from the picture's coming to the last pixel painted; as on a
    live stream all numbers are others than before, and one thumbnail of a layer is renewed.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.dress(app)
    program = Program(safe=True)
    window, controller, bridge = program.window, program.controller, program.bridge
    window.resize(*SIZE)
    window.show()
    program.begin(WindowOptions(source="sample:chelsea", model_request=NETWORK))
    taken: list[float] = []
    try:
        until(lambda: controller.shown is not None)
        window.context.settled.emit()
        info = controller.view_state.info
        assert info is not None
        layer = [one for one in info.layers if one.units == UNITS and min(one.map_shape) > 1][-1]
        controller.go(layer.name, 3)
        until(lambda: controller.shown is not None and controller.shown.layer.name == layer.name)
        spin(2.0)
        shown = controller.shown
        assert shown is not None
        few = dict([*shown.thumbnails.items()][:1])
        for done in rounds(ROUNDS):
            yield Progress(done, ROUNDS, f"pictures of {UNITS} units")
            bridge.last = replace(_next(shown, done), thumbnails=few)
            begin = time.thread_time()
            bridge.answer()
            app.processEvents()
            if done >= WARM:
                taken.append(1000 * (time.thread_time() - begin))
            spin(0.02)
        held = psutil.Process().memory_info().rss / 1e6
    finally:
        window.close_now()
    return [
        at_most(f"the window's thread for a picture of {UNITS:,} units", taken, 6.0, "ms"),
        plain("resident memory with this network", [held], "MB"),
    ]


def _next(shown: Snapshot, number: int) -> Snapshot:
    """Return a picture as it follows on a stream: all its numbers are others."""
    more, sheet = 1 + number % 7 / 20, shown.sheet
    return replace(
        shown,
        frame=replace(shown.frame, index=number, time=time.monotonic()),
        sheet=replace(
            sheet,
            screen=sheet.screen.copy(),
            low=sheet.low * more,
            high=sheet.high * more,
            minima=sheet.minima * more,
            means=sheet.means * more,
            maxima=sheet.maxima * more,
        ),
        top=tuple(replace(one, probability=one.probability / more) for one in shown.top),
    )
