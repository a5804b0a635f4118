"""What is drawn over and instead of a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from nnvis.engine.protocol.snapshot import Sheet
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.imaging.grid import Grid
from nnvis.language import tr

INSET = 0.42  # of the tile's shorter side
LEAST_INSET = 20.0  # screen points
NUMBERED = 84.0  # screen points: a tile at least so wide carries its number


def paint_sheet(
    painter: QPainter, rect: QRectF, image: QImage, view: PanZoomView, dpr: float, grid: Grid
) -> None:
    """Fill `rect` with the part of the sheet that is seen, and with the ground around it.

    Its pixels are squares, or averaged when reduced. Where its last row has no tiles it is as what
    lies around it.
    """
    x, y, width, height = view.seen
    left, top = view.to_screen((x, y))
    target = QRectF(left, top, width * view.scale, height * view.scale)
    for side in _around(rect, QRectF(target.toAlignedRect().adjusted(1, 1, -1, -1))):
        painter.fillRect(side, theme.SHEET)  # what lies below the sheet would be painted twice
    smooth = view.scale * dpr < 1
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(target, image, QRectF(x, y, width, height))
    if grid.count % grid.cols:
        last, (high, wide) = grid.rect(grid.count - 1), grid.shape
        corner = QPointF(*view.to_screen((last[0] + last[2], last[1] - min(1, last[1]) * grid.gap)))
        end = QPointF(*view.to_screen((wide, high)))
        painter.fillRect(QRectF(corner, end).adjusted(0, 0, 1, 1), theme.SHEET)


def _around(whole: QRectF, part: QRectF) -> tuple[QRectF, ...]:
    """Return what is left of `whole` on the four sides of `part`, or `whole` where it has none."""
    part = part.intersected(whole)
    if part.isEmpty():
        return (whole,)
    return (
        QRectF(whole.topLeft(), QPointF(whole.right(), part.top())),
        QRectF(QPointF(whole.left(), part.bottom()), whole.bottomRight()),
        QRectF(QPointF(whole.left(), part.top()), part.bottomLeft()),
        QRectF(part.topRight(), QPointF(whole.right(), part.bottom())),
    )


def paint_patterns(
    painter: QPainter, view: PanZoomView, sheet: Sheet, pictures: Mapping[int, QImage]
) -> None:
    """Draw the pictures over the tiles of their units; a tile without one is left dark."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    pane = QRectF(0, 0, *view.pane)
    painter.fillRect(pane, theme.SHEET)
    for tile in range(sheet.grid.count):
        rect = tile_on_screen(view, sheet.grid, tile)
        if rect.intersects(pane):
            picture = pictures.get(sheet.unit_of(tile))
            if picture is None:
                painter.fillRect(rect, theme.PANEL)
            else:
                painter.drawImage(rect, picture)


def paint_insets(
    painter: QPainter, view: PanZoomView, sheet: Sheet, pictures: Mapping[int, QImage]
) -> None:
    """Draw the pictures small, in a corner of the tiles that are large enough to bear one."""
    side = INSET * min(sheet.grid.width, sheet.grid.height) * view.scale
    if side < LEAST_INSET:
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    pane = QRectF(0, 0, *view.pane)
    for tile in range(sheet.grid.count):
        rect = tile_on_screen(view, sheet.grid, tile)
        picture = pictures.get(sheet.unit_of(tile))
        if picture is not None and rect.intersects(pane):
            corner = rect.bottomRight() - QPointF(side, side)
            painter.drawImage(QRectF(corner.x(), corner.y(), side, side), picture)


def tile_on_screen(view: PanZoomView, grid: Grid, tile: int) -> QRectF:
    """Return where tile number `tile` lies on the screen."""
    x, y, width, height = grid.rect(tile)
    left, top = view.to_screen((x, y))
    return QRectF(left, top, width * view.scale, height * view.scale)


def paint_frame(painter: QPainter, rect: QRectF, colour: QColor, width: float, dpr: float) -> None:
    """Draw a frame around `rect`, outside of it, its edges on whole pixels of the device."""

    def snapped(value: float) -> float:
        return round(value * dpr) / dpr

    x0, y0, x1, y1 = (snapped(v) for v in (rect.left(), rect.top(), rect.right(), rect.bottom()))
    for extra, shade in ((width + 1, QColor(0, 0, 0, 210)), (width, colour)):
        outer = QRectF(x0 - extra, y0 - extra, x1 - x0 + 2 * extra, y1 - y0 + 2 * extra)
        for bar in (
            QRectF(outer.left(), outer.top(), outer.width(), extra),
            QRectF(outer.left(), outer.bottom() - extra, outer.width(), extra),
            QRectF(outer.left(), outer.top(), extra, outer.height()),
            QRectF(outer.right() - extra, outer.top(), extra, outer.height()),
        ):
            painter.fillRect(bar, shade)


