"""Where the engine's threads meet Qt; only what answers the request of now may be shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.session import Session
from nnvis.gui.state.view_state import ViewState
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress

QUEUED = Qt.ConnectionType.QueuedConnection


class Bridge(QObject):
    """Whatever the engine tells arrives on the thread of the window.

    It is a session's Listener: the engine's calls emit signals, to be connected QUEUED. Of
    snapshots only a wake-up crosses, and only into an empty box: the newest is taken on this side,
    and handed on with how far it answers the request of now.
    """

    answered = Signal(object, object)  # Snapshot or None, Freshness: what may be shown now
    source_reported = Signal(object)  # SourceReport
    source_broken = Signal(str, str)  # spec, message
    model_progressed = Signal(object, object)  # ModelRequest, Progress
    model_came = Signal(object)  # ModelInfo
    model_broken = Signal(object, str, str)  # ModelRequest, message, field
    warning_given = Signal(str)
    crashed = Signal(str, str)  # one line, traceback
    _woken = Signal()
    _job_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None  # once there is one
        self.view_state = ViewState()  # what is asked
        self.last: Snapshot | None = None
        self._followers: dict[int, Callable[[Job], object]] = {}  # by the number of the job
        self._woken.connect(self.deliver, QUEUED)
        self._job_changed.connect(self.take_job, QUEUED)

    def snapshot_ready(self) -> None:
        self._woken.emit()

    def source_changed(self, report: SourceReport) -> None:
        self.source_reported.emit(report)

    def source_failed(self, spec: str, message: str) -> None:
        self.source_broken.emit(spec, message)

    def model_loading(self, model_request: ModelRequest, progress: Progress) -> None:
        self.model_progressed.emit(model_request, progress)

    def model_ready(self, info: ModelInfo) -> None:
        self.model_came.emit(info)

    def model_failed(self, model_request: ModelRequest, message: str, field: str = "") -> None:
        self.model_broken.emit(model_request, message, field)

    def job_changed(self, job: Job) -> None:
        self._job_changed.emit(job)

    def warned(self, message: str) -> None:
        self.warning_given.emit(message)

    def follow(self, job: Job, heard: Callable[[Job], object]) -> None:
        """Bring every change of `job` to `heard`, up to its end."""
        self._followers[job.number] = heard

    @Slot(object)
    def take_job(self, job: Job) -> None:
        """Tell the one that follows `job` of its change."""
        heard = self._followers.get(job.number)
        if job.state not in (JobState.QUEUED, JobState.RUNNING):
            self._followers.pop(job.number, None)
        if heard is not None:
            heard(job)

    def crash(self, line: str, trace: str) -> None:
        """Tell of an exception that nobody caught, on whatever thread."""
        self.crashed.emit(line, trace)

    @Slot()
    def deliver(self) -> None:
        """Hand on the snapshot that waits, if there is one; harmless at any time."""
        snapshot = self.session.snapshots.take() if self.session is not None else None
        if snapshot is not None:
            self.last = snapshot
            self.answer()

    def answer(self) -> None:
        """Tell what may be shown of the last snapshot, after either it or the request changed."""
        self.answered.emit(self.last, self.view_state.match(self.last))
