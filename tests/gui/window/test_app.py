"""The window on the real engine: the tiny network and a pattern."""

from __future__ import annotations

import signal
import sys
import threading

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from nnvis.export import read_meta
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window import app
from nnvis.gui.window.app import Program, open_window
from nnvis.models.info import ModelRequest

TINY = ModelRequest("tiny", device="cpu")
PATTERN = "pattern:gratings"


@pytest.fixture
def program(qtbot, dressed):
    """A running program that is closed again."""
    made = Program()
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.window.close()
    assert made.stuck == []


def wait_shown(qtbot, controller):
    qtbot.waitUntil(lambda: controller.shown is not None, timeout=60_000)


def test_everything_arrives_and_every_layer_can_be_shown(program, qtbot):
    controller = program.controller
    program.begin(WindowOptions(source=PATTERN, model_request=TINY))
    program.window.pages["unit"].add_trace()
    wait_shown(qtbot, controller)
    info = controller.view_state.info
    for layer in info.layers:
        controller.go(layer.name, layer.units - 1)
        assert controller.shown is None
        wait_shown(qtbot, controller)
        shown = controller.shown
        assert (shown.layer, shown.unit.index) == (layer, layer.units - 1)
        assert shown.sheet.grid.count == layer.units
    assert not program.window.banner.isVisible()
    assert program.window.scores.accessibleDescription()
    qtbot.waitUntil(lambda: bool(controller.last.thumbnails))


def test_source_and_model_change_while_running_and_nothing_old_is_shown(program, qtbot):
    controller, seen = program.controller, []

    def check(snapshot, match):
        if match.picture:
            seen.append((snapshot.info is controller.view_state.info, snapshot.frame.source))

    controller.answered.connect(check)
    program.begin(WindowOptions(source=PATTERN, model_request=TINY))
    wait_shown(qtbot, controller)
    first = controller.view_state.info
    controller.open_source("pattern:noise")
    qtbot.waitUntil(lambda: controller.view_state.source == "pattern:noise")
    wait_shown(qtbot, controller)
    controller.load_model(ModelRequest("tiny", device="cpu", seed=1))
    qtbot.waitUntil(lambda: controller.view_state.info is not first, timeout=60_000)
    wait_shown(qtbot, controller)
    controller.load_model(ModelRequest("torchvision/no-such-model", device="cpu"))
    qtbot.waitUntil(program.window.banner.isVisible, timeout=60_000)
    assert controller.view_state.info.model_request.seed == 1
    assert all(right for right, _ in seen)
    order = [source for _, source in seen]
    assert order == sorted(order, key=[PATTERN, "pattern:noise"].index)


def test_a_snapshot_brings_its_view_back(program, qtbot, tmp_path):
    controller = program.controller
    program.settings.snapshot_folder = str(tmp_path)
    program.begin(WindowOptions(source=PATTERN, model_request=TINY))
    wait_shown(qtbot, controller)
    layer = controller.view_state.info.layers[1]
    controller.go(layer.name, 2)
    wait_shown(qtbot, controller)
    program.window.commands["save"].trigger()
    qtbot.waitUntil(program.window.toast.isVisible, timeout=60_000)
    files = sorted(tmp_path.glob("*.png"))
    assert files
    meta = read_meta(files[0])
    controller.go(controller.view_state.info.layers[0].name, 0)
    program.window.opening.open_path(str(files[0]))
    wait_shown(qtbot, controller)
    assert (controller.shown.layer.name, controller.shown.unit.index) == (meta["layer"], 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_open_window_runs_until_a_signal_and_leaves_no_thread(number, dressed, monkeypatch):
    made = []
    plain = app.Program
    monkeypatch.setattr(app, "Program", lambda: made.append(plain()) or made[0])

    def interrupt() -> None:
        if made[0].controller.shown is None:
            QTimer.singleShot(50, interrupt)
        else:
            signal.raise_signal(number)

    QTimer.singleShot(0, interrupt)
    hooks = sys.excepthook, threading.excepthook
    assert open_window(WindowOptions(source=PATTERN, model_request=TINY, unit=1)) == 0
    assert not made[0].window.isVisible()
    assert made[0].stuck == []
    assert made[0].settings.source == PATTERN
    assert (sys.excepthook, threading.excepthook) == hooks


def test_signal_before_the_loop_begins_ends_it(dressed):
    begun = []

    def shown(program: app.Program) -> None:
        begun.append(program)
        signal.raise_signal(signal.SIGINT)

    assert open_window(WindowOptions(source=PATTERN, model_request=TINY), shown) == 0
    assert begun[0].stuck == []
    assert begun[0].session.source is None  # nothing was opened for a window that is closed


def test_what_is_saved_is_what_is_shown(program, qtbot, tmp_path):
    from PIL import Image

    controller = program.controller
    program.settings.snapshot_folder = str(tmp_path)
    program.begin(WindowOptions(source="sample:coffee", model_request=TINY))
    wait_shown(qtbot, controller)
    qtbot.wait(300)  # the pane's shape settles, then a still picture stays
    wait_shown(qtbot, controller)
    shown = controller.shown
    program.window.commands["save"].trigger()
    qtbot.waitUntil(program.window.toast.isVisible, timeout=60_000)
    sheet = next(path for path in tmp_path.glob("*.png") if "sheet" in path.name)
    assert np.array_equal(np.asarray(Image.open(sheet)), shown.sheet.picture[..., :3])


def test_how_far_a_unit_went_is_known_at_the_next_start(program, qtbot):
    controller, page = program.controller, program.window.pages["card"]
    program.begin(WindowOptions(source=PATTERN, model_request=TINY))
    wait_shown(qtbot, controller)
    weights, layer = controller.view_state.info.weights_hash, controller.view_state.request.layer
    qtbot.waitUntil(lambda: page.ranges.of(weights, layer, 1) is not None)
    program.window.close()
    before = page.ranges.of(weights, layer, 1)

    later = Program()
    qtbot.addWidget(later.window)
    later.begin(WindowOptions(source="sample:coffee", model_request=TINY))
    page = later.window.pages["card"]
    qtbot.waitUntil(lambda: page.ranges.of(weights, layer, 1) is not None, timeout=60_000)
    wait_shown(qtbot, later.controller)
    low, high = page.ranges.of(weights, layer, 1)
    assert low <= before[0] <= before[1] <= high
    later.window.close()
    assert later.stuck == []
