"""A few choices side by side, of which one is in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr


class ChoiceRow(QWidget):
    """Emits the key of the choice that a person makes."""

    chosen = Signal(object)  # the key, in its own type

    def __init__(
        self,
        name: str,
        choices: Mapping[Any, tuple[str, str]],
        *,
        narrow: bool = False,
        per_row: int | None = None,
    ) -> None:
        """Offer `choices`: key -> what is written, what the tool tip says."""
        super().__init__()
        self.setAccessibleName(tr(name))
        self.buttons: dict[Any, QToolButton] = {}
        group = QButtonGroup(self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for at, (key, (text, tip)) in enumerate(choices.items()):
            if at % (per_row or len(choices)) == 0:
                row = QHBoxLayout()
                row.setSpacing(2)
                rows.addLayout(row)
                row.addStretch(1)
            button = QToolButton()
            button.setText(tr(text))
            button.setObjectName("narrow" if narrow else "segment")
            button.setCheckable(True)
            button.setToolTip(plain_tip(tip))
            button.setAccessibleName(tr(f"{name}: {text}"))
            KeepKeys(button, PRESS)
            group.addButton(button)
            row.insertWidget(row.count() - 1, button)  # before the stretch
            self.buttons[key] = button
            button.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))

    def show_choice(self, key: Any) -> None:
        """Mark the choice in force."""
        self.buttons[key].setChecked(True)
