"""The right of the window: one page about the selected unit at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from nnvis.gui.state.context import Context
from nnvis.gui.state.page import Page
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.window.pages import WindowPages

DIGITS = 80  # points that ten digits take in words of the usual size
PER_ROW = 4  # tabs: in one row they would take the room of the grid


class PageStack(QWidget):
    """A tab for each page, to be put above; the first one is in sight at the start."""

    def __init__(self, context: Context, pages: WindowPages) -> None:
        super().__init__()
        self._context, self._pages = context, pages
        self._places: dict[str, int] = {}  # in the stack, of those that are built
        mine = pages.of("right")
        self.tabs = ChoiceRow(
            "Page",
            {page.name: (page.title, page.hint) for page in mine},
            narrow=True,
            per_row=PER_ROW,
        )
        self.tabs.setContentsMargins(8, 6, 0, 0)
        self.stack = _Stack()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._column = _Column(self.stack, mine)
        self._column.enlarged.connect(self._build_all)
        layout.addWidget(self._column)
        self.page = context.page = mine[0].name
        pages.came.connect(self._take)
        pages.left_out.connect(self._leave_out)
        for page in mine:
            if page.name in pages.built:
                self._take(page, pages[page.name])
        self.stack.setCurrentWidget(pages[self.page])
        if _enlarged(self):
            self._build_all()
        self.tabs.show_choice(self.page)
        self.tabs.chosen.connect(self.turn_to)
        context.page_asked.connect(self.turn_to)

    @Slot(object, QWidget)
    def _take(self, page: Page, widget: QWidget) -> None:
        if page.place == "right":
            self._places[page.name] = self.stack.addWidget(widget)
            self._column.say_again()

    @Slot(str)
    def _leave_out(self, name: str) -> None:
        if name in self.tabs.buttons:
            self.tabs.buttons[name].hide()
            self.tabs.show_choice(self.page)

    @Slot()
    def _build_all(self) -> None:
        """Have every page: what one with enlarged words needs, it alone knows."""
        for page in self._pages.of("right"):
            self._pages.build(page.name)

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
        if page in self.tabs.buttons:
            self._pages.build(page)
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
        return _least(page) if page is not None else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.sizeHint() if page is not None else super().sizeHint()


class _Column(QScrollArea):
    """Asks for the room of all pages, whichever is in sight: tabs stay where they are.

    Pages that are not built yet say the width that they will need, if words are not enlarged.
    What pages need is looked up when words change their size or language, not when they have more
    to show: a page that has outgrown the column is scrolled.
    """

    enlarged = Signal()  # words are: every page is to be built, and then measured

    def __init__(self, stack: QStackedWidget, pages: Sequence[Page]) -> None:
        super().__init__()
        self._stack, self._room = stack, QSize()
        self._widest = max(page.wide for page in pages)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(stack)
        self._soon = QTimer(self, singleShot=True, interval=0)  # once all pages have heard of it
        self._soon.timeout.connect(self._measure_all)

    def minimumSizeHint(self) -> QSize:
        if self._room.isEmpty():
            self._measure()
        return self._room

    def sizeHint(self) -> QSize:
        return self._stack.sizeHint().expandedTo(self.minimumSizeHint())

    def say_again(self) -> None:
        """Look up anew what pages need, in another language."""
        self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()  # before the window, which is shown after its parts, lays out its panes

    def _measure_all(self) -> None:
        if _enlarged(self):
            self.enlarged.emit()
        self._measure()

    def _measure(self) -> None:
        room = QSize(self._widest, 0)
        pages = [self._stack.widget(place) for place in range(self._stack.count())]
        for page in pages:
            room = room.expandedTo(_least(page)) if page is not None else room
        if room != self._room:
            self._room = room
            self.updateGeometry()


def _enlarged(widget: QWidget) -> bool:
    """Tell whether words are larger than those for which pages say how wide they are."""
    return widget.fontMetrics().horizontalAdvance("0123456789") > DIGITS


def _least(page: QWidget) -> QSize:
    return page.minimumSizeHint().expandedTo(page.minimumSize())
