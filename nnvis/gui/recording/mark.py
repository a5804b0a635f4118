"""The red mark in the status line while a recording runs; pressing it ends that."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr


class RecordingMark(QToolButton):
    """Says how long it runs, and how many pictures were left out."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recording")
        self.setAccessibleName(tr("Stop the recording"))
        self.hide()

    def tell(self, seconds: float, dropped: int, tip: str) -> None:
        """Show the mark."""
        left_out = tr(f", {dropped} left out") if dropped else ""
        self.setText(f"● {clock(seconds)}{left_out}")
        self.setStyleSheet(f"color: {theme.BAD.name()};")
        self.setToolTip(plain_tip(tip))
        self.show()


def clock(seconds: float) -> str:
    """Return minutes and seconds as people write them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
