"""One pane: at the side of the window, in its centre, or in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from nnvis.gui.widgets.controls import icon_button
from nnvis.language import tr


class PaneHead(QWidget):
    """What stands at the top of a pane, and a button for what can be done with the pane.

    The pane is dragged by it, so it leaves alone every press that none of its parts takes.
    """

    def __init__(self, title: str, shown: QWidget) -> None:
        super().__init__()
        self.more = icon_button(
            "more", f"{tr(title)}: hide it, or take it out. Drag here to move it"
        )
        self.more.setObjectName("handle")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 2, 0)
        layout.setSpacing(0)
        layout.addWidget(shown, 1)
        layout.addWidget(self.more)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.more.menu().popup(event.globalPos())


class SidePane(QDockWidget):
    """Can be dragged to any side, on another pane, and out of the window."""

    moved_out = Signal(bool)  # into a window of its own, or back

    def __init__(self, name: str, title: str, head: QWidget, body: QWidget) -> None:
        super().__init__(tr(title))
        self.setObjectName(name)
        self.setAccessibleName(tr(title))
        self.head = PaneHead(title, head)
        self.setTitleBarWidget(self.head)
        self.setWidget(body)
        self.topLevelChanged.connect(self.moved_out)

    @property
    def out(self) -> bool:
        """Whether it has a window of its own."""
        return self.isFloating()

    def take_out(self) -> None:
        """Give it a window as any other: with a frame, on any screen, as large as a screen."""
        if not self.isFloating():
            size = self.size()
            self.setFloating(True)
            self.resize(size)
        self.frame()

    def frame(self) -> None:
        """Let a window of its own have what windows have; Qt makes it one of a tool."""
        if self.isFloating() and self.windowType() != Qt.WindowType.Window:
            place = self.geometry()
            self.setWindowFlags(Qt.WindowType.Window)
            self.setGeometry(place)
            self.show()

    def put_back(self) -> None:
        """Let it stand in the window again."""
        if self.isFloating():
            self.setWindowState(Qt.WindowState.WindowNoState)
            self.setFloating(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.isFloating() and event.spontaneous():
            event.ignore()
            self.put_back()
        else:
            super().closeEvent(event)


class CentrePane(QWidget):
    """What the others lie around. Its window, while it has one, is made of its own contents."""

    moved_out = Signal(bool)

    def __init__(self, name: str, title: str, head: QWidget, body: QWidget) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(tr(title))
        self._title = title
        self.head = PaneHead(title, head)
        self.content = _Content(self)
        inside = QVBoxLayout(self.content)
        around = QVBoxLayout(self)
        for layout in (inside, around):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        inside.addWidget(self.head)
        inside.addWidget(body, 1)
        around.addWidget(self.content)

    @property
    def out(self) -> bool:
        """Whether it has a window of its own."""
        return self.content.isWindow()

    def take_out(self, place: QRect | None = None) -> None:
        """Give it a window as any other, at `place`; the others take its room."""
        if self.out:
            return
        place = place or QRect(self.mapToGlobal(self.rect().topLeft()), self.size())
        self.content.setParent(self.window(), Qt.WindowType.Window)
        self.content.setWindowTitle(tr(f"{tr(self._title)} · nnvis"))
        self.content.setGeometry(place)
        self.hide()
        self.content.show()
        self.moved_out.emit(True)

    def put_back(self) -> None:
        """Let it stand in the window again."""
        if self.out:
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.content)
            self.content.setWindowState(Qt.WindowState.WindowNoState)
            self.content.show()
            self.show()
            self.moved_out.emit(False)


class _Content(QWidget):
    """Of the centre: closed, it goes back."""

    def __init__(self, pane: CentrePane) -> None:
        super().__init__()
        self._pane = pane

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.isWindow() and event.spontaneous():
            event.ignore()
            self._pane.put_back()
        else:
            super().closeEvent(event)
