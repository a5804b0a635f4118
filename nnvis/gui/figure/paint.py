"""A figure drawn by a painter, on whatever device; lengths are tenths of a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QTextLayout

from nnvis.gui.figure.content import Figure, FigureScale, number
from nnvis.gui.widgets.qimage import to_image
from nnvis.imaging.colormaps import LEVELS, palette

PER_INCH = 720
WIDE = 5040  # 7 inches: both columns of a paper
_EDGE, _GAP, _SIDE = 160, 140, 1300
_MOST_HIGH = 4200
_BAR, _THICK = 1500, 90
_TITLE, _PLAIN, _SMALL = 130, 85, 75
_MOST_PIXELS = 24 << 20


@dataclass(frozen=True, slots=True)
class Paper:
    """The colours of a figure."""

    ground: str
    ink: str
    dim: str
    frame: str
    warn: str


PAPERS = {
    "light": Paper("#ffffff", "#14171c", "#4c5563", "#d0021b", "#9a3412"),
    "dark": Paper("#14161b", "#eef0f4", "#a8b0be", "#ffffff", "#f0b429"),
}


def height_of(figure: Figure) -> int:
    """Return how high the figure is."""
    scratch = QImage(1, 1, QImage.Format.Format_RGB32)
    painter = QPainter(scratch)
    high = _Drawing(painter, PAPERS["light"], 1).draw(figure)
    painter.end()
    return round(high)


def paint_figure(painter: QPainter, figure: Figure, paper: Paper, dots: float = 300) -> None:
    """Draw `figure` from (0, 0) on, in tenths of a point, for so many dots an inch."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    _Drawing(painter, paper, dots).draw(figure)


def undrawable(figure: Figure) -> str:
    """Return the characters for which no font is here."""
    missing = {
        one: None
        for text in (figure.title, figure.subtitle, figure.caption, *figure.facts)
        for one in text
        if ord(one) > 126 and not _has_glyph(one)
    }
    return "".join(missing)


def _has_glyph(one: str) -> bool:
    layout = QTextLayout(one, _font(_PLAIN))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return all(0 not in run.glyphIndexes() for run in layout.glyphRuns())


