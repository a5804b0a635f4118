"""Which curves of a lab are looked at: names side by side, or as many as there is room for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QTabBar

from nnvis.gui.widgets.keys import ARROWS, KeepKeys
from nnvis.language import tr


class LabTabs(QTabBar):
    """Emits the key of the tab that a person chooses."""

    chosen = Signal(str)

    def __init__(self, choices: Mapping[str, str]) -> None:
        super().__init__()
        self.setAccessibleName(tr("Curves"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self._keys = list(choices)
        for text in choices.values():
            self.addTab(tr(text).replace("&", "&&"))  # one alone would mark a key
        KeepKeys(self, ARROWS)
        self.currentChanged.connect(lambda at: self.chosen.emit(self._keys[at]))

    def show_choice(self, key: str) -> None:
        """Mark the tab in force, which is nobody's choice."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self._keys.index(key))

    def show_only(self, keys: Collection[str]) -> None:
        """Hide the tabs of other keys; the one in force stays."""
        for at, key in enumerate(self._keys):
            self.setTabVisible(at, key in keys or at == self.currentIndex())
