"""All pages, in the order of their tabs; other packages add theirs as `nnvis.pages`."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from importlib import import_module

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnvis.engine.protocol.request import Request
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import Page
from nnvis.gui.state.view_state import ViewState
from nnvis.plugins import Registry

log = logging.getLogger(__name__)
FOLDERS = (
    "unit",
    "lens",
    "pins",
    "input_check",
    "unit_card",
    "stream",
    "objects",
    "features",
    "attribution",
    "training",
    "ablation",
    "board",
    "sessions",
    "attack",
)
PAGES = Registry("pages", Page, [import_module(f"nnvis.gui.{folder}").PAGE for folder in FOLDERS])


class WindowPages(QObject):
    """The pages that are there, by name, and those that are built when somebody wants them."""

    came = Signal(object, QWidget)  # Page: built just now, after the window
    left_out = Signal(str)  # the name of one that could not be built when it was wanted

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self.built: dict[str, QWidget] = {}
        self._waiting: dict[str, Page] = {}
        self.problems: list[str] = []  # a line for each one that is left out
        commands = context.commands
        known = list(commands.commands)
        for page in PAGES.values():
            try:
                commands.add(page.commands)
                page.begin(context)
                if page.late is None:
                    self.built[page.name] = page.build(context)
                else:
                    self._waiting[page.name] = page
                    commands.build_first(page.commands, partial(self.build, page.name))
            except Exception as error:
                log.exception("the page %s cannot be built", page.name)
                self.problems.append(_told(page, error))
                commands.drop([one for one in page.commands if one not in known])
            known = list(commands.commands)
        context.controller.view_state_changed.connect(self._asked)
        context.controller.restored.connect(self._restored)

    def __getitem__(self, name: str) -> QWidget:
        self.build(name)
        return self.built[name]

    def __contains__(self, name: str) -> bool:
        return name in self.built or name in self._waiting

    def of(self, place: str) -> list[Page]:
        """Return the pages of a place, built or not, in the order of their tabs."""
        return [page for page in PAGES.values() if page.place == place and page.name in self]

    def build(self, name: str) -> None:
        """Build a page if it waits for it, and tell it what is asked and answered now."""
        page, context = self._waiting.pop(name, None), self._context
        if page is None:
            return
        context.commands.built(page.commands)
        with context.controller.brought_up_to_date():
            try:
                self.built[name] = widget = page.build(context)
            except Exception as error:
                log.exception("the page %s cannot be built", name)
                context.commands.drop(page.commands)
                self.left_out.emit(name)
                self.problems.append(_told(page, error))
                context.notify(self.problems[-1])
                return
            self.came.emit(page, widget)
        if context.commands["mirror"].isChecked():
            context.mirrored.emit(True)
        context.objects_drawn_from.emit(context.drawn_from)

    @Slot(object)
    def _asked(self, view_state: ViewState) -> None:
        for name in self._wanted(view_state):
            self.build(name)

    @Slot(object)
    def _restored(self, asked: Request) -> None:
        """Let pages that are wanted by a saved picture take what it was asked for."""
        view_state = self._context.controller.view_state
        for name in self._wanted(replace(view_state, request=asked)):
            self.build(name)
            take_restored = getattr(self.built.get(name), "take_restored", None)
            if take_restored is not None:  # tied too late to hear of it
                take_restored(asked)

    def _wanted(self, view_state: ViewState) -> list[str]:
        waiting = self._waiting.values()
        return [one.name for one in waiting if one.late is not None and one.late(view_state)]


def _told(page: Page, error: Exception) -> str:
    return f"left out the page {page.title}: {type(error).__name__}: {error}"
