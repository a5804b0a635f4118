"""The dialog of a figure: what is on it, how it looks, and where it goes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
)

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import OwnRange, Snapshot
from nnvis.engine.saving.jobs import own_range
from nnvis.export import file_name
from nnvis.gui.figure.content import (
    PARTS,
    RANGES,
    Figure,
    board_figure,
    figure_of,
    has_own_range,
    parts_of,
)
from nnvis.gui.figure.formats import DOTS, FORMATS, draw_image, write_steps
from nnvis.gui.figure.paint import PAPERS, undrawable
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.commands import SAVE, Command
from nnvis.gui.state.context import Context
from nnvis.gui.state.saving import default_folder
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import scrolled, with_key
from nnvis.gui.widgets.given_files import ask_new_file, file_kind
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.imaging.colour_options import Range
from nnvis.language import tr

COMMANDS = (Command("figure", SAVE, "Figure for slides and papers…", ("Ctrl+Shift+F",)),)
PREVIEW = 90  # dots per inch
_LOOKS = {
    "light": ("Light", "On white paper"),
    "dark": ("Dark", "On a dark slide"),
}


@dataclass(frozen=True, slots=True)
class FigureChoice:
    """How the form was left."""

    part: str = "layer"  # one of PARTS
    range: str = "grid"  # one of RANGES, for the unit
    paper: str = "light"  # one of PAPERS


class FigureDialog(QDialog):
    """Of the look that was shown when it opened; the picture goes on behind it."""

    def __init__(self, context: Context, snapshot: Snapshot, left: FigureChoice) -> None:
        super().__init__(context.window)
        self._context, self._snapshot = context, snapshot
        self._own: OwnRange | None = None  # until it is worked out
        self.setWindowTitle(tr("Figure"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.part, self.paper, self.range = left.part, left.paper, left.range
        self.title = QLineEdit()
        self.title.setAccessibleName(tr("Title"))
        board = context.saving.board("#ffffff", "#000000", "#000000") is not None
        there = {name: PARTS[name] for name in parts_of(snapshot, board=board)}
        self.parts = ChoiceRow("Shows", there)
        self.ranges = ChoiceRow("Range of the colours", RANGES)
        self.papers = ChoiceRow("Look", _LOOKS)
        self.preview = PlainLabel()
        self.preview.setAccessibleName(tr("The figure"))
        self.note = PlainLabel(kind="warn", wraps=True)
        self.saves = save = QPushButton(with_key(tr("Save…"), "S"))
        self.copies = copy = QPushButton(with_key(tr("Copy"), "C"))
        close = QPushButton(with_key(tr("Close"), "L"))
        save.setDefault(True)
        form = QFormLayout()
        for name, widget in (
            ("Title", self.title), ("Shows", self.parts), ("Range", self.ranges),
            ("Look", self.papers),
        ):  # fmt: skip
            form.addRow(PlainLabel(name), widget)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (close, copy, save):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(scrolled(self.preview), 1)
        column.addWidget(self.note)
        column.addLayout(row)
        if self.part not in there:
            self.part = "layer"
        self.parts.show_choice(self.part)
        self.ranges.show_choice(self.range)
        self.papers.show_choice(self.paper)
        self.parts.chosen.connect(self._choose_part)
        self.ranges.chosen.connect(self._choose_range)
        self.papers.chosen.connect(self._choose_paper)
        self.title.textChanged.connect(lambda _text: self._draw())
        save.clicked.connect(self.ask_save)
        copy.clicked.connect(self.copy)
        close.clicked.connect(self.reject)
        self._task = BackgroundTask("nnvis-figure", partial(own_range, snapshot), self)
        self._task.answered.connect(self._came)
        context.wait_for(self._task)
        self._task.start()
        self._draw()
        self.resize(QSize(700, 720).boundedTo(self.screen().availableSize() * 0.9))

    @property
    def figure(self) -> Figure:
        """What would be written."""
        return self._figure(self.title.text().strip())

    def _figure(self, title: str = "") -> Figure:
        paper = PAPERS[self.paper]
        drawn = self._context.saving.board(paper.ground, paper.ink, paper.dim)
        if self.part == "board" and drawn is not None:
            return board_figure(drawn[1], drawn[2], title)
        own = self._own if self._own_range or self.part == "overlay" else None
        return figure_of(self._snapshot, "layer" if self.part == "board" else self.part, title, own)

    @property
    def _own_range(self) -> bool:
        """Whether the colours stand for the unit's own values."""
        if self.part == "overlay":
            return self._snapshot.request.shading.range is not Range.FIXED
        own = self.range == "own" or not has_own_range(self._snapshot)
        return self.part == "unit" and own

    @property
    def _ready(self) -> bool:
        """Whether all that is to be drawn is there."""
        return self._own is not None or not (self._own_range or self.part == "overlay")

    def ask_save(self) -> None:
        """Ask for a file, and write the figure into it."""
        kinds = [file_kind(end[1:].upper(), (end,)) for end in FORMATS]
        near = str(default_folder(self._context.controller))
        ask_new_file(self, "Save the figure", self.save, kinds, near, self._offered())

    def _offered(self) -> str:
        """Its only dot is that of the end: Qt changes what follows the last one with the kind."""
        shown = self._snapshot
        whole = self.part in ("layer", "board")
        of = self.part if whole else f"unit{shown.unit.index:04d}"
        view = self.part if self.part in ("view", "overlay") else ""
        name = file_name(time.strftime("%Y%m%d-%H%M%S"), shown.layer.name, of, view)
        return name.replace(".", "-") + next(iter(FORMATS))

    def save(self, path: Path) -> None:
        """Write the figure, on a thread of its own."""
        work = partial(write_steps, self.figure, self.paper, path)
        self._context.saving.write(Job("figure", work))
        self.accept()

    def copy(self) -> None:
        """Put the figure onto the clipboard, as a picture."""
        QApplication.clipboard().setImage(draw_image(self.figure, PAPERS[self.paper], DOTS))
        self._context.toast("The figure is on the clipboard")

    def _choose_part(self, part: str) -> None:
        self.part = part
        self._draw()

    def _choose_range(self, range_: str) -> None:
        self.range = range_
        self._draw()

    def _came(self, own: OwnRange) -> None:
        self._own = own
        self._draw()

    def _choose_paper(self, paper: str) -> None:
        self.paper = paper
        self._draw()

    def _draw(self) -> None:
        self.ranges.setEnabled(self.part == "unit" and has_own_range(self._snapshot))
        self.ranges.show_choice("own" if self._own_range else "grid")
        for button in (self.saves, self.copies):
            button.setEnabled(self._ready)
        if not self._ready:
            return
        figure, dpr = self.figure, self.devicePixelRatioF()
        image = draw_image(figure, PAPERS[self.paper], PREVIEW * dpr)
        image.setDevicePixelRatio(dpr)
        self.preview.setPixmap(QPixmap.fromImage(image))
        self.title.setPlaceholderText(self._figure().title)
        missing = undrawable(figure)
        self.note.setText(f"No font here draws {missing}: they will be boxes" if missing else "")
        self.note.setVisible(bool(missing))


def tie(context: Context) -> None:
    """Let the command open the dialog, as it was left."""
    last = FigureChoice()

    def ask() -> None:
        controller = context.controller
        shown = context.saving.still() or controller.shown
        if shown is None:
            context.notify("nothing is shown yet; make the figure when a picture is there")
            return
        looks_back = controller.view_state.request.attribution is not None
        part = "view" if looks_back and shown.attribution is not None else last.part
        part = "board" if context.page == "board" else part
        dialog = FigureDialog(context, shown, replace(last, part=part))
        dialog.finished.connect(lambda: keep(dialog))
        dialog.open()

    def keep(dialog: FigureDialog) -> None:
        nonlocal last
        # The others go with what is in sight.
        part = dialog.part if dialog.part in ("layer", "unit", "overlay") else last.part
        last = FigureChoice(part, dialog.range, dialog.paper)

    context.commands.on("figure", ask)
