"""The jobs about an attacked picture: begun on what is shown, followed to their ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from nnvis.engine.attack import jobs as attack_jobs
from nnvis.engine.protocol.attack_results import Exported
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.export import file_name
from nnvis.gui.attack.questions import AROUND, PRINTING, QUESTIONS, SMALLEST, SURVIVAL
from nnvis.gui.attack.text import moment, said
from nnvis.gui.attack.workspace import AttackWorkspace
from nnvis.gui.state.context import Context
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.saving import Saving
from nnvis.gui.widgets.number_text import TIMES
from nnvis.progress import Progress


class AttackJobs(QObject):
    """Results go to the page of `workspace`, unless model, source or goal have changed since."""

    def __init__(self, controller: Controller, workspace: AttackWorkspace, saving: Saving) -> None:
        super().__init__(workspace)
        self._controller, self._workspace, self._saving = controller, workspace, saving
        self._slots = {
            kind: JobSlot(
                controller,
                done=partial(self._answer, kind),
                progressed=partial(self._progress, kind),
            )
            for kind in QUESTIONS
        }
        workspace.asked.connect(self.ask)
        workspace.cancelled.connect(self.cancel)
        workspace.export.clicked.connect(lambda: self.export())

    @Slot(str)
    def ask(self, kind: str) -> None:
        """Find something out about the attacked picture that is shown."""
        snapshot = self._shown()
        if snapshot is None:
            return
        asked = snapshot.request.attack
        jobs: dict[str, Callable[[], Job]] = {
            SMALLEST: partial(attack_jobs.smallest, snapshot),
            AROUND: partial(attack_jobs.surroundings, snapshot),
            PRINTING: partial(attack_jobs.printing, snapshot),
            SURVIVAL: partial(attack_jobs.survival, snapshot, asked.second if asked else None),
        }
        self._slots[kind].question = moment(snapshot)
        self._slots[kind].submit(jobs[kind]())

    def export(self) -> None:
        """Write the attacked picture that is shown, at the size of its frame."""
        if self._shown() is not None:
            self._saving.export(self._write, _exported)

    @Slot()
    def cancel(self) -> None:
        """End every question after the step under way."""
        for slot in self._slots.values():
            slot.cancel()

    def _shown(self) -> Snapshot | None:
        snapshot = self._controller.last
        if snapshot is not None and self._controller.view_state.match(snapshot).attack:
            return snapshot
        self._controller.failed.emit(
            "no attacked picture is shown yet; try again when one is there", ""
        )
        return None

    def _write(self, folder: Path) -> Job | None:
        snapshot = self._shown()
        if snapshot is None:
            return None
        stem = file_name(time.strftime("%Y%m%d-%H%M%S"), snapshot.info.name)
        return attack_jobs.export(snapshot, folder, stem, self._workspace.method)

    def _progress(self, kind: str, step: Progress | None) -> None:
        page = self._workspace.robust
        if page is not None and step is not None:
            page.show_progress(kind, step)
        elif page is not None and not any(slot.busy for slot in self._slots.values()):
            page.end()

    def _answer(self, kind: str, result: Any) -> None:
        if self._workspace.robust is not None:
            self._workspace.robust.show_result(kind, result, str(self._slots[kind].question))


def build(context: Context) -> AttackWorkspace:
    """Return the workspace with its jobs."""
    workspace = AttackWorkspace(context)
    jobs = AttackJobs(context.controller, workspace, context.saving)
    context.commands.on("fool_export", jobs.export)
    return workspace


def _exported(done: Exported) -> tuple[str, Path]:
    size = f"{done.size[0]}{TIMES}{done.size[1]}"
    word = "fooled" if done.success else "not fooled"
    text = f"Saved {len(done.files)} files, {size}; read again: {word}, {said(done.top)}"
    return text, done.files[0].parent
