"""The selected unit: what it is, its map, the map over the input, its numbers and their past."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.unit.steady_number import SteadyNumber
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.controls import slider
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import fill_ground
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import together, tr, translatable, verbatim

if TYPE_CHECKING:
    from nnvis.gui.unit.trace_plot import TracePlot

NAMES = ("min", "mean", "max")
SHOWN = {  # what the numbers are of
    "attacked": translatable("attacked"),
    "difference": "attacked less clean",
    "backward": translatable("backward"),
    "change": translatable("change"),
}
LINES = {"min": "min", "mean": "┄ mean", "max": "─ max"}  # as the curves below are drawn


class UnitPage(PageWidget):
    """No number of another unit is ever left standing under a unit's name."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Unit", 170)
        self._before = ViewState()
        self.trace: TracePlot | None = None
        self._looked_at = math.nan  # the time of the frame before
        self.title = ElidedLabel(kind="title")
        self.place = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        self.map = PictureView("Map of the unit", pixels=True)
        self.overlay = PictureView("Map over the input")
        self.strength = slider("Strength of the map over the input", 100)
        self.strength.setValue(60)
        self.numbers = {name: SteadyNumber("…") for name in NAMES}
        self.tokens = PlainLabel(kind="dim", wraps=True)
        self.warning = PlainLabel(kind="warn", wraps=True)
        for label in (self.tokens, self.warning):
            label.hide()
        fill_ground(self.map, self.overlay)
        self._arrange()
        self.strength.valueChanged.connect(lambda value: self.controller.set_overlay(value / 100))
        self.map.pointed.connect(context.pointed)
        context.settled.connect(self.add_trace)

    def add_trace(self) -> None:
        """Add the curves: late, since their library takes its time to load."""
        from nnvis.gui.unit.trace_plot import TracePlot

        self.trace = TracePlot()
        self.trace.setMaximumHeight(170)
        self.column.insertWidget(self.column.count() - 1, self.trace, 20)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over the name of the unit; everything else is veiled until it is of that unit."""
        request, info = view_state.request, view_state.info
        shows = view_state.shows
        if self.trace is not None and not view_state.same_unit(self._before):
            self.trace.clear_points()
        self._before = view_state
        if view_state.layer is None or info is None:
            return
        layer = view_state.layer
        label = unit_label(info, layer, request.unit)
        self.title.say(verbatim(tr(f"Unit {request.unit}") + (f"  {label}" if label else "")))
        place, shown = f"of {layer.units:,} in {layer.name}", SHOWN.get(shows)
        self.place.say(together(", ", place, shown) if shown is not None else place)
        with QSignalBlocker(self.strength):
            self.strength.setValue(round(100 * request.layout.overlay))

    def showEvent(self, event: QShowEvent) -> None:
        """The map is laid over the input from now on."""
        super().showEvent(event)
        self.controller.set_overlaid(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """It takes its time: not while nobody looks."""
        super().hideEvent(event)
        self.controller.set_overlaid(False)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the unit of `snapshot` if it is the one that is wanted, else veil the old."""
        if snapshot is None or not match.unit:
            for picture in (self.map, self.overlay):
                picture.set_stale()
            for number in self.numbers.values():
                number.setText("…")
            self.tokens.hide()
            self.warning.hide()
            return
        unit, sheet = snapshot.unit, snapshot.sheet
        self.map.show_picture(unit.picture)
        if unit.overlay.size:
            self.overlay.show_picture(unit.overlay)
        else:  # it was not seen, and not drawn: what is still there is of an earlier frame
            self.overlay.set_stale()
        values = [float(x[unit.index]) for x in (sheet.minima, sheet.means, sheet.maxima)]
        for name, value in zip(NAMES, values, strict=True):
            self.numbers[name].setText(short(value))
        if unit.prefix.size:
            self.tokens.setText("extra tokens " + "  ".join(short(float(v)) for v in unit.prefix))
        self.tokens.setVisible(bool(unit.prefix.size))
        if snapshot.silent:
            self.warning.setText("This layer did not run on this picture: it has no values")
        elif sheet.bad:
            self.warning.setText(f"{sheet.bad:,} values of this layer are NaN or infinite")
        self.warning.setVisible(bool(sheet.bad))
        self._trace(snapshot, values[2], values[1])

    def _trace(self, snapshot: Snapshot, highest: float, mean: float) -> None:
        """Let the curves go on, or say where in them the frame lies that one has gone back to."""
        at, session = snapshot.frame.time, self.controller.session
        if self.trace is None:
            return
        if session.frozen:
            newest = max([at, *(one.time for one in session.recent.frames[-1:])])
            self.trace.hold(at, highest, mean, newest)
        else:  # of a picture that stands still time goes on
            again = at == self._looked_at
            self.trace.add(snapshot.timings.made if again else at, highest, mean)
        self._looked_at = at

    def _arrange(self) -> None:
        layout = self.column
        layout.setContentsMargins(12, 10, 12, 8)
        layout.addWidget(self.title)
        layout.addWidget(self.place)
        layout.addWidget(self.map, 30)
        layout.addWidget(self.overlay, 30)
        row = QHBoxLayout()
        weak = PlainLabel("map over input, own range", kind="dim")
        row.addWidget(weak)
        row.addWidget(self.strength, 1)
        layout.addLayout(row)
        table = QGridLayout()
        table.setHorizontalSpacing(4)
        table.setVerticalSpacing(0)
        for column, (name, number) in enumerate(self.numbers.items()):
            head = PlainLabel(LINES[name])
            head.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            head.setObjectName("accent" if name == "max" else "dim")
            number.setFont(theme.small(self.font(), 0.92))  # also small negative ones fit
            number.setAccessibleName(tr(f"{name} of the unit"))
            table.addWidget(head, 0, column)
            table.addWidget(number, 1, column)
            table.setColumnStretch(column, 1)
            table.setColumnMinimumWidth(column, 44)
        layout.addLayout(table)
        layout.addWidget(self.tokens)
        layout.addWidget(self.warning)
        layout.addStretch(1)
