"""Who hears whom about the card and about pattern mode."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnvis.gui.main_window import CARD, MainWindow


class CardWiring(QObject):
    """Connects the card, the patterns, their keys and the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        desk, on = window.desk, window.commands.on
        desk.wanted_changed.connect(window.card.set_wanted)
        desk.looked.connect(window.card.look)
        window.card_jobs.failed.connect(window.banner.tell)
        window.card_jobs.exported.connect(window.toast.tell)
        window.patterns.failed.connect(window.banner.tell)
        window.opening.index_chosen.connect(self._open_index)
        on("open_index", window.opening.ask_index)
        on("card", lambda: window.right.turn_to(CARD))
        on("patterns", window.patterns.switch)

    def _open_index(self, path: str) -> None:
        self._window.right.turn_to(CARD)
        self._window.card_tops.open(path)
