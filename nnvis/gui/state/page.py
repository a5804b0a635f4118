"""A page of the window as a value: listed by its words, built from its code."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnvis.gui.state.commands import Command
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import ViewState
from nnvis.language import tr


@dataclass(frozen=True, slots=True)
class Page:
    """One of the pages at the right, a part of the left column, or what takes the place of that.

    The first command turns to the page, unless the page itself says what that command does.
    One with `late` is built when somebody turns to it, presses one of its keys or reaches for it,
    or when `late` says that what is asked now is its business; others are built with the window.
    """

    name: str
    title: str  # on its tab
    tip: str  # one line on what it shows
    code: str  # "module:function", which takes the Context and gives a QWidget
    commands: tuple[Command, ...] = ()
    place: Literal["left", "right", "workspace"] = "right"
    late: Callable[[ViewState], bool] | None = None
    wide: int = 290  # points that it needs, where words are not enlarged
    begins: str = ""  # "module:function", which takes the Context: what goes on before it is built

    @property
    def hint(self) -> str:
        """The tip, with the key that leads here."""
        key = next((command.keys[0] for command in self.commands if command.keys), "")
        return f"{tr(self.tip)} ({key})" if key else tr(self.tip)

    def begin(self, context: Context) -> None:
        """Let begin what goes on though the page is not there yet."""
        if self.begins:
            pkgutil.resolve_name(self.begins)(context)

    def build(self, context: Context) -> QWidget:
        """Load the code and make the widget, which hears what is asked and what is answered."""
        widget: QWidget = pkgutil.resolve_name(self.code)(context)
        context.controller.attach(widget)
        if self.commands and not context.commands.tied(self.commands[0].name):
            context.commands.on(self.commands[0].name, lambda *_: context.turn_to(self.name))
        return widget


def unasked(_view_state: ViewState) -> bool:
    """What is asked of the engine is never the business of such a page while nobody sees it."""
    return False


class PageWidget(QWidget):
    """What the pages at the right have in common: their context, a column, a name, a width."""

    def __init__(self, context: Context, name: str, least: int = 290) -> None:
        super().__init__()
        self.context, self.controller = context, context.controller
        self.setMinimumWidth(least)
        self.setAccessibleName(tr(name))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 6, 8, 8)
        self.column.setSpacing(6)

    @property
    def view_state(self) -> ViewState:
        """What is asked for now."""
        return self.controller.view_state
