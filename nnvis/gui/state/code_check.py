"""Which code a model names, found out on a thread of its own: its whole file is read for that."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from nnvis.errors import UserError
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.models.trusted_code import Code, CodeSeen, read_code, runs_code


class CodeCheck(QObject):
    """Answers the newest question; at once where the model runs no code."""

    answered = Signal(object)  # CodeSeen

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked = ""

    def ask(self, spec: str) -> None:
        """Find out what `spec` would run."""
        self._asked = spec
        if not runs_code(spec):
            self.answered.emit(CodeSeen(spec))
            return
        task = BackgroundTask("nnvis-code", partial(_seen, spec), self)
        task.answered.connect(self._came)
        task.answered.connect(task.deleteLater)
        task.start()

    def _came(self, seen: CodeSeen) -> None:
        if seen.spec == self._asked:
            self.answered.emit(seen)


def _seen(spec: str) -> CodeSeen:
    try:
        code = read_code(spec)
    except UserError:  # loading tells why
        code = Code(spec)
    return code.seen
