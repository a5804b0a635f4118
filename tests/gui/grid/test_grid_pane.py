"""What is clicked is what is selected, however the grid lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from nnvis.engine.protocol.unit_order import OrderedFrame, ShownOrder
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.gui.grid.grid_paint import tile_on_screen
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
from nnvis.views.request import Ablation

LEFT = Qt.MouseButton.LeftButton


def middle_of(window, unit: int) -> QPoint:
    grid = window.controller.last.sheet.grid
    return tile_on_screen(window.grid.view, grid, unit).center().toPoint()


def wheel(window, at: QPoint, turns: int) -> None:
    viewport = window.grid.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_a_click_on_a_tile_selects_its_unit(shown):
    window, controller = shown.window, shown.controller
    viewport = window.grid.viewport()
    for layer in ("stem.conv", "body.conv", "head"):
        controller.go_layer(layer)
        shown.look()
        for turns in (0, 6):
            wheel(window, middle_of(window, 6), turns)
            assert window.grid.view.fitted == (turns == 0)
            units = range(controller.view_state.layer.units)
            inside = [unit for unit in units if viewport.rect().contains(middle_of(window, unit))]
            assert 6 in inside
            for unit in inside:
                shown.qtbot.mouseClick(viewport, LEFT, pos=middle_of(window, unit))
                assert controller.view_state.request.unit == unit
        wheel(window, middle_of(window, 6), -20)


def test_the_wheel_keeps_the_pixel_under_the_pointer(shown):
    window = shown.window
    at = middle_of(window, 5)
    before = window.grid.view.to_sheet((at.x(), at.y()))
    wheel(window, at, 4)
    after = window.grid.view.to_sheet((at.x(), at.y()))
    assert after == pytest.approx(before, abs=1e-6)
    wheel(window, at, -20)
    assert window.grid.view.fitted


def test_double_click_enlarges_and_a_second_one_shows_all_again(shown):
    window = shown.window
    viewport = window.grid.viewport()
    shown.qtbot.mouseDClick(viewport, LEFT, pos=middle_of(window, 9))
    assert shown.controller.view_state.request.unit == 9
    assert not window.grid.view.fitted
    assert viewport.rect().contains(middle_of(window, 9))
    shown.qtbot.mouseDClick(viewport, LEFT, pos=middle_of(window, 9))
    assert window.grid.view.fitted
    assert shown.controller.view_state.request.unit == 9


def test_keys_walk_over_the_grid_and_the_view_follows(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    cols = controller.last.sheet.grid.cols
    for key, unit in ((Qt.Key.Key_L, 1), (Qt.Key.Key_K, 1 + cols), (Qt.Key.Key_J, cols),
                      (Qt.Key.Key_I, 0), (Qt.Key.Key_Left, 0), (Qt.Key.Key_Right, 1)):  # fmt: skip
        qtbot.keyClick(window.grid, key)
        assert controller.view_state.request.unit == unit
    qtbot.keyClick(window.grid, Qt.Key.Key_Z)
    qtbot.keyClick(window.grid, Qt.Key.Key_End)
    assert controller.view_state.request.unit == 15
    assert window.grid.viewport().rect().contains(middle_of(window, 15))


def test_hovering_names_the_unit_and_its_values(shown):
    window = shown.window
    shown.qtbot.mouseMove(window.grid.viewport(), middle_of(window, 3))
    shown.qtbot.waitUntil(lambda: "unit 3" in window.status.hover.text())
    shown.look()
    assert "max 4.0" in window.status.hover.text() or "max 3.9" in window.status.hover.text()
    where = middle_of(window, 3)
    viewport = window.grid.viewport()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, asked)
    window.right_click.menu.close()
    assert "unit 3" not in window.status.hover.text()  # the mouse may be elsewhere by now


def test_a_layer_of_classes_is_hovered_by_label(shown):
    window = shown.window
    shown.controller.go_layer("head")
    shown.look()
    shown.qtbot.mouseMove(window.grid.viewport(), middle_of(window, 4))
    shown.qtbot.waitUntil(lambda: "label 4" in window.status.hover.text())


def test_the_head_says_of_which_picture_an_order_is_and_whether_that_is_in_sight(shown):
    window, said = shown.window, shown.window.shading.order.text
    look = shown.controller.last
    units, values = np.arange(16)[::-1].copy(), np.zeros(16, np.float32)
    then = replace(look.frame, label="cat.jpg", time=look.frame.time - 12)
    order = ShownOrder("activation", units, values, "highest value", OrderedFrame.of(then))

    def show(order, frame=look.frame):
        sheet = replace(look.sheet, order=order)
        match = shown.controller.view_state.match(look)
        window.shading.show_snapshot(replace(look, sheet=sheet, frame=frame), match)
        return said.frame.text() if said.isVisible() else None

    before = window.grid.height()
    assert show(None) is None
    assert show(order) == "as of cat.jpg, 12 s earlier"
    assert said.meaning.text() == "ordered by highest value"
    assert ORDERS["activation"].help in said.meaning.toolTip()
    assert show(order, then) == "as of this picture"
    assert "before the network was changed" in show(replace(order, changed=True), then)
    assert show(order, replace(then, time=then.time - 3)) == "as of cat.jpg, frame 1, 3 s later"
    kept = replace(order.of, time=None)
    assert show(replace(order, of=kept)) == "as of cat.jpg"
    assert show(replace(order, of=None)) == ""  # of many pictures
    assert show(replace(order, text="by number: nothing is changed now", of=None)) == ""
    assert said.meaning.text() == "by number: nothing is changed now"
    shown.qtbot.waitUntil(lambda: window.grid.height() < before)
    assert show(None) is None
    shown.qtbot.waitUntil(lambda: window.grid.height() == before)


def test_under_every_order_a_tile_is_its_own_unit(qtbot, dressed):
    """With the network itself: by mouse, by keys, hovering, and in what is written."""
    program = Program()
    qtbot.addWidget(program.window)
    program.window.resize(1100, 760)
    program.window.show()
    tiny = ModelRequest("tiny", "cpu")
    program.begin(WindowOptions("sample:coffee", tiny, "conv2", 3))
    qtbot.waitUntil(lambda: program.controller.shown is not None)
    program.controller.compare(False)
    for by in (*ORDERS.built_in, "few"):
        assert_tiles_are_their_units(qtbot, program, by)
    program.window.close()
    assert program.stuck == []


def assert_tiles_are_their_units(qtbot, program, by):
    controller, window = program.controller, program.window
    controller.set_ablations((Ablation("conv1", 0),))
    name = "activation" if by == "few" else by
    window.commands[f"order_{name}"].trigger()
    if by == "few":
        controller.show_most(7)
    qtbot.waitUntil(
        lambda: bool(controller.shown) and controller.shown.request == controller.view_state.request
    )
    qtbot.wait(200)  # the pane has told its shape
    qtbot.waitUntil(lambda: controller.shown is not None)
    sheet, viewport = controller.last.sheet, window.grid.viewport()
    assert sheet.grid.count == (7 if by == "few" else 16)
    text = window.shading.order.text.meaning.text()
    assert (text == "") == (by == "number")
    assert ("the first 7 of 16" in text) == (by == "few")
    for tile in range(sheet.grid.count):
        now = controller.last.sheet.grid  # the pane may have told another shape meanwhile
        at = tile_on_screen(window.grid.view, now, tile).center().toPoint()
        qtbot.mouseClick(viewport, LEFT, pos=at)
        unit = sheet.unit_of(tile)
        assert controller.view_state.request.unit == unit
        qtbot.mouseMove(viewport, at)
        qtbot.waitUntil(lambda unit=unit: f"unit {unit} " in window.status.hover.text() + " ")
        qtbot.waitUntil(lambda: controller.shown is not None)
        assert controller.last.sheet.order is None or (
            controller.last.sheet.order.units.tolist() == sheet.order.units.tolist()
        )
    toggled = []
    window.grid.unit_toggled.connect(toggled.append)
    now = controller.last.sheet.grid
    first = tile_on_screen(window.grid.view, now, 0).center().toPoint()
    qtbot.mouseClick(viewport, LEFT, Qt.KeyboardModifier.ControlModifier, first)
    assert toggled == [sheet.unit_of(0)]
    qtbot.waitUntil(
        lambda: bool(controller.shown) and controller.shown.request == controller.view_state.request
    )
    qtbot.keyClick(window.grid, Qt.Key.Key_Home)
    assert controller.view_state.request.unit == sheet.unit_of(0)
    qtbot.keyClick(window.grid, Qt.Key.Key_L)
    assert controller.view_state.request.unit == sheet.unit_of(1)
    qtbot.keyClick(window.grid, Qt.Key.Key_End)
    assert controller.view_state.request.unit == sheet.unit_of(sheet.grid.count - 1)
    window.commands["pin"].trigger()
    assert controller.view_state.request.observe.pins[-1].unit == sheet.unit_of(
        sheet.grid.count - 1
    )
    window.commands["pin"].trigger()  # it goes again
