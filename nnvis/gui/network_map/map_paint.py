"""How the map is drawn, in its own points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen, QPolygonF

from nnvis.gui.network_map.drawing import DrawnMap
from nnvis.gui.network_map.layout import PlacedBox, PlacedLine
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import TIMES
from nnvis.language import tr
from nnvis.models.graph.network_graph import GraphNode
from nnvis.models.info import LayerInfo

ROUND = 5.0
WORDS = 0.4  # the least scale at which words can be read,
FORMS = 0.2  # and pictures and round corners
FOLD = 18.0  # the width of what opens and closes a block
Thumbnail = tuple[QImage, bool]  # and whether it is of now


@dataclass(frozen=True, slots=True)
class Marks:
    """What is told of the boxes."""

    selected: str = ""  # the box that is, or holds, the selected layer
    exactly: bool = True  # whether it is that layer
    lit: frozenset[str] = frozenset()  # the nodes that the selected layer was computed from
    faint: frozenset[str] = frozenset()  # boxes that the filter leaves out


def line_path(line: PlacedLine) -> QPainterPath:
    """Return the curve through the points of a line: downward where it begins and ends."""
    points = [QPointF(*one) for one in line.points]
    path = QPainterPath(points[0])
    for one, next_ in pairwise(points):
        half = (next_.y() - one.y()) / 2
        if abs(one.x() - next_.x()) < 0.5:
            path.lineTo(next_)
        else:
            path.cubicTo(one + QPointF(0, half), next_ - QPointF(0, half), next_)
    return path


def paint_block(painter: QPainter, box: PlacedBox, depth: int, marks: Marks) -> None:
    """Draw the frame of an open block."""
    chosen = box.name == marks.selected
    painter.setPen(QPen(theme.ACCENT if chosen else theme.LINE, 2.0 if chosen else 1.0))
    painter.setBrush(_ground(depth))
    painter.drawRoundedRect(QRectF(*box.rect), 2 * ROUND, 2 * ROUND)


def paint_head(painter: QPainter, box: PlacedBox, title: str, depth: int) -> None:
    """Write the name of an open block at its top, over the lines that come in."""
    left, top, width, _ = box.rect
    metrics = painter.fontMetrics()
    room = width - FOLD - 12
    text = metrics.elidedText(title, Qt.TextElideMode.ElideLeft, int(room))
    place = QRectF(left + FOLD + 2, top + 3, metrics.horizontalAdvance(text) + 6, metrics.height())
    painter.fillRect(place, _ground(depth))
    _fold_mark(painter, QRectF(left + 6, top + 3, FOLD - 6, metrics.height()), opened=True)
    painter.setPen(theme.DIM)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def _ground(depth: int) -> QColor:
    return theme.PANEL if depth % 2 == 0 else theme.SHEET


def paint_lines(
    painter: QPainter, drawn: DrawnMap, paths: list[QPainterPath], seen: QRectF, marks: Marks
) -> None:
    """Draw the lines that are in sight, those that lead to the selected layer above the others."""
    edges, lit = drawn.graph.edges, marks.lit
    leading: list[tuple[PlacedLine, QPainterPath]] = []
    others: list[tuple[PlacedLine, QPainterPath]] = []
    for line, path in zip(drawn.layout.lines, paths, strict=True):
        if path.controlPointRect().adjusted(-4, -4, 4, 4).intersects(seen):
            leads = any(edges[at].source in lit and edges[at].target in lit for at in line.edges)
            (leading if leads else others).append((line, path))
    for found, colour, width in ((others, theme.HANDLE, 1.3), (leading, theme.ACCENT, 2.0)):
        for line, path in found:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, width))
            painter.drawPath(path)
            if line.arrow:
                x, y = line.points[-1]
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawPolygon(
                    QPolygonF([QPointF(x, y), QPointF(x - 3.5, y - 6), QPointF(x + 3.5, y - 6)])
                )


def paint_shapes(painter: QPainter, drawn: DrawnMap, seen: QRectF) -> None:
    """Write what goes along the lines."""
    painter.setFont(theme.small(painter.font(), 0.8))
    painter.setPen(theme.DIM)
    high = painter.fontMetrics().height()
    for one in drawn.layout.shapes:
        place = QRectF(one.at[0], one.at[1] - high / 2, 200, high)
        if place.intersects(seen):
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, dimensions(one.shape))


def dimensions(shape: Collection[int]) -> str:
    """Return "64x56x56"."""
    return TIMES.join(map(str, shape))


def paint_box(
    painter: QPainter, box: PlacedBox, title: str, kind: str, layer: LayerInfo | None,
    thumbnail: Thumbnail | None, marks: Marks, lit: bool, scale: float,
) -> None:  # fmt: skip
    """Draw a layer, a module that is in no list, or a folded block."""
    rect, chosen = QRectF(*box.rect), box.name == marks.selected
    if scale < FORMS:
        painter.fillRect(rect, theme.ACCENT if chosen else theme.BAR if lit else theme.HANDLE)
        return
    painter.setOpacity(0.25 if box.name in marks.faint else 1.0)
    edge = theme.ACCENT if chosen or lit else theme.HANDLE
    pen = QPen(edge, 2.0 if chosen else 1.0)
    if chosen and not marks.exactly:  # the layer is somewhere in it
        pen.setStyle(Qt.PenStyle.DashLine)
    if layer is None and not box.count:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    if box.count:  # more lie behind it
        painter.setBrush(theme.RAISED)
        painter.drawRoundedRect(rect.translated(3, 3), ROUND, ROUND)
    painter.setBrush(theme.CHOSEN if chosen and marks.exactly else theme.RAISED)
    painter.drawRoundedRect(rect, ROUND, ROUND)
    family = layer.family if layer is not None else "other"
    colour = theme.FAMILIES.get(family, theme.FAINT)
    painter.fillRect(QRectF(rect.left() + 3, rect.top() + 6, 3, rect.height() - 12), colour)
    inside = rect.adjusted(10, 4, -5, -4)
    if layer is not None:
        side = inside.height()
        _picture(painter, QRectF(inside.left(), inside.top(), side, side), thumbnail)
        inside.adjust(side + 7, 0, 0, 0)
    if box.count:
        mark = QRectF(inside.right() - FOLD + 4, inside.top(), FOLD - 6, inside.height())
        _fold_mark(painter, mark, opened=False)
        inside.adjust(0, 0, -FOLD + 2, 0)
    if scale >= WORDS:
        font, half = QFont(painter.font()), inside.height() / 2
        painter.setPen(theme.TEXT)
        top = QRectF(inside.left(), inside.top(), inside.width(), half)
        _words(painter, top, title, Qt.TextElideMode.ElideLeft)
        painter.setFont(theme.small(font, 0.82))
        painter.setPen(theme.DIM)
        _words(painter, top.translated(0, half), kind, Qt.TextElideMode.ElideRight)
        painter.setFont(font)
    painter.setOpacity(1.0)


def paint_operation(
    painter: QPainter, box: PlacedBox, node: GraphNode, marks: Marks, lit: bool, scale: float
) -> None:
    """Draw what is no layer: a round sign."""
    rect = QRectF(*box.rect)
    painter.setOpacity(0.25 if box.name in marks.faint else 1.0)
    end = node.kind in ("input", "output")
    painter.setPen(QPen(theme.ACCENT if lit else theme.HANDLE, 1.6 if lit else 1.0))
    painter.setBrush(theme.CHOSEN if end and lit else theme.HOVER)
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    if scale >= WORDS:
        painter.setPen(theme.TEXT)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr(node.title) if end else node.title)
    painter.setOpacity(1.0)


def _words(painter: QPainter, rect: QRectF, text: str, elide: Qt.TextElideMode) -> None:
    text = painter.fontMetrics().elidedText(text, elide, int(rect.width()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)


def _fold_mark(painter: QPainter, rect: QRectF, *, opened: bool) -> None:
    middle, far = rect.center(), 3.2
    if opened:
        corners = [QPointF(-far, -far / 2), QPointF(far, -far / 2), QPointF(0, far)]
    else:
        corners = [QPointF(-far / 2, -far), QPointF(-far / 2, far), QPointF(far, 0)]
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.DIM)
    painter.drawPolygon(QPolygonF([middle + one for one in corners]))
    painter.restore()


def _picture(painter: QPainter, box: QRectF, thumbnail: Thumbnail | None) -> None:
    if thumbnail is None:
        painter.fillRect(box, QColor(theme.SHEET))
        return
    image, fresh = thumbnail
    size = QSizeF(image.size()).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRectF(QPointF(), size)
    target.moveCenter(box.center())
    opacity = painter.opacity()
    painter.setOpacity(opacity * (1.0 if fresh else 0.3))
    painter.drawImage(target, image)
    painter.setOpacity(opacity)
