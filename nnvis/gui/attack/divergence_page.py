"""Where in the network the two pictures part ways: a curve over the layers, and units."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from nnvis.engine.protocol.snapshot import LayerDifference, Snapshot
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import ARROWS, KeepKeys
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.plot import dark_plot
from nnvis.language import tr, verbatim

MOST = 10
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class DivergencePage(QWidget):
    """Comes anew some times a second; a click goes to the layer, or to the unit."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._changes: tuple[LayerDifference, ...] = ()
        self._layer = ""
        self.plot = dark_plot("change of the layer, relative", "layers, from input to output")
        self.plot.setMinimumHeight(120)
        self.plot.setMaximumHeight(260)
        self._curve = self.plot.plot(pen=pg.mkPen(theme.ACCENT, width=1.5))
        self._mark = pg.InfiniteLine(pen=pg.mkPen(theme.WARN, width=1))
        self._pointed = pg.ScatterPlotItem(size=7, brush=theme.TEXT, pen=None)
        for item in (self._mark, self._pointed):
            self.plot.addItem(item)
        self.name = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        head = PlainLabel("Units that changed most", kind="section")
        head.setToolTip(tr("RMS of the change over the RMS of the layer's clean values"))
        self.units = _Units()
        vbox(
            self.name, (self.plot, 1), head, self.units, STRETCH, gap=6, edge=(0, 0, 6, 0), of=self
        )
        self.plot.scene().sigMouseMoved.connect(self._hovered)
        self.plot.clicked.connect(self._clicked)
        self.units.itemClicked.connect(self._chosen)
        self.units.itemActivated.connect(self._chosen)
        self._say(None)
        controller.attach(self)

    def showEvent(self, event: QShowEvent) -> None:
        """The layers are compared from now on."""
        super().showEvent(event)
        self._controller.set_divergence(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """It costs a pass of two pictures: not while nobody looks."""
        super().hideEvent(event)
        self._controller.set_divergence(False)

    def set_view_state(self, view_state: ViewState) -> None:
        """Mark the selected layer."""
        self._layer = view_state.request.layer
        self._mark_layer()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the changes of a current attack."""
        result = snapshot.attack if snapshot is not None and match.attack else None
        changes = result.changes if result is not None else ()
        if changes is self._changes:
            return
        self._changes = changes
        distances = np.array([one.distance for one in changes], np.float64)
        self._curve.setData(np.arange(len(distances)), np.nan_to_num(distances))
        self._pointed.clear()
        if len(changes):
            self.plot.setXRange(0, max(1, len(changes) - 1), padding=0.02)
            top = float(np.nanmax(np.append(distances[np.isfinite(distances)], 1e-3)))
            self.plot.setYRange(0, 1.08 * top, padding=0)
        self._mark_layer()
        self._say(None)
        self.units.show_units(snapshot, changes)

    def index_at(self, at: QPointF) -> int | None:
        """Return the place of the layer at a point of the plot."""
        box = self.plot.getPlotItem().getViewBox()
        if not self._changes or not box.sceneBoundingRect().contains(at):
            return None
        place = round(float(box.mapSceneToView(at).x()))
        return min(max(0, place), len(self._changes) - 1)

    def _hovered(self, at: QPointF) -> None:
        self._say(self.index_at(at))

    def _clicked(self, at: QPointF) -> None:
        index = self.index_at(at)
        if index is not None:
            self._controller.go_layer(self._changes[index].layer)

    def _chosen(self, item: QTreeWidgetItem) -> None:
        layer, unit = item.data(0, Qt.ItemDataRole.UserRole)
        self._controller.go(layer, unit)

    def _mark_layer(self) -> None:
        names = [one.layer for one in self._changes]
        self._mark.setVisible(self._layer in names)
        if self._layer in names:
            self._mark.setPos(names.index(self._layer))

    def _say(self, index: int | None) -> None:
        self._pointed.clear()
        if index is None:
            names = [one.layer for one in self._changes]
            index = names.index(self._layer) if self._layer in names else None
        elif self._changes:
            self._pointed.setData([index], [self._changes[index].distance])
        if index is None:
            text = "…" if not self._changes else "Hover the curve: it names the layer"
        else:
            one = self._changes[index]
            text = verbatim(f"{one.layer}: {short(one.distance)}")
        self.name.say(text)


class _Units(QTreeWidget):
    """Value, layer and unit, the strongest first; lines are changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName(tr("Units that changed most"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        for column, mode in (
            (0, QHeaderView.ResizeMode.Fixed),
            (1, QHeaderView.ResizeMode.Stretch),
            (2, QHeaderView.ResizeMode.Stretch),
        ):
            header.setSectionResizeMode(column, mode)
        self.setColumnWidth(0, self.fontMetrics().horizontalAdvance("0.0000") + 18)
        self.setFixedHeight(MOST * (self.fontMetrics().height() + 2) + 8)
        KeepKeys(self, ARROWS)

    def show_units(self, snapshot: Snapshot | None, changes: tuple[LayerDifference, ...]) -> None:
        once: dict[tuple[int, float], str] = {}  # a module around another changes as that does
        for one in changes:
            for unit, change in one.units:
                once[unit, change] = one.layer
        found = sorted(
            ((change, layer, unit) for (unit, change), layer in once.items()),
            key=lambda entry: -entry[0],
        )[:MOST]
        while self.topLevelItemCount() > len(found):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        for row, (change, layer, unit) in enumerate(found):
            item = self.topLevelItem(row)
            if item is None:
                item = QTreeWidgetItem(self)
                item.setTextAlignment(0, RIGHT)
                item.setForeground(0, theme.DIM)
            layer_info = snapshot.info.layer(layer) if snapshot is not None else None
            label = unit_label(snapshot.info, layer_info, unit) if snapshot and layer_info else ""
            item.setText(0, short(change))
            item.setText(1, layer)
            item.setText(2, f"unit {unit}" + (f"  {label}" if label else ""))
            item.setData(0, Qt.ItemDataRole.UserRole, (layer, unit))
            for column in (1, 2):
                item.setToolTip(column, plain_tip(f"{layer}, {item.text(2)}"))
