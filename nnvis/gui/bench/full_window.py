"""Whether the window stays smooth with all its panes, the map and a board of 24 live tiles."""

from __future__ import annotations

import statistics
import sys

from PySide6.QtWidgets import QApplication

from nnvis.bench.measurement import Measurement, at_most, plain
from nnvis.engine.protocol.observe import BoardKind
from nnvis.gui.bench.event_loop import spin, ticks, until
from nnvis.gui.board.page import BoardPage
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.widgets import theme
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress, Steps

TILES = 24
SLICE_S = 2.0
SLICES = 10
SIZE = (1920, 1080)


def full_window(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """How late a timer of 4 ms fires, and what the window's thread computes between two of them.

    The demo stream goes through the network all the while; each tile of the board is live.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.dress(app)
    program = Program(safe=True)  # with a board of its own
    window, controller = program.window, program.controller
    shown = [0]
    program.bridge.answered.connect(lambda _snapshot, _match: shown.__setitem__(0, shown[0] + 1))
    window.resize(*SIZE)
    window.show()
    program.begin(WindowOptions(source="demo", model_request=model_request))
    try:
        until(lambda: controller.shown is not None)
        window.context.settled.emit()
        window.commands["layer_map"].trigger()
        until(lambda: window.map.drawn is not None)
        board = window.pages["board"]
        assert isinstance(board, BoardPage)
        info = controller.view_state.info
        assert info is not None
        layers = [one for one in info.layers if one.units >= TILES]
        window.right.turn_to("board")
        for number in range(TILES):  # of four layers
            controller.go(layers[number % 4 * (len(layers) // 4)].name, number)
            board.add(BoardKind.MAP)
        until(lambda: all(one.shown is not None for one in board.canvas.cards))
        spin(1.0)
        before, found = shown[0], []
        for done in range(SLICES):
            yield Progress(done, SLICES, "all panes, the map and a board of 24 tiles")
            found += ticks(SLICE_S)
        rate = (shown[0] - before) / (SLICE_S * SLICES)
        tiles = len(board.canvas.cards)
    finally:
        window.close_now()
    late, worked = zip(*found, strict=True)
    return [
        at_most("event-loop delay, 99th percentile", [_most(late)], 33, "ms"),
        at_most("computed between two ticks, 99th percentile", [_most(worked)], 33, "ms"),
        plain("longest event-loop delay", [max(late)], "ms"),
        plain("most computed between two ticks", [max(worked)], "ms"),
        plain("live tiles on the board", [float(tiles)], ""),
        plain("pictures shown", [rate], "pictures/s"),
    ]


def _most(values: tuple[float, ...]) -> float:
    return statistics.quantiles(values, n=100)[98]
