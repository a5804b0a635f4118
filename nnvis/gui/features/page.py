"""A layer's features: its cells as colours, or the concepts that they are sums of."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget

from nnvis.engine.protocol.observe import FeatureColoursRequest
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.features.colours import ColoursView
from nnvis.gui.features.concepts import ConceptsView
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.language import verbatim

PARTS = {
    "colours": (
        "Colours",
        "Three principal components of the layer's cells as red, green, blue",
    ),
    "concepts": ("Concepts", "Parts of which the layer's cells are sums, each a region"),
}


class FeaturesPage(PageWidget):
    """Asks for colours only while they are in sight; concepts stay off until put back."""

    _colours_chosen = Signal(object)  # FeatureColoursRequest, or None while out of sight

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Features")
        self._colours = FeatureColoursRequest()
        self._layer = ""
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="title")
        self.parts = ChoiceRow("Features as", PARTS, narrow=True)
        self.colours, self.concepts = ColoursView(), ConceptsView(context)
        self.stack = QStackedWidget()
        for part in (self.colours, self.concepts):
            self.stack.addWidget(scrolled(part))
        self.column.addWidget(self.title)
        self.column.addWidget(self.parts)
        self.column.addWidget(self.stack, 1)
        self.parts.chosen.connect(self.turn_to)
        self.parts.show_choice("colours")
        self.colours.anew.connect(self.new_basis)
        self.colours.pointed.connect(self.point_at)
        context.pointed.connect(self.point_at)
        context.mirrored.connect(self.colours.set_mirrored)
        context.mirrored.connect(self.concepts.picture.set_mirrored)
        context.commands.on("new_basis", self.new_basis)
        # Queued: pages come and go while what is asked is being told.
        self._colours_chosen.connect(
            self.controller.set_colours, Qt.ConnectionType.QueuedConnection
        )

    def turn_to(self, part: str) -> None:
        """Show colours, or concepts."""
        self.parts.show_choice(part)
        self.stack.setCurrentIndex(list(PARTS).index(part))
        self._ask()

    def new_basis(self) -> None:
        """Let the colours be those of the frame of now."""
        self._choose(FeatureColoursRequest(self._colours.basis + 1, self._colours.cell))

    def take_restored(self, asked: Request) -> None:
        """Come into sight where a saved picture had colours or concepts."""
        colours, painted = asked.observe.colours, asked.observe.concepts
        off = asked.ablation.concepts
        basis = off.basis if off is not None else painted
        if basis is not None:
            self.concepts.put(basis, off.off if off is not None else ())
        if painted is None and colours is None:
            return
        if colours is not None:
            self._layer = asked.layer
            self._colours = colours
        self.turn_to("concepts" if painted is not None else "colours")
        self.context.turn_to("features")

    def point_at(self, x: float, y: float) -> None:
        """Ask how alike the other cells are to the one at this place, 0 ... 1."""
        layer = self.view_state.layer
        if layer is None or not self.colours.isVisible():
            return
        height, width = layer.map_shape
        cell = (min(height - 1, int(y * height)), min(width - 1, int(x * width)))
        self._choose(replace(self._colours, cell=cell))

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over which layer is looked at."""
        if view_state.layer is None:
            return
        self.title.say(verbatim(view_state.layer.name))
        if view_state.layer.name != self._layer:
            self._layer = view_state.layer.name
            self.colours.forget()
            self._choose(replace(self._colours, cell=None))  # it was of other maps
        self.concepts.set_view_state(view_state)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the colours of the layer that is wanted, and the concepts."""
        current = snapshot if snapshot is not None and match.picture else None
        self.concepts.show_snapshot(current)
        if not self.colours.isVisible():
            return
        found = current.observations.colours if current is not None else None
        fits = current is not None and current.request.fit == self.view_state.request.fit
        if found is None or found.layer != self.view_state.request.layer or not fits:
            self.colours.forget()
        else:
            scale = self.view_state.request.shading.signed_colormap
            self.colours.show_found(found, self._colours.cell, scale)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.colours.forget()
        self._colours_chosen.emit(None)
        self.concepts.leave()

    def _choose(self, colours: FeatureColoursRequest) -> None:
        if colours != self._colours:
            self._colours = colours
            self._ask()

    def _ask(self) -> None:
        if not self.isVisible():
            return
        shows = self.stack.currentIndex() == 0
        self._colours_chosen.emit(self._colours if shows else None)
        if not shows:
            self.concepts.enter()
