"""The menus of the right button: of a tile, a layer, a class, the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from nnvis.engine.protocol.request import AttackRequest
from nnvis.gui.state.clipboard import picture_at
from nnvis.gui.state.context import Context
from nnvis.language import tr, verbatim
from nnvis.views.request import LOGITS

# By command; what another package, or a build without a page, lacks is left out.
TILE = (
    "enlarge", "back", "card", "lens", "", "switch_off", "switch_how", "pin", "board_add", "",
    "patterns", "next_order", "save", "save_all",
)  # fmt: skip
LAYER = ("patterns", "strongest", "features", "next_order", "", "save_all")
PICTURE = (
    "freeze", "pause", "next_picture", "previous_picture", "", "fit", "mirror", "truth", "objects",
    "fool", "", "open_file", "open_folder", "open_stream", "save",
)  # fmt: skip


class ClassNamed(Protocol):
    """One of the classes that the network puts out."""

    @property
    def index(self) -> int: ...

    @property
    def label(self) -> str: ...


class RightClick(QObject):
    """Selects what was clicked, so that the commands in the menu are about it."""

    copied = Signal(object)  # the name of a picture, and the picture

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._controller = context, context.controller
        self.menu: QMenu | None = None  # the last one that was opened

    def on_tiles(self, grid: QWidget, unit_at: Callable[[QPoint], int | None]) -> None:
        """Offer what can be done with a unit."""

        def ask(at: QPoint) -> None:
            unit = unit_at(at)
            if unit is None:
                return
            self._controller.go_unit(unit)
            layer = self._controller.view_state.request.layer
            menu = self._menu(f"Unit {unit} of {layer}", TILE)
            menu.addAction(tr("Copy its picture"), partial(self._copy_picture, grid, at))
            menu.addAction(tr("Copy its name"), partial(_copy, f"{layer}:{unit}"))
            self._open(menu, grid, at)

        self._listen(grid, ask)

    def on_layers(self, rows: QWidget, layer_at: Callable[[QPoint], str]) -> None:
        """Offer what can be done with a layer."""

        def ask(at: QPoint) -> None:
            name = layer_at(at)
            if not name:
                return
            self._controller.go_layer(name)
            menu = self._menu(verbatim(name), LAYER)
            menu.addAction(tr("Copy its name"), partial(_copy, name))
            self._open(menu, rows, at)

        self._listen(rows, ask)

    def on_classes(self, rows: QWidget, class_at: Callable[[QPoint], ClassNamed | None]) -> None:
        """Offer what can be done with a class."""

        def ask(at: QPoint) -> None:
            one = class_at(at)
            if one is None:
                return
            menu = self._menu(verbatim(one.label), ())
            info = self._controller.view_state.info
            if info is None or one.index != info.classes:  # "none of them" is no output
                menu.addAction(tr("Look back from it"), partial(self._look_back, one.index))
            menu.addAction(tr("Attack the picture towards it"), partial(self._attack, one.index))
            menu.addAction(tr("Copy its name"), partial(_copy, one.label))
            self._open(menu, rows, at)

        self._listen(rows, ask)

    def on_picture(self, picture: QWidget) -> None:
        """Offer what can be done with the picture."""

        def ask(at: QPoint) -> None:
            menu = self._menu("The picture", PICTURE)
            menu.addAction(tr("Copy it"), partial(self._copy_picture, picture, at))
            self._open(menu, picture, at)

        self._listen(picture, ask)

    def _copy_picture(self, widget: QWidget, at: QPoint) -> None:
        self.copied.emit(picture_at(widget, at))

    def _listen(self, widget: QWidget, ask: Callable[[QPoint], None]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(ask)

    def _menu(self, title: str, names: Iterable[str]) -> QMenu:
        menu, commands = QMenu(self._context.window), self._context.commands
        menu.addAction(tr(title).replace("&", "&&")).setEnabled(False)
        menu.addSeparator()
        known = {one.name for one in commands.commands}
        for name in names:
            if not name:
                menu.addSeparator()
            elif name in known:
                menu.addAction(commands[name])
        return menu

    def _open(self, menu: QMenu, widget: QWidget, at: QPoint) -> None:
        self.menu = menu
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(widget.mapToGlobal(at))

    def _look_back(self, index: int) -> None:
        self._context.turn_to("back")
        self._controller.switch_attribution(True)
        self._controller.pin_origin(LOGITS, index)

    def _attack(self, index: int) -> None:
        if self._controller.view_state.request.attack is None:
            self._context.commands["fool"].trigger()
        asked = self._controller.view_state.request.attack or AttackRequest()
        self._controller.set_attack(replace(asked, target=index))


def _copy(text: str) -> None:
    QApplication.clipboard().setText(text)
