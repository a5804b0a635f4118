"""The lens on the selected unit: one page of six, worked on only while it is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QPushButton,
    QStackedWidget,
)

from nnvis.engine.protocol.observations import (
    Activity,
    Connections,
    HeadTiles,
    LensResult,
    ReceptiveField,
    UnitCorrelation,
    Weights,
)
from nnvis.engine.protocol.observe import LensRequest, LensTopic
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.lens.activity import ActivityView
from nnvis.gui.lens.connections import ConnectionsView
from nnvis.gui.lens.correlation import CorrelationView
from nnvis.gui.lens.heads import HeadsView
from nnvis.gui.lens.receptive_field import ReceptiveFieldView, boxes
from nnvis.gui.lens.weights import WeightsView
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr, verbatim

CHOICES = {
    LensTopic.ACTIVITY: (
        "Activity",
        "Histogram of the unit's values over the last frames, and what is dead",
    ),
    LensTopic.WEIGHTS: ("Weights", "The unit's kernel as pictures"),
    LensTopic.CORRELATION: ("Alike", "Correlations between the layer's units over the stream"),
    LensTopic.RECEPTIVE_FIELD: (
        "Field",
        "What a cell can see of the picture, and what it does see",
    ),
    LensTopic.HEADS: ("Heads", "Attention: where each head looks, from the patch under the mouse"),
    LensTopic.CONNECTIONS: ("Links", "The units that this one is most connected with"),
}


_Part = (
    ActivityView | WeightsView | CorrelationView | ReceptiveFieldView | ConnectionsView | HeadsView
)


PER_ROW = 3  # names of pages: all in one row would widen the column of all pages
POINTED = (LensTopic.RECEPTIVE_FIELD, LensTopic.HEADS)  # pages of the cell under the mouse


class LensPage(PageWidget):
    """Nothing of another unit, layer, page or source is left standing."""

    _lens_chosen = Signal(object)  # LensRequest, or None while it is out of sight

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Lens")
        self._layer = ""
        self._lens = LensRequest()
        self._shown: LensResult | None = None
        self.title = ElidedLabel(kind="title")
        self.place = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        self.pages = ChoiceRow("Page of the lens", CHOICES, narrow=True, per_row=PER_ROW)
        self.note = PlainLabel(kind="warn", wraps=True)
        self.note.hide()
        self.instead = QPushButton()
        self.instead.setAccessibleName(tr("Go to the layer that has this"))
        self.instead.hide()
        KeepKeys(self.instead, PRESS)
        self.activity, self.weights, self.alike = ActivityView(), WeightsView(), CorrelationView()
        self.field, self.links = ReceptiveFieldView(), ConnectionsView()
        self.heads = HeadsView()
        self.stack = QStackedWidget()
        self._parts: dict[str, _Part] = {
            LensTopic.ACTIVITY: self.activity,
            LensTopic.WEIGHTS: self.weights,
            LensTopic.CORRELATION: self.alike,
            LensTopic.RECEPTIVE_FIELD: self.field,
            LensTopic.CONNECTIONS: self.links,
            LensTopic.HEADS: self.heads,
        }
        for part in self._parts.values():
            self.stack.addWidget(scrolled(part))
        self.column.addWidget(self.title)
        self.column.addWidget(self.place)
        self.column.addWidget(self.pages)
        self.column.addWidget(self.note)
        self.column.addWidget(self.instead)
        self.column.addWidget(self.stack, 1)
        self.pages.chosen.connect(self.turn_to)
        self.instead.clicked.connect(self._go_instead)
        self.activity.unit_chosen.connect(self._go)
        self.alike.unit_chosen.connect(self._go)
        self.links.chosen.connect(self.controller.go)
        self.pages.show_choice(LensTopic.ACTIVITY)
        # Queued: pages come and go while what is asked is being told.
        self._lens_chosen.connect(self.controller.set_lens, Qt.ConnectionType.QueuedConnection)
        context.pointed.connect(self.point_at)
        context.commands.on("lens", self._next_or_here)
        self.controller.answered.connect(self._draw_field)

    @property
    def lens(self) -> LensRequest:
        """What is looked at while the lens is in sight."""
        return self._lens

    def turn_to(self, page: LensTopic) -> None:
        """Look at another page."""
        self.pages.show_choice(page)
        self.stack.setCurrentIndex(list(LensTopic).index(page))
        self._choose(LensRequest(page, self._lens.cell))

    def next_page(self) -> None:
        """Look at the page after."""
        pages = list(LensTopic)
        self.turn_to(pages[(pages.index(self._lens.page) + 1) % len(pages)])

    def take_restored(self, asked: Request) -> None:
        """Come into sight where a saved picture was looked at through the lens, else leave it."""
        lens = asked.observe.lens
        if lens is not None:
            self.turn_to(lens.page)
            self._choose(lens)
            self.context.turn_to("lens")
        elif self.context.page == "lens":
            self.context.turn_to("unit")

    def point_at(self, x: float, y: float) -> None:
        """Ask for the field of the cell at this place of the unit's map, 0 ... 1."""
        layer = self.view_state.layer
        if layer is None or self._lens.page not in POINTED or not self.isVisible():
            return
        height, width = layer.map_shape
        cell = (min(height - 1, int(y * height)), min(width - 1, int(x * width)))
        if cell != self._lens.cell:
            self._choose(LensRequest(self._lens.page, cell))

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over which unit is looked at."""
        if view_state.layer is None or view_state.info is None:
            return
        request = view_state.request
        label = unit_label(view_state.info, view_state.layer, request.unit)
        self.title.say(verbatim(tr(f"Unit {request.unit}") + (f"  {label}" if label else "")))
        self.place.say(f"in {view_state.layer.name}")
        if request.layer != self._layer:
            self._layer = request.layer
            self._choose(LensRequest(self._lens.page))  # a cell is of other maps

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what the lens found about the unit that is wanted, else nothing."""
        if not self.isVisible():
            return
        found = snapshot.observations.lens if snapshot is not None and match.picture else None
        asked = self.view_state.request
        fits = (
            snapshot is not None
            and found is not None
            and (found.page, found.layer, found.unit) == (self._lens.page, asked.layer, asked.unit)
            and snapshot.request.fit == asked.fit
        )
        if not fits or found is None:
            self._forget()
            return
        before, self._shown = self._shown, found
        if before is not None and (before.found, before.note) == (found.found, found.note):
            return
        self.note.setText(found.note)
        self.note.setVisible(bool(found.note))
        self.instead.setText(tr(f"Go to {found.instead}"))
        self.instead.setVisible(bool(found.instead))
        self._show(found)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lens_chosen.emit(self._lens)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._forget()
        self._lens_chosen.emit(None)

    def _next_or_here(self) -> None:
        if self.context.page == "lens":
            self.next_page()
        else:
            self.context.turn_to("lens")

    def _draw_field(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Draw the field of the lens on the input as well."""
        lens = snapshot.observations.lens if snapshot is not None and match.picture else None
        request, found = self.view_state.request, None
        asked = request.observe.lens
        if lens is not None and asked is not None:
            same = (lens.layer, lens.unit) == (request.layer, request.unit)
            if same and isinstance(lens.found, ReceptiveField):
                found = lens.found if asked.cell in (None, lens.found.cell) else None
        drawn = boxes(found, *found.picture.shape[:2]) if found is not None else ()
        self.context.boxes_changed.emit(drawn)

    def _show(self, look: LensResult) -> None:
        found = look.found
        colormap = self.view_state.request.shading.signed_colormap
        if isinstance(found, Activity):
            self.activity.show_found(found)
        elif isinstance(found, Weights):
            self.weights.show_found(found)
        elif isinstance(found, UnitCorrelation):
            self.alike.show_found(found, look.layer, look.unit, colormap)
        elif isinstance(found, ReceptiveField) and self._lens.cell in (None, found.cell):
            self.field.show_found(found)
        elif isinstance(found, HeadTiles):
            self.heads.show_found(found)
        elif isinstance(found, Connections):
            self.links.show_found(found, colormap)
        elif look.page == LensTopic.WEIGHTS and look.note:
            self.weights.show_nothing()
        else:
            self._parts[look.page].forget()

    def _forget(self) -> None:
        self._shown = None
        self.note.hide()
        self.instead.hide()
        self._parts[self._lens.page].forget()

    def _choose(self, lens: LensRequest) -> None:
        if lens != self._lens:
            self._forget()
            self._lens = lens
            if self.isVisible():
                self._lens_chosen.emit(lens)

    def _go_instead(self) -> None:
        if self._shown is not None and self._shown.instead:
            self.controller.go(self._shown.instead, self._shown.unit)

    def _go(self, unit: int) -> None:
        self.controller.go(self.view_state.request.layer, unit)
