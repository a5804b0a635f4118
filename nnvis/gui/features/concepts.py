"""Concepts on the live picture: found by a job, painted in colours, and switched off."""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from nnvis.engine.attribution.concept_jobs import (
    MOST_PICTURES,
    ConceptsFound,
    concepts_of_frames,
    concepts_of_index,
)
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.features.concept_row import ConceptRow
from nnvis.gui.state.context import Context
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import STRETCH, vbox
from nnvis.gui.widgets.parameter_form import ParameterForm
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.parameters import build, options
from nnvis.progress import Progress
from nnvis.sources.frame import Frame
from nnvis.views.features.concept_basis import ConceptBasis, ConceptParameters

APART_S = 0.3  # seconds between frames that are kept: neighbours show the same
HINT = (
    "Concepts are parts of which the cells of a layer are sums. They are found in the frames that "
    "pass while this is open, or in the pictures of an index."
)


class ConceptsView(QWidget):
    """Keeps the last frames while it is in sight; what is off stays off, and the list says so."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self._controller = context, context.controller
        self._frames: deque[NDArray[np.uint8]] = deque(maxlen=MOST_PICTURES)
        self._frame: Frame | None = None
        self._kept = 0.0  # when the last one of them was
        self._of: tuple[object, ...] = ()  # model, fit: what the frames were fed by
        self._found: ConceptsFound | None = None
        self._off: tuple[int, ...] = ()
        self.note = PlainLabel(HINT, kind="dim", wraps=True)
        self.watched = PlainLabel()
        self.frames = QPushButton(tr("Find in these frames"))
        self.index = QPushButton(tr("In the index"))
        self.index.setToolTip(
            tr("In the top pictures of the index that is open (Ctrl+I opens one)")
        )
        self.bar = QProgressBar(textVisible=False)
        self.cancel = QPushButton(tr("Cancel"))
        self.form = ParameterForm(options(ConceptParameters))
        self.picture = PictureView("Concepts on the picture", least=110)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(2)
        self._rows: list[ConceptRow] = []
        buttons = QHBoxLayout()
        for widget, stretch in ((self.frames, 0), (self.index, 0), (self.bar, 1), (self.cancel, 0)):
            buttons.addWidget(widget, stretch)
        buttons.addStretch(0)
        for button in (self.frames, self.index, self.cancel):
            KeepKeys(button, PRESS)
        vbox(
            (self.picture, 3), self.watched, self.rows, self.note, buttons, self.form, STRETCH,
            gap=6, edge=(0, 0, 4, 0), of=self,
        )  # fmt: skip
        self._slot = JobSlot(self._controller, done=self._take, progressed=self._show_progress)
        self.frames.clicked.connect(self._find_in_frames)
        self.index.clicked.connect(self._find_in_index)
        self.cancel.clicked.connect(self._slot.cancel)
        self._show_progress(None)
        for shown in (self.picture, self.watched):
            shown.hide()

    def enter(self) -> None:
        """Paint what was found, now that this is in sight."""
        if self._found is not None:
            QTimer.singleShot(0, self._tell)  # pages come and go while what is asked is being told

    def leave(self) -> None:
        """Paint no more; what is off stays off."""
        if self._found is not None:
            QTimer.singleShot(0, partial(self._tell, painted=False))

    def set_view_state(self, view_state: ViewState) -> None:
        """Let go of concepts of another model, and follow what was put back."""
        request, info = view_state.request, view_state.info
        of = (id(info), view_state.source, request.fit)
        if of != self._of:
            self._of = of
            self._frames.clear()
        if self._found is None or info is None:
            return
        if self._found.basis.weights_hash != info.weights_hash:
            self._forget()
            return
        now = request.ablation.concepts
        self._off = now.off if now is not None else ()
        for number, row in enumerate(self._rows):
            with QSignalBlocker(row.off):
                row.off.setChecked(number in self._off)

    def show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Keep the frame, and show the concepts on it."""
        if not self.isVisible():
            return
        if snapshot is not None and snapshot.frame is not self._frame:
            self._frame = snapshot.frame
            if not self._frames or snapshot.timings.made - self._kept >= APART_S:
                self._frames.append(snapshot.fed)
                self._kept = snapshot.timings.made
        count = len(self._frames)
        frames = "this frame" if count == 1 else f"{count} frames"
        self.frames.setText(tr(f"Find in {frames}") if count else tr("No frames"))
        found = snapshot.observations.concepts if snapshot is not None else None
        if found is None or self._found is None or len(found.areas) != len(self._rows):
            self.picture.set_stale()
            for row in self._rows:
                row.forget()
            return
        self.picture.show_picture(found.painted)
        if not found.shares and found.top:  # they come with the next look
            for number, row in enumerate(self._rows):
                row.show_area(found.areas[number])
            return
        self.watched.setText(
            f"{found.top}: {found.whole:.1%} with all of them"
            if found.top
            else "no classes to watch"
        )
        for number, row in enumerate(self._rows):
            row.show_reading(found.areas[number], found.shares[number] if found.shares else None)

    @Slot()
    def _find_in_frames(self) -> None:
        layer = self._controller.view_state.layer
        if layer is not None and self._frames:
            self._slot.submit(concepts_of_frames(tuple(self._frames), layer.name, self._options))

    @Slot()
    def _find_in_index(self) -> None:
        view_state, folder = self._controller.view_state, self._controller.settings.index
        if view_state.layer is None or view_state.info is None:
            return
        if not folder:
            self._context.notify("no index is open: drop one here, or open it (Ctrl+I)")
            return
        request = view_state.request
        self._slot.submit(
            concepts_of_index(
                Path(folder), view_state.info, request.fit, view_state.layer.name, self._options
            )
        )

    @property
    def _options(self) -> ConceptParameters:
        return build(ConceptParameters, self.form.values(), "concepts")

    def put(self, basis: ConceptBasis, off: tuple[int, ...]) -> None:
        """Show concepts that were saved, of which the strongest pictures were not."""
        info = self._controller.view_state.info
        if info is not None and basis.weights_hash == info.weights_hash:
            self._show_rows(ConceptsFound(basis, ((),) * basis.count), off)

    def _take(self, found: ConceptsFound) -> None:
        self._show_rows(found, ())
        self._tell(painted=self.isVisible())

    def _show_rows(self, found: ConceptsFound, off: tuple[int, ...]) -> None:
        self._clear()
        self._found, self._off = found, off
        self.note.setText(found.basis.note)
        for number, tops in enumerate(found.tops):
            row = ConceptRow(number, tops)
            row.off.setChecked(number in off)
            row.switched.connect(self._switch)
            self.rows.addWidget(row)
            self._rows.append(row)
        for shown in (self.picture, self.watched):
            shown.show()

    @Slot(int, bool)
    def _switch(self, number: int, on: bool) -> None:
        off = set(self._off) | {number} if on else set(self._off) - {number}
        self._off = tuple(sorted(off))
        self._tell()

    def _tell(self, painted: bool = True) -> None:
        basis = self._found.basis if self._found is not None else None
        self._controller.set_concepts(basis, self._off, painted=painted)

    def _forget(self) -> None:
        self._clear()
        self._found, self._off = None, ()
        self.note.setText(HINT)
        for shown in (self.picture, self.watched):
            shown.hide()

    def _clear(self) -> None:
        for row in self._rows:
            self.rows.removeWidget(row)
            row.deleteLater()
        self._rows = []

    def _show_progress(self, progress: Progress | None) -> None:
        for widget in (self.bar, self.cancel):
            widget.setVisible(progress is not None)
        for widget in (self.frames, self.index):
            widget.setVisible(progress is None)
        self.form.hold(progress is not None)
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
