"""The board: what is put there stays, live or frozen, is dragged, saved and brought back."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt

from nnvis.config import load_settings
from nnvis.engine.protocol.observe import BoardKind
from nnvis.export import read_meta
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.colourise import colour, shade
from nnvis.models.info import ModelRequest

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def program(qtbot, dressed):
    made = Program()
    qtbot.addWidget(made.window)
    made.window.resize(1366, 768)
    made.window.show()
    made.begin(WindowOptions("sample:coffee", ModelRequest("tiny", "cpu"), "conv2", 3))
    qtbot.waitUntil(lambda: made.controller.shown is not None)
    yield made
    made.window.close()
    assert made.stuck == []


def titles(page):
    return [card.title for card in page.cards]


def test_pictures_are_put_on_the_board_ordered_frozen_saved_and_brought_back(
    qtbot, program, tmp_path
):
    window, controller = program.window, program.controller
    page = window.pages["board"]
    window.commands["board_add"].trigger()
    controller.go("conv1", 2)
    page.add(BoardKind.OVER)
    page.add(BoardKind.INPUT)
    window.commands["board_view"].trigger()
    assert controller.view_state.request.observe.board is None  # not in sight: it costs nothing
    window.commands["board"].trigger()
    qtbot.waitUntil(page.isVisible)
    assert len(controller.view_state.request.observe.board.tiles) == 4
    qtbot.waitUntil(lambda: all(one.shown and one.shown.picture is not None for one in page.cards))
    np.testing.assert_array_equal(page.cards[2].shown.picture, controller.shown.fed)
    assert titles(page)[:3] == ["conv2 3", "conv1 2 over input", "input"]
    assert titles(page)[3].startswith("Gradient: class ")
    canvas = page.canvas
    first, third = canvas.place(0).center(), canvas.place(2).center()
    qtbot.mousePress(canvas, LEFT, pos=first)
    for at in (first, (first + third) / 2, third):
        qtbot.mouseMove(canvas, at)
        canvas.mouseMoveEvent(mouse(canvas, at))
    qtbot.mouseRelease(canvas, LEFT, pos=third)
    assert titles(page)[:3] == ["conv1 2 over input", "input", "conv2 3"]
    assert page.selected == 2
    page.freeze_button.click()
    kept = page.cards[2].shown.picture
    controller.open_source("sample:chelsea")
    qtbot.waitUntil(lambda: page.cards[1].shown.frame == "chelsea")
    qtbot.waitUntil(
        lambda: (
            bool(controller.shown)
            and np.array_equal(page.cards[1].shown.picture, controller.shown.fed)
        )
    )
    assert page.cards[2].shown.picture is kept
    assert page.cards[2].shown.frame == "coffee"
    scale = (page.cards[2].shown.low, page.cards[2].shown.high)
    page.shared.click()
    qtbot.waitUntil(lambda: (page.cards[2].shown.low, page.cards[2].shown.high) != scale)
    qtbot.waitUntil(lambda: page.cards[0].shown.high == page.cards[2].shown.high)
    ends = (page.cards[2].shown.low, page.cards[2].shown.high)
    assert ends[1] >= page.cards[2].shown.most
    wide = Shading(Range.FIXED, *ends)
    values = page.cards[2].shown.values
    shaded = shade(torch.from_numpy(values)[None], wide)
    wanted = colour(shaded.levels[0], shaded.signed, wide).numpy()[..., :3]
    np.testing.assert_array_equal(page.cards[2].shown.picture, wanted)
    page.shared.click()
    np.testing.assert_array_equal(page.cards[2].shown.picture, kept)  # on its own scale again
    kept = page.cards[2].shown.picture
    controller.settings.snapshot_folder = str(tmp_path)
    window.commands["save"].trigger()
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("*board.png"))) == 1)
    path = next(tmp_path.glob("*board.png"))
    assert [one["tile"]["kind"] for one in read_meta(path)["tiles"]] == ["over", "input", "map",
                                                                        "view"]  # fmt: skip
    with Image.open(path) as picture:
        assert picture.width == 2 * canvas.width()
    stored = json.loads(json.dumps(page.keep()))
    assert [bool(card["png"]) for card in stored["cards"]] == [False, False, True, False]
    before = titles(page)
    page.recall(None)
    assert page.cards == []
    page.recall(stored)
    assert titles(page) == before
    np.testing.assert_array_equal(page.cards[2].shown.picture, kept)
    np.testing.assert_array_equal(page.cards[2].shown.values, values)
    assert [one.frozen for one in page.cards] == [False, False, True, False]
    canvas.opened.emit(2)
    assert (controller.view_state.request.layer, controller.view_state.request.unit) == ("conv2", 3)
    page.remove_button.setEnabled(True)
    canvas.picked.emit(0)
    page.remove_button.click()
    assert titles(page) == before[1:]
    window.close_now()  # which keeps the board
    assert len(load_settings().window["board"]["cards"]) == 3
    assert controller.view_state.request.observe.board is None


def mouse(canvas, at):
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(canvas.mapToGlobal(at)),
        Qt.MouseButton.NoButton, LEFT, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip


def test_a_picture_of_another_network_keeps_what_it_showed(qtbot, program):
    window, controller = program.window, program.controller
    page = window.pages["board"]
    window.commands["board"].trigger()
    page.add(BoardKind.MAP)
    qtbot.waitUntil(lambda: bool(page.cards[0].shown))
    kept = page.cards[0].shown
    other = ModelRequest("tiny", "cpu", seed=5)
    controller.run_model(other)
    qtbot.waitUntil(lambda: controller.model_request == other)
    page.add(BoardKind.MAP)
    qtbot.waitUntil(lambda: bool(page.cards[1].shown))
    np.testing.assert_array_equal(page.cards[0].shown.picture, kept.picture)
    assert not np.array_equal(page.cards[1].shown.picture, kept.picture)


def test_odd_boards_of_others_are_passed_over(shown):
    page = shown.window.pages["board"]
    odd = [
        3,
        {"tile": {"kind": "map", "layer": "x", "unit": -1}},
        {"tile": {"kind": "no"}},
        {"tile": {"kind": "map", "layer": "stem.conv", "unit": 1}, "png": "!!", "frozen": True},
    ]
    content = io.BytesIO()
    Image.new("L", (3000, 2000)).save(content, "PNG")  # a few kB, which the window would wait for
    png = base64.b64encode(content.getvalue()).decode()
    odd.append({"tile": {"kind": "input"}, "png": png, "frozen": True})
    page.recall({"cards": odd, "side": "wide", "shared": 4})
    assert [card.tile.layer for card in page.cards] == ["x", "stem.conv", ""]
    assert [card.shown for card in page.cards] == [None, None, None]
    assert [card.frozen for card in page.cards] == [False, False, False]
    page.recall("nothing")
    assert page.cards == []
