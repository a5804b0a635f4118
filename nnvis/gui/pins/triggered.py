"""What happens when a pinned unit sets the trigger off: the picture is frozen, or saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from nnvis.engine.protocol.observe import TriggerAction
from nnvis.engine.protocol.snapshot import Snapshot, TriggerEvent
from nnvis.gui.state.context import Context
from nnvis.gui.state.view_state import Freshness


class Triggered(QObject):
    """Acts once on each snapshot."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._controller = context, context.controller
        self._acted: Snapshot | None = None
        self._controller.answered.connect(self._answered)

    @Slot(object, object)
    def _answered(self, snapshot: Snapshot | None, match: Freshness) -> None:
        # What is shown is told more than once.
        if snapshot is not None and match.picture and snapshot is not self._acted:
            self._acted = snapshot
            for fired in snapshot.observations.fired:
                self._act(fired)

    def _act(self, fired: TriggerEvent) -> None:
        rest = ", and rests now" if fired.last else ""
        folder = self._controller.settings.snapshot_folder
        if fired.action == TriggerAction.FREEZE:
            self._controller.freeze_at(fired.shot.frame)
            self._context.toast(f"Frozen: {fired.why}{rest}")
        elif folder:
            self._context.saving.save_shot(fired.shot, Path(folder), f"{fired.why}{rest}")
        else:
            self._context.notify(
                f"{fired.why}, but no folder for snapshots is chosen; choose one in the menu Save"
            )
