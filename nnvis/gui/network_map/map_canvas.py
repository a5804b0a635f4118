"""The map on the screen: where its boxes lie, how they are drawn, and what they say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from nnvis.gui.network_map import map_paint as draw
from nnvis.gui.network_map.drawing import DrawnMap
from nnvis.gui.network_map.layout import MapSizes, PlacedBox
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import shape_text
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr, verbatim
from nnvis.models.info import LayerInfo


class MapCanvas(QAbstractScrollArea):
    """Paints `drawn` as `view` lies and `marks` tell; `text` where there is none."""

    def __init__(self, thumbnail: Callable[[str], draw.Thumbnail | None]) -> None:
        super().__init__()
        self.view = PanZoomView()
        self.drawn: DrawnMap | None = None
        self.marks = draw.Marks()
        self.text = "No model"
        self.note = ""  # over the map
        self.layers: dict[str, LayerInfo] = {}
        self.paths: list[QPainterPath] = []  # of the lines
        self._thumbnail = thumbnail
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def box(self, name: str) -> PlacedBox | None:
        """Return the box of this name, where it is on the map."""
        boxes = self.drawn.layout.boxes if self.drawn is not None else ()
        return next((one for one in boxes if one.name == name), None)

    def _about(self, box: PlacedBox) -> str:
        assert self.drawn is not None
        node, layer = self.drawn.graph.named.get(box.name), self.layers.get(box.name)
        if layer is not None:
            shape = shape_text(layer.units, layer.map_shape)
            lines = [f"{layer.kind} ({tr(layer.family)}), {shape}"]
            lines += [tr(layer.cells_note)] if layer.cells_note else []
        elif node is not None:
            lines = [f"{tr(node.title)}, {draw.dimensions(node.shape)}"]
            lines += [tr(node.detail)] if node.detail else []
            lines += [tr("not in the list: it puts out no maps")] if node.kind == "module" else []
        else:
            lines = []
        if box.count or box.open:
            lines.append(tr("double click folds it" if box.open else "double click unfolds it"))
        unnamed = node is not None and layer is None and node.name.startswith("#")
        names = [] if unnamed else [box.name]
        return verbatim("\n".join([*names, *lines]))

    def _short(self, name: str) -> str:
        """Return a name without that of the block around it, which stands there."""
        around = self.drawn.graph.parents.get(name, "") if self.drawn is not None else ""
        return name.removeprefix(f"{around.partition('@')[0]}.") if around else name

    def _is_lit(self, box: PlacedBox) -> bool:
        if not box.count or self.drawn is None:
            return box.name in self.marks.lit
        return any(one in self.marks.lit for one in self.drawn.graph.inside(box.name))

    def box_at(self, at: QPointF) -> PlacedBox | None:
        """Return the innermost box at a point of the viewport."""
        if self.drawn is None:
            return None
        place = QPointF(*self.view.to_sheet((at.x(), at.y())))
        boxes = reversed(self.drawn.layout.boxes)
        found = [one for one in boxes if QRectF(*one.rect).contains(place)]
        return min(found, key=lambda one: one.rect[2] * one.rect[3], default=None)

    def on_fold(self, box: PlacedBox, at: QPointF) -> bool:
        """Tell whether a point of the viewport is on what opens or closes a block."""
        x, y = self.view.to_sheet((at.x(), at.y()))
        left, top, width, _ = box.rect
        if box.open:
            return x < left + draw.FOLD + 6 and y < top + self.sizes().line
        return bool(box.count) and x > left + width - draw.FOLD - 6

    def on_screen(self, box: PlacedBox) -> QRectF:
        """Return where a box is seen, with its edge."""
        x, y, width, height = box.rect
        left, top = self.view.to_screen((x, y))
        scale = self.view.scale
        return QRectF(left - 3, top - 3, width * scale + 9, height * scale + 9)

    def sizes(self) -> MapSizes:
        """Return what boxes take with words of this size."""
        metrics = self.fontMetrics()
        words, letter = float(metrics.height()), float(metrics.averageCharWidth())
        return MapSizes(
            box=(max(166.0, 22 * letter), max(38.0, 1.9 * words + 8)),
            letter=letter * 1.15,
            line=words + 5,
            down=max(30.0, words + 13),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.SHEET)
        if self.drawn is None:
            painter.setPen(theme.DIM)
            room = QRectF(self.viewport().rect()).adjusted(12, 12, -12, -12)
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, int(wrapped), tr(self.text))
            return
        scale = self.view.scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, scale >= draw.FORMS)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(self.view.left, self.view.top)
        painter.scale(scale, scale)
        x, y = self.view.to_sheet((event.rect().left(), event.rect().top()))
        seen = QRectF(x, y, event.rect().width() / scale, event.rect().height() / scale)
        seen.adjust(-4, -4, 4, 4)
        self._paint(painter, self.drawn, seen)
        if self.note:
            painter.resetTransform()
            high = painter.fontMetrics().height() + 8
            foot = QRectF(0, self.viewport().height() - high, self.viewport().width(), high)
            painter.fillRect(foot, theme.HINT)
            painter.setPen(theme.TEXT)
            words = foot.adjusted(8, 0, -8, 0)
            text = painter.fontMetrics().elidedText(
                tr(self.note), Qt.TextElideMode.ElideLeft, int(words.width())
            )
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint(self, painter: QPainter, drawn: DrawnMap, seen: QRectF) -> None:
        graph, scale = drawn.graph, self.view.scale
        kinds = {one.name: one.title for one in graph.groups}
        font = painter.font()
        boxes = [one for one in drawn.layout.boxes if QRectF(*one.rect).intersects(seen)]
        blocks = [(one, len(graph.around(one.name))) for one in boxes if one.open]
        for one, depth in blocks:
            draw.paint_block(painter, one, depth, self.marks)
        draw.paint_lines(painter, drawn, self.paths, seen, self.marks)
        if scale >= draw.WORDS:
            for one, depth in blocks:
                title = f"{self._short(one.name)}  {kinds[one.name]}"
                draw.paint_head(painter, one, title, depth)
            draw.paint_shapes(painter, drawn, seen)
            painter.setFont(font)
        for one in boxes:
            node = graph.named.get(one.name)
            if one.open:
                continue
            if node is not None and node.kind not in ("layer", "module"):
                lit = one.name in self.marks.lit
                draw.paint_operation(painter, one, node, self.marks, lit, scale)
                continue
            kind = node.title if node is not None else f"{kinds[one.name]} · {one.count}"
            layer = self.layers.get(one.name)
            picture = self._thumbnail(one.name) if layer is not None else None
            lit = self._is_lit(one)
            draw.paint_box(
                painter, one, self._short(one.name), kind, layer, picture, self.marks, lit, scale
            )

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            box = self.box_at(QPointF(event.pos()))
            if box is not None and self.drawn is not None:
                QToolTip.showText(event.globalPos(), plain_tip(self._about(box)), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)
