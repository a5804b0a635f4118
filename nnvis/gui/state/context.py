"""What a page may use of the window that it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.object_boxes import OBJECTS_FROM
from nnvis.gui.state.saving import Saving

Close = Callable[[float], list[str]]  # takes the seconds it has, returns threads that went on


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What a page adds to a session."""

    keep: Callable[[], Any]  # gives plain JSON
    recall: Callable[[Any], object]  # takes it, as anyone may have written it


class Context(QObject):
    """The controller, the commands, and the signals by which pages and window hear each other."""

    toasted = Signal(str, object)  # what went well, the folder where it lies or None
    task_changed = Signal(str, int, int)  # text, done, total; "" when it is over
    cancelled = Signal()  # a person ends the task
    page_asked = Signal(str)  # its name
    page_turned = Signal(str)  # the name of the page that is in sight now
    pointed = Signal(float, float)  # at a place of the unit's map, 0 ... 1
    unit_toggled = Signal(int)  # of the layer in view: switched off, or put back
    object_chosen = Signal(object)  # a Region: a person points at one of the objects found
    objects_drawn_from = Signal(float)  # their score
    boxes_changed = Signal(object)  # the rectangles over the input
    mirrored = Signal(bool)  # whether pictures of the input are
    index_chosen = Signal(str)  # the folder of an index of top pictures
    session_chosen = Signal(str)  # the file of a session
    units_ranked = Signal(object, str, str)  # RankedUnits of Errors, what they tell, weights hash
    started = Signal()  # the work begins
    settled = Signal()  # the window is there; what is slow to load may come

    def __init__(self, window: QWidget, controller: Controller, commands: CommandActions) -> None:
        super().__init__(window)
        self.window, self.controller, self.commands = window, controller, commands
        self.page = ""  # the name of the one in sight
        self.drawn_from = OBJECTS_FROM  # the score from which objects are drawn
        self.kept_parts: dict[str, KeptPart] = {}  # of a session, by name
        self.closing: dict[str, Close] = {}  # what is to be ended with the window, by name
        self.at_work: dict[str, Callable[[], str]] = {}  # names what would be lost; "" for nothing
        self.saving = Saving(controller, window)
        self.at_work["saving"] = lambda: "what is being written" if self.saving.busy else ""
        self.saving.tie(commands)
        self.saving.progressed.connect(self.task_changed)
        self.saving.saved.connect(self.toasted)
        self.cancelled.connect(self.saving.cancel)
        self.page_turned.connect(lambda page: setattr(self, "page", page))
        self.objects_drawn_from.connect(lambda score: setattr(self, "drawn_from", score))

    @property
    def going_on(self) -> list[str]:
        """What would be ended with the window: a lab, files that are being written, ..."""
        return [what for tell in self.at_work.values() if (what := tell())]

    def wait_for(self, *tasks: BackgroundTask) -> None:
        """Let the window wait for the threads of `tasks` when it closes."""
        for task in tasks:
            self.closing[task.name] = partial(_wait, task)

    def notify(self, line: str, details: str = "") -> None:
        """Tell what is wrong, at the top of the window."""
        self.controller.failed.emit(line, details)

    def toast(self, text: str, folder: Path | None = None) -> None:
        """Tell what went well, for a few seconds."""
        self.toasted.emit(text, folder)

    def task(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show what is being worked on, with a button that cancels it; "" when it is over."""
        self.task_changed.emit(text, done, total)

    def turn_to(self, page: str) -> None:
        """Show another page."""
        self.page_asked.emit(page)


def _wait(task: BackgroundTask, seconds: float) -> list[str]:
    return [] if task.wait(seconds) else [task.name]
