"""Every unit of the selected layer, to be walked over like a map."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.grid.grid_paint import (
    paint_crossed,
    paint_empty,
    paint_frame,
    paint_insets,
    paint_numbers,
    paint_patterns,
    paint_sheet,
    paint_stale,
    tile_on_screen,
)
from nnvis.gui.grid.sheet_on_screen import SheetOnScreen
from nnvis.gui.grid.unit_bubble import UnitBubble
from nnvis.gui.state.unit_text import describe_unit, unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.gui.widgets.picture_view import drag_out
from nnvis.language import tr

WHEEL = 1.0016  # zoom per eighth of a degree of the wheel
SETTLE_MS = 120  # a pane that is being resized asks for another layout when it rests


class GridPane(QAbstractScrollArea):
    """Shows `Snapshot.sheet`; sheet pixels and units are told apart by its Grid alone."""

    unit_clicked = Signal(int)
    unit_toggled = Signal(int)  # Ctrl was held down
    unit_hovered = Signal(object)  # int or None
    cell_hovered = Signal(float, float)  # where on the tile under the mouse, 0 ... 1
    aspect_changed = Signal(float)
    painted = Signal(object, float)  # Snapshot, time.monotonic(): its first time on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = SheetOnScreen()
        self._new = False
        self._layer, self._unit = "", 0
        self._changed: list[int] = []  # units of the layer that are switched off
        self._hovered: int | None = None
        self._pressed: QPoint | None = None
        self._dragged = False
        self._empty: tuple[str, str, float | None] = ("", "", None)
        self._notes: tuple[str, dict[int, QImage], dict[int, str]] = ("", {}, {})
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Grid of units"))
        self.setMinimumSize(220, 160)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._bubble = UnitBubble(self.viewport())
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell_aspect)
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    @property
    def view(self) -> PanZoomView:
        """Which part of the sheet is seen."""
        return self._held.view

    def set_view_state(self, view_state: ViewState) -> None:
        """Move the outline, and the view with it where only a part is seen."""
        request = view_state.request
        if request.layer != self._layer:
            self._set_view(self.view.fit())
        moved = request.unit != self._unit
        self._layer, self._unit = request.layer, request.unit
        self._changed = [one.unit for one in request.ablation.units if one.layer == self._layer]
        if moved and not self.view.fitted:
            self._follow()
        self.viewport().update()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the sheet of `snapshot` if it is of the layer that is wanted, else veil the old."""
        back, self._held.current = match.layer and not self._held.current, match.layer
        if not match.layer:
            self._hover(None)  # what the pointer is on is another unit now
        if match.layer and snapshot is not None and snapshot is not self._held.snapshot:
            # The order tells whether another unit is under the pointer.
            back |= _order(snapshot) != _order(self._held.snapshot)
            self._held.take(snapshot)
            self._new = True
            self._set_view(self._sized(self.view))
            self._name_hovered()
        if back and self.viewport().underMouse():
            self._hover(self.viewport().mapFromGlobal(QCursor.pos()))
        self.viewport().update()

    def set_empty(self, title: str, note: str, part: float | None) -> None:
        """Say why there is no picture yet, and how much of the waiting is over (0 ... 1)."""
        self._empty = (title, note, part)
        if self._held.snapshot is None:
            self.viewport().update()

    def set_patterns(self, layer: str, pictures: dict[int, QImage] | None) -> None:
        """Show these pictures, by unit, in place of the maps of `layer`; None: maps again."""
        self._held.patterns = (layer, pictures)
        self.viewport().update()

    def set_notes(self, layer: str, pictures: dict[int, QImage], texts: dict[int, str]) -> None:
        """Let the tiles of `layer` bear a small picture, and words, by unit."""
        self._notes = (layer, pictures, texts)
        self.viewport().update()

    def zoom(self, factor: float) -> None:
        """Zoom around the selected unit."""
        sheet = self._held.snapshot.sheet if self._held.snapshot else None
        if sheet is None or not sheet.grid.count:
            return
        tile = sheet.tile_of(self._unit)
        middle = tile_on_screen(self.view, sheet.grid, tile or 0).center()
        self._set_view(self.view.zoomed(factor, (middle.x(), middle.y())))
        if not self.view.fitted:
            self._follow()

    def toggle_enlarged(self) -> None:
        """Enlarge the selected unit; when a part of the sheet is seen, show the whole again."""
        if not self.view.fitted:
            self.fit()
        elif (place := self._held.place_of(self._unit)) is not None:
            self._set_view(self.view.enlarging(place))

    def fit(self) -> None:
        """Show the whole sheet."""
        self._set_view(self.view.fit())

    def unit_at(self, at: QPointF | QPoint) -> int | None:
        """Return the unit under a point of the viewport."""
        return self._held.unit_at(at)

    def picture_at(self, at: QPoint) -> tuple[str, QImage] | None:
        """Return the tile under a point, as it is coloured, and what it is."""
        unit = self.unit_at(self.viewport().mapFrom(self, at))
        return self._held.picture_of(unit) if unit is not None else None

    def beside(self, dx: int, dy: int) -> int:
        """Return the unit so many columns and rows from the selected one, held at the edges."""
        return self._held.beside(self._unit, dx, dy)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        rect = QRectF(self.viewport().rect())
        snapshot = self._held.snapshot
        if snapshot is None:
            painter.fillRect(rect, theme.SHEET)
            paint_empty(painter, rect, *self._empty)
            return
        sheet, grid, dpr = snapshot.sheet, snapshot.sheet.grid, self.devicePixelRatioF()
        paint_sheet(painter, rect, self._held.image, self.view, dpr, grid)
        if not self._held.current:
            paint_stale(painter, rect, f"{self._layer}  …" if self._layer else "…")
            return
        info, layer = snapshot.info, snapshot.layer
        of, pictures = self._held.patterns
        if pictures is not None and of == layer.name:
            paint_patterns(painter, self.view, sheet, pictures)
        noted, insets, texts = self._notes if self._notes[0] == layer.name else ("", {}, {})
        if noted:
            paint_insets(painter, self.view, sheet, insets)
        paint_numbers(
            painter, self.view, sheet,
            lambda unit: texts.get(unit, "") or unit_label(info, layer, unit),
        )  # fmt: skip
        for unit in self._changed:
            if (tile := sheet.tile_of(unit)) is not None:
                paint_crossed(painter, tile_on_screen(self.view, grid, tile))
        hovered = sheet.tile_of(self._hovered) if self._hovered is not None else None
        selected = sheet.tile_of(self._unit)
        if hovered is not None and hovered != selected:
            paint_frame(painter, tile_on_screen(self.view, grid, hovered), theme.DIM, 1, dpr)
        if selected is not None:
            paint_frame(painter, tile_on_screen(self.view, grid, selected), theme.OUTLINE, 2, dpr)
        if self._new:
            self._new = False
            self.painted.emit(snapshot, time.monotonic())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._set_view(self._sized(self.view))
        self._settle.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        at = event.position()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            self._set_view(self.view.moved((turn.x() or turn.y()) / 2, 0))
        else:
            self._set_view(self.view.zoomed(WHEEL ** turn.y(), (at.x(), at.y())))
        self._hover(at.toPoint())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position().toPoint(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            step = at - self._pressed
            far = step.manhattanLength() >= QApplication.startDragDistance()
            if far and self.view.fitted:  # there is nothing to move: the tile goes with the mouse
                found = self.picture_at(self.viewport().mapTo(self, self._pressed))
                self._pressed = None
                if found is not None:
                    drag_out(self, found[1])
                return
            if (far or self._dragged) and not self.view.fitted:
                self._dragged, self._pressed = True, at
                self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
                self._set_view(self.view.moved(step.x(), step.y()))
            return
        self._hover(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        self.viewport().unsetCursor()
        if event.button() != Qt.MouseButton.LeftButton or pressed is None or self._dragged:
            return
        unit = self.unit_at(event.position())
        if unit is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.unit_toggled.emit(unit)
        else:
            self.unit_clicked.emit(unit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None  # its release is no click
        unit = self.unit_at(event.position())
        if unit is not None and event.button() == Qt.MouseButton.LeftButton:
            self.unit_clicked.emit(unit)
            self.toggle_enlarged()

    def viewportEvent(self, event: QEvent) -> bool:
        # A menu takes the mouse away, and nothing tells if it never comes back.
        if event.type() in (QEvent.Type.Leave, QEvent.Type.ContextMenu):
            self._hover(None)
        return super().viewportEvent(event)

    def _hover(self, at: QPoint | None) -> None:
        unit = self.unit_at(at) if at is not None else None
        if unit != self._hovered:
            self._hovered = unit
            self._name_hovered()
            self.unit_hovered.emit(unit)
            self.viewport().update()
        if unit is not None and at is not None:
            self._bubble.place(at)
            if (cell := self._held.cell_at(unit, at)) is not None:
                self.cell_hovered.emit(*cell)

    def _name_hovered(self) -> None:
        snapshot, unit = self._held.snapshot, self._hovered
        if snapshot is None or unit is None or snapshot.sheet.tile_of(unit) is None:
            self._hovered = None
            self._bubble.hide()
            return
        self._bubble.name(describe_unit(snapshot, unit, "\n"))

    def _follow(self) -> None:
        if (place := self._held.place_of(self._unit)) is not None:
            self._set_view(self.view.showing(place))

    def _sized(self, view: PanZoomView) -> PanZoomView:
        pane = (float(self.viewport().width()), float(self.viewport().height()))
        sheet = (float(max(1, self._held.image.width())), float(max(1, self._held.image.height())))
        return view.within(pane, sheet)

    def _set_view(self, view: PanZoomView) -> None:
        self._held.view = view
        for bar, room, length, offset in (
            (self.horizontalScrollBar(), view.pane[0], view.sheet[0], view.left),
            (self.verticalScrollBar(), view.pane[1], view.sheet[1], view.top),
        ):
            bar.blockSignals(True)
            bar.setRange(0, 0 if view.fitted else max(0, round(length * view.scale - room)))
            bar.setPageStep(round(room))
            bar.setSingleStep(40)
            bar.setValue(round(-offset))
            bar.blockSignals(False)
        self.viewport().update()

    def _scrolled(self) -> None:
        dx = -self.horizontalScrollBar().value() - self.view.left
        dy = -self.verticalScrollBar().value() - self.view.top
        self._held.view = self.view.moved(
            dx if self.view.left < 0 else 0, dy if self.view.top < 0 else 0
        )
        self.viewport().update()

    def _tell_aspect(self) -> None:
        self.aspect_changed.emit(round(self.width() / max(1, self.height()), 2))


def _order(snapshot: Snapshot | None) -> object:
    order = snapshot.sheet.order if snapshot is not None else None
    return order.units.tobytes() if order is not None else None
