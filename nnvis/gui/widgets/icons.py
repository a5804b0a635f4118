"""Icons drawn with a pen: sharp at every size, in the colours of the theme, no files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPixmapCache,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from nnvis.gui.widgets import theme

Draw = Callable[[QPainter], None]  # on a canvas of 16 x 16, with a round pen of 1.4
DRAWN = "drawn icon"  # the property that names it
SIDES = (16, 18, 20, 24, 32, 36, 48, 64)  # what Qt asks for at the usual device pixel ratios


def icon(name: str) -> QIcon:
    """Return the icon called `name`, one of ICONS."""
    made = QIcon()
    for side in SIDES:
        made.addPixmap(_pixmap(name, side, theme.TEXT), QIcon.Mode.Normal)
        made.addPixmap(_pixmap(name, side, theme.FAINT), QIcon.Mode.Disabled)
    return made


def put_icon(target: QAbstractButton | QAction, name: str) -> None:
    """Give a button, or an action, the icon `name`, in the colours of every theme to come."""
    target.setIcon(icon(name))
    target.setProperty(DRAWN, name)


def redraw_icons(windows: Iterable[QWidget]) -> None:
    """Draw all icons in these windows anew, in the colours of now."""
    for window in windows:
        drawn: list[QAbstractButton | QAction] = [*window.findChildren(QAbstractButton)]
        for one in (*drawn, *window.findChildren(QAction)):
            if name := one.property(DRAWN):
                one.setIcon(icon(str(name)))


def _pixmap(name: str, side: int, colour: QColor) -> QPixmap:
    key = "/".join((name, str(side), colour.name()))
    pixmap = QPixmap(side, side)
    if QPixmapCache.find(key, pixmap):  # many buttons have the same
        return pixmap
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / 16, side / 16)
    pen = QPen(colour, 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    ICONS[name](painter)
    painter.end()
    QPixmapCache.insert(key, pixmap)
    return pixmap


def _camera(p: QPainter) -> None:
    p.drawRoundedRect(QRectF(1.5, 4, 9, 8), 1.5, 1.5)
    p.drawPolyline(
        QPolygonF([QPointF(10.5, 7), QPointF(14.5, 4.8), QPointF(14.5, 11.2), QPointF(10.5, 9)])
    )


def _network(p: QPainter) -> None:
    left, right = (QPointF(3.2, 4.2), QPointF(3.2, 11.8)), QPointF(12.8, 8)
    for dot in left:
        p.drawLine(dot, QPointF(8, 8))
    p.drawLine(QPointF(8, 8), right)
    p.setBrush(p.pen().color())
    for dot in (*left, QPointF(8, 8), right):
        p.drawEllipse(dot, 1.5, 1.5)


def _chip(p: QPainter) -> None:
    p.drawRoundedRect(QRectF(4, 4, 8, 8), 1, 1)
    for at in (6.0, 10.0):
        for a, b in (
            ((at, 1.5), (at, 4)),
            ((at, 12), (at, 14.5)),
            ((1.5, at), (4, at)),
            ((12, at), (14.5, at)),
        ):
            p.drawLine(QPointF(*a), QPointF(*b))


def _freeze(p: QPainter) -> None:
    for turn in range(3):
        p.save()
        p.translate(8, 8)
        p.rotate(60 * turn)
        p.drawLine(QPointF(0, -6.3), QPointF(0, 6.3))
        for end in (-1, 1):
            p.drawPolyline(
                QPolygonF([QPointF(-1.8, end * 5.8), QPointF(0, end * 4), QPointF(1.8, end * 5.8)])
            )
        p.restore()


def _snapshot(p: QPainter) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(1.5, 4.5, 13, 9), 1.8, 1.8)
    p.drawPath(path)
    p.drawPolyline(
        QPolygonF([QPointF(5, 4.5), QPointF(6, 2.5), QPointF(10, 2.5), QPointF(11, 4.5)])
    )
    p.drawEllipse(QPointF(8, 9), 2.6, 2.6)


def _help(p: QPainter) -> None:
    p.drawEllipse(QPointF(8, 8), 6.3, 6.3)
    path = QPainterPath(QPointF(6, 6.4))
    path.cubicTo(6, 3.6, 10.2, 3.9, 10, 6.5)
    path.cubicTo(9.9, 8, 8, 7.9, 8, 9.4)
    p.drawPath(path)
    p.drawPoint(QPointF(8, 11.7))


def _menu(p: QPainter) -> None:
    for y in (4, 8, 12):
        p.drawLine(QPointF(2.5, y), QPointF(13.5, y))


def _more(p: QPainter) -> None:
    p.setBrush(p.pen().color())
    for y in (3.5, 8, 12.5):
        p.drawEllipse(QPointF(8, y), 0.7, 0.7)


def _close(p: QPainter) -> None:
    p.drawLine(QPointF(4, 4), QPointF(12, 12))
    p.drawLine(QPointF(12, 4), QPointF(4, 12))


def _pause(p: QPainter) -> None:
    for x in (5.2, 10.8):
        p.drawLine(QPointF(x, 3.5), QPointF(x, 12.5))


def _play(p: QPainter) -> None:
    p.drawPolygon(QPolygonF([QPointF(5, 3), QPointF(12.5, 8), QPointF(5, 13)]))


def _back(p: QPainter) -> None:
    p.drawPolygon(QPolygonF([QPointF(11.5, 3.5), QPointF(5.5, 8), QPointF(11.5, 12.5)]))
    p.drawLine(QPointF(3.5, 3.5), QPointF(3.5, 12.5))


def _forward(p: QPainter) -> None:
    p.drawPolygon(QPolygonF([QPointF(4.5, 3.5), QPointF(10.5, 8), QPointF(4.5, 12.5)]))
    p.drawLine(QPointF(12.5, 3.5), QPointF(12.5, 12.5))


def _loop(p: QPainter) -> None:
    p.drawArc(QRectF(2.5, 3, 11, 10), 60 * 16, 290 * 16)
    p.drawPolyline(QPolygonF([QPointF(8.6, 1.5), QPointF(11.2, 3.5), QPointF(8.9, 5.9)]))


def _map(p: QPainter) -> None:
    """A box that feeds two, whose outputs meet."""
    p.drawRoundedRect(QRectF(5.6, 1.6, 4.8, 3.2), 0.8, 0.8)
    for x in (1.6, 9.6):
        p.drawRoundedRect(QRectF(x, 7, 4.8, 3.2), 0.8, 0.8)
        p.drawPolyline(QPolygonF([QPointF(8, 4.8), QPointF(x + 2.4, 7)]))
        p.drawPolyline(QPolygonF([QPointF(x + 2.4, 10.2), QPointF(8, 13)]))
    p.drawEllipse(QPointF(8, 13.4), 1.2, 1.2)


def _mirror(p: QPainter) -> None:
    p.drawLine(QPointF(8, 2), QPointF(8, 14))
    p.drawPolygon(QPolygonF([QPointF(6, 4.5), QPointF(6, 11.5), QPointF(1.5, 11.5)]))
    p.drawPolyline(
        QPolygonF([QPointF(10, 4.5), QPointF(10, 11.5), QPointF(14.5, 11.5), QPointF(10, 4.5)])
    )


def _labs(p: QPainter) -> None:
    p.drawPolygon(
        QPolygonF(
            [QPointF(6.4, 2), QPointF(6.4, 6.4), QPointF(2.6, 13.8), QPointF(13.4, 13.8),
             QPointF(9.6, 6.4), QPointF(9.6, 2)]
        )
    )  # fmt: skip
    p.drawLine(QPointF(5, 2), QPointF(11, 2))
    p.drawLine(QPointF(4.6, 10), QPointF(11.4, 10))


def _errors(p: QPainter) -> None:
    """Cells of a confusion matrix, one of them off the diagonal."""
    p.drawRect(QRectF(2.4, 2.4, 11.2, 11.2))
    for place in (2.4, 8.0):
        p.drawRect(QRectF(place, place, 5.6, 5.6))
    p.drawLine(QPointF(9.6, 4.0), QPointF(12.0, 6.4))
    p.drawLine(QPointF(12.0, 4.0), QPointF(9.6, 6.4))


def _fool(p: QPainter) -> None:
    """A mask."""
    path = QPainterPath(QPointF(2, 4.5))
    path.cubicTo(5, 3, 11, 3, 14, 4.5)
    path.cubicTo(14, 11, 11.5, 13, 10, 12)
    path.cubicTo(9, 11, 7, 11, 6, 12)
    path.cubicTo(4.5, 13, 2, 11, 2, 4.5)
    p.drawPath(path)
    for x in (5.4, 10.6):
        p.drawEllipse(QPointF(x, 7.6), 1.3, 0.8)


def _search(p: QPainter) -> None:
    p.drawEllipse(QPointF(7, 7), 4.3, 4.3)
    p.drawLine(QPointF(10.3, 10.3), QPointF(14, 14))


def _nnvis(p: QPainter) -> None:
    """The mark of the program: a grid of units, one of them awake."""
    p.setPen(Qt.PenStyle.NoPen)
    for index in range(9):
        strong = index == 4
        p.setBrush(theme.WARN if strong else theme.ACCENT)
        p.setOpacity(1.0 if strong else 0.35 + 0.06 * index)
        p.drawRoundedRect(QRectF(1 + 5 * (index % 3), 1 + 5 * (index // 3), 4, 4), 1, 1)
    p.setOpacity(1)


ICONS: dict[str, Draw] = {
    "camera": _camera, "network": _network, "chip": _chip, "freeze": _freeze,
    "snapshot": _snapshot, "help": _help, "menu": _menu, "more": _more, "close": _close,
    "pause": _pause, "play": _play, "back": _back, "forward": _forward, "loop": _loop,
    "map": _map, "mirror": _mirror, "search": _search,
    "errors": _errors, "fool": _fool, "labs": _labs, "nnvis": _nnvis,
}  # fmt: skip
