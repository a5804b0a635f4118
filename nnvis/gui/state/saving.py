"""Snapshots and exports: where to, the work, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.activations import activations_job
from nnvis.engine.saving.jobs import write_page
from nnvis.gui.state.commands import SAVE, Command, CommandActions
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.widgets.given_files import ask_folder, ask_new_file, file_kind
from nnvis.progress import Progress

Saved = tuple[str, Path]  # one line, the folder
Page = tuple[str, NDArray[np.uint8], dict[str, Any]]  # kind, (H,W,3), what it shows
COMMANDS = (
    Command("save", SAVE, "Save what is shown", ("Ctrl+S", "S")),
    Command("save_all", SAVE, "Save every layer", ("Ctrl+Shift+S",)),
    Command("save_arrays", SAVE, "Save the layer's activations as arrays…", ("Ctrl+Alt+A",)),
    Command("save_folder", SAVE, "Choose the snapshot folder…"),
)


class Saving(QObject):
    """Asks for a folder the first time, and follows each job to its end."""

    progressed = Signal(str, int, int)  # text, done, total; "" when it is over
    saved = Signal(str, object)  # what to tell, the folder

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self.still: Callable[[], Snapshot | None] = lambda: None  # what a slow view found, if shown
        # The board on a ground, with ink for words and for what matters less; None: out of sight.
        self.board: Callable[[str, str, str], Page | None] = lambda *_colours: None
        self.also: list[Callable[[], Page | None]] = []  # what else is shown, to be written beside
        self._slots: set[JobSlot] = set()  # of what is being written
        self._export: JobSlot | None = None  # the last one

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return any(slot.busy for slot in self._slots)

    def tie(self, commands: CommandActions) -> None:
        """Let the commands do what they say."""
        commands.on("save", self.save)
        commands.on("save_all", partial(self.save, all_layers=True))
        commands.on("save_arrays", self.ask_arrays)
        commands.on("save_folder", self.ask_folder)

    def save(self, *, all_layers: bool = False) -> None:
        """Write what is shown; nothing is shown, nothing is written."""
        self.into_folder(partial(self._save, all_layers=all_layers))

    def ask_arrays(self) -> None:
        """Ask for a file, and write what the layer puts out into it."""
        snapshot = self._controller.shown
        if snapshot is None:
            line = "nothing is shown yet; save when a picture is there"
            self._controller.failed.emit(line, "")
            return
        ask_new_file(
            self._window,
            f"Save what {snapshot.layer.name} puts out",
            partial(self.save_arrays, snapshot),
            (file_kind("NumPy", (".npz",)), file_kind("safetensors", (".safetensors",))),
            str(default_folder(self._controller)),
        )

    def save_arrays(self, snapshot: Snapshot, path: Path) -> None:
        """Write what the layer of `snapshot` puts out as arrays."""
        job = activations_job(path, snapshot)
        begin = partial(self._controller.session.submit, job)
        self._follow(job, "saving", lambda _paths: (f"Saved {path}", path.parent), begin=begin)

    def save_shot(self, snapshot: Snapshot, folder: Path, why: str) -> None:
        """Write `snapshot` though it is shown no longer; `why` is told when that is done."""
        self._follow(
            self._controller.session.save(folder, snapshot),
            "saving",
            lambda paths: (f"Saved: {why}", paths[0].parent),
        )

    def write(self, job: Job) -> None:
        """Do a job that writes files and needs no network; its result is a list of paths."""
        self._follow(self._controller.session.write(job), "saving", _saved)

    def export(
        self,
        make: Callable[[Path], Job | None],
        tell: Callable[[Any], Saved],
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        """Write something else into the folder for snapshots, one export at a time.

        `make` gives the job for a folder, or tells itself why there is none; `tell` makes the
        line about its result; `ended` hears the end, however it was.
        """
        self.into_folder(partial(self._begin_export, make, tell, ended))

    def into_folder(self, then: Callable[[Path], object]) -> None:
        """Go on with `then(folder)`, the folder for snapshots; the first time it is asked for."""
        folder = self._controller.settings.snapshot_folder
        if folder:
            then(Path(folder))
        else:
            self.ask_folder(then)

    def ask_folder(self, then: Callable[[Path], object] = lambda _folder: None) -> None:
        """Let the person choose the folder for snapshots, and go on with `then(folder)`."""

        def chosen(name: str) -> None:
            self._controller.settings.snapshot_folder = name
            then(Path(name))

        near = str(default_folder(self._controller))
        ask_folder(self._window, "Folder for snapshots", chosen, near, to_save=True)

    @Slot()
    def cancel(self) -> None:
        """End every job after the step under way."""
        for slot in self._slots:
            slot.cancel()

    def _save(self, folder: Path, *, all_layers: bool) -> None:
        snapshot = self._controller.shown
        if snapshot is None:
            line = "nothing is shown yet; save when a picture is there"
            self._controller.failed.emit(line, "")
            return
        job = self._controller.session.save(
            folder, snapshot, all_layers=all_layers, still=self.still()
        )
        self._follow(job, "saving", _saved)
        if all_layers:
            return
        for found in [page for make in self.also if (page := make()) is not None]:
            kind, picture, meta = found
            self.write(Job(kind, partial(write_page, folder, kind, picture, meta)))

    def _begin_export(
        self,
        make: Callable[[Path], Job | None],
        tell: Callable[[Any], Saved],
        ended: Callable[[], object],
        folder: Path,
    ) -> None:
        if self._export is not None and self._export.busy:
            line = "an export is under way; wait for it, or cancel it"
            self._controller.failed.emit(line, "")
            return
        job = make(folder)
        if job is not None:
            begin = partial(self._controller.session.submit, job)
            self._export = self._follow(job, "exporting:", tell, ended, begin)

    def _follow(
        self,
        job: Job,
        word: str,
        tell: Callable[[Any], Saved],
        ended: Callable[[], object] = lambda: None,
        begin: Callable[[], object] = lambda: None,
    ) -> JobSlot:
        def progressed(step: Progress | None) -> None:
            if step is not None:
                self.progressed.emit(f"{word} {step.note}".strip(), step.done, step.total)
                return
            self._slots.discard(slot)
            self.progressed.emit("", 0, 0)
            ended()

        def done(result: Any) -> None:
            if result:
                self.saved.emit(*tell(result))

        slot = JobSlot(self._controller, done=done, progressed=progressed, keeps_late=True)
        self._slots.add(slot)
        slot.follow(job, begin)
        return slot


def _saved(paths: list[Path]) -> Saved:
    pictures = "1 picture" if len(paths) == 1 else f"{len(paths)} pictures"
    return f"Saved {pictures} to {paths[0].parent}", paths[0].parent


def default_folder(controller: Controller) -> Path:
    """Return the folder in use, else one of ours among the person's pictures, else their home."""
    if controller.settings.snapshot_folder:
        return Path(controller.settings.snapshot_folder)
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    folder = Path(pictures or Path.home()) / "nnvis"
    return next((one for one in (folder, folder.parent) if one.is_dir()), Path.home())
