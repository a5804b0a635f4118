"""What the network says between the two pictures, and on a plane around them."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolTip, QWidget

from nnvis.engine.protocol.attack_results import Surroundings
from nnvis.gui.attack.text import percent
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.plot import dark_plot
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr, verbatim

COLOURS = (
    theme.ACCENT, theme.BAD, QColor("#f0b429"), QColor("#45bfae"), QColor("#a98bf0"),
    QColor("#e879a6"), QColor("#9bd05a"),
)  # fmt: skip
OTHER = QColor("#6b7382")
DARKEST = 0.35  # how bright a class is shown where it is hardly the likeliest


class SurroundingsPlot(QWidget):
    """Curves, plane and legend share the colours of the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = dark_plot("probability along the line", "0: clean, 1: attacked")
        self.plot.setFixedHeight(140)
        self.plane = _PlaneMap()
        self.legend = QGridLayout()
        self.legend.setVerticalSpacing(2)
        self.legend.setHorizontalSpacing(6)
        self.legend.setColumnStretch(1, 1)
        layout = vbox(self.plot, self.legend, self.plane, gap=6, edge=0, of=self)
        axis = PlainLabel(
            "across: clean to attacked; up and down: a random direction as long",
            kind="dim", wraps=True,
        )  # fmt: skip
        layout.addWidget(axis)

    def show_result(self, found: Surroundings) -> None:
        """Draw what was found."""
        line, plane = found.line, found.plane
        classes, counts = np.unique(plane.top, return_counts=True)
        often = [int(classes[at]) for at in np.argsort(-counts)]
        shown = list(dict.fromkeys([*line.classes, *often]))[: len(COLOURS)]
        colours = {index: COLOURS[place] for place, index in enumerate(shown)}
        self.plot.clear()
        for at in (0, 1):
            self.plot.addItem(pg.InfiniteLine(at, pen=pg.mkPen(theme.LINE)))
        for column, index in enumerate(line.classes):
            pen = pg.mkPen(colours[index], width=1.8)
            self.plot.plot(line.places, line.probabilities[:, column], pen=pen)
        self.plot.setYRange(0, 1, padding=0.02)
        self.plot.setXRange(float(line.places[0]), float(line.places[-1]), padding=0)
        while (old := self.legend.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.deleteLater()
        for row, index in enumerate(shown):
            name = found.names.get(index)
            text = f"class {index}" if name is None else verbatim(name)
            self._name(row, colours[index], text)
        if set(plane.top.ravel().tolist()) - set(shown):
            self._name(len(shown), OTHER, "other classes")
        self.plane.show_plane(found, colours)

    def _name(self, row: int, colour: QColor, text: str) -> None:
        swatch = PlainLabel()
        swatch.setFixedSize(12, 12)
        swatch.setStyleSheet(f"background: {colour.name()}; border-radius: 2px;")
        name = ElidedLabel()
        name.say(text)
        self.legend.addWidget(swatch, row, 0)
        self.legend.addWidget(name, row, 1)


class _PlaneMap(QWidget):
    """A square for each picture: the colour is its class, the brightness its probability."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Surroundings | None = None
        self._image = QImage()
        self.setAccessibleName(tr("Classes on the plane around the picture"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def show_plane(self, found: Surroundings, colours: dict[int, QColor]) -> None:
        self._found = found
        top, sure = found.plane.top, found.plane.probability
        picture = np.zeros((*top.shape, 3), np.float32)
        for index in np.unique(top):
            colour = colours.get(int(index), OTHER)
            picture[top == index] = (colour.red(), colour.green(), colour.blue())
        picture *= (DARKEST + (1 - DARKEST) * np.clip(sure, 0, 1))[..., None]
        self._image = to_image(picture.round().astype(np.uint8))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._found is None:
            return
        painter = QPainter(self)
        room = self._room()
        painter.drawImage(room, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small(self.font(), 0.85))
        plane = self._found.plane
        for place, name in ((0.0, "clean"), (1.0, "attacked")):
            at = QPointF(
                room.left() + room.width() * _share(plane.across, place),
                room.top() + room.height() * _share(plane.down, 0.0),
            )
            painter.setPen(QColor(0, 0, 0))
            painter.setBrush(theme.OUTLINE)
            painter.drawEllipse(at, 3.5, 3.5)
            wide = painter.fontMetrics().horizontalAdvance(name) + 8
            tag = QRectF(at.x() - wide / 2, at.y() + 6, wide, 15)
            painter.fillRect(tag, QColor(0, 0, 0, 165))
            painter.setPen(theme.ON_PICTURE)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, name)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            room, found = self._room(), self._found
            if found is not None and room.contains(QPointF(event.pos())):
                rows, columns = found.plane.top.shape
                row = int((event.pos().y() - room.top()) / room.height() * rows)
                column = int((event.pos().x() - room.left()) / room.width() * columns)
                row, column = min(row, rows - 1), min(column, columns - 1)
                name = found.names.get(int(found.plane.top[row, column]), "")
                share = percent(float(found.plane.probability[row, column]))
                QToolTip.showText(event.globalPos(), plain_tip(f"{name} {share}"), self)
            return True
        return super().event(event)

    def _room(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF(0, 0, side, side)


def _share(places: np.ndarray[tuple[int], np.dtype[np.float64]], place: float) -> float:
    """Return where `place` lies on an axis of squares around `places`, 0 ... 1."""
    step = float(places[1] - places[0])
    return (place - float(places[0]) + step / 2) / (step * len(places))
