"""What a person chose, step by step: back, and forth again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields, replace

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from nnvis.engine.protocol.observe import ObserveRequest
from nnvis.engine.protocol.request import PaneLayout, Request
from nnvis.gui.state.commands import WINDOW, Command, CommandActions
from nnvis.gui.state.view_controller import ViewController
from nnvis.gui.state.view_state import ViewState
from nnvis.language import together, tr
from nnvis.models.info import ModelInfo

MOST = 200  # steps that are kept
PAUSE_S = 0.7  # changes of one kind that follow each other sooner are one step
COMMANDS = (
    Command("undo", WINDOW, "Undo", ("Ctrl+Z",)),
    Command("redo", WINDOW, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
)
WORDS = {  # what a change of each part of a request is called
    "layer": "selection", "unit": "selection", "shading": "colours", "fit": "fit of the input",
    "grid": "view", "display": "view", "attribution": "view", "attack": "attack",
    "ablation": "units switched off", "observe": "pins", "layout": "map over the input",
    "exact": "exactness", "half": "half precision", "order": "order of the units",
}  # fmt: skip


def chosen_part(request: Request) -> Request:
    """Return `request` without what pages and panes ask for because they are in sight."""
    observe = request.observe
    return replace(
        request,
        layout=PaneLayout(overlay=request.layout.overlay),
        observe=ObserveRequest(pins=observe.pins, trigger=observe.trigger),
    )


class History(QObject):
    """Listens to the controller; each step is the choice that was in force before it."""

    changed = Signal()

    def __init__(
        self, controller: ViewController, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(controller)
        self._controller, self._clock = controller, clock
        self._info: ModelInfo | None = None
        self._now = chosen_part(controller.view_state.request)
        self._past: list[tuple[str, Request]] = []  # what was changed, and how it was before
        self._future: list[tuple[str, Request]] = []
        self._last = ("", 0.0)  # the kind of the last change, and when it was
        self._going = False
        controller.view_state_changed.connect(self._heard)

    @property
    def undoes(self) -> str:
        """What would be undone; "" where nothing can be."""
        return self._past[-1][0] if self._past else ""

    @property
    def redoes(self) -> str:
        """What would come again."""
        return self._future[-1][0] if self._future else ""

    def undo(self) -> None:
        """Go one step back."""
        self._go(self._past, self._future)

    def redo(self) -> None:
        """Go one step forth again."""
        self._go(self._future, self._past)

    def tie(self, commands: CommandActions) -> None:
        """Let the commands do what they say, and say what that is."""
        commands.on("undo", self.undo)
        commands.on("redo", self.redo)

        def name() -> None:
            for command, what in (("undo", self.undoes), ("redo", self.redoes)):
                text = tr(command.capitalize())
                commands[command].setText(together(": ", text, what) if what else text)
                commands[command].setEnabled(bool(what))

        self.changed.connect(name)
        name()

    def _go(self, source: list[tuple[str, Request]], other: list[tuple[str, Request]]) -> None:
        if not source:
            return
        kind, asked = source.pop()
        other.append((kind, self._now))
        self._going = True
        try:
            self._controller.choose(asked)
        finally:
            self._going = False
        self._now, self._last = chosen_part(self._controller.view_state.request), ("", 0.0)
        self.changed.emit()

    @Slot(object)
    def _heard(self, view_state: ViewState) -> None:
        asked, before = chosen_part(view_state.request), self._now
        if view_state.info is not self._info:  # steps of another network mean nothing here
            self._info, self._now = view_state.info, asked
            self._past.clear()
            self._future.clear()
            self.changed.emit()
            return
        if self._going or asked == before:
            return
        self._now = asked
        kind = next(
            WORDS[one.name]
            for one in fields(Request)
            if getattr(asked, one.name) != getattr(before, one.name)
        )
        at = self._clock()
        held = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if kind != self._last[0] or not self._past or not (held or at - self._last[1] < PAUSE_S):
            self._past = [*self._past, (kind, before)][-MOST:]
        self._last = (kind, at)
        self._future.clear()
        self.changed.emit()
