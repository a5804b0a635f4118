"""The page "Training": loss, how far each step moves the weights, and units that are dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.training import TrainingReport
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.training.attach_form import AttachForm
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.table import Table
from nnvis.language import tr, verbatim
from nnvis.models.info import ATTACHED, ModelRequest, is_attached
from nnvis.sources.training import SPEC

if TYPE_CHECKING:
    from nnvis.gui.widgets.plot import Plot

USUAL = 1e-3  # of the weights, a step changes about so much where training goes well
FAR = 10.0  # times as much, or as little, is marked
_ROWS = 12
_HIGH = 150
_SMOOTH = 0.1  # weight of each new loss in the line that is drawn over them


class TrainingPage(PageWidget):
    """Without a training it says how to come by one; with one it shows how that goes."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Training")
        self._report: TrainingReport | None = None
        self._plots: tuple[Plot, Plot] | None = None  # made with the first report
        self._lines: list[Any] = []
        self.form = AttachForm()
        self.title = PlainLabel(wraps=True)
        self.note = PlainLabel(kind="dim", wraps=True)
        self.batch = QPushButton(tr("Show its batches"))
        self.batch.setToolTip(tr("Look at the pictures that are trained on; or choose any source"))
        self.leave = QPushButton(tr("Leave"))
        self.leave.setToolTip(tr("Go back to the bundled network; the training goes on"))
        self.loss = QVBoxLayout()
        self.ratios = QVBoxLayout()
        self.weights = Table("How far a step moved each weight", 2)
        self.dead = Table("Dead units of each layer", 2)
        self.board = self._board()
        inside = QWidget()
        vbox(self.form, self.board, STRETCH, edge=(0, 0, 6, 0), of=inside)
        self.column.addWidget(scrolled(inside), 1)
        self.board.hide()
        self.form.chosen.connect(self.attach)
        self.form.failed.connect(context.notify)
        self.batch.clicked.connect(lambda: self.controller.open_source(SPEC))
        self.leave.clicked.connect(self._leave)
        context.page_turned.connect(self._turned)
        context.wait_for(self.form.doors)

    def attach(self, address: str, training: bool) -> None:
        """Go over to the network at `address`."""
        self.controller.run_model(ModelRequest(f"{ATTACHED}{address}"))
        if training:
            self.controller.open_source(SPEC)

    def set_view_state(self, view_state: ViewState) -> None:
        """Show the form while the network is one of this process."""
        info = view_state.info
        attached = info is not None and is_attached(info.model_request.spec)
        if not attached:
            self._report = None
        self.form.setVisible(not attached)
        self.board.setVisible(attached)
        self.batch.setVisible(view_state.source != SPEC)
        if attached and self._report is None and info is not None:
            self.title.setText(f"{model_title(info)}: nothing was told of a training yet")

    def show_snapshot(self, snapshot: Snapshot | None, _fresh: Freshness) -> None:
        """Take the report that came with a snapshot of the network in use."""
        report = snapshot.observations.training if snapshot is not None else None
        if report is None or snapshot is None or snapshot.info is not self.view_state.info:
            return
        if self._report is not None and _same(report, self._report):
            return
        self._report = report
        if self.isVisible():
            self._show(report)

    def showEvent(self, event: Any) -> None:
        """Draw what came while another page was in sight."""
        super().showEvent(event)
        self.form.look()
        if self._report is not None:
            self._show(self._report)

    def _turned(self, page: str) -> None:
        if page == "training":
            self.form.look()

    def _leave(self) -> None:
        self.controller.load_model(ModelRequest(device=self.controller.settings.device))
        if self.view_state.source == SPEC:
            self.controller.open_source("demo")

    def _show(self, report: TrainingReport) -> None:
        rate = f", {short(report.rate)} steps/s" if report.rate > 0 else ""
        self.title.setText(f"{report.title}, step {report.step:,}{rate}")
        self.note.setText(report.note)
        self.note.setVisible(bool(report.note))
        self._draw(report)
        last = report.ratios[-1] if len(report.ratios) else np.full(len(report.weights), np.nan)
        rows: list[tuple[str, str, str]] = []
        marked: list[int] = []
        for at in _odd_first(last)[:_ROWS]:
            value = float(last[at])
            if np.isfinite(value) and not USUAL / FAR <= value <= USUAL * FAR:
                marked.append(len(rows))
            rows.append((verbatim(report.weights[at]), short(value), f"1e{_power(value)}"))
        more = len(report.weights) - len(rows)
        self.weights.show_rows(
            ("weight", "change / size", "power"),
            [*rows, *([(f"and {more} more", "", "")] if more > 0 else [])],
            f"Length of the last step's change over the length of the weights; about {USUAL:g} is "
            "usual. Those far from it come first.",
            marked,
        )
        dead = [(verbatim(one.layer), str(one.dead), str(one.units)) for one in report.dead]
        self.dead.show_rows(
            ("layer", "dead", "of"),
            dead or [("no layer that rectifies", "", "")],
            f"Units that were zero everywhere in the last {report.pictures} pictures",
            [at for at, one in enumerate(report.dead) if one.dead],
        )

    def _draw(self, report: TrainingReport) -> None:
        import pyqtgraph as pg

        _, ratios = self._made_plots()
        while len(self._lines) > 2:
            ratios.removeItem(self._lines.pop())
        good = np.isfinite(report.losses)
        steps, values = report.loss_steps[good], report.losses[good].astype(np.float64)
        self._lines[0].setData(steps, values)
        self._lines[1].setData(steps, _smoothed(values))
        logs = np.log10(np.where(report.ratios > 0, report.ratios, np.nan).astype(np.float64))
        for at in range(min(logs.shape[1], 64)):
            pen = pg.mkPen(pg.intColor(at, max(8, logs.shape[1]), alpha=150), width=1)
            line = ratios.plot(report.ratio_steps, logs[:, at], pen=pen, connect="finite")
            self._lines.append(line)

    def _made_plots(self) -> tuple[Plot, Plot]:
        if self._plots is not None:
            return self._plots
        import pyqtgraph as pg

        from nnvis.gui.widgets.plot import dark_plot

        loss, ratios = dark_plot("Loss", "step"), dark_plot("Change over size", "step")
        for plot, place in ((loss, self.loss), (ratios, self.ratios)):
            plot.setFixedHeight(_HIGH)
            place.addWidget(plot)
            for side in ("left", "bottom"):
                plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
        self._lines = [
            loss.plot(pen=pg.mkPen(theme.FAINT, width=1)),
            loss.plot(pen=pg.mkPen(theme.ACCENT, width=2)),
        ]
        usual = pg.InfiniteLine(
            np.log10(USUAL), angle=0, pen=pg.mkPen(theme.DIM, style=Qt.PenStyle.DashLine)
        )
        ratios.addItem(usual)
        self._plots = loss, ratios
        return self._plots

    def _board(self) -> QWidget:
        board = QWidget()
        layout = QVBoxLayout(board)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        buttons = hbox(self.batch, self.leave, STRETCH)
        layout.addWidget(self.title)
        layout.addLayout(buttons)
        layout.addWidget(self.note)
        for head, tip, inside in (
            ("Loss", "Each step's, and a mean in which the late ones count most", self.loss),
            ("Change of the weights", "As a power of ten of their size; a line a weight",
             self.ratios),
        ):  # fmt: skip
            layout.addWidget(_head(head, tip))
            layout.addLayout(inside)
        layout.addWidget(self.weights)
        layout.addWidget(_head("Dead units", "Zero in every cell of every one of the last looks"))
        layout.addWidget(self.dead)
        return board


def _head(text: str, tip: str) -> PlainLabel:
    label = PlainLabel(text, kind="section")
    label.setToolTip(plain_tip(tip))
    return label


def _same(one: TrainingReport, other: TrainingReport) -> bool:
    return one.step == other.step and len(one.losses) == len(other.losses)


def _odd_first(ratios: Any) -> list[int]:
    """Return the places of weights, those first that are farthest from what is usual."""
    apart = np.abs(np.log10(np.maximum(ratios, 1e-30) / USUAL))
    return [int(at) for at in np.argsort(-np.nan_to_num(apart, nan=-1.0), kind="stable")]


def _power(value: float) -> str:
    return f"{np.log10(value):.1f}" if value > 0 and np.isfinite(value) else "?"


def _smoothed(values: Any) -> Any:
    """Return the running mean in which each new value counts a tenth."""
    if not len(values):
        return values
    found, mean = np.empty(len(values)), float(values[0])
    for at, value in enumerate(values):
        mean += _SMOOTH * (float(value) - mean)
        found[at] = mean
    return found
