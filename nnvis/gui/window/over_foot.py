"""A strip that lies over the foot of the panes: it comes and goes, and nothing else moves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QStyle, QStyleOption, QWidget

MOVED = frozenset({
    QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.ShowToParent, QEvent.Type.HideToParent
})  # fmt: skip


class OverFoot(QFrame):
    """Lies over `over`, at its width, with what it stands `above` in sight below.

    Of several the first that is shown.
    """

    def __init__(self, over: QWidget, *above: QWidget) -> None:
        super().__init__(over)
        self._over, self._above = over, above
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        for one in (over, *above):
            one.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in MOVED:
            self.place()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint its own ground: so it is left alone while what it lies over is painted."""
        ground = QStyleOption()
        ground.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, ground, QPainter(self), self)

    def place(self) -> None:
        """Lie where it belongs, as high as its words need."""
        wide = self._over.width()
        high = max(self.minimumSizeHint().height(), self.heightForWidth(wide))
        below = next((one for one in self._above if not one.isHidden()), None)
        foot = self._over.height() if below is None else below.geometry().top()
        self.setGeometry(0, foot - high, wide, high)
        self.raise_()
