"""All panes of the window around the centre, and how they lie as a value that can be kept."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QRect, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from nnvis.gui.panes.pane import CentrePane, SidePane
from nnvis.structure import structure

VERSION = 2  # of what Qt keeps; another one is ignored
LIMIT = 1 << 16  # characters of it


@dataclass(frozen=True, slots=True)
class PaneShape:
    """How the panes lie, as settings keep it."""

    docks: str = ""  # Qt's own words, in base64
    check: int = 0  # their checksum: Qt trusts them blindly
    centre: bool = True  # whether it is in sight
    out: tuple[int, ...] = ()  # x, y, width, height of the centre in a window of its own


class PaneArea(QMainWindow):
    """Holds side panes and one centre; tells which of them come into sight and which go."""

    sight_changed = Signal(str, bool)

    def __init__(self, centre: CentrePane, left: list[SidePane], right: list[SidePane]) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setCentralWidget(centre)
        self.centre = centre
        self.sides = {pane.objectName(): pane for pane in (*left, *right)}
        self._left, self._right = left, right
        self._sight: dict[str, bool] = {}
        self._widths: dict[SidePane, int] = {}  # as they last stood beside the centre
        for pane in left:
            self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, pane)
        for pane in right:
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, pane)
        for one in self.panes.values():
            one.show()  # with the window; until then Qt counts what was never shown as hidden
            one.moved_out.connect(self._moved_out)
            one.installEventFilter(self)
        self._tell_sight()

    @property
    def panes(self) -> dict[str, SidePane | CentrePane]:
        """All of them, by name, in the order in which they are counted."""
        left = {pane.objectName(): pane for pane in self._left}
        right = {pane.objectName(): pane for pane in self._right}
        return {**left, self.centre.objectName(): self.centre, **right}

    def in_sight(self, name: str) -> bool:
        """Whether a person wants to see it: here, or in a window of its own."""
        pane = self.panes[name]
        return pane.out or not pane.isHidden()

    def show_pane(self, name: str, on: bool = True) -> None:
        """Bring a pane into sight, or hide it."""
        pane = self.panes[name]
        self._note_widths()
        if not on and pane.out:
            pane.put_back()
        pane.setVisible(on)
        self._hold_widths()
        self._tell_sight()

    def show_only(self, names: Collection[str]) -> None:
        """Hide all others."""
        for name in self.panes:
            self.show_pane(name, name in names)

    def take_out(self, name: str) -> None:
        """Give a pane a window of its own, or put it back."""
        pane = self.panes[name]
        if pane.out:
            pane.put_back()
        else:
            self.show_pane(name)
            self._note_widths()
            pane.take_out()
        self._tell_sight()

    def shape(self) -> PaneShape:
        """Return how all lie now."""
        state = bytes(self.saveState(VERSION).data())
        box = self.centre.content.geometry()
        return PaneShape(
            base64.b64encode(state).decode("ascii"),
            zlib.crc32(state),
            self.in_sight(self.centre.objectName()),
            (box.x(), box.y(), box.width(), box.height()) if self.centre.out else (),
        )

    def reshape(self, kept: PaneShape) -> bool:
        """Lay all out so; whether that was possible."""
        try:
            state = base64.b64decode(kept.docks[:LIMIT], validate=True)
        except ValueError:
            return False
        if zlib.crc32(state) != kept.check or not self.restoreState(QByteArray(state), VERSION):
            return False
        self.centre.put_back()
        self.centre.setVisible(kept.centre)
        if len(kept.out) == 4:
            self.centre.take_out(QRect(*kept.out))
        for pane in self.sides.values():
            if not pane.isHidden():
                pane.frame()
        self._tell_sight()
        return True

    def put_all_back(self) -> None:
        """Let every pane stand in the window, in sight, where it stood at the first start."""
        for pane in self.panes.values():
            pane.put_back()
            pane.show()
        for side, panes in (
            (Qt.DockWidgetArea.LeftDockWidgetArea, self._left),
            (Qt.DockWidgetArea.RightDockWidgetArea, self._right),
        ):
            for pane in panes:
                self.removeDockWidget(pane)
                self.addDockWidget(side, pane)
                pane.show()
        self._tell_sight()

    def _docked(self) -> list[SidePane]:
        """The side panes that stand beside the centre; none where that is not here."""
        here = self.isVisible() and not self.centre.isHidden() and not self.centre.out
        return [one for one in self.sides.values() if here and one.isVisible() and not one.out]

    def _note_widths(self) -> None:
        self._widths |= {one: one.width() for one in self._docked()}

    def _hold_widths(self) -> None:
        """Give what came or went to the centre, not to the panes that stay."""
        nowhere = Qt.DockWidgetArea.NoDockWidgetArea  # while a shape is being restored
        docked = [
            one for one in self._docked()
            if one in self._widths and self.dockWidgetArea(one) != nowhere
        ]  # fmt: skip
        widths = [self._widths[one] for one in docked]
        self.resizeDocks(docked, widths, Qt.Orientation.Horizontal)

    def hide_windows(self) -> None:
        """Let the windows of panes go with that of the program."""
        for pane in self.sides.values():
            if pane.isFloating():
                pane.hide()
        if self.centre.out:
            self.centre.content.hide()

    def createPopupMenu(self) -> QMenu | None:
        return None

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._tell_sight()
        return False

    def _moved_out(self, on: bool) -> None:
        """Keys work in a pane's own window too: the actions of the whole window are its own."""
        pane = self.sender()
        target = pane.content if isinstance(pane, CentrePane) else pane
        if on and isinstance(target, QWidget):
            known = target.actions()
            target.addActions([one for one in _actions(self) if one not in known])
        if not on:
            self._hold_widths()
        self._tell_sight()

    def _tell_sight(self) -> None:
        for name in self.panes:
            now = self.in_sight(name)
            if self._sight.get(name, True) != now:
                self.sight_changed.emit(name, now)
            self._sight[name] = now


def _actions(area: QWidget) -> list[QAction]:
    return area.window().actions()


def read_shape(kept: object) -> PaneShape | None:
    """Return what settings hold as a shape; None where it is none."""
    return structure(PaneShape, kept)
