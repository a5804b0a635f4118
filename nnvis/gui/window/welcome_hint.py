"""One line of welcome at the very first start."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from nnvis.gui.widgets.controls import icon_button
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.window.over_foot import OverFoot
from nnvis.language import tr

TEXT = (
    "Each tile is one unit of the selected layer, live. Click a tile or a layer; "
    "H shows the keys; drop a picture, a video or a folder here."
)


class WelcomeHint(OverFoot):
    """About the panes, so that it gives way to what stands in their place; closed, it is gone."""

    dismissed = Signal()

    def __init__(self, over: QWidget, above: QWidget) -> None:
        super().__init__(over, above)
        self.setObjectName("hint")
        text = PlainLabel(TEXT)
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.tour = QPushButton(tr("Tour of 90 seconds"))
        close = icon_button("close", "Do not show this again")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 4, 8, 4)
        layout.addWidget(text, 1)
        layout.addWidget(self.tour)
        layout.addWidget(close)
        for button in (self.tour, close):
            button.clicked.connect(self.dismiss)
        self._waits = False  # to be seen again

    @Slot()
    def dismiss(self) -> None:
        """Go, and stay away."""
        self.hide()
        self.dismissed.emit()

    def give_way(self, on: bool) -> None:
        """Hide while something else stands in place of the panes."""
        if on and self.isVisible():
            self._waits = True
            self.hide()
        elif not on and self._waits:
            self._waits = False
            self.show()
