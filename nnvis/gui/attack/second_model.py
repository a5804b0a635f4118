"""Another network that judges the same two pictures: is it fooled as well?"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from nnvis.engine.protocol.snapshot import Opinion
from nnvis.gui.attack.text import ARROW, said
from nnvis.gui.widgets.controls import suggestions
from nnvis.gui.widgets.elided_label import TwoLines
from nnvis.gui.widgets.layouts import vbox
from nnvis.language import tr
from nnvis.models.info import ModelRequest


class SecondModelRow(QWidget):
    """A model is named as everywhere; an empty line asks none."""

    chosen = Signal(object)  # ModelRequest, or None

    def __init__(self) -> None:
        super().__init__()
        self._model_request: ModelRequest | None = None
        self._known: Mapping[str, ModelRequest] = {}
        self._device = "auto"
        self.edit = QLineEdit(placeholderText=tr("no other network"), clearButtonEnabled=True)
        self.edit.setAccessibleName(tr("Second network"))
        self.edit.setToolTip(
            tr("A model that is asked about both pictures too, as in torchvision/resnet18")
        )
        self._names = QStringListModel(self)
        completer = suggestions(self._names, self)
        self.edit.setCompleter(completer)
        self.says = TwoLines()
        self.says.hide()
        vbox(self.edit, self.says, gap=3, edge=0, of=self)
        completer.activated.connect(self._picked)
        self.edit.editingFinished.connect(self._typed)

    def offer(self, known: Mapping[str, ModelRequest], device: str) -> None:
        """Complete what is typed to a title of `known`; other models run on `device`."""
        self._known, self._device = known, device
        self._names.setStringList(list(known))

    def set_request(self, model_request: ModelRequest | None) -> None:
        """Show which network is asked."""
        if model_request != self._model_request:
            self._model_request = model_request
            self.edit.setText(model_request.title if model_request else "")
            self.show_opinion(None)

    def show_opinion(self, opinion: Opinion | None) -> None:
        """Show what it says; None: that is not known now."""
        if self._model_request is None:
            self.says.hide()
            return
        text = "…"
        if opinion is not None and opinion.note:
            text = opinion.note
        elif opinion is not None and opinion.clean and opinion.attacked:
            clean, attacked = opinion.clean[0], opinion.attacked[0]
            word = "holds" if clean.index == attacked.index else "fooled too"
            text = f"{word}: {said(clean)} {ARROW} {said(attacked)}"
        self.says.say(text)
        self.says.show()

    def _picked(self, text: str) -> None:
        self.edit.setText(text)
        self._typed()

    def _typed(self) -> None:
        title = self.edit.text().strip()
        if title == (self._model_request.title if self._model_request else ""):
            return
        plain = ModelRequest(title, device=self._device) if title else None
        self.chosen.emit(self._known.get(title, plain))
