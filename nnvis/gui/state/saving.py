"""Snapshots: where to, the work, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.controller import Controller


class Saving(QObject):
    """Asks for a folder the first time, and follows each job to its end."""

    progressed = Signal(str, int, int)  # text, done, total; "" when it is over
    saved = Signal(int, object)  # how many pictures, the folder
    shot_saved = Signal(str, object)  # why, the folder
    failed = Signal(str, str)

    def __init__(
        self,
        controller: Controller,
        window: QWidget,
        still: Callable[[], Snapshot | None] = lambda: None,
    ) -> None:
        """`still` gives what a slow view found, if that is shown."""
        super().__init__(window)
        self._controller, self._window, self._still = controller, window, still
        self._jobs: dict[int, Job] = {}
        self._why: dict[int, str] = {}  # of those that nobody asked for

    def save(self, *, all_layers: bool = False) -> None:
        """Write what is shown; nothing is shown, nothing is written."""
        folder = self._controller.settings.snapshot_folder
        if folder:
            self._begin(Path(folder), all_layers=all_layers)
        else:
            self.ask_folder(partial(self._begin, all_layers=all_layers))

    def ask_folder(self, then: object = None) -> None:
        """Let the person choose the folder for snapshots, and go on with `then(folder)`."""
        dialog = QFileDialog(
            self._window, "Folder for snapshots", str(default_folder(self._controller))
        )
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Save here")

        def chosen(name: str) -> None:
            self._controller.settings.snapshot_folder = name
            if callable(then):
                then(Path(name))

        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_shot(self, snapshot: Snapshot, folder: Path, why: str) -> None:
        """Write `snapshot` though it is shown no longer; `why` is told when that is done."""
        job = self._controller.session.save(folder, snapshot)
        self._why[job.number] = why
        self._jobs[job.number] = job
        self.follow(job)

    def cancel(self) -> None:
        """End every job after the step under way."""
        for job in self._jobs.values():
            job.cancel()

    def _begin(self, folder: Path, *, all_layers: bool) -> None:
        snapshot = self._controller.shown
        if snapshot is None:
            self.failed.emit("nothing is shown yet; save when a picture is there", "")
            return
        job = self._controller.session.save(
            folder, snapshot, all_layers=all_layers, still=self._still()
        )
        self._jobs[job.number] = job
        self.follow(job)

    @Slot(object)
    def follow(self, job: Job) -> None:
        """Take in that `job` has changed."""
        if job.number not in self._jobs:
            return
        if job.state in (JobState.QUEUED, JobState.RUNNING):
            step = job.progress
            done, total, note = (step.done, step.total, step.note) if step else (0, 0, "")
            self.progressed.emit(f"saving {note}".strip(), done, total)
            return
        del self._jobs[job.number]
        why = self._why.pop(job.number, "")
        self.progressed.emit("", 0, 0)
        if job.state is JobState.DONE:
            paths: list[Path] = job.result
            if paths and why:
                self.shot_saved.emit(f"Saved: {why}", paths[0].parent)
            elif paths:
                self.saved.emit(len(paths), paths[0].parent)
        elif job.state is JobState.FAILED:
            self.failed.emit(f"{job.error}", "")


def default_folder(controller: Controller) -> Path:
    """Return the folder in use, else one of ours among the person's pictures."""
    if controller.settings.snapshot_folder:
        return Path(controller.settings.snapshot_folder)
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    folder = Path(pictures or Path.home()) / "nnvis"
    return folder if folder.is_dir() else folder.parent