def paint_numbers(
    painter: QPainter, view: PanZoomView, sheet: Sheet, label: Callable[[int], str]
) -> None:
    """Write its unit's number, and its label if there is one, on every tile large enough."""
    grid = sheet.grid
    if grid.width * view.scale < NUMBERED or grid.height * view.scale < 0.5 * NUMBERED:
        return
    x, y, width, height = view.seen
    first_row, last_row = (
        int(y // (grid.height + grid.gap)),
        int((y + height) // (grid.height + grid.gap)),
    )
    first_col, last_col = (
        int(x // (grid.width + grid.gap)),
        int((x + width) // (grid.width + grid.gap)),
    )
    painter.setFont(theme.small(painter.font(), 0.82))
    metrics = painter.fontMetrics()
    for row in range(first_row, min(last_row, grid.rows - 1) + 1):
        for col in range(first_col, min(last_col, grid.cols - 1) + 1):
            place = row * grid.cols + col
            if place >= grid.count:
                return
            tile, unit = tile_on_screen(view, grid, place), sheet.unit_of(place)
            text = f"{unit} {label(unit)}".strip()
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(tile.width()) - 10)
            box = QRectF(
                tile.left(), tile.top(), metrics.horizontalAdvance(text) + 8, metrics.height() + 1
            )
            painter.fillRect(box, QColor(0, 0, 0, 150))
            painter.setPen(theme.ON_PICTURE)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_crossed(painter: QPainter, tile: QRectF) -> None:
    """Mark a unit that is switched off, turned up or held."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.WARN, 1.4))
    painter.drawRect(tile)
    corner = min(12.0, tile.width() / 3)
    for step in (corner / 2, corner):  # two strokes across a corner: seen on any colours
        painter.drawLine(
            QPointF(tile.right() - step, tile.top()), QPointF(tile.right(), tile.top() + step)
        )
    painter.restore()


def paint_stale(painter: QPainter, rect: QRectF, text: str) -> None:
    """Veil what no longer answers what is wanted."""
    veil = QColor(theme.SHEET)
    veil.setAlpha(205)
    painter.fillRect(rect, veil)
    painter.setPen(theme.DIM)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr(text))


def paint_empty(painter: QPainter, rect: QRectF, title: str, note: str, part: float | None) -> None:
    """Draw the pane before its first picture: faint tiles, a sentence and how far it is."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    side, gap = 62.0, 10.0
    cols, rows = (
        max(1, int((rect.width() - gap) // (side + gap))),
        max(1, int((rect.height() - gap) // (side + gap))),
    )
    left = rect.center().x() - (cols * (side + gap) - gap) / 2
    top = rect.center().y() - (rows * (side + gap) - gap) / 2
    for row in range(rows):
        for col in range(cols):
            x, y = left + col * (side + gap), top + row * (side + gap)
            away = abs(x + side / 2 - rect.center().x()) / max(1.0, rect.width()) + abs(
                y + side / 2 - rect.center().y()
            ) / max(1.0, rect.height())
            tint = QColor(theme.PANEL)
            tint.setAlphaF(min(1.0, 0.15 + 1.1 * away))
            painter.setBrush(tint)
            painter.drawRoundedRect(QRectF(x, y, side, side), 6, 6)
    painter.setPen(theme.TEXT)
    font = painter.font()
    painter.setFont(theme.small(font, 1.35, bold=True))
    middle = QRectF(rect.left() + 20, rect.center().y() - 44, rect.width() - 40, 34)
    painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, tr(title))
    painter.setFont(font)
    painter.setPen(theme.DIM)
    painter.drawText(middle.translated(0, 32), Qt.AlignmentFlag.AlignCenter, tr(note))
    if part is not None:
        bar = QRectF(rect.center().x() - 110, rect.center().y() + 30, 220, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.LINE)
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(theme.ACCENT)
        bar.setWidth(max(6.0, bar.width() * min(1.0, part)))
        painter.drawRoundedRect(bar, 2, 2)
    painter.restore()
