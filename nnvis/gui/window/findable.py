"""All that the palette finds: commands, menus, layers, units, classes, models, labs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu

from nnvis.gui.labs.workspace import LabsWorkspace
from nnvis.gui.palette.entry import Entry
from nnvis.gui.state.commands import keys_text
from nnvis.gui.state.context import Context
from nnvis.gui.widgets.controls import submenus
from nnvis.gui.window.opening import Opening
from nnvis.labs.registry import EVERY
from nnvis.language import tr
from nnvis.models.info import LayerInfo, ModelRequest
from nnvis.views.request import LOGITS

LEAST = 2  # letters from which names of models of the libraries are looked through
_UNIT = re.compile(r"\s*(?:unit\s+)?(\S*?)\s*#?(\d{1,6})\s*", re.IGNORECASE)


class Findable(QObject):
    """Asks for the libraries' names when they may be wanted for the first time."""

    grown = Signal()  # there is more to be found

    def __init__(
        self,
        context: Context,
        opening: Opening,
        menus: dict[str, QMenu],
        labs: Callable[[], LabsWorkspace],
    ) -> None:
        """`labs` gives the workspace, which may not be there before somebody wants it."""
        super().__init__(context)
        self._commands, self._controller = context.commands, context.controller
        self._opening, self._menus, self._labs = opening, menus, labs
        self._names: list[str] = []
        opening.names.answered.connect(self._named)

    def entries(self, text: str) -> list[Entry]:
        """Return all that there is, where `text` is typed."""
        named = len(text.strip()) >= LEAST
        if named and not self._names:
            self._opening.names.start()
        return [
            *self._units(text), *self._all_commands(), *self._layers(),
            *(entry for kind, menu in self._menus.items() for entry in _of_menu(kind, menu)),
            *self._all_labs(), *self._classes(), *(self._models() if named else ()),
        ]  # fmt: skip

    def _named(self, names: object) -> None:
        self._names = [str(name) for name in names] if isinstance(names, list) else []
        self.grown.emit()

    def _all_commands(self) -> Iterator[Entry]:
        for command in self._commands.commands:
            action = self._commands[command.name]
            if action.isEnabled() and command.name != "palette":
                keys = keys_text(command)
                yield Entry(
                    tr(command.group), tr(command.text), action.trigger, keys[0] if keys else ""
                )

    def _layers(self) -> Iterator[Entry]:
        info, controller = self._controller.view_state.info, self._controller
        for layer in info.layers if info is not None else ():
            yield Entry(tr("Layer"), layer.name, partial(controller.go_layer, layer.name))

    def _units(self, text: str) -> Iterator[Entry]:
        """`12` is a unit of the layer that is shown, `conv 12` one of any layer like that."""
        controller, asked = self._controller, _UNIT.fullmatch(text)
        view_state = controller.view_state
        if asked is None or view_state.info is None:
            return
        part, unit = asked[1].casefold(), int(asked[2])
        shown = view_state.layer
        layers: list[LayerInfo] = [
            one for one in view_state.info.layers if part and part in one.name.casefold()
        ]
        for layer in layers if part else [shown] if shown is not None else []:
            if unit < layer.units:
                yield Entry(
                    tr("Unit"), f"{layer.name} {unit}", partial(controller.go, layer.name, unit)
                )

    def _classes(self) -> Iterator[Entry]:
        info = self._controller.view_state.info
        for index, label in enumerate((info.labels if info is not None else None) or ()):
            yield Entry(tr("Class: look back"), label, partial(self._look_back, index))

    def _look_back(self, index: int) -> None:
        self._controller.switch_attribution(True)
        self._controller.pin_origin(LOGITS, index)

    def _models(self) -> Iterator[Entry]:
        now = self._controller.model_request
        for name in self._names:
            yield Entry(
                tr("Model"),
                name,
                partial(self._opening.ask_model, ModelRequest(name, now.device)),
            )

    def _all_labs(self) -> Iterator[Entry]:
        for name, lab in EVERY.items():
            yield Entry(tr("Lab"), tr(lab.title), partial(self._show_lab, name))

    def _show_lab(self, name: str) -> None:
        if not self._commands["labs"].isChecked():
            self._commands["labs"].trigger()
        self._labs().turn_to(name)


def _of_menu(kind: str, menu: QMenu) -> Iterator[Entry]:
    """Yield what stands in a menu and in those below it, but for commands."""
    below = submenus(menu)
    for action in menu.actions():
        if action in below:
            yield from _of_menu(kind, below[action])
        elif not action.isSeparator() and action.isEnabled() and not action.objectName():
            yield Entry(tr(kind), action.text().replace("&", ""), action.trigger)
