"""The jobs about an attacked picture: begun on what is shown, followed to their ends."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from nnvis.engine.attack import jobs as fool_jobs
from nnvis.engine.protocol.attack_results import Exported
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.export import file_name
from nnvis.gui.attack.questions import AROUND, PRINTING, SMALLEST, SURVIVAL
from nnvis.gui.attack.text import moment, said
from nnvis.gui.attack.workspace import AttackWorkspace
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.saving import Saving
from nnvis.gui.widgets.number_text import TIMES
from nnvis.progress import Progress

EXPORT = "export"


class AttackJobs(QObject):
    """Results go to the page of `pane`, unless model, source or goal have changed since."""

    exporting = Signal(str, int, int)  # text, done, total; "" when it is over
    exported = Signal(str, object)  # what to tell, the folder
    failed = Signal(str, str)

    def __init__(self, controller: Controller, pane: AttackWorkspace, saving: Saving) -> None:
        super().__init__(pane)
        self._controller, self._pane, self._saving = controller, pane, saving
        self._running: dict[int, tuple[str, Job, str]] = {}
        pane.asked.connect(self.ask)
        pane.cancelled.connect(self.cancel_questions)
        pane.export.clicked.connect(lambda: self.export())

    @Slot(str)
    def ask(self, kind: str) -> None:
        """Find something out about the attacked picture that is shown."""
        snapshot = self._shown()
        if snapshot is None:
            return
        fooling = snapshot.request.fooling
        job = {
            SMALLEST: lambda: fool_jobs.smallest(snapshot),
            AROUND: lambda: fool_jobs.surroundings(snapshot),
            PRINTING: lambda: fool_jobs.printing(snapshot),
            SURVIVAL: lambda: fool_jobs.survival(snapshot, fooling.second if fooling else None),
        }[kind]()
        self._begin(kind, job, moment(snapshot))

    def export(self) -> None:
        """Write the attacked picture that is shown, at the size of its frame."""
        if self._shown() is None:
            return
        folder = self._controller.settings.snapshot_folder
        if folder:
            self._write(Path(folder))
        else:
            self._saving.ask_folder(self._write)

    def cancel(self) -> None:
        """End every job after the step under way."""
        for _kind, job, _of in self._running.values():
            job.cancel()

    def cancel_questions(self) -> None:
        """End all but exports."""
        for kind, job, _of in self._running.values():
            if kind != EXPORT:
                job.cancel()

    @Slot(object)
    def follow(self, job: Job) -> None:
        """Take in that `job` has changed."""
        if job.number not in self._running:
            return
        kind, _job, of = self._running[job.number]
        if job.state in (JobState.QUEUED, JobState.RUNNING):
            if job.progress is not None:
                self._tell(kind, job.progress)
            return
        del self._running[job.number]
        self._end(kind)
        if job.state is JobState.FAILED:
            self.failed.emit(f"{job.error}", "")
        elif job.state is JobState.DONE and kind == EXPORT:
            done: Exported = job.result
            size = f"{done.size[0]}{TIMES}{done.size[1]}"
            word = "fooled" if done.success else "not fooled"
            text = f"Saved {len(done.files)} files, {size}; read again: {word}, {said(done.top)}"
            self.exported.emit(text, done.files[0].parent)
        elif job.state is JobState.DONE and not job.cancel_requested and self._pane.robust:
            self._pane.robust.show_result(kind, job.result, of)

    def _shown(self) -> Snapshot | None:
        snapshot = self._controller.last
        if snapshot is not None and self._controller.view_state.match(snapshot).fooled:
            return snapshot
        self.failed.emit("no attacked picture is shown yet; try again when one is there", "")
        return None

    def _write(self, folder: Path) -> None:
        snapshot = self._shown()
        if snapshot is None:
            return
        stem = file_name(time.strftime("%Y%m%d-%H%M%S"), snapshot.info.name)
        self._begin(EXPORT, fool_jobs.export(snapshot, folder, stem), moment(snapshot))

    def _begin(self, kind: str, job: Job, of: str) -> None:
        for other, before, _of in self._running.values():
            if other == kind:
                before.cancel()
        self._running[job.number] = (kind, job, of)
        self._tell(kind, Progress(0, 0, "waiting"))
        self._controller.session.submit(job)

    def _tell(self, kind: str, progress: Progress) -> None:
        if kind == EXPORT:
            self.exporting.emit(f"exporting: {progress.note}", progress.done, progress.total)
        elif self._pane.robust is not None:
            self._pane.robust.show_progress(kind, progress)

    def _end(self, kind: str) -> None:
        left = [one for one, _job, _of in self._running.values()]
        if kind == EXPORT and EXPORT not in left:
            self.exporting.emit("", 0, 0)
        elif kind != EXPORT and not set(left) - {EXPORT} and self._pane.robust is not None:
            self._pane.robust.end()
