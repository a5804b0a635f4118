"""The page about the stream: what the unit saw most strongly in it, and which units see a thing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from nnvis.engine.protocol.observations import StreamResult
from nnvis.engine.protocol.observe import GatherRequest
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.stream.frames import StreamFrames
from nnvis.gui.widgets.controls import HeldButton, scrolled
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import counted
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry
from nnvis.language import tr, verbatim
from nnvis.models.info import ModelInfo
from nnvis.top_images.spec import usual_layers
from nnvis.top_images.stream import LEAST_WITH, LEAST_WITHOUT

HELD = Qt.Key.Key_Period
SHOWN = 12  # units of a ranking
OFF = (
    "For every unit of every block, the frames of the stream in which it is strongest: one a "
    "second at most. They are kept, and joined with those of earlier streams."
)
ASK = (
    "Hold the key, or the button, while a thing is in view, and let it go when it is gone: the "
    "units that tell the two apart come here."
)


class StreamPage(PageWidget):
    """Gathering costs nothing while it is off; frames shown are always of the selected unit."""

    _gather_chosen = Signal(object)  # GatherRequest, or None

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Stream")
        self._info: ModelInfo | None = None
        self._question = 0
        self._problem = ""
        self._next = 0  # which unit of the ranking a jump goes to
        self.switch = QPushButton(tr("Gather"))
        self.switch.setCheckable(True)
        self.about = PlainLabel(OFF, kind="dim", wraps=True)
        self.head = ElidedLabel(kind="section")
        self.stills = StreamFrames()
        self.holding = HeldButton(tr("Hold while it is in view  ( . )"))
        self.note = PlainLabel(ASK, kind="dim", wraps=True)
        self.best = UnitList("Units that see it", SHOWN)
        self._arrange()
        self.switch.clicked.connect(self.gather)
        self.holding.held.connect(lambda on: self.hold(on=on))
        self.best.chosen.connect(self.controller.go)
        # Queued: what is asked is being told while the page asks for more.
        self._gather_chosen.connect(self.controller.set_gather, Qt.ConnectionType.QueuedConnection)
        on = context.commands.on
        on("gather", lambda _on: self.gather(self.view_state.request.observe.gather is None))
        on("sees", self._hold_by_key)
        on("next_seeing", self.jump)
        context.window.installEventFilter(self)

    def gather(self, on: bool) -> None:
        """Begin to gather, or end it."""
        info = self.view_state.info
        gather = self._begin(info) if on and info is not None else None
        self._gather_chosen.emit(gather)
        self._show_switch(gather)

    def hold(self, *, on: bool) -> None:
        """Say that the thing is in view now, or no more; begins to gather if need be."""
        info, gather = self.view_state.info, self.view_state.request.observe.gather
        if info is None or (gather is None and not on):
            return
        gather = gather or self._begin(info)
        if gather.present == on:
            return
        if not on:
            self._question += 1
        self._gather_chosen.emit(replace(gather, present=on, question=self._question))

    def jump(self) -> None:
        """Go to the best unit of the ranking, then to the next ones."""
        entries = self.best.entries
        if entries:
            one = entries[self._next % len(entries)]
            self._next += 1
            self.controller.go(one.layer, one.unit)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over what is selected; another model is gathered from its beginning."""
        gather, info = view_state.request.observe.gather, view_state.info
        if info is not None and info is not self._info:
            changed, self._info = self._info is not None, info
            if changed and gather is not None:
                self._gather_chosen.emit(self._begin(info))
                return
        self._show_switch(gather)
        request = view_state.request
        self.head.say(f"Strongest frames of unit {request.unit}")
        if gather is None:
            self._show_ranking(None)
            self.stills.show_kept((), (1, 1))

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what was gathered for the selected unit, and the answer to the last question."""
        found = snapshot.observations.stream if snapshot is not None and match.picture else None
        request, layer = self.view_state.request, self.view_state.layer
        if found is None or layer is None or request.observe.gather is None:
            self.stills.show_kept((), (1, 1))
            return
        mine = (found.layer, found.unit) == (request.layer, request.unit)
        self.stills.show_kept(found.kept if mine else (), layer.map_shape)
        gathered = f"{counted(found.units, 'unit')}, {counted(found.frames, 'frame')}"
        if mine and not found.gathered:
            gathered += f"; {request.layer} is not gathered, switch off and on here to add it"
        self.about.setText(found.problem or gathered)
        self._show_ranking(found)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear the end of the key that is held; a window that is left lets it go as well."""
        released = (
            event.type() == QEvent.Type.KeyRelease
            and isinstance(event, QKeyEvent)
            and event.key() == HELD
            and not event.isAutoRepeat()
        )
        if released or event.type() == QEvent.Type.WindowDeactivate:
            self.hold(on=False)
        return False

    def _hold_by_key(self) -> None:
        self.context.turn_to("stream")
        self.hold(on=True)

    def _begin(self, info: ModelInfo) -> GatherRequest:
        names = [one.name for one in usual_layers(info.layers)]
        selected = self.view_state.request.layer
        if info.layer(selected) is not None and selected not in names:
            names.append(selected)
        return GatherRequest(tuple(names), question=self._question)

    def _show_switch(self, gather: GatherRequest | None) -> None:
        self.switch.setChecked(gather is not None)
        self.switch.setText(tr("Gathering") if gather is not None else tr("Gather"))
        self.switch.setEnabled(self.view_state.info is not None)
        if gather is None:
            self.about.setText(OFF)

    def _show_ranking(self, found: StreamResult | None) -> None:
        gather = self.view_state.request.observe.gather
        ranking = found.ranking if found is not None else None
        if found is None or gather is None:
            self.note.setText(ASK)
        elif gather.present:
            self.note.setText(
                f"In view: {counted(found.present, 'frame')}. Let go when it is gone."
            )
        elif ranking is not None and ranking.question == self._question:
            self.note.setText(
                f"Area under the ROC curve, {ranking.present} frames with it against"
                f" {ranking.absent} without; 0.5 is chance."
                " The key , goes to the best, then to the next."
            )
        elif self._question and 0 < found.present < LEAST_WITH:
            self.note.setText(f"Held for too few frames ({found.present}); hold it longer.")
        elif self._question and found.present and found.absent < LEAST_WITHOUT:
            self.note.setText(f"Without it: {found.absent} of {LEAST_WITHOUT} frames needed.")
        else:
            self.note.setText(ASK)
        current = ranking is not None and gather is not None and not gather.present
        rows = ranking.units[:SHOWN] if ranking is not None and current else ()
        entries = [
            UnitListEntry(name, unit, verbatim(f"{name} : {unit}"), area)
            for name, unit, area in rows
        ]
        if [(one.layer, one.unit) for one in entries] != [
            (one.layer, one.unit) for one in self.best.entries
        ]:
            self._next = 0
            self.best.show_entries(entries, top=1.0)

    def _arrange(self) -> None:
        for button in (self.switch, self.holding):
            KeepKeys(button, PRESS)
        rows = QWidget()
        # What is held stands above all that comes and goes: it stays under the pointer.
        ask = PlainLabel("Which units see this?", kind="section")
        inner = vbox(ask, self.holding, self.note, self.best, gap=6, edge=(0, 0, 6, 0), of=rows)
        for widget in (self.head, self.about, self.stills):
            inner.addWidget(widget)
        inner.addStretch(1)
        area = scrolled(rows)
        self.column.addWidget(self.switch)
        self.column.addWidget(area, 1)
