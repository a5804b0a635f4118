"""The pane with the map: to be walked over, unfolded and clicked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.network_map import map_paint as draw
from nnvis.gui.network_map.drawing import DrawnMap, MapDrawing
from nnvis.gui.network_map.map_canvas import MapCanvas
from nnvis.gui.network_map.shown import shown_as
from nnvis.gui.network_map.walk import along, aside
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.keys import ARROWS, KeepKeys
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.language import tr
from nnvis.models.info import ModelInfo

WHEEL = 1.0016  # zoom per eighth of a degree of the wheel
SETTLE_MS = 80  # a map that is being moved asks for thumbnails when it rests
ALL_S = 1.0  # all is painted so often, since thumbnails also grow old
LEAST_SCALE = 0.55  # at first: a map that is wider than the pane is not shrunk more
ENTERS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class NetworkMap(MapCanvas):
    """Boxes are layers, blocks and operations; lines say what reads what."""

    layer_chosen = Signal(str)
    visible_changed = Signal(tuple)  # of names

    def __init__(self, context: Context, thumbnail: Callable[[str], draw.Thumbnail | None]) -> None:
        super().__init__(thumbnail)
        self.drawing = MapDrawing(context, self.sizes)
        self.drawing.drawn.connect(self._take)
        self.drawing.told.connect(self._tell)
        self._info: ModelInfo | None = None
        self._selected, self._filter = "", ""
        self._closed: set[str] = set()  # blocks that a person folded: they stay so
        self._anchor = ""  # the box that stays where it is in the next layout
        self._visible: tuple[str, ...] = ()
        self._painted_at = 0.0
        self._fresh = True  # it has not been shown yet
        self._pressed: QPoint | None = None
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Map of the network"))
        self.setMinimumSize(150, 110)
        KeepKeys(self, ARROWS | ENTERS)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell_visible)

    def set_view_state(self, view_state: ViewState) -> None:
        """Mark the selected layer, and all that it is computed from."""
        if view_state.info is not self._info:
            self._info = view_state.info
            self.layers = {one.name: one for one in self._info.layers} if self._info else {}
            self.drawn, self.paths, self._visible, self._fresh = None, [], (), True
            self._closed.clear()
            self.drawing.forget(self._info)
            if self.isVisible():
                self.drawing.need()
        if view_state.request.layer != self._selected:
            self._selected = view_state.request.layer
            self._reveal()
            self._mark()
            self._bring_into_sight()
        self.viewport().update()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Paint the boxes anew whose thumbnails came."""
        if snapshot is None or not match.picture or self.drawn is None or not self.isVisible():
            return
        if snapshot.timings.made - self._painted_at > ALL_S:
            self._painted_at = snapshot.timings.made
            self.viewport().update()
        for one in self.drawn.layout.boxes:
            if one.name in snapshot.thumbnails:
                self.viewport().update(self.on_screen(one).toAlignedRect())

    def set_filter(self, text: str) -> None:
        """Let boxes stand back that have none of the layers a person looks for."""
        self._filter = text.strip().casefold()
        self._mark()
        self.viewport().update()

    def layer_at(self, at: QPoint) -> str:
        """Return the name of the layer at this place of the map; "" for none."""
        box = self.box_at(QPointF(at))
        return box.name if box is not None and box.name in self.layers else ""

    def toggle(self, name: str) -> None:
        """Open a block, or fold it."""
        if self.drawn is None or name not in {one.name for one in self.drawn.graph.groups}:
            return
        now = self.drawing.unfolded
        self._closed ^= {name} if name in now or name in self._closed else set()
        self._anchor = name
        self.drawing.unfold(now ^ {name})

    # What comes.

    def _take(self, drawn: DrawnMap) -> None:
        first, before = self._fresh, self.box(self._anchor)
        at = self.on_screen(before).topLeft() if before is not None else None
        self.drawn = drawn
        self.paths = [draw.line_path(one) for one in drawn.layout.lines]
        self._mark()
        self.view = self.view.within(self._room(), drawn.layout.size)
        if first:
            if self._reveal():
                return  # with another layout
            self._fresh = False
            wide = min(1.0, max(LEAST_SCALE, self._room()[0] / drawn.layout.size[0]))
            self.view = self.view.fit()
            if self.view.scale < wide:
                self.view = self.view.zoomed(wide / self.view.scale, (self._room()[0] / 2, 0))
        elif at is not None and (after := self.box(self._anchor)) is not None:
            now = self.on_screen(after).topLeft()
            self.view = self.view.moved(at.x() - now.x(), at.y() - now.y())
        if first:
            self._centre()
        elif not self._anchor:
            self._bring_into_sight()
        self._anchor = ""
        self._settle.start()
        self.viewport().update()

    def _tell(self, text: str) -> None:
        self.text = text
        self.viewport().update()

    def _reveal(self) -> bool:
        """Open the blocks around the selected layer, but those that a person folded."""
        graph, now = self.drawing.graph, self.drawing.unfolded
        if graph is None:
            return False
        closed = False
        wanted = set(now)
        for one in reversed(graph.around(self._selected)):
            closed = closed or one in self._closed
            if not closed:
                wanted.add(one)
        self.drawing.unfold(frozenset(wanted))
        return wanted != now

    def _mark(self) -> None:
        if self.drawn is None:
            self.marks = draw.Marks()
            return
        graph = self.drawn.graph
        known = self._selected in graph.parents
        self.note = "" if known else f"{self._selected} did not run on the picture of this map"
        box = shown_as(graph, self.drawn.unfolded, self._selected) if known else ""
        lit = frozenset(graph.upstream(self._selected)) if known else frozenset[str]()
        self.marks = draw.Marks(box, box == self._selected, lit, self._left_out())

    def _left_out(self) -> frozenset[str]:
        if not self._filter or self.drawn is None:
            return frozenset()
        graph, unfolded = self.drawn.graph, self.drawn.unfolded
        found = {
            shown_as(graph, unfolded, one.name)
            for one in self.layers.values()
            if one.name in graph.parents
            and self._filter in f"{one.name} {one.kind} {one.family} {tr(one.family)}".casefold()
        }
        return frozenset(one.name for one in self.drawn.layout.boxes if one.name not in found)

    def _bring_into_sight(self) -> None:
        box = self.box(self.marks.selected)
        if box is not None:
            x, y, width, height = box.rect
            self.view = self.view.showing((x, y, width, min(height, 60)))
            self._settle.start()

    def _centre(self) -> None:
        box = self.box(self.marks.selected)
        if box is not None and not self.view.fitted:
            middle = self.on_screen(box).center()
            wide, high = self._room()
            self.view = self.view.moved(wide / 2 - middle.x(), high / 2 - middle.y())

    # What a person does.

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn, at = event.angleDelta(), event.position()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            self._set_view(self.view.moved((turn.x() or turn.y()) / 2, 0))
        else:
            self._set_view(self.view.zoomed(WHEEL ** turn.y(), (at.x(), at.y())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position().toPoint(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        at = event.position().toPoint()
        step = at - self._pressed
        if self._dragged or step.manhattanLength() >= QApplication.startDragDistance():
            self._dragged, self._pressed = True, at
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self._set_view(self.view.moved(step.x(), step.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        self.viewport().unsetCursor()
        box = self.box_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or pressed is None or self._dragged:
            return
        if box is not None and self.on_fold(box, event.position()):
            self.toggle(box.name)
        elif box is not None and box.name in self.layers:
            self.layer_chosen.emit(box.name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None  # its release is no click
        box = self.box_at(event.position())
        if box is not None and event.button() == Qt.MouseButton.LeftButton:
            self.toggle(box.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTERS:
            self.toggle(self.marks.selected)
        elif event.key() in ARROWS and self.drawn is not None:
            graph, layout = self.drawn.graph, self.drawn.layout
            stops = {one.name for one in layout.boxes if one.name in self.layers and not one.open}
            to, at = "", self.marks.selected
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and at:
                to = along(graph, self.drawn.unfolded, at, stops, event.key() == Qt.Key.Key_Down)
            elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                to = aside(layout, at, stops, -1 if event.key() == Qt.Key.Key_Left else 1)
            elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
                heights = {one.name: one.rect[1] for one in layout.boxes}
                ends = sorted(stops, key=lambda name: heights[name])
                to = ends[0 if event.key() == Qt.Key.Key_Home else -1] if ends else ""
            else:
                page = self.viewport().height() * (
                    -0.8 if event.key() == Qt.Key.Key_PageDown else 0.8
                )
                self._set_view(self.view.moved(0, page))
            if to:
                self.layer_chosen.emit(to)
        else:
            event.ignore()

    # What is seen.

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.drawing.lay_out_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.drawn is not None:
            fitted = self.view.fitted
            self.view = self.view.within(self._room(), self.drawn.layout.size)
            if not fitted:
                self._bring_into_sight()
        self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.drawing.need()
        self._settle.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_visible()

    def _set_view(self, view: PanZoomView) -> None:
        if view != self.view:
            self.view = view
            self._settle.start()
            self.viewport().update()

    def _room(self) -> tuple[float, float]:
        return float(self.viewport().width()), float(self.viewport().height())

    def _tell_visible(self) -> None:
        names: tuple[str, ...] = ()
        if self.drawn is not None and self.isVisible() and self.view.scale >= draw.FORMS:
            room = QRectF(self.viewport().rect())
            names = tuple(
                one.name
                for one in self.drawn.layout.boxes
                if not one.open and one.name in self.layers
                and self.on_screen(one).intersects(room)
            )  # fmt: skip
        if names != self._visible:
            self._visible = names
            self.visible_changed.emit(names)
