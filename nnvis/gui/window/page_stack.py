"""The right of the window: one page about the selected unit at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnvis.gui.state.context import Context
from nnvis.gui.state.page import Page
from nnvis.gui.widgets.choice import ChoiceRow

PER_ROW = 4  # tabs: in one row they would take the room of the grid


class PageStack(QWidget):
    """A tab for each page, to be put above; the first one is in sight at the start."""

    def __init__(self, context: Context, pages: Sequence[tuple[Page, QWidget]]) -> None:
        super().__init__()
        self._context = context
        self.tabs = ChoiceRow(
            "Page",
            {page.name: (page.title, page.hint) for page, _ in pages},
            narrow=True,
            per_row=PER_ROW,
        )
        self.tabs.setContentsMargins(8, 6, 0, 0)
        self.stack = _Stack()
        self._places = {page.name: self.stack.addWidget(widget) for page, widget in pages}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.page = context.page = pages[0][0].name
        self.tabs.show_choice(self.page)
        self.tabs.chosen.connect(self.turn_to)
        context.page_asked.connect(self.turn_to)

    def _catch_up(self) -> None:
        """Show the page in sight what arrived while it was not: pages may pass over that."""
        show = getattr(self.stack.currentWidget(), "show_snapshot", None)
        if show is not None:
            last = self._context.controller.last
            show(last, self._context.controller.view_state.match(last))

    def set_in_sight(self, on: bool) -> None:
        """Let pages that are hidden with the whole pane ask for nothing."""
        self._context.page_turned.emit(self.page if on else "")
        if on:
            self._catch_up()

    @Slot(str)
    def turn_to(self, page: str) -> None:
        """Show another page."""
        if page not in self._places:
            return
        self.tabs.show_choice(page)
        self.stack.setCurrentIndex(self._places[page])
        self._catch_up()
        if page != self.page:
            self.page = page
            self._context.page_turned.emit(page)


class _Stack(QStackedWidget):
    """Takes the room of the page in sight, not that of the widest."""

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        if page is None:
            return super().minimumSizeHint()
        return page.minimumSizeHint().expandedTo(page.minimumSize())

    def sizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.sizeHint() if page is not None else super().sizeHint()
