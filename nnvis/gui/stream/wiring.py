"""Who hears whom about the stream; a key that is held ends where it is let go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from nnvis.gui.window.main_window import STREAM, MainWindow

HELD = Qt.Key.Key_Period


class StreamWiring(QObject):
    """Connects the page of the stream, its keys and the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        controller, pane = window.controller, window.stream
        controller.view_state_changed.connect(pane.set_view_state)
        controller.answered.connect(pane.look)
        # Queued: what is wanted is being told while the page asks for more.
        pane.gather_chosen.connect(controller.set_gather, Qt.ConnectionType.QueuedConnection)
        pane.unit_chosen.connect(controller.go)
        on = window.commands.on
        on("stream", lambda: window.right.turn_to(STREAM))
        on("gather", lambda _on: pane.gather(controller.view_state.request.observe.gather is None))
        on("sees", self._hold)
        on("next_seeing", pane.jump)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear the key's end; a window that is left lets it go as well."""
        released = (
            event.type() == QEvent.Type.KeyRelease
            and isinstance(event, QKeyEvent)
            and event.key() == HELD
            and not event.isAutoRepeat()
        )
        if released or event.type() == QEvent.Type.WindowDeactivate:
            self._window.stream.hold(on=False)
        return False

    def _hold(self) -> None:
        self._window.right.turn_to(STREAM)
        self._window.stream.hold(on=True)
