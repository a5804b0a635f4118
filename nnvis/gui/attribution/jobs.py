"""The slow views: begun on the picture that is shown, followed to their ends, painted anew."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from nnvis.engine.attribution import jobs as back_jobs
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attribution.page import AttributionPage
from nnvis.gui.attribution.text import takes_time
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.progress import Progress


class AttributionJobs(QObject):
    """Begins once for each question; another question ends what runs for the one before."""

    failed = Signal(str, str)

    def __init__(self, controller: Controller, pane: AttributionPage) -> None:
        super().__init__(pane)
        self._controller, self._pane = controller, pane
        self._question: tuple[object, ...] | None = None  # that is answered, or being answered
        self._look: tuple[object, ...] = ()  # in which what was found is painted
        self._job: Job | None = None
        self._found: Snapshot | None = None
        controller.view_state_changed.connect(self._wanted_changed)
        controller.looked.connect(self._looked)
        pane.again.connect(self._again)
        pane.cancelled.connect(self.cancel)

    @property
    def found(self) -> Snapshot | None:
        """What a slow view found, if that is what is asked now."""
        asked = _question(self._controller.view_state)
        return self._found if asked is not None and asked == self._question else None

    @Slot()
    def cancel(self) -> None:
        """End the job after the step under way."""
        if self._job is not None:
            self._job.cancel()

    @Slot(object)
    def follow(self, job: Job) -> None:
        """Take in that `job` has changed."""
        if job is not self._job:
            return
        if job.state in (JobState.QUEUED, JobState.RUNNING):
            if job.title != "repaint":
                self._pane.show_progress(job.progress or Progress(0, 0, "waiting"))
            return
        self._job = None
        self._pane.show_progress(None)
        if job.state is JobState.DONE and not job.cancel_requested:
            self._found = job.result
            self._pane.show_still(job.result)
            self._repaint()
        elif job.state is JobState.FAILED:
            self.failed.emit(f"{job.error}", "")

    @Slot(object)
    def _wanted_changed(self, view_state: ViewState) -> None:
        asked = _question(view_state)
        if asked != self._question:
            self.cancel()
            self._job = self._found = self._question = None
            self._pane.show_progress(None)
            if asked is not None:
                self._pane.forget()
        elif asked is not None:
            self._repaint()

    @Slot(object, object)
    def _looked(self, snapshot: Snapshot | None, match: Freshness) -> None:
        asked = _question(self._controller.view_state)
        if asked is None or asked == self._question or snapshot is None or not match.scores:
            return
        request = self._controller.view_state.request
        if snapshot.request.fit != request.fit:
            return
        self._question, self._look = asked, _look(self._controller.view_state)
        self._begin(back_jobs.look_slowly(snapshot, request))
        self._pane.show_progress(Progress(0, 0, "waiting"))

    @Slot()
    def _again(self) -> None:
        self.cancel()
        self._job = self._question = None
        self._looked(
            self._controller.last, self._controller.view_state.match(self._controller.last)
        )

    def _repaint(self) -> None:
        look = _look(self._controller.view_state)
        if self._found is not None and self._job is None and look != self._look:
            self._look = look
            self._begin(back_jobs.repaint(self._found, self._controller.view_state.request))

    def _begin(self, job: Job) -> None:
        self._job = job
        self._controller.session.submit(job)


def _question(view_state: ViewState) -> tuple[object, ...] | None:
    request = view_state.request
    origin = request.origin
    if origin is None or view_state.info is None or not takes_time(origin.view):
        return None
    return id(view_state.info), view_state.source, origin, request.ablations, request.fit


def _look(view_state: ViewState) -> tuple[object, ...]:
    shading = view_state.request.shading
    return view_state.request.display, shading.colormap, shading.signed_colormap
