"""What the program says of itself: preferences, manual, log, report, version."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, QUrl, Signal, qVersion
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from nnvis import __version__
from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.gui.guide.manual import PLACES, Manual
from nnvis.gui.preferences.dialog import Preferences
from nnvis.gui.preferences.problem_report import log_path, write_report
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.context import Context
from nnvis.gui.widgets.plain_text import PlainBox

WORKSPACES = ("labs", "errors", "twins", "fool")  # by the names of their commands


class AboutProgram(QObject):
    """Makes each of these windows when it is asked for the first time."""

    look_chosen = Signal(object)  # Look
    language_chosen = Signal(str)

    def __init__(self, context: Context, pages: Mapping[str, Callable[[], QWidget]]) -> None:
        """`pages`: what features add to the preferences, by their titles."""
        super().__init__(context)
        self._context, self._pages = context, pages
        self.manual: Manual | None = None
        self.preferences: Preferences | None = None
        self._leaving = threading.Event()
        self._report = BackgroundTask("nnvis-report", partial(_reported, self._leaving), self)
        self._report.answered.connect(self._told)
        context.closing[self._report.name] = self._end_report
        on = context.commands.on
        on("preferences", self.show_preferences)
        on("manual", self.show_manual)
        on("open_log", self._open_log)
        on("report", self._write_report)
        on("about", self._say_about)

    def show_preferences(self, page: str = "") -> None:
        """Open the preferences, at one of the pages that features add."""
        if self.preferences is None:
            self.preferences = Preferences(self._context, self._pages)
            self.preferences.look_chosen.connect(self.look_chosen)
            self.preferences.language_chosen.connect(self.language_chosen)
            self.preferences.finished.connect(self._preferences_closed)
        if page in self._pages:
            self.preferences.tabs.setCurrentIndex(2 + list(self._pages).index(page))
        self.preferences.show()
        self.preferences.activateWindow()

    def show_manual(self) -> None:
        """Open the manual where it tells of what is in sight."""
        if self.manual is None:
            self.manual = Manual(self._context.window)
        commands = self._context.commands
        shown = next((one for one in WORKSPACES if commands[one].isChecked()), self._context.page)
        self.manual.show()
        self.manual.activateWindow()
        self.manual.open(*PLACES.get(shown, ("guide", "")))

    def _preferences_closed(self) -> None:
        if self.preferences is not None:
            self.preferences.deleteLater()
            self.preferences = None

    def _open_log(self) -> None:
        path = log_path()
        if not path.is_file():
            self._context.toast("Nothing has been written into the log yet")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._context.toast(f"The log lies in {path}", path.parent)

    def _write_report(self) -> None:
        self._context.task("writing the report of a problem")
        self._report.start()

    def _end_report(self, seconds: float) -> list[str]:
        self._leaving.set()
        return [] if self._report.wait(seconds) else [self._report.name]

    def _told(self, found: object) -> None:
        self._context.task("")
        if isinstance(found, UserError):
            self._context.notify(found.in_window)
        else:
            text = f"{found} has what the doctor found and the log, and nothing personal"
            self._context.toast(text, data_folder())

    def _say_about(self) -> None:
        info = self._context.controller.view_state.info
        box = PlainBox(
            self._context.window,
            "About nnvis",
            f"nnvis {__version__}\nshows what neural networks compute, live.\n\n"
            f"Python {platform.python_version()}, Qt {qVersion()}, "
            f"the network runs on {info.device if info is not None else 'nothing yet'}",
        )
        box.finished.connect(box.deleteLater)
        box.open()


def _reported(leaving: threading.Event) -> object:
    try:
        return write_report(data_folder(), leaving=leaving)
    except UserError as error:
        return error
