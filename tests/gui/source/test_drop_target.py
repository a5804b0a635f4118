"""Files that are dropped are copied, said where they land, and several are taken together."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
MOVE, COPY = Qt.DropAction.MoveAction, Qt.DropAction.CopyAction


def _files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.fixture
def drop(shown):
    def act(*paths):
        """Enter with files that the other program would move, and drop them."""
        data, target = _files(*paths), shown.window.drop_target
        both = MOVE | COPY
        enter = QDragEnterEvent(QPoint(300, 300), both, data, LEFT, PLAIN)
        enter.setDropAction(MOVE)
        QApplication.sendEvent(shown.window, enter)
        assert enter.isAccepted()
        assert enter.dropAction() == COPY
        assert target.isVisible()
        said = target.text.text()
        event = QDropEvent(QPointF(300, 300), both, data, LEFT, PLAIN)
        event.setDropAction(MOVE)
        QApplication.sendEvent(shown.window, event)
        assert event.isAccepted()
        assert event.dropAction() == COPY
        assert not target.isVisible()
        return said

    return act


def test_a_picture_is_copied_into_the_window_which_says_so(shown, drop, tmp_path):
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"x")
    assert drop(path) == "Drop cat.jpg here: what is looked at"
    assert shown.session.asked[-1] == str(path)
    assert path.exists()


def test_of_several_files_pictures_are_one_source_and_the_rest_is_named(shown, drop, tmp_path):
    names = ("b.jpg", "w.pt", "a.png", "film.mp4")
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"x")
    said = drop(*paths)
    assert said == "Drop 4 files here: what is looked at, weights of the network"
    assert f"files:{paths[0]}|{paths[2]}" in shown.session.asked
    assert any(getattr(one, "weights", None) == str(paths[1]) for one in shown.session.asked)
    assert "film.mp4" in shown.window.banner.text.text()


def test_the_toast_opens_the_folder_or_names_it(shown, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True
    )
    toast = shown.window.toast
    toast.tell("Saved", tmp_path)
    toast.open_folder.click()
    assert opened == [str(tmp_path)]
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    toast.tell("Saved", tmp_path)
    toast.open_folder.click()
    assert str(tmp_path) in toast.text.toolTip()


def test_the_toast_lies_above_whatever_stands_over_the_foot(shown):
    window, toast = shown.window, shown.window.toast
    window.hint.hide()
    toast.tell("Saved")
    assert toast.geometry().bottom() < window.status.geometry().top()
    window.hint.show()
    shown.qtbot.waitUntil(lambda: toast.geometry().bottom() < window.hint.geometry().top())
    window.banner.tell("something went wrong")
    shown.qtbot.waitUntil(lambda: toast.geometry().bottom() < window.banner.geometry().top())
    window.banner.dismiss()
    window.hint.hide()
