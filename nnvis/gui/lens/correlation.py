"""The page of the lens about units that behave alike: the matrix, and who is most like this one."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.protocol.observations import UnitCorrelation
from nnvis.gui.widgets.colour_bar import ColourBar
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.number_text import MINUS, short
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry
from nnvis.language import tr

BEST = 6


class CorrelationView(QWidget):
    """A click on a pair goes to the unit of its column; on the column of this one, of its row."""

    unit_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._found: UnitCorrelation | None = None
        self._unit = 0
        self.about = ElidedLabel(kind="dim")
        self.about.setToolTip(tr("Pearson's r; a sample is a cell of a frame, at most 256 of each"))
        self.picture = PictureView("Correlations between the units of the layer", pixels=True)
        self.picture.setMinimumSize(110, 110)
        self.scale = ColourBar()
        self.scale.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hovered = ElidedLabel()
        head = PlainLabel("Most like this unit", kind="section")
        self.best = UnitList("Units most like this one", BEST)
        vbox(
            self.about, (self.picture, 30), self.scale, self.hovered, head, self.best, STRETCH,
            gap=6, edge=0, of=self,
        )  # fmt: skip
        self.picture.pointed.connect(self._pointed)
        self.picture.clicked.connect(self._clicked)
        self.best.chosen.connect(lambda _layer, unit: self.unit_chosen.emit(unit))

    def show_found(self, found: UnitCorrelation, layer: str, unit: int, colormap: str) -> None:
        """Show the matrix as it is now."""
        if found is self._found:
            return
        self._found, self._unit = found, unit
        self.picture.show_picture(found.picture)
        shown = len(found.units)
        part = "" if shown < 2 or found.units[1] - found.units[0] == 1 else f" ({shown:,} of them)"
        self.about.say(f"{found.samples:,} samples of {found.frames} frames{part}")
        tip = "correlation, -1 to 1; magenta: a unit that never changed"
        if shown > len(found.picture):
            tip += "\nof neighbouring pairs the one farthest from 0 is drawn"
        self.scale.show_scale(colormap, (f"{MINUS}1", "1"), signed=True, tip=tip)
        rows = [UnitListEntry(layer, one, f"unit {one}", r) for one, r in found.best]
        self.best.show_signs(colormap)
        self.best.show_entries(rows, top=1.0)

    def forget(self) -> None:
        """Veil what is shown."""
        self._found = None
        self.picture.set_stale()
        self.scale.forget()
        self.about.say("…")
        self.hovered.say("")
        self.best.show_entries([])

    def _pair(self, x: float, y: float) -> tuple[int, int] | None:
        if self._found is None:
            return None
        count = len(self._found.units)
        return min(count - 1, int(y * count)), min(count - 1, int(x * count))

    def _pointed(self, x: float, y: float) -> None:
        pair = self._pair(x, y)
        if pair is None or self._found is None:
            return
        row, column = (int(self._found.units[one]) for one in pair)
        r = float(self._found.matrix[pair])
        text = "one of them never changed" if math.isnan(r) else f"r = {short(r)}"
        self.hovered.say(f"units {row} and {column}: {text}")

    def _clicked(self, x: float, y: float) -> None:
        pair = self._pair(x, y)
        if pair is not None and self._found is not None:
            row, column = (int(self._found.units[one]) for one in pair)
            self.unit_chosen.emit(row if column == self._unit else column)
