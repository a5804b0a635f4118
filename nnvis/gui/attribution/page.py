"""Looking back: what in the picture drives a unit, live, and how it is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from nnvis.engine.protocol.snapshot import Attribution, Snapshot
from nnvis.gui.attribution import PAGE
from nnvis.gui.attribution.controls import AttributionControls
from nnvis.gui.attribution.score import ScoreStrip
from nnvis.gui.attribution.text import followed_text, frame_text, origin_text, takes_time
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.colour_bar import ColourBar
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.progress import Progress
from nnvis.views.registry import EVERY_VIEW


class AttributionPage(PageWidget):
    """The picture, its scale and what is to be known of it stay in sight above the controls."""

    again = Signal()  # run the slow view on the frame of now
    cancelled = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Look back", PAGE.wide)
        self._slow = False
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="title")
        self.detail = ElidedLabel(kind="dim")
        self.picture = PictureView("What drives the unit", least=110)
        self.scale = ColourBar()
        self.scale.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.note = PlainLabel(kind="dim")
        self.warning = PlainLabel(kind="warn")
        for label in (self.note, self.warning):
            label.setWordWrap(True)
            label.hide()
        self.bar = QProgressBar(textVisible=False)
        self.cancel = QPushButton(tr("Cancel"))
        self.redo = QPushButton(tr("Again"))
        self.redo.setToolTip(tr("Run this view on the picture that is shown now"))
        for button in (self.cancel, self.redo):
            KeepKeys(button, PRESS)
        self.controls = AttributionControls(self.controller)
        self.score = ScoreStrip()
        self._arrange()
        context.mirrored.connect(self.picture.set_mirrored)
        self.cancel.clicked.connect(self.cancelled)
        self.redo.clicked.connect(self.again)
        self._show_job(None)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over what is looked back from."""
        self.controls.set_view_state(view_state)
        origin = view_state.request.origin
        if origin is None or view_state.info is None:
            return
        self._slow = takes_time(origin.view)
        self.redo.setVisible(self._slow and self.bar.isHidden())
        self.title.say(
            f"{EVERY_VIEW[origin.view].title} from {origin_text(view_state.info, origin)}"
        )
        if not self._slow:
            self._show_job(None)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the view of a current snapshot, else veil the old; slow ones: `show_still`."""
        if snapshot is not None and match.picture:
            self.controls.set_classes(tuple((one.index, one.label) for one in snapshot.top))
            found = snapshot.objects
            self.controls.set_objects(found.listed if found is not None else ())
        if self._slow or not self.isVisible():
            return
        if snapshot is None or snapshot.attribution is None or not match.attribution:
            self.forget()
            return
        self._show(snapshot, snapshot.attribution, "")

    def show_still(self, snapshot: Snapshot) -> None:
        """Show what a slow view found on the frame of `snapshot`."""
        if self._slow and snapshot.attribution is not None:
            self._show(snapshot, snapshot.attribution, frame_text(snapshot))

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far a slow view is; None: nothing runs."""
        self._show_job(progress)

    def forget(self) -> None:
        """Veil what is shown: it is not of what is wanted now."""
        self.picture.set_stale()
        self.scale.forget()
        self.detail.say("…")
        self.note.hide()
        self.warning.hide()

    def _show(self, snapshot: Snapshot, attribution: Attribution, frame: str) -> None:
        self.picture.show_picture(attribution.picture)
        self.picture.set_note(frame)
        parts = [followed_text(attribution.origin, snapshot.info.detects)]
        if attribution.at:
            parts.append(f"maps of {attribution.at}")
        if snapshot.attack is not None:
            parts.append("of the clean picture")
        self.detail.say(", ".join(parts))
        low, high = short(attribution.low), short(attribution.high)
        tip = f"one scale for all of the picture: {low} to {high}"
        if attribution.peak > attribution.high:
            tip += f"\nthe strongest value, {short(attribution.peak)}, has the colour of the end"
        self.scale.show_scale(
            attribution.colormap,
            (low, high),
            signed=attribution.signed,
            tip=tip,
        )
        note = attribution.note
        if not attribution.bad and attribution.peak == 0:
            note = "; ".join(one for one in ("nothing comes back: all values are 0", note) if one)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if attribution.bad:
            self.warning.setText(
                f"{attribution.bad:,} values are NaN or infinite, drawn in magenta"
            )
        self.warning.setVisible(bool(attribution.bad))

    def _show_job(self, progress: Progress | None) -> None:
        for widget in (self.bar, self.cancel):
            widget.setVisible(progress is not None)
        self.redo.setVisible(self._slow and progress is None)
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)

    def _arrange(self) -> None:
        below = QWidget()
        vbox(
            self.note, self.warning, self.score, self.controls, STRETCH,
            gap=6, edge=(0, 0, 4, 0), of=below,
        )  # fmt: skip
        area = scrolled(below)
        job = hbox((self.bar, 1), self.cancel, self.redo, gap=8)
        self.column.addWidget(self.title)
        self.column.addWidget(self.detail)
        self.column.addWidget(self.picture, 3)
        self.column.addWidget(self.scale)
        self.column.addLayout(job)
        self.column.addWidget(area, 2)
