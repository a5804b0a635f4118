"""Who hears whom about the card and about pattern mode."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnvis.gui.window.main_window import CARD, MainWindow


class UnitCardWiring(QObject):
    """Connects the card, the patterns, their keys and the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        controller, on = window.controller, window.commands.on
        controller.view_state_changed.connect(window.card.set_view_state)
        controller.answered.connect(window.card.look)
        window.card.seen.connect(self._look_again)
        window.opening.index_chosen.connect(self._open_index)
        on("open_index", window.opening.ask_index)
        on("card", lambda: window.right.turn_to(CARD))
        on("patterns", self._show_patterns)
        window.patterns.progressed.connect(self._making)
        window.status.cancelled.connect(self._cancel)

    def _look_again(self, on: bool) -> None:
        """A still picture is not looked at anew because somebody looks at the card."""
        last = self._window.controller.last
        if on and last is not None:
            self._window.card.look(last, self._window.controller.view_state.match(last))

    def _show_patterns(self, on: bool) -> None:
        self._window.shading.show_patterns(on)
        self._window.patterns.switch(on)

    def _making(self, text: str, done: int, total: int) -> None:
        self._window.status.show_task(text, done, total, cancel=True)

    def _cancel(self) -> None:
        """Show maps again, where it is the patterns that are being made."""
        if self._window.patterns.making:
            self._window.commands["patterns"].trigger()

    def _open_index(self, path: str) -> None:
        self._window.right.turn_to(CARD)
        self._window.card_tops.open(path)
