"""What went well, for a few seconds, in a corner."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from nnvis.gui.widgets.controls import icon_button
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.window.over_foot import MOVED
from nnvis.language import tr

SHOWN_MS = 7000


class Toast(QFrame):
    """Floats over the lower right corner of `parent`, above the first of `above` that is shown."""

    def __init__(self, parent: QWidget, *above: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._over, self._above = parent, above
        self._folder: Path | None = None
        self.text = PlainLabel()
        self.open_folder = QPushButton(tr("Open folder"))
        close = icon_button("close", "Close")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.setSpacing(10)
        layout.addWidget(self.text)
        layout.addWidget(self.open_folder)
        layout.addWidget(close)
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        close.clicked.connect(self.hide)
        self.open_folder.clicked.connect(self._open)
        for one in (parent, *above):
            one.installEventFilter(self)
        self.hide()

    def tell(self, text: str, folder: Path | None = None) -> None:
        """Show `text`, and a button that opens `folder`."""
        self._folder = folder
        metrics = self.text.fontMetrics()
        self.text.setText(metrics.elidedText(tr(text), Qt.TextElideMode.ElideMiddle, 420))
        self.text.setToolTip(plain_tip(text))
        self.open_folder.setVisible(folder is not None)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in MOVED:
            self._place()
        return False

    def _place(self) -> None:
        room = self._over.size()
        below = next((one for one in self._above if not one.isHidden()), None)
        foot = room.height() if below is None else below.geometry().top()
        self.move(room.width() - self.width() - 18, foot - self.height() - 12)

    def _open(self) -> None:
        folder = self._folder
        if folder and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.tell(f"Nothing here opens folders; it is {folder}")