def _font(size: int, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(size)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


class _Drawing:
    def __init__(self, painter: QPainter, paper: Paper, dots: float) -> None:
        self._painter, self._paper, self._dots = painter, paper, dots

    def draw(self, figure: Figure) -> float:
        """Draw all; return where it ends."""
        painter, paper = self._painter, self._paper
        room = WIDE - 2 * _EDGE
        y = self._say(figure.title, _EDGE, _EDGE, room, _TITLE, paper.ink, bold=True)
        y = self._say(figure.subtitle, _EDGE, y + 30, room, _PLAIN, paper.dim) + 110
        low, left = y, _EDGE
        if figure.fed is not None:
            low = self._place(figure.fed, QRectF(_EDGE, y, _SIDE, _SIDE), smooth=True)
            low = self._say(figure.caption, _EDGE, low + 40, _SIDE, _SMALL, paper.dim)
            left = _EDGE + _SIDE + _GAP
        box = QRectF(left, y, WIDE - _EDGE - left, _MOST_HIGH)
        picture = figure.picture
        if figure.gaps is not None:
            picture = picture[..., :3].copy()
            ground = QColor(paper.ground)
            picture[figure.gaps] = (ground.red(), ground.green(), ground.blue())
        end = self._place(picture, box, smooth=figure.smooth)
        self._frame(figure, box)
        if figure.scale is not None:
            end = self._scale(figure.scale, left, end + 110, box.width())
        y = max(low, end) + 130
        painter.fillRect(QRectF(_EDGE, y, room, 5), QColor(paper.dim))
        y += 60
        if figure.warning:
            y = self._badge(figure.warning, y, room) + 40
        for line in figure.facts:
            y = self._say(line, _EDGE, y, room, _SMALL, paper.dim) + 12
        return y + _EDGE - 12

    def _place(self, picture: NDArray[np.uint8], box: QRectF, *, smooth: bool) -> float:
        """Draw `picture` into the upper left of `box`; return where it ends."""
        target = _fitted(picture, box)
        if not smooth:  # squares stay squares, whatever a viewer does with images
            dots = target.width() * self._dots / PER_INCH
            times = max(1, -(-int(dots) // picture.shape[1]))
            while times > 1 and times * times * picture[..., 0].size > _MOST_PIXELS:
                times -= 1
            picture = picture.repeat(times, 0).repeat(times, 1)
        self._painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = to_image(picture)
        self._painter.drawImage(target, image, QRectF(image.rect()))
        return target.bottom()

    def _frame(self, figure: Figure, box: QRectF) -> None:
        if figure.marked is None:
            return
        target = _fitted(figure.picture, box)
        by = target.width() / figure.picture.shape[1]
        x, y, width, height = (by * one for one in figure.marked)
        self._painter.setPen(QPen(QColor(self._paper.frame), 14))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(
            QRectF(target.left() + x, target.top() + y, width, height).adjusted(-7, -7, 7, 7)
        )

    def _scale(self, scale: FigureScale, left: float, y: float, wide: float) -> float:
        """Draw the colours, with the numbers that they stand for below."""
        paper = self._paper
        colours = palette(scale.colormap)[None, :LEVELS].repeat(8, 0).repeat(4, 1)
        image = to_image(colours)
        bar = QRectF(left + 200, y, _BAR, _THICK)
        self._painter.drawImage(bar, image, QRectF(image.rect()))
        self._painter.setPen(QPen(QColor(paper.dim), 5))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(bar)
        below = bar.bottom()
        for part, text in _ticks(scale):
            x = bar.left() + part * bar.width()
            self._painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 30))
            wanted = QFontMetricsF(_font(_SMALL)).horizontalAdvance(text)
            below = self._say(text, x - wanted / 2, bar.bottom() + 36, 0, _SMALL, paper.ink)
        beside = bar.right() + 260
        self._say(scale.note, beside, y - 8, left + wide - beside, _SMALL, paper.dim)
        lines = self._measure(scale.note, left + wide - beside, _SMALL).height()
        return max(below, y - 8 + lines)

    def _badge(self, text: str, y: float, room: float) -> float:
        painter, colour = self._painter, QColor(self._paper.warn)
        size = self._measure(text, room - 120, _PLAIN, bold=True)
        painter.setPen(QPen(colour, 10))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(_EDGE, y, size.width() + 120, size.height() + 50), 30, 30)
        self._say(text, _EDGE + 60, y + 25, room - 120, _PLAIN, self._paper.warn, bold=True)
        return y + size.height() + 50

    def _say(
        self,
        text: str,
        x: float,
        y: float,
        room: float,
        size: int,
        colour: str,
        *,
        bold: bool = False,
    ) -> float:
        """Write `text`, broken to `room` (0: not at all); return where it ends."""
        if not text:
            return y
        found = self._measure(text, room, size, bold=bold)
        self._painter.setFont(_font(size, bold=bold))
        self._painter.setPen(QColor(colour))
        place = QRectF(x, y, max(room, found.width()) + 4, found.height() + 4)
        self._painter.drawText(place, _flags(text, room, size, bold), text)
        return y + found.height()

    def _measure(self, text: str, room: float, size: int, *, bold: bool = False) -> QRectF:
        metrics = QFontMetricsF(_font(size, bold=bold))
        flags = _flags(text, room, size, bold)
        return metrics.boundingRect(QRectF(0, 0, room or 1, 1e6), flags, text)


def _flags(text: str, room: float, size: int, bold: bool) -> int:
    """Break between words; a word that is longer than the line anywhere."""
    plain = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
    if not room:
        return int(plain)
    metrics = QFontMetricsF(_font(size, bold=bold))
    longest = max((metrics.horizontalAdvance(word) for word in text.split()), default=0)
    wrap = Qt.TextFlag.TextWrapAnywhere if longest > room else Qt.TextFlag.TextWordWrap
    return int(plain) | int(wrap)


def _fitted(picture: NDArray[np.uint8], box: QRectF) -> QRectF:
    height, width = picture.shape[:2]
    by = min(box.width() / width, box.height() / height)
    return QRectF(box.left(), box.top(), by * width, by * height)


def _ticks(scale: FigureScale) -> Iterator[tuple[float, str]]:
    """Yield where on the bar which number stands; between the ends only what is exact."""
    yield 0.0, number(scale.low)
    if scale.signed and np.isclose(scale.low, -scale.high):
        yield 0.5, "0"
    elif scale.linear and not scale.signed:
        yield 0.5, number((scale.low + scale.high) / 2)
    yield 1.0, number(scale.high)
