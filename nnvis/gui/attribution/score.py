"""What a view is worth: its deletion and insertion curves beside orders that know nothing."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.plot import Plot, dark_plot
from nnvis.language import tr
from nnvis.progress import Progress
from nnvis.views.faithfulness_curves import Faithfulness, FaithfulnessCurve

TIP = (
    "Takes the picture away, and brings it, in the order of this view, and watches what the "
    "network says; beside it the order from the middle outwards (dashed), and this same view moved "
    "and mirrored at random (thin)"
)
SIDES = (("deletion", "taken away"), ("insertion", "brought"))


class ScoreStrip(QWidget):
    """A button, then two small plots and one line that says what they mean."""

    asked = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton(tr("Score this view"))
        self.button.setToolTip(plain_tip(TIP))
        self.bar = QProgressBar(textVisible=False)
        self.cancel = QPushButton(tr("Cancel"))
        self.line = PlainLabel(wraps=True)
        self.detail = PlainLabel(kind="dim", wraps=True)
        self.plots: dict[str, Plot] = {}  # made for the first score
        row, self._pair = QHBoxLayout(), QHBoxLayout()
        for widget, stretch in ((self.button, 0), (self.bar, 1), (self.cancel, 0)):
            row.addWidget(widget, stretch)
        row.addStretch(0)
        vbox(row, self.line, self._pair, self.detail, gap=4, edge=0, of=self)
        for button in (self.button, self.cancel):
            KeepKeys(button, PRESS)
        self.button.clicked.connect(self.asked)
        self.cancel.clicked.connect(self.cancelled)
        self.show_progress(None)
        self.forget()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far the score is; None: nothing runs."""
        for widget in (self.bar, self.cancel):
            widget.setVisible(progress is not None)
        self.button.setVisible(progress is None)
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)

    def show_score(self, score: Faithfulness, frame: str) -> None:
        """Show what was measured on `frame`."""
        if not self.plots:
            self.plots = {name: _plot(name, below) for name, below in SIDES}
            for plot in self.plots.values():
                self._pair.addWidget(plot, 1)
        sides = (("deletion", score.deletion), ("insertion", score.insertion))
        for name, curve in sides:
            _draw(self.plots[name], curve)
            self.plots[name].show()
        verdict = score.verdict()
        self.line.setText(verdict[:1].upper() + verdict[1:] + ".")
        self.line.setStyleSheet("" if score.better else f"color: {theme.WARN.name()}")
        areas = "; ".join(
            f"{name} {own:.3f}, from the middle {centred:.3f}, at random {random:.3f}"
            for name, (own, centred, random) in ((one, curve.areas) for one, curve in sides)
        )
        self.detail.setText(f"Areas, {frame}: {areas}. Watched: {score.watched}.")
        for label in (self.line, self.detail):
            label.show()

    def forget(self) -> None:
        """Show nothing: what was measured is of something else."""
        for label in (self.line, self.detail):
            label.hide()
        for plot in self.plots.values():
            plot.hide()


def _plot(name: str, below: str) -> Plot:
    plot = dark_plot(f"{name} curve", below)
    plot.setFixedHeight(104)
    plot.setToolTip(plain_tip(TIP))
    item = plot.getPlotItem()
    item.getAxis("left").setWidth(30)
    item.setXRange(0, 1, padding=0.02)
    return plot


def _draw(plot: Plot, curve: FaithfulnessCurve) -> None:
    plot.clear()
    places = [step / (len(curve.view) - 1) for step in range(len(curve.view))]
    dim = pg.mkPen(theme.FAINT, width=0.8)
    for one in curve.random:
        plot.plot(places, one, pen=dim)
    plot.plot(places, curve.centred, pen=pg.mkPen(theme.DIM, width=1.2, style=Qt.PenStyle.DashLine))
    plot.plot(places, curve.view, pen=pg.mkPen(theme.ACCENT, width=2))
