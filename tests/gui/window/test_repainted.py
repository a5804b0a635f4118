"""A picture costs the painting of what it changes, not of what that lies in, and no new layout."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class Painted(QObject):
    """Notes which widgets are painted, and which laid out."""

    def __init__(self) -> None:
        super().__init__()
        self.widgets: list[QWidget] = []
        self.laid_out: list[QObject] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.widgets.append(watched)
        if event.type() == QEvent.Type.LayoutRequest:
            self.laid_out.append(watched)
        return False


def test_a_picture_paints_nothing_below_what_shows_it(shown, qapp, qtbot):
    window, painted = shown.window, Painted()
    unit = window.pages["unit"]
    renewed = {window.grid.viewport(), window.input.picture, window.scores, unit.map, unit.overlay}
    assert window.hint.isVisible()  # it lies over the grid
    shown.look(2)
    qtbot.wait(300)  # what is told of the first pictures comes a little later
    numbers = [one.text() for one in unit.numbers.values()]
    qapp.installEventFilter(painted)
    shown.look()
    qtbot.waitUntil(lambda: renewed <= set(painted.widgets))
    qapp.removeEventFilter(painted)
    others = set(painted.widgets) - renewed
    assert not [one for one in others if any(one.isAncestorOf(seen) for seen in renewed)]
    assert window.hint not in painted.widgets
    assert numbers != [one.text() for one in unit.numbers.values()]
    assert not [one for one in painted.laid_out if not window.status.isAncestorOf(one)]
