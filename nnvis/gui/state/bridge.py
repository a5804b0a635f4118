"""The one place where the engine's threads meet Qt."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.latest import Latest
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress

_QUEUED = Qt.ConnectionType.QueuedConnection


class Bridge(QObject):
    """A session's Listener; every signal below arrives on the thread of the window.

    The engine's calls emit private signals, which queued connections carry over. Of snapshots only
    a wake-up crosses, and only into an empty box: the newest one is taken on this side.
    """

    snapshot_arrived = Signal(object)  # Snapshot
    source_reported = Signal(object)  # SourceReport
    source_broken = Signal(str, str)  # spec, message
    model_progressed = Signal(object, object)  # ModelRequest, Progress
    model_came = Signal(object)  # ModelInfo
    model_broken = Signal(object, str, str)  # ModelRequest, message, field
    warning_given = Signal(str)
    crashed = Signal(str, str)  # one line, traceback

    _woken = Signal()
    _source = Signal(object)
    _source_bad = Signal(str, str)
    _progress = Signal(object, object)
    _model = Signal(object)
    _model_bad = Signal(object, str, str)
    _job = Signal(object)
    _warned = Signal(str)
    _crash = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.snapshots: Latest[Snapshot] = Latest()  # the session's, once there is one
        self._followers: dict[int, Callable[[Job], object]] = {}  # by the number of the job
        self._woken.connect(self.deliver, _QUEUED)
        self._source.connect(self.source_reported, _QUEUED)
        self._source_bad.connect(self.source_broken, _QUEUED)
        self._progress.connect(self.model_progressed, _QUEUED)
        self._model.connect(self.model_came, _QUEUED)
        self._model_bad.connect(self.model_broken, _QUEUED)
        self._job.connect(self.take_job, _QUEUED)
        self._warned.connect(self.warning_given, _QUEUED)
        self._crash.connect(self.crashed, _QUEUED)

    def snapshot_ready(self) -> None:
        self._woken.emit()

    def source_changed(self, report: SourceReport) -> None:
        self._source.emit(report)

    def source_failed(self, spec: str, message: str) -> None:
        self._source_bad.emit(spec, message)

    def model_loading(self, model_request: ModelRequest, progress: Progress) -> None:
        self._progress.emit(model_request, progress)

    def model_ready(self, info: ModelInfo) -> None:
        self._model.emit(info)

    def model_failed(self, model_request: ModelRequest, message: str, field: str = "") -> None:
        self._model_bad.emit(model_request, message, field)

    def job_changed(self, job: Job) -> None:
        self._job.emit(job)

    def warned(self, message: str) -> None:
        self._warned.emit(message)

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
        self._crash.emit(line, trace)

    @Slot()
    def deliver(self) -> None:
        """Hand on the snapshot that waits, if there is one; harmless at any time."""
        snapshot = self.snapshots.take()
        if snapshot is not None:
            self.snapshot_arrived.emit(snapshot)
