"""One lab: what it claims, its parameters, curves and pictures while it runs, what was seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QWidget,
)

from nnvis.gui.labs.findings import FindingsView
from nnvis.gui.labs.fold import Fold
from nnvis.gui.labs.jobs import LabState
from nnvis.gui.labs.pictures import LabPictures
from nnvis.gui.labs.tabs import LabTabs
from nnvis.gui.labs.text import state_text
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import menu_button, offer
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.parameter_form import ParameterForm
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.labs.datasets.names import CHOICES
from nnvis.labs.framework.lab import Lab
from nnvis.labs.framework.record import Record
from nnvis.language import tr

if TYPE_CHECKING:
    from nnvis.gui.labs.curves import CurvePlot

DATA = {"": "Usual data", **CHOICES}  # the lab's own, and digits where it is quick
FOLDER = "A folder with a folder a class…"


class LabPage(QScrollArea):
    """Emits what a person wants of this lab."""

    run_asked = Signal()
    cancel_asked = Signal()
    export_asked = Signal()
    unopened = Signal(object)  # the Path of a report, where nothing opens it
    folder_asked = Signal()
    data_chosen = Signal(str)

    def __init__(
        self,
        lab: Lab,
        choices: Mapping[str, str] = DATA,
        folder: str = FOLDER,
        above: QWidget | None = None,
    ) -> None:
        """`choices`: what --data may be, as it is written; `above` stands over the buttons."""
        super().__init__()
        self.lab = lab
        self._choices, self._folder_text, self._above = choices, folder, above
        self._unready = ""  # why it cannot be run
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.run = QPushButton(tr("Run"))
        self.run.setObjectName("primary")
        self.stop = QPushButton(tr("Cancel"))
        self.export = QPushButton(tr("Export…"))
        self.open = QPushButton(tr("Report"))
        self.amount = ChoiceRow(
            "How much",
            {
                "quick": ("Quick", "About a minute"),
                "full": ("Full", "More pictures and epochs: some minutes"),
            },
        )
        self.amount.show_choice("quick")
        self.data = next(iter(choices))
        self.source = menu_button("The pictures of this lab")
        self.set_data(self.data)
        self.parameters = ParameterForm(lab.options, columns=2)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(4)
        self.note = PlainLabel(kind="dim")
        about = QWidget()
        text = (PlainLabel(one, kind="dim", wraps=True) for one in (self.lab.about, self.lab.paper))
        vbox(*text, gap=8, edge=0, of=about)
        self.about, self.settings = Fold("What is done", about), Fold("Settings", self.parameters)
        self.first = LabPictures()  # what the first finding is seen by, if it is a picture
        self.panels = LabTabs({one.name: one.title for one in lab.panels})
        self.pictures = LabPictures()
        self.found = FindingsView()
        self.open.setToolTip(tr("Open the report in the browser"))
        self.export.setToolTip(tr("Copy the report with its figures and curves into a folder"))
        self._plots: dict[str, CurvePlot] = {}
        self._panel = lab.panels[0].name
        self._chosen = False  # by a person, so that growing curves do not turn the page
        self._folder: Path | None = None
        self._shown: Record | None = None
        self._arrange()
        self.about.open(True)
        self.settings.open(True)
        self.run.clicked.connect(self.run_asked)
        self.stop.clicked.connect(self.cancel_asked)
        self.export.clicked.connect(self.export_asked)
        self.open.clicked.connect(self._open_report)
        self.panels.chosen.connect(self._choose_panel)
        self.panels.show_choice(self._panel)

    @property
    def quick(self) -> bool:
        """Whether a short run is wanted."""
        return self.amount.buttons["quick"].isChecked()

    def set_data(self, spec: str) -> None:
        """Train on the pictures that `spec` names from now on."""
        self.data = spec
        known = self._choices
        chosen = [(text, spec == one, partial(self.set_data, one)) for one, text in known.items()]
        name = known.get(spec) or Path(spec).name
        folder = (self._folder_text, spec not in known, self.folder_asked.emit)
        offer(self.source, name, [*chosen, ("", False, lambda: None), folder])
        self.data_chosen.emit(spec)

    def set_unready(self, why: str) -> None:
        """Say why it cannot be run yet; empty when it can."""
        self._unready = why
        self.run.setToolTip(plain_tip(why))

    def show_state(self, state: LabState) -> None:
        """Show everything that is known of the lab."""
        record, busy = state.record, state.running or state.waiting is not None
        if record is not self._shown:
            self._shown, self._chosen = record, False
            self.about.open(record is None)  # whoever has a verdict reads that first
            self.settings.open(record is None)
            if record is not None:
                self.parameters.show_values(record.values)
        self._folder = state.folder
        self.run.setEnabled(not busy and not self._unready)
        self.run.setText(tr("Run again") if record is not None and not busy else tr("Run"))
        self.stop.setVisible(busy)
        done = record is not None and record.outcome is not None
        told = record is not None and (done or bool(record.curves))  # or ended early
        self.export.setVisible(told and not busy)
        self.open.setVisible(told and not busy)
        self.parameters.hold(busy)
        self.amount.setEnabled(not busy)
        self.source.setEnabled(not busy)
        self.show_progress(state)
        self.found.show_record(record)
        shown, figure = {} if record is None else record.shown, self._figure(record)
        self.first.show_pictures({name: one for name, one in shown.items() if name == figure})
        self.pictures.show_pictures({name: one for name, one in shown.items() if name != figure})
        self._follow(state)
        panels = {one.name for one in self.lab.panels}
        if done and record is not None:
            panels &= {panel for panel, _ in record.curves}
        self.panels.show_only(panels)
        self._draw(record)

    def show_progress(self, state: LabState) -> None:
        """Show how far it is, and how long it will still take."""
        step = state.step
        busy = state.running or state.waiting is not None
        self.bar.setVisible(busy)
        if state.running and step is not None and step.total:
            self.bar.setRange(0, step.total)
            self.bar.setValue(step.done)
        else:
            self.bar.setRange(0, 0 if state.running else 1)
        text = state_text(state, time.monotonic())
        if state.failure and not busy:
            text = f"⚠ {state.failure}"
        elif self._unready and not busy:
            text = self._unready
        elif state.running and step is not None and step.total and step.note:
            text = f"{text} · {step.note}"
        self.note.setText(text)

    def _follow(self, state: LabState) -> None:
        """Turn to the panel whose curves grow, until a person has chosen one."""
        if self._chosen:
            return
        figure = self._figure(state.record)
        known = figure if figure in {one.name for one in self.lab.panels} else ""
        self._panel = (state.running and state.panel) or known or self.lab.panels[0].name
        self.panels.show_choice(self._panel)

    def _figure(self, record: Record | None) -> str:
        """The panel or picture of the first finding."""
        findings = record.outcome.findings if record and record.outcome else ()
        return findings[0].figure if findings else ""

    def _choose_panel(self, name: str) -> None:
        self._panel, self._chosen = name, True
        self._draw(self._shown)

    def _draw(self, record: Record | None) -> None:
        if not self.isVisible():
            return
        if self._panel not in self._plots:
            from nnvis.gui.labs.curves import CurvePlot  # pyqtgraph: only when curves are looked at

            panel = next(one for one in self.lab.panels if one.name == self._panel)
            self._plots[self._panel] = CurvePlot(panel)
            self._stage.addWidget(self._plots[self._panel])
        for name, plot in self._plots.items():
            plot.setVisible(name == self._panel)
        self._plots[self._panel].show_record(record)

    def _open_report(self) -> None:
        if self._folder is not None:
            path = self._folder / "report.html"
            if not path.is_file():
                self.note.setText("This run broke off before its report was written.")
            elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
                self.unopened.emit(path)

    def _arrange(self) -> None:
        title = PlainLabel(self.lab.title, kind="title")
        title.setStyleSheet("font-size: 15pt;")
        self.note.setWordWrap(True)
        self._stage = vbox(edge=0)
        page = QWidget()
        row = hbox(self.run, self.stop, self.amount, self.source, None, self.open, self.export,
                   gap=8)  # fmt: skip
        above = () if self._above is None else (self._above,)
        vbox(
            title, PlainLabel(self.lab.claim, wraps=True), self.about, *above, row, self.settings,
            self.bar, self.note, self.found.verdict, self.found.seen, self.first, self.panels,
            self._stage, self.found, self.pictures, None, gap=10, edge=(22, 16, 22, 18), of=page,
        )  # fmt: skip
        self.setWidget(page)
