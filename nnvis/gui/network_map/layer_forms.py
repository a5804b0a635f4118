"""The pane of the layers: as a list, or as a map."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from nnvis.gui.network_map.network_map import NetworkMap
from nnvis.gui.state.commands import PANES, Command, CommandActions
from nnvis.gui.widgets.controls import icon_button

COMMANDS = (Command("layer_map", PANES, "The layers as a map", ("Ctrl+Shift+L",), checkable=True),)


class LayerForms(QStackedWidget):
    """Shows one of the two; `head` has what stands above both."""

    map_chosen = Signal(bool)  # by a person: the map, or the list again

    def __init__(
        self, rows: QWidget, rows_head: QWidget, as_map: NetworkMap, commands: CommandActions
    ) -> None:
        super().__init__()
        self._rows, self._map, self._action = rows, as_map, commands["layer_map"]
        self.addWidget(rows)
        self.addWidget(as_map)
        self.head = QWidget()
        self.button = icon_button("map", "The layers as a map", checkable=True)
        layout = QHBoxLayout(self.head)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(rows_head, 1)
        layout.addWidget(self.button)
        self.button.clicked.connect(self._action.trigger)
        commands.on("layer_map", self._choose)
        commands.say_key("layer_map", self.button)

    def _choose(self, on: bool) -> None:
        self.show_map(on)
        self.map_chosen.emit(on)

    def show_map(self, on: bool) -> None:
        """Show the map, or the list."""
        self.setCurrentWidget(self._map if on else self._rows)
        self.button.setChecked(on)
        self._action.setChecked(on)
