"""The form in which a person says which network is meant, and what is known of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QProgressBar,
    QWidget,
)

from nnvis.errors import UserError
from nnvis.gui.model.field_rows import FieldRow, row_of
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.code_check import CodeCheck
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.models.asked.asked_field import asked_fields
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.trusted_code import CodeSeen
from nnvis.progress import Progress

FIELDS = asked_fields(ModelRequest)
GROUPS = {
    "Network": ("spec", "weights", "ema", "random_weights", "seed"),
    "Classes": ("labels",),
    "Input": ("input_size", "mean", "std", "channels"),
    "Output": ("output", "scores"),
    "Computation": ("device", "precision"),
}
WIDE, HIGH, LEAST = 640, 700, (420, 260)


class ModelForm(QDialog):
    """Stays until the network is there; what is wrong stands at its field, and nothing is lost."""

    chosen = Signal(object, str)  # ModelRequest; the mark of its code, which a person confirmed
    cancelled = Signal()  # what is being loaded is not wanted any longer

    def __init__(
        self, parent: QWidget, names: BackgroundTask, now: ModelRequest, info: ModelInfo | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model"))
        self.asked: ModelRequest | None = None  # what is being loaded
        self._code: CodeSeen | None = CodeSeen("")  # None: what would run is being found out
        self._made: tuple[str, ...] = ()  # what the file of code makes, as far as it was read
        self._check = CodeCheck(self)
        self._check.answered.connect(self._know_code)
        self.rows: dict[str, FieldRow] = {
            name: row_of(FIELDS[name]) for group in GROUPS.values() for name in group
        }
        self.note = PlainLabel(kind="warn", wraps=True)
        self.input_in_use = PlainLabel(kind="dim", wraps=True)
        self.problem = PlainLabel()  # with no field in particular
        self.problem.setObjectName("bad")
        self.problem.setWordWrap(True)
        self.task = PlainLabel(kind="dim")
        self.bar = QProgressBar(textVisible=False)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.load = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.load.setObjectName("primary")
        self.give_up = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self._arrange(buttons)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        for name, row in self.rows.items():
            row.changed.connect(self._judge if name == "spec" else self._tell)
        self._names: list[str] = []
        names.answered.connect(self._know_names)
        names.start()
        self._info = info
        self.fill(now)

    @property
    def model_request(self) -> ModelRequest:
        """What is filled in.

        Raises:
            UserError: a field cannot be read; it says which.
        """
        return ModelRequest(**{name: row.value for name, row in self.rows.items()})

    def fill(self, model_request: ModelRequest) -> None:
        """Show another request, and what is known of its network if that is in use."""
        for name, row in self.rows.items():
            row.fill(getattr(model_request, name))
        self._clear()
        self._judge()

    def refuse(self, line: str, field: str) -> None:
        """Say why it could not be had, at the field that is to be mended."""
        self.show_progress(None)
        self.asked = None
        self._clear()
        row = self.rows.get(field)
        if row is None:
            self.problem.setText(line)
            self.problem.show()
        else:
            row.refuse(line)
            self.area.ensureWidgetVisible(row.error)
        self._judge()  # its file may have changed

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far loading is; None: it is over."""
        for widget in (self.task, self.bar):
            widget.setVisible(progress is not None)
        if progress is not None:
            text = self.task.fontMetrics().elidedText(
                progress.note, Qt.TextElideMode.ElideMiddle, self.width() - 60
            )
            self.task.setText(text)
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)

    def show_info(self, info: ModelInfo) -> None:
        """Go where what was asked for is there."""
        self._info = info
        if self.asked is not None and info.model_request == self.asked:
            self.asked = None
            self.accept()

    def reject(self) -> None:
        """Give up what is being loaded; with nothing being loaded, close."""
        if self.asked is None:
            super().reject()
            return
        self.asked = None
        self.show_progress(None)
        self.cancelled.emit()
        self._tell()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.asked is not None:
            self.reject()
        super().closeEvent(event)

    def _choose(self) -> None:
        self._clear()
        try:
            model_request = self.model_request
        except UserError as error:
            self.refuse(error.in_window, error.field)
            return
        if self._code is None:
            return
        self.asked = model_request
        self._tell()
        self.chosen.emit(model_request, self._code.mark)

    def _know_names(self, names: list[str]) -> None:
        self._names = names
        self._tell_known()

    def _clear(self) -> None:
        self.problem.hide()
        for row in self.rows.values():
            row.refuse("")

    def _judge(self) -> None:
        """Find out which code the spec would run."""
        self._code = None
        self._check.ask(self.rows["spec"].text)
        self._tell()

    def _know_code(self, code: CodeSeen) -> None:
        self._code, self._made = code, code.functions
        self._tell()

    def _tell(self) -> None:
        """Say what follows from what is filled in: what matters, and which code would run."""
        spec, code = self.rows["spec"].text, self._code
        strange = code is not None and not code.trusted
        self.note.setText(
            f"Loading runs the code in {spec} as it is now. Load it only if you trust it."
        )
        self.note.setVisible(strange)
        self.load.setText(tr("Run this code") if strange else tr("Load"))
        self.load.setEnabled(bool(spec) and code is not None and self.asked is None)
        self.give_up.setText(tr("Cancel loading") if self.asked is not None else tr("Cancel"))
        for row in self.rows.values():
            row.edit.setEnabled(self.asked is None)
        if self.asked is None:
            self.rows["ema"].edit.setEnabled(bool(self.rows["weights"].text))
        self._tell_known()

    def _tell_known(self) -> None:
        """Offer what the network in use has, where it is that one."""
        spec, info = self.rows["spec"].text, self._info
        known = info if info is not None and info.model_request.spec == spec else None
        for name, row in self.rows.items():
            row.tell(_known(name, known) if known is not None else "")
        self.input_in_use.setText(f"in use: {known.preprocessing}" if known is not None else "")
        self.input_in_use.setVisible(known is not None)
        self.rows["spec"].offer([*self._made, *self._names])
        self.rows["output"].offer([one.name for one in known.outputs] if known is not None else [])
        self.rows["device"].offer(["auto", *info.devices] if info is not None else ["auto", "cpu"])

    def _arrange(self, buttons: QDialogButtonBox) -> None:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(2, 2, 10, 2)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        below = {"spec": self.note, "channels": self.input_in_use}
        for title, names in GROUPS.items():
            head = PlainLabel(title, kind="section")
            grid.addWidget(head, grid.rowCount(), 0, 1, 2)
            for name in names:
                row, at = self.rows[name], grid.rowCount()
                grid.addWidget(row.label, at, 0)
                grid.addWidget(row.edit, at, 1, row.align)
                grid.addWidget(row.error, at + 1, 1)
                if name in below:
                    grid.addWidget(below[name], at + 2, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        self.area = scrolled(body)
        layout = vbox((self.area, 1), gap=8, edge=(18, 16, 8, 14), of=self)
        for widget in (self.problem, self.task, self.bar, buttons):
            layout.addWidget(widget)
        for widget in (self.problem, self.task, self.bar):
            widget.hide()
        self.setMinimumSize(*LEAST)
        room = self.screen().availableSize()
        self.resize(min(WIDE, room.width() - 40), min(HIGH, room.height() - 60))


def asked_again(model_request: ModelRequest, **changes: object) -> ModelRequest:
    """Return the request for other weights of the same network: what was of the old ones goes."""
    return replace(model_request, random_weights=False, ema=None, **changes)  # type: ignore[arg-type]


def _known(name: str, info: ModelInfo) -> str:
    """Return what the network in use has for the field `name`, in a few words; else empty."""
    height, width = info.input_size
    return {
        "input_size": f"{height}x{width}" if height != width else str(height),
        "channels": str(info.channels),
        "labels": f"{len(info.labels)} names" if info.labels else "the classes have no names",
        "output": info.output,
        "scores": info.scoring,
    }.get(name, "")
