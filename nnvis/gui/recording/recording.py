"""A recording from the command that begins it to the line that tells where it lies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnvis import __version__
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.jobs import over_input
from nnvis.engine.saving.metadata import describe
from nnvis.engine.saving.recorder import Recorder
from nnvis.export import file_name
from nnvis.gui.recording.choice import OVER_INPUT, SHOWS, RecordingChoice, kept_choice
from nnvis.gui.recording.grabbed import grabbed
from nnvis.gui.recording.mark import RecordingMark, clock
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.number_text import counted
from nnvis.language import tr

GRABS = 15  # a second at most: they are the window's own work
SHARE = 10  # what a grab takes is paid by a pause so many times as long
TOLD_S = 0.5


class Recording(QObject):
    """One at a time. `widgets` are those that can be grabbed, by the names of SHOWS."""

    _ended = Signal(str)

    def __init__(self, context: Context, widgets: Mapping[str, QWidget]) -> None:
        super().__init__(context)
        self._context, self._controller, self._widgets = context, context.controller, widgets
        self.mark = RecordingMark()
        self.recorder: Recorder | None = None  # while one runs
        self.costs: list[float] = []  # seconds that the last grabs took
        self._choice = RecordingChoice()
        self._next = self._told = 0.0  # when a picture is due, when the mark was last written
        self._grabs = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._grabs.timeout.connect(self._grab)
        self._ended.connect(self._tell_end, Qt.ConnectionType.QueuedConnection)
        self.mark.clicked.connect(self.stop)
        context.commands.on("record", lambda on: self.begin() if on else self.stop())
        context.at_work["recording"] = lambda: tr("a recording") if self.recorder else ""
        context.closing["recording"] = self._close
        context.controller.attach(self)

    def begin(self) -> None:
        """Begin one in the folder for snapshots, with what was chosen of recordings."""
        self._show_running()  # a person may give up the folder
        self._context.saving.into_folder(self._begin)

    def stop(self) -> None:
        """End it; the file is whole a moment later."""
        if self.recorder is not None:
            self._grabs.stop()
            self.recorder.finish(time.monotonic())

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Take what lies over the input; times are those at which it is shown."""
        now = time.monotonic()
        if self.recorder is None or self._choice.shows != OVER_INPUT or now < self._next:
            return
        if snapshot is None or not match.unit:
            return
        looks_back = match.attribution and snapshot.attribution is not None
        self.recorder.offer(partial(over_input, snapshot, looks_back=looks_back), now)
        self._next = max(self._next + 1 / self._choice.most, now)
        self._tell()

    def _begin(self, folder: Path) -> None:
        if self.recorder is not None:
            return
        self._choice = kept_choice(self._controller.settings)
        self._next, self._told = time.monotonic(), 0.0
        info = self._controller.view_state.info
        stem = file_name(
            time.strftime("%Y%m%d-%H%M%S"), info.name if info else "", self._choice.shows
        )
        path = folder / f"{stem}.{self._choice.format}"
        self.recorder = Recorder(path, self._meta(), self._say_end)
        self._show_running()
        self._tell()
        if self._choice.shows != OVER_INPUT:
            self._grab()

    def _meta(self) -> dict[str, Any]:
        """What is looked at when it begins; as a snapshot says it, without secrets."""
        shown = self._controller.shown
        kind = "overlay" if self._choice.shows == OVER_INPUT else "sheet"
        meta = describe(shown, kind) if shown is not None else {"version": __version__}
        return {**meta, "kind": "recording", "shows": self._choice.shows}

    def _grab(self) -> None:
        recorder, start = self.recorder, time.monotonic()
        if recorder is None:
            return
        widget = self._widgets[self._choice.shows]
        if widget.isVisible():  # else what was seen last stays
            picture = grabbed(widget)
            self.costs = [*self.costs[-99:], time.monotonic() - start]
            recorder.offer(lambda: picture, start)
        now, pace = time.monotonic(), min(self._choice.most, GRABS)
        self._next = max(self._next + 1 / pace, now + SHARE * (now - start))
        self._grabs.start(max(1, round(1000 * (self._next - now))))
        self._tell()

    def _tell(self) -> None:
        recorder, now = self.recorder, time.monotonic()
        if recorder is not None and now >= self._told + TOLD_S:
            self._told = now
            tip = f"{tr(SHOWS[self._choice.shows])} goes into {recorder.path}. Press to stop"
            self.mark.tell(recorder.seconds, recorder.dropped, tip)

    def _show_running(self) -> None:
        self._context.commands["record"].setChecked(self.recorder is not None)

    def _say_end(self, line: str) -> None:
        """On the thread of the recording, which the window may not outlive."""
        with suppress(RuntimeError):
            self._ended.emit(line)

    @Slot(str)
    def _tell_end(self, line: str) -> None:
        recorder, self.recorder = self.recorder, None
        self._grabs.stop()
        self.mark.hide()
        self._show_running()
        if recorder is None:
            return
        there = recorder.path.is_file()
        left = f"; {counted(recorder.dropped, 'picture')} left out" if recorder.dropped else ""
        if line:
            kept = f"; what was recorded until then is in {recorder.path.name}" if there else ""
            self._context.notify(f"The recording ended: {line}{kept}")
        elif there:
            text = f"Recorded {clock(recorder.length)} into {recorder.path.name}{left}"
            self._context.toast(text, recorder.path.parent)
        else:
            self._context.notify("nothing was shown while the recording ran")

    def _close(self, seconds: float) -> list[str]:
        if self.recorder is None:
            return []
        self.recorder.finish(time.monotonic())
        return [] if self.recorder.wait(seconds) else ["nnvis-recording"]
