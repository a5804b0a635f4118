"""How one layer is drawn in the list of layers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from nnvis.gui.model.layer_list import LAYER, THUMBNAIL
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import shape_text
from nnvis.language import tr
from nnvis.models.info import LayerInfo

HEIGHT, LOW_HEIGHT = 48, 30
SIDE, LOW_SIDE = 36, 26  # of a thumbnail
INDENT = 5  # points for each level of nesting, up to
DEEPEST = 5


class LayerRow(QStyledItemDelegate):
    """Family tick, thumbnail, name; below it kind and shape, unless rows are low."""

    _low = False
    painted = QRect()  # what of the list is painted just now

    def set_low(self, on: bool) -> bool:
        """Let rows be low, so that more of them fit, or not; whether that is new."""
        new, self._low = on != self._low, on
        return new

    def thumbnail_box(self, row: QRect, layer: LayerInfo) -> QRectF:
        """Return where in the rectangle of a row its thumbnail lies."""
        left = row.left() + 10 + INDENT * min(layer.depth, DEEPEST)
        side = LOW_SIDE if self._low else SIDE
        return QRectF(left, row.top() + (row.height() - side) / 2, side, side)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        words = option.fontMetrics.height()
        return QSize(120, max(LOW_HEIGHT, words + 6) if self._low else max(HEIGHT, 2 * words + 12))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        layer: LayerInfo = index.data(LAYER)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.CHOSEN)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.RAISED)
        tick = QRect(rect.left(), rect.top() + 6, 3, rect.height() - 12)
        painter.fillRect(tick, theme.FAMILIES.get(layer.family, theme.FAINT))
        box = self.thumbnail_box(rect, layer)
        _paint_thumbnail(painter, box, index.data(THUMBNAIL))
        beside = round(box.right()) + 8
        text = QRect(beside, rect.top() + 6, rect.right() - beside - 6, rect.height() - 12)
        if not self.painted.intersects(text):
            painter.restore()
            return
        if not self._low:
            text.setHeight(text.height() // 2)
        painter.setPen(theme.TEXT)
        painter.setFont(option.font)
        name = painter.fontMetrics().elidedText(
            layer.name, Qt.TextElideMode.ElideLeft, text.width()
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name)
        if self._low:
            painter.restore()
            return
        painter.setFont(theme.small(painter.font(), 0.85))
        painter.setPen(theme.DIM)
        cells = tr(layer.cells_note.partition(",")[0])
        detail = f"{shape_text(layer.units, layer.map_shape)}   {cells or layer.kind}"
        detail = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text.translated(0, text.height()), Qt.AlignmentFlag.AlignVCenter, detail)
        painter.restore()


def _paint_thumbnail(painter: QPainter, box: QRectF, thumbnail: object) -> None:
    if not isinstance(thumbnail, tuple):
        painter.fillRect(box, theme.SHEET)
        return
    image, fresh = thumbnail
    scale = min(box.width() / image.width(), box.height() / image.height())
    size = QSize(round(image.width() * scale), round(image.height() * scale))
    target = QRectF(
        box.center().x() - size.width() / 2,
        box.center().y() - size.height() / 2,
        size.width(),
        size.height(),
    )
    painter.setOpacity(1.0 if fresh else 0.3)
    painter.drawImage(target, image)
    painter.setOpacity(1.0)
