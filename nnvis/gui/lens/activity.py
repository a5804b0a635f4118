"""The page of the lens about activity: a histogram, and what is dead."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolTip, QWidget

from nnvis.engine.protocol.observations import Activity
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr

NAMED = 24  # dead units that are named; of the others the number
ROWS = ("frames", "zeros", "mean", "dead cells", "dead units")
TIPS = {
    "frames": "Over which the histogram counts; of large maps there is room for fewer",
    "zeros": "Share of all values that are exactly 0; the histogram leaves them out",
    "mean": "Mean and standard deviation of all values, with the zeros",
    "dead cells": "Cells of this unit that were exactly 0 in every one of the last frames",
    "dead units": "Units of this layer all of whose cells were; a click goes there",
}


class ActivityView(QWidget):
    """Counts of values other than zero; zeros are told beside them."""

    unit_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.histogram = _Histogram()
        self.numbers = {name: PlainLabel("…") for name in ROWS}
        self.units = PlainLabel(wraps=True)
        self.units.setTextFormat(Qt.TextFormat.RichText)  # numbers of ours, to be clicked
        self.units.linkActivated.connect(lambda link: self.unit_chosen.emit(int(link)))
        table = QGridLayout()
        table.setVerticalSpacing(3)
        for row, (name, number) in enumerate(self.numbers.items()):
            head = PlainLabel(name, kind="dim")
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
            number.setAccessibleName(tr(TIPS[name]))
            for column, part in enumerate((head, number)):
                part.setToolTip(plain_tip(TIPS[name]))
                table.addWidget(part, row, column)
        table.setColumnStretch(1, 1)
        vbox(self.histogram, table, self.units, STRETCH, gap=8, edge=0, of=self)

    def show_found(self, found: Activity) -> None:
        """Show what was counted."""
        self.histogram.show_counts(found)
        total = int(found.counts.sum()) + found.zeros
        dead = len(found.dead_units)
        texts = {
            "frames": f"{found.frames}" + (f", {found.bad:,} NaN or ∞" if found.bad else ""),
            "zeros": _percent(found.zeros / max(1, total)),
            "mean": f"{short(found.mean)} ± {short(found.deviation)}",
            "dead cells": f"{_percent(found.dead_cells)} in {found.looked} frames",
            "dead units": f"{dead:,} of {found.units:,} ({_percent(dead / max(1, found.units))})",
        }
        for name, text in texts.items():
            self.numbers[name].setText(text)
        named = ", ".join(f'<a href="{unit}">{unit}</a>' for unit in found.dead_units[:NAMED])
        more = f" and {dead - NAMED:,} more" if dead > NAMED else ""
        self.units.setText(f"0 in all {found.looked} frames: {named}{more}" if dead else "")

    def forget(self) -> None:
        """Show nothing: it would be of another unit."""
        self.histogram.show_counts(None)
        for number in self.numbers.values():
            number.setText("…")
        self.units.clear()


class _Histogram(QWidget):
    """Bars from the lowest to the highest value, the axis always with zero."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Activity | None = None
        self.setAccessibleName(tr("Histogram of the unit's values"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, 132)

    def show_counts(self, found: Activity | None) -> None:
        self._found = found
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        foot = painter.fontMetrics().height() + 3
        box = QRectF(0, 4, self.width(), self.height() - foot - 4)
        painter.fillRect(box, theme.SHEET)
        found = self._found
        if found is None:
            painter.setPen(theme.DIM)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "…")
            return
        top = max(1, int(found.counts.max()))
        wide = box.width() / len(found.counts)
        for index, count in enumerate(found.counts):
            high = (box.height() - 14) * float(count) / top
            if count:
                bar = QRectF(index * wide, box.bottom() - max(1.0, high), max(1.0, wide - 1), high)
                painter.fillRect(bar, theme.ACCENT)
        low, last = float(found.edges[0]), float(found.edges[-1])
        zero = -low / (last - low) * box.width()
        painter.setPen(theme.DIM)
        if 0 < zero < box.width():
            painter.drawLine(QPointF(zero, box.top()), QPointF(zero, box.bottom() + 3))
        below = QRectF(0, box.bottom(), box.width(), foot)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(below, left | Qt.AlignmentFlag.AlignBottom, short(low))
        painter.drawText(below, right | Qt.AlignmentFlag.AlignBottom, short(last))
        if 40 < zero < box.width() - 40:
            at = QRectF(zero - 20, box.bottom(), 40, foot)
            painter.drawText(at, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, "0")
        if not found.counts.any():
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tr("nothing but zeros"))
        else:
            painter.setFont(theme.small(self.font(), 0.85))
            peak = box.adjusted(6, 2, -6, 0)
            painter.drawText(peak, left | Qt.AlignmentFlag.AlignTop, tr(f"{top:,} values"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._found
            if found is None:
                return True
            index = min(len(found.counts) - 1, event.pos().x() * len(found.counts) // self.width())
            ends = short(float(found.edges[index])), short(float(found.edges[index + 1]))
            text = f"{ends[0]} to {ends[1]}: {found.counts[index]:,} values"
            QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
