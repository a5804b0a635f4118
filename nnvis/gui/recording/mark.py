"""The red mark in the status line, or in a corner, while a recording runs; pressed it ends that."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QToolButton, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr

EDGE = 6  # points between it and the corner


class RecordingMark(QToolButton):
    """Says how long it runs, and how many pictures were left out."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recording")
        self.setAccessibleName(tr("Stop the recording"))
        self._over: QWidget | None = None
        self.hide()

    def lie_over(self, over: QWidget | None) -> None:
        """Lie in the lower left corner of `over`; None: it stands where others put it."""
        shown = self.isVisible()
        if self._over is not None:
            self._over.removeEventFilter(self)
        self._over = over
        if over is not None:
            self.setParent(over)
            over.installEventFilter(self)
            self.setVisible(shown)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        if self._over is not None:
            self.adjustSize()
            self.move(EDGE, self._over.height() - self.height() - EDGE)
            self.raise_()

    def tell(self, seconds: float, dropped: int, tip: str) -> None:
        """Show the mark."""
        left_out = tr(f", {dropped} left out") if dropped else ""
        self.setText(f"● {clock(seconds)}{left_out}")
        self.setStyleSheet(f"color: {theme.BAD.name()}; background: {theme.PANEL.name()};")
        self.setToolTip(plain_tip(tip))
        self.show()
        self._place()


def clock(seconds: float) -> str:
    """Return minutes and seconds as people write them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
