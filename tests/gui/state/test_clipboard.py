"""What is copied is what was under the mouse; what is pasted becomes the source."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from nnvis.gui.grid.grid_paint import tile_on_screen
from nnvis.gui.state.clipboard import picture_at
from nnvis.gui.widgets.qimage import to_image

LEFT = Qt.MouseButton.LeftButton


def test_a_tile_is_found_under_the_mouse_and_is_the_arrays_that_are_shown(shown):
    grid, sheet = shown.window.grid, shown.controller.last.sheet
    middle = tile_on_screen(grid.view, sheet.grid, 5).center().toPoint()
    name, image = picture_at(grid.viewport(), middle)
    assert name == "unit 5 of stem.conv"
    x, y, width, height = sheet.grid.rect(5)
    assert image == to_image(sheet.picture[y : y + height, x : x + width])


def test_the_input_is_found_and_what_is_no_picture_is_not(shown):
    picture = shown.window.input.picture
    _name, image = picture_at(picture, picture.rect().center())
    assert image == to_image(shown.controller.last.fed)
    assert picture_at(shown.window.status, shown.window.status.rect().center()) is None


def test_the_selected_unit_is_copied_in_squares_where_no_picture_is_under_the_mouse(
    shown, monkeypatch
):
    monkeypatch.setattr(QApplication, "widgetAt", lambda _at: None)
    shown.window.commands["copy"].trigger()
    image, unit = QApplication.clipboard().image(), shown.controller.last.unit.picture
    assert (image.width(), image.height()) == (444, 444)  # 12 cells, 37 times
    for row, column in ((0, 0), (6, 3), (11, 11)):
        seen = image.pixelColor(37 * column + 36, 37 * row)
        assert [seen.red(), seen.green(), seen.blue()] == unit[row, column, :3].tolist()


def test_a_pasted_picture_becomes_the_source(shown, monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIS_CONFIG", str(tmp_path))
    image = QImage(9, 7, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 30, 10))
    QApplication.clipboard().setImage(image)
    shown.window.commands["paste"].trigger()
    shown.qtbot.waitUntil(lambda: "pasted-" in str(shown.session.asked))
    kept = QImage(shown.session.asked[-1])
    assert (kept.width(), kept.height()) == (9, 7)
    assert kept.pixelColor(4, 4) == QColor(200, 30, 10)


def test_a_pasted_file_is_opened_and_an_empty_clipboard_is_said(shown, tmp_path):
    data = QMimeData()
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"x")
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QApplication.clipboard().setMimeData(data)
    shown.window.commands["paste"].trigger()
    assert shown.session.asked[-1] == str(path)
    QApplication.clipboard().clear()
    told = []
    shown.controller.failed.connect(lambda line, _details: told.append(line))
    shown.window.commands["paste"].trigger()
    assert "holds no picture" in told[0]


def test_a_tile_and_the_input_can_be_dragged_out_and_a_click_still_selects(shown, monkeypatch):
    carried = []
    monkeypatch.setattr(
        QDrag, "exec", lambda drag, _action: carried.append(drag.mimeData().imageData())
    )
    grid, sheet = shown.window.grid, shown.controller.last.sheet
    middle = tile_on_screen(grid.view, sheet.grid, 5).center().toPoint()
    for widget, at in (
        (grid.viewport(), middle),
        (shown.window.input.picture, shown.window.input.picture.rect().center()),
    ):
        shown.qtbot.mousePress(widget, LEFT, pos=at)
        shown.qtbot.mouseMove(widget, at + QPoint(30, 30))
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPointF(at + QPoint(30, 30)),
            QPointF(widget.mapToGlobal(at)), LEFT, LEFT, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(widget, move)
        shown.qtbot.mouseRelease(widget, LEFT, pos=at)
    assert len(carried) == 2
    x, y, width, height = sheet.grid.rect(5)
    tile = to_image(sheet.picture[y : y + height, x : x + width])
    assert carried[0].pixelColor(0, 0) == tile.pixelColor(0, 0)
    assert carried[1].width() == 448  # 32 pixels, 14 times
    shown.qtbot.mouseClick(grid.viewport(), LEFT, pos=middle)
    assert shown.controller.view_state.request.unit == 5
