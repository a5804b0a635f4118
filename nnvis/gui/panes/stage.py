"""A few panes alone, for as long as a person wants; then all lies as it lay before."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from nnvis.gui.panes.area import PaneArea, PaneShape


class Stage(QObject):
    """Hides all but the chosen panes, and what else stands around them (`aside`)."""

    changed = Signal(bool)  # whether it is on

    def __init__(self, area: PaneArea, aside: Collection[QWidget]) -> None:
        super().__init__(area)
        self._area, self._aside = area, tuple(aside)
        self.before: PaneShape | None = None  # how the panes lay; None while it is off
        self._hidden: list[QWidget] = []

    def enter(self, names: Collection[str]) -> None:
        """Show these panes alone."""
        if self.before is None:
            self.before = self._area.shape()
        hidden = [one for one in self._aside if not one.isHidden()]
        for one in hidden:
            one.hide()
        self._hidden += hidden
        self._area.show_only(names)
        self.changed.emit(True)

    def leave(self) -> None:
        """Lay all out as before."""
        if self.before is None:
            return
        before, self.before = self.before, None
        for one in self._hidden:
            one.show()
        self._hidden = []
        self._area.reshape(before)
        self.changed.emit(False)
