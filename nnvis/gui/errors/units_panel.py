"""Which units tell the selected pictures from the others, and what becomes of them changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnvis.engine.errors.answers import FoundEffect, RankedUnits
from nnvis.gui.errors.thumbnails import ThumbnailList, ThumbnailReader
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import NumberBox
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.table import PickTable
from nnvis.language import tr, verbatim
from nnvis.top_images.list_pictures import Reference
from nnvis.views.request import Ablation, AblationMode

MODES = {
    AblationMode.ZERO: ("Off", "The unit is 0 everywhere"),
    AblationMode.SCALE: ("Scale", "Times a factor"),
    AblationMode.CLAMP: ("Clamp", "Cut to a range"),
}


HEADS = {
    "layer": "Where the unit is",
    "unit": "Its number in the layer",
    "AUC, held out": "How well the unit tells the pictures, by the half that did not choose it",
    "95 %": "The interval of that",
    "lead lost when off": "How much of its lead the class that was said loses with the unit off",
}
ORDER = "In the order of the half that chose them, then of the lead lost; the AUC is of the other."


class UnitsPanel(QWidget):
    """The marked units are changed together, on all pictures of the folder."""

    layer_asked = Signal(str)  # "": all that were measured
    unit_shown = Signal(str, int)
    change_asked = Signal(object)  # tuple of Ablation

    def __init__(self, reader: ThumbnailReader) -> None:
        super().__init__()
        self.layer = QComboBox()
        self.layer.setAccessibleName(tr("Layer"))
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.order = PlainLabel(ORDER, kind="dim", wraps=True)
        self.table = PickTable("Units", HEADS, several=True)
        self.tops = ThumbnailList("Pictures in which the unit is strongest", reader, 56)
        self.tops.setMinimumHeight(84)
        self.preferred = PictureView("What the unit prefers to see", least=84)
        self.mode = ChoiceRow("What is done to the units", MODES)
        self.mode.show_choice(AblationMode.ZERO)
        self.low, self.high = NumberBox("Factor, or lowest value"), NumberBox("Highest value")
        self.low_name, self.high_name = PlainLabel(kind="dim"), PlainLabel("highest", kind="dim")
        self.change = QPushButton(tr("Try on the whole folder"))
        self.change.setObjectName("primary")
        self.change.setToolTip(tr("Change the marked units, and as many random ones of the layer"))
        KeepKeys(self.change, PRESS)
        self.effect = PlainLabel()
        self.effect.setWordWrap(True)
        self._mode = AblationMode.ZERO
        self._found: RankedUnits | None = None
        self._reference: Callable[[int], Reference] | None = None
        self._text: Callable[[int], tuple[str, str]] | None = None
        self._arrange()
        self._show_boxes(AblationMode.ZERO)
        self.mode.chosen.connect(self._show_boxes)
        self.layer.activated.connect(
            lambda _at: self.layer_asked.emit(str(self.layer.currentData() or ""))
        )
        self.table.picked.connect(self._show_unit)
        self.change.clicked.connect(self._ask)

    def set_layers(self, names: Sequence[str]) -> None:
        """Offer the layers of the network."""
        self.layer.clear()
        self.layer.addItem(tr("every block"), "")
        for name in names:
            self.layer.addItem(name, name)

    def show_units(
        self,
        found: RankedUnits | None,
        reference: Callable[[int], Reference],
        text: Callable[[int], tuple[str, str]],
    ) -> None:
        """Show the ranking; None: it is not known yet."""
        self._found, self._reference, self._text = found, reference, text
        self.tops.clear()
        self.preferred.set_stale()
        if found is None:
            self.text.setText("Ranking units …")
            self.table.show_rows([])
            self.order.hide()
            self.change.setEnabled(False)
            return
        self.text.setText(found.text)
        self.table.show_rows(
            [
                (
                    verbatim(one.layer),
                    str(one.unit),
                    f"{one.auc:.3f}",
                    f"{one.low:.2f} to {one.high:.2f}",
                    f"{one.pull:.2f}" if math.isfinite(one.pull) else "",
                )
                for one in found.units.ranked
            ]
        )
        self.order.setVisible(len(found.units.ranked) > 1)
        self.change.setEnabled(bool(found.units.ranked))
        if found.units.ranked:
            self.table.selectRow(0)

    def show_stopped(self, line: str) -> None:
        """Say why no ranking comes."""
        self.text.setText(line)

    def show_effects(self, found: Sequence[FoundEffect]) -> None:
        """Tell what the last change did, and how many were tried."""
        many = f"\n{len(found)} changes were tried; p is not corrected for that." if len(
            found) > 1 else ""  # fmt: skip
        self.effect.setText(found[-1].text + many if found else "")

    def _show_boxes(self, mode: AblationMode) -> None:
        self._mode = mode
        for widget in (self.low_name, self.low):
            widget.setVisible(mode != AblationMode.ZERO)
        for widget in (self.high_name, self.high):
            widget.setVisible(mode == AblationMode.CLAMP)
        scales = mode == AblationMode.SCALE
        self.low_name.setText("factor" if scales else "lowest")
        self.low.setAccessibleName(tr("Factor" if scales else "Lowest value"))
        self.low.setToolTip(plain_tip("Factor" if scales else "Lowest value"))
        self.low.setText("0.5" if mode == AblationMode.SCALE else "0")
        self.high.setText("1")

    def _show_unit(self, place: int) -> None:
        if self._found is None or self._reference is None or self._text is None:
            return
        one = self._found.units.ranked[place]
        rows = self._found.tops.get((one.layer, one.unit))
        if rows is not None:
            self.tops.show_rows(rows.tolist(), self._reference, self._text)
        self.preferred.set_stale()
        self.unit_shown.emit(one.layer, one.unit)

    def _ask(self) -> None:
        if self._found is None:
            return
        low, high = self.low.value(), self.high.value()
        some = [self._found.units.ranked[place] for place in self.table.chosen()]
        if some:
            self.change_asked.emit(
                tuple(
                    Ablation(one.layer, one.unit, self._mode, factor=low,
                             low=min(low, high), high=max(low, high))
                    for one in some
                )
            )  # fmt: skip

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(PlainLabel("Units of"))
        top.addWidget(self.layer)
        top.addStretch(1)
        beside = QHBoxLayout()
        beside.addWidget(self.tops, 1)
        beside.addWidget(self.preferred)
        self.preferred.setFixedWidth(100)
        last = QHBoxLayout()
        for widget in (
            self.mode, self.low_name, self.low, self.high_name, self.high, self.change,
        ):  # fmt: skip
            last.addWidget(widget)
        last.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.text)
        layout.addWidget(self.order)
        layout.addWidget(self.table, 3)
        layout.addLayout(beside, 2)
        layout.addLayout(last)
        layout.addWidget(self.effect)
        layout.setAlignment(last, Qt.AlignmentFlag.AlignLeft)
