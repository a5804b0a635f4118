"""The workspace "Twins": both predictions, both grids and their difference, layer against layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from nnvis.engine.protocol.snapshot import Score, Snapshot
from nnvis.engine.twins import jobs as twin_jobs
from nnvis.engine.twins.answers import TwinBox, TwinView
from nnvis.gui.state.code_check import CodeCheck
from nnvis.gui.state.context import Context
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.controls import icon_button
from nnvis.gui.widgets.elided_label import ElidedLabel, TwoLines
from nnvis.gui.widgets.given_files import ask_file, file_kind
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.table import PickTable
from nnvis.language import tr, verbatim
from nnvis.models.info import WEIGHT_SUFFIXES, ModelRequest
from nnvis.models.trusted_code import CodeSeen, trust
from nnvis.progress import Progress

TITLES = ("The network in use", "Its twin", "The first minus the second")
SCENES = 200  # frames: those of one scene are so alike that all layers seem to be
PAIRS = 200  # rows of matched units
PUT = "Put beside"


class TwinsWorkspace(QWidget):
    """The second network is loaded and looks only while this is in sight."""

    closed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context, self.controller = context, context.controller
        self.setAccessibleName(tr("Twins"))
        self.box = TwinBox()
        self.model_request: ModelRequest | None = None
        self.view: TwinView | None = None
        self.job = JobSlot(self.controller, done=lambda _: None, progressed=self._show,
                           failed=self._failed)  # fmt: skip
        self._rows: list[str] = []  # layers of the table
        self._warned: CodeSeen | None = None  # the code that would run at another press
        self._check = CodeCheck(self)
        self._check.answered.connect(self._put_seen)
        self._arrange()
        self.close_button.clicked.connect(self.closed)
        self.spec.returnPressed.connect(self._typed)
        self.load.clicked.connect(self._typed)
        self.spec.textEdited.connect(lambda _text: self._warn(None))
        self.weights.clicked.connect(self._ask_weights)
        self.layers.picked.connect(self._go_layer)

    def put(self, model_request: ModelRequest) -> None:
        """Put another network beside the one that looks."""
        self.model_request, self.view = model_request, None
        self.spec.setText(model_request.spec)
        self._begin()

    def set_view_state(self, view_state: ViewState) -> None:
        """Begin anew where the first network is another one; offer its own checkpoints."""
        info = view_state.info
        if info is None:
            return
        if not self.spec.text():
            self.spec.setPlaceholderText(tr(f"{info.model_request.spec}, or another model"))
        if self.job.ask(id(info)) and self.model_request is not None and self.isVisible():
            self._begin()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Hand the frame that is shown to both networks."""
        if snapshot is not None and match.picture and self.isVisible():
            self.box.asked = (snapshot.frame, snapshot.request)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.model_request is not None and not self.job.busy:
            self._begin()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.job.forget()  # and the second network with it

    def _begin(self) -> None:
        if self.model_request is None or not self.isVisible():
            return
        self.box = TwinBox()
        last = self.controller.last
        if last is not None:
            self.box.asked = (last.frame, last.request)
        for picture in self.sheets:
            picture.set_stale()
        self.job.submit(twin_jobs.watch(self.model_request, self.box))

    def _show(self, step: Progress | None) -> None:
        if isinstance(step, TwinView):
            if step.problem:
                self.state.say(step.problem)
            else:
                self.show_view(step)
        elif step is not None and step.note:  # else what was said of the last frame stays
            self.state.say(step.note)

    def show_view(self, view: TwinView) -> None:
        """Show both networks on one frame."""
        self.view = view
        agree = "" if math.isnan(view.agree) else (
            f" The same first class in {view.agree:.0%} of {view.frames} frames."
        )  # fmt: skip
        few = f" So far over {view.frames} frames; let other scenes pass before you rely on it."
        self.state.say(view.parting + agree + (few if view.frames < SCENES else ""))
        titles = (
            verbatim(f"{view.names[0]} · {view.layers[0]}"),
            verbatim(f"{view.names[1]} · {view.layers[1]}"),
            view.apart,
        )  # fmt: skip
        for place, picture in enumerate(self.sheets):
            self.titles[place].say(titles[place])
            if place < len(view.sheets):
                picture.show_picture(view.sheets[place])
            else:
                picture.set_stale()
        for label, scores in zip(self.tops, view.tops, strict=True):
            label.setText(_scores(scores))
        if view.tops[0] and view.tops[1]:
            same = view.tops[0][0].index == view.tops[1][0].index
            self.verdict.setText("Both say the same." if same else "They say different things.")
            self.verdict.setObjectName("dim" if same else "warn")
            self.verdict.style().polish(self.verdict)
        rows = [
            (verbatim(one.first), verbatim(one.second), "name" if one.by_name else "likeness",
             "…" if math.isnan(one.cka) else f"{one.cka:.2f}")
            for one in view.counterparts
        ]  # fmt: skip
        self._rows = [one.first for one in view.counterparts]
        self.layers.renew(rows)
        pairs = sorted(view.pairs, key=lambda one: one.correlation)[:PAIRS]
        self.units.renew(
            [
                (
                    str(one.first),
                    str(one.second),
                    f"{one.correlation:.2f}",
                    "yes" if one.correlation > view.unrelated else "no",
                )
                for one in pairs
            ]
        )

    def _failed(self, line: str) -> None:
        self.state.say(line)
        self.context.notify(line)

    def _typed(self) -> None:
        spec, warned = self.spec.text().strip(), self._warned
        if warned is not None and warned.spec == spec:
            trust(warned.mark)
            self._put_seen(replace(warned, trusted=True))
        else:
            self._check.ask(spec)

    def _put_seen(self, code: CodeSeen) -> None:
        info = self.controller.view_state.info
        if info is None or code.spec != self.spec.text().strip():
            return
        self._warn(None if code.trusted else code)
        if code.trusted:
            spec, own = code.spec, info.model_request
            self.put(own if spec in ("", own.spec) else ModelRequest(spec, device=own.device))

    def _warn(self, code: CodeSeen | None) -> None:
        """Say which code would run, and let it be run by another press; None: there is none."""
        self._warned = code
        self.load.setText(tr("Run this code") if code is not None else tr(PUT))
        if code is not None:
            self.state.say(
                f"Loading runs the code in {code.spec} as it is now. Load it only if you trust it."
            )

    def _ask_weights(self) -> None:
        title = "Another checkpoint of the network in use"
        ask_file(self, title, self.put_weights, (file_kind("Weights", WEIGHT_SUFFIXES),))

    def put_weights(self, path: str) -> None:
        """Put the same network with other weights beside it."""
        info = self.controller.view_state.info
        if info is not None:
            self.put(replace(info.model_request, weights=path, random_weights=False))

    @Slot(int)
    def _go_layer(self, place: int) -> None:
        if place < len(self._rows):
            self.controller.go_layer(self._rows[place])

    def _arrange(self) -> None:
        self.close_button = icon_button("close", "Back to the live picture (Ctrl+D)")
        self.spec = QLineEdit()
        self.spec.setAccessibleName(tr("Second network"))
        self.spec.setToolTip(tr("A model, as in torchvision/resnet18; empty: the same one again"))
        self.load = QPushButton(tr(PUT))
        self.load.setObjectName("primary")
        self.weights = QPushButton(tr("Other weights…"))
        self.weights.setToolTip(tr("Another checkpoint of the network in use"))
        for button in (self.load, self.weights):
            KeepKeys(button, PRESS)
        self.state = TwoLines()
        self.state.say("Name a second network, or choose other weights of the one in use.")
        self.verdict = PlainLabel()
        self.titles = [ElidedLabel() for _ in TITLES]
        self.sheets = [PictureView(title, pixels=True, least=120) for title in TITLES]
        self.tops = [PlainLabel() for _ in range(2)]
        self.layers = PickTable("Layers", ("layer", "counterpart", "by", "CKA"))
        self.units = PickTable("Units one to one, the least alike first",
                               ("unit", "of the twin", "correlation", "related"))  # fmt: skip
        title = PlainLabel("Twins", kind="title")
        top = QHBoxLayout()
        for widget, share in (
            (title, 0), (self.spec, 1), (self.load, 0), (self.weights, 0), (self.close_button, 0),
        ):  # fmt: skip
            top.addWidget(widget, share)
        grids = QGridLayout()
        for column, text in enumerate(TITLES):
            head = PlainLabel(text, kind="section")
            grids.addWidget(head, 0, column)
            grids.addWidget(self.titles[column], 1, column)
            grids.addWidget(self.sheets[column], 2, column)
            grids.setColumnStretch(column, 1)
        for column, label in enumerate(self.tops):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setMinimumHeight(5 * self.fontMetrics().lineSpacing())
            grids.addWidget(label, 3, column)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        grids.addWidget(self.verdict, 3, 2)
        grids.setRowStretch(2, 1)
        below = hbox((self.layers, 3), (self.units, 2))
        vbox(top, self.state, (grids, 3), (below, 2), edge=(12, 8, 12, 8), of=self)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


def _scores(scores: Sequence[Score]) -> str:
    return "\n".join(f"{one.label}  {one.probability:.1%}" for one in scores) or "no classes"
