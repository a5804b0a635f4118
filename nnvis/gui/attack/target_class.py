"""Where a person names the class that the network is to see."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from nnvis.gui.widgets.controls import suggestions
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.models.info import GONE, ModelInfo


class TargetClass(QWidget):
    """A name, any part of one that only one class has, or a number; empty: any other class.

    An object that a detector found can also be made to vanish.
    """

    chosen = Signal(object)  # int, or None

    def __init__(self) -> None:
        super().__init__()
        self._info: ModelInfo | None = None
        self._names: tuple[str, ...] = ()
        self._target: int | None = None
        self.edit = QLineEdit(placeholderText=tr("any other class"), clearButtonEnabled=True)
        self.edit.setAccessibleName(tr("Class that the network is to see"))
        self.edit.setToolTip(tr("Type the name of a class, or its number; empty: any other class"))
        self.line = PlainLabel(kind="warn", wraps=True)
        self.line.hide()
        self._model = QStringListModel(self)
        completer = suggestions(self._model, self)
        completer.setMaxVisibleItems(10)
        self.edit.setCompleter(completer)
        vbox(self.edit, self.line, gap=3, edge=0, of=self)
        completer.activated.connect(self._picked)
        self.edit.editingFinished.connect(self._typed)
        self.edit.textEdited.connect(self._editing)

    def set_target(self, info: ModelInfo | None, target: int | None) -> None:
        """Offer the classes of `info`, and name the one that is aimed at."""
        other = info is not self._info
        if other:
            self._info = info
            self._names = unique(info.answers) if info and info.answers else ()
            if info is not None and info.detects == "boxes":  # an object may also vanish
                kinds = range(len(self._names), info.kinds)
                self._names = (*self._names, *map(info.label, kinds), GONE)
            self._model.setStringList(list(self._names))
        if other or target != self._target:
            self._target = target
            self._show()

    def _show(self) -> None:
        self.edit.setText(self._name(self._target))
        self.line.hide()

    def _name(self, target: int | None) -> str:
        if target is None or self._info is None:
            return ""
        return self._names[target] if target < len(self._names) else self._info.label(target)

    def _picked(self, text: str) -> None:
        self.edit.setText(text)
        self._typed()

    def _editing(self, text: str) -> None:
        self.line.hide()
        if not text:
            self._typed()

    def _typed(self) -> None:
        text = self.edit.text().strip()
        if text == self._name(self._target):
            return
        try:
            target = find(text, self._names)
        except LookupError as error:
            self.line.setText(str(error.args[0]))
            self.line.show()
            return
        self.line.hide()
        self._target = target
        self.edit.setText(self._name(target))
        self.chosen.emit(target)


def unique(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels, with its number behind each that several classes have."""
    counts = Counter(labels)
    return tuple(
        f"{label} ({index})" if counts[label] > 1 else label for index, label in enumerate(labels)
    )


def find(text: str, names: Sequence[str]) -> int | None:
    """Return the class that `text` means, None for any.

    Raises:
        LookupError: there is none, or there are several; the line says which are near.
    """
    view_state = text.strip().casefold()
    if not view_state:
        return None
    if view_state.isdecimal():
        number = int(view_state)
        if names and number >= len(names):
            raise LookupError(f"there is no class {number}; they go from 0 to {len(names) - 1}")
        return number
    folded = [name.casefold() for name in names]
    exact = [
        index
        for index, name in enumerate(folded)
        if view_state in (name, *(part.strip() for part in name.split(",")))
    ]
    inside = [index for index, name in enumerate(folded) if view_state in name]
    found = exact or inside
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(names[index] for index in found[:4])
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        raise LookupError(f"several classes: {some}{more}")
    if not names:
        raise LookupError("the classes of this network have no names; give a number")
    near = difflib.get_close_matches(view_state, folded, 3, 0.0)
    nearest = ", ".join(names[folded.index(name)] for name in near)
    raise LookupError(f"no class {text.strip()!r}; the nearest: {nearest}")
