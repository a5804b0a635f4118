"""Which source is in use, or is to be, and the place in it that a saved view was of."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Signal, Slot

from nnvis.config import Settings, remember
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.session import Session
from nnvis.engine.saving.metadata import SavedView
from nnvis.gui.state.bridge import QUEUED, Bridge
from nnvis.gui.state.view_controller import ViewController
from nnvis.gui.state.view_state import Freshness
from nnvis.sources.frame import Frame
from nnvis.sources.network.credentials import hidden
from nnvis.sources.source import Control
from nnvis.sources.spec_text import reaches_out
from nnvis.sources.still import StillSource
from nnvis.sources.training import SPEC as TRAINING

FALLBACK_SOURCE = "demo"
KEPT = "kept:"  # before the source that a kept frame came from


class SourceController(ViewController):
    """Adds the sources to what is looked at of them."""

    source_reported = Signal(object)  # SourceReport
    source_opening = Signal(str)  # spec; "" when it is open or given up

    def __init__(self, session: Session, bridge: Bridge, settings: Settings) -> None:
        super().__init__(session, bridge, settings)
        settings.source = hidden(settings.source)  # an older version kept passwords
        settings.recent_sources = [hidden(one) for one in settings.recent_sources]
        self.report: SourceReport | None = None
        self._opening = ""
        self._sought: SavedView | None = None  # where the source that is opened is to begin
        self._left: Frame | None = None  # what is shown if it cannot be opened
        self._to_freeze: float | None = None  # the place of the frame to stay on; NaN: the next one
        self._fell_back = False  # the source came in place of what a person asked for
        bridge.answered.connect(self._freeze_there)
        bridge.source_reported.connect(self._source_reported, QUEUED)
        bridge.source_broken.connect(self._source_broken, QUEUED)

    def open_source(self, spec: str) -> None:
        """Change the source; the one in use goes on until the other is open."""
        spec, self._sought, self._to_freeze = hidden(spec), None, None
        self._opening = spec
        self.source_opening.emit(spec)
        self.session.open_source(spec)

    def control(self, control: Control, value: float) -> None:
        """Ask the source to pause, step, seek, loop."""
        if self.report is not None and control in self.report.controls:
            self.session.control(control, value)

    def go_to_frame(self, view: SavedView) -> None:
        """Open the source of a saved view, and go to its place there."""
        now = self.report.spec if self.report else ""
        source, frame = view.source or self._opening or now or FALLBACK_SOURCE, view.frame
        if self._opening:
            now = ""  # it goes as soon as the other one is open
        known = not reaches_out(source) or source in self.settings.recent_sources
        if self.session.frozen:
            self.freeze(False)
        self._left = None
        if frame is not None and view.frozen and source == now and view.position is None:
            self.freeze_at(replace(frame, source=now))
        elif frame is not None and (
            source.startswith(KEPT) or source == TRAINING or reaches_out(source)
            or (view.frozen and view.position is None)
        ):  # fmt: skip
            self._show_kept(frame, source)
        elif source != now and not known:
            self.failed.emit(f"this was made of {source}; open that yourself to see it", "")
        elif source != now:
            self.open_source(source)
            self._sought, self._left = view, frame  # once it is open; if it cannot be
        else:
            self._take_place(view)

    def _show_kept(self, frame: Frame, source: str) -> None:
        """Show a frame that was kept, as a source of its own."""
        spec = f"{KEPT}{source.removeprefix(KEPT)}"
        title = f"{frame.label or source.removeprefix(KEPT)} (kept)"
        self._opening, self._sought = spec, None
        self.source_opening.emit(spec)
        self.session.open_source(spec, lambda spec: StillSource(spec, title, frame.picture))

    def _take_place(self, view: SavedView) -> None:
        """Show the frame there, and stay on it, as far as it was so."""
        if view.position is not None:
            self.control(Control.PAUSE, float(view.paused or view.frozen))
            self.control(Control.SEEK, view.position)
        if view.frozen:
            self._to_freeze = view.position if view.position is not None else math.nan

    @Slot(object, object)
    def _freeze_there(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Freeze, as soon as the frame that was sought is there."""
        at = self._to_freeze
        if at is None or snapshot is None or not match.picture:
            return
        if math.isnan(at) or snapshot.frame.position == at:
            self._to_freeze = None
            self.freeze_at(snapshot.frame)  # not on one that came since

    # What the engine answers.

    @Slot(object)
    def _source_reported(self, report: SourceReport) -> None:
        other = report.spec != self.view_state.source
        self.report = report
        if self._opening and (other or report.spec == self._opening):
            sought, self._sought = self._sought, None
            if report.spec == self._opening and sought is not None:
                self._take_place(sought)
            self._opening = ""
            self.source_opening.emit("")
            if not (self._fell_back and report.spec == FALLBACK_SOURCE):
                self.settle("source", "file")
        if other:
            kept = report.spec.startswith(KEPT)  # which nothing opens again
            if report.spec != TRAINING and not kept:
                self.settings.source = report.spec
            if report.spec not in (FALLBACK_SOURCE, TRAINING) and not kept:
                recent = self.settings.recent_sources
                self.settings.recent_sources = remember(recent, report.spec)
            self._change(replace(self.view_state, source=report.spec))
        self.source_reported.emit(report)

    @Slot(str, str)
    def _source_broken(self, spec: str, message: str) -> None:
        if spec == self._opening:
            self._opening = ""
            self.source_opening.emit("")
        if "://" not in spec:  # what is on the network may only be off
            recent = self.settings.recent_sources
            self.settings.recent_sources = [one for one in recent if one != spec]
        self.tell(message, "source")
        left, self._left = self._left, None
        if left is not None:
            self._show_kept(left, spec)
        if self.view_state.source is None and spec != FALLBACK_SOURCE:
            self.open_source(FALLBACK_SOURCE)
            self._fell_back = True
