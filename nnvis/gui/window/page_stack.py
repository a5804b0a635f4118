"""The right of the window: one page about the selected unit at a time."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnvis.gui.widgets.choice import Choice


class PageStack(QWidget):
    """Emits the page that a person asks for; whoever hears it turns to it."""

    chosen = Signal(str)
    turned = Signal(str)  # another page is shown

    def __init__(self, pages: Mapping[str, tuple[str, str, QWidget]]) -> None:
        """Offer `pages`: key -> what is written, what the tool tip says, what is shown."""
        super().__init__()
        texts = {key: (text, tip) for key, (text, tip, _) in pages.items()}
        self.tabs = Choice("Page", texts, narrow=True)
        self.stack = QStackedWidget()
        self._places = {key: self.stack.addWidget(page) for key, (_, _, page) in pages.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(0)
        self.tabs.setContentsMargins(10, 0, 8, 0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 1)
        self.tabs.chosen.connect(self.chosen)
        self.page = next(iter(pages))
        self.tabs.show_choice(self.page)

    def turn_to(self, page: str) -> None:
        """Show another page."""
        self.tabs.show_choice(page)
        self.stack.setCurrentIndex(self._places[page])
        if page != self.page:
            self.page = page
            self.turned.emit(page)
